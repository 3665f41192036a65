import inspect
import logging
from functools import partial
from importlib.metadata import version
from types import SimpleNamespace

import pytest

from beir_hybrid.hosts.kit.patches import patch, patch_methods, replace


@pytest.fixture
def searcher():
    """A class with a function of each kind."""

    class Searcher:
        depth = 10

        def search(self, query):
            return f"found {query}"

        @staticmethod
        def evaluate(results):
            return f"evaluated {results}"

        @classmethod
        def load(cls, path):
            return f"{cls.__name__} of {path}"

    return Searcher


def loudly(original, *arguments):
    return original(*arguments).upper()


@pytest.mark.parametrize("of_class", [True, False], ids=["class", "object"])
@pytest.mark.parametrize(("name", "parameters"), [("evaluate", ["results"]), ("load", ["cls", "path"])])
def test_static_and_class_methods_stay_what_they_are(searcher, name, parameters, of_class):
    before = vars(searcher)[name]
    caller = searcher if of_class else searcher()
    plain = getattr(caller, name)("apes")
    [undo] = patch(searcher, name, loudly, parameters)
    assert type(vars(searcher)[name]) is type(before)
    assert getattr(caller, name)("apes") == plain.upper()
    undo()
    assert vars(searcher)[name] is before


def test_class_method_of_an_heir_gets_the_heir(searcher):
    class Heir(searcher):
        pass

    [undo] = patch(searcher, "load", loudly, None)
    assert Heir.load("apes") == "HEIR OF APES"
    undo()
    assert Heir.load("apes") == "Heir of apes"


def test_patched_function_keeps_name_and_signature(searcher):
    patch(searcher, "search", loudly, ["self", "query"])
    assert searcher.search.__name__ == "search"
    assert list(inspect.signature(searcher.search).parameters) == ["self", "query"]


def test_function_fetched_while_patched_is_the_original_afterwards(searcher):
    [undo] = patch(searcher, "search", loudly, None)
    fetched = searcher.search
    undo()
    assert fetched(searcher(), "apes") == "found apes"


def test_patch_under_a_later_one_is_undone_in_place(searcher):
    [undo] = patch(searcher, "search", loudly, ["self", "query"])
    ours = searcher.search
    searcher.search = later = lambda self, query: f"later {ours(self, query)}"
    assert searcher().search("apes") == "later FOUND APES"
    undo()
    assert searcher.search is later
    assert searcher().search("apes") == "later found apes"


def test_function_of_unknown_signature_is_left_alone_with_a_warning(searcher, caplog):
    searcher.__module__ = "pytest.search"
    before = searcher.search
    with caplog.at_level(logging.WARNING):
        assert patch(searcher, "search", partial(loudly), ["self", "queries"]) == []
    assert searcher.search is before
    [record] = caplog.records
    assert record.getMessage().startswith(
        f"pytest {version('pytest')}: Searcher.search has the signature (self, query)"
    )
    assert f"which {__name__.partition('.')[0].replace('_', '-')} does not know" in record.getMessage()


def test_any_signature_will_do_where_none_is_named(searcher):
    assert len(patch(searcher, "search", loudly, None)) == 1
    assert searcher().search("apes") == "FOUND APES"


def test_warning_knows_the_version_of_a_package_that_is_distributed_under_another_name(caplog):
    import yaml

    assert patch(yaml, "gone", print, ()) == []
    assert f"yaml {version('PyYAML')}: yaml.gone is no function, which builtins does not know" in caplog.text


@pytest.mark.parametrize(("name", "value"), [("depth", 1000), ("ways", ()), ("search", str)])
def test_attribute_is_replaced_and_put_back(searcher, name, value):
    before = dict(vars(searcher))
    undo = replace(searcher, name, value)
    assert getattr(searcher, name) is value
    undo()
    undo()
    assert dict(vars(searcher)) == before


def test_attribute_of_the_class_is_no_attribute_of_its_object(searcher):
    one = searcher()
    undo = replace(one, "search", str.upper)
    assert one.search("apes") == "APES"
    assert searcher().search("apes") == "found apes"
    undo()
    assert vars(one) == {}


def test_attribute_that_somebody_changed_or_removed_since_stays_so(searcher):
    undo = replace(searcher, "depth", 1000)
    searcher.depth = 5
    undo()
    assert searcher.depth == 5
    undo = replace(searcher, "depth", 1000)
    del searcher.depth
    undo()
    assert not hasattr(searcher, "depth")


def test_object_without_attributes_of_its_own_is_refused_before_anything_changes():
    class Slotted:
        __slots__ = ("depth",)

    one = Slotted()
    with pytest.raises(TypeError):
        replace(one, "depth", 1000)
    assert not hasattr(one, "depth")


def test_methods_of_the_classes_that_a_module_has_are_patched(searcher):
    module = SimpleNamespace(Searcher=searcher)
    undo = patch_methods(
        module,
        {
            "Searcher.search": (loudly, ("self", "query")),
            "Searcher.evaluate": (loudly, None),
            "Reranker.rerank": (loudly, None),
        },
    )
    assert len(undo) == 2
    assert searcher().search("apes") == "FOUND APES"
    for one in undo:
        one()
    assert searcher().search("apes") == "found apes"
