from dataclasses import replace

import numpy as np
import pytest

from beir_hybrid.collection import MultilingualCollection, language_of
from beir_hybrid.errors import ConfigurationError, DataFormatError, LanguageError, UnknownNameError
from beir_hybrid.passage import Passage


@pytest.fixture
def uneven():
    """German has no query; the English query 2 is answered in German alone, and query 3 nowhere."""
    return MultilingualCollection(
        name="uneven",
        corpora={
            "de": {"de:1": Passage("Eins."), "de:2": Passage("Zwei.", title="Zahl")},
            "en": {"en:1": Passage("One.", context="One. Two.")},
        },
        queries={"en": {"en:q1": "1?", "en:q2": "2?", "en:q3": "3?"}},
        qrels={"en:q1": {"en:1": 1, "de:1": 2, "de:2": 0}, "en:q2": {"de:2": 1, "en:1": 0}},
    )


@pytest.mark.parametrize(
    ("identifier", "language"), [("en:17_3", "en"), ("zh:a:b", "zh"), ("17_3", ""), (":x", "")], ids=str
)
def test_language_is_read_before_the_first_colon(identifier, language):
    assert language_of(identifier) == language


@pytest.mark.parametrize(
    ("passage", "text"),
    [(Passage("b", "a", "c"), "a b"), (Passage("b"), "b")],
    ids=["title and text, not context", "no title"],
)
def test_searchable_text_joins_title_and_text(passage, text):
    assert passage.searchable == text


def test_languages_are_those_of_queries_and_corpora(uneven):
    assert uneven.languages == ("en", "de")


def test_repr_counts(collection):
    assert repr(collection) == (
        "MultilingualCollection('tiny', 3 languages, 12 queries, 15 passages, passage_text='sentence')"
    )


def test_mono_setting_gives_one_language_to_beir(collection):
    corpus, queries, qrels = collection.beir(queries="en", corpus="en")
    assert corpus == {f"en:{n}": {"title": "", "text": f"en passage {n}"} for n in range(5)}
    assert queries == {f"en:q{n}": f"en question {n}" for n in range(4)}
    assert qrels == {f"en:q{n}": {f"en:{n}": 1} for n in range(4)}


def test_cross_setting_judges_the_corpus_language_alone(collection):
    corpus, queries, qrels = collection.beir(queries="en", corpus="de")
    assert set(corpus) == {f"de:{n}" for n in range(5)}
    assert set(queries) == {f"en:q{n}" for n in range(4)}
    assert qrels == {f"en:q{n}": {f"de:{n}": 1} for n in range(4)}


def test_multi_setting_pools_all_corpora(collection):
    corpus, queries, qrels = collection.beir(queries="en")
    assert set(corpus) == {f"{language}:{n}" for language in ("de", "en", "es") for n in range(5)}
    assert set(queries) == {f"en:q{n}" for n in range(4)}
    assert qrels["en:q0"] == {"de:0": 1, "en:0": 1, "es:0": 1}


def test_everything_is_the_default(collection):
    corpus, queries, qrels = collection.beir()
    assert (len(corpus), len(queries), len(qrels)) == (15, 12, 12)


def test_several_languages_make_a_smaller_pool(collection):
    corpus, queries, qrels = collection.beir(queries=["de", "es"], corpus=["de", "en"])
    assert (len(corpus), len(queries)) == (10, 8)
    assert qrels["es:q3"] == {"de:3": 1, "en:3": 1}


def test_queries_without_a_relevant_passage_are_left_out(uneven):
    assert list(uneven.beir(corpus="en")[1]) == ["en:q1"]  # query 2 is judged there, with grade 0
    assert list(uneven.beir(corpus="de")[1]) == ["en:q1", "en:q2"]


def test_grades_and_judged_irrelevance_reach_beir(uneven):
    assert uneven.beir(corpus="de")[2] == {"en:q1": {"de:1": 2, "de:2": 0}, "en:q2": {"de:2": 1}}


def test_title_reaches_beir_and_context_does_not(uneven):
    corpus, _, _ = uneven.beir()
    assert corpus["de:2"] == {"title": "Zahl", "text": "Zwei."}
    assert corpus["en:1"] == {"title": "", "text": "One."}


