"""What the commands ``index`` and ``search`` do, from names to files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from beir_hybrid import ConfigurationError, load_model
from beir_hybrid.datasets import find_data, load_setting
from beir_hybrid.evaluation import VectorFolder, open_cache
from beir_hybrid.evaluation.search import empty_index
from beir_hybrid.storage import check_output
from beir_hybrid_pyserini.encoder import KnownQueries
from beir_hybrid_pyserini.export import CORPUS, check_folder, write_jsonl
from beir_hybrid_pyserini.folder import read_about
from beir_hybrid_pyserini.index import index_collection
from beir_hybrid_pyserini.search import model_of, search_topics
from beir_hybrid_pyserini.shards import Shard, shard_name
from beir_hybrid_pyserini.side_file import check_apart, check_file, check_side_file
from beir_hybrid_pyserini.topics import qrels_lines, read_topics, topics_lines, write_qrels, write_topics


def write_all(
    dataset: str,
    *,
    model: str | None = None,
    output: Path | None = None,
    factory: str = "Flat",
    topics: Path | None = None,
    qrels: Path | None = None,
    jsonl: Path | None = None,
    source: Path | None = None,
    languages: Sequence[str] | None = None,
    batch_size: int = 32,
    device: Sequence[str] | None = None,
    dtype: str | None = None,
    vectors: Path | None = None,
    shard: tuple[int, int] | None = None,
    cache: Path | None = None,
    no_cache: bool = False,
    overwrite: bool = False,
    **data_options: Any,
) -> list[str]:
    """Write an index of a dataset or a setting, and the files that go with it.

    Args:
        dataset: Such as ``xquad-r``, ``xquad-r.de``, ``xquad-r.en-de`` or ``xquad-r.en-all``; or the path of a BEIR
            folder, such as ``mine`` or ``./mine.en-de``.
        model: Folder or name of the encoder; the index needs it.
        output: Folder of the index; None for none.
        factory: What Faiss builds.
        topics: File for the queries; None for none.
        qrels: File for the judgements; None for none.
        jsonl: Folder for the passages; None for none.
        source: As for :func:`~beir_hybrid.datasets.load_setting`, likewise the next.
        languages: Language codes; None for all, or those of the setting.
        batch_size: As for :func:`~.index.index_collection`, likewise the next two.
        device: Device or devices.
        dtype: Number format.
        vectors: Folder of the passages' vectors, in the model's place.
        shard: Number of the only part that is indexed, from 0 on, and how many there are.
        cache: Folder for vectors; None for the user's.
        no_cache: Whether to keep no vectors.
        overwrite: Whether what is there is replaced.
        **data_options: Options of the dataset; those that are None are left out.

    Returns:
        A line for each thing, which says where it is.

    Raises:
        ConfigurationError: If there is nothing to write, an index without a model, or two things in one place.
        The errors of loading, encoding and writing.
    """
    _check_index(model, vectors, output, shard)
    empty_index(factory, 0)
    _check_places({"--topics": topics, "--qrels": qrels}, {"--output": output, "--jsonl": jsonl})
    asked = {name: value for name, value in data_options.items() if value is not None}
    chosen = load_setting(dataset, source, languages, **asked)
    queries = {query: text for texts in chosen.queries.values() for query, text in texts.items()}
    if topics is not None:
        check_side_file(topics, partial(topics_lines, queries), overwrite)
    if qrels is not None:
        check_side_file(qrels, partial(qrels_lines, chosen.qrels), overwrite)
    if jsonl is not None:
        check_folder(jsonl, chosen.corpora, overwrite)
    lines = []
    if output is not None:
        gpus = list(device or [])
        new = index_collection(
            load_model(str(model), gpus[0] if gpus else None) if vectors is None else VectorFolder.open(vectors),
            chosen,
            output,
            factory,
            model_name=str(Path(model).resolve()) if model is not None and Path(model).is_dir() else model or "",
            dataset=find_data(dataset).name,
            part=shard,
            overwrite=overwrite,
            batch_size=batch_size,
            show_progress=True,
            cache=None if no_cache else open_cache(cache),
            dtype=dtype,
            device=gpus if len(gpus) > 1 else None,
        )
        lines.append(f"{_verb(new)}: {describe_index(output if shard is None else output / shard_name(shard[0]))}")
    if topics is not None:
        new = write_topics(topics, queries, overwrite=overwrite)
        lines.append(f"{_verb(new)}: {topics} ({len(queries):,} topics)")
    if qrels is not None:
        new = write_qrels(qrels, chosen.qrels, overwrite=overwrite)
        lines.append(f"{_verb(new)}: {qrels} (judgements of {len(chosen.qrels):,} topics)")
    if jsonl is not None:
        passages = sum(map(len, chosen.corpora.values()))
        new = write_jsonl(jsonl, chosen.corpora, overwrite=overwrite)
        lines.append(f"{_verb(new)}: {jsonl / CORPUS} ({passages:,} passages)")
    return lines


def _check_index(model: str | None, vectors: Path | None, output: Path | None, shard: tuple[int, int] | None) -> None:
    if model is not None and vectors is not None:
        raise ConfigurationError("--model and --vectors are in each other's place.", "Give one of them.")
    if (model is None and vectors is None) != (output is None):
        missing = "a model: give --model NAME, or --vectors DIR" if output else "a folder: give --output DIR"
        raise ConfigurationError(f"An index needs {missing}.")
    if shard is not None:
        if output is None:
            raise ConfigurationError("--shard has no index to cut.", "Give --output and --model with it.")
        Shard(*shard, passages=shard[1])  # refuses one that cannot be


def _check_places(files: dict[str, Path | None], folders: dict[str, Path | None]) -> None:
    if all(place is None for place in (*files.values(), *folders.values())):
        raise ConfigurationError("There is nothing to write.", "Give --output, --topics, --qrels or --jsonl.")
    check_apart(files | folders, folders=tuple(folders))
    for option, place in folders.items():
        if place is not None:
            check_output(place, "folder", option)
    for option, place in files.items():
        if place is not None:
            check_output(place, "file", option)


def describe_index(folder: Path) -> str:
    """Return where an index is and what is in it, for a line."""
    about = read_about(folder)
    return f"{folder} ({about['passages']:,} passages of {about['dimensions']} dimensions, {about['factory']})"


def _verb(new: bool) -> str:
    return "Written" if new else "Left as it is, since it holds just that"


def search_file(
    index: Path,
    topics: Path,
    output: Path,
    *,
    model: str | None = None,
    vectors: Path | None = None,
    device: str | None = None,
    **options: Any,
) -> str:
    """Search an index for the topics of a file.

    Args:
        index: Folder of the index.
        topics: The file, as :func:`~.topics.read_topics` reads it.
        output: File for the run.
        model: Folder or name of the query encoder; None for the model that the index names.
        vectors: Folder of the topics' vectors, in the model's place.
        device: Such as ``cuda:0``; None to auto-detect.
        **options: As for :func:`~.search.search_topics`.

    Returns:
        A line that says where the run is.

    Raises:
        The errors of reading topics, of loading the model and of :func:`~.search.search_topics`.
    """
    check_file(output, bool(options.get("overwrite")))
    queries = read_topics(topics)
    if model is not None and vectors is not None:
        raise ConfigurationError("--model and --vectors are in each other's place.", "Give one of them.")
    if vectors is not None:
        encoder: Any = KnownQueries(VectorFolder.open(vectors), queries)
    else:
        encoder = load_model(model_of(index) if model is None else model, device)
    search_topics(index, queries, output, encoder, show_progress=True, **options)
    return f"Written: {output} ({len(queries):,} topics)"
