"""Columns of a dataset of one's own: those that the Trainer encodes, and those that describe a row."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from beir_hybrid.languages import LANGUAGES

if TYPE_CHECKING:
    from datasets import Dataset


LABELS = ("label", "labels", "score", "scores")
"""Columns that the host takes as labels: the first of them that there is."""

_LANGUAGE_NAME = re.compile(r"lang|locale")
_LANGUAGE_CODE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]+)*")
_LONGEST = 20  # letters of a language's code or name
_PROBED = 1000  # rows that are looked at to find out whether a column holds languages
_AT_ONCE = 1000  # rows that go through a transform together

Batch = dict[str, list[Any]]
Transform = Callable[[Batch], Batch]


@dataclass(frozen=True)
class Columns:
    """Names of the columns that describe a row.

    Args:
        group: Equal for translations of one question.
        question: Language of the question.
        passage: Language of the passage.
        answer: Text of the passage; None for the second text that the Trainer encodes, which its losses take for it.
        labels: Columns that the host takes as labels.
    """

    group: str = "group"
    question: str = "anchor_language"
    passage: str = "positive_language"
    answer: str | None = None
    labels: Sequence[str] = LABELS

    def about(self) -> tuple[str, ...]:
        """Names of the columns that describe a row and are not texts."""
        return tuple(dict.fromkeys((self.group, self.question, self.passage)))


def shown(dataset: Dataset) -> list[str]:
    """Return the columns of a row as the Trainer gets it, in their order."""
    if dataset.format["type"] == "custom":  # a transform may add and drop columns
        return [name for name in dataset[0] if name != "dataset_name"] if len(dataset) else []
    visible = list(dataset.format["columns"])
    if dataset.format["output_all_columns"]:
        visible += [name for name in dataset.column_names if name not in visible]
    return visible


def texts_of(dataset: Dataset, columns: Columns) -> list[str]:
    """Return the columns that the Trainer encodes as texts, in their order: in its losses the question comes first."""
    names = [name for name in shown(dataset) if name not in (*columns.about(), *columns.labels)]
    if not _is_computed(dataset):
        return [name for name in names if "string" in str(dataset.features[name].dtype)]
    first = dataset[0]
    return [name for name in names if isinstance(first[name], str)]


def hide(dataset: Dataset, columns: Columns) -> list[str]:
    """Hide the columns that are not texts from the Trainer, in place.

    The host encodes every column that it gets. Hidden by the user, they come back where the host gives the dataset a
    transform of its own, as it does for dicts of losses or prompts.

    Returns:
        The columns hidden now.
    """
    visible = shown(dataset)
    label = next((name for name in columns.labels if name in visible), None)  # it reaches the loss, and is not encoded
    hidden = [name for name in columns.about() if name in visible and name != label]
    if not hidden:
        return []
    form = dataset.format
    if form["type"] == "custom":  # what the transform gets stays as it is
        given = tuple(form["columns"])
        without = _Without(form["format_kwargs"]["transform"], tuple(hidden), given)
        dataset.set_transform(without, dataset.column_names if form["output_all_columns"] else list(given))
    else:
        kept = [name for name in visible if name not in hidden]
        dataset.set_format(form["type"], columns=kept, **form["format_kwargs"])
    return hidden


@dataclass(frozen=True)
class _Without:
    """A transform without some columns of its result; a class, since worker processes get it by pickle."""

    transform: Transform
    columns: tuple[str, ...]
    given: tuple[str, ...]  # what the transform gets; other columns are passed on

    def __call__(self, batch: Batch) -> Batch:
        result = self.transform({name: values for name, values in batch.items() if name in self.given})
        result |= {name: values for name, values in batch.items() if name not in self.given}
        return {name: values for name, values in result.items() if name not in self.columns}


def read_texts(dataset: Dataset, names: Iterable[str]) -> dict[str, pa.ChunkedArray]:
    """Read columns of texts, as the Trainer gets them."""
    computed = shown(dataset) if _is_computed(dataset) else []
    stored = dataset.with_format("arrow")
    texts = {name: pa.chunked_array(stored[name]) for name in names if name not in computed}
    chunks: dict[str, list[pa.Array]] = {name: [] for name in names if name in computed}
    if not chunks:
        return texts
    for start in range(0, len(dataset), _AT_ONCE):
        rows = dataset[start : start + _AT_ONCE]
        for name, parts in chunks.items():
            parts.append(pa.array(rows[name], pa.string()))
    return texts | {name: pa.chunked_array(parts, pa.string()) for name, parts in chunks.items()}


def reset_by_host(dataset: Dataset) -> bool:
    """Return whether the host replaced the dataset's format by its own, so that columns hidden before are back."""
    transform = dataset.format["format_kwargs"].get("transform")
    return transform is not None and not _is_computed(dataset)


def _is_computed(dataset: Dataset) -> bool:
    """Return whether rows come from a transform of the user's, not only from the host's, which adds a name."""
    transform = dataset.format["format_kwargs"].get("transform")
    while isinstance(transform, _Without | partial):
        if isinstance(transform, _Without):
            transform = transform.transform
        elif getattr(transform.func, "__name__", "") == "add_dataset_name_transform":
            transform = transform.keywords.get("transform")
        else:
            return True
    return transform is not None


def language_hint(dataset: Dataset, wanted: Mapping[str, str]) -> str:
    """Return advice that names columns which hold languages; empty if there are none.

    Args:
        dataset: Rows that lack a column of languages.
        wanted: The options that name such columns, and the names that they have.
    """
    holding = [name for name in dataset.column_names if name not in wanted.values() and _holds_languages(dataset, name)]
    if not holding:
        return ""
    missing = [option for option, name in wanted.items() if name not in dataset.column_names]
    names = holding if len(holding) >= len(missing) else holding * len(missing)
    given = ", ".join(f"{option}={name!r}" for option, name in zip(missing, names, strict=False))
    return f"Name the column of languages: {given}."


def _holds_languages(dataset: Dataset, name: str) -> bool:
    feature = dataset.features[name]
    kind, values = str(getattr(feature, "dtype", "")), getattr(feature, "names", None)
    if values is None:
        if "string" not in kind:
            return False
        values = set(dataset.with_format(None)[:_PROBED][name])
    if not all(isinstance(value, str) and len(value) <= _LONGEST for value in values):
        return False
    codes = all(_LANGUAGE_CODE.fullmatch(value) for value in values) and not LANGUAGES.keys().isdisjoint(values)
    return codes or bool(_LANGUAGE_NAME.search(name.lower()))
