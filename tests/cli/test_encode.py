import json
import shutil

import pytest

from beir_hybrid.datasets import load_pairs
from beir_hybrid.evaluation import VectorFolder
from beir_hybrid.evaluation.encoding.shard_encoding import ShardEncoding
from beir_hybrid.registry import CLUSTERS
from beir_hybrid.training.base_models import static_model
from beir_hybrid.workers import LocalWorkers


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """The folders of two untrained models."""
    folder = tmp_path_factory.mktemp("models")
    for name in ("one", "two"):
        model = static_model(load_pairs("sample", languages=["de", "en"]), dimensions=4)
        model.save_pretrained(str(folder / name))
    return folder


@pytest.fixture
def words(models, tmp_path, monkeypatch):
    monkeypatch.setenv("BEIR_HYBRID_CACHE", str(tmp_path / "cache"))
    data = ("--dataset", "sample", "--languages", "de,en", "--device", "cpu", "--no-cache")
    return ("encode", "--model", models / "one", *data)


def said(result):
    return " ".join(result.output.split("]")[-1].split())


def test_a_dataset_is_encoded_whole_or_in_parts(invoke, words, models, tmp_path):
    assert invoke(*words, "--output", tmp_path / "whole", "--shard-size", 30).exception is None
    whole = VectorFolder.open(tmp_path / "whole")
    assert whole.missing() == []
    assert (whole.description.model, whole.description.dataset) == (str(models / "one"), "sample")
    for shard in ("0/2", "1/2"):
        result = invoke(*words, "--output", tmp_path / "parts", "--shard-size", 30, "--shard", shard)
        assert result.exception is None
    for part in whole.shards:
        files = [(tmp_path / name / part.name / "vectors.npy").read_bytes() for name in ("whole", "parts")]
        assert files[0] == files[1]


def test_a_second_run_keeps_what_is_whole_and_says_so(invoke, words, tmp_path):
    first = invoke(*words, "--output", tmp_path / "out", "--shard-size", 30, "--shard", "0/2")
    assert "6 shards written" in said(first)
    assert "which lacks 6 of 12" in said(first)
    assert "6 shards written; 6 were whole" in said(invoke(*words, "--output", tmp_path / "out"))
    assert "0 shards written; 12 were whole" in said(invoke(*words, "--output", tmp_path / "out"))


def test_half_precision_is_stored_where_asked_for(invoke, words, tmp_path):
    assert invoke(*words, "--output", tmp_path / "out", "--store-dtype", "float16").exception is None
    assert VectorFolder.open(tmp_path / "out").description.stored == "float16"


def test_an_interruption_says_how_to_go_on(invoke, words, tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(ShardEncoding, "__call__", interrupted)
    result = invoke(*words, "--output", tmp_path / "out", "--shard", "1/2")
    assert result.exit_code == 130
    line = result.stderr.splitlines()[-1]
    assert line.startswith("Interrupted. Complete shards are kept. To resume, run: ")
    assert line.endswith(f"--no-cache --output {tmp_path / 'out'} --shard 1/2")


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        (("--shard", "3/3"), "There is no part 3/3. Parts are numbered from 0: 0/3 to 2/3."),
        (("--shard", "0/0"), "There is no part 0/0"),
        (("--shard", "1"), "--shard is '1'. Say which part of how many, from 0: --shard 0/4"),
        (("--shard", "-1/2"), "--shard is '-1/2'"),
        (("--cache", "x"), "Both --cache and --no-cache are given."),
        (("--workers", "2"), "--workers is 2, and no cluster is given."),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_options_that_make_no_sense_are_refused(refused, words, more, problem):
    assert refused(*words, "--output", "out", *more).startswith(problem)


def test_another_model_is_refused_and_what_is_missing_named_with_its_command(invoke, words, models, tmp_path):
    out = tmp_path / "out"
    assert invoke(*words, "--output", out, "--shard-size", 30).exception is None
    other = [models / "two" if word == models / "one" else word for word in words]
    assert "whose weights are not those of" in said(invoke(*other, "--output", out))
    shutil.rmtree(out / "shard-00003")
    result = invoke("evaluate", "--vectors", out, "--dataset", "sample", "--languages", "de,en")
    assert f"{out} lacks 1 of 12 shards: shard-00003 (queries in en, 0 to 30): it is not there." in said(result)
    command = " ".join(str(word) for word in words[1:])
    assert f"Run: beir-hybrid encode {command} --shard-size 30 --output {out}" in said(result)
    assert (
        invoke(*words, "--output", tmp_path / "other", "--shard-size", 30, "--store-dtype", "float16").exception is None
    )
    shutil.copytree(tmp_path / "other" / "shard-00003", out / "shard-00003")
    assert "shard-00003 has the stored 'float16', not 'float32'" in said(invoke(*words, "--output", out))


def numbers(folder):
    content = json.loads((folder / "results.json").read_text())
    content.pop("environment")
    return content


def test_evaluating_a_folder_says_what_evaluating_the_model_does(invoke, words, models, tmp_path):
    data = words[3:7]
    assert invoke(*words, "--output", tmp_path / "out", "--shard-size", 30).exception is None
    for name, what in (("vectors", tmp_path / "out"), ("model", models / "one")):
        measures = ("--measures", "map,default,bias,recall@5")
        result = invoke("evaluate", f"--{name}", what, *data, "--output", tmp_path / name, *measures)
        assert result.exception is None, result.output
    assert numbers(tmp_path / "vectors") == numbers(tmp_path / "model")
    result = invoke(
        "evaluate", "--vectors", tmp_path / "out", "--dataset", "sample.en-de", "--output", tmp_path / "one"
    )
    assert result.exception is None, result.output
    assert (
        numbers(tmp_path / "one")["settings"]["en-de"]["map"] == numbers(tmp_path / "model")["settings"]["en-de"]["map"]
    )


def test_devices_of_workers_are_counted_and_tried_out_by_them(invoke, words, tmp_path, monkeypatch):
    asked = []

    def opener(address, *, workers, gpus):
        asked.append(gpus)
        return LocalWorkers()

    monkeypatch.setitem(CLUSTERS._called, "toy", opener)
    words = (*words, "--output", tmp_path / "out", "--cluster", "toy:here")
    assert invoke(*words, "--device", "cpu").exception is None
    shutil.rmtree(tmp_path / "out")
    result = invoke(*words, "--device", "cuda:77")
    assert asked == [0, 1]
    assert "There is no device 'cuda:77' here: " in said(result)


@pytest.mark.parametrize("name", ["corpus.jsonl", "shard-00000/index"], ids=["BEIR folder", "shards of an index"])
def test_folder_of_something_else_is_left_as_it_is(refused, words, tmp_path, name):
    path = tmp_path / "own" / name
    path.parent.mkdir(parents=True)
    path.touch()
    said = refused(*words, "--output", tmp_path / "own")
    assert f"own holds '{name.partition('/')[0]}', which is no part of a folder of vectors" in said


def test_one_is_not_several(invoke, words, tmp_path):
    encode = (*words, "--output", tmp_path / "out", "--shard", "0/4")
    first = invoke(*encode)
    assert "Encoding 1 shard (0/4)" in first.stderr
    assert "1 shard written. The vectors are in" in said(first)
    assert "0 shards written; 1 was whole." in said(invoke(*encode))
