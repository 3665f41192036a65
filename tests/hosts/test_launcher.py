import os
import subprocess
import sys
from pathlib import Path

import pytest

from beir_hybrid.errors import ConfigurationError, MissingDataError
from beir_hybrid.hosts import launcher
from beir_hybrid.hosts.launcher import environment_with_hosts, interpreter_options, registered_hosts, run
from beir_hybrid.hosts.startup import CHILDREN_VARIABLE, HOSTS_VARIABLE

FOLDER = str(Path(launcher.__file__).parent / "at_start")
HOSTS = "beir_hybrid.hosts"


class Started(BaseException):
    pass


@pytest.fixture
def started(monkeypatch):
    """What would be started in place of this process: the command and its environment."""

    def execute(program, command, environment):
        raise Started(program, command, environment)

    def started(*program, **options):
        with pytest.raises(Started) as caught:
            run(program, **options)
        executable, command, environment = caught.value.args
        assert executable == command[0] == sys.executable
        return command[1:], environment

    monkeypatch.setattr(os, "execve", execute)
    monkeypatch.setattr(sys, "orig_argv", [sys.executable, "-m", "pytest"])
    return started


@pytest.mark.parametrize(
    "program",
    [["-m", "zoo", "--help"], ["-c", "pass", "-m"], ["-", "x"], [__file__, "--children", "-m", "é"]],
    ids=["module", "code", "standard input", "script"],
)
def test_program_is_started_as_given(started, program):
    command, environment = started(*program)
    assert command == program
    assert environment["PYTHONPATH"].split(os.pathsep)[0] == FOLDER
    assert CHILDREN_VARIABLE not in environment


def test_program_gets_the_options_of_this_interpreter(started, monkeypatch):
    monkeypatch.setattr(sys, "orig_argv", ["python", "-O", "-W", "error", "-m", "beir_hybrid.cli.main", "run", "-X"])
    command, _ = started("-m", "zoo")
    assert command == ["-O", "-W", "error", "-m", "zoo"]


@pytest.mark.parametrize(
    ("words", "options"),
    [
        (["script.py", "-O"], []),
        (["-"], []),
        (["-c", "pass", "-O"], []),
        (["-mzoo", "-O"], []),
        (["-OOBm", "zoo"], ["-OOB"]),
        (["-Werror", "-X", "dev", "x.py"], ["-Werror", "-X", "dev"]),
        (["-uWerror", "-bXutf8", "x.py"], ["-uWerror", "-bXutf8"]),
        (["-uW", "mc", "-c", "pass"], ["-uW", "mc"]),
        (["--check-hash-based-pycs", "never", "x.py", "-B"], ["--check-hash-based-pycs", "never"]),
    ],
    ids=" ".join,
)
def test_interpreter_options_end_where_the_program_begins(words, options):
    assert interpreter_options(["python", *words]) == options


def test_environment_keeps_the_search_path_and_has_our_folder_once_and_first(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["/a", FOLDER, "/b"]))
    assert environment_with_hosts()["PYTHONPATH"] == os.pathsep.join([FOLDER, "/a", "/b"])
    monkeypatch.delenv("PYTHONPATH")
    assert environment_with_hosts()["PYTHONPATH"] == FOLDER  # an empty entry would be the current folder
    assert "PYTHONPATH" not in os.environ


def test_environment_tells_children_only_if_asked_to(monkeypatch):
    monkeypatch.delenv(CHILDREN_VARIABLE, raising=False)
    assert CHILDREN_VARIABLE not in environment_with_hosts()
    environment = environment_with_hosts(children=True)
    assert environment[CHILDREN_VARIABLE]
    assert environment[HOSTS_VARIABLE] == registered_hosts()


def test_child_of_a_launcher_that_reaches_children_goes_on_reaching_them(monkeypatch):
    monkeypatch.setenv(CHILDREN_VARIABLE, "1")
    assert environment_with_hosts()[CHILDREN_VARIABLE]


