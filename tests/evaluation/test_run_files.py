from __future__ import annotations

import re

import numpy as np
import pytest

from beir_hybrid import evaluate
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import DataFormatError, MissingDataError
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.run_files import read_run, write_run
from beir_hybrid.evaluation.search.exact import ExactSearcher
from beir_hybrid.evaluation.search.hits import Hits
from beir_hybrid.evaluation.search.searcher import SearchTask
from beir_hybrid.passage import Passage
from beir_hybrid.settings import Setting

CLASSIC = (
    "map",
    "map@3",
    "ndcg@1",
    "ndcg@10",
    "recall@1",
    "recall@3",
    "mrr",
    "precision@3",
    "precision@100",
    "success@3",
)


@pytest.fixture
def judged(collection):
    return Judgements(collection)


def write(path, *lines):
    path.write_bytes(b"".join(line.encode() if isinstance(line, str) else line for line in lines))
    return path


def as_dicts(run, judged):
    """Write a run as BEIR would: scores by query and document."""
    found = {}
    documents = judged.identifiers(run.passage)
    for query, document, score in zip(run.query, documents, run.score, strict=True):
        found.setdefault(judged.queries[query], {})[document] = float(score)
    return found


def test_lines_are_read_in_any_order_whatever_their_ranks(judged, tmp_path):
    path = write(
        tmp_path / "run",
        "en:q1 Q0 de:0 1 0.25 tag\n",
        "en:q0\tQ0\ten:4 7\t-1e-3   tag\r\n",
        "\n",
        "  en:q1 x en:1 1 5 tag\n",
        " \t\n",
        "de:q3 Q0 es:2 0 +.5e1 tag",  # no line break at the end
    )
    run = read_run(path, judged)
    assert as_dicts(run, judged) == {
        "en:q0": {"en:4": float(np.float32(-1e-3))},
        "en:q1": {"en:1": 5, "de:0": 0.25},
        "de:q3": {"es:2": 5},
    }
    assert run.rank.tolist() == [1, 1, 1, 2]


def test_ids_may_hold_blanks_of_other_scripts(tmp_path):
    odd = ["en:a\u00a0b", "en:\u3000", "en:x\u2028y", "en:z\x85", "en:\x1c"]
    collection = MultilingualCollection(
        "odd", {"en": {d: Passage(d) for d in odd}}, {"en": {"en:q\u2003": "q"}}, {"en:q\u2003": {odd[0]: 1}}
    )
    judged = Judgements(collection)
    hits = Hits(np.array([[4, 3, 2, 1, 0]]), np.arange(5, 0, -1, dtype=np.float32)[None])
    write_run(tmp_path / "run", hits, np.array([0]), judged, "a tag\tof three")
    run = read_run(tmp_path / "run", judged)
    assert run.passage.tolist() == [4, 3, 2, 1, 0]
    assert (tmp_path / "run").read_bytes().count(b" a_tag_of_three\n") == 5


@pytest.mark.parametrize(
    ("query", "document"), [("en:q", "en:a b"), ("en:my q", "en:a"), ("en:q", "en:a\n")], ids=ascii
)
def test_an_id_that_would_split_a_line_is_refused(tmp_path, query, document):
    collection = MultilingualCollection(
        "odd", {"en": {document: Passage("")}}, {"en": {query: "q"}}, {query: {document: 1}}
    )
    hits = Hits(np.zeros((1, 1), np.int64), np.ones((1, 1), np.float32))
    with pytest.raises(DataFormatError, match=r"odd: the id 'en:.*' has a blank"):
        write_run(tmp_path / "run", hits, np.array([0]), Judgements(collection), "tag")
    assert not list(tmp_path.iterdir())


GOOD = "en:q0 Q0 de:1 1 0.5 tag\nen:q0 Q0 de:2 2 0.25 tag\n"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("en:q0 Q0 de:0 3 0.1\n", ".*has not six columns"),
        ("en:q0 Q0 de:0 3 0.1 tag more\n", ".*has not six columns"),
        (b"en:q0 Q0 de:\xff 3 0.1 tag\n", ".*has not six columns of UTF-8 text"),
        ("en:q9 Q0 de:0 3 0.1 tag\n", "tiny has no query 'en:q9'"),
        ("q0 Q0 de:0 3 0.1 tag\n", "tiny has no query 'q0'"),
        ("en:q0 Q0 de:9 3 0.1 tag\n", "tiny has no document 'de:9'"),
        ("en:q0 Q0 0 3 0.1 tag\n", "tiny has no document '0'.*ids begin with their language"),
        ("en:q0 Q0 de:0 3 nan tag\n", "the score of 'de:0' is 'nan'"),
        ("en:q0 Q0 de:0 3 -inf tag\n", "the score of 'de:0' is '-inf'"),
        ("en:q0 Q0 de:0 3 1_0 tag\n", "the score of 'de:0' is '1_0'"),
        ("en:q0 Q0 de:0 3 \u0663 tag\n", "the score of 'de:0' is '\u0663'"),
        ("en:q0 Q0 de:0 3 high tag\n", "the score of 'de:0' is 'high'"),
        ("en:q0 Q0 de:1 3 0.1 tag\n", "the query 'en:q0' has the document 'de:1' already"),
    ],
    ids=[
        *("five-columns", "seven-columns", "not-utf8", "unknown-query", "query-without-language"),
        *("unknown-document", "document-without-language", "nan", "infinite", "underscore", "other-digits", "a-word"),
        "twice",
    ],
)
@pytest.mark.parametrize("last", [True, False], ids=["last-line", "amid"])
def test_a_wrong_line_is_named(judged, tmp_path, line, message, last):
    path = write(tmp_path / "my.run", GOOD, line, "" if last else GOOD.replace("q0", "q1"))
    with pytest.raises(DataFormatError, match=f"^{re.escape(str(path))}:3: {message}"):
        read_run(path, judged)


