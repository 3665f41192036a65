import json
import logging
import os
import subprocess
import sys
from importlib.metadata import entry_points

import click
import pytest

import beir_hybrid
from beir_hybrid import registry
from beir_hybrid.cli.main import main
from beir_hybrid.registry.entry_points import points_of

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
    lines = result.stdout.partition("Commands:\n")[2].splitlines()
    listed = [line.split()[0] for line in lines if line[2] != " "]  # or else it continues a sentence
    assert listed == sorted(registry.COMMANDS.names())  # plug-ins' too
    assert {"compare", "datasets", "disable", "enable", "evaluate", "plan", "quickstart", "run", "train"} <= set(listed)


@pytest.mark.parametrize("command", ["bm25", "fuse", "index", "merge", "search"])
def test_command_of_a_plug_in_that_is_not_installed_says_which(invoke, monkeypatch, command):
    ours = [point for point in points_of(COMMANDS) if point.value.startswith("beir_hybrid.")]
    monkeypatch.setattr(registry.registry, "points_of", lambda group: ours)
    for words in ([command], [command, "--help"], [command, "--output", "out"]):
        ended = invoke(*words)
        assert ended.exit_code == 2
        assert ended.stderr == (
            f"Error: The command '{command}' needs the plug-in beir-hybrid-pyserini, which is not installed. "
            "In beir-hybrid's repository run: pip install plugins/pyserini\n"
        )


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


def everything(group, path=()):
    """Yield all commands and groups below a group, each with its path."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        yield (*path, name), command
        if isinstance(command, click.Group):
            yield from everything(command, (*path, name))


def test_every_command_can_be_quiet_or_verbose(plug_in):
    plug_in("zoo", COMMANDS, {"hello": "zoo_hello:hello"}, zoo_hello=HELLO)
    commands = dict(everything(main))
    assert {("hello",), ("train",), ("datasets", "get")} <= set(commands)
    for command in commands.values():
        words = [word for param in command.params for word in param.opts]
        assert words.count("--quiet") == words.count("--verbose") == 1


def test_option_of_a_plug_in_stays_its_own(invoke, plug_in):
    own = HELLO.replace("def hello():", "@click.option('--quiet', type=int)\ndef hello(quiet):")
    own = own.replace('"Hello!"', "quiet")
    plug_in("zoo", COMMANDS, {"hello": "zoo_hello:hello"}, zoo_hello=own)
    assert invoke("hello", "--quiet", "3").stdout == "3\n"


@pytest.mark.parametrize(
    ("words", "ours", "others"),
    [([], "INFO", "WARNING"), (["--quiet"], "WARNING", "WARNING"), (["--verbose"], "DEBUG", "INFO")],
    ids=["usual", "quiet", "verbose"],
)
def test_verbosity_is_that_of_the_log(invoke, plug_in, verbosity, words, ours, others):
    plug_in("zoo", COMMANDS, {"hello": "zoo_hello:hello"}, zoo_hello=HELLO)
    assert invoke("hello", *words).exit_code == 0
    levels = [logging.getLogger(name).level for name in ("beir_hybrid", None)]
    assert levels == [logging.getLevelName(ours), logging.getLevelName(others)]


def test_quiet_and_verbose_at_once_are_refused(refused, verbosity):
    assert refused("plugins", "--quiet", "--verbose") == "Both --quiet and --verbose are given. Choose one."


def test_help_of_training_is_in_sections(invoke):
    lines = invoke("train", "--help").stdout.splitlines()
    titles = [line for line in lines if line.endswith(":") and not line.startswith(" ")]
    assert titles == [
        "Model and output:",
        "Training data:",
        "Changes to the model:",
        "Batches:",
        "Loss and prompts:",
        "Validation:",
        "Further options:",
    ]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("beir-hybrid eval", "evaluate"),
        ("beir-hybrid train --too", "--too-small"),
        ("beir-hybrid plan --qu", "--quiet"),
    ],
)
def test_shell_completes_words(words, expected):
    variables = {"_BEIR_HYBRID_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    ended = in_a_process(code="main(prog_name='beir-hybrid')", env={**os.environ, **variables})
    assert f"plain,{expected}" in ended.stdout.splitlines()


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
    assert error.startswith(f"Error: {tmp_path / 'en.json'} is not a LAReQA file")
