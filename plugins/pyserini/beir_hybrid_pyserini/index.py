"""Dense indexes that Pyserini searches, from our encodings."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beir_hybrid import ConfigurationError, MultilingualCollection, OutputError, progress_bar
from beir_hybrid.evaluation import EncodingOptions
from beir_hybrid.evaluation.encoding import Vectors
from beir_hybrid.evaluation.search import empty_index, parse_factory, set_thoroughness
from beir_hybrid.storage import damage, locked, record, stamp, write_json
from beir_hybrid_pyserini.folder import (
    ABOUT,
    DOCID,
    INDEX,
    check_files,
    check_free,
    clear,
    ids_of,
    place,
    read_about,
    work_folder,
    write_ids,
)
from beir_hybrid_pyserini.parts import DEPTH, build, can_merge, merge, save_index
from beir_hybrid_pyserini.passages import describe_model, open_passages, passages_alone
from beir_hybrid_pyserini.shards import Shard, check_siblings, open_shards

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

    from beir_hybrid.evaluation import Encoder, VectorFolder


logger = logging.getLogger(__name__)

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
    again with the same vectors, resumes where it stopped. The index is whole or not there.

    Args:
        output: Folder of the index.
        passages: Vectors, shape (passages of the language, dimensions) per language; may be memory-mapped.
        ids: Document ids, in the order of the vectors.
        factory: What Faiss builds, such as ``Flat`` (exact), ``HNSW64`` or ``IVF256,Flat``.
        about: What the index is to say about itself.
        overwrite: Whether an index that is there is replaced.
        show_progress: Whether to show a progress bar.
        **options: As for :func:`~.parts.build`.

    Returns:
        The folder.

    Raises:
        OutputError: If something is there already, another process writes it, or nothing can be written.
        DataFormatError: If ids are missing, too many, double or have blanks, or a vector is not finite.
        ConfigurationError: If Faiss builds no such index.
    """
    output = Path(output)
    check_free(output, overwrite)
    empty_index(factory, _dimensions(passages))  # refuses a wrong one before anything is done
    with _held(output):
        check_free(output, overwrite)  # another process may have written it meanwhile
        before = stamp(output)
        _write(output, passages, ids, factory, about or {}, before, show_progress, **options)
    return output


@contextmanager
def _held(output: Path) -> Iterator[None]:
    """Hold an output's work folder, which goes with its last file."""
    work = work_folder(output)
    with locked(work, str(output.resolve())):
        yield
    with suppress(OSError):
        work.rmdir()


def _dimensions(passages: Sequence[Vectors]) -> int:
    return next((int(vectors.shape[1]) for vectors in passages if len(vectors)), 0)


def _write(
    output: Path,
    passages: Sequence[Vectors],
    ids: Iterable[str],
    factory: str,
    about: Mapping[str, Any],
    before: object,
    show_progress: bool,
    **options: Any,
) -> None:
    """Build an index whose work folder is held, and write it if its place is still as it was when stamped."""

    def make(work: Path) -> Any:
        with progress_bar(total=total, desc="Indexing", unit="passage", unit_scale=True, show=show_progress) as bar:
            return build(passages, factory, work, advance=bar.update, **options)

    total = sum(map(len, passages))
    said = {"format": _FORMAT, "factory": factory, "dimensions": _dimensions(passages), "passages": total, **about}
    _write_made(output, ids, said, before, make)


def _write_made(
    output: Path, ids: Iterable[str], said: Mapping[str, Any], before: object, make: Callable[[Path], Any]
) -> None:
    """Write what ``make`` makes with the parts in a work folder, and what is said of it."""
    work = work_folder(output)
    whole = work / "whole"
    if whole.exists():
        shutil.rmtree(whole)
    write_ids(whole / DOCID, ids, said["passages"])
    index = make(work)
    save_index(index, whole / INDEX, output)
    write_json(whole / ABOUT, {**said, "files": record(whole, (INDEX, DOCID))})
    if stamp(output) != before:
        raise OutputError(
            f"{output} has changed since the work began, and is left as it is.", f"The new index is in {whole}."
        )
    place(whole, output)
    clear(work)


