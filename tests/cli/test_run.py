import os
import signal
import subprocess
import sys
import venv
import zipapp

import pytest

from beir_hybrid.hosts.launcher import environment_with_hosts

RUN = [sys.executable, "-m", "beir_hybrid.cli.main", "run"]

SEEN = """
import logging, os, sys, warnings
print(__name__, __file__, __spec__ and __spec__.name, __package__, sys.argv, sys.orig_argv)
print(sys.path, sys.flags, sys.warnoptions, warnings.filters, os.getcwd())
print(sorted(vars(sys.modules["__main__"])), __annotations__ if "__annotations__" in vars() else None)
print(logging.root.handlers, logging.root.level, sys.excepthook, sys.stdout.line_buffering, __debug__)
print({name: value for name, value in os.environ.items() if name != "_"})
"""
FAILING = """
def inner():
    raise ValueError("größer")
try:
    inner()
except ValueError as error:
    raise KeyError("zoo") from error
"""
LOGGING = """
import logging, warnings
logging.basicConfig(format="%(asctime)s".replace("asctime", "name") + " %(message)s", level=logging.INFO)
logging.info("told")
logging.getLogger("beir_hybrid").debug("not told")
warnings.warn("careful")
"""
SPAWNING = """
import multiprocessing, pickle, sys
class Ape:
    def __init__(self, name):
        self.name = name
def ask(ape):
    return f"{ape.name} in {type(ape).__module__} {__name__} {sys.argv}"
if __name__ == "__main__":
    print(pickle.loads(pickle.dumps(Ape("Kong"))).name, Ape.__module__)
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(pool.map(ask, [Ape("Koko")]))
"""
WAITING = """
import time
try:
    print("ready", flush=True)
    time.sleep(30)
except KeyboardInterrupt:
    print("caught")
    raise KeyboardInterrupt from None  # wherever it was caught
"""
IN_PIECES = "import sys\nprint(sys.stdin.read())\nprint('\\u00e9', end='', flush=True)\nprint('late', file=sys.stderr)"
ZOO_HOST = "import sys\ndef activate():\n    sys.zoo = 'open'\n"
IS_OPEN = "import sys; print(getattr(sys, 'zoo', 'closed'))"
CHILD = f"import subprocess, sys; subprocess.run([sys.executable, *sys.argv[1:], '-c', {IS_OPEN!r}], check=True)"


def start(command, **options):
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", **options)


def outcome(ended):
    return ended.stdout, ended.stderr, ended.returncode


@pytest.fixture
def same(tmp_path, monkeypatch):
    """Run a program with python and with the launcher; both must end alike. Returns how they ended."""
    monkeypatch.chdir(tmp_path)

    def same(*words, options=(), **more):
        plain = start([sys.executable, *options, *words], **more)
        launched = start([sys.executable, *options, *RUN[1:], *words], **more)
        assert outcome(launched) == outcome(plain)
        return plain

    return same


@pytest.fixture
def host(plug_in, tmp_path, monkeypatch):
    """Install a host that sets ``sys.zoo``, and more of them by name and target, for the processes of this test."""

    def host(**more):
        plug_in("zoo", "beir_hybrid.hosts", {"zoo": "zoo_host", **more}, zoo_host=ZOO_HOST)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site" / "zoo"))

    monkeypatch.chdir(tmp_path)
    host()
    return host


@pytest.mark.parametrize(
    "words",
    [["see.py"], ["sub/see.py", "--help", "--children", "-m", "é x", ""], ["-m", "park"], ["-m", "park.see", "-h"]],
    ids=["script", "script with options", "package", "module with options"],
)
def test_program_sees_what_it_sees_with_python(same, tmp_path, words):
    for path in ("see.py", "sub/see.py", "park/__init__.py", "park/__main__.py", "park/see.py"):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_text("" if path.endswith("__init__.py") else SEEN)
    ended = same(*words)
    assert ended.returncode == 0
    assert ended.stdout.startswith("__main__ ")


def test_options_of_the_interpreter_are_the_programs(same, tmp_path):
    (tmp_path / "see.py").write_text(SEEN)
    assert "'error::UserWarning']" in same("see.py", options=["-O", "-W", "error::UserWarning", "-Xdev"]).stdout


def test_environment_is_the_callers_with_a_search_path_or_without(same, tmp_path, monkeypatch):
    (tmp_path / "see.py").write_text(SEEN)
    monkeypatch.delenv("PYTHONPATH", raising=False)
    same("see.py")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path / "a"), "", str(tmp_path / "b")]))
    assert str(tmp_path / "b") in same("see.py").stdout


