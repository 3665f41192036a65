"""What is fuzzed: each reader of files, with whole files for it."""

from __future__ import annotations

import gzip
import json
import os
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
from engine import Target
from mutations import BINARY, JSON, TEXT, YAML, in_gzip

from beir_hybrid import evaluate
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets import load_dataset
from beir_hybrid.datasets.beir.export import export_dataset
from beir_hybrid.datasets.beir.folder import BeirFolder
from beir_hybrid.datasets.jsonl import read_pairs
from beir_hybrid.datasets.lareqa import read_lareqa
from beir_hybrid.evaluation.encoding.cache import CachedStore
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.vectors import keys_of
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.results import load_results
from beir_hybrid.evaluation.run_files import read_runs
from beir_hybrid.evaluation.statistics.comparison import compare
from beir_hybrid.hosts.beir.embedding_files import read_embeddings, write_embeddings
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.passage import Passage
from beir_hybrid.reports.page.assets import _pieces
from beir_hybrid.reports.page.inputs import read_sources
from beir_hybrid.reports.page.outline import build_outline
from beir_hybrid.reports.page.page import render_page
from beir_hybrid.reports.render.text import csv_table, latex_table, markdown_table
from beir_hybrid.storage.corpus import StoredCorpus
from beir_hybrid.storage.corpus_writer import write_corpus
from beir_hybrid.storage.files import write_json
from beir_hybrid.studies.grid import build_cells
from beir_hybrid.studies.record import CellCost
from beir_hybrid.studies.study import read_study
from beir_hybrid.studies.study_folder import StudyFolder
from beir_hybrid.training.checkpoints import (
    check_checkpoint,
    check_same_batches,
    latest_checkpoint,
    record_checkpoint,
)
from beir_hybrid.training.config import read_config

LANGUAGES = ("de", "en", "zh")


def a_collection() -> MultilingualCollection:
    """Four questions in three languages, each answered by one passage per language, and a distractor."""
    return MultilingualCollection(
        name="tiny",
        corpora={
            code: {f"{code}:{number}": Passage(f"{code} pässage {number}", "title") for number in range(5)}
            for code in LANGUAGES
        },
        queries={code: {f"{code}:q{number}": f"{code} 问 {number}" for number in range(4)} for code in LANGUAGES},
        qrels={
            f"{code}:q{number}": {f"{other}:{number}": 1 for other in LANGUAGES}
            for code in LANGUAGES
            for number in range(4)
        },
        passage_text="sentence",
        group_of={f"{code}:q{number}": str(number) for code in LANGUAGES for number in range(4)},
    )


def some_pairs() -> ParallelPairs:
    return ParallelPairs.from_pairs(
        "tiny",
        [
            Pair(f"g{group}", code, f"{code} Frage {group}?", f"{code} päßage {group}", (f"nein {group}", "не то"))
            for group in range(12)
            for code in LANGUAGES
        ],
    )


def use_collection(collection: MultilingualCollection) -> None:
    collection.checksums()
    collection.beir()
    Judgements(collection)


def use_pairs(pairs: ParallelPairs) -> None:
    _ = pairs.checksum, pairs.index, pairs.languages
    pairs.guarded_index(pairs.negatives)
    pairs.dataset(negatives=pairs.negatives)[:]
    pairs.table.to_pylist()


def make_beir(folder: Path) -> None:
    BeirFolder(folder / "tiny").write(a_collection())


def read_beir(folder: Path) -> None:
    use_collection(BeirFolder(folder / "tiny").load())
    use_collection(BeirFolder(folder / "tiny").load(language="fr"))


def make_foreign_beir(folder: Path) -> None:
    make_beir(folder)
    (folder / "tiny" / "beir-hybrid.json").unlink()
    for path in (folder / "tiny").rglob("*"):
        if path.is_file():
            path.write_text(path.read_text(encoding="utf-8").replace("en:", ""), encoding="utf-8")


def make_zip(folder: Path) -> None:
    export_dataset("sample.en-de", folder)


def read_zip(folder: Path) -> None:
    BeirFolder(folder / "sample.en-de").check_place()
    export_dataset("sample.en-de", folder, overwrite=True)


