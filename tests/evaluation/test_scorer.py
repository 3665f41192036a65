from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import rankdata, spearmanr

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.measures import build_measure
from beir_hybrid.evaluation.runs import Run, run_of_results, split_run
from beir_hybrid.evaluation.scorer import Scorer
from beir_hybrid.evaluation.search import exact as module
from beir_hybrid.evaluation.search.exact import ExactSearcher
from beir_hybrid.evaluation.search.run_searcher import RunSearcher
from beir_hybrid.evaluation.search.searcher import SearchTask
from beir_hybrid.passage import Passage
from beir_hybrid.settings import Setting

PARTS = [Setting("en", ("en", "zh")), Setting("zh", ("en", "zh")), Setting("zh", ("ar", "zh"))]


@pytest.fixture(params=["ties", "few-ties"])
def vectors(request, uneven, vectors_of):
    return vectors_of(uneven, 2, 3 if request.param == "ties" else 25)


@pytest.fixture
def scorer(uneven, embeddings_of, vectors):
    return Scorer(ExactSearcher(SearchTask(Judgements(uneven), embeddings_of(uneven, vectors))))


@pytest.fixture
def by_the_book(uneven, vectors):
    """Rank everything for one query: scores by document, and documents in order."""

    def rank(query, languages):
        asked = vectors[uneven.queries[query[:2]][query]]
        scores = {d: float(asked @ vectors[p.text]) for code in languages for d, p in uneven.corpora[code].items()}
        return scores, sorted(scores, key=lambda document: (scores[document], document), reverse=True)

    return rank


def whole_runs(judged, settings, by_the_book, depth=None):
    """Runs of all queries, whole or cut off."""
    runs = {}
    for setting in settings:
        results = {}
        for query in judged.collection.queries[setting.query_language]:
            scores, order = by_the_book(query, setting.corpus_languages)
            results[query] = {document: scores[document] for document in order[:depth]}
        runs[setting] = run_of_results(results, judged)
    return runs


def same(first, second):
    """Compare all that two rankings tell."""
    for name in ("query", "rank", "mid_rank", "grade", "language", "sizes", "retrieved"):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)
    for name in ("languages", "query_language", "queries", "passages"):
        assert getattr(first, name) == getattr(second, name)


def same_top(first, second, depth):
    for name in ("passage", "language", "grade"):
        np.testing.assert_array_equal(
            getattr(first.top_at(depth), name)[:, :depth], getattr(second.top_at(depth), name)[:, :depth], err_msg=name
        )


def test_rankings_are_those_of_the_sorted_pool(uneven, scorer, by_the_book):
    judged = scorer.judgements
    for setting in [*scorer.settings, *PARTS]:
        found = scorer.rankings(setting, 9)
        queries = [judged.queries[number] for number in scorer.queries(setting)]
        assert len(queries) == found.queries
        rows, ties = [], []
        for number, query in enumerate(queries):
            scores, order = by_the_book(query, setting.corpus_languages)
            relevant = {d: g for d, g in uneven.qrels[query].items() if g > 0 and d in scores}
            assert relevant
            everything = list(scores.values())
            for document in sorted(relevant, key=order.index):
                above = sum(score > scores[document] for score in everything)
                mid = above + (everything.count(scores[document]) + 1) / 2
                language = setting.corpus_languages.index(document[:2])
                rows.append((number, order.index(document) + 1, mid, relevant[document], language))
            ties.append(any(everything.count(scores[document]) > 1 for document in relevant))
            top = found.top_at(9)
            first = order[:9]
            assert judged.identifiers(top.passage[number][: len(first)]) == first
            codes = [found.languages[language] for language in top.language[number][: len(first)]]
            assert codes == [document[:2] for document in first]
            grades = [max(0, uneven.qrels[query].get(document, 0)) for document in first]
            assert top.grade[number][: len(first)].tolist() == grades
        columns = (found.query, found.rank, found.mid_rank, found.grade, found.language)
        assert list(zip(*(column.tolist() for column in columns), strict=True)) == rows
        assert scorer.ties(setting).tolist() == ties
        sizes = [len(uneven.corpora[language]) for language in setting.corpus_languages]
        assert found.sizes.tolist() == sizes
        assert found.retrieved.tolist() == [sum(sizes)] * found.queries
        assert found.query_language == setting.query_language


