import numpy as np
import pytest

from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.batching.strategies.build import build_strategy, strategy_spec
from beir_hybrid.batching.strategies.one_language import OneLanguage
from beir_hybrid.errors import BatchError
from beir_hybrid.pairs.index import ExampleIndex

LANGUAGES = ("de", "en", "es")


@pytest.fixture
def index():
    return ExampleIndex.parallel(LANGUAGES, np.ones((20, 3), bool))


def test_language_is_english_unless_given():
    assert OneLanguage() == OneLanguage(language="en")


@pytest.mark.parametrize(("language", "number"), [("de", 0), ("en", 1), ("es", 2)])
def test_all_batches_are_in_that_language(index, language, number):
    for batch in BatchPlan(index, OneLanguage(language), 4).batches(0):
        assert {*batch.questions.tolist(), *batch.passages.tolist()} == {number}
        assert batch.kind.name == f"{language}-{language}"


def test_language_that_the_data_lack_is_refused(index):
    with pytest.raises(BatchError, match="cannot fill fr-fr batches of 4; languages: de, en, es"):
        BatchPlan(index, OneLanguage("fr"), 4)


def test_every_step_is_of_the_only_kind():
    assert OneLanguage().draw(np.random.default_rng(0), np.linspace(0, 1, 7, endpoint=False)).tolist() == [0] * 7


@pytest.mark.parametrize("strategy", [OneLanguage(), OneLanguage("de")], ids=repr)
def test_specification_builds_it_again(strategy):
    assert build_strategy(strategy_spec(strategy)) == strategy


def test_language_is_part_of_the_specification():
    assert strategy_spec(OneLanguage("de")) == "en-en(language='de')"


def test_it_is_a_strategy():
    assert isinstance(OneLanguage(), Strategy)