def make_miracl(folder: Path) -> None:
    corpus = a_collection().corpora["en"]
    queries, documents = folder / "miracl-v1.0-sw", folder / "miracl-corpus-v1.0-sw"
    for kind, lines in (
        ("topics", [f"{number}\tswali {number}" for number in range(4)]),
        ("qrels", [f"{number}\tQ0\t{number}#0\t{number % 2}" for number in range(4)]),
    ):
        (queries / kind).mkdir(parents=True)
        (queries / kind / f"{kind}.miracl-v1.0-sw-dev.tsv").write_text("\n".join(lines) + "\n")
    documents.mkdir()
    rows = [{"docid": f"{number}#0", "title": "t", "text": one.text} for number, one in enumerate(corpus.values())]
    shard = "".join(json.dumps(row) + "\n" for row in rows).encode()
    (documents / "docs-0.jsonl.gz").write_bytes(gzip.compress(shard, 1))


def read_miracl(folder: Path) -> None:
    os.environ["BEIR_HYBRID_CACHE"] = str(folder / "cache")
    use_collection(load_dataset("miracl", source=folder, languages=["sw"]))


def make_lareqa(folder: Path) -> None:
    context = "Der erste Satz. Der zweite Satz. Und noch einer."
    questions = [
        {"id": f"q{start}", "question": "Wer?", "answers": [{"answer_start": start, "text": "Satz"}]}
        for start in (4, 20, 40)
    ]
    paragraph = {"context": context, "sentence_breaks": [[0, 15], [16, 32], [33, 48]], "qas": questions}
    again = {**paragraph, "qas": [{**one, "id": f"{one['id']}b"} for one in questions]}
    (folder / "de.json").write_text(json.dumps({"data": [{"title": "t", "paragraphs": [paragraph, again]}]}))


