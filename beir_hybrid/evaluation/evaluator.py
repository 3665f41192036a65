"""MultilingualRetrievalEvaluator: the evaluation as sentence-transformers has it, inside training or alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from sentence_transformers.base.evaluation import BaseEvaluator

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError, did_you_mean
from beir_hybrid.evaluation.evaluate import evaluate
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.measures import Measure, build_measures, expand_measures
from beir_hybrid.storage.files import csv_text

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer


logger = logging.getLogger(__name__)


class MultilingualRetrievalEvaluator(BaseEvaluator):
    """Scores a model monolingually, cross-lingually and multilingually, from one encoding of the collection.

    Pass it to a Trainer as ``evaluator=``, where ``metric_for_best_model="eval_multi_map"`` chooses the checkpoint
    (``eval_NAME_multi_map`` with a name), or call it by itself. On several processes the host runs it on the first one,
    lets all of them encode a share of the texts, and hands the metrics to all; under FSDP and DeepSpeed each process
    runs it. Training continues as if it had not run: the modes of the model's modules and torch's random state are put
    back, and no vector is kept.

    Args:
        collection: Queries, corpora and relevance.
        measures: Names such as ``map`` or ``ndcg@10``, for every kind of setting; None for the usual ones, as for
            :func:`~beir_hybrid.evaluate`.
        batch_size: Texts per forward pass.
        name: Put before the metrics' names and into the names of files, to keep several evaluators apart.
        show_progress: Whether to show progress bars.
        write_csv: Whether to add a line of all metrics to a table in the output folder.
        write_json: Whether to write ``results.json`` with every setting, in a folder of its own for each step.
        primary_metric: The metric that stands for the model, such as ``multi_map``, without the name; None for
            ``multi_map``, or ``mono_map`` of a collection in one language, or else the first one.

    Attributes:
        metrics: Names of all metrics, without the evaluator's own.
        primary_metric: With the name.
        greater_is_better: The primary metric's direction.

    Raises:
        UnknownNameError: If there is no such measure.
        ConfigurationError: If the collection has no such primary metric, or one for which neither direction is better.

    Examples:
        >>> from beir_hybrid import load_dataset, load_pairs
        >>> from beir_hybrid.training import static_model
        >>> sample = load_dataset("sample", languages=["de", "en"])
        >>> evaluator = MultilingualRetrievalEvaluator(sample, measures=["map"])
        >>> sorted(evaluator(static_model(load_pairs("sample", languages=["de", "en"]), 8)))
        ['cross_map', 'mono_map', 'multi_map']
        >>> evaluator.primary_metric
        'multi_map'
    """

    def __init__(
        self,
        collection: MultilingualCollection,
        *,
        measures: Sequence[str] | None = None,
        batch_size: int = 32,
        name: str = "",
        show_progress: bool = False,
        write_csv: bool = True,
        write_json: bool = True,
        primary_metric: str | None = None,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # the host leaves it untyped
        self.collection = collection
        self.measures = None if measures is None else tuple(measures)
        self.batch_size = batch_size
        self.name = name
        self.show_progress = show_progress
        self.write_csv = write_csv
        self.write_json = write_json
        available = _available(collection, self.measures)
        self.metrics = tuple(available)
        primary = _primary(primary_metric, available, collection)
        # checked here, not by the first call, which may come after an hour of training
        self.primary_metric = f"{name}_{primary}" if name else primary
        self.greater_is_better = available[primary].higher_is_better is not False
        self.csv_file = f"{self._stem}.csv"
        self.csv_headers = ["epoch", "steps", *self.metrics]

    def __call__(  # type: ignore[override]  # like the host's own evaluators it takes one kind of model
        self, model: SentenceTransformer, output_path: str | None = None, epoch: int = -1, steps: int = -1
    ) -> dict[str, float]:
        """Evaluate a model.

        Args:
            model: The encoder.
            output_path: Folder for the table and the results; None to write nothing.
            epoch: Epochs trained, of which the Trainer passes fractions too; -1 outside training.
            steps: Optimizer steps taken; -1 outside training.

        Returns:
            Macro means over the settings of each kind, such as ``multi_map`` or ``cross_recall@1``, with the name
            before them.

        Raises:
            ModelError: If the model cannot score the collection.
        """
        when = "" if epoch == -1 else f" after epoch {epoch:g}" if steps == -1 else f" in epoch {epoch:g}, step {steps}"
        with _undisturbed(model):
            results = evaluate(
                model,
                self.collection,
                measures=self.measures,
                batch_size=self.batch_size,
                show_progress=self.show_progress,
                intervals=False,  # which cost more than all the rest, and decide about no checkpoint
            )
        values = {f"{kind}_{name}": value for kind, named in results.scores.items() for name, value in named.items()}
        # a measure that no query has a value for is left out of the scores; the table keeps its columns
        metrics = {metric: float(values.get(metric, float("nan"))) for metric in self.metrics}
        if output_path is not None and self.write_csv:
            self._add_row(Path(output_path), [epoch, steps, *metrics.values()])
        if output_path is not None and self.write_json:
            # without the values of the queries, which would be many files of many lines
            replace(results, values=None).save(Path(output_path) / self._stem / _folder(epoch, steps))
        metrics = self.prefix_name_to_metrics(metrics, self.name)
        self.store_metrics_in_model_card_data(model, metrics, epoch, steps)
        primary = str(self.primary_metric)
        logger.info("%s%s: %s %.4f", self.collection.name, when, primary, metrics[primary])
        return metrics

    @property
    def _stem(self) -> str:
        return f"Multilingual-Retrieval_evaluation{'_' * bool(self.name)}{self.name}_results"

    def get_config_dict(self) -> dict[str, Any]:
        """Return what is evaluated, for the model card."""
        measures = {} if self.measures is None else {"measures": list(self.measures)}
        return {
            "dataset": self.collection.name,
            "languages": list(self.collection.languages),
            "passage_text": self.collection.passage_text,
            **measures,
        }

    def _add_row(self, folder: Path, row: list[float]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / self.csv_file
        new = not path.is_file()
        with path.open("a", encoding="utf-8", newline="") as file:
            file.write(csv_text([self.csv_headers, row] if new else [row]))


def _available(collection: MultilingualCollection, names: Sequence[str] | None) -> dict[str, Measure]:
    """Return the measures of the settings that the collection has, by the metrics' names."""
    chosen = build_measures(names, collection.measures)
    metrics = {
        f"{setting.kind}_{measure.name}": measure
        for setting in Judgements(collection).settings
        for measure in expand_measures(chosen[setting.kind], setting.corpus_languages)
        if setting.kind == "multi" or not measure.needs_languages
    }
    if not metrics:
        raise ConfigurationError(
            f"{', '.join(names or ['All'])} compares languages, and no setting of {collection.name} has several.",
            "Add a measure such as map.",
        )
    return metrics


