"""``beir-hybrid evaluate``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from beir_hybrid.cli.dry_run import check_dry_run, dry_run_option, show_forecast
from beir_hybrid.cli.encode import load_texts
from beir_hybrid.cli.encoding import take_encoding
from beir_hybrid.cli.parameters import (
    NAMES,
    attention_option,
    backend_option,
    cluster_options,
    dataset_options,
    encoding_options,
    search_options,
)
from beir_hybrid.errors import ConfigurationError, MissingDataError

if TYPE_CHECKING:
    from beir_hybrid.collection import MultilingualCollection
    from beir_hybrid.debiasing import Debiasing
    from beir_hybrid.evaluation import EncodingOptions
    from beir_hybrid.evaluation.results import Results
    from beir_hybrid.workers import Workers

_OF_MODELS = ("batch_size", "backend", "attention", "dtype", "device", "cache", "no_cache", "debias_on")
_OF_SEARCH = ("index", "depth", "runs", "search_device", "search_precision")
_OF_VECTORS = ("cluster", "workers")


@click.command()
@click.option("--model", help="Model folder, or name on the Hugging Face hub.")
@click.option(
    "--run",
    type=click.Path(path_type=Path),
    help="Instead of a model: a TREC run of any system, or a folder of runs; en-de.trec is one of the setting en-de.",
)
@click.option(
    "--vectors",
    type=click.Path(path_type=Path),
    help="Instead of a model: a folder of its vectors, which encode wrote; with --model, what it lacks is encoded.",
)
@dataset_options
@click.option("--settings", type=NAMES, help="Such as en-de,en-all or mono [default: all].")
@click.option(
    "--measures",
    type=NAMES,
    help="Such as map,ndcg@10; default and bias stand for several [default: the paper's for each kind of setting].",
)
@click.option(
    "--profile",
    is_flag=True,
    help="Tell on one page what the model does with languages: whether it prefers the question's, which attract, which "
    "are never found, what debiasing would bring [settings: multi].",
)
@encoding_options
@backend_option
@attention_option
@click.option(
    "--index",
    help="Search with this Faiss index instead of exactly, such as HNSW64 or IVF256,Flat; with --vectors, one of each "
    "shard, kept in its indexes/.",
)
@search_options
@cluster_options
@click.option(
    "--debias",
    multiple=True,
    metavar="METHOD[:OPTION=VALUE][:STRENGTH]",
    help="Take the language out of vectors first: shift:0.6, center, lir:directions=8; shift:0:1:0.1 for a curve. "
    "Repeatable; several results have a folder each.",
)
@click.option(
    "--debias-on",
    metavar="PAIRS|DATASET",
    help="Texts that is fitted on [default: the evaluated passages, without their relevance].",
)
@click.option("--output", type=click.Path(path_type=Path), help="Folder for results.json and the queries' values.")
@click.option(
    "--per-query",
    type=click.Choice(["parquet", "jsonl"]),
    default="parquet",
    show_default=True,
    help="Format of the queries' values.",
)
@click.option("--runs", is_flag=True, help="Write a TREC run of every setting into the output folder's runs/.")
@click.option(
    "--depth",
    type=click.IntRange(min=1),
    default=1000,
    show_default=True,
    help="Passages per query in runs, or that the index finds.",
)
@click.option("--overwrite", is_flag=True, help="Replace the results in the output folder.")
@dry_run_option
def evaluate(
    model: str | None,
    run: Path | None,
    vectors: Path | None,
    dataset: str,
    measures: tuple[str, ...] | None,
    settings: tuple[str, ...] | None,
    output: Path | None,
    per_query: Any,
    runs: bool,
    overwrite: bool,
    profile: bool,
    dry_run: bool,
    **choices: Any,
) -> None:
    """Score a model, its vectors, or a run of any system, monolingually, cross-lingually and multilingually.

    A model's texts are encoded once for all settings, and their vectors kept for the next time. Vectors are searched
    shard by shard, by the workers of a cluster where there is one.
    """
    import beir_hybrid
    from beir_hybrid.datasets import load_settings
    from beir_hybrid.evaluation.measures import build_measures
    from beir_hybrid.evaluation.results import check_results
    from beir_hybrid.evaluation.run_files import remove_runs
    from beir_hybrid.reports.evaluations import show_evaluations
    from beir_hybrid.reports.render.terminal import console
    from beir_hybrid.storage.files import check_output

    if dry_run:
        check_dry_run(model)
    _check_choices({"model": model, "run": run, "vectors": vectors}, output, runs, choices)
    methods = _debiasings(choices.pop("debias"), choices["debias_on"], runs, profile)
    scores = beir_hybrid.profile_languages if profile else beir_hybrid.evaluate
    folders = list(methods) if len(methods) > 1 else [""]
    for name in folders:
        check_results(None if output is None else output / name, overwrite, per_query)
    if runs and output is not None:
        check_output(output / "runs", "folder")
    if choices["cache"] is not None:
        check_output(choices["cache"], "folder", "--cache")
    encoding = take_encoding(choices)
    build_measures(measures)  # so that a misspelt one is reported before anything is loaded
    names = ("source", "languages", "passage_text", "split", "judged_only", "sample_passages")
    options = {name: value for name in names if (value := choices.pop(name)) is not None}
    collection, wanted = load_settings(dataset, settings, **options)
    if dry_run:
        asked = {name: getattr(encoding, name) for name in ("batch_size", "device", "dtype", "backend", "attention")}
        show_forecast(collection, str(model), workers=choices["workers"], **asked)
        return
    if run is not None:
        results: Iterable[Results] = [_evaluate_run(run, collection, wanted, measures, scores)]
    else:
        target = output / "runs" if runs and output is not None else None
        wishes = {"settings": wanted, "measures": measures, "runs": target, "scores": scores, **choices}
        wishes |= {"methods": methods.values(), "encoding": encoding}
        if vectors is None:
            results = _evaluate_model(str(model), collection, source=options.get("source"), **wishes)
        else:
            loads = partial(load_texts, dataset, options)
            results = _evaluate_vectors(vectors, model, collection, loads, **wishes)
    shown: list[Results] = []
    written: list[Path] = []
    try:
        for name, one in zip(folders, results, strict=True):  # each is kept before the next is computed
            shown.append(one)
            if output is not None:
                written.append(one.save(output / name, per_query))
                if overwrite:
                    remove_runs(output / name / "runs", set(one.settings) if runs else set())
    finally:
        if shown:
            show_evaluations(shown)
        for path in written:
            console().print(f"Written to {path}", highlight=False, markup=False)


def _check_choices(given: dict[str, Any], output: Path | None, runs: bool, choices: dict[str, Any]) -> None:
    scored = [name for name, value in given.items() if value is not None]
    if len(scored) != 1 and scored != ["model", "vectors"]:
        what = " and ".join(f"--{name}" for name in scored) if scored else "Neither a model nor vectors nor a run"
        raise ConfigurationError(
            f"{what} {'are' if scored else 'is'} given.", "Give --model NAME, --vectors DIR or --run FILE."
        )
    if choices["debias_on"] and given["vectors"]:
        fix = "Leave it out, to fit on the stored passages, or leave out --vectors."
        raise ConfigurationError("The texts of --debias-on have no stored vectors, and --vectors is given.", fix)
    if choices["debias"] and choices["cluster"]:
        raise ConfigurationError("--debias changes vectors in this process, and --cluster is given.", "Choose one.")
    if runs and output is None:
        raise ConfigurationError("--runs writes into the output folder, and none is given.", "Give --output DIR.")
    source = click.get_current_context().get_parameter_source
    others = {"model": _OF_VECTORS, "vectors": _OF_MODELS, "run": (*_OF_MODELS, *_OF_SEARCH, *_OF_VECTORS, "debias")}
    for name in others[scored[0]] if len(scored) == 1 else ():
        if source(name) is ParameterSource.COMMANDLINE:
            kinds = "models" if name in _OF_MODELS else "vectors" if name in _OF_VECTORS else "models and vectors"
            raise ConfigurationError(
                f"--{name.replace('_', '-')} is for {kinds}, and --{scored[0]} is given.", "Leave it out."
            )
    for name in ("search_device", "search_precision"):
        if choices["index"] and source(name) is ParameterSource.COMMANDLINE:
            option = f"--{name.replace('_', '-')}"
            raise ConfigurationError(f"{option} is for exact search, and --index is given.", "Choose one.")
    if choices["index"] and runs:
        raise ConfigurationError("--runs writes what exact search finds, and --index is given.", "Choose one.")


def _debiasings(specs: tuple[str, ...], texts: str | None, runs: bool, profile: bool) -> dict[str, Debiasing]:
    """Build methods of debiasing, by the names of their folders."""
    from beir_hybrid.debiasing import build_debiasings, folder_name

    if texts is not None and not specs:
        raise ConfigurationError("--debias-on says what a method is fitted on, and none is given.", "Give --debias.")
    if specs and profile:
        raise ConfigurationError("--profile tries methods of its own, and --debias is given.", "Choose one.")
    methods = {folder_name(each): each for spec in specs for each in build_debiasings(spec)}
    if runs and len(methods) > 1:
        raise ConfigurationError(f"--runs writes one result's, and --debias gives {len(methods)}.", "Leave one out.")
    return methods


def _evaluate_model(
    model: str,
    collection: MultilingualCollection,
    *,
    methods: Collection[Debiasing],
    debias_on: str | None,
    source: Path | None,
    index: str | None,
    depth: int,
    cluster: str | None,
    workers: int | None,
    search_device: str | None,
    search_precision: str,
    encoding: EncodingOptions,
    scores: Callable[..., Results],
    **options: Any,
) -> Iterator[Results]:
    from beir_hybrid.debiasing import FitTexts, evaluate_debiased
    from beir_hybrid.evaluation import ExactSearch, FaissSearch, open_encoder

    search = ExactSearch(search_device, search_precision) if index is None else FaissSearch(index, depth)
    encoder = open_encoder(model, encoding)
    options |= {"run_depth": depth, "show_progress": True, "model_name": model}
    if not methods:
        return iter([scores(encoder, collection, search=search, encoding=encoding, **options)])
    texts = None if debias_on is None else FitTexts.load(debias_on, source)
    options |= {"search": search, "encoding": encoding}
    return evaluate_debiased(encoder, collection, list(methods), texts, **options)


def _evaluate_vectors(
    path: Path,
    model: str | None,
    collection: MultilingualCollection,
    loads: Callable[[], MultilingualCollection],
    *,
    methods: Collection[Debiasing],
    index: str | None,
    depth: int,
    cluster: str | None,
    workers: int | None,
    search_device: str | None,
    search_precision: str,
    settings: Any,
    measures: Any,
    runs: Path | None,
    debias_on: str | None,
    encoding: EncodingOptions,
    scores: Callable[..., Results],
) -> Iterator[Results]:
    from beir_hybrid.debiasing import evaluate_debiased
    from beir_hybrid.evaluation import ExactSearch, FaissSearch, ShardedSearch, VectorFolder
    from beir_hybrid.workers import open_workers

    gpus = _gpus(model, encoding.device, "cpu" if index else search_device)
    faiss = None if index is None else FaissSearch(index, depth)
    exact = ExactSearch(search_device, search_precision)
    options: dict[str, Any] = {"settings": settings, "measures": measures, "runs": runs, "run_depth": depth}
    with open_workers(cluster, workers, gpus=gpus) as opened:
        if model is not None:
            _encode_missing(path, model, loads if cluster else lambda: collection, opened, cluster is None, encoding)
        folder = VectorFolder.open(path)
        embeddings = folder.embeddings(collection)
        options |= {"show_progress": True, "model_name": folder.description.model}
        if methods:
            options |= {"search": faiss or exact, "normalise": folder.description.normalised}
            yield from evaluate_debiased(embeddings, collection, list(methods), **options)
            return
        search = ShardedSearch(folder, opened, faiss, exact)
        search.check(folder.description.dimensions)
        yield scores(embeddings, collection, search=search, **options)


def _gpus(model: str | None, device: str | Sequence[str] | None, search_device: str | None) -> int | None:
    """Return how many GPUs each worker needs; None for one where there is any."""
    from beir_hybrid.workers import gpus_for

    searching = gpus_for(search_device)
    if model is None:
        return searching
    encoding = gpus_for(device)
    return searching or encoding if encoding is None or searching is None else max(encoding, searching)


def _encode_missing(
    path: Path,
    model: str,
    loads: Callable[[], MultilingualCollection],
    workers: Workers,
    here: bool,
    encoding: EncodingOptions,
) -> None:
    """Encode what a folder of vectors lacks, in the format that it has."""
    from beir_hybrid.evaluation import VectorFolder, encode_folder, open_encoder

    try:
        known = VectorFolder.open(path).description
    except MissingDataError:
        known = None
    encode_folder(
        partial(open_encoder, model, encoding.for_opening(here)),
        loads,
        path,
        encoding,
        stored=known.stored if known else "float32",
        workers=workers,
        show_progress=True,
        model_name=model,
        words=known.words if known else (),
    )


def _evaluate_run(
    path: Path, collection: MultilingualCollection, settings: Any, measures: Any, scores: Callable[..., Results]
) -> Results:
    from beir_hybrid.evaluation import Judgements, read_runs
    from beir_hybrid.evaluation.run_files import partial_kinds

    judgements = Judgements(collection)
    runs = read_runs(path, judgements, settings, show_progress=True)
    notes = partial_kinds(runs, judgements) if path.is_dir() and settings is None else []
    return scores(runs, judgements, measures=measures, model_name=str(path), notes=notes)
