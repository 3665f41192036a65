import numpy as np
import pytest

from beir_hybrid.datasets import load_dataset
from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.reports.query_examples import query_examples
from beir_hybrid.storage.files import write_text


@pytest.fixture
def valued(make_results):
    """Results with values of two languages' queries against the pool of all."""

    def make(shares=False, **given):
        settings = []
        for code, scores, distances in (("de", (0.5, 0.1), (3.0, np.nan)), ("en", (0.2, 0.9), (9.0, 1.0))):
            values = {"map": np.array(scores), "rank_distance": np.array(distances)}
            if shares:
                values |= {
                    f"language_share[{one}]@10": np.array([0.5, share]) for one, share in (("de", 1.0), ("en", 0))
                }
            queries = tuple(f"{code}:{number}" for number in (1, 2))
            settings.append(SettingValues(f"{code}-all", "multi", queries, ("1", "2"), values))
        return make_results(values=QueryValues(tuple(settings)), **given)

    return make


def test_the_worst_and_the_most_biased_queries_are_chosen(valued, tmp_path):
    chosen = query_examples(valued(), tmp_path)
    assert [one.query for one in chosen.worst] == ["de:2", "en:1", "de:1", "en:2"]
    assert [one.query for one in chosen.biased] == ["en:1", "de:1", "en:2"]  # one has no rank distance
    assert [one.query for one in chosen.by_language] == ["de:1", "de:2", "en:2", "en:1"]


def test_shares_tell_the_languages_retrieved(valued, tmp_path):
    chosen = query_examples(valued(shares=True), tmp_path)
    assert {one.query: one.retrieved for one in chosen.worst}["de:2"] == "de 100%"


def test_runs_tell_the_languages_where_no_measure_does(valued, tmp_path):
    lines = [f"en:1 Q0 {code}:{rank} {rank} {1 / rank} tag\n" for rank, code in enumerate(["de", "en", "de", "de"], 1)]
    (tmp_path / "runs").mkdir()
    write_text(tmp_path / "runs" / "en-all.trec", "".join(lines))
    chosen = query_examples(valued(), tmp_path)
    assert {one.query: one.retrieved for one in chosen.biased} == {"en:1": "de 75%, en 25%", "de:1": "", "en:2": ""}


def test_columns_without_a_value_are_left_out(valued, tmp_path):
    tables = query_examples(valued(), tmp_path).tables()
    assert [table.title for table in tables] == [
        *("Worst queries", "Most biased queries", "Best and worst query of each language")
    ]
    assert [column.title for column in tables[0].columns] == ["query", "mAP", "rank distance"]


def test_texts_are_those_of_the_same_data_alone(valued, tmp_path):
    sample = load_dataset("sample", languages=["de", "en"])
    ids = {code: tuple(sample.queries[code])[:2] for code in ("de", "en")}
    base = valued()
    settings = [
        SettingValues(one.name, one.kind, ids[one.name[:2]], one.groups, one.values) for one in base.values.settings
    ]
    given = {"dataset": "sample", "languages": ("de", "en"), "data": sample.checksums()}
    results = type(base)(**{**vars(base), **given, "values": QueryValues(tuple(settings))})
    first = query_examples(results, tmp_path).by_language[0]
    assert first.text == sample.queries["de"][first.query]
    other = type(base)(**{**vars(results), "data": {"queries": "another"}})
    assert query_examples(other, tmp_path).by_language[0].text == ""


def test_without_values_there_are_none(make_results, tmp_path):
    assert query_examples(make_results(), tmp_path) is None
