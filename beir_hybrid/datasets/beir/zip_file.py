"""The zip beside a BEIR folder, where a script's ``util.download_and_unzip`` looks first."""

from __future__ import annotations

import logging
import shutil
import time
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path

from beir_hybrid.datasets.beir.marker import MARKER
from beir_hybrid.errors import OutputError
from beir_hybrid.storage.files import new_file

logger = logging.getLogger(__name__)

_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that the format knows
_MODE = 0o100644 << 16
_UNIX = 3
_BLOCK = 1 << 20
_WAITS = (0.01, 0.05, 0.2, 0.5, 1.0)  # seconds: another process moves folders within milliseconds


def archive_of(folder: Path) -> Path:
    """Return the place of a folder's zip; settings have dots in their names, so no suffix is replaced."""
    return folder.with_name(f"{folder.name}.zip")


def is_foreign_archive(archive: Path) -> bool:
    """Return whether something is at the place of a zip that this package did not write.

    A file that is not a zip, such as the error page that a failed download leaves behind, may be replaced.
    """
    if not archive.exists() or _members(archive) is not None:
        return False
    return not archive.is_file() or zipfile.is_zipfile(archive)


def check_archive(archive: Path) -> None:
    """Refuse to replace a zip that this package did not write; see :func:`is_foreign_archive`.

    Raises:
        OutputError: If one is there.
    """
    if is_foreign_archive(archive):
        raise OutputError(
            f"{archive} is there and was not written by beir-hybrid.",
            "Move it away, or choose another folder with --out.",
        )


def ensure_archive(folder: Path, files: Iterable[str]) -> bool:
    """Write ``NAME.zip`` beside the folder ``NAME``, unless it is there with that content already.

    The same folder always becomes the same bytes: the order is that of ``files``, and all have one date.

    Args:
        folder: A whole folder that this package wrote.
        files: Its files, relative to it, but for the marker, which holds their checksums.

    Returns:
        Whether it was written.

    Raises:
        OutputError: If another zip is there, or it cannot be written.
    """
    archive, names = archive_of(folder), [*files, MARKER]
    check_archive(archive)
    for wait in _WAITS:
        try:
            wanted = {f"{folder.name}/{name}": (folder / name).stat().st_size for name in names}
            if _members(archive) == (wanted, (folder / MARKER).read_bytes()):
                return False
            if archive.exists():
                logger.warning("%s is replaced: it does not hold what %s holds.", archive, folder)
            with new_file(archive) as temporary, zipfile.ZipFile(temporary, "w") as content:
                for name in names:
                    _add(content, folder / name, f"{folder.name}/{name}")
            return True
        except FileNotFoundError:  # another process is replacing the folder
            time.sleep(wait)
        except OutputError:
            raise
        except OSError as error:
            raise OutputError(
                f"{archive} cannot be written: {error.strerror or error}.", "Make room for it."
            ) from error
    raise OutputError(f"{archive} cannot be written: {folder} has lost a file.", "Write the folder again.")


def _add(content: zipfile.ZipFile, path: Path, name: str) -> None:
    info = zipfile.ZipInfo(name, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.create_system = _UNIX
    info.external_attr = _MODE
    info.file_size = path.stat().st_size  # says whether the larger format is needed
    with path.open("rb") as source, content.open(info, "w") as target:
        shutil.copyfileobj(source, target, _BLOCK)


def _members(archive: Path) -> tuple[dict[str, int], bytes] | None:
    """Return the sizes and the marker in a zip that this package wrote; None if it did not."""
    name = f"{archive.name.removesuffix('.zip')}/{MARKER}"
    try:
        with zipfile.ZipFile(archive) as content:
            return {info.filename: info.file_size for info in content.infolist()}, content.read(name)
    except (OSError, KeyError, ValueError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error):
        return None  # a RuntimeError means encryption, or a version that Python does not know
