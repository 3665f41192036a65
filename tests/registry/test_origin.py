import pytest

from beir_hybrid.errors import ConfigurationError, PluginError
from beir_hybrid.registry.origin import Origin, is_ours

STRANGER = Origin("measure", "hum", "zoo 1.5", "zoo_hum:Hum")
OURS = Origin("measure", "map", "beir-hybrid 1.0", "beir_hybrid.evaluation.measures.average_precision:AveragePrecision")
OWN = Origin("measure", "hum", "", "__main__:Hum")


@pytest.mark.parametrize(
    ("target", "ours"),
    [("beir_hybrid.x:Y", True), ("beir_hybrid", True), ("beir_hybrid_example.x:Y", False), ("zoo:beir_hybrid", False)],
)
def test_ours_is_what_lives_in_this_package(target, ours):
    assert is_ours(target) is ours


def test_strangers_error_becomes_one_line_that_names_its_package():
    with pytest.raises(PluginError) as caught, STRANGER.blamed("values()"):
        raise KeyError("two\n lines")
    assert str(caught.value) == (
        "The measure 'hum' of zoo 1.5: values() fails with KeyError: 'two\\n lines'. Update or remove that package."
    )
    assert isinstance(caught.value.__cause__, KeyError)


@pytest.mark.parametrize("origin", [OURS, OWN])
def test_error_of_our_own_code_or_the_callers_stays_what_it_is(origin):
    with pytest.raises(KeyError), origin.blamed("values()"):
        raise KeyError("x")


@pytest.mark.parametrize("error", [ConfigurationError("No.", "Yes."), KeyboardInterrupt()])
def test_our_kind_of_error_and_interruptions_pass(error):
    with pytest.raises(type(error)) as caught, STRANGER.blamed("values()"):
        raise error
    assert caught.value is error


def test_only_a_stranger_is_to_be_updated():
    assert str(STRANGER.refusal("it hums.", "It must sing")) == (
        "The measure 'hum' of zoo 1.5: it hums. It must sing: update or remove that package."
    )
    assert str(OWN.refusal("it hums.", "It must sing")) == "The measure 'hum' (__main__:Hum): it hums. It must sing."
