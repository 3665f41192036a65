import json

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
        "beir_hybrid.datasets.base.Dataset says: update or remove that package.",
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
