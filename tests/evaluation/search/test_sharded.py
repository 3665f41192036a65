from __future__ import annotations

import pickle
import shutil
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from beir_hybrid.collection import MultilingualCollection, corpus_checksum
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.vector_description import VectorDescription
from beir_hybrid.evaluation.encoding.vector_folder import VectorFolder
from beir_hybrid.evaluation.encoding.vectors import keys_of
from beir_hybrid.evaluation.evaluate import evaluate
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.search import sharded
from beir_hybrid.evaluation.search.exact import ExactSearch
from beir_hybrid.evaluation.search.faiss_index import FaissIndex
from beir_hybrid.evaluation.search.faiss_search import FaissSearch
from beir_hybrid.evaluation.search.searcher import SearchTask
from beir_hybrid.evaluation.search.sharded import ShardedSearch
from beir_hybrid.passage import Passage
from beir_hybrid.workers import LocalWorkers

MEASURES = ["default", "bias", "ndcg@10", "recall@3", "mrr"]


class OtherProcesses(LocalWorkers):
    """Does tasks in an order of its own, with copies of the work as other processes would have them."""

    def __init__(self):
        self.sent = []

    def run(self, work, tasks, *, weights=None, advance=None):
        self.sent.append(pickle.dumps((work, tasks)))
        copies = [pickle.loads(self.sent[-1])[0] for _ in range(2)]
        for number in reversed(range(len(tasks))):
            task = pickle.loads(pickle.dumps(tasks[number]))
            answer = pickle.loads(pickle.dumps(copies[number % 2](task)))
            if advance is not None:
                advance(weights[number])
            yield number, answer


@pytest.fixture(scope="session")
def write_vectors(tmp_path_factory):
    """Write vectors into a folder of shards with so many rows each."""

    def write(collection, embeddings, rows=3, stored="float32"):
        texts = {
            "query": {language: list(queries.values()) for language, queries in collection.queries.items()},
            "document": {language: list(corpus) for language, corpus in collection.corpora.items()},
        }
        description = VectorDescription(
            model="made up",
            fingerprint="f" * 32,
            query_prompt="",
            document_prompt="",
            normalised=False,
            dtype="float32",
            stored=stored,
            dimensions=embeddings.dimensions,
            dataset=collection.name,
            texts={
                "query": dict.fromkeys(collection.queries, "0" * 32),
                "document": {language: corpus_checksum(corpus) for language, corpus in collection.corpora.items()},
            },
            counts={
                role: {language: len(part) for language, part in of_role.items()} for role, of_role in texts.items()
            },
            shard_rows=rows,
        )
        folder = VectorFolder.create(tmp_path_factory.mktemp("vectors"), description)
        for part in folder.shards:
            asked = part.role == "query"
            ids = list((collection.queries if asked else collection.corpora)[part.language])
            vectors = (embeddings.queries if asked else embeddings.passages)[part.language]
            rows_of = slice(part.start, part.stop)
            keys = keys_of(texts[part.role][part.language][rows_of])
            folder.write(part, ids[rows_of], keys, np.asarray(vectors[rows_of], np.float32))
        return folder

    return write


@pytest.fixture(scope="session")
def draw_collection():
    """Draw a collection of three corpora, one of which may be empty, in an order that is not that of its ids."""

    def draw(rng, sizes, queries=4, dimensions=2, ties=True):
        codes = ("de", "ar", "zh")[: len(sizes)]
        corpora = {
            code: {f"{code}:{n}": Passage(f"{code} {n}") for n in rng.permutation(size)}
            for code, size in zip(codes, sizes, strict=True)
        }
        everything = [document for corpus in corpora.values() for document in corpus]
        asked = {code: {f"{code}:q{n}": f"{code} question {n}" for n in range(queries)} for code in codes[:2]}
        qrels = {
            query: {
                str(document): 1
                for document in rng.choice(everything, rng.integers(1, min(6, len(everything) + 1)), replace=False)
            }
            for texts in asked.values()
            for query in texts
        }
        collection = MultilingualCollection(
            name="drawn",
            corpora=corpora,
            queries=asked,
            qrels=qrels,
            group_of={f"{code}:q{n}": str(n) for code in asked for n in range(queries)},
        )

        def vectors(count):
            if not ties:
                return rng.standard_normal((count, dimensions)).astype(np.float32)
            return (rng.integers(-1, 2, (count, dimensions)) / 2).astype(np.float32)

        embeddings = Embeddings(
            {code: vectors(len(texts)) for code, texts in asked.items()},
            {code: vectors(len(corpus)) for code, corpus in corpora.items()},
        )
        return collection, embeddings

    return draw


