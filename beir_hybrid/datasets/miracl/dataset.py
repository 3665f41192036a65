"""MIRACL: Wikipedia passages and judged queries in 18 languages (Zhang et al., TACL 2023, arXiv:2210.09984)."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.conversion import Conversion
from beir_hybrid.datasets.miracl.files import MiraclFiles
from beir_hybrid.datasets.miracl.formats import Documents, read_qrels, read_topics
from beir_hybrid.datasets.rows import Judgement
from beir_hybrid.datasets.subset import Subset
from beir_hybrid.errors import BeirHybridError, ConfigurationError, DataFormatError, MissingDataError, shorten
from beir_hybrid.languages import choose_languages
from beir_hybrid.pairs.overlap import EvaluationTexts, passage_texts
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.storage.corpus import StoredCorpus
from beir_hybrid.verbosity import progress_bar

logger = logging.getLogger(__name__)

RELEASE: dict[str, tuple[int, int]] = {
    "ar": (2_061_414, 2_896),
    "bn": (297_265, 411),
    "de": (15_866_222, 305),
    "en": (32_893_221, 799),
    "es": (10_373_953, 648),
    "fa": (2_207_172, 632),
    "fi": (1_883_509, 1_271),
    "fr": (14_636_953, 343),
    "hi": (506_264, 350),
    "id": (1_446_315, 960),
    "ja": (6_953_614, 860),
    "ko": (1_486_752, 213),
    "ru": (9_543_918, 1_252),
    "sw": (131_924, 482),
    "te": (518_079, 828),
    "th": (542_166, 733),
    "yo": (49_043, 119),
    "zh": (4_934_368, 393),
}
"""Passages and dev queries of version 1.0 by language, from its dataset cards."""

_UNTRAINED = ("de", "yo")


@dataclass(frozen=True)
class _LanguagePart:
    """One language's split.

    Attributes:
        language: Its code.
        topics: Queries by id.
        judgements: The lines of the qrels.
        qrels_path: Their file.
        shards: The files of the corpus.
    """

    language: str
    topics: dict[str, str]
    judgements: list[Judgement]
    qrels_path: Path
    shards: list[Path]

    @classmethod
    def read(cls, files: MiraclFiles, language: str, split: str) -> _LanguagePart:
        """Read topics and judgements, and find the shards."""
        topics_path, qrels_path = files.topics_and_qrels(language, split)
        topics = read_topics(topics_path)
        return cls(language, topics, read_qrels(qrels_path, topics), qrels_path, files.shards(language))

    def corpus(self, subset: Subset | None) -> StoredCorpus:
        """Return the corpus from the cache, after converting it into that if need be."""
        # named by its sources, so that changed files are read again
        states = [(str(shard.resolve()), shard.stat().st_size, shard.stat().st_mtime_ns) for shard in self.shards]
        judged = {judgement.document for judgement in self.judgements}
        conversion = Conversion("miracl", self.language, states, judged, subset)
        if (stored := conversion.stored()) is not None:
            return stored
        size = sum(shard.stat().st_size for shard in self.shards)
        with progress_bar(total=size, unit="B", unit_scale=True, desc=f"miracl {self.language}", show=None) as bar:
            documents = Documents(self.shards, bar.update)
            return conversion.write(documents, documents.where)

    def pairs(self, left_out: Counter[str]) -> Iterator[Pair]:
        """Yield a pair for each relevant passage of each query, a group of its own.

        Args:
            left_out: To count in what cannot be used, by reason.
        """
        corpus = self.corpus(Subset(others=0))
        judged: dict[str, list[Judgement]] = {}
        for judgement in self.judgements:
            judged.setdefault(judgement.query, []).append(judgement)
        for query, question in self.topics.items():
            positives: list[str] = []
            negatives: list[str] = []
            for judgement in judged.get(query, ()):
                kind, texts = ("passage", positives) if judgement.grade > 0 else ("negative", negatives)
                passage = corpus.get(f"{self.language}:{judgement.document}")
                if passage is None:
                    left_out[f"a {kind} that the corpus lacks"] += 1
                else:
                    texts.append(passage.searchable)
            if not positives:
                left_out["no relevant passage"] += 1
            for number, text in enumerate(positives, 1):
                yield Pair(f"{self.language}:{query}:{number}", self.language, question, text, tuple(negatives))

    def notes(self, split: str, passages: int | None) -> Iterator[str]:
        """Yield what a reader of results must know.

        Args:
            split: Name of the split.
            passages: Size of the corpus; None if it is a subset.
        """
        released, queries = RELEASE[self.language]
        if passages is not None and passages != released:
            yield f"the {self.language} corpus holds {passages:,} passages, the release {released:,}: not comparable"
        if split == "dev" and len(self.topics) != queries:
            number = len(self.topics)
            yield f"the {self.language} topics hold {number:,} queries, the release {queries:,}: not comparable"
        answered = {judgement.query for judgement in self.judgements if judgement.grade > 0}
        if unanswered := len(self.topics) - len(answered):
            yield f"{self.language} queries that have no relevant passage and are left out: {unanswered:,}"


class Miracl:
    """MIRACL 1.0. Every query is judged in its own language alone.

    Its convention is nDCG@10 and Recall@100 over all dev queries, where a query missing from a run counts 0. Every dev
    query has a relevant passage. German and Yoruba have no train split; the test splits have no published judgements.

    Corpora are converted, as streams, into memory-mapped files in the user's cache (or the folder that
    ``BEIR_HYBRID_CACHE`` names) on first use, and again whenever a source file changes.
    """

    name = "miracl"
    description = "13,495 dev queries in 18 languages over 106 million Wikipedia passages, judged by native speakers"
    languages = tuple(RELEASE)
    licence = "Apache-2.0"
    splits = ("dev", "train")
    queries = sum(queries for _, queries in RELEASE.values())  # of the dev split
    passages = sum(passages for passages, _ in RELEASE.values())

    def load(
        self,
        source: str | Path | None = None,
        languages: Iterable[str] | None = None,
        split: str = "dev",
        judged_only: bool = False,
        sample_passages: int | None = None,
    ) -> MultilingualCollection:
        """Load topics, judgements and corpora.

        Args:
            source: Folder in the hub's layout; see :class:`~beir_hybrid.datasets.miracl.files.MiraclFiles`.
            languages: Language codes; None for all 18.
            split: ``dev``, ``train``, or any other one with topics and qrels.
            judged_only: Whether corpora hold the judged passages alone, relevant or not.
            sample_passages: How many further passages they hold, drawn at random, always the same; None for all.
        """
        subset = Subset.of(judged_only, sample_passages)
        chosen = choose_languages(languages, self.languages, self.name)
        files = MiraclFiles(source)
        parts = {language: _LanguagePart.read(files, language, split) for language in chosen}
        corpora = {language: part.corpus(subset) for language, part in parts.items()}
        notes = [] if subset is None else [subset.note]
        for language, part in parts.items():
            notes += part.notes(split, len(corpora[language]) if subset is None else None)
        for note in notes:
            logger.warning("miracl: %s", note)
        qrels: dict[str, dict[str, int]] = {}
        for language, part in parts.items():
            for judgement in part.judgements:
                document = f"{language}:{judgement.document}"
                if document not in corpora[language]:
                    raise DataFormatError(
                        f"{part.qrels_path}:{judgement.line}: the corpus {part.shards[0].parent} has no document "
                        f"{shorten(judgement.document)}.",
                        "Fetch the shards that are missing, or qrels of the same version.",
                    )
                qrels.setdefault(f"{language}:{judgement.query}", {})[document] = judgement.grade
        return MultilingualCollection(
            name=self.name,
            corpora=corpora,
            queries={
                language: {f"{language}:{query}": text for query, text in part.topics.items()}
                for language, part in parts.items()
            },
            qrels=qrels,
            passage_text="title+text",
            notes=tuple(notes),
            measures=("ndcg@10", "recall@100"),  # its convention, over all dev queries
        )

    def pairs(
        self, source: str | Path | None = None, languages: Iterable[str] | None = None, split: str = "train"
    ) -> ParallelPairs:
        """Load queries with their relevant passages, and those judged to be none as negatives.

        Args:
            source: As for :meth:`load`.
            languages: Language codes; None for all that have the split, so without German and Yoruba in ``train``.
            split: As for :meth:`load`.
        """
        available = [code for code in self.languages if split != "train" or code not in _UNTRAINED]
        chosen = choose_languages(languages, available, f"{self.name} {split}")
        files, left_out = MiraclFiles(source), Counter[str]()
        pairs = [pair for language in chosen for pair in self.read_pairs(files, language, split, left_out)]
        for reason, count in left_out.items():
            logger.warning("miracl: left out: %s: %d", reason, count)
        return ParallelPairs.from_pairs(self.name, pairs)

    def read_pairs(self, files: MiraclFiles, language: str, split: str, left_out: Counter[str]) -> Iterator[Pair]:
        """Read a language's pairs. A relevant passage is a group of its own, since no other language has it.

        Args:
            files: Where they are.
            language: Language code.
            split: As for :meth:`load`.
            left_out: To count in what cannot be used, by reason.
        """
        return _LanguagePart.read(files, language, split).pairs(left_out)

    def evaluation_texts(
        self,
        name: str,
        source: str | Path | None = None,
        languages: Iterable[str] | None = None,
        split: str = "dev",
    ) -> EvaluationTexts:
        """Load the queries of all languages that can be had, and the judged passages of corpora on this machine.

        Args:
            name: What the set is called.
            source: As for :meth:`load`.
            languages: As for :meth:`load`.
            split: As for :meth:`load`.

        Raises:
            MissingDataError: If no language can be had.
        """
        files = MiraclFiles(source)
        local = None if files.folder is None else MiraclFiles(files.folder)  # a corpus of gigabytes is not fetched
        queries: dict[str, list[str]] = {}
        passages: dict[str, list[str]] = {}
        problem: BeirHybridError | None = None
        chosen = choose_languages(languages, self.languages, self.name)
        for language in chosen:
            try:
                queries[language] = list(read_topics(files.topics_and_qrels(language, split)[0]).values())
                if local is not None:
                    part = _LanguagePart.read(local, language, split)
                    passages[language] = passage_texts(part.corpus(Subset(0)).values())
            except (MissingDataError, ConfigurationError) as error:  # the latter for a split that a language lacks
                problem = error
        if not queries and problem is not None:
            raise problem
        lacks = {"queries": queries, "corpora, so that their passages are not compared": passages}
        notes = [
            f"{codes} without {what}"
            for what, there in lacks.items()
            if (codes := ", ".join(code for code in chosen if code not in there))
        ]
        if passages:
            notes.append("of the passages, only those judged")
        return EvaluationTexts(name, queries, passages, tuple(notes))


MIRACL = Miracl()
