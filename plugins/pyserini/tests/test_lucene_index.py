import json

import pytest

from beir_hybrid import corpus_checksum
from beir_hybrid.errors import DataFormatError, MissingDataError, OutputError
from beir_hybrid.passage import Passage
from beir_hybrid.storage.corpus_writer import write_corpus
from beir_hybrid_pyserini import lucene_index, lucene_search
from beir_hybrid_pyserini.analyzers import Analyzer, analyzers_for
from beir_hybrid_pyserini.lucene_index import ABOUT, build_index, check_index
from beir_hybrid_pyserini.lucene_search import LuceneIndex

CORPORA = {
    "en": {
        "en:1": Passage("The dogs were running 😀"),
        "en:2": Passage("A cat sleeps", title="Zebra"),
        "en:é": Passage("dog dog dog"),
        "en:4": Passage(" "),
    },
    "th": {"th:1": Passage("ภาษาไทย NFL dogs")},
}


@pytest.fixture(scope="module")
def chosen(java):
    return analyzers_for(["en", "th", "de"], {"th": "trigrams"})


@pytest.fixture(scope="module")
def folder(chosen, tmp_path_factory):
    folder = tmp_path_factory.mktemp("lucene") / "both"
    assert build_index(folder, CORPORA, chosen)
    return folder


@pytest.fixture(scope="module")
def index(folder):
    index = LuceneIndex(folder)
    yield index
    index.close()


def find(index, text, analyzer, **options):
    [(query, hits)] = index.search({"q": text}, analyzer, **options)
    assert query == "q"
    return [document for document, _ in hits]


def test_each_passage_is_analysed_in_its_own_language(index, chosen):
    assert find(index, "run", chosen["en"]) == ["en:1"]  # stemmed
    assert find(index, "dog", chosen["en"]) == ["en:é", "en:1"]  # Thai text has dogs, unstemmed
    assert find(index, "dogs ไทย", chosen["th"]) == ["th:1"]
    assert find(index, "the", chosen["en"]) == []


def test_titles_are_searched_and_emoji_survive(index, chosen):
    assert find(index, "zebra", chosen["en"]) == ["en:2"]
    assert find(index, "😀", chosen["en"]) == ["en:1"]


def test_a_passage_without_text_is_left_out(index):
    assert len(index) == 4
    assert index.about["corpora"]["en"]["passages"] == 4


def test_scores_are_bm25_as_pyserini_computes_them(index, chosen, folder):
    from pyserini.search.lucene import LuceneSearcher

    searcher = LuceneSearcher(str(folder))
    for k1, b in ((0.9, 0.4), (2.0, 0.75)):
        searcher.set_bm25(k1, b)
        theirs = [(hit.docid, pytest.approx(hit.score)) for hit in searcher.search("a running dog", k=10)]
        [(_, ours)] = index.search({"q": "a running dog"}, chosen["en"], 10, k1, b)
        assert ours == theirs
        assert len(ours) == 2
    searcher.close()


def test_queries_keep_their_order_over_batches(index, chosen, monkeypatch):
    monkeypatch.setattr(lucene_search, "_QUERIES", 3)
    queries = {f"q{number}": "dog" if number % 2 else "nothing" for number in range(10, 0, -1)}
    steps = []
    found = list(index.search(queries, chosen["en"], depth=1, advance=steps.append))
    assert [query for query, _ in found] == list(queries)
    assert [len(hits) for _, hits in found] == [0, 1] * 5
    assert steps == [3, 3, 3, 1]


def test_a_question_of_thousands_of_words_is_searched(index, chosen):
    assert find(index, " ".join(f"word{number}" for number in range(3000)) + " zebra", chosen["en"]) == ["en:2"]


def test_an_index_from_the_same_is_reused_and_another_refused(folder, chosen):
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert not build_index(folder, CORPORA, chosen)
    changed = {**CORPORA, "en": {**CORPORA["en"], "en:1": Passage("Other words")}}
    with pytest.raises(OutputError, match=r"its en corpus of 4 passages is another.*--overwrite"):
        build_index(folder, changed, chosen)
    with pytest.raises(OutputError, match="its languages are en, th, not en"):
        build_index(folder, {"en": CORPORA["en"]}, chosen)
    with pytest.raises(OutputError, match="its th is analysed by trigrams, not DefaultEnglishAnalyzer"):
        build_index(folder, CORPORA, {**chosen, "th": chosen["en"]})
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_an_index_of_another_lucene_is_refused(folder, tmp_path):
    about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
    (tmp_path / ABOUT).write_text(json.dumps({**about, "lucene": "1.0"}), encoding="utf-8")
    with pytest.raises(OutputError, match=r"Lucene 1\.0 built it"):
        check_index(tmp_path, about)


