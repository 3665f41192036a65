import pytest

from beir_hybrid.reports.models.bars import Bar, Bars


def test_bars_are_as_long_as_their_share_of_the_axis(contents_of, make_results_of):
    [part] = contents_of({"a": make_results_of(), "b": make_results_of(lift=0.4)}).blocks
    distance, same = part.bars
    assert distance.title == "tiny: rank distance"
    assert "lower is better" in distance.note
    first, second = distance.bars
    assert 50 < distance.share(first.value) <= 100
    assert distance.share(second.value) / distance.share(first.value) == pytest.approx(
        second.value / first.value, abs=0.01
    )
    assert same.title == "tiny: same language share@10"


def test_the_axis_reaches_to_the_end_of_the_longest_interval():
    found = Bars("t", "n", (Bar("a", 1.0, "1", (0.5, 2.0), 0), Bar("b", 1.5, "1.5", None, None)))
    assert found.share(2.0) == 100.0
    assert found.table().bare()[1] == [["a", "1", "0.5", "2"], ["b", "1.5", "", ""]]


def test_bars_of_nothing_have_no_length():
    found = Bars("t", "n", (Bar("a", 0.0, "0", None, 0),))
    assert found.share(0.0) == 0.0


def test_published_rank_distances_stand_beside_ours(contents_of, make_results_of):
    [part] = contents_of({"a": make_results_of(dataset="xquad-r")}, reference="paper").blocks
    assert [bar.place for bar in part.bars[0].bars] == [0] + [None] * 6
    assert part.bars[0].bars[1].text == "410.2"


def test_shares_of_languages_are_held_against_the_pool(contents_of, make_results_of):
    [part] = contents_of({"a": make_results_of(), "b": make_results_of(lift=0.4)}).blocks
    [dots] = part.shares
    assert [row.name for row in dots.rows] == ["de", "en", "es"]
    assert [row.against for row in dots.rows] == pytest.approx([40 / 150, 50 / 150, 60 / 150])
    german = make_results_of().scores["multi"]["language_share[de]@10"]
    assert dots.rows[0].dots[0] == (0, pytest.approx(german))
    assert dots.share(dots.ticks[-1]) == 100.0
    assert dots.table().bare()[0] == ["language", "a", "b", "pool"]


def test_a_row_names_the_runs_that_have_a_value(contents_of, make_results_of):
    scores = {"multi": {"map": 0.5}}
    settings = {name: {"queries": 4, "map": 0.5} for name in make_results_of().settings}
    lacking = make_results_of(scores=scores, settings=settings)
    [part] = contents_of({"full": make_results_of(), "lacking": lacking}).blocks
    [dots] = part.shares
    assert [dots.name(place) for place, _ in dots.rows[0].dots] == ["full"]
