from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pytest

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError, ModelError
from beir_hybrid.evaluation import EncodingOptions
from beir_hybrid.evaluation.encoding import encode as encoding
from beir_hybrid.evaluation.encoding.cache import EmbeddingCache
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.encoding.encode import encode
from beir_hybrid.evaluation.encoding.vectors import StoredVectors
from beir_hybrid.passage import Passage

VECTORS = {"one": [1, 0], "two": [0, 2], "three": [3, 4], "title one": [4, -3]}


def collection_of(queries, passages):
    """One query and one passage per text, by language."""
    return MultilingualCollection(
        name="tiny",
        corpora={
            language: {f"{language}:{n}": Passage(*text) for n, text in enumerate(texts)}
            for language, texts in passages.items()
        },
        queries={
            language: {f"{language}:q{n}": text for n, text in enumerate(texts)} for language, texts in queries.items()
        },
        qrels={},
    )


@pytest.fixture
def two_languages():
    """A text that occurs twice in a language, and one that occurs in both; the same texts as queries and passages."""
    return collection_of(
        {"de": ["one", "two", "one"], "en": ["three", "one"]}, {"de": [("two",)], "en": [("two",), ("one",), ("two",)]}
    )


def test_vectors_stand_in_the_collections_order(make_model, two_languages):
    found = encode(make_model(VECTORS), two_languages)
    assert {language: vectors.tolist() for language, vectors in found.queries.items()} == {
        "de": [[1, 0], [0, 2], [1, 0]],
        "en": [[3, 4], [1, 0]],
    }
    assert {language: vectors.tolist() for language, vectors in found.passages.items()} == {
        "de": [[0, 2]],
        "en": [[0, 2], [1, 0], [0, 2]],
    }
    assert found.queries["de"].dtype == np.float32


def test_each_distinct_text_is_encoded_once(make_model, two_languages, monkeypatch):
    model, encoded = make_model(VECTORS), []
    forward = model.forward

    def counting(features, **options):
        encoded.append(len(features["offsets"]))
        return forward(features, **options)

    monkeypatch.setattr(model, "forward", counting)
    encode(model, two_languages, EncodingOptions(batch_size=2))
    assert encoded == [2, 1, 2]  # queries: one, two, three; passages: two, one


def test_queries_get_the_query_prompt_and_passages_the_document_prompt(make_model):
    vectors = {"Q: one": [5, 0], "D: one": [0, 7]}
    found = encode(
        make_model(vectors, prompts={"query": "Q: ", "document": "D: "}),
        collection_of({"en": ["one"]}, {"en": [("one",)]}),
    )
    assert found.queries["en"].tolist() == [[5, 0]]
    assert found.passages["en"].tolist() == [[0, 7]]


def test_texts_get_the_prompt_of_their_language_with_and_without_a_cache(make_model, tmp_path):
    vectors = {"Q: one": [5, 0], "F: one": [0, 7], "one": [1, 1], "T: one": [2, 1]}
    prompts = {"query": "Q: ", "query-de": "F: ", "passage-en": "T: ", "query-deu": "other"}
    model = make_model(vectors, prompts=prompts)
    texts = collection_of({"en": ["one"], "de": ["one"]}, {"de": [("one",)], "en": [("one",)]})
    for cache in (None, EmbeddingCache(tmp_path), EmbeddingCache(tmp_path, in_memory=0)):
        encoded = encode(model, texts, EncodingOptions(cache=cache))
        assert list(encoded.queries) == ["en", "de"]
        assert np.asarray(encoded.queries["en"]).tolist() == [[5, 0]]
        assert np.asarray(encoded.queries["de"]).tolist() == [[0, 7]]
        assert np.asarray(encoded.passages["de"]).tolist() == [[1, 1]]
        assert np.asarray(encoded.passages["en"]).tolist() == [[2, 1]]
    assert len(list(tmp_path.glob("*/*/meta.json"))) == 4


def test_a_language_without_texts_may_have_a_prompt_of_its_own(make_model):
    model = make_model({"one": [1, 2]}, prompts={"query": "", "query-de": "F: "})
    encoded = encode(model, collection_of({"de": [], "en": ["one"]}, {"en": [("one",)]}))
    assert encoded.queries["de"].shape == (0, 2)


def test_a_title_is_part_of_the_passage(make_model):
    found = encode(make_model(VECTORS), collection_of({"en": ["one"]}, {"en": [("one", "title", "a context")]}))
    assert found.passages["en"].tolist() == [[4, -3]]


