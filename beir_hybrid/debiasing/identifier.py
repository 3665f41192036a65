"""LanguageIdentifier: which of a few known languages a text is in, by its script and its letters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from beir_hybrid.arrays import Floats32, Ints
from beir_hybrid.languages import are_of_other_script, letters_by_script

BUCKETS = 2**15
_BITS = 17  # of 32, that are not a bucket's
_LETTERS = 300  # looked at
_SMOOTHING = 0.1
_PRIMES = np.array([2654435761, 2246822519, 3266489917], np.uint32)  # of xxHash


class LanguageIdentifier:
    """Which of a few languages a text is in: naive Bayes over runs of one to three letters.

    A text hardly any of whose letters is in a script of one of the languages is in none of them. One in another
    language of a known script is taken for the nearest language.

    Args:
        languages: Codes of the languages.
        weights: Shape (languages, buckets), the logarithm of how frequent runs of letters are, by their hash; None for
            nothing known yet.

    Examples:
        >>> known = LanguageIdentifier(["de", "en"])
        >>> known.add("de", ["Die Brücke steht im Norden der Stadt."])
        >>> known.add("en", ["The bridge stands in the north of the town."])
        >>> known.identify(["Wo steht die Brücke?", "Where does the bridge stand?", "Где мост?"]).tolist()
        [0, 1, -1]
    """

    def __init__(self, languages: Sequence[str], weights: Floats32 | None = None) -> None:
        self.languages = tuple(languages)
        self._counts = np.zeros((len(self.languages), BUCKETS), np.int64)
        self._weights = weights

    def add(self, language: str, texts: Sequence[str]) -> None:
        """Learn from texts in a language."""
        if len(texts):
            runs = np.concatenate([_runs(text) for text in texts])
            self._counts[self.languages.index(language)] += np.bincount(runs, minlength=BUCKETS)
        self._weights = None

    @property
    def weights(self) -> Floats32:
        """Shape (languages, buckets); see the class."""
        if self._weights is None:
            smoothed = self._counts + _SMOOTHING
            self._weights = np.log(smoothed / smoothed.sum(axis=1, keepdims=True)).astype(np.float32)
        return self._weights

    def select(self, languages: Sequence[str]) -> LanguageIdentifier:
        """Keep some of the languages."""
        return LanguageIdentifier(languages, self.weights[[self.languages.index(code) for code in languages]])

    def identify(self, texts: Sequence[str]) -> Ints:
        """Return the place of each text's language among the known ones, shape (texts,); -1 for none of them."""
        places = np.full(len(texts), -1, np.int64)
        for number, text in enumerate(texts):
            letters = letters_by_script(text[:_LETTERS])
            fitting = [place for place, code in enumerate(self.languages) if not are_of_other_script(letters, code)]
            if fitting:
                scores = self.weights[np.array(fitting)[:, None], _runs(text)].sum(axis=1)
                places[number] = fitting[int(scores.argmax())]
        return places


def _runs(text: str) -> Ints:
    """Hash the runs of one to three letters of a text, a blank at either end."""
    letters = np.frombuffer(f" {text[:_LETTERS].casefold()} ".encode("utf-32-le", "surrogatepass"), np.uint32)
    one, two, three = letters * _PRIMES[0], letters[:-1] * _PRIMES[1], letters[:-2] * _PRIMES[2]
    pairs = two ^ (letters[1:] * _PRIMES[0])
    triples = three ^ (letters[1:-1] * _PRIMES[1]) ^ (letters[2:] * _PRIMES[0])
    # multiplied again, so that the upper bits depend on all letters
    hashed = np.concatenate([one, pairs, triples]) * _PRIMES[0]
    return (hashed >> _BITS).astype(np.int64)
