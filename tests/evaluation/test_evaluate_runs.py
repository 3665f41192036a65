from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.evaluate import evaluate
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.run_files import read_run
from beir_hybrid.evaluation.runs import run_of_results
from beir_hybrid.settings import Setting, choose_settings

CLASSIC = ("map", "map@4", "ndcg@5", "recall@5", "precision@3", "mrr", "mrr@2", "success@2")
BIAS = (
    "same_language_share@5",
    "language_share@3",
    "ndkl@5",
    "mrc@5",
    "rank_distance@5",
    "peer@5",
    "mimo_peer@5",
    "tlr@5",
)
NAMES = ("mono", "cross", "multi", "en-en+zh", "zh-en+zh")
EN = Setting("en", ("en",))
POOL = Setting("en", ("de", "en", "es"), pool=True)


@pytest.fixture
def float_vectors(uneven, texts_of):
    """Vectors of the uneven collection without ties, whose products are not exact."""
    texts = texts_of(uneven)
    return dict(zip(texts, np.random.default_rng(9).standard_normal((len(texts), 48)).astype(np.float32), strict=True))


def read_all(folder, judged):
    """Read what was written for each setting."""
    return {
        setting: read_run(folder / f"{setting.name}.trec", judged)
        for setting in choose_settings(NAMES, judged.settings, "uneven")
    }


def assert_same(first, second):
    for name in ("dataset", "passage_text", "languages", "undefined", "ties", "passages", "data"):
        assert getattr(first, name) == getattr(second, name), name
    for name in ("scores", "micro", "settings"):
        one, two = getattr(first, name), getattr(second, name)
        assert list(one) == list(two)
        for key, values in one.items():
            assert two[key] == pytest.approx(values, abs=1e-12), (name, key)
    for one, two in zip(first.values.settings, second.values.settings, strict=True):
        assert (one.queries, one.groups, list(one.values)) == (two.queries, two.groups, list(two.values))
        for name, values in one.values.items():
            assert two.values[name] == pytest.approx(values, abs=1e-12, nan_ok=True), (one.name, name)


@pytest.mark.parametrize("ties", [True, False], ids=["ties", "no-ties"])
def test_runs_that_were_written_give_the_same_numbers(make_model, uneven, vectors_of, float_vectors, tmp_path, ties):
    model = make_model(vectors_of(uneven) if ties else float_vectors)
    measures = ["default", "bias", *CLASSIC, *BIAS, "peer@84", "lpr", "mimo_mrc@5"]
    first = evaluate(model, uneven, settings=NAMES, measures=measures, runs=tmp_path / "runs", model_name="my model")
    assert {path.name for path in (tmp_path / "runs").iterdir()} == {f"{name}.trec" for name in first.settings}
    judged = Judgements(uneven)
    runs = read_all(tmp_path / "runs", judged)
    second = evaluate(runs, judged, measures=measures)
    assert_same(first, second)
    assert second.intervals == first.intervals
    assert first.ties["multi"] > 0 if ties else not any(first.ties.values())
    told = tuple(note for note in first.notes if "means" in note or "few questions" in note)
    assert second.notes == first.notes == told
    assert "mrc@10" in first.undefined["en-all"]


def test_runs_that_were_cut_off_give_the_same_numbers_so_far(make_model, uneven, float_vectors, tmp_path):
    cut_off = [name for name in (*CLASSIC, *BIAS) if name not in ("map", "mrr")]
    first = evaluate(
        make_model(float_vectors), uneven, settings=NAMES, measures=cut_off, runs=tmp_path, run_depth=5, intervals=False
    )
    judged = Judgements(uneven)
    runs = read_all(tmp_path, judged)
    assert {setting.name: run.depth for setting, run in runs.items()} == {
        setting.name: 1 if setting.corpus_languages == ("ar",) else 5 for setting in runs
    }
    assert_same(first, evaluate(runs, judged, measures=cut_off, intervals=False))


def test_a_run_has_a_ranking_for_every_query_of_its_language(make_model, uneven, float_vectors, tmp_path):
    evaluate(make_model(float_vectors), uneven, settings=["zh-all"], measures=["map"], runs=tmp_path, run_depth=3)
    lines = [line.split() for line in (tmp_path / "zh-all.trec").read_text().splitlines()]
    assert [(query, rank) for query, _, _, rank, _, _ in lines] == [
        (f"zh:q{n}", str(rank)) for n in range(6) for rank in (1, 2, 3)
    ]


