import pytest

from beir_hybrid.errors import BeirHybridError
from beir_hybrid.studies.check import check_study


def test_whole_study_passes(opened):
    folder = opened()
    check_study(folder.study, folder.cells)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param("max_steps: 3", "max_stepps: 3", "Did you mean --max_steps?", id="argument"),
        pytest.param("max_steps: 3", "max_steps: many", "line 4: x-x-mono, seed 1: ", id="value"),
        pytest.param("max_steps: 3", "output_dir: x", "--output_dir is decided by our own options", id="ours"),
        pytest.param("batch_size: 16", "batch_size: 200", "x-x-mono, seed 1: ", id="batch"),
        pytest.param("[x-x-mono, hybrid]", "[x-x-mono, hybird, hybrid]", "Did you mean 'hybrid'?", id="strategy"),
        pytest.param("seed: [1, 2]", "alpha: [0.5]", "x-x-mono, alpha 0.5: ", id="alpha"),
        pytest.param("dataset: sample", "name: x, dataset: smaple", "line 8: x: ", id="dataset"),
        pytest.param("dataset: sample", "dataset: absent/folder, name: x", "line 8: x: ", id="folder"),
        pytest.param("languages: [en, de], measures", "languages: [en, fr], measures", "'fr'", id="language"),
        pytest.param("max_steps: 3", "eval_data: nonsense", "nonsense", id="eval-data"),
        pytest.param("max_steps: 3", "eval_data: sample, eval_languages: [fr]", "'fr'", id="eval-language"),
        pytest.param("max_steps: 3", "eval_data: sample, eval_split: dve", "'dve'", id="eval-split"),
        pytest.param("max_steps: 3", "eval_data: sample, select_by: mapp", "'mapp'", id="select-by"),
        pytest.param("[map, rank_distance]}", "[mapp]}", "Did you mean 'map'?", id="measure"),
        pytest.param("[map, rank_distance]}", "[recall@1]}", "does not measure 'map'", id="claimed-measure"),
        pytest.param("[en, de], measures", "[en], measures", "does not measure 'rank_distance'", id="one-language"),
        pytest.param("[en, de], measures", "[en, de], settings: mono, measures", "'rank_distance'", id="settings"),
        pytest.param("claim: Hybrid differs", "kind: mono", "does not measure 'rank_distance'", id="claimed-kind"),
    ],
)
def test_what_would_fail_in_every_cell_is_told_before(opened, mini, old, new, told):
    assert old in mini
    folder = opened(mini.replace(old, new))
    with pytest.raises(BeirHybridError) as caught:
        check_study(folder.study, folder.cells)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_kind_that_an_evaluation_lacks_is_told(opened, mini):
    text = mini.replace("[en, de], measures", "[en], measures").replace("claim: Hybrid differs", "kind: cross")
    folder = opened(text)
    with pytest.raises(BeirHybridError, match=r"sample has no cross setting\. It has: mono"):
        check_study(folder.study, folder.cells)


def test_values_that_mean_the_same_are_refused(opened, mini):
    folder = opened(mini.replace("seed: [1, 2]", "query_prefix: ['1', 1]"))
    with pytest.raises(BeirHybridError, match="are the same"):
        check_study(folder.study, folder.cells)


def test_claim_of_cells_that_are_left_out_is_told(opened, mini):
    text = mini.replace("languages: [en, de], per", "per").replace("seed: [1, 2]", "languages: [2, 12]")
    folder = opened(text.replace("strategy: hybrid}", "languages: 12}").replace("strategy: x-x-mono}", "languages: 2}"))
    with pytest.raises(BeirHybridError, match=r"line 10: Hybrid differs: there is no pair of cells"):
        check_study(folder.study, folder.cells)
