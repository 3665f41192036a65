"""The quickstart: three strategies on the built-in sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from beir_hybrid.datasets import load_dataset
from beir_hybrid.errors import OutputError
from beir_hybrid.evaluation.evaluate import evaluate
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.results import Results
from beir_hybrid.evaluation.statistics.comparison import NOT_SHOWN, Contrast, compare
from beir_hybrid.storage.files import check_output
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.train import train
from beir_hybrid.verbosity import quiet_hosts

if TYPE_CHECKING:
    from transformers import TrainerCallback

STRATEGIES = ("x-x-mono", "x-y", "hybrid")
COLUMNS = (("mono", "map"), ("cross", "map"), ("multi", "map"), ("multi", "rank_distance"))
INTRODUCTION = (
    "Three static encoders are trained on the built-in sample, 132 questions and passages in 11 languages. The texts "
    "and the number of steps are the same: only the batches differ."
)
REPORT = "report.html"

Progress = Callable[[str, int, int], object]
"""Called with what is being done, how much of it is done, and how much there is."""

_KINDS = {"mono": "Monolingual", "cross": "Cross-lingual", "multi": "Multilingual"}
_EVALUATION = "sample"
_ARGUMENTS = {
    # the longer, the smaller is x-y's lead across languages over hybrid, which sees half as many batches of that kind:
    # .047 after 20 epochs, .013 after 60, .009 after 120
    "num_train_epochs": 120,
    "per_device_train_batch_size": 128,
    "learning_rate": 0.1,
    "save_strategy": "no",
    "logging_strategy": "no",
    "disable_tqdm": True,
}


def run(output: Path, seed: int = 0, progress: Progress = lambda title, done, total: None) -> dict[str, Results]:
    """Train a ``static`` encoder on the sample's train groups with each strategy and evaluate it on its test groups.

    Args:
        output: Folder for the trained models; each keeps its results in ``sample``.
        seed: Seed of the models' first vectors and of the batches.
        progress: Told how far it is.

    Returns:
        Results by strategy, with the values of the queries.

    Raises:
        OutputError: If the folder holds such models already, or cannot be written.
    """
    check_folder(output)
    with quiet_hosts():
        return {strategy: _train_and_evaluate(strategy, output / strategy, seed, progress) for strategy in STRATEGIES}


def conclusion(runs: Mapping[str, Results]) -> list[str]:
    """Return what the results of :func:`run` show, in sentences: where hybrid is ahead, where another, and why."""
    measures = list(dict.fromkeys(measure for _, measure in COLUMNS))
    contrasts = compare(runs, baseline="hybrid", measures=measures).kinds
    lines = []
    for kind, measure in COLUMNS:
        of_column = [one for one in contrasts if (one.kind, one.measure) == (kind, measure)]
        means = {"hybrid": of_column[0].baseline, **{one.run: one.mean for one in of_column}}
        look = printed(measure)
        best = (max if look.higher_is_better else min)(means, key=means.__getitem__)
        against = "; ".join(_against_hybrid(one) for one in of_column)
        lines.append(f"{_KINDS[kind]} {look.title}: {best} has the best mean, {look.brief(means[best])}. {against}.")
    ahead = [one for one in contrasts if one.run == "x-y" and _is_ahead(one)]
    if ahead:
        lines.append(
            "Where x-y is ahead of hybrid, remember how small the sample is: 132 questions to train on, and 74 about "
            "the same things to test on. In as many steps x-y sees twice as many batches that pair two languages, and "
            "its lead shrinks with more steps."
        )
    lines.append(
        "Trained on MLQA-R and tested on XQuAD-R, which share no passage, hybrid had the best mean in all four columns "
        "(examples/studies/paper.yaml)."
    )
    return lines


def next_commands(output: Path) -> list[str]:
    """List commands to run next on what :func:`run` wrote, quoted for a shell."""
    from shlex import quote

    folder = {strategy: quote(str(output / strategy)) for strategy in STRATEGIES}
    sample = {strategy: quote(str(output / strategy / _EVALUATION)) for strategy in STRATEGIES}
    return [
        f"beir-hybrid compare {sample['x-y']} {sample['hybrid']} --measures map,rank_distance",
        f"beir-hybrid evaluate --model {folder['hybrid']} --dataset sample --measures default,bias",
        "beir-hybrid plan --train-data sample --strategy hybrid --alpha 0.5 --steps 200",
        f"beir-hybrid train --model static --train-data sample --strategy hybrid --alpha 0.3 --output "
        f"{quote(str(output / 'alpha-0.3'))}",
    ]


def free_folder(name: str = "quickstart") -> Path:
    """Return a folder below the current one that is not there yet: the name, or with a number after it."""
    number, folder = 1, Path(name)
    while folder.exists():
        number += 1
        folder = Path(f"{name}-{number}")
    return folder


def check_folder(output: Path) -> None:
    """Raise an error for a folder that the models cannot be kept in, before any work.

    Raises:
        OutputError: If it holds such models or a report already, or cannot be written.
    """
    check_output(output, "folder")
    for name in (*STRATEGIES, REPORT):
        if (output / name).exists():
            what = "file" if name == REPORT else "folder"
            raise OutputError(f"The {what} {output / name} exists.", "Choose a new folder: --output DIR")


def _is_ahead(contrast: Contrast) -> bool:
    return (contrast.difference > 0) == printed(contrast.measure).higher_is_better and contrast.difference != 0


def _against_hybrid(contrast: Contrast) -> str:
    """Write how a strategy differs from hybrid: the difference is that of the one that is ahead."""
    look = printed(contrast.measure)
    known = [contrast.difference, *(contrast.interval or ())]
    digits = look.digits(known, brief=True)
    difference, *bounds = (look.brief(value, sign=True, decimals=digits) for value in known)
    numbers = f"{difference}{f', 95 % interval {bounds[0]} to {bounds[1]}' if bounds else ''}"
    if contrast.verdict == NOT_SHOWN:
        return f"{contrast.run} is not shown to differ from hybrid ({numbers})"
    return f"{contrast.run} is {contrast.verdict} than hybrid ({numbers})"


def _train_and_evaluate(strategy: str, folder: Path, seed: int, progress: Progress) -> Results:
    title = f"Training {strategy}"
    arguments = {**_ARGUMENTS, "seed": seed}
    request = TrainingRequest("static", "sample", folder, strategy=strategy, arguments=arguments)
    trained = train(request, callbacks=[_step_callback(partial(progress, title))])
    title = f"Evaluating {strategy}"
    progress(title, 0, 1)
    results = evaluate(trained.model, load_dataset("sample", split="test"), model_name=f"static, {strategy}")
    results = replace(results, quick=True)
    results.save(folder / _EVALUATION)
    progress(title, 1, 1)
    return results


def _step_callback(progress: Callable[[int, int], object]) -> TrainerCallback:
    """Return a callback of the host's that tells the steps done and how many there are."""
    from transformers import TrainerCallback

    class Steps(TrainerCallback):
        def on_step_end(self, args: object, state: object, control: object, **kwargs: object) -> None:
            progress(state.global_step, state.max_steps)  # type: ignore[attr-defined]

    return Steps()
