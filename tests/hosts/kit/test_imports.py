import importlib
import importlib.util
import logging
import sys
import threading
from importlib.machinery import ModuleSpec, NamespaceLoader, SourceFileLoader

import pytest

from beir_hybrid.hosts.kit import imports
from beir_hybrid.hosts.kit.imports import mend_import, when_imported


@pytest.fixture(autouse=True)
def nothing_left_over():
    before = list(sys.meta_path)
    yield
    for request in list(imports._requests):
        del imports._requests[request]
    imports._enter_or_leave()
    assert sys.meta_path == before


@pytest.fixture
def modules(tmp_path, monkeypatch):
    """Write modules that can be imported in this test, by their path; none is imported twice."""
    monkeypatch.syspath_prepend(str(tmp_path))
    loaded = set(sys.modules)

    def write(**texts):
        for name, text in texts.items():
            path = tmp_path / f"{name.replace('__', '/').replace('/init', '/__init__')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        importlib.invalidate_caches()

    yield write
    for name in set(sys.modules) - loaded:
        if name.startswith("zoo"):
            del sys.modules[name]


def finders():
    return [finder for finder in sys.meta_path if type(finder).__module__ == imports.__name__]


def test_action_runs_after_the_modules_code_and_before_the_import_goes_on(modules):
    modules(zoo="animals = ['ape']", zoo_visit="import zoo\nseen = list(zoo.animals)")
    when_imported("zoo", lambda module: module.animals.append("bear"))
    assert importlib.import_module("zoo_visit").seen == ["ape", "bear"]


def test_action_for_a_loaded_module_runs_at_once(modules):
    modules(zoo="")
    zoo = importlib.import_module("zoo")
    got = []
    take_back = when_imported("zoo", got.append)
    assert got == [zoo]
    assert finders() == []
    take_back()


def test_nothing_is_imported_by_asking(modules):
    modules(zoo="")
    when_imported("zoo", print)
    assert "zoo" not in sys.modules


def test_actions_run_in_the_order_they_were_asked_for_and_once(modules):
    modules(zoo="")
    order = []
    for number in range(3):
        when_imported("zoo", lambda module, number=number: order.append(number))
    importlib.import_module("zoo")
    importlib.reload(sys.modules["zoo"])
    del sys.modules["zoo"]
    importlib.import_module("zoo")
    assert order == [0, 1, 2]


def test_finder_is_there_only_while_something_is_asked_for(modules):
    modules(zoo="", zoo_shop="")
    take_back = when_imported("zoo", print)
    when_imported("zoo_shop", lambda module: None)
    assert len(finders()) == 1
    take_back()
    assert len(finders()) == 1
    importlib.import_module("zoo_shop")
    assert finders() == []


def test_request_that_is_taken_back_is_not_carried_out(modules):
    modules(zoo="")
    got = []
    take_back = when_imported("zoo", lambda module: got.append("first"))
    when_imported("zoo", lambda module: got.append("second"))
    take_back()
    take_back()
    importlib.import_module("zoo")
    take_back()
    assert got == ["second"]


def test_request_taken_back_while_the_module_is_executing_is_not_carried_out(modules):
    modules(zoo="import zoo_gate; zoo_gate.close()", zoo_gate="")
    gate = importlib.import_module("zoo_gate")
    got = []
    gate.close = when_imported("zoo", got.append)
    importlib.import_module("zoo")
    assert got == []


def test_module_sees_its_true_loader_while_it_executes_and_after(modules):
    modules(zoo="during = [__spec__.loader, __loader__]")
    when_imported("zoo", lambda module: None)
    zoo = importlib.import_module("zoo")
    for loader in [*zoo.during, zoo.__spec__.loader, zoo.__loader__]:
        assert type(loader) is SourceFileLoader


