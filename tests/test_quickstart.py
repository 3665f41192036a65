from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from beir_hybrid import quickstart
from beir_hybrid.errors import OutputError
from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.evaluation.results import Results
from beir_hybrid.quickstart import STRATEGIES, check_folder, conclusion, free_folder, next_commands, run


@pytest.mark.slow
def test_hybrid_batches_bring_languages_together(tmp_path, monkeypatch):
    monkeypatch.setattr(quickstart, "_ARGUMENTS", {**quickstart._ARGUMENTS, "max_steps": 60})
    told = []
    runs = run(tmp_path, progress=lambda *step: told.append(step))
    assert tuple(runs) == STRATEGIES
    assert [step for step in told if step[1] == step[2]] == [
        (f"{what} {strategy}", total, total)
        for strategy in STRATEGIES
        for what, total in (("Training", 60), ("Evaluating", 1))
    ]
    alone, hybrid = runs["x-x-mono"].scores, runs["hybrid"].scores
    assert hybrid["cross"]["map"] > alone["cross"]["map"]
    assert hybrid["multi"]["rank_distance"] < alone["multi"]["rank_distance"]
    for strategy, results in runs.items():
        assert Results.load(tmp_path / strategy / "sample") == results
        assert (results.model, results.quick) == (f"static, {strategy}", True)
        assert len(results.settings) == 11 + 110 + 11
        assert {values["queries"] for values in results.settings.values()} == {74}


@pytest.fixture
def found():
    """Results whose values lie at the given means, the same questions varying in all of them."""

    def make(**means):
        noise = np.random.default_rng(0).normal(0, 0.01, 30)
        groups = tuple(f"g{number}" for number in range(30))
        runs = {}
        for place, (name, (share, distance)) in enumerate(means.items()):
            own = noise + np.random.default_rng(place + 1).normal(0, 0.001, 30)
            values = {"map": share + own - own.mean(), "rank_distance": distance + own - own.mean()}
            kinds = {"en": "mono", "en-de": "cross", "en-all": "multi"}
            settings = tuple(
                SettingValues(setting, kind, groups, groups, values if kind == "multi" else {"map": values["map"]})
                for setting, kind in kinds.items()
            )
            all_values = QueryValues(settings)
            data = dict.fromkeys(("queries", "passages", "qrels"), "same")
            means_of = (all_values.macro(), all_values.means())
            runs[name] = Results("sample", name, "sentence", ("en", "de"), *means_of, data=data, values=all_values)
        return runs

    return make


def test_conclusion_says_who_won_where_and_why(found):
    runs = found(**{"x-x-mono": (0.2, 300), "x-y": (0.6, 100), "hybrid": (0.5, 150)})
    mono, _, _, distance, why, full = conclusion(runs)
    assert mono.startswith("Monolingual mAP: x-y has the best mean, 60.0. x-x-mono is worse than hybrid (-30.0, 95 %")
    assert "x-y is better than hybrid (+10.0, 95 % interval +" in mono
    assert distance.startswith("Multilingual rank distance: x-y has the best mean, 100.0.")
    assert "x-y is better than hybrid (-50.0" in distance
    assert why.startswith("Where x-y is ahead of hybrid, remember how small the sample is")
    assert "hybrid had the best mean in all four columns" in full


def test_conclusion_does_not_excuse_what_did_not_happen(found):
    lines = conclusion(found(**{"x-x-mono": (0.2, 300), "x-y": (0.4, 200), "hybrid": (0.5, 150)}))
    assert len(lines) == 5
    assert lines[0].startswith("Monolingual mAP: hybrid has the best mean, 50.0.")


def test_differences_that_may_be_chance_are_called_so(found):
    runs = found(**{"x-x-mono": (0.2, 300), "x-y": (0.5, 150), "hybrid": (0.5, 150)})
    assert "x-y is not shown to differ from hybrid (" in conclusion(runs)[0]


def test_default_folder_is_the_next_that_is_free(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(free_folder()) == "quickstart"
    (tmp_path / "quickstart").mkdir()
    assert str(free_folder()) == "quickstart-2"


@pytest.mark.parametrize("name", ["hybrid", "report.html"])
def test_folder_that_holds_an_earlier_one_is_refused(tmp_path, name):
    (tmp_path / name).mkdir()
    with pytest.raises(OutputError, match=r"exists\. Choose a new folder: --output DIR"):
        check_folder(tmp_path)


def test_commands_of_a_folder_with_a_space_can_be_pasted(tmp_path):
    assert all("'" in command for command in next_commands(tmp_path / "my runs") if "my runs" in command)


def test_quick_results_say_so_in_their_file_and_others_do_not(tmp_path, found):
    results = found(hybrid=(0.5, 1))["hybrid"]
    assert '"quick"' not in results.save(tmp_path / "full").read_text()
    assert '"quick": true' in replace(results, quick=True).save(tmp_path / "quick").read_text()
    assert Results.load(tmp_path / "quick").quick