def test_another_index_is_replaced_if_asked(chosen, tmp_path):
    build_index(tmp_path / "x", {"en": CORPORA["en"]}, chosen)
    assert build_index(tmp_path / "x", {"th": CORPORA["th"]}, chosen, overwrite=True)
    replaced = LuceneIndex(tmp_path / "x")
    assert len(replaced) == 1
    replaced.close()
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_strangers_folder_is_never_replaced(chosen, tmp_path):
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError, match="left as it is"):
        build_index(tmp_path, CORPORA, chosen, overwrite=True)
    assert (tmp_path / "mine.txt").read_text(encoding="utf-8") == "mine"


def test_an_interruption_leaves_nothing_behind(chosen, tmp_path):
    def interrupt(done):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        build_index(tmp_path / "x", CORPORA, chosen, advance=interrupt)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(MissingDataError, match="no index"):
        LuceneIndex(tmp_path / "x")


def test_passages_that_lucene_drops_are_noticed(chosen, tmp_path):
    broken = Analyzer("broken", "org.apache.lucene.analysis.NoSuchAnalyzer")
    with pytest.raises(OutputError, match="0 of 1 passages"):
        build_index(tmp_path / "x", {"th": CORPORA["th"]}, {"th": broken})
    assert list(tmp_path.iterdir()) == []


def test_many_passages_are_indexed_over_several_commits(chosen, tmp_path, monkeypatch):
    monkeypatch.setattr(lucene_index, "_BATCH", 2)
    monkeypatch.setattr(lucene_index, "_COMMIT", 3)
    corpus = {f"de:{number}": Passage(f"Haus Nummer n{number}") for number in range(11)}
    from pyserini.index import lucene

    steps, opened, true_indexer = [], [], lucene.LuceneIndexer

    def indexer(*args, **options):  # each one after the first follows a commit
        opened.append(sum(steps))
        return true_indexer(*args, **options)

    monkeypatch.setattr(lucene, "LuceneIndexer", indexer)
    build_index(tmp_path / "x", {"en": {}, "de": corpus}, chosen, advance=steps.append)
    assert opened == [0, 4, 8]
    index = LuceneIndex(tmp_path / "x")
    assert len(index) == sum(steps) == 11
    assert find(index, "n7 n10", chosen["de"], depth=2) == ["de:10", "de:7"]  # equal scores: the smaller id first
    index.close()


def test_a_stored_corpus_is_read_as_a_stream(chosen, tmp_path):
    passages = CORPORA["en"]
    stored = write_corpus(tmp_path / "stored", "en", [(key[3:], passage) for key, passage in passages.items()])
    assert corpus_checksum(stored) == corpus_checksum(passages)
    build_index(tmp_path / "x", {"en": stored}, chosen)
    assert not build_index(tmp_path / "x", {"en": passages}, chosen)


@pytest.mark.parametrize("document", ["en: 1", "", "en:\t1"])
def test_an_id_with_a_blank_is_refused(chosen, tmp_path, document):
    with pytest.raises(DataFormatError, match="blank"):
        build_index(tmp_path / "x", {"en": {document: Passage("text")}}, chosen)
    assert list(tmp_path.iterdir()) == []


def test_a_corpus_without_text_is_refused(chosen, tmp_path):
    with pytest.raises(DataFormatError, match="No passage"):
        build_index(tmp_path / "x", {"en": {"en:1": Passage("  ")}}, chosen)


def test_a_damaged_index_is_built_again_and_said(chosen, tmp_path, caplog):
    build_index(tmp_path / "x", {"th": CORPORA["th"]}, chosen)
    largest = max((tmp_path / "x").iterdir(), key=lambda path: path.stat().st_size * (path.name != ABOUT))
    largest.write_bytes(largest.read_bytes()[:-1])
    (tmp_path / "x" / "mine").touch()
    with pytest.raises(OutputError, match="is damaged and holds 'mine'"):
        build_index(tmp_path / "x", {"th": CORPORA["th"]}, chosen)
    (tmp_path / "x" / "mine").unlink()
    assert build_index(tmp_path / "x", {"th": CORPORA["th"]}, chosen)
    assert f"x is damaged ({largest.name} has" in caplog.text
    index = LuceneIndex(tmp_path / "x")
    assert len(index) == 1
    index.close()
    assert not build_index(tmp_path / "x", {"th": CORPORA["th"]}, chosen)


def test_an_index_that_came_meanwhile_stays(chosen, tmp_path):
    def another_comes(done):
        (tmp_path / "x").mkdir(exist_ok=True)
        (tmp_path / "x" / "theirs").touch()

    with pytest.raises(OutputError, match="has changed since the work began"):
        build_index(tmp_path / "x", {"th": CORPORA["th"]}, chosen, advance=another_comes)
    assert [path.name for path in tmp_path.rglob("*")] == ["x", "theirs"]