def test_a_whole_run_has_the_rankings_of_its_embeddings(scorer, by_the_book):
    judged = scorer.judgements
    settings = [*scorer.settings, *PARTS]
    run_scorer = Scorer(RunSearcher(judged, whole_runs(judged, settings, by_the_book)))
    assert run_scorer.settings == settings
    for setting in settings:
        first, second = scorer.rankings(setting, 7), run_scorer.rankings(setting, 7)
        same(first, second)
        same_top(first, second, 7)
        np.testing.assert_array_equal(scorer.ties(setting), run_scorer.ties(setting))


def test_a_cut_off_run_has_the_same_ranks_as_far_as_it_goes(scorer, by_the_book):
    judged = scorer.judgements
    run_scorer = Scorer(RunSearcher(judged, whole_runs(judged, scorer.settings, by_the_book, depth=8)))
    cut = 0
    for setting in scorer.settings:
        first, second = scorer.rankings(setting, 10), run_scorer.rankings(setting, 10)
        np.testing.assert_array_equal(second.rank, np.where(first.rank <= 8, first.rank, np.inf))
        assert (np.isinf(second.mid_rank) == np.isinf(second.rank)).all()
        assert second.retrieved.tolist() == [min(8, first.passages)] * first.queries
        same_top(first, second, min(8, first.passages))
        beyond = second.top_at(10)
        assert (beyond.passage[:, 8:] == -1).all() and (beyond.language[:, 8:] == -1).all()
        assert not beyond.grade[:, 8:].any()
        cut += np.isinf(second.rank).sum()
    assert cut


def test_translations_are_aligned_with_the_queries(scorer, by_the_book):
    # q2 has no group, and q5 has no relevant passage but may still be a translation of nothing that counts
    judged = scorer.judgements
    settings = [*scorer.settings, *PARTS]
    for each in (scorer, Scorer(RunSearcher(judged, whole_runs(judged, settings, by_the_book)))):
        for setting in settings:
            queries = [judged.queries[number] for number in each.queries(setting)]
            other = "zh" if setting.query_language == "en" else "en"
            if Setting(other, setting.corpus_languages, setting.pool) not in settings:
                assert each is scorer or not list(each.rankings(setting, 6).translations())
                continue
            [translation] = each.rankings(setting, 6).translations()
            asked = [queries[number] for number in translation.query]
            assert asked == [query for query in queries if not query.endswith("q2")]
            for query, passages in zip(asked, translation.passage, strict=True):
                _, order = by_the_book(f"{other}:{query[3:]}", setting.corpus_languages)
                assert judged.identifiers(passages[passages >= 0]) == order[:6]


def test_a_translation_counts_although_nothing_relevant_is_searched_for_it(embeddings_of):
    # en:q is answered in English only by en:1, its translation de:q not at all
    collection = MultilingualCollection(
        "partly",
        {code: {f"{code}:{n}": Passage(f"{code} {n}") for n in range(3)} for code in ("de", "en")},
        {"en": {"en:q": "en q"}, "de": {"de:q": "de q"}},
        {"en:q": {"en:1": 1}},
        group_of={"en:q": "q", "de:q": "q"},
    )
    vectors = {
        "en q": [1],
        "de q": [-1],
        **{f"{code} {n}": [n + (code == "en") / 2] for code in ("de", "en") for n in range(3)},
    }
    judged = Judgements(collection)
    scorer = Scorer(ExactSearcher(SearchTask(judged, embeddings_of(collection, vectors))))
    pools = [Setting(code, ("de", "en"), pool=True) for code in ("en", "de")]
    results = {
        query: {d: sign * vectors[p.text][0] for texts in collection.corpora.values() for d, p in texts.items()}
        for query, sign in (("en:q", 1.0), ("de:q", -1.0))
    }
    runs = split_run(run_of_results(results, judged), judged, pools)
    for each in (scorer, Scorer(RunSearcher(judged, runs))):
        [translation] = each.rankings(pools[0], 6).translations()
        assert judged.identifiers(translation.passage[0]) == ["de:0", "en:0", "de:1", "en:1", "de:2", "en:2"]
        assert build_measure("mrc@6").values(each.rankings(pools[0], 6)).tolist() == [-1]
        # with a translation that has no result, there is nothing to compare with
        assert [setting.name for setting in Scorer(RunSearcher(judged, runs)).settings] == ["en-all"]
    runs[pools[1]] = run_of_results({}, judged)
    assert np.isnan(build_measure("mrc@6").values(Scorer(RunSearcher(judged, runs)).rankings(pools[0], 6))).all()


