import pytest

from beir_hybrid.debiasing import build_debiasings
from beir_hybrid.debiasing.shift import Shift
from beir_hybrid.errors import ConfigurationError


@pytest.mark.parametrize("spec", ["shift", "shift:0.6", "shift:source=de:0.25", "center:0", "lir:directions=8"])
def test_method_is_built_again_from_its_spec(spec):
    [method] = build_debiasings(spec)
    assert method.spec() == spec
    assert build_debiasings(method.spec()) == (method,)


@pytest.mark.parametrize("strength", [-0.1, float("inf"), float("nan"), True, "much"])
def test_strength_that_is_no_number_from_0_on_is_refused(strength):
    with pytest.raises(ConfigurationError, match="The strength of shift is"):
        Shift(strength)
