from __future__ import annotations

import json
import os
import pickle
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from beir_hybrid.collection import MultilingualCollection, corpus_checksum
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, OutputError
from beir_hybrid.evaluation.encoding.vector_description import VectorDescription
from beir_hybrid.evaluation.encoding.vector_folder import VectorBlock, VectorFolder
from beir_hybrid.evaluation.encoding.vectors import keys_of
from beir_hybrid.passage import Passage
from beir_hybrid.storage.checksums import combine, digest_row

DIMENSIONS = 6
COUNTS = {"query": {"de": 2, "en": 3}, "document": {"de": 5, "en": 7}}
HOSTILE = '\n\r"\\\x00\u2028\ud800,é'


@pytest.fixture
def collection():
    """Two languages, with ids that no format may trip over."""
    return MultilingualCollection(
        "tiny",
        {
            language: {f"{language}:{HOSTILE}{n}": Passage(f"{language} passage {n}") for n in range(count)}
            for language, count in COUNTS["document"].items()
        },
        {
            language: {f"{language}:{HOSTILE}q{n}": f"{language} query {n}" for n in range(count)}
            for language, count in COUNTS["query"].items()
        },
        {},
    )


@pytest.fixture
def description(collection):
    return VectorDescription(
        model="some/model",
        fingerprint="f00",
        query_prompt="query: ",
        document_prompt="",
        normalised=True,
        dtype="float32",
        stored="float32",
        dimensions=DIMENSIONS,
        dataset="tiny",
        texts={
            "query": {code: combine(digest_row(*row) for row in t.items()) for code, t in collection.queries.items()},
            "document": {code: corpus_checksum(corpus) for code, corpus in collection.corpora.items()},
        },
        counts=COUNTS,
        shard_rows=3,
        words=("--model", "some/model", "--dataset", "tiny"),
    )


def texts_of(collection, part):
    """The ids, keys and vectors of a shard's texts."""
    if part.role == "query":
        texts = collection.queries[part.language]
    else:
        texts = {name: passage.searchable for name, passage in collection.corpora[part.language].items()}
    ids, keys = list(texts), keys_of(texts.values())
    rng = np.random.default_rng([len(part.role), *part.language.encode()])
    vectors = rng.standard_normal((len(texts), DIMENSIONS)).astype(np.float32)
    rows = slice(part.start, part.stop)
    return VectorBlock(ids[rows], keys[rows], vectors[rows])


@pytest.fixture
def folder(tmp_path, description, collection):
    """A whole folder."""
    made = VectorFolder.create(tmp_path / "vectors", description)
    for part in made.shards:
        made.write(part, *texts_of(collection, part))
    return made


def vectors_of(folder, collection, role, language):
    parts = [part for part in folder.shards if (part.role, part.language) == (role, language)]
    return np.concatenate([texts_of(collection, part).vectors for part in parts])


def test_shards_hold_texts_of_one_role_and_language_in_their_order(description):
    assert [(part.role, part.language, part.start, part.stop) for part in description.ranges] == [
        ("query", "de", 0, 2),
        ("query", "en", 0, 3),
        ("document", "de", 0, 3),
        ("document", "de", 3, 5),
        ("document", "en", 0, 3),
        ("document", "en", 3, 6),
        ("document", "en", 6, 7),
    ]
    assert [part.number for part in description.ranges] == list(range(7))
    assert [len(part) for part in description.ranges] == [2, 3, 3, 2, 3, 3, 1]
    assert str(description.ranges[3]) == "shard-00003 (passages in de, 3 to 5)"
    assert pickle.loads(pickle.dumps(description.ranges)) == description.ranges


def test_what_was_written_is_read_by_shards_and_as_a_whole(folder, collection):
    there = VectorFolder.open(folder.path)
    assert there.description == folder.description
    assert there.missing() == []
    for part in there.shards:
        ids, _, vectors = texts_of(collection, part)
        assert there.identifiers(part) == ids
        assert there.rows(part)[:].tobytes() == vectors.tobytes()
        assert there.rows(part)[np.array([0])].tobytes() == vectors[:1].tobytes()
    for embeddings in (there.embeddings(), there.embeddings(collection)):
        for role, of_languages in (("query", embeddings.queries), ("document", embeddings.passages)):
            assert list(of_languages) == ["de", "en"]
            for language, vectors in of_languages.items():
                assert vectors[:].tobytes() == vectors_of(folder, collection, role, language).tobytes()


def test_half_precision_is_read_as_float32(tmp_path, description, collection):
    folder = VectorFolder.create(tmp_path, replace(description, stored="float16"))
    part = folder.shards[-1]
    block = texts_of(collection, part)
    folder.write(part, *block)
    assert folder.rows(part)[:].tobytes() == block.vectors.astype(np.float16).astype(np.float32).tobytes()
    assert folder.rows(part)[:].dtype == np.float32


def test_a_shard_can_be_written_in_blocks(tmp_path, description, collection):
    folder = VectorFolder.create(tmp_path, description)
    part = folder.shards[4]
    ids, keys, vectors = texts_of(collection, part)
    folder.write_blocks(part, (VectorBlock(ids[n : n + 1], keys[n : n + 1], vectors[n : n + 1]) for n in range(3)))
    assert folder.rows(part)[:].tobytes() == vectors.tobytes()


