from __future__ import annotations

import pickle
from dataclasses import replace

import numpy as np
import pytest

from beir_hybrid import evaluate
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError, ModelError
from beir_hybrid.evaluation import EmbeddingCache, EncodingOptions, VectorFolder, encode, encode_folder
from beir_hybrid.evaluation.encoding import shard_encoding
from beir_hybrid.evaluation.encoding.encode_folder import assign
from beir_hybrid.evaluation.encoding.encoder import Encoder
from beir_hybrid.evaluation.encoding.shard_encoding import ShardEncoding
from beir_hybrid.evaluation.encoding.vector_description import VectorRange
from beir_hybrid.storage.corpus_writer import write_corpus
from beir_hybrid.workers import LocalWorkers


@pytest.fixture
def model(make_model, collection):
    """A model that knows the collection's texts alone."""
    texts = [text for part in collection.queries.values() for text in part.values()]
    texts += [passage.searchable for part in collection.corpora.values() for passage in part.values()]
    rng = np.random.default_rng(0)
    return make_model(dict(zip(texts, rng.standard_normal((len(texts), 6)), strict=True)), similarity="cosine")


@pytest.fixture
def encoded(monkeypatch):
    """The texts that models encode in this test."""
    from sentence_transformers import SentenceTransformer

    texts = []
    original = SentenceTransformer.encode
    monkeypatch.setattr(
        SentenceTransformer,
        "encode",
        lambda model, inputs, *given, **options: texts.extend(inputs) or original(model, inputs, *given, **options),
    )
    return texts


def mtimes(folder):
    return {path: path.stat().st_mtime_ns for path in folder.path.rglob("*.npy")}


@pytest.mark.parametrize("parts", [1, 3, 40])
def test_parts_together_hold_what_one_encoding_does(model, collection, tmp_path, parts):
    for number in range(parts):
        done = encode_folder(model, collection, tmp_path, shard_rows=2, part=(number, parts))
    assert done.folder.missing() == []
    expected, found = encode(model, collection), done.folder.embeddings(collection)
    for role in ("queries", "passages"):
        for language, vectors in getattr(expected, role).items():
            assert getattr(found, role)[language][:].tobytes() == vectors.tobytes()
    assert evaluate(found, collection).settings == evaluate(model, collection).settings


def test_whole_shards_are_kept_and_damaged_ones_made_again(model, collection, tmp_path, encoded, caplog):
    first = encode_folder(model, collection, tmp_path, shard_rows=2)
    assert (first.written, first.kept) == (15, 0)
    before, whole = mtimes(first.folder), encode(model, collection)
    del encoded[:]
    assert encode_folder(model, collection, tmp_path)[1:] == (0, 15)
    assert encoded == []
    assert mtimes(first.folder) == before
    damaged = first.folder.path / "shard-00007" / "vectors.npy"
    content = bytearray(damaged.read_bytes())
    content[-1] ^= 1
    damaged.write_bytes(content)
    assert encode_folder(model, collection, tmp_path)[1:] == (1, 14)
    assert len(encoded) == len(first.folder.shards[7])
    assert "shard-00007 (passages in de, 2 to 4) is encoded again: vectors.npy has another checksum" in caplog.text
    assert first.folder.embeddings().passages["de"][:].tobytes() == whole.passages["de"].tobytes()


def test_shards_that_were_made_before_an_interruption_are_kept(model, collection, tmp_path, monkeypatch):
    original, left = ShardEncoding._encoded, [3]

    def interrupted(*given):
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return original(*given)

    monkeypatch.setattr(ShardEncoding, "_encoded", interrupted)
    with pytest.raises(KeyboardInterrupt):
        encode_folder(model, collection, tmp_path, shard_rows=2)
    monkeypatch.undo()
    assert len(VectorFolder.open(tmp_path).missing()) == 12
    assert [path for path in tmp_path.iterdir() if path.name.endswith(".tmp")] == []
    assert encode_folder(model, collection, tmp_path)[1:] == (12, 3)


def test_windows_are_joined_and_equal_texts_encoded_once(model, collection, tmp_path, encoded, monkeypatch):
    (passage, *_) = collection.corpora["de"].values()
    same = replace(collection, corpora={"de": {f"de:{n}": passage for n in range(9)}}, qrels={})
    expected = encode(model, same).passages["de"]
    del encoded[:]
    found = encode_folder(model, same, tmp_path / "one").folder.embeddings()
    assert encoded.count(passage.searchable) == 1
    assert found.passages["de"][:].tobytes() == expected.tobytes()
    monkeypatch.setattr(shard_encoding, "WINDOW", 2)
    found = encode_folder(model, collection, tmp_path / "many").folder.embeddings()
    for language, vectors in encode(model, collection).passages.items():
        assert found.passages[language][:].tobytes() == vectors.tobytes()


