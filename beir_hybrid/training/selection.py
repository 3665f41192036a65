"""Selection: which checkpoint of a run becomes its model."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import numpy as np

from beir_hybrid.datasets import load_dataset
from beir_hybrid.errors import ConfigurationError, did_you_mean
from beir_hybrid.evaluation.measures import DEFAULT_MEASURES, build_measure
from beir_hybrid.formats import load_pairs
from beir_hybrid.prompts import Role
from beir_hybrid.registry import DATASETS
from beir_hybrid.settings import KINDS
from beir_hybrid.training.request import HOST_DEFAULTS

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import TrainerState

    from beir_hybrid.evaluation.evaluator import MultilingualRetrievalEvaluator
    from beir_hybrid.pairs.parallel import ParallelPairs
    from beir_hybrid.training.arguments import HybridBatchTrainingArguments
    from beir_hybrid.training.request import TrainingRequest


_BATCH_SIZE = "per_device_train_batch_size"

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Selected:
    """The checkpoint that became the model.

    Attributes:
        by: What it was selected by: ``loss``, or a metric such as ``multi_map``.
        value: Its value.
        step: Optimizer steps taken until then.
    """

    by: str
    value: float
    step: int


@dataclass(frozen=True, eq=False)
class Selection:
    """What the Trainer evaluates checkpoints with: either of the two.

    Attributes:
        data: The data's name and languages, for readers.
        dataset: Examples for the validation loss.
        evaluator: For any other metric.
    """

    data: str
    dataset: Dataset | None = None
    evaluator: MultilingualRetrievalEvaluator | None = None


def selection_defaults(request: TrainingRequest) -> dict[str, Any]:
    """Return the host's arguments that select a checkpoint, as defaults for those that are not given.

    It is evaluated and saved at the same steps: after each epoch, or as the arguments ask for either.

    Args:
        request: Without data to evaluate on, nothing is selected.

    Raises:
        UnknownNameError: If there is no such measure.
        ConfigurationError: If there is no such metric, or neither direction of it is better.
    """
    if request.eval_data is None:
        return {}
    metric, given = str(request.select_by), request.arguments
    asked = [given[name] for name in ("eval_strategy", "save_strategy") if given.get(name) in ("steps", "epoch")]
    every = given.get("eval_steps") or given.get("save_steps")
    strategy = asked[0] if asked else "steps" if every else "epoch"
    return {
        "eval_strategy": strategy,
        "save_strategy": strategy,
        **({"eval_steps": str(every), "save_steps": str(every)} if every else {}),
        # a loss over fewer passages than in training would be another loss
        "per_device_eval_batch_size": str(given.get(_BATCH_SIZE) or HOST_DEFAULTS[_BATCH_SIZE]),
        "load_best_model_at_end": True,
        "metric_for_best_model": f"eval_{metric}",
        "greater_is_better": _higher_is_better(metric),
    }


def check_selection(arguments: HybridBatchTrainingArguments) -> None:
    """Raise an error for arguments with which the best model could not be kept.

    Raises:
        ConfigurationError: If the best checkpoint is not to be loaded, or there are evaluations without a checkpoint.
    """
    if not arguments.load_best_model_at_end:
        raise ConfigurationError(
            "load_best_model_at_end is off, and --eval-data is there to select the best model.",
            "Leave out one of them.",
        )
    if arguments.save_strategy == "steps" and arguments.save_steps != arguments.eval_steps:
        raise ConfigurationError(
            f"A model is evaluated every {arguments.eval_steps:g} steps and saved every {arguments.save_steps:g}.",
            "Give --eval_steps and --save_steps the same number, or --save_strategy best.",
        )


def load_selection(request: TrainingRequest, batch_size: int) -> Selection | None:
    """Load what the checkpoints are evaluated with.

    Args:
        request: Says by what a checkpoint is selected, on which data.
        batch_size: Texts per forward pass.

    Returns:
        None if nothing is selected.

    Raises:
        BeirHybridError: Any of its leaves, for data that cannot be loaded or evaluated on.
    """
    if request.eval_data is None:
        return None
    name = request.eval_data
    choice = {} if request.eval_split is None else {"split": request.eval_split}
    if request.passage_text is not None and name in DATASETS.names():
        choice["passage_text"] = request.passage_text
    if request.select_by == "loss":
        pairs = load_pairs(name, request.source, request.eval_languages, **choice)
        if request.eval_languages is None and "en" in pairs.languages:
            pairs = pairs.select(["en"])
        return Selection(f"{pairs.name} ({', '.join(pairs.languages)})", dataset=_examples(pairs, request))
    from beir_hybrid.evaluation.evaluator import MultilingualRetrievalEvaluator

    if name not in DATASETS.names() and Path(name).suffix in {".jsonl", ".arrow"}:
        raise ConfigurationError(
            f"{name} is a file of pairs, and {request.select_by} needs a collection to search.",
            "Select by loss, or give a dataset such as xquad-r.",
        )
    collection = load_dataset(name, request.source, request.eval_languages, **choice)
    measure = str(request.select_by).partition("_")[2]
    evaluator = MultilingualRetrievalEvaluator(
        collection,
        measures=[*(collection.measures or ["default"]), measure],
        batch_size=batch_size,
        primary_metric=request.select_by,
    )
    return Selection(f"{collection.name} ({', '.join(collection.languages)})", evaluator=evaluator)


def selected(by: str | None, state: TrainerState) -> Selected | None:
    """Return which checkpoint was selected.

    Args:
        by: What it was selected by.
        state: The Trainer's, after training.

    Returns:
        None if there was none to select: no evaluation had a value.
    """
    if state.best_model_checkpoint is None or state.best_metric is None or state.best_global_step is None:
        logger.warning("No evaluation has a %s, so the last model is kept.", by)
        return None
    return Selected(str(by), float(state.best_metric), int(state.best_global_step))


def _higher_is_better(metric: str) -> bool:
    if metric == "loss":
        return False
    kind, _, measure = metric.partition("_")
    if kind not in KINDS or not measure:
        known = ["loss", *(f"{kind}_{name}" for kind, names in DEFAULT_MEASURES.items() for name in names)]
        raise ConfigurationError(f"No model can be selected by {metric!r}.", did_you_mean(metric, known))
    higher = build_measure(measure).higher_is_better
    if higher is None:
        raise ConfigurationError(f"Neither a high nor a low {measure} is better.", "Select by loss, or by multi_map.")
    return higher


def _examples(pairs: ParallelPairs, request: TrainingRequest) -> Dataset:
    """Return every question with its passage, one language after the other, so that batches hardly mix them.

    They come behind their prompts where these depend on the language, as in training.

    Within a language, questions with the same passage are spread evenly: neighbours, which are each other's negatives
    in the loss, often answer alike in the order of files.
    """
    from datasets import Dataset
    from datasets.table import InMemoryTable

    languages, passages = (
        pairs.table[column].combine_chunks().dictionary_encode().indices.to_numpy().astype(np.int64)
        for column in ("language", "passage")
    )
    names = pairs.table["language"].combine_chunks().dictionary_encode().dictionary.to_pylist()
    place = np.argsort(np.argsort(np.array(names)))[languages]
    _, same, counts = np.unique(np.stack([place, passages]), axis=1, return_inverse=True, return_counts=True)
    same = same.reshape(-1)
    times = np.empty(len(same), np.int64)  # how often the passage came before in its language
    times[np.argsort(same, kind="stable")] = np.arange(len(same)) - np.repeat(np.cumsum(counts) - counts, counts)
    spread = (times + passages / (passages.max() + 1)) / counts[same]
    order = np.lexsort((spread, place))
    texts = pairs.table.select(["question", "passage"]).take(order).rename_columns(["anchor", "positive"])
    for column, role in enumerate(get_args(Role)):
        if (prompts := request.prompts(role)).languages:
            behind = prompts.put_before(texts.column(column), names, languages[order])
            texts = texts.set_column(column, texts.column_names[column], behind)
    return Dataset(InMemoryTable(texts))
