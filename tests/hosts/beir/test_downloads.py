import json
import logging
import socket

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


@pytest.fixture
def unused_tcp_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


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
    "url", [f"{BEIR}/sample.en.zip", f"{BEIR.upper()}/sample.en.zip", "sample.en.zip", "sample.en"]
)
def test_what_is_given_in_place_of_a_download_is_told_in_a_line(url, tmp_path, asked, caplog):
    from beir.util import download_and_unzip

    assert download_and_unzip(url, str(tmp_path)) == str(tmp_path / "sample.en")
    [record] = [record for record in caplog.records if record.name.startswith("beir_hybrid")]
    assert record.getMessage() == f"sample.en comes from beir-hybrid's datasets, not from {url}"
    assert record.levelname == "WARNING"  # which shows in scripts that configure no logging
    assert not asked


@pytest.mark.parametrize(
    "address",
    [
        "https://my.server.org/data",
        "https://our.mirror/thakur/BEIR/datasets",
        "https://public.ukp.informatik.tu-darmstadt.de/mine",
        "https://public.ukp.informatik.tu-darmstadt.de.my.server.org/thakur/BEIR/datasets",
        "data",
        "file:///data",
    ],
)
@pytest.mark.parametrize("name", ["sample", "xquad-r.en-xx", "xquadr"])
def test_any_other_address_is_somebody_elses(address, name, tmp_path, asked, caplog):
    from beir.util import download_and_unzip

    url = f"{address}/{name}.zip"
    assert download_and_unzip(url, str(tmp_path)) == str(tmp_path / name)
    assert asked == [url]
    assert not list(tmp_path.iterdir())
    assert not caplog.records


def test_other_address_fails_as_it_does_without_us(tmp_path, unused_tcp_port):
    import requests
    from beir import util

    with pytest.raises(requests.ConnectionError):
        util.download_and_unzip(f"http://127.0.0.1:{unused_tcp_port}/data/sample.zip", str(tmp_path))
    assert not list(tmp_path.iterdir())


def theirs(folder, *, as_folder, as_zip):
    """Put a dataset of the same name, that we did not write, where a script looks for it."""
    import zipfile

    lines = {"corpus": [{"_id": "d1", "title": "", "text": "mine"}], "queries": [{"_id": "q1", "text": "mine?"}]}
    files = {f"{name}.jsonl": "".join(f"{json.dumps(row)}\n" for row in rows) for name, rows in lines.items()}
    files["qrels/test.tsv"] = "query-id\tcorpus-id\tscore\nq1\td1\t1\n"
    if as_folder:
        (folder / "qrels").mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_text(content)
    if as_zip:
        with zipfile.ZipFile(folder.with_name(f"{folder.name}.zip"), "w") as archive:
            for name, content in files.items():
                archive.writestr(f"{folder.name}/{name}", content)


@pytest.mark.parametrize("url", [f"{BEIR}/sample.zip", "sample.zip", "sample"])
@pytest.mark.parametrize("kept", [(True, True), (True, False), (False, True)], ids=["both", "folder", "zip"])
def test_dataset_that_is_there_already_is_used_and_told(kept, url, tmp_path, monkeypatch, caplog):
    from beir import util
    from beir.datasets.data_loader import GenericDataLoader

    asked = []
    monkeypatch.setattr(util, "download_url", lambda url, path, size: asked.append(url))
    theirs(tmp_path / "sample", as_folder=kept[0], as_zip=kept[1])
    path = util.download_and_unzip(url, str(tmp_path))
    assert GenericDataLoader(path).load()[0] == {"d1": {"title": "", "text": "mine"}}
    assert asked == []  # without us, BEIR downloads a zip that is not there and unpacks it over the folder
    there = tmp_path / ("sample" if kept[0] else "sample.zip")
    assert f"{there} is there and was not written by beir-hybrid: it is used as it is" in caplog.text


def test_dataset_that_is_there_already_may_have_any_name(tmp_path, asked, caplog):
    from beir import util

    for name in ("xquad-r.en-xx", "xquadr"):
        theirs(tmp_path / name, as_folder=True, as_zip=True)
        assert util.download_and_unzip(f"{BEIR}/{name}.zip", str(tmp_path)) == str(tmp_path / name)
    assert not asked
    assert not caplog.records


def test_folder_of_ours_is_used_again_and_a_zip_of_somebody_elses_beside_it_left_alone(tmp_path, asked, caplog):
    from beir import util

    path = util.download_and_unzip(f"{BEIR}/sample.en.zip", str(tmp_path))
    theirs(tmp_path / "sample.en", as_folder=False, as_zip=True)
    before = (tmp_path / "sample.en.zip").read_bytes()
    assert util.download_and_unzip(f"{BEIR}/sample.en.zip", str(tmp_path)) == path
    assert (tmp_path / "sample.en.zip").read_bytes() == before
    assert "sample.en.zip is there and was not written by beir-hybrid" in caplog.text
    assert not asked


def test_page_that_a_failed_download_left_is_replaced_and_told(tmp_path, asked, caplog):
    from beir import util

    (tmp_path / "sample.en.zip").write_text("<html>404 Not Found</html>")
    util.download_and_unzip(f"{BEIR}/sample.en.zip", str(tmp_path))
    assert (tmp_path / "sample.en" / "corpus.jsonl").is_file()
    assert "sample.en.zip is replaced" in caplog.text


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


def test_what_the_hugging_face_loader_gets_from_us_is_told(tmp_path, caplog):
    from beir.datasets.data_loader_hf import HFDataLoader

    HFDataLoader(hf_repo="BeIR/sample.en")
    assert "BeIR/sample.en comes from beir-hybrid's datasets, not from the hub" in caplog.messages


@pytest.mark.parametrize("repository", ["sample", "BeIR/sample"])
def test_hugging_face_loader_leaves_folders_alone_that_the_hubs_library_would_read(repository, tmp_path, monkeypatch):
    from beir.datasets.data_loader_hf import HFDataLoader

    monkeypatch.chdir(tmp_path)
    (tmp_path / repository).mkdir(parents=True)
    assert HFDataLoader(hf_repo=repository).hf_repo == repository
    assert not (tmp_path / "cache").exists()


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