def test_vectors_in_the_cache_are_taken_from_it_and_none_added(model, collection, tmp_path, encoded):
    cache = EmbeddingCache(tmp_path / "cache")
    expected = encode(model, collection.select(["de"]), EncodingOptions(cache=cache))
    files = sorted((tmp_path / "cache").rglob("*.npy"))
    del encoded[:]
    done = encode_folder(model, collection, tmp_path / "vectors", EncodingOptions(cache=cache))
    assert not any("de " in text for text in encoded)
    assert any("en " in text for text in encoded)
    assert done.folder.embeddings().passages["de"][:].tobytes() == expected.passages["de"].tobytes()
    assert sorted((tmp_path / "cache").rglob("*.npy")) == files


def test_stored_corpora_are_read_from_a_shards_first_passage_on(model, collection, tmp_path):
    stored = {
        language: write_corpus(tmp_path / language, language, ((i.partition(":")[2], p) for i, p in corpus.items()))
        for language, corpus in collection.corpora.items()
    }
    folders = [
        encode_folder(model, replace(collection, corpora=corpora), tmp_path / name, shard_rows=2).folder
        for name, corpora in (("dicts", collection.corpora), ("stored", stored))
    ]
    assert folders[0].description == folders[1].description
    for part in folders[0].shards:
        assert folders[0].identifiers(part) == folders[1].identifiers(part)
        assert folders[0].rows(part)[:].tobytes() == folders[1].rows(part)[:].tobytes()


def test_workers_may_be_given_what_opens_the_model_and_the_texts(model, collection, tmp_path):
    class Opens:
        count = 0

        def __call__(self):
            Opens.count += 1
            return Encoder(model)

    done = encode_folder(Opens(), lambda: collection, tmp_path, workers=LocalWorkers())
    assert Opens.count == 1
    assert done.folder.missing() == []


def test_work_is_sent_without_what_was_opened(model, collection, tmp_path):
    work = ShardEncoding(tmp_path, Encoder(model), collection, EncodingOptions())
    folder = encode_folder(model, collection, tmp_path, shard_rows=2, part=(0, 2)).folder
    work.advance = print
    assert work(folder.shards[0]) == ""
    sent = pickle.loads(pickle.dumps(work))
    assert sent.advance is None
    assert {sent(part) for part in folder.missing()} == {"it is not there"}
    assert folder.missing() == []


def test_parts_have_about_as_many_texts_and_leave_none_out():
    shards = [VectorRange(n, "document", "en", 0, size) for n, size in enumerate([10, 200, 200, 200, 150, 30, 70])]
    parts = [assign(shards, (number, 3)) for number in range(3)]
    assert sorted(shard.number for part in parts for shard in part) == list(range(7))
    sizes = [sum(map(len, part)) for part in parts]
    assert max(sizes) - min(sizes) <= max(map(len, shards))
    assert assign(shards, None) == shards


def test_many_parts_get_smaller_shards(model, collection, tmp_path, monkeypatch):
    from beir_hybrid.evaluation.encoding import vector_description

    monkeypatch.setattr(vector_description, "_FEWEST", 1)
    folder = encode_folder(model, collection, tmp_path, part=(0, 4)).folder
    assert folder.description.shard_rows == 2  # of 27 texts, four shards for each part
    assert encode_folder(model, collection, tmp_path, part=(5, 9)).folder.description.shard_rows == 2


def test_what_cannot_be_kept_is_refused(model, collection, tmp_path, make_sparse_model, make_model):
    with pytest.raises(ModelError, match="holds no vectors of a sparse encoder"):
        encode_folder(make_sparse_model(["a"]), collection, tmp_path / "sparse")
    encode_folder(model, collection, tmp_path / "one", shard_rows=2)
    with pytest.raises(ConfigurationError, match="is cut into shards of 2 vectors, not 3"):
        encode_folder(model, collection, tmp_path / "one", shard_rows=3)
    large = make_model({"en query": [1e5, 0], "en passage": [1, 0]})
    texts = MultilingualCollection("large", {}, {"en": {"en:1": "en query"}}, {})
    with pytest.raises(ModelError, match=r"numbers up to 1e\+05, and float16 ends at 65504"):
        encode_folder(large, texts, tmp_path / "large", stored="float16")
    for part in ((3, 3), (-1, 2), (0, 0)):
        with pytest.raises(ConfigurationError, match="Parts are numbered from 0"):
            encode_folder(model, collection, tmp_path / "part", part=part)


def test_a_model_without_a_fingerprint_is_refused(model, collection, tmp_path, monkeypatch):
    monkeypatch.setattr(type(model), "get_backend", lambda _: "onnx")
    with pytest.raises(ModelError, match="A model on the onnx backend has no weights to read"):
        encode_folder(model, collection, tmp_path / "onnx")
    assert not (tmp_path / "onnx").exists()
