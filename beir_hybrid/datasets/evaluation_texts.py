"""Texts of evaluation sets, as far as they are there, to look for in training data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from beir_hybrid.collection import LazyCorpus, MultilingualCollection
from beir_hybrid.datasets.names import NamedData, find_data
from beir_hybrid.errors import ConfigurationError, MissingDataError
from beir_hybrid.pairs.overlap import EvaluationTexts, passage_texts


def load_evaluation_texts(name: str, source: str | Path | None = None) -> EvaluationTexts:
    """Load all queries and passages of an evaluation set that can be had.

    What is missing is noted. Of corpora that are too large for memory, the judged passages are taken; so they are of
    MIRACL, from corpora that are on this machine.

    Args:
        name: A dataset, one of its splits, such as ``miracl.dev``, or one of its settings, such as ``xquad-r.de``.
        source: As for :func:`~beir_hybrid.datasets.load_dataset`.

    Raises:
        UnknownNameError: If there is no such dataset, split or setting.
        MissingDataError: If nothing of it is there.
        DataFormatError: If a file is malformed.

    Examples:
        >>> texts = load_evaluation_texts("sample.en-th")
        >>> sorted(texts.queries), len(texts.passages["th"])
        (['en', 'th'], 74)
    """
    data = find_data(name)
    options = {}
    if data.setting in data.dataset.splits:
        options, data = {"split": data.setting}, NamedData(data.dataset, "")
    data.check()
    own: Callable[..., EvaluationTexts] | None = getattr(data.dataset.dataset, "evaluation_texts", None)
    if own is not None:
        return own(name, source, data.languages, **options)
    collections, notes = _load(data, source, options)
    passages: dict[str, list[str]] = {}
    for one in collections:
        judged = {document for grades in one.qrels.values() for document in grades}
        for language, corpus in one.corpora.items():
            if isinstance(corpus, LazyCorpus):  # whose passages would take more memory than there is
                passages[language] = passage_texts(corpus[each] for each in sorted(judged) if each in corpus)
                notes = (*notes, f"of the passages in {language}, only those judged")
            else:
                passages[language] = passage_texts(corpus.values())
    queries = {language: list(one.queries[language].values()) for one in collections for language in one.queries}
    return EvaluationTexts(name, queries, passages, notes)


def _load(
    data: NamedData, source: str | Path | None, options: Mapping[str, Any]
) -> tuple[list[MultilingualCollection], tuple[str, ...]]:
    """Load the whole, or else each language that is there."""
    try:
        return [data.load(source, **options)], ()
    except MissingDataError:
        collections, missing = [], []
        for language in data.languages or data.dataset.languages:
            try:
                collections.append(data.dataset.load(source, [language], **options))
            except (MissingDataError, ConfigurationError):  # the latter where a language cannot be loaded alone
                missing.append(language)
        if not collections:
            raise
        return collections, (f"nothing of {', '.join(missing)} is there",)
