"""The zip beside a BEIR folder, where a script's ``util.download_and_unzip`` looks first."""

from __future__ import annotations

import logging
import shutil
import time
import zipfile
import zlib
from pathlib import Path

from beir_hybrid.errors import OutputError
from beir_hybrid.storage.files import new_file

logger = logging.getLogger(__name__)

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows
_MODE = 0o100644 << 16
_UNIX = 3
_BLOCK = 1 << 20
_WAITS = (0.01, 0.05, 0.2, 0.5, 1.0)  # seconds: another process moves folders within milliseconds


def check_archive(archive: Path, marker: str) -> None:
    """Refuse to replace a zip of somebody else's.

    What is no zip at all, such as the page that a failed download leaves behind, may be replaced.

    Args:
        archive: Where the zip shall be.
        marker: Name of the file by which our folders are known.

    Raises:
        OutputError: If a zip is there that we did not write, or something that is no file.
    """
    if is_foreign_archive(archive, marker):
        raise OutputError(
            f"{archive} is there and was not written by beir-hybrid.",
            "Move it away, or choose another folder with --out.",
        )


def is_foreign_archive(archive: Path, marker: str) -> bool:
    """Return whether somebody else's zip is there, or something that is no file; see :func:`check_archive`."""
    if not archive.exists() or _members(archive, marker) is not None:
        return False
    return not archive.is_file() or zipfile.is_zipfile(archive)


def ensure_archive(folder: Path, files: list[str], marker: str) -> bool:
    """Write ``NAME.zip`` beside the folder ``NAME``, unless it is there with that content already.

    The same folder gives the same bytes: the order is that of ``files``, and all have one date.

    Args:
        folder: A whole folder.
        files: Its files, relative to it; the marker among them.
        marker: Name of the file by which our folders are known; it holds the checksums of the others.

    Returns:
        Whether it was written.

    Raises:
        OutputError: If a zip of somebody else's is there, or it cannot be written.
    """
    archive = archive_of(folder)
    check_archive(archive, marker)
    for wait in _WAITS:
        try:
            return _ensure(archive, folder, files, marker)
        except FileNotFoundError:  # another process is putting the folder anew
            time.sleep(wait)
        except OSError as error:
            if isinstance(error, OutputError):
                raise
            raise OutputError(
                f"{archive} cannot be written: {error.strerror or error}.", "Make room for it."
            ) from error
    raise OutputError(f"{archive} cannot be written: {folder} has lost a file.", "Write the folder again.")


def _ensure(archive: Path, folder: Path, files: list[str], marker: str) -> bool:
    wanted = {f"{folder.name}/{name}": (folder / name).stat().st_size for name in files}
    if _members(archive, marker) == (wanted, (folder / marker).read_bytes()):
        return False
    if archive.exists():
        logger.warning("%s is replaced: it does not hold what %s holds.", archive, folder)
    with new_file(archive) as temporary, zipfile.ZipFile(temporary, "w") as content:
        for name in files:
            _add(content, folder / name, f"{folder.name}/{name}")
    return True


def archive_of(folder: Path) -> Path:
    """Give the place of a folder's zip; settings have dots in their names, so no suffix is replaced."""
    return folder.with_name(f"{folder.name}.zip")


def _add(content: zipfile.ZipFile, path: Path, name: str) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = _UNIX
    info.external_attr = _MODE
    info.file_size = path.stat().st_size  # says whether the larger format is needed
    with path.open("rb") as source, content.open(info, "w") as target:
        shutil.copyfileobj(source, target, _BLOCK)


def _members(archive: Path, marker: str) -> tuple[dict[str, int], bytes] | None:
    """Give the sizes and the marker of a zip of ours; None if it is none."""
    name = f"{archive.name.removesuffix('.zip')}/{marker}"
    try:
        with zipfile.ZipFile(archive) as content:
            return {info.filename: info.file_size for info in content.infolist()}, content.read(name)
    except (OSError, KeyError, ValueError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error):
        return None  # a RuntimeError tells of encryption, or of a version that Python does not know