@pytest.mark.parametrize("form", ["folder", "archive"])
def test_folder_and_archive_run_as_with_python(same, tmp_path, form):
    (tmp_path / "park").mkdir()
    (tmp_path / "park" / "__main__.py").write_text(SEEN)
    zipapp.create_archive(tmp_path / "park", tmp_path / "park.zip")
    assert same("park" if form == "folder" else "park.zip").returncode == 0


def test_code_and_standard_input_run_as_with_python(same):
    assert same("-c", "import sys; print(sys.argv)", "-m", "x").stdout == "['-c', '-m', 'x']\n"
    assert same("-", "x", input="import sys; print(sys.argv)").stdout == "['-', 'x']\n"


def test_standard_streams_are_the_callers(same, tmp_path):
    (tmp_path / "x.py").write_text(IN_PIECES)
    assert same("x.py", input="ünï\n").stdout == "ünï\n\né"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("raise SystemExit", 0),
        ("raise SystemExit(7)", 7),
        ("raise SystemExit('no good')", 1),
        ("import os; os._exit(9)", 9),
        (FAILING, 1),
        ("raise KeyboardInterrupt", -signal.SIGINT),
        ("import os; os.kill(os.getpid(), 15)", -signal.SIGTERM),
        ("def (", 1),
        ("import atexit; atexit.register(print, 'bye'); 1 / 0", 1),
    ],
    ids=["none", "number", "text", "at once", "exception", "interrupt", "killed", "syntax", "exit handler"],
)
def test_program_ends_as_with_python(same, tmp_path, code, status):
    (tmp_path / "x.py").write_text(code, encoding="utf-8")
    assert same("x.py").returncode == status


@pytest.mark.parametrize("words", [["-m", "no_zoo"], ["-m", "json.no_zoo"], ["."]], ids=" ".join)
def test_what_python_cannot_run_ends_as_with_python(same, words):
    assert same(*words).returncode == 1


def test_logging_and_warnings_are_the_scripts(same, tmp_path):
    (tmp_path / "x.py").write_text(LOGGING)
    assert "root told\n" in same("x.py").stderr


def test_classes_of_the_script_reach_spawned_processes(same, tmp_path):
    (tmp_path / "x.py").write_text(SPAWNING)
    assert "Koko in __mp_main__ __mp_main__" in same("x.py", "--y").stdout


def test_interrupt_reaches_the_script(tmp_path):
    (tmp_path / "x.py").write_text(WAITING)
    ends = []
    for command in ([sys.executable], RUN):
        with subprocess.Popen([*command, "x.py"], stdout=-1, stderr=-1, text=True, cwd=tmp_path) as process:
            assert process.stdout.readline() == "ready\n"
            process.send_signal(signal.SIGINT)
            ends.append((*process.communicate(timeout=20), process.returncode))
    assert ends[0] == ends[1]
    assert ends[0][0] == "caught\n"


@pytest.mark.parametrize(
    "text",
    [
        "import builtins; builtins.zoo = __file__",
        "raise ValueError('closed')",
        "import no_zoo",
        "raise ImportError('x', name='sitecustomize')",
    ],
    ids=["sound", "raises", "lacks a module", "ends early"],
)
def test_sitecustomize_that_ours_hides_runs_as_with_python(tmp_path, monkeypatch, text):
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(text)
    (tmp_path / "x.py").write_text(
        "import builtins, sys; print(getattr(builtins, 'zoo', None), sys.modules.get('sitecustomize'), sys.path)"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "site"))
    command = [sys.executable, str(tmp_path / "x.py")]
    assert outcome(start(command, env=environment_with_hosts())) == outcome(start(command))


def test_hosts_are_activated_before_the_program(host):
    assert outcome(start([*RUN, "-c", IS_OPEN])) == ("open\n", "", 0)


def test_beir_is_a_host():
    code = "import sys; import beir_hybrid.hosts.beir as host; print(host.is_active(), 'beir' in sys.modules)"
    assert outcome(start([*RUN, "-c", code])) == ("True False\n", "", 0)


def test_activation_imports_nothing_heavy(tmp_path):
    (tmp_path / "x.py").write_text("import sys; print(*sys.modules)")
    plain, launched = (
        set(start([*command, "x.py"], cwd=tmp_path).stdout.split()) for command in ([sys.executable], RUN)
    )
    added = {name.partition(".")[0] for name in launched - plain}
    assert "beir_hybrid" in added
    assert not added & {"beir", "torch", "numpy", "click", "logging", "transformers", "requests", "email", "asyncio"}
    assert len(launched - plain) < 50


