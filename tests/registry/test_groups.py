import click
import pytest

from beir_hybrid.registry.groups import command_problem, dataset_problem, host_problem, measure_problem


class Dataset:
    name = "mine"
    description = "mine"
    licence = "CC0"
    languages = ("de", "en")
    splits = ("test",)
    queries = 7
    passages = None

    def load(self, source, languages=None, *, flavour="plain"):
        pass

    def pairs(self, **anything):
        pass


class Bare:
    def load(self, source, languages):
        pass


@pytest.mark.parametrize("dataset", [Dataset(), Bare()], ids=["tells all", "tells nothing"])
def test_sound_dataset_has_no_problem(dataset):
    assert dataset_problem(dataset) == ""


@pytest.mark.parametrize(
    ("attribute", "value", "form"),
    [
        ("name", 5, "a text"),
        ("description", None, "a text"),
        ("licence", b"CC0", "a text"),
        ("languages", None, "a tuple of texts"),
        ("languages", "en", "a tuple of texts"),
        ("languages", (1, 2), "a tuple of texts"),
        ("languages", ("",), "a tuple of texts"),
        ("splits", None, "a tuple of texts"),
        ("splits", {"test"}, "a tuple of texts"),
        ("queries", "many", "a whole number"),
        ("queries", -1, "a whole number"),
        ("passages", 1.5, "a whole number"),
        ("passages", True, "a whole number"),
    ],
)
def test_attribute_of_another_type_is_told(attribute, value, form):
    dataset = type("Odd", (Dataset,), {attribute: value})()
    assert dataset_problem(dataset) == f"has the {attribute} {value!r} where {form} belongs"


@pytest.mark.parametrize(
    ("methods", "problem"),
    [
        ({"load": lambda self: None}, "cannot have load() called with source and languages (got an"),
        ({"load": lambda self, source, languages, x: None}, "cannot have load() called with source and"),
        ({"pairs": lambda self, languages: None}, "cannot have pairs() called with source and languages"),
    ],
    ids=["no source", "needs more", "pairs"],
)
def test_method_that_cannot_be_called_as_it_is_called_is_told(methods, problem):
    assert dataset_problem(type("Odd", (Dataset,), methods)()).startswith(problem)


def test_class_in_place_of_an_object_is_told():
    assert dataset_problem(Dataset) == "is a class"
    assert host_problem(type("Host", (), dict.fromkeys(["activate", "deactivate", "is_active"], lambda self: 0)))
    assert command_problem(click.Command) == "is a class"
    assert command_problem(click.Command("mine")) == ""


def test_host_that_wants_arguments_is_told():
    class Host:
        def activate(self, toolkit): ...
        def deactivate(self): ...
        def is_active(self): ...

    assert host_problem(Host()).startswith("cannot have activate() called with no arguments (missing")


def test_measure_must_tell_its_arguments():
    assert measure_problem(lambda cutoff=None: None) == ""
    assert measure_problem(type) == "does not list its arguments"
