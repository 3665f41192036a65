import json

import numpy as np
import pytest
import torch
from sentence_transformers import CrossEncoder
from tokenizers import processors
from transformers import PreTrainedTokenizerFast

from beir_hybrid.errors import ModelError
from beir_hybrid.evaluation.encoding.encoder import Encoder
from beir_hybrid.mining import CrossEncoderScorer, MiningOptions, Source, mine_negatives
from beir_hybrid.pairs.examples import example_dataset
from beir_hybrid.pairs.stored import StoredPairs
from beir_hybrid.training import TrainingRequest
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.train import train


@pytest.fixture(scope="module")
def teacher(make_transformer, tmp_path_factory):
    """A folder with a tiny cross-encoder of random weights."""
    folder = make_transformer(tmp_path_factory.mktemp("teacher"))
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
        "<s> $A </s>", "<s> $A </s> $B:0 </s>:0", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.save_pretrained(folder)
    model = CrossEncoder(str(folder), num_labels=1, device="cpu")
    torch.nn.init.orthogonal_(model.model.classifier.weight, generator=torch.Generator().manual_seed(0))
    model.save_pretrained(str(folder))
    return folder


@pytest.fixture(scope="module")
def mined(answering, teacher, tmp_path_factory):
    """A store with two negatives of each pair, by that cross-encoder's scores."""
    source = Source(Encoder(static_model(answering, 8)), scorer=CrossEncoderScorer(str(teacher)))
    options = MiningOptions(2, "passage", None, candidates=6)
    return mine_negatives(answering, source, tmp_path_factory.mktemp("mined") / "store", options).store


def test_scores_of_positives_and_negatives_are_those_of_the_model(mined, teacher):
    model = CrossEncoder(str(teacher), device="cpu")
    rows = [row for batch in mined.batches(mined.columns) for row in batch.to_pylist()]
    assert len({round(row["score"], 6) for row in rows}) > 10
    for row in [row for row in rows if row["passage"].islower()][::7]:  # of equal texts, the first is scored
        texts = [(row["question"], text) for text in (row["passage"], *row["negatives"])]
        np.testing.assert_allclose([row["score"], *row["negative_scores"]], model.predict(texts), atol=1e-5)
        assert row["negative_scores"] == sorted(row["negative_scores"], reverse=True)


@pytest.mark.parametrize("loss", ["margin-mse", "kl"])
def test_losses_learn_the_scores(mined, tmp_path, loss):
    arguments = {"per_device_train_batch_size": 16, "max_steps": 2, "negatives": 2, "logging_steps": 1}
    request = TrainingRequest(
        model="static:8", train_data=str(mined.folder), loss=loss, output=tmp_path / "out", arguments=arguments
    )
    train(request)
    assert json.loads((tmp_path / "out" / "run.json").read_text())["options"]["loss"] == loss
    first = example_dataset([StoredPairs(mined)], negatives=2, scores=True)[0]
    [row] = [row for row in StoredPairs(mined).table.to_pylist() if row["passage"] == first["positive"]][:1]
    assert first["score"] == [row["score"], *row["negative_scores"]]


def test_model_with_several_labels_is_refused(make_transformer, tmp_path):
    make_transformer(tmp_path)
    CrossEncoder(str(tmp_path), num_labels=3, device="cpu").save_pretrained(str(tmp_path))
    with pytest.raises(ModelError, match="gives 3 numbers for a pair of texts"):
        CrossEncoderScorer(str(tmp_path))()


def test_missing_cross_encoder_is_said_in_a_line(tmp_path):
    with pytest.raises(ModelError, match="cannot be loaded") as caught:
        CrossEncoderScorer(str(tmp_path / "none"))()
    assert "\n" not in str(caught.value)
