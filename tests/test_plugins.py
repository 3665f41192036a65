"""What is registered, and a third party's distribution that is found, told of, tested and used by its names."""

import json
import os
import shutil
import subprocess
import sysconfig
import venv
from pathlib import Path

import pytest

from beir_hybrid.datasets import load_dataset
from beir_hybrid.errors import PluginError
from beir_hybrid.plugins import Plugin, list_plugins
from beir_hybrid.registry import CLUSTERS, DATASETS, MEASURES, REGISTRIES, STRATEGIES

EXAMPLE = Path(__file__).parents[1] / "plugins" / "example"


def listed(name):
    return [plugin for plugin in list_plugins() if plugin.name == name]


def test_everything_of_ours_is_listed_and_loads():
    ours = [plugin for plugin in list_plugins() if plugin.distribution == "beir-hybrid"]
    assert {plugin.group for plugin in ours} == {registry.group for registry in REGISTRIES} - {CLUSTERS.group}
    assert [plugin for plugin in ours if not plugin.loads] == []
    assert {"sample", "hybrid", "ndcg", "beir", "plugins"} <= {plugin.name for plugin in ours}
    assert len({plugin.version for plugin in ours}) == 1
    assert [plugin.name for plugin in ours if plugin.group == STRATEGIES.group] == sorted(
        plugin.name for plugin in ours if plugin.group == STRATEGIES.group
    )


def test_thing_of_another_package_is_listed_with_it(plug_in):
    plug_in("zoo", STRATEGIES.group, {"walk": "zoo_walk:Walk"}, zoo_walk="class Walk: pass")
    assert listed("walk") == [Plugin("walk", STRATEGIES.group, "zoo", "1.5", "zoo_walk:Walk")]


def test_thing_registered_by_a_call_is_listed_without_a_package(monkeypatch):
    monkeypatch.setitem(STRATEGIES._called, "walk", object)
    assert listed("walk") == [Plugin("walk", STRATEGIES.group, "", "", "")]


@pytest.mark.parametrize(
    ("module", "reason", "fix"),
    [
        ("import zoo_food", "ModuleNotFoundError: No module named 'zoo_food'.", "pip install zoo_food"),
        ("import zoo_food.hay", "ModuleNotFoundError: No module named 'zoo_food'.", "pip install zoo_food"),
        ("import zoo_lost.hay", "ModuleNotFoundError", "Reinstall or remove zoo 1.5."),
        (
            "raise RuntimeError('two\\n  lines')",
            "cannot be loaded: RuntimeError: two lines.",
            "Reinstall or remove zoo",
        ),
        ("raise SystemExit(3)", "cannot be loaded: SystemExit: 3.", "Reinstall or remove zoo 1.5."),
        ("IT = 7", "zoo_lost:IT has no load().", "The dataset 'lost' of zoo 1.5 must be an object with load("),
    ],
    ids=["missing", "missing part", "missing itself", "raises", "exits", "is none"],
)
def test_broken_thing_is_listed_with_reason_and_fix(plug_in, module, reason, fix):
    plug_in("zoo", DATASETS.group, {"lost": "zoo_lost:IT"}, zoo_lost=module)
    [found] = listed("lost")
    assert not found.loads
    assert reason in found.reason
    assert fix in found.fix
    assert "\n" not in found.reason + found.fix
    assert {plugin.name for plugin in list_plugins() if plugin.loads} >= {"sample", "hybrid"}


def test_a_name_of_ours_stays_ours_and_the_other_is_listed_as_broken(plug_in):
    plug_in("zoo", "beir_hybrid.measures", {"map": "zoo_measures:Map"}, zoo_measures="")
    assert MEASURES.get("map").__module__ == "beir_hybrid.evaluation.measures.average_precision"
    found = {plugin.distribution: plugin for plugin in list_plugins() if plugin.name == "map"}
    assert found["beir-hybrid"].loads
    assert found["zoo"].reason == "The measure name 'map' is beir-hybrid's own, and cannot be replaced."


@pytest.mark.parametrize(
    "module",
    [
        "class Gone(BaseException): pass\nraise Gone('pytest is not here')",
        "import pytest; pytest.skip('no', allow_module_level=True)",
    ],
    ids=["base exception", "skip"],
)
def test_a_module_that_raises_anything_is_listed_as_broken(plug_in, module):
    plug_in("zoo", "beir_hybrid.measures", {"zebra": "zoo_measures:Zebra"}, zoo_measures=module)
    [found] = [plugin for plugin in list_plugins() if plugin.name == "zebra"]
    assert "cannot be loaded" in found.reason


