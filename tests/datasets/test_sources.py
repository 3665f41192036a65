import hashlib
import logging
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from beir_hybrid.datasets.lareqa import XQUAD_R, Lareqa
from beir_hybrid.datasets.sources import Files, data_folder, names_there, place_in
from beir_hybrid.errors import ChecksumError, MissingDataError

CONTENT = b'{"data": []}'
OTHER = b"<html>Sorry</html>"
PATH = "set/en.json"
CHECKSUM = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture(autouse=True)
def surroundings(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.delenv("BEIR_HYBRID_DATA", raising=False)


@pytest.fixture
def server():
    """A server on this machine: what it serves by path, and the paths that were asked for."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self.server.asked.append(self.path)
            content = self.server.served.get(self.path)
            self.send_response(404 if content is None else 200)
            self.end_headers()
            self.wfile.write(content or b"")

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.asked, server.served = [], {}
    server.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def pinned(url):
    return Files({PATH: CHECKSUM}, {PATH: f"{url}/{PATH}"})


def cached(tmp_path):
    return sorted(file.name for file in tmp_path.glob("cache/**/*") if file.is_file())


def test_download_lands_in_the_users_cache(server, tmp_path):
    server.served[f"/{PATH}"] = CONTENT
    [found] = pinned(server.url).find([PATH], None)
    assert found.read_bytes() == CONTENT
    assert found == tmp_path / "cache" / "beir-hybrid" / "set" / "en.json"


def test_second_load_asks_nobody(server):
    server.served[f"/{PATH}"] = CONTENT
    first = pinned(server.url).find([PATH], None)
    assert pinned(server.url).find([PATH], None) == first
    assert server.asked == [f"/{PATH}"]


def test_wrong_checksum_is_told_and_nothing_is_kept(server, tmp_path):
    server.served[f"/{PATH}"] = OTHER
    with pytest.raises(ChecksumError, match=r"is not the pinned set/en\.json") as caught:
        pinned(server.url).find([PATH], None)
    assert "\n" not in str(caught.value)
    assert cached(tmp_path) == []


def test_good_download_after_a_wrong_one_is_taken(server):
    server.served[f"/{PATH}"] = OTHER
    with pytest.raises(ChecksumError):
        pinned(server.url).find([PATH], None)
    server.served[f"/{PATH}"] = CONTENT
    assert pinned(server.url).find([PATH], None)[0].read_bytes() == CONTENT


def test_file_spoilt_in_the_cache_is_fetched_again(server):
    server.served[f"/{PATH}"] = CONTENT
    [found] = pinned(server.url).find([PATH], None)
    found.write_bytes(OTHER)
    assert pinned(server.url).find([PATH], None)[0].read_bytes() == CONTENT


def test_file_that_is_not_served_is_told_and_nothing_is_kept(server, tmp_path):
    with pytest.raises(MissingDataError, match=r"cannot be downloaded \(HTTPError\).*--source DIR"):
        pinned(server.url).find([PATH], None)
    assert cached(tmp_path) == []


def test_no_network_is_told(tmp_path):
    with socket.socket() as unused:  # bound and not listening: connections are refused
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(MissingDataError, match=r"cannot be downloaded \(ConnectionError\).*BEIR_HYBRID_DATA"):
            pinned(f"http://127.0.0.1:{unused.getsockname()[1]}").find([PATH], None)
    assert cached(tmp_path) == []


def test_release_is_checked_against_the_packages_checksums(server):
    server.served["/en.json"] = CONTENT
    dataset = Lareqa("xquad-r", "", XQUAD_R.languages, "", f"{server.url}/{{language}}.json")
    with pytest.raises(ChecksumError, match=r"xquad-r/en\.json"):
        dataset.load(languages=["en"])
    assert server.asked == ["/en.json"]  # and no other language's file


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "data" / "set").mkdir(parents=True)
    (tmp_path / "data" / PATH).write_bytes(CONTENT)
    return tmp_path / "data"


@pytest.mark.parametrize("inner", ["", "set"], ids=["data folder", "the dataset's own folder"])
def test_source_folder_is_used_as_it_is(folder, inner, caplog):
    assert pinned("http://unused").find([PATH], folder / inner) == [folder / PATH]
    assert caplog.records == []


def test_variable_names_the_folder(folder, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_DATA", str(folder))
    assert pinned("http://unused").find([PATH], None) == [folder / PATH]


def test_source_goes_before_the_variable(folder, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_DATA", "/no/such/folder")
    assert pinned("http://unused").find([PATH], str(folder)) == [folder / PATH]


def test_changed_file_is_used_with_a_warning(folder, caplog):
    (folder / PATH).write_bytes(OTHER)
    (folder / "set" / "de.json").write_bytes(CONTENT)
    both = Files({PATH: CHECKSUM, "set/de.json": CHECKSUM}, {})
    assert both.find([PATH, "set/de.json"], folder) == [folder / PATH, folder / "set" / "de.json"]
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert record.getMessage().startswith("1 of 2 files differ from the pinned release")
    assert str(folder / PATH) in record.getMessage()
    assert "de.json" not in record.getMessage()


def test_missing_file_is_told(folder):
    (folder / PATH).unlink()
    with pytest.raises(MissingDataError, match=r"holds neither set/en\.json nor en\.json"):
        pinned("http://unused").find([PATH], folder)


def test_missing_folder_is_told(tmp_path):
    with pytest.raises(MissingDataError, match=r"The data folder .*nowhere does not exist"):
        pinned("http://unused").find([PATH], tmp_path / "nowhere")


def test_name_that_no_system_allows_is_told():
    with pytest.raises(MissingDataError, match=r"x does not exist"):
        data_folder("x" * 5000)


def test_folder_that_lacks_a_file_tells_what_it_has(folder):
    (folder / "loop").symlink_to("loop")
    with pytest.raises(MissingDataError, match=r"this one has set/\."):
        Files({}, {}).find(["set/el.json"], folder)


def test_names_are_those_of_files_in_any_place_gzipped_or_not(folder):
    (folder / "de.json.gz").write_bytes(b"")
    (folder / "fr.json").mkdir()
    (folder / "it.json").symlink_to("it.json")
    assert names_there(folder, "set/*.json") == ["de", "en"]
    assert place_in(folder, "set/de.json") == folder / "de.json.gz"
    assert place_in(folder, "set/it.json") is None
