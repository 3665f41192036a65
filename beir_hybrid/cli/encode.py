"""``beir-hybrid encode``."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beir_hybrid.cli.dry_run import dry_run_option, show_forecast
from beir_hybrid.cli.parameters import (
    SHARE,
    attention_option,
    backend_option,
    cluster_options,
    dataset_options,
    encoding_options,
)
from beir_hybrid.errors import ConfigurationError, plural

if TYPE_CHECKING:
    from beir_hybrid.collection import MultilingualCollection
    from beir_hybrid.evaluation.encoding.encode_folder import EncodedFolder

_WORDS = f"{__name__}.words"
_OF_THIS_RUN = {"--shard": 1, "--output": 1, "--cluster": 1, "--workers": 1, "--quiet": 0, "--verbose": 0}


class _Encode(click.Command):
    """Remembers the words it was called with."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        ctx.meta[_WORDS] = list(args)
        return super().parse_args(ctx, args)


@click.command(cls=_Encode)
@click.option("--model", required=True, help="Model folder, or name on the Hugging Face hub.")
@dataset_options
@click.option("--output", type=click.Path(path_type=Path), required=True, help="Folder of the vectors; continued.")
@click.option("--shard", type=SHARE, metavar="I/N", help="Encode one of N parts, from 0/N on; each in its process.")
@click.option(
    "--store-dtype",
    type=click.Choice(["float32", "float16"]),
    default="float32",
    show_default=True,
    help="Number format of the files.",
)
@click.option(
    "--shard-size",
    type=click.IntRange(min=1),
    help="Vectors of a file, at most [default: 200,000, or fewer for many parts].",
)
@encoding_options
@backend_option
@attention_option
@cluster_options
@dry_run_option
@click.pass_context
def encode(ctx: click.Context, /, shard: tuple[int, int] | None, output: Path, dry_run: bool, **choices: Any) -> None:
    """Encode a dataset into a folder of shards, whole or a part of it; what is whole is kept.

    Shards are written once, each as a whole, so that an interrupted run goes on where it was, and any number of
    processes may write to a folder. Read it with evaluate --vectors DIR.
    """
    from beir_hybrid.evaluation import VectorFolder
    from beir_hybrid.reports.render.terminal import console
    from beir_hybrid.storage.files import check_output
    from beir_hybrid.training.processes import interrupted_by_signals

    if choices["cache"] is not None and choices["no_cache"]:
        raise ConfigurationError("Both --cache and --no-cache are given.", "Choose one.")
    check_output(output, "folder")
    VectorFolder.check_free(output)
    words = ctx.meta[_WORDS]
    with interrupted_by_signals() as received:
        try:
            done = _encode(shard, output, dry_run=dry_run, words=_kept(words), **choices)
        except KeyboardInterrupt:
            click.echo(err=True)  # a progress bar may stand there
            again = shlex.join([*ctx.command_path.split(), *words])
            click.echo(f"Interrupted. Complete shards are kept. To resume, run: {again}", err=True)
            ctx.exit(128 + received.number)
    if done is not None:
        console().print(_sentence(done), highlight=False, markup=False)


def _encode(
    shard: tuple[int, int] | None,
    output: Path,
    *,
    dry_run: bool,
    words: list[str],
    model: str,
    dataset: str,
    cluster: str | None,
    workers: int | None,
    batch_size: int,
    device: tuple[str, ...] | None,
    dtype: str | None,
    backend: str,
    attention: str | None,
    cache: Path | None,
    no_cache: bool,
    store_dtype: Any,
    shard_size: int | None,
    **given: Any,
) -> EncodedFolder | None:
    """Encode, or only tell what that would take."""
    from beir_hybrid.evaluation import EncodingOptions, encode_folder, open_cache, open_encoder
    from beir_hybrid.workers import gpus_for, open_workers

    texts = partial(load_texts, dataset, {name: value for name, value in given.items() if value is not None})
    if dry_run:
        count = workers or (shard and shard[1])
        show_forecast(texts(), model, batch_size, device, dtype, count, store_dtype, backend, attention)
        return None
    encoding = EncodingOptions(batch_size, device, dtype, None if no_cache else open_cache(cache), backend, attention)
    with open_workers(cluster, workers, gpus=gpus_for(device)) as opened:
        return encode_folder(
            partial(open_encoder, model, encoding.for_opening(cluster is None)),
            texts,
            output,
            encoding,
            stored=store_dtype,
            shard_rows=shard_size,
            part=shard,
            workers=opened,
            show_progress=True,
            model_name=model,
            words=words,
        )


def load_texts(dataset: str, options: dict[str, Any]) -> MultilingualCollection:
    """Load what is encoded, in any process."""
    from beir_hybrid.datasets import load_settings

    return load_settings(dataset, **options)[0]


def _kept(words: list[str]) -> list[str]:
    """Leave out what is about this run alone, and not about the vectors."""
    kept: list[str] = []
    skipped = 0
    for word in words:
        if skipped:
            skipped -= 1
        elif (name := word.partition("=")[0]) in _OF_THIS_RUN:
            skipped = 0 if "=" in word else _OF_THIS_RUN[name]
        else:
            kept.append(word)
    return kept


def _sentence(done: EncodedFolder) -> str:
    folder = done.folder
    kept = f"; {done.kept:,} {'was' if done.kept == 1 else 'were'} whole" if done.kept else ""
    left = len(folder.missing())
    missing = f", which lacks {left:,} of {len(folder.shards):,}" if left else ""
    return f"{plural(done.written, 'shard')} written{kept}. The vectors are in {folder.path}{missing}."
