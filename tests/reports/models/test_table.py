import pytest

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.reports.models.table import Column, Entry, Line, best_of, make_table

MAP = printed("map")


@pytest.mark.parametrize(
    ("values", "higher", "best"),
    [
        pytest.param([0.125, 0.5, 0.5], True, 0.5, id="higher"),
        pytest.param([90.0, 12.0], False, 12.0, id="lower"),
        pytest.param([0.5, 0.5], True, None, id="all-equal"),
        pytest.param([0.5], True, None, id="one"),
        pytest.param([None, 0.5, 0.25], True, 0.5, id="missing"),
        pytest.param([0.5, 0.25], None, None, id="no-direction"),
    ],
)
def test_best_value_is_better_than_another(values, higher, best):
    assert best_of(values, higher) == best


def test_programs_get_bare_numbers_with_spreads_and_intervals_apart():
    columns = ["run", Column("mAP", MAP, key="map"), Column("for people", key=""), Column("", key="for programs")]
    rows = [["a", Entry(0.25, interval=(0.125, 0.5)), 1, 2], ["b", Entry(0.5, spread=0.0625), 3, None]]
    headings, bare = make_table("t", columns, rows).bare()
    assert headings == ["run", "map", "map deviation", "map low", "map high", "for programs"]
    assert bare == [["a", "0.25", "", "0.125", "0.5", "2"], ["b", "0.5", "0.0625", "", "", ""]]


def test_people_get_written_numbers():
    columns = ["run", Column("mAP", MAP), Column("count"), Column("", key="for programs")]
    rows = [["a", Entry(0.25, interval=(0.125, 0.5)), 10**6, 1], Line((Entry("b"), *[Entry()] * 3), source="arXiv")]
    table = make_table("t", columns, rows).shown()
    assert table.texts() == [["a", "0.2500 (0.1250–0.5000)", "1000000"], ["b (published)", "-", "-"]]
    assert table.columns[1].written(table.rows[0].entries[1], brief=True) == "25.0"
