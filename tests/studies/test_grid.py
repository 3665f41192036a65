import pytest

from beir_hybrid.errors import BeirHybridError, ConfigurationError
from beir_hybrid.studies.grid import build_cells, check_count
from beir_hybrid.studies.study import read_study


@pytest.fixture
def cells(write, mini):
    """The cells of MINI, with words exchanged for others."""

    def built(**exchanged):
        text = mini
        for old, new in exchanged.items():
            old = {"languages": "languages: [en, de], per", "seed": "seed: [1, 2]", "train": "max_steps: 3"}[old]
            assert old in text
            text = text.replace(old, new)
        return build_cells(read_study(write(text)))

    return built


def test_all_combinations_are_cells_the_last_key_changing_first(cells):
    found, left_out = cells()
    assert [cell.name for cell in found] == ["x-x-mono, seed 1", "x-x-mono, seed 2", "hybrid, seed 1", "hybrid, seed 2"]
    assert left_out == []
    assert found[3].config.options["strategy"] == "hybrid"
    assert found[3].config.arguments["seed"] == 2
    assert found[3].languages == ("en", "de")


def test_options_are_complete_and_arguments_are_the_hosts(cells):
    [cell, *_], _ = cells()
    assert cell.config.options["scale"] == 20.0
    assert cell.config.options["passage_prefix"] == "Passage: "
    assert set(cell.config.arguments) == {
        *("logging_steps", "disable_tqdm", "save_strategy", "per_device_train_batch_size", "max_steps", "seed")
    }


def test_selection_keeps_its_checkpoints(cells):
    [cell, *_], _ = cells(train="eval_data: sample, eval_split: dev, max_steps: 3")
    assert "save_strategy" not in cell.config.arguments
    assert cell.config.options["select_by"] == "loss"


def test_number_of_languages_takes_the_first_of_the_order(cells):
    found, left_out = cells(languages="languages: [th, en, de, el], per", seed="languages: [1, 3, 12]")
    assert [cell.languages for cell in found] == [("th",), ("th", "en", "de")] * 2
    assert found[1].name == "x-x-mono, 3 languages"
    assert found[1].config.options["languages"] == ["th", "en", "de"]
    assert left_out == ["12 languages are left out: sample has 4 of them."]


def test_number_of_languages_takes_the_datas_own_order_without_one(cells):
    found, _ = cells(languages="per", seed="languages: [2, 11]")
    assert found[0].languages == ("ar", "de")
    assert len(found[1].languages) == 11


def test_order_skips_languages_that_the_data_lack(cells):
    found, _ = cells(languages="languages: [fr, sq, en, de], per", seed="languages: [2]")
    assert found[0].languages == ("en", "de")


def test_without_languages_all_of_the_data_are_trained_on(cells):
    [cell, *_], _ = cells(languages="per")
    assert len(cell.languages) == 11
    assert cell.config.options["languages"] is None


def test_grid_without_a_cell_is_refused(cells):
    with pytest.raises(ConfigurationError, match="has no cell: 12 languages are left out"):
        cells(seed="languages: [12]")


@pytest.mark.parametrize(
    ("exchanged", "told"),
    [
        pytest.param({"languages": "languages: [en, no], per"}, "False in languages is not a text", id="norwegian"),
        pytest.param(
            {"languages": "languages: [en, dee], per", "seed": "languages: [1]"},
            "unknown language 'dee'",
            id="misspelt",
        ),
        pytest.param({"train": "scale: 0, max_steps: 3"}, "The scale is 0", id="out-of-range"),
        pytest.param({"train": "scale: null, max_steps: 3"}, "scale is null", id="null"),
        pytest.param({"train": "scale: x, max_steps: 3"}, "not supported between", id="type"),
    ],
)
def test_wrong_options_are_told_with_their_line(cells, exchanged, told):
    with pytest.raises(BeirHybridError) as caught:
        cells(**exchanged)
    assert told in str(caught.value)
    assert str(caught.value).startswith("mini.yaml, line 4")


def test_no_training_data_are_told(write, mini):
    assert "train_data: sample" in mini
    with pytest.raises(ConfigurationError, match=r"train_data is empty\. Name at least one\."):
        build_cells(read_study(write(mini.replace("train_data: sample", "train_data: []"))))


def test_thousands_of_cells_need_a_yes(write, mini):
    study = read_study(write(mini.replace("seed: [1, 2]", f"seed: {list(range(500))}")))
    with pytest.raises(ConfigurationError, match=r"The grid has 1000 cells\. Give --yes"):
        check_count(study, sure=False)
    check_count(study, sure=True)


def test_few_cells_need_none(write):
    check_count(read_study(write()), sure=False)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        pytest.param("strategy: [null, hybrid]", "line 6: strategy is null", id="null"),
        pytest.param("languages: [0]", "line 6: the number of languages is 0. Give at least 1.", id="no-language"),
    ],
)
def test_wrong_grid_values_are_told_with_their_line(write, values, told):
    text = f"""
    name: n
    question: q
    train: {{train_data: sample}}
    grid:
      {values}
    evaluate: [{{dataset: sample}}]
    """
    with pytest.raises(ConfigurationError, match=told.replace(".", r"\.")):
        build_cells(read_study(write(text)))
