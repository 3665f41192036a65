"""The commands with a cluster leave what they leave without one, to the byte."""

import json

import pytest
from click.testing import CliRunner

from beir_hybrid.cli.main import main


def run(*words):
    ended = CliRunner().invoke(main, list(words))
    assert ended.exit_code == 0, ended.output
    return ended.output


def content(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


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
    here, there = (json.loads((tmp_path / name / "results.json").read_text()) for name in ("here", "there"))
    assert here["settings"] == there["settings"]
    assert here["scores"] == there["scores"]
    assert (tmp_path / "here/queries.parquet").read_bytes() == (tmp_path / "there/queries.parquet").read_bytes()
