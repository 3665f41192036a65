from __future__ import annotations

import pytest

from beir_hybrid.errors import DataFormatError, shorten
from beir_hybrid.translations import count_linked, group_in, link_translations, links_in_words

NAN = float("nan")


def link(*queries, **groups):
    """Link queries such as ``en:1`` by their ids, or by groups told as ``en_1="g"``."""
    languages = {query: query.partition(":")[0] for query in queries}
    return link_translations(languages, {query.replace("_", ":"): group for query, group in groups.items()})


def together(links, *queries):
    return len({links.group_of[query] for query in queries}) == 1


def test_equal_ids_after_the_language_link_where_no_group_is_told():
    found = link("en:7", "ro:7", "ro:8", "zh-Hans:7")
    assert together(found, "en:7", "ro:7", "zh-Hans:7")
    assert not together(found, "ro:7", "ro:8")
    assert (found.rule, found.notes) == ("equal ids", ())


def test_groups_come_before_ids():
    found = link("en:7", "ro:7", "ro:8", en_7="a", ro_7="b", ro_8="a")
    assert found.group_of == {"en:7": "a", "ro:7": "b", "ro:8": "a"}
    assert (found.rule, found.notes) == ("metadata.group", ())


def test_queries_without_a_group_stand_alone_and_are_told_where_others_have_one():
    found = link("en:7", "ro:7", "en:8", "ro:8", en_7="a", ro_7="a")
    assert found.group_of == {"en:7": "a", "ro:7": "a"}
    assert found.rule == "metadata.group"
    assert found.notes == (
        "metadata.group is given for 2 of 4 queries: each of the others counts as a question of its own",
    )


def test_empty_groups_say_that_equal_ids_are_an_accident():
    found = link("en:7", "ro:7", en_7="", ro_7="")
    assert found == ({}, "metadata.group", ())


def test_groups_of_other_queries_decide_nothing():
    assert link("en:7", "ro:7", fr_1="g").rule == "equal ids"


@pytest.mark.parametrize("queries", [(), ("en:7",), ("en:7", "en:8"), ("en:7", "ro:8")])
def test_nothing_equal_is_linked_by_no_rule(queries):
    found = link(*queries)
    assert len(set(found.group_of.values())) == len(queries)
    assert found.rule == "none"


def test_several_queries_of_one_language_in_a_group_are_one_question_and_told():
    found = link("en:1", "en:2", "ro:1", en_1="g", en_2="g", ro_1="g")
    assert together(found, "en:1", "en:2", "ro:1")
    assert found.notes == (
        "groups with several queries of one language, which count as one question: 1 (metadata.group)",
    )


@pytest.mark.parametrize(
    ("query", "language"),
    [("zh:zh-Hans:7", "zh"), ("zh_Hans:zh:7", "zh_Hans"), ("EN:en:7", "EN"), ("eng:7", "eng"), ("und:7", "und")],
)
def test_language_within_the_id_in_another_form_is_cut_off(query, language):
    links = link_translations({query: language, "ro:7": "ro"}, {})
    assert (links.group_of, links.rule) == ({query: "7", "ro:7": "7"}, "equal ids")


def test_another_language_within_the_id_belongs_to_it():
    assert link("de:fr:7", "ro:7").rule == "none"


@pytest.mark.parametrize(
    ("group", "expected"),
    [
        *[("a", "a"), (" a ", "a"), ("a:b", "a:b"), ("", ""), (" ", ""), (None, None), (NAN, None)],
        *[(0, "0"), (7, "7"), (7.0, "7"), (1.5, "1.5"), (10**30, str(10**30)), (float("inf"), "inf")],
    ],
)
def test_group_is_read_as_a_string(group, expected):
    assert group_in({"group": group}, "here:1") == expected


def test_group_that_is_not_there_is_not_told():
    assert group_in({}, "here:1") is None


@pytest.mark.parametrize(
    ("group", "shown"), [(True, "True"), (["x"], "['x']"), ({"a" * 99: 1}, shorten({"a" * 99: 1}))]
)
def test_group_of_another_type_is_refused_in_a_line(group, shown):
    with pytest.raises(DataFormatError) as caught:
        group_in({"group": group}, "queries.jsonl:3")
    assert str(caught.value) == (
        f"queries.jsonl:3: the group is {shown}. Use a string or a number that translations share, or an empty string."
    )


SOME = {"en:1": "1", "ro:1": "1", "ro:2": "2"}
APART = {"en:1": "1", "ro:2": "2"}


@pytest.mark.parametrize(
    ("groups", "rule", "words"),
    [
        (SOME, "equal ids", "translations are linked by equal ids after the language: 2 of 3 queries"),
        (SOME, "metadata.group", "translations are linked by metadata.group: 2 of 3 queries"),
        (SOME, "dataset", "translations are linked by the dataset: 2 of 3 queries"),
        (SOME, "", "translations are linked: 2 of 3 queries"),
        (APART, "metadata.group", "metadata.group links no query to a translation: "),
        (APART, "dataset", "the dataset links no query to a translation: "),
        (APART, "equal ids", "equal ids after the language link no query to a translation: "),
        (APART, "none", "no query is linked to a translation, by metadata.group or by equal ids after the language: "),
        ({"en:1": "1", "en:2": "1"}, "metadata.group", ""),
        ({}, "none", ""),
    ],
)
def test_how_many_are_linked_and_by_what_is_said(groups, rule, words):
    if words.endswith(": "):
        words += "each counts as a question of its own, and intervals are too narrow if some are translations"
    assert links_in_words(count_linked(groups, rule)) == words


def test_queries_of_one_group_and_language_are_not_linked_to_a_translation():
    assert count_linked({"en:1": "a", "en:2": "a", "ro:1": "b"}, "metadata.group") == {
        "rule": "metadata.group",
        "linked": 0,
        "queries": 3,
    }


@pytest.mark.parametrize(
    ("group", "read"),
    [(10**400, str(10**400)), (2.0**60, str(2**60)), (float("inf"), "inf")],
    ids=["int", "float", "infinity"],
)
def test_groups_may_be_numbers_of_any_size(group, read):
    assert group_in({"group": group}, "queries.jsonl:1") == read
