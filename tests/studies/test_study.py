import pytest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.studies.study import read_study


def test_file_becomes_a_study(write):
    study = read_study(write())
    assert (study.name, study.question, study.show, study.keep_models) == (
        "mini",
        "Is hybrid better?",
        ("mean",),
        False,
    )
    assert study.grid == {"strategy": ("x-x-mono", "hybrid"), "seed": (1, 2)}
    [trial] = study.trials
    assert (trial.name, trial.languages, trial.measures) == ("sample", ("en", "de"), ("map", "rank_distance"))
    [claim] = study.claims
    assert (claim.run, claim.baseline, claim.kinds) == ({"strategy": "hybrid"}, {"strategy": "x-x-mono"}, None)


def test_content_is_complete_so_that_it_reads_as_the_same_study(write, tmp_path):
    import json

    study = read_study(write())
    (tmp_path / "again.yaml").write_text(json.dumps(study.content), encoding="utf-8")
    again = read_study(tmp_path / "again.yaml")
    assert again == study


def test_several_datasets_are_several_evaluations_and_claims(write):
    text = """
    name: n
    question: q
    train: {train_data: sample}
    grid: {strategy: [x-y, hybrid, random]}
    evaluate:
      - {dataset: [sample, /somewhere/scifact], measures: map}
    claims:
      - {run: {strategy: hybrid}, baseline: [{strategy: x-y}, {strategy: random}], measure: map, kind: mono}
    """
    study = read_study(write(text))
    assert [(trial.name, trial.dataset) for trial in study.trials] == [
        ("sample", "sample"),
        ("scifact", "/somewhere/scifact"),
    ]
    assert [(claim.evaluation, claim.baseline["strategy"]) for claim in study.claims] == [
        *(("sample", "x-y"), ("sample", "random"), ("scifact", "x-y"), ("scifact", "random"))
    ]
    assert {claim.kinds for claim in study.claims} == {("mono",)}


TWO = """
name: n
question: q
train: {train_data: sample}
grid: {strategy: [x-y, hybrid]}
evaluate:
  - {name: plain, dataset: /data/faq, measures: map}
  - {name: lir, dataset: /data/faq, measures: [map, "tlr@5"], debias: lir}
  - {name: part, dataset: /data/faq, measures: map, languages: [de]}
claims:
  - run: {strategy: hybrid, evaluation: lir}
    baseline: {strategy: hybrid, evaluation: plain}
    measure: map
"""


def test_two_evaluations_of_the_same_data_may_be_compared(write):
    [claim] = read_study(write(TWO)).claims
    assert (claim.evaluation, claim.evaluations) == ("faq", ("lir", "plain"))


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("evaluation: lir", "evaluation: lri", "unknown evaluation of the grid 'lri'. Did you mean 'lir'"),
        ("strategy: hybrid, evaluation: lir", "strategy: hybrid", "run gives strategy, baseline gives strategy and ev"),
        ("evaluation: lir", "evaluation: plain", "are the same"),
        ("evaluation: lir", "evaluation: part", "part and plain are not of the same data and settings. Compare"),
        ("- run:", "- evaluation: lir\n    run:", "named in the claim as well as in run and baseline"),
    ],
)
def test_evaluations_that_cannot_be_compared_are_refused(write, old, new, told):
    with pytest.raises(ConfigurationError, match=told):
        read_study(write(TWO.replace(old, new)))


QUICK = """
name: n
question: q
train: {train_data: mlqa-r, max-steps: 600, scale: 10}
grid:
  strategy: [x-y, hybrid]
  seed: [1, 2, 3]
evaluate: [{dataset: xquad-r}]
quick:
  train: {train_data: sample, max_steps: 5, scale: null}
  grid: {seed: [1]}
  evaluate: [{dataset: sample}]
"""


def test_quick_section_overrides_key_by_key(write):
    study = read_study(write(QUICK), quick=True)
    assert study.train == {"train_data": "sample", "max_steps": 5}
    assert study.grid == {"strategy": ("x-y", "hybrid"), "seed": (1,)}
    assert [trial.dataset for trial in study.trials] == ["sample"]
    assert "quick" not in study.content


def test_without_quick_its_section_counts_for_nothing(write):
    study = read_study(write(QUICK))
    assert study.train == {"train_data": "mlqa-r", "max_steps": 600, "scale": 10}
    assert study.grid["seed"] == (1, 2, 3)


def test_quick_names_the_lines_of_its_own_section(write):
    with pytest.raises(ConfigurationError, match=r"line 11: seed has a value twice"):
        read_study(write(QUICK.replace("{seed: [1]}", "{seed: [1, 1]}")), quick=True)


