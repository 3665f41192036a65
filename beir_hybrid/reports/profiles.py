"""Profiles: what an embedder does with languages, in plain words, with a picture and a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from statistics import fmean

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.profile import Profile
from beir_hybrid.evaluation.results import Results
from beir_hybrid.reports.groups import block_of
from beir_hybrid.reports.language_maps import family_maps
from beir_hybrid.reports.models.bars import Bar, Bars
from beir_hybrid.reports.models.heat_map import HeatMap
from beir_hybrid.reports.models.table import Column, Table, make_table
from beir_hybrid.reports.models.words import percent
from beir_hybrid.storage.records import parse_record

_WORDS = ((0.6, "Yes, strongly"), (0.25, "Yes"), (0.05, "A little"), (-0.05, "No"))
_NEVER, _SELDOM = 0.01, 0.5  # share of answers found; of the mean over languages
_MORE, _LESS = 1.2, 0.8  # times the share of the pool
_NAMED = 5  # languages in a sentence


def read_profile(results: Results) -> Profile | None:
    """Read the profile that results hold; None if there is none.

    Raises:
        DataFormatError: If it is damaged.
    """
    if not results.profile:
        return None
    return parse_record(results.profile, Profile, "The profile in results.json", "Evaluate again.")


def profile_answers(profile: Profile) -> list[tuple[str, str]]:
    """Answer what somebody asks who builds a search over mixed languages.

    Returns:
        Questions with their answers, in full sentences.
    """
    answers = [
        ("Does it prefer the question's language?", _preference(profile)),
        ("Which languages attract?", _attraction(profile)),
        ("Which languages are never found?", _finds(profile)),
    ]
    if profile.probe:
        answers.append(("Do the vectors tell the language?", _vectors(profile)))
    answers.append(("What would debiasing bring?", _debiasing(profile)))
    return answers


def finds_bars(profile: Profile, place: int = 0) -> Bars:
    """Show the share of each language's answers that queries in other languages find, most first."""
    found = sorted(profile.finds.items(), key=lambda item: -item[1])
    return Bars(
        "Answers that questions in other languages find",
        f"share of the answers in a language that are among the first {profile.depth} passages; higher is better",
        tuple(Bar(code, share, percent(share), place=place) for code, share in found),
        name="language",
    )


def tried_table(profile: Profile) -> Table | None:
    """Show what is found with and without debiasing; None if none was tried."""
    if len(profile.debiased) < 2:
        return None
    recall = printed(f"tlr@{profile.depth}")
    rows = [[one.method or "as it is", one.own, one.other, one.map] for one in profile.debiased]
    columns = [
        Column("debiasing", text=True),
        Column("own language", recall),
        Column("other languages", recall),
        Column("mAP", printed("map")),
    ]
    told = f"answers among the first {profile.depth}, and mAP in the pool of all languages"
    return make_table("What debiasing would bring", columns, rows, [told, *profile.notes])


def profile_map(results: Results, depth: int) -> list[HeatMap]:
    """Show the share of answers found by query and answer language."""
    maps = family_maps(block_of({results.model: results}), f"language_recall@{depth}")
    return [replace(each, title=f"Answers found among the first {depth}") for each in maps]


def _preference(profile: Profile) -> str:
    strength = profile.preference
    words = []
    if strength is not None and profile.first is not None and profile.evenly is not None:
        word = next((word for least, word in _WORDS if strength >= least), "No, it prefers other languages")
        words.append(
            f"{word}. Of a question's answers in several languages, the one in its own comes first in "
            f"{percent(profile.first)} of the cases; even-handed would be {percent(profile.evenly)}."
        )
    else:
        words.append("That cannot be told: no question has answers in its own language and in another.")
    if profile.own is not None and profile.other is not None:
        words.append(
            f"Among the first {profile.depth} passages are {percent(profile.own)} of the answers in the question's "
            f"language, and {percent(profile.other)} of those in other languages."
        )
    if profile.own_share is not None:
        words.append(
            f"{percent(profile.own_share)} of these passages are in the question's language, which has "
            f"{percent(profile.pool_share)} of all."
        )
    return " ".join(words)


def _attraction(profile: Profile) -> str:
    ordered = sorted(profile.attracts.items(), key=lambda item: -item[1])
    more = [f"{code} ({times:.1f} times)" for code, times in ordered if times >= _MORE]
    less = [f"{code} ({times:.1f} times)" for code, times in reversed(ordered) if times <= _LESS]
    if not ordered:
        return "That cannot be told: no passage in another language than the question's is among the first."
    if not more and not less:
        return "None: for questions in other languages, each is on top about as often as it is in the pool."
    parts = [f"{_list(more)} more often" if more else "", f"{_list(less)} less often" if less else ""]
    return (
        "For questions in other languages, and held against their share of the pool, passages on top are in "
        f"{', and in '.join(filter(None, parts))}."
    )


def _finds(profile: Profile) -> str:
    if not profile.finds:
        return "That cannot be told: no question has an answer in another language."
    mean = fmean(profile.finds.values())
    ordered = sorted(profile.finds.items(), key=lambda item: item[1])
    never = [code for code, share in ordered if share < _NEVER]
    seldom = [f"{code} ({percent(share)})" for code, share in ordered if _NEVER <= share < _SELDOM * mean]
    rest = f"on average they find {percent(mean)} of a language's answers"
    if not never and not seldom:
        code, share = ordered[0]
        return f"None: questions in other languages find {percent(share)} of the answers even in {code}; {rest}."
    parts = [f"hardly any answers in {_list(never)}" if never else "", f"few in {_list(seldom)}" if seldom else ""]
    return f"Questions in other languages find {', and '.join(filter(None, parts))}; {rest}."


def _vectors(profile: Profile) -> str:
    accuracy, chance = fmean(profile.probe.values()), 1 / len(profile.probe)
    words = f"{percent(accuracy)} of the passages are nearest to the mean vector of their own language; "
    words += f"{percent(chance)} would be chance."
    if profile.alignment:
        far = max(profile.alignment.items(), key=lambda item: item[1])
        mean = fmean(profile.alignment.values())
        words += (
            f" The squared distance between translations of an answer is {mean:.2f} (0: the same vector, 2: nothing in "
            f"common), the largest {far[1]:.2f} in {far[0]}."
        )
    return words


def _debiasing(profile: Profile) -> str:
    if len(profile.debiased) < 2:
        return f"It was not tried{': ' + '; '.join(profile.notes) if profile.notes else ''}."
    before, *tried = profile.debiased
    best = max(tried, key=lambda one: one.map)
    if best.map <= before.map:
        return "Nothing: each method that was tried finds less, over all languages, than the vectors as they are."
    changes = [
        f"{percent(after)} instead of {percent(given)} of the answers in {where}"
        for where, given, after in (
            ("other languages", before.other, best.other),
            ("the question's language", before.own, best.own),
        )
        if given is not None and after is not None
    ]
    score = printed("map")
    return (
        f"With {best.method}, the first {profile.depth} passages hold {' and '.join(changes)}; mAP is "
        f"{score.full(best.map)} instead of {score.full(before.map)}. It is the best of those tried, fitted on "
        "the evaluated passages themselves, so expect less on others. It needs no training: "
        f"beir-hybrid debias --method {best.method} writes such a model."
    )


def _list(words: Sequence[str]) -> str:
    shown = [*words[:_NAMED], *([f"{len(words) - _NAMED} more"] if len(words) > _NAMED else [])]
    return shown[0] if len(shown) == 1 else f"{', '.join(shown[:-1])} and {shown[-1]}"
