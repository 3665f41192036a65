import json
import math
import re
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

import pytest


class StandIn:
    """What BEIR asks Elasticsearch for, answered in memory: a stand-in, and no Elasticsearch.

    It knows indices, bulk indexing, ``_search`` and ``_msearch`` with one ``multi_match`` query, and answers anything
    else with 400. Scores are BM25 by the formula of Elasticsearch 8 (k1 1.2, b 0.75, over each field's documents that
    have a term) and combine fields as ``best_fields`` with a tie breaker does. Unlike the real one it has one analyzer
    for all languages, lower-cased words without stemming or stop words, keeps lengths exactly, and shows documents at
    once.

    Attributes:
        indices: Settings and mappings by the index's name.
        documents: By the index's name and the document's id.
        calls: Method and path of every request.
    """

    def __init__(self):
        self.indices, self.documents, self.calls = {}, {}, []

    def answer(self, method, path, options, body):
        self.calls.append((method, path))
        name, _, action = path.strip("/").rpartition("/") if "_" in path else (path.strip("/"), "", "")
        if (method, path) == ("GET", "/"):
            return 200, {"version": {"number": "8.0.0"}, "tagline": "You Know, for Search"}
        if method == "PUT" and not action:
            return self.create(name, json.loads(body or b"{}"))
        if method == "DELETE" and not action:
            if self.indices.pop(name, None) is None:
                return 404, {"error": {"type": "index_not_found_exception"}, "status": 404}
            return 200, {"acknowledged": bool(self.documents.pop(name))}
        if method in ("POST", "PUT") and action in ("_bulk", "_msearch"):
            lines = [json.loads(line) for line in body.splitlines()]
            pairs = list(zip(lines[::2], lines[1::2], strict=True))
            return 200, self.bulk(name, pairs) if action == "_bulk" else self.searches(name, pairs)
        if method in ("GET", "POST") and action == "_search":
            return 200, self.search(name, json.loads(body), options.get("size"))
        return 400, {"error": {"type": "illegal_argument_exception", "reason": f"{method} {path}"}, "status": 400}

    def create(self, name, content):
        if name in self.indices:
            return 400, {"error": {"type": "resource_already_exists_exception"}, "status": 400}
        self.indices[name], self.documents[name] = content, {}
        return 200, {"acknowledged": True, "index": name}

    def bulk(self, index, pairs):
        items = []
        for action, source in pairs:
            [(kind, where)] = action.items()
            assert kind == "index", kind
            self.documents[where.get("_index", index)][where["_id"]] = source
            items.append({kind: {"_id": where["_id"], "status": 201, "result": "created"}})
        return {"took": 1, "errors": False, "items": items}

    def searches(self, index, pairs):
        found = [self.search(head.get("index", index), body, None) for head, body in pairs]
        return {"took": 1, "responses": [{**one, "status": 200} for one in found]}

    def search(self, index, body, size):
        query = body["query"]["multi_match"]
        assert query["type"] == "best_fields", query
        documents = self.documents[index]
        fields = [bm25(documents, field, query["query"]) for field in query["fields"]]
        scores = {}
        for document in documents:
            parts = [found[document] for found in fields if document in found]
            if parts:
                scores[document] = max(parts) + query["tie_breaker"] * (sum(parts) - max(parts))
        best = sorted(scores, key=scores.__getitem__, reverse=True)[: int(size or body.get("size", 10))]
        hits = [{"_index": index, "_id": document, "_score": scores[document]} for document in best]
        return {
            "took": 1,
            "timed_out": False,
            "hits": {"total": {"value": len(scores), "relation": "eq"}, "hits": hits},
        }


def words(text):
    return re.findall(r"\w+", (text or "").lower())


def bm25(documents, field, query, k1=1.2, b=0.75):
    """Scores of the documents that have a word of the query in a field."""
    texts = {name: Counter(words(source.get(field))) for name, source in documents.items()}
    texts = {name: text for name, text in texts.items() if text}
    mean = sum(text.total() for text in texts.values()) / max(len(texts), 1)
    scores = {}
    for word in words(query):
        having = [name for name, text in texts.items() if word in text]
        rarity = math.log(1 + (len(texts) - len(having) + 0.5) / (len(having) + 0.5))
        for name in having:
            count, length = texts[name][word], texts[name].total()
            scores[name] = scores.get(name, 0) + rarity * count / (count + k1 * (1 - b + b * length / mean))
    return scores


def serve(stand_in, port=0):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def reply(self):
            address = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, content = stand_in.answer(self.command, address.path, dict(parse_qsl(address.query)), body)
            answer = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("X-Elastic-Product", "Elasticsearch")  # clients since 7.14 ask for it
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_):
            pass

    for method in ("DELETE", "GET", "POST", "PUT"):
        setattr(Handler, f"do_{method}", Handler.reply)
    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    server.daemon_threads = True
    return server


@pytest.fixture
def elasticsearch_stand_in():
    """A stand-in for Elasticsearch on 127.0.0.1: see :class:`StandIn`. Its ``host`` is what BM25Search takes."""
    stand_in = StandIn()
    server = serve(stand_in)
    stand_in.host = f"127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield stand_in
    server.shutdown()
    thread.join()
    server.server_close()
