import pytest
import torch

from beir_hybrid.errors import ConfigurationError, ModelError
from beir_hybrid.models import is_static
from beir_hybrid.training.base_models import STATIC_DIMENSIONS, base_model, static_model, train_tokenizer


@pytest.mark.parametrize(
    ("spec", "expected"),
    [("static", True), ("static:64", True), ("static:x", True), ("statics", False), ("my/static", False)],
)
def test_static_is_told_by_its_name(spec, expected):
    assert is_static(spec) is expected


@pytest.mark.parametrize(("spec", "dimensions"), [("static", STATIC_DIMENSIONS), ("static:", 256), ("static:8", 8)])
def test_static_model_has_the_dimensions_asked_for(pairs, spec, dimensions):
    assert base_model(spec, pairs).encode(["en question 1"]).shape == (1, dimensions)


@pytest.mark.parametrize("dimensions", ["x", "0", "-3", "2.5", "8 "])
def test_dimensions_that_are_no_positive_number_are_refused(pairs, dimensions):
    with pytest.raises(ConfigurationError, match="Give a number: static:256"):
        base_model(f"static:{dimensions}", pairs)


def test_static_vectors_come_from_the_seed(pairs):
    weights = []
    for seed in (0, 0, 1):
        torch.manual_seed(seed)
        weights.append(static_model(pairs, 4)[0].embedding.weight)
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_folder_of_a_model_is_loaded(pairs, tmp_path):
    model = static_model(pairs, 4)
    model.save_pretrained(str(tmp_path / "model"))
    loaded = base_model(str(tmp_path / "model"), pairs)
    assert (loaded.encode(["en question 1"]) == model.encode(["en question 1"])).all()


def test_missing_folder_is_named(pairs, tmp_path):
    with pytest.raises(ModelError, match=r"no model folder .*absent"):
        base_model(str(tmp_path / "absent"), pairs)


def test_folder_without_a_model_is_named(pairs, tmp_path):
    with pytest.raises(ModelError, match="holds no model"):
        base_model(str(tmp_path), pairs)


def test_unknown_name_is_named(pairs):
    with pytest.raises(ModelError, match="'no-such-model-anywhere' is not a folder here"):
        base_model("no-such-model-anywhere", pairs)


def test_tokenizer_never_joins_two_scripts():
    tokenizer = train_tokenizer(iter(["Wasser水 Wasser水"] * 5))
    assert tokenizer.encode("Wasser水").tokens == ["wasser", "水"]


def test_tokenizer_ignores_case_and_width():
    tokenizer = train_tokenizer(iter(["wasser water"] * 5))
    # full-width letters are the same letters in Unicode's compatibility form
    assert tokenizer.encode("WASSER").ids == tokenizer.encode("ｗａｓｓｅｒ").ids == tokenizer.encode("wasser").ids


def test_tokenizer_learns_frequent_words_whole():
    tokenizer = train_tokenizer(iter(["question passage", "question", "passage"] * 3))
    assert tokenizer.encode("passage question").tokens == ["passage", "question"]


def test_letters_never_seen_are_unknown():
    tokenizer = train_tokenizer(iter(["abc abc"]))
    assert tokenizer.encode("水").tokens == ["[UNK]"]


def test_static_tokenizer_knows_questions_and_passages_of_every_language(pairs):
    tokenizer = static_model(pairs, 4).tokenizer
    for word in ("de", "en", "es", "question", "passage"):
        assert tokenizer.encode(word, add_special_tokens=False).tokens == [word]
