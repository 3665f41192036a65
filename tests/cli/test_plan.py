import json
import subprocess
import sys
from dataclasses import replace

import pytest

from beir_hybrid.batching.forecast import forecast
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.strategies.build import build_strategy
from beir_hybrid.cli.plan import plan
from beir_hybrid.datasets import load_pairs
from beir_hybrid.training.prepare import plan_batches, prepare
from beir_hybrid.training.request import HOST_DEFAULTS, TrainingRequest

SAMPLE = ("plan", "--train-data", "sample", "--languages", "de,en", "--batch-size", "16")


@pytest.fixture
def refuse(refused):
    """A request that is whole but for the words given, which must be refused."""
    return lambda *words: refused(*SAMPLE, *words)


@pytest.fixture
def written(invoke, tmp_path):
    """Run a plan and give what it wrote."""

    def written(*words):
        result = invoke(*words, "--output", tmp_path / "plan.json")
        assert result.exception is None, result.output
        return json.loads((tmp_path / "plan.json").read_text(encoding="utf-8"))

    return written


@pytest.fixture
def files(tmp_path):
    """Two files of pairs with one name, in two folders."""
    paths = []
    for folder, groups in (("a", 8), ("b", 24)):
        (tmp_path / folder).mkdir()
        paths.append(tmp_path / folder / "[train].jsonl")
        rows = [
            {"group": str(group), "language": code, "question": f"{code} {group}?", "passage": f"{code} {group}."}
            for group in range(groups)
            for code in ("de", "en")
        ]
        paths[-1].write_text("".join(json.dumps(row) + "\n" for row in rows))
    return paths


def row(text, first):
    """The cells of the row that begins with a text."""
    rows = [[cell.strip() for cell in line.strip("│┃").split("│")] for line in text.splitlines() if line[:1] == "│"]
    [found] = [cells for cells in rows if cells[0] == first]
    return found[1:]


def test_numbers_are_those_of_the_plan(written):
    index = load_pairs("sample", languages=["de", "en"]).index
    batches = BatchPlan(index, build_strategy("hybrid", alpha=0.25), 8, seed=5, world_size=2, epochs=40 / 16)
    words = ("--strategy", "hybrid", "--alpha", "0.25", "--batch-size", "8", "--world-size", "2", "--seed", "5")
    found = written(*SAMPLE, *words, "--steps", "40")
    assert found == json.loads(json.dumps(forecast(batches, 40).to_dict()))
    assert (found["batches"], found["steps_per_epoch"]) == (40, 16)


def test_tables_show_what_the_file_holds(invoke, tmp_path):
    result = invoke(*SAMPLE, "--output", tmp_path / "plan.json")
    found = json.loads((tmp_path / "plan.json").read_text())
    assert "\x1b" not in result.stdout
    assert found["batches"] == 16  # one epoch
    [line] = [line for line in result.stdout.splitlines() if line.startswith("de ")]
    assert line.split()[1:] == [str(found["pairs"].get(f"de-{code}", "·")) for code in ("de", "en")]
    assert row(result.stdout, "x-y") == [str(found["kinds"]["x-y"]), f"{found['kinds']['x-y'] / 16:.1%}"]
    assert row(result.stdout, "sample") == ["264", "16", "100.0%", "256", "0.97"]
    assert "16 steps of 16 x 1 examples: 1.00 epochs of 16 steps." in result.stdout
    assert f"Written to {tmp_path / 'plan.json'}" in result.stdout
    assert "Over the training" not in result.stdout


