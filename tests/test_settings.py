from __future__ import annotations

import pytest

from beir_hybrid.errors import UnknownNameError
from beir_hybrid.settings import Setting, all_settings, choose_settings, parse_setting


@pytest.mark.parametrize(
    ("setting", "name", "kind"),
    [
        pytest.param(Setting("en", ("en",)), "en", "mono", id="mono"),
        pytest.param(Setting("en", ("de",)), "en-de", "cross", id="cross"),
        pytest.param(Setting("en", ("de", "fr")), "en-de+fr", "multi", id="several"),
        pytest.param(Setting("en", ("de", "en"), pool=True), "en-all", "multi", id="pool"),
        pytest.param(Setting("en", ("en", "de")), "en-en+de", "multi", id="several-with-own"),
        pytest.param(Setting("en", ("en",), pool=True), "en", "mono", id="pool-of-one"),
    ],
)
def test_a_setting_has_the_name_and_kind_of_its_languages(setting, name, kind):
    assert (setting.name, setting.kind) == (name, kind)


def test_settings_are_mono_then_every_ordered_pair_then_the_pool():
    languages = ("de", "en", "es")
    names = [setting.name for setting in all_settings(languages, languages)]
    assert names == [
        *("de", "en", "es"),
        *("de-en", "de-es", "en-de", "en-es", "es-de", "es-en"),
        *("de-all", "en-all", "es-all"),
    ]


def test_eleven_languages_have_132_settings():
    languages = tuple("abcdefghijk")
    kinds = [setting.kind for setting in all_settings(languages, languages)]
    assert [kinds.count(kind) for kind in ("mono", "cross", "multi")] == [11, 110, 11]


@pytest.mark.parametrize(
    ("queries", "corpora", "names"),
    [
        pytest.param(["en"], ["en"], ["en"], id="one-language"),
        pytest.param(["en"], ["de"], ["en-de"], id="no-language-in-common"),
        pytest.param(["de", "en"], ["en"], ["en", "de-en"], id="one-corpus"),
        pytest.param(["en"], ["de", "en"], ["en", "en-de", "en-all"], id="one-query-language"),
        pytest.param(["en"], ["de", "fr"], ["en-de", "en-fr", "en-all"], id="pool-without-own"),
        pytest.param(
            ["de", "en"], ["de", "en"], ["de", "en", "de-en", "en-de", "de-all", "en-all"], id="two-languages"
        ),
    ],
)
def test_settings_follow_the_languages_of_queries_and_corpora(queries, corpora, names):
    assert [setting.name for setting in all_settings(queries, corpora)] == names


def test_the_pool_holds_every_corpus_language():
    pooled = [setting for setting in all_settings(["en"], ["de", "en", "es"]) if setting.kind == "multi"]
    assert pooled == [Setting("en", ("de", "en", "es"), pool=True)]


LANGUAGES = ("de", "en", "es")
KNOWN = all_settings(LANGUAGES, LANGUAGES)


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        pytest.param(["en-de"], ["en-de"], id="one"),
        pytest.param(["es-all", "en", "en-de"], ["es-all", "en", "en-de"], id="in-the-order-asked"),
        pytest.param(["multi", "mono"], ["de-all", "en-all", "es-all", "de", "en", "es"], id="kinds"),
        pytest.param(["en", "mono", "tiny.en"], ["en", "de", "es"], id="each-once"),
        pytest.param(["tiny.en-all", "tiny.cross"], ["en-all", *(s.name for s in KNOWN[3:9])], id="with-the-dataset"),
        pytest.param(["en-de+es"], ["en-de+es"], id="part-of-the-pool"),
        pytest.param(["en-es+de", "en-de+es"], ["en-de+es"], id="part-in-another-order"),
        pytest.param(["en-es+de+en", "en-all"], ["en-all"], id="the-pool-by-its-languages"),
        pytest.param([], [], id="none"),
    ],
)
def test_settings_are_chosen_by_name(names, chosen):
    assert [setting.name for setting in choose_settings(names, KNOWN, "tiny")] == chosen


def test_all_settings_are_chosen_unless_some_are_named():
    assert choose_settings(None, KNOWN, "tiny") == KNOWN


def test_the_pool_by_its_languages_is_the_pool_itself():
    assert choose_settings(["en-es+de+en"], KNOWN, "tiny") == choose_settings(["en-all"], KNOWN, "tiny")
    assert choose_settings(["en-es+de"], KNOWN, "tiny") == [Setting("en", ("de", "es"))]


def test_a_part_of_the_pool_needs_no_corpus_in_the_language_of_the_query():
    known = all_settings(["en"], ["de", "fr", "es"])
    assert choose_settings(["en-fr+de"], known, "x") == [Setting("en", ("de", "fr"))]
    with pytest.raises(UnknownNameError):
        choose_settings(["en-de+en"], known, "x")
    with pytest.raises(UnknownNameError):
        choose_settings(["de-fr+es"], known, "x")


@pytest.mark.parametrize(
    "name", ["fr", "en-fr", "en-de+fr", "en-de+de", "fr-de+en", "en-", "en-+de", "", "other.en", "Mono", "en-de+es+"]
)
def test_a_setting_that_the_data_lack_is_refused(name):
    with pytest.raises(UnknownNameError, match=r"tiny has no setting"):
        choose_settings(["en", name], KNOWN, "tiny")


def test_a_misspelt_setting_gets_a_hint():
    with pytest.raises(UnknownNameError, match=r"no setting 'mutli'.*'multi'"):
        choose_settings(["mutli"], KNOWN, "tiny")


def test_a_kind_that_the_data_lack_is_refused():
    with pytest.raises(UnknownNameError, match="has no setting 'multi'"):
        choose_settings(["multi"], all_settings(["en"], ["en"]), "tiny")


@pytest.mark.parametrize("setting", [*KNOWN, Setting("en", ("es", "de"))], ids=lambda setting: setting.name)
def test_names_are_read_back(setting):
    assert parse_setting(setting.name, LANGUAGES) == setting


def test_language_codes_may_have_hyphens():
    languages = ("zh", "zh-hans", "pt-br")
    for setting in [*all_settings(languages, languages), Setting("zh-hans", ("pt-br", "zh"))]:
        assert parse_setting(setting.name, languages) == setting
    chosen = choose_settings(["zh-hans-pt-br+zh", "zh-hans-zh"], all_settings(languages, languages), "x")
    assert chosen == [Setting("zh-hans", ("zh", "pt-br")), Setting("zh-hans", ("zh",))]
