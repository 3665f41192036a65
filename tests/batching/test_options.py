from dataclasses import dataclass, fields
from typing import ClassVar

import pytest

from beir_hybrid.batching.options import check_length, read_options
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies.build import build_strategy
from beir_hybrid.batching.strategies.hybrid import Hybrid
from beir_hybrid.batching.strategies.x_x_mono import XXMono
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.registry import STRATEGIES

VALUES = {
    "weights": [1, 2.5],
    "temperature": 2.0,
    "languages": "size",
    "pairs": ["en-de", ("de", "de")],
    "too_small": "drop",
    "hold": 3,
    "group_by_length": True,
}


def read(strategy="hybrid", sampling=None, **options):
    return read_options(strategy, sampling, options, "It", ("epochs",))


@pytest.mark.parametrize("name", [field.name for field in fields(Sampling)])
def test_every_field_of_sampling_is_taken(name):
    strategy, sampling = read(alpha=0.3, **{name: VALUES[name]})
    assert strategy == Hybrid(0.3)
    assert sampling == Sampling(**{name: VALUES[name]})
    assert sampling != Sampling()


def test_without_options_of_sampling_what_is_given_stays():
    given = Sampling(too_small="drop")
    assert read(alpha=0.3, sampling=given) == (Hybrid(0.3), given)
    assert read(strategy=XXMono(), too_small="drop") == (XXMono(), given)


def test_name_that_a_strategy_has_is_the_strategys(monkeypatch):
    @dataclass(frozen=True)
    class Warm(Hybrid):
        name: ClassVar[str] = "warm"
        temperature: float = 1.0

    monkeypatch.setattr(type(STRATEGIES), "get", lambda self, name: Warm)
    assert read("warm", temperature=3.0, hold=2) == (Warm(temperature=3.0), Sampling(hold=2))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"sampling": Sampling(), "too_small": "drop"},
            r"sampling= and too_small= are both given\. Give one",
        ),
        ({"too_smal": "drop"}, r"It has no option 'too_smal'\. Did you mean 'too_small'"),
        ({"epoch": 2}, r"It has no option 'epoch'\. Did you mean 'epochs'"),
        ({"alhpa": 1}, "The strategy 'hybrid' has no option 'alhpa'. Did you mean 'alpha'"),
        ({"too_small": "dorp"}, r"too_small is 'dorp'\. Did you mean 'drop'"),
        ({"weights": 2}, r"weights is 2\. Give a list"),
        ({"weights": "12"}, r"weights is '12'\. Give a list"),
        ({"pairs": ["ende"]}, "'ende' is no pair of languages"),
        ({"pairs": [("en", "de", "es")]}, "is no pair of languages"),
        ({"pairs": [3]}, "3 is no pair of languages"),
    ],
)
def test_wrong_options_are_refused(options, message):
    with pytest.raises(ConfigurationError, match=message):
        read(**options)


@pytest.mark.parametrize("spec", ["sequential", "schedule", "sequential(switch=0.999)"])
def test_length_must_be_known_where_batches_follow_it(spec):
    strategy = build_strategy(spec)
    check_length(strategy, True, "epochs=", "fit")
    with pytest.raises(ConfigurationError, match=r"changes over the training, whose length .* epochs= .* fit"):
        check_length(strategy, False, "epochs=", "fit")


def test_length_need_not_be_known_otherwise():
    check_length(Hybrid(), False, "epochs=", "fit")
