"""The commands with a cluster leave what they leave without one, to the byte."""

import contextlib
import json
import os
import threading
import time
from pathlib import Path

import psutil
import pytest
from click.testing import CliRunner
from pyarrow import parquet

from beir_hybrid.cli.main import main


def run(*words):
    ended = CliRunner().invoke(main, list(words))
    assert ended.exit_code == 0, ended.output
    return ended.output


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def measured(folder):
    """Read what was measured, to the last bit; compressed files may differ in bytes."""
    found = json.loads((folder / "results.json").read_text())
    return found["settings"], found["scores"], repr(parquet.read_table(folder / "queries.parquet").to_pydict())


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    import numpy as np
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = {letter: number for number, letter in enumerate("?abcdefghijklmnopqrstuvwxyzäöüß")}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    weights = np.random.default_rng(0).standard_normal((len(vocabulary), 16)).astype(np.float32)
    module = StaticEmbedding(tokenizer, embedding_weights=weights)
    folder = tmp_path_factory.mktemp("model")
    SentenceTransformer(modules=[module], device="cpu").save_pretrained(str(folder), create_model_card=False)
    return folder


def kill_a_busy_worker():
    """Wait until a worker does a task, and kill it."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        for process in psutil.Process(os.getpid()).children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                if process.name() == "ray::Worker.do":
                    process.kill()
                    return
        time.sleep(0.01)


@pytest.fixture
def killer():
    thread = threading.Thread(target=kill_a_busy_worker, daemon=True)
    yield thread.start
    thread.join()


@pytest.mark.slow
def test_two_workers_leave_what_one_process_leaves(model, tmp_path):
    data = ("--dataset", "sample", "--languages", "en,de,es")
    cluster = ("--cluster", "local", "--workers", "2")
    encode = ("encode", "--model", str(model), *data, "--no-cache", "--shard-size", "30")
    run(*encode, "--output", str(tmp_path / "one"))
    run(*encode, "--output", str(tmp_path / "two"), *cluster)
    one, two = content(tmp_path / "one"), content(tmp_path / "two")
    words = [json.loads(each.pop(next(name for name in each if name.name == "vectors.json"))) for each in (one, two)]
    assert words[0] == words[1]
    assert len(one) > 6
    assert one == two

    score = ("evaluate", "--vectors", str(tmp_path / "one"), *data, "--measures", "default,bias", "--output")
    run(*score, str(tmp_path / "here"))
    run(*score, str(tmp_path / "there"), *cluster)
    assert measured(tmp_path / "here") == measured(tmp_path / "there")


@pytest.mark.slow
def test_killed_worker_changes_nothing_of_what_encode_leaves(model, tmp_path, killer, caplog):
    encode = ("encode", "--model", str(model), "--dataset", "sample", "--languages", "en,de", "--no-cache")
    encode = (*encode, "--shard-size", "30", "--output")
    run(*encode, str(tmp_path / "one"))
    killer()
    run(*encode, str(tmp_path / "two"), "--cluster", "local", "--workers", "2")
    assert "died at the task VectorRange(" in caplog.text
    one, two = content(tmp_path / "one"), content(tmp_path / "two")
    one.pop(Path("vectors.json"))  # names the model and the words of the command
    assert {path: two[path] for path in one} == one


@pytest.mark.slow
def test_killed_worker_changes_nothing_of_what_evaluate_says(model, tmp_path, killer, caplog):
    data = ("--dataset", "sample", "--languages", "en,de")
    run("encode", "--model", str(model), *data, "--no-cache", "--shard-size", "30", "--output", str(tmp_path / "v"))
    score = ("evaluate", "--vectors", str(tmp_path / "v"), *data, "--measures", "default,bias", "--output")
    run(*score, str(tmp_path / "here"))
    killer()
    run(*score, str(tmp_path / "there"), "--cluster", "local", "--workers", "2")
    assert "died at the task VectorRange(" in caplog.text
    assert measured(tmp_path / "here") == measured(tmp_path / "there")
