"""MiningOptions: which hard negatives are wanted."""

from __future__ import annotations

from dataclasses import dataclass

from beir_hybrid.errors import ConfigurationError, did_you_mean

SAME, PASSAGE, ANY, BALANCED = "same", "passage", "any", "balanced"
LANGUAGES = {
    SAME: "the question's",
    PASSAGE: "the passage's",
    ANY: "all",
    BALANCED: "all, each as often",
}
"""Policies for the languages of negatives, and what they allow."""

WEAKEST, OWN = "weakest", "own"
POSITIVES = (WEAKEST, OWN)


@dataclass(frozen=True)
class MiningOptions:
    """Which hard negatives are wanted; the rules that exclude answers hold with any of these.

    Args:
        negatives: How many each pair gets, from 1 on.
        languages: Whether they are in the question's language (``same``), in the passage's (``passage``, which is what
            hybrid batches take), in any, or in all of them as often (``balanced``).
        margin: Share of the positive's score above which a passage is no negative, in (0, 1]; None for no such limit.
        positive: Whose score the margin is taken of: the ``weakest`` of the group's passages over all languages, or the
            pair's ``own`` passage.
        skip_top: How many of the hardest are passed over, in each language where they are balanced.
        sample: Draw the negatives at random among so many of the hardest; 0 to take the hardest.
        seed: Of that draw.
        candidates: How many passages of each pair a cross-encoder scores, at least as many as are needed.
        keep_short: Whether pairs that get fewer negatives are kept; else they are left out and counted.

    Raises:
        ConfigurationError: If one is out of range.

    Examples:
        >>> MiningOptions(negatives=4, skip_top=2, sample=10).depth
        12
    """

    negatives: int = 8
    languages: str = PASSAGE
    margin: float | None = 0.95
    positive: str = WEAKEST
    skip_top: int = 0
    sample: int = 0
    seed: int = 0
    candidates: int = 50
    keep_short: bool = False

    def __post_init__(self) -> None:
        for name, least in (("negatives", 1), ("skip_top", 0), ("sample", 0), ("seed", 0), ("candidates", 1)):
            if getattr(self, name) < least:
                raise ConfigurationError(f"{name} is {getattr(self, name)}.", f"Choose at least {least}.")
        for name, value, known in (
            ("policy of languages", self.languages, LANGUAGES),
            ("positive", self.positive, POSITIVES),
        ):
            if value not in known:
                raise ConfigurationError(f"There is no {name} {value!r}.", did_you_mean(value, known))
        if self.margin is not None and not 0 < self.margin <= 1:
            raise ConfigurationError(f"The margin is {self.margin}.", "Choose one above 0, at most 1.")
        if 0 < self.sample < self.negatives:
            raise ConfigurationError(
                f"{self.negatives} negatives cannot be drawn among {self.sample}.", "Draw them among more: --sample"
            )

    @property
    def depth(self) -> int:
        """How many passages must be found for each pair."""
        return self.skip_top + max(self.negatives, self.sample)

    @property
    def more_negatives(self) -> str:
        """What to do where pairs have fewer negatives than wanted, in a sentence."""
        if self.margin is None:  # so none was found that was not taken
            more = "search deeper for the run, or ask for fewer: --negatives"
        else:
            more = (
                "allow more with --margin or --positive own: of a model that scores translations low, the weakest "
                "positive leaves few passages below it"
            )
        return f"Keep them with --keep-short, or {more}."
