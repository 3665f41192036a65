"""Trial: one evaluation that every cell of a study goes through."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beir_hybrid.errors import ConfigurationError, shorten

if TYPE_CHECKING:
    from beir_hybrid.collection import MultilingualCollection
    from beir_hybrid.evaluation.encoding.encoder import Encoder
    from beir_hybrid.evaluation.results import Results


_LISTS = ("languages", "settings", "measures")
_TYPES = {"source": str, "passage_text": str, "split": str, "judged_only": bool, "sample_passages": int}
_CALLED = {str: "a text, in quotes", bool: "true or false, without quotes", int: "a whole number"}


@dataclass(frozen=True)
class Trial:
    """A dataset, what of it is searched, and what is measured.

    Args:
        name: Its name in claims, folders and tables; letters, digits and ``._-+`` only.
        dataset: Registered name, one of its settings such as ``xquad-r.en-de``, or a BEIR folder.
        source: Folder with the dataset's files.
        languages: Languages of queries and corpora; None for all. A pool holds these alone.
        settings: Names of settings or kinds; None for all.
        measures: Names of measures; None for the dataset's own, or else the default.
        passage_text: ``sentence`` or ``sentence+context`` where the dataset offers both.
        split: Split, for datasets that have several.
        judged_only: Search only judged passages (miracl).
        sample_passages: Search the judged passages and this many others of each language (miracl).
        batch_size: Texts per forward pass.

    Raises:
        ConfigurationError: If the name could not be a folder's, or a value is of the wrong type.
    """

    name: str
    dataset: str
    source: str | None = None
    languages: tuple[str, ...] | None = None
    settings: tuple[str, ...] | None = None
    measures: tuple[str, ...] | None = None
    passage_text: str | None = None
    split: str | None = None
    judged_only: bool | None = None
    sample_passages: int | None = None
    batch_size: int = 32

    def __post_init__(self) -> None:
        safe = self.name.replace(".", "").replace("-", "").replace("_", "").replace("+", "")
        if not safe.isalnum() or self.name.startswith("."):
            raise ConfigurationError(
                f"An evaluation is named {self.name!r}.", "Name it with letters, digits and . _ - + only: name: NAME"
            )
        for key in _LISTS:
            value = getattr(self, key)
            if value is not None and (not value or not all(isinstance(word, str) for word in value)):
                raise ConfigurationError(
                    f"{key} of {self.name} is {shorten(list(value))}.", 'Give texts, such as [en, "no"].'
                )
        for key, wanted in _TYPES.items():
            value = getattr(self, key)
            if value is not None and type(value) is not wanted:
                raise ConfigurationError(f"{key} of {self.name} is {shorten(value)}.", f"Give {_CALLED[wanted]}.")
        if type(self.batch_size) is not int or self.batch_size < 1:
            raise ConfigurationError(f"batch_size of {self.name} is {shorten(self.batch_size)}.", "Give at least 1.")

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Trial:
        """Make one of plain content; a list of one may be a text, and the name may be the dataset's."""
        given = dict(content)
        for key in _LISTS:
            if (value := given.get(key)) is not None:
                given[key] = tuple(value) if isinstance(value, list | tuple) else (value,)
        if not isinstance(given.get("dataset"), str):
            raise ConfigurationError(
                f"The dataset is {shorten(given.get('dataset'))}.", "Give a name or folder: dataset: NAME"
            )
        given.setdefault("name", Path(given["dataset"]).name)
        return cls(**{**given, "name": str(given["name"])})

    def as_json(self) -> dict[str, Any]:
        """Return it as plain content."""
        return {key: list(value) if isinstance(value, tuple) else value for key, value in asdict(self).items()}

    def load(self) -> tuple[MultilingualCollection, tuple[str, ...] | None]:
        """Load the collection, and return it with the settings to score; None for all.

        Raises:
            BeirHybridError: Any of its leaves, for data that cannot be loaded.
        """
        from beir_hybrid.datasets import load_settings

        names = ("passage_text", "split", "judged_only", "sample_passages")
        options = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return load_settings(self.dataset, self.settings, self.source, self.languages, **options)

    def run(self, encoder: Encoder, model_name: str) -> Results:
        """Score a model."""
        from beir_hybrid.evaluation.evaluate import evaluate

        collection, settings = self.load()
        return evaluate(
            encoder,
            collection,
            settings=settings,
            measures=self.measures,
            batch_size=self.batch_size,
            model_name=model_name,
        )


KEYS = tuple(field.name for field in fields(Trial))
"""The keys of an evaluation in a study's file."""