def test_a_thing_whose_attributes_raise_is_listed_as_broken(plug_in):
    module = "class Odd:\n    def __getattr__(self, name): raise RuntimeError(name)\nODD = Odd()"
    plug_in("zoo", "beir_hybrid.datasets", {"odd": "zoo_odd:ODD"}, zoo_odd=module)
    [found] = [plugin for plugin in list_plugins() if plugin.name == "odd"]
    assert "cannot be inspected (RuntimeError: " in found.reason


def test_a_dataset_that_gives_something_else_is_told(plug_in):
    load = "def load(self, source=None, languages=None): return {}"
    module = f"class Half:\n    languages = ('en',)\n    {load}\nHALF = Half()"
    plug_in("zoo", "beir_hybrid.datasets", {"half": "zoo_half:HALF"}, zoo_half=module)
    with pytest.raises(PluginError, match=r"'half' of zoo 1\.5: load\(\) gave a dict in place of Multi"):
        load_dataset("half")


def test_name_of_two_packages_is_listed_twice_and_both_are_named(plug_in):
    plug_in("zoo", DATASETS.group, {"twin": "zoo_twin:IT"}, zoo_twin="")
    plug_in("ark", DATASETS.group, {"twin": "ark_twin:IT"}, ark_twin="")
    found = listed("twin")
    assert [(plugin.distribution, plugin.loads) for plugin in found] == [("ark", False), ("zoo", False)]
    for plugin in found:
        assert "ark 1.5 (ark_twin:IT)" in plugin.reason
        assert "zoo 1.5 (zoo_twin:IT)" in plugin.reason
        assert plugin.fix == "Uninstall one of them."


def test_misspelt_group_is_listed_with_the_closest(plug_in):
    plug_in("zoo", "beir_hybrid.dataset", {"lost": "zoo_lost:IT"})
    [found] = listed("lost")
    assert (found.group, found.distribution) == ("beir_hybrid.dataset", "zoo")
    assert found.reason == "There is no group 'beir_hybrid.dataset', so nothing looks for it."
    assert found.fix.startswith("Did you mean 'beir_hybrid.datasets'?")


@pytest.mark.parametrize("content", [b"no equals sign", b"x = \xff:IT"], ids=["malformed", "no text"])
def test_unreadable_entry_points_are_listed_and_harm_nothing(plug_in, tmp_path, content):
    plug_in("zoo", DATASETS.group, {"lost": "zoo_lost:IT"})
    points = tmp_path / "site" / "zoo" / "zoo-1.5.dist-info" / "entry_points.txt"
    points.write_bytes(b"[beir_hybrid.datasets]\n" + content)
    [found] = listed("")
    assert (found.distribution, found.version, found.group) == ("zoo", "1.5", "")
    assert found.reason.startswith("Its entry_points.txt cannot be read: ")
    assert found.fix == "Reinstall or remove zoo 1.5."
    assert "sample" in DATASETS.names()


def test_distribution_without_metadata_is_still_listed(plug_in, tmp_path):
    plug_in("zoo", STRATEGIES.group, {"walk": "zoo_walk:Walk"}, zoo_walk="class Walk: pass")
    (tmp_path / "site" / "zoo" / "zoo-1.5.dist-info" / "METADATA").unlink()
    assert [plugin.target for plugin in listed("walk")] == ["zoo_walk:Walk"]


