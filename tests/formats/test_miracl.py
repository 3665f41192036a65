"""MIRACL's files in the hub's layout, made up."""

import gzip
import json

import pytest

from beir_hybrid import load_pairs
from beir_hybrid.errors import DataFormatError, LanguageError, MissingDataError
from beir_hybrid.formats import build_store, miracl, open_source
from beir_hybrid.formats.open import recognize
from beir_hybrid.pairs import open_pairs
from beir_hybrid.testing import FormatContract

QRELS = "6\tQ0\t1#0\t1\n6\tQ0\t4#0\t0\n6\tQ0\t2#0\t1\n8\tQ0\t2#0\t1\n8\tQ0\t9#9\t0\n9\tQ0\t3#0\t0\n"
TOPICS = "6\tBandari?\n8\tMji mkuu?\n9\tNani?\n"


def put(folder, language, split="train"):
    base = folder / f"miracl-v1.0-{language}"
    for kind, content in (("topics", TOPICS), ("qrels", QRELS)):
        (base / kind).mkdir(parents=True, exist_ok=True)
        (base / kind / f"{kind}.{base.name}-{split}.tsv").write_text(content, encoding="utf-8")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Swahili and Thai with a train split, Yoruba without; the same ids in all of them."""
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    for language, split in (("sw", "train"), ("th", "train"), ("yo", "dev")):
        put(tmp_path / "hub", language, split)
        corpus = tmp_path / "hub" / f"miracl-corpus-v1.0-{language}"
        corpus.mkdir()
        for shard in range(2):
            rows = (
                {"docid": f"{number}#0", "title": f"T{number}", "text": f"{language} text {number}"}
                for number in range(3 * shard, 3 * shard + 3)
            )
            lines = "".join(json.dumps(row) + "\n" for row in rows)
            (corpus / f"docs-{shard}.jsonl.gz").write_bytes(gzip.compress(lines.encode()))
    return tmp_path / "hub"


class TestMiraclFolder(FormatContract):
    name = "miracl"
    rows = 6
    languages = ("sw", "th")

    @pytest.fixture
    def sample(self, folder):
        return folder


@pytest.mark.parametrize("size", [1, 4096])
def test_store_holds_what_the_dataset_gives_and_tells_what_is_missing(folder, tmp_path, monkeypatch, size):
    monkeypatch.setattr(miracl, "_ROWS", size)
    assert recognize(folder).name == "miracl"
    store = build_store([open_source(folder)], tmp_path / "store")
    assert store.about["left_out"] == {"a negative that the corpus lacks": 2, "no relevant passage": 2}
    pairs, memory = open_pairs(tmp_path / "store"), load_pairs("miracl", source=folder, languages=["sw", "th"])
    assert pairs.table.select(memory.table.column_names).to_pylist() == memory.table.to_pylist()
    assert pairs.languages == ("sw", "th")
    assert len(pairs.groups) == 6


def test_chosen_languages_alone_are_read(folder):
    (folder / "miracl-corpus-v1.0-sw" / "docs-0.jsonl.gz").write_bytes(b"damaged")
    rows = [row for batch in open_source(folder, languages=["th"]).batches() for row in batch.rows.to_pylist()]
    assert {row["language"] for row in rows} == {"th"}
    with pytest.raises(LanguageError, match="has no language 'yo'"):
        list(open_source(folder, languages=["yo"]).batches())


def test_other_split_is_an_option(folder):
    rows = [row for batch in open_source(folder, "miracl(split='dev')").batches() for row in batch.rows.to_pylist()]
    assert {row["language"] for row in rows} == {"yo"}
    with pytest.raises(MissingDataError, match="has no topics of the split 'test'"):
        list(open_source(folder, "miracl(split='test')").batches())


def test_shard_that_is_cut_off_is_refused_and_no_store_left(folder, tmp_path):
    path = folder / "miracl-corpus-v1.0-th" / "docs-1.jsonl.gz"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(DataFormatError, match=r"docs-1\.jsonl\.gz:\d+: the gzip file is cut off"):
        build_store([open_source(folder)], tmp_path / "store")
    assert not (tmp_path / "store").exists()
