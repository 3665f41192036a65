import pytest
from huggingface_hub.errors import RepositoryNotFoundError

from beir_hybrid.errors import ConfigurationError, ModelError
from beir_hybrid.evaluation.encoding.encoder import open_encoder
from beir_hybrid.models import load_model
from beir_hybrid.training.base_models import static_model


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
    with pytest.raises(ModelError, match=r"'no-such/model' is no folder here .* the hub cannot be reached") as caught:
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
    for opened in (load_model, lambda name: open_encoder(name, None)):
        with pytest.raises(ModelError, match=f"The model {name} is made by training: .* --model static --train-data"):
            opened(name)
    assert not asked


@pytest.mark.parametrize("device", ["nonsense", "cuda:99"])
def test_a_device_that_is_not_there_is_named(tmp_path, device):
    (tmp_path / "modules.json").write_text("[]")
    with pytest.raises(ConfigurationError, match=f"There is no device '{device}' here: .*Choose such as cpu"):
        load_model(tmp_path, device)
