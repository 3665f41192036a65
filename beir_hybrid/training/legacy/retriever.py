"""TrainRetriever: what BEIR's training scripts train with, on today's sentence-transformers, and by language."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from datasets import Dataset
from sentence_transformers.base.evaluation import BaseEvaluator
from sentence_transformers.sentence_transformer.datasets import NoDuplicatesDataLoader
from sentence_transformers.sentence_transformer.evaluation import InformationRetrievalEvaluator
from sentence_transformers.sentence_transformer.readers import InputExample
from torch import nn
from torch.utils.data import DataLoader

from beir_hybrid.batching.distinct_loader import DistinctTextsDataLoader
from beir_hybrid.batching.loader import HybridBatchDataLoader
from beir_hybrid.batching.strategies.base import Strategy
from beir_hybrid.collection import language_of
from beir_hybrid.errors import BatchError, ConfigurationError, DataFormatError, shorten
from beir_hybrid.training.legacy.fit import fit
from beir_hybrid.training.legacy.fit_options import FitOptions, takes_options

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


logger = logging.getLogger(__name__)

Corpus = Mapping[str, Mapping[str, str | None]]
Queries = Mapping[str, str]
Qrels = Mapping[str, Mapping[str, int]]


class RelevantExample(InputExample):
    """A query and a document that is relevant to it.

    Args:
        query_id: The query's id.
        document_id: The document's id.
        texts: The query and the document, with its title before its text.

    Attributes:
        query_id: The query's id.
        document_id: The document's id.
    """

    def __init__(self, query_id: str, document_id: str, texts: list[str]) -> None:
        super().__init__(guid=f"{query_id} {document_id}", texts=texts, label=1)
        self.query_id = query_id
        self.document_id = document_id


@dataclass(frozen=True)
class RetrieverFitOptions(FitOptions):
    """:class:`~beir_hybrid.training.legacy.fit_options.FitOptions` with the defaults of BEIR.

    ``correct_bias``, an option of the AdamW that transformers 5 no longer has, is left out with a warning where it
    asks for what torch's AdamW does not do.
    """

    optimizer_params: dict[str, Any] = field(default_factory=lambda: {"lr": 2e-5, "eps": 1e-6})

    def __post_init__(self) -> None:
        params = dict(self.optimizer_params)
        if issubclass(self.optimizer_class, torch.optim.AdamW) and not params.pop("correct_bias", True):
            logger.warning("torch's AdamW always corrects its bias: correct_bias=False has no effect")
        object.__setattr__(self, "optimizer_params", params)
        super().__post_init__()


class TrainRetriever:
    """Trains an encoder on BEIR's dicts, in place of ``beir.retrieval.train.TrainRetriever``.

    BEIR's own cannot be imported where transformers is 5 or newer. This has its constructor and methods, and more:
    where ids begin with their language (``en:17``), :meth:`prepare_train` plans the batches by language, if it is
    given a strategy.

    Args:
        model: The encoder; trained in place.
        batch_size: Examples per batch.

    Examples:
        >>> from sentence_transformers import SentenceTransformer
        >>> retriever = TrainRetriever(SentenceTransformer(modules=[torch.nn.Identity()], device="cpu"), batch_size=2)
        >>> corpus = {"d1": {"title": "Paris", "text": "The capital of France."}, "d2": {"title": "", "text": "Rome."}}
        >>> samples = retriever.load_train(corpus, {"q": "Capital of France?"}, {"q": {"d1": 1, "d2": 0}})
        >>> [sample.texts for sample in samples]
        [['Capital of France?', 'Paris The capital of France.']]
    """

    def __init__(self, model: SentenceTransformer, batch_size: int = 64) -> None:
        self.model = model
        self.batch_size = batch_size

    def load_train(self, corpus: Corpus, queries: Queries, qrels: Qrels) -> list[RelevantExample]:
        """Pair every query with every document that is relevant to it.

        Args:
            corpus: Title and text by document id.
            queries: Text by query id.
            qrels: Grade by query id and document id; from 1 on a document is relevant.

        Returns:
            One example per pair, queries in their order. Documents that the corpus lacks are left out, with a warning.
        """
        examples = []
        missing = []
        for query, text in queries.items():
            for document, grade in qrels.get(query, {}).items():
                if grade < 1:
                    continue
                if document in corpus:
                    examples.append(RelevantExample(query, document, [text, _searchable(corpus[document])]))
                else:
                    missing.append(document)
        if missing:
            logger.warning("The corpus lacks %d relevant documents, such as %r", len(missing), missing[0])
        logger.info("Loaded %d training pairs", len(examples))
        return examples

    def load_train_triplets(self, triplets: Iterable[Sequence[str]]) -> list[InputExample]:
        """Make examples of triplets.

        Args:
            triplets: Texts of a query, a relevant document and an irrelevant one, each.
        """
        examples = [InputExample(texts=list(triplet)) for triplet in triplets]
        logger.info("Loaded %d training triplets", len(examples))
        return examples

    def prepare_train(
        self,
        train_dataset: Iterable[InputExample],
        shuffle: bool = True,
        dataset_present: bool = False,
        strategy: str | Strategy | None = None,
        **options: Any,
    ) -> DataLoader[Any] | HybridBatchDataLoader:
        """Put examples into batches.

        Args:
            train_dataset: Examples, such as those of :meth:`load_train`.
            shuffle: Whether to draw them in random order.
            dataset_present: Whether ``train_dataset`` is a torch dataset, which is read example by example as batches
                are drawn; otherwise its examples are listed at once.
            strategy: What kind of batch comes next, by the languages that the ids in :meth:`load_train`'s examples
                begin with: queries whose ids are equal except for the language are translations, and never meet in a
                batch, nor do queries that share a relevant document. None for batches of any examples.
            **options: Of the strategy, such as ``alpha``, and of
                :class:`~beir_hybrid.batching.loader.HybridBatchDataLoader`, such as ``seed``.

        Returns:
            A loader for :meth:`fit`; with a strategy, a HybridBatchDataLoader.

        Raises:
            BatchError: If the examples cannot fill a batch of some kind that the strategy draws.
            ConfigurationError: If arguments contradict one another.
            DataFormatError: If there is no example, or the strategy needs a language that an id does not carry.
        """
        if isinstance(train_dataset, Sized) and len(train_dataset) == 0:
            raise DataFormatError("There is no training example.", "Check that the qrels fit queries and corpus.")
        if strategy is None:
            if options:
                raise ConfigurationError(f"{min(options)!r} is an option of planned batches.", "Give a strategy, too.")
            examples: Any = train_dataset if dataset_present else list(train_dataset)
            return DataLoader(examples, batch_size=self.batch_size, shuffle=shuffle)
        if not shuffle:
            raise ConfigurationError(
                f"shuffle is False with strategy={strategy!r}.",
                "Leave shuffle out: planned batches are always shuffled.",
            )
        if dataset_present:
            raise ConfigurationError(f"dataset_present with strategy={strategy!r}.", "Give load_train()'s examples.")
        return HybridBatchDataLoader(_by_language(train_dataset), self.batch_size, strategy, **options)

    def prepare_train_triplets(self, train_dataset: Iterable[InputExample]) -> NoDuplicatesDataLoader:
        """Put examples into batches that hold no text twice.

        Args:
            train_dataset: Examples, such as those of :meth:`load_train_triplets`.

        Returns:
            A loader for :meth:`fit`. Where the rest of a batch cannot be found, it raises a BatchError.

        Raises:
            BatchError: If there are fewer examples than a batch.
        """
        examples = list(train_dataset)
        if len(examples) < self.batch_size:
            raise BatchError(
                f"{len(examples)} examples cannot fill a batch of {self.batch_size}.",
                "Lower the batch size or add examples.",
            )
        return DistinctTextsDataLoader(examples, batch_size=self.batch_size)

    def load_ir_evaluator(
        self,
        corpus: Corpus,
        queries: Queries,
        qrels: Qrels,
        max_corpus_size: int | None = None,
        name: str = "eval",
    ) -> InformationRetrievalEvaluator:
        """Make an evaluator of retrieval.

        Args:
            corpus: Title and text by document id.
            queries: Text by query id.
            qrels: Grade by query id and document id; from 1 on a document is relevant.
            max_corpus_size: Search at most so many documents: the relevant ones and a random choice of the others, the
                same at every call. None or 0 for all.
            name: Name of the evaluator in its metrics and files.

        Raises:
            ConfigurationError: If the relevant documents are more than ``max_corpus_size``.
            DataFormatError: If there is no query.
        """
        if not queries:
            raise DataFormatError(
                "There is no query to evaluate on.", "Check the split, or use load_dummy_evaluator()."
            )
        relevant = {
            query: {document for document, grade in grades.items() if grade >= 1} for query, grades in qrels.items()
        }
        chosen = list(corpus)
        if max_corpus_size:
            chosen = _choose(chosen, set().union(*relevant.values()), max_corpus_size)
        texts: dict[str, Any] = {document: _searchable(corpus[document]) for document in chosen}
        asked: dict[str, Any] = dict(queries)
        logger.info("%s: %d documents and %d queries", name, len(texts), len(queries))
        return InformationRetrievalEvaluator(asked, texts, relevant, name=name)

    def load_dummy_evaluator(self) -> BaseEvaluator:
        """Make an evaluator for which the latest model is always the best, for training without a development set."""
        return _Latest()

    @takes_options(RetrieverFitOptions, "self", "train_objectives")
    def fit(
        self,
        train_objectives: Iterable[tuple[DataLoader[Any] | HybridBatchDataLoader, nn.Module]],
        options: RetrieverFitOptions,
    ) -> None:
        """Train; see :func:`beir_hybrid.training.legacy.fit.fit`.

        Args:
            train_objectives: Pairs of loader and loss.
            options: Given one by one, by name or in their order; see :class:`RetrieverFitOptions`.
        """
        fit(self.model, train_objectives, **vars(options))


class _Latest(BaseEvaluator):
    """Scores every model above those before it. The host's empty SequentialEvaluator scores them all 0."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # of the host
        self.primary_metric = "evaluations"
        self.evaluations = 0

    def __call__(
        self, model: Any, output_path: str | None = None, epoch: int = -1, steps: int = -1
    ) -> dict[str, float]:
        self.evaluations += 1
        return {"evaluations": float(self.evaluations)}


