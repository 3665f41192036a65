"""IrSource: one id of ir_datasets, whose documents are in one language, with whatever it raises explained."""

# mypy: allow-untyped-calls
# ir_datasets annotates next to nothing

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from beir_hybrid.datasets.conversion import Conversion
from beir_hybrid.datasets.subset import Subset
from beir_hybrid.errors import (
    BeirHybridError,
    ConfigurationError,
    LanguageError,
    MissingDataError,
    UnknownNameError,
    did_you_mean,
)
from beir_hybrid.languages import is_code, short_code
from beir_hybrid.passage import Passage
from beir_hybrid.storage.corpus import StoredCorpus
from beir_hybrid.verbosity import progress_bar

_TRANSLATED = "en"  # what topics are written in that have their translation beside them, in ``ht_title``
_CODES = {"dt": "nl"}  # mMARCO's own


@dataclass(frozen=True)
class IrSource:
    """An id of ir_datasets.

    Attributes:
        identifier: The id, such as ``mmarco/v2/de/dev/small``.
        language: Code of the language of its documents.
        query_language: Code of that of its queries, unless they have several.
        topics_of: Further ids whose queries are its own.
    """

    identifier: str
    language: str
    query_language: str
    topics_of: tuple[str, ...] = ()

    @classmethod
    def find(cls, identifier: str, languages: str = "") -> IrSource:
        """Find an id.

        Args:
            identifier: The id.
            languages: Code of the language of its documents and queries, or of both as in ``en-de``, queries first;
                empty for those that ir_datasets knows.

        Raises:
            ConfigurationError: If ir_datasets is not installed, or the id lacks documents, queries or judgements.
            UnknownNameError: If there is no such id.
            LanguageError: If a language is not known, or is none.
            MissingDataError: If ir_datasets cannot get what it needs to know the id.
        """
        dataset = load_id(identifier)
        for entity in ("docs", "queries"):
            if not dataset.has(entity):
                raise ConfigurationError(
                    f"{identifier} of ir_datasets has no {'documents' if entity == 'docs' else entity}.",
                    did_you_mean(f"{identifier}/train", _below(identifier)),
                )
        if not dataset.has("qrels") and not dataset.has("docpairs"):
            raise ConfigurationError(
                f"{identifier} of ir_datasets has no judgements.", did_you_mean(f"{identifier}/dev", _below(identifier))
            )
        queries, _, documents = languages.partition("-")
        language = _code(documents or queries or dataset.docs_lang(), identifier, "documents")
        own = _TRANSLATED if "ht_title" in dataset.queries_cls()._fields else dataset.queries_lang()
        return cls(identifier, language, _code(queries or own, identifier, "queries"))

    def topics(self) -> Iterator[tuple[str, str, str]]:
        """Yield each query's id, the code of its language, and its text."""
        for name in (*self.topics_of, self.identifier):
            with explained(name):
                for query in load_id(name).queries_iter():
                    if hasattr(query, "ht_title"):
                        yield query.query_id, _TRANSLATED, query.title
                        if query.ht_title:
                            yield query.query_id, self.language, query.ht_title
                    else:
                        language = _TRANSLATED if name in self.topics_of else self.query_language
                        yield query.query_id, language, query.default_text()

    @property
    def has_qrels(self) -> bool:
        """Whether it has judgements, and not only pairs of documents to train on."""
        return bool(load_id(self.identifier).has("qrels"))

    def judgements(self) -> Iterator[tuple[str, str, int]]:
        """Yield query, document and grade.

        Raises:
            ConfigurationError: If there are none.
        """
        if not self.has_qrels:
            raise ConfigurationError(f"{self.identifier} of ir_datasets has no qrels.", "It is there to train on.")
        with explained(self.identifier):
            for each in load_id(self.identifier).qrels_iter():
                yield each.query_id, each.doc_id, int(each.relevance)

    def document_pairs(self) -> Iterator[tuple[str, str, str]]:
        """Yield query, document that is relevant, and one that is less so; shows progress in a terminal."""
        dataset = load_id(self.identifier)
        if dataset.has("docpairs"):
            with explained(self.identifier):
                pairs = progress_bar(dataset.docpairs_iter(), unit="pair", desc=self.identifier, show=None)
                for each in pairs:
                    yield each.query_id, each.doc_id_a, each.doc_id_b

    def documents(self) -> Iterator[tuple[str, Passage]]:
        """Yield each document's id, without its language, and passage; shows progress in a terminal."""
        corpus, dataset = self._corpus_id, load_id(self.identifier)
        with explained(self.identifier):
            total = dataset.docs_count()
            has_title = {"title", "text"} <= set(dataset.docs_cls()._fields)
            with progress_bar(total=total, unit="doc", desc=corpus, show=None) as bar:
                for document in dataset.docs_iter():
                    passage = (document.text, document.title) if has_title else (document.default_text(),)
                    yield document.doc_id, Passage(*passage)
                    bar.update(1)

    def corpus(self, judged: Collection[str], subset: Subset | None) -> StoredCorpus:
        """Convert the documents, once, into memory-mapped files in the user's cache.

        Args:
            judged: Ids of judged documents.
            subset: Which documents are wanted; None for all.
        """
        with explained(self.identifier):
            known = [self._corpus_id, load_id(self.identifier).docs_count()]
        name = re.sub(r"[^a-zA-Z0-9.]+", "-", self._corpus_id)
        conversion = Conversion(name, self.language, known, judged, subset)
        return conversion.stored() or conversion.write(self.documents())

    @property
    def _corpus_id(self) -> str:
        import ir_datasets

        with explained(self.identifier):
            return str(ir_datasets.docs_parent_id(self.identifier))


