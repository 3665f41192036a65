"""Subsets: a collection's settings in the form of MTEB's datasets, made when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from datasets import Dataset, concatenate_datasets

from beir_hybrid import MultilingualCollection, Setting
from beir_hybrid.evaluation import Judgements


class Subsets(Mapping[str, dict[str, Any]]):
    """What MTEB calls ``dataset``: by subset and split, the corpus, queries and relevant documents.

    The texts of a language are held once; the subsets share them.

    Args:
        collection: Its texts and judgements.
        split: The only split.

    Attributes:
        judgements: The collection in numbers.
        settings: By subset.
    """

    def __init__(self, collection: MultilingualCollection, split: str) -> None:
        self.judgements = Judgements(collection)
        self.settings: dict[str, Setting] = {setting.name: setting for setting in self.judgements.settings}
        self._split = split
        self._made: dict[str, dict[str, Any]] = {}

    def __getitem__(self, subset: str) -> dict[str, Any]:
        if subset not in self._made:
            # judgements of many languages are large: what is kept is the last subset, and those given to rerank
            self._made = {name: made for name, made in self._made.items() if made[self._split]["top_ranked"]}
            self._made[subset] = self._make(self.settings[subset])
        return self._made[subset]

    def __iter__(self) -> Iterator[str]:
        return iter(self.settings)

    def __len__(self) -> int:
        return len(self.settings)

    def _make(self, setting: Setting) -> dict[str, Any]:
        corpora = [self._corpora[language] for language in setting.corpus_languages]
        data = {
            "corpus": concatenate_datasets(corpora) if len(corpora) > 1 else corpora[0],
            "queries": self._queries[setting.query_language],
            "relevant_docs": self._relevant(setting),
            "top_ranked": None,
        }
        return {self._split: data}

    @cached_property
    def _corpora(self) -> dict[str, Dataset]:
        corpora = self.judgements.collection.corpora
        return {
            language: _texts((document, passage.searchable) for document, passage in of_language.items())
            for language, of_language in corpora.items()
        }

    @cached_property
    def _queries(self) -> dict[str, Dataset]:
        queries = self.judgements.collection.queries
        return {language: _texts(of_language.items()) for language, of_language in queries.items()}

    def _relevant(self, setting: Setting) -> dict[str, dict[str, int]]:
        judged = self.judgements
        rows = judged.rows(setting)
        documents = judged.identifiers(judged.passage[rows])
        relevant: dict[str, dict[str, int]] = {}
        for query, document, grade in zip(judged.query[rows], documents, judged.grade[rows].tolist(), strict=True):
            relevant.setdefault(judged.queries[query], {})[document] = grade
        return relevant


def _texts(rows: Any) -> Dataset:
    identifiers, texts = zip(*rows, strict=True)
    return Dataset.from_dict({"id": list(identifiers), "text": list(texts)})
