"""Files of vectors with the ids of their texts, as BEIR's ``encode`` writes them and ``search_from_files`` reads them.

BEIR pickles a pair of an array and a list of ids. Reading a pickle can run any code, so here nothing is unpickled but
that: numbers, texts, lists and numpy's arrays.
"""

from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from beir_hybrid.errors import DataFormatError, MissingDataError
from beir_hybrid.storage.files import new_file

EMBEDDING_FILES: dict[str, Any] = {
    "encode_output_path": "./embeddings/",
    "overwrite": False,
    "query_filename": "queries.pkl",
    "corpus_filename": "corpus.*.pkl",
}
"""The options by which BEIR's methods name these files, in the order of their parameters, with their defaults."""

_ALLOWED = {
    (module, name)
    for core in ("numpy.core", "numpy._core")
    for module, name in (
        (f"{core}.multiarray", "_reconstruct"),
        (f"{core}.numeric", "_frombuffer"),
        ("numpy", "ndarray"),
        ("numpy", "dtype"),
        ("_codecs", "encode"),  # bytes, in the older protocols
    )
}


def write_embeddings(path: str | Path, vectors: npt.NDArray[Any], ids: Sequence[str]) -> None:
    """Write vectors and ids, whole or not at all.

    Args:
        path: The file.
        vectors: Shape (texts, dimensions).
        ids: One per text.

    Raises:
        OutputError: If the file cannot be written.
    """
    with new_file(Path(path)) as temporary, temporary.open("wb") as file:
        pickle.dump((vectors, list(ids)), file)


def read_embeddings(path: str | Path) -> tuple[npt.NDArray[Any], list[str]]:
    """Read vectors and ids; nothing in the file is executed.

    Returns:
        Shape (texts, dimensions), and one id per text.

    Raises:
        MissingDataError: If there is no such file.
        DataFormatError: If it holds anything else.
    """
    try:
        with Path(path).open("rb") as file:
            vectors, ids = _ArrayUnpickler(file).load()
        rows = np.asarray(vectors)
        if rows.ndim != 2 or len(rows) != len(ids) or rows.dtype.hasobject:
            raise ValueError(f"{len(ids)} ids and an array of shape {rows.shape}")
        return rows, [str(identifier) for identifier in ids]
    except FileNotFoundError as error:
        raise MissingDataError(f"There is no file {path}.", "Encode first.") from error
    except Exception as error:  # damaged, a pickle may raise anything, and ask for memory that nobody has
        raise DataFormatError(f"{path} holds no vectors with ids: {error}.", "Encode again, with overwrite.") from error


class _ArrayUnpickler(pickle.Unpickler):
    """Builds arrays, and refuses everything else that would be called."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it wants {module}.{name}")
        return super().find_class(module, name)