def test_progress_of_a_changing_strategy_is_measured_against_the_steps(invoke, tmp_path):
    for steps in (10, 50):
        words = ("--strategy", "sequential", "--steps", steps, "--output", tmp_path / "plan.json")
        result = invoke(*SAMPLE, *words)
        assert "Over the training" in result.stdout
        found = json.loads((tmp_path / "plan.json").read_text())
        assert found["kinds"] == {"x-x-mono": steps // 2, "x-y": steps // 2}
        assert [part["kinds"]["x-y"] for part in found["course"]] == [0] * 5 + [steps // 10] * 5


@pytest.mark.parametrize(
    ("name", "magic"),
    [("plan.png", b"\x89PNG"), ("plan.svg", b"<?xml"), ("plan.pdf", b"%PDF"), ("plan.WEBP", b"RIFF")],
)
def test_plot_is_drawn(invoke, tmp_path, name, magic):
    result = invoke(*SAMPLE, "--plot", tmp_path / "new" / name)
    assert result.exception is None
    assert (tmp_path / "new" / name).read_bytes().startswith(magic)
    assert [path.name for path in (tmp_path / "new").iterdir()] == [name]


def test_sources_of_one_name_are_told_apart_by_their_paths(written, files):
    data = ("plan", "--train-data", files[0], "--train_data", files[1], "--batch-size", "4")
    found = written(*data, "--source-weights", "3,1", "--steps", "400")
    assert found["source_questions"] == {str(files[0]): 16, str(files[1]): 48}
    assert found["sources"][str(files[0])] / 400 == pytest.approx(3 / 4, abs=0.08)
    assert found["passes"][str(files[0])] == found["sources"][str(files[0])] * 4 / 16
    uniform = written(*data, "--source-temperature", "inf", "--steps", "400")
    assert uniform["sources"][str(files[0])] / 400 == pytest.approx(1 / 2, abs=0.09)
    assert uniform["sampling"]["temperature"] == "inf"


def test_names_with_brackets_are_shown_as_they_are(invoke, files):
    result = invoke("plan", "--train-data", files[0], "--batch-size", "4")
    assert row(result.stdout, "[train]")[0] == "16"


def test_spellings_with_underscores_mean_the_same(written):
    options = {
        "--source-weights": "2",
        "--language-shares": "size",
        "--language-pairs": "en-de,en-en",
        "--too-small": "drop",
        "--group-by-length": "True",
        "--world-size": "2",
    }
    dashed = written(*SAMPLE, *(word for pair in options.items() for word in pair))
    underscored = written(
        *SAMPLE, *(w for key, value in options.items() for w in (f"--{key[2:].replace('-', '_')}", value))
    )
    assert dashed == underscored
    assert set(dashed["pairs"]) == {"en-de", "en-en"}
    assert dashed["sampling"] == {
        "weights": [2.0],
        "temperature": 1.0,
        "languages": "size",
        "pairs": [["en", "de"], ["en", "en"]],
        "too_small": "drop",
        "hold": 1,
        "group_by_length": True,
    }


def test_notices_and_repeated_answers_are_shown(invoke, files):
    words = ("plan", "--train-data", files[0], "--batch-size", "12")
    result = invoke(*words, "--too-small", "repeat")
    assert "Notice: [train] has 8 groups with different answers for x-x-mono batches in de" in result.stdout
    assert "Answers repeated in a batch, because the data have no others: 4." in result.stdout


def test_avoided_and_kept_false_negatives_are_told_apart(invoke, tmp_path):
    rows = [  # six answers, of two questions each
        {"group": f"{n}", "language": "en", "question": f"{n}?", "passage": f"{n // 2}."} for n in range(12)
    ]
    (tmp_path / "twice.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("plan", "--train-data", tmp_path / "twice.jsonl", "--strategy", "x-x-mono", "--too-small", "repeat")
    result = invoke(*words, "--batch-size", "8", "--seed", "0", "--output", tmp_path / "plan.json")
    found = json.loads((tmp_path / "plan.json").read_text())
    assert found["answers_repeated"] == 2  # a batch of eight has six answers at most
    assert found["false_negatives_avoided"] not in {0, 2}
    told = f"(groups exchanged because their answer was in the batch already): {found['false_negatives_avoided']}."
    assert told in result.stdout
    assert "Answers repeated in a batch, because the data have no others: 2." in result.stdout


def test_negatives_that_are_used_are_kept_out_of_batches(written, tmp_path):
    rows = [
        {"group": f"{n}", "language": "en", "question": f"{n}?", "passage": f"{n}.", "negatives": [f"{n - 1}.", "none"]}
        for n in range(16)
    ]
    (tmp_path / "hard.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("plan", "--train-data", tmp_path / "hard.jsonl", "--batch-size", "4", "--strategy", "x-x-mono")
    replaced = [written(*words, *more)["false_negatives_avoided"] for more in ([], ["--negatives", "2"])]
    assert replaced[0] == 0 < replaced[1]


def test_negatives_that_answer_their_question_are_left_out_and_counted(invoke, tmp_path):
    rows = [
        {
            "group": f"{n}",
            "language": "en",
            "question": f"{n}?",
            "passage": f"{n} is.",
            "negatives": [f"{n} IS. ", "no"],
        }
        for n in range(8)
    ]
    (tmp_path / "hard.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("plan", "--train-data", tmp_path / "hard.jsonl", "--batch-size", "4", "--strategy", "x-x-mono")
    result = invoke(*words, "--negatives", "1", "--output", tmp_path / "plan.json")
    assert "Notice: hard: 8 hard negatives answer their own question: left out." in result.stdout
    assert "Hard negatives left out, because they answer the question: 8." in result.stdout
    assert json.loads((tmp_path / "plan.json").read_text())["hard_negatives_left_out"] == 8


def test_wide_tables_are_whole_where_output_is_no_terminal(invoke, tmp_path):
    codes = [f"l{number:02}" for number in range(40)]
    rows = [
        {"group": str(group), "language": code, "question": f"{code} {group}?", "passage": f"{code} {group}."}
        for group in range(4)
        for code in codes
    ]
    (tmp_path / "wide.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    result = invoke("plan", "--train-data", tmp_path / "wide.jsonl", "--batch-size", "4", "--steps", "300")
    [line] = [line for line in result.stdout.splitlines() if line.startswith("l07")]
    assert len(line.split()) == 41
    assert "…" not in result.stdout


def test_plan_loads_no_host(tmp_path):
    words = ["plan", "--train-data", "sample", "--output", str(tmp_path / "plan.json")]
    code = f"""
import sys
from beir_hybrid.cli.main import main
main({words!r}, standalone_mode=False)
print("loaded", [name for name in ("torch", "transformers", "sentence_transformers") if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.splitlines()[-1] == "loaded []", done.stderr


def test_plan_is_that_of_the_training(tmp_path):
    words = ["--source_weights", "2", "--language_shares", "size", "--max_steps", "24", "--seed", "7"]
    words += ["--per_device_train_batch_size", "16"]
    request = TrainingRequest("static", "sample", tmp_path / "out", strategy="sequential", arguments=words)
    drawn = prepare(request).plan()
    alone = {"source_weights": "2", "language_shares": "size"}
    assert plan_batches(replace(request, arguments=alone), 16, seed=7, steps=24).identity() == drawn.identity()


def test_batch_size_is_that_of_training_unless_given():
    [option] = [option for option in plan.params if option.name == "batch_size"]
    assert option.default == HOST_DEFAULTS["per_device_train_batch_size"]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        pytest.param(["--strategy", "hybird"], "There is no strategy 'hybird'. Did you mean 'hybrid'", id="strategy"),
        pytest.param(["--alpha", "half"], "--alpha is 'half'. Give a number.", id="alpha as text"),
        pytest.param(["--strategy", "hybrid(alpha='half')"], "alpha is 'half'", id="alpha as text in the strategy"),
        pytest.param(["--alpha", "1.5"], "alpha is 1.5", id="alpha above 1"),
        pytest.param(["--source-weights", "-1"], "The weights are [-1.0]", id="negative weight"),
        pytest.param(["--source-weights", "1,x"], "--source-weights is '1,x'. Give numbers: 1,2", id="weight as text"),
        pytest.param(["--source-weights", "1,2"], "2 weights do not fit 1 sources", id="a weight too many"),
        pytest.param(["--source-temperature", "0"], "The temperature is 0.0", id="temperature"),
        pytest.param(
            ["--source-weights", "1", "--source-temperature", "2"], "are both given", id="weights and temperature"
        ),
        pytest.param(["--language-shares", "sise"], "languages is 'sise'. Did you mean 'size'", id="language shares"),
        pytest.param(["--too-small", "skip"], "too_small is 'skip'", id="too small"),
        pytest.param(["--language-pairs", "en"], "'en' is no pair of languages", id="half a pair"),
        pytest.param(["--language-pairs", ","], "'' is no pair of languages", id="no pair"),
        pytest.param(["--language-pairs", "en-xx"], "The pair en-xx names a language the data lack", id="pair"),
        pytest.param(["--batch-size", "1000"], "sample holds 264 questions, fewer than a batch", id="large batch"),
        pytest.param(["--batch-size", "200"], "fewer than a batch of 200", id="batch above a language"),
        pytest.param(["--batch-size", "0"], "--batch-size is '0'. Give a whole number from 1 on.", id="batch of none"),
        pytest.param(["--batch-size", "1.5"], "--batch-size is '1.5'", id="part of a batch"),
        pytest.param(["--world-size", "0"], "--world-size is '0'", id="processes"),
        pytest.param(["--steps", "0"], "--steps is '0'", id="steps"),
        pytest.param(["--seed", "-1"], "--seed is '-1'", id="seed"),
        pytest.param(["--train-data", "sample"], "The data 'sample' are given twice", id="data twice"),
        pytest.param(["--train-data", "none.jsonl"], "There is no file none.jsonl", id="data"),
        pytest.param(["--languages", "en,xx"], "sample has no language 'xx'", id="language"),
        pytest.param(["--plot", "plan.gif"], "plan.gif ends in '.gif'. End it in .png or .svg or", id="plot format"),
        pytest.param(["--output", "plan"], "plan ends in no suffix. End it in .json.", id="output format"),
        pytest.param(["--output", "/dev/null/plan.json"], "/dev/null is a file", id="output folder"),
        pytest.param(["--plot", "/dev/null/plots/plan.png"], "/dev/null is a file", id="plot folder"),
        pytest.param(["--output", "/proc/plan.json"], "/proc cannot be written", id="output folder that looks open"),
    ],
)
def test_bad_request_is_refused(refuse, words, message):
    assert message in refuse(*words)


def test_folder_in_place_of_the_file_is_refused(refuse, tmp_path):
    (tmp_path / "plan.json").mkdir()
    assert "plan.json is a folder" in refuse("--output", "plan.json")


def test_codes_with_hyphens_are_parted_by_a_colon(invoke, tmp_path, written):
    rows = [
        {"group": str(group), "language": code, "question": f"{code} {group}?", "passage": f"{code} {group}."}
        for group in range(8)
        for code in ("zh-hans", "en")
    ]
    (tmp_path / "own.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ("--strategy", "x-y", "--language-pairs", "zh-hans:en", "--batch-size", "4")
    found = written("plan", "--train-data", tmp_path / "own.jsonl", *words)
    assert set(found["pairs"]) == {"zh-hans-en"}


def test_plots_are_written_to_each_file_and_padding_is_told(invoke, tmp_path):
    files = [tmp_path / "plan.png", tmp_path / "plan.pdf"]
    result = invoke(*SAMPLE, "--plot", files[0], "--plot", files[1], "--no-titles", "--output", tmp_path / "plan.json")
    assert result.exception is None, result.output
    assert all(path.is_file() and f"Written to {path}" in result.stdout for path in files)
    slots = json.loads((tmp_path / "plan.json").read_text())["slots_per_token"]
    assert slots > 1
    assert f"Padding, by the texts' lengths: about {slots:.1f} slots for every token" in result.stdout


def test_no_titles_without_a_plot_is_refused(refuse):
    refuse("--no-titles")
