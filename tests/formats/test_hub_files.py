import json
from pathlib import Path

import huggingface_hub
import pytest

from beir_hybrid import load_pairs
from beir_hybrid.errors import ConfigurationError, MissingDataError
from beir_hybrid.formats import open_source
from beir_hybrid.formats.hub_files import HubFiles


def line(language):
    return json.dumps({"group": "1", "language": language, "question": f"{language}?", "passage": f"{language}."})


@pytest.fixture
def snapshot(tmp_path, monkeypatch):
    """Put a folder in the place of a dataset on the hub, and return what is asked of the hub."""
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    asked = []
    root, blobs = tmp_path / "snapshot", tmp_path / "blobs"
    blobs.mkdir()
    for name, content in {
        "data/de.jsonl": line("de"),
        "data/en.jsonl": line("en"),
        "other/fr.jsonl": line("fr"),
        "load.py": "raise SystemExit",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (blobs / Path(name).name).write_text(content + "\n")
        (root / name).symlink_to(blobs / Path(name).name)  # as the hub's cache is made

    def snapshot_download(name, **options):
        asked.append((name, options))
        return str(root)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", snapshot_download)
    return asked


@pytest.mark.parametrize(
    ("text", "files"),
    [
        ("hub-files:owner/name", HubFiles("owner/name")),
        ("hub-files:owner/name@refs/pr/1", HubFiles("owner/name", "refs/pr/1")),
        ("hub-files:name:a/*.tsv,b.tsv", HubFiles("name", None, ("a/*.tsv", "b.tsv"))),
    ],
)
def test_addresses_say_name_revision_and_patterns(text, files):
    assert HubFiles.parse(text) == files


@pytest.mark.parametrize("text", ["hub-files:", "hub-files:@1", "hub-files:name@", "hub-files:name:"])
def test_other_addresses_are_refused_with_the_form(text):
    with pytest.raises(ConfigurationError, match=r"hub-files:NAME\[@REVISION\]\[:PATTERN,\.\.\.\]"):
        HubFiles.parse(text)


def test_single_file_is_read_at_its_revision(snapshot):
    pairs = load_pairs("hub-files:owner/name@1a2b:data/de.jsonl")
    (name, options), *_ = snapshot
    assert (name, options["repo_type"], options["revision"]) == ("owner/name", "dataset", "1a2b")
    assert options["allow_patterns"] == ["data/de.jsonl"]
    assert pairs.languages == ("de",)


def test_folder_holds_what_the_patterns_name_and_no_more(snapshot):
    folder = HubFiles("owner/name", patterns=("data/*",)).download()
    assert sorted(each.name for each in folder.rglob("*") if each.is_file()) == ["de.jsonl", "en.jsonl"]
    assert HubFiles("owner/name", patterns=("data/*",)).download() == folder


def test_scripts_are_left_out(snapshot):
    folder = HubFiles("owner/name").download()
    assert not list(folder.rglob("*.py"))
    assert "*.py" in snapshot[0][1]["ignore_patterns"]


def test_source_is_called_by_its_address(snapshot):
    source = open_source("hub-files:owner/name:data/de.jsonl")
    assert source.name == "hub-files:owner/name:data/de.jsonl"
    assert sum(batch.rows.num_rows for batch in source.batches()) == 1


def test_patterns_that_name_no_file_are_refused(snapshot):
    with pytest.raises(MissingDataError, match=r"No file of owner/name is called like data/\*\.tsv"):
        HubFiles("owner/name", patterns=("data/*.tsv",)).download()


def test_hub_that_cannot_be_reached_is_one_line(monkeypatch):
    def fail(*_, **__):
        raise OSError("no route to host\nand much more")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fail)
    with pytest.raises(MissingDataError, match=r"owner/name cannot be downloaded: no route to host\. Check") as error:
        HubFiles("owner/name").download()
    assert "\n" not in str(error.value)
