from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from beir_hybrid.errors import ConfigurationError, UnknownNameError
from beir_hybrid.evaluation.evaluate import evaluate
from beir_hybrid.evaluation.measures import BIAS_MEASURES, DEFAULT_MEASURES, build_measure, build_measures


def test_language_bias_on_top_is_as_by_hand(by_number, embeddings_of):
    collection, vectors = by_number
    measures = ["language_share@4", "same_language_share@4", "mrc@7"]
    found = evaluate(embeddings_of(collection, vectors), collection, measures=measures, intervals=False)
    assert set(found.settings) == {"en-all", "de-all"}
    # 7 6 5 4 are en de en de; 1 2 3 4 are de en en de
    shares = {"language_share[de]@4": 1 / 2, "language_share[en]@4": 1 / 2, "same_language_share@4": 1 / 2}
    # the two rankings are each other's reverse; en:b has no translation
    assert found.settings["en-all"] == pytest.approx({"queries": 2, **shares, "mrc@7": -1})
    assert found.settings["de-all"] == pytest.approx({"queries": 1, **shares, "mrc@7": -1})
    assert found.undefined == {"en-all": {"mrc@7": 1}}
    three = evaluate(embeddings_of(collection, vectors), collection, measures=["language_share@3"])
    assert three.scores["multi"] == pytest.approx({"language_share[de]@3": 1 / 3, "language_share[en]@3": 2 / 3})


def test_what_no_query_has_is_in_no_mean(by_number, embeddings_of):
    collection, vectors = by_number
    alone = replace(collection, group_of={})
    found = evaluate(embeddings_of(alone, vectors), alone, measures=["map", "mrc@3"])
    assert found.undefined == {"en-all": {"mrc@3": 2}, "de-all": {"mrc@3": 1}}
    assert list(found.scores["multi"]) == list(found.settings["en-all"])[1:] == ["map"]


def test_one_target_map_is_map_without_the_other_answers(uneven, vectors_of, embeddings_of):
    vectors = vectors_of(uneven)
    found = evaluate(
        embeddings_of(uneven, vectors), uneven, settings=["multi"], measures=["one_target_map"], intervals=False
    )
    compared = 0
    for setting in found.values.settings:
        for language in uneven.corpora:
            values = setting.values[f"one_target_map[{language}]"]
            for query, value in zip(setting.queries, values, strict=True):
                targets = {d: g for d, g in uneven.qrels[query].items() if d.startswith(language) and g > 0}
                others = {d for d, grade in uneven.qrels[query].items() if grade > 0} - set(targets)
                if not targets:
                    assert np.isnan(value)
                    continue
                smaller = replace(
                    uneven,
                    corpora={
                        code: {d: p for d, p in texts.items() if d not in others}
                        for code, texts in uneven.corpora.items()
                    },
                    qrels={query: targets},
                )
                alone = evaluate(
                    embeddings_of(smaller, vectors), smaller, settings=[setting.name], measures=["map"], intervals=False
                )
                assert alone.settings[setting.name] == {"queries": 1, "map": pytest.approx(value, abs=1e-12)}
                compared += bool(others)
    assert compared > 10
    without = sum(uneven.qrels[f"en:q{n}"].get("ar:0", 0) <= 0 for n in range(5))
    assert found.undefined["en-all"]["one_target_map[ar]"] == without


def test_each_kind_has_its_own_measures_unless_asked(make_model, collection, vectors_of):
    scores = evaluate(make_model(vectors_of(collection)), collection, intervals=False).scores
    assert {kind: list(values) for kind, values in scores.items()} == {
        "mono": ["map", "recall@1", "ndcg@10"],
        "cross": ["map", "recall@1", "ndcg@10"],
        "multi": ["map", "recall@10", "ndcg@10", "rank_distance"],
    }


def test_a_collection_says_what_is_measured(collection, vectors_of, embeddings_of):
    own = replace(collection, measures=("ndcg@10", "recall@100"))
    embeddings = embeddings_of(own, vectors_of(own))
    assert {tuple(values) for values in evaluate(embeddings, own).scores.values()} == {("ndcg@10", "recall@100")}
    asked = evaluate(embeddings, own, measures=["default"], intervals=False)
    assert list(asked.scores["mono"]) == list(DEFAULT_MEASURES["mono"])
    assert list(evaluate(embeddings, own, measures=["mrr"], intervals=False).scores["mono"]) == ["mrr"]


def test_names_of_several_measures_are_spelt_out_once():
    built = {kind: [each.name for each in found] for kind, found in build_measures(["map", "default", "bias"]).items()}
    assert built["mono"] == [*DEFAULT_MEASURES["mono"], *BIAS_MEASURES]
    assert built["multi"] == [*DEFAULT_MEASURES["multi"], *BIAS_MEASURES]


def test_the_bias_of_all_settings_is_measured_where_languages_meet(make_model, collection, vectors_of):
    found = evaluate(make_model(vectors_of(collection)), collection, measures=["default", "bias"], intervals=False)
    languages = ("de", "en", "es")
    assert list(found.scores["cross"]) == list(DEFAULT_MEASURES["cross"])
    assert list(found.scores["multi"]) == [
        *DEFAULT_MEASURES["multi"],
        "same_language_share@10",
        *(f"language_share[{language}]@10" for language in languages),
        *("ndkl@10", "mrc@10"),
        *(f"one_target_map[{language}]" for language in languages),
    ]
    for setting in ("de-all", "en-all", "es-all"):
        shares = [found.settings[setting][f"language_share[{language}]@10"] for language in languages]
        assert sum(shares) == pytest.approx(1)
        assert found.settings[setting]["same_language_share@10"] == shares[languages.index(setting[:2])]


def test_a_measure_of_bias_alone_is_measured_where_languages_meet(make_model, collection, vectors_of):
    results = evaluate(make_model(vectors_of(collection)), collection, measures=["rank_distance"])
    assert list(results.settings) == ["de-all", "en-all", "es-all"]
    assert list(results.scores) == list(results.ties) == ["multi"]


def test_a_measure_of_bias_alone_is_refused_for_one_language(make_model, collection, vectors_of):
    with pytest.raises(
        ConfigurationError, match="rank_distance compares languages, and no setting chosen of tiny has several"
    ):
        evaluate(make_model(vectors_of(collection)), collection.select(["en"]), measures=["rank_distance"])


def test_a_measure_that_applies_to_no_chosen_setting_is_refused_before_anything_is_encoded(make_model, collection):
    model = make_model({"no text of the collection": [1.0]})
    with pytest.raises(ConfigurationError, match="no setting chosen of tiny has several"):
        evaluate(model, collection, settings=["en-de"], measures=["rank_distance"])


def test_a_wrong_measure_is_refused_before_anything_is_encoded(make_model, collection):
    with pytest.raises(UnknownNameError, match="There is no measure 'mpa'"):
        evaluate(make_model({"no text of the collection": [1.0]}), collection, measures=["mpa"])


def test_measures_are_the_same_for_every_kind_if_given():
    built = [build_measure("recall@5")]
    assert build_measures(["recall@5"]) == {"mono": built, "cross": built, "multi": built}
