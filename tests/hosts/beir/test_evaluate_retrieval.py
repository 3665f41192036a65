import json
import logging
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import beir_hybrid.hosts.beir as host
from beir_hybrid import evaluate
from beir_hybrid.datasets.beir.folder import BeirFolder
from beir_hybrid.errors import ConfigurationError, DataFormatError, UnknownNameError
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.results import Results
from beir_hybrid.evaluation.runs import run_of_results, split_run
from beir_hybrid.hosts.beir import report as reporting
from beir_hybrid.hosts.beir.loaded_data import loaded_datasets

# BEIR leaves files to the garbage collector
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def active(tmp_path, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_RESULTS", str(tmp_path / "found"))
    monkeypatch.delenv("RANK", raising=False)
    loaded_datasets.forget()
    reporting._said.clear()
    host.activate()
    yield
    host.deactivate()


def evaluator():
    from beir.retrieval.evaluation import EvaluateRetrieval

    return EvaluateRetrieval


def random_results(corpus, queries, seed=0):
    rng = np.random.default_rng(seed)
    return {query: dict(zip(corpus, rng.normal(size=len(corpus)).tolist(), strict=True)) for query in queries}


def load(collection, folder, setting=""):
    from beir.datasets.data_loader import GenericDataLoader

    return GenericDataLoader(str(BeirFolder(folder).write(collection, setting).path)).load()


def saved(tmp_path, name):
    return Results.load(tmp_path / "found" / name)


documents = st.sampled_from(["en:1", "en:2", "de:1", "de:2", "plain", "en:q", "de:q"])
asking = st.sampled_from(["en:q", "de:q", "en:r", "nothing"])
runs = st.dictionaries(asking, st.dictionaries(documents, st.floats(-2, 2, width=32), max_size=6), max_size=4)
judged = st.dictionaries(asking, st.dictionaries(documents, st.integers(0, 3), min_size=1, max_size=4), min_size=1)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(judged, runs, st.lists(st.integers(1, 7), min_size=1, max_size=3, unique=True), st.booleans())
def test_evaluate_returns_what_it_always_did(qrels, results, k_values, ignore):
    ours, theirs = ({query: dict(found) for query, found in results.items()} for _ in range(2))
    patched = evaluator().evaluate
    for _ in range(2):
        try:
            expected = patched.__wrapped__(qrels, theirs, k_values, ignore)
        except ZeroDivisionError:
            with pytest.raises(ZeroDivisionError):
                patched(qrels, ours, k_values, ignore_identical_ids=ignore)
        else:
            assert patched(qrels, ours, k_values, ignore_identical_ids=ignore) == expected
        assert ours == theirs  # what it pops from the caller's dict included


@pytest.mark.parametrize("setting", ["en", "en-de", "en-all", "de-en+es", ""])
def test_report_agrees_with_beir_and_with_this_packages_evaluation(setting, collection, tmp_path, capsys):
    name = f"tiny.{setting}" if setting else "tiny"
    corpus, queries, qrels = load(collection, tmp_path / name, setting)
    results = random_results(corpus, queries)
    found = dict(kv for part in evaluator().evaluate(qrels, results, [1, 3, 15]) for kv in part.items())
    written = saved(tmp_path, name)
    names = {"ndcg": "NDCG", "map": "MAP", "recall": "Recall", "precision": "P"}
    for ours, theirs in names.items():
        for k in (1, 3, 15):
            means = [values[f"{ours}@{k}"] * values["queries"] for values in written.settings.values()]
            assert sum(means) / len(queries) == pytest.approx(found[f"{theirs}@{k}"], abs=6e-6)
    part = collection if setting != "de-en+es" else collection.select(["de", "en", "es"])
    expected = None
    if setting in {"", "en-all"}:
        judgements = Judgements(part)
        chosen = [one for one in judgements.settings if one.kind == "multi"]
        chosen = [one for one in chosen if not setting or one.name == setting]
        runs_by_setting = split_run(run_of_results(results, judgements), judgements, chosen)
        expected = evaluate(
            runs_by_setting,
            judgements,
            measures=["rank_distance@15", "same_language_share@3", "ndkl@3", "mrc@3", "one_target_map"],
            intervals=False,
        ).settings
        assert written.settings.keys() == expected.keys()
        for one, values in expected.items():
            for measure, value in values.items():
                assert written.settings[one][measure] == pytest.approx(value), (one, measure)
    else:
        assert list(written.settings) == [setting]
        assert ("rank_distance@15" in written.settings[setting]) == (setting == "de-en+es")
    out = capsys.readouterr().out
    assert f"{name} by setting" in out
    assert ("rank distance@15" in out) == (setting in {"", "en-all", "de-en+es"})
    assert str(tmp_path / "found" / name) in out.replace("\n", "")


def test_corpus_sizes_are_those_of_the_loaded_corpus(collection, tmp_path):
    _, queries, qrels = load(collection, tmp_path / "tiny.en-all", "en-all")
    results = {query: {"de:0": 1.0, "en:0": 0.5} for query in queries}
    evaluator().evaluate(qrels, results, [10])
    written = saved(tmp_path, "tiny.en-all")
    assert written.passages == {"de": 5, "en": 5, "es": 5}
    assert not any("sizes" in note for note in written.notes)


def test_each_note_is_told_once(collection, tmp_path, capsys, caplog):
    _, queries, qrels = load(collection, tmp_path / "tiny.en-all", "en-all")
    results = {query: {"de:0": 1.0, "en:0": 0.5} for query in list(queries)[:-1]}
    evaluator().evaluate(qrels, results, [10])
    told = capsys.readouterr().out.replace("\n", " ")
    with caplog.at_level(logging.INFO, "beir_hybrid"):
        evaluator().evaluate_custom(qrels, results, [10], metric="rank_distance")
    for note in ("rankings are cut off, at depth 2", "which BEIR leaves out of its means: 1", "for 1 of 4 queries"):
        assert told.count(note) == caplog.text.count(note) == 1, note


def test_last_loaded_data_do_not_stand_for_those_loaded_before(collection, tmp_path):
    one = load(collection, tmp_path / "one.en-de", "en-de")
    load(collection, tmp_path / "two.en-all", "en-all")
    corpus, queries, qrels = one
    evaluator().evaluate(qrels, random_results(corpus, queries), [3])
    evaluator().evaluate(dict(qrels), random_results(corpus, queries), [5])
    assert sorted(path.name for path in (tmp_path / "found").iterdir()) == ["one.en-de", "one.en-de-2"]


def test_ids_tell_languages_where_nothing_was_loaded(collection, tmp_path, capsys):
    corpus, queries, qrels = collection.beir("en")
    evaluator().evaluate(qrels, random_results(corpus, queries), [2, 10])
    written = saved(tmp_path, "data")
    assert written.settings["en-all"]["queries"] == 4
    assert any("sizes of the corpora are not known" in note for note in written.notes)


def write_plain(folder, collection, metadata=True):
    """A folder whose ids tell nothing, and whose metadata tell the languages."""
    corpus, queries, qrels = collection.beir()
    (folder / "qrels").mkdir(parents=True)

    def name(identifier):
        language, _, number = identifier.partition(":")
        return f"{number}/{language}"

    def row(identifier, **texts):
        language = {"language": identifier[:2]} if metadata else {}
        return json.dumps({"_id": name(identifier), **texts, "metadata": language}) + "\n"

    (folder / "corpus.jsonl").write_text("".join(row(key, **passage) for key, passage in corpus.items()))
    (folder / "queries.jsonl").write_text("".join(row(key, text=text) for key, text in queries.items()))
    lines = [f"{name(query)}\t{name(doc)}\t1\n" for query, docs in qrels.items() for doc in docs]
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n" + "".join(lines))
    return folder


def test_metadata_tell_languages_where_ids_do_not(collection, tmp_path):
    from beir.datasets.data_loader import GenericDataLoader

    corpus, queries, qrels = GenericDataLoader(str(write_plain(tmp_path / "plain", collection))).load()
    results = random_results(corpus, queries)
    evaluator().evaluate(qrels, results, [3, 15])
    plain = saved(tmp_path, "plain")

    def name(identifier):
        number, _, language = identifier.partition("/")
        return f"{language}:{number}"

    marked = {name(query): {name(doc): score for doc, score in docs.items()} for query, docs in results.items()}
    judgements = Judgements(collection)
    pooled = [one for one in judgements.settings if one.kind == "multi"]
    expected = evaluate(
        split_run(run_of_results(marked, judgements), judgements, pooled),
        judgements,
        measures=["map@15", "rank_distance@15", "ndkl@3"],
        intervals=False,
    )
    for one, values in expected.settings.items():
        assert {key: plain.settings[one][key] for key in values} == pytest.approx(values)


def test_data_without_languages_pass_in_silence(collection, tmp_path, capsys, caplog):
    from beir.datasets.data_loader import GenericDataLoader

    corpus, queries, qrels = GenericDataLoader(str(write_plain(tmp_path / "plain", collection, False))).load()
    with caplog.at_level(logging.DEBUG, "beir_hybrid"):
        evaluator().evaluate(qrels, random_results(corpus, queries), [3])
    assert capsys.readouterr().out == ""
    assert not caplog.records
    assert not (tmp_path / "found").exists()


def test_ids_of_another_kind_that_begin_alike_pass_in_silence(tmp_path, capsys, caplog):
    with caplog.at_level(logging.DEBUG, "beir_hybrid"):
        evaluator().evaluate({"id:1": {"id:2": 1}}, {"id:1": {"id:2": 1.0}}, [1])
    assert capsys.readouterr().out == ""
    assert not caplog.records


def test_document_without_a_language_is_told_once_and_no_bias_measured(collection, tmp_path, capsys, caplog):
    corpus, queries, qrels = collection.beir("en")
    results = random_results([*corpus, "doc7"], queries)
    for _ in range(2):
        evaluator().evaluate(qrels, results, [3])
    [record] = caplog.records
    assert "'doc7'" in record.getMessage()
    assert "No language bias is measured" in record.getMessage()
    assert capsys.readouterr().out == ""
    with pytest.raises(DataFormatError, match="'doc7'"):
        evaluator().evaluate_custom(qrels, results, [3], "ndkl")
    assert evaluator().evaluate_custom(qrels, results, [3], "map").keys() == {"map@3"}


def test_queries_without_a_result_are_noted(collection, tmp_path):
    corpus, queries, qrels = load(collection, tmp_path / "tiny.en-all", "en-all")
    results = random_results(corpus, list(queries)[:1])
    evaluator().evaluate(qrels, results, [15])
    written = saved(tmp_path, "tiny.en-all")
    assert written.settings["en-all"]["queries"] == 4
    assert any("which BEIR leaves out of its means: 3" in note for note in written.notes)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_folder_that_cannot_be_written_costs_one_warning_and_nothing_else(collection, tmp_path, capsys, caplog):
    (tmp_path / "found").mkdir(mode=0o500)
    check_unwritable(collection, tmp_path, capsys, caplog)


def test_results_folder_that_is_a_file_costs_one_warning_and_nothing_else(collection, tmp_path, capsys, caplog):
    (tmp_path / "found").touch()
    check_unwritable(collection, tmp_path, capsys, caplog)


def check_unwritable(collection, tmp_path, capsys, caplog):
    corpus, queries, qrels = load(collection, tmp_path / "tiny", "en-all")
    for _ in range(2):
        assert evaluator().evaluate(qrels, random_results(corpus, queries), [5])[0].keys() == {"NDCG@5"}
    assert len(caplog.records) == 1
    assert "not written" in caplog.text
    assert "rank distance@5" in capsys.readouterr().out


def test_other_results_are_never_replaced_and_the_same_not_doubled(collection, tmp_path):
    corpus, queries, qrels = load(collection, tmp_path / "tiny", "en-all")
    for seed in (0, 0, 1, 0):
        evaluator().evaluate(qrels, random_results(corpus, queries, seed), [5])
    assert sorted(path.name for path in (tmp_path / "found").iterdir()) == ["tiny", "tiny-2"]


def test_failure_of_the_report_never_reaches_the_script(collection, tmp_path, monkeypatch, caplog):
    corpus, queries, qrels = collection.beir("en")

    def fail(*_):
        raise RuntimeError("two\nlines")

    monkeypatch.setattr(reporting, "measure_results", fail)
    assert evaluator().evaluate(qrels, random_results(corpus, queries), [5])[0]
    assert "RuntimeError: two lines" in caplog.text


def test_only_the_first_process_reports(collection, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("RANK", "1")
    corpus, queries, qrels = collection.beir("en")
    evaluator().evaluate(qrels, random_results(corpus, queries), [5])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("metric", ["mrr", "MRR@k", "recall_cap", "hole", "top_k_accuracy"])
def test_beirs_own_metrics_stay_beirs(metric, collection):
    corpus, queries, qrels = collection.beir("en")
    results = random_results(corpus, queries)
    custom = evaluator().evaluate_custom
    found = custom(qrels, results, [1, 3], metric)
    assert found == custom.__wrapped__(qrels, results, [1, 3], metric)
    assert found is not None


@pytest.mark.parametrize(
    ("metric", "keys"),
    [
        ("rank_distance", {"rank_distance@2", "rank_distance@5"}),
        ("Rank_Distance@k", {"rank_distance@2", "rank_distance@5"}),
        ("rank_distance@3", {"rank_distance@3"}),
        ("same_language_share", {"same_language_share@2", "same_language_share@5"}),
        ("language_share[de]", {"language_share[de]@2", "language_share[de]@5"}),
        ("language_share@2", {f"language_share[{code}]@2" for code in ("de", "en", "es")}),
        ("ndkl", {"ndkl@2", "ndkl@5"}),
        ("mrc", {"mrc@2", "mrc@5"}),
        ("peer", {"peer@2", "peer@5"}),
        ("one_target_map", {f"one_target_map[{code}]" for code in ("de", "en", "es")}),
        ("ndcg", {"ndcg@2", "ndcg@5"}),
    ],
)
def test_our_measures_come_by_name_in_beirs_form(metric, keys, collection):
    corpus, queries, qrels = collection.beir()
    results = random_results(corpus, queries)
    found = evaluator().evaluate_custom(qrels, results, [2, 5], metric)
    assert found.keys() == keys
    judgements = Judgements(collection)
    pooled = [one for one in judgements.settings if one.kind == "multi"]
    expected = evaluate(
        split_run(run_of_results(results, judgements), judgements, pooled),
        judgements,
        measures=sorted(keys),
        intervals=False,
    ).micro["multi"]
    for key, value in found.items():
        assert value == pytest.approx(expected.get(key, float("nan")), abs=5e-6, nan_ok=True)
        assert np.isnan(value) or value == round(value, 5)


def test_measure_of_a_plug_in_comes_by_name(collection, plug_in):
    plug_in(
        "depth-measures",
        "beir_hybrid.measures",
        {"retrieved": "depth_measures:Retrieved"},
        depth_measures="""
class Retrieved:
    higher_is_better, needs_languages, source, name, depth = True, False, "", "retrieved", 0
    def values(self, rankings):
        return rankings.retrieved.astype(float)
""",
    )
    corpus, queries, qrels = collection.beir("en")
    found = evaluator().evaluate_custom(qrels, random_results(corpus, queries), [1, 2], "retrieved")
    assert found == {"retrieved": 15.0}


def test_unknown_metric_is_told_with_those_there_are(collection):
    with pytest.raises(UnknownNameError, match=r"'rank_distence'. Did you mean 'rank_distance'\? Known: .*ndcg"):
        evaluator().evaluate_custom({"en:q": {"en:1": 1}}, {"en:q": {"en:1": 1.0}}, [1], "rank_distence")


def test_measure_of_a_language_that_no_document_has_is_refused(collection):
    corpus, queries, qrels = collection.beir()
    with pytest.raises(UnknownNameError, match=r"language_share\[dee\]@2 .* Did you mean 'de'\?"):
        evaluator().evaluate_custom(qrels, random_results(corpus, queries), [2], metric="language_share[dee]")


def test_measure_of_bias_is_refused_where_there_is_no_language():
    with pytest.raises(DataFormatError, match="carry no languages, which rank_distance@1 compares"):
        evaluator().evaluate_custom({"q": {"d": 1}}, {"q": {"d": 1.0}}, [1], "rank_distance")
    assert evaluator().evaluate_custom({"q": {"d": 1}}, {"q": {"d": 1.0}}, [1], "map") == {"map@1": 1.0}


def test_measure_of_bias_is_refused_where_there_is_one_language(collection):
    corpus, queries, qrels = collection.beir("en", "de")
    with pytest.raises(ConfigurationError, match="no setting"):
        evaluator().evaluate_custom(qrels, random_results(corpus, queries), [1], "rank_distance")


def test_ties_fall_by_the_scripts_own_ids_as_in_beir(tmp_path):
    from beir.datasets.data_loader import GenericDataLoader

    folder = tmp_path / "tied"
    (folder / "qrels").mkdir(parents=True)
    languages = ("de", "en", "de", "en")
    rows = [{"_id": f"{n}", "title": "", "text": "a", "metadata": {"language": c}} for n, c in enumerate(languages, 1)]
    (folder / "corpus.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    query = {"_id": "q", "text": "a", "metadata": {"language": "en"}}
    (folder / "queries.jsonl").write_text(json.dumps(query) + "\n")
    (folder / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\nq\t4\t1\nq\t2\t1\n")
    corpus, _, qrels = GenericDataLoader(str(folder)).load()
    results = {"q": dict.fromkeys(corpus, 0.5)}
    _, found, _, _ = evaluator().evaluate(qrels, results, [4])
    assert saved(tmp_path, "tied").settings["en-all"]["map@4"] == pytest.approx(found["MAP@4"], abs=1e-5)
    assert found["MAP@4"] == pytest.approx((1 + 2 / 3) / 2, abs=1e-5)
