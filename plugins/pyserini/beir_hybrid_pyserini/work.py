"""What the commands ``index`` and ``search`` do, from names to files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from beir_hybrid import ConfigurationError, MultilingualCollection, gpus_for, load_model, open_workers, plural
from beir_hybrid.cli import check_dry_run, show_forecast
from beir_hybrid.datasets import find_data, load_setting
from beir_hybrid.evaluation import Encoder, EncodingOptions, VectorFolder, encode_folder, open_cache, open_encoder
from beir_hybrid.evaluation.search import empty_index
from beir_hybrid.storage import check_output
from beir_hybrid_pyserini.encoder import KnownQueries
from beir_hybrid_pyserini.export import CORPUS, check_folder, write_jsonl
from beir_hybrid_pyserini.folder import read_about
from beir_hybrid_pyserini.index import index_collection
from beir_hybrid_pyserini.passages import passages_alone
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
    cluster: str | None = None,
    workers: int | None = None,
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
        cluster: Whose workers encode the passages, as for :func:`~beir_hybrid.open_workers`, likewise the next.
        workers: How many there are.
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
    _check_index(model, vectors, output, shard, cluster)
    if cluster is None:
        open_workers(None, workers)  # refuses workers of none
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
        encoding = EncodingOptions(batch_size, device, dtype, None if no_cache else open_cache(cache))
        opener = Opener(str(model), encoding.for_opening(cluster is None))
        loads = partial(load_passages, dataset, source, languages, shard, **asked)
        new = index_collection(
            opener() if vectors is None else VectorFolder.open(vectors),
            chosen,
            output,
            factory,
            model_name=str(Path(model).resolve()) if model is not None and Path(model).is_dir() else model or "",
            dataset=find_data(dataset).name,
            part=shard,
            overwrite=overwrite,
            options=encoding,
            show_progress=True,
            encode_into=None if cluster is None else partial(_encode, opener, loads, encoding, cluster, workers),
        )
        lines.append(f"{_verb(new)}: {describe_index(output if shard is None else output / shard_name(shard[0]))}")
    return [*lines, *_write_texts(chosen, queries, topics, qrels, jsonl, overwrite)]


def _write_texts(
    chosen: MultilingualCollection,
    queries: dict[str, str],
    topics: Path | None,
    qrels: Path | None,
    jsonl: Path | None,
    overwrite: bool,
) -> list[str]:
    """Write the files that go with an index, and return a line for each."""
    lines = []
    if topics is not None:
        new = write_topics(topics, queries, overwrite=overwrite)
        lines.append(f"{_verb(new)}: {topics} ({plural(len(queries), 'topic')})")
    if qrels is not None:
        new = write_qrels(qrels, chosen.qrels, overwrite=overwrite)
        lines.append(f"{_verb(new)}: {qrels} (judgements of {plural(len(chosen.qrels), 'topic')})")
    if jsonl is not None:
        passages = sum(map(len, chosen.corpora.values()))
        new = write_jsonl(jsonl, chosen.corpora, overwrite=overwrite)
        lines.append(f"{_verb(new)}: {jsonl / CORPUS} ({plural(passages, 'passage')})")
    return lines


def forecast(dataset: str, **choices: Any) -> None:
    """Print what :func:`write_all` would take to encode the passages of an index, from a sample.

    Args:
        dataset: As for :func:`write_all`.
        **choices: Its other arguments.

    Raises:
        ConfigurationError: If there is no model.
        The errors of loading and of encoding.
    """
    model = check_dry_run(choices["model"])
    names = ("source", "languages", "passage_text", "split", "judged_only", "sample_passages")
    options = {name: value for name in names if (value := choices[name]) is not None}
    share = choices["workers"] or (choices["shard"] and choices["shard"][1])
    how = (choices["batch_size"], choices["device"], choices["dtype"])
    show_forecast(load_passages(dataset, **options), model, *how, share)


class Opener:
    """Opens a model once here, and once in each process that this is sent to.

    Args:
        model: Folder or name.
        options: How it will encode.
    """

    def __init__(self, model: str, options: EncodingOptions) -> None:
        self.model = model
        self.options = options

    @cached_property
    def _opened(self) -> Encoder:
        return open_encoder(self.model, self.options)

    def __call__(self) -> Encoder:
        """Return the model."""
        return self._opened

    def __getstate__(self) -> dict[str, Any]:
        return {"model": self.model, "options": self.options}


def load_passages(
    dataset: str,
    source: Path | None = None,
    languages: Sequence[str] | None = None,
    part: tuple[int, int] | None = None,
    **options: Any,
) -> MultilingualCollection:
    """Load the passages that are indexed, in any process.

    Args:
        dataset: As for :func:`write_all`, likewise the next two.
        source: Where it is.
        languages: Language codes.
        part: Number of a shard, from 0 on, and how many there are; None for all passages.
        **options: Options of the dataset.
    """
    whole = passages_alone(load_setting(dataset, source, languages, **options))
    return whole if part is None else Shard.of(whole, part).collection(whole)


def _encode(
    opener: Opener,
    loads: Callable[[], MultilingualCollection],
    options: EncodingOptions,
    cluster: str,
    workers: int | None,
    path: Path,
) -> VectorFolder:
    """Have workers encode passages into a folder, in shards."""
    with open_workers(cluster, workers, gpus=gpus_for(options.device)) as opened:
        return encode_folder(opener, loads, path, options, workers=opened, show_progress=True).folder


def _check_index(
    model: str | None, vectors: Path | None, output: Path | None, shard: tuple[int, int] | None, cluster: str | None
) -> None:
    if model is not None and vectors is not None:
        raise ConfigurationError("--model and --vectors are in each other's place.", "Give one of them.")
    if (model is None and vectors is None) != (output is None):
        missing = "a model: give --model NAME, or --vectors DIR" if output else "a folder: give --output DIR"
        raise ConfigurationError(f"An index needs {missing}.")
    if shard is not None and output is None:
        raise ConfigurationError("--shard has no index to cut.", "Give --output and --model with it.")
    if cluster is not None and model is None:
        raise ConfigurationError("--cluster encodes passages, and no model is given.", "Give --model NAME with it.")


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
    return f"{folder} ({plural(about['passages'], 'passage')} of {about['dimensions']} dimensions, {about['factory']})"


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
    return f"Written: {output} ({plural(len(queries), 'topic')})"
