from __future__ import annotations

import json
import weakref

import numpy as np
import pytest

from beir_hybrid.datasets import load_dataset, load_pairs
from beir_hybrid.errors import ConfigurationError, ModelError
from beir_hybrid.evaluation import EncodingOptions, ExactSearch
from beir_hybrid.evaluation.encoding import encoder as module
from beir_hybrid.evaluation.encoding.cache import EmbeddingCache
from beir_hybrid.evaluation.encoding.encode import encode
from beir_hybrid.evaluation.encoding.encoder import Encoder, FolderEncoder, open_encoder
from beir_hybrid.evaluation.encoding.fingerprint import fingerprint_of
from beir_hybrid.evaluation.evaluate import evaluate
from beir_hybrid.models import load_model
from beir_hybrid.training.base_models import static_model


@pytest.fixture
def collection():
    return load_dataset("sample", languages=["de", "en"])


@pytest.fixture
def folder(tmp_path):
    model = static_model(load_pairs("sample", languages=["de", "en"]), dimensions=4)
    model.prompts = {"query": "Q: ", "document": "P: "}
    model.save_pretrained(str(tmp_path / "model"))
    return tmp_path / "model"


@pytest.fixture
def cache(tmp_path):
    return EmbeddingCache(tmp_path / "cache")


@pytest.fixture
def loads(monkeypatch):
    """The folders that models were loaded from."""
    found = []

    def loading(name, device=None, **options):
        found.append(str(name))
        return load_model(name, device, **options)

    monkeypatch.setattr(module, "load_model", loading)
    return found


def vectors(collection, folder, cache):
    return encode(
        open_encoder(str(folder), EncodingOptions(device="cpu", cache=cache)), collection, EncodingOptions(cache=cache)
    )


def notes(cache):
    return sorted((cache.folder / "models").glob("*.json"))


def test_a_model_whose_vectors_are_all_known_is_not_loaded_again(collection, folder, cache, loads):
    first = vectors(collection, folder, cache)
    assert loads == [str(folder)]
    again = vectors(collection, folder, cache)
    assert len(loads) == 1
    for role in ("queries", "passages"):
        for language, found in getattr(first, role).items():
            np.testing.assert_array_equal(getattr(again, role)[language], found)


def test_it_tells_the_same_whether_loaded_or_known(collection, folder, cache):
    fresh = Encoder(load_model(folder, "cpu"))
    for _ in range(2):
        opened = open_encoder(str(folder), EncodingOptions(device="cpu", cache=cache))
        assert (opened.description, opened.fingerprint) == (fresh.description, fresh.fingerprint)
    assert opened.device == ""
    assert opened.fingerprint == fingerprint_of(opened.model)
    assert opened.device == "cpu"
    assert [opened.description.prompts(role).of("de") for role in ("query", "document")] == ["Q: ", "P: "]


def test_results_are_the_same_with_and_without_loading(collection, folder, cache, loads):
    first, again = (
        evaluate(open_encoder(str(folder), EncodingOptions(device="cpu", cache=cache)), collection, cache=cache)
        for _ in range(2)
    )
    assert len(loads) == 1
    assert (again.scores, again.settings, again.model) == (first.scores, first.settings, str(folder))
    assert (first.environment["device"], again.environment["device"]) == ("cpu", "")


def test_a_loaded_model_is_gone_while_vectors_are_searched_and_a_given_one_stays(collection, folder, cache, loads):
    class Watched(ExactSearch):
        def open(self, task):
            gone.append(model() is None)
            return super().open(task)

    gone = []
    opened = open_encoder(str(folder), EncodingOptions(device="cpu", cache=cache))
    given = Encoder(load_model(folder, "cpu"))
    for encoder in (opened, given):
        model = weakref.ref(encoder.model)
        assert evaluate(encoder, collection, search=Watched(), cache=cache).environment["device"] == "cpu"
    assert gone == [True, False]
    assert opened.model.device.type == "cpu"
    assert len(loads) == 2


def test_a_new_text_loads_the_model_and_is_the_only_one_encoded(collection, folder, cache, loads, monkeypatch):
    vectors(load_dataset("sample", languages=["de"]), folder, cache)
    opened = open_encoder(str(folder), EncodingOptions(device="cpu", cache=cache))
    encoded = []
    encode_query = opened.model.encode_query
    monkeypatch.setattr(
        opened.model, "encode_query", lambda texts, **o: encoded.extend(texts) or encode_query(texts, **o)
    )
    encode(opened, collection, EncodingOptions(cache=cache))
    assert len(loads) == 2
    assert sorted(encoded) == sorted(set(collection.queries["en"].values()) - set(collection.queries["de"].values()))


def test_files_beside_the_model_change_nothing(collection, folder, cache, loads):
    vectors(collection, folder, cache)
    (folder / "results.json").write_text("{}")
    (folder / "xquad-r").mkdir()
    (folder / "xquad-r" / "results.json").write_text("{}")
    vectors(collection, folder, cache)
    assert len(loads) == 1


def test_changed_weights_are_another_model(collection, folder, cache, loads):
    vectors(collection, folder, cache)
    known = open_encoder(str(folder), EncodingOptions(device="cpu", cache=cache)).fingerprint
    model = load_model(folder, "cpu")
    model[0].embedding.weight.data += 1
    model.save_pretrained(str(folder))
    assert open_encoder(str(folder), EncodingOptions(device="cpu", cache=cache)).fingerprint != known
    assert len(loads) == 2


