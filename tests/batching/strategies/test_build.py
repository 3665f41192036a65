import pytest

from beir_hybrid.batching.strategies.build import build_strategy
from beir_hybrid.batching.strategies.hybrid import Hybrid
from beir_hybrid.batching.strategies.x_x_mono import XXMono
from beir_hybrid.batching.strategies.x_y import XY
from beir_hybrid.errors import ConfigurationError, UnknownNameError


@pytest.mark.parametrize(
    ("spec", "options", "expected"),
    [
        pytest.param("x-x-mono", {}, XXMono(), id="x-x-mono"),
        pytest.param("x-y", {}, XY(), id="x-y"),
        pytest.param("hybrid", {}, Hybrid(0.5), id="default"),
        pytest.param("hybrid", {"alpha": 0.3}, Hybrid(0.3), id="option"),
        pytest.param("hybrid(alpha=0.3)", {}, Hybrid(0.3), id="written"),
        pytest.param("hybrid(alpha=0.3)", {"alpha": 0.6}, Hybrid(0.6), id="option-before-written"),
        pytest.param("hybrid(alpha=0.3)", {"alpha": None}, Hybrid(0.3), id="none-keeps-written"),
        pytest.param("x-y", {"alpha": None}, XY(), id="none-is-no-option"),
        pytest.param(" hybrid ", {}, Hybrid(0.5), id="spaces"),
    ],
)
def test_name_and_options_give_the_strategy(spec, options, expected):
    assert build_strategy(spec, **options) == expected


def test_strategy_is_given_back():
    strategy = Hybrid(0.7)
    assert build_strategy(strategy) is strategy


def test_unknown_name_names_the_closest():
    with pytest.raises(UnknownNameError, match=r"no strategy 'hybird'\. Did you mean 'hybrid'\?"):
        build_strategy("hybird")


def test_unknown_option_names_the_closest():
    with pytest.raises(ConfigurationError, match=r"'hybrid' has no option 'alhpa'\. Did you mean 'alpha'\?"):
        build_strategy("hybrid", alhpa=0.5)


@pytest.mark.parametrize("spec", ["x-y", "x-x-mono"])
def test_option_of_a_strategy_without_any_is_refused(spec):
    with pytest.raises(ConfigurationError, match=f"'{spec}' has no options, so not 'alpha' either"):
        build_strategy(spec, alpha=0.5)


@pytest.mark.parametrize("spec", ["hybrid(alpha=2)", "hybrid(alpha='x')", "hybrid(alpha=True)"])
def test_refused_value_is_named(spec):
    with pytest.raises(ConfigurationError, match="alpha is"):
        build_strategy(spec)


@pytest.mark.parametrize("spec", ["hybrid(0.5)", "hybrid(alpha=", "hybrid(alpha=x)"])
def test_spec_that_cannot_be_read_is_refused(spec):
    with pytest.raises(ConfigurationError, match="neither a name nor"):
        build_strategy(spec)
