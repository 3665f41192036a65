import shlex
from pathlib import Path

import pytest

from beir_hybrid.reports.page.commands import command_lines, commands_of, evaluate_command, train_command
from beir_hybrid.reports.page.inputs import ReportRun, read_sources
from beir_hybrid.training.arguments import arguments_as_json, parse_arguments
from beir_hybrid.training.request import HOST_DEFAULTS, STATIC_DEFAULTS
from beir_hybrid.training.words import read_words

OPTIONS = {
    "model": "static",
    "train_data": ["one", "two"],
    "output": "t",
    "strategy": "hybrid",
    "languages": ["de", "en"],
}


def test_a_training_command_parses_to_the_arguments_that_were_used():
    defaults = {**HOST_DEFAULTS, **STATIC_DEFAULTS}
    words = ["--seed", "7", "--learning_rate", "0.05", "--logging_steps", "2", "--negatives", "1", "--max_steps", "9"]
    arguments = arguments_as_json(parse_arguments(read_words(words), Path("t"), defaults))
    command = shlex.split(train_command({"options": OPTIONS, "arguments": arguments}))
    ours, theirs = command[: command.index("--output")], command[command.index("--output") + 2 :]
    expected = "beir-hybrid train --model static --train-data one --train-data two --languages de,en"
    assert ours == expected.split()
    again = arguments_as_json(parse_arguments(read_words(theirs), Path("t"), defaults))
    assert {name: value for name, value in again.items() if "_dir" not in name} == {
        name: value for name, value in arguments.items() if "_dir" not in name
    }
    assert len(theirs) == len(words)  # and nothing that is so anyway


@pytest.mark.parametrize("settings", [{}, {"options": None}, {"options": {}, "arguments": "x"}], ids=str)
def test_a_file_that_does_not_tell_gives_no_command(settings):
    assert train_command(settings) == ""


def test_an_evaluation_command_says_only_what_is_not_so_anyway(make_results_of):
    found = make_results_of(scores={"mono": {"map": 1.0, "recall@1": 1.0, "ndcg@10": 1.0}}, model="a model")
    assert evaluate_command(found, found.model, "tiny") == (
        "beir-hybrid evaluate --model 'a model' --dataset tiny --output tiny"
    )


def test_an_evaluation_command_names_measures_settings_and_texts(make_results_of):
    full = make_results_of()
    found = make_results_of(
        passage_text="sentence+context",
        scores={"multi": {"map": 0.5, "language_share[de]@10": 0.4, "language_share[en]@10": 0.6}},
        settings={name: full.settings[name] for name in ("de-all", "en-all")},
    )
    assert evaluate_command(found, "m", "out") == (
        "beir-hybrid evaluate --model m --dataset tiny --passage-text sentence+context --settings de-all,en-all "
        "--measures map,language_share@10 --output out"
    )


def test_a_run_is_evaluated_as_a_run(make_results_of):
    found = make_results_of(environment={"seconds": {"measure": 0.1}})
    assert "--run runs/bm25 " in evaluate_command(found, "runs/bm25", "out")


def test_a_cell_gives_the_commands_that_its_study_tells(make_study, tmp_path):
    run = read_sources([make_study(tmp_path)]).runs[0]
    assert commands_of(run) == [
        "beir-hybrid train --model static --train-data tiny --seed 1 --output model",
        "beir-hybrid evaluate --model model --dataset tiny --measures map,recall@5 --judged-only --output tiny",
    ]


def test_an_evaluation_alone_has_one_command(make_results_of):
    run = ReportRun("r", Path("r"), {"tiny": make_results_of()})
    [command] = commands_of(run)
    assert command.startswith("beir-hybrid evaluate --model mine ")


def test_lines_of_a_command_are_the_same_command():
    command = shlex.join(["beir-hybrid", "evaluate", "--model", "it's; rm -rf /", "--dataset", "a --b"])
    lines = command_lines(command)
    assert len(lines.splitlines()) == 3
    assert shlex.split(lines.replace("\\\n", "")) == shlex.split(command)


def test_what_is_no_command_stays_as_it_is():
    assert command_lines("an 'open quote") == "an 'open quote"
