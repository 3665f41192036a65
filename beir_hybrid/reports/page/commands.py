"""Commands that do again what a report shows."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from beir_hybrid.errors import BeirHybridError
from beir_hybrid.evaluation.results import Results
from beir_hybrid.reports.page.inputs import ReportRun
from beir_hybrid.settings import KINDS, all_settings

_LANGUAGE = re.compile(r"\[[^\]]*\]")
_TRIAL = ("dataset", "source", "languages", "passage_text", "split", "sample_passages", "settings", "measures")


def commands_of(run: ReportRun) -> list[str]:
    """Return the commands of a run: its training, if one is known, and its evaluations.

    A trained model goes to the folder ``model``, an evaluation to a folder of its own name.
    """
    trained = (run.cell and run.cell.command) or train_command(run.settings)
    trials = {trial.name: asdict(trial) for trial in run.cell.config.evaluations} if run.cell else {}
    evaluations = [
        evaluate_command(results, "model" if trained else results.model, name, trials.get(name))
        for name, results in run.evaluations.items()
    ]
    return [trained, *evaluations] if trained else evaluations


def train_command(settings: Mapping[str, Any]) -> str:
    """Write the command of a training.

    Args:
        settings: Content of ``run.json``.

    Returns:
        The command; empty where the file does not tell.
    """
    from beir_hybrid.training.request import TrainingRequest

    try:
        return TrainingRequest.from_run(settings).command()
    except BeirHybridError:
        return ""


def evaluate_command(results: Results, model: str, output: str, trial: Mapping[str, Any] | None = None) -> str:
    """Write the command of an evaluation.

    Args:
        results: What it found.
        model: Folder or name of the model.
        output: Folder to write to.
        trial: The evaluation as the study describes it; None to infer it from the results.
    """
    # an evaluation of a run encodes nothing
    word = "--model" if "encode" in results.environment.get("seconds", {"encode": 0}) else "--run"
    asked = dict(trial) if trial else _concluded(results)
    words = ["beir-hybrid", "evaluate", word, model]
    for name in _TRIAL:
        if asked.get(name) is not None:
            words += [f"--{name.replace('_', '-')}", _joined(asked[name])]
    words += ["--profile"] if results.profile else []
    return shlex.join([*words, *(["--judged-only"] if asked.get("judged_only") else []), "--output", output])


def command_lines(command: str) -> str:
    r"""Write a command with each option on a line of its own, to be read and pasted.

    Examples:
        >>> print(command_lines("beir-hybrid train --model static --seed 1"))
        beir-hybrid train \
          --model static \
          --seed 1
    """
    try:
        words = shlex.split(command)
    except ValueError:  # no command of a shell
        return command
    lines: list[list[str]] = [[]]
    for word in words:
        if word.startswith("--") and lines[-1]:
            lines.append([])
        lines[-1].append(word)
    return " \\\n  ".join(map(shlex.join, lines))


def _concluded(results: Results) -> dict[str, Any]:
    """Conclude from results what was asked for, leaving out what is so anyway."""
    from beir_hybrid.evaluation.measures import DEFAULT_MEASURES

    asked: dict[str, Any] = {"dataset": results.dataset}
    if results.passage_text == "sentence+context":
        asked["passage_text"] = results.passage_text
    if set(results.settings) != {setting.name for setting in all_settings(results.languages, results.languages)}:
        asked["settings"] = list(results.settings)
    if results.profile:
        from beir_hybrid.evaluation.profile import PROFILE_MEASURES

        pools = [name for name, setting in results.parsed_settings().items() if setting.pool]
        if set(results.settings) == set(pools):
            asked.pop("settings", None)
        every = dict.fromkeys(_LANGUAGE.sub("", name) for of_kind in results.scores.values() for name in of_kind)
        more = [name for name in every if name not in PROFILE_MEASURES]
        return asked | ({"measures": more} if more else {})
    measured = {kind: list(results.scores.get(kind, {})) for kind in KINDS if kind in results.scores}
    if any(set(names) != set(DEFAULT_MEASURES[kind]) for kind, names in measured.items()):
        names = [_LANGUAGE.sub("", name) for of_kind in measured.values() for name in of_kind]
        asked["measures"] = list(dict.fromkeys(names))
    return asked


def _joined(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ",".join(map(str, value))
    return json.dumps(value) if isinstance(value, dict) else str(value)