def _searchable(document: Mapping[str, str | None]) -> str:
    """Join title and text; BEIR's loader has None for a title that a file lacks."""
    return f"{document.get('title') or ''} {document.get('text') or ''}".strip()


def _choose(documents: Sequence[str], relevant: set[str], size: int) -> list[str]:
    """Choose the relevant documents and some of the others, in the corpus's order."""
    there = relevant.intersection(documents)
    if len(there) > size:
        raise ConfigurationError(
            f"max_corpus_size is {size}, but {len(there)} documents are relevant.", f"Give {len(there)} or more."
        )
    others = [document for document in documents if document not in there]
    drawn = np.random.default_rng(0).permutation(len(others))[: size - len(there)]
    kept = there.union(others[place] for place in drawn)
    return [document for document in documents if document in kept]


def _by_language(examples: Iterable[InputExample]) -> Dataset:
    """Return the examples as rows with their languages and groups."""
    columns: dict[str, list[str]] = {
        name: [] for name in ("anchor", "positive", "anchor_language", "positive_language", "group")
    }
    for place, example in enumerate(examples):
        if not isinstance(example, RelevantExample):
            raise DataFormatError(
                f"The training example {place} has no ids of its query and document.",
                "Give the examples of load_train().",
            )
        languages = [language_of(identifier) for identifier in (example.query_id, example.document_id)]
        if not all(languages):
            unmarked = example.document_id if languages[0] else example.query_id
            raise DataFormatError(
                f"The id {shorten(unmarked)} does not carry its language.", f"Prefix it, as in 'en:{unmarked}'."
            )
        row = (*(example.texts or ()), *languages, example.query_id.partition(":")[2])
        for column, value in zip(columns.values(), row, strict=True):
            column.append(value)
    return Dataset.from_dict(columns)
