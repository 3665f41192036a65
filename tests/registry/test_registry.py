import sys

import pytest

from beir_hybrid.errors import DuplicateNameError, PluginError, UnknownNameError
from beir_hybrid.registry import COMMANDS, DATASETS, MEASURES, STRATEGIES, Registry
from beir_hybrid.registry.groups import method_problem
from beir_hybrid.registry.origin import Origin

GROUP = "beir_hybrid.tests"


@pytest.fixture
def registry():
    return Registry(GROUP, "animal")


@pytest.fixture
def install(plug_in):
    return lambda distribution, points, **modules: plug_in(distribution, GROUP, points, **modules)


@pytest.mark.parametrize(
    ("registry", "names"),
    [
        (DATASETS, {"mlqa-r", "sample", "xquad-r"}),
        (STRATEGIES, {"hybrid", "x-x-mono", "x-y"}),
        (MEASURES, {"map", "ndcg", "rank_distance", "recall"}),
        (COMMANDS, {"evaluate", "quickstart", "train"}),
    ],
    ids=["datasets", "strategies", "measures", "commands"],
)
def test_built_ins_are_registered_and_load(registry, names):
    assert names <= set(registry.names())
    assert registry.names() == sorted(registry.names())
    assert all(registry.get(name) is not None for name in names)


def test_built_in_names_its_target_and_distribution():
    [found] = [entry for entry in DATASETS.registrations() if entry.name == "sample"]
    assert found.target == "beir_hybrid.datasets.sample:SAMPLE"
    assert found.distribution.startswith("beir-hybrid ")


def test_plug_in_is_found_and_loaded(registry, install):
    install("zoo", {"dog": "zoo_dogs:DOG"}, zoo_dogs="DOG = 'wow'")
    assert registry.get("dog") == "wow"


def test_nothing_is_imported_before_it_is_asked_for(registry, install):
    install("zoo", {"cat": "zoo_cats:CAT", "dog": "zoo_dogs:DOG"}, zoo_dogs="DOG = 'wow'", zoo_cats="CAT = 'meow'")
    assert registry.names() == ["cat", "dog"]
    assert registry.registrations() == [
        Origin("animal", "cat", "zoo 1.5", "zoo_cats:CAT"),
        Origin("animal", "dog", "zoo 1.5", "zoo_dogs:DOG"),
    ]
    assert not {"zoo_cats", "zoo_dogs"} & set(sys.modules)
    registry.get("dog")
    assert {"zoo_cats", "zoo_dogs"} & set(sys.modules) == {"zoo_dogs"}


def test_name_of_two_distributions_is_refused_and_both_are_named(registry, install):
    install("zoo", {"dog": "zoo_dogs:DOG", "cat": "zoo_dogs:DOG"}, zoo_dogs="DOG = 'wow'")
    install("kennel", {"dog": "zoo_hounds:DOG"}, zoo_hounds="DOG = 'woof'")
    with pytest.raises(DuplicateNameError, match="'dog'") as caught:
        registry.get("dog")
    assert "zoo 1.5 (zoo_dogs:DOG)" in str(caught.value)
    assert "kennel 1.5 (zoo_hounds:DOG)" in str(caught.value)
    assert registry.names() == ["cat", "dog"]
    assert registry.get("cat") == "wow"


