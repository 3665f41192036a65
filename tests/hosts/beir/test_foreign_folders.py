"""Datasets that are not ours: a script on them writes and prints the same bytes with this package and without.

The scripts run in interpreters of an environment of their own, in which ``beir-hybrid enable`` may write: each imports
torch and BEIR anew, which takes the seconds that this file takes.
"""

import json
import os
import subprocess
import sys
import venv
import zipfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from beir_hybrid.registry import HOSTS

SCRIPT = '''
import logging, sys
import numpy as np
from beir import LoggingHandler, util
from beir.datasets.data_loader import GenericDataLoader
from beir.reranking import Rerank
from beir.retrieval.evaluation import EvaluateRetrieval
from beir.retrieval.search.dense import DenseRetrievalExactSearch

logging.basicConfig(format="%(message)s", level=logging.INFO, handlers=[LoggingHandler()])


class Model:
    """Encodes a text as numbers drawn by its letters, with many ties."""

    def encode_queries(self, texts, **_):
        import torch

        return torch.tensor([[float(text.count(letter)) for letter in "abcdefgh"] for text in texts])

    def encode_corpus(self, passages, **_):
        return self.encode_queries([f"{passage['title']} {passage['text']}" for passage in passages])

    def predict(self, pairs, batch_size):
        return [float(len(set(query) & set(passage))) for query, passage in pairs]


for dataset in ("mine", "sample", "xquad-r.de"):
    url = f"https://public.ukp.informatik.tu-darmstadt.de/thakur/BEIR/datasets/{dataset}.zip"
    path = util.download_and_unzip(url, "datasets")
    corpus, queries, qrels = GenericDataLoader(path).load(split="test")
    print(path, list(corpus.items())[:2], queries, qrels)
    for function in ("cos_sim", "dot"):
        retriever = EvaluateRetrieval(
            DenseRetrievalExactSearch(Model(), corpus_chunk_size=9), k_values=[1, 3, 20], score_function=function
        )
        found = {
            "search": retriever.retrieve(corpus, queries),
            "files": retriever.encode_and_retrieve(corpus, queries, f"vectors/{dataset}", overwrite=True),
        }
        found["rerank"] = Rerank(Model()).rerank(corpus, queries, found["search"], top_k=7)
        found["some"] = {query: found["search"][query] for query in list(queries)[:4]}
        for name, results in found.items():
            util.save_runfile(f"{dataset}.{function}.{name}.run", results)
            scores = [*retriever.evaluate(qrels, results, retriever.k_values)]
            scores += [
                retriever.evaluate_custom(qrels, results, retriever.k_values, metric=metric)
                for metric in ("mrr", "recall_cap", "hole", "top_k_accuracy")
            ]
            print(name, scores)
            util.save_results(f"{dataset}.{function}.{name}.json", *scores[:5])
'''


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Make an environment that sees the packages of this one, and give its interpreter."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, symlinks=True)
    [packages] = folder.glob("lib/*/site-packages")
    hosts = {host.target.partition(".")[0] for host in HOSTS.registrations() if host.target}
    sources = {str(Path(find_spec(name).origin).parents[1]) for name in hosts}  # which may be installed as editable
    paths = [path for path in sys.path if "site-packages" in path]
    (packages / "paths.pth").write_text("\n".join([*sorted(sources - set(paths)), *paths]))
    return folder / "bin" / "python"


def lay_out(folder):
    """Write a script, and three datasets of somebody's: two of them under names of ours."""
    words = ["bad", "cab", "dab", "fed", "had", "gag", "bead", "cafe", "deaf", "face", "head", "each"]
    corpus = [
        {"_id": str(number), "title": words[number % 5] if number % 3 else "", "text": f"{word} {other}"}
        for number, (word, other) in enumerate(zip(words * 2, words[3:] * 3, strict=False))
    ]
    queries = [{"_id": str(number + 20), "text": f"{word} {words[-number]}"} for number, word in enumerate(words[:6])]
    judged = "".join(
        f"{20 + number}\t{number + shift}\t{1 + shift % 2}\n" for number in range(6) for shift in (0, 5, 17)
    )
    files = {
        "corpus.jsonl": "".join(f"{json.dumps(row)}\n" for row in corpus),
        "queries.jsonl": "".join(f"{json.dumps(row)}\n" for row in queries),
        "qrels/test.tsv": f"query-id\tcorpus-id\tscore\n{judged}",
    }
    for name in ("mine", "sample", "xquad-r.de"):
        path = folder / "datasets" / name
        (path / "qrels").mkdir(parents=True)
        with zipfile.ZipFile(path.with_name(f"{name}.zip"), "w") as archive:
            for file, content in files.items():
                (path / file).write_text(content)
                archive.writestr(zipfile.ZipInfo(f"{name}/{file}"), content)  # dated alike
    (folder / "script.py").write_text(SCRIPT)


def run(folder, *command):
    lay_out(folder)
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("BEIR_HYBRID", "PYTHONPATH"))}
    environment = {**plain, "TQDM_DISABLE": "1", "PYTHONWARNINGS": "ignore", "BEIR_HYBRID_CACHE": str(folder / "cache")}
    done = subprocess.run([*map(str, command)], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    written = {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return done.stdout, written


def test_scripts_on_foreign_datasets_get_the_same_bytes_with_and_without_us(python, tmp_path):
    for name in ("stock", "run", "enabled"):
        (tmp_path / name).mkdir()
    stock = run(tmp_path / "stock", python, "script.py")
    assert len([path for path in stock[1] if path.suffix == ".run"]) == 24
    launcher = "import sys; from beir_hybrid.cli.main import main; sys.argv[0] = 'beir-hybrid'; main()"
    ours = run(tmp_path / "run", python, "-c", launcher, "run", "script.py")
    subprocess.run([python, "-c", "from beir_hybrid.hosts.enabling import enable; enable()"], check=True)
    enabled = run(tmp_path / "enabled", python, "script.py")
    for out, written in (ours, enabled):
        told = [line for line in out.splitlines(keepends=True) if "was not written by beir-hybrid" in line]
        assert [line.partition(" is there")[0] for line in told] == ["datasets/sample", "datasets/xquad-r.de"]
        for line in told:
            out = out.replace(line, "")
        assert out == stock[0]
        assert written == stock[1]  # and nothing beside
