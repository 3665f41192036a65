from beir_hybrid.storage.files import write_json
from beir_hybrid.studies.process import main


def test_cell_leaves_what_the_report_reads(opened, read):
    folder = opened()
    folder.of(folder.cells[2]).begin(folder.cells[2])
    place = folder.of(folder.cells[2]).path
    assert main(place, keep_model=False) is None
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
    folder.of(folder.cells[2]).begin(folder.cells[2])
    place = folder.of(folder.cells[2]).path
    assert main(place, keep_model=True) is None
    assert not (place / ".training").exists()
    results = folder.cells[2].trials[0].run(SentenceTransformer(str(place)), "again")
    assert results.scores == read(place / "evaluations" / "sample" / "results.json")["scores"]


def test_failure_of_a_cell_is_the_answer(tmp_path, capsys):
    write_json(tmp_path / "cell.json", {"schema": 2})
    failed = main(tmp_path, keep_model=False)
    assert "not of schema version 1" in failed.error
    assert "Traceback" in capsys.readouterr().err


def test_seconds_count_from_the_beginning_of_the_process(opened):
    import time

    folder = opened()
    cell = folder.of(folder.cells[0])
    cell.begin(folder.cells[0])
    assert main(cell.path, False, time.perf_counter() - 1000) is None
    assert cell.seconds() > 1000