def known_ids() -> Sequence[str]:
    """List the ids of ir_datasets.

    Raises:
        ConfigurationError: If it is not installed.
    """
    return sorted(_ir_datasets().registry)


def load_id(identifier: str) -> Any:
    """Return what ir_datasets has under an id; nothing of it is read.

    Raises:
        ConfigurationError: If it is not installed.
        UnknownNameError: If it has no such id.
        MissingDataError: If it cannot get what it needs to know the id.
    """
    host = _ir_datasets()
    with explained(identifier):
        try:
            return host.load(identifier)
        except KeyError:
            raise UnknownNameError(
                f"ir_datasets has no id {identifier!r}.", did_you_mean(identifier, known_ids())
            ) from None


@contextmanager
def explained(name: str) -> Iterator[None]:
    """Explain whatever ir_datasets raises; errors of this package pass."""
    try:
        yield
    except BeirHybridError:
        raise
    except Exception as error:  # its own classes, and those of its transport
        lines = str(error).strip().splitlines() or [""]
        raise MissingDataError(
            f"ir_datasets cannot give {name} ({type(error).__name__}: {lines[0].rstrip('.')}).",
            "Check the connection, and the files in the folder that IR_DATASETS_HOME names.",
        ) from error


def _ir_datasets() -> Any:
    try:
        import ir_datasets
    except ImportError as error:
        raise ConfigurationError(
            "The package ir_datasets is needed and not installed.", "Run: pip install ir_datasets"
        ) from error
    return ir_datasets


def _below(identifier: str) -> list[str]:
    return [each for each in known_ids() if each.startswith(f"{identifier}/")]


def _code(language: str | None, identifier: str, what: str) -> str:
    if language is None:
        raise LanguageError(
            f"ir_datasets does not say the language of the {what} of {identifier}.",
            f"Give it, such as irds:{identifier}=de",
        )
    code = _CODES.get(language, short_code(language))
    if not is_code(code):
        raise LanguageError(f"{language!r} is no code of a language.", f"Give one, such as irds:{identifier}=de")
    return code
