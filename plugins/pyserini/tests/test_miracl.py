import logging

import pytest

from beir_hybrid import load_model
from beir_hybrid_pyserini import host
from beir_hybrid_pyserini.encoder import PREFIX, encode_texts
from beir_hybrid_pyserini.index import write_index

TOPICS = {"6": "one two", "8": "three"}
QRELS = {"6": {"1#0": 1, "2#5": 0}, "8": {"2#5": 1}}
NAME = "miracl-v1.0-sw-dev"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """MIRACL's topics and judgements of one language, where beir-hybrid looks for them."""
    under = tmp_path / "data" / "miracl" / "miracl-v1.0-sw"
    lines = {
        "topics": [f"{query}\t{text}" for query, text in TOPICS.items()],
        "qrels": [f"{query}\tQ0\t{doc}\t{grade}" for query, judged in QRELS.items() for doc, grade in judged.items()],
    }
    for kind, rows in lines.items():
        (under / kind).mkdir(parents=True)
        (under / kind / f"{kind}.{NAME}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    monkeypatch.setenv("BEIR_HYBRID_DATA", str(tmp_path / "data"))
    return under


class Instead:
    """A Java class of Pyserini's with one method of ours."""

    def __init__(self, java, name, method):
        self.java = java
        setattr(self, name, method)

    def __getattr__(self, name):
        return getattr(self.java, name)


def fail(wanted):
    raise RuntimeError("no connection\nat io.anserini")


@pytest.fixture
def base(java, monkeypatch):
    """The module of Pyserini's that gets topics and judgements, without a network whatever the machine has."""
    from pyserini.search import _base

    for name, method in (("JTopicReader", "getTopicsWithStringIds"), ("JRelevanceJudgments", "getQrelsPath")):
        monkeypatch.setattr(_base, name, Instead(getattr(_base, name), method, fail))
    return _base


@pytest.fixture
def active():
    host.activate()
    yield
    host.deactivate()


def test_topics_and_judgements_are_ours_where_pyserini_cannot_download(base, files, active, caplog):
    with caplog.at_level(logging.WARNING):
        topics = base.get_topics(NAME)
        path = base.get_qrels_file(NAME)
    assert topics == {int(query): {"title": text} for query, text in TOPICS.items()}
    assert path == str(files / "qrels" / f"qrels.{NAME}.tsv")
    told = [record.getMessage() for record in caplog.records]
    assert told == [
        f"Pyserini cannot get {kind}.{NAME}.tsv (no connection); {files / kind / f'{kind}.{NAME}.tsv'} is used instead."
        for kind in ("topics", "qrels")
    ]


def test_what_pyserini_has_goes_first(base, files, monkeypatch, caplog, tmp_path):
    theirs = tmp_path / "theirs.tsv"
    theirs.write_text("", encoding="utf-8")
    monkeypatch.setattr(base.JRelevanceJudgments, "getQrelsPath", lambda wanted: base.JPath.of(str(theirs)))
    host.activate()
    try:
        assert base.get_qrels_file(NAME) == str(theirs)
    finally:
        host.deactivate()
    assert not caplog.records


@pytest.mark.parametrize("name", ["dl20-passage", "beir-v1.0.0-scifact-test", "mrtydi-v1.1-swahili-dev"])
def test_other_collections_fail_as_before(base, files, active, caplog, name):
    for get in (base.get_topics, base.get_qrels_file):
        with pytest.raises(RuntimeError, match="no connection"):
            get(name)
    assert not caplog.records


def test_missing_files_are_told_and_pyserinis_error_stays(base, active, tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("BEIR_HYBRID_DATA", str(tmp_path))
    with pytest.raises(RuntimeError, match="no connection"):
        base.get_topics(NAME)
    [record] = caplog.records
    assert f"cannot get topics.{NAME}.tsv, and beir-hybrid cannot either: " in record.getMessage()
    assert "BEIR_HYBRID_DATA" in record.getMessage()


def test_deactivation_puts_pyserinis_classes_back(base):
    before = base.JTopicReader, base.JRelevanceJudgments
    host.activate()
    assert base.JTopicReader is not before[0]
    host.deactivate()
    assert (base.JTopicReader, base.JRelevanceJudgments) == before


def test_search_and_trec_eval_know_the_name(base, files, make_model, pyserini, tmp_path, capfd):
    from pyserini.eval.trec_eval import trec_eval

    folder = make_model(["one two", "three"])
    vectors = encode_texts(load_model(folder, "cpu"), ["one two", "three"], "document")
    write_index(tmp_path / "index", [vectors], ["1#0", "2#5"])
    pyserini(
        *("pyserini.search.faiss", "--index", tmp_path / "index", "--topics", NAME, "--hits", 2),
        *("--output", tmp_path / "run.trec", "--encoder", f"{PREFIX}{folder}", "--device", "cpu"),
    )
    found = [line.split()[:3] for line in (tmp_path / "run.trec").read_text(encoding="utf-8").splitlines()]
    assert [(query, document) for query, _, document in found[::2]] == [("6", "1#0"), ("8", "2#5")]
    capfd.readouterr()
    host.activate()
    try:
        trec_eval(["", "-c", "-m", "num_rel", "-m", "recip_rank", NAME, str(tmp_path / "run.trec")])
    finally:
        host.deactivate()
    said = [line.split() for line in capfd.readouterr().out.splitlines() if "\tall\t" in line]
    assert said == [["num_rel", "all", "2"], ["recip_rank", "all", "1.0000"]]