def assert_same(collection, embeddings, folder, tmp_path, workers=None, **options):
    """Compare results and runs with those of exact search in one process."""
    whole = evaluate(embeddings, collection, search=ExactSearch(), runs=tmp_path / "whole", run_depth=7, **options)
    search = ShardedSearch(folder, workers or LocalWorkers())
    parts = evaluate(
        folder.embeddings(collection), collection, search=search, runs=tmp_path / "parts", run_depth=7, **options
    )
    for name in ("whole", "parts"):
        (tmp_path / name).mkdir(exist_ok=True)
    runs = sorted(path.name for path in (tmp_path / "whole").iterdir())
    assert runs == sorted(path.name for path in (tmp_path / "parts").iterdir())
    for name in runs:
        assert (tmp_path / "parts" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    for results, folder_ in ((whole, "one"), (parts, "many")):
        replace(results, environment={}).save(tmp_path / folder_, "jsonl")
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "many").iterdir())
    for name in files:
        assert (tmp_path / "many" / name).read_bytes() == (tmp_path / "one" / name).read_bytes()
    return parts


@settings(deadline=None, max_examples=12)
@given(
    sizes=st.tuples(st.integers(1, 12), st.integers(0, 9), st.integers(1, 20)),
    rows=st.sampled_from([1, 2, 3, 7, 50]),
    stored=st.sampled_from(["float32", "float16"]),
    seed=st.integers(0, 2**32 - 1),
)
def test_shards_give_the_results_of_one_search(
    draw_collection, write_vectors, tmp_path_factory, sizes, rows, stored, seed
):
    collection, embeddings = draw_collection(np.random.default_rng(seed), sizes)
    folder = write_vectors(collection, embeddings, rows, stored)
    path = tmp_path_factory.mktemp("results")
    results = assert_same(collection, embeddings, folder, path, measures=MEASURES, intervals=False)
    assert results.settings


@pytest.mark.parametrize("wanted", ["de", "de-ar,ar-zh", "mono,ar-all", "cross", "multi"])
@pytest.mark.parametrize("kept", [0, 2**23], ids=["nothing kept", "kept"])
def test_settings_by_themselves_are_the_same(draw_collection, write_vectors, tmp_path, monkeypatch, wanted, kept):
    monkeypatch.setattr(sharded, "_KEPT", kept)
    collection, embeddings = draw_collection(np.random.default_rng(1), (9, 6, 14))
    folder = write_vectors(collection, embeddings, 2)
    measures = ["map", "mrc@10", "mimo_mrc@10"] if wanted == "multi" else ["map"]
    assert_same(collection, embeddings, folder, tmp_path, settings=wanted.split(","), measures=measures)


def test_workers_get_paths_and_numbers_and_may_be_in_any_order(draw_collection, write_vectors, tmp_path):
    collection, embeddings = draw_collection(np.random.default_rng(2), (60, 30, 400), queries=2, dimensions=40)
    folder, workers = write_vectors(collection, embeddings, 50), OtherProcesses()
    assert_same(collection, embeddings, folder, tmp_path, workers, measures=MEASURES)
    assert max(map(len, workers.sent)) < 40 * 4 * 60  # less than the vectors of the smallest corpora


