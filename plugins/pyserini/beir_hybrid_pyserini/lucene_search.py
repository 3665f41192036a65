"""LuceneIndex: search a Lucene index with BM25, by Pyserini."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from beir_hybrid import DataFormatError, MissingDataError, processors
from beir_hybrid_pyserini import java
from beir_hybrid_pyserini.analyzers import Analyzer
from beir_hybrid_pyserini.lucene_index import parts, read_about, reason

_QUERIES = 64  # searched at a time
_CLAUSES = 1 << 16  # different words in a query; Lucene's limit of 1,024 is short of a long question in trigrams


class LuceneIndex:
    """An index that :func:`~.lucene_index.build_index` wrote.

    Args:
        folder: Its folder.

    Attributes:
        folder: As given.
        about: What it was built from, as :func:`~.lucene_index.describe` returns it.

    Raises:
        MissingDataError: If the folder holds no whole index of ours.
        DataFormatError: If Lucene cannot open it.
        JavaError: If there is no Java for Pyserini.
    """

    def __init__(self, folder: Path) -> None:
        about = read_about(folder)
        if about is None:
            raise MissingDataError(f"{folder} is no index of beir-hybrid bm25.", "Build it: beir-hybrid bm25 ...")
        java.start()
        from jnius import JavaException, autoclass
        from pyserini.search.lucene import LuceneSearcher

        self.folder = folder
        self.about = {key: value for key, value in about.items() if key != "files"}
        limits: Any = autoclass("org.apache.lucene.search.IndexSearcher")
        limits.setMaxClauseCount(max(_CLAUSES, int(limits.getMaxClauseCount())))
        try:
            self._searcher: Any = LuceneSearcher(str(folder.absolute()))  # Java stays where it was started
        except JavaException as error:
            raise DataFormatError(
                f"{folder} cannot be opened: {reason(error)}.", "Delete it, and build again."
            ) from error
        self._write = _hits_writer()

    def __len__(self) -> int:
        return int(self._searcher.num_docs)

    def search(
        self,
        queries: Mapping[str, str],
        analyzer: Analyzer,
        depth: int = 1000,
        k1: float = 0.9,
        b: float = 0.4,
        advance: Callable[[int], object] | None = None,
    ) -> Iterator[tuple[str, list[tuple[str, float]]]]:
        """Find the passages with the highest BM25 scores.

        Scores are Pyserini's: rounded to four digits, ties separated by 1e-6 so that the smaller document id comes
        first.

        Args:
            queries: Texts by id.
            analyzer: That of the queries' language.
            depth: Passages per query.
            k1: BM25's saturation of term frequencies, from 0 on.
            b: BM25's weight of document lengths, 0 to 1.
            advance: Called with the number of queries done since the last call.

        Yields:
            Each query's id, in their order, with document ids and scores by rank; empty where nothing was found.
        """
        from pyserini.pyclass import JArrayList

        self._searcher.set_analyzer(analyzer.build())
        self._searcher.set_bm25(k1, b)
        for part in parts(queries.items(), _QUERIES):
            identifiers, texts = JArrayList(), JArrayList()
            for query, text in part:
                identifiers.add(query)
                texts.add(analyzer.prepare(text))
            # all hits come over as one string: as objects, each would take several calls into Java
            hits = json.loads(self._write(self._searcher.object.batch_search(texts, identifiers, depth, processors())))
            for query, _ in part:
                yield query, [(hit["docid"], hit["score"]) for hit in hits[query]]
            if advance is not None:
                advance(len(part))

    def close(self) -> None:
        """Close its files."""
        self._searcher.close()


def _hits_writer() -> Callable[[Any], str]:
    """Make a function that writes hits as JSON in ASCII, without Lucene's documents."""
    from jnius import autoclass

    mapper: Any = autoclass("com.fasterxml.jackson.databind.ObjectMapper")()
    named: Any = autoclass("java.lang.Class")
    true: Any = autoclass("java.lang.Boolean")(True)  # a plain True is taken for a number
    mapper.configOverride(named.forName("org.apache.lucene.document.Document")).setIsIgnoredType(true)
    features: Any = autoclass("com.fasterxml.jackson.core.JsonGenerator$Feature")
    mapper.getFactory().enable(features.ESCAPE_NON_ASCII)
    write: Callable[[Any], str] = mapper.writeValueAsString
    return write
