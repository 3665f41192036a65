import errno

import pytest

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.storage.files import write_json
from beir_hybrid.studies.process import failure, main


@pytest.mark.parametrize(
    ("error", "told", "hint"),
    [
        pytest.param(ConfigurationError("Wrong.", "Right it."), "Wrong.", "Right it.", id="ours"),
        pytest.param(OSError(errno.ENOSPC, "No space left on device"), "No space left on device", "room", id="disk"),
        pytest.param(
            RuntimeError("write: No space left on device\nat 3"), "write: No space", "room", id="disk-of-host"
        ),
        pytest.param(OSError(errno.EACCES, "Permission denied", "x"), "PermissionError: ", "log.txt", id="permission"),
        pytest.param(MemoryError(), "MemoryError", "log.txt", id="no-words"),
        pytest.param(RuntimeError("a\nb"), "RuntimeError: a", "log.txt", id="lines"),
    ],
)
def test_failure_is_told_in_a_line_with_what_to_do(error, told, hint):
    found = failure(error)
    assert found["error"].startswith(told)
    assert hint in found["hint"]
    assert "\n" not in found["error"] + found["hint"]


def test_cell_leaves_what_the_report_reads(opened, read):
    folder = opened()
    place = folder.begin(folder.cells[2])
    assert main(place, keep_model=False) == {}
    assert {path.name for path in place.iterdir()} == {
        *("cell.json", "run.json", "training.json", "batches.json", "history.json", "cost.json", "done.json"),
        "evaluations",
    }
    assert {path.name for path in (place / "evaluations" / "sample").iterdir()} == {"results.json", "queries.parquet"}
    cost, cell = read(place / "cost.json"), read(place / "cell.json")
    assert set(cost) == {
        *("schema", "seconds", "steps", "examples", "tokens", "peak_memory_bytes", "flops", "flops_note", "device")
    }
    assert (cost["steps"], cost["examples"], cost["flops"], cost["device"]) == (3, 48, None, "cpu")
    assert set(cost["seconds"]) == {"train", "evaluate"}
    assert cost["tokens"] > 96
    assert (cell["id"], cell["name"], cell["values"]) == (
        place.name,
        "hybrid, seed 1",
        {"strategy": "hybrid", "seed": 1},
    )
    assert read(place / "batches.json")["drawn"]["strategy"] == "hybrid(alpha=0.5)"
    assert read(place / "evaluations" / "sample" / "results.json")["model"] == "hybrid, seed 1"
    assert folder.state(folder.cells[2]) == "finished"


def test_model_is_kept_if_asked_for_and_scores_the_same(opened, read):
    from sentence_transformers import SentenceTransformer

    folder = opened()
    place = folder.begin(folder.cells[2])
    assert main(place, keep_model=True) == {}
    assert not (place / ".training").exists()
    results = folder.cells[2].trials[0].run(SentenceTransformer(str(place)), "again")
    assert results.scores == read(place / "evaluations" / "sample" / "results.json")["scores"]


def test_failure_of_a_cell_is_the_answer(tmp_path, capsys):
    write_json(tmp_path / "cell.json", {"schema": 2})
    told = main(tmp_path, keep_model=False)
    assert "not of schema version 1" in told["error"]
    assert "Traceback" in capsys.readouterr().err


def test_seconds_count_from_the_beginning_of_the_process(opened, read):
    import time

    folder = opened()
    path = folder.begin(folder.cells[0])
    assert main(path, False, time.perf_counter() - 1000) == {}
    assert read(path / "done.json")["seconds"] > 1000