@pytest.mark.parametrize(
    ("queries", "corpus", "owner"),
    [("xx", None, "uneven's queries"), ("de", None, "uneven's queries"), (None, "es", "uneven's corpus")],
    ids=["unknown", "language without queries", "language without corpus"],
)
def test_setting_of_a_missing_language_is_refused(uneven, queries, corpus, owner):
    with pytest.raises(LanguageError, match=f"^{owner} has no language"):
        uneven.beir(queries=queries, corpus=corpus)


def test_select_narrows_queries_corpora_and_judgements(collection):
    chosen = collection.select(["es", "de"])
    assert chosen.languages == ("es", "de")
    assert (list(chosen.corpora), list(chosen.queries)) == (["es", "de"], ["es", "de"])
    assert chosen.qrels["es:q1"] == {"de:1": 1, "es:1": 1}
    assert {language_of(query) for query in chosen.qrels} == {"es", "de"}
    assert (chosen.name, chosen.passage_text) == ("tiny", "sentence")
    assert chosen.group_of["es:q1"] == "1"


def test_select_leaves_the_original_as_it_was(collection):
    collection.select(["en"])
    assert collection.qrels["en:q0"] == {"de:0": 1, "en:0": 1, "es:0": 1}


@pytest.mark.parametrize("languages", [None, ["de", "en", "es"]], ids=["none named", "all named"])
def test_select_of_all_is_the_same_collection(collection, languages):
    assert collection.select(languages) is collection


def test_select_of_a_language_without_queries_keeps_its_corpus(uneven):
    chosen = uneven.select(["de"])
    assert (list(chosen.corpora), list(chosen.queries), dict(chosen.qrels)) == (["de"], [], {})


def test_select_of_a_missing_language_is_refused(collection):
    with pytest.raises(LanguageError, match="tiny has no language 'fr'"):
        collection.select(["en", "fr"])


def build(document="en:1", query="en:q", judged="en:q", relevant="en:1"):
    return MultilingualCollection(
        "bad", {"en": {document: Passage("One.")}}, {"en": {query: "1?"}}, {judged: {relevant: 1}}
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"document": "1"}, "the document id '1' does not begin with 'en:'"),
        ({"query": "de:q"}, "the query id 'de:q' does not begin with 'en:'"),
        ({"judged": "en:other"}, "the qrels judge an unknown query 'en:other'"),
        ({"relevant": "en:2"}, "the qrels of 'en:q' name an unknown document 'en:2'"),
        ({"relevant": "2"}, "the qrels of 'en:q' name an unknown document '2'"),
    ],
    ids=["document id", "query id", "unknown query", "unknown document", "document without language"],
)
def test_inconsistent_ids_are_refused(change, message):
    with pytest.raises(DataFormatError) as caught:
        build(**change)
    assert message in str(caught.value)


def test_notes_are_kept_by_select(collection):
    noted = replace(collection, notes=("not whole",))
    assert noted.select(["de"]).notes == ("not whole",)
    assert collection.notes == ()


def swapped(collection):
    """The same content with languages, queries and passages in the opposite order."""

    def turn(mapping):
        return dict(reversed(mapping.items()))

    return replace(
        collection,
        corpora=turn({language: turn(texts) for language, texts in collection.corpora.items()}),
        queries=turn({language: turn(texts) for language, texts in collection.queries.items()}),
        qrels=turn({query: turn(grades) for query, grades in collection.qrels.items()}),
    )


def test_checksums_do_not_depend_on_order(collection):
    checksums = collection.checksums()
    assert swapped(collection).checksums() == checksums
    assert set(checksums) == {"queries", "passages", "qrels"}
    assert all(len(checksum) == 32 and int(checksum, 16) for checksum in checksums.values())


def with_passage(collection, passage):
    return replace(collection, corpora={**collection.corpora, "de": {**collection.corpora["de"], "de:0": passage}})


