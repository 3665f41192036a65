"""Data without scores get them by mining with a cross-encoder, and losses of scores then train on them."""

import json

import pytest
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

from beir_hybrid.datasets import load_pairs
from beir_hybrid.evaluation.encoding.encoder import Encoder
from beir_hybrid.mining import CrossEncoderScorer, MiningOptions, Source, mine_negatives
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.train import train


@pytest.fixture
def cross_encoder(make_transformer, tmp_path):
    """A tiny cross-encoder with one score."""
    base, folder = make_transformer(tmp_path / "bert"), tmp_path / "teacher"
    config = AutoConfig.from_pretrained(base, num_labels=1)
    AutoModelForSequenceClassification.from_config(config).save_pretrained(folder)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return folder


def test_margin_mse_learns_the_scores_of_a_cross_encoder(cross_encoder, tmp_path):
    pairs = load_pairs("sample", languages=["de", "en"])
    source = Source(Encoder(static_model(pairs, 16)), scorer=CrossEncoderScorer(str(cross_encoder), device="cpu"))
    mine_negatives(pairs, source, tmp_path / "scored", MiningOptions(1, margin=None))
    arguments = {"negatives": 1, "max_steps": 40, "logging_steps": 10, "per_device_train_batch_size": 32}
    request = TrainingRequest(
        "static:16", str(tmp_path / "scored"), tmp_path / "run", loss="margin-mse", arguments=arguments
    )
    done = train(request)
    logged = [row["loss"] for row in json.loads((done.folder / "history.json").read_text())["log"] if "loss" in row]
    assert len(logged) == 4
    assert logged[-1] < 0.5 * logged[0]