def test_a_similar_query_is_suggested(judged, tmp_path):
    with pytest.raises(DataFormatError, match=r"has no query 'en:Q1'.*'en:q1'"):
        read_run(write(tmp_path / "run", "en:Q1 Q0 de:1 1 1 tag\n"), judged)


def test_the_first_document_that_is_unknown_is_named_with_its_first_line(judged, tmp_path):
    path = write(tmp_path / "run", GOOD, "en:q1 Q0 de:8 1 1 tag\nen:q2 Q0 de:9 1 1 tag\nen:q3 Q0 de:8 1 1 tag\n")
    with pytest.raises(DataFormatError, match="run:3: tiny has no document 'de:8'"):
        read_run(path, judged)


def test_an_empty_file_is_an_empty_run(judged, tmp_path):
    run = read_run(write(tmp_path / "run"), judged)
    assert len(run) == 0
    found = evaluate({Setting("en", ("en",)): run}, judged, measures=["map", "mrr"])
    assert found.scores == {"mono": {"map": 0, "mrr": 0}}


@pytest.mark.parametrize("kind", ["missing", "folder"])
def test_a_run_that_is_no_file_is_refused(judged, tmp_path, kind):
    with pytest.raises(MissingDataError, match="There is no run"):
        read_run(tmp_path if kind == "folder" else tmp_path / "no", judged)


def test_a_file_has_true_ranks_and_six_columns(judged, tmp_path):
    passage, score = np.full((12, 4), -1, np.int64), np.full((12, 4), -np.inf, np.float32)
    passage[4, :3], score[4, :3] = [7, 0, 11], [1 / 3, 0.1, -16777217.0]
    passage[6, :1], score[6, :1] = [3], [1e-40]
    path = tmp_path / "runs" / "one.trec"
    write_run(path, Hits(passage, score)[4:7], np.array([4, 5, 6]), judged, "my/model")
    assert path.read_text("utf-8").splitlines() == [
        "en:q0 Q0 en:2 1 0.33333334 my/model",
        "en:q0 Q0 de:0 2 0.1 my/model",
        "en:q0 Q0 es:1 3 -1.6777216e+07 my/model",
        f"en:q2 Q0 de:3 1 {np.float32(1e-40)!s} my/model",
    ]
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("tag", ["", "  "])
def test_a_tag_is_never_empty(judged, tmp_path, tag):
    hits = Hits(np.zeros((1, 1), np.int64), np.ones((1, 1), np.float32))
    write_run(tmp_path / "run", hits, np.array([0]), judged, tag)
    assert (tmp_path / "run").read_text() == "de:q0 Q0 de:0 1 1.0 run\n"


@pytest.mark.parametrize("dimensions", [3, 40], ids=["ties", "few-ties"])
def test_what_is_written_reads_back_bit_for_bit(uneven, vectors_of, embeddings_of, tmp_path, dimensions):
    rng = np.random.default_rng(dimensions)
    vectors = vectors_of(uneven, 1, dimensions)
    if dimensions > 3:
        vectors = {text: rng.standard_normal(dimensions).astype(np.float32) for text in vectors}
    judged = Judgements(uneven)
    searcher = ExactSearcher(SearchTask(judged, embeddings_of(uneven, vectors)))
    for setting in judged.settings:
        hits = searcher.hits(setting, 20)
        mine = np.flatnonzero(judged.query_language == setting.query_language)
        write_run(tmp_path / setting.name, hits, mine, judged, "tag")
        run = read_run(tmp_path / setting.name, judged)
        depth = min(20, int(judged.sizes[judged.columns(setting)].sum()))
        np.testing.assert_array_equal(run.query, mine.repeat(depth))
        np.testing.assert_array_equal(run.passage, hits.passage.reshape(-1))
        np.testing.assert_array_equal(run.score, hits.score.reshape(-1))
        assert run.score.dtype == np.float32
        assert run.tied.any() or dimensions > 3


def test_pytrec_eval_gives_our_numbers_for_a_written_run(uneven, vectors_of, embeddings_of, trec_eval, tmp_path):
    embeddings = embeddings_of(uneven, vectors_of(uneven))
    judged = Judgements(uneven)
    searcher = ExactSearcher(SearchTask(judged, embeddings))
    results = evaluate(embeddings, uneven, measures=CLASSIC, intervals=False)
    for values in results.values.settings:
        setting = next(each for each in judged.settings if each.name == values.name)
        mine = np.flatnonzero(judged.query_language == setting.query_language)
        write_run(tmp_path / "run", searcher.hits(setting, 1000), mine, judged, "tag")
        run = {}
        for line in (tmp_path / "run").read_text().splitlines():
            query, _, document, _, score, _ = line.split()
            run.setdefault(query, {})[document] = float(score)
        _, _, qrels = uneven.beir(setting.query_language, setting.corpus_languages)
        expected = trec_eval(run, qrels)
        assert set(expected) == set(values.queries)
        for name in CLASSIC:
            wanted = [expected[query][name] for query in values.queries]
            assert values.values[name] == pytest.approx(wanted, abs=1e-9), (setting.name, name)
