"""A dataset or one of its settings in the form of ir_datasets."""

# mypy: allow-untyped-calls
# ir_datasets annotates next to nothing

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import islice
from typing import Any, NamedTuple

import ir_datasets
from ir_datasets.formats import BaseDocs, BaseQrels, BaseQueries, GenericQrel, GenericQuery
from ir_datasets.indices import Docstore
from ir_datasets.util.metadata import MetadataComponent, MetadataProvider

from beir_hybrid.collection import MultilingualCollection, language_of
from beir_hybrid.datasets.load import load_setting
from beir_hybrid.datasets.names import NamedData, find_data
from beir_hybrid.datasets.registered import find_dataset
from beir_hybrid.passage import Passage


class LanguageDocument(NamedTuple):
    """A passage.

    Attributes:
        doc_id: Its id, which begins with its language.
        text: Its text.
        title: Its title, or an empty string.
        lang: Code of its language.
    """

    doc_id: str
    text: str
    title: str
    lang: str

    def default_text(self) -> str:
        """Return title and text, as models read them."""
        return Passage(self.text, self.title).searchable


def build_data(identifier: str, name: str, setting: str) -> ir_datasets.Dataset:
    """Build a dataset for ir_datasets; nothing is loaded.

    Args:
        identifier: Its id there.
        name: The registered name here.
        setting: A setting; empty for the whole dataset.

    Raises:
        UnknownNameError: If there is no such dataset or setting.
    """
    find_dataset(name, folders=False)
    data = find_data(".".join(filter(None, (name, setting))))
    data.check()
    content = _Content(data)
    dataset = ir_datasets.Dataset(_Docs(content), _Queries(content), _Qrels(content), _Documentation(data))
    sizes = MetadataProvider(lambda: {identifier: content.counts()})
    return ir_datasets.Dataset(MetadataComponent(identifier, dataset, sizes), dataset)


@lru_cache(maxsize=4)
def _load(name: str) -> MultilingualCollection:
    return load_setting(name)


class _Content:
    """What is loaded when it is first asked for."""

    def __init__(self, data: NamedData) -> None:
        self._data = data

    @cached_property
    def collection(self) -> MultilingualCollection:
        return _load(self._data.name)

    def counts(self) -> dict[str, dict[str, int]]:
        """Count documents, queries and judgements, as ir_datasets' metadata do."""
        data = self.collection
        numbers = {
            "docs": sum(map(len, data.corpora.values())),
            "queries": sum(map(len, data.queries.values())),
            "qrels": sum(map(len, data.qrels.values())),
        }
        return {entity: {"count": number} for entity, number in numbers.items()}

    def language(self, languages: Iterable[str]) -> str | None:
        """Return the only one of some languages; None if there are several."""
        known = tuple(languages)
        return known[0] if len(known) == 1 else None


class _Docs(BaseDocs):  # type: ignore[misc]  # ir_datasets has no annotations
    def __init__(self, content: _Content) -> None:
        self._content = content

    def docs_iter(self) -> DocumentIterator:
        return DocumentIterator(self._content.collection, range(self.docs_count()))

    def docs_count(self) -> int:
        return self._content.counts()["docs"]["count"]

    def docs_cls(self) -> type[LanguageDocument]:
        return LanguageDocument

    def docs_lang(self) -> str | None:
        return self._content.language(self._content.collection.corpora)

    def docs_store(self, *_: object, **__: object) -> CollectionStore:
        return CollectionStore(self._content.collection)


class DocumentIterator:
    """Documents in order; slicing it gives another one, as ir_datasets' own iterators do.

    Args:
        collection: The collection.
        rows: Places of the documents, counted through the languages.
    """

    def __init__(self, collection: MultilingualCollection, rows: range) -> None:
        self._collection, self._rows = collection, rows
        self._documents: Iterator[LanguageDocument] | None = None

    def __iter__(self) -> DocumentIterator:
        return self

    def __next__(self) -> LanguageDocument:
        if self._documents is None:
            rows = self._rows
            self._documents = islice(_documents(self._collection), rows.start, rows.stop, rows.step)
        return next(self._documents)

    def __getitem__(self, place: int | slice) -> LanguageDocument | DocumentIterator:
        if isinstance(place, slice):
            return DocumentIterator(self._collection, self._rows[place])
        row = self._rows[place]
        return next(islice(_documents(self._collection), row, None))


def _documents(collection: MultilingualCollection) -> Iterator[LanguageDocument]:
    for language, corpus in collection.corpora.items():
        for document, passage in corpus.items():
            yield LanguageDocument(document, passage.text, passage.title, language)


class CollectionStore(Docstore):  # type: ignore[misc]  # as above
    """Documents by id.

    Args:
        collection: The collection.
    """

    def __init__(self, collection: MultilingualCollection) -> None:
        super().__init__(LanguageDocument)
        self._collection = collection

    def get_many_iter(self, doc_ids: Iterable[str]) -> Iterator[LanguageDocument]:
        """Yield those that there are."""
        for document in doc_ids:
            language = language_of(document)
            corpus = self._collection.corpora.get(language, {})
            if document in corpus:
                passage = corpus[document]
                yield LanguageDocument(document, passage.text, passage.title, language)


class _Queries(BaseQueries):  # type: ignore[misc]  # as above
    def __init__(self, content: _Content) -> None:
        self._content = content

    def queries_iter(self) -> Iterator[GenericQuery]:
        for texts in self._content.collection.queries.values():
            for query, text in texts.items():
                yield GenericQuery(query, text)

    def queries_cls(self) -> type[GenericQuery]:
        return GenericQuery

    def queries_count(self) -> int:
        return self._content.counts()["queries"]["count"]

    def queries_lang(self) -> str | None:
        return self._content.language(self._content.collection.queries)


class _Qrels(BaseQrels):  # type: ignore[misc]  # as above
    def __init__(self, content: _Content) -> None:
        self._content = content

    def qrels_iter(self) -> Iterator[GenericQrel]:
        for query, judged in self._content.collection.qrels.items():
            for document, grade in judged.items():
                yield GenericQrel(query, document, int(grade))

    def qrels_defs(self) -> dict[int, str]:
        grades = {int(grade) for judged in self._content.collection.qrels.values() for grade in judged.values()}
        return {grade: "relevant" if grade > 0 else "not relevant" for grade in sorted(grades)}

    def qrels_count(self) -> int:
        return self._content.counts()["qrels"]["count"]


class _Documentation:
    def __init__(self, data: NamedData) -> None:
        self._data = data

    def documentation(self) -> dict[str, Any]:
        listing = self._data.dataset
        return {"pretty_name": self._data.name, "desc": listing.description, "data_access": listing.licence}
