"""Queries that a run answers worst, and with the most bias: chosen from the values of its queries, and shown."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from beir_hybrid.collection import language_of
from beir_hybrid.errors import BeirHybridError
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.evaluation.results import Results
from beir_hybrid.reports.models.table import Column, Table, make_table
from beir_hybrid.reports.models.words import shortened
from beir_hybrid.studies.trial import Trial

_MOST = 5  # queries in a list
_DEPTH = 10  # passages on top whose languages are told
_LETTERS = 160  # of a query's text
_SHARE = re.compile(r"language_share\[(?P<language>[^\]]+)\]@\d+")
_BIAS = "rank_distance"


@dataclass(frozen=True)
class QueryExample:
    """A query in the pool of all languages.

    Attributes:
        query: Its id.
        language: Its language.
        score: Its value of the measure.
        distance: Its rank distance; None if it was not measured, or is not defined.
        retrieved: Which languages are on top, in words; empty if that is not known.
        text: Its text; empty if that is not at hand.
    """

    query: str
    language: str
    score: float
    distance: float | None
    retrieved: str = ""
    text: str = ""


@dataclass(frozen=True)
class QueryExamples:
    """Examples of one evaluation.

    Attributes:
        measure: Name of the measure.
        worst: The queries with the lowest values, across languages.
        biased: The queries with the greatest rank distance.
        by_language: Of each language, the queries with the highest and the lowest value.
    """

    measure: str
    worst: tuple[QueryExample, ...]
    biased: tuple[QueryExample, ...]
    by_language: tuple[QueryExample, ...]

    def tables(self) -> list[Table]:
        """Show them, without lists and columns that are empty."""
        lists = {
            "Worst queries": self.worst,
            "Most biased queries": self.biased,
            "Best and worst query of each language": self.by_language,
        }
        return [self._table(title, examples) for title, examples in lists.items() if examples]

    def _table(self, title: str, examples: Sequence[QueryExample]) -> Table:
        columns = [
            Column("query", text=True),
            Column("text", text=True),
            Column(printed(self.measure).title, printed(self.measure)),
            Column(printed(_BIAS).title, printed(_BIAS)),
            Column(f"languages of the first {_DEPTH}", text=True),
        ]
        rows = [(one.query, one.text, one.score, one.distance, one.retrieved) for one in examples]
        table = make_table(title, columns, rows)
        return table.only([place for place in range(len(columns)) if any(row[place] not in ("", None) for row in rows)])


def query_examples(results: Results, folder: Path, trial: Trial | None = None) -> QueryExamples | None:
    """Choose examples from the values of an evaluation's queries against the pool of all languages.

    Args:
        results: Results with the values of their queries.
        folder: The evaluation's folder, whose runs, if there are any, tell which languages were retrieved.
        trial: The evaluation as a study describes it, which tells where the texts are.

    Returns:
        The examples; None if there are no such values.
    """
    measure = _measure(results.values)
    pools = [one for one in _pools(results) if measure in one.values]
    everyone = [(one, pool.name) for pool in pools for one in _examples(pool, measure)]
    if not everyone:
        return None
    worst = sorted(everyone, key=lambda one: one[0].score)[:_MOST]
    distant = [one for one in everyone if one[0].distance is not None]
    biased = sorted(distant, key=lambda one: -(one[0].distance or 0.0))[:_MOST]
    ends = []
    for pool in pools:
        own = sorted((one for one in everyone if one[1] == pool.name), key=lambda one: one[0].score)
        ends += [own[-1], own[0]] if len(own) > 1 else own
    texts = _texts(results, trial)
    silent: dict[str, set[str]] = {}  # by setting, the queries of which no measure tells the languages
    for one, setting in (*worst, *biased, *ends):
        if not one.retrieved:
            silent.setdefault(setting, set()).add(one.query)
    tops = {setting: _retrieved(folder / "runs" / f"{setting}.trec", queries) for setting, queries in silent.items()}
    lists = [_told(chosen, tops, texts) for chosen in (worst, biased, ends)]
    return QueryExamples(measure, *lists)


def _measure(values: QueryValues | None) -> str:
    names = [name for one in (values.settings if values else ()) if one.kind == "multi" for name in one.values]
    return next((name for name in ("map", *names) if name in names), "")


def _pools(results: Results) -> list[SettingValues]:
    """Return the values of the queries of each language against the pool of all languages."""
    parsed = results.parsed_settings()
    settings = results.values.settings if results.values else ()
    return [
        one for one in settings if one.name in parsed and parsed[one.name].kind == "multi" and parsed[one.name].pool
    ]


def _examples(pool: SettingValues, measure: str) -> list[QueryExample]:
    shares = {match["language"]: values for name, values in pool.values.items() if (match := _SHARE.fullmatch(name))}
    examples = []
    for place, (query, score) in enumerate(zip(pool.queries, pool.values[measure].tolist(), strict=True)):
        if np.isnan(score):
            continue
        distance = float(pool.values[_BIAS][place]) if _BIAS in pool.values else np.nan
        top = {code: float(values[place]) for code, values in shares.items()}
        known = None if np.isnan(distance) else distance
        examples.append(QueryExample(query, language_of(query), score, known, _in_words(top)))
    return examples


def _in_words(shares: Mapping[str, float]) -> str:
    there = sorted(((code, share) for code, share in shares.items() if share > 0), key=lambda pair: -pair[1])
    return ", ".join(f"{code} {share:.0%}" for code, share in there)


def _told(
    chosen: Sequence[tuple[QueryExample, str]], tops: Mapping[str, Mapping[str, str]], texts: Mapping[str, str]
) -> tuple[QueryExample, ...]:
    """Add texts, and languages from the runs where no measure tells them."""
    told = []
    for one, setting in chosen:
        top = one.retrieved or tops[setting].get(one.query, "")
        told.append(replace(one, retrieved=top, text=shortened(texts.get(one.query, ""), _LETTERS)))
    return tuple(told)


def _retrieved(path: Path, queries: Set[str]) -> dict[str, str]:
    """Return in words the languages of the first passages in a run, by query; empty where there is no run."""
    languages: dict[str, Counter[str]] = {}
    if path.is_file():
        with path.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                words = line.split()
                if len(words) > 3 and words[0] in queries and words[3].isdecimal() and int(words[3]) <= _DEPTH:
                    languages.setdefault(words[0], Counter())[language_of(words[2])] += 1
    return {
        query: _in_words({code: count / counts.total() for code, count in counts.items()})
        for query, counts in languages.items()
    }


def _texts(results: Results, trial: Trial | None) -> dict[str, str]:
    """Return the texts of the queries where the same data can be read without a network; otherwise nothing."""
    trial = trial or Trial(results.dataset, results.dataset, languages=results.languages)
    if not (trial.dataset == "sample" or trial.source or Path(trial.dataset).is_dir()):
        return {}
    try:
        collection, _ = trial.load()
    except BeirHybridError:
        return {}
    if collection.checksums() != results.data:
        return {}
    return {name: text for queries in collection.queries.values() for name, text in queries.items()}
