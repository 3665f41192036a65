import json
import subprocess
import sys
from importlib.metadata import entry_points

import pytest

import beir_hybrid
from beir_hybrid import registry
from beir_hybrid.cli.main import main

COMMANDS = "beir_hybrid.commands"
HELLO = """
import click

@click.command()
def hello():
    "Say hello."
    click.echo("Hello!")
"""


def in_a_process(*words, code="", **options):
    program = f"from beir_hybrid.cli.main import main; {code or 'main()'}"
    return subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, **options)


def test_console_script_is_this_command():
    [script] = entry_points(group="console_scripts", name="beir-hybrid")
    assert script.load() is main


def test_version_is_the_packages(invoke):
    assert invoke("--version").stdout == f"beir-hybrid, version {beir_hybrid.__version__}\n"


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_lists_every_command(invoke, flag):
    result = invoke(flag)
    assert result.exit_code == 0
    listed = [line.split()[0] for line in result.stdout.partition("Commands:\n")[2].splitlines()]
    assert listed == sorted(registry.COMMANDS.names())  # plug-ins' too
    assert {"compare", "datasets", "disable", "enable", "evaluate", "plan", "quickstart", "run", "train"} <= set(listed)


@pytest.mark.parametrize("command", ["compare", "evaluate", "plan", "quickstart", "train"])
def test_help_of_a_command_names_its_options(invoke, command):
    result = invoke(command, "--help")
    assert result.exit_code == 0
    assert "--output" in result.stdout


@pytest.mark.parametrize(
    "words", [["--help"], ["train", "--help"], ["evaluate", "--help"], ["plan", "--help"]], ids=" ".join
)
def test_help_imports_nothing_heavy(words):
    code = (
        "main(standalone_mode=False); import sys; "
        "heavy = {'torch', 'transformers', 'sentence_transformers', 'beir', 'pyarrow', 'numpy', 'matplotlib'}; "
        "print(sorted(heavy & set(sys.modules)))"
    )
    found = in_a_process(*words, code=code, check=True)
    assert found.stdout.splitlines()[-1] == "[]"


def test_unknown_command_suggests_the_closest(refused):
    assert refused("evalute", "--model", "x").startswith("There is no command 'evalute'. Did you mean 'evaluate'?")


def test_plug_in_brings_a_command(invoke, plug_in):
    plug_in("zoo", COMMANDS, {"hello": "zoo_hello:hello"}, zoo_hello=HELLO)
    assert invoke("hello").stdout == "Hello!\n"
    assert "Say hello." in invoke("--help").stdout


def test_broken_plug_in_is_listed_as_broken_and_only_using_it_fails(invoke, refused, plug_in):
    plug_in(
        "zoo",
        COMMANDS,
        {"hello": "zoo_hello:hello", "hiss": "zoo_hiss:hiss"},
        zoo_hello=HELLO,
        zoo_hiss="import zoo_snakes",
    )
    result = invoke("--help")
    assert result.exit_code == 0
    [line] = [line for line in result.stdout.splitlines() if "hiss" in line.split()]
    assert "(broken)" in line
    assert invoke("hello").stdout == "Hello!\n"
    message = refused("hiss")
    assert "The command 'hiss' of zoo 1.5 cannot be loaded" in message
    assert "pip install zoo_snakes" in message


def test_command_of_two_packages_fails_only_when_used(invoke, refused, plug_in):
    plug_in("zoo", COMMANDS, {"greet": "zoo_hello:hello"}, zoo_hello=HELLO)
    plug_in("ark", COMMANDS, {"greet": "ark_hello:hello"}, ark_hello=HELLO)
    assert invoke("--help").exit_code == 0
    assert "zoo 1.5 (zoo_hello:hello)" in refused("greet")


def test_command_of_ours_stays_ours(invoke, plug_in):
    plug_in("zoo", COMMANDS, {"train": "zoo_hello:hello"}, zoo_hello=HELLO)
    assert "--strategy" in invoke("train", "--help").stdout


def test_process_ends_with_two_and_one_line_for_a_truncated_file(tmp_path):
    whole = json.dumps({"data": [{"paragraphs": []}]})
    (tmp_path / "en.json").write_text(whole[:-5])
    ended = in_a_process(
        *("evaluate", "--model", "x", "--dataset", "xquad-r", "--languages", "en", "--source", tmp_path)
    )
    assert ended.returncode == 2
    assert ended.stdout == ""
    # the log's warning that the file is not the released one goes before
    warning, error = ended.stderr.splitlines()
    assert warning.startswith("WARNING: 1 of 1 files differ from the pinned release")
    assert error.startswith(f"Error: {tmp_path / 'en.json'} is no LAReQA file")
