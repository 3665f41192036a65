"""``beir-hybrid mine``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beir_hybrid.cli.dry_run import check_dry_run, dry_run_option, show_forecast
from beir_hybrid.cli.parameters import (
    Number,
    backend_option,
    cluster_options,
    encoding_options,
    search_options,
    source_option,
)
from beir_hybrid.errors import ConfigurationError

if TYPE_CHECKING:
    from beir_hybrid.mining import MinedPairs, MiningOptions, MiningPool, Source
    from beir_hybrid.mining.pool import Corpora
    from beir_hybrid.pairs import ParallelPairs


@click.command()
@click.argument("pairs")
@click.option("--model", help="Model folder, or name on the Hugging Face hub, that scores passages.")
@click.option(
    "--run",
    type=click.Path(path_type=Path),
    help="Instead of a model: a TREC run, or a folder of runs, over the folder that --write-beir wrote.",
)
@click.option(
    "--write-beir",
    type=click.Path(path_type=Path),
    help="Write questions and passages as a BEIR folder for another searcher, such as beir-hybrid bm25, and stop.",
)
@click.option("--output", type=click.Path(path_type=Path), help="Folder of the store of pairs with their negatives.")
@click.option("--negatives", type=Number(whole=True), default=8, show_default=True, help="How many each pair gets.")
@click.option(
    "--languages",
    metavar="[same|passage|any|balanced]",
    default="passage",
    show_default=True,
    help="Languages of negatives: the question's, the passage's, any, or all as often.",
)
@click.option(
    "--margin",
    type=Number(),
    help="A passage above this share of the positive's score is no negative; 1 to go up to that score itself [default: "
    "0.95; none with --run alone].",
)
@click.option(
    "--positive",
    metavar="[weakest|own]",
    default="weakest",
    show_default=True,
    help="Which positive: the weakest of the group's passages over all languages, or the pair's own.",
)
@click.option("--skip-top", type=Number(whole=True), default=0, show_default=True, help="Pass over the hardest.")
@click.option(
    "--sample",
    type=Number(whole=True),
    default=0,
    help="Draw among so many of the hardest [default: take the hardest].",
)
@click.option("--seed", type=Number(whole=True), default=0, show_default=True, help="Seed of that draw.")
@click.option("--corpus", multiple=True, help="Search the passages of this dataset or BEIR folder as well; repeatable.")
@source_option
@click.option("--cross-encoder", help="Model folder or name of a cross-encoder, whose scores replace the others.")
@click.option(
    "--candidates",
    type=Number(whole=True),
    default=50,
    show_default=True,
    help="Passages of each pair that the cross-encoder scores.",
)
@click.option("--keep-short", is_flag=True, help="Keep pairs that get fewer negatives, instead of leaving them out.")
@click.option("--name", help="Name of the data in logs and model cards [default: that of the folder].")
@encoding_options
@backend_option
@search_options
@cluster_options
@dry_run_option
def mine(
    pairs: str,
    model: str | None,
    run: Path | None,
    write_beir: Path | None,
    output: Path | None,
    corpus: tuple[str, ...],
    source: Path | None,
    name: str | None,
    dry_run: bool,
    **choices: Any,
) -> None:
    """Mine hard negatives that answer their question in no language, and write the pairs with them as a store.

    PAIRS is a store, a file or folder of any format, or a registered dataset. A passage of the question's group, or of
    another group that shares its answer, and every text equal to one, is never a negative, in any language. The store
    is written whole or not at all; a run that was interrupted is resumed by the same command.
    """
    from beir_hybrid.formats import load_pairs
    from beir_hybrid.mining import MiningOptions, MiningPool
    from beir_hybrid.storage.files import check_output

    given = [option for option, value in (("--model", model), ("--run", run), ("--write-beir", write_beir)) if value]
    if len(given) != 1:
        problem = f"{' and '.join(given)} are given." if given else "Nothing says what scores passages."
        raise ConfigurationError(problem, "Give one of --model, --run and --write-beir.")
    names = ("negatives", "languages", "positive", "skip_top", "sample", "seed", "candidates", "keep_short")
    chosen = {option: choices.pop(option) for option in names}
    margin, teacher = choices.pop("margin"), choices["cross_encoder"]
    options = MiningOptions(margin=0.95 if margin is None and (model or teacher) else margin, **chosen)
    for place, option in ((output, "--output"), (write_beir, "--write-beir")):
        if place is not None:
            check_output(place, "folder", option)
    if output is None and not (write_beir or dry_run):
        raise ConfigurationError("Nowhere is said to write to.", "Give --output DIR.")
    loaded, further = load_pairs(pairs, source), _further(corpus, source)
    if write_beir is not None:
        _write(MiningPool(loaded, further), write_beir)
    elif dry_run:
        _forecast(MiningPool(loaded, further), model, options.candidates, **choices)
    elif output is not None:
        _mine(loaded, further, model, run, output, options, name or "", **choices)


def _further(names: tuple[str, ...], source: Path | None) -> Corpora:
    """Load further passages; those of several datasets in one language follow one another."""
    from beir_hybrid.datasets import load_settings

    further: dict[str, Any] = {}
    for name in names:
        for language, corpus in load_settings(name, None, source=source)[0].corpora.items():
            if language in further:
                raise ConfigurationError(f"Two corpora hold passages in {language}.", "Give one of them: --corpus")
            further[language] = corpus
    return further


def _write(pool: MiningPool, folder: Path) -> None:
    from beir_hybrid.datasets import BeirFolder
    from beir_hybrid.mining.run_finder import judged

    written = BeirFolder(folder).write(judged(pool), overwrite=True)
    questions = sum(map(len, pool.pairs_of.values()))
    click.echo(f"{written.path}: {questions:,} questions, {pool.starts[-1]:,} passages.")


def _forecast(pool: MiningPool, model: str | None, candidates: int, **choices: Any) -> None:
    names = ("batch_size", "device", "dtype", "workers")
    size, device, dtype, workers = (choices[name] for name in names)
    show_forecast(pool.collection, check_dry_run(model), size, device, dtype, workers, backend=choices["backend"])
    if choices["cross_encoder"]:
        each = candidates + len(pool.languages)
        click.echo(
            f"The cross-encoder, of which no sample is taken, then scores about {each} pairs of texts for each of "
            f"{len(pool):,} questions."
        )


def _mine(
    pairs: ParallelPairs,
    further: Corpora,
    model: str | None,
    run: Path | None,
    output: Path,
    options: MiningOptions,
    name: str,
    *,
    cluster: str | None,
    workers: int | None,
    **choices: Any,
) -> None:
    from beir_hybrid.mining import mine_negatives
    from beir_hybrid.reports.minings import mining_models
    from beir_hybrid.reports.render.terminal import console, show
    from beir_hybrid.training.processes import interrupted_by_signals
    from beir_hybrid.workers import gpus_for, open_workers

    chosen = _source(pairs, model, run, cluster, **choices)
    with interrupted_by_signals() as received, open_workers(cluster, workers, gpus=gpus_for(choices["device"])) as ours:
        try:
            mined = mine_negatives(
                pairs, chosen, output, options, further=further, workers=ours, name=name, show_progress=None
            )
        except KeyboardInterrupt:
            click.echo(err=True)  # a progress bar may stand there
            click.echo("Interrupted. What is mined is kept. To resume, run the same command again.", err=True)
            click.get_current_context().exit(128 + received.number)
    show(*mining_models(mined), screen=console())
    _tell(mined, output, options)


def _source(
    pairs: ParallelPairs,
    model: str | None,
    run: Path | None,
    cluster: str | None,
    *,
    batch_size: int,
    device: tuple[str, ...] | None,
    dtype: str | None,
    backend: str,
    cache: Path | None,
    no_cache: bool,
    search_device: str | None,
    search_precision: str,
    cross_encoder: str | None,
) -> Source:
    from functools import partial

    from beir_hybrid.evaluation import EncodingOptions, open_cache, open_encoder
    from beir_hybrid.evaluation.search.device import choose_device
    from beir_hybrid.mining import CrossEncoderScorer, Source

    if cache is not None and no_cache:
        raise ConfigurationError("Both --cache and --no-cache are given.", "Choose one.")
    first = device[0] if device else None
    scorer = None if cross_encoder is None else CrossEncoderScorer(cross_encoder, batch_size, first)
    if model is None:
        return Source(run=run, scorer=scorer)
    encoding = EncodingOptions(batch_size, device, dtype, None if no_cache else open_cache(cache), backend)
    opener = partial(open_encoder, model, encoding.for_opening(cluster is None))
    dimensions = 512.0  # or so: only decides whether a GPU is worth starting
    searcher = choose_device(search_device, search_precision, float(len(pairs)) ** 2 * dimensions)
    return Source(opener(), encoding, opener, searcher, scorer=scorer)


def _tell(mined: MinedPairs, output: Path, options: MiningOptions) -> None:
    about = mined.store.about
    click.echo(f"{output}: {about['used_rows']:,} rows in {about['groups']:,} groups.")
    for reason, count in about["left_out"].items():
        click.echo(f"  left out: {count:,} rows with {reason}")
    if sum(each.short for each in mined.languages) and not options.keep_short:
        click.echo(options.more_negatives)