@pytest.mark.parametrize(
    ("similarity", "expected"), [("dot", [[3, 4], [0, 2]]), ("cosine", [[0.6, 0.8], [0, 1]])], ids=["dot", "cosine"]
)
def test_the_models_similarity_decides_about_normalising(make_model, similarity, expected):
    texts = collection_of({"en": ["three", "two"]}, {"en": [("three",), ("two",)]})
    found = encode(make_model(VECTORS, similarity), texts)
    np.testing.assert_allclose(found.queries["en"], expected, atol=1e-6)
    np.testing.assert_allclose(found.passages["en"], expected, atol=1e-6)


@pytest.mark.parametrize("similarity", ["euclidean", "manhattan"])
def test_another_similarity_is_refused(make_model, two_languages, similarity):
    with pytest.raises(ModelError, match=f"The model's similarity is '{similarity}'; ranks are computed for cosine"):
        encode(make_model(VECTORS, similarity), two_languages)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf], ids=str)
@pytest.mark.parametrize("role", ["query", "passage"])
def test_a_vector_that_is_not_finite_is_refused_with_its_text(make_model, value, role):
    broken = make_model({**VECTORS, "broken": [0, value]})
    texts = collection_of(
        {"en": ["one", "broken" if role == "query" else "two"]},
        {"en": [("one",), ("broken" if role == "passage" else "two",)]},
    )
    with pytest.raises(ModelError, match="The model's vector of 'broken' is not finite"):
        encode(broken, texts)


def test_a_language_without_passages_has_no_vectors(make_model):
    found = encode(make_model(VECTORS), collection_of({"de": ["one"], "en": []}, {"de": [("one",)], "en": []}))
    assert len(found.queries["en"]) == len(found.passages["en"]) == 0


@pytest.fixture
def counting(monkeypatch):
    """Count the texts that a model encodes, one list a call."""

    def count(model):
        calls = []
        original = model.encode

        def encode_texts(inputs, *arguments, **options):
            calls.append(list(inputs))
            return original(inputs, *arguments, **options)

        monkeypatch.setattr(model, "encode", encode_texts)
        return calls

    return count


@pytest.fixture
def cache(tmp_path):
    return EmbeddingCache(tmp_path / "cache")


def same(found, expected):
    """Tell whether two encodings are equal to the bit."""
    return all(
        list(mine) == list(theirs)
        and all(np.asarray(mine[key]).tobytes() == np.asarray(theirs[key]).tobytes() for key in mine)
        for mine, theirs in ((found.queries, expected.queries), (found.passages, expected.passages))
    )


def many(count, dimensions=3):
    """Texts of growing length with vectors of their own."""
    rng = np.random.default_rng(count)
    return {f"{'x' * number} {number}": rng.standard_normal(dimensions).tolist() for number in range(1, count + 1)}


def test_dimensions_are_those_of_the_vectors(make_model, two_languages):
    assert encode(make_model(VECTORS), two_languages).dimensions == 2
    assert Embeddings({}, {}).dimensions == 0


def test_a_second_encoding_encodes_nothing(make_model, two_languages, cache, counting):
    expected = encode(make_model(VECTORS), two_languages)
    assert same(encode(make_model(VECTORS), two_languages, EncodingOptions(cache=cache)), expected)
    again = make_model(VECTORS)
    calls = counting(again)
    assert same(encode(again, two_languages, EncodingOptions(cache=cache)), expected)
    assert calls == []


@pytest.mark.parametrize("similarity", ["dot", "cosine"])
def test_the_cache_changes_no_bit(make_model, cache, similarity):
    vectors = many(50)
    texts = collection_of({"en": list(vectors)[::3]}, {"en": [(text,) for text in vectors], "de": [("x 1",)]})
    model = make_model(vectors, similarity)
    plain = encode(model, texts)
    assert same(encode(model, texts, EncodingOptions(cache=cache, batch_size=7)), plain)
    assert same(encode(model, texts, EncodingOptions(cache=cache)), plain)


def test_a_changed_text_encodes_only_itself(make_model, cache, counting):
    model = make_model(VECTORS)
    encode(model, collection_of({"en": ["one", "two"]}, {"en": [("one",), ("two",)]}), EncodingOptions(cache=cache))
    calls = counting(model)
    found = encode(
        model, collection_of({"en": ["one", "three"]}, {"en": [("two",), ("one",)]}), EncodingOptions(cache=cache)
    )
    assert calls == [["three"]]
    assert found.queries["en"].tolist() == [[1, 0], [3, 4]]
    assert found.passages["en"].tolist() == [[0, 2], [1, 0]]


