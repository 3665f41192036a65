"""The folder of a dense index, as Pyserini's ``FaissSearcher`` reads it.

It holds ``index`` (a Faiss index), ``docid`` (one id per line, in the index's order) and, in ours, ``beir-hybrid.json``
(what is in it), which Pyserini does not look at. Layout and names are the same in Pyserini 1.6 and 2.x.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from beir_hybrid import DataFormatError, MissingDataError, OutputError, shorten
from beir_hybrid.evaluation.encoding import keys_of
from beir_hybrid.storage import LOCK, check_output, check_strangers, damage, json_or_none, new_file, replace_folder

INDEX, DOCID, ABOUT = "index", "docid", "beir-hybrid.json"

_LINES = 65_536  # ids written at a time


def check_free(folder: Path, overwrite: bool) -> None:
    """Check that an index may and can be put in a place, without touching anything.

    Args:
        folder: The place.
        overwrite: Whether an index may be replaced. Anything else never is.

    Raises:
        OutputError: If something is there that must stay, or nothing can be written there.
    """
    check_output(folder, "folder")
    check_output(work_folder(folder), "folder")  # where the index is made first
    if not folder.exists():
        return
    names = {path.name for path in folder.iterdir()}
    if not names:
        return
    check_strangers(folder, names - {INDEX, DOCID, ABOUT}, "an index")
    if not overwrite:
        raise OutputError(f"{folder} holds an index already.", "Choose another place, or give --overwrite.")


def work_folder(folder: Path) -> Path:
    """Return the folder beside an index-to-be where its parts are kept until it is whole."""
    return folder.resolve().with_name(f".{folder.resolve().name}.building")


def place(whole: Path, folder: Path) -> None:
    """Move a whole index to its place; one that is there goes only now, when the new one is whole.

    Where the place is a link to a folder, that folder is replaced and the link stays. The current folder stays the same
    folder, lest the shell stand in one that is gone: there the files are moved, the description last.

    Args:
        whole: The folder with the new index.
        folder: Its place, on the same file system, as :func:`check_free` found it.

    Raises:
        OutputError: If it cannot be moved.
    """
    folder = folder.resolve()
    try:
        if folder == Path.cwd():
            _place_files(whole, folder)
        else:
            replace_folder(whole, folder)
    except OSError as error:
        raise OutputError(
            f"{folder} cannot be written: {error.strerror}.", f"The new index is in {whole}; move it yourself."
        ) from error


def _place_files(whole: Path, folder: Path) -> None:
    for name in (ABOUT, DOCID, INDEX):
        (folder / name).unlink(missing_ok=True)
    for name in (INDEX, DOCID, ABOUT):  # as long as one is missing, nobody takes it for an index
        if (whole / name).exists():
            shutil.move(whole / name, folder / name)  # which may be another disk's


def clear(work: Path) -> None:
    """Empty a work folder but for its lock."""
    for path in work.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        elif path.name != LOCK:
            path.unlink(missing_ok=True)


def read_about(folder: Path) -> dict[str, Any]:
    """Read what an index of ours says about itself; empty if it says nothing, or nothing that could be read."""
    return json_or_none(folder / ABOUT) or {}


def write_ids(path: Path, ids: Iterable[str], count: int) -> None:
    """Write document ids, one per line, as Pyserini reads them.

    Args:
        path: The file; it is whole or not there.
        ids: In the order of the vectors.
        count: How many vectors there are.

    Raises:
        DataFormatError: If an id is empty, has a blank or comes twice, or there are more or fewer than vectors.
    """
    stream = iter(ids)
    keys = []
    written = 0
    with new_file(path) as temporary:
        with temporary.open("w", encoding="utf-8", newline="\n") as file:
            while block := list(islice(stream, _LINES)):
                for document in block:
                    if document.split() != [document]:
                        raise DataFormatError(
                            f"The document id {shorten(document)} is empty or has a blank, which splits it in a run.",
                            "Change that id.",
                        )
                file.write("\n".join(block) + "\n")
                keys.append(keys_of(block))
                written += len(block)
        if written != count:
            raise DataFormatError(
                f"There are {written:,} document ids for {count:,} vectors.", "Give one id for each vector, in order."
            )
        if keys:
            _check_distinct(np.concatenate(keys), temporary)


def _check_distinct(keys: np.ndarray[Any, np.dtype[np.uint64]], path: Path) -> None:
    order = np.lexsort((keys[:, 1], keys[:, 0]))
    again = np.flatnonzero((keys[order[1:]] == keys[order[:-1]]).all(axis=1))
    if not len(again):
        return
    wanted = int(order[again[0] + 1])
    with path.open(encoding="utf-8", errors="surrogateescape") as lines:
        document = next(islice(lines, wanted, None)).rstrip("\n")
    raise DataFormatError(f"The document id {shorten(document)} comes twice.", "Give each passage an id of its own.")


def ids_of(folders: Iterable[Path]) -> Iterator[str]:
    """Read the ids of several indexes, one after the other."""
    for folder in folders:
        with (folder / DOCID).open(encoding="utf-8", errors="surrogateescape") as lines:
            yield from (line.rstrip("\n") for line in lines)


def check_files(folder: Path) -> None:
    """Refuse an index whose files are not what it says they are; reads them, as whoever opens an index does.

    A damaged index may be searched in silence, or without end.

    Raises:
        DataFormatError: If they are not. One that says nothing of its files, such as Pyserini's own, passes.
    """
    about = read_about(folder)
    if "files" in about and (wrong := damage(folder, about["files"])):
        raise DataFormatError(f"{folder} is damaged: {wrong}.", "Build the index again.")


def count_ids(folder: Path) -> int:
    """Count the ids of an index, and check that its files are there and no id comes twice.

    Raises:
        MissingDataError: If there is no such folder, or a file is missing.
        DataFormatError: If an id is empty or comes twice.
    """
    for name in (INDEX, DOCID):
        if not (folder / name).is_file():
            raise MissingDataError(
                f"{folder} is no index: it has no file {name!r}.", "Give the folder that beir-hybrid index wrote."
            )
    keys = []
    with (folder / DOCID).open(encoding="utf-8", errors="surrogateescape") as lines:
        stream = (line.rstrip() for line in lines)
        while block := list(islice(stream, _LINES)):
            if "" in block:
                raise DataFormatError(f"{folder / DOCID} has an empty line.", "Build the index again.")
            keys.append(keys_of(block))
    if keys:
        _check_distinct(np.concatenate(keys), folder / DOCID)
    return sum(map(len, keys))
