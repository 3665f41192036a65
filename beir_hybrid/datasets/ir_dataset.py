"""IrDataset: ids of ir_datasets as one dataset, a language each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.ir_source import IrSource, known_ids, load_id
from beir_hybrid.datasets.left_out import LeftOut, check_text
from beir_hybrid.datasets.subset import Subset
from beir_hybrid.errors import ConfigurationError, DataFormatError, UnknownNameError, did_you_mean, shorten
from beir_hybrid.languages import choose_languages
from beir_hybrid.storage.corpus import StoredCorpus
from beir_hybrid.texts import Digests, digest_texts

_PREFIX = "irds:"


def is_irds(name: str | Path) -> bool:
    """Return whether data are named by ids of ir_datasets."""
    return str(name).startswith(_PREFIX)


@dataclass(frozen=True)
class IrDataset:
    """Ids of ir_datasets, each with documents in another language.

    Queries whose id and text are equal are one. Where ids have the same judgements, as mMARCO's translations do, their
    queries and documents of one id are translations of one another, and a query's answers are those in all languages.

    Corpora are converted, as streams, into memory-mapped files in the user's cache on first use.

    Attributes:
        name: What results call it.
        sources: One of each language of documents.
    """

    name: str
    sources: tuple[IrSource, ...]
    description = "Ids of ir_datasets"

    @classmethod
    def parse(cls, address: str) -> IrDataset:
        """Read an address.

        Args:
            address: ``irds:ID[=LANGUAGE]``, or several such ids with ``+`` between them. In an id, ``*`` stands for
                any part between two slashes. A language is a code, or two as in ``en-de``, the queries' first.

        Raises:
            ConfigurationError: If two ids have documents in the same language; and as for :meth:`IrSource.find`.
            BeirHybridError: As there.
        """
        sources: dict[str, IrSource] = {}
        given = address.removeprefix(_PREFIX)
        for word in given.split("+"):
            identifier, _, languages = word.strip().partition("=")
            for each in _matching(identifier):
                source = IrSource.find(each, languages)
                other = sources.setdefault(source.language, source)
                if other is not source:
                    raise ConfigurationError(
                        f"The documents of {other.identifier} and {each} are both in {source.language}.",
                        "Give one id of each language.",
                    )
        return cls(re.sub(r"[^\w.+-]+", "-", given.replace("*", "all")), tuple(sources.values()))

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes of the languages of documents and queries."""
        spoken = ((source.query_language, source.language) for source in self.sources)
        return tuple(dict.fromkeys(language for pair in spoken for language in pair))

    def load(
        self,
        source: str | Path | None = None,
        languages: Iterable[str] | None = None,
        judged_only: bool = False,
        sample_passages: int | None = None,
    ) -> MultilingualCollection:
        """Load queries, judgements and corpora.

        Args:
            source: None: ir_datasets keeps its files in the folder that ``IR_DATASETS_HOME`` names.
            languages: Language codes; None for all. One of documents is among them.
            judged_only: Whether corpora hold the judged documents alone, relevant or not.
            sample_passages: How many further documents they hold, drawn at random, always the same; None for all.

        Raises:
            ConfigurationError: If an option is wrong, or ids have different queries of one id and language.
            MissingDataError: If ir_datasets cannot get the files.
        """
        if source is not None:
            raise ConfigurationError(
                f"{self.name} has no source {str(source)!r}: ir_datasets has its files.",
                "Leave it out, and set IR_DATASETS_HOME to their folder.",
            )
        subset = Subset.of(judged_only, sample_passages)
        chosen = choose_languages(languages, self.languages, self.name)
        searched = self.searched(chosen)
        left_out = LeftOut(self.name)
        corpora: dict[str, StoredCorpus] = {}
        grades: dict[str, dict[str, int]] = {}
        topics = _Topics(self.name, left_out)
        for each in searched:
            judged = list(each.judgements())
            topic_of = topics.add(each, judged)
            corpus = corpora[each.language] = each.corpus({document for _, document, _ in judged}, subset)
            for query, document, grade in judged:
                with left_out.counted(Path(each.identifier)):
                    if query not in topic_of or f"{each.language}:{document}" not in corpus:
                        problem = f"{each.identifier} judges {shorten(document)} for {shorten(query)}, one of which is"
                        raise DataFormatError(f"{problem} not there.", "Let ir_datasets fetch the files again.")
                    grades.setdefault(topic_of[query], {})[f"{each.language}:{document}"] = grade
        queries, group_of = topics.queries(chosen, grades)
        return MultilingualCollection(
            name=self.name,
            corpora=corpora,
            queries=queries,
            qrels={query: grades[topic] for query, topic in group_of.items()},
            passage_text="title+text",
            group_of=group_of,
            notes=(*(() if subset is None else (subset.note,)), *left_out.tell()),
        )

    def searched(self, languages: Sequence[str]) -> list[IrSource]:
        """Return the sources whose documents are in some languages.

        Raises:
            ConfigurationError: If there are none.
        """
        searched = [source for source in self.sources if source.language in languages]
        if not searched:
            known = ", ".join(source.language for source in self.sources)
            raise ConfigurationError(
                f"{self.name} has no documents in {', '.join(languages)}.", f"Choose some of {known}, too."
            )
        return searched


