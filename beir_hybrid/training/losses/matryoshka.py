"""Matryoshka: any other loss, summed over vectors cut to several lengths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.training.losses.base import Need, TrainingLoss

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from torch.nn import Module

    from beir_hybrid.training.losses.teacher_vectors import TeacherVectors


@dataclass(frozen=True)
class Matryoshka(TrainingLoss):
    """The host's MatryoshkaLoss around another loss, all lengths weighing the same.

    Args:
        loss: The other loss; ``matryoshka:NAME`` on a command line.
        matryoshka: Lengths of the vectors, each at least 1 and at most the model's.

    Raises:
        ConfigurationError: If there are no lengths, one is no whole number from 1 on, or the loss uses a teacher's
            vectors, which have the full length.
    """

    loss: TrainingLoss
    matryoshka: tuple[int, ...] = ()

    name: ClassVar[str] = "matryoshka"

    def __post_init__(self) -> None:
        if not isinstance(self.loss, TrainingLoss):
            raise ConfigurationError("The loss 'matryoshka' needs another one.", "Write --loss matryoshka:mnrl.")
        if isinstance(self.loss, Matryoshka):
            raise ConfigurationError(f"{self.loss.spec()} is within another one.", "Write matryoshka: once.")
        if not self.matryoshka or any(type(each) is not int or each < 1 for each in self.matryoshka):
            raise ConfigurationError(
                f"The lengths of the loss 'matryoshka' are {self.matryoshka!r}.", "Give --matryoshka 384,128,64."
            )
        if "teacher" in self.loss.needs:
            raise ConfigurationError(
                f"The loss {self.loss.name!r} compares with a teacher's whole vectors, which cannot be cut.",
                "Leave out --matryoshka.",
            )

    @property
    def needs(self) -> frozenset[Need]:  # type: ignore[override]  # of an instance, since they are the other loss's
        """What the other loss needs."""
        return self.loss.needs

    def build(self, model: SentenceTransformer, teacher: TeacherVectors | None = None) -> Module:
        """Make the loss of a model; see the base class.

        Raises:
            ConfigurationError: If a length is above the model's.
        """
        from sentence_transformers.sentence_transformer.losses import MatryoshkaLoss

        whole = model.get_embedding_dimension()
        if whole is not None and max(self.matryoshka) > whole:
            raise ConfigurationError(
                f"--matryoshka names {max(self.matryoshka)}, and the model's vectors have {whole} dimensions.",
                f"Name lengths up to {whole}.",
            )
        return MatryoshkaLoss(model, self.loss.build(model, teacher), list(self.matryoshka))

    def check_negatives(self, negatives: int) -> None:
        """Ask the other loss; see the base class."""
        self.loss.check_negatives(negatives)

    def spec(self) -> str:
        """Write the loss and the other one.

        Examples:
            >>> from beir_hybrid.training.losses.in_batch import Mnrl
            >>> Matryoshka(Mnrl(), (64, 32)).spec()
            'matryoshka(matryoshka=(64, 32)):mnrl'
        """
        return f"{self.name}(matryoshka={self.matryoshka!r}):{self.loss.spec()}"
