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

from beir_hybrid import BeirHybridError
from beir_hybrid.hosts.kit import Overlay, replace

logger = logging.getLogger(__name__)

_FILE = re.compile(r"(topics|qrels)\.miracl-v1\.0-([a-z]{2})-([a-z]+)\.tsv")


def stand_in(module: Any) -> list[Callable[[], None]]:
    """Let Pyserini fall back to our files where its download of MIRACL's fails.

    What is replaced are the two Java classes of the module that download: ``get_topics`` and ``get_qrels_file`` look
    them up at each call, so that this reaches whoever has fetched these functions before.

    Args:
        module: ``pyserini.search._base``.

    Returns:
        What undoes each.
    """
    reader, judgements, path = module.JTopicReader, module.JRelevanceJudgments, module.JPath

    def topics(entry: Any) -> Any:
        def ours(file: Path) -> Any:
            return reader.getTopicsWithStringIdsFromFileWithTopicReaderClass(entry.readerClass.getName(), str(file))

        return _or_ours(lambda: reader.getTopicsWithStringIds(entry), lambda: entry.path, ours)

    def qrels(wanted: Any) -> Any:
        return _or_ours(
            lambda: judgements.getQrelsPath(wanted), lambda: wanted.toString(), lambda file: path.of(str(file))
        )

    return [
        replace(module, "JTopicReader", Overlay(reader, getTopicsWithStringIds=topics)),
        replace(module, "JRelevanceJudgments", Overlay(judgements, getQrelsPath=qrels)),
    ]


def _or_ours(theirs: Callable[[], Any], place: Callable[[], Any], ours: Callable[[Path], Any]) -> Any:
    """Return what Java returns, or what our file of the same name holds if Java fails and there is one."""
    try:
        return theirs()
    except Exception as error:  # Java's, whatever was in the way of the download
        name = Path(str(place())).name
        file = _find(name)
        if file is None:
            raise
        reason = str(error).partition("\n")[0]
        logger.warning("Pyserini cannot get %s (%s); %s is used instead.", name, reason, file)
        return ours(file)


def _find(name: str) -> Path | None:
    """Find a file of MIRACL's by its name; None if it is not of MIRACL, or cannot be loaded, which is logged."""
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
