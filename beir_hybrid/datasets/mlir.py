"""The pooled sets of ``yjoonjang/mlir-benchmarks``, used by SHIFT (arXiv:2606.18801) and MIMO (arXiv:2605.31171).

Passages of all languages are one corpus, and of each question every language's version of its passage is relevant.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.hub import HubDataset
from beir_hybrid.datasets.left_out import LeftOut, check_text
from beir_hybrid.datasets.rows import check_id
from beir_hybrid.errors import ConfigurationError, DataFormatError, shorten
from beir_hybrid.grades import read_grade
from beir_hybrid.languages import is_code
from beir_hybrid.passage import Passage

_CODES = {"dt": "nl"}  # mMARCO's code for Dutch
_QUERY = 'Give one {"_id": ..., "text": ..., "lang": ...} a line.'
_DOCUMENT = 'Give one {"ID": {"text": ..., "lang": ...}} a line.'
_JUDGED = 'Give one {"QUERY": {"DOCUMENT": 1}} a line.'


@dataclass(frozen=True)
class Mlir:
    """One of the sets: ``corpus.jsonl``, ``queries.jsonl`` and ``qrels.jsonl`` in a folder.

    Attributes:
        name: Registered name.
        description: One line for listings.
        folder: Name of its folder.
        languages: Language codes.
        licence: The licence of its texts.
        queries: How many the variant ``MMLIR`` has; None if unknown.
        passages: How many passages it has; None if unknown.
        splits: The variants: ``MMLIR`` with queries in all languages, as MIMO evaluates, and ``MLIR-en`` and so on, as
            SHIFT does, with queries in one.
    """

    name: str
    description: str
    folder: str
    languages: tuple[str, ...]
    licence: str
    queries: int | None = None
    passages: int | None = None
    splits: tuple[str, ...] = ("MMLIR", "MLIR-en", "MLIR-hi", "MLIR-vi", "MLIR-zh")

    def load(
        self, source: str | Path | None = None, languages: Iterable[str] | None = None, split: str = "MMLIR"
    ) -> MultilingualCollection:
        """Load queries, passages and relevance.

        Args:
            source: Folder that holds the three files, perhaps in ``MMLIR/Belebele_test`` and the like; see
                :class:`~beir_hybrid.datasets.hub.HubDataset`.
            languages: Language codes; None for all. Passages in other languages leave the pool and the judgements.
            split: One of :attr:`splits`.

        Raises:
            ConfigurationError: If the split is none.
        """
        if split not in self.splits:
            raise ConfigurationError(f"{self.name} has no split {split!r}.", f"Known: {', '.join(self.splits)}.")
        names = [f"{split}/{self.folder}/{kind}.jsonl" for kind in ("corpus", "queries", "qrels")]
        corpus_path, queries_path, qrels_path = HubDataset("yjoonjang/mlir-benchmarks").find(names, source)
        left_out = LeftOut(self.name)
        corpora, documents = _read_corpus(corpus_path, left_out)
        queries, group_of = _read_queries(queries_path, split.partition("-")[2], left_out)
        own = {query.partition(":")[2]: query for texts in queries.values() for query in texts}
        whole = MultilingualCollection(
            name=self.name,
            corpora=corpora,
            queries=queries,
            qrels=_read_qrels(qrels_path, own, documents, left_out),
            group_of=group_of,
            notes=left_out.tell(),
        )
        return whole.select(sorted(whole.languages) if languages is None else languages)


def _read_corpus(path: Path, left_out: LeftOut) -> tuple[dict[str, dict[str, Passage]], dict[str, str]]:
    """Read passages by language, and the ids that they get by those of the file."""
    corpora: dict[str, dict[str, Passage]] = {}
    names: dict[str, str] = {}
    for line, row in left_out.rows(path, (), _DOCUMENT):
        for identifier, content in row.items():
            with left_out.counted(path):
                if not isinstance(content, dict) or identifier in names:
                    raise DataFormatError(
                        f"{path}:{line}: {shorten(identifier)} has no text, or is there twice.", _DOCUMENT
                    )
                language = _check(path, line, identifier, content.get("text"), content.get("lang"))
                names[identifier] = f"{language}:{identifier}"
                corpora.setdefault(language, {})[names[identifier]] = Passage(content["text"])
    left_out.check(path, len(names), _DOCUMENT)
    return corpora, names


def _read_queries(path: Path, language: str, left_out: LeftOut) -> tuple[dict[str, dict[str, str]], dict[str, str]]:
    """Read queries by language, and the question that each translates: what follows the language in its id."""
    queries: dict[str, dict[str, str]] = {}
    group_of: dict[str, str] = {}
    for line, row in left_out.rows(path, ("_id", "text"), _QUERY):
        with left_out.counted(path):
            given = row.get("lang", language)
            code = _check(path, line, row["_id"], row["text"], given)
            query = f"{code}:{row['_id']}"
            if query in group_of:
                raise DataFormatError(f"{path}:{line}: {shorten(row['_id'])} is there twice.", _QUERY)
            group_of[query] = row["_id"].removeprefix(f"{given}_")
            queries.setdefault(code, {})[query] = row["text"]
    left_out.check(path, len(group_of), _QUERY)
    return queries, group_of


def _read_qrels(
    path: Path, queries: Mapping[str, str], documents: Mapping[str, str], left_out: LeftOut
) -> dict[str, dict[str, int]]:
    qrels: dict[str, dict[str, int]] = {}
    for line, row in left_out.rows(path, (), _JUDGED):
        for query, judged in row.items():
            for document, grade in judged.items() if isinstance(judged, dict) else [("", None)]:
                with left_out.counted(path):
                    if query not in queries or document not in documents:
                        raise DataFormatError(
                            f"{path}:{line}: no query {shorten(query)} or no document {shorten(document)}.", _JUDGED
                        )
                    qrels.setdefault(queries[query], {})[documents[document]] = read_grade(str(grade), f"{path}:{line}")
    left_out.check(path, len(qrels), _JUDGED)
    return qrels


def _check(path: Path, line: int, identifier: str, text: Any, language: Any) -> str:
    """Check a row, and return the code of its language.

    Raises:
        DataFormatError: If its id has blanks, its text is none or its language no code.
    """
    check_id(identifier, path, line)
    if not isinstance(text, str):
        raise DataFormatError(f"{path}:{line}: 'text' is {shorten(text)}.", "Give a string.")
    check_text(text, f"{path}:{line}: 'text'")
    code = _CODES.get(language, language) if isinstance(language, str) else ""
    if not is_code(code):
        raise DataFormatError(f"{path}:{line}: 'lang' is {shorten(language)}.", "Give a code such as en.")
    return code


MLIR_BELEBELE = Mlir(
    name="mlir-belebele",
    description="Belebele's questions in 14 languages over one pool of their passages",
    folder="Belebele_test",
    languages=("ar", "de", "en", "es", "fr", "hi", "id", "it", "ja", "nl", "pt", "ru", "vi", "zh"),
    licence="CC BY-SA 4.0",
    queries=900 * 14,
    passages=488 * 14,
)

MLIR_XQUAD = Mlir(
    name="mlir-xquad",
    description="XQuAD's questions in 8 languages over one pool of their paragraphs",
    folder="XQuAD_test",
    languages=("ar", "de", "en", "es", "hi", "ru", "vi", "zh"),
    licence="CC BY-SA 4.0",
    queries=1190 * 8,
    passages=240 * 8,
)

MLIR_MLQA = Mlir(
    name="mlir-mlqa",
    description="MLQA's questions in 7 languages over one pool of their paragraphs, partly parallel",
    folder="MLQA_test",
    languages=("ar", "de", "en", "es", "hi", "vi", "zh"),
    licence="CC BY-SA 3.0 by MLQA's README, CC BY-NC 4.0 by its LICENSE file",
)

MLIR_MULTIEUP = Mlir(
    name="mlir-multieup",
    description="titles of debates of the European Parliament over one pool of speeches in them (Multi-EuP-v2)",
    folder="MultiEup_test",
    languages=("de", "en", "es", "fr", "it", "pt"),
    licence="CC BY 4.0, as Multi-EuP-v2",
)
