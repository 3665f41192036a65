import json

import pytest
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Transformer

from beir_hybrid.errors import ConfigurationError, ModelError
from beir_hybrid.models import pads
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.model_options import longest
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.train import train

STEPS = {"max_steps": 1, "per_device_train_batch_size": 4, "logging_strategy": "no"}


@pytest.fixture
def request_for(tmp_path, pairs, make_transformer):
    base = make_transformer(tmp_path / "base", "xlm-roberta", 66)
    data = tmp_path / "tiny.jsonl"
    data.write_text("".join(json.dumps(row) + "\n" for row in pairs.table.to_pylist()), encoding="utf-8")

    def make(**given):
        options = {"model": str(base), "train_data": str(data), "arguments": STEPS, **given}
        return TrainingRequest(output=tmp_path / "run", **options)

    return make


@pytest.fixture
def lengths(monkeypatch):
    """Tokens of every question and passage that is trained on."""
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    seen = []
    forward = MultipleNegativesRankingLoss.forward

    def recorded(loss, features, labels):
        features = list(features)
        seen.append([column["attention_mask"].sum(1).max().item() for column in features])
        return forward(loss, features, labels)

    monkeypatch.setattr(MultipleNegativesRankingLoss, "forward", recorded)
    return seen


def tokens(model, texts, task):
    return model.preprocess(texts, task=task)["attention_mask"].sum().item()


def test_questions_and_passages_are_cut_to_their_lengths_in_training_and_by_the_saved_model(request_for, lengths):
    request = request_for(query_length=7, passage_length=9)
    train(request)
    assert lengths == [[7, 9]]
    model = SentenceTransformer(str(request.output))
    assert [tokens(model, ["a " * 80], task) for task in ("query", "document", None)] == [7, 9, 64]
    assert (model.encode_query(["a " * 80]) == model.encode_query(["a " * 40])).all()


def test_all_texts_are_cut_to_one_length(request_for, lengths):
    request = request_for(max_seq_length=8)
    train(request)
    assert lengths == [[8, 8]]
    assert SentenceTransformer(str(request.output)).max_seq_length == 8


def test_positions_of_padding_are_not_counted(request_for):
    assert longest(SentenceTransformer(request_for().model)[0]) == 64


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"max_seq_length": 65}, "--max-seq-length is 65, and the model reads 3 to 64 tokens"),
        ({"query_length": 70}, "--query-length is 70, and the model reads 3 to 64 tokens"),
        ({"max_seq_length": 16, "passage_length": 17}, "--passage-length is 17, and the model reads 3 to 16 tokens"),
        ({"query_length": 2}, "--query-length is 2, and the model reads 3 to"),
    ],
)
def test_lengths_that_the_model_cannot_read_are_refused(request_for, tmp_path, given, told):
    with pytest.raises(ConfigurationError, match=told):
        train(request_for(**given))
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("given", [{"query_length": 0}, {"passage_length": -1}, {"max_seq_length": "x"}])
def test_lengths_that_are_none_are_refused(request_for, given):
    with pytest.raises(ConfigurationError, match="Give a whole number of tokens"):
        request_for(**given)


@pytest.mark.parametrize("pooling", ["mean", "cls", "lasttoken", "max"])
def test_pooling_of_a_plain_transformer_is_chosen_and_saved(request_for, pooling):
    request = request_for(pooling=pooling)
    train(request)
    model = SentenceTransformer(str(request.output))
    assert isinstance(model[0], Transformer)
    assert model[1].pooling_mode == pooling


def test_pooling_of_a_model_that_has_its_own_is_refused(request_for, tmp_path):
    SentenceTransformer(request_for().model).save_pretrained(str(tmp_path / "own"))
    with pytest.raises(ConfigurationError, match=r"--pooling is cls, and the model .*own has its own modules"):
        train(request_for(model=str(tmp_path / "own"), pooling="cls"))


def test_unknown_pooling_names_the_closest(request_for):
    with pytest.raises(ConfigurationError, match=r"no pooling 'lsttoken'.*lasttoken"):
        request_for(pooling="lsttoken")


@pytest.mark.parametrize("given", [{"pooling": "cls"}, {"query_length": 8}, {"max_seq_length": 8}])
def test_static_models_are_not_changed(request_for, given):
    with pytest.raises(ConfigurationError, match="is for transformers, and the model is static"):
        request_for(model="static", **given)


def test_model_without_options_is_left_as_it_is(pairs, request_for):
    model = static_model(pairs, 4)
    request_for().change(model, "words")
    assert len(model) == 1


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_attention_is_the_one_that_is_asked_for(request_for, attention):
    request = request_for(attention=attention)
    model = SentenceTransformer(request.model, device="cpu")
    request.change(model, "base")
    assert model[0].model.config._attn_implementation == attention
    assert pads(model)


def test_attention_that_is_not_installed_is_refused_in_one_line(request_for):
    request = request_for(attention="flash_attention_2")
    with pytest.raises(ModelError, match=r"^base cannot have --attention flash_attention_2: [^\n]+ Leave it out\.$"):
        request.change(SentenceTransformer(request.model, device="cpu"), "base")


def test_unknown_attention_is_refused(request_for):
    with pytest.raises(ConfigurationError, match=r"no attention 'flash'"):
        request_for(attention="flash")
