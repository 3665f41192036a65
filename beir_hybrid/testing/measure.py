"""MeasureContract: what this package relies on in a measure."""

from __future__ import annotations

import re
from dataclasses import is_dataclass, replace
from typing import ClassVar, Literal

import numpy as np
import pytest

from beir_hybrid.arrays import Floats, Ints
from beir_hybrid.errors import BeirHybridError, PluginError
from beir_hybrid.evaluation.measures import Measure, build_measure, expand_measures
from beir_hybrid.evaluation.measures.base import bounds_of
from beir_hybrid.evaluation.measures.check import measure_queries
from beir_hybrid.evaluation.measures.made_up import MadeUpRun
from beir_hybrid.testing.expectation import built, expect, other_randomness, without_writes

_TOLERANCE = 1e-9


class MeasureContract:
    """Tests of a measure. Subclass it, name the class ``Test...``, and set ``name``.

    The measure is computed on made-up runs: 12 queries in one language, passages in several, grades from -1 to 3, with
    and without ties, whole and cut off.

    Attributes:
        name: The registered name, with a language and a cut-off where the measure takes them: ``rbp@10``.
        lowest: The smallest value there can be.
        highest: The largest value there can be; ``numpy.inf`` for no limit.
        ties: ``mid-ranks`` if it does not matter which of two passages with equal scores is named first, ``trec_eval``
            if the measure takes the ranking as trec_eval orders it. None for ``mid-ranks`` if the measure compares
            languages (ids begin with their language, so a tie broken by id is a bias itself), or else ``trec_eval``.
        languages: Languages of the passages; name the measure's own among them.
        query_language: Language of the queries.
        favoured: The language that a biased ranking puts first, against which a measure of bias is tried; another than
            the measure's own.

    Examples:
        ::

            class TestRbp(MeasureContract):
                name = "rbp@10"
    """

    name: ClassVar[str] = ""
    lowest: ClassVar[float] = 0.0
    highest: ClassVar[float] = 1.0
    ties: ClassVar[Literal["mid-ranks", "trec_eval"] | None] = None
    languages: ClassVar[tuple[str, ...]] = ("de", "en", "es")
    query_language: ClassVar[str] = "en"
    favoured: ClassVar[str] = "en"

    @pytest.fixture
    def measure(self) -> Measure:
        """The measure."""
        return built(lambda: build_measure(self.name), self.name)

    def test_identity_is_its_name(self, measure: Measure) -> None:
        """It is a frozen dataclass, and is built again from its name, under which results hold its values."""
        expect(measure.name == self.name, f"Built from {self.name!r}, it is called {measure.name!r}.", "Use one name.")
        expect(
            re.fullmatch(r"[^\sA-Z]+", re.sub(r"\[.*?\]", "", self.name)),
            f"It is called {self.name!r}.",
            "Use lower case.",
        )
        kind = type(measure).__name__
        expect(is_dataclass(measure), f"{kind} is no dataclass.", "Put @dataclass(frozen=True) on it.")
        again = build_measure(measure.name)
        expect(again == measure, f"{self.name} builds {again!r}, not {measure!r}.", "Let its fields be its parameters.")
        try:
            hash(measure)
        except TypeError:
            pytest.fail(f"{measure!r} cannot be hashed. Put @dataclass(frozen=True) on it.", pytrace=False)

    def test_its_bounds_hold_its_values(self, measure: Measure) -> None:
        """Its bounds, between which intervals of its means lie, include the values that this test allows."""
        low, high = bounds_of(measure)
        expect(
            low - 1e-3 <= self.lowest and self.highest <= high,
            f"Its bounds are {low:g} and {high:g}, and its values lie from {self.lowest:g} to {self.highest:g}.",
            "Say the same in bounds and in this test.",
        )

    def test_it_says_where_it_comes_from(self, measure: Measure) -> None:
        """Its source is there."""
        expect(
            isinstance(measure.source, str) and measure.source.strip(), f"Its source is {measure.source!r}.", "Cite it."
        )

    def test_one_measure_per_language(self, measure: Measure) -> None:
        """Where there is a value per language, each language has a measure of its own name."""
        if getattr(measure, "for_languages", None) is None:
            pytest.skip(f"{self.name} has no value per language")
        bare = built(lambda: build_measure(re.sub(r"\[.*?\]", "", self.name)), self.name)
        each = expand_measures([bare], self.languages)
        expect(
            len({one.name for one in each}) == len(self.languages)
            and all(build_measure(one.name) == one for one in each),
            f"for_languages({self.languages}) returns {[one.name for one in each]}.",
            "Return one measure per language, with the language in brackets in its name.",
        )

    @pytest.mark.parametrize("case", ["whole", "ties", "one query", "one passage"])
    def test_values_are_one_per_query_and_in_range(self, measure: Measure, case: str) -> None:
        """``values`` gives numbers of shape (queries,) within the range, and leaves the rankings alone."""
        run = {
            "whole": self._run(),
            "ties": self._run(levels=3),
            "one query": self._run().take(np.array([4])),
            "one passage": MadeUpRun.draw(np.random.default_rng(2), self.languages, self.query_language, 1, queries=3),
        }[case]
        self._check_range(self._values(measure, run), len(run.scores))

    def test_run_that_was_cut_off_is_measured_or_refused(self, measure: Measure) -> None:
        """With few passages retrieved, or none, values are in the range; a measure that needs all says so."""
        for kept in (0, 1, 7):
            run = replace(self._run(), kept=kept)
            try:
                values = measure_queries(measure, run.rankings(measure.depth))
            except PluginError as error:
                pytest.fail(str(error), pytrace=False)
            except BeirHybridError:
                continue
            self._check_range(values, len(run.scores))
            if kept == 0 and measure.higher_is_better and not measure.needs_languages:
                expect(
                    np.allclose(values, self.lowest),
                    f"A query for which nothing was retrieved has the value {values[0]}.",
                    f"Return {self.lowest}, the worst value: leaving the query out would raise the mean.",
                )

    def test_query_is_measured_by_itself(self, measure: Measure) -> None:
        """A query's value depends on neither its number nor the other queries."""
        run = self._run()
        values = self._values(measure, run)
        shuffled = np.random.default_rng(8).permutation(len(values))
        expect(
            _same(self._values(measure, run.take(shuffled)), values[shuffled]),
            "Numbering the queries otherwise changes their values.",
            "Read rows by rankings.query, and give values in the order of query numbers.",
        )
        for query in range(len(values)):
            alone = self._values(measure, run.take(np.array([query])))
            expect(
                _same(alone, values[[query]]),
                f"A query has the value {values[query]} among others and {alone[0]} alone.",
                "Let no sum, mean or normalisation run over the queries.",
            )

    def test_numbers_of_passages_and_languages_mean_nothing(self, measure: Measure) -> None:
        """Numbering passages or languages otherwise changes nothing."""
        run = self._run()
        values = self._values(measure, run)
        expect(
            _same(self._values(measure, replace(run, names=run.names[::-1] + 1000)), values),
            "Numbering the passages otherwise changes values.",
            "Ask only whether two passages are the same.",
        )
        expect(
            _same(self._values(measure, run.with_languages_reversed()), values),
            "Numbering the languages otherwise changes values.",
            "Look languages up in rankings.languages.",
        )

    def test_second_computation_gives_the_same(self, measure: Measure) -> None:
        """Values are the same again, whatever the global random generators hold."""
        first = self._values(measure, self._run(levels=5))
        with other_randomness(19):
            second = self._values(measure, self._run(levels=5))
        expect(_same(first, second), "Computed again, the values are others.", "Keep no state and draw nothing.")

    def test_depth_holds_all_it_reads(self, measure: Measure) -> None:
        """Rankings kept to ``depth`` suffice, and deeper ones change nothing."""
        run = self._run()
        try:
            values = measure.values(run.rankings(measure.depth))
        except (BeirHybridError, IndexError, AttributeError) as error:
            pytest.fail(f"With depth {measure.depth} it fails: {error} State the depth that it reads.", pytrace=False)
        deep = measure.values(run.rankings(run.scores.shape[1]))
        expect(
            _same(values, deep),
            f"It says depth {measure.depth}, and rankings kept deeper change its values.",
            "Read rankings.top_at(depth), never rankings.top itself.",
        )

    def test_nothing_below_depth_changes_it(self, measure: Measure) -> None:
        """Passages that are not relevant may change places below ``depth``, in the translations' rankings too."""
        run = self._run()
        other = run.shuffled_below(measure.depth, np.random.default_rng(6), relevant=False)
        everything = run.scores.shape[1]
        expect(
            _same(measure.values(run.rankings(everything)), measure.values(other.rankings(everything))),
            f"What stands below depth {measure.depth} changes its values.",
            "State the depth that it reads, and cut translations there, too.",
        )

    def test_nothing_below_cut_off_changes_it(self, measure: Measure) -> None:
        """What ``@k`` promises: below rank k anything may change places, relevant or not, or be missing."""
        cutoff = self._cutoff()
        if cutoff is None:
            pytest.skip(f"{self.name} has no cut-off")
        run = self._run()
        values = self._values(measure, run)
        other = run.shuffled_below(cutoff, np.random.default_rng(6), relevant=True)
        expect(
            _same(self._values(measure, other), values),
            f"Passages that change places below rank {cutoff} change its values.",
            "Take all ranks above the cut-off for the same.",
        )
        expect(
            _same(self._values(measure, replace(run, kept=cutoff)), values),
            f"A run that ends at rank {cutoff} has other values than a longer one.",
            "Take a passage that was not retrieved, whose rank is infinite, for one below the cut-off.",
        )

    def test_ties_fall_as_declared(self, measure: Measure) -> None:
        """Ties count by mid-ranks, or fall as in trec_eval; see the attribute ``ties``."""
        run = self._run(levels=3)
        values = self._values(measure, run)
        declared = self.ties or ("mid-ranks" if measure.needs_languages else "trec_eval")
        if declared == "mid-ranks":
            expect(
                _same(self._values(measure, run.with_ties_reversed()), values),
                "Which of two passages with equal scores is named first changes its values.",
                "Read rankings.mid_rank; or document that ids break ties, and set ties = 'trec_eval' in the test.",
            )
        else:
            expect(
                _same(self._values(measure, run.without_ties()), values),
                "A tie has another value than the order that trec_eval gives it.",
                "Read rankings.rank; or set ties = 'mid-ranks' in the test.",
            )

    def test_direction_is_true(self, measure: Measure) -> None:
        """The best ranking is better than the worst: of relevance, or of even-handedness between languages."""
        if measure.higher_is_better is None:
            pytest.skip(f"{self.name} has no direction")
        best, worst = self._languages_apart() if measure.needs_languages else self._relevant_apart()
        high, low = (float(np.nanmean(self._values(measure, run))) for run in (best, worst))
        what = "languages side by side" if measure.needs_languages else "all relevant passages on top"
        expect(
            high > low if measure.higher_is_better else high < low,
            f"A ranking with {what} has the value {high:.6g}, the opposite {low:.6g}.",
            f"higher_is_better is {measure.higher_is_better}: correct it, or the values.",
        )

    def test_relevant_passage_moved_up_is_never_worse(self, measure: Measure) -> None:
        """A relevant passage that changes places with a worse one right above it does no harm."""
        if measure.needs_languages or measure.higher_is_better is None:
            pytest.skip(f"{self.name} measures no relevance")
        run, rng = self._run(), np.random.default_rng(9)
        values = self._values(measure, run)
        sign = 1 if measure.higher_is_better else -1
        for _ in range(40):
            order = run.order(run.scores)
            for row, grades in zip(order, np.maximum(run.grades, 0), strict=True):
                better = np.flatnonzero(grades[row[1:]] > grades[row[:-1]])
                if len(better):
                    place = int(better[0]) if rng.random() < 0.5 else int(rng.choice(better))
                    row[[place, place + 1]] = row[[place + 1, place]]
            run = run.with_orders(order)
            moved = self._values(measure, run)
            harmed = np.flatnonzero(sign * (moved - values) < -_TOLERANCE)
            expect(
                len(harmed) == 0,
                f"A relevant passage moved up took a query from {values[harmed[:1]]} to {moved[harmed[:1]]}.",
                "Let a better rank never count less.",
            )
            values = moved

    def _cutoff(self) -> int | None:
        cutoff = re.search(r"@(\d+)$", self.name)
        return int(cutoff[1]) if cutoff else None

    def _passages(self, measure_depth: int = 0) -> int:
        return len(self.languages) * (max(self._cutoff() or 0, measure_depth, 10) + 12)

    def _run(self, levels: int | None = None) -> MadeUpRun:
        depth = build_measure(self.name).depth
        rng = np.random.default_rng(1)
        return MadeUpRun.draw(rng, self.languages, self.query_language, self._passages(depth), levels=levels)

    def _values(self, measure: Measure, run: MadeUpRun) -> Floats:
        def measured() -> Floats:
            with without_writes("values() writes into the rankings."):
                return measure_queries(measure, run.rankings(measure.depth))

        return built(measured, self.name)

    def _check_range(self, values: Floats, queries: int) -> None:
        defined = values[~np.isnan(values)]
        if not build_measure(self.name).needs_languages:
            expect(
                len(defined) == queries,
                "A query has no value (NaN).",
                "Every query has a relevant passage: measure it.",
            )
        wrong = defined[(defined < self.lowest - _TOLERANCE) | (defined > self.highest + _TOLERANCE)]
        expect(
            len(wrong) == 0,
            f"A value is {wrong[:1]}, outside of [{self.lowest}, {self.highest}].",
            "Correct it, or set lowest and highest in the test.",
        )

    def _relevant_apart(self) -> tuple[MadeUpRun, MadeUpRun]:
        """The ranking by grade, best first, and its opposite."""
        run = self._run()
        best = np.argsort(-run.grades, axis=1, kind="stable")
        return run.with_orders(best), run.with_orders(best[:, ::-1].copy())

    def _languages_apart(self) -> tuple[MadeUpRun, MadeUpRun]:
        """A ranking that takes languages in turn, for all queries alike, and one that puts one language first.

        Each query has two relevant passages in every language, on top of that language.
        """
        run = self._run()
        count, size = len(run.scores), len(self.languages)
        passages = run.scores.shape[1]
        language = np.arange(passages, dtype=np.int64) % size
        grades = np.tile((np.arange(passages) < 2 * size).astype(np.int64), (count, 1))
        in_turn = np.tile(np.arange(passages), (count, 1))

        def first(code: str) -> Ints:
            place = self.languages.index(code)
            return np.tile(np.lexsort((np.arange(passages), (language - place) % size)), (count, 1))

        run = replace(run, language=language, grades=grades)
        others = run.translations
        return (
            run.with_orders(in_turn, dict.fromkeys(others, in_turn)),
            run.with_orders(first(self.favoured), {code: first(code) for code in others}),
        )


def _same(first: Floats, second: Floats) -> bool:
    return bool(np.allclose(first, second, rtol=0, atol=_TOLERANCE, equal_nan=True))
