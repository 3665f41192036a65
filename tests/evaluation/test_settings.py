from __future__ import annotations

import pytest

from beir_hybrid.evaluation.settings import Setting, all_settings


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
