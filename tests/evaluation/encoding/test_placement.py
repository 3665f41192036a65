from __future__ import annotations

import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Module

from beir_hybrid.evaluation.encoding.placement import cast, placed


class Layers(Module):
    """Shared weights, a saved and an unsaved buffer, and a buffer of whole numbers."""

    def __init__(self):
        super().__init__()
        self.first = torch.nn.Linear(3, 3)
        self.second = torch.nn.Linear(3, 3)
        self.second.weight = self.first.weight
        self.lstm = torch.nn.LSTM(3, 2)
        self.register_buffer("saved", torch.ones(2))
        self.register_buffer("angles", torch.ones(2), persistent=False)
        self.register_buffer("positions", torch.arange(2))

    def forward(self, features, **_):
        return features

    def save(self, *_, **__):
        raise NotImplementedError


@pytest.fixture
def model():
    return SentenceTransformer(modules=[Layers()], device="cpu")


def test_weights_are_cast_and_come_back_as_the_same_tensors(model):
    layers = model[0]
    before = {**dict(layers.named_parameters()), **dict(layers.named_buffers())}
    layers.first.weight.grad = torch.ones(3, 3)
    with cast(model, "bfloat16"):
        assert layers.first.weight.dtype == layers.second.bias.dtype == layers.saved.dtype == torch.bfloat16
        assert layers.second.weight is layers.first.weight
        assert {weight.dtype for weight in layers.lstm._flat_weights} == {torch.bfloat16}
        assert (layers.angles.dtype, layers.positions.dtype) == (torch.float32, torch.int64)
        assert before["first.weight"].dtype == torch.float32
    after = {**dict(layers.named_parameters()), **dict(layers.named_buffers())}
    assert after.keys() == before.keys()
    assert all(after[name] is tensor for name, tensor in before.items())
    assert {weight.dtype for weight in layers.lstm._flat_weights} == {torch.float32}
    assert layers.first.weight.requires_grad
    assert layers.first.weight.grad is not None
    assert "angles" not in layers.state_dict()


@pytest.mark.parametrize("dtype", [None, "float32"])
def test_nothing_is_cast_that_need_not(model, dtype):
    weight = model[0].first.weight
    with cast(model, dtype):
        assert model[0].first.weight is weight


def test_a_model_comes_back_from_where_it_was_moved(model):
    with placed(model, ["meta"]) as options:
        assert options == {"device": "meta"}
    assert model.device.type == "cpu"


def test_no_device_leaves_the_choice_to_the_host(model):
    with placed(model, []) as options:
        assert options == {}


def test_several_devices_share_one_pool_that_ends(model, monkeypatch):
    calls = []
    monkeypatch.setattr(model, "start_multi_process_pool", lambda devices: calls.append(devices) or {"pool": 1})
    monkeypatch.setattr(model, "stop_multi_process_pool", calls.append)
    with pytest.raises(KeyboardInterrupt), placed(model, ["cpu", "cpu"]) as options:
        assert options == {"pool": {"pool": 1}}
        raise KeyboardInterrupt
    assert calls == [["cpu", "cpu"], {"pool": 1}]