def test_another_collection_finds_the_same_texts(make_model, two_languages, cache, counting):
    model = make_model(VECTORS)
    encode(model, two_languages, EncodingOptions(cache=cache))
    calls = counting(model)
    encode(model, collection_of({"es": ["three"]}, {"zh": [("one",)]}), EncodingOptions(cache=cache))
    assert calls == []


def folders(cache):
    return {path.parent for path in cache.folder.rglob("shard-*.npy")}


def test_queries_and_passages_have_folders_of_their_own(make_model, two_languages, cache):
    encode(make_model(VECTORS), two_languages, EncodingOptions(cache=cache))
    assert sorted(folder.name.split("-")[0] for folder in folders(cache)) == ["document", "query"]


@pytest.mark.parametrize(
    "change",
    [
        lambda make: make({**VECTORS, "one": [1, 0.5]}),
        lambda make: make(VECTORS, "cosine"),
        lambda make: make(VECTORS, prompts={"query": "title ", "document": "title "}),
    ],
    ids=["another weight", "normalised", "another prompt"],
)
def test_what_changes_vectors_changes_the_folder(make_model, cache, change):
    texts = collection_of({"en": ["one"]}, {"en": [("one",)]})
    encode(make_model(VECTORS), texts, EncodingOptions(cache=cache))
    before = folders(cache)
    other = change(make_model)
    assert same(encode(other, texts, EncodingOptions(cache=cache)), encode(other, texts))
    assert len(folders(cache) - before) == 2


def test_a_default_prompt_is_used_and_told_apart(make_model, cache):
    model = make_model({"A: one": [5, 0], "B: one": [0, 7]}, prompts={"a": "A: ", "b": "B: "})
    texts = collection_of({"en": ["one"]}, {"en": [("one",)]})
    for name, vector in (("a", [5, 0]), ("b", [0, 7])):
        # the host fills in empty prompts of these names, which would go before the default one
        del model.prompts["query"], model.prompts["document"]
        model.default_prompt_name = name
        assert encode(model, texts, EncodingOptions(cache=cache)).queries["en"].tolist() == [vector]
        model.prompts.update(query="", document="")
    assert len(folders(cache)) == 4


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_is_cast_for_a_while_and_kept_apart(make_model, cache, dtype):
    import torch

    vectors = many(5)
    model = make_model(vectors, "cosine")
    weight = model[0].embedding.weight
    before = weight.detach().clone()
    texts = collection_of({"en": list(vectors)}, {"en": [("x 1",)]})
    full = encode(model, texts, EncodingOptions(cache=cache))
    half = encode(model, texts, EncodingOptions(cache=cache, dtype=dtype))
    assert model[0].embedding.weight is weight
    assert weight.dtype == torch.float32
    assert torch.equal(weight, before)
    assert half.queries["en"].dtype == np.float32
    assert not same(half, full)
    np.testing.assert_allclose(half.queries["en"], full.queries["en"], atol=0.02)
    np.testing.assert_allclose(np.linalg.norm(half.queries["en"], axis=1), 1, atol=1e-6)
    assert len(folders(cache)) == 4
    assert same(encode(model, texts, EncodingOptions(cache=cache, dtype="float32")), full)
    assert len(folders(cache)) == 4  # that is what the model computes in anyway


def test_the_model_gets_its_weights_back_when_encoding_fails(make_model):
    model = make_model({**VECTORS, "huge": [1e6, 0]})
    weight = model[0].embedding.weight
    with pytest.raises(ModelError, match=r"'huge' is not finite\. Check .*; in float16, encode in bfloat16"):
        encode(model, collection_of({"en": ["huge"]}, {}), EncodingOptions(dtype="float16"))
    assert model[0].embedding.weight is weight


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"dtype": "int8"}, "There is no dtype 'int8' to encode in. Choose one of float32, float16, bfloat16."),
        ({"batch_size": 0}, "The batch size is 0. Choose at least 1."),
    ],
    ids=["dtype", "batch size"],
)
def test_options_out_of_range_are_refused(make_model, two_languages, options, message):
    with pytest.raises(ConfigurationError, match=re.escape(message)):
        encode(make_model(VECTORS), two_languages, EncodingOptions(**options))


def test_an_interrupted_run_goes_on_where_it_was(make_model, cache, counting, monkeypatch):
    monkeypatch.setattr(encoding, "CHUNK", 4)
    vectors = many(20)
    texts = collection_of({"en": list(vectors)}, {"en": []})
    model = make_model(vectors)
    calls, original = counting(model), model.encode

    def interrupted(inputs, *arguments, **options):
        if len(calls) == 3:
            raise KeyboardInterrupt
        return original(inputs, *arguments, **options)

    monkeypatch.setattr(model, "encode", interrupted)
    with pytest.raises(KeyboardInterrupt):
        encode(model, texts, EncodingOptions(batch_size=2, cache=cache))
    longest_first = list(vectors)[::-1]
    assert calls == [longest_first[:4], longest_first[4:8], longest_first[8:12]]
    again = make_model(vectors)
    calls = counting(again)
    assert same(encode(again, texts, EncodingOptions(batch_size=2, cache=cache)), encode(make_model(vectors), texts))
    assert [text for call in calls for text in call] == longest_first[12:]


