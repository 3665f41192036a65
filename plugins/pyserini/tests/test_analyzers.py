import logging

import pytest

from beir_hybrid.errors import BeirHybridError, ConfigurationError
from beir_hybrid.languages import LANGUAGES
from beir_hybrid_pyserini import analyzers
from beir_hybrid_pyserini.analyzers import Analyzer, analyzers_for, choose_analyzer, parse_choices, trigrams


def words(analyzer, text):
    """What Lucene makes of a text."""
    from jnius import autoclass

    tools = autoclass("io.anserini.analysis.AnalyzerUtils")
    return list(tools.analyze(analyzer.build(), analyzer.prepare(text)).toArray())


@pytest.mark.parametrize(
    ("language", "name"),
    [("en", "DefaultEnglishAnalyzer"), ("de", "GermanAnalyzer"), ("zh", "CJKAnalyzer"), ("zh-hans", "CJKAnalyzer")],
)
def test_pyserinis_own_choice_comes_first_and_needs_no_remark(java, language, name):
    chosen = choose_analyzer(language)
    assert (chosen.name, chosen.note) == (name, "")


def test_greek_is_analysed_as_greek_and_not_as_english(java):
    chosen = choose_analyzer("el")
    assert chosen.name == "GreekAnalyzer"
    assert "English" in chosen.note
    assert words(chosen, "οι αγώνες") == words(chosen, "ο αγώνας")


@pytest.mark.parametrize("language", ["vi", "xx"])
def test_a_language_without_analyzer_gets_unicode_words_and_a_remark(java, language):
    chosen = choose_analyzer(language)
    assert chosen.name == "StandardAnalyzer"
    assert "no analyzer" in chosen.note
    assert words(chosen, "The người Việt, running") == ["the", "người", "việt", "running"]  # nothing English about it


@pytest.mark.parametrize("language", ["sw", "yo"])
def test_pyserinis_choice_of_whitespace_is_kept_and_remarked(java, language):
    chosen = choose_analyzer(language)
    assert words(chosen, "Habari, Dunia") == ["Habari,", "Dunia"]
    assert "keep their case" in chosen.note


def test_thai_is_cut_where_java_lacks_its_dictionary(java, monkeypatch):
    monkeypatch.setattr(analyzers, "_runs", lambda analyzer: "Thai" not in analyzer.name)
    chosen = choose_analyzer("th")
    assert chosen.name == "trigrams"
    assert "JAVA_HOME" in chosen.note
    assert words(chosen, "ภาษาไทย NFL") == ["ภาษ", "าษา", "ษาไ", "าไท", "ไทย", "nfl"]
    with pytest.raises(ConfigurationError, match="full JDK"):
        choose_analyzer("th", "th")


def test_thai_is_lucenes_where_java_has_its_dictionary(java, monkeypatch):
    monkeypatch.setattr(analyzers, "_runs", lambda analyzer: True)
    assert choose_analyzer("th").name == "ThaiAnalyzer"


def test_whether_java_has_the_thai_dictionary_is_told_truly(java):
    thai = Analyzer("ThaiAnalyzer", "org.apache.lucene.analysis.th.ThaiAnalyzer")
    if analyzers._runs(thai):
        assert len(words(thai, "ภาษาไทยสวย")) > 1
        return
    with pytest.raises(Exception, match="support for Thai"):
        words(thai, "ภาษาไทยสวย")


def test_burmese_and_khmer_are_cut_as_well(java):
    assert {choose_analyzer(language).name for language in ("my", "km", "lo")} == {"trigrams"}


@pytest.mark.parametrize("language", sorted({*LANGUAGES, *analyzers._LEFT_OUT}))
def test_every_language_of_ours_gets_an_analyzer_that_works_and_that_the_indexer_knows(java, language):
    chosen = choose_analyzer(language)
    assert words(chosen, "2015") == ["2015"]
    option = chosen.registered()
    assert option == "en" or analyzers._known_to_anserini().get(option) == chosen.java


@pytest.mark.parametrize(
    ("name", "found"), [("standard", "StandardAnalyzer"), ("trigrams", "trigrams"), ("de", "GermanAnalyzer")]
)
def test_a_named_analyzer_overrides_without_remark(java, name, found):
    chosen = analyzers_for(["vi"], {"vi": name})["vi"]
    assert (chosen.name, chosen.note) == (found, "")


def test_what_is_not_a_languages_own_is_logged(java, caplog):
    with caplog.at_level(logging.WARNING):
        assert list(analyzers_for(["de", "vi", "de"])) == ["de", "vi"]
    assert [record.getMessage().partition(":")[0] for record in caplog.records] == ["vi"]


def test_an_unknown_name_is_refused_with_the_closest(java):
    with pytest.raises(ConfigurationError, match=r"no analyzer 'trigram'.*Did you mean 'trigrams'"):
        choose_analyzer("th", "trigram")


def test_a_choice_for_a_language_that_is_not_there_is_refused(java):
    with pytest.raises(ConfigurationError, match=r"'tr'.*Known: de, en"):
        analyzers_for(["de", "en"], {"tr": "standard"})


@pytest.mark.parametrize("choices", [["th"], ["=standard"], ["th="], ["th=standard", "th=trigrams"]])
def test_malformed_choices_are_refused(choices):
    with pytest.raises(BeirHybridError):
        parse_choices(choices)


def test_trigrams_leave_short_runs_and_other_scripts_whole():
    assert trigrams("ไทย U.S., naïve ๒๕๖๓") == "ไทย u s naïve ๒๕๖ ๕๖๓"
    assert trigrams("na\u0308ive") == trigrams("näive")
    assert trigrams(" . ") == ""
