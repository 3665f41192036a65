import json
import sys
from dataclasses import replace

import pytest

from beir_hybrid import evaluate
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError, DataFormatError, OutputError, UnknownNameError
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.run_files import read_run
from beir_hybrid.settings import choose_settings
from beir_hybrid.storage.files import write_json
from beir_hybrid_pyserini import baseline_folder, bm25
from beir_hybrid_pyserini.bm25 import BM25, search_baseline
from beir_hybrid_pyserini.lucene_search import LuceneIndex
from beir_hybrid_pyserini.topics import write_qrels

LANGUAGES = ["en", "el", "th"]


@pytest.fixture(scope="module")
def collection(sample):
    """The sample, with a name in every other question and its passages that is written alike in all languages."""
    few = sample.select(LANGUAGES)
    groups = list(dict.fromkeys(few.group_of.values()))

    def name(query):
        number = groups.index(few.group_of[query])
        return f" n{number}" if number % 2 else ""

    names = {document: name(query) for query, judged in few.qrels.items() for document in judged}
    return replace(
        few,
        queries={
            language: {query: text + name(query) for query, text in texts.items()}
            for language, texts in few.queries.items()
        },
        corpora={
            language: {doc: passage._replace(text=passage.text + names.get(doc, "")) for doc, passage in corpus.items()}
            for language, corpus in few.corpora.items()
        },
    )


@pytest.fixture(scope="module")
def output(java, collection, tmp_path_factory):
    """Baselines of all kinds of settings."""
    output = tmp_path_factory.mktemp("bm25")
    search_baseline(collection, output, ["en", "el", "th", "en-el", "en-all", "el-en+th"])
    return output


def measure(collection, path, setting):
    judgements = Judgements(collection)
    [parsed] = choose_settings([setting], judgements.settings, collection.name)
    results = evaluate({parsed: read_run(path, judgements)}, judgements, measures=("ndcg@10", "map", "recall@100"))
    return results.settings[setting]


def test_there_is_an_index_per_language_and_one_over_all(output):
    assert sorted(path.name for path in (output / "indexes").iterdir()) == ["all", "el", "en", "en+th", "th"]
    index = LuceneIndex(output / "indexes" / "all")
    analyzers = {language: about["analyzer"] for language, about in index.about["corpora"].items()}
    index.close()
    assert analyzers["en"] == "DefaultEnglishAnalyzer"
    assert analyzers["el"] == "GreekAnalyzer"
    assert analyzers["th"] in {"ThaiAnalyzer", "trigrams"}


@pytest.mark.parametrize("setting", ["en", "el", "th"])
def test_monolingual_runs_find_what_is_relevant(output, collection, setting):
    assert measure(collection, output / "runs" / f"{setting}.trec", setting)["ndcg@10"] > 0.7


@pytest.mark.parametrize("setting", ["en", "th", "en-el", "en-all", "el-en+th"])
def test_trec_eval_and_our_own_evaluation_agree_to_four_digits(output, collection, trec_eval, tmp_path, setting):
    judgements = Judgements(collection)
    [parsed] = choose_settings([setting], judgements.settings, collection.name)
    _, _, qrels = collection.beir(queries=parsed.query_language, corpus=parsed.corpus_languages)
    write_qrels(tmp_path / "qrels", qrels)
    path = output / "runs" / f"{setting}.trec"
    ours = measure(collection, path, setting)
    assert trec_eval(tmp_path / "qrels", path) == {
        name: pytest.approx(ours[name], abs=6e-5) for name in ("ndcg@10", "recall@100", "map")
    }


def test_a_run_holds_passages_of_its_corpora_alone(output):
    def languages(setting):
        lines = (output / "runs" / f"{setting}.trec").read_text(encoding="utf-8").splitlines()
        return {line.split()[2].partition(":")[0] for line in lines}

    assert languages("en-el") == {"el"}
    assert languages("el-en+th") == {"en", "th"}
    assert languages("en-all") == set(LANGUAGES)


def test_ranks_follow_from_scores(output):
    previous = None
    for line in (output / "runs" / "th.trec").read_text(encoding="utf-8").splitlines():
        query, q0, _, rank, score, tag = line.split()
        assert (q0, tag) == ("Q0", "bm25")
        if previous is not None and previous[0] == query:
            assert int(rank) == previous[1] + 1
            assert float(score) <= previous[2]
        else:
            assert rank == "1"
        previous = (query, int(rank), float(score))