def test_hosts_are_those_of_all_packages(plug_in):
    plug_in("zoo", HOSTS, {"zoo": "zoo.hosts:Zoo"})
    assert {"beir=beir_hybrid.hosts.beir", "zoo=zoo.hosts:Zoo"} <= set(registered_hosts().split(","))


def test_host_of_two_packages_is_left_out_in_one_line(plug_in, caplog):
    plug_in("zoo", HOSTS, {"ape": "zoo.ape", "bear": "zoo.bear"})
    plug_in("circus", HOSTS, {"ape": "circus.ape", "bear": "zoo.bear"})
    hosts = registered_hosts().split(",")
    assert "bear=zoo.bear" in hosts
    assert not any(host.startswith("ape=") for host in hosts)
    [record] = caplog.records
    assert record.getMessage() == (
        "beir-hybrid: the host 'ape' is left out: it is registered as circus.ape and as zoo.ape"
    )


def test_host_of_ours_stays_ours_and_who_else_takes_its_name_is_told_in_one_line(plug_in, caplog):
    plug_in("zoo", HOSTS, {"beir": "json"})
    assert "beir=beir_hybrid.hosts.beir" in registered_hosts().split(",")
    [record] = caplog.records
    assert record.getMessage() == (
        "beir-hybrid: the host 'beir=json' is left out: the name is beir-hybrid's own, and cannot be replaced"
    )


@pytest.mark.parametrize(
    ("program", "message"),
    [
        ([], "There is no script ''"),
        (["-m"], "-m needs the name of a module behind it"),
        (["-c"], "-c needs code behind it"),
        (["-x", "script.py"], "There is no option '-x'"),
    ],
    ids=["nothing", "no module", "no code", "unknown option"],
)
def test_what_is_no_program_is_refused(started, program, message):
    with pytest.raises((ConfigurationError, MissingDataError), match=message):
        run(program)


def test_missing_script_is_refused_and_the_closest_beside_it_named(started, tmp_path):
    (tmp_path / "evaluate_sbert.py").touch()
    (tmp_path / "evaluate_sbert.txt").touch()
    with pytest.raises(MissingDataError) as caught:
        run([str(tmp_path / "evaluate_sbrt.py")])
    assert str(caught.value) == (
        f"There is no script '{tmp_path / 'evaluate_sbrt.py'}'. Did you mean '{tmp_path / 'evaluate_sbert.py'}'?"
    )


def test_missing_script_that_is_a_command_is_told_by_its_path(started, tmp_path, monkeypatch):
    (tmp_path / "zoorun").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path.parent)
    with pytest.raises(MissingDataError, match=f"Did you mean '{tmp_path / 'zoorun'}'"):
        run(["zoorun"])


def test_missing_script_in_a_missing_folder_tells_the_folder(started, tmp_path):
    with pytest.raises(MissingDataError, match=f"There is no folder '{tmp_path / 'no'}' either"):
        run([str(tmp_path / "no" / "x.py")])


@pytest.mark.parametrize("option", ["-I", "-E", "-S"])
def test_interpreter_that_hosts_cannot_enter_is_refused(option):
    paths = [path for path in sys.path if path]  # -S finds no site-packages
    code = f"import sys; sys.path += {paths!r}; from beir_hybrid.hosts.launcher import run; run(['-c', 'print(1)'])"
    ended = subprocess.run([sys.executable, option, "-c", code], capture_output=True, text=True)
    assert ended.stdout == ""
    assert "Start it without -E, -I and -S." in ended.stderr.splitlines()[-1]


@pytest.mark.parametrize("code", [0, 3])
def test_where_a_process_cannot_be_replaced_its_exit_code_is_passed_on(code):
    command = [sys.executable, "-c", f"import os; raise SystemExit({code} + (os.environ['ZOO'] != 'open'))"]
    with pytest.raises(SystemExit) as caught:
        launcher._wait_for(command, {**os.environ, "ZOO": "open"})
    assert caught.value.code == code