def test_workers_with_a_device_find_the_same(draw_collection, write_vectors):
    collection, embeddings = draw_collection(np.random.default_rng(2), (60, 30, 400), queries=2, dimensions=40)
    folder = write_vectors(collection, embeddings, 50)
    search = ShardedSearch(folder, OtherProcesses(), exact=ExactSearch("cpu", "bfloat16"))
    parts = evaluate(folder.embeddings(collection), collection, search=search, measures=MEASURES)
    whole = evaluate(embeddings, collection, measures=MEASURES)
    assert (parts.settings, parts.intervals, parts.ties) == (whole.settings, whole.intervals, whole.ties)
    assert parts.environment["search_device"] == "cpu"


def test_queries_may_be_fewer_than_the_folders_and_in_another_order(draw_collection, write_vectors, tmp_path):
    collection, embeddings = draw_collection(np.random.default_rng(3), (9, 6, 14))
    folder = write_vectors(collection, embeddings, 2)
    order = [2, 0]
    queries = {
        code: {query: texts[query] for query in (list(texts)[number] for number in order)}
        for code, texts in collection.queries.items()
    }
    asked = {query for texts in queries.values() for query in texts}
    qrels = {query: judged for query, judged in collection.qrels.items() if query in asked}
    fewer = replace(collection, queries=queries, qrels=qrels, group_of={query: query[3:] for query in asked})
    chosen = Embeddings({code: rows[order] for code, rows in embeddings.queries.items()}, embeddings.passages)
    assert_same(fewer, chosen, folder, tmp_path, measures=MEASURES)


def test_each_shard_is_searched_once_for_all_pools_that_share_it(draw_collection, write_vectors, monkeypatch):
    collection, embeddings = draw_collection(np.random.default_rng(4), (9, 6, 14))
    folder, searched = write_vectors(collection, embeddings, 4), []
    search = sharded.ShardHits.search
    monkeypatch.setattr(
        sharded.ShardHits, "search", lambda self, part, *rest: searched.append(part) or search(self, part, *rest)
    )
    evaluate(folder.embeddings(collection), collection, search=ShardedSearch(folder), measures=["bias"])
    assert sorted(part.number for part in searched) == sorted(p.number for p in folder.shards if p.role == "document")


def test_progress_adds_up_to_the_whole(draw_collection, write_vectors):
    collection, embeddings = draw_collection(np.random.default_rng(5), (9, 6, 14))
    folder, done = write_vectors(collection, embeddings, 4), []
    task = SearchTask(Judgements(collection), embeddings)
    ShardedSearch(folder).open(task)._count(done.append)
    assert sum(done) == pytest.approx(1)


def test_an_index_of_each_shard_finds_what_one_finds_where_it_is_exact(draw_collection, write_vectors):
    pytest.importorskip("faiss")
    collection, embeddings = draw_collection(np.random.default_rng(6), (9, 6, 14), ties=False)
    folder, index = write_vectors(collection, embeddings, 4), FaissSearch("Flat", 5)
    one = evaluate(embeddings, collection, search=index)
    search = ShardedSearch(folder, OtherProcesses(), index)
    many = evaluate(folder.embeddings(collection), collection, search=search)
    assert (many.scores, many.settings, many.ties) == (one.scores, one.settings, one.ties)
    assert many.notes[-1] == f"{one.notes[-1]}; an index for each of 9 shards"
    assert "100.00% of the exact first 10" in many.notes[-1]