def _primary(wanted: str | None, available: dict[str, Measure], collection: MultilingualCollection) -> str:
    if wanted is None:
        directed = [metric for metric, measure in available.items() if measure.higher_is_better is not None]
        return next(metric for metric in ("multi_map", "mono_map", *directed, *available) if metric in available)
    if wanted not in available:
        raise ConfigurationError(
            f"The evaluation of {collection.name} has no metric {wanted!r}.", did_you_mean(wanted, available)
        )
    if available[wanted].higher_is_better is None:
        raise ConfigurationError(
            f"Neither a high nor a low {wanted} is better.", "Choose a metric that has a direction, such as multi_map."
        )
    return wanted


def _folder(epoch: float, steps: int) -> str:
    """Name the folder of one evaluation's results; none of its own outside training."""
    return f"step-{steps}" if steps != -1 else f"epoch-{epoch:g}" if epoch != -1 else ""


@contextmanager
def _undisturbed(model: SentenceTransformer) -> Iterator[None]:
    """Put the modules' modes and torch's random state back: encoding leaves the model in evaluation mode."""
    modes = [(module, module.training) for module in model.modules()]
    with torch.random.fork_rng([model.device] if model.device.type == "cuda" else []):
        try:
            yield
        finally:
            for module, training in modes:
                module.training = training