def test_name_taken_by_distributions_without_a_name_is_refused_in_whole_sentences(registry, tmp_path, monkeypatch):
    for number in (1, 2):
        info = tmp_path / f"zoo{number}-1.0.dist-info"
        info.mkdir()
        (info / "entry_points.txt").write_text(f"[{GROUP}]\ndog = zoo{number}:DOG\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(DuplicateNameError) as caught:
        registry.get("dog")
    assert str(caught.value).count("an unknown package (zoo") == 2


def test_same_target_registered_twice_is_one_thing(registry, install):
    # a package that is installed twice, as an editable install beside a wheel
    install("zoo", {"dog": "zoo_dogs:DOG"}, zoo_dogs="DOG = 'wow'")
    install("zoo2", {"dog": "zoo_dogs:DOG"})
    assert registry.names() == ["dog"]
    assert registry.get("dog") == "wow"


def test_unknown_name_suggests_the_closest(registry):
    registry.register("hamster", object())
    with pytest.raises(UnknownNameError) as caught:
        registry.get("hamstre")
    assert str(caught.value) == "There is no animal 'hamstre'. Did you mean 'hamster'? Known: hamster."


@pytest.mark.parametrize(
    ("module", "fix"),
    [
        pytest.param("import zoo_food", "pip install zoo_food", id="missing dependency"),
        pytest.param("raise RuntimeError('escaped')", "Reinstall or remove zoo 1.5.", id="raises"),
        pytest.param("CAT = 1", "Reinstall or remove zoo 1.5.", id="lacks the attribute"),
        pytest.param("DOG = ", "Reinstall or remove zoo 1.5.", id="syntax error"),
    ],
)
def test_broken_plug_in_is_listed_and_fails_only_when_used(registry, install, module, fix):
    install("zoo", {"dog": "zoo_dogs:DOG", "cat": "zoo_cats:CAT"}, zoo_dogs=module, zoo_cats="CAT = 'meow'")
    assert registry.names() == ["cat", "dog"]
    assert registry.get("cat") == "meow"
    with pytest.raises(PluginError, match=r"'dog' of zoo 1\.5 cannot be loaded") as caught:
        registry.get("dog")
    assert fix in str(caught.value)


@pytest.mark.parametrize(
    ("module", "problem"),
    [
        ("DOG = 'wow'", "zoo_dogs:DOG has no bark()."),
        ("class DOG: bark = 'wow'", "zoo_dogs:DOG has no bark()."),
    ],
    ids=["lacks it", "no function"],
)
def test_thing_without_a_method_that_it_needs_is_refused_when_used(install, module, problem):
    registry = Registry(GROUP, "animal", "something that barks", lambda thing: method_problem(thing, "bark"))
    install("zoo", {"dog": "zoo_dogs:DOG"}, zoo_dogs=module)
    assert registry.names() == ["dog"]
    with pytest.raises(PluginError) as caught:
        registry.get("dog")
    assert str(caught.value) == (
        f"{problem} The animal 'dog' of zoo 1.5 must be something that barks: update or remove that package."
    )


def test_thing_that_cannot_be_called_is_refused_where_it_is_called(install):
    registry = Registry(GROUP, "animal", "a class", lambda thing: method_problem(thing, "__call__"))
    install("zoo", {"dog": "zoo_dogs:DOG", "cat": "zoo_dogs:Cat"}, zoo_dogs="DOG = 'wow'\nclass Cat: pass")
    assert registry.get("cat").__name__ == "Cat"
    with pytest.raises(PluginError, match=r"zoo_dogs:DOG cannot be called\."):
        registry.get("dog")


def test_module_that_ends_the_process_is_a_broken_plug_in(registry, install):
    install("zoo", {"dog": "zoo_dogs:DOG"}, zoo_dogs="raise SystemExit('no')")
    with pytest.raises(PluginError, match="SystemExit: no"):
        registry.get("dog")


def test_registered_by_a_call_is_found_and_listed_without_a_target(registry):
    registry.register("dog", "wow")
    assert registry.get("dog") == "wow"
    assert registry.registrations() == [Origin("animal", "dog", "", "")]


def test_second_call_is_refused_unless_it_replaces(registry):
    registry.register("dog", "wow")
    with pytest.raises(DuplicateNameError, match="'dog' is taken"):
        registry.register("dog", "woof")
    assert registry.get("dog") == "wow"
    registry.register("dog", "woof", replace=True)
    assert registry.get("dog") == "woof"


@pytest.mark.parametrize("replace", [False, True], ids=["plain", "replace"])
def test_installed_name_is_never_replaced_by_a_call(registry, install, replace):
    install("zoo", {"dog": "zoo_dogs:DOG"}, zoo_dogs="DOG = 'wow'")
    with pytest.raises(DuplicateNameError, match="installed package"):
        registry.register("dog", "woof", replace=replace)
    assert registry.get("dog") == "wow"


def test_thing_registered_by_a_call_is_checked_when_it_is_used(monkeypatch):
    monkeypatch.setattr(DATASETS, "_called", {})
    DATASETS.register("dog", object)
    with pytest.raises(PluginError, match=r"has no load\(\)\. The dataset 'dog' must be an object with load"):
        DATASETS.get("dog")


@pytest.mark.parametrize(
    ("module", "problem"),
    [
        ("class DOG:\n def load(self, source, languages): ...", "zoo_dogs:DOG is a class."),
        ("class Dog:\n languages = None\n def load(self, source, languages): ...\nDOG = Dog()", "the languages None"),
        (
            "class Dog:\n name = property(lambda self: {}['x'])\n def load(self, source, languages): ...\nDOG = Dog()",
            "cannot be inspected (KeyError: 'x')",
        ),
    ],
    ids=["class", "attribute", "raises"],
)
def test_dataset_of_another_shape_is_refused_when_used(plug_in, module, problem):
    plug_in("zoo", DATASETS.group, {"dog": "zoo_dogs:DOG"}, zoo_dogs=module)
    with pytest.raises(PluginError) as caught:
        DATASETS.get("dog")
    assert problem in str(caught.value)
    assert "The dataset 'dog' of zoo 1.5 must be an object with load(source, languages), as " in str(caught.value)


def test_origin_is_told_by_name_and_by_what_was_built(plug_in):
    plug_in("zoo", STRATEGIES.group, {"walk": "zoo_walk:Walk"}, zoo_walk="class Walk: name = 'stroll'")
    assert str(STRATEGIES.origin("walk")) == "The strategy 'walk' of zoo 1.5"
    assert str(STRATEGIES.origin_of(STRATEGIES.get("walk")())) == "The strategy 'stroll' of zoo 1.5"
    assert str(STRATEGIES.origin("run")) == "The strategy 'run'"
    assert str(STRATEGIES.origin_of(5)) == "The strategy 'int' (builtins:int)"
    assert STRATEGIES.origin("hybrid").distribution.startswith("beir-hybrid ")
