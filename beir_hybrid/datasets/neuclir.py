"""NeuCLIR: TREC's judged topics over news in Persian, Russian and Chinese, through ir_datasets."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.ir_dataset import IrDataset
from beir_hybrid.datasets.ir_source import IrSource
from beir_hybrid.errors import ConfigurationError, did_you_mean

_DOCUMENTS = ("fa", "ru", "zh")
_TOPICS = {"trec-2023": ("neuclir/1/multi/trec-2023",)}
"""Where a year's topics are, if not with the documents: those of one language are filtered there (in ir_datasets 0.6.3)
by the judgements of 2022, which leaves none."""


class NeuClir:
    """NeuCLIR 1. English topics, and their human translations as far as ir_datasets has them, over all three corpora.

    Every language's documents have judgements of their own (``neuclir/1/zh/trec-2023`` and so on), and a topic's are
    those of all languages chosen. Its convention is nDCG@20. Translations of one topic are a group.

    Corpora are converted, as streams, into memory-mapped files in the user's cache on first use.
    """

    name = "neuclir"
    description = (
        "TREC's topics in English over 10 million news documents in Persian, Russian and Chinese (ir_datasets)"
    )
    languages = ("en", *_DOCUMENTS)
    licence = "ODC-BY for the documents; topics and judgements by NIST"
    splits = ("trec-2023", "trec-2022")
    passages = 2_232_016 + 4_627_543 + 3_179_209  # in this order

    def load(
        self,
        source: str | Path | None = None,
        languages: Iterable[str] | None = None,
        split: str = "trec-2023",
        judged_only: bool = False,
        sample_passages: int | None = None,
    ) -> MultilingualCollection:
        """Load topics, judgements and corpora.

        Args:
            source: None: ir_datasets keeps its files in the folder that ``IR_DATASETS_HOME`` names.
            languages: Language codes; None for all. One of documents is among them.
            split: The year, ``trec-2023`` or ``trec-2022``.
            judged_only: Whether corpora hold the judged documents alone, relevant or not.
            sample_passages: How many further documents they hold, drawn at random, always the same; None for all.

        Raises:
            ConfigurationError: If ir_datasets is not installed, or an option is wrong.
            MissingDataError: If ir_datasets cannot get the files.
        """
        if split not in self.splits:
            raise ConfigurationError(f"neuclir has no split {split!r}.", did_you_mean(split, self.splits))
        sources = tuple(
            IrSource(f"neuclir/1/{code}/{split}", code, "en", _TOPICS.get(split, ())) for code in _DOCUMENTS
        )
        loaded = IrDataset(self.name, sources).load(source, languages, judged_only, sample_passages)
        return replace(loaded, measures=("ndcg@20", "map", "recall@100"))


NEUCLIR = NeuClir()
