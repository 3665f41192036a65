import json

import pytest

DATASETS = "beir_hybrid.datasets"
COMMANDS = "beir_hybrid.commands"


def test_table_names_everything_and_its_package(invoke):
    result = invoke("plugins")
    assert result.exit_code == 0
    for words in (("datasets", "sample"), ("strategies", "hybrid"), ("measures", "ndcg"), ("hosts", "beir")):
        [line] = [line for line in result.stdout.splitlines() if set(words) <= set(line.split())]
        assert {"beir-hybrid", "yes"} <= set(line.split())


def test_broken_plug_in_is_shown_with_reason_and_fix(invoke, plug_in):
    plug_in("zoo", DATASETS, {"lost": "zoo_lost:IT"}, zoo_lost="import zoo_food")
    result = invoke("plugins")
    assert result.exit_code == 0
    [row] = [line for line in result.stdout.splitlines() if {"lost", "zoo", "1.5", "│"} <= set(line.split())]
    assert "no" in row.split()
    assert (
        "lost in beir_hybrid.datasets is broken: The dataset 'lost' of zoo 1.5 cannot be loaded: ModuleNotFoundError: "
        "No module named 'zoo_food'. Install what it needs: pip install zoo_food\n"
    ) in result.stdout


def test_json_holds_every_field(invoke, plug_in):
    plug_in("zoo", DATASETS, {"dull": "zoo_dull:IT"}, zoo_dull="IT = 7")
    found = {(plugin["group"], plugin["name"]): plugin for plugin in json.loads(invoke("plugins", "--json").stdout)}
    assert found[DATASETS, "dull"] == {
        "name": "dull",
        "group": DATASETS,
        "distribution": "zoo",
        "version": "1.5",
        "target": "zoo_dull:IT",
        "loads": False,
        "reason": "zoo_dull:IT has no load().",
        "fix": "The dataset 'dull' of zoo 1.5 must be an object with load(source, languages), as "
        "beir_hybrid.datasets.Dataset says: update or remove that package.",
    }
    sample = found[DATASETS, "sample"]
    assert (sample["loads"], sample["reason"], sample["fix"]) == (True, "", "")


def test_what_a_plug_in_prints_is_not_part_of_the_list(invoke, plug_in):
    plug_in("zoo", DATASETS, {"loud": "zoo_loud:IT"}, zoo_loud="print('roar')\nclass IT:\n    load = print")
    result = invoke("plugins", "--json")
    assert "roar" not in result.stdout
    assert "roar" in result.stderr
    assert json.loads(result.stdout)


def test_command_that_is_none_is_listed_as_broken_and_only_using_it_fails(invoke, refused, plug_in):
    plug_in(
        "zoo", COMMANDS, {"hiss": "zoo_hiss:hiss", "exit": "zoo_exit:it"}, zoo_hiss="hiss = print", zoo_exit="exit()"
    )
    result = invoke("--help")
    assert result.exit_code == 0
    assert (
        len([line for line in result.stdout.splitlines() if "(broken)" in line and line.split()[0] in ("hiss", "exit")])
        == 2
    )
    assert invoke("plugins").exit_code == 0
    assert refused("hiss").startswith(
        "zoo_hiss:hiss has no make_context(). The command 'hiss' of zoo 1.5 must be a click."
    )
    assert "SystemExit" in refused("exit")


def test_unreadable_entry_points_break_no_command(invoke, plug_in, tmp_path):
    plug_in("zoo", COMMANDS, {"hiss": "zoo_hiss:hiss"})
    (tmp_path / "site" / "zoo" / "zoo-1.5.dist-info" / "entry_points.txt").write_text(f"[{COMMANDS}]\nnonsense\n")
    assert invoke("--help").exit_code == 0
    assert "zoo is broken: Its entry_points.txt cannot be read:" in invoke("plugins").stdout


def test_check_ends_well_where_nothing_is_broken(invoke):
    assert invoke("plugins", "--check").exit_code == 0
    assert invoke("plugins", "--check", "--json").exit_code == 0


BROKEN = {
    DATASETS: (
        "class IT:\n    languages = None\n    def load(self, source, languages): ...\nIT = IT()",
        "has the languages None",
    ),
    "beir_hybrid.strategies": (
        "from beir_hybrid.batching.strategies.x_y import XY\n"
        "class IT(XY):\n    name = 'thing'\n    def draw(self, rng, progress): return [0] * len(progress)",
        "draw() gives a list for 8 steps.",
    ),
    "beir_hybrid.measures": (
        "from beir_hybrid.evaluation.measures.recall import Recall\n"
        "class IT(Recall):\n    def values(self, rankings): return super().values(rankings) / 1e-320",
        "values() returns inf for",
    ),
    "beir_hybrid.hosts": (
        "class IT:\n    def activate(self): ...\n    deactivate = is_active = activate",
        "is a class",
    ),
    COMMANDS: ("import click\nIT = click.Command", "is a class"),
}


@pytest.mark.parametrize("group", BROKEN)
def test_check_exits_with_1_where_something_is_of_another_shape(invoke, plug_in, group):
    module, problem = BROKEN[group]
    plug_in("zoo", group, {"thing": "zoo_thing:IT"}, zoo_thing=module)
    result = invoke("plugins", "--check")
    assert (result.exit_code, result.exception.code) == (1, 1)
    [line] = [line for line in result.stdout.splitlines() if line.startswith(f"thing in {group} is broken: ")]
    assert problem in line
    assert "of zoo 1.5" in line
    found = [plugin for plugin in json.loads(invoke("plugins", "--check", "--json").stdout) if not plugin["loads"]]
    assert [(plugin["group"], plugin["name"]) for plugin in found] == [(group, "thing")]
    assert invoke("plugins").exit_code == 0


def test_check_exits_with_1_where_something_does_not_load(invoke, plug_in):
    plug_in("zoo", DATASETS, {"lost": "zoo_lost:IT"}, zoo_lost="import zoo_food")
    assert invoke("plugins", "--check").exit_code == 1


def test_check_leaves_a_strategy_alone_whose_options_it_cannot_know(invoke, plug_in):
    module = (
        "from dataclasses import dataclass\nfrom beir_hybrid.batching.strategies.x_y import XY\n"
        "@dataclass(frozen=True)\nclass IT(XY):\n    speed: int\n    name = 'thing'"
    )
    plug_in("zoo", "beir_hybrid.strategies", {"thing": "zoo_thing:IT"}, zoo_thing=module)
    assert invoke("plugins", "--check").exit_code == 0
