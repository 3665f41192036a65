"""BEIR folders: any dataset or setting on disk as BEIR's loaders and scripts want it."""

from __future__ import annotations

import errno
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.beir.content import FolderContent
from beir_hybrid.datasets.beir.marker import MARKER, Standing, write_lines, write_marker
from beir_hybrid.datasets.beir.names import check_name, load_splits
from beir_hybrid.datasets.beir.zip_file import archive_of, check_archive, ensure_archive, is_foreign_archive
from beir_hybrid.errors import OutputError
from beir_hybrid.registry import DATASETS
from beir_hybrid.storage.files import check_output
from beir_hybrid.storage.folders import new_folder

logger = logging.getLogger(__name__)

_FILES = ("corpus.jsonl", "queries.jsonl")
_ATTEMPTS = 5
_TAKEN = {errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR}


@dataclass(frozen=True)
class WrittenFolder:
    """A BEIR folder of ours and the zip beside it.

    Attributes:
        path: The folder.
        archive: The zip with the same content.
        new: Whether the folder was written; False if one with that content was there.
        queries: How many queries it holds.
        passages: How many passages it holds.
        splits: Its splits.
        notes: What a reader of results must know.
    """

    path: Path
    archive: Path
    new: bool
    queries: int
    passages: int
    splits: tuple[str, ...]
    notes: tuple[str, ...] = ()


def materialise(name: str, out: str | Path, **options: Any) -> Path:
    """Give the BEIR folder of a name, writing it and its zip if they are not there.

    A whole folder of that name which this package wrote is taken as it is, whatever options it was written with (unless
    options are given here), and nothing is loaded for it. Several processes may do this at once.

    Args:
        name: Such as ``xquad-r``, ``xquad-r.de``, ``xquad-r.en-de`` or ``xquad-r.en-all``.
        out: The folder to hold ``NAME`` and ``NAME.zip``, such as a script's ``datasets``.
        **options: As for :func:`get_folder`, but for ``overwrite``.

    Returns:
        The folder ``out/NAME``.

    Raises:
        UnknownNameError: If there is no such dataset or setting.
        OutputError: If something that this package did not write is in the way, or nothing can be written there.
        The errors of :func:`~beir_hybrid.datasets.load_dataset`.
    """
    standing = Standing(Path(out) / name)
    if standing.marker is not None and standing.marker["name"] == name and standing.whole():
        asked = {key: value for key, value in options.items() if key not in {"source", "splits"} and value is not None}
        if (not asked or _plain(asked) == standing.marker.get("options")) and (
            not options.get("splits") or list(options["splits"]) == standing.marker.get("splits")
        ):
            _try_archive(standing)
            return standing.folder
    return get_folder(name, Path(out), **options).path


def _try_archive(standing: Standing) -> None:
    """Put a zip beside a whole folder, which serves without one: where nothing can be written, or there is another."""
    try:
        ensure_archive(standing.folder, [*standing.files, MARKER], MARKER)
    except OutputError as error:
        foreign = is_foreign_archive(archive_of(standing.folder), MARKER)
        logger.log(logging.WARNING if foreign else logging.INFO, "%s", error)


def get_folder(
    name: str,
    out: Path,
    *,
    source: str | Path | None = None,
    languages: Iterable[str] | None = None,
    splits: Sequence[str] = (),
    overwrite: bool = False,
    **options: Any,
) -> WrittenFolder:
    """Load a dataset, or what one of its settings needs, and write it as a BEIR folder with a zip beside it.

    Args:
        name: Such as ``xquad-r``, ``xquad-r.de``, ``xquad-r.en-de`` or ``xquad-r.en-all``.
        out: The folder to hold ``NAME`` and ``NAME.zip``.
        source: As for :func:`~beir_hybrid.datasets.load_dataset`.
        languages: As there.
        splits: Names of splits; none for the dataset's usual one.
        overwrite: Whether a folder that this package wrote may be replaced by one with other content.
        **options: Options of the dataset.

    Raises:
        The errors of :func:`materialise`.
    """
    chosen = None if languages is None else tuple(languages)
    dataset, setting = check_name(name, chosen)
    check_place(out / name)
    collections = load_splits(name, splits, source, chosen, **options)
    given = options | ({"languages": chosen} if chosen is not None else {})
    return write_beir_folder(
        collections,
        out / name,
        setting,
        overwrite=overwrite,
        licence=getattr(DATASETS.get(dataset), "licence", ""),
        options=given,
    )


