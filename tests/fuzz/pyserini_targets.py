"""The readers of the Pyserini plug-in."""

from __future__ import annotations

from pathlib import Path

import faiss
import numpy as np
from engine import Target
from mutations import BINARY, JSON, TEXT

from beir_hybrid.settings import parse_setting
from beir_hybrid.storage.files import write_json
from beir_hybrid_pyserini.baseline_folder import BaselineFolder
from beir_hybrid_pyserini.folder import check_files, count_ids, read_about
from beir_hybrid_pyserini.fusion import fuse_runs
from beir_hybrid_pyserini.index import write_index
from beir_hybrid_pyserini.search import model_of
from beir_hybrid_pyserini.topics import read_topics


def make_index(folder: Path) -> None:
    vectors = np.random.default_rng(3).normal(size=(20, 8)).astype(np.float32)
    ids = [f"en:{number}" for number in range(20)]
    for name, factory in (("flat", "Flat"), ("hnsw", "HNSW8"), ("ivf", "IVF2,Flat")):
        write_index(folder / name, [vectors], ids, factory, about={"model": "mine"})


def read_index(folder: Path) -> None:
    for name in ("flat", "hnsw", "ivf"):
        count_ids(folder / name)
        read_about(folder / name)
        model_of(folder / name)
        check_files(folder / name)
        index = faiss.read_index(str(folder / name / "index"))
        index.search(np.ones((2, 8), np.float32), 5)


def make_baseline(folder: Path) -> None:
    (folder / "runs").mkdir()
    (folder / "runs" / "en.trec").write_text("en:1 Q0 en:1 1 0.5 bm25\n")
    about = {"en": {"checksum": "x", "k1": 0.9}}
    write_json(folder / "bm25.json", {"schema": 1, "dataset": "tiny", "runs": about})


def read_baseline(folder: Path) -> None:
    setting = parse_setting("en", ("en", "de"))
    assert setting is not None
    baseline = BaselineFolder(folder, "tiny")
    baseline.check({setting: {"k1": 0.9}}, overwrite=False)
    baseline.has_run(setting, {"k1": 0.9})


def make_topics(folder: Path) -> None:
    (folder / "topics.tsv").write_text("".join(f"en:{number}\tquestion {number}\n" for number in range(5)))


def make_runs(folder: Path) -> None:
    for name in ("one", "two"):
        lines = [
            f"en:{query} Q0 de:{number} {number} {1 / (1 + number)} x\n" for query in range(3) for number in range(4)
        ]
        (folder / f"{name}.trec").write_text("".join(lines))


def read_runs(folder: Path) -> None:
    fuse_runs([folder / "one.trec", folder / "two.trec"], folder / "fused.trec")


TARGETS = [
    Target("dense index", make_index, read_index, {"index": BINARY, "docid": TEXT, "*.json": JSON}),
    Target("BM25 folder", make_baseline, read_baseline, {"*.json": JSON}, 0.5),
    Target("topics", make_topics, lambda folder: read_topics(folder / "topics.tsv"), {"*": TEXT}, 0.5),
    Target("fused runs", make_runs, read_runs, {"*": TEXT}, 0.5),
]
