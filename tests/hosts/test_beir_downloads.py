import json
import logging

import pytest

import beir_hybrid.hosts.beir as host
from beir_hybrid.errors import ConfigurationError, UnknownNameError

BEIR = "https://public.ukp.informatik.tu-darmstadt.de/thakur/BEIR/datasets"

# BEIR leaves files to the garbage collector
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def active(tmp_path, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "hf"))
    host.activate()
    yield
    host.deactivate()


@pytest.fixture
def asked(monkeypatch):
    """What BEIR asks the network for."""
    from beir import util

    urls = []
    monkeypatch.setattr(util, "download_url", lambda url, path, size: urls.append(url))
    monkeypatch.setattr(util, "unzip", lambda zip_file, out_dir: None)
    return urls


@pytest.mark.parametrize("name", ["sample.en-de", "sample.de", "sample.en-all", "sample"])
def test_name_of_ours_is_answered_from_our_datasets(name, tmp_path, asked):
    from beir.datasets.data_loader import GenericDataLoader
    from beir.util import download_and_unzip

    from beir_hybrid import load_dataset

    path = download_and_unzip(f"{BEIR}/{name}.zip", str(tmp_path / "datasets"))
    assert path == str(tmp_path / "datasets" / name)
    assert not asked
    _, _, setting = name.partition(".")
    query, _, corpus = setting.partition("-")
    chosen = None if corpus == "all" else corpus or query or None
    assert GenericDataLoader(path).load() == load_dataset("sample").beir(queries=query or None, corpus=chosen)


@pytest.mark.parametrize(
    ("address", "level"),
    [(BEIR, "INFO"), ("https://our.mirror/BEIR/datasets", "INFO"), ("https://mine.org", "WARNING")],
)
def test_answer_in_place_of_somebodys_own_address_is_told(address, level, tmp_path, asked, caplog):
    from beir.util import download_and_unzip

    with caplog.at_level(logging.INFO, logger="beir_hybrid"):
        download_and_unzip(f"{address}/sample.en.zip", str(tmp_path))
    assert [record.levelname for record in caplog.records if "comes from beir-hybrid's" in record.message] == [level]


def test_module_attribute_reaches_scripts_that_imported_the_module(tmp_path, asked):
    from beir import util

    assert util.download_and_unzip("sample.en", str(tmp_path)) == str(tmp_path / "sample.en")
    assert not asked


@pytest.mark.parametrize(
    "url",
    [
        f"{BEIR}/scifact.zip",
        f"{BEIR}/webis-touche2020.zip",
        f"{BEIR}/germanquad.zip",
        f"{BEIR}/unheard-of.zip",
        "https://example.org/sample.v2.zip",
        "https://example.org/xquadr.zip",
    ],
)
def test_other_names_go_to_beir(url, tmp_path, asked):
    from beir import util

    name = url.split("/")[-1].removesuffix(".zip")
    assert util.download_and_unzip(url, str(tmp_path)) == str(tmp_path / name)
    assert asked == [url]


@pytest.mark.parametrize(
    ("name", "meant"), [("xquad-r.en-xx", "xquad-r"), ("xquadr", "xquad-r"), ("miracle", "miracl")]
)
def test_misspelt_name_of_ours_is_told(name, meant, tmp_path, asked):
    from beir import util

    with pytest.raises(UnknownNameError, match=meant):
        util.download_and_unzip(f"{BEIR}/{name}.zip", str(tmp_path))
    assert not asked
    assert not list(tmp_path.glob("*xquad*"))


def test_folder_that_is_there_is_never_taken_for_a_misspelt_name(tmp_path, asked):
    from beir import util

    (tmp_path / "xquadr").mkdir()
    (tmp_path / "xquadr.zip").touch()
    assert util.download_and_unzip(f"{BEIR}/xquadr.zip", str(tmp_path)) == str(tmp_path / "xquadr")


def test_hugging_face_loader_reads_our_dataset_from_the_cache(tmp_path):
    from beir.datasets.data_loader_hf import HFDataLoader

    from beir_hybrid import load_dataset

    loader = HFDataLoader(hf_repo="BeIR/sample.en-de", streaming=False, keep_in_memory=True)
    corpus, queries, qrels = loader.load(split="test")
    passages, texts, judged = load_dataset("sample").beir("en", "de")
    assert {row["id"]: {"title": row["title"], "text": row["text"]} for row in corpus} == passages
    assert {row["id"]: row["text"] for row in queries} == texts
    assert qrels == judged
    assert (tmp_path / "cache" / "beir" / "sample.en-de").is_dir()


@pytest.mark.parametrize("repository", ["BeIR/scifact", "somebody/sample", None])
def test_hugging_face_loader_leaves_other_repositories_alone(repository, tmp_path):
    from beir.datasets.data_loader_hf import HFDataLoader

    loader = HFDataLoader(hf_repo=repository, data_folder=str(tmp_path))
    assert loader.hf_repo == repository
    assert not (tmp_path / "cache").exists()


def test_another_split_comes_with_its_own_corpus(tmp_path, caplog):
    from beir import util
    from beir.datasets.data_loader import GenericDataLoader

    from beir_hybrid import load_dataset

    path = util.download_and_unzip(f"{BEIR}/sample.en.zip", str(tmp_path))
    with caplog.at_level(logging.INFO, "beir_hybrid"):
        loaded = GenericDataLoader(path).load(split="train")
    assert loaded == load_dataset("sample", languages=["en"], split="train").beir()
    assert "holds no split train" in caplog.text
    assert GenericDataLoader(path).load(split="test") == load_dataset("sample", languages=["en"]).beir()


def test_unknown_split_names_those_there_are(tmp_path):
    from beir import util
    from beir.datasets.data_loader import GenericDataLoader

    path = util.download_and_unzip(f"{BEIR}/sample.en.zip", str(tmp_path))
    with pytest.raises(ConfigurationError, match=r"sample.en has no split 'tset'. Did you mean 'test'\?"):
        GenericDataLoader(path).load(split="tset")


def test_foreign_folder_without_the_split_gets_beirs_own_error(tmp_path):
    from beir.datasets.data_loader import GenericDataLoader

    for name in ("corpus", "queries"):
        (tmp_path / f"{name}.jsonl").write_text(json.dumps({"_id": "1", "text": "a", "title": ""}))
    with pytest.raises(ValueError, match="not present! Please provide accurate file"):
        GenericDataLoader(str(tmp_path)).load(split="dev")
