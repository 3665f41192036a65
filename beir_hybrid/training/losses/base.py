"""TrainingLoss: what every loss that is found by name is."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar, Literal

from beir_hybrid.errors import ConfigurationError

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch.nn import Module

    from beir_hybrid.training.losses.teacher_vectors import TeacherVectors

Need = Literal["answers", "scores", "translations", "teacher"]
"""What a loss may need of the data beside questions, passages and hard negatives."""


@dataclass(frozen=True)
class TrainingLoss:
    """A loss with its options, before there is a model: a frozen dataclass whose fields are its options.

    Subclass it, set ``name`` and register the class in the group ``beir_hybrid.losses``. Fields called as an option of
    ``beir-hybrid train``, such as ``scale``, ``gather`` or ``mini_batch_size``, are set by that option; all can be
    written with the name, as in ``--loss "mnrl(scale=30)"``.

    Attributes:
        name: The registered name.
        needs: What the data must give. ``answers``: a column ``label``, equal for rows whose passages answer each
            other's questions. ``scores``: a column ``score``, for each row the scores of the positive and of its hard
            negatives. ``translations``: a last text column ``translation``, the question in another language.
            ``teacher``: a column ``labels``, the number of each row's group, for the vectors of a teacher.
        fewest_negatives: The least number of hard negatives of each example that it works with.
        most_negatives: The largest; None for any.
    """

    name: ClassVar[str] = ""
    needs: ClassVar[frozenset[Need]] = frozenset()
    fewest_negatives: ClassVar[int] = 0
    most_negatives: ClassVar[int | None] = None

    def build(self, model: SentenceTransformer, teacher: TeacherVectors | None = None) -> Module:
        """Make the loss of a model.

        Args:
            model: The model to train.
            teacher: The teacher's vectors, for a loss that needs them.

        Returns:
            What the host's Trainer takes as ``loss=``.

        Raises:
            ValueError: If the loss does not go with the model.
        """
        raise NotImplementedError

    def check_negatives(self, negatives: int) -> None:
        """Raise an error for a number of hard negatives that the loss does not work with.

        Args:
            negatives: Hard negatives of each example.

        Raises:
            ConfigurationError: If it is too small or too large.
        """
        if negatives < self.fewest_negatives:
            raise ConfigurationError(
                f"The loss {self.name!r} compares a passage with hard negatives, and --negatives is {negatives}.",
                f"Give --negatives {self.fewest_negatives}, or more.",
            )
        if self.most_negatives is not None and negatives > self.most_negatives:
            raise ConfigurationError(
                f"The loss {self.name!r} takes {self.most_negatives} hard negative at most, and --negatives is "
                f"{negatives}.",
                f"Give --negatives {self.most_negatives}.",
            )

    def spec(self) -> str:
        """Write the loss as the text that :func:`~.build.build_loss` makes it from again.

        Examples:
            >>> from beir_hybrid.training.losses.in_batch import Mnrl
            >>> Mnrl().spec(), Mnrl(scale=30).spec()
            ('mnrl', 'mnrl(scale=30)')
        """
        values = [(field.name, getattr(self, field.name)) for field in fields(self)]
        usual = {field.name: field.default for field in fields(self)}
        given = [f"{name}={value!r}" for name, value in values if value != usual[name]]
        return f"{self.name}({', '.join(given)})" if given else self.name


def check_positive(loss: str, **values: float) -> None:
    """Raise an error for options of a loss that are not above 0.

    Args:
        loss: The loss's name.
        **values: Values by option.

    Raises:
        ConfigurationError: If one is not.
    """
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < float("inf"):
            raise ConfigurationError(f"The {name} of the loss {loss!r} is {value!r}.", "Give a number above 0.")
