"""NeuCLIR: TREC's judged topics over news in Persian, Russian and Chinese, through ir_datasets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.conversion import Conversion
from beir_hybrid.datasets.left_out import LeftOut, check_text
from beir_hybrid.datasets.subset import Subset
from beir_hybrid.errors import (
    BeirHybridError,
    ConfigurationError,
    DataFormatError,
    MissingDataError,
    did_you_mean,
    shorten,
)
from beir_hybrid.languages import choose_languages
from beir_hybrid.passage import Passage
from beir_hybrid.storage.corpus import StoredCorpus
from beir_hybrid.verbosity import progress_bar

_RELEASE = {"fa": 2_232_016, "ru": 4_627_543, "zh": 3_179_209}
"""Documents by language."""


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
    languages = ("en", *_RELEASE)
    licence = "ODC-BY for the documents; topics and judgements by NIST"
    splits = ("trec-2023", "trec-2022")
    passages = sum(_RELEASE.values())

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
        if source is not None:
            raise ConfigurationError(
                f"neuclir has no source {str(source)!r}: ir_datasets has its files.",
                "Leave it out, and set IR_DATASETS_HOME to their folder.",
            )
        if split not in self.splits:
            raise ConfigurationError(f"neuclir has no split {split!r}.", did_you_mean(split, self.splits))
        subset = Subset.of(judged_only, sample_passages)
        chosen = choose_languages(languages, self.languages, self.name)
        searched = [language for language in chosen if language in _RELEASE]
        if not searched:
            raise ConfigurationError("neuclir has no English documents.", "Choose some of fa, ru and zh, too.")
        left_out = LeftOut(self.name)
        texts = _topics(split, searched)
        corpora: dict[str, StoredCorpus] = {}
        grades: dict[str, dict[str, int]] = {}
        for language in searched:
            name = f"{self.name}/1/{language}/{split}"
            judged = _judgements(name)
            corpora[language] = _corpus(language, {document for _, document, _ in judged}, subset)
            for topic, document, grade in judged:
                with left_out.counted(Path(name)):
                    if topic not in texts["en"] or f"{language}:{document}" not in corpora[language]:
                        problem = f"{name} judges {shorten(document)} for {shorten(topic)}, one of which is not there."
                        raise DataFormatError(problem, "Let ir_datasets fetch the files again.")
                    grades.setdefault(topic, {})[f"{language}:{document}"] = grade
        queries = {
            language: {f"{language}:{topic}": text for topic, text in texts[language].items() if topic in grades}
            for language in chosen
            if texts[language]
        }
        topic_of = {query: query.partition(":")[2] for rows in queries.values() for query in rows}
        return MultilingualCollection(
            name=self.name,
            corpora=corpora,
            queries=queries,
            qrels={query: grades[topic] for query, topic in topic_of.items()},
            passage_text="title+text",
            group_of=topic_of,
            notes=(*(() if subset is None else (subset.note,)), *left_out.tell()),
            measures=("ndcg@20", "map", "recall@100"),
        )


def _topics(split: str, searched: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return titles by language and topic.

    The topics of 2023 are read from the set of all languages: those of one are filtered there (in ir_datasets 0.6.3) by
    the judgements of 2022, which leaves none.
    """
    texts: dict[str, dict[str, str]] = {language: {} for language in ("en", *_RELEASE)}
    for language in [*(["multi"] if split == "trec-2023" else []), *searched]:
        name = f"neuclir/1/{language}/{split}"
        with _explained(name):
            for topic in _dataset(name).queries_iter():
                for code, title in (("en", topic.title), (language, getattr(topic, "ht_title", ""))):
                    if code in texts and title:
                        check_text(title, f"{name}: the title of {topic.query_id} in {code}")
                        texts[code][topic.query_id] = title
    return texts


def _judgements(name: str) -> list[tuple[str, str, int]]:
    with _explained(name):
        return [(each.query_id, each.doc_id, int(each.relevance)) for each in _dataset(name).qrels_iter()]


def _corpus(language: str, judged: set[str], subset: Subset | None) -> StoredCorpus:
    conversion = Conversion("neuclir", language, _RELEASE[language], judged, subset)
    if (stored := conversion.stored()) is not None:
        return stored
    name = f"neuclir/1/{language}"
    with progress_bar(total=_RELEASE[language], unit="doc", desc=name, show=None) as bar, _explained(name):

        def documents() -> Iterator[tuple[str, Passage]]:
            for document in _dataset(name).docs_iter():
                yield document.doc_id, Passage(document.text, document.title)
                bar.update(1)

        return conversion.write(documents())


def _dataset(name: str) -> Any:
    try:
        import ir_datasets
    except ImportError as error:
        raise ConfigurationError(
            "neuclir needs the package ir_datasets, which is not installed.", "Run: pip install ir_datasets"
        ) from error
    return ir_datasets.load(name)


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Explain whatever ir_datasets raises; errors of this package pass."""
    try:
        yield
    except BeirHybridError:
        raise
    except Exception as error:  # its own classes, and those of its transport
        lines = str(error).strip().splitlines() or [""]
        raise MissingDataError(
            f"ir_datasets cannot give {name} ({type(error).__name__}: {lines[0].rstrip('.')}).",
            "Check the connection, and the files in the folder that IR_DATASETS_HOME names.",
        ) from error


NEUCLIR = NeuClir()
