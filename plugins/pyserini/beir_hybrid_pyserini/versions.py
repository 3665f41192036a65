"""All that differs between Pyserini 1.6 (the newest for Python 3.11) and 2.x, and where its files are.

What is the same in both, such as the layout of an index, is not here. Nothing of Pyserini is imported.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

from beir_hybrid import MissingDataError, PluginError
from beir_hybrid.hosts.kit import when_imported

INCUBATOR = "jdk.incubator.vector"
"""The Java module that Pyserini asks for, which makes vector search in Lucene faster; a JRE may lack it."""

_OPENAI_KEY = "OPENAI_API_KEY"
_PLACEHOLDER = "none"


def major_version() -> int:
    """Return Pyserini's major version, 1 or more.

    Raises:
        PluginError: If it is not installed.
    """
    try:
        return int(version("pyserini").partition(".")[0])
    except PackageNotFoundError as error:
        raise PluginError("Pyserini is not installed.", "Install it: pip install pyserini") from error


def anserini_jar() -> Path:
    """Find the Java half of Pyserini, as Pyserini itself does: the newest jar of its folder.

    The environment variable ``ANSERINI_CLASSPATH`` names another folder.

    Raises:
        PluginError: If Pyserini is not installed.
        MissingDataError: If the folder holds no such jar.
    """
    spec = find_spec("pyserini")
    if spec is None or not spec.submodule_search_locations:
        raise PluginError("Pyserini is not installed.", "Install it: pip install pyserini")
    own = Path(next(iter(spec.submodule_search_locations))) / "resources" / "jars"
    folder = Path(os.environ.get("ANSERINI_CLASSPATH") or own)
    jars = list(folder.glob("anserini-*-fatjar.jar"))
    if not jars:
        fix = "Reinstall it: pip install --force-reinstall --no-deps pyserini"
        raise MissingDataError(
            f"There is no anserini-*-fatjar.jar in {folder}.", fix if folder == own else "Check ANSERINI_CLASSPATH."
        )
    return max(jars, key=lambda path: path.stat().st_ctime)


def jvm_options(modules: Collection[str]) -> list[str]:
    """List the options that Pyserini's JVM is started with.

    2.x keeps Java's logging and some warnings quiet, with a file beside its jar. What it does without harm is done for
    1.6 as well.

    Args:
        modules: What the Java at hand has; Pyserini's own start fails without the incubator module, though dense
            search, BM25 and trec_eval work without it.
    """
    options = ["--enable-native-access=ALL-UNNAMED"]
    if INCUBATOR in modules:
        options.append(f"--add-modules={INCUBATOR}")
    if not os.environ.get("PYSERINI_VERBOSE_JVM"):
        options.append("-Dslf4j.internal.verbosity=WARN")
        logging = anserini_jar().with_name("logging.properties")
        if logging.is_file():
            options.append(f"-Djava.util.logging.config.file={logging}")
    return options


def lend_openai_key() -> None:
    """Let Pyserini 1.x be imported where there is no key for OpenAI: it makes a client that wants one.

    The placeholder is removed as soon as that client is made, so that using the client later fails for want of a key.
    2.x makes its clients when they are used.
    """
    if major_version() > 1:
        return
    if not os.environ.get(_OPENAI_KEY):
        os.environ[_OPENAI_KEY] = _PLACEHOLDER
        when_imported("pyserini.encode._openai", _take_back_key)


def _take_back_key(module: ModuleType) -> None:
    if os.environ.get(_OPENAI_KEY) == _PLACEHOLDER:
        del os.environ[_OPENAI_KEY]
