import pytest

from beir_hybrid.errors import ConfigurationError, ModelError
from beir_hybrid.models import load_model


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


def test_unknown_name_on_the_hub_is_told_in_one_line():
    with pytest.raises(ModelError, match="'no-such-model' cannot be loaded") as caught:
        load_model("no-such-model")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("device", ["nonsense", "cuda:99"])
def test_a_device_that_is_not_there_is_named(tmp_path, device):
    (tmp_path / "modules.json").write_text("[]")
    with pytest.raises(ConfigurationError, match=f"There is no device '{device}' here: .*Choose such as cpu"):
        load_model(tmp_path, device)
