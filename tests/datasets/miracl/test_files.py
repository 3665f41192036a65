import shutil

import huggingface_hub
import pytest
from huggingface_hub.errors import EntryNotFoundError, GatedRepoError, LocalEntryNotFoundError, OfflineModeIsEnabled

from beir_hybrid.datasets.miracl.files import MiraclFiles
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError

NAMES = {
    "miracl/miracl": [
        "README.md",
        *(f"miracl-v1.0-sw/{kind}/{kind}.miracl-v1.0-sw-{split}.tsv" for kind in ("topics", "qrels") for split in "ab"),
        "miracl-v1.0-sw/topics/topics.miracl-v1.0-sw-test-b.tsv",
    ],
    "miracl/miracl-corpus": [*(f"miracl-corpus-v1.0-sw/docs-{number}.jsonl.gz" for number in (10, *range(10)))],
}


class Hub:
    """Stands in for the hub: lists names, and gives files whose content is their name."""

    def __init__(self, folder):
        self.folder = folder
        self.listed = []
        self.failure = None

    def list_repo_files(self, repository, *, repo_type):
        self.listed.append(repository)
        assert repo_type == "dataset"
        if self.failure is not None:
            raise self.failure
        return NAMES[repository]

    def hf_hub_download(self, repository, name, *, repo_type):
        assert repo_type == "dataset"
        if name not in NAMES[repository]:
            raise EntryNotFoundError("no such entry")
        path = self.folder / "snapshot" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        return str(path)

    def snapshot_download(self, repository, *, repo_type, allow_patterns, local_files_only):
        assert (repo_type, local_files_only) == ("dataset", True)
        if not (self.folder / "snapshot").exists():
            raise LocalEntryNotFoundError("nothing there")
        return str(self.folder / "snapshot")


@pytest.fixture
def hub(tmp_path, monkeypatch):
    monkeypatch.delenv("BEIR_HYBRID_DATA", raising=False)
    hub = Hub(tmp_path)
    for name in ("list_repo_files", "hf_hub_download", "snapshot_download"):
        monkeypatch.setattr(huggingface_hub, name, getattr(hub, name))
    return hub


def test_split_comes_from_the_hub(hub):
    topics, qrels = MiraclFiles(None).topics_and_qrels("sw", "b")
    assert topics.read_text() == "miracl-v1.0-sw/topics/topics.miracl-v1.0-sw-b.tsv"
    assert qrels.read_text() == "miracl-v1.0-sw/qrels/qrels.miracl-v1.0-sw-b.tsv"


def test_shards_come_from_the_hub_in_their_order(hub):
    shards = MiraclFiles(None).shards("sw")
    assert [path.name for path in shards] == [f"docs-{number}.jsonl.gz" for number in range(11)]


def test_each_dataset_is_listed_once(hub):
    files = MiraclFiles(None)
    files.topics_and_qrels("sw", "a")
    files.topics_and_qrels("sw", "b")
    files.shards("sw")
    assert hub.listed == ["miracl/miracl", "miracl/miracl-corpus"]


def test_splits_of_the_hub_are_told(hub):
    with pytest.raises(ConfigurationError, match=r"no files of the split 'train' in 'sw' .*Known: a, b\."):
        MiraclFiles(None).topics_and_qrels("sw", "train")
    with pytest.raises(ConfigurationError, match="no qrels of the split 'test-b'"):
        MiraclFiles(None).topics_and_qrels("sw", "test-b")


def test_language_that_the_hub_lacks_is_told(hub):
    with pytest.raises(
        MissingDataError, match=r"miracl/miracl on the hub holds no topics and qrels in miracl-v1\.0-yo"
    ):
        MiraclFiles(None).topics_and_qrels("yo", "a")
    with pytest.raises(MissingDataError, match=r"holds no docs-\*\.jsonl\.gz in miracl-corpus-v1\.0-yo"):
        MiraclFiles(None).shards("yo")


def test_gap_on_the_hub_is_told(hub, monkeypatch):
    kept = [name for name in NAMES["miracl/miracl-corpus"] if "docs-4" not in name]
    monkeypatch.setitem(NAMES, "miracl/miracl-corpus", kept)
    with pytest.raises(DataFormatError, match=r"lacks .*docs-4\.jsonl\.gz, one of 11 shards"):
        MiraclFiles(None).shards("sw")


def test_variables_folder_goes_before_the_hub_and_the_hub_has_the_rest(hub, tmp_path, monkeypatch):
    own = tmp_path / "own" / "miracl" / "miracl-v1.0-sw"
    for kind in ("topics", "qrels"):
        (own / kind).mkdir(parents=True)
        (own / kind / f"{kind}.miracl-v1.0-sw-dev.tsv").write_text("mine")
    monkeypatch.setenv("BEIR_HYBRID_DATA", str(tmp_path / "own"))
    files = MiraclFiles(None)
    assert files.topics_and_qrels("sw", "dev")[0].read_text() == "mine"
    assert len(files.shards("sw")) == 11
    assert hub.listed == ["miracl/miracl-corpus"]


def test_named_source_never_asks_the_hub(hub, tmp_path):
    with pytest.raises(MissingDataError, match="holds no folder"):
        MiraclFiles(tmp_path).shards("sw")
    assert hub.listed == []


def refusal():
    """A gated dataset's error, whose constructor wants a response of whatever transport the client has."""
    return GatedRepoError.__new__(GatedRepoError)


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (
            lambda: OfflineModeIsEnabled("offline"),
            r"cannot be downloaded \(OfflineModeIsEnabled\).*HF_HUB_OFFLINE.*--sou",
        ),
        (lambda: ConnectionError("down"), r"cannot be downloaded \(ConnectionError\).*Check the connection"),
        (lambda: LocalEntryNotFoundError("no connection"), r"cannot be downloaded \(LocalEntryNotFoundError\)"),
        (refusal, r"does not give access to .*GatedRepoError.*hf auth login"),
    ],
    ids=["offline", "no connection", "not in the cache", "gated"],
)
def test_hub_that_cannot_be_read_is_told(hub, failure, message):
    hub.failure = failure()
    with pytest.raises(MissingDataError, match=message):
        MiraclFiles(None).shards("sw")


def test_file_that_cannot_be_downloaded_is_told(hub, monkeypatch):
    files = MiraclFiles(None)
    files.shards("sw")
    monkeypatch.setitem(NAMES, "miracl/miracl-corpus", [])  # gone since it was listed
    with pytest.raises(MissingDataError, match=r"has no file .*docs-0\.jsonl\.gz \(EntryNotFoundError\)"):
        files.shards("sw")


def test_earlier_download_serves_offline(hub):
    assert MiraclFiles(None).shards("sw")
    hub.failure = OfflineModeIsEnabled("offline")
    assert len(MiraclFiles(None).shards("sw")) == 11
    with pytest.raises(MissingDataError, match=r"miracl-v1\.0-sw .*cannot be downloaded"):
        MiraclFiles(None).topics_and_qrels("sw", "a")
    shutil.rmtree(hub.folder / "snapshot")
    with pytest.raises(MissingDataError, match="cannot be downloaded"):
        MiraclFiles(None).shards("sw")
