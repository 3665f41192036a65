import pytest

from beir_hybrid.errors import UnknownNameError
from beir_hybrid.reports.published import check_reference, published_for


@pytest.mark.parametrize(
    ("dataset", "name", "kind", "measure", "value"),
    [
        ("xquad-r", "XLM-R, X-X-mono", "multi", "rank_distance", 410.2),
        ("xquad-r", "XLM-R, hybrid", "mono", "map", 0.7977),
        ("xquad-r", "LaBSE, X-Y", "cross", "map", 0.7618),
        ("mlqa-r", "XLM-R, X-Y", "multi", "map", 0.5076),
        ("mlqa-r", "LaBSE, hybrid", "multi", "rank_distance", 195.0),
        ("miracl", "LaBSE, hybrid", "mono", "ndcg@10", 0.4411),
        ("mlqa-r", "mBERT, X-X", "multi", "map", 0.26),
    ],
)
def test_numbers_are_those_of_the_papers(make_results_of, dataset, name, kind, measure, value):
    found = {one.name: one for one in published_for("paper", make_results_of(dataset=dataset))}
    assert found[name].scores[kind][measure] == value
    assert "arXiv" in found[name].source
    assert found[name].note


def test_every_row_of_the_papers_table_is_there(make_results_of):
    counts = {
        name: len(published_for("paper", make_results_of(dataset=name))) for name in ("xquad-r", "mlqa-r", "miracl")
    }
    assert counts == {"xquad-r": 10, "mlqa-r": 10, "miracl": 6}


def test_of_other_datasets_nothing_is_published(make_results_of):
    assert published_for("paper", make_results_of(dataset="tiny")) == ()
    assert published_for(None, make_results_of(dataset="xquad-r")) == ()


def test_of_other_kinds_of_setting_nothing_is_published(make_results_of):
    found = published_for("paper", make_results_of(dataset="xquad-r", scores={"mono": {"map": 0.5}}))
    assert [one.name.split(",")[0] for one in found] == ["XLM-R"] * 3 + ["LaBSE"] * 3


def test_an_unknown_collection_is_refused():
    with pytest.raises(UnknownNameError, match=r"no published results named 'papr'\. Did you mean 'paper'"):
        check_reference("papr")
