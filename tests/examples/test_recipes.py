import json
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner
from sentence_transformers import SentenceTransformer

from beir_hybrid.cli.main import main

RECIPES = sorted((Path(__file__).parents[2] / "examples" / "recipes").glob("*.yaml"))
KINDS = {"labse": "bert", "small": "bert"}
"""Architecture of the recipes whose model is not of XLM-R's kind."""


@pytest.fixture
def data_file(tmp_path):
    rows = [
        {"group": str(group), "language": code, "question": f"{code} {group}?", "passage": f"{code} {group}."}
        for group in range(120)
        for code in ("de", "en")
    ]
    (tmp_path / "pairs.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return tmp_path / "pairs.jsonl"


@pytest.mark.parametrize("recipe", RECIPES, ids=[path.stem for path in RECIPES])
def test_recipe_starts_with_a_tiny_model_of_its_architecture(
    recipe, data_file, make_transformer, tmp_path, monkeypatch
):
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    if recipe.stem == "small":  # whose teacher is on the hub
        teacher = make_transformer(tmp_path / "teacher", "bert", 514)
        text = recipe.read_text(encoding="utf-8").replace("sentence-transformers/all-MiniLM-L6-v2", str(teacher))
        recipe = tmp_path / "small.yaml"
        recipe.write_text(text, encoding="utf-8")
    base = make_transformer(tmp_path / "base", KINDS.get(recipe.stem, "xlm-roberta"), 514)
    words = ("train", "--config", recipe, "--model", base, "--train-data", data_file, "--output", tmp_path / "out")
    result = CliRunner().invoke(main, [*map(str, words), "--max_steps", "2"])
    assert result.exception is None, result.output
    model, wanted = SentenceTransformer(str(tmp_path / "out")), yaml.safe_load(recipe.read_text(encoding="utf-8"))
    assert model.prompts == {"query": wanted["query_prefix"], "document": wanted["passage_prefix"]}
    assert (tmp_path / "out" / "adapter").is_dir() is ("lora" in wanted)


@pytest.mark.parametrize("name", ["xlmr", "labse"])
def test_recipes_of_the_paper_have_its_hyper_parameters_and_mark_what_it_leaves_open(name):
    [path] = [path for path in RECIPES if path.stem == name]
    text = path.read_text(encoding="utf-8")
    said = yaml.safe_load(text)
    assert (said["strategy"], said["query_prefix"], said["passage_prefix"]) == (
        "hybrid(alpha=0.5)",
        "Query: ",
        "Passage: ",
    )
    assert (said["learning_rate"], said["weight_decay"], said["per_device_train_batch_size"]) == (3e-5, 0.01, 100)
    opened = {line.partition(":")[0] for line in text.splitlines() if "# open" in line}
    assert {"scale", "max_seq_length", "num_train_epochs", "warmup_steps"} <= opened