def index_collection(
    model: SentenceTransformer | Encoder | VectorFolder,
    collection: MultilingualCollection,
    output: Path,
    factory: str = "Flat",
    *,
    model_name: str = "",
    dataset: str = "",
    part: tuple[int, int] | None = None,
    overwrite: bool = False,
    options: EncodingOptions | None = None,
    show_progress: bool = False,
    encode_into: Callable[[Path], VectorFolder] | None = None,
) -> bool:
    """Encode the corpora of a collection and write their index.

    Passages are encoded as :func:`~beir_hybrid.evaluation.encode` does: with the model's pooling, document prompt and
    normalisation.

    Args:
        model: The encoder, or the folder in which the collection's vectors are.
        collection: Its corpora are indexed, all in one.
        output: Folder of the index. One that holds just that already is left as it is; if it is damaged, it is built
            again.
        factory: As for :func:`write_index`.
        model_name: What the index calls the model: the folder or name that ``beir-hybrid search`` loads.
        dataset: What the index calls the data; empty for the collection's name.
        part: Number of a shard, from 0 on, and how many there are: only its passages are encoded, and its index is a
            folder in ``output``. None for one index of all.
        overwrite: Whether an index that is there is replaced.
        options: How to encode; with a cache, a killed call does not encode again what was encoded. None for the
            defaults.
        show_progress: Whether to show progress bars.
        encode_into: Encodes just these passages into a folder, such as by the workers of a cluster, in place of this
            process; it is called again with the folder of a killed call.

    Returns:
        Whether the index was written; False if it was there.

    Raises:
        ModelError: If the model gives no dense vector for each text, its similarity is neither cosine nor dot, or a
            vector cannot be scored.
        ConfigurationError: If there is no such shard, or the folder has shards of anything else.
        MissingDataError: If the folder of vectors lacks some.
        The errors of :func:`write_index`.
    """
    corpora = passages_alone(collection)
    options = options or EncodingOptions()
    told = describe_model(model, collection.corpora, options.dtype)
    dimensions = told.pop("dimensions")
    about = {
        **told,
        **({"model": model_name} if model_name else {}),
        "dataset": dataset or collection.name,
        "languages": list(collection.corpora),
        "checksum": collection.checksums()["passages"],
    }
    empty_index(factory, dimensions)
    shard = None if part is None else Shard.of(corpora, part)
    if shard is not None:
        about["shard"] = asdict(shard)
        check_siblings(output, shard, {**about, "factory": factory})
        output = output / shard.name
    wanted = {**{key: value for key, value in about.items() if key != "model"}, "factory": factory}
    if not _is_ours(output, wanted):
        check_free(output, overwrite)
    with _held(output):
        ours, before = _is_ours(output, wanted), stamp(output)
        check_free(output, overwrite or ours)
        if ours:
            harm = damage(output, read_about(output).get("files"))
            if not harm:
                return False
            logger.warning("%s is damaged (%s) and is built again.", output, harm)
        if encode_into is None:
            passages, ids = open_passages(model, corpora, shard, options, show_progress)
        else:
            mine = corpora if shard is None else shard.collection(corpora)
            passages, ids = open_passages(encode_into(_vectors(output, about)), mine, None, options, show_progress)
        _write(output, passages, ids, factory, about, before, show_progress)
    return True


def _vectors(output: Path, about: Mapping[str, Any]) -> Path:
    """Return the folder where the vectors of an index are kept until it is whole: for other vectors, another one."""
    wanted = sorted((name, value) for name, value in about.items() if name != "model")
    return work_folder(output) / f"vectors-{blake2b(repr(wanted).encode(), digest_size=16).hexdigest()}"


def merge_shards(folder: Path, output: Path, *, overwrite: bool = False) -> Path:
    """Merge the shards in a folder into one index, the same that would have been built in one piece.

    Args:
        folder: Holds the shards, all of them.
        output: Folder of the index.
        overwrite: Whether an index that is there is replaced.

    Returns:
        The folder.

    Raises:
        ConfigurationError: If the shards' kind of index cannot be merged: a graph, or one that each shard trained for
            itself.
        The errors of :func:`~.shards.open_shards` and of :func:`write_index`.
    """
    shards = open_shards(folder)
    told = read_about(shards[0])
    total, factory, dimensions = told["shard"]["passages"], told["factory"], told["dimensions"]
    empty = empty_index(factory, dimensions)
    if not (empty.is_trained and can_merge(empty)):
        why = "cannot be merged" if empty.is_trained else "was trained by each shard for itself"
        raise ConfigurationError(
            f"The index {factory!r} {why}.", f"Search the shards as they are: beir-hybrid search --index {folder}"
        )
    check_free(output, overwrite)
    for shard in shards:
        check_files(shard)
    with _held(output):
        check_free(output, overwrite)
        about = {key: value for key, value in told.items() if key not in {"shard", "files"}}

        def make(work: Path) -> Any:
            index = merge([shard / INDEX for shard in shards], total)
            set_thoroughness(index, DEPTH, parse_factory(factory)[1])
            return index

        _write_made(output, ids_of(shards), {**about, "passages": total}, stamp(output), make)
    return output


def _is_ours(output: Path, wanted: Mapping[str, Any]) -> bool:
    """Return whether an index says that it is just the one wanted."""
    about = read_about(output)
    return bool(wanted["fingerprint"]) and {key: about.get(key) for key in wanted} == wanted