@pytest.mark.parametrize("harm", [None, "cut", "read-only"])
def test_indexes_of_shards_are_built_once_unless_they_are_damaged(
    draw_collection, write_vectors, monkeypatch, caplog, harm
):
    pytest.importorskip("faiss")
    collection, embeddings = draw_collection(np.random.default_rng(6), (9, 6, 14), ties=False)
    folder, built = write_vectors(collection, embeddings, 8), []
    build = FaissIndex._build
    monkeypatch.setattr(FaissIndex, "_build", lambda *given: built.append(1) or build(*given))
    if harm == "read-only":
        (folder.path / "indexes").touch()  # where no folder can be made, whoever runs this
    first, second = (
        evaluate(folder.embeddings(collection), collection, search=ShardedSearch(folder, index=FaissSearch("Flat", 5)))
        for damaged in (False, harm == "cut")
        if not damaged or [path.write_bytes(path.read_bytes()[:-1]) for path in folder.path.glob("indexes/*/index")]
    )
    shards = sum(part.role == "document" for part in folder.shards)
    assert len(built) == shards * (1 if harm is None else 2)
    assert (first.scores, first.settings) == (second.scores, second.settings)
    assert ("and is built again" in caplog.text) is (harm == "cut")
    assert caplog.text.count("No index is kept in") == (harm == "read-only")


def test_an_index_that_loses_some_says_how_many(draw_collection, write_vectors):
    pytest.importorskip("faiss")
    collection, embeddings = draw_collection(np.random.default_rng(7), (400, 0, 300), dimensions=16)
    folder = write_vectors(collection, embeddings, 200)
    search = ShardedSearch(folder, index=FaissSearch("IVF16,Flat:nprobe=1", 20))
    results = evaluate(folder.embeddings(collection), collection, search=search, settings=["de-all"])
    note = results.notes[-1]
    assert note.startswith("found by Faiss IVF16,Flat (nprobe 1) to depth 20; it finds ")
    assert 0 < float(note.split("finds ")[1].split("%")[0]) < 100


def test_missing_shards_are_named_before_anything_is_searched(draw_collection, write_vectors):
    collection, embeddings = draw_collection(np.random.default_rng(8), (9, 6, 14))
    folder = write_vectors(collection, embeddings, 4)
    part = folder.shards[-1]
    shutil.rmtree(folder.path / part.name)
    with pytest.raises(MissingDataError, match=f"{part.name}.*zh"):
        evaluate(folder.embeddings(collection), collection, search=ShardedSearch(folder))


def test_a_shard_that_is_cut_off_while_it_is_searched_is_named(draw_collection, write_vectors):
    collection, embeddings = draw_collection(np.random.default_rng(9), (9, 6, 14))
    folder = write_vectors(collection, embeddings, 4)
    opened, path = folder.embeddings(collection), folder.path / folder.shards[-1].name / "vectors.npy"
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises((MissingDataError, DataFormatError), match=folder.shards[-1].name) as raised:
        evaluate(opened, collection, search=ShardedSearch(folder))
    assert "\n" not in str(raised.value)


def test_a_row_that_was_changed_is_named(draw_collection, write_vectors):
    collection, embeddings = draw_collection(np.random.default_rng(10), (9, 6, 14))
    folder = write_vectors(collection, embeddings, 4)
    path = folder.path / folder.shards[-1].name / "vectors.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(DataFormatError, match=f"{folder.shards[-1].name}.*checksum"):
        evaluate(folder.embeddings(collection), collection, search=ShardedSearch(folder))


def test_a_folder_of_another_collection_is_refused(draw_collection, write_vectors):
    rng = np.random.default_rng(11)
    collection, embeddings = draw_collection(rng, (9, 6, 14))
    other, others = draw_collection(rng, (9, 6, 13))
    folder = write_vectors(other, others, 4)
    with pytest.raises(ConfigurationError, match="13 passages in zh, and drawn has 14"):
        ShardedSearch(folder).open(SearchTask(Judgements(collection), embeddings))
    more, vectors = draw_collection(rng, (9, 6, 13), queries=5)
    with pytest.raises(ConfigurationError, match="no vectors of 2 queries of drawn, such as 'de:q4'"):
        ShardedSearch(folder).open(SearchTask(Judgements(more), vectors))
