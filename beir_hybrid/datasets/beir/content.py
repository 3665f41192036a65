"""FolderContent: the lines of a BEIR folder's files, from the collections of its splits."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import Any

from beir_hybrid.collection import LazyCorpus, MultilingualCollection, corpus_checksum, language_of, qrels_checksum
from beir_hybrid.datasets.beir.marker import Marker
from beir_hybrid.errors import DataFormatError, shorten
from beir_hybrid.passage import Passage
from beir_hybrid.storage.checksums import combine, digest_row

CORPUS, QUERIES = "corpus.jsonl", "queries.jsonl"

_QRELS_HEADER = "query-id\tcorpus-id\tscore"


@dataclass(frozen=True, eq=False)
class FolderContent:
    """The content of one folder.

    Args:
        splits: What each split holds, without unanswerable queries (see
            :meth:`~beir_hybrid.collection.MultilingualCollection.setting`); at least one. BEIR's folders have one
            corpus, so corpora that differ between the splits are united, and a note says so.
    """

    splits: Mapping[str, MultilingualCollection]

    @cached_property
    def corpora(self) -> dict[str, Mapping[str, Passage]]:
        """Passages by language."""
        corpora: dict[str, Mapping[str, Passage]] = {}
        for part in self.splits.values():
            for language, corpus in part.corpora.items():
                known = corpora.setdefault(language, corpus)
                if not _same(known, corpus):
                    corpora[language] = _union(known, corpus, f"{part.name}: the passage")
        return corpora

    @cached_property
    def queries(self) -> dict[str, str]:
        """Queries of all splits by id."""
        queries: dict[str, str] = {}
        for part in self.splits.values():
            for texts in part.queries.values():
                queries = _union(queries, texts, f"{part.name}: the query")
        return queries

    @cached_property
    def groups(self) -> dict[str, str]:
        """Groups of the queries that have one."""
        return {query: group for part in self.splits.values() for query, group in part.group_of.items()}

    @cached_property
    def notes(self) -> tuple[str, ...]:
        """What a reader of results must know."""
        notes = dict.fromkeys(note for part in self.splits.values() for note in part.notes)
        shared = all(
            part.corpora.keys() == self.corpora.keys()
            and all(_same(corpus, self.corpora[language]) for language, corpus in part.corpora.items())
            for part in self.splits.values()
        )
        if not shared:
            united = " and ".join(self.splits)
            notes[f"corpora unite those of the splits {united}: not comparable with results on a split's own"] = None
        return tuple(notes)

    def marker(self, name: str, setting: str, licence: str, options: Mapping[str, Any]) -> Marker:
        """Return the marker of a folder with this content, without its files.

        Args:
            name: Name of the folder.
            setting: Name of the setting.
            licence: Of the texts.
            options: What the splits were loaded with.
        """
        first = next(iter(self.splits.values()))
        return Marker(
            name=name,
            dataset=first.name,
            setting=setting,
            splits=tuple(self.splits),
            options=options,
            query_languages=tuple(dict.fromkeys(code for part in self.splits.values() for code in part.queries)),
            corpus_languages=tuple(self.corpora),
            queries=len(self.queries),
            passages=sum(len(corpus) for corpus in self.corpora.values()),
            passage_text=first.passage_text,
            measures=tuple(first.measures),
            licence=licence,
            notes=self.notes,
            checksums=self.checksums(),
            files={},
        )

    def files(self) -> dict[str, Iterator[str]]:
        """Return the lines of each file, by its path in the folder."""
        qrels = {f"qrels/{split}.tsv": self.qrels_lines(split) for split in self.splits}
        return {CORPUS: self.corpus_lines(), QUERIES: self.query_lines(), **qrels}

    def corpus_lines(self) -> Iterator[str]:
        """Yield the passages, one JSON object a line; stored corpora are decoded as a stream.

        All have the same keys, since BEIR's loader through Arrow needs one schema: with ``context``, perhaps empty, if
        any passage has one.

        Raises:
            DataFormatError: If an id has blanks, or a text is not Unicode.
        """
        with_context = any(
            getattr(corpus, "context_checksum", "")
            if isinstance(corpus, LazyCorpus)
            else any(passage.context for passage in corpus.values())
            for corpus in self.corpora.values()
        )
        for language, corpus in self.corpora.items():
            for identifier, passage in corpus.items():
                metadata = {"language": language} | ({"context": passage.context} if with_context else {})
                row = {"_id": identifier, "title": passage.title, "text": passage.text, "metadata": metadata}
                yield _line("document", identifier, row)

    def query_lines(self) -> Iterator[str]:
        """Yield the queries of all splits, one JSON object a line; with ``group`` if any query has one.

        Raises:
            DataFormatError: If an id has blanks, or a text is not Unicode.
        """
        for identifier, text in self.queries.items():
            metadata = {"language": language_of(identifier)}
            if self.groups:
                metadata["group"] = self.groups.get(identifier, "")
            yield _line("query", identifier, {"_id": identifier, "text": text, "metadata": metadata})

    def qrels_lines(self, split: str) -> Iterator[str]:
        """Yield a split's judgements below their header, grades of 0 included."""
        yield _QRELS_HEADER
        for query, grades in self.splits[split].qrels.items():
            for document, grade in grades.items():
                yield f"{_field(query)}\t{_field(document)}\t{int(grade)}"

    def checksums(self) -> dict[str, str]:
        """Return checksums of the content that do not depend on its order; corpora on disk are not read for them.

        Returns:
            32 hexadecimal digits each of ``passages``, ``queries`` and ``metadata``, and of each split's ``qrels``.
        """
        contexts = (digest for corpus in self.corpora.values() for digest in _context_digests(corpus))
        groups = (digest_row(query, group) for query, group in self.groups.items())
        qrels = {f"qrels/{split}": qrels_checksum(part.qrels) for split, part in self.splits.items()}
        return {
            "passages": combine(int(corpus_checksum(corpus), 16) for corpus in self.corpora.values()),
            "queries": combine(digest_row(query, text) for query, text in self.queries.items()),
            "metadata": combine(chain(contexts, groups)),
            **qrels,
        }