def test_broken_host_is_one_line_and_the_others_are_activated(host, tmp_path):
    info = tmp_path / "site" / "zoo" / "zoo-1.5.dist-info" / "entry_points.txt"
    info.write_text(info.read_text() + "\nape = zoo_ape\n")
    ended = start([*RUN, "-c", IS_OPEN])
    assert ended.stdout == "open\n"
    assert ended.stderr == "beir-hybrid: the host 'ape' is left out: ModuleNotFoundError: No module named 'zoo_ape'\n"


def test_children_are_reached_only_if_asked(host, tmp_path):
    (tmp_path / "x.py").write_text(CHILD)
    assert start([*RUN, "x.py"]).stdout == "closed\n"
    assert start([*RUN, "--children", "x.py"]).stdout == "open\n"


def test_children_of_children_are_reached_also_through_the_launcher_without_children(host, tmp_path):
    (tmp_path / "x.py").write_text(CHILD)
    words = [*RUN[1:], "x.py"]
    (tmp_path / "y.py").write_text(f"import subprocess, sys; subprocess.run([sys.executable, *{words!r}], check=True)")
    assert start([*RUN, "y.py"]).stdout == "closed\n"
    assert outcome(start([*RUN, "--children", "y.py"])) == ("open\n", "", 0)


def test_spawned_processes_of_multiprocessing_are_reached_as_children(host, tmp_path):
    (tmp_path / "x.py").write_text(
        "import multiprocessing, sys\n"
        "def look():\n    print(sys.zoo)\n"
        "if __name__ == '__main__':\n"
        "    child = multiprocessing.get_context('spawn').Process(target=look)\n"
        "    child.start(); child.join()\n"
    )
    assert outcome(start([*RUN, "--children", "x.py"])) == ("open\n", "", 0)


def test_child_that_ignores_the_environment_runs_as_ever(host, tmp_path):
    (tmp_path / "x.py").write_text(CHILD)
    assert outcome(start([*RUN, "--children", "x.py", "-I"])) == ("closed\n", "", 0)


def test_child_of_another_python_without_this_package_runs_as_ever(tmp_path):
    venv.create(tmp_path / "other", symlinks=os.name == "posix")
    python = tmp_path / "other" / ("bin" if os.name == "posix" else "Scripts") / "python"
    code = "import sys; print('beir_hybrid' in sys.modules, 'sitecustomize' in sys.modules)"
    environment = environment_with_hosts(children=True)
    environment["PYTHONPATH"] = environment["PYTHONPATH"].partition(os.pathsep)[0]
    plain = start([python, "-c", code], env={**environment, "PYTHONPATH": ""})
    assert outcome(start([python, "-c", code], env=environment)) == outcome(plain)
    assert plain.stdout.startswith("False ")


@pytest.mark.slow  # imports torch twice
def test_workers_of_torchrun_are_reached_as_children(host, tmp_path):
    (tmp_path / "x.py").write_text(f"{IS_OPEN}; import os; print(os.environ['RANK'])")
    words = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "x.py"]
    ended = start([*RUN, "--children", *words])
    assert ended.returncode == 0, ended.stderr
    # both write to one pipe, their pieces in whatever order
    assert sorted(ended.stdout.replace("\n", "")) == sorted("01openopen")


def test_missing_script_is_refused_in_a_line(refused, tmp_path):
    (tmp_path / "evaluate_sbert.py").touch()
    assert refused("run", "--children", "evaluate_sbrt.py", "--help") == (
        "There is no script 'evaluate_sbrt.py'. Did you mean 'evaluate_sbert.py'?"
    )


def test_unknown_option_is_refused(refused):
    assert refused("run", "-x", "script.py").startswith("There is no option '-x'.")


@pytest.mark.parametrize("words", [["--childen", "x.py"], [], ["--"]], ids=["misspelt", "nothing", "separator only"])
def test_words_that_are_no_program_show_the_usage(invoke, words):
    result = invoke("run", *words)
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: ")


@pytest.mark.parametrize("words", [["-h"], ["--help"], ["--children", "--help"]], ids=" ".join)
def test_help_before_the_program_is_ours(invoke, words):
    result = invoke("run", *words)
    assert result.exit_code == 0
    assert "--children" in result.stdout
    assert "torch.distributed.run" in result.stdout


def test_separator_before_the_program_is_allowed(tmp_path):
    (tmp_path / "x.py").write_text("import sys; print(sys.argv)")
    assert start([*RUN, "--", "x.py", "--", "-h"], cwd=tmp_path).stdout == "['x.py', '--', '-h']\n"
