import json

import pytest
from huggingface_hub.errors import RepositoryNotFoundError
from sentence_transformers import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder
from transformers import BertConfig, BertForMaskedLM, BertForSequenceClassification, PreTrainedTokenizerFast

from beir_hybrid import evaluate
from beir_hybrid.errors import ConfigurationError, ModelError
from beir_hybrid.evaluation import EncodingOptions
from beir_hybrid.evaluation.encoding.cache import EmbeddingCache
from beir_hybrid.evaluation.encoding.encoder import as_encoder, open_encoder
from beir_hybrid.evaluation.evaluator import MultilingualRetrievalEvaluator
from beir_hybrid.models import CROSS, DENSE, MULTI_VECTOR, SPARSE, kind_of, kind_of_files, load_model, pads
from beir_hybrid.training.base_models import base_model, static_model


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Folders of every kind, as the host saves them, and of plain transformers."""
    from tokenizers import Tokenizer, models

    above = tmp_path_factory.mktemp("models")
    tokenizer = Tokenizer(models.WordLevel({"[UNK]": 0, "[PAD]": 1, "one": 2}, unk_token="[UNK]"))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", model_max_length=8)
    config = BertConfig(
        vocab_size=3, hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8, num_labels=1
    )
    for name, plain in (("plain", BertForMaskedLM), ("classifier", BertForSequenceClassification)):
        plain(config).save_pretrained(above / name)
        fast.save_pretrained(above / name)
    kinds = {"dense": SentenceTransformer, "sparse": SparseEncoder, "multi": MultiVectorEncoder, "cross": CrossEncoder}
    for name, kind in kinds.items():
        kind(str(above / "plain"), device="cpu").save_pretrained(str(above / name))
    return above


KINDS = {
    "dense": DENSE,
    "sparse": SPARSE,
    "multi": MULTI_VECTOR,
    "cross": CROSS,
    "plain": DENSE,  # which the host pools
    "classifier": CROSS,
}


@pytest.mark.parametrize(("name", "kind"), KINDS.items())
def test_a_folder_is_of_the_kind_that_was_saved(folders, name, kind):
    assert kind_of_files(folders / name) == kind


@pytest.mark.parametrize("name", ["sparse", "multi"])
def test_a_folder_that_names_no_kind_is_told_by_its_modules(folders, name, tmp_path):
    (tmp_path / "modules.json").write_text((folders / name / "modules.json").read_text())
    (tmp_path / "config_sentence_transformers.json").write_text("{}")
    assert kind_of_files(tmp_path) == KINDS[name]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("config_sentence_transformers.json", {"model_type": "ColBERT"}),  # PyLate's
        ("config.json", {"architectures": ["HF_ColBERT"]}),  # Stanford's
    ],
    ids=["PyLate", "Stanford"],
)
def test_colbert_folders_hold_multi_vector_encoders(tmp_path, file, content):
    (tmp_path / file).write_text(json.dumps(content))
    assert kind_of_files(tmp_path) == MULTI_VECTOR


@pytest.mark.parametrize("text", ["{", "[]", "null", '{"architectures": 3, "model_type": null}'])
def test_damaged_files_are_left_to_the_loading(tmp_path, text):
    for file in ("config_sentence_transformers.json", "modules.json", "config.json"):
        (tmp_path / file).write_text(text)
    assert kind_of_files(tmp_path) == DENSE


@pytest.mark.parametrize("name", ["multi", "cross", "classifier"])
@pytest.mark.parametrize("cached", [False, True])
def test_a_folder_of_another_kind_is_refused_and_never_converted(folders, name, cached, tmp_path):
    cache = EmbeddingCache(tmp_path) if cached else None
    with pytest.raises(
        ModelError, match=f"{name} is a {KINDS[name]}, which gives .* evaluate that: .* --run"
    ) as caught:
        open_encoder(str(folders / name), EncodingOptions(device="cpu", cache=cache))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("name", "told"), [("plain", True), ("dense", False)])
def test_a_plain_transformer_is_said_to_be_pooled(folders, name, told, caplog):
    open_encoder(str(folders / name), EncodingOptions(device="cpu"))
    assert ("holds a plain transformer; sentence-transformers pools" in caplog.text) is told


def test_an_unknown_kind_is_refused(folders, tmp_path):
    (tmp_path / "modules.json").write_text("[]")
    (tmp_path / "config_sentence_transformers.json").write_text('{"model_type": "HoloEncoder"}')
    with pytest.raises(ModelError, match="is of an unknown kind: HoloEncoder"):
        load_model(tmp_path)


def test_a_sparse_folder_is_loaded_as_one_or_refused(folders):
    assert type(load_model(folders / "sparse", "cpu", sparse=True)) is SparseEncoder
    assert type(load_model(folders / "dense", "cpu", sparse=True)) is SentenceTransformer
    with pytest.raises(ModelError, match="is a SparseEncoder, and dense vectors are needed here"):
        load_model(folders / "sparse", "cpu")


def test_training_starts_from_no_sparse_encoder(folders):
    with pytest.raises(ModelError, match="train it in SparseEncoderTrainer"):
        base_model(str(folders / "sparse"), [])


@pytest.mark.parametrize(("name", "kind"), [("multi", MultiVectorEncoder), ("cross", CrossEncoder)])
def test_a_loaded_model_of_another_kind_is_refused(folders, collection, name, kind):
    model = kind(str(folders / name), device="cpu")
    assert kind_of(model) == KINDS[name]
    for use in (lambda: evaluate(model, collection), lambda: MultilingualRetrievalEvaluator(collection)(model)):
        with pytest.raises(ModelError, match=f"The model is a {KINDS[name]}, which gives"):
            use()


@pytest.mark.parametrize("model", ["runs/hybrid", None, 3])
def test_what_is_no_model_is_refused(model):
    with pytest.raises(ModelError):
        as_encoder(model)


@pytest.mark.parametrize("make", ["folder", "file in it"])
def test_folder_without_a_model_is_told(tmp_path, make):
    if make == "file in it":
        (tmp_path / "results.json").write_text("{}")
    with pytest.raises(ModelError) as caught:
        load_model(tmp_path)
    assert str(caught.value).startswith(f"The folder {tmp_path} holds no model")


@pytest.mark.parametrize("name", ["/no-such-folder", "./model", "../model", "runs/mine/model"])
def test_missing_folder_is_told_without_asking_a_hub(name, monkeypatch, tmp_path):
    def forbidden(*args, **kwargs):
        raise AssertionError("the hub was asked")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sentence_transformers.SentenceTransformer.__init__", forbidden)
    with pytest.raises(ModelError, match=f"There is no model folder {name}. Check the path."):
        load_model(name)


def test_broken_folder_is_told_in_one_line(tmp_path):
    (tmp_path / "modules.json").write_text("{")
    with pytest.raises(ModelError, match="cannot be loaded") as caught:
        load_model(tmp_path)
    assert str(tmp_path) in str(caught.value)
    assert "\n" not in str(caught.value)


def answering(answer):
    """Stand in for the hub: count its answers by name."""
    asked = []

    def respond(url, **options):
        asked.append(url)
        result = answer(url)
        if isinstance(result, Exception):
            raise result
        return result

    return asked, respond


def test_without_a_network_a_name_is_told_in_one_line_and_asked_for_once(monkeypatch, caplog, capfd):
    asked, respond = answering(lambda url: OSError("[Errno -2] Name or service not known"))
    monkeypatch.setattr("huggingface_hub.get_hf_file_metadata", respond)
    with pytest.raises(
        ModelError, match=r"'no-such/model' is not a folder here .* the hub cannot be reached"
    ) as caught:
        load_model("no-such/model")
    assert "\n" not in str(caught.value)
    assert len(asked) == 1
    assert not caplog.records
    assert capfd.readouterr() == ("", "")


def test_without_a_network_a_model_that_was_downloaded_is_loaded(monkeypatch, tmp_path, pairs):
    name = "owner/model"
    snapshot = tmp_path / "models--owner--model" / "snapshots" / ("0" * 40)
    static_model(pairs, 8).save_pretrained(str(snapshot))
    (tmp_path / "models--owner--model" / "refs").mkdir()
    (tmp_path / "models--owner--model" / "refs" / "main").write_text("0" * 40)
    monkeypatch.setenv("SENTENCE_TRANSFORMERS_HOME", str(tmp_path))
    _, respond = answering(lambda url: TimeoutError("timed out"))
    monkeypatch.setattr("huggingface_hub.get_hf_file_metadata", respond)
    assert load_model(name, "cpu").get_embedding_dimension() == 8


def test_a_name_that_the_hub_does_not_know_is_told(monkeypatch):
    asked, respond = answering(lambda url: RepositoryNotFoundError.__new__(RepositoryNotFoundError))
    monkeypatch.setattr("huggingface_hub.get_hf_file_metadata", respond)
    with pytest.raises(ModelError, match="The hub has no model 'no-such-model'") as caught:
        load_model("no-such-model")
    assert "\n" not in str(caught.value)
    assert [url.partition("/resolve")[0].rpartition("huggingface.co/")[2] for url in asked] == [
        "no-such-model",
        "sentence-transformers/no-such-model",
    ]


@pytest.mark.parametrize("name", ["static", "static:64"])
def test_static_is_told_to_need_training_without_asking_the_hub(name, monkeypatch):
    asked, respond = answering(lambda url: None)
    monkeypatch.setattr("huggingface_hub.get_hf_file_metadata", respond)
    for opened in (load_model, lambda name: open_encoder(name)):
        with pytest.raises(ModelError, match=f"The model {name} is made by training: .* --model static --train-data"):
            opened(name)
    assert not asked


@pytest.mark.parametrize("device", ["nonsense", "cuda:99"])
def test_a_device_that_is_not_there_is_named(tmp_path, device):
    (tmp_path / "modules.json").write_text("[]")
    with pytest.raises(ConfigurationError, match=f"There is no device '{device}' here: .*Choose such as cpu"):
        load_model(tmp_path, device)


def test_transformers_pad_unless_they_take_sequences_one_after_another(folders):
    model = load_model(folders / "dense", "cpu")
    assert pads(model)
    model[0].can_flatten_inputs = True  # as with flash attention
    assert not pads(model)


def test_static_embeddings_do_not_pad(pairs):
    assert not pads(static_model(pairs, 4))