def test_a_repeated_call_leaves_all_as_it_is(output, collection):
    before = {path: path.stat().st_mtime_ns for path in output.rglob("*") if path.is_file()}
    again = search_baseline(collection, output, ["en", "en-all"])
    assert again.kept == ["en", "en-all"]
    assert not any(again.indexes.values())
    assert {path: path.stat().st_mtime_ns for path in output.rglob("*") if path.is_file()} == before


def test_other_parameters_are_refused_and_replaced_if_asked(collection, java, tmp_path):
    small = collection.select(["en"])
    search_baseline(small, tmp_path, ["en"], BM25(depth=5))
    first = (tmp_path / "runs" / "en.trec").read_text(encoding="utf-8")
    with pytest.raises(OutputError, match=r"another run.*--overwrite"):
        search_baseline(small, tmp_path, ["en"], BM25(depth=5, k1=2.0))
    assert (tmp_path / "runs" / "en.trec").read_text(encoding="utf-8") == first
    replaced = search_baseline(small, tmp_path, ["en"], BM25(depth=5, k1=2.0), overwrite=True)
    assert replaced.indexes == {"en": False}  # k1 changes nothing in it
    assert (tmp_path / "runs" / "en.trec").read_text(encoding="utf-8") != first
    assert json.loads((tmp_path / "bm25.json").read_text(encoding="utf-8"))["runs"]["en"]["k1"] == 2.0


@pytest.mark.parametrize("harm", [lambda text: text[:100], lambda text: text.replace("en:", "th:", 1)])
def test_a_damaged_run_is_made_again_and_said(collection, java, tmp_path, caplog, harm):
    small = collection.select(["en"])
    search_baseline(small, tmp_path, ["en"], BM25(depth=2))
    path = tmp_path / "runs" / "en.trec"
    whole = path.read_text(encoding="utf-8")
    path.write_text(harm(whole), encoding="utf-8")
    assert search_baseline(small, tmp_path, ["en"], BM25(depth=2)).kept == []
    assert "en.trec is damaged" in caplog.text
    assert path.read_text(encoding="utf-8") == whole


def test_an_interrupted_search_goes_on_where_it_was(collection, java, tmp_path, monkeypatch):
    true_search = LuceneIndex.search

    def search(self, queries, *rest):
        if next(iter(queries)).startswith("th:"):
            raise KeyboardInterrupt
        return true_search(self, queries, *rest)

    monkeypatch.setattr(LuceneIndex, "search", search)
    with pytest.raises(KeyboardInterrupt):
        search_baseline(collection, tmp_path, ["el", "th"], BM25(depth=3))
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["el.trec"]
    monkeypatch.undo()
    assert search_baseline(collection, tmp_path, ["el", "th"], BM25(depth=3)).kept == ["el"]


def test_a_run_that_was_recorded_but_never_moved_is_written(collection, java, tmp_path, monkeypatch):
    small = collection.select(["en"])

    def killed(path, content):
        write_json(path, content)
        raise KeyboardInterrupt

    monkeypatch.setattr(baseline_folder, "write_json", killed)
    with pytest.raises(KeyboardInterrupt):
        search_baseline(small, tmp_path, ["en"], BM25(depth=2))
    monkeypatch.undo()
    assert not list((tmp_path / "runs").iterdir())
    recorded = (tmp_path / "bm25.json").read_bytes()
    assert search_baseline(small, tmp_path, ["en"], BM25(depth=2)).kept == []
    assert (tmp_path / "bm25.json").read_bytes() == recorded
    assert search_baseline(small, tmp_path, ["en"], BM25(depth=2)).kept == ["en"]


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is locked on Windows")
def test_a_second_writer_is_refused(collection, java, tmp_path, monkeypatch):
    small, true_search, refused = collection.select(["en", "th"]), LuceneIndex.search, []

    def search(self, *rest):
        with pytest.raises(OutputError, match="Another process is writing") as caught:
            search_baseline(small, tmp_path, ["th"], BM25(depth=2))
        refused.append(caught)
        return true_search(self, *rest)

    monkeypatch.setattr(LuceneIndex, "search", search)
    search_baseline(small, tmp_path, ["en"], BM25(depth=2))
    assert len(refused) == 1
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["en.trec"]


