"""Irds: ids of ir_datasets with judgements to train on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

from beir_hybrid.datasets.ir_dataset import Families, IrDataset
from beir_hybrid.datasets.ir_source import IrSource
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.formats.judged import JudgedFor, JudgedQuestion, TextIn, judged_pairs, pairs_batch
from beir_hybrid.formats.tables import ROWS
from beir_hybrid.languages import choose_languages
from beir_hybrid.storage.pair_building import RowBatch


@dataclass(frozen=True)
class Irds:
    """Ids of ir_datasets, as ``irds:mmarco/v2/*/train``; see :class:`~beir_hybrid.datasets.ir_dataset.IrDataset`.

    Each relevant document of a query is a row, and those judged to be none are its negatives. A group is a query with
    one of its documents; those of ids that are translations of one another are the same. Of an id without qrels, the
    pairs of documents say what is relevant. The judged texts of one id are held in memory.

    Args:
        negatives: How many negatives of the pairs of documents a row gets at most, those that come first.

    Raises:
        ConfigurationError: If that is not a whole number from 0 on.
    """

    name: ClassVar[str] = "irds"
    negatives: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.negatives, bool) or not isinstance(self.negatives, int) or self.negatives < 0:
            raise ConfigurationError(f"negatives is {self.negatives!r}.", "Give a whole number from 0 on.")

    def recognizes(self, path: Path) -> bool:
        """Return that no file or folder is one."""
        return False

    def read(self, path: Path | str, languages: Sequence[str] | None) -> Iterator[RowBatch]:
        """Read rows; see :class:`~beir_hybrid.formats.PairFormat`.

        Args:
            path: The address, as for :meth:`~beir_hybrid.datasets.ir_dataset.IrDataset.parse`.
            languages: Codes of languages of queries and documents; None for all.

        Raises:
            BeirHybridError: As there; and if ir_datasets cannot get the files.
        """
        dataset = IrDataset.parse(str(path))
        families = Families()
        for source in dataset.searched(choose_languages(languages, dataset.languages, dataset.name)):
            judged = self._judged(source)
            pairs = ((query, document, 1) for query, each in judged.items() for document in each.positives)
            family = families.find(source.identifier, pairs)
            yield from _rows(source, judged, family)

    def _judged(self, source: IrSource) -> dict[str, JudgedFor]:
        judged: dict[str, JudgedFor] = {}
        if source.has_qrels:
            for query, document, grade in source.judgements():
                of_query = judged.setdefault(query, JudgedFor())
                (of_query.positives if grade > 0 else of_query.negatives).append(document)
        if self.negatives or not source.has_qrels:
            added: Counter[str] = Counter()
            for query, positive, negative in source.document_pairs():
                of_query = judged.setdefault(query, JudgedFor())
                if not source.has_qrels and positive not in of_query.positives:
                    of_query.positives.append(positive)
                if added[query] < self.negatives and negative not in of_query.negatives:
                    of_query.negatives.append(negative)
                    added[query] += 1
        return judged


def _rows(source: IrSource, judged: dict[str, JudgedFor], family: str) -> Iterator[RowBatch]:
    wanted = {document for each in judged.values() for document in (*each.positives, *each.negatives)}
    texts = {
        document: TextIn(source.language, passage.searchable)
        for document, passage in source.documents()
        if document in wanted
    }
    made: list[dict[str, Any]] = []
    dropped: Counter[str] = Counter()
    met: set[str] = set()
    for query, language, text in source.topics():
        if query not in judged:
            continue
        met.add(query)
        group = partial(_group, f"{family}:{query}")
        made += judged_pairs(JudgedQuestion(query, language, text), judged[query], texts, group, dropped)
        if len(made) >= ROWS:
            yield RowBatch(pairs_batch(made), +dropped)
            made, dropped = [], Counter()
    dropped["judgements of a query that is not there"] += len(judged.keys() - met)
    yield RowBatch(pairs_batch(made), +dropped)


def _group(query: str, _: int, document: str) -> str:
    return f"{query}:{document}"
