import pytest

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.reports.language_maps import drawn_map
from beir_hybrid.reports.models.heat_map import HeatMap


@pytest.fixture
def part(contents_of, make_results_of):
    [part] = contents_of({"base": make_results_of(), "better": make_results_of(lift=0.1)}).blocks
    return part


def value(found, row, column):
    return found.values[found.rows.index(row)][found.columns.index(column)]


def test_a_map_has_every_settings_value_and_a_monolingual_diagonal(part, make_results_of):
    settings = make_results_of().settings
    base, _ = part.pairs
    for query in ("de", "en", "es"):
        for passage in ("de", "en", "es"):
            name = query if query == passage else f"{query}-{passage}"
            assert value(base, query, passage) == settings[name]["map"]


def test_maps_of_one_block_share_their_scale(part):
    base, better = part.pairs
    assert (base.low, base.high) == (better.low, better.high)
    known = [cell for one in part.pairs for row in one.values for cell in row]
    assert (base.low, base.high) == (min(known), max(known))


def test_a_difference_is_the_runs_value_less_the_baselines(part):
    [difference] = part.differences
    assert difference.title == "better - base"
    assert value(difference, "de", "en") == pytest.approx(0.05)
    assert -difference.low == difference.high == pytest.approx(0.05)
    assert all(difference.share(cell) == pytest.approx(1.0) for row in difference.values for cell in row)


def test_equal_runs_differ_by_nothing(contents_of, make_results_of):
    [part] = contents_of({"base": make_results_of(), "same": make_results_of()}).blocks
    [difference] = part.differences
    assert {difference.written(cell) for row in difference.values for cell in row} == {".000"}
    assert {difference.share(cell) for row in difference.values for cell in row} == {0.0}


def test_another_baseline_turns_the_difference_round(contents_of, make_results_of):
    runs = {"base": make_results_of(), "better": make_results_of(lift=0.1)}
    [part] = contents_of(runs, baseline="better").blocks
    assert part.baseline == "better"
    assert value(part.differences[0], "de", "en") == pytest.approx(-0.05)


def test_a_studys_first_verdict_names_the_baseline(study_contents):
    assert study_contents.blocks[0].baseline == "x-x-mono, 2 languages"


def test_a_missing_setting_is_an_empty_cell(contents_of, make_results_of):
    settings = dict(make_results_of().settings)
    del settings["de-en"]
    [part] = contents_of({"base": make_results_of(settings=settings)}).blocks
    assert value(part.pairs[0], "de", "en") is None
    assert part.pairs[0].written(None) == "·"


def test_without_cross_lingual_settings_there_is_no_map(contents_of, make_results_of):
    full = make_results_of()
    mono = {name: full.settings[name] for name in ("de", "en", "es")}
    [part] = contents_of({"base": make_results_of(settings=mono, scores={"mono": full.scores["mono"]})}).blocks
    assert part.pairs == part.differences == ()


def test_shares_by_language_have_the_row_of_the_pool(part):
    maps = dict(part.matrices)
    shares = maps["language_share@10"][0]
    assert shares.rows == ("de", "en", "es", "pool")
    assert shares.apart == 1
    assert shares.values[-1] == pytest.approx((40 / 150, 50 / 150, 60 / 150))
    assert maps["one_target_map"][0].rows == ("de", "en", "es")


def test_drawn_examples_are_shares_that_add_up_to_one():
    found = drawn_map("run", {("de", "de"): 30, ("de", "en"): 10, ("en", "de"): 0})
    assert found.values == ((0.75, 0.25), (None, None))
    assert (found.down, found.across) == ("question", "passage")


@pytest.mark.parametrize(
    ("number", "diverging", "text"),
    [
        (0.4567, False, ".457"),
        (1.0, False, "1.00"),
        (0.0, False, ".000"),
        (0.0123, True, "+.012"),
        (-0.1234, True, "−.123"),
        (-0.0001, True, ".000"),
    ],
)
def test_cells_are_written_in_five_characters_at_most(number, diverging, text):
    found = HeatMap("t", "n", ("a",), ("b",), ((number,),), printed("map"), -1.0, 1.0, diverging)
    assert found.written(number) == text
    assert len(text) <= 5


def test_a_map_is_drawn_with_the_means_of_its_rows_and_columns():
    found = HeatMap("t", "n", ("a", "b"), ("a", "b"), ((0.1, 0.3), (0.5, None)), printed("map"), means=True)
    drawn = found.drawn()
    assert drawn.rows == drawn.columns == ("a", "b", "mean")
    assert drawn.values == ((0.1, 0.3, 0.2), (0.5, None, 0.5), (0.3, 0.3, pytest.approx(0.3)))
    assert (drawn.apart, drawn.beside) == (1, 1)
    assert len(found.table().columns) == 3  # numbers for programs are the map's own


def test_a_maps_numbers_are_written_in_full(part):
    headings, rows = part.pairs[0].table().bare()
    assert headings == ["query language \\ passage language", "de", "en", "es"]
    assert [row[0] for row in rows] == ["de", "en", "es"]
    assert float(rows[0][1]) == pytest.approx(part.pairs[0].values[0][0])
