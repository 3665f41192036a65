"""DebiasedModule: a model within a model of sentence-transformers, what is taken off its vectors, and their languages.

Folders that ``beir-hybrid debias`` writes name it in their ``modules.json``, so it keeps its place. The host imports
modules of other packages with ``trust_remote_code=True`` alone; no file of the folder is run even then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import InputModule

from beir_hybrid.debiasing.identifier import BUCKETS, LanguageIdentifier
from beir_hybrid.debiasing.removal import Removal
from beir_hybrid.errors import ConfigurationError, DataFormatError, shorten
from beir_hybrid.storage.files import read_json
from beir_hybrid.storage.records import parse_record

_LANGUAGE = "debias_language"  # among the features: the place of each text's language, -1 for none
_BASE = "base"
_OPTIONS = ("backend", "config_kwargs", "local_files_only", "model_kwargs", "processor_kwargs")  # no remote code
_FIX = "Debias the model again."


@dataclass(frozen=True)
class _Config:
    """What ``config.json`` holds."""

    method: str
    fitted_on: str
    languages: tuple[str, ...]
    strength: float
    roles: tuple[Any, ...]
    normalise: bool


class DebiasedModule(InputModule):
    """A model whose vectors lose what their language adds; ``encode`` takes ``language=`` where that is known.

    Queries are told from passages by the host's task: where a method leaves queries as they are, ``encode_query`` does,
    and ``encode`` and ``encode_document`` do not.

    Args:
        base: The model as it was.
        removal: What is taken off.
        weights: Shape (languages, buckets), of the :class:`~.identifier.LanguageIdentifier` of the same languages.
        method: What was fitted, such as ``shift:0.6``, for people.
        fitted_on: Name of the texts, for people.
    """

    save_in_root = False
    forward_kwargs = {"language"}  # noqa: RUF012  # as the host declares it
    config_keys = [each.name for each in fields(_Config)]  # noqa: RUF012  # likewise

    def __init__(
        self, base: SentenceTransformer, removal: Removal, weights: Any, method: str = "", fitted_on: str = ""
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # torch's
        self.base = base
        self.method, self.fitted_on = method, fitted_on
        self.languages, self.roles = list(removal.languages), list(removal.roles)
        self.strength, self.normalise = removal.strength, removal.normalise
        for name, numbers in (("offsets", removal.offsets), ("directions", removal.directions), ("letters", weights)):
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(numbers, np.float32)))
        self._identifier = LanguageIdentifier(self.languages, np.asarray(weights, np.float32))

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **kwargs: Any) -> dict[str, Any]:
        """Tokenize texts as the base does, and add their languages."""
        given = kwargs.pop("language", None)
        if not isinstance(given, str | None):  # the host sorts texts, so that a list would not fit them
            raise ConfigurationError(f"The language is {shorten(given)}.", 'Give one for all texts: language="de"')
        features: dict[str, Any] = self.base.preprocess(inputs, prompt=prompt, **kwargs)
        if kwargs.get("task") in {"query", "document"} and kwargs["task"] not in self.roles:
            places = np.full(len(inputs), -1)
        elif given is not None:
            places = np.full(len(inputs), self.languages.index(given) if given in self.languages else -1)
        else:
            places = self._identifier.identify([self._bare(text) for text in inputs])
        features[_LANGUAGE] = torch.from_numpy(places)
        return features

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Encode as the base does, and take off what the texts' languages add."""
        places = features.pop(_LANGUAGE)
        features = self.base(features)
        whole = features["sentence_embedding"]
        vectors = torch.nn.functional.normalize(whole, dim=1) if self.normalise else whole
        changed = vectors.float()
        for place in places.unique().tolist():
            if place >= 0:
                here, lines = (places == place).unsqueeze(1), self.directions[place]
                away = self.offsets[place] + (changed @ lines.T) @ lines
                changed = torch.where(here, changed - self.strength * away, changed)
        if self.normalise:
            changed = torch.nn.functional.normalize(changed, dim=1)
        return {**features, "sentence_embedding": changed.to(whole.dtype), _LANGUAGE: places}

    def _bare(self, text: Any) -> str:
        """Return a text without one of the model's prompts, which training puts before it."""
        if not isinstance(text, str):
            return ""
        return next((text[len(each) :] for each in self.base.prompts.values() if each and text.startswith(each)), text)

    @property
    def tokenizer(self) -> Any:
        """The base's tokenizer."""
        return self.base.tokenizer

    @tokenizer.setter
    def tokenizer(self, value: Any) -> None:
        self.base.tokenizer = value

    @property
    def max_seq_length(self) -> int | None:
        """The base's longest text, in tokens."""
        longest: int | None = self.base.max_seq_length
        return longest

    @max_seq_length.setter
    def max_seq_length(self, value: int) -> None:
        self.base.max_seq_length = value

    @property
    def include_prompt(self) -> bool:
        """Whether prompts are a part of the base's vectors."""
        return all(getattr(part, "include_prompt", True) for part in self.base)

    def get_embedding_dimension(self) -> int | None:
        """Return how many dimensions vectors have."""
        dimensions: int | None = self.base.get_embedding_dimension()
        return dimensions

    def save(self, output_path: str, *args: Any, safe_serialization: bool = True, **kwargs: Any) -> None:
        """Write the base as a folder of its own, and beside it what is taken off."""
        from safetensors.torch import save_file

        self.base.save_pretrained(str(Path(output_path) / _BASE), create_model_card=False)
        buffers = {name: tensor.contiguous().cpu() for name, tensor in self.named_buffers(recurse=False)}
        save_file(buffers, str(Path(output_path) / "model.safetensors"))
        self.save_config(output_path)

    @classmethod
    def load(cls, model_name_or_path: str, subfolder: str = "", **kwargs: Any) -> Self:  # type: ignore[override]  # the rest
        """Read what :meth:`save` wrote."""
        from safetensors.numpy import load_file

        place: dict[str, Any] = {name: kwargs.get(name) for name in ("token", "cache_folder", "revision")}
        place["local_files_only"] = bool(kwargs.get("local_files_only"))
        folder = Path(str(cls.load_dir_path(model_name_or_path, subfolder=subfolder, **place)))
        config = parse_record(read_json(folder / "config.json", _FIX), _Config, f"{folder}/config.json", _FIX)
        numbers = load_file(str(folder / "model.safetensors"))
        given = {name: kwargs[name] for name in _OPTIONS if kwargs.get(name) is not None}
        base = SentenceTransformer(str(folder / _BASE), device="cpu", **given)
        count, size = len(config.languages), base.get_embedding_dimension()
        sizes = {"offsets": (count, size), "directions": (count, size), "letters": (count, BUCKETS)}
        if {name: each.shape[:1] + each.shape[-1:] for name, each in numbers.items()} != sizes:
            raise DataFormatError(f"{folder}/model.safetensors does not fit the model and its {count} languages.", _FIX)
        offsets, directions = numbers["offsets"], numbers["directions"]
        removal = Removal(config.languages, offsets, directions, config.strength, config.roles, config.normalise)
        return cls(base, removal, numbers["letters"], config.method, config.fitted_on)
