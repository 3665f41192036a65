"""Splitting texts that are too long to be translated at once, and joining what comes back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.languages import SCRIPTS


class Segment(NamedTuple):
    """A part of a text.

    Attributes:
        text: Without blanks around it; never empty.
        tokens: How many it has.
        after: The blanks after it.
    """

    text: str
    tokens: int
    after: str


def split(
    texts: Sequence[str], language: str, lengths: Callable[[Sequence[str]], list[int]], above: int, longest: int
) -> list[list[Segment]]:
    """Split texts into parts of which each can be translated at once.

    Args:
        texts: The texts.
        language: Theirs.
        lengths: Counts the tokens of texts.
        above: Texts of more tokens are split into sentences.
        longest: Sentences of more tokens are cut, at blanks where there are any.

    Returns:
        The parts of each text; none of a blank one.

    Raises:
        ConfigurationError: If a text must be split, and the library for it is not installed.
    """
    limit = min(above, longest)
    whole = [_segment(text, count) for text, count in zip(texts, lengths(texts), strict=True)]
    parts: list[list[Segment]] = []
    for segment in whole:
        if segment.tokens <= limit:
            parts.append([segment] if segment.text else [])
            continue
        sentences = [sentence for sentence in _sentences(segment.text, language) if sentence.strip()]
        counted = [_segment(each, count) for each, count in zip(sentences, lengths(sentences), strict=True)]
        parts.append([part for each in counted for part in _cut(each, lengths, longest)])
    return parts


def join(translations: Sequence[str], segments: Sequence[Segment], language: str) -> str:
    r"""Join the translations of parts of a text.

    Args:
        translations: Shape (n,).
        segments: Shape (n,), what they are translations of.
        language: The language of the translations, which decides about blanks between sentences.

    Examples:
        >>> parts = [Segment("One.", 2, "\n"), Segment("Two.", 2, "  "), Segment("Three.", 2, "")]
        >>> join(["一。", "二。", "三。"], parts, "zh"), join(["Eins.", "Zwei.", "Drei."], parts, "de")
        ('一。\n二。三。', 'Eins.\nZwei. Drei.')
    """
    scripts = SCRIPTS.get(language.partition("-")[0], ())
    blank = "" if "CJK" in scripts and "HANGUL" not in scripts else " "
    joined = ""
    for text, segment in zip(translations, segments, strict=True):
        joined += text + ("\n" if "\n" in segment.after else blank)
    return joined.strip()


def _segment(text: str, tokens: int) -> Segment:
    return Segment(text.strip(), tokens, text[len(text.rstrip()) :])


def _sentences(text: str, language: str) -> list[str]:
    try:
        from sentencex import segment
    except ImportError as error:
        raise ConfigurationError(
            "A text is too long to be translated at once, and sentencex, which splits it, is not installed.",
            "Install it: pip install sentencex",
        ) from error
    return list(segment(language.partition("-")[0], text))


def _cut(segment: Segment, lengths: Callable[[Sequence[str]], list[int]], longest: int) -> list[Segment]:
    """Cut a sentence in halves until each part is short enough."""
    text = segment.text
    if segment.tokens <= longest or len(text) < 2:
        return [segment]
    middle = len(text) // 2
    place = text.find(" ", middle) + 1 or text.rfind(" ", 0, middle) + 1 or middle
    halves = [text[:place], text[place:]] if text[place:].strip() else [text[:middle], text[middle:]]
    counted = [_segment(half, count) for half, count in zip(halves, lengths(halves), strict=True)]
    counted[-1] = counted[-1]._replace(after=segment.after)
    return [part for half in counted if half.text for part in _cut(half, lengths, longest)]
