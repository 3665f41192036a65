"""``beir-hybrid data``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from beir_hybrid.cli.encoding import take_encoding
from beir_hybrid.cli.parameters import (
    NAMES,
    CommandGroup,
    Number,
    backend_option,
    columns_option,
    encoding_options,
    languages_option,
    source_option,
)
from beir_hybrid.errors import ConfigurationError

_format_option = click.option(
    "--format",
    "spec",
    metavar="NAME",
    help="Format of the data, such as pairs, or NAME(option=value). Default: recognised by the content.",
)


@click.group(cls=CommandGroup)
def data() -> None:
    """Build training data of any size from files of any format, and look at them before training."""


@data.command("build")
@click.argument("sources", metavar="SOURCE...", nargs=-1, required=True)
@click.option("--output", type=click.Path(path_type=Path), required=True, help="Folder of the store.")
@_format_option
@languages_option
@columns_option
@source_option
@click.option("--name", help="Name of the data in logs and model cards. Default: that of the folder.")
@click.option("--strict", is_flag=True, help="Stop at the first rows that cannot be used, instead of counting them.")
def build(
    sources: tuple[str, ...],
    output: Path,
    spec: str | None,
    languages: tuple[str, ...] | None,
    columns: tuple[str, ...] | None,
    source: Path | None,
    name: str | None,
    strict: bool,
) -> None:
    """Build a store of pairs from files, folders, datasets, hub:NAME:SPLIT, hub-files:NAME:PATTERN or irds:ID.

    The store is written whole or not at all. A build that was interrupted is resumed by the same command. Train on it
    with --train-data FOLDER.
    """
    from beir_hybrid.formats import open_source
    from beir_hybrid.storage.pair_building import build_store

    opened = [open_source(given, spec, languages, source, columns) for given in sources]
    store = build_store(opened, output, name=name or "", strict=strict, show_progress=None)
    about = store.about
    click.echo(
        f"{output}: {about['used_rows']:,} rows in {about['groups']:,} groups, languages {', '.join(store.languages)}."
    )
    for reason, count in about["left_out"].items():
        click.echo(f"  left out: {count:,} rows with {reason}")


@data.command("show")
@click.argument("pairs")
@_format_option
@languages_option
@columns_option
@source_option
@click.option("--output", type=click.Path(path_type=Path), help="Write the numbers to this .json file.")
def show_command(
    pairs: str,
    spec: str | None,
    languages: tuple[str, ...] | None,
    columns: tuple[str, ...] | None,
    source: Path | None,
    output: Path | None,
) -> None:
    """Show what training data hold: languages, lengths, doubtful texts, negatives and scores.

    PAIRS is a store, a file or folder of any format, a registered dataset, hub:NAME:SPLIT or irds:ID.
    """
    from beir_hybrid.formats import open_source
    from beir_hybrid.pairs.surveying import survey_pairs
    from beir_hybrid.reports.render.terminal import console, show
    from beir_hybrid.reports.surveys import survey_models
    from beir_hybrid.storage.files import check_output
    from beir_hybrid.storage.records import write_record

    if output is not None:
        check_output(output, "file", suffixes=[".json"])
    survey = survey_pairs(open_source(pairs, spec, languages, source, columns), show_progress=None)
    if output is not None:
        write_record(output, survey)
    show(*survey_models(survey), screen=console())


@data.command("check")
@click.argument("pairs")
@click.option(
    "--against",
    type=NAMES,
    required=True,
    help="Evaluation sets, their splits or settings, such as xquad-r,mlqa-r.de,miracl.dev.",
)
@click.option(
    "--texts", "kinds", type=NAMES, default="question,passage,negative", show_default=True, help="Texts to look up."
)
@click.option(
    "--threshold",
    type=Number(),
    default=0.7,
    show_default=True,
    help="Share of pieces (runs of three words, or of four letters where no blanks are between words) that near texts "
    "have in common, from 0.5 to 1.",
)
@_format_option
@languages_option
@columns_option
@source_option
@click.option("--output", type=click.Path(path_type=Path), help="Write the result to this .json file.")
@click.option("--remove", is_flag=True, help="Write a store without the groups that have such a text.")
@click.option("--output-store", type=click.Path(path_type=Path), help="Folder of that store.")
def check(
    pairs: str,
    against: tuple[str, ...],
    kinds: tuple[str, ...],
    threshold: float,
    spec: str | None,
    languages: tuple[str, ...] | None,
    columns: tuple[str, ...] | None,
    source: Path | None,
    output: Path | None,
    remove: bool,
    output_store: Path | None,
) -> None:
    """Find training texts that stand in an evaluation set, equal or nearly so.

    PAIRS is a store, a file or folder of any format, or a registered dataset. Questions are looked up among the
    queries, passages and negatives among the passages, in all languages.
    """
    from beir_hybrid.datasets import load_evaluation_texts
    from beir_hybrid.formats import open_source
    from beir_hybrid.pairs.overlap import OverlapFinder, without_groups
    from beir_hybrid.reports.overlaps import overlap_models
    from beir_hybrid.reports.render.terminal import console, show
    from beir_hybrid.storage.files import check_output
    from beir_hybrid.storage.pair_building import build_store
    from beir_hybrid.storage.records import write_record

    if output is not None:
        check_output(output, "file", suffixes=[".json"])
    if remove != (output_store is not None):
        raise ConfigurationError(
            "--remove and --output-store belong together.", "Give both: --remove --output-store DIR"
        )
    opened = open_source(pairs, spec, languages, source, columns)
    finder = OverlapFinder([load_evaluation_texts(name, source) for name in against], kinds, threshold)
    overlap, groups = finder.find(opened, show_progress=None)
    if output is not None:
        write_record(output, overlap)
    screen = console()
    show(*overlap_models(overlap), screen=screen)
    screen.print(f"Result: {overlap.summary}.", highlight=False, markup=False, soft_wrap=True)
    if output_store is not None:
        store = build_store([without_groups(opened, groups)], output_store, show_progress=None)
        click.echo(f"{output_store}: {store.about['used_rows']:,} rows in {store.about['groups']:,} groups.")


@data.command("filter")
@click.argument("pairs")
@click.option("--output", type=click.Path(path_type=Path), required=True, help="Folder of the store.")
@click.option(
    "--margin",
    type=Number(),
    help="Least difference of a passage's score and its hardest negative's, as mine wrote them.",
)
@click.option(
    "--consistent",
    type=Number(whole=True),
    help="The passage must be among the first so many of its language for its question, by --model.",
)
@click.option("--model", help="Model folder, or name on the Hugging Face hub.")
@click.option("--min-length", type=Number(whole=True), default=0, help="Least characters of questions and passages.")
@click.option("--max-length", type=Number(whole=True), help="Most characters of questions and passages.")
@click.option("--duplicates", is_flag=True, help="Leave out a question that stood before with the same passage.")
@click.option(
    "--negatives",
    type=Number(whole=True),
    default=0,
    help="Least number of hard negatives that do not answer the question.",
)
@_format_option
@languages_option
@columns_option
@source_option
@encoding_options
@backend_option
def filter_command(
    pairs: str,
    output: Path,
    margin: float | None,
    consistent: int | None,
    model: str | None,
    min_length: int,
    max_length: int | None,
    duplicates: bool,
    negatives: int,
    spec: str | None,
    languages: tuple[str, ...] | None,
    columns: tuple[str, ...] | None,
    source: Path | None,
    **choices: Any,
) -> None:
    """Write a store without the pairs that filters take, and show what each took, by language.

    PAIRS is a store, a file or folder of any format, or a registered dataset. Filters work in the order length,
    duplicates, hard negatives, score margin, consistency; a pair of a question and a passage is left out in its own
    language alone.
    """
    from beir_hybrid.evaluation import open_encoder
    from beir_hybrid.formats import load_pairs
    from beir_hybrid.mining import MiningPool, PairFilter, filter_pairs
    from beir_hybrid.reports.minings import filter_models
    from beir_hybrid.reports.render.terminal import console, show
    from beir_hybrid.storage.files import check_output
    from beir_hybrid.storage.pair_building import build_store

    check_output(output, "folder")
    chosen = PairFilter(margin, consistent, min_length, max_length, duplicates, negatives)
    encoding = take_encoding(choices)
    opened = None if model is None or consistent is None else open_encoder(model, encoding)
    pool = MiningPool(load_pairs(pairs, source, languages, columns, spec))
    filtered = filter_pairs(pool, chosen, opened, encoding, show_progress=True)
    store = build_store([filtered.source()], output, show_progress=None)
    show(*filter_models(filtered), screen=console())
    click.echo(f"{output}: {store.about['used_rows']:,} rows in {store.about['groups']:,} groups.")
