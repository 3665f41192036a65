"""HFDataLoader loads a corpus as a stream. In BEIR up to 2.2.0 at least.

With ``streaming=True`` it asks a stream for its length and for its first row, and fails with a TypeError; its qrels
would stay unread. ``load_corpus`` logs a line with a placeholder too many, for which logging prints a traceback.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any


def _load(original: Callable[..., Any], self: Any, split: str = "test") -> Any:
    """Load the corpus as a stream, and queries and qrels, which are small, as ever."""
    if not self.streaming:
        return original(self, split)
    if not self.hf_repo:
        self.qrels_file = str(Path(self.qrels_folder) / f"{split}.tsv")
        for path, kind in ((self.corpus_file, "jsonl"), (self.query_file, "jsonl"), (self.qrels_file, "tsv")):
            self.check(fIn=path, ext=kind)
    if _is_empty(self.corpus):
        self._load_corpus()
    self.streaming = False
    try:
        if _is_empty(self.queries):
            self._load_queries()
        self._load_qrels(split)
    finally:
        self.streaming = True
    judged = self.qrels if self.hf_repo else next(iter(self.qrels.values()))
    qrels: dict[str, dict[str, int]] = defaultdict(dict)
    for row in judged:
        qrels[row["query-id"]][row["corpus-id"]] = int(row["score"])
    self.qrels = qrels
    asked = set(qrels)
    self.queries = self.queries.filter(lambda query: query["id"] in asked)
    return self.corpus, self.queries, self.qrels


def _load_corpus(original: Callable[..., Any], self: Any) -> Any:
    """Load the corpus as the original does, and log nothing."""
    if not self.hf_repo:
        self.check(fIn=self.corpus_file, ext="jsonl")
    if _is_empty(self.corpus):
        self._load_corpus()
    return self.corpus


def _is_empty(loaded: Any) -> bool:
    return isinstance(loaded, dict) and not loaded  # as the constructor leaves it; streams have no length


METHODS = {"HFDataLoader.load": (_load, ("self", "split")), "HFDataLoader.load_corpus": (_load_corpus, ("self",))}
"""What a stream cannot answer is loaded without it; ``load`` without streaming stays the original."""
