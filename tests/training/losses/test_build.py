import pytest

from beir_hybrid.errors import ConfigurationError, UnknownNameError
from beir_hybrid.registry import LOSSES
from beir_hybrid.training.losses.build import build_loss
from beir_hybrid.training.losses.in_batch import Mnrl
from beir_hybrid.training.losses.matryoshka import Matryoshka
from beir_hybrid.training.request import TrainingRequest

NEEDED = {name: {"guide": "org/guide"} for name in ("gist", "cached-gist")} | {"matryoshka": {"matryoshka": (8,)}}


def test_default_is_the_papers_loss():
    assert build_loss() == Mnrl(scale=20.0, gather=False)


@pytest.mark.parametrize("name", LOSSES.names())
def test_every_loss_is_built_again_from_what_it_is_written_as(name):
    needed = dict(NEEDED.get(name, {}))
    if "teacher" in (LOSSES.get(name).needs if name != "matryoshka" else ()):
        needed["teacher"] = "org/teacher"
    loss = build_loss(name, **needed)
    assert loss.name == name
    assert build_loss(loss.spec()) == loss


def test_options_reach_the_loss_within_a_matryoshka():
    loss = build_loss("matryoshka:cached-mnrl", matryoshka=(64, 32), scale=30.0, mini_batch_size=4)
    assert isinstance(loss, Matryoshka)
    assert loss.loss == build_loss("cached-mnrl(scale=30.0, mini_batch_size=4)")
    assert build_loss("cached-mnrl", matryoshka=(64, 32), scale=30.0, mini_batch_size=4) == loss


@pytest.mark.parametrize(
    ("spec", "options", "message"),
    [
        ("kl", {"guide": "org/guide"}, r"The loss 'kl' has no option 'guide' \(--guide\)"),
        ("mnrl", {"mini_batch_size": 4}, "has no option 'mini_batch_size'"),
        ("gist", {}, "Add --guide MODEL"),
        ("matryoshka:mnrl", {}, "Give --matryoshka 384,128,64"),
        ("matryoshka:matryoshka:mnrl", {"matryoshka": (4,)}, "matryoshka"),
        ("mnrl(scale=-1)", {}, "Give a number above 0"),
        ("lakda(alpha=2)", {}, "Give a number from 0 to 1"),
    ],
)
def test_what_does_not_fit_is_refused_in_a_line(spec, options, message):
    with pytest.raises(ConfigurationError, match=message) as refusal:
        build_loss(spec, **options)
    assert "\n" not in str(refusal.value)


def test_unknown_loss_is_refused_with_the_closest_one():
    with pytest.raises(UnknownNameError, match="Did you mean 'mnrl'"):
        build_loss("nmrl")


def test_requests_hand_their_options_to_the_loss(tmp_path):
    def loss(**options):
        return TrainingRequest("static", "sample", tmp_path, **options).built_loss()

    assert loss() == Mnrl()
    assert loss(loss="mnrl(scale=30)", gather="True") == Mnrl(scale=30, gather=True)
    assert loss(loss="lakda", scale=5.0).scale == 5.0
    assert loss(matryoshka="8,4") == Matryoshka(Mnrl(), (8, 4))
    assert loss(loss="kl").name == "kl"
    with pytest.raises(ConfigurationError, match="--scale"):
        loss(loss="kl", scale=5.0)
    with pytest.raises(ConfigurationError, match="Give True or False"):
        loss(gather="perhaps")


@pytest.mark.parametrize(
    ("name", "negatives", "fix"), [("kl", 0, "--negatives 1, or more"), ("gist", 2, "Give --negatives 1")]
)
def test_numbers_of_negatives_that_a_loss_cannot_take_are_refused(name, negatives, fix):
    with pytest.raises(ConfigurationError, match=fix):
        build_loss(name, **NEEDED.get(name, {})).check_negatives(negatives)
