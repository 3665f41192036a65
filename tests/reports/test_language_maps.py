from __future__ import annotations

from dataclasses import replace

import pytest

from beir_hybrid.evaluation.statistics.comparison import Comparison, Contrast
from beir_hybrid.reports.evaluations import evaluation_models
from beir_hybrid.reports.groups import block_of
from beir_hybrid.reports.language_maps import contrast_maps, family_maps, pair_maps

SHARES = {
    "de-all": {"queries": 4, "language_share[de]@10": 0.5, "language_share[en]@10": 0.3, "language_share[es]@10": 0.2},
    "en-all": {"queries": 4, "language_share[de]@10": 0.1, "language_share[en]@10": 0.8, "language_share[es]@10": 0.1},
}


@pytest.fixture
def shares(make_results):
    """Results of shares of languages, in pools of all of them."""

    def make(settings=SHARES, **given):
        means = {name: 1 / 3 for name in settings["de-all"] if name != "queries"}
        given = {"passages": {"de": 10, "en": 25, "es": 5}, **given}
        return make_results(scores={"multi": means}, settings=settings, **given)

    return make


def family_map(results, family):
    [found] = family_maps(block_of({"mine": results}), family)
    return found


def written(found):
    """The rows of a map by name, as they are written in a terminal."""
    return {
        name: [found.written(value, brief=True) for value in row]
        for name, row in zip(found.rows, found.values, strict=True)
    }


def test_a_family_has_query_languages_down_and_passage_languages_across(shares):
    found = family_map(shares(), "language_share@10")
    assert found.columns == ("de", "en", "es")
    assert (written(found)["de"], written(found)["en"]) == (["50.0", "30.0", "20.0"], ["10.0", "80.0", "10.0"])


def test_shares_are_held_against_the_pools_own(shares):
    # 10, 25 and 5 of 40 passages
    found = family_map(shares(), "language_share@10")
    assert (written(found)["pool"], found.apart) == (["25.0", "62.5", "12.5"], 1)


def test_only_shares_have_a_row_of_the_pool(shares):
    values = {"de-all": {"queries": 4, "one_target_map[de]": 0.9, "one_target_map[en]": 0.4, "one_target_map[es]": 0.1}}
    assert written(family_map(shares(values), "one_target_map")) == {"de": ["90.0", "40.0", "10.0"]}
    assert family_map(shares(passages={}), "language_share@10").rows == ("de", "en")


def test_other_cut_offs_are_other_maps(shares):
    values = {"de-all": {**SHARES["de-all"], "language_share[de]@5": 0.6, "language_share[en]@5": 0.4}}
    assert written(family_map(shares(values, passages={}), "language_share@5")) == {"de": ["60.0", "40.0", "·"]}


def test_a_part_of_the_pool_has_its_settings_name(shares):
    settings = {**SHARES, "en-de+es": {"queries": 4, "language_share[de]@10": 0.7, "language_share[es]@10": 0.3}}
    found = written(family_map(shares(settings, passages={}), "language_share@10"))
    assert found["en-de+es"] == ["70.0", "·", "30.0"]


def test_settings_of_one_corpus_are_not_in_a_family(shares):
    settings = {"en": {"queries": 4, "map": 0.5}, "en-de": {"queries": 4, "map": 0.5}, **SHARES}
    assert family_map(shares(settings, passages={}), "language_share@10").rows == ("de", "en")


def test_equal_values_have_the_lightest_shade(shares):
    equal = {name: {key: 0.4 for key in values if key != "queries"} | {"queries": 4} for name, values in SHARES.items()}
    found = family_map(shares(equal, passages={}), "language_share@10")
    assert {found.share(value) for row in found.values for value in row} == {0.0}


def test_pairs_have_queries_down_passages_across_and_a_monolingual_diagonal(make_results):
    [found] = pair_maps(block_of({"mine": make_results()}), "map")
    assert found.columns == ("de", "en", "es")
    assert written(found) == {
        "de": ["70.0", "10.0", "20.0"],
        "en": ["40.0", "80.0", "60.0"],
    }


