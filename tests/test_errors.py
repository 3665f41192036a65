import pickle

import pytest

from beir_hybrid import errors
from beir_hybrid.errors import BeirHybridError, did_you_mean, shorten

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
    "WorkerError": RuntimeError,
}


def test_every_error_is_in_the_tree():
    classes = {name for name, thing in vars(errors).items() if isinstance(thing, type) and issubclass(thing, Exception)}
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


@pytest.mark.parametrize("name", BASES)
def test_message_is_one_line_that_a_terminal_can_show(name):
    error = getattr(errors, name)("a\r\nb\x1b[31m\u2028c \u202edes\ud800", "d\n\n  e\t")
    assert str(error) == r"a b\x1b[31m c \u202edes\ud800 d e"
    assert str(error).encode()
    assert error.problem == error.args[0]


@pytest.mark.parametrize("name", BASES)
def test_message_is_never_longer_than_a_thousand_characters(name):
    error = getattr(errors, name)("The file is " + "x" * 5_000 + " here.", "Name " + ", ".join(map(str, range(5_000))))
    assert len(str(error)) <= 1_001
    assert str(error).startswith("The file is xx")
    assert " here. Name 0, 1, " in str(error)


@pytest.mark.parametrize(
    "value",
    [
        "x" * 5_000,
        "\n\x1b" * 5_000,
        b"\xff" * 5_000,
        ["x" * 5_000] * 3,
        {"a": {"b": ["c"] * 5_000}},
        10**4_000,
        10**5_000,
        range(10**9),
    ],
    ids=["text", "control", "bytes", "list", "mapping", "number", "number that Python does not print", "range"],
)
def test_long_values_are_shortened(value):
    assert len(shorten(value)) <= 110
    assert shorten(value).isprintable()


def test_lists_within_lists_are_shortened():
    value = []
    for _ in range(100_000):
        value = [value]
    assert shorten(value) == "a list too long to be shown"


def test_short_values_stay_as_they_are():
    assert [shorten(value) for value in ("x" * 78, "", None, ["a"])] == [repr("x" * 78), "''", "None", "['a']"]


def test_did_you_mean_shortens_names_and_takes_no_time_for_long_ones():
    message = did_you_mean("hybird" + "x" * 200_000, ["hybrid", *(f"{letter}{'y' * 100_000}" for letter in "abc")])
    assert len(message) < 300
    assert "hybrid" in message
