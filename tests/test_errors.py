import pickle

import pytest

from beir_hybrid import errors
from beir_hybrid.errors import BeirHybridError, did_you_mean

BASES = {
    "UnknownNameError": KeyError,
    "DuplicateNameError": ValueError,
    "PluginError": ImportError,
    "ConfigurationError": ValueError,
    "LanguageError": ValueError,
    "MissingDataError": FileNotFoundError,
    "DataFormatError": ValueError,
    "ChecksumError": OSError,
    "BatchError": ValueError,
    "ModelError": OSError,
    "OutputError": OSError,
}


def test_every_error_is_in_the_tree():
    classes = {name for name in errors.__all__ if isinstance(getattr(errors, name), type)}
    assert classes == {*BASES, "BeirHybridError"}


@pytest.mark.parametrize(("name", "base"), BASES.items(), ids=BASES)
def test_error_is_caught_as_ours_and_as_pythons(name, base):
    error = getattr(errors, name)
    assert issubclass(error, BeirHybridError)
    assert issubclass(error, base)


def test_checksum_error_is_a_data_format_error():
    assert issubclass(errors.ChecksumError, errors.DataFormatError)


@pytest.mark.parametrize("name", BASES)
def test_message_is_problem_and_fix(name):
    # KeyError would quote it, OSError would read the two arguments as errno and text
    error = getattr(errors, name)("The dog barks.", "Feed it.")
    assert str(error) == "The dog barks. Feed it."
    assert (error.problem, error.fix) == ("The dog barks.", "Feed it.")


def test_message_without_fix_has_no_trailing_blank():
    assert str(BeirHybridError("The dog barks.")) == "The dog barks."


@pytest.mark.parametrize("name", BASES)
def test_error_survives_another_process(name):
    error = pickle.loads(pickle.dumps(getattr(errors, name)("The dog barks.", "Feed it.")))
    assert str(error) == "The dog barks. Feed it."


@pytest.mark.parametrize(
    ("name", "known", "text"),
    [
        pytest.param("hybird", ["x-y", "hybrid"], "Did you mean 'hybrid'? Known: hybrid, x-y.", id="close"),
        pytest.param("zebra", ["x-y", "hybrid"], "Known: hybrid, x-y.", id="none close"),
        pytest.param("zebra", [], "Known: none.", id="nothing known"),
    ],
)
def test_did_you_mean_names_the_closest_and_all(name, known, text):
    assert did_you_mean(name, known) == text


def test_of_many_known_names_some_are_told():
    message = did_you_mean("en-dee", [f"en-d{number:03}" for number in range(130)])
    assert message.count("en-d") <= 21
    assert message.endswith("and 110 more.")
