"""LossOptions: the options of a training that decide about its loss, declared once for code and command line."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.training.batch_options import option

if TYPE_CHECKING:  # the command line's help needs the options alone
    from beir_hybrid.training.losses.base import TrainingLoss

DEFAULT_SCALE = 20.0


@dataclass(frozen=True, kw_only=True)
class LossOptions:
    """Which loss is trained with; the fields' help says what each option means.

    Args:
        loss: A registered loss, ``name(key=value, ...)``, or ``matryoshka:NAME``; None for ``mnrl``.
        scale: Factor on the cosine similarities in the loss, the inverse of a temperature; above 0.
        mini_batch_size: Texts that a loss with cached gradients embeds at a time; None for its default.
        guide: Name or folder of the model that guides ``gist``.
        matryoshka: Lengths of vectors over which the loss is summed; None for the whole one alone.
        teacher: Name or folder of the model whose vectors ``distil`` and ``mimo`` learn.
        teacher_language: Language of the texts that it encodes; None for English.
        gather: Whether the passages of all processes are negatives; None for the loss's default, no.

    Raises:
        ConfigurationError: If the scale is not above 0, or a length or ``gather`` is of the wrong kind.
    """

    loss: str | None = option(
        None,
        metavar="NAME",
        help="What a batch is judged by: mnrl, cached-mnrl, mnrl-masked, gist, cached-gist, margin-mse or kl (with "
        "scores in the data), lakda (with parallel data), distil or mimo (with a teacher), another registered one, or "
        "matryoshka:NAME [default: mnrl].",
    )
    scale: float = option(DEFAULT_SCALE, help="Factor on cosine similarities in the loss.")
    mini_batch_size: int | None = option(
        None, help="Texts embedded at a time, for losses with cached gradients [default: 32]."
    )
    guide: str | None = option(None, metavar="MODEL", help="Model that tells gist which negatives are answers.")
    matryoshka: tuple[int, ...] | None = option(
        None, metavar="NUMBER,...", help="Lengths of vectors to train, such as 384,128,64 [default: the whole one]."
    )
    teacher: str | None = option(
        None, metavar="MODEL", help="Model whose vectors distil and mimo learn; it encodes the data once, before."
    )
    teacher_language: str | None = option(
        None, metavar="CODE", help="Language of the texts that the teacher encodes [default: en]."
    )
    gather: bool | None = option(
        None,
        choices=("True", "False"),
        help="Whether the passages of all processes are negatives [default: those of each process].",
    )

    def __post_init__(self) -> None:
        if not 0 < self.scale < math.inf:
            raise ConfigurationError(f"The scale is {self.scale}.", "Give a number above 0; 20 is usual.")
        if self.matryoshka is not None:
            object.__setattr__(self, "matryoshka", _whole_numbers(self.matryoshka))
        if self.gather is not None:
            if str(self.gather).lower() not in {"true", "false"}:
                raise ConfigurationError(f"--gather is {self.gather!r}.", "Give True or False.")
            object.__setattr__(self, "gather", str(self.gather).lower() == "true")

    def built_loss(self) -> TrainingLoss:
        """Build the loss that the fields name.

        Raises:
            UnknownNameError: If there is no such loss.
            ConfigurationError: If it lacks an option that is given, or refuses its value.
        """
        from beir_hybrid.training.losses.build import build_loss, has_option

        given = {field.name: getattr(self, field.name) for field in fields(LossOptions) if field.name != "loss"}
        if self.scale == DEFAULT_SCALE:  # not asked for: a loss without one need not refuse it
            given["scale"] = None if not has_option(self.loss, "scale") or "scale=" in str(self.loss) else self.scale
        return build_loss(self.loss, **given)


LOSS_OPTIONS = tuple(field.name for field in fields(LossOptions))
"""Names of the options of a loss."""


def _whole_numbers(lengths: Any) -> tuple[int, ...]:
    """Read lengths as code, YAML or a command line gives them."""
    given = list(lengths) if isinstance(lengths, list | tuple) else str(lengths).split(",")
    try:
        return tuple(int(str(each)) for each in given)
    except ValueError:
        raise ConfigurationError(f"--matryoshka is {lengths!r}.", "Give whole numbers: 384,128,64") from None
