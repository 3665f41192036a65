"""Bars and dots of language bias."""

from __future__ import annotations

from collections.abc import Sequence

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.reports.groups import Block
from beir_hybrid.reports.models.bars import Bar, Bars, DotRow, Dots
from beir_hybrid.reports.published import Published


def bias_bars(block: Block, published: Sequence[Published] = ()) -> tuple[Bars, ...]:
    """Show the rank distance and the shares of the queries' own language."""
    direction = printed("rank_distance").direction
    words = f"ranks between the best and the worst relevant passage in the pool of all languages; {direction}"
    bars = [_score_bars(block, "rank_distance", words, published)]
    for name in block.measures("multi"):
        if name.startswith("same_language_share"):
            words = "share of the top that is in the query's own language, where every language has an answer"
            bars.append(_score_bars(block, name, words))
    return tuple(each for each in bars if each is not None)


def share_dots(block: Block, family: str) -> Dots | None:
    """Show which languages are on top, held against their share of the pool; None without values.

    Args:
        block: What is compared.
        family: Such as ``language_share@10``.
    """
    base, at, cutoff = family.partition("@")
    passages = block.first.passages
    total = sum(passages.values())
    rows = []
    for code in passages or block.first.languages:
        scores = [(group.place, block.score(group, "multi", f"{base}[{code}]{at}{cutoff}")) for group in block.groups]
        dots = tuple((place, score.mean) for place, score in scores if score is not None)
        if dots:
            rows.append(DotRow(code, dots, passages[code] / total if total else None))
    names = tuple((group.place, group.name) for group in block.groups)
    note = f"share of the first {cutoff} passages that are in a language, mean over query languages"
    return Dots(f"{block.title}: {printed(family).title}", note, names, tuple(rows)) if rows else None


def _score_bars(block: Block, measure: str, words: str, published: Sequence[Published] = ()) -> Bars | None:
    """Show a multilingual measure of 0 and more as bars; None if no group has it."""
    look = printed(measure)
    bars = []
    for group in block.groups:
        score = block.score(group, "multi", measure)
        if score is not None:
            interval = score.interval
            if score.spread is not None:
                interval = (max(score.mean - score.spread, 0.0), score.mean + score.spread)
            bars.append(Bar(group.name, score.mean, look.full(score.mean), interval, group.place))
    values = [(one.name, one.scores.get("multi", {}).get(measure)) for one in published]
    others = [Bar(name, value, look.full(value), place=None) for name, value in values if value is not None]
    return Bars(f"{block.title}: {look.title}", words, (*bars, *others)) if bars else None
