"""ModelOptions: what a training changes in its base model before it begins."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beir_hybrid.attention import ATTENTIONS, attend, transformer_of
from beir_hybrid.errors import ConfigurationError, did_you_mean
from beir_hybrid.models import has_modules, is_static
from beir_hybrid.training.batch_options import option
from beir_hybrid.training.lora import Lora

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.base.modules import Transformer

POOLINGS = ("mean", "cls", "lasttoken", "max")
"""How the vectors of a text's tokens become one."""


@dataclass(frozen=True, kw_only=True)
class ModelOptions:
    """What a training changes in its base model, a transformer; the fields' help says what each option means.

    The lengths and the pooling are saved with the model, so that the host's ``encode_query`` and ``encode_document``
    keep to them.

    Raises:
        ConfigurationError: If a value is out of range.
    """

    lora: str | None = option(
        None,
        metavar="r=16,alpha=32,...",
        help="Train adapters of low rank alone (with peft): r, alpha, dropout, and targets=all-linear or such as "
        "targets=query+value. The folder's model has them merged in; the adapter alone is in its adapter/.",
    )
    query_length: int | None = option(None, metavar="TOKENS", help="Cut questions, prefix included, to this length.")
    passage_length: int | None = option(None, metavar="TOKENS", help="Cut passages, prefix included, to this length.")
    max_seq_length: int | None = option(None, metavar="TOKENS", help="Cut all texts to this length.")
    pooling: str | None = option(
        None,
        choices=POOLINGS,
        help="How token vectors become one, for a plain transformer, which has no pooling of its own [default: mean].",
    )

    attention: str | None = option(
        None,
        choices=ATTENTIONS,
        help="How attention is computed: flash_attention_2 (with --bf16 True or --fp16 True, on a GPU) takes texts "
        "without padding [default: what the model's library chooses].",
    )

    def check_model_options(self, model: str) -> None:
        """Raise an error for options that are out of range, or that a static model cannot have.

        Raises:
            ConfigurationError: If there is one.
        """
        if self.lora is not None:
            Lora.read(self.lora)
        for name in ("query_length", "passage_length", "max_seq_length"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not str(value).isdecimal() or int(value) < 1):
                raise ConfigurationError(f"{_spelt(name)} is {value}.", "Give a whole number of tokens, above 0.")
            object.__setattr__(self, name, None if value is None else int(value))
        for name, known in (("pooling", POOLINGS), ("attention", ATTENTIONS)):
            value = getattr(self, name)
            if value is not None and value not in known:
                raise ConfigurationError(f"There is no {name} {value!r}.", did_you_mean(value, known))
        if is_static(model) and (given := self._given()):
            raise ConfigurationError(
                f"{_spelt(given[0])} is for transformers, and the model is {model}.", "Leave it out."
            )

    def change(self, model: SentenceTransformer, name: str) -> None:
        """Change a loaded base model as the options say.

        Args:
            model: The model; changed in place.
            name: What it was loaded from.

        Raises:
            ConfigurationError: If it has a pooling of its own and another is asked for, a length is beyond what it can
                read, or adapters cannot be added.
            ModelError: If it is no transformer and an option is given, or has adapters already.
        """
        given = self._given()
        if not given:
            return
        transformer = transformer_of(model, given[0], name)
        if self.attention is not None:
            attend(model, self.attention, name)
        if self.pooling is not None:
            self._pool(model, name)
        limit = longest(transformer)
        if self.max_seq_length is not None:
            _check_length(transformer, "max_seq_length", self.max_seq_length, limit)
            model.max_seq_length = self.max_seq_length
        limit = min(filter(None, (model.max_seq_length, limit)), default=None)
        for option_name, attribute in (("query_length", "query_length"), ("passage_length", "document_length")):
            if (length := getattr(self, option_name)) is not None:
                _check_length(transformer, option_name, length, limit)
                setattr(transformer, attribute, length)
        if self.lora is not None:
            Lora.read(self.lora).add_to(model)

    @property
    def separate_lengths(self) -> bool:
        """Whether questions and passages have lengths of their own."""
        return self.query_length is not None or self.passage_length is not None

    def model_card(self) -> dict[str, str]:
        """Return lines for the model card by their headings."""
        headings = {
            "lora": "LoRA",
            "pooling": "Pooling",
            "query_length": "Length of questions in tokens",
            "passage_length": "Length of passages in tokens",
            "max_seq_length": "Longest text in tokens",
            "attention": "Attention",
        }
        return {headings[name]: f"{getattr(self, name)}" for name in self._given()}

    def _given(self) -> list[str]:
        return [each.name for each in fields(ModelOptions) if getattr(self, each.name) is not None]

    def _pool(self, model: SentenceTransformer, name: str) -> None:
        from sentence_transformers.sentence_transformer.modules import Pooling

        places = [place for place, module in model.named_children() if isinstance(module, Pooling)]
        if has_modules(name) or len(places) != 1:
            raise ConfigurationError(
                f"--pooling is {self.pooling}, and the model {Path(name)} has its own modules and pooling.",
                "Leave it out, or give a plain transformer.",
            )
        before: Any = model.get_submodule(places[0])
        model.set_submodule(places[0], Pooling(before.embedding_dimension, self.pooling))


MODEL_OPTIONS = tuple(field.name for field in fields(ModelOptions))
"""Names of the options that change the base model."""


def longest(transformer: Transformer) -> int | None:
    """Return how many tokens a transformer can read, special ones included; None if it has no limit."""
    import torch

    for name, module in transformer.named_modules():
        if name.endswith("position_embeddings") and isinstance(module, torch.nn.Embedding):
            # models of RoBERTa's kind count positions from the one after that of padding
            return module.num_embeddings - (0 if module.padding_idx is None else module.padding_idx + 1)
    limit = getattr(transformer.config, "max_position_embeddings", None)
    return int(limit) if isinstance(limit, int) and limit > 0 else None


def _check_length(transformer: Transformer, name: str, length: int, limit: int | None) -> None:
    special = transformer.tokenizer.num_special_tokens_to_add() if transformer.tokenizer is not None else 0
    if length <= special or (limit is not None and length > limit):
        most = f" to {limit:,}" if limit is not None else ""
        raise ConfigurationError(
            f"{_spelt(name)} is {length}, and the model reads {special + 1}{most or ' or more'} tokens.",
            "Give a length that it can read.",
        )


def _spelt(name: str) -> str:
    return f"--{name.replace('_', '-')}"