def test_where_all_search_one_language_a_map_is_one_column(make_results):
    settings = {"de-en": {"map": 0.1}, "es-en": {"map": 0.2}}
    [found] = pair_maps(block_of({"mine": replace(make_results(), settings=settings)}), "map")
    assert found.columns == ("en",)
    assert written(found) == {"de": ["10.0"], "es": ["20.0"]}


def test_values_of_many_ranks_are_whole_numbers(make_results):
    results = make_results(settings={name: {"queries": 4, "rank_distance": 123.4} for name in ("de-en", "en-de")})
    [found] = pair_maps(block_of({"mine": results}), "rank_distance")
    assert written(found)["de"] == ["·", "123"]


def test_one_cross_lingual_setting_has_no_map(make_results):
    results = make_results(settings={"de": {"queries": 4, "map": 0.7}, "de-en": {"queries": 4, "map": 0.1}})
    assert pair_maps(block_of({"mine": results}), "map") == []


def titles(results):
    return [model.title for model in evaluation_models(results)]


def test_scores_languages_and_maps_are_shown(make_results):
    by_language = {"language_share[de]@10": 0.5, "language_share[en]@10": 0.5, "one_target_map[de]": 0.1}
    scores = {"mono": {"ndcg@10": 0.9}, "multi": {"ndcg@10": 0.5, "map": 0.25, **by_language}}
    settings = {name: {**values, **by_language} for name, values in make_results().settings.items()}
    assert titles(make_results(scores=scores, settings=settings)) == [
        "mine on tiny (sentence)",
        "mAP by language",
        "mAP",
        "language share@10",
        "one-target mAP",
    ]


def test_a_single_setting_has_scores_alone(make_results):
    found = make_results(scores={"cross": {"map": 0.1}}, settings={"de-en": {"queries": 4, "map": 0.1}})
    assert titles(found) == ["mine on tiny (sentence)"]


def test_a_value_of_one_language_does_not_stand_for_all(shares):
    # the share of German among passages is no comparison of query languages
    assert titles(shares()) == ["mine on tiny (sentence)", "language share@10"]


def contrast(setting, difference, verdict="not shown", **given):
    kind = given.pop("kind", "cross" if "-" in setting else "mono")
    fields = {"run": "new", "measure": "map", "settings": 1, "queries": 4, "groups": 4, "mean": 0.5, "baseline": 0.5}
    fields |= {"interval": None, "p": 1.0, "holm": 1.0, "effect": None, "verdict": verdict, **given}
    return Contrast(kind=kind, setting=setting, difference=difference, **fields)


@pytest.fixture
def comparison():
    found = [contrast("de", 0.25, "better"), contrast("en", 0.0), contrast("de-en", -0.125), contrast("en-de", 0.5)]
    found.append(contrast("de-all", 0.75, kind="multi"))
    return Comparison("old", {"old": "o", "new": "n"}, (), tuple(found), {}, (), ())


def test_differences_stand_by_query_and_passage_language(comparison):
    [found] = contrast_maps(comparison)
    assert found.title == "mAP, new - old"
    assert found.columns == ("de", "en")
    assert written(found) == {"de": ["+25.0", "−12.5"], "en": ["+50.0", "0.0"]}


def test_what_is_shown_is_marked(comparison):
    [found] = contrast_maps(comparison)
    assert found.marked == {(0, 0)}


def test_each_run_has_a_map_and_other_measures_have_none(comparison):
    more = [replace(one, run="third") for one in comparison.settings]
    more += [replace(one, measure="recall@1") for one in comparison.settings]
    maps = contrast_maps(replace(comparison, settings=(*comparison.settings, *more)))
    assert [found.title for found in maps] == ["mAP, new - old", "mAP, third - old"]


def test_without_several_cross_lingual_settings_there_is_no_map(comparison):
    assert contrast_maps(replace(comparison, settings=())) == []
    assert contrast_maps(replace(comparison, settings=comparison.settings[:3])) == []
