from typing import ClassVar

import pytest
import torch

from beir_hybrid import ConfigurationError
from beir_hybrid.testing import LossContract
from beir_hybrid.training.losses import build_loss


class TestHinge(LossContract):
    name = "hinge"


class TestNarrow(LossContract):
    name = "hinge"
    options: ClassVar = {"margin": 0.1}


def test_value_is_what_the_formula_says():
    def model(vectors):
        return {"sentence_embedding": vectors}

    questions, passages = torch.tensor([[1.0, 0.0], [0.0, 1.0]]), torch.tensor([[1.0, 0.0], [0.6, 0.8]])
    # question 0: .5 - 1 + .6; question 1: .5 - .8 + 0, which is below 0
    assert build_loss("hinge(margin=0.5)").build(model)([questions, passages], None).item() == pytest.approx(0.1 / 2)


@pytest.mark.parametrize("margin", [0, 3])
def test_margin_out_of_range_is_refused(margin):
    with pytest.raises(ConfigurationError, match=f"The margin is {margin}"):
        build_loss(f"hinge(margin={margin})")
