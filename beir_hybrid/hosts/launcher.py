"""Run a script unmodified with the hosts activated.

The script gets an interpreter of its own, started as ``python script.py`` starts one, in the place of this process:
``__main__``, arguments, paths, exit code, tracebacks, signals, logging and everything else are Python's own doing. The
hosts enter through ``sitecustomize`` (:mod:`beir_hybrid.hosts.startup`), which Python runs before the script.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from beir_hybrid.errors import ConfigurationError, MissingDataError
from beir_hybrid.hosts.startup import CHILDREN_VARIABLE, HOSTS_VARIABLE, leave_out, without_folder
from beir_hybrid.registry import HOSTS
from beir_hybrid.registry.origin import is_ours

_FOLDER = str(Path(__file__).resolve().parent / "at_start")


def run(program: Sequence[str], *, children: bool = False) -> NoReturn:
    """Run a Python program in the place of this process, with all registered hosts activated.

    The options of this process's interpreter (such as ``-O`` or ``-W error``) become the program's.

    Args:
        program: What would follow ``python`` on a command line: a script, ``-m`` and a module, ``-c`` and code, or
            ``-`` for code from standard input; then the arguments.
        children: Whether the Python processes that the program starts get the hosts, too: all that inherit its
            environment and are not started with ``-E``, ``-I`` or ``-S``.

    Raises:
        ConfigurationError: If the program is none, or if this interpreter ignores ``PYTHONPATH``.
        MissingDataError: If there is no such script; the message names the closest one beside it.
    """
    _check_program(program)
    if sys.flags.ignore_environment or sys.flags.no_site or not sys.executable:
        raise ConfigurationError(
            "This interpreter does not read PYTHONPATH and sitecustomize, through which the hosts enter.",
            "Start it without -E, -I and -S.",
        )
    command = [sys.executable, *interpreter_options(sys.orig_argv), *program]
    environment = environment_with_hosts(children=children)
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        os.execve(command[0], command, environment)  # noqa: S606  # the user's own program, without a shell
    _wait_for(command, environment)  # elsewhere, exec returns to the shell before the program has ended


def registered_hosts() -> str:
    """Name all registered hosts and where they live, as ``name=target,name=target``; none of them is imported.

    A name that two packages register for different things is left out with a logged line; this package's own names
    stay its own, and the line names the other package's target.
    """
    targets: dict[str, set[str]] = {}
    for host in HOSTS.registrations():
        if host.target:  # else it is of this process only
            targets.setdefault(host.name, set()).add(host.target)
    for name, registered in targets.items():
        own = set(filter(is_ours, registered))
        if own and own != registered:
            for target in sorted(registered - own):
                leave_out(f"{name}={target}", "the name is beir-hybrid's own, and cannot be replaced")
            registered &= own
        if len(registered) > 1:
            leave_out(name, f"it is registered as {' and as '.join(sorted(registered))}")
    return ",".join(f"{name}={registered.pop()}" for name, registered in targets.items() if len(registered) == 1)


def environment_with_hosts(*, children: bool = False) -> dict[str, str]:
    """Build the environment for an interpreter that is to start with the hosts activated.

    Args:
        children: Whether the interpreters that it starts do so, too. They do in any case if this one was.

    Returns:
        A copy of this process's environment, with ``PYTHONPATH`` and up to two variables of ours changed.
    """
    environment = dict(os.environ)
    rest = without_folder(_FOLDER, environment.get("PYTHONPATH", ""))
    environment["PYTHONPATH"] = f"{_FOLDER}{os.pathsep}{rest}" if rest else _FOLDER
    environment[HOSTS_VARIABLE] = registered_hosts()
    if children:
        environment[CHILDREN_VARIABLE] = "1"
    return environment


def interpreter_options(command: Sequence[str]) -> list[str]:
    """Pick the interpreter's own options out of its command line.

    Args:
        command: The whole command line, as in ``sys.orig_argv``.

    Examples:
        >>> interpreter_options(["python", "-OuW", "error", "-Bm", "beir_hybrid.cli.main", "-v"])
        ['-OuW', 'error', '-B']
        >>> interpreter_options(["python", "/venv/bin/beir-hybrid", "run", "-m", "zoo"])
        []
    """
    return list(_options(command))


def _options(command: Sequence[str]) -> Iterator[str]:
    words = iter(command[1:])
    for word in words:
        if word == "-" or not word.startswith("-"):
            return
        if word.startswith("--"):
            yield word
            if word == "--check-hash-based-pycs":
                yield next(words)
            continue
        # letters may stand together; the first that takes a value ends them
        taking = next((place for place, letter in enumerate(word) if letter in "cmWX"), None)
        if taking is None:
            yield word
        elif word[taking] in "WX":
            yield word
            if taking == len(word) - 1:
                yield next(words)
        else:
            if taking > 1:
                yield word[:taking]
            return


def _wait_for(command: Sequence[str], environment: Mapping[str, str]) -> NoReturn:
    import subprocess

    process = subprocess.Popen(command, env=environment)  # noqa: S603  # the user's own program, without a shell
    while True:
        try:
            sys.exit(process.wait())
        except KeyboardInterrupt:  # the program got it as well, and decides
            continue


def _check_program(program: Sequence[str]) -> None:
    script = program[0] if program else ""
    if script == "-":
        return
    if script in ("-m", "-c"):
        if len(program) == 1:
            what = "the name of a module" if script == "-m" else "code"
            raise ConfigurationError(f"{script} needs {what} behind it.", "For example: beir-hybrid run -m my_package")
    elif script.startswith("-"):
        raise ConfigurationError(
            f"There is no option {script!r}.", "Options of the script go behind it: beir-hybrid run script.py --option"
        )
    elif not script or not Path(script).exists():
        raise MissingDataError(f"There is no script {script!r}.", _closest(Path(script)))


def _closest(script: Path) -> str:
    if not script.parent.is_dir():
        return f"There is no folder {str(script.parent)!r} either."
    beside = [path.name for path in script.parent.iterdir() if path.suffix in (".py", ".pyz", ".zip")]
    close = difflib.get_close_matches(script.name, beside, n=1, cutoff=0.5)
    if close:
        return f"Did you mean {str(script.parent / close[0])!r}?"
    from shutil import which

    command = which(script.name) if script.name == str(script) else None
    if command is not None:
        return f"Did you mean {command!r}?"
    return f"There is nothing of a similar name in {str(script.parent.resolve())!r}."
