"""Build a Lucene index of passages of one or more languages, each in its own language's analysis.

The folder is one that Pyserini's ``LuceneSearcher`` opens. A file of ours in it says what it was built from.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

from beir_hybrid import DataFormatError, OutputError, Passage, corpus_checksum, processors
from beir_hybrid.storage import damage, json_or_none, new_folder, record, stamp, write_json
from beir_hybrid_pyserini import java
from beir_hybrid_pyserini.analyzers import Analyzer
from beir_hybrid_pyserini.side_file import check_id

logger = logging.getLogger(__name__)

ABOUT = "beir-hybrid.json"

_LUCENE_LOCK = "write.lock"  # Lucene's own; always empty
_FORMAT = 1
_BATCH = 2_000  # passages handed to Java at a time
_COMMIT = (
    400_000  # passages after which Lucene writes down what it holds: its own limit, 2 GB, may be more than the heap
)

Item = TypeVar("Item")


def describe(
    corpora: Mapping[str, Mapping[str, Passage]], analyzers: Mapping[str, Analyzer], checksums: Mapping[str, str]
) -> dict[str, Any]:
    """Return what an index of passages is built from: what is equal gives an equal index. Starts the JVM.

    Args:
        corpora: Passages by language.
        analyzers: By language.
        checksums: By language, as :func:`~beir_hybrid.corpus_checksum` returns them.
    """
    java.start()
    from jnius import autoclass

    version: Any = autoclass("org.apache.lucene.util.Version")
    return {
        "format": _FORMAT,
        "lucene": str(version.LATEST.toString()),
        "corpora": {
            language: {
                "analyzer": analyzers[language].name,
                "passages": len(corpus),
                "checksum": checksums[language],
            }
            for language, corpus in corpora.items()
        },
    }


def check_index(folder: Path, about: Mapping[str, Any], overwrite: bool = False) -> bool:
    """Look whether a place holds the index wanted, and refuse to replace anything else.

    Args:
        folder: The place.
        about: What the index is to be built from.
        overwrite: Whether another index of ours may be replaced. Anything else never is.

    Returns:
        Whether it is there already, whole, built from just that. One that is damaged is to be built again.

    Raises:
        OutputError: If something else is there that must stay.
    """
    if not folder.exists():
        return False
    earlier = read_about(folder)
    if earlier is None:
        if folder.is_dir() and not any(folder.iterdir()):
            return False
        raise OutputError(f"{folder} is no index of beir-hybrid bm25, and is left as it is.", "Choose another folder.")
    files = earlier.pop("files", None)
    if earlier == about:
        if not damage(folder, files):
            return True
        known = {ABOUT, _LUCENE_LOCK, *(files if isinstance(files, dict) else ())}
        if strangers := sorted(path.name for path in folder.iterdir() if path.name not in known):
            raise OutputError(f"{folder} is damaged and holds {strangers[0]!r}, which is no part of it.", "Move that.")
        return False
    if not overwrite:
        raise OutputError(
            f"{folder} holds another index: {_difference(earlier, about)}.",
            "Choose another folder, or give --overwrite.",
        )
    return False


def build_index(
    folder: Path,
    corpora: Mapping[str, Mapping[str, Passage]],
    analyzers: Mapping[str, Analyzer],
    *,
    checksums: Mapping[str, str] | None = None,
    overwrite: bool = False,
    advance: Callable[[int], object] | None = None,
) -> bool:
    """Index passages with Pyserini, as a stream, whole or not at all. Starts the JVM.

    Titles are searched with the texts. A passage without text is left out: nothing finds it.

    Args:
        folder: Where to. The index that is there stays if it was built from the same.
        corpora: Passages by language and document id; several languages share the statistics of one index, and each
            passage is analysed in its own language.
        analyzers: By language.
        checksums: By language, if they are known already; see :func:`~beir_hybrid.corpus_checksum`.
        overwrite: Whether another index of ours may be replaced.
        advance: Called with the number of passages done since the last call.

    Returns:
        Whether it was built; False if it was there.

    Raises:
        OutputError: If something else is there that must stay, the folder cannot be written, or Lucene left passages
            out.
        DataFormatError: If an id is empty or has a blank.
        JavaError: If there is no Java for Pyserini.
    """
    known = checksums or {language: corpus_checksum(corpus) for language, corpus in corpora.items()}
    about = describe(corpora, analyzers, known)
    if check_index(folder, about, overwrite):
        return False
    before, earlier = stamp(folder), read_about(folder)
    if earlier is not None and {**about, "files": earlier.get("files")} == earlier:
        logger.warning("%s is damaged (%s) and is built again.", folder, damage(folder, earlier.get("files")))
    from jnius import JavaException

    def refuse_change(place: Path) -> bool:
        if stamp(place) != before:
            raise OutputError(f"{folder} has changed since the work began, and is left as it is.", "Look at it.")
        return False

    try:
        with new_folder(folder, refuse_change) as temporary:
            expected = _write_lucene(temporary, corpora, analyzers, advance)
            _check_count(temporary, expected)
            names = sorted(path.name for path in temporary.iterdir() if path.name != _LUCENE_LOCK)
            write_json(temporary / ABOUT, {**about, "files": record(temporary, names)})
    except JavaException as error:
        raise OutputError(
            f"Lucene cannot build {folder}: {reason(error)}.", "Look at the room on the disk and at Java's memory."
        ) from error
    return True


def reason(error: Exception) -> str:
    """Return the message of one of Java's exceptions in one line, without the places in Java's code."""
    first = next(iter(str(error).splitlines()), "") or type(error).__name__
    return first.removeprefix("JVM exception occurred: ").rstrip(".")


def _write_lucene(
    folder: Path,
    corpora: Mapping[str, Mapping[str, Passage]],
    analyzers: Mapping[str, Analyzer],
    advance: Callable[[int], object] | None,
) -> int:
    """Index all passages; returns how many have text."""
    from pyserini.index.lucene import LuceneIndexer

    _quieten()
    expected = 0
    indexer: Any = None
    try:
        for language, corpus in corpora.items():
            analyzer = analyzers[language]
            left = 0  # passages until the next commit
            for batch in parts(corpus.items(), _BATCH):
                if left <= 0:  # an indexer has one analyzer; the next one adds to what is there
                    left = _COMMIT
                    append = indexer is not None
                    if append:
                        indexer.close()
                    arguments = ["-index", str(folder), "-language", analyzer.registered()]
                    indexer = LuceneIndexer(args=arguments, append=append, threads=processors())
                rows = [json.dumps(row) for row in _rows(batch, analyzer)]
                if rows:
                    indexer.add_batch_raw(rows)
                left -= len(batch)
                expected += len(rows)
                if advance is not None:
                    advance(len(batch))
    finally:
        if indexer is not None:
            indexer.close()
    return expected


def _rows(passages: Iterable[tuple[str, Passage]], analyzer: Analyzer) -> Iterator[dict[str, str]]:
    for document, passage in passages:
        check_id(document, "document")
        contents = analyzer.prepare(passage.searchable)
        if any(letter > " " for letter in contents) and contents.strip():  # else Pyserini's indexer drops it
            yield {"id": document, "contents": contents}


def _check_count(folder: Path, expected: int) -> None:
    """Compare what Lucene holds with what it was given: passages that its threads fail on vanish without a word."""
    if not expected:
        raise DataFormatError("No passage to index has a text.", "Check the corpus.")
    from jnius import autoclass

    directories: Any = autoclass("org.apache.lucene.store.FSDirectory")
    paths: Any = autoclass("java.nio.file.Paths")
    readers: Any = autoclass("org.apache.lucene.index.DirectoryReader")
    reader = readers.open(directories.open(paths.get(str(folder))))
    try:
        indexed = int(reader.numDocs())
    finally:
        reader.close()
    if indexed != expected:
        raise OutputError(
            f"Lucene has indexed {indexed:,} of {expected:,} passages.",
            "Look at what Java printed above, at the room on the disk and at Java's memory (JAVA_TOOL_OPTIONS=-Xmx8g).",
        )


def read_about(folder: Path) -> dict[str, Any] | None:
    """Read what an index was built from; None if it does not say, or of a format that is not this one."""
    about = json_or_none(folder / ABOUT)
    return about if about is not None and about.get("format") == _FORMAT and "corpora" in about else None


def _difference(earlier: Mapping[str, Any], wanted: Mapping[str, Any]) -> str:
    """Name the first thing in which an index differs from the one wanted."""
    if earlier["lucene"] != wanted["lucene"]:
        return f"Lucene {earlier['lucene']} built it, and this is Lucene {wanted['lucene']}"
    theirs, ours = earlier["corpora"], wanted["corpora"]
    if list(theirs) != list(ours):
        return f"its languages are {', '.join(theirs)}, not {', '.join(ours)}"
    for language, corpus in ours.items():
        other = theirs[language]
        if other["analyzer"] != corpus["analyzer"]:
            return f"its {language} is analysed by {other['analyzer']}, not {corpus['analyzer']}"
        if other != corpus:
            return f"its {language} corpus of {other['passages']:,} passages is another"
    return "its description is another"


def _quieten() -> None:
    """Keep Pyserini's indexer from printing its settings each time; its warnings and errors stay."""
    from jnius import autoclass

    configurator: Any = autoclass("org.apache.logging.log4j.core.config.Configurator")
    levels: Any = autoclass("org.apache.logging.log4j.Level")
    configurator.setLevel("io.anserini.index.SimpleIndexer", levels.WARN)


def parts(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    """Return items in lists of a size; the last may be shorter."""
    left = iter(items)
    while part := list(islice(left, size)):
        yield part