@pytest.mark.parametrize(
    ("change", "differs"),
    [
        (lambda c: with_passage(c, Passage("other")), "passages"),
        (lambda c: with_passage(c, Passage("de passage 0", title="Titel")), "passages"),
        (lambda c: with_passage(c, Passage("de passage 0", context="Umgebung")), None),
        (lambda c: replace(c, queries={**c.queries, "de": {**c.queries["de"], "de:q0": "other"}}), "queries"),
        (lambda c: replace(c, qrels={**c.qrels, "de:q0": {**c.qrels["de:q0"], "de:4": 0}}), "qrels"),
        (lambda c: replace(c, qrels={**c.qrels, "de:q0": {**c.qrels["de:q0"], "de:0": 2}}), "qrels"),
    ],
    ids=["text", "title", "context, which is not searched", "query", "judged as not relevant", "grade"],
)
def test_checksums_tell_what_differs(collection, change, differs):
    before, after = collection.checksums(), change(collection).checksums()
    assert [part for part in before if before[part] != after[part]] == ([differs] if differs else [])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"queries": {"en": {"en:q1": None}}}, "the query 'en:q1' is None"),
        ({"queries": {"en": {17: "1?"}}}, "the query id 17 does not begin with 'en:'"),
        ({"corpora": {"en": {b"en:1": Passage("One.")}}}, "the document id b'en:1' does not begin with 'en:'"),
        ({"corpora": {"en": {"en:1": {"text": "One."}}}}, "the passage 'en:1' is a dict"),
        ({"corpora": {"en": {"en:1": Passage("One.", title=None)}}}, "the title of the passage 'en:1' is None"),
        ({"qrels": {17: {"en:1": 1}}}, "judge an unknown query 17"),
        ({"qrels": {"en:q1": {17: 1}}}, "name an unknown document 17"),
        *(({"qrels": {"en:q1": {"en:1": grade}}}, "grade 'en:1' with") for grade in ("1", None, 0.5, 1e400, -1e400)),
        ({"qrels": {"en:q1": {"en:1": float("nan")}}}, "grade 'en:1' with nan"),
        ({"group_of": {"en:q1": 1}}, "the group of 'en:q1' is 1"),
        ({"passage_text": None}, "its passage_text is None"),
        ({"notes": "half of it"}, "its notes are 'half of it'"),
        ({"measures": "map"}, "its measures are 'map'"),
    ],
)
def test_content_of_wrong_types_is_told(uneven, change, message):
    sound = {"queries": {"en": {"en:q1": "1?"}}, "corpora": {"en": {"en:1": Passage("One.")}}, "qrels": {}}
    replace(uneven, **sound)
    with pytest.raises(DataFormatError, match=message):
        replace(uneven, **{**sound, **change})


@pytest.mark.parametrize("grade", [0, -1, 3, 2.0, np.int64(2), np.float32(1)])
def test_whole_numbers_of_any_type_are_grades(uneven, grade):
    assert replace(uneven, qrels={"en:q1": {"en:1": grade}}).qrels["en:q1"]["en:1"] == grade


def test_setting_keeps_its_corpora_and_the_queries_that_they_answer(uneven):
    part = uneven.setting("en-de")
    assert list(part.corpora) == ["de"]
    assert part.queries == {"en": {"en:q1": "1?", "en:q2": "2?"}}
    assert part.qrels == {"en:q1": {"de:1": 2, "de:2": 0}, "en:q2": {"de:2": 1}}
    assert uneven.setting("en").queries == {"en": {"en:q1": "1?"}}
    assert uneven.setting("").beir() == uneven.setting("en-all").beir() == uneven.beir()


def test_setting_keeps_groups_notes_and_measures(uneven):
    linked = replace(uneven, group_of={"en:q1": "1", "en:q3": "3"}, notes=("a note",), measures=("map",))
    part = linked.setting("en-de")
    assert (part.group_of, part.notes, part.measures) == ({"en:q1": "1"}, ("a note",), ("map",))


@pytest.mark.parametrize("name", ["de", "en-fr", "mono", "uneven.mono"])
def test_setting_that_the_collection_lacks_is_refused(uneven, name):
    with pytest.raises(UnknownNameError, match="uneven has no setting"):
        uneven.setting(name)


def test_setting_without_an_answer_is_refused(uneven):
    silent = replace(uneven, qrels={"en:q1": {"de:1": 1, "en:1": 0}})
    with pytest.raises(ConfigurationError, match="uneven: no query has a relevant passage in the setting 'en'"):
        silent.setting("en")
