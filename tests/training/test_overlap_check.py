import json
import logging

import pytest

from beir_hybrid.datasets import load_dataset
from beir_hybrid.errors import UnknownNameError
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.train import train

SHORT = {"per_device_train_batch_size": 2, "max_steps": 1, "disable_tqdm": True, "logging_strategy": "no"}


@pytest.fixture
def request_against(tmp_path):
    """Training on three questions, the first of which is one of the sample's to evaluate on."""
    [query, *_] = load_dataset("sample", languages=["en"]).queries["en"].values()
    path = tmp_path / "mine.jsonl"
    rows = [
        {"group": str(number), "language": "en", "question": question, "passage": f"Answer {number}."}
        for number, question in enumerate([query.upper(), "Is this new?", "Is that, too?"])
    ]
    path.write_text("\n".join(map(json.dumps, rows)))

    def make(*names):
        return TrainingRequest(
            "static:8", str(path), tmp_path / "out", check_against=names, strategy="en-en", arguments=SHORT
        )

    return make


def test_card_and_warning_say_what_stands_in_the_sets(request_against, tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "beir_hybrid"):
        train(request_against("sample.en"))
    said = "1 texts of mine stand in sample.en, and 0 are near one there, in 1 groups"
    assert said in caplog.text
    assert f"- **Evaluation sets in the data:** {said}" in (tmp_path / "out" / "README.md").read_text()


def test_card_says_that_nothing_stands_in_the_sets(request_against, tmp_path, caplog):
    with caplog.at_level(logging.WARNING, "beir_hybrid"):
        train(request_against("sample.th"))
    assert "sample.th" not in caplog.text
    card = (tmp_path / "out" / "README.md").read_text()
    assert "- **Evaluation sets in the data:** none of 3 rows of mine has a text of sample.th" in card


def test_unknown_set_is_refused_before_anything_is_written(request_against, tmp_path):
    with pytest.raises(UnknownNameError, match="smaple"):
        train(request_against("smaple"))
    assert not (tmp_path / "out").exists()