def test_every_query_of_a_group_has_its_translation(embeddings_of):
    collection = MultilingualCollection(
        "twice",
        {code: {f"{code}:1": Passage(f"{code} 1")} for code in ("de", "en")},
        {"en": {"en:a": "en a", "en:b": "en b"}, "de": {"de:a": "de a"}},
        {"en:a": {"en:1": 1}, "en:b": {"en:1": 1}, "de:a": {"de:1": 1}},
        group_of={"en:a": "g", "en:b": "g", "de:a": "g"},
    )
    vectors = {"en a": [1], "en b": [1], "de a": [-1], "en 1": [2], "de 1": [1]}
    scorer = Scorer(ExactSearcher(SearchTask(Judgements(collection), embeddings_of(collection, vectors))))
    rankings = scorer.rankings(Setting("en", ("de", "en"), pool=True), 2)
    assert [translation.query.tolist() for translation in rankings.translations()] == [[0, 1]]
    assert build_measure("mrc@2").values(rankings).tolist() == [-1, -1]


@pytest.mark.parametrize("depth", [1, 4, 100])
def test_mrc_is_scipys_correlation_of_the_real_rankings(scorer, by_the_book, depth):
    judged = scorer.judgements
    for setting in [*(each for each in scorer.settings if each.kind == "multi"), PARTS[0]]:
        found = build_measure(f"mrc@{depth}").values(scorer.rankings(setting, depth))
        other = "zh" if setting.query_language == "en" else "en"
        expected = []
        for number in scorer.queries(setting):
            query = judged.queries[number]
            lists = [
                by_the_book(f"{code}:{query[3:]}", setting.corpus_languages)[1][:depth] for code in (query[:2], other)
            ]
            union = sorted({*lists[0], *lists[1]})
            ranks = [rankdata([each.index(d) if d in each else depth for d in union]) for each in lists]
            if query.endswith("q2"):
                expected.append(np.nan)  # a query in no group has no translation
            else:
                expected.append(1.0 if len(union) == 1 else spearmanr(*ranks).statistic)
        assert found == pytest.approx(expected, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("kind", ["as_stored", "as_mapped"])
def test_vectors_need_not_be_in_memory(request, uneven, embeddings_of, vectors, scorer, kind):
    keep = request.getfixturevalue(kind)
    whole = embeddings_of(uneven, vectors)
    kept = Embeddings(
        *({code: keep(array) for code, array in part.items()} for part in (whole.queries, whole.passages))
    )
    other = Scorer(ExactSearcher(SearchTask(Judgements(uneven), kept)))
    for setting in [*scorer.settings, *PARTS]:
        same(scorer.rankings(setting, 5), other.rankings(setting, 5))
        same_top(scorer.rankings(setting, 5), other.rankings(setting, 5), 5)


def test_vectors_are_taken_by_their_language(uneven, embeddings_of, vectors, scorer):
    whole = embeddings_of(uneven, vectors)
    backwards = Embeddings(*({code: part[code] for code in reversed(part)} for part in (whole.queries, whole.passages)))
    other = Scorer(ExactSearcher(SearchTask(Judgements(uneven), backwards)))
    for setting in scorer.settings:
        same(scorer.rankings(setting, 5), other.rankings(setting, 5))
        same_top(scorer.rankings(setting, 5), other.rankings(setting, 5), 5)


@pytest.mark.parametrize(
    ("part", "language", "keep", "message"),
    [
        ("passages", "en", 69, r"There are 69 vectors for the 70 passages in en\. Pass one for each"),
        ("passages", "ar", None, "There are 0 vectors for the 1 passages in ar"),
        ("queries", "zh", 5, "There are 5 vectors for the 6 queries in zh"),
    ],
    ids=["one-short", "none", "queries"],
)
def test_vectors_for_other_texts_are_refused(uneven, embeddings_of, vectors_of, part, language, keep, message):
    embeddings = embeddings_of(uneven, vectors_of(uneven))
    found = dict(getattr(embeddings, part))
    if keep is None:
        del found[language]
    else:
        found[language] = found[language][:keep]
    with pytest.raises(ConfigurationError, match=message):
        Scorer(ExactSearcher(SearchTask(Judgements(uneven), replace(embeddings, **{part: found}))))


def test_settings_of_the_same_corpora_are_searched_together(scorer, monkeypatch):
    depths = []

    def counted(queries, passages, depth, *rest):
        depths.append((len(queries), depth))
        return search(queries, passages, depth, *rest)

    search = module.exact_search
    monkeypatch.setattr(module, "exact_search", counted)
    pools = [setting for setting in scorer.settings if setting.kind == "multi"]
    for setting in pools:
        list(scorer.rankings(setting, 10).translations())
        scorer.rankings(setting, 4)
    assert depths == [(12, 10)]
    scorer.rankings(pools[0], 20)
    scorer.rankings(pools[0], 84)
    scorer.rankings(pools[0], 5000)  # there are no more than 84
    assert depths == [(12, 10), (12, 20), (12, 84)]


def test_only_the_depth_that_is_asked_for_is_given(scorer):
    pool = next(setting for setting in scorer.settings if setting.kind == "multi")
    scorer.rankings(pool, 20)
    assert scorer.rankings(pool, 3).top.passage.shape[1] == 3
    assert scorer.rankings(pool).top is None
    with pytest.raises(ConfigurationError, match="kept to depth 3, and a measure reads 4"):
        scorer.rankings(pool, 3).top_at(4)


def test_a_run_of_other_corpora_is_refused(uneven):
    judged = Judgements(uneven)
    run = run_of_results({"en:q0": {"en:1": 1.0, "zh:1": 0.5}}, judged)
    with pytest.raises(ConfigurationError, match=r"The run of en-ar\+en holds 'zh:1', which is in none of the corpora"):
        Scorer(RunSearcher(judged, {Setting("en", ("ar", "en")): run}))
    Scorer(RunSearcher(judged, {Setting("en", ("zh", "en")): run}))


def test_depth_beyond_the_corpora_costs_no_memory(scorer, by_the_book):
    run_scorer = Scorer(RunSearcher(scorer.judgements, whole_runs(scorer.judgements, scorer.settings, by_the_book)))
    for setting in scorer.settings:
        same_top(*(each.rankings(setting, 10**12) for each in (scorer, run_scorer)), scorer.rankings(setting).passages)


def test_an_empty_run_retrieves_nothing(uneven):
    judged = Judgements(uneven)
    none = np.empty(0, np.int64)
    pool = next(setting for setting in judged.settings if setting.name == "zh-all")
    found = Scorer(RunSearcher(judged, {pool: Run(none, none, [], judged.identifiers)}))
    rankings = found.rankings(pool, 4)
    assert np.isinf(rankings.rank).all() and np.isinf(rankings.mid_rank).all()
    assert rankings.retrieved.tolist() == [0] * rankings.queries
    assert (rankings.top_at(4).passage == -1).all()
    assert not found.ties(pool).any()
    assert not list(rankings.translations())


def test_progress_is_shown_only_when_asked(uneven, embeddings_of, vectors, capfd):
    for show in (False, True):
        scorer = Scorer(
            ExactSearcher(SearchTask(Judgements(uneven), embeddings_of(uneven, vectors), show_progress=show))
        )
        scorer.rankings(PARTS[0], 3)
        shown = capfd.readouterr().err
        assert ("Ranking: 100%" in shown, "Searching en+zh: 100%" in shown) == (show, show)
        assert show or not shown
