"""LossContract: what this package relies on in a loss."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any, ClassVar

import pytest
import torch

from beir_hybrid.datasets import load_pairs
from beir_hybrid.pairs.examples import example_dataset
from beir_hybrid.testing.expectation import built, expect
from beir_hybrid.training.base_models import static_model
from beir_hybrid.training.losses.base import TrainingLoss
from beir_hybrid.training.losses.build import build_loss

_ROWS = 6


class LossContract:
    """Tests of a loss. Subclass it, name the class ``Test...``, and set ``name``.

    The loss is built for a small static model and computed on a batch of the built-in sample.

    Attributes:
        name: The registered name.
        options: Its options.

    Examples:
        ::

            class TestRounded(LossContract):
                name = "rounded"
                options = {"scale": 30.0}
    """

    name: ClassVar[str] = ""
    options: ClassVar[Mapping[str, Any]] = {}

    @pytest.fixture
    def loss(self) -> TrainingLoss:
        """The loss, built anew for every test."""
        return built(lambda: build_loss(self.name, **self.options), self.name)

    def test_identity_is_name_and_options(self, loss: TrainingLoss) -> None:
        """It is a frozen dataclass under its registered name, and is built again from what it is written as."""
        own = "__dataclass_params__" in vars(type(loss))  # not its base's alone
        expect(own, f"{type(loss).__name__} is no dataclass.", "Put @dataclass(frozen=True) on it.")
        expect(loss.name == self.name, f"It calls itself {loss.name!r}.", f"Set name = {self.name!r}.")
        again = built(lambda: build_loss(loss.spec()), loss.spec())
        expect(again == loss, f"{loss.spec()} builds {again!r}, not {loss!r}.", "Keep its options as they are given.")

    def test_needs_are_known(self, loss: TrainingLoss) -> None:
        """It needs nothing that no data are asked for."""
        known = {"answers", "scores", "translations", "teacher"}
        unknown = sorted(set(loss.needs) - known)
        expect(not unknown, f"It needs {', '.join(unknown)}.", f"Choose of {', '.join(sorted(known))}.")

    def test_requests_can_be_carried_to_other_processes(self, loss: TrainingLoss) -> None:
        """It survives pickling, as worker processes need."""
        try:
            again = pickle.loads(pickle.dumps(loss))  # noqa: S301  # of its own bytes
        except (AttributeError, TypeError, pickle.PicklingError) as error:
            pytest.fail(f"It cannot be pickled: {error}. Keep its options and nothing else.", pytrace=False)
        expect(again == loss, "Another process gets another loss.", "Keep its options and nothing else.")

    def test_value_is_one_number_with_gradients(self, loss: TrainingLoss) -> None:
        """On a batch that holds what it needs it gives one finite number, which the model learns from."""
        if {"scores", "teacher"} & set(loss.needs) or loss.fewest_negatives:
            pytest.skip("the sample has neither scores nor hard negatives")
        pairs = load_pairs("sample", languages=["de", "en"])
        torch.manual_seed(1)
        model = static_model(pairs, 8)
        module = built(lambda: loss.build(model), self.name)
        rows = example_dataset(
            [pairs], label="answers" in loss.needs, translations=0 if "translations" in loss.needs else None
        )[[4 * place for place in range(_ROWS)]]
        labels = torch.tensor(rows.pop("label")) if "label" in rows else None
        value = module([model.preprocess(texts) for texts in rows.values()], labels)
        whole: Any = sum(value.values()) if isinstance(value, dict) else value
        expect(
            isinstance(whole, torch.Tensor) and whole.ndim == 0 and bool(torch.isfinite(whole)),
            f"It gives {whole!r}.",
            "Return one finite number, or a dict of such.",
        )
        if whole.requires_grad:
            whole.backward()
        learnt = any(each.grad is not None and bool(each.grad.abs().sum() > 0) for each in model.parameters())
        expect(learnt, "The model learns nothing from it.", "Compute it of the model's vectors.")
