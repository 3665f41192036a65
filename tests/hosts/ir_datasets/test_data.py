import pytest

from beir_hybrid import load_dataset
from beir_hybrid.errors import UnknownNameError
from beir_hybrid.hosts import ir_datasets as host

ir_datasets = pytest.importorskip("ir_datasets", reason="ir_datasets is not installed")


@pytest.fixture(autouse=True)
def active():
    host.activate()
    yield
    host.deactivate()


@pytest.fixture(scope="module")
def collection():
    return load_dataset("sample")


def test_a_setting_has_its_queries_documents_and_judgements(collection):
    corpus, queries, qrels = collection.beir(queries="en", corpus="de")
    data = ir_datasets.load("beir-hybrid/sample/en-de")
    assert {query.query_id: query.text for query in data.queries_iter()} == queries
    assert {doc.doc_id: {"title": doc.title, "text": doc.text} for doc in data.docs_iter()} == corpus
    assert data.qrels_dict() == qrels
    assert (data.docs_count(), data.queries_count(), data.qrels_count()) == (len(corpus), len(queries), len(qrels))
    assert (data.docs_lang(), data.queries_lang()) == ("de", "en")


def test_a_pool_and_a_whole_dataset_name_no_language_of_their_own(collection):
    pool, whole = ir_datasets.load("beir-hybrid/sample/en-all"), ir_datasets.load("beir-hybrid/sample")
    assert pool.docs_count() == whole.docs_count() == sum(map(len, collection.corpora.values()))
    assert whole.queries_count() == sum(map(len, collection.queries.values()))
    assert (pool.docs_lang(), pool.queries_lang(), whole.queries_lang()) == (None, "en", None)
    assert {document.lang for document in pool.docs_iter()} == set(collection.corpora)


def test_documents_are_sliced_and_looked_up_as_those_of_ir_datasets():
    data = ir_datasets.load("beir-hybrid/sample/de-all")
    documents = list(data.docs_iter())
    assert list(data.docs_iter()[5:9]) == documents[5:9]
    assert list(data.docs_iter()[2:40][::7]) == documents[2:40:7]
    assert data.docs_iter()[-1] == documents[-1]
    store = data.docs_store()
    assert store.get(documents[7].doc_id) == documents[7]
    assert set(store.get_many([documents[3].doc_id, "de:none", "none"])) == {documents[3].doc_id}
    with pytest.raises(KeyError, match="none"):
        store.get("none")


def test_counts_and_licence_are_in_the_metadata_and_documentation():
    data = ir_datasets.load("beir-hybrid/sample/th")
    assert data.metadata()["docs"] == {"count": data.docs_count()}
    assert data.documentation()["data_access"] == "Apache-2.0"
    assert data.dataset_id() == "beir-hybrid/sample/th"


def test_nothing_is_loaded_before_it_is_asked_for(monkeypatch):
    from beir_hybrid.hosts.ir_datasets import data

    monkeypatch.setattr(data, "_load", None)
    assert ir_datasets.load("beir-hybrid/xquad-r/en-all").has_docs()


@pytest.mark.parametrize(("name", "fix"), [("sampel/en", "'sample'"), ("sample/en-xx", "en-"), ("sample/mono", "en")])
def test_names_that_there_are_not_are_refused_with_those_that_there_are(name, fix):
    with pytest.raises(UnknownNameError, match=fix):
        ir_datasets.load(f"beir-hybrid/{name}")


def test_ids_are_forgotten_when_the_host_is_deactivated():
    before = set(ir_datasets.registry)
    ir_datasets.load("beir-hybrid/sample/en")
    host.deactivate()
    assert set(ir_datasets.registry) == {each for each in before if not each.startswith("beir-hybrid")}
    with pytest.raises(KeyError):
        ir_datasets.load("beir-hybrid/sample/en")


@pytest.mark.filterwarnings("ignore")  # of numba, while it compiles
def test_ranx_compares_two_runs_on_a_setting():
    ranx = pytest.importorskip("ranx", reason="ranx is not installed")
    qrels = ranx.Qrels.from_ir_datasets("beir-hybrid/sample/de")
    right = {query: dict.fromkeys(judged, 1.0) for query, judged in qrels.to_dict().items()}
    wrong = {query: {"de:none": 1.0} for query in right}
    report = ranx.compare(qrels, [ranx.Run(right, name="right"), ranx.Run(wrong, name="wrong")], ["map"])
    assert report.to_dict()["right"]["scores"]["map"] == 1.0


def test_pyterrier_evaluates_what_was_retrieved_in_a_pool(collection):
    terrier = pytest.importorskip("pyterrier", reason="PyTerrier is not installed")
    import pandas as pd

    data = terrier.get_dataset("irds:beir-hybrid/sample/en-all")
    qrels = data.get_qrels()
    results = qrels.rename(columns={"label": "score"}).assign(rank=0).astype({"score": "float"})
    assert set(data.get_topics().columns) == {"qid", "query"}
    table = terrier.Experiment(
        [terrier.Transformer.from_df(results)], data.get_topics(), qrels, ["map"], names=["right"]
    )
    assert isinstance(table, pd.DataFrame)
    assert table["map"][0] == 1.0