def cut_off_run(collection, depth):
    """The first passages of the pool for every English query, in the order of the ids of its own language."""
    return {
        f"en:q{n}": {
            f"{code}:{(n + k) % 5}": 9.0 - 3 * k - place
            for k in range(5)
            for place, code in enumerate(("en", "de", "es"))
            if 3 * k + place < depth
        }
        for n in range(4)
    }


def test_rank_distance_is_measured_at_the_depth_of_a_run(collection):
    # each query finds its English answer first and its German one second
    judged = Judgements(collection)
    runs = {POOL: run_of_results(cut_off_run(collection, 2), judged)}
    found = evaluate(runs, judged, model_name="bm25", notes=["of a friend"], intervals=False)
    assert found.model == "bm25"
    assert found.settings["en-all"] == pytest.approx(
        {
            "queries": 4,
            "map": 2 / 3,
            "recall@10": 2 / 3,
            "ndcg@10": (1 + 1 / np.log2(3)) / (1 + 1 / np.log2(3) + 1 / 2),
            "rank_distance@2": 3 - 1,
        }
    )
    assert found.notes == (
        "of a friend",
        "rankings are cut off, at depth 2 at most; what lies below counts as not retrieved",
    )
    asked = evaluate(runs, judged, measures=["default", "mrr"], intervals=False)
    assert list(asked.scores["multi"]) == ["map", "recall@10", "ndcg@10", "rank_distance@2", "mrr"]
    with pytest.raises(
        ConfigurationError, match=r"4 of the relevant passages were not retrieved\. Measure rank_distance@2"
    ):
        evaluate(runs, judged, measures=["rank_distance"])


def test_rank_distance_of_a_whole_run_needs_no_depth(collection):
    judged = Judgements(collection)
    found = evaluate({POOL: run_of_results(cut_off_run(collection, 15), judged)}, judged, intervals=False)
    assert found.scores["multi"]["rank_distance"] == 2
    assert found.notes == ()


def test_queries_without_a_result_count_0_in_every_mean(collection):
    judged = Judgements(collection)
    results = {query: found for query, found in cut_off_run(collection, 15).items() if query != "en:q2"}
    found = evaluate({POOL: run_of_results(results, judged)}, judged, measures=CLASSIC, intervals=False)
    assert found.settings["en-all"]["queries"] == 4
    assert found.settings["en-all"]["mrr"] == 3 / 4
    assert found.values.settings[0].values["map"].tolist() == [1, 1, 0, 1]


def test_unjudged_documents_are_not_relevant(collection):
    # en:4 is in the corpus, and no query has a judgement of it
    judged = Judgements(collection)
    results = {f"en:q{n}": {"en:4": 2.0, f"en:{n}": 1.0} for n in range(4)}
    found = evaluate({EN: run_of_results(results, judged)}, judged, measures=["mrr"], intervals=False)
    assert found.scores == {"mono": {"mrr": 1 / 2}}


def test_a_tie_at_the_answer_is_told(collection):
    judged = Judgements(collection)
    results = {f"en:q{n}": {"en:4": 1.0 + (n % 2), f"en:{n}": 1.0} for n in range(4)}
    found = evaluate({EN: run_of_results(results, judged)}, judged, measures=["map"], intervals=False)
    assert found.ties == {"mono": 1 / 2}


def test_the_collection_says_what_is_measured_of_runs_too(collection):
    own = replace(collection, measures=("recall@100", "rank_distance"), notes=("a note of the data",))
    judged = Judgements(own)
    found = evaluate({POOL: run_of_results(cut_off_run(own, 2), judged)}, judged, intervals=False)
    assert list(found.scores["multi"]) == ["recall@100", "rank_distance@2"]
    assert found.notes[0] == "a note of the data"


@pytest.mark.parametrize("runs", [{}, {Setting("es", ("es",)): {}}], ids=["none", "nothing-to-find"])
def test_runs_that_answer_nothing_are_refused(collection, runs):
    judged = Judgements(replace(collection, qrels={"en:q0": {"en:0": 1}}))
    given = {setting: run_of_results(results, judged) for setting, results in runs.items()}
    with pytest.raises(ConfigurationError, match="No query of tiny has a relevant passage in what was searched"):
        evaluate(given, judged)


def test_embeddings_and_model_give_the_same(make_model, uneven, float_vectors, embeddings_of):
    measures = ["default", "bias"]
    first = evaluate(make_model(float_vectors), uneven, settings=NAMES, measures=measures)
    second = evaluate(embeddings_of(uneven, float_vectors), uneven, settings=NAMES, measures=measures)
    assert_same(first, second)
    assert first.intervals == second.intervals
