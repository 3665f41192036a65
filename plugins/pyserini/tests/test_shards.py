import json

import faiss
import numpy as np
import pytest

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid_pyserini.folder import ABOUT, DOCID, INDEX
from beir_hybrid_pyserini.search import open_searcher, search_topics
from beir_hybrid_pyserini.shards import Shard


@pytest.fixture
def words(model_folder):
    return ["index", "--dataset", "sample.en-all", "--model", model_folder, "--output", "shards", "--shard"]


@pytest.fixture
def write(invoke, words):
    """Write the numbered shards of three, from the command line."""

    def write(*numbers, options=()):
        for number in numbers:
            result = invoke(*words, f"{number}/3", *options)
            assert result.exit_code == 0, result.output
        return result

    return write


def test_shards_hold_all_passages_in_order_with_parts_of_several_languages(invoke, write, words, tmp_path):
    assert "Written: shards/shard-00002 (272 passages of 32 dimensions, Flat)" in write(0, 1, 2).stdout
    assert sorted(path.name for path in (tmp_path / "shards").iterdir()) == [
        f"shard-0000{number}" for number in range(3)
    ]
    whole = invoke(*words[:-2], "whole")
    assert whole.exit_code == 0, whole.output
    folders = [tmp_path / "shards" / f"shard-0000{number}" for number in range(3)]
    assert "".join((folder / DOCID).read_text() for folder in folders) == (tmp_path / "whole" / DOCID).read_text()
    vectors = [faiss.read_index(str(folder / INDEX)) for folder in (*folders, tmp_path / "whole")]
    *parts, all_of_them = (index.reconstruct_n(0, index.ntotal) for index in vectors)
    np.testing.assert_array_equal(np.concatenate(parts), all_of_them)


def test_merged_index_is_that_built_in_one_piece(invoke, write, words, tmp_path):
    write(0, 1, 2)
    assert invoke(*words[:-2], "whole").exit_code == 0
    merged = invoke("merge", "--index", "shards", "--output", "merged")
    assert merged.stdout == "Written: merged (814 passages of 32 dimensions, Flat)\n", merged.output
    assert {path.name for path in (tmp_path / "merged").iterdir()} == {INDEX, DOCID, ABOUT}
    for name in (INDEX, DOCID, ABOUT):
        assert (tmp_path / "merged" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes()
    again = invoke(*words[:-2], "merged")
    assert again.stdout.startswith("Left as it is")


@pytest.mark.parametrize(
    ("factory", "reason"), [("HNSW8", "cannot be merged"), ("IVF4,Flat", "was trained by each shard for itself")]
)
def test_shards_that_cannot_be_merged_are_searched_as_they_are(java, invoke, write, refused, tmp_path, factory, reason):
    write(0, 1, 2, options=("--factory", factory))
    assert reason in refused("merge", "--index", "shards", "--output", "merged")
    assert invoke("index", "--dataset", "sample.en-all", "--topics", "topics.tsv").exit_code == 0
    result = invoke("search", "--index", "shards", "--topics", "topics.tsv", "--output", "run.trec", "--depth", 7)
    assert result.exit_code == 0, result.output
    assert len((tmp_path / "run.trec").read_text().splitlines()) == 74 * 7


@pytest.mark.parametrize("depth", [1, 10, 1000])
def test_search_of_shards_writes_the_run_of_the_whole_index(java, invoke, write, words, tmp_path, depth):
    write(0, 1, 2)
    assert invoke(*words[:-2], "whole", "--topics", "topics.tsv").exit_code == 0
    for name in ("shards", "whole"):
        found = ("--topics", "topics.tsv", "--output", f"{name}.trec", "--depth", depth)
        result = invoke("search", "--index", name, *found)
        assert result.exit_code == 0, result.output
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith(".")) == []
    mine, theirs = (
        [line.split() for line in (tmp_path / f"{name}.trec").read_text().splitlines()] for name in ("shards", "whole")
    )
    assert len(mine) == len(theirs) == 74 * min(depth, 814)
    assert [(words[0], words[3]) for words in mine] == [(words[0], words[3]) for words in theirs]
    np.testing.assert_allclose(*([float(words[4]) for words in run] for run in (mine, theirs)), rtol=0, atol=3e-7)
    same = {(words[0], words[2]) for words in mine} & {(words[0], words[2]) for words in theirs}
    assert len(same) > 0.99 * len(mine)  # but for ties at the last rank


def test_pyserinis_own_searcher_opens_each_shard(java, write, model, tmp_path):
    write(0, 1, 2)
    for number in range(3):
        folder = tmp_path / "shards" / f"shard-0000{number}"
        hits = open_searcher(folder, model).search("what", 5)
        assert {hit.docid for hit in hits} <= set((folder / DOCID).read_text().splitlines())


