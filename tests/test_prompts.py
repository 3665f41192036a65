from types import SimpleNamespace

import numpy as np
import pyarrow as pa
import pytest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.prompts import Prompts, check_prompts, replace_prompts


def model(default=None, **prompts):
    return SimpleNamespace(
        prompts={name.replace("_", "-"): text for name, text in prompts.items()}, default_prompt_name=default
    )


def test_prompts_are_read_from_a_models_names_in_their_order():
    known = model(passage="P: ", passage_de="D: ", corpus_de="no", corpus_fr="C: ", query="Q: ")
    assert Prompts.of_model(known, "document") == Prompts("P: ", {"de": "D: ", "fr": "C: "})
    assert Prompts.of_model(known, "query") == Prompts("Q: ")
    assert Prompts.of_model(model("other", other="O: "), "query") == Prompts("O: ")
    assert Prompts.of_model(model(), "query") == Prompts()


def test_what_is_kept_with_a_model_is_read_again_and_replaces_other_languages():
    kept = model(query="old", query_fr="old", document_es="old", passage_it="old", task="T: ")
    queries, documents = Prompts("Q: ", {"de": "F: ", "zh-hans": ""}), Prompts("P: ", {"de": ""})
    replace_prompts(kept, queries, documents)
    assert (Prompts.of_model(kept, "query"), Prompts.of_model(kept, "document")) == (queries, documents)
    assert kept.prompts["task"] == "T: "
    assert len(kept.prompts) == 6


def test_each_text_gets_the_prompt_of_its_language():
    prompts = Prompts("Q: ", {"de": "F: ", "fr": ""})
    for kind in (pa.string(), pa.large_string()):
        texts = pa.chunked_array([["a", "b"], ["c", "d"]], kind)
        behind = prompts.put_before(texts, ("de", "en", "fr"), np.array([1, 0, 2, 0]))
        assert behind.to_pylist() == ["Q: a", "F: b", "c", "F: d"]
        assert behind.type == kind


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["Frage"], "--query-prefix-in is 'Frage'. Give a language and its text once: 'de=Frage: '"),
        (["=Frage: "], "--query-prefix-in is '=Frage: '."),
        (["de=a", "de=b"], "--query-prefix-in gives de twice."),
    ],
)
def test_words_that_give_no_language_its_prompt_are_refused(words, message):
    with pytest.raises(ConfigurationError) as raised:
        Prompts.read("", words, "query_prefix_in")
    assert str(raised.value).startswith(message)


def test_a_text_may_hold_the_sign_between_language_and_text():
    assert Prompts.read("", ["de=a=b: "], "query_prefix_in").of("de") == "a=b: "


def test_a_model_that_pools_without_prompts_is_refused_prompts_of_languages_alone():
    pooling = [SimpleNamespace(), SimpleNamespace(include_prompt=False)]
    check_prompts(pooling, [Prompts("Q: ")], "some/model")
    with pytest.raises(ConfigurationError, match="some/model leaves prompts out of its pooling"):
        check_prompts(pooling, [Prompts("Q: ", {"de": "F: "})], "some/model")
