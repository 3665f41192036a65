"""Writing datasets and settings as BEIR folders, by their names."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from beir_hybrid.datasets.beir.folder import BeirFolder, WrittenFolder, plain_options
from beir_hybrid.datasets.beir.zip_file import ensure_archive, is_foreign_archive
from beir_hybrid.datasets.names import NamedData, find_data
from beir_hybrid.errors import OutputError

logger = logging.getLogger(__name__)


def materialise(name: str, out: str | Path, *, splits: Sequence[str] = (), **options: Any) -> Path:
    """Return the BEIR folder of a name, after writing it and its zip if they are not there.

    A whole folder of that name which this package wrote is used as it is, with any options unless some are given here,
    and nothing is loaded for it. Several processes may do this at once.

    Args:
        name: Such as ``xquad-r``, ``xquad-r.de``, ``xquad-r.en-de`` or ``xquad-r.en-all``.
        out: The folder to hold ``NAME`` and ``NAME.zip``, such as a script's ``datasets``.
        splits: Names of splits; none for the default one.
        **options: As for :func:`export_dataset`, but for ``overwrite``.

    Returns:
        The folder ``out/NAME``.

    Raises:
        UnknownNameError: If there is no such dataset or setting.
        OutputError: If something that this package did not write is in the way, or nothing can be written there.
        BeirHybridError: The errors of :func:`~beir_hybrid.datasets.load_dataset`.
    """
    folder = BeirFolder(Path(out) / name)
    marker = folder.marker
    asked = plain_options({key: value for key, value in options.items() if key != "source"})
    if (
        marker is not None
        and marker.name == name
        and marker.is_whole(folder.path)
        and (not asked or asked == marker.options)
        and (not splits or tuple(splits) == marker.splits)
    ):
        try:
            ensure_archive(folder.path, marker.files)
        except OutputError as error:  # it serves without one
            level = logging.WARNING if is_foreign_archive(folder.archive) else logging.INFO
            logger.log(level, "%s", error)
        return folder.path
    return export_dataset(name, Path(out), splits=splits, **options).path


def export_dataset(
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
        splits: Names of splits; none for the default one.
        overwrite: Whether a folder that this package wrote may be replaced by one with other content.
        **options: Options of the dataset.

    Raises:
        BeirHybridError: The errors of :func:`materialise`.
    """
    chosen = None if languages is None else tuple(languages)
    data, folder = check_export(name, out, chosen)
    collections = data.load_splits(splits, source, chosen, **options)
    return folder.write(
        collections,
        data.setting,
        overwrite=overwrite,
        licence=data.dataset.licence,
        options=options | ({} if chosen is None else {"languages": chosen}),
    )


def check_export(name: str, out: Path, languages: Iterable[str] | None = None) -> tuple[NamedData, BeirFolder]:
    """Check a name and its place before anything is loaded; see :func:`export_dataset`.

    Returns:
        What is to be written, and where.

    Raises:
        UnknownNameError: If there is no such dataset or setting.
        OutputError: If the place is taken or cannot be written.
    """
    data, folder = find_data(name, folders=False), BeirFolder(out / name)
    data.check(languages)
    folder.check_place()
    return data, folder
