"""Trial: one evaluation that every cell of a study goes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beir_hybrid.document import as_list
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.storage.records import parse_record

if TYPE_CHECKING:
    from beir_hybrid.collection import MultilingualCollection
    from beir_hybrid.debiasing import Debiasing
    from beir_hybrid.evaluation.encoding.encoder import Encoder
    from beir_hybrid.evaluation.results import Results


_LISTS = ("languages", "settings", "measures")


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
        debias: How the language is taken out of vectors first, such as ``lir:directions=8`` or ``shift:0.6``.
        debias_on: Pairs or dataset that this is fitted on; None for the evaluated passages.

    Raises:
        ConfigurationError: If the name could not be a folder's, a list is empty, the batch size is below 1, or there
            is no one such way of debiasing.
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
    debias: str | None = None
    debias_on: str | None = None

    def __post_init__(self) -> None:
        safe = self.name.replace(".", "").replace("-", "").replace("_", "").replace("+", "")
        if not safe.isalnum() or self.name.startswith("."):
            raise ConfigurationError(
                f"An evaluation is named {self.name!r}.", "Name it with letters, digits and . _ - + only: name: NAME"
            )
        for key in _LISTS:
            if getattr(self, key) == ():
                raise ConfigurationError(f"{key} of {self.name} is empty.", "Give at least one, or leave it out.")
        if self.batch_size < 1:
            raise ConfigurationError(f"batch_size of {self.name} is {self.batch_size}.", "Give at least 1.")
        if self.debias is None and self.debias_on is not None:
            raise ConfigurationError(f"{self.name} has debias_on, and no debias.", "Add  debias: lir")
        if len(self._methods()) > 1:
            raise ConfigurationError(f"{self.name} has a debias of several strengths.", "Give it one: shift:0.6")

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> Trial:
        """Read an entry of a study's file; a list of one may be that one, and the name may be the dataset's.

        Raises:
            BeirHybridError: Any of its leaves, if a value is of the wrong type.
        """
        content = {**entry, **{key: as_list(entry[key]) for key in _LISTS if entry.get(key) is not None}}
        dataset = entry.get("dataset")
        content["name"] = str(entry.get("name") or (Path(dataset).name if isinstance(dataset, str) else dataset))
        return parse_record(content, cls, "the evaluation", 'Put texts in quotes, such as "no", and nothing else.')

    def load(self) -> tuple[MultilingualCollection, tuple[str, ...] | None]:
        """Load the collection, and choose the settings to score; None for all.

        Raises:
            BeirHybridError: Any of its leaves, for data that cannot be loaded.
        """
        from beir_hybrid.datasets import load_settings

        names = ("passage_text", "split", "judged_only", "sample_passages")
        options = {name: getattr(self, name) for name in names if getattr(self, name) is not None}
        return load_settings(self.dataset, self.settings, self.source, self.languages, **options)

    def run(self, encoder: Encoder, model_name: str) -> Results:
        """Score a model."""
        from beir_hybrid.debiasing import FitTexts, evaluate_debiased
        from beir_hybrid.evaluation import EncodingOptions
        from beir_hybrid.evaluation.evaluate import evaluate

        collection, settings = self.load()
        wishes: dict[str, Any] = {"settings": settings, "measures": self.measures, "model_name": model_name}
        wishes["encoding"] = EncodingOptions(self.batch_size)
        if not (methods := self._methods()):
            return evaluate(encoder, collection, **wishes)
        texts = None if self.debias_on is None else FitTexts.load(self.debias_on, self.source)
        [results] = evaluate_debiased(encoder, collection, methods, texts, **wishes)
        return results

    def _methods(self) -> Sequence[Debiasing]:
        from beir_hybrid.debiasing import build_debiasings

        return () if self.debias is None else build_debiasings(self.debias)


KEYS = tuple(field.name for field in fields(Trial))
"""The keys of an evaluation in a study's file."""
