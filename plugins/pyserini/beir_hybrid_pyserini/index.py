"""Dense indexes that Pyserini searches, from our encodings."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ModelError, OutputError
from beir_hybrid.evaluation.encoding import encode
from beir_hybrid.evaluation.faiss_factory import empty_index
from beir_hybrid.evaluation.fingerprint import fingerprint_of
from beir_hybrid.evaluation.vectors import Vectors
from beir_hybrid.files import new_file, write_json
from beir_hybrid_pyserini.folder import ABOUT, DOCID, INDEX, check_free, place, read_about, work_folder, write_ids
from beir_hybrid_pyserini.shards import build

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from beir_hybrid.evaluation.cache import EmbeddingCache

__all__ = ["index_collection", "write_index"]

_FORMAT = 1


def write_index(
    output: Path,
    passages: Sequence[Vectors],
    ids: Iterable[str],
    factory: str = "Flat",
    *,
    about: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    show_progress: bool = False,
    **options: Any,
) -> Path:
    """Write vectors as an index that Pyserini's ``FaissSearcher`` reads: scores are inner products.

    The parts of a large index are kept beside it until it is whole (in ``.NAME.building``), so a killed call, made
    again with the same vectors, goes on where it was. The index is whole or not there.

    Args:
        output: Folder of the index.
        passages: Vectors, shape (passages of the language, dimensions) per language; may be memory-mapped.
        ids: Document ids, in the order of the vectors.
        factory: What Faiss builds, such as ``Flat`` (exact), ``HNSW64`` or ``IVF256,Flat``.
        about: What the index shall say about itself.
        overwrite: Whether an index that is there is replaced.
        show_progress: Whether to show a progress bar.
        **options: As for :func:`~.shards.build`.

    Returns:
        The folder.

    Raises:
        OutputError: If something is there already, or nothing can be written.
        DataFormatError: If ids are missing, too many, double or have blanks, or a vector is not finite.
        ConfigurationError: If Faiss builds no such index.
    """
    import faiss
    from tqdm import tqdm

    output = Path(output)
    check_free(output, overwrite)
    dimensions = next((int(vectors.shape[1]) for vectors in passages if len(vectors)), 0)
    empty_index(factory, dimensions)  # to tell a wrong one before anything is done
    work, total = work_folder(output), sum(map(len, passages))
    whole = work / "whole"
    if whole.exists():
        shutil.rmtree(whole)
    write_ids(whole / DOCID, ids, total)
    with tqdm(total=total, desc="Indexing", unit="passage", unit_scale=True, disable=not show_progress) as bar:
        index = build(passages, factory, work, advance=bar.update, **options)
    said = {"format": _FORMAT, "factory": factory, "dimensions": dimensions, "passages": total, **(about or {})}
    write_json(whole / ABOUT, said)
    try:
        with new_file(whole / INDEX) as temporary:
            faiss.write_index(index, str(temporary))
    except RuntimeError as error:
        reason = " ".join(str(error).split()).rpartition(": ")[2]
        raise OutputError(f"{output} cannot be written: {reason}.", "Free space there.") from error
    place(whole, output)
    shutil.rmtree(work, ignore_errors=True)
    return output


def index_collection(
    model: SentenceTransformer,
    collection: MultilingualCollection,
    output: Path,
    factory: str = "Flat",
    *,
    model_name: str = "",
    dataset: str = "",
    overwrite: bool = False,
    batch_size: int = 32,
    show_progress: bool = False,
    cache: EmbeddingCache | None = None,
    dtype: str | None = None,
    device: str | Sequence[str] | None = None,
) -> bool:
    """Encode the corpora of a collection and write their index.

    Passages are encoded as :func:`~beir_hybrid.evaluation.encoding.encode` does: with the model's pooling, document
    prompt and normalisation.

    Args:
        model: The encoder.
        collection: Its corpora are indexed, all in one.
        output: Folder of the index. One that holds just that already is left as it is.
        factory: As for :func:`write_index`.
        model_name: What the index calls the model: the folder or name that ``beir-hybrid search`` loads.
        dataset: What the index calls the data; empty for the collection's name.
        overwrite: Whether an index that is there is replaced.
        batch_size: Texts per forward pass.
        show_progress: Whether to show progress bars.
        cache: Where vectors are kept; with it, a killed call does not encode again what was encoded.
        dtype: ``float16`` or ``bfloat16`` to encode in.
        device: Device or devices to encode on.

    Returns:
        Whether the index was written; False if it was there.

    Raises:
        ModelError: If the model's similarity is neither cosine nor dot, or a vector is not finite.
        The errors of :func:`write_index`.
    """
    about = {
        "model": model_name,
        "fingerprint": _fingerprint(model),
        "dtype": dtype or "",
        "document_prompt": model.prompts.get("document", ""),
        "dataset": dataset or collection.name,
        "languages": list(collection.corpora),
        "checksum": collection.checksums()["passages"],
        "similarity": str(model.similarity_fn_name),
    }
    found = read_about(output)
    same = {key for key in about if key != "model"}
    if (
        about["fingerprint"]
        and {key: found.get(key) for key in same} == {key: about[key] for key in same}
        and found.get("factory") == factory
        and {path.name for path in output.iterdir()} == {INDEX, DOCID, ABOUT}
    ):
        return False
    check_free(output, overwrite)
    empty_index(factory, model.get_embedding_dimension() or 0)
    corpora = MultilingualCollection(collection.name, collection.corpora, {}, {}, collection.passage_text)
    vectors = encode(
        model,
        corpora,
        batch_size=batch_size,
        show_progress=show_progress,
        cache=cache,
        dtype=dtype,
        device=device,
    ).passages
    ids = chain.from_iterable(corpora.corpora[language] for language in vectors)
    write_index(
        output,
        list(vectors.values()),
        ids,
        factory,
        about=about,
        overwrite=overwrite,
        show_progress=show_progress,
    )
    return True


def _fingerprint(model: SentenceTransformer) -> str:
    try:
        return fingerprint_of(model)
    except ModelError:  # such as one that runs on ONNX: its index is never taken for another's
        return ""