def test_quick_without_its_section_is_refused(write):
    with pytest.raises(ConfigurationError, match="has no section quick"):
        read_study(write(), quick=True)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param("question:", "qestion:", "line 3: unknown key 'qestion'. Did you mean 'question'?", id="key"),
        pytest.param("dataset:", "datset:", "line 9: unknown key 'datset'. Did you mean 'dataset'?", id="trial-key"),
        pytest.param("measure: [map", "mesure: [map", "line 14: unknown key 'mesure'", id="claim-key"),
        pytest.param("seed: [1, 2]", "seed: 1", "line 7: seed must be a list, not 1. Write  seed", id="no-list"),
        pytest.param("seed: [1, 2]", "seed: []", "the grid has no cell", id="no-value"),
        pytest.param("seed: [1, 2]", "seed: [1, 1]", "seed has a value twice", id="twice"),
        pytest.param("seed: [1, 2]", "max_steps: [1]", "max_steps is in train as well", id="both"),
        pytest.param("run: {strategy: hybrid}", "run: {strategy: hybird}", "Did you mean 'hybrid'?", id="claim-value"),
        pytest.param("run: {strategy: hybrid}", "run: {stategy: hybrid}", "Did you mean 'strategy'?", id="claim-grid"),
        pytest.param("run: {strategy: hybrid}", "run: {strategy: x-x-mono}", "are the same", id="same-sides"),
        pytest.param(
            "baseline: {strategy: x-x-mono}",
            "baseline: {seed: 1}",
            "line 11: run gives strategy, baseline gives seed. Give values of the same keys in both.",
            id="never-paired",
        ),
        pytest.param("max_steps: 3", "max_steps: 3, max-steps: 4", "max_steps is given twice", id="dash-in-train"),
        pytest.param("seed: [1, 2]", "data_seed: [1]\n  data-seed: [2]", "data_seed is given twice", id="dash-in-grid"),
        pytest.param(
            "seed: [1, 2]\n",
            "seed: [1, 2]\nquick: {train: {max_steps: 2, max-steps: 1}}\n",
            "max_steps is given twice",
            id="dash-in-quick",
        ),
        pytest.param("run: {strategy: hybrid}", "run: hybrid", "'hybrid' is not a grid value", id="bare-side"),
        pytest.param("claim: Hybrid differs", "evaluation: smaple", "Did you mean 'sample'?", id="claim-trial"),
        pytest.param("claim: Hybrid differs", "kind: crss", "Did you mean 'cross'?", id="claim-kind"),
        pytest.param("claim: Hybrid differs", "languages: sen", "Did you mean 'seen'?", id="claim-languages"),
        pytest.param("claim: Hybrid differs", "statistic: wrst", "Did you mean 'worst'?", id="claim-statistic"),
        pytest.param(
            "measure: [map,",
            "statistic: worst\n    measure: ['language_share[de]@10',",
            "no worst value",
            id="no-worst",
        ),
        pytest.param("name: mini", "name: 3", "name is 3", id="name"),
        pytest.param("name: mini", "name: x\nshow: [sprad]", "Did you mean 'spread'?", id="show"),
        pytest.param("name: mini", "name: x\nkeep_models: 3", "keep_models is 3", id="keep"),
        pytest.param("train_data: sample", "scale: 3", "there is no train_data", id="no-data"),
        pytest.param("dataset: sample", "name: ../up, dataset: sample", "named '../up'", id="trial-name"),
        pytest.param(
            "languages: [en, de], measures",
            "languages: [en, no], measures",
            "languages[1] is False, not a text",
            id="no",
        ),
    ],
)
def test_what_is_wrong_is_told_in_one_line(write, mini, old, new, told):
    assert old in mini
    with pytest.raises(ConfigurationError) as caught:
        read_study(write(mini.replace(old, new)), quick="quick" in new)
    assert told in str(caught.value)
    assert str(caught.value).startswith("mini.yaml")
    assert "\n" not in str(caught.value)


def test_numbers_are_the_same_however_they_are_written(write, mini):
    text = mini.replace("max_steps: 3", 'max_steps: "3", query_prefix: "7", warmup_steps: 007')
    claim = "  - {run: {learning_rate: 1e-5}, baseline: {learning_rate: 0.1}, measure: map}\n"
    study = read_study(write(text.replace("seed: [1, 2]", "learning_rate: [0.1, 1e-5]") + claim))
    assert study.grid["learning_rate"] == (0.1, 1e-5)
    assert study.claims[-1].run == {"learning_rate": 1e-5}
    assert (study.train["max_steps"], study.train["query_prefix"]) == (3, "7")


@pytest.mark.parametrize("values", ["seed: [1, '1']", "learning_rate: [0.1, '0.1']", "learning_rate: [0.00001, 1e-5]"])
def test_number_that_is_given_twice_in_two_ways_is_refused(write, mini, values):
    with pytest.raises(ConfigurationError, match="has a value twice"):
        read_study(write(mini.replace("seed: [1, 2]", values)))


@pytest.mark.parametrize("digits", [400, 5000])
def test_text_of_endless_digits_stays_a_text(write, mini, digits):
    study = read_study(write(mini.replace("seed: [1, 2]", f"seed: ['{'9' * digits}']")))
    assert study.grid["seed"] == ("9" * digits,)
