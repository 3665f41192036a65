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
        (["--run", "r", "--output", "s", "--corpus", "smaple"], "smaple"),
    ],
)
def test_what_cannot_be_mined_is_refused_in_a_line(refused, words, message):
    assert message in refused("mine", "sample", *words)


def test_filter_refuses_what_it_cannot_do(refused):
    assert refused("data", "filter", "sample", "--output", "s").startswith("No filter is given.")
    assert refused("data", "filter", "sample", "--output", "s", "--consistent", "3").startswith("Consistency is")