def test_a_shard_that_fails_in_the_middle_leaves_nothing(tmp_path, description, collection):
    folder = VectorFolder.create(tmp_path, description)
    part = folder.shards[4]
    ids, keys, vectors = texts_of(collection, part)

    def interrupted():
        yield VectorBlock(ids[:2], keys[:2], vectors[:2])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        folder.write_blocks(part, interrupted())
    with pytest.raises(ConfigurationError, match="lacks 1 vectors"):
        folder.write(part, ids[:2], keys[:2], vectors[:2])
    with pytest.raises(ConfigurationError, match=r"was given 2 ids and vectors of the shape \(3, 6\)"):
        folder.write(part, ids[:2], keys, vectors)
    assert [path.name for path in tmp_path.iterdir()] == ["vectors.json"]
    assert folder.missing() == list(folder.shards)


def test_a_shard_that_another_process_wrote_first_stays(folder, collection):
    part = folder.shards[0]
    ids, keys, vectors = texts_of(collection, part)
    folder.write(part, ids, keys, -vectors)
    assert folder.rows(part)[:].tobytes() == vectors.tobytes()


def test_the_first_writer_decides_about_the_cut(folder, description):
    again = VectorFolder.create(folder.path, replace(description, shard_rows=100, words=("other",)))
    assert again.shards == folder.shards


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fingerprint": "f01"}, "holds vectors of the model some/model, whose weights are not those of some/model"),
        ({"query_prompt": ""}, "holds vectors whose query prompt is 'query: ', not ''"),
        ({"dtype": "float16"}, "holds vectors whose number format while encoding is 'float32', not 'float16'"),
        ({"stored": "float16"}, "holds vectors whose number format on disk is 'float32', not 'float16'"),
        ({"dataset": "other"}, "holds vectors whose dataset is 'tiny', not 'other'"),
        ({"texts": {"query": {}, "document": {}}}, "holds vectors of tiny with other texts"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_another_model_other_texts_or_another_format_are_refused(folder, description, change, words):
    with pytest.raises(ConfigurationError) as caught:
        VectorFolder.create(folder.path, replace(description, **change))
    assert words in str(caught.value)
    assert "Choose another folder: --output DIR" in str(caught.value)


COMMAND = "Run: beir-hybrid encode --model some/model --dataset tiny --output"


def test_what_is_missing_is_named_with_the_command_that_makes_it(folder):
    shutil.rmtree(folder.path / "shard-00003")
    shutil.rmtree(folder.path / "shard-00005")
    assert [part.number for part in folder.missing()] == [3, 5]
    with pytest.raises(MissingDataError) as caught:
        folder.embeddings()
    assert "lacks 2 of 7 shards: shard-00003 (passages in de, 3 to 5): it is not there, and 1 more" in str(caught.value)
    assert COMMAND in str(caught.value)
    shutil.rmtree(folder.path / "shard-00000")
    with pytest.raises(MissingDataError, match=r"lacks 3 of 7 shards: shard-00000 .* and 2 more"):  # queries as well
        folder.embeddings()
    with pytest.raises(MissingDataError, match="lacks 1 of 7"):
        folder.rows(folder.shards[3])
    assert len(folder.rows(folder.shards[4])) == 3


def test_a_truncated_file_counts_as_missing(folder):
    os.truncate(folder.path / "shard-00002" / "vectors.npy", 100)
    assert [part.number for part in folder.missing()] == [2]
    with pytest.raises(MissingDataError, match=r"vectors\.npy has 100 bytes, not as many as were written"):
        folder.embeddings()


def flip(path, place):
    content = bytearray(path.read_bytes())
    content[place] ^= 4
    path.write_bytes(content)


def test_a_flipped_bit_is_noticed_where_it_is_read(folder):
    part = folder.shards[2]
    flip(folder.path / part.name / "vectors.npy", -3)
    assert folder.missing() == []
    assert folder.fault(part, thorough=True) == "vectors.npy has another checksum"
    with pytest.raises(DataFormatError, match=r"vectors\.npy is damaged: row 2 does not match.* Run"):
        folder.embeddings().passages["de"][:]
    flip(folder.path / part.name / "ids.jsonl", 3)
    with pytest.raises(DataFormatError, match=r"ids\.jsonl is damaged: its checksum is another.* Delete .*shard-00002"):
        folder.identifiers(part)


def test_shards_of_another_model_or_other_texts_are_refused(folder, tmp_path, description, collection):
    other = VectorFolder.create(tmp_path / "other", replace(description, fingerprint="f01"))
    part = folder.shards[2]
    other.write(part, *texts_of(collection, part))
    shutil.rmtree(folder.path / part.name)
    shutil.copytree(other.path / part.name, folder.path / part.name)
    for read in (folder.missing, folder.embeddings, lambda: folder.rows(part)):
        with pytest.raises(DataFormatError) as caught:
            read()
        assert "shard-00002 is of another model. Delete it. Run: " in str(caught.value)
    about = json.loads((folder.path / part.name / "shard.json").read_text())
    about |= {"fingerprint": "f00", "texts": "0"}
    (folder.path / part.name / "shard.json").write_text(json.dumps(about))
    with pytest.raises(DataFormatError, match="shard-00002 is of other texts"):
        folder.missing()


def test_files_that_changed_places_are_noticed(folder):
    one, two = (folder.path / name / "vectors.npy" for name in ("shard-00004", "shard-00005"))
    keep = one.read_bytes()
    one.write_bytes(two.read_bytes())
    two.write_bytes(keep)
    with pytest.raises(DataFormatError, match="it holds the vectors of other texts"):
        folder.rows(folder.shards[4])


def test_a_part_of_the_languages_and_queries_is_taken_where_the_texts_are_the_same(folder, collection):
    part = replace(
        collection,
        corpora={"en": collection.corpora["en"]},
        queries={"de": dict([list(collection.queries["de"].items())[1]])},
    )
    embeddings = folder.embeddings(part)
    assert list(embeddings.passages) == ["en"]
    assert embeddings.queries["de"].tolist() == vectors_of(folder, collection, "query", "de")[1:].tolist()


@pytest.mark.parametrize("which", ["a query", "a passage", "the order", "a language"])
def test_other_texts_than_those_encoded_are_refused(folder, collection, which):
    queries = {language: dict(texts) for language, texts in collection.queries.items()}
    corpora = {language: dict(texts) for language, texts in collection.corpora.items()}
    if which == "a query":
        queries["de"][f"de:{HOSTILE}q0"] = "another"
    elif which == "a passage":
        corpora["de"][f"de:{HOSTILE}0"] = Passage("another")
    elif which == "the order":
        corpora["de"] = dict(reversed(corpora["de"].items()))
    else:
        corpora["fr"] = {"fr:1": Passage("un")}
    with pytest.raises(ConfigurationError, match="are not those asked for"):
        folder.embeddings(replace(collection, queries=queries, corpora=corpora))


def test_a_folder_that_is_none_or_damaged_says_so(tmp_path, folder):
    with pytest.raises(MissingDataError, match=r"There is no file .*vectors\.json.* beir-hybrid encode"):
        VectorFolder.open(tmp_path / "none")
    content = json.loads((folder.path / "vectors.json").read_text())
    for change in ({"schema": 99}, {"counts": {"query": {"de": -1}}}, {"shard_rows": 0}, {"extra": 1}, {"counts": 3}):
        (folder.path / "vectors.json").write_text(json.dumps(content | change))
        wrong = r"vectors\.json (does not describe vectors|is not of schema).+ Delete it, and run beir-hybrid encode"
        with pytest.raises(DataFormatError, match=wrong):
            VectorFolder.open(folder.path)


def test_shards_stay_whole_where_a_damaged_description_is_written_again(folder):
    (folder.path / "vectors.json").unlink()
    VectorFolder.check_free(folder.path)
    assert VectorFolder.create(folder.path, folder.description).missing() == []


def test_a_full_disk_says_so_and_leaves_nothing(tmp_path, description, collection, monkeypatch):
    folder = VectorFolder.create(tmp_path, description)

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np.lib.format, "write_array_header_1_0", full)
    with pytest.raises(OutputError, match=r"cannot be written: No space left on device\. Free space there"):
        folder.write(folder.shards[0], *texts_of(collection, folder.shards[0]))
    assert [path.name for path in tmp_path.iterdir()] == ["vectors.json"]


