"""Pairs of questions and the documents that are judged for them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pyarrow as pa

from beir_hybrid.storage.pair_rows import SCHEMA

_COLUMNS = ("group", "language", "question", "passage", "passage_language", "negatives", "negative_languages")


class TextIn(NamedTuple):
    """A document.

    Attributes:
        language: Its code.
        text: Title and text.
    """

    language: str
    text: str


class JudgedQuestion(NamedTuple):
    """A query.

    Attributes:
        identifier: Its id.
        language: Its code.
        text: Its text.
    """

    identifier: str
    language: str
    text: str


@dataclass
class JudgedFor:
    """The documents judged for one query, by id.

    Attributes:
        positives: Those above 0.
        negatives: Those of 0.
    """

    positives: list[str] = field(default_factory=list)
    negatives: list[str] = field(default_factory=list)


def judged_pairs(
    question: JudgedQuestion,
    judged: JudgedFor,
    texts: Mapping[str, TextIn],
    group: Callable[[int, str], str],
    dropped: Counter[str],
) -> list[dict[str, Any]]:
    """Return the rows of one query, one for each relevant document.

    Those in another language count where there is none in the query's.

    Args:
        question: The query.
        judged: What is judged for it.
        texts: Documents by id.
        group: Returns the group of a row by its number, from 1, and the document.
        dropped: Counts what is left out, by reason.
    """
    positives = [(document, texts[document]) for document in judged.positives if document in texts]
    negatives = [texts[document] for document in judged.negatives if document in texts]
    dropped["judgements of a document that is not there"] += (
        len(judged.positives) + len(judged.negatives) - len(positives) - len(negatives)
    )
    own = [(document, text) for document, text in positives if text.language == question.language]
    if own:
        dropped["passages in another language beside one in the question's"] += len(positives) - len(own)
    used = own or positives
    dropped["no relevant passage"] += not used
    return [
        {
            "group": group(number, document),
            "language": question.language,
            "question": question.text,
            "passage": text.text,
            "passage_language": text.language,
            "negatives": [negative.text for negative in negatives] or None,
            "negative_languages": [negative.language for negative in negatives] or None,
        }
        for number, (document, text) in enumerate(used, start=1)
    ]


def pairs_batch(rows: Sequence[dict[str, Any]]) -> pa.RecordBatch:
    """Return rows as columns of a store."""
    return pa.RecordBatch.from_pylist(rows, schema=pa.schema([SCHEMA.field(name) for name in _COLUMNS]))