def test_chunks_shrink_when_they_take_long_and_grow_when_they_do_not(make_model, monkeypatch, counting):
    vectors = many(60)
    model, clock = make_model(vectors), [0.0]
    calls, original = counting(model), model.encode

    def slow(inputs, *arguments, **options):
        clock[0] += 5 if len(calls) else 7.5 * len(inputs)  # seconds
        return original(inputs, *arguments, **options)

    monkeypatch.setattr(model, "encode", slow)
    monkeypatch.setattr(encoding.time, "perf_counter", lambda: clock[0])
    encode(model, collection_of({"en": list(vectors)}, {}), EncodingOptions(batch_size=2))
    assert [len(call) for call in calls] == [8, 2, 6, 18, 26]  # 60 s; then 5 s each, of 15


def test_a_vector_that_is_not_finite_never_enters_the_cache(make_model, cache, monkeypatch):
    monkeypatch.setattr(encoding, "CHUNK", 1)
    model = make_model({**VECTORS, "broken": [0, np.nan]})
    texts = collection_of({"en": ["title one", "broken", "one"]}, {})
    for _ in range(2):
        with pytest.raises(ModelError, match="The model's vector of 'broken' is not finite"):
            encode(model, texts, EncodingOptions(batch_size=1, cache=cache))
    shards = [np.load(path) for path in cache.folder.rglob("shard-*.npy")]
    assert sum(map(len, shards)) == 1
    assert all(np.isfinite(shard["vector"]).all() for shard in shards)


def test_a_model_without_a_fingerprint_is_encoded_without_the_cache(make_model, two_languages, cache, caplog, counting):
    model = make_model(VECTORS)
    model.backend = "onnx"
    calls = counting(model)
    for _ in range(2):
        found = encode(model, two_languages, EncodingOptions(cache=cache))
    assert same(found, encode(make_model(VECTORS), two_languages))
    assert len(calls) == 4
    assert "Vectors are neither taken from the cache nor kept there. A model on the onnx backend" in caplog.text
    assert not cache.folder.exists()


def test_a_model_that_tells_no_dimensions_is_encoded_without_the_cache(make_model, two_languages, cache, caplog):
    model = make_model(VECTORS)
    model.get_embedding_dimension = lambda: None
    assert same(encode(model, two_languages, EncodingOptions(cache=cache)), encode(make_model(VECTORS), two_languages))
    assert "does not report how many dimensions" in caplog.text


def test_a_model_that_tells_the_wrong_dimensions_is_refused(make_model, two_languages, cache):
    model = make_model(VECTORS)
    model.get_embedding_dimension = lambda: 3
    with pytest.raises(ModelError, match="The model's vectors have 2 dimensions, but it reports 3"):
        encode(model, two_languages, EncodingOptions(cache=cache))


def test_more_vectors_than_shall_be_in_memory_stay_on_disk(make_model, tmp_path):
    vectors = many(30)
    texts = collection_of({"en": list(vectors)[:5]}, {"en": [(text,) for text in vectors], "de": [("x 1",)]})
    model = make_model(vectors)
    plain = encode(model, texts)
    found = encode(model, texts, EncodingOptions(cache=EmbeddingCache(tmp_path, in_memory=31 * 3 * 4 - 1)))
    assert isinstance(found.queries["en"], np.ndarray)
    assert [type(stored) for stored in found.passages.values()] == [StoredVectors, StoredVectors]
    assert found.passages["en"].shape == (30, 3)
    assert found.dimensions == 3
    assert same(found, plain)
    exactly = encode(model, texts, EncodingOptions(cache=EmbeddingCache(tmp_path, in_memory=31 * 3 * 4)))
    assert isinstance(exactly.passages["en"], np.ndarray)


class LazyCorpus(Mapping):
    """A corpus that makes its passages when they are asked for, and counts how many live at the same time."""

    def __init__(self, count):
        self.count, self.alive, self.most, self.made = count, 0, 0, 0

    def __getitem__(self, identifier):
        corpus, number = self, int(identifier.partition(":")[2])

        class Text(str):
            def __del__(self):
                corpus.alive -= 1

        class Lazy(Passage):
            searchable = property(lambda self: self.text)

        self.made += 1
        self.alive += 1
        self.most = max(self.most, self.alive)
        return Lazy(Text(f"{number % 900}"))

    def __iter__(self):
        return (f"en:{number}" for number in range(self.count))

    def __len__(self):
        return self.count