def make_jsonl(folder: Path) -> None:
    rows = some_pairs().table.to_pylist()
    (folder / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def make_arrow(folder: Path) -> None:
    some_pairs().save(folder / "pairs.arrow")


def make_foreign_arrow(folder: Path) -> None:
    table = some_pairs().table
    with pa.ipc.new_file(str(folder / "pairs.arrow"), table.schema) as writer:
        writer.write_table(table, max_chunksize=10)


def read_arrow(folder: Path) -> None:
    use_pairs(ParallelPairs.open(folder / "pairs.arrow"))


def make_runs(folder: Path) -> None:
    for setting, corpora in (("en-de", ("de",)), ("en-all", LANGUAGES)):
        lines = [
            f"en:q{query} Q0 {code}:{number} {number + 1} {1 / (number + 1 + (query == number)):.4f} tag"
            for query in range(4)
            for code in corpora
            for number in range(5)
        ]
        (folder / f"{setting}.trec").write_text("\n".join(lines) + "\n")


def read_trec(folder: Path) -> None:
    judgements = Judgements(a_collection())
    evaluate(read_runs(folder, judgements), judgements, measures=["map", "ndcg@10"])


def make_results(folder: Path) -> None:
    collection, generator = a_collection(), np.random.default_rng(1)
    for name, form in (("one", "parquet"), ("two", "jsonl"), ("three", "parquet")):
        queries = {code: generator.normal(size=(4, 8)).astype(np.float32) for code in LANGUAGES}
        passages = {code: generator.normal(size=(5, 8)).astype(np.float32) for code in LANGUAGES}
        vectors = Embeddings(queries, passages)
        results = evaluate(vectors, collection, measures=["map", "ndcg@10", "rank_distance"])
        results.save(folder / name, form)  # type: ignore[arg-type]


def read_results(folder: Path) -> None:
    compare(load_results([folder / "one", folder / "two", folder / "three"]), by_setting=True)


STUDY = """
name: tiny
question: Does it work?
train:
  model: static
  train_data: sample
  num_train_epochs: 1e0
grid:
  strategy: [x-x-mono, hybrid]
  alpha: [0.4]
  languages: [2, [en, de]]
  seed: [1, 2]
evaluate:
  - dataset: sample
    measures: [map, ndcg@10]
    languages: [de, en]
claims:
  - run: {strategy: hybrid}
    baseline: {strategy: x-x-mono}
    measure: [map]
    kind: cross
show: [mean, worst]
keep_models: false
quick:
  train: {train_data: sample}
  grid: {seed: [1], learning-rate: null}
"""


def make_study_file(folder: Path) -> None:
    (folder / "study.yaml").write_text(STUDY)


def read_study_file(folder: Path) -> None:
    for quick in (False, True):
        build_cells(read_study(folder / "study.yaml", quick))


CONFIG = """
model: static
train-data: [sample, mlqa-r]
languages: [en, de]
strategy: hybrid(alpha=0.4)
alpha: 0.5
overwrite: true
num_train_epochs: 3
learning_rate: 2.0e-5
language_pairs: en-de,en-en
lr_scheduler_kwargs: {num_cycles: 1}
"""


def make_config(folder: Path) -> None:
    (folder / "train.yaml").write_text(CONFIG)


def make_report(folder: Path) -> None:
    """Lay out a study of two cells, a trained model with an evaluation, and an evaluation alone."""
    make_results(folder)
    (folder / "three" / "queries.parquet").unlink()
    results = json.loads((folder / "one" / "results.json").read_text())
    for place in ("study/cells/0a/evaluations/tiny", "study/cells/0b/evaluations/tiny", "model/tiny"):
        write_json(folder / place / "results.json", results)
    drawn = {"examples": 20, "pairs": {"de-en": 5, "de-de": 5}, "kinds": {"x-y": 1, "x-x-mono": 3}, "sources": {"t": 4}}
    log = [{"step": step, "loss": 4.0 / step, "epoch": 0.1} for step in range(1, 5)]
    cost = {"seconds": {"train": 61.0, "evaluate": 2.0}, "steps": 4, "examples": 20, "tokens": 90, "device": "cpu"}
    for place, strategy in (("study/cells/0a", "x-y"), ("study/cells/0b", "hybrid"), ("model", "x-x")):
        options = {"model": "static", "train_data": ["sample"], "strategy": strategy, "languages": ["de", "en"]}
        values = {"strategy": strategy, "languages": ["de", "en"], "seed": 1}
        config = {"options": options, "arguments": {"seed": 1}, "evaluations": [{"name": "tiny", "dataset": "tiny"}]}
        cell = {"id": place[-2:], "name": strategy, "values": values, "languages": ["de", "en"], "config": config}
        for name, content in (
            ("cell.json", {**cell, "command": "beir-hybrid train"}),
            ("run.json", {"options": options, "arguments": {"learning_rate": 0.1}}),
            ("batches.json", {"plan": {}, "drawn": drawn}),
            ("history.json", {"log": log, "eval": [{"step": 4, "eval_loss": 0.5}]}),
            ("training.json", {"steps": 4, "seconds": 61.0}),
            ("cost.json", cost),
            ("done.json", {"seconds": 61.0}),
        ):
            if place != "model" or name not in {"cell.json", "done.json"}:
                write_json(folder / place / name, {"schema": 1, **content})
    write_json(folder / "study" / "cells" / "0c" / "failed.json", {"schema": 1, "error": "It broke.", "hint": "Mend."})
    verdict = {
        "claim": "hybrid beats x-y", "run": {"strategy": "hybrid"}, "baseline": {"strategy": "x-y"}, "seeds": 1,
        "evaluation": "tiny", "kind": "cross", "measure": "map", "mean": 0.5, "baseline_mean": 0.4, "by_seed": [0.1],
        "difference": 0.1, "interval": [0.05, 0.15], "p": 0.01, "holm": 0.02, "effect": 0.3, "verdict": "better",
        "sentence": "It is.",
    }  # fmt: skip
    study = {"name": "tiny", "question": "Why?", "cells": ["0a", "0b", "0c"], "verdicts": [verdict], "quick": False}
    write_json(folder / "study" / "study.json", {"schema": 1, **study, "answer": "Yes.", "study": {"grid": {}}})


def read_report(folder: Path) -> None:
    contents = build_outline(read_sources([folder / name for name in ("study", "model", "three")]), reference="paper")
    render_page(contents).encode()
    for _, piece in _pieces(contents):
        for written in (csv_table(piece), markdown_table(piece), latex_table(piece)):
            written.encode("utf-8", "backslashreplace")  # as files are written


def read_study_folder(folder: Path) -> None:
    study = read_study(folder / "study.yaml")
    cells, _ = build_cells(study)
    kept = StudyFolder(folder / "out", study, cells)
    kept.check()
    for cell in cells:
        kept.state(cell)
        if kept.of(cell).described.is_file():
            kept.of(cell).cell()
    kept.seconds()
    kept.record()


def make_study_folder(folder: Path) -> None:
    make_study_file(folder)
    make_results(folder / "made")
    study = read_study(folder / "study.yaml")
    cells, _ = build_cells(study)
    kept = StudyFolder(folder / "out", study, cells)
    kept.write(replace(kept.record(), answer="Yes."))
    for cell, source in zip(cells[:2], ("one", "two"), strict=True):
        kept.of(cell).begin(cell)
        place = kept.of(cell).evaluation(cell.trials[0].name)
        place.parent.mkdir()
        (folder / "made" / source).rename(place)
        kept.of(cell).finish(CellCost(), 2.0)


def make_vectors(folder: Path) -> None:
    store, generator = CachedStore(folder, 6), np.random.default_rng(2)
    for part in range(3):
        keys = keys_of(f"{part} {number}" for number in range(8))
        store.commit(keys, generator.normal(size=(8, 6)).astype(np.float32))


def read_vectors(folder: Path) -> None:
    store = CachedStore(folder, 6)
    rows = store.find(keys_of(f"{part} {number}" for part in range(3) for number in range(8)))
    found = store.take(rows[rows >= 0])
    if not np.isfinite(found).all() or np.abs(found).max(initial=0) > 10:
        raise AssertionError("A damaged vector is used.")


def make_corpus(folder: Path) -> None:
    passages = a_collection().corpora["zh"]
    write_corpus(folder / "corpus", "zh", [(name.partition(":")[2], one) for name, one in passages.items()])


def read_corpus(folder: Path) -> None:
    corpus, whole = StoredCorpus(folder / "corpus"), a_collection().corpora["zh"]
    found = dict(corpus.items())
    for name in (*found, "zh:none"):
        corpus.get(name)
    if found != whole:
        raise AssertionError("A damaged passage is used.")


def make_embeddings(folder: Path) -> None:
    write_embeddings(folder / "vectors.pkl", np.arange(12, dtype=np.float32).reshape(4, 3), ["a", "b", "c", "d"])


def make_checkpoints(folder: Path) -> None:
    """Lay out two checkpoints as the host saves them, the first with the record of its files."""
    import torch
    from safetensors.torch import save_file

    for step in (5, 10):
        checkpoint = folder / f"checkpoint-{step}"
        write_json(checkpoint / "trainer_state.json", {"global_step": step, "log_history": []})
        write_json(checkpoint / "batches.json", {"schema": 1, "plan": {"seed": 1, "world_size": 1}, "drawn": {}})
        save_file({"weights": torch.arange(6.0)}, checkpoint / "model.safetensors")
        for name in ("optimizer.pt", "scheduler.pt", "rng_state.pth"):
            torch.save({"state": torch.arange(3.0)}, checkpoint / name)
    record_checkpoint(folder / "checkpoint-5")


def read_checkpoints(folder: Path) -> None:
    found = latest_checkpoint(folder)
    if found is not None:
        check_checkpoint(found)
        check_same_batches(found, {"seed": 1, "world_size": 1})


TARGETS = [
    Target("BEIR folder", make_beir, read_beir, {"*.jsonl": JSON, "*.tsv": TEXT, "*.json": JSON}),
    Target("BEIR folder of others", make_foreign_beir, read_beir, {"*.jsonl": JSON, "*.tsv": TEXT}),
    Target("BEIR folder and zip", make_zip, read_zip, {"*.zip": BINARY, "*.json": JSON}, 0.2),
    Target("MIRACL", make_miracl, read_miracl, {"*.tsv": TEXT, "*.gz": in_gzip(JSON)}),
    Target("LAReQA", make_lareqa, lambda folder: read_lareqa(folder / "de.json"), {"*.json": JSON}),
    Target("pairs in JSONL", make_jsonl, lambda folder: use_pairs(read_pairs(folder / "pairs.jsonl")), {"*": JSON}),
    Target("pairs in Arrow", make_arrow, read_arrow, {"*": BINARY}, 2),
    Target("pairs in Arrow of others", make_foreign_arrow, read_arrow, {"*": BINARY}, 2),
    Target("TREC runs", make_runs, read_trec, {"*.trec": TEXT}),
    Target("results", make_results, read_results, {"*.json": JSON, "*.jsonl": JSON, "*.parquet": BINARY}),
    Target("study's YAML", make_study_file, read_study_file, {"*": YAML}),
    Target("training's YAML", make_config, lambda folder: read_config(folder / "train.yaml"), {"*": YAML}),
    Target("report", make_report, read_report, {"*.json": JSON}, 0.5),
    Target(
        "study's folder", make_study_folder, read_study_folder, {"*.json": JSON, "*.jsonl": JSON, "*.parquet": BINARY}
    ),
    Target("vectors", make_vectors, read_vectors, {"*.npy": BINARY}),
    Target("stored corpus", make_corpus, read_corpus, {"*.json": JSON, "*.npy": BINARY, "*.arrow": BINARY}, 2),
    Target("BEIR's embeddings", make_embeddings, lambda folder: read_embeddings(folder / "vectors.pkl"), {"*": BINARY}),
    Target(
        "checkpoints", make_checkpoints, read_checkpoints, {"*.json": JSON, "*.safetensors": BINARY, "*.pt*": BINARY}
    ),
]

if find_spec("beir_hybrid_pyserini") is not None:
    from pyserini_targets import TARGETS as PYSERINI

    TARGETS += PYSERINI
