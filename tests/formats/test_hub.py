import json

import datasets
import pytest

from beir_hybrid import load_pairs
from beir_hybrid.errors import ConfigurationError, LanguageError, MissingDataError
from beir_hybrid.formats import open_source
from beir_hybrid.formats.hub import HubAddress

ROWS = [
    {"id": "007", "lang": code, "query": f"{code}?", "positive": f"{code}.", "note": None}
    for code in ("de", "en", "fr")
]
COLUMNS = ("group=id", "language=lang")


@pytest.fixture
def hub(monkeypatch):
    """Put a dataset in the place of the hub's, and return what is asked of the hub."""
    asked = []

    def load_dataset(path, name=None, **options):
        asked.append((path, name, options))
        return datasets.Dataset.from_list(ROWS)

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    return asked


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("hub:owner/name:train", HubAddress("owner/name", "train")),
        ("hub:name:train[:10%]", HubAddress("name", "train[:10%]")),
        ("hub:owner/name/de/small:test", HubAddress("owner/name", "test", "de/small")),
        ("hub:owner/name@refs/pr/1:test", HubAddress("owner/name", "test", None, "refs/pr/1")),
        ("hub:owner/name/de@1a2b:test", HubAddress("owner/name", "test", "de", "1a2b")),
    ],
)
def test_addresses_say_name_configuration_revision_and_split(text, address):
    assert HubAddress.parse(text) == address


@pytest.mark.parametrize("text", ["hub:", "hub:owner/name", "hub::train", "hub:owner/name:", "hub:a@:train"])
def test_address_without_a_split_is_refused_with_the_form(text):
    with pytest.raises(ConfigurationError, match=r"hub:NAME\[/CONFIG\]\[@REVISION\]:SPLIT"):
        HubAddress.parse(text)


def test_split_of_the_hub_is_loaded_at_its_revision_without_code(hub):
    pairs = load_pairs("hub:owner/name/de@1a2b:train", columns=COLUMNS)
    assert hub == [("owner/name", "de", {"split": "train", "revision": "1a2b"})]
    assert (pairs.name, pairs.languages, len(pairs.groups)) == ("owner/name", ("de", "en", "fr"), 1)


def test_older_versions_of_datasets_are_told_to_trust_no_code(hub, monkeypatch):
    monkeypatch.setattr(datasets, "__version__", "3.6.0")
    load_pairs("hub:owner/name:train", columns=COLUMNS)
    assert hub[0][2]["trust_remote_code"] is False


@pytest.mark.parametrize("split", ["tset", "train"])
def test_split_that_cannot_be_had_is_one_line(tmp_path, split, monkeypatch):
    if split == "train":
        monkeypatch.setattr(datasets, "load_dataset", lambda *args, **options: 1 / 0)
    (tmp_path / "train.jsonl").write_text(json.dumps(ROWS[0]))
    with pytest.raises(MissingDataError, match=f"The split {split} of .* cannot be loaded: (Unknown split|division)"):
        load_pairs(f"hub:{tmp_path}:{split}", columns=COLUMNS)


def test_folders_in_the_hub_layout_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train.jsonl").write_text("\n".join(map(json.dumps, ROWS)))
    assert len(load_pairs(f"hub:{tmp_path / 'data'}:train", columns=COLUMNS)) == 3


def test_languages_of_a_table_are_chosen(hub):
    assert load_pairs("hub:owner/name:train", languages=["en", "de"], columns=COLUMNS).languages == ("de", "en")
    with pytest.raises(LanguageError, match="owner/name has no language 'xx'"):
        load_pairs("hub:owner/name:train", languages=["xx"], columns=COLUMNS)


def test_options_of_datasets_are_refused_for_tables(hub):
    with pytest.raises(ConfigurationError, match="no option 'passage_text'"):
        load_pairs("hub:owner/name:train", passage_text="sentence")


def test_hub_is_a_source_of_stores(hub):
    source = open_source("hub:owner/name:train", columns=COLUMNS)
    assert [len(batch.rows) for batch in source.batches()] == [3]
