import json
import shutil

import pytest
import torch
from sentence_transformers import SentenceTransformer

from beir_hybrid.studies.cost import COUNTED_STEPS, CostMeter
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.train import train

STEPS, BATCH = 5, 4
WORDS = (
    *("--per_device_train_batch_size", str(BATCH), "--max_steps", str(STEPS), "--disable_tqdm", "true"),
    *("--logging_strategy", "no", "--save_strategy", "no"),
)


@pytest.fixture
def metered(tmp_path, pairs):
    """Train on the tiny pairs; the meter, and the texts' tokens as the trained model's tokenizer counts them."""
    data = tmp_path / "tiny.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in pairs.table.to_pylist()), encoding="utf-8")

    def run(model, *words):
        meter = CostMeter()
        options = TrainingRequest(model=model, train_data=str(data), output=tmp_path / "out")
        return meter, train(options, [*WORDS, *words], [meter])

    return run


@pytest.fixture
def transformer(tmp_path, pairs):
    """The folder of a tiny transformer over words."""
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    words = sorted({word for row in pairs.table.to_pylist() for word in f"{row['question']} {row['passage']}".split()})
    vocabulary = {word: number for number, word in enumerate(["[PAD]", "[UNK]", "Query:", "Passage:", *words])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    folder = tmp_path / "bert"
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]", model_max_length=16
    ).save_pretrained(folder)
    shape = {"hidden_size": 8, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(vocabulary), **shape)).save_pretrained(folder)
    module = Transformer(str(folder))
    SentenceTransformer(modules=[module, Pooling(8)], device="cpu").save(str(tmp_path / "model"))
    return str(tmp_path / "model")


def test_tokens_are_those_that_reached_the_model(metered, collated):
    meter, trained = metered("static:8")
    tokenizer = trained.model.tokenizer
    texts = [
        text
        for rows in collated[:STEPS]
        for row in rows
        for text in (f"Query: {row['anchor']}", f"Passage: {row['positive']}")
    ]
    assert meter.tokens == sum(len(one.ids) for one in tokenizer.encode_batch(texts, add_special_tokens=False))
    assert len(texts) == 2 * STEPS * BATCH


def test_static_embeddings_have_no_operations_and_it_is_said_why(metered):
    meter, _ = metered("static:8")
    assert meter.flops().total is None
    assert "static embeddings look vectors up" in meter.flops().note


def test_operations_of_a_transformer_are_counted_and_scaled_to_all_steps(metered, transformer):
    meter, trained = metered(transformer)
    # every text has four words, so that each step is the same: forward once, and twice as much backward, where a bit
    # of the attention is computed again
    tokens, hidden, inner, layers, length = 2 * BATCH * 4, 8, 16, 2, 4
    linear = layers * tokens * 2 * (4 * hidden * hidden + 2 * hidden * inner)
    attention = layers * 2 * BATCH * 2 * (2 * length * length * hidden)
    loss = 2 * BATCH * BATCH * hidden
    forward = linear + attention + loss
    assert meter.tokens == STEPS * tokens
    assert meter.steps == trained.steps == STEPS
    assert meter.flops().total == pytest.approx(3 * forward * STEPS, rel=0.02)
    assert f"over {COUNTED_STEPS} steps, scaled up to {STEPS}" in meter.flops().note


def test_padding_is_no_token(metered, transformer):
    model = SentenceTransformer(transformer, device="cpu").train()
    meter = CostMeter()
    meter.on_train_begin(None, None, None, model=model)
    features = model.preprocess(["de question", "de question 1 passage 2"])
    assert features["input_ids"].shape == (2, 5)
    with torch.no_grad():
        model(features)
    meter.on_train_end(None, None, None)
    with torch.no_grad():
        model(features)
    assert meter.tokens == 7


def test_evaluations_between_steps_do_not_count(metered, tmp_path):
    alone, _ = metered("static:8")
    counted = alone.tokens
    shutil.rmtree(tmp_path / "out")
    meter = CostMeter()
    data = str(tmp_path / "tiny.jsonl")
    options = TrainingRequest(model="static:8", train_data=data, output=tmp_path / "out", eval_data=data)
    words = [word for word in WORDS if word not in {"--save_strategy", "no", "--logging_strategy"}]
    train(options, [*words, "--eval_steps", "1", "--logging_strategy", "no"], [meter])
    assert meter.tokens == counted


def test_training_of_one_step_is_counted_too(metered, transformer):
    meter, _ = metered(transformer, "--max_steps", "1")
    assert meter.flops().total > 0
