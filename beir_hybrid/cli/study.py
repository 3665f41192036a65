"""``beir-hybrid study``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.console import Console

    from beir_hybrid.studies.study_folder import StudyFolder


@click.command()
@click.argument("file", metavar="FILE.yaml", type=click.Path(path_type=Path))
@click.option(
    "--output", type=click.Path(path_type=Path), required=True, help="Folder of the study, also to resume it."
)
@click.option("--quick", is_flag=True, help="Use the file's quick section: a small study on the built-in sample.")
@click.option("--dry-run", is_flag=True, help="Only check the file, count its cells, and estimate the time.")
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True, help="Cells at a time.")
@click.option(
    "--check", is_flag=True, help="Only compare the finished study with the file's expected numbers; exit 1 if off."
)
@click.option("--yes", is_flag=True, help="Run a thousand cells or more.")
def study(file: Path, output: Path, quick: bool, dry_run: bool, jobs: int, check: bool, yes: bool) -> None:
    """Train and evaluate every cell of a grid, and test the study's claims.

    Run it again to resume: finished cells are kept, failed ones are tried again.
    """
    from beir_hybrid.reports.models.words import Sentence
    from beir_hybrid.reports.render.terminal import console, say, show
    from beir_hybrid.reports.study_progress import StudyProgress, checking
    from beir_hybrid.reports.study_tables import answer_lines, grid_table, plan_lines, study_tables
    from beir_hybrid.storage.files import check_output
    from beir_hybrid.studies.check import check_study
    from beir_hybrid.studies.grid import build_cells, check_count
    from beir_hybrid.studies.study import read_study
    from beir_hybrid.studies.study_folder import StudyFolder

    check_output(output, "folder")
    asked = read_study(file, quick)
    check_count(asked, yes)
    screen = console()
    with checking(screen):
        cells, left_out = build_cells(asked)
        if not check:
            check_study(asked, cells)
        folder = StudyFolder(output, asked, cells)
        folder.check()
    if check:
        _check(folder, screen)
        return
    show(grid_table(asked), screen=screen)
    say(*plan_lines(folder, left_out, jobs), screen=screen)
    if dry_run:
        return
    from beir_hybrid.studies.runner import run_study

    finished = sum(folder.state(cell) == "finished" for cell in cells)
    with StudyProgress(screen, len(cells), finished) as progress:
        answer = run_study(folder, jobs, progress)
    show(*study_tables(asked, answer), screen=screen)
    say(*answer_lines(answer), Sentence(f"Written to {output}"), screen=screen)
    if answer.failures:
        raise SystemExit(1)


def _check(folder: StudyFolder, screen: Console) -> None:
    """Compare a finished study with the numbers that its file expects."""
    from beir_hybrid.errors import ConfigurationError
    from beir_hybrid.reports.models.words import quick_title
    from beir_hybrid.reports.render.terminal import show
    from beir_hybrid.reports.study_tables import reproduction_table
    from beir_hybrid.studies.expected import expected_values, reproduce
    from beir_hybrid.studies.study_folder import read_study_record

    study = folder.study
    values = expected_values(study.content, [trial.name for trial in study.trials])
    if not values:
        form = "quick form" if study.quick else "full form"
        raise ConfigurationError(
            f"{study.document.name} expects no numbers of its {form}.", "Add  expected: {values: ...}"
        )
    compared = reproduce(values, read_study_record(folder.path))
    show(reproduction_table(quick_title(study.name, study.quick), compared), screen=screen)
    if any(one.match == "off" for one in compared):
        raise SystemExit(1)
