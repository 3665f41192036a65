import json
import shutil

import pytest
import torch
from transformers import M2M100Config, M2M100ForConditionalGeneration, M2M100Tokenizer

from beir_hybrid.errors import LanguageError, ModelError
from beir_hybrid.translating import open_translator
from beir_hybrid.translating.directions import Languages

from .conftest import SENTENCES
from .toy_translator import convert


@pytest.fixture(scope="module")
def translator(marian):
    return open_translator("transformers", str(marian), max_tokens=40)


@pytest.fixture(scope="module")
def converted(marian, tmp_path_factory):
    return convert(marian, tmp_path_factory.mktemp("converted") / "model")


def test_batch_is_translated_with_the_same_tokens_as_each_text_alone(translator):
    together = translator.translate(SENTENCES, "en", "de")
    assert together == [translator.translate([text], "en", "de")[0] for text in SENTENCES]
    assert together != translator.translate(SENTENCES, "en", "th")  # the prefix of the language counts


def test_ctranslate2_writes_the_same_tokens_with_the_same_weights(translator, converted):
    other = open_translator("ctranslate2", str(converted), max_tokens=40)
    ours = [[number for number in ids[1:] if number] for ids in translator.generate(SENTENCES, "en", "de")]
    assert ours == other.generate(SENTENCES, "en", "de")
    assert translator.translate(SENTENCES, "en", "de") == other.translate(SENTENCES, "en", "de")


@pytest.fixture(scope="module")
def m2m100(marian, tmp_path_factory):
    """A folder with a tiny M2M100 whose weights are random."""
    folder = tmp_path_factory.mktemp("m2m100")
    words = [word for word in json.loads((marian / "vocab.json").read_text()) if word[0] not in "<>"]
    (folder / "vocab.json").write_text(
        json.dumps({word: place for place, word in enumerate(["<s>", "<pad>", "</s>", "<unk>", *words])})
    )
    spm = shutil.copy(marian / "source.spm", folder / "sentencepiece.bpe.model")
    host = M2M100Tokenizer(vocab_file=str(folder / "vocab.json"), spm_file=str(spm), src_lang="en")
    host.save_pretrained(str(folder))
    torch.manual_seed(0)
    sides = {
        f"{side}_{name}": 2 for side in ("encoder", "decoder") for name in ("layers", "attention_heads", "ffn_dim")
    }
    size = len(host.encoder) + len(host.lang_token_to_id) + host.num_madeup_words
    config = M2M100Config(vocab_size=size, d_model=16, max_position_embeddings=128, init_std=1.0, **sides)
    M2M100ForConditionalGeneration(config).save_pretrained(str(folder))
    return folder


def test_model_that_begins_translations_with_the_language_leaves_it_out(m2m100):
    translator = open_translator("transformers", str(m2m100), max_tokens=12)
    [ids] = translator.generate(SENTENCES[:1], "en", "th")
    assert ids[1] == M2M100Tokenizer.from_pretrained(str(m2m100)).get_lang_id("th")
    assert "__th__" not in translator.translate(SENTENCES[:1], "en", "th")[0]
    with pytest.raises(LanguageError, match="has no language 'xx'"):
        translator.check("en", ["th", "xx"])


def test_ctranslate2_writes_the_same_tokens_of_a_model_that_begins_translations_with_the_language(
    m2m100, tmp_path, monkeypatch
):
    def named(host):  # CTranslate2 4.8 looks for languages by the name that transformers 4 gave them
        return {"additional_special_tokens": list(host.lang_token_to_id)}

    monkeypatch.setattr(M2M100Tokenizer, "special_tokens_map", property(named))
    one = open_translator("transformers", str(m2m100), max_tokens=40)
    other = open_translator("ctranslate2", convert(m2m100, tmp_path / "converted"), max_tokens=40)
    for target in ("th", "de"):
        ours = [[number for number in ids[2:] if number not in (1, 2)] for ids in one.generate(SENTENCES, "en", target)]
        assert ours == other.generate(SENTENCES, "en", target)
        assert one.translate(SENTENCES, "en", target) == other.translate(SENTENCES, "en", target)
    with pytest.raises(LanguageError, match="has no language 'xx'"):
        other.check("en", ["th", "xx"])


def test_licence_is_read_off_the_card(translator, converted):
    assert translator.licence == "cc-by-4.0"
    assert open_translator("ctranslate2", str(converted)).licence == "cc-by-4.0"


def test_fingerprint_follows_from_weights_and_options(marian, translator):
    assert open_translator("transformers", str(marian), max_tokens=40).fingerprint == translator.fingerprint
    assert open_translator("transformers", str(marian), max_tokens=40, beams=2).fingerprint != translator.fingerprint


@pytest.mark.parametrize("engine", ["transformers", "ctranslate2"])
def test_folder_that_is_no_model_is_refused_in_a_line(engine, tmp_path):
    with pytest.raises(ModelError, match=r"no (model|folder of a model)"):
        open_translator(engine, str(tmp_path))


def test_model_that_is_no_translator_is_refused(tmp_path):
    (tmp_path / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(ModelError, match="cannot be loaded") as caught:
        open_translator("transformers", str(tmp_path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("tokens", "begins", "expected"),
    [
        (["eng_Latn", "deu_Latn", "zho_Hant", "zho_Hans", "<pad>"], True, ("eng_Latn", "zho_Hans", "")),
        (["__en__", "__zh__", "</s>"], True, ("en", "__zh__", "")),
        (["en_XX", "zh_CN"], True, ("en_XX", "zh_CN", "")),
        ([">>zho<<", ">>deu<<", "a"], False, (None, None, ">>zho<< ")),
        (["<2zh>", "<2de>"], False, (None, None, "<2zh> ")),
    ],
    ids=["nllb", "m2m100", "mbart", "marian", "madlad"],
)
def test_direction_is_told_as_each_family_of_models_wants_it(tokens, begins, expected):
    languages = Languages(tokens, begins=begins, pair=None, codes={}, name="it")
    direction = languages.direction("en", "zh")
    assert (direction.source, direction.first, direction.prefix) == expected
    with pytest.raises(LanguageError, match="it has no language 'sw'"):
        languages.check("en", ["zh", "sw"])


def test_model_of_one_pair_refuses_another():
    languages = Languages(["a"], begins=False, pair=("en", "de"), codes={}, name="it")
    languages.check("en", ["de"])
    with pytest.raises(LanguageError, match="it translates to 'de', not 'fr'"):
        languages.check("en", ["fr"])


def test_language_goes_by_the_name_that_is_given():
    languages = Languages(["eng_Latn", "gsw_Latn"], begins=True, pair=None, codes={"de": "gsw_Latn"}, name="it")
    assert languages.direction("en", "de").first == "gsw_Latn"
