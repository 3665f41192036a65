"""Retrieval: which results follow from which vectors, and what is said of those that follow from none."""

import pytest

# BEIR leaves files to the garbage collector
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

CHANGED = "reranked, changed or read from a file"


def test_reranked_results_are_scored_as_they_are(scripts, texts, tmp_path):
    from beir.reranking.rerank import Rerank

    class CrossEncoder:
        def predict(self, pairs, **_):
            return [len(text) for _, text in pairs]

    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(scripts.exact(scripts.Encoder()))
    results = evaluation.retrieve(corpus, queries)
    reranked = Rerank(CrossEncoder()).rerank(corpus, queries, results, top_k=10)
    evaluation.evaluate(qrels, reranked, [5])
    assert CHANGED in scripts.reason(tmp_path)
    assert list(scripts.found(tmp_path).settings) == ["de-all", "en-all", "es-all"]
    evaluation.evaluate(qrels, results, [5])  # which are as they were
    assert len(scripts.found(tmp_path, "tiny-2").settings) == 12


def test_changed_results_are_scored_as_they_are(scripts, texts, tmp_path):
    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(scripts.exact(scripts.Encoder()))
    results = evaluation.retrieve(corpus, queries)
    results["en:q1"].popitem()
    evaluation.evaluate(qrels, results, [5])
    assert f"of 1 of the 12 queries are not those of a search in this script: {CHANGED}" in scripts.reason(tmp_path)


def test_sorted_and_copied_results_are_recognised(scripts, texts, tmp_path):
    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(scripts.exact(scripts.Encoder()))
    results = evaluation.retrieve(corpus, queries)
    again = {query: dict(sorted(ranked.items())) for query, ranked in reversed(results.items())}
    evaluation.evaluate(dict(qrels), again, [5])
    scripts.assert_same(scripts.found(tmp_path), scripts.expected(scripts.Encoder(), texts))


def test_each_of_two_models_is_scored_by_its_own_vectors(scripts, texts, tmp_path):
    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluations = [scripts.retriever(scripts.exact(scripts.Encoder(seed))) for seed in (1, 2)]
    results = [evaluation.retrieve(corpus, queries) for evaluation in evaluations]
    for evaluation, one in zip(evaluations, results, strict=True):
        evaluation.evaluate(qrels, one, [5])
    scripts.assert_same(scripts.found(tmp_path), scripts.expected(scripts.Encoder(1), texts))
    scripts.assert_same(scripts.found(tmp_path, "tiny-2"), scripts.expected(scripts.Encoder(2), texts))


@pytest.mark.parametrize("search", ["exact", "flat"])
def test_queries_retrieved_in_parts_are_scored_together(scripts, search, texts, tmp_path):
    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(getattr(scripts, search)(scripts.Encoder()))
    results = {}
    for language in ("es", "de", "en"):
        part = {query: text for query, text in queries.items() if query.startswith(language)}
        results |= evaluation.retrieve(corpus, part)
    evaluation.evaluate(qrels, results, [5])
    for name, values in scripts.expected(scripts.Encoder(), texts).settings.items():
        assert scripts.found(tmp_path).settings[name] == pytest.approx(values, abs=1e-6), name


def test_parts_by_different_models_are_scored_as_they_are(scripts, texts, tmp_path):
    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    results = {}
    for seed, language in enumerate(("es", "de", "en")):
        part = {query: text for query, text in queries.items() if query.startswith(language)}
        results |= scripts.retriever(scripts.exact(scripts.Encoder(seed))).retrieve(corpus, part)
    scripts.retriever(None).evaluate(qrels, results, [5])
    assert "different models" in scripts.reason(tmp_path)


def test_parts_of_different_corpora_are_scored_as_they_are(scripts, texts, tmp_path):
    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    results = {}
    for language in ("es", "de", "en"):
        part = {query: text for query, text in queries.items() if query.startswith(language)}
        passages = {name: passage for name, passage in corpus.items() if name.startswith(language)}
        results |= scripts.retriever(scripts.exact(scripts.Encoder())).retrieve(passages, part)
    scripts.retriever(None).evaluate(qrels, results, [5])
    assert "different corpora" in scripts.reason(tmp_path)


def test_queries_that_were_not_searched_are_left_out_and_told(scripts, texts, tmp_path):
    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(scripts.exact(scripts.Encoder()))
    some = {query: text for query, text in queries.items() if not query.endswith("q3")}
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, some), [5])
    written = scripts.found(tmp_path)
    assert {values["queries"] for values in written.settings.values()} == {3}
    assert "queries without a result, which this and BEIR leave out of means: 3" in written.notes


def test_single_query_is_scored(scripts, texts, tmp_path):
    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(scripts.exact(scripts.Encoder()))
    evaluation.evaluate({"en:q2": qrels["en:q2"]}, evaluation.retrieve(corpus, {"en:q2": queries["en:q2"]}), [5])
    assert sorted(scripts.found(tmp_path).settings) == ["en", "en-all", "en-de", "en-es"]


def test_part_of_the_corpus_that_lacks_relevant_documents_is_scored_as_it_is(scripts, texts, tmp_path):
    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(scripts.exact(scripts.Encoder()))
    some = {name: passage for name, passage in corpus.items() if not name.endswith(":1")}
    evaluation.evaluate(qrels, evaluation.retrieve(some, queries), [5])
    assert "3 relevant documents such as" in scripts.reason(tmp_path)


def test_one_result_is_told_once_and_again_with_other_judgements(scripts, texts, tmp_path, capsys):
    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(scripts.exact(scripts.Encoder()))
    results = evaluation.retrieve(corpus, queries)
    for k in (1, 5, 10):
        evaluation.evaluate(qrels, results, [k])
    assert capsys.readouterr().out.count("Written to") == 1
    english = {query: grades for query, grades in qrels.items() if query.startswith("en")}
    evaluation.evaluate(english, results, [10])
    assert capsys.readouterr().out.count("Written to") == 1
    assert {name.partition("-")[0] for name in scripts.found(tmp_path, "tiny-2").settings} == {"en"}


def test_search_of_a_scripts_own_is_scored_if_its_results_follow_from_vectors(scripts, texts, tmp_path):
    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(scripts.Search(scripts.Encoder()), "dot")
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    scripts.assert_same(scripts.found(tmp_path), scripts.expected(scripts.Encoder(), texts, cosine=False))


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"score": lambda value: value + 1}, "The scores of Search are not the similarities of vectors"),
        ({"keep": lambda query, document: query[:2] == document[:2]}, "Search leaves out passages that score higher"),
    ],
)
def test_search_whose_results_do_not_follow_from_vectors_is_told(scripts, options, problem, texts, tmp_path):
    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(scripts.Search(scripts.Encoder(), **options), "dot")
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    assert problem in scripts.reason(tmp_path)


def test_search_without_vectors_is_told(scripts, texts, tmp_path):
    class BM25Search:
        def search(self, corpus, queries, top_k, score_function, **_):
            return {query: {document: float(len(document) % 7) for document in corpus} for query in queries}

    corpus, queries, qrels = scripts.load(texts, tmp_path / "tiny")
    evaluation = scripts.retriever(BM25Search())
    evaluation.evaluate(qrels, evaluation.retrieve(corpus, queries), [10])
    assert "BM25Search has no model that returns vectors" in scripts.reason(tmp_path)
