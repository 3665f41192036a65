from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import pytest

from beir_hybrid.errors import ConfigurationError, PluginError, UnknownNameError
from beir_hybrid.evaluation.measures import Measure, build_measure, expand_measures
from beir_hybrid.evaluation.measures.average_precision import AveragePrecision
from beir_hybrid.evaluation.measures.language_share import LanguageShare
from beir_hybrid.evaluation.measures.mrc import MRC
from beir_hybrid.evaluation.measures.ndcg import NDCG
from beir_hybrid.evaluation.measures.one_target_map import OneTargetMAP
from beir_hybrid.evaluation.measures.peer import PEER
from beir_hybrid.evaluation.measures.rank_distance import RankDistance
from beir_hybrid.evaluation.measures.reciprocal_rank import ReciprocalRank
from beir_hybrid.registry import MEASURES


@dataclass(frozen=True)
class Places:
    """A stranger's measure: how many places a query's language has, by a rule that wants a language."""

    language: str
    higher_is_better = None
    needs_languages = True
    source = "this test"

    @property
    def name(self):
        return f"places[{self.language}]"

    @property
    def depth(self):
        return 0

    def values(self, rankings):
        return np.full(rankings.queries, float(len(rankings.languages)))


@pytest.fixture
def register(monkeypatch):
    """Register measures for one test."""

    def register(name, factory):
        monkeypatch.setitem(MEASURES._called, name, factory)

    return register


@pytest.mark.parametrize(
    ("name", "measure"),
    [
        ("map", AveragePrecision()),
        ("map@100", AveragePrecision(100)),
        ("ndcg@10", NDCG(10)),
        ("mrr", ReciprocalRank()),
        ("mrr@10", ReciprocalRank(10)),
        ("rank_distance", RankDistance()),
        ("rank_distance@100", RankDistance(100)),
        ("language_share@10", LanguageShare(10)),
        ("language_share[de]@10", LanguageShare(10, "de")),
        ("language_share[zh-Hant]@1", LanguageShare(1, "zh-Hant")),
        ("mrc@10", MRC(10)),
        ("peer@20", PEER(20)),
        ("one_target_map", OneTargetMAP()),
        ("one_target_map[de]", OneTargetMAP("de")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_measures_are_built_by_name_and_carry_it(name, measure):
    built = build_measure(name)
    assert built == measure
    assert built.name == name


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("ndcg", "'ndcg' needs a cut-off. Write ndcg@10, or another cut-off.", id="missing"),
        pytest.param(
            "language_share[fr]",
            "'language_share[fr]' needs a cut-off. Write language_share[fr]@10, or another cut-off.",
            id="missing-with-language",
        ),
        pytest.param(
            "one_target_map[de]@5",
            "'one_target_map[de]@5' takes no cut-off. Write one_target_map[de].",
            id="cutoff-not-taken",
        ),
        pytest.param("ndcg[de]@5", "'ndcg[de]@5' takes no language. Write ndcg@5.", id="language-not-taken"),
        pytest.param("ndcg[de]", "'ndcg[de]' needs a cut-off. Write ndcg@10, or another cut-off.", id="two-mistakes"),
        pytest.param("map[de]", "'map[de]' takes no language. Write map.", id="language-not-taken-either"),
        pytest.param("ndcg@", "The cut-off of 'ndcg@' is ''. Give a number: ndcg@10", id="empty"),
        pytest.param("ndcg@0", "The cut-off of 'ndcg@0' is '0'. Give a number: ndcg@10", id="zero"),
        pytest.param("ndcg@-3", "The cut-off of 'ndcg@-3' is '-3'. Give a number: ndcg@10", id="negative"),
        pytest.param("recall@ten", "The cut-off of 'recall@ten' is 'ten'. Give a number: recall@10", id="word"),
        pytest.param("recall@1.5", "The cut-off of 'recall@1.5' is '1.5'. Give a number: recall@10", id="fraction"),
        pytest.param(
            "one_target_map[]",
            "The language of 'one_target_map[]' is missing. Give a code: one_target_map[de]",
            id="language-empty",
        ),
        pytest.param(
            "language_share[ ]@5",
            "The language of 'language_share[ ]@5' is missing. Give a code: language_share[de]@5",
            id="language-blank",
        ),
        *(
            pytest.param(
                name,
                f"'{name}' is not the name of a measure. Write it as in map, ndcg@10 or language_share[de]@10.",
                id=f"malformed-{name}",
            )
            for name in ("language_share[de", "language_share@10[de]", "language_share]de[@10", "a[b]c@1")
        ),
    ],
)
def test_a_wrong_name_is_refused_with_the_right_one(name, message):
    with pytest.raises(ConfigurationError) as error:
        build_measure(name)
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("name", "base", "close"),
    [
        ("ndgc@10", "ndgc", "ndcg"),
        ("language_shar[de]@10", "language_shar", "language_share"),
        ("sucess@5", "sucess", "success"),
    ],
)
def test_an_unknown_measure_is_refused_with_the_closest_name(name, base, close):
    with pytest.raises(UnknownNameError, match=rf"There is no measure '{base}'\. Did you mean '{close}'\?"):
        build_measure(name)


def test_a_strangers_measure_is_built_with_what_it_takes(register):
    register("places", Places)
    register("deep", partial(PEER, weights=((1, 1.0),)))
    register("anything", lambda **arguments: LanguageShare(**arguments))
    assert isinstance(build_measure("places[de]"), Measure)
    assert build_measure("places[de]") == Places("de")
    assert build_measure("deep@20") == PEER(20, ((1, 1.0),))
    assert build_measure("anything[de]@3") == LanguageShare(3, "de")
    with pytest.raises(ConfigurationError) as error:
        build_measure("places")
    assert str(error.value) == "'places' needs a language. Write places[de], or another language."


def test_a_measure_that_wants_other_arguments_is_refused(register):
    register("greedy", lambda cutoff, colour: None)
    with pytest.raises(PluginError, match=r"'greedy': it cannot be made without the argument 'colour'"):
        build_measure("greedy@3")


def test_measures_with_a_value_per_language_are_expanded():
    names = ["map", "one_target_map", "language_share@10", "language_share[fr]@10", "ndcg@10"]
    expanded = expand_measures([build_measure(name) for name in names], ("de", "en"))
    assert [measure.name for measure in expanded] == [
        "map",
        "one_target_map[de]",
        "one_target_map[en]",
        "language_share[de]@10",
        "language_share[en]@10",
        "language_share[fr]@10",
        "ndcg@10",
    ]
    assert expand_measures(expanded, ("de", "en")) == expanded
