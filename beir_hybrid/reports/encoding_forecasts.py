"""What encoding a collection would take, as tables."""

from __future__ import annotations

from beir_hybrid.evaluation.encoding.forecast import COUNTS, EncodingForecast
from beir_hybrid.reports.models.table import Column, Table, make_table
from beir_hybrid.reports.models.words import duration, number, size


def forecast_models(forecast: EncodingForecast) -> list[Table]:
    """Show what encoding would take: time by device and number of devices, disk, network and memory."""
    nouns = {"query": "queries", "document": "passages"}
    encoding = " and ".join(f"{count:,} {nouns[role]}" for role, count in forecast.counts.items() if count)
    encoded = " and ".join(f"{pace.encoded:,} encoded on {pace.device}" for pace in forecast.paces)
    basis = (
        f"An extrapolation from a random sample: the lengths of {forecast.sampled:,} of {forecast.texts:,} texts, and "
        f"{encoded} (some more than once). Loading models, other work on the machines and vectors that are there "
        "already are left out."
    )
    paces = [
        (pace.device, forecast.texts / pace.seconds, pace.seconds, pace.fastest, pace.slowest, pace.memory)
        for pace in forecast.paces
    ]
    counts = sorted({*COUNTS, forecast.devices})
    several = [
        (f"{count} x {pace.device.partition(':')[0]}", forecast.seconds(pace, count))
        for pace in forecast.paces
        for count in counts
    ]
    amounts = [
        ("texts to read", size(forecast.text_bytes)),
        ("vectors on disk", size(forecast.disk_bytes)),
        ("over the network, if both are elsewhere", size(forecast.network_bytes)),
        ("memory of a worker", size(forecast.worker_bytes)),
        ("memory of the driver", size(forecast.driver_bytes)),
    ]
    if all(forecast.counts.values()):
        amounts.append(("exact search on this CPU, bare product", duration(forecast.search_seconds)))
    time = [Column("one device alone", duration), Column("at best", duration), Column("at worst", duration)]
    return [
        make_table(
            f"Encoding {forecast.dataset}: {encoding}",
            ["device", Column("texts a second", number), *time, Column("memory", size)],
            paces,
            [basis],
        ),
        make_table("On several", ["devices or workers", Column("time", duration)], several),
        make_table("What else it takes", ["what", Column("amount", text=True)], amounts),
    ]
