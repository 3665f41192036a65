"""StrategyContract: what this package relies on in a strategy."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import FrozenInstanceError, fields
from functools import partial
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt
import pytest

from beir_hybrid.arrays import Ints
from beir_hybrid.batching.plan import Batch, BatchPlan
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.batching.strategies.build import build_strategy, strategy_spec
from beir_hybrid.batching.strategies.check import allowed_pairs, draw_kinds
from beir_hybrid.pairs.index import ExampleIndex
from beir_hybrid.testing.expectation import built, expect, other_randomness, run_python, without_writes

_STEPS = 20_000  # in which a kind of 1 batch in 1,000 is missed once in 500 million times
_EPOCHS = 2
_PURE = "Let draw() follow from rng and progress alone: keep no state, and use no hash(), set order or time."
_DRAW_ELSEWHERE = """
import ast, importlib, operator, sys
import numpy as np
module, name, options, steps = sys.argv[1:]
try:
    build = operator.attrgetter(name)(importlib.import_module(module))
except (ModuleNotFoundError, AttributeError) as error:
    sys.exit(print(f"cannot: {error}"))
strategy = build(**ast.literal_eval(options))
progress = np.arange(int(steps)) / int(steps)
drawn = strategy.draw(np.random.default_rng(3), progress)
print([kind.name for kind in strategy.kinds], np.asarray(drawn).tolist())
"""


class StrategyContract:
    """Tests of a strategy. Subclass it, name the class ``Test...``, and set ``name``.

    The strategy is tested by itself and through the plans made with it, on made-up data in a few languages: 96 groups,
    some of which lack a language.

    Attributes:
        name: The registered name.
        options: Its options; test a class of each choice that draws differently.
        languages: The languages of the data, at least two; those that the strategy needs must be among them.

    Examples:
        ::

            class TestAlternate(StrategyContract):
                name = "alternate"
                options = {"mono": 1, "cross": 3}
    """

    name: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}
    languages: ClassVar[tuple[str, ...]] = ("de", "en", "es", "th")

    @pytest.fixture
    def strategy(self) -> Strategy:
        """The strategy, built anew for every test."""
        return built(lambda: build_strategy(self.name, **self.options), self.name)

    @pytest.fixture
    def index(self) -> ExampleIndex:
        """The data: which examples exist. Override it for a strategy that needs others."""
        rng = np.random.default_rng(5)
        presence = rng.random((96, len(self.languages))) < 0.9
        presence[: 96 // 2] = True  # so that every kind of batch finds enough
        return ExampleIndex.parallel(tuple(self.languages), presence)

    def test_identity_is_name_and_options(self, strategy: Strategy) -> None:
        """It is a frozen dataclass under its registered name, and is built again from what it is written as."""
        spec = strategy_spec(strategy)
        again = built(lambda: build_strategy(spec), spec)
        expect(
            again == strategy,
            f"{spec} builds {again!r}, not {strategy!r}.",
            "Make its fields its options, as literals.",
        )
        options = [field.name for field in fields(strategy)]  # type: ignore[arg-type]  # the protocol cannot say so
        for option in options:
            try:
                setattr(strategy, option, getattr(strategy, option))
            except FrozenInstanceError:
                continue
            pytest.fail(f"Its option {option} can be set. Put @dataclass(frozen=True) on it.", pytrace=False)

    def test_kinds_are_what_plans_take(self, strategy: Strategy) -> None:
        """``kinds`` are the same whenever asked, and each allows some pair of languages."""
        kinds = strategy.kinds
        expect(kinds == strategy.kinds, "Its kinds are others when asked again.", "Let them follow from its options.")
        for kind in kinds:
            allowed = built(partial(allowed_pairs, kind, self.languages), self.name)
            expect(
                allowed.any(),
                f"{kind.name} allows no pair of the languages {self.languages}.",
                "Return True for the pairs it allows, question by passage language; or set languages as it needs them.",
            )

    @pytest.mark.parametrize("steps", [0, 1, 7, _STEPS])
    def test_draw_gives_a_place_in_kinds_for_every_step(self, strategy: Strategy, steps: int) -> None:
        """``draw`` gives integers of shape (steps,), each in the range of ``kinds``, and leaves ``progress`` alone."""
        self._draw(strategy, steps)

    def test_every_kind_is_drawn(self, strategy: Strategy) -> None:
        """Over a whole training every kind occurs: one that never does still demands data that fill it."""
        drawn = self._draw(strategy, _STEPS)
        never = [kind.name for place, kind in enumerate(strategy.kinds) if place not in drawn]
        expect(not never, f"{' and '.join(never)} is never drawn in {_STEPS} steps.", "Leave it out of kinds.")

    def test_draws_follow_from_generator_and_progress_alone(self, strategy: Strategy) -> None:
        """The same arguments give the same draws: again, from another instance, whatever global generators hold."""
        first = self._draw(strategy, 500)
        with other_randomness(13):
            second = self._draw(strategy, 500)
            self._draw(strategy, 91, seed=8)
            third = self._draw(strategy, 500)
        other = self._draw(build_strategy(self.name, **self.options), 500)
        expect((first == second).all() and (first == third).all(), "Asked again, draw() returns other kinds.", _PURE)
        expect((first == other).all(), "Another instance of the same options draws other kinds.", _PURE)

    def test_other_processes_draw_the_same(self, strategy: Strategy) -> None:
        """Every rank of a distributed training draws the same kinds, whatever its hash seed."""
        kind = type(strategy)
        options = repr({field.name: getattr(strategy, field.name) for field in fields(strategy)})  # type: ignore[arg-type]  # as above
        drawn = self._draw(strategy, 500).tolist()
        expected = f"{[kind.name for kind in strategy.kinds]} {drawn}\n"
        with ThreadPoolExecutor() as pool:
            words = (kind.__module__, kind.__qualname__, options, "500")
            both = list(pool.map(lambda seed: run_python(_DRAW_ELSEWHERE, *words, hash_seed=seed), (1, 2)))
        if both[0].startswith("cannot: "):  # it is defined in a test, say
            pytest.skip(f"another process cannot import {kind.__qualname__} from {kind.__module__}")
        expect(both == [expected, expected], "Another process draws other kinds.", _PURE)

    @pytest.mark.parametrize("world_size", [1, 2])
    def test_batches_are_exact_and_of_the_promised_kind(
        self, strategy: Strategy, index: ExampleIndex, world_size: int
    ) -> None:
        """All steps of a plan hold a full batch of different groups, in pairs of languages that its kind allows."""
        plan = self._plan(strategy, index, world_size)
        for epoch in range(_EPOCHS):
            batches = list(plan.batches(epoch))
            expect(len(batches) == len(plan), f"{len(batches)} steps, not {len(plan)}.", "Leave len() to the plan.")
            for step, batch in enumerate(batches):
                self._check_batch(batch, strategy, index, plan.step_size, f"Step {step} of epoch {epoch}")

    def test_step_does_not_depend_on_what_was_drawn_before(self, strategy: Strategy, index: ExampleIndex) -> None:
        """A step drawn by itself, from a plan that drew others before, is the same: so runs resume, and ranks agree."""
        whole = [list(self._plan(strategy, index, 1).batches(epoch)) for epoch in range(_EPOCHS)]
        later = self._plan(build_strategy(self.name, **self.options), index, 1)
        for epoch, step in [(1, len(later) - 1), (0, len(later) // 2), (1, 0), (0, 0)]:
            one, other = later.batch(epoch, step), whole[epoch][step]
            expect(
                one.kind == other.kind and (one.rows == other.rows).all(),
                f"Step {step} of epoch {epoch} is another when drawn by itself.",
                _PURE,
            )

    def _draw(self, strategy: Strategy, steps: int, seed: int = 3) -> npt.NDArray[Any]:
        progress = np.arange(steps) / max(steps, 1)
        progress.setflags(write=False)

        def draw() -> Ints:
            with without_writes("draw() writes into progress."):
                return draw_kinds(strategy, np.random.default_rng(seed), progress)

        return built(draw, self.name)

    def _plan(self, strategy: Strategy, index: ExampleIndex, world_size: int) -> BatchPlan:
        return built(lambda: BatchPlan(index, strategy, 4, seed=17, world_size=world_size, epochs=_EPOCHS), self.name)

    def _check_batch(self, batch: Batch, strategy: Strategy, index: ExampleIndex, size: int, where: str) -> None:
        kind = batch.kind
        expect(kind in strategy.kinds, f"{where} is of kind {kind.name!r}.", "Let kinds follow from the options alone.")
        expect(
            batch.rows.shape == (size,) and len(set(batch.groups.tolist())) == size,
            f"{where} holds {len(set(batch.groups.tolist()))} groups in {batch.rows.shape} rows, not {size}.",
            "Leave the choice of groups to the plan.",
        )
        pairs = list(zip(batch.questions.tolist(), batch.passages.tolist(), strict=True))
        fitting = [
            (question == passage and kind.same) or (question != passage and kind.different)
            for question, passage in pairs
        ]
        named = [kind.language in (None, index.languages[place]) for pair in pairs for place in pair]
        shown = [f"{index.languages[question]}-{index.languages[passage]}" for question, passage in pairs]
        expect(
            all(fitting) and all(named),
            f"{where} is of kind {kind.name} and holds the pairs {', '.join(sorted(set(shown)))}.",
            "Let allowed() agree with same, different and language.",
        )
        expect(
            kind.per == "example" or len(set(pairs)) == 1,
            f"{where} is of kind {kind.name}, one pair a batch, and holds {', '.join(sorted(set(shown)))}.",
            "Leave the choice of languages to the plan.",
        )