def test_open_vectors_hold_no_file_descriptors(folder):
    """A process may have about a thousand, and a folder more shards."""
    before = len(list(Path("/proc/self/fd").iterdir()))
    embeddings = folder.embeddings()
    read = [vectors[:] for role in (embeddings.queries, embeddings.passages) for vectors in role.values()]
    assert len(read) > 1
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_shard_that_is_gone_when_it_is_read_is_told_in_a_line(folder):
    embeddings = folder.embeddings()
    for part in folder.shards:
        shutil.rmtree(folder.path / part.name)
    with pytest.raises(DataFormatError, match=r"vectors\.npy cannot be read any more: .*No such file"):
        next(iter(embeddings.queries.values()))[:]


def test_a_description_of_more_shards_than_anybody_writes_is_refused_before_they_are_listed(folder):
    path = folder.path / "vectors.json"
    content = json.loads(path.read_text())
    content["counts"]["document"]["de"] = 10**13
    path.write_text(json.dumps(content))
    with pytest.raises(DataFormatError, match="more than 1,048,576 shards"):
        VectorFolder.open(folder.path)


def test_what_killed_writers_left_is_removed_after_a_day(folder, description):
    for name in ("old", "new"):
        (folder.path / f".shard-00001.{name}.tmp").mkdir()
    os.utime(folder.path / ".shard-00001.old.tmp", (0, 0))
    VectorFolder.create(folder.path, description)
    assert [path.name for path in folder.path.glob(".*")] == [".shard-00001.new.tmp"]
    assert not folder.missing()