def test_records_that_came_after_a_call_began_are_kept(collection, java, tmp_path, monkeypatch):
    small = collection.select(["en", "th"])
    early = bm25._Work(small, tmp_path, ["th"], BM25(depth=2), None)
    search_baseline(small, tmp_path, ["en"], BM25(depth=2))
    monkeypatch.setattr(bm25, "_Work", lambda *args: early)
    search_baseline(small, tmp_path, ["th"], BM25(depth=2))
    assert set(json.loads((tmp_path / "bm25.json").read_text(encoding="utf-8"))["runs"]) == {"en", "th"}


def test_merged_pools_rank_by_score_over_the_indexes(collection, java, output, tmp_path):
    merged = search_baseline(collection, tmp_path, ["en-all"], BM25(depth=4, pool="merged"))
    assert sorted(merged.indexes) == sorted(LANGUAGES)
    query = next(iter(collection.queries["en"]))
    hits = []
    for language in LANGUAGES:
        index = LuceneIndex(tmp_path / "indexes" / language)
        [(_, found)] = index.search({query: collection.queries["en"][query]}, merged.analyzers["en"])
        index.close()
        hits += found
    best = sorted(hits, key=lambda hit: (hit[1], hit[0]), reverse=True)[:4]
    lines = (tmp_path / "runs" / "en-all.trec").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line.startswith(f"{query} ")]
    assert [(row[2], float(row[4])) for row in rows] == best


def test_a_chosen_analyzer_changes_the_index(collection, java, tmp_path):
    baseline = search_baseline(collection, tmp_path, ["th"], BM25(depth=1), analyzers={"th": "standard"})
    assert baseline.analyzers["th"].name == "StandardAnalyzer"
    with pytest.raises(OutputError, match="is another run"):
        search_baseline(collection, tmp_path, ["th"], BM25(depth=1), analyzers={"th": "trigrams"})


def test_queries_without_an_answer_are_told(collection, java, tmp_path, caplog):
    query = next(iter(collection.queries["en"]))
    queries = {"en": {**collection.queries["en"], query: "the of"}}
    changed = MultilingualCollection("odd", {"en": collection.corpora["en"]}, queries, collection.select(["en"]).qrels)
    search_baseline(changed, tmp_path, ["en"], BM25(depth=1))
    assert "nothing is found for 1 of" in caplog.text
    assert query not in (tmp_path / "runs" / "en.trec").read_text(encoding="utf-8")


def test_a_setting_is_refused_before_anything_is_built(collection, tmp_path):
    with pytest.raises(UnknownNameError, match="Did you mean 'en-el'"):
        search_baseline(collection, tmp_path / "new", ["en-ell"])
    assert not (tmp_path / "new").exists()


def test_another_datasets_folder_is_refused(collection, java, tmp_path):
    write_json(tmp_path / "bm25.json", {"schema": 1, "dataset": "miracl", "runs": {}})
    with pytest.raises(OutputError, match="a baseline of miracl, not of sample"):
        search_baseline(collection, tmp_path, ["en"])


@pytest.mark.parametrize("content", ["", "[]", '{"schema": 9}', '{"schema": 1}'])
def test_a_description_that_is_not_ours_is_refused(collection, tmp_path, content):
    (tmp_path / "bm25.json").write_text(content, encoding="utf-8")
    with pytest.raises(OutputError, match="is not ours"):
        search_baseline(collection, tmp_path, ["en"], overwrite=True)
    assert (tmp_path / "bm25.json").read_text(encoding="utf-8") == content


def test_a_query_id_with_a_blank_is_refused(collection, java, tmp_path):
    query = next(iter(collection.queries["en"]))
    qrels = {"en:odd id": collection.qrels[query]}
    odd = MultilingualCollection("odd", dict(collection.corpora), {"en": {"en:odd id": "a text"}}, qrels)
    with pytest.raises(DataFormatError, match="blank"):
        search_baseline(odd, tmp_path, ["en"])
    assert not list((tmp_path / "runs").iterdir())


@pytest.mark.parametrize(
    "options", [{"k1": -1}, {"k1": float("nan")}, {"b": 1.1}, {"b": float("nan")}, {"depth": 0}, {"pool": "on"}]
)
def test_parameters_out_of_range_are_refused(options):
    with pytest.raises(ConfigurationError):
        BM25(**options)


def test_the_defaults_are_pyserinis(java):
    import inspect

    from pyserini.search.lucene import LuceneSearcher

    theirs = {name: value.default for name, value in inspect.signature(LuceneSearcher.set_bm25).parameters.items()}
    assert (bm25.BM25().k1, bm25.BM25().b) == (theirs["k1"], theirs["b"])
