import pytest

from beir_hybrid.datasets import load_pairs
from beir_hybrid.evaluation.encoding import forecast
from beir_hybrid.training.base_models import static_model


@pytest.fixture
def words(tmp_path, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(forecast, "SECONDS", 0.0)
    static_model(load_pairs("sample", languages=["de", "en"]), dimensions=4).save_pretrained(str(tmp_path / "model"))
    return ("--model", tmp_path / "model", "--dataset", "sample", "--languages", "de,en", "--device", "cpu")


@pytest.mark.parametrize("command", [("encode", "--output", "vectors", "--store-dtype", "float16"), ("evaluate",)])
def test_dry_run_tells_time_disk_and_memory_and_writes_nothing(invoke, words, tmp_path, monkeypatch, command):
    monkeypatch.chdir(tmp_path)
    result = invoke(*command, *words, "--dry-run")
    assert result.exception is None
    for said in (
        "148 queries and 148 passages",
        "64 x cpu",
        "vectors on disk",
        "memory of the driver",
        "extrapolation",
    ):
        assert said in " ".join(result.output.split())
    assert [path.name for path in tmp_path.iterdir()] == ["model"]


def test_dry_run_of_a_part_tells_what_as_many_parts_take(invoke, words):
    result = invoke("encode", *words, "--output", "vectors", "--shard", "3/17", "--dry-run")
    assert "17 x cpu" in result.output


def test_dry_run_of_a_run_is_refused(invoke, tmp_path):
    result = invoke("evaluate", "--run", tmp_path / "x.trec", "--dataset", "sample", "--dry-run")
    assert result.exit_code == 2
    assert "--dry-run encodes a sample, and no model is given. Give --model NAME." in " ".join(result.output.split())
