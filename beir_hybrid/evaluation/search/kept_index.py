"""KeptIndex: a Faiss index on disk, which the next search takes in place of building it again."""

from __future__ import annotations

import logging
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from beir_hybrid.errors import OutputError
from beir_hybrid.storage.checksums import damage, record
from beir_hybrid.storage.files import json_or_none, write_json
from beir_hybrid.storage.folders import new_folder

_INDEX, _ABOUT = "index", "about.json"

logger = logging.getLogger(__name__)


class KeptIndex:
    """A place for one index, named by all that decides about it: another one never passes for it.

    Args:
        parent: Folder of such indexes; made when one is saved.
        about: What the index is of, such as its factory and the checksum of its vectors; can be written as JSON.
    """

    def __init__(self, parent: Path, **about: Any) -> None:
        import faiss

        self._about = {**about, "faiss": faiss.__version__}
        self.folder = parent / blake2b(repr(sorted(self._about.items())).encode(), digest_size=16).hexdigest()

    def load(self) -> Any | None:
        """Read the index; None if it is not there, or damaged, which Faiss itself would not tell."""
        import faiss

        known = json_or_none(self.folder / _ABOUT)
        if known is None:
            return None
        if wrong := damage(self.folder, known.get("files")):
            logger.warning("%s is damaged (%s) and is built again.", self.folder, wrong)
            return None
        return faiss.read_index(str(self.folder / _INDEX))

    def save(self, index: Any) -> None:
        """Write the index, whole or not at all; where that cannot be, only the next search is slower, and it is said.

        Args:
            index: As Faiss builds it.
        """
        import faiss

        try:
            with new_folder(self.folder, lambda place: not damage(place, self._files(place))) as temporary:
                faiss.write_index(index, str(temporary / _INDEX))
                write_json(temporary / _ABOUT, {**self._about, "files": record(temporary, [_INDEX])})
        except (OutputError, RuntimeError) as error:  # the latter is Faiss's
            _tell(self.folder.parent, getattr(error.__cause__, "strerror", None) or " ".join(str(error).split()))

    def _files(self, folder: Path) -> Any:
        return (json_or_none(folder / _ABOUT) or {}).get("files")


@cache
def _tell(place: Path, reason: str) -> None:
    """Say once for all shards that nothing can be kept."""
    logger.warning("No index is kept in %s, so that each search builds its own: %s.", place, reason.rstrip("."))
