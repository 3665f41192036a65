import json

import pytest

from beir_hybrid.datasets import load_pairs
from beir_hybrid.storage.pair_store import PairStore
from beir_hybrid.training.base_models import static_model


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    static_model(load_pairs("sample", languages=["de", "en"]), 8).save(str(folder))
    return folder


@pytest.fixture
def path(tmp_path):
    rows = [
        {"group": str(n), "language": code, "question": f"{code} question {n}", "passage": f"{code} passage {n}"}
        for n in range(20)
        for code in ("de", "en")
    ]
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return tmp_path / "pairs.jsonl"


def test_pairs_are_mined_filtered_and_planned_on(invoke, tmp_path, path, model):
    words = ["--model", model, "--cache", tmp_path / "cache", "--negatives", 3, "--positive", "own", "--margin", 1]
    result = invoke("mine", path, *words, "--keep-short", "--output", tmp_path / "store")
    assert result.exit_code == 0, result.output
    assert "Mined among 40 passages" in result.output
    assert PairStore(tmp_path / "store").about["used_rows"] == 40
    words = ["--consistent", 5, "--model", model, "--cache", tmp_path / "cache", "--duplicates"]
    result = invoke("data", "filter", tmp_path / "store", *words, "--output", tmp_path / "kept")
    assert result.exit_code == 0, result.output
    assert "Left out by duplicates" in result.output
    assert "Left out by consistency" in result.output


def test_dry_run_tells_what_encoding_and_scoring_would_take_and_writes_nothing(invoke, tmp_path, path, model):
    words = [
        "--model",
        model,
        "--cross-encoder",
        "any",
        "--candidates",
        30,
        "--output",
        tmp_path / "store",
        "--dry-run",
    ]
    result = invoke("mine", path, *words)
    assert result.exit_code == 0, result.output
    assert "40 queries and 40 passages" in result.output
    assert "scores about 32 pairs of texts for each of 40 questions." in result.output
    assert {each.name for each in tmp_path.iterdir()} == {path.name}


def test_what_gives_short_pairs_more_negatives_is_said(invoke, tmp_path, path, model):
    words = ["--model", model, "--cache", tmp_path / "cache", "--negatives", 19, "--output"]
    assert "allow more with --margin or --positive own" in invoke("mine", path, *words, tmp_path / "few").output
    (tmp_path / "run.trec").write_text("".join(f"en:0 Q0 en:{n} 1 {20 - n} any\n" for n in range(20)))
    words = ["--run", tmp_path / "run.trec", "--negatives", 19, "--output"]
    assert "search deeper for the run" in invoke("mine", path, *words, tmp_path / "store").output


def test_beir_folder_is_written_for_another_searcher_and_its_run_mined_in(invoke, tmp_path, path):
    result = invoke("mine", path, "--write-beir", tmp_path / "pool")
    assert result.exit_code == 0, result.output
    queries = [json.loads(line) for line in (tmp_path / "pool" / "queries.jsonl").read_text().splitlines()]
    documents = [json.loads(line) for line in (tmp_path / "pool" / "corpus.jsonl").read_text().splitlines()]
    lines = [
        f"{query['_id']} Q0 {document['_id']} 1 {len(documents) - place} any"
        for query in queries
        for place, document in enumerate(documents)
    ]
    (tmp_path / "run.trec").write_text("\n".join(lines))
    result = invoke("mine", path, "--run", tmp_path / "run.trec", "--negatives", 2, "--output", tmp_path / "store")
    assert result.exit_code == 0, result.output
    assert PairStore(tmp_path / "store").about["negatives"] == 80


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--output", "store"], "Nothing says what scores passages."),
        (["--model", "m", "--run", "r", "--output", "s"], "--model and --run are given."),
        (["--model", "m"], "Nowhere is said to write to."),
        (["--model", "m", "--languages", "all", "--output", "s"], "There is no policy of languages 'all'."),
        (["--model", "none", "--output", "s"], "The model 'none' is not a folder here"),
        (["--run", "none.trec", "--output", "s"], "none.trec cannot be read"),
        (["--run", "r", "--dry-run"], "--dry-run encodes a sample, and no model is given."),
        (["--run", "r", "--output", "s", "--corpus", "smaple"], "smaple"),
    ],
)
def test_what_cannot_be_mined_is_refused_in_a_line(refused, words, message):
    assert message in refused("mine", "sample", *words)


def test_filter_refuses_what_it_cannot_do(refused):
    assert refused("data", "filter", "sample", "--output", "s").startswith("No filter is given.")
    assert refused("data", "filter", "sample", "--output", "s", "--consistent", "3").startswith("Consistency is")
