import time

import numpy as np
import pytest

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding import forecast as module
from beir_hybrid.evaluation.encoding.encoder import Description, Encoder
from beir_hybrid.evaluation.encoding.encoding_options import EncodingOptions
from beir_hybrid.evaluation.encoding.forecast import forecast_encoding
from beir_hybrid.passage import Passage
from beir_hybrid.storage.corpus_writer import write_corpus

PER_CHARACTER = 2e-6  # seconds
DIMENSIONS = 8


class Sleeper:
    """A model whose time is in proportion to the characters of its texts."""

    device = "cpu"

    def state_dict(self, keep_vars):
        return {}

    def named_modules(self):
        return ()

    def encode_query(self, texts, **options):
        time.sleep(PER_CHARACTER * sum(map(len, texts)))
        return np.ones((len(texts), DIMENSIONS), np.float32)

    encode_document = encode_query


class SleepingEncoder(Encoder):
    sparse = False
    description = Description("cosine", "float32", DIMENSIONS, None, None, "sleeper")


@pytest.fixture
def encoder(monkeypatch):
    monkeypatch.setattr(module, "as_encoder", lambda model: model)
    return SleepingEncoder(Sleeper())


def collection(corpora):
    return MultilingualCollection("c", corpora, {"en": {"en:q": "x" * 10}}, {"en:q": {"en:0": 1}})


def passages(lengths):
    return {f"en:{number}": Passage("x" * length) for number, length in enumerate(lengths)}


def test_time_is_that_of_texts_of_their_lengths(encoder, monkeypatch):
    monkeypatch.setattr(module, "SAMPLE", 200)
    lengths = np.random.default_rng(1).integers(500, 5000, 2000).tolist()
    forecast = forecast_encoding(encoder, collection({"en": passages(lengths)}), EncodingOptions(batch_size=8))
    (pace,) = forecast.paces
    assert pace.seconds == pytest.approx(PER_CHARACTER * sum(lengths), rel=0.5)
    assert pace.fastest <= pace.seconds <= pace.slowest
    assert forecast.seconds(pace, 8) == pace.seconds / 8
    assert (forecast.texts, forecast.sampled, pace.encoded > 0) == (2001, 201, True)
    assert forecast.text_bytes == pytest.approx(sum(lengths), rel=0.2)


def test_disk_holds_vectors_keys_checksums_and_ids(encoder):
    forecast = forecast_encoding(encoder, collection({"en": passages([5] * 10)}), item_bytes=2)
    assert forecast.disk_bytes == 11 * (2 * DIMENSIONS + 24) + 10 * 7 + 7
    assert forecast.network_bytes == forecast.disk_bytes + 10 * 5 + 10


def test_stored_passages_are_sampled_as_those_in_memory(encoder, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "SAMPLE", 20)
    rows = [(str(number), Passage("x" * number)) for number in range(100)]
    stored = write_corpus(tmp_path / "en", "en", rows)
    in_memory = {f"en:{number}": passage for number, passage in rows}
    both = [module._sample(collection({"en": corpus}), "document", 100, seed=3) for corpus in (stored, in_memory)]
    assert both[0] == both[1]
    assert len(both[0]) == 20
    assert len(list(tmp_path.iterdir())) == 1


def test_several_devices_or_workers_are_counted(encoder):
    texts = collection({"en": passages([5, 6])})
    assert forecast_encoding(encoder, texts, EncodingOptions(device=["cpu", "cpu"])).devices == 2
    assert forecast_encoding(encoder, texts, workers=5).devices == 5
    assert len(forecast_encoding(encoder, texts, EncodingOptions(device=["cpu", "cpu"])).paces) == 1


def test_no_text_is_told(encoder):
    with pytest.raises(ConfigurationError, match=r"c has no text to encode\. Choose another dataset"):
        forecast_encoding(encoder, MultilingualCollection("c", {}, {}, {}))
