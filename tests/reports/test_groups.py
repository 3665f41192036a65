import pytest

from beir_hybrid.errors import UnknownNameError
from beir_hybrid.reports.groups import blocks_of, find_group, groups_of
from beir_hybrid.reports.page.inputs import ReportRun, Sources, read_sources


def runs(*results, **given):
    return Sources(tuple(ReportRun(f"run {place}", None, {"tiny": one}, **given) for place, one in enumerate(results)))


def test_cells_that_differ_in_their_seed_are_one_group(make_study, tmp_path):
    groups = groups_of(read_sources([make_study(tmp_path, seeds=(1, 2, 3))]))
    assert [(group.name, len(group.runs), group.place) for group in groups] == [("x-x-mono", 3, 1), ("hybrid", 3, 0)]
    assert groups[1].values == {"strategy": "hybrid", "languages": 3}


def test_groups_are_named_by_what_they_differ_in_alone(make_study, tmp_path):
    folder = make_study(tmp_path, strategies=("hybrid",), counts=(2, 3), seeds=(1,))
    assert [group.name for group in groups_of(read_sources([folder]))] == ["2 languages", "3 languages"]
    only = make_study(tmp_path / "only", strategies=("hybrid",), seeds=(1, 2))
    assert [group.name for group in groups_of(read_sources([only]))] == ["hybrid"]


def test_a_group_has_the_mean_and_the_spread_of_its_seeds(make_results_of):
    one, other = (make_results_of(lift=lift) for lift in (0.0, 0.2))
    cells = [
        ReportRun(f"x, seed {seed}", None, {"tiny": results}, "s", {"strategy": "x", "seed": seed})
        for seed, results in enumerate((one, other))
    ]
    [block] = blocks_of(groups_of(Sources(tuple(cells))))
    score = block.score(block.groups[0], "mono", "map")
    assert score.mean == pytest.approx((one.scores["mono"]["map"] + other.scores["mono"]["map"]) / 2)
    assert score.spread == pytest.approx(0.1 / 2**0.5)  # of two values that differ by 0.1
    value = block.setting(block.groups[0], "de-en", "map")
    assert value == pytest.approx((one.settings["de-en"]["map"] + other.settings["de-en"]["map"]) / 2)


def test_a_value_that_one_seed_lacks_is_no_mean(make_results_of):
    lacking = make_results_of(scores={"mono": {"recall@1": 0.5}}, settings={"de": {"queries": 4, "recall@1": 0.5}})
    full = make_results_of(settings={"de": {"queries": 4, "map": 0.5}})
    cells = [ReportRun(f"x, seed {n}", None, {"tiny": one}, "s", {"seed": n}) for n, one in enumerate((full, lacking))]
    [block] = blocks_of(groups_of(Sources(tuple(cells))))
    assert block.score(block.groups[0], "mono", "map") is None
    assert block.setting(block.groups[0], "de", "map") is None


def test_a_single_run_has_its_own_interval(make_results_of):
    found = make_results_of(intervals={"scores": {"mono": {"map": [0.6, 0.8]}}})
    [block] = blocks_of(groups_of(runs(found)))
    assert block.score(block.groups[0], "mono", "map").interval == (0.6, 0.8)
    assert block.score(block.groups[0], "cross", "map").interval is None


@pytest.mark.parametrize(
    "other",
    [
        {"dataset": "else"},
        {"passage_text": "sentence+context"},
        {"data": {"queries": "another"}},
        {"languages": ("de", "en")},
    ],
    ids=lambda other: next(iter(other)),
)
def test_what_cannot_be_compared_is_in_another_block(make_results_of, other):
    given = make_results_of(**other)
    assert len(blocks_of(groups_of(runs(make_results_of(), given)))) == 2


def test_what_can_be_compared_is_in_one_block(make_results_of):
    [block] = blocks_of(groups_of(runs(make_results_of(), make_results_of(lift=0.1, model="other"))))
    assert [group.name for group in block.groups] == ["run 0", "run 1"]


def test_measures_of_one_language_are_no_columns(make_results_of):
    [block] = blocks_of(groups_of(runs(make_results_of())))
    measures = block.measures("multi")
    assert measures == ("map", "recall@1", "recall@5", "recall@20", "rank_distance", "same_language_share@10")


def test_the_primary_measure_is_the_wanted_one_or_map_or_the_first(make_results_of):
    [block] = blocks_of(groups_of(runs(make_results_of())))
    assert block.primary() == "map"
    assert block.primary("recall@5") == "recall@5"
    [other] = blocks_of(groups_of(runs(make_results_of(scores={"mono": {"ndcg@10": 0.5}}))))
    assert other.primary("recall@5") == "ndcg@10"


def test_groups_are_found_by_their_own_and_their_runs_names(make_study, tmp_path):
    groups = groups_of(read_sources([make_study(tmp_path)]))
    assert find_group(groups, "hybrid") is find_group(groups, "hybrid, seed 2") is groups[1]
    with pytest.raises(UnknownNameError, match="Did you mean 'hybrid'"):
        find_group(groups, "hybrit")
