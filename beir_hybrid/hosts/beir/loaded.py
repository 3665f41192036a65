"""LoadedData: the languages of what a script has loaded."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from beir_hybrid.datasets.beir.marker import Marker
from beir_hybrid.errors import DataFormatError
from beir_hybrid.languages import code_of
from beir_hybrid.storage.files import parse_json
from beir_hybrid.translations import told

logger = logging.getLogger(__name__)

_KEPT = 32  # of a script that loads many datasets before it evaluates on them


@dataclass(frozen=True, eq=False)
class LoadedData:
    """What is remembered of a corpus, its queries and qrels, none of whose texts are kept.

    Attributes:
        name: Name of the dataset: that of its folder.
        sizes: Number of documents by language; those without a language are under an empty string.
        declared: Whether the languages are named as such, not only at the beginning of ids.
        queries: Query ids; None if only a corpus was loaded.
        qrels: The very object that the script got.
        languages: Languages of documents and queries whose ids do not begin with them.
        groups: By query id, what translations of one question share, where the queries' metadata tell; empty for a
            query that is told to have none.
        passage_text: What a passage's text consists of.
        notes: What a reader of results must know.
        measures: What is measured unless asked otherwise; empty for this package's own choice.
    """

    name: str
    sizes: Mapping[str, int]
    declared: bool = False
    queries: frozenset[str] | None = None
    qrels: object = None
    languages: Mapping[str, str] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    passage_text: str = "text"
    notes: tuple[str, ...] = ()
    measures: tuple[str, ...] = ()

    def language(self, identifier: str) -> str:
        """Tell the language of a document or query; an empty string if it has none."""
        return self.languages.get(identifier) or code_of(identifier)


def describe(
    documents: Iterable[str],
    queries: Iterable[str] | None = None,
    qrels: object = None,
    corpus_file: Path | None = None,
    query_file: Path | None = None,
) -> LoadedData | None:
    """Note the languages of what was loaded.

    Ids tell the languages; where some do not, metadata such as ``{"language": "de"}`` do. Files are read again only if
    they are needed for that and have a language in their first line, but for the queries' groups, which may be on any.

    Args:
        documents: Document ids.
        queries: Query ids; None if only a corpus was loaded.
        qrels: As the script got them.
        corpus_file: The corpus as JSON lines; None if it came from elsewhere.
        query_file: The queries likewise.

    Returns:
        None if the data carry no language.
    """
    found = list(documents)
    asked = None if queries is None else frozenset(queries)
    files = [path for path in (corpus_file, query_file) if path is not None]
    declared = any(_has(path, "language") for path in files)
    if not declared and not all(map(code_of, asked or found[:1])):
        return None
    sizes, languages = Counter(map(code_of, found)), {}
    if declared and ("" in sizes or not all(map(code_of, asked or ()))):
        languages = {identifier: code for path in files for identifier, code in _metadata(path, "language").items()}
        sizes = Counter(languages.get(document) or code_of(document) for document in found)
    carries = all(languages.get(query) or code_of(query) for query in asked) if asked else "" not in sizes
    if not carries or set(sizes) <= {""}:
        return None
    folder = Path() if corpus_file is None else corpus_file.absolute().parent
    marker = Marker.read(folder)
    return LoadedData(
        name=folder.name,
        sizes=dict(sizes),
        declared=declared or marker is not None,
        queries=asked,
        qrels=qrels,
        languages={name: code for name, code in languages.items() if code_of(name) != code},
        groups=_groups(query_file, asked if marker is not None else None),
        passage_text="text" if marker is None else marker.passage_text,
        notes=() if marker is None else tuple(marker.notes),
        measures=() if marker is None else tuple(marker.measures),
    )


def _metadata(path: Path, key: str) -> dict[str, str]:
    """Read one of the metadata of every line by id, if the first line has it."""
    shared: dict[str, str] = {}  # one string for each language, not for each document
    lines = _values(path, key) if _has(path, key) else ()
    return {identifier: shared.setdefault(value, value) for identifier, value in lines}


def _groups(path: Path | None, ours: Iterable[str] | None) -> dict[str, str]:
    """Read the groups that the queries' metadata tell; in a folder of ours, a query without a group is told none."""
    found = dict.fromkeys(ours or (), "")
    if path is not None:
        try:
            for number, row in _rows(path):
                if (group := told(_metadata_of(row), f"{path}:{number}")) is not None:
                    found[str(row.get("_id"))] = group
        except DataFormatError as error:
            logger.warning("%s No group is read from that file.", error)
            return dict.fromkeys(ours or (), "")
    return found


def _has(path: Path, key: str) -> bool:
    return any(True for _ in _values(path, key, most=1))


def _values(path: Path, key: str, most: int | None = None) -> Iterator[tuple[str, str]]:
    for number, row in _rows(path):
        if most is not None and number > most:
            return
        value = _metadata_of(row).get(key)
        if isinstance(value, str) and value and ":" not in value:
            yield str(row.get("_id")), value


def _rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Read the objects of a file of JSON lines, with their numbers from 1."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            row = parse_json(line)
            yield number, row if isinstance(row, dict) else {}


def _metadata_of(row: Mapping[str, Any]) -> dict[str, Any]:
    metadata = row.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


_loaded: deque[LoadedData] = deque(maxlen=_KEPT)


def remember(data: LoadedData) -> None:
    """Keep a note of what was loaded last."""
    _loaded.append(data)


def forget_all() -> None:
    """Forget what was loaded."""
    _loaded.clear()


def query_ids(queries: Any) -> list[str]:
    """List the ids of queries, a dict or what BEIR's HFDataLoader gives."""
    return list(queries) if isinstance(queries, Mapping) else list(queries["id"])


def may_carry_languages(queries: Any) -> bool:
    """Return whether queries may have languages: by their ids, or since they were loaded with data that have."""
    ids = query_ids(queries)
    return bool(ids) and (
        all(map(code_of, ids)) or any(data.queries is None or data.queries.issuperset(ids) for data in _loaded)
    )


def data_for(qrels: Mapping[str, Mapping[str, int]], documents: Iterable[str]) -> LoadedData | None:
    """Find what judgements were loaded with.

    Args:
        qrels: Judgements; if a loader returned this very object, it is what was loaded then.
        documents: Ids of the documents that were judged or retrieved.

    Returns:
        Otherwise the last data that have all queries and all languages of the documents, preferring those that have no
        language more; None if there is none.
    """
    for data in reversed(_loaded):
        if data.qrels is qrels:
            return data
    ids = list(documents)
    fitting = []
    for data in reversed(_loaded):
        if data.queries is None or data.queries >= qrels.keys():
            seen = set(map(data.language, ids))
            if seen == set(data.sizes):
                return data
            if seen <= set(data.sizes):
                fitting.append(data)
    return fitting[0] if fitting else None