class Families:
    """Names ids that are translations of one another alike: those that share at least half of their judgements."""

    def __init__(self) -> None:
        self._known: list[tuple[str, Digests]] = []  # the first id of each family, and who is relevant to whom

    def find(self, identifier: str, judgements: Iterable[tuple[str, str, int]]) -> str:
        """Return the first id that has the same judgements, or else this one, which others may be translations of.

        Args:
            identifier: The id.
            judgements: Query, document and grade; relevant are those above 0.
        """
        relevant = [f"{query}\t{document}" for query, document, grade in judgements if grade > 0]
        own = np.unique(digest_texts(pa.array(relevant, pa.string()), exact=True)[:, 0])
        for first, other in self._known:
            if 2 * np.isin(own, other, assume_unique=True).sum() >= min(len(own), len(other)) > 0:
                return first
        self._known.append((identifier, own))
        return identifier


class _Topics:
    """The queries of several sources, in which those that are one question have one name.

    Args:
        name: The dataset's, for messages.
        left_out: Counts queries that cannot be used.
    """

    def __init__(self, name: str, left_out: LeftOut) -> None:
        self._name, self._left_out = name, left_out
        self._texts: dict[tuple[str, str], tuple[str, str]] = {}  # topic and text by language and query
        self._families = Families()
        self._first = ""  # the family whose topics keep their names

    def add(self, source: IrSource, judged: Sequence[tuple[str, str, int]]) -> dict[str, str]:
        """Add a source's queries; return the topic of each."""
        family = self._families.find(source.identifier, judged)
        self._first = self._first or family
        prefix = "" if family == self._first else f"{family}:"
        topic_of: dict[str, str] = {}
        for query, language, text in source.topics():
            with self._left_out.counted(Path(source.identifier)):
                check_text(text, f"{source.identifier}: the query {shorten(query)} in {language}")
                own = topic_of.get(query, f"{prefix}{query}")
                topic, known = self._texts.setdefault((language, query), (own, text))
                if known != text and topic != own:
                    raise ConfigurationError(
                        f"{self._name} has two queries {shorten(query)} in {language}: {shorten(known)} and "
                        f"{shorten(text)}.",
                        "Take their ids one after the other.",
                    )
                topic_of.setdefault(query, topic)
        return topic_of

    def queries(
        self, languages: Sequence[str], judged: Iterable[str]
    ) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
        """Return the texts of judged topics by language and query, and the topic of each query."""
        queries: dict[str, dict[str, str]] = {language: {} for language in languages}
        group_of: dict[str, str] = {}
        wanted = set(judged)
        for (language, query), (topic, text) in self._texts.items():
            if language in queries and topic in wanted:
                queries[language][f"{language}:{query}"] = text
                group_of[f"{language}:{query}"] = topic
        return {language: texts for language, texts in queries.items() if texts}, group_of


def _matching(identifier: str) -> Iterator[str]:
    """Yield the ids that one with ``*`` stands for, as far as they have queries and documents in a known language."""
    if "*" not in identifier:
        yield identifier
        return
    pattern = re.compile("[^/]+".join(map(re.escape, identifier.split("*"))))
    loaded = ((each, load_id(each)) for each in known_ids() if pattern.fullmatch(each))
    matching = [each for each, dataset in loaded if dataset.has("queries") and dataset.docs_lang()]
    if not matching:
        raise UnknownNameError(f"ir_datasets has no id like {identifier!r}.", did_you_mean(identifier, known_ids()))
    yield from matching