def test_queries_are_encoded_once_for_all_shards(java, tmp_path, write, model, monkeypatch):
    write(0, 1, 2)
    encoded = []
    encode = type(model).encode_query
    monkeypatch.setattr(
        type(model),
        "encode_query",
        lambda self, texts, **options: (encoded.extend(texts), encode(self, texts, **options))[1],
    )
    search_topics(tmp_path / "shards", {"a": "one", "b": "two", "c": "one"}, tmp_path / "run.trec", model, depth=2)
    assert sorted(encoded) == ["one", "two"]


def test_shard_that_is_there_is_left_and_a_damaged_one_is_built_again(write, tmp_path):
    write(0, 1, 2)
    path = tmp_path / "shards" / "shard-00001" / INDEX
    before = path.read_bytes()
    assert write(1).stdout.startswith("Left as it is")
    path.write_bytes(before[:-4])
    assert write(1).stdout.startswith("Written")
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("part", "message"),
    [
        ("3/3", "There is no part 3/3. Parts are numbered from 0: 0/3 to 2/3."),
        ("0/0", "There is no part 0/0"),
        ("1", "--shard is '1'. Say which part of how many, from 0: --shard 0/4"),
        ("-1/3", "--shard is '-1/3'"),
        ("0/900", "814 passages cannot be cut into 900 shards. Cut them into fewer."),
    ],
)
def test_shard_that_cannot_be_is_one_line(refused, words, part, message):
    assert refused(*words, part).startswith(message)


def test_shards_that_do_not_go_together_are_refused_before_they_are_written(write, refused, words, make_model):
    write(0)
    other = make_model(["one two"], seed=3)
    for changed, message in (
        (("--factory", "SQ8"), "is a shard made with factory 'Flat', not 'SQ8'"),
        (("--model", other), "is a shard of another model"),
        (("--dataset", "sample.de"), "is a shard of other passages"),
    ):
        assert message in refused(*words, "1/3", *changed)
    assert "is one of 3 shards, not of 4" in refused(*words, "1/4")
    assert "holds 'shard-00000', which is no part of an index" in refused(*words[:-1])


def test_shards_in_a_folder_of_other_things_are_refused(refused, words, tmp_path):
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / "notes").touch()
    assert "holds 'notes', which is no part of an index in shards" in refused(*words, "0/3")


def test_search_names_the_shard_that_is_missing(write, invoke, refused):
    write(0, 2)
    assert invoke("index", "--dataset", "sample.en-all", "--topics", "topics.tsv").exit_code == 0
    said = refused("search", "--index", "shards", "--topics", "topics.tsv", "--output", "run.trec")
    assert said == "shards lacks 1 of 3 shards: 1/3. Run beir-hybrid index --shard 1/3 with the options of the others."
    assert refused("merge", "--index", "shards", "--output", "merged") == said


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("fingerprint", "f" * 32, "shards/shard-00001 is a shard of another model."),
        ("checksum", "f" * 32, "shards/shard-00001 is a shard of other passages."),
        ("factory", "SQ8", "shards/shard-00001 is a shard made with factory 'SQ8', not 'Flat'."),
        ("shard", None, "shards/shard-00001 does not say which shard it is."),
    ],
)
def test_mixed_shards_are_told_in_one_line(write, invoke, refused, tmp_path, key, value, message):
    write(0, 1, 2)
    assert invoke("index", "--dataset", "sample.en-all", "--topics", "topics.tsv").exit_code == 0
    path = tmp_path / "shards" / "shard-00001" / ABOUT
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    said = refused("search", "--index", "shards", "--topics", "topics.tsv", "--output", "run.trec")
    assert said.startswith(message)


def test_damaged_shard_is_not_merged(write, refused, tmp_path):
    write(0, 1, 2)
    path = tmp_path / "shards" / "shard-00001" / INDEX
    path.write_bytes(path.read_bytes()[:-4])
    assert "shard-00001 is damaged" in refused("merge", "--index", "shards", "--output", "merged")


def test_folder_without_shards_is_told(refused, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "empty holds no shards" in refused("merge", "--index", "empty", "--output", "merged")


def test_every_cut_covers_each_passage_once(sample):
    corpora = sample.select(["de", "en", "th"]).corpora
    total = sum(map(len, corpora.values()))
    whole = MultilingualCollection("x", corpora, {}, {})
    for count in (1, 2, 5, total):
        shards = [Shard(number, count, total) for number in range(count)]
        ids = [key for shard in shards for corpus in shard.collection(whole).corpora.values() for key in corpus]
        assert ids == [key for corpus in corpora.values() for key in corpus]
