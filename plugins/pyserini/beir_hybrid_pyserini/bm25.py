"""BM25 baselines: an index per language or over all of them, and a TREC run for each setting.

Every text is analysed in its own language, passage or query, whatever it is searched with. In one index over all that
beats one analyzer for all: nDCG@10 on XQuAD-R, queries of seven languages, is 0.206 against 0.168 by Unicode words
and 0.175 by Lucene's CJKAnalyzer. One index per language, merged by score, finds more (0.228 against 0.209, queries of
all eleven), though its scores rest on the statistics of a corpus each. From one language to another it makes no
difference on the whole: 0.141, and 0.140 if queries are analysed in the corpus's language (56 pairs of eight languages,
every fourth query).
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from beir_hybrid import ConfigurationError, MultilingualCollection, Setting, corpus_checksum, did_you_mean, progress_bar
from beir_hybrid.datasets import find_data, load_settings
from beir_hybrid.evaluation import Judgements
from beir_hybrid.storage import check_output, combine, digest_row, locked
from beir_hybrid_pyserini.analyzers import Analyzer, analyzers_for, parse_choices
from beir_hybrid_pyserini.baseline_folder import BaselineFolder
from beir_hybrid_pyserini.lucene_index import build_index, check_index, describe
from beir_hybrid_pyserini.lucene_search import LuceneIndex

logger = logging.getLogger(__name__)

Pool = Literal["one", "merged"]


@dataclass(frozen=True)
class BM25:
    """How passages are searched.

    Args:
        k1: Saturation of term frequencies, from 0 on; Pyserini's default.
        b: Weight of document lengths, 0 to 1; Pyserini's default.
        depth: Passages per query, from 1 on.
        pool: How several corpora are searched: ``one`` index over all, or one ``merged`` from an index per language,
            by score.

    Raises:
        ConfigurationError: If a value is out of range.
    """

    k1: float = 0.9
    b: float = 0.4
    depth: int = 1000
    pool: Pool = "one"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.k1) and self.k1 >= 0):
            raise ConfigurationError(f"k1 is {self.k1}.", "Give a number from 0 on.")
        if not 0 <= self.b <= 1:
            raise ConfigurationError(f"b is {self.b}.", "Give a number from 0 to 1.")
        if self.depth < 1:
            raise ConfigurationError(f"The depth is {self.depth}.", "Give a whole number from 1 on.")
        if self.pool not in get_args(Pool):
            raise ConfigurationError(f"The pool is {self.pool!r}.", did_you_mean(self.pool, get_args(Pool)))


@dataclass(frozen=True)
class Baseline:
    """What was written.

    Attributes:
        runs: The run of each setting, by its name.
        indexes: The indexes searched, by name, and whether they were built now.
        analyzers: By language.
        kept: Names of the settings whose run was there already.
    """

    runs: dict[str, Path]
    indexes: dict[str, bool]
    analyzers: dict[str, Analyzer]
    kept: list[str] = field(default_factory=list)


def write_baseline(
    dataset: str,
    output: Path,
    *,
    settings: Sequence[str] | None = None,
    source: Path | None = None,
    languages: Sequence[str] | None = None,
    analyzers: Iterable[str] = (),
    overwrite: bool = False,
    k1: float = 0.9,
    b: float = 0.4,
    depth: int = 1000,
    pool: Pool = "one",
    **data_options: Any,
) -> list[str]:
    """Load a dataset or a setting and write its baseline, as :func:`search_baseline` does.

    Args:
        dataset: Such as ``xquad-r``, ``xquad-r.de``, ``xquad-r.en-de``, ``xquad-r.en-all`` or ``miracl.sw``; or the
            path of a BEIR folder, such as ``mine`` or ``./mine.en-de``.
        output: Folder for ``indexes``, ``runs`` and ``bm25.json``.
        settings: Names of settings; None for that of the dataset's name, or all.
        source: As for :func:`~beir_hybrid.datasets.load_settings`.
        languages: As there.
        analyzers: Choices such as ``th=trigrams``.
        overwrite: Whether other indexes and runs of ours may be replaced.
        k1: As for :class:`BM25`, likewise the next three.
        b: Weight of document lengths.
        depth: Passages per query.
        pool: How several corpora are searched.
        **data_options: Options of the dataset; those that are None are left out.

    Returns:
        Lines that say what was written, and where.

    Raises:
        The errors of loading and of :func:`search_baseline`.
    """
    check_output(output, "folder")
    how = BM25(k1, b, depth, pool)
    choices = parse_choices(analyzers)
    given = {name: value for name, value in data_options.items() if value is not None}
    collection, wanted = load_settings(dataset, settings, source, languages, **given)
    baseline = search_baseline(
        collection, output, wanted, how, analyzers=choices, overwrite=overwrite, show_progress=True
    )
    return _lines(baseline, output, find_data(dataset).dataset.origin.name)


def search_baseline(
    collection: MultilingualCollection,
    output: Path,
    settings: Sequence[str] | None = None,
    how: BM25 | None = None,
    *,
    analyzers: Mapping[str, str] | None = None,
    overwrite: bool = False,
    show_progress: bool = False,
) -> Baseline:
    """Index corpora with Pyserini, and write the run of each setting. Starts the JVM.

    What is there already, made from the same in the same way, is left as it is, so that a call that was interrupted
    can be repeated. Indexes and runs are whole or not there.

    Args:
        collection: Queries, corpora and relevance.
        output: Folder for ``indexes``, ``runs`` and ``bm25.json``, which says what they were made from.
        settings: Names of settings; None for all.
        how: Parameters; None for Pyserini's.
        analyzers: By language, names that override the choice; see :func:`~.analyzers.choose_analyzer`.
        overwrite: Whether other indexes and runs of ours may be replaced.
        show_progress: Whether to show progress bars.

    Raises:
        UnknownNameError: If the collection has no such setting.
        ConfigurationError: If an analyzer is unknown or cannot be used.
        OutputError: If something else is in the way, cannot be written, or is being written by another process.
        DataFormatError: If an id is empty or has a blank.
        JavaError: If there is no Java for Pyserini.
    """
    work = _Work(collection, output, settings, how or BM25(), analyzers)
    with locked(output, str(output)):
        work.folder.load()  # another process may have written meanwhile
        built = work.index(overwrite, show_progress)
        kept = work.search(show_progress)
    return Baseline(work.folder.runs(work.settings), built, work.analyzers, kept)


class _Work:
    """One baseline: what is wanted, and what of it is there."""

    def __init__(
        self,
        collection: MultilingualCollection,
        output: Path,
        settings: Sequence[str] | None,
        how: BM25,
        analyzers: Mapping[str, str] | None,
    ) -> None:
        self.collection = collection
        self.how = how
        self._judgements = Judgements(collection)
        self.settings = self._judgements.choose(settings)
        self.folder = BaselineFolder(output, collection.name)
        languages = dict.fromkeys(
            language for setting in self.settings for language in (setting.query_language, *setting.corpus_languages)
        )
        self.analyzers = analyzers_for(languages, analyzers)
        searched = [
            language for language in languages if any(language in each.corpus_languages for each in self.settings)
        ]
        self._checksums = {language: corpus_checksum(collection.corpora[language]) for language in searched}
        self._about = {setting: self._describe(setting) for setting in self.settings}

    def index(self, overwrite: bool, show_progress: bool) -> dict[str, bool]:
        """Build the indexes that are not there; everything that would be refused is refused before."""
        needed = {name: parts for setting in self.settings for name, parts in self._indexes(setting).items()}
        self.folder.check(self._about, overwrite)
        missing = {}
        for name, languages in needed.items():
            corpora = {language: self.collection.corpora[language] for language in languages}
            about = describe(corpora, self.analyzers, self._checksums)
            if not check_index(self.folder.index(name), about, overwrite):
                missing[name] = corpora
        for name, corpora in missing.items():
            with _bar(f"index {name}", sum(map(len, corpora.values())), "passage", show_progress) as advance:
                build_index(
                    self.folder.index(name),
                    corpora,
                    self.analyzers,
                    checksums=self._checksums,
                    overwrite=overwrite,
                    advance=advance,
                )
        return {name: name in missing for name in needed}

    def search(self, show_progress: bool) -> list[str]:
        """Write the runs that are not there; gives the names of the others' settings."""
        wanted = [setting for setting in self.settings if not self.folder.has_run(setting, self._about[setting])]
        opened: dict[str, LuceneIndex] = {}
        with ExitStack() as stack:
            for setting in wanted:
                queries = self._queries(setting)
                for name in self._indexes(setting):
                    if name not in opened:
                        opened[name] = LuceneIndex(self.folder.index(name))
                        stack.callback(opened[name].close)
                indexes = [opened[name] for name in self._indexes(setting)]
                steps = len(queries) * len(indexes)
                with _bar(f"search {setting.name}", steps, "query", show_progress) as advance:
                    rows = self._search(setting, indexes, queries, advance)
                    answered = self.folder.write_run(setting, rows, self._about[setting])
                if answered < len(queries):
                    logger.warning(
                        "%s: nothing is found for %d of %d queries.",
                        setting.name,
                        len(queries) - answered,
                        len(queries),
                    )
        return [setting.name for setting in self.settings if setting not in wanted]

    def _search(
        self,
        setting: Setting,
        indexes: Sequence[LuceneIndex],
        queries: Mapping[str, str],
        advance: Callable[[int], object],
    ) -> Iterator[tuple[str, list[tuple[str, float]]]]:
        analyzer, depth = self.analyzers[setting.query_language], self.how.depth
        streams = [index.search(queries, analyzer, depth, self.how.k1, self.how.b, advance) for index in indexes]
        if len(streams) == 1:
            yield from streams[0]
            return
        for answers in zip(*streams, strict=True):
            hits = [hit for _, ranked in answers for hit in ranked]
            hits.sort(key=lambda hit: (hit[1], hit[0]), reverse=True)  # ties as trec_eval orders them
            yield answers[0][0], hits[:depth]

    def _indexes(self, setting: Setting) -> dict[str, tuple[str, ...]]:
        """Name the indexes that a setting is searched in, with their languages."""
        languages = setting.corpus_languages
        if len(languages) == 1 or self.how.pool == "merged":
            return {language: (language,) for language in languages}
        return {"all" if setting.pool else "+".join(languages): languages}

    def _queries(self, setting: Setting) -> dict[str, str]:
        """Return the queries that have something to find: those that the setting is judged on."""
        numbers = np.unique(self._judgements.query[self._judgements.rows(setting)]).tolist()
        texts = self.collection.queries[setting.query_language]
        return {query: texts[query] for query in (self._judgements.queries[number] for number in numbers)}

    def _describe(self, setting: Setting) -> dict[str, Any]:
        """Return what a setting's run is made from."""
        language = setting.query_language
        return {
            "k1": self.how.k1,
            "b": self.how.b,
            "depth": self.how.depth,
            "pool": self.how.pool if setting.kind == "multi" else None,
            "queries": {
                "analyzer": self.analyzers[language].name,
                "checksum": combine(digest_row(*row) for row in self._queries(setting).items()),
            },
            "indexes": {
                name: describe({part: self.collection.corpora[part] for part in parts}, self.analyzers, self._checksums)
                for name, parts in self._indexes(setting).items()
            },
        }


@contextmanager
def _bar(title: str, total: int, unit: str, shown: bool) -> Iterator[Callable[[int], object]]:
    with progress_bar(total=total, desc=title, unit=unit, unit_scale=True, show=shown) as bar:
        yield bar.update


def _lines(baseline: Baseline, output: Path, dataset: str) -> list[str]:
    new = [index for index, built in baseline.indexes.items() if built]
    old = [index for index, built in baseline.indexes.items() if not built]
    written = len(baseline.runs) - len(baseline.kept)
    lines = [f"{language}: {analyzer.name}" for language, analyzer in baseline.analyzers.items()]
    return [
        f"Analyzers: {', '.join(lines)}",
        *([f"Indexes built: {', '.join(new)}"] if new else []),
        *([f"Indexes left as they are, since they hold just that: {', '.join(old)}"] if old else []),
        f"Runs written: {written}" + (f", left as they are: {len(baseline.kept)}" if baseline.kept else ""),
        f"Judge them: beir-hybrid evaluate --dataset {dataset} --run {output / 'runs'}",
    ]
