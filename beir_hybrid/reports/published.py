"""Published: results that others have published, marked as such wherever they are shown."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

from beir_hybrid.errors import UnknownNameError, did_you_mean
from beir_hybrid.evaluation.results import Results

REFERENCES = ("paper",)
"""Names of the collections of published results that this package has."""


@dataclass(frozen=True)
class Published:
    """A published result.

    Attributes:
        name: Model and how it was trained.
        scores: By kind of setting and measure, the mean over settings.
        source: Where it was published.
        note: What a reader must know to compare it.
    """

    name: str
    scores: Mapping[str, Mapping[str, float]]
    source: str
    note: str


def check_reference(reference: str | None) -> None:
    """Refuse an unknown name of a collection.

    Raises:
        UnknownNameError: If it is neither None nor one of :data:`REFERENCES`.
    """
    if reference is not None and reference not in REFERENCES:
        raise UnknownNameError(
            f"There are no published results named {reference!r}.", did_you_mean(reference, REFERENCES)
        )


def published_for(reference: str | None, results: Results) -> tuple[Published, ...]:
    """Return the published results of a dataset.

    Args:
        reference: Name of a collection, one of :data:`REFERENCES`; None for none.
        results: Results of the run that they are shown beside.

    Returns:
        Those of the run's dataset that have a kind of setting of the run.

    Raises:
        UnknownNameError: If the collection is unknown.
    """
    check_reference(reference)
    if reference is None:
        return ()
    path = files("beir_hybrid.reports") / "references" / f"{reference}.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    published = []
    for entry in content["results"]:
        if entry["dataset"] == results.dataset and entry["scores"].keys() & results.scores.keys():
            source = content["sources"][entry["source"]]
            note = source["notes"][entry["dataset"]]
            published.append(Published(entry["name"], entry["scores"], source["text"], note))
    return tuple(published)
