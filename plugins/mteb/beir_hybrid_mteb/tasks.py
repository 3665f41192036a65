"""Tasks for MTEB: a dataset's settings as subsets, such as ``de``, ``en-de`` and ``en-all``."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from mteb.abstasks import AbsTaskRetrieval
from mteb.models import EncoderProtocol, SearchProtocol
from mteb.timing import TimingStack

from beir_hybrid import BeirHybridError, ConfigurationError, Setting, all_settings, choose_languages, evaluate
from beir_hybrid.datasets import DatasetAdapter, find_dataset
from beir_hybrid.evaluation import run_of_results, split_run
from beir_hybrid.evaluation.measures import build_measure
from beir_hybrid.registry import DATASETS
from beir_hybrid_mteb.encoder import TaskEncoder, inner_product
from beir_hybrid_mteb.metadata import task_metadata
from beir_hybrid_mteb.search import MEASURES, EncodedSearch
from beir_hybrid_mteb.subsets import Subsets

logger = logging.getLogger(__name__)

MANY_LANGUAGES = 20
"""More languages than these are evaluated monolingually and in the pool alone: pairs grow with their square."""

_NAMES = {
    **{"xquad-r": "XQuADR", "mlqa-r": "MLQAR", "miracl": "MIRACL", "neuclir": "NeuCLIR"},
    **{"mlir-belebele": "MLIRBelebele", "mlir-mlqa": "MLIRMLQA", "mlir-multieup": "MLIRMultiEuP"},
    **{"mlir-xquad": "MLIRXQuAD"},
}
_ONLY: dict[str, Callable[[Setting], bool]] = {
    "miracl": lambda setting: setting.kind != "cross",  # judged in each question's own language
    "neuclir": lambda setting: setting.corpus_languages != ("en",),  # has no English documents
    "tatoeba": lambda setting: setting.kind == "cross" and setting.corpus_languages == ("en",),
}
"""The settings of datasets that do not have all of them."""


class PooledRetrieval(AbsTaskRetrieval):
    """A multilingual collection as a task: :func:`pooled_task` makes one of a dataset.

    Encoders encode each text once for all subsets. Besides MTEB's scores, at the depths of ``k_values``, a subset has
    ``map`` of the whole ranking and, if it has several languages, the measures of language bias. Those of search models
    and cross-encoders are measured in the rankings that they return.
    """

    k_values = (1, 3, 5, 10, 20, 100)
    data: DatasetAdapter
    data_options: Mapping[str, Any]
    dataset: Any

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._searches: dict[str, EncodedSearch] = {}  # of the model that was evaluated last
        self._model: object = None
        self._search: EncodedSearch | None = None

    def load_data(self, num_proc: int | None = None, *, timer: TimingStack | None = None, **_: Any) -> None:
        """Load the dataset; subsets without a relevant passage are left out, with a warning."""
        del num_proc
        if self.data_loaded:
            return
        with (timer or TimingStack())("Data loading", log_message=f"Loading dataset {self.metadata.name}..."):
            self.dataset = Subsets(self.data.load(**self.data_options), self.metadata.eval_splits[0])
        empty = [subset for subset in self.hf_subsets if subset not in self.dataset]
        if empty:
            logger.warning("%s: no query of %s has a relevant passage.", self.metadata.name, ", ".join(empty))
            self.hf_subsets = [subset for subset in self.hf_subsets if subset in self.dataset]
        if not self.hf_subsets:
            raise ConfigurationError(
                f"No subset chosen of {self.metadata.name} has a query with a relevant passage.",
                f"Choose of {', '.join(self.dataset)}.",
            )
        self.data_loaded = True

    def unload_data(self) -> None:
        """Let go of the texts and vectors."""
        super().unload_data()
        self._model, self._search = None, None
        self._searches.clear()

    def _evaluate_subset(
        self, model: Any, data_split: Any, *, encode_kwargs: Any, hf_split: str, hf_subset: str, **options: Any
    ) -> Any:
        is_encoder = isinstance(model, EncoderProtocol) and not isinstance(model, SearchProtocol)
        self._search = None
        if is_encoder and not data_split["top_ranked"]:
            self._search = self._encoded(model, encode_kwargs, hf_split)
        return super()._evaluate_subset(
            model if self._search is None else self._search,
            data_split,
            encode_kwargs=encode_kwargs,
            hf_split=hf_split,
            hf_subset=hf_subset,
            **options,
        )

    def task_specific_scores(
        self, scores: object, qrels: object, results: dict[str, dict[str, float]], hf_split: str, hf_subset: str
    ) -> dict[str, float]:
        """Return the scores of this package, which MTEB has not, under names as MTEB writes them."""
        del scores, qrels, hf_split
        if self._search is not None:
            means = self._search.means(hf_subset, self.hf_subsets)
        else:
            judged, setting = self.dataset.judgements, self.dataset.settings[hf_subset]
            run = split_run(run_of_results(results, judged), judged, [setting])
            means = evaluate(run, judged, measures=MEASURES, intervals=False).settings[hf_subset]
        whole = self._search is not None
        return {
            name.replace("@", "_at_"): value
            for name, value in means.items()
            if name != "queries" and ((name == "map" and whole) or build_measure(name).needs_languages)
        }

    def _encoded(self, model: EncoderProtocol, encode_kwargs: Mapping[str, Any], split: str) -> EncodedSearch | None:
        """Encode the collection, unless this model did; None if its scores are no inner products."""
        if self._model is not model:
            self._searches.clear()
            self._model = model
        key = repr(sorted(encode_kwargs.items()))
        if key not in self._searches:
            similarity = inner_product(model)
            if similarity is None:
                logger.warning(
                    "%s: the similarity of %s is neither cosine nor dot, so MTEB encodes each subset by itself.",
                    self.metadata.name,
                    getattr(model.mteb_model_meta, "name", None) or "this model",
                )
                return None
            judged = self.dataset.judgements
            encoder = TaskEncoder(model, self.metadata, split, encode_kwargs, judged.languages, similarity)
            show = bool(encode_kwargs.get("show_progress_bar", True))
            self._searches[key] = EncodedSearch(encoder, self.dataset, show_progress=show)
        return self._searches[key]


def pooled_task(
    dataset: str | Path,
    *,
    source: str | Path | None = None,
    languages: Iterable[str] | None = None,
    **options: Any,
) -> type[PooledRetrieval]:
    """Make a task of a dataset.

    Its subsets are the settings: ``de`` for German queries and passages, ``en-de`` for English queries and German
    passages, and ``en-all`` for English queries and the passages of all languages. Of more than 20 languages, those
    of two are left out.

    Args:
        dataset: A registered name, or the path of a BEIR folder whose documents name their languages.
        source: Where its files lie; None for where it looks itself.
        languages: Those to take, which are then the whole pool; None for all.
        **options: Options of the dataset, such as ``passage_text``.

    Returns:
        A class, as MTEB wants them; its name has the languages and options in it.

    Raises:
        UnknownNameError: If there is no such dataset.
        LanguageError: If it lacks a language, or MTEB has no name for one.

    Examples:
        >>> task = pooled_task("sample", languages=["de", "en"])
        >>> task.metadata.name, task.metadata.hf_subsets
        ('SamplePooled-de-en', ['de', 'en-de', 'en', 'de-en', 'de-all', 'en-all'])
    """
    data = find_dataset(dataset)
    known = data.languages or tuple(data.load(source).corpora)
    chosen = choose_languages(languages, known, data.name)
    given = [*(chosen if languages is not None else ()), *(f"{name}={value}" for name, value in options.items())]
    name = "-".join([_task_name(data.name), *given])
    split = str(options.get("split", data.splits[0]))
    namespace = {
        "__doc__": f"{data.description} In all settings.",
        "__module__": __name__,
        "metadata": task_metadata(name, data, split, _settings(data.name, chosen)),
        "data": data,
        "data_options": {"source": source, "languages": chosen, **options},
    }
    return type(re.sub(r"\W", "_", name), (PooledRetrieval,), namespace)


@lru_cache(maxsize=1)
def registered_tasks() -> dict[str, type[PooledRetrieval]]:
    """Make a task of each registered dataset that says its languages, by name in MTEB; broken ones are left out."""
    tasks: dict[str, type[PooledRetrieval]] = {}
    for name in DATASETS.names():
        try:
            if find_dataset(name).languages:
                task = pooled_task(name)
                tasks[task.metadata.name] = task
        except BeirHybridError as error:
            logger.warning("The dataset %s is no task for MTEB: %s", name, error)
    return tasks


def _task_name(dataset: str) -> str:
    """Return what a dataset's task is called.

    Examples:
        >>> _task_name("xquad-r"), _task_name("library-faq")
        ('XQuADRPooled', 'LibraryFaqPooled')
    """
    words = re.findall(r"[A-Za-z0-9]+", dataset)
    return _NAMES.get(dataset, "".join(word[0].upper() + word[1:] for word in words)) + "Pooled"


def _settings(dataset: str, languages: tuple[str, ...]) -> list[Setting]:
    """List a dataset's settings, those of the same corpora together."""
    settings = all_settings(languages, languages)
    if dataset in _ONLY:
        settings = list(filter(_ONLY[dataset], settings))
    elif len(languages) > MANY_LANGUAGES:
        settings = [setting for setting in settings if setting.kind != "cross"]
    places = {language: place for place, language in enumerate(languages)}
    return sorted(
        settings, key=lambda each: (len(each.corpus_languages), places[each.corpus_languages[0]], each.kind != "mono")
    )
