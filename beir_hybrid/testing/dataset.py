"""DatasetContract: what this package relies on in a dataset."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from beir_hybrid.collection import MultilingualCollection, language_of
from beir_hybrid.datasets.load import load_dataset
from beir_hybrid.datasets.registered import find_dataset
from beir_hybrid.errors import BeirHybridError, ConfigurationError, LanguageError
from beir_hybrid.languages import is_code
from beir_hybrid.testing.expectation import expect, expect_refusal, other_randomness
from beir_hybrid.testing.pairs import CHOOSE, PairsContract


class DatasetContract(PairsContract):
    """Tests of a dataset. Subclass it, name the class ``Test...``, and set ``name``.

    Everything is loaded as users load it, once for all tests of the class but where two loads are compared. A large
    dataset is tested on a small copy of its files: override the fixture ``source``.

    Attributes:
        name: The registered name.
        languages: The languages to load, at least one; None for all.
        options: Options of ``load``.
        pairs_options: Options of ``pairs``.
        parallel: Whether the groups of ``pairs`` hold translations; False where every group has one language only.

    Examples:
        ::

            class TestFaq(DatasetContract):
                name = "faq"
                languages = ("de", "en")

                @pytest.fixture(scope="class")
                @classmethod
                def source(cls):
                    return Path(__file__).with_name("faq")
    """

    def test_registered_dataset_describes_itself(self) -> None:
        """Name, description, languages and licence are there, as listings show them."""
        dataset = self.registered()
        called = getattr(dataset, "name", None)
        expect(called == self.name, f"It is registered as {self.name!r} and calls itself {called!r}.", "Use one name.")
        for attribute in ("description", "licence"):
            text = getattr(dataset, attribute, None)
            expect(
                isinstance(text, str) and text.strip() and "\n" not in text,
                f"Its {attribute} is {text!r}.",
                "Write one line of text.",
            )
        codes: Any = getattr(dataset, "languages", None)
        expect(isinstance(codes, tuple) and codes, f"Its languages are {codes!r}.", "Use a tuple of codes.")
        for code in codes:
            expect(
                isinstance(code, str) and is_code(code),
                f"One of its languages is {code!r}.",
                "Use codes such as 'de' or 'zh-Hans': names of settings are made of them.",
            )
        expect(len(set(codes)) == len(codes), f"Its languages {codes} repeat a code.", "Name each language once.")

    def test_collection_holds_the_languages_chosen(self, collection: MultilingualCollection) -> None:
        """The collection has the dataset's name, and queries and passages in the languages asked for, in that order."""
        expect(
            isinstance(collection, MultilingualCollection),
            f"load() returns {type(collection).__name__}.",
            "Return a beir_hybrid.MultilingualCollection.",
        )
        expect(
            collection.name == self.name, f"The collection is called {collection.name!r}.", f"Call it {self.name!r}."
        )
        wanted = self._asked()
        expect(
            collection.languages == wanted,
            f"Asked for {wanted}, load() returns the languages {collection.languages}.",
            "Return the languages in the order of the argument, and in the dataset's own if it is None.",
        )
        for kind, texts in (("queries", collection.queries), ("passages", collection.corpora)):
            empty = [language for language, of_language in texts.items() if not len(of_language)]
            expect(not empty, f"There are no {kind} in {empty}.", "Leave the language out of that mapping.")

    def test_ids_carry_their_language(self, collection: MultilingualCollection) -> None:
        """Ids of queries and passages are like ``en:17_3``."""
        for kind, identifiers in (("query", _ids(collection.queries)), ("document", _ids(collection.corpora))):
            for language, identifier in identifiers:
                expect(
                    language_of(identifier) == language and identifier != f"{language}:",
                    f"The {kind} id {identifier!r} is in the {language} texts.",
                    f"Begin it with {language!r} and a colon, and let something follow.",
                )

    def test_no_passage_has_the_id_of_a_query(self, collection: MultilingualCollection) -> None:
        """BEIR takes a passage with the query's id for the query itself, and drops it from the results."""
        both = [query for language, query in _ids(collection.queries) if query in collection.corpora.get(language, {})]
        expect(not both, f"{both[:1]} are ids of a query and of a passage.", "Let one of them have something more.")

    def test_texts_are_there(self, collection: MultilingualCollection) -> None:
        """No query is blank, and no passage has neither text nor title; all are valid Unicode."""
        for language, queries in collection.queries.items():
            for query, text in queries.items():
                _check_text(f"The {language} query {query!r}", text, text)
        for corpus in collection.corpora.values():
            for document, passage in corpus.items():
                _check_text(f"The text of {document!r}", passage.text, passage.searchable)
                _check_text(f"The title of {document!r}", passage.title, passage.searchable)

    def test_judgements_name_what_is_there(self, collection: MultilingualCollection) -> None:
        """Judgements are of known queries and documents, with whole grades."""
        for query, judged in collection.qrels.items():
            expect(
                query in collection.queries.get(language_of(query), {}),
                f"The qrels judge {query!r}, which is no query.",
                "Leave out the judgements of queries that are not loaded.",
            )
            for document, grade in judged.items():
                expect(
                    document in collection.corpora.get(language_of(document), {}),
                    f"The qrels of {query!r} name {document!r}, which is no document.",
                    "Leave out the judgements of documents that are not loaded.",
                )
                expect(type(grade) is int, f"{query!r} grades {document!r} with {grade!r}.", "Make grades ints.")

    def test_every_query_language_has_something_to_find(self, collection: MultilingualCollection) -> None:
        """In every query language a query has a relevant passage: the others are left out of every result."""
        answered = {
            language_of(query)
            for query, judged in collection.qrels.items()
            if any(grade > 0 for grade in judged.values())
        }
        lacking = [language for language in collection.queries if language not in answered]
        expect(
            not lacking,
            f"No query in {lacking} has a relevant passage.",
            "Add a judgement above 0, or leave it out.",
        )

    def test_groups_are_of_translations(self, collection: MultilingualCollection) -> None:
        """``group_of`` names queries, and a group has one query in each language at most."""
        seen: dict[tuple[str, str], str] = {}
        for query, group in collection.group_of.items():
            key = (language_of(query), group)
            expect(
                query in collection.queries.get(key[0], {}),
                f"group_of names {query!r}, which is no query.",
                "Leave out the queries of languages that are not loaded.",
            )
            other = seen.setdefault(key, query)
            expect(
                other == query,
                f"The group {group!r} has two {key[0]} queries, {other!r} and {query!r}.",
                "A group holds one question and its translations: number questions, not passages.",
            )

    def test_one_language_alone_is_that_part_of_all(
        self, collection: MultilingualCollection, source: Path | None
    ) -> None:
        """Loading a language alone gives what selecting it from more languages gives."""
        language = collection.languages[-1]
        alone = load_dataset(self.name, source, [language], **self.options)
        expect(
            alone.languages == (language,),
            f"Asked for {language} alone, load() returns {alone.languages}.",
            f"{CHOOSE} Load only what it gives.",
        )
        both = alone.checksums(), collection.select([language]).checksums()
        differing = [part for part in both[0] if both[0][part] != both[1][part]]
        expect(
            not differing,
            f"Loaded alone, {language} has other {' and '.join(differing)} than among {collection.languages}.",
            "Let nothing of a language depend on the others, but judgements of passages in them.",
        )

    def test_languages_come_in_the_order_asked_for(
        self, collection: MultilingualCollection, source: Path | None
    ) -> None:
        """The order of the languages is the caller's."""
        wanted = collection.languages[::-1]
        languages = load_dataset(self.name, source, wanted, **self.options).languages
        expect(languages == wanted, f"Asked for {wanted}, load() returns {languages}.", CHOOSE)

    @pytest.mark.parametrize("wrong", ["unknown", "repeated", "none"])
    def test_languages_it_lacks_are_refused(self, wrong: str, source: Path | None) -> None:
        """A language that is unknown or given twice is refused with a LanguageError, and so is none at all."""
        chosen = self._wrong(wrong)
        expect_refusal(
            lambda: load_dataset(self.name, source, chosen, **self.options),
            LanguageError,
            f"languages={chosen}",
            CHOOSE,
        )

    def test_options_it_lacks_are_refused(self, source: Path | None) -> None:
        """An option that does not exist is refused, not swallowed."""
        expect_refusal(
            lambda: load_dataset(self.name, source, self._asked()[:1], **self.options, no_such_option=1),
            ConfigurationError,
            "no_such_option=1",
            "Name the options of load() in its signature, or refuse what **options should not hold.",
        )

    def test_first_split_is_the_usual_one(self, collection: MultilingualCollection, source: Path | None) -> None:
        """``splits`` begins with the split that is loaded unless another is asked for; unknown ones are refused."""
        dataset = self.registered()
        splits: Any = getattr(dataset, "splits", None)
        if not find_dataset(self.name).has_splits or "split" in self.options:
            pytest.skip(f"{self.name} has one split, or the test chooses it")
        expect(isinstance(splits, tuple) and splits, f"Its splits are {splits!r}.", "Use a tuple, the usual one first.")
        first = load_dataset(self.name, source, self.languages, **self.options, split=splits[0])
        expect(
            first.checksums() == collection.checksums(),
            f"load(split={splits[0]!r}) is not what load() returns.",
            "Let splits begin with the default of load's argument split.",
        )
        expect_refusal(
            lambda: load_dataset(self.name, source, self.languages, **self.options, split="no-such-split"),
            BeirHybridError,
            "split='no-such-split'",
            "Raise a ConfigurationError, or a MissingDataError where the files decide.",
        )

    def test_stated_counts_are_true(self, collection: MultilingualCollection) -> None:
        """``queries`` and ``passages`` are those of the usual split in all languages, where the dataset states them."""
        dataset = find_dataset(self.name)
        if self.languages is not None or self.options or collection.notes:
            pytest.skip("not all of the dataset is loaded")
        listed = {"queries": dataset.queries, "passages": dataset.passages}
        for kind, texts in (("queries", collection.queries), ("passages", collection.corpora)):
            number = sum(map(len, texts.values()))
            expect(listed[kind] in (None, number), f"It lists {listed[kind]} {kind} and has {number}.", "Correct that.")

    def test_second_load_is_equal(self, collection: MultilingualCollection, source: Path | None) -> None:
        """Loading again gives the same, in the same order, whatever the state of the global random generators."""
        with other_randomness(7):
            again = load_dataset(self.name, source, self.languages, **self.options)
        for kind, texts, others in (
            ("queries", collection.queries, again.queries),
            ("passages", collection.corpora, again.corpora),
        ):
            expect(
                list(_ids(texts)) == list(_ids(others)),
                f"Loaded again, it has other {kind}, or the same in another order.",
                "Read files in a fixed order, walk no sets, and draw from numpy.random.default_rng(seed).",
            )
        both = collection.checksums(), again.checksums()
        differing = [part for part in both[0] if both[0][part] != both[1][part]]
        expect(
            not differing, f"Loaded again, it has other {' and '.join(differing)}.", "Return the same at every load."
        )
        expect(
            (collection.group_of, collection.passage_text) == (again.group_of, again.passage_text),
            "Loaded again, it has another group_of or passage_text.",
            "Return the same at every load.",
        )


def _ids(texts: Mapping[str, Iterable[str]]) -> Iterator[tuple[str, str]]:
    return ((language, identifier) for language, of_language in texts.items() for identifier in of_language)


def _check_text(what: str, text: object, searched: str) -> None:
    expect(isinstance(text, str), f"{what} is {text!r}.", "Make it a string, empty for a title that is not there.")
    expect(searched.strip(), f"{what} is blank.", "Leave it out, and its judgements.")
    try:
        searched.encode()
    except UnicodeEncodeError as error:
        pytest.fail(f"{what} is not valid Unicode: {error}. Correct that text.", pytrace=False)