def test_loader_of_a_module_that_is_only_looked_for_passes_for_the_true_one(modules):
    modules(zoo="animals = ['ape']")
    when_imported("zoo", print)
    spec = importlib.util.find_spec("zoo")
    assert isinstance(spec, ModuleSpec)
    assert isinstance(spec.loader, SourceFileLoader)
    assert spec.loader.get_source("zoo") == "animals = ['ape']"
    assert "SourceFileLoader" in repr(spec)
    assert len(finders()) == 1


def test_module_that_replaces_itself_is_handed_over_as_it_is_afterwards(modules):
    modules(zoo="import sys, types\nsys.modules[__name__] = types.SimpleNamespace(animals=['ape'])")
    when_imported("zoo", lambda module: module.animals.append("bear"))
    assert importlib.import_module("zoo").animals == ["ape", "bear"]


def test_submodule_and_package_each_have_their_own_actions(modules):
    modules(zoo__init="from zoo.cage import size\n", zoo__cage="size = 1")
    got = []
    when_imported("zoo", lambda module: got.append(("zoo", module.size)))
    when_imported("zoo.cage", lambda module: got.append(("zoo.cage", module.size)))
    importlib.import_module("zoo.cage")
    assert got == [("zoo.cage", 1), ("zoo", 1)]


def test_package_without_init_is_as_without_us(modules):
    modules(zoo__cage="", zoo_park__cage="")
    got = []
    when_imported("zoo_park", got.append)
    plain, watched = importlib.import_module("zoo"), importlib.import_module("zoo_park")
    importlib.import_module("zoo_park.cage")
    assert got == [watched]
    assert type(watched.__loader__) is type(watched.__spec__.loader) is type(plain.__loader__) is NamespaceLoader
    assert vars(watched).keys() - {"cage"} == vars(plain).keys()
    assert watched.__file__ is plain.__file__ is None


@pytest.mark.parametrize("name", ["__hello__", "xxsubtype", "_lsprof"], ids=["frozen", "built-in", "extension"])
def test_modules_of_python_itself_can_be_waited_for(name, monkeypatch):
    monkeypatch.delitem(sys.modules, name, raising=False)
    got = []
    when_imported(name, got.append)
    assert got == [importlib.import_module(name)]


def test_import_that_fails_fails_as_ever_and_leaves_the_request(modules):
    modules(zoo="raise ValueError('closed')")
    got = []
    when_imported("zoo", got.append)
    with pytest.raises(ValueError, match="closed"):
        importlib.import_module("zoo")
    assert got == []
    modules(zoo="opened = True  # at last")
    assert got == [] == [module for module in sys.modules if module == "zoo"]
    zoo = importlib.import_module("zoo")
    assert got == [zoo]


def test_missing_module_is_missing_as_ever():
    when_imported("zoo_that_is_not", print)
    with pytest.raises(ModuleNotFoundError, match="No module named 'zoo_that_is_not'"):
        importlib.import_module("zoo_that_is_not")


def test_action_that_fails_is_one_logged_line_and_breaks_nothing(modules, caplog):
    modules(zoo="")

    def tame(module):
        raise RuntimeError("it\nbites")

    got = []
    when_imported("zoo", tame)
    when_imported("zoo", got.append)
    with caplog.at_level(logging.WARNING):
        zoo = importlib.import_module("zoo")
    assert got == [zoo]
    [record] = caplog.records
    assert record.getMessage().startswith("zoo was imported, but ")
    assert record.getMessage().endswith("tame failed: RuntimeError: it bites")


def test_action_may_ask_for_more(modules):
    modules(zoo="", zoo_shop="")
    got = []

    def ask(module):
        when_imported("zoo", lambda module: got.append("at once"))
        when_imported("zoo_shop", lambda module: got.append("later"))
        got.append("asked")

    when_imported("zoo", ask)
    importlib.import_module("zoo")
    assert got == ["at once", "asked"]
    importlib.import_module("zoo_shop")
    assert got == ["at once", "asked", "later"]


