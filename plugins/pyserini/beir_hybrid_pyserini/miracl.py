"""MIRACL's topics and judgements for Pyserini where its own cannot be downloaded.

Pyserini gets both by name, such as ``miracl-v1.0-sw-dev``, from the internet when they are first used. Where that
fails, they come from the files that the dataset ``miracl`` is loaded from, which have the same names and the same form:
those in the folder that ``BEIR_HYBRID_DATA`` names, or else on the Hugging Face hub. Pyserini reads them itself.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from beir_hybrid.errors import BeirHybridError
from beir_hybrid.hosts.kit import replace

logger = logging.getLogger(__name__)

_FILE = re.compile(r"(topics|qrels)\.miracl-v1\.0-([a-z]{2})-([a-z]+)\.tsv")


def stand_in(module: Any) -> list[Callable[[], None]]:
    """Let Pyserini fall back to our files where its download of MIRACL's fails.

    What is replaced are the two Java classes of the module that download: ``get_topics`` and ``get_qrels_file`` look
    them up at each call, so that this reaches whoever has fetched these functions before.

    Args:
        module: ``pyserini.search._base``.

    Returns:
        What takes each back.
    """
    reader, judgements, path = module.JTopicReader, module.JRelevanceJudgments, module.JPath

    def topics(entry: Any, file: Path) -> Any:
        return reader.getTopicsWithStringIdsFromFileWithTopicReaderClass(entry.readerClass.getName(), str(file))

    ours = {
        "JTopicReader": _FallingBack(reader, "getTopicsWithStringIds", lambda entry: str(entry.path), topics),
        "JRelevanceJudgments": _FallingBack(
            judgements, "getQrelsPath", lambda wanted: str(wanted.toString()), lambda _, file: path.of(str(file))
        ),
    }
    return [replace(module, name, stand) for name, stand in ours.items()]


class _FallingBack:
    """A Java class, one of whose methods has something else to give where it fails.

    Args:
        java: The class.
        method: Name of a static method with one argument.
        name_of: Gives the name of the file that the argument is about.
        ours: Gives what the method would, from the argument and our file.
    """

    def __init__(self, java: Any, method: str, name_of: Callable[[Any], str], ours: Callable[[Any, Path], Any]) -> None:
        self._java, self._method, self._name_of, self._ours = java, method, name_of, ours

    def __getattr__(self, name: str) -> Any:
        return self._call if name == self._method else getattr(self._java, name)

    def _call(self, argument: Any) -> Any:
        try:
            return getattr(self._java, self._method)(argument)
        except Exception as error:  # Java's, whatever was in the way of the download
            name = Path(self._name_of(argument)).name
            file = _find(name)
            if file is None:
                raise
            reason = str(error).partition("\n")[0]
            logger.warning("Pyserini cannot get %s (%s); %s is taken in its place.", name, reason, file)
            return self._ours(argument, file)


def _find(name: str) -> Path | None:
    """Find a file of MIRACL's by its name; None if it is another one's, or cannot be had, which a warning tells."""
    from beir_hybrid.datasets import MiraclFiles

    match = _FILE.fullmatch(name)
    if match is None:
        return None
    kind, language, split = match.groups()
    try:
        topics, qrels = MiraclFiles(None).topics_and_qrels(language, split)
    except BeirHybridError as error:
        logger.warning("Pyserini cannot get %s, and beir-hybrid cannot either: %s", name, error)
        return None
    return topics if kind == "topics" else qrels
