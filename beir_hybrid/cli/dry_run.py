"""``--dry-run``: what encoding would take, with no vectors written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from beir_hybrid.errors import ConfigurationError

if TYPE_CHECKING:
    from beir_hybrid.collection import MultilingualCollection

dry_run_option = click.option(
    "--dry-run",
    is_flag=True,
    help="Encode a sample only, and tell what all would take; no vectors are written, only downloads and large texts "
    "into the user's cache, as when they are encoded.",
)


def check_dry_run(model: str | None) -> str:
    """Return the model.

    Raises:
        ConfigurationError: If there is none.
    """
    if model is None:
        raise ConfigurationError("--dry-run encodes a sample, and no model is given.", "Give --model NAME.")
    return model


def show_forecast(
    collection: MultilingualCollection,
    model: str,
    batch_size: int,
    device: tuple[str, ...] | None,
    dtype: str | None,
    workers: int | None,
    store_dtype: str = "float32",
    backend: str = "torch",
    attention: str | None = None,
) -> None:
    """Encode a sample of a collection, and print what all of it would take.

    Args:
        collection: The texts.
        model: Folder or name.
        batch_size: Texts per forward pass.
        device: As asked for.
        dtype: Number format to compute in.
        workers: Of a cluster; None for as many as there are devices.
        store_dtype: Number format of the vectors on disk.
        backend: What runs the model.
        attention: How it computes attention; None for what its library chooses.
    """
    from beir_hybrid.evaluation import EncodingOptions, open_encoder
    from beir_hybrid.evaluation.encoding.forecast import forecast_encoding
    from beir_hybrid.reports.encoding_forecasts import forecast_models
    from beir_hybrid.reports.render.terminal import show

    # without a cache: nothing is kept
    encoding = EncodingOptions(batch_size, device, dtype, backend=backend, attention=attention)
    item_bytes = 2 if store_dtype == "float16" else 4
    encoder = open_encoder(model, encoding)
    show(*forecast_models(forecast_encoding(encoder, collection, encoding, workers=workers, item_bytes=item_bytes)))