def search_anew(other, name):
    other.searching = True
    spec = importlib.util.find_spec(name)
    other.searching = False
    return spec


def search_the_others(other, name):
    specs = (finder.find_spec(name, None, None) for finder in sys.meta_path if finder is not other)
    return next(spec for spec in specs if spec is not None)


@pytest.mark.parametrize("search", [search_anew, search_the_others])
@pytest.mark.parametrize("place", [0, 1], ids=["before us", "behind us"])
def test_another_hook_of_the_kind_is_compatible(modules, monkeypatch, search, place):
    modules(zoo="")
    theirs, ours = [], []

    class Other:
        searching = False

        @staticmethod
        def find_spec(name, path=None, target=None):
            if name != "zoo" or Other.searching:
                return None
            spec = search(Other, name)
            execute = spec.loader.exec_module
            spec.loader = SourceFileLoader(name, spec.origin)
            spec.loader.exec_module = lambda module: (execute(module), theirs.append(module))
            return spec

    when_imported("zoo", ours.append)
    sys.meta_path.insert(place, Other)
    try:
        zoo = importlib.import_module("zoo")
    finally:
        sys.meta_path.remove(Other)
    assert ours == [zoo]
    assert set(theirs) == {zoo}  # the one without a guard may find it twice


def test_asking_while_another_thread_imports_waits_for_the_whole_module(modules):
    modules(zoo="import zoo_gate\nzoo_gate.begun.set(); zoo_gate.go_on.wait(10)\nanimals = 1", zoo_gate="")
    gate = importlib.import_module("zoo_gate")
    gate.begun, gate.go_on = threading.Event(), threading.Event()
    importer = threading.Thread(target=importlib.import_module, args=["zoo"])
    importer.start()
    assert gate.begun.wait(10)
    threading.Timer(0.05, gate.go_on.set).start()
    got = []
    when_imported("zoo", lambda module: got.append(module.animals))
    assert got == [1]
    importer.join()


def test_many_threads_that_import_at_once_carry_out_each_action_once(modules):
    modules(zoo="import time; time.sleep(0.02)")
    got = []
    for number in range(5):
        when_imported("zoo", lambda module, number=number: got.append(number))
    threads = [threading.Thread(target=importlib.import_module, args=["zoo"]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == [0, 1, 2, 3, 4]


@pytest.fixture
def mended():
    undo = mend_import(
        "zoo.cage", lambda error: error.name in ("bamboo", "zoo.cage"), lambda module: vars(module).update(bars=0)
    )
    yield undo
    undo()


@pytest.mark.parametrize("cage", [{"zoo__cage": "height = 3\nimport bamboo\n"}, {}], ids=["fails", "missing"])
def test_known_failure_is_repaired_and_taken_back(modules, mended, cage):
    modules(zoo__init="", **cage)
    got = []
    when_imported("zoo.cage", got.append)
    repaired = importlib.import_module("zoo.cage")
    assert got == [repaired]
    assert (getattr(repaired, "height", 3), repaired.bars) == (3, 0)
    mended()
    assert not hasattr(sys.modules["zoo"], "cage")
    with pytest.raises(ModuleNotFoundError, match=r"bamboo|zoo\.cage"):
        importlib.import_module("zoo.cage")


@pytest.mark.parametrize("code", ["import no_such_steel", "1 / 0"])
def test_other_failures_are_raised(modules, mended, code):
    modules(zoo__init="", zoo__cage=code)
    with pytest.raises((ImportError, ZeroDivisionError)):
        importlib.import_module("zoo.cage")
    assert "zoo.cage" not in sys.modules


def test_module_that_can_be_imported_is_left_as_it_is(modules, mended):
    modules(zoo__init="", zoo__cage="bars = 7")
    cage = importlib.import_module("zoo.cage")
    mended()
    assert cage.bars == 7
    assert sys.modules["zoo.cage"] is cage
