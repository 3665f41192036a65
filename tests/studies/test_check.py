import shlex
import sys
from dataclasses import replace

import pytest

from beir_hybrid import train
from beir_hybrid.errors import BeirHybridError
from beir_hybrid.studies.check import check_study
from beir_hybrid.training.arguments import arguments_as_json
from beir_hybrid.training.prepare import training_arguments


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


@pytest.mark.parametrize(("model", "rate", "epochs"), [("static:8", 0.1, 30), ("distilbert", 3e-5, 3)])
def test_a_cell_has_the_defaults_of_the_train_command(opened, mini, monkeypatch, tmp_path, model, rate, epochs):
    from click.testing import CliRunner

    from beir_hybrid.cli.main import main
    from beir_hybrid.training import train as training

    cell = opened(mini.replace('"static:8"', model)).cells[0]
    requests = []
    monkeypatch.setattr(training, "_train", lambda request, callbacks, notes: requests.append(request) or sys.exit(0))
    monkeypatch.chdir(tmp_path)
    CliRunner().invoke(main, shlex.split(cell.request.command())[1:], catch_exceptions=False)
    ours, commanded = (arguments_as_json(training_arguments(request)) for request in (cell.request, *requests))
    assert ours == commanded
    assert (ours["learning_rate"], ours["num_train_epochs"]) == (rate, epochs)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('"static:8"', '"static:wide"', id="dimensions"),
        pytest.param('"static:8"', "./absent", id="model"),
        pytest.param("max_steps: 3", "negatives: 2", id="negatives"),
        pytest.param("max_steps: 3", "eval_data: sample, load_best_model_at_end: false", id="selection"),
        pytest.param("max_steps: 3", "gradient_accumulation_steps: 0", id="accumulation"),
    ],
)
def test_a_cell_is_refused_as_the_train_command_refuses(opened, mini, old, new):
    assert old in mini
    folder = opened(mini.replace(old, new))
    with pytest.raises(BeirHybridError) as checked:
        check_study(folder.study, folder.cells)
    with pytest.raises(BeirHybridError) as trained:
        train(replace(folder.cells[0].request, output=folder.path / "model"))
    assert checked.value.problem.endswith(f": x-x-mono, seed 1: {trained.value.problem}")
    assert checked.value.fix == trained.value.fix


def test_values_that_mean_the_same_are_refused(opened, mini):
    folder = opened(mini.replace("seed: [1, 2]", "query_prefix: ['1', 1]"))
    with pytest.raises(BeirHybridError, match="are the same"):
        check_study(folder.study, folder.cells)


def test_claim_of_cells_that_are_left_out_is_told(opened, mini):
    text = mini.replace("languages: [en, de], per", "per").replace("seed: [1, 2]", "languages: [2, 12]")
    folder = opened(text.replace("strategy: hybrid}", "languages: 12}").replace("strategy: x-x-mono}", "languages: 2}"))
    with pytest.raises(BeirHybridError, match=r"line 10: Hybrid differs: there is no pair of cells"):
        check_study(folder.study, folder.cells)
