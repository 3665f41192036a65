from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.evaluation.results import Results
from beir_hybrid.evaluation.statistics.pairing import obstacle, pair_up, unpaired

NAN = float("nan")
BASE = Results("xquad-r", "m", "sentence", ("en", "de"), {}, {}, data={"queries": "1", "passages": "2", "qrels": "3"})


def setting(name, queries, kind="mono", groups=None, **measures):
    groups = tuple(queries if groups is None else groups)
    return SettingValues(name, kind, tuple(queries), groups, {key: np.array(found) for key, found in measures.items()})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"model": "other", "dataset": "renamed"}, ""),
        ({"languages": ("de", "en")}, ""),
        ({"languages": ("en", "fr")}, "other languages: en, fr, not en, de"),
        (
            {"passage_text": "sentence+context", "data": {**BASE.data, "passages": "9"}},
            "other passages: their text is sentence+context, not sentence",
        ),
        ({"data": {**BASE.data, "passages": "9"}}, "other passages"),
        ({"data": {**BASE.data, "queries": "9", "passages": "9"}}, "other queries, other passages"),
        ({"data": {**BASE.data, "qrels": "9"}}, "other relevance judgements"),
        ({"data": {"queries": "1", "passages": "2"}}, "no checksum of the relevance judgements"),
        (
            {"dataset": "mlqa-r", "data": {**BASE.data, "queries": "9"}},
            "other dataset: mlqa-r, not xquad-r, other queries",
        ),
    ],
    ids=["same", "names", "order", "languages", "text", "passages", "queries", "qrels", "no checksum", "dataset"],
)
def test_other_data_are_named(change, reason):
    assert obstacle(replace(BASE, **change), BASE) == reason


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        (setting("en", "cba", groups="yxx", map=[0.0] * 3), ""),
        (setting("de", "q", map=[0.0]), ""),
        (
            setting("en", "abd", groups="xxy", map=[0.0] * 3),
            "other queries, or other groups of them, in the setting en",
        ),
        (
            setting("en", "abc", groups="xyy", map=[0.0] * 3),
            "other queries, or other groups of them, in the setting en",
        ),
        (setting("en", "abc", "cross", groups="xxy", map=[0.0] * 3), "the setting en is cross, not mono"),
    ],
    ids=["other order", "other setting", "queries", "groups", "kind"],
)
def test_settings_with_other_queries_are_named(other, reason):
    base = QueryValues((setting("en", "abc", groups="xxy", map=[0.0] * 3),))
    assert unpaired(QueryValues((other,)), base) == reason


def two_languages(*groups):
    """Settings of two languages, each with two queries, whose groups are given in turn."""
    return QueryValues(
        tuple(
            setting(name, (f"{name}:1", f"{name}:2"), groups=of, map=[0.0] * 2)
            for name, of in zip(("en", "ro"), groups, strict=True)
        )
    )


def test_groups_of_other_names_are_the_same_and_of_other_members_are_not():
    base = two_languages("ab", "ab")
    assert unpaired(two_languages(("en:1", "x"), ("en:1", "x")), base) == ""
    for other in (two_languages("ab", "ba"), two_languages("ab", "cd"), two_languages("aa", "aa")):
        assert unpaired(other, base).startswith("other queries, or other groups of them")
        assert unpaired(base, other).startswith("other queries, or other groups of them")


def test_settings_are_the_same_whatever_the_order_of_their_corpora():
    run, base = (QueryValues((setting(name, "ab", "multi", map=[0.5, 1.0]),)) for name in ("en-es+de", "en-de+es"))
    assert unpaired(run, base) == ""
    pair = pair_up("a", run, "b", base)
    assert [each.name for each in pair.differences.settings] == ["en-de+es"]
    assert pair.skipped == ()


def test_values_are_paired_by_query_and_undefined_in_both_where_undefined_in_one():
    run = QueryValues((setting("en", "cba", map=[0.5, NAN, 0.25]),))
    base = QueryValues((setting("en", "abc", map=[0.125, 1.0, NAN]),))
    pair = pair_up("run", run, "base", base)
    found = [values.settings[0] for values in (pair.run, pair.baseline, pair.differences)]
    assert [each.queries for each in found] == [("a", "b", "c")] * 3
    assert [each.values["map"].tolist()[0] for each in found] == [0.25, 0.125, 0.125]
    assert all(np.isnan(each.values["map"][1:]).all() for each in found)
    assert pair.skipped == ()


def test_what_only_one_has_is_left_out_and_named():
    run = QueryValues((setting("en", "a", map=[0.5], mrr=[1.0], peer=[NAN]), setting("de", "b", map=[0.5], mrr=[1.0])))
    base = QueryValues((setting("en", "a", map=[0.5], peer=[0.5], ndcg=[1.0]), setting("fr", "c", map=[0.5])))
    pair = pair_up("run", run, "base", base)
    assert [(each.name, list(each.values)) for each in pair.differences.settings] == [("en", ["map"])]
    assert sorted(pair.skipped) == [
        "Left out: 2 settings that not both run and base have: fr, de.",
        "mrr is left out in 1 setting: not both run and base have values.",
        "ndcg is left out in 1 setting: not both run and base have values.",
        "peer is left out in 1 setting: not both run and base have values.",
    ]
