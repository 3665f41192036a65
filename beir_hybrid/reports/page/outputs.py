"""Outputs of a report: its page, and the folder of its pictures and tables; both are whole, or made again."""

from __future__ import annotations

from pathlib import Path

from beir_hybrid.errors import OutputError
from beir_hybrid.reports.page.assets import write_assets
from beir_hybrid.reports.page.outline import Outline
from beir_hybrid.reports.page.page import render_page
from beir_hybrid.storage.files import check_output, json_or_none, write_json, write_text
from beir_hybrid.storage.folders import new_folder

_SUFFIXES = (".html", ".htm")


def check_outputs(page: Path, assets: Path | None, overwrite: bool) -> None:
    """Refuse what must not or cannot be written to, before anything is read.

    What a killed report left is no obstacle to the same report.

    Raises:
        ConfigurationError: If the page's name ends in neither ``.html`` nor ``.htm``.
        OutputError: If the page is a folder, the assets' folder is a file or the page itself, they exist, hold
            something, and may not be replaced, or nothing can be written there.
    """
    check_output(page, "file", suffixes=_SUFFIXES)
    unfinished = _is_unfinished(page, assets)
    if page.exists() and not overwrite and not unfinished:
        raise OutputError(f"{page} exists.", "Choose another file, or give --overwrite to replace it.")
    if assets is None:
        return
    if page.resolve() in (assets.resolve(), *assets.resolve().parents):
        raise OutputError(f"{page} cannot be both the page and a folder.", "Name another folder: --assets DIR")
    check_output(assets, "folder", "--assets")
    if assets.is_dir() and any(assets.iterdir()) and not overwrite and not unfinished:
        raise OutputError(
            f"The folder {assets} holds other things.", "Choose another folder, or give --overwrite to write into it."
        )


def write_report(contents: Outline, page: Path, assets: Path | None = None, *, titled: bool = True) -> int:
    """Write the page, and its pictures and tables into a folder.

    The pictures and tables are drawn beside the folder and moved, then the page is written. A report that is killed in
    between is noted beside the page, so that :func:`check_outputs` lets it be made again.

    Args:
        contents: What the report shows.
        page: The page; one that is there is replaced.
        assets: The folder; what else it holds stays. None for none.
        titled: Whether titles and notes stand on the pictures.

    Returns:
        The number of pictures and tables.

    Raises:
        OutputError: If something cannot be written.
    """
    text = render_page(contents)
    if assets is None:
        write_text(page, text)
        return 0
    with new_folder(assets, merge=True) as temporary:
        count = write_assets(contents, temporary, titled=titled)
        write_json(_note(page), {"schema": 1, "assets": str(assets.resolve())})
    write_text(page, text)
    _note(page).unlink()
    return count


def _note(page: Path) -> Path:
    """Return the place of the note that is there as long as a page and its folder may be of two reports."""
    return page.with_name(f".{page.name}.unfinished")


def _is_unfinished(page: Path, assets: Path | None) -> bool:
    """Return whether a report of just these outputs was killed while they were put in their places."""
    note = json_or_none(_note(page))
    return note is not None and assets is not None and note.get("assets") == str(assets.resolve())
