"""Lora: small adapters beside the weights of a transformer, which alone are trained, through peft."""

from __future__ import annotations

from dataclasses import dataclass, fields
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beir_hybrid.errors import ConfigurationError, ModelError, did_you_mean, shorten

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer

ADAPTER_FOLDER = "adapter"
"""Folder of a run that holds the adapter alone; the run's model has it merged in."""

_ALL = "all-linear"
_POOLER = r"(.*\.)?pooler(\..*)?"  # gives nothing that a pooling of token vectors reads
_EXAMPLE = "r=16,alpha=32,dropout=0.05,targets=all-linear"


@dataclass(frozen=True)
class Lora:
    """Low-rank adaptation, https://arxiv.org/abs/2106.09685: each chosen layer gets ``alpha / r * B A`` added.

    Args:
        r: Rank of the added matrices, from 1 on.
        alpha: Their scale is alpha / r; from 1 on.
        dropout: Share of the layer's inputs that the adapter drops in training, from 0 to below 1.
        targets: ``all-linear``, or names of layers joined with ``+``, such as ``query+value``.

    Raises:
        ConfigurationError: If a value is out of range.

    Examples:
        >>> Lora.read("r=8,alpha=16")
        Lora(r=8, alpha=16, dropout=0.0, targets='all-linear')
    """

    r: int = 16
    alpha: int = 32
    dropout: float = 0.0
    targets: str = _ALL

    def __post_init__(self) -> None:
        ranges = {"r": self.r >= 1, "alpha": self.alpha >= 1, "dropout": 0 <= self.dropout < 1}
        for name, good in ranges.items():
            if not good:
                raise ConfigurationError(f"--lora has {name}={getattr(self, name)}.", f"Give such as {_EXAMPLE}.")

    @classmethod
    def read(cls, text: str) -> Lora:
        """Read such as ``r=16,alpha=32``; what is left out has its default.

        Raises:
            ConfigurationError: If a part is not NAME=VALUE with a known name, or a value does not fit.
        """
        given: dict[str, Any] = {}
        known = {each.name: each.type for each in fields(cls)}
        for part in filter(None, (part.strip() for part in str(text).split(","))):
            name, equals, value = (word.strip() for word in part.partition("="))
            if not equals or name in given:
                problem = f"is given {name} twice" if equals else f"has {shorten(part)}"
                raise ConfigurationError(f"--lora {problem}.", f"Give such as {_EXAMPLE}.")
            if name not in known:
                raise ConfigurationError(f"--lora has no {shorten(name)}.", did_you_mean(name, known))
            try:
                given[name] = {"int": int, "float": float}.get(str(known[name]), str)(value)
            except ValueError as error:
                raise ConfigurationError(f"--lora has {part}.", f"Give such as {_EXAMPLE}.") from error
        return cls(**given)

    def add_to(self, model: SentenceTransformer) -> None:
        """Freeze a model's transformer and add adapters to it; other modules stay trained.

        Args:
            model: Of a transformer.

        Raises:
            ConfigurationError: If peft is missing, or the transformer has none of the targets.
            ModelError: If it has adapters already.
        """
        if find_spec("peft") is None:
            raise ConfigurationError("--lora needs the package peft, which is not installed.", "Run: pip install peft")
        import torch
        from peft import LoraConfig

        backbone: Any = model.transformers_model
        if getattr(backbone, "peft_config", None):
            raise ModelError("The model has adapters already.", "Start from its base, or from a merged model.")
        layers = [name for name, module in backbone.named_modules() if isinstance(module, torch.nn.Linear)]
        config = LoraConfig(
            r=self.r,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            target_modules=_ALL if self.targets == _ALL else self.targets.split("+"),
            exclude_modules=_POOLER if any(name.startswith("pooler") for name in layers) else None,
        )
        try:
            model.add_adapter(config)
        except ValueError as error:
            wrong, known = self.targets.split("+")[0], sorted({name.rpartition(".")[2] for name in layers})
            raise ConfigurationError(
                f"--lora finds no layers {shorten(self.targets)} in the model.", did_you_mean(wrong, known)
            ) from error


def save_adapter(model: SentenceTransformer, folder: Path) -> None:
    """Save a model's adapter alone, as ``SentenceTransformer(base).load_adapter(folder)`` reads it."""
    backbone: Any = model.transformers_model
    backbone.save_pretrained(str(folder))


def merge_adapter(model: SentenceTransformer) -> None:
    """Add what a model's adapter learned to the weights themselves: the model then needs no peft."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    backbone: Any = model.transformers_model
    for name, layer in list(backbone.named_modules()):
        if isinstance(layer, BaseTunerLayer):
            layer.merge()
            backbone.set_submodule(name, layer.get_base_layer())
    backbone.requires_grad_(True)
    backbone._hf_peft_config_loaded = False  # as transformers marks a model without adapters
    del backbone.peft_config