def _context_digests(corpus: Mapping[str, Passage]) -> Iterable[int]:
    """Return digests that add up to that of a corpus's contexts; nothing for one on disk that has none."""
    if isinstance(corpus, LazyCorpus):
        known = getattr(corpus, "context_checksum", "")
        return [int(known, 16)] if known else []
    return (digest_row(document, passage.context) for document, passage in corpus.items())


def _same(one: Mapping[str, Passage], other: Mapping[str, Passage]) -> bool:
    if isinstance(one, LazyCorpus) and isinstance(other, LazyCorpus):
        return one.checksum == other.checksum
    return one is other or (len(one) == len(other) and dict(one.items()) == dict(other.items()))


def _union(one: Mapping[str, Any], other: Mapping[str, Any], what: str) -> dict[str, Any]:
    united = dict(one.items())
    for identifier, value in other.items():
        if united.setdefault(identifier, value) != value:
            raise DataFormatError(f"{what} {shorten(identifier)} differs between the splits.", "Write one split alone.")
    return united


def _line(kind: str, identifier: str, row: dict[str, Any]) -> str:
    if identifier.split() != [identifier]:
        raise DataFormatError(
            f"The {kind} id {shorten(identifier)} has blanks, which runs and judgements cannot hold.", "Rename it."
        )
    line = json.dumps(row, ensure_ascii=False)
    try:
        line.encode()
    except UnicodeEncodeError as error:  # half a surrogate pair
        raise DataFormatError(
            f"The {kind} {shorten(identifier)} is not Unicode: {error}.", "Correct its text."
        ) from error
    return line


def _field(identifier: str) -> str:
    """Quote an id as CSV readers need it; blanks were refused before."""
    return '"' + identifier.replace('"', '""') + '"' if '"' in identifier else identifier
