"""Corpora in the JSONL that ``pyserini.encode`` reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from beir_hybrid import OutputError, Passage
from beir_hybrid.storage import check_output
from beir_hybrid_pyserini.side_file import check_id, check_side_file, write_lines

CORPUS = "corpus.jsonl"
"""Name of the file in the folder; Pyserini reads every file of a folder."""


def write_jsonl(folder: Path, corpora: Mapping[str, Mapping[str, Passage]], *, overwrite: bool = False) -> bool:
    """Write passages for ``pyserini.encode``: ``{"id": ..., "text": ...}`` a line.

    There is one field, ``text``, which begins with the title where there is one: Pyserini would encode an empty title
    as the word None, and would split ``contents`` at each line end. An empty text is written as a blank, which Pyserini
    strips: an empty one it cannot encode.

    Args:
        folder: Folder for the file ``corpus.jsonl``; it must hold nothing else. A file that is just so is left as it
            is.
        corpora: Passages by language and document id.
        overwrite: Whether a file that is there is replaced.

    Returns:
        Whether it was written; False if it was there.

    Raises:
        OutputError: If the folder holds anything else, or the file and may not be replaced.
        DataFormatError: If an id is empty or has a blank.
    """
    check_folder(folder, corpora, overwrite)
    return write_lines(folder / CORPUS, partial(_lines, corpora), overwrite=overwrite)


def _lines(corpora: Mapping[str, Mapping[str, Passage]]) -> Iterator[str]:
    for corpus in corpora.values():
        for document, passage in corpus.items():
            check_id(document, "document")
            row = {"id": document, "text": passage.searchable or " "}
            yield json.dumps(row, ensure_ascii=False) + "\n"


def check_folder(folder: Path, corpora: Mapping[str, Mapping[str, Passage]], overwrite: bool) -> None:
    """Refuse a folder that holds anything else, or another such file, if that may not be replaced.

    Raises:
        OutputError: If so.
    """
    path = folder / CORPUS
    check_output(folder, "folder", "--jsonl")
    others = sorted(entry.name for entry in folder.iterdir() if entry.name != CORPUS) if folder.is_dir() else []
    if others:
        raise OutputError(f"{folder} holds {others[0]!r}, which Pyserini would read as well.", "Choose another folder.")
    check_side_file(path, partial(_lines, corpora), overwrite)
