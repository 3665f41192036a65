"""``beir-hybrid translate``."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beir_hybrid.cli.parameters import NAMES, SHARE, Number, cluster_options, source_option
from beir_hybrid.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable

    from beir_hybrid.translating import TranslatedPairs, TranslationOptions, Translator
    from beir_hybrid.translating.guards import GuardOptions


@click.command()
@click.argument("pairs")
@click.option(
    "--from", "source_language", required=True, metavar="CODE", help="Language that is translated, such as en."
)
@click.option("--to", "targets", type=NAMES, required=True, help="Languages to translate to, such as de,th.")
@click.option("--model", required=True, help="Folder of the translation model, or name on the Hugging Face hub.")
@click.option(
    "--engine",
    default="transformers",
    show_default=True,
    metavar="[transformers|ctranslate2|NAME]",
    help="What runs the model.",
)
@click.option("--output", type=click.Path(path_type=Path), help="Folder of the store of pairs with their translations.")
@click.option("--code", multiple=True, metavar="CODE=NAME", help="What the model calls a language; repeatable.")
@click.option(
    "--beams", type=Number(whole=True), default=1, show_default=True, help="Beams of the search; 1 is greedy."
)
@click.option(
    "--max-tokens", type=Number(whole=True), default=256, show_default=True, help="Tokens of a translation, at most."
)
@click.option(
    "--split-above",
    type=Number(whole=True),
    default=128,
    show_default=True,
    help="Split texts of more tokens into sentences.",
)
@click.option(
    "--batch-tokens", type=Number(whole=True), default=4096, show_default=True, help="Tokens of a batch, at most."
)
@click.option("--device", help="Such as cpu or cuda:1 [default: auto-detect].")
@click.option(
    "--dtype", help="Number format, such as float16, or int8 with ctranslate2 [default: that of the weights]."
)
@click.option(
    "--memory",
    type=click.Path(path_type=Path),
    help="Folder of what was translated [default: translations/ in $BEIR_HYBRID_CACHE, or else in the user's cache].",
)
@click.option(
    "--shard", type=SHARE, metavar="I/N", help="Translate one of N parts into the memory only; each in its process."
)
@click.option(
    "--drop",
    type=NAMES,
    help="Leave out what these guards find: empty,copies,script,loops,lengths,similarity [default: all].",
)
@click.option("--keep", type=NAMES, help="Only count what these guards find.")
@click.option(
    "--length-deviations",
    type=Number(),
    default=6.0,
    show_default=True,
    help="How far from usual lengths may be, in robust standard deviations of their language.",
)
@click.option("--similarity", metavar="MODEL", help="Compare texts and translations by this encoder's vectors.")
@click.option(
    "--least-similarity", type=Number(), default=0.5, show_default=True, help="Cosine below which they are unlike."
)
@click.option("--name", help="Name of the data in logs and model cards [default: that of the folder].")
@source_option
@cluster_options
@click.option("--dry-run", is_flag=True, help="Translate a sample only, and tell what all would take.")
def translate(
    pairs: str,
    source_language: str,
    targets: tuple[str, ...],
    engine: str,
    model: str,
    output: Path | None,
    code: tuple[str, ...],
    split_above: int,
    batch_tokens: int,
    source: Path | None,
    dry_run: bool,
    memory: Path | None,
    shard: tuple[int, int] | None,
    **choices: Any,
) -> None:
    """Translate pairs into further languages, and write them with their translations as a store.

    PAIRS is a store, a file or folder of any format, or a registered dataset. Questions, passages and hard negatives
    are translated; groups and scores are kept. Each text is translated once, and kept in a memory on disk: a run that
    was interrupted is resumed by the same command, and with --shard several processes fill one memory.
    """
    from beir_hybrid.formats import load_pairs
    from beir_hybrid.storage.files import check_output
    from beir_hybrid.translating import TranslationOptions, open_translator
    from beir_hybrid.translating.options import read_codes
    from beir_hybrid.translating.similarity import EncoderSimilarity

    options = TranslationOptions(source_language, targets, split_above, batch_tokens)
    if output is None and not dry_run and shard is None:
        raise ConfigurationError("Nowhere is said to write to.", "Give --output DIR.")
    for place, option in ((output, "--output"), (memory, "--memory")):
        if place is not None:
            check_output(place, "folder", option)
    similar, least = choices.pop("similarity"), choices.pop("least_similarity")
    least = None if similar is None else least
    engine_options = {name: choices.pop(name) for name in ("device", "dtype", "beams", "max_tokens")}
    guards = _guards(choices.pop("drop"), choices.pop("keep"), choices.pop("length_deviations"), least)
    opener = partial(open_translator, engine, model, codes=read_codes(code), **engine_options)
    loaded = load_pairs(pairs, source)
    if dry_run:
        _forecast(loaded, opener(), options, memory, shard)
        return
    about = {"engine": engine, "model": model, **engine_options, "similarity": similar}
    alike = None if similar is None else EncoderSimilarity(similar, engine_options["device"])
    words: dict[str, Any] = {"about": about, "memory": memory, "shard": shard, "guards": guards, "similarity": alike}
    _translate(loaded, opener, output, options, **words, **choices)


def _guards(
    drop: tuple[str, ...] | None, keep: tuple[str, ...] | None, deviations: float, least: float | None
) -> GuardOptions:
    from beir_hybrid.translating.guards import GUARDS, GuardOptions

    if drop is not None and keep is not None:
        raise ConfigurationError("Both --drop and --keep are given.", "Choose one.")
    GuardOptions(keep or ())  # refuses unknown names
    dropped = drop if drop is not None else tuple(name for name in GUARDS if name not in (keep or ()))
    return GuardOptions(dropped, deviations, least)


def _forecast(pairs: Any, translator: Translator, options: TranslationOptions, memory: Any, shard: Any) -> None:
    from beir_hybrid.reports.render.terminal import show
    from beir_hybrid.reports.translatings import translation_forecast_models
    from beir_hybrid.translating.forecast import forecast_translation

    forecasts = forecast_translation(pairs, translator, options, memory=memory, shard=shard)
    show(*translation_forecast_models(forecasts))
    _tell_licence(translator.licence)


def _translate(
    pairs: Any,
    opener: Callable[[], Translator],
    output: Path | None,
    options: TranslationOptions,
    *,
    cluster: str | None,
    workers: int | None,
    name: str | None,
    **choices: Any,
) -> None:
    from beir_hybrid.reports.render.terminal import console, show
    from beir_hybrid.reports.translatings import translation_models
    from beir_hybrid.training.processes import interrupted_by_signals
    from beir_hybrid.translating import translate_pairs
    from beir_hybrid.workers import gpus_for, open_workers

    gpus = gpus_for(choices["about"]["device"])
    with interrupted_by_signals() as received, open_workers(cluster, workers, gpus=gpus) as ours:
        try:
            done = translate_pairs(
                pairs, opener, output, options, workers=ours, name=name or "", show_progress=None, **choices
            )
        except KeyboardInterrupt:
            click.echo(err=True)  # a progress bar may stand there
            click.echo("Interrupted. What is translated is kept. To resume, run the same command again.", err=True)
            click.get_current_context().exit(128 + received.number)
    show(*translation_models(done), screen=console())
    _tell(done)


def _tell(done: TranslatedPairs) -> None:
    if done.store is None:
        click.echo(f"The translations are in {done.memory}. To write the pairs, run it without --shard.")
    else:
        about = done.store.about
        click.echo(f"{done.store.folder}: {about['used_rows']:,} rows in {about['groups']:,} groups.")
        for reason, count in about["left_out"].items():
            click.echo(f"  left out: {count:,} rows with {reason}")
    if done.apart:
        click.echo(f"  not translated: {done.apart:,} rows whose question and passage are in different languages")
    _tell_licence(done.licence)


def _tell_licence(licence: str) -> None:
    if licence:
        click.echo(f"The model's licence is {licence}; check what it allows to do with translations.")
    else:
        click.echo("The model's folder does not say its licence; check what it allows to do with translations.")