@pytest.fixture(scope="module")
def python(tmp_path_factory):
    """Run the Python of an environment that has what this one has, and the example."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder / "venv", symlinks=os.name != "nt")
    program = folder / "venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}

    def run(*words):
        ended = subprocess.run(
            [program, *map(str, words)], capture_output=True, text=True, cwd=folder, env=environment, timeout=300
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    site = run("-c", "import sysconfig; print(sysconfig.get_path('purelib'))").strip()
    ours = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    Path(site, "ours.pth").write_text("".join(f"import site; site.addsitedir({folder!r})\n" for folder in ours))
    source = folder / "example"  # a copy, since building writes beside the sources
    shutil.copytree(EXAMPLE, source, ignore=shutil.ignore_patterns("build", "*.egg-info", "__pycache__", ".*"))
    run("-m", "pip", "install", "-q", "--no-index", "--no-deps", "--no-build-isolation", source)
    return run


@pytest.fixture(scope="module")
def beir_hybrid(python):
    return lambda *words: python("-m", "beir_hybrid.cli.main", *words)


@pytest.mark.slow
def test_example_is_discovered_where_it_is_installed(beir_hybrid):
    found = [
        plugin
        for plugin in json.loads(beir_hybrid("plugins", "--check", "--json"))
        if "example" in plugin["distribution"]
    ]
    assert [(plugin["group"], plugin["name"], plugin["loads"]) for plugin in found] == [
        ("beir_hybrid.datasets", "library-faq", True),
        ("beir_hybrid.formats", "cards", True),
        ("beir_hybrid.strategies", "alternate", True),
        ("beir_hybrid.losses", "hinge", True),
        ("beir_hybrid.measures", "rbp", True),
        ("beir_hybrid.hosts", "pytrec-eval", True),
        ("beir_hybrid.commands", "library-faq", True),
        ("beir_hybrid.debiasing", "halfway", True),
    ]
    assert {(plugin["distribution"], plugin["version"]) for plugin in found} == {("beir-hybrid-example", "1.0")}


@pytest.mark.slow
def test_examples_dataset_and_strategy_are_planned_by_name(beir_hybrid, tmp_path):
    words = ("--strategy", "alternate(mono=1, cross=3)", "--batch-size", 4, "--steps", 8)
    beir_hybrid("plan", "--train-data", "library-faq", *words, "--output", tmp_path / "plan.json")
    assert json.loads((tmp_path / "plan.json").read_text())["kinds"] == {"x-x-mono": 2, "x-y": 6}


@pytest.mark.slow
def test_examples_dataset_and_measure_are_evaluated_by_name(beir_hybrid, tmp_path):
    run = [f"en:{query} Q0 en:{query}-answer 1 0.5 made-up" for query in ("hours", "food", "late")]
    run += ["en:hours Q0 en:food-answer 2 0.4 made-up", "en:film-loan Q0 en:late-answer 1 0.3 made-up"]
    (tmp_path / "en.trec").write_text("\n".join(run) + "\n")
    words = ("--dataset", "library-faq.en", "--run", tmp_path / "en.trec", "--measures", "rbp@10,mrr")
    beir_hybrid("evaluate", *words, "--output", tmp_path / "out")
    scores = json.loads((tmp_path / "out" / "results.json").read_text())["settings"]["en"]
    # three of seven queries have their answer on top
    assert scores["rbp@10"] == pytest.approx(3 / 7 * 0.2)
    assert scores["mrr"] == pytest.approx(3 / 7)


@pytest.mark.slow
def test_examples_host_and_command_are_used_by_name(beir_hybrid, tmp_path):
    script = (
        "from pytrec_eval import RelevanceEvaluator as Evaluator\n"
        "print(Evaluator({'q': {'a': 1}}, {'rbp', 'map'}).evaluate({'q': {'a': 1.0, 'b': 2.0}}))\n"
    )
    (tmp_path / "script.py").write_text(script)
    assert json.loads(beir_hybrid("run", tmp_path / "script.py").replace("'", '"'))["q"] == {
        "map": pytest.approx(0.5),
        "rbp": pytest.approx(0.2 * 0.8),
    }
    assert beir_hybrid("library-faq").splitlines() == ["test: 7 de, 7 en, 7 es", "train: 14 de, 14 en, 14 es"]


@pytest.mark.slow
def test_examples_own_tests_pass(python):
    last = python("-m", "pytest", "-q", "-p", "no:cacheprovider", "example").splitlines()[-1]
    assert "passed" in last
    assert "failed" not in last


def test_error_of_a_thing_registered_by_a_call_is_listed_when_it_is_tried(monkeypatch):
    def fail():
        raise RuntimeError("two\n lines")

    monkeypatch.setitem(STRATEGIES._called, "walk", fail)
    [found] = [plugin for plugin in list_plugins(check=True) if plugin.name == "walk"]
    assert found.reason == "The strategy 'walk' fails with RuntimeError: two lines."
    assert listed("walk")[0].loads
