"""CodeSwitch: words of texts that are trained on become their translations in a dictionary, others each epoch."""

from __future__ import annotations

import logging
import multiprocessing
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from beir_hybrid.arrays import Ints
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, did_you_mean, shorten

_NAME = "code-switch"
_OPTIONS = {"p": "probability", "from": "source"}
_WORD = re.compile(r"\w+")
_FORM = "code-switch:DICT.tsv,p=0.5,from=en"
_LINE = "a word, a tab or a blank, and its translation in each line."

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CodeSwitch:
    """Replaces words by their translations at random (Litschko et al., arXiv:2305.05295).

    What is drawn follows from the seed, the epoch, the example and the side of it, so that it is the same on every
    process and after a resumption. The epoch is shared with the processes that load data.

    Args:
        path: The dictionary: in each line a word, a tab and its translation, or two words with blanks between, as in
            MUSE's files; of several translations of a word, in whatever languages, one is drawn.
        probability: Of each word that is in the dictionary.
        source: Language of the words; texts in other languages stay as they are.
        seed: Of all draws, from 0 on.

    Raises:
        ConfigurationError: If the probability is not in (0, 1].

    Examples:
        >>> CodeSwitch.read("code-switch:en-de.tsv,p=0.3")
        CodeSwitch(path=PosixPath('en-de.tsv'), probability=0.3, source='en', seed=0)
    """

    path: Path
    probability: float = 0.5
    source: str = "en"
    seed: int = 0
    _epoch: Any = field(default_factory=lambda: multiprocessing.RawValue("q", 0), repr=False, compare=False)

    def __post_init__(self) -> None:
        if not 0 < self.probability <= 1:
            raise ConfigurationError(f"The probability of {_NAME} is {self.probability}.", "Choose one in (0, 1].")

    @classmethod
    def read(cls, text: str, seed: int = 0) -> CodeSwitch:
        """Read such as ``code-switch:DICT.tsv,p=0.5,from=en``.

        Args:
            text: The words.
            seed: Of all draws.

        Raises:
            ConfigurationError: If it is no such thing.
        """
        name, colon, rest = str(text).partition(":")  # a file may hold a list
        if name != _NAME:
            raise ConfigurationError(f"There is no transform {shorten(name)}.", did_you_mean(name, [_NAME]))
        path, *words = rest.split(",")
        options: dict[str, Any] = {}
        for word in words:
            key, _, value = (part.strip() for part in word.partition("="))
            if key not in _OPTIONS or not value or _OPTIONS[key] in options:
                raise ConfigurationError(f"The transform has {shorten(word)}.", f"Write it as {_FORM}")
            options[_OPTIONS[key]] = value
        try:
            options["probability"] = float(options.get("probability", 0.5))
        except ValueError as error:
            raise ConfigurationError(
                f"The transform has p={options['probability']}.", f"Write it as {_FORM}"
            ) from error
        if not (colon and path):
            raise ConfigurationError(f"The transform {shorten(text)} names no dictionary.", f"Write it as {_FORM}")
        return cls(Path(path), seed=seed, **options)

    @cached_property
    def translations(self) -> Mapping[str, tuple[str, ...]]:
        """The translations of each word, in small letters; read when they are first asked for.

        Raises:
            MissingDataError: If there is no such file.
            DataFormatError: If no line of it can be used; those that cannot are counted in the log.
        """
        try:
            lines = self.path.read_text(encoding="utf-8-sig").split("\n")
        except FileNotFoundError as error:
            raise MissingDataError(f"There is no dictionary {self.path}.", f"Name one with {_LINE}") from error
        except (OSError, UnicodeDecodeError) as error:
            raise DataFormatError(f"{self.path} cannot be read: {error}.", "Name a file of text in UTF-8.") from error
        words: dict[str, list[str]] = {}
        unread: list[str] = []
        for number, line in enumerate(lines, 1):
            pair = [part.strip() for part in line.split("\t" if "\t" in line else None)]
            if len(pair) == 2 and all(pair):
                words.setdefault(pair[0].casefold(), []).append(pair[1])
            elif line.strip():
                unread.append(f"{self.path}: line {number} is {shorten(line)}.")
        if not words:
            raise DataFormatError(unread[0] if unread else f"{self.path} is empty.", f"Write {_LINE}")
        if unread:
            logger.warning(
                "%s: lines left out that are no pair of words: %d; the first: %s", _NAME, len(unread), unread[0]
            )
        return {word: tuple(known) for word, known in words.items()}

    def begin(self, epoch: int) -> None:
        """Say which epoch the next texts are of, to all processes that share this."""
        self._epoch.value = epoch

    def apply(self, texts: pa.Array, codes: Sequence[str], languages: Ints, rows: Ints, side: int) -> pa.Array:
        """Replace words.

        Args:
            texts: Shape (n,).
            codes: Codes of the languages.
            languages: Shape (n,), each text's language by its place in ``codes``.
            rows: Shape (n,), places of the examples in the dataset.
            side: Which text of its example each is, from 0 on.

        Returns:
            Shape (n,).
        """
        if self.source not in codes:
            return texts
        place, switched = codes.index(self.source), texts.to_pylist()
        for number in np.flatnonzero(np.asarray(languages) == place).tolist():
            rng = np.random.default_rng([self.seed, self._epoch.value, int(rows[number]), side])
            switched[number] = self.switch(switched[number], rng)
        return pa.array(switched, pa.string())

    def switch(self, text: str, rng: np.random.Generator) -> str:
        """Replace words of a text.

        Args:
            text: The text.
            rng: What decides which, and by which translation.
        """

        def switched(match: re.Match[str]) -> str:
            known = self.translations.get(match[0].casefold())
            if known is None or rng.random() >= self.probability:
                return match[0]
            return known[int(rng.integers(len(known)))]

        return _WORD.sub(switched, text)
