"""LoadedData: the languages of what a script has loaded.

There is one way to them: :attr:`loaded_datasets` remembers what BEIR's loaders have returned, and
:meth:`LoadedDatasets.find` decides which of it judgements belong to.
"""

from __future__ import annotations

import logging
import sys
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from beir_hybrid.datasets.beir.marker import Marker
from beir_hybrid.errors import DataFormatError
from beir_hybrid.hosts.beir.dicts import ids_of
from beir_hybrid.languages import code_of
from beir_hybrid.storage.files import parse_json
from beir_hybrid.translations import group_in

logger = logging.getLogger(__name__)

_REMEMBERED = 32  # of a script that loads many datasets before it evaluates on them


@dataclass(frozen=True, eq=False)
class LoadedData:
    """What is remembered of a corpus, its queries and qrels, none of whose texts are kept.

    Attributes:
        name: Name of the dataset: that of its folder.
        sizes: Number of documents by language; those without a language are under an empty string. Empty if nothing was
            loaded.
        declared: Whether the languages are named as such, not only at the beginning of ids.
        queries: Query ids; None if only a corpus was loaded.
        qrels: The very object that the script got.
        languages: Languages of documents and queries whose ids do not begin with them.
        groups: By query id, what translations of one question share, where the queries' metadata say so; empty for a
            query that is said to have none.
        passage_text: What a passage's text consists of.
        notes: What a reader of results must know.
        measures: What is measured unless asked otherwise; empty for this package's own choice.
    """

    name: str = "data"
    sizes: Mapping[str, int] = field(default_factory=dict)
    declared: bool = False
    queries: frozenset[str] | None = None
    qrels: object = None
    languages: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    passage_text: str = "text"
    notes: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()

    def language(self, identifier: str) -> str:
        """Return the language of a document or query; an empty string if it has none."""
        return self.languages.get(identifier) or code_of(identifier)


class LoadedDatasets:
    """What a script has loaded, as far as it is remembered: the last 32 datasets that carry languages."""

    def __init__(self) -> None:
        self._last: deque[LoadedData] = deque(maxlen=_REMEMBERED)

    def remember(self, data: LoadedData) -> None:
        """Remember what was loaded last."""
        self._last.append(data)

    def forget(self) -> None:
        """Forget what was loaded."""
        self._last.clear()

    def may_have_languages(self, queries: Any) -> bool:
        """Return whether queries may have languages: by their ids, or since they were loaded with data that have."""
        ids = ids_of(queries)
        return bool(ids) and (
            all(map(code_of, ids)) or any(data.queries is None or data.queries.issuperset(ids) for data in self._last)
        )

    def find(self, qrels: Mapping[str, Mapping[str, int]], documents: Iterable[str]) -> LoadedData | None:
        """Find what judgements were loaded with.

        Args:
            qrels: Judgements.
            documents: Ids of the documents that were judged or retrieved.

        Returns:
            What was loaded with this very object, if a loader returned it. Otherwise the last data that have all
            queries and all languages of the documents, preferring those that have no language more. Otherwise data
            without sizes, if the ids of all queries begin with their languages; None if they do not.
        """
        for data in reversed(self._last):
            if data.qrels is qrels:
                return data
        ids = list(documents)
        fitting = []
        for data in reversed(self._last):
            if data.queries is None or data.queries >= qrels.keys():
                seen = set(map(data.language, ids))
                if seen == set(data.sizes):
                    return data
                if seen <= set(data.sizes):
                    fitting.append(data)
        if fitting:
            return fitting[0]
        return LoadedData() if qrels and all(map(code_of, qrels)) else None


loaded_datasets = LoadedDatasets()
"""The datasets of this process."""


def describe(
    documents: Iterable[str],
    queries: Iterable[str] | None = None,
    qrels: object = None,
    corpus_file: Path | None = None,
    query_file: Path | None = None,
) -> LoadedData | None:
    """Describe the languages of what was loaded.

    They are known from ids; where some do not begin with one, from metadata such as ``{"language": "de"}``. Files are
    read again only if they are needed for that and have a language in their first line, but for the queries' groups,
    which may be on any.

    Args:
        documents: Document ids.
        queries: Query ids; None if only a corpus was loaded.
        qrels: As the script got them.
        corpus_file: The corpus as JSON lines; None if it came from elsewhere.
        query_file: The queries likewise.

    Returns:
        None if the data carry no language.
    """
    ids = list(documents)
    asked = None if queries is None else frozenset(queries)
    files = [path for path in (corpus_file, query_file) if path is not None]
    declaring = [path for path in files if _language(next((row for _, row in _rows(path)), {}))]
    if not declaring and not all(map(code_of, asked or ids[:1])):
        return None
    sizes, languages = Counter(map(code_of, ids)), {}
    if declaring and ("" in sizes or not all(map(code_of, asked or ()))):
        rows = (row for path in declaring for _, row in _rows(path))
        languages = {str(row.get("_id")): code for row in rows if (code := _language(row))}
        sizes = Counter(languages.get(document) or code_of(document) for document in ids)
    carries = all(languages.get(query) or code_of(query) for query in asked) if asked else "" not in sizes
    if not carries or set(sizes) <= {""}:
        return None
    folder = Path() if corpus_file is None else corpus_file.absolute().parent
    marker = Marker.read(folder)
    return LoadedData(
        name=folder.name,
        sizes=dict(sizes),
        declared=bool(declaring or marker is not None),
        queries=asked,
        qrels=qrels,
        languages={name: code for name, code in languages.items() if code_of(name) != code},
        # in a folder of ours, a query without a group is said to have none
        groups=_groups(query_file, dict.fromkeys((asked or ()) if marker is not None else (), "")),
        passage_text="text" if marker is None else marker.passage_text,
        notes=() if marker is None else marker.notes,
        measures=() if marker is None else marker.measures,
    )


def _groups(path: Path | None, known: dict[str, str]) -> dict[str, str]:
    """Add to the groups that are known those of a file of queries; none of a file with a group of another type."""
    groups = dict(known)
    try:
        for number, row in () if path is None else _rows(path):
            if (group := group_in(_metadata(row), f"{path}:{number}")) is not None:
                groups[str(row.get("_id"))] = group
    except DataFormatError as error:
        logger.warning("%s No group is read from that file.", error)
        return known
    return groups


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read the objects of a file of JSON lines, with their numbers from 1."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            row = parse_json(line)
            yield number, row if isinstance(row, dict) else {}


def _metadata(row: Mapping[str, Any]) -> dict[str, Any]:
    metadata = row.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def _language(row: Mapping[str, Any]) -> str:
    language = _metadata(row).get("language")
    # one string for each language, not for each document
    return sys.intern(language) if isinstance(language, str) and ":" not in language else ""
