import json

import pytest

from beir_hybrid.registry import TRANSLATORS
from beir_hybrid.storage.pair_store import PairStore


class Echo:
    fingerprint = "echo"
    licence = "cc-by-nc-4.0"
    longest = 100

    def __init__(self, model, **options):
        self.model = model

    def check(self, source, targets):
        pass

    def lengths(self, texts):
        return [len(text) for text in texts]

    def translate(self, texts, source, target):
        if self.model == "tired":
            raise KeyboardInterrupt
        return [f"{target} {text}" for text in texts]


@pytest.fixture(autouse=True)
def echo():
    TRANSLATORS.register("echo", Echo, replace=True)


@pytest.fixture
def path(tmp_path):
    rows = [
        {"group": str(n), "language": "en", "question": f"question {n}", "passage": f"passage {n}"} for n in range(20)
    ]
    (tmp_path / "pairs.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return tmp_path / "pairs.jsonl"


def words(path, folder, model="any", output="store"):
    memory = ["--memory", folder / "memory"]
    return [
        path,
        "--from",
        "en",
        "--to",
        "de,sw",
        "--engine",
        "echo",
        "--model",
        model,
        *memory,
        "--output",
        folder / output,
    ]


def test_pairs_are_forecast_translated_and_found_in_memory(invoke, tmp_path, path):
    result = invoke("translate", *words(path, tmp_path), "--dry-run")
    assert result.exit_code == 0, result.output
    assert "What translating would take" in result.output
    assert not (tmp_path / "store").exists()
    result = invoke("translate", *words(path, tmp_path))
    assert result.exit_code == 0, result.output
    assert "60 rows in 20 groups." in result.output
    assert "licence is cc-by-nc-4.0" in result.output
    assert PairStore(tmp_path / "store").languages == ("de", "en", "sw")
    result = invoke("translate", *words(path, tmp_path, "tired", "again"))  # nothing is left to translate
    assert result.exit_code == 0, result.output


def test_interrupted_run_says_how_to_go_on(invoke, tmp_path, path):
    result = invoke("translate", *words(path, tmp_path, "tired"))
    assert result.exit_code == 130
    assert "To resume, run the same command again." in result.output


def test_shard_fills_the_memory_and_writes_no_pairs(invoke, tmp_path, path):
    result = invoke("translate", *words(path, tmp_path), "--shard", "0/2")
    assert result.exit_code == 0, result.output
    assert "run it without --shard" in " ".join(result.output.split())
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"--from": "ru"}, "pairs has no language 'ru'."),
        ({"--to": "de,en"}, "The language 'en' is translated from."),
        ({"--engine": "ech"}, "There is no translator 'ech'. Did you mean 'echo'?"),
        ({"--code": "de"}, "--code is 'de'."),
        ({"--beams": "0"}, "beams is 0."),
    ],
)
def test_bad_input_is_refused_in_a_line(invoke, tmp_path, path, changed, message):
    given = words(path, tmp_path)
    for option, value in changed.items():
        if option in given:
            given[given.index(option) + 1] = value
        else:
            given += [option, value]
    result = invoke("translate", *given)
    assert result.exit_code == 2 or result.exit_code == 1
    assert message in " ".join(result.output.split())
    assert "Traceback" not in result.output