def write_beir_folder(
    collection: MultilingualCollection | Mapping[str, MultilingualCollection],
    folder: Path,
    setting: str = "",
    *,
    overwrite: bool = False,
    licence: str = "",
    options: Mapping[str, Any] | None = None,
) -> WrittenFolder:
    """Write a collection, or one of its settings, as a BEIR folder with a zip of the same content beside it.

    The folder holds ``corpus.jsonl``, ``queries.jsonl``, ``qrels/SPLIT.tsv`` and a marker, ``beir-hybrid.json``, by
    which it is known as ours. It is written elsewhere and moved, so that a killed process leaves the old one or the new
    one; the same content gives the same bytes. Stored corpora are read as a stream.

    Args:
        collection: The content of the split ``test``, or of each split by its name.
        folder: Where to; its name becomes that of the dataset.
        setting: Such as ``en-de``; empty for all queries and all corpora.
        overwrite: Whether a folder of ours with other content may be replaced.
        licence: Of the texts; the marker names it.
        options: What the collection was loaded with; the marker names it.

    Raises:
        UnknownNameError: If the collection has no such setting.
        ConfigurationError: If no query of a split has a relevant passage in the setting.
        DataFormatError: If an id has blanks, or splits contradict one another.
        OutputError: If something that this package did not write is in the way, the folder holds other content and
            ``overwrite`` is not given, or nothing can be written there.
    """
    check_place(folder)
    given = collection if isinstance(collection, Mapping) else {"test": collection}
    content = FolderContent({split: part.setting(setting) for split, part in given.items()})
    first = next(iter(content.splits.values()))
    described = {
        "name": folder.name,
        "dataset": first.name,
        "setting": setting,
        "splits": list(content.splits),
        "options": _plain(options or {}),
        "query_languages": list(dict.fromkeys(name for part in content.splits.values() for name in part.queries)),
        "corpus_languages": list(content.corpora),
        "queries": len(content.queries),
        "passages": content.passages,
        "passage_text": first.passage_text,
        "measures": list(first.measures),
        "licence": licence,
        "notes": list(content.notes),
        "checksums": content.checksums(),
    }
    new = _must_write(folder, described, overwrite)
    if new:
        _write(folder, content, described)
    ensure_archive(folder, [*_FILES, *(f"qrels/{split}.tsv" for split in content.splits), MARKER], MARKER)
    return WrittenFolder(
        folder, archive_of(folder), new, len(content.queries), content.passages, tuple(content.splits), content.notes
    )


def check_place(folder: Path) -> None:
    """Refuse a place that somebody else's folder or zip takes or that cannot be written, before anything is loaded.

    Raises:
        OutputError: If a folder, file or zip is there that this package did not write, or nothing can be written there.
    """
    try:
        standing = Standing(folder)
        foreign = standing.foreign
    except OSError as error:
        raise OutputError(f"{folder} cannot be read: {error.strerror}.", "Choose another folder.") from error
    if foreign:
        raise OutputError(
            f"{folder} is there and was not written by beir-hybrid.",
            "Move it away, or choose another folder with --out.",
        )
    check_archive(archive_of(folder), MARKER)
    if not standing.whole():  # a whole one may be all that is wanted
        for place in (folder, folder.parent):  # it is made beside its place
            check_output(place, "folder", "--out")


def is_foreign(folder: Path) -> bool:
    """Return whether a folder, or a zip where there is none, was written by somebody else or cannot be read.

    Args:
        folder: The place of a BEIR folder; its zip lies beside it.
    """
    try:
        standing = Standing(folder)
        return standing.foreign or (standing.marker is None and is_foreign_archive(archive_of(folder), MARKER))
    except OSError:
        return True


def _must_write(folder: Path, described: Mapping[str, Any], overwrite: bool) -> bool:
    """Tell whether a folder is to be written; not if it holds just that, undamaged, whatever options led to it."""
    standing = Standing(folder)
    if standing.marker is None:
        return True
    marker = standing.marker
    same = all(marker.get(key) == value for key, value in described.items() if key != "options")
    whole = standing.whole(thorough=True)
    if same and whole:
        return False
    if strangers := standing.strangers:
        raise OutputError(
            f"{folder} is to be written anew, and {strangers[0]} in it is not beir-hybrid's.",
            "Move that away, or choose another folder with --out.",
        )
    if not whole:
        logger.warning("%s is damaged and is written anew.", folder)
    elif not overwrite:
        raise OutputError(
            f"{folder} holds {_difference(marker, described)}.",
            "Give --overwrite to replace it, or choose another folder with --out.",
        )
    return True


def _write(folder: Path, content: FolderContent, described: dict[str, Any]) -> None:
    marker: dict[str, Any] = {}

    def is_same(other: Path) -> bool:
        standing = Standing(other)
        if standing.marker == marker and standing.whole(thorough=True):
            return True  # another process was faster, and may be reading it
        check_place(folder)
        return False

    with new_folder(folder, is_same, fix="Choose another folder with --out.") as temporary:
        (temporary / "qrels").mkdir()
        lines = (content.corpus_lines(), content.query_lines())
        files = {name: write_lines(temporary / name, part) for name, part in zip(_FILES, lines, strict=True)}
        for split in content.splits:
            name = f"qrels/{split}.tsv"
            files[name] = write_lines(temporary / name, content.qrels_lines(split))
        marker.update(write_marker(temporary, described, files))


def _difference(marker: Mapping[str, Any], described: Mapping[str, Any]) -> str:
    """Tell what a folder of ours holds instead."""
    for key in ("dataset", "setting", "splits", "options", "query_languages", "corpus_languages"):
        if marker.get(key) != described[key]:
            return f"other content: its {key.replace('_', ' ')}: {marker.get(key)!r}, not {described[key]!r}"
    return "other content under the same name"


def _plain(options: Mapping[str, Any]) -> dict[str, Any]:
    """Give options as JSON gives them back."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in sorted(options.items())
        if value is not None
    }