@pytest.mark.parametrize("known", [False, True], ids=["new", "known"])
def test_a_lazy_corpus_is_read_once_and_never_held_as_a_whole(make_model, tmp_path, monkeypatch, known):
    monkeypatch.setattr(encoding, "BLOCK", 50)
    monkeypatch.setattr(encoding, "WINDOW", 200)
    vectors = {f"{number}": [number, 1] for number in range(900)}
    corpus = LazyCorpus(2000)
    texts = MultilingualCollection(name="lazy", corpora={"en": corpus}, queries={}, qrels={})
    model, cache = make_model(vectors), EmbeddingCache(tmp_path, in_memory=100)
    if known:
        encode(model, texts, EncodingOptions(cache=cache))
    corpus.made = corpus.most = 0
    encoded, original = [], model.encode

    def encode_texts(inputs, *arguments, **options):
        encoded.append(len(inputs))
        return original(inputs, *arguments, **options)

    monkeypatch.setattr(model, "encode", encode_texts)
    found = encode(model, texts, EncodingOptions(cache=cache))
    assert corpus.made == 2000
    assert corpus.most <= (60 if known else 260)  # a window and a block
    assert sum(encoded) == (0 if known else 900)
    assert found.passages["en"][:][:, 0].tolist() == [number % 900 for number in range(2000)]


def test_one_bar_per_role_counts_characters_and_what_came_from_the_cache(make_model, two_languages, cache, capsys):
    encode(make_model(VECTORS), collection_of({"en": ["one"]}, {}), EncodingOptions(cache=cache))
    assert capsys.readouterr().err == ""
    encode(make_model(VECTORS), two_languages, EncodingOptions(cache=cache), show_progress=True)
    lines = [line.split("\r")[-1] for line in capsys.readouterr().err.strip().split("\n")]
    assert len(lines) == 2
    assert lines[0].startswith("Encoding queries: 100%")
    assert "8.00/8.00 [" in lines[0]  # two, three
    assert "3 of 5 from the cache" in lines[0]
    assert lines[1].startswith("Encoding passages: 100%")
    assert "0 of 4 from the cache" in lines[1]


def test_texts_not_yet_read_are_estimated(make_model, monkeypatch):
    monkeypatch.setattr(encoding, "BLOCK", 2)
    monkeypatch.setattr(encoding, "WINDOW", 2)
    totals = []

    class Bar:
        total = n = 0

        def __init__(self, *_, **__):
            pass

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

        def update(self, _):
            totals.append(self.total)

    monkeypatch.setattr("tqdm.tqdm", Bar)
    encode(make_model(VECTORS), collection_of({"en": ["one", "three", "two", "one", "one", "one"]}, {}))
    assert totals[0] == 8 * 3  # two of six texts read
    assert totals[1] == 11  # all read: the last ones are known


@pytest.mark.slow
def test_several_devices_give_the_same_vectors(make_model, two_languages, cache):
    model = make_model(VECTORS)
    found = encode(model, two_languages, EncodingOptions(device=["cpu", "cpu"], cache=cache))
    assert same(found, encode(make_model(VECTORS), two_languages))
    assert same(encode(model, two_languages, EncodingOptions(device="cpu")), found)


def test_no_process_starts_when_all_is_cached(make_model, two_languages, cache):
    model = make_model(VECTORS)
    encode(model, two_languages, EncodingOptions(cache=cache))
    model.start_multi_process_pool = None  # would fail
    encode(model, two_languages, EncodingOptions(cache=cache, device=["cpu", "cpu"]))


def test_a_damaged_cache_is_rebuilt_and_not_trusted(make_model, cache, counting, monkeypatch, caplog):
    monkeypatch.setattr(encoding, "WINDOW", 4)
    vectors = many(12)
    texts = collection_of({"en": list(vectors)}, {})
    expected = encode(make_model(vectors), texts, EncodingOptions(cache=cache))
    damaged = sorted(cache.folder.rglob("shard-*.npy"))[0]
    content = bytearray(damaged.read_bytes())
    content[-1] ^= 0x80  # the sign of the last number
    damaged.write_bytes(content)
    for encoded in (4, 0):
        model = make_model(vectors)
        calls = counting(model)
        assert same(encode(model, texts, EncodingOptions(cache=cache)), expected)
        assert sum(map(len, calls)) == encoded
    assert caplog.text.count(damaged.name) == 1
