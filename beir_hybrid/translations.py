"""Translations: which queries ask the same question in several languages, and how they were linked.

One rule serves the reader of BEIR folders, the BEIR host and the ir_measures host, in :func:`link_translations`.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

from beir_hybrid.errors import DataFormatError, shorten
from beir_hybrid.languages import code_of

METADATA = "metadata.group"
IDS = "equal ids"
NONE = "none"
DATASET = "dataset"

_WORDS = {METADATA: "metadata.group", IDS: "equal ids after the language", DATASET: "the dataset"}


class Links(NamedTuple):
    """How translations are linked; see :func:`link_translations`.

    Attributes:
        group_of: Group by query id; queries of one group are one question. Queries that are missing here stand alone.
        rule: ``metadata.group``, ``equal ids`` or ``none``.
        notes: What readers of results need to know about the groups.
    """

    group_of: dict[str, str]
    rule: str
    notes: tuple[str, ...] = ()


def link_translations(queries: Mapping[str, str], groups: Mapping[str, str]) -> Links:
    """Link the translations of a question: by the metadata's groups, or else by equal ids after the language.

    If the metadata of any query give a group, or an empty string for none, the metadata decide for all queries, and
    those without a group stand alone. Otherwise queries of different languages whose ids are equal after the
    language, such as ``en:17`` and ``ro:17``, are linked. Ids may be equal by accident, such as running numbers in each
    language. Questions that are linked without need make intervals wider, never too narrow, so this errs on the safe
    side; ``mrc`` however would compare them, and an empty group on any query says that ids mean nothing.

    Args:
        queries: Language by query id; the ids begin with their languages.
        groups: Group by query id, where the metadata give one; other ids are ignored.

    Examples:
        >>> languages = {"en:17": "en", "ro:17": "ro", "ro:18": "ro"}
        >>> link_translations(languages, {})
        Links(group_of={'en:17': '17', 'ro:17': '17', 'ro:18': '18'}, rule='equal ids', notes=())
        >>> link_translations(languages, {"en:17": "a", "ro:17": "b", "ro:18": "a"}).group_of
        {'en:17': 'a', 'ro:17': 'b', 'ro:18': 'a'}
        >>> link_translations(languages, dict.fromkeys(languages, ""))
        Links(group_of={}, rule='metadata.group', notes=())
    """
    known = {query: groups[query] for query in queries if query in groups}
    if known:
        group_of = {query: group for query, group in known.items() if group}
        return Links(group_of, METADATA, tuple(_notes(queries, known)))
    names = {query: _after_language(query, language) for query, language in queries.items()}
    asked = {(name, queries[query]) for query, name in names.items()}
    return Links(names, IDS if len({name for name, _ in asked}) < len(asked) else NONE)


def group_in(metadata: Mapping[str, Any], where: str) -> str | None:
    """Read the group of a query from its metadata.

    Args:
        metadata: The query's; ``group`` may be a string or a number, which is read as a string (17, 17.0 and "17" are
            the same).
        where: File and line, for the message.

    Returns:
        An empty string if the query has no translation; None if the metadata do not say (null and NaN included).

    Raises:
        DataFormatError: If the group is anything else.
    """
    group = metadata.get("group")
    if group is None or isinstance(group, str):
        return group if group is None else group.strip()
    if isinstance(group, int) and not isinstance(group, bool):
        return str(group)
    if isinstance(group, float):
        if math.isnan(group):
            return None
        return str(int(group)) if group.is_integer() else str(group)
    raise DataFormatError(
        f"{where}: the group is {shorten(group)}.",
        "Use a string or a number that translations share, or an empty string.",
    )


def count_linked(groups: Mapping[str, str], rule: str) -> dict[str, Any]:
    """Count the queries that share their group with a query of another language, as ``Results.translations`` has it.

    Args:
        groups: Group by query id; the ids begin with their languages.
        rule: How the queries were linked.

    Returns:
        ``rule``, and the numbers of ``linked`` queries and of all ``queries``; nothing if all are of one language.
    """
    languages: defaultdict[str, set[str]] = defaultdict(set)
    for query, group in groups.items():
        languages[group].add(query.partition(":")[0])
    if len(set().union(*languages.values())) < 2:
        return {}
    linked = sum(len(languages[group]) > 1 for group in groups.values())
    return {"rule": rule, "linked": linked, "queries": len(groups)}


def is_count_of_links(links: Mapping[str, Any]) -> bool:
    """Return whether a mapping, read from a file, is what :func:`count_linked` returns."""
    if links.keys() != {"rule", "linked", "queries"} or not isinstance(links["rule"], str):
        return False
    return type(links["linked"]) is type(links["queries"]) is int and 0 <= links["linked"] <= links["queries"]


def links_in_words(translations: Mapping[str, Any]) -> str:
    """Describe how translations are linked, and how many; empty if all queries are of one language.

    Args:
        translations: What :func:`count_linked` returns.
    """
    if not translations:
        return ""
    rule, linked, queries = translations["rule"], translations["linked"], translations["queries"]
    if linked:
        by = f" by {_WORDS[rule]}" if rule in _WORDS else ""
        return f"translations are linked{by}: {linked:,} of {queries:,} queries"
    if rule == NONE:
        why = "no query is linked to a translation, by metadata.group or by equal ids after the language"
    else:
        why = f"{_WORDS.get(rule, 'the data')} link{'' if rule == IDS else 's'} no query to a translation"
    return f"{why}: each counts as a question of its own, and intervals are too narrow if some are translations"


def _after_language(query: str, language: str) -> str:
    """Cut the language off an id, also one that the id itself carries in another form, as in ``zh:zh-Hans:17``."""
    rest = query.removeprefix(f"{language}:")
    own = code_of(rest)
    return rest.removeprefix(f"{own}:") if own and _primary(own) == _primary(language) else rest


def _primary(code: str) -> str:
    return re.split("[-_]", code.lower())[0]


def _notes(queries: Mapping[str, str], known: Mapping[str, str]) -> list[str]:
    notes = []
    if len(set(queries.values())) > 1 and len(known) < len(queries):
        notes.append(
            f"metadata.group is given for {len(known):,} of {len(queries):,} queries: each of the others counts as a "
            "question of its own"
        )
    sizes = Counter((group, queries[query]) for query, group in known.items() if group)
    if several := len({group for (group, _), size in sizes.items() if size > 1}):
        notes.append(
            f"groups with several queries of one language, which count as one question: {several:,} (metadata.group)"
        )
    return notes