@pytest.mark.parametrize(
    ("file", "content"),
    [
        pytest.param("adapter_config.json", "{}", id="adapters on a model elsewhere"),
        pytest.param("modeling.py", "", id="code of its own"),
        pytest.param("config.json", '{"auto_map": {}}', id="code elsewhere"),
    ],
)
def test_a_model_with_parts_elsewhere_is_always_loaded(collection, folder, cache, loads, file, content):
    (folder / file).write_text(content)
    for _ in range(2):
        vectors(collection, folder, cache)
    assert len(loads) == 2
    assert notes(cache) == []


def test_a_module_of_another_package_is_always_loaded(folder, cache):
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "elsewhere.Module"
    (folder / "modules.json").write_text(json.dumps(modules))
    assert module._own_files(folder) is None


def test_a_router_whose_parts_are_not_named_is_always_loaded(folder, cache):
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "sentence_transformers.sentence_transformer.modules.router.Router"
    (folder / "modules.json").write_text(json.dumps(modules))
    assert module._own_files(folder) is None


def test_a_module_folder_outside_is_always_loaded(folder, cache):
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["path"] = "../other"
    (folder / "modules.json").write_text(json.dumps(modules))
    assert module._own_files(folder) is None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: "", id="empty"),
        pytest.param(lambda text: "[]", id="list"),
        pytest.param(lambda text: "{}", id="object"),
        pytest.param(lambda text: text.replace('"schema": 2', '"schema": 0'), id="schema"),
        pytest.param(lambda text: text.replace("cosine", "dot"), id="similarity"),
        pytest.param(lambda text: text.replace('"dimensions": 4', '"dimensions": 5'), id="dimensions"),
    ],
)
def test_a_damaged_note_is_written_again(collection, folder, cache, loads, change):
    vectors(collection, folder, cache)
    [note] = notes(cache)
    good = note.read_text()
    note.write_text(change(good))
    assert note.read_text() != good
    vectors(collection, folder, cache)
    assert len(loads) == 2
    assert note.read_text() == good


def test_other_versions_of_the_host_are_asked_again(collection, folder, cache, loads, monkeypatch):
    vectors(collection, folder, cache)
    monkeypatch.setattr(module, "version", lambda package: "99")
    vectors(collection, folder, cache)
    assert len(loads) == 2


def test_without_a_cache_a_folder_is_loaded_at_once(folder, loads):
    assert not isinstance(open_encoder(str(folder), EncodingOptions(device="cpu")), FolderEncoder)
    assert len(loads) == 1


def test_a_missing_folder_is_told(cache, tmp_path):
    with pytest.raises(ModelError, match="There is no model folder"):
        open_encoder(str(tmp_path / "none"), EncodingOptions(cache=cache))


def test_a_folder_without_a_model_is_told(collection, cache, tmp_path):
    with pytest.raises(ModelError, match="holds no model"):
        vectors(collection, tmp_path, cache)


@pytest.mark.parametrize("backend", ["onnx", "openvino"])
def test_backend_whose_packages_are_missing_is_refused_with_what_to_install(folder, monkeypatch, backend):
    monkeypatch.setattr("beir_hybrid.models.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match=rf"{backend} needs optimum.*'sentence-transformers\[{backend}\]'"):
        open_encoder(str(folder), EncodingOptions(backend=backend))


def test_backend_is_handed_to_the_host_and_tells_vectors_apart(folder, monkeypatch, tmp_path):
    import sentence_transformers

    asked = []
    host = sentence_transformers.SentenceTransformer

    def load(name, backend="torch", **options):
        asked.append(backend)
        return host(name, **options)

    monkeypatch.setattr("beir_hybrid.models.find_spec", lambda name: object())
    monkeypatch.setattr(sentence_transformers, "SentenceTransformer", load)
    cache = EmbeddingCache(tmp_path / "cache")
    prints = {
        backend: open_encoder(str(folder), EncodingOptions(backend=backend, cache=cache)).fingerprint
        for backend in ("torch", "onnx", "openvino")
    }
    assert asked == ["torch", "onnx", "openvino"]
    assert len(set(prints.values())) == 3
    again = open_encoder(str(folder), EncodingOptions(backend="onnx"))
    assert again.fingerprint == prints["onnx"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"backend": "onx"}, r"no backend 'onx'.*onnx"),
        ({"backend": "onnx", "dtype": "float16"}, "Leave out dtype"),
        ({"backend": "onnx", "device": ["cpu", "cpu"]}, "all devices but one"),
    ],
)
def test_what_a_backend_cannot_do_is_refused(given, told):
    with pytest.raises(ConfigurationError, match=told):
        EncodingOptions(**given)


@pytest.mark.parametrize("attention", ["eager", "sdpa"])
def test_attention_is_the_one_that_is_asked_for_and_gives_the_same_vectors(make_transformer, tmp_path, attention):
    model = str(make_transformer(tmp_path / "model"))
    usual = open_encoder(model, EncodingOptions(device="cpu"))
    encoder = open_encoder(model, EncodingOptions(device="cpu", attention=attention))
    assert encoder.model[0].model.config._attn_implementation == attention
    assert encoder.fingerprint == usual.fingerprint
    one, other = (each.model.encode(["some text", "another"]) for each in (encoder, usual))
    np.testing.assert_allclose(one, other, atol=1e-5)


def test_attention_of_a_static_model_is_refused(folder):
    with pytest.raises(ModelError, match=r"--attention is for transformers, and the first module .* StaticEmbedding"):
        open_encoder(str(folder), EncodingOptions(attention="sdpa"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"attention": "spda"}, r"no attention 'spda'.*sdpa"),
        ({"attention": "sdpa", "backend": "onnx"}, "backend is onnx, whose attention is its own"),
        ({"attention": "flash_attention_2"}, "half precision. Add the dtype"),
    ],
    ids=["unknown", "backend", "precision"],
)
def test_attention_that_cannot_be_is_refused(options, told):
    with pytest.raises(ConfigurationError, match=told):
        EncodingOptions(**options)
