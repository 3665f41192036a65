"""Report: settings and language bias, after BEIR has evaluated."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from beir_hybrid.errors import BeirHybridError, DataFormatError, OutputError
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.results import Results
from beir_hybrid.hosts.beir.dicts import Qrels, Scores
from beir_hybrid.hosts.beir.language_bias import measure_results, searched_vectors, shown_cutoffs
from beir_hybrid.reports.evaluations import evaluation_models
from beir_hybrid.reports.models.table import Table
from beir_hybrid.reports.render.terminal import Shown, console, show
from beir_hybrid.reports.score_tables import settings_table
from beir_hybrid.training.processes import is_first_process
from beir_hybrid.translations import links_in_words

RESULTS_VARIABLE = "BEIR_HYBRID_RESULTS"
"""Environment variable that names the folder for results; ``beir-hybrid-results`` if it is not set."""

logger = logging.getLogger(__name__)

_said: set[str] = set()


def report(qrels: Qrels, results: Scores, k_values: Sequence[int]) -> Results | None:
    """Measure settings and language bias of what BEIR has evaluated, print them and write them to a file.

    Where the results are those of a search whose vectors are known, all settings are scored from these, with full
    rankings, and reported once; otherwise the settings that the results hold, and a note says why.

    Data that carry no language are passed over in silence. Nothing that goes wrong reaches the caller: it is logged in
    a line. Of several processes only the first one reports.

    Args:
        qrels: As for BEIR's ``evaluate``.
        results: As BEIR's ``evaluate`` has left them.
        k_values: Cut-offs.

    Returns:
        What was found; None if nothing was.
    """
    if not is_first_process():
        return None
    try:
        scored, lacking = _score(qrels, results)
        if lacking:
            scored = measure_results(qrels, results, k_values, _script(), lacking)
        if scored is not None:
            path = _written(scored)
            if lacking:
                linked = [links_in_words(scored.translations)] if scored.translations.get("linked") else []
                _print(_run_tables(scored, k_values), (*linked, *scored.notes), path)
            else:
                _print(evaluation_models(scored), (), path)  # these tables show the notes
        return scored
    except DataFormatError as error:
        _say_once(f"{error} No language bias is measured.")
    except Exception as error:  # the script has its numbers, and continues
        logger.warning("no language bias is measured: %s: %s", type(error).__name__, " ".join(str(error).split()))
    return None


def _score(qrels: Qrels, results: Scores) -> tuple[Results | None, str]:
    """Score all settings from the vectors of the search that found the results.

    Returns:
        The results, None if there is nothing to report, or nothing new; and why vectors are lacking, or nothing.
    """
    try:
        searched = searched_vectors(qrels, results)
        return (searched.score(_script()) if searched is not None and searched.is_news() else None), ""
    except BeirHybridError as error:
        return None, error.problem
    except Exception as error:  # there are still the results
        return None, f"{type(error).__name__}: {' '.join(str(error).split())}"


def _script() -> str:
    name = Path(sys.argv[0]).name if sys.argv else ""
    return name if name.endswith(".py") and name != "ipykernel_launcher.py" else "BEIR"


def _written(scored: Results) -> Path | None:
    """Write the results to a folder of their own; None, with a warning, if it cannot be done."""
    above = Path(os.environ.get(RESULTS_VARIABLE) or "beir-hybrid-results")
    try:
        return scored.save(_free_folder(above, scored))
    except (OutputError, OSError) as error:
        _say_once(f"The results are not written: {error}")
        return None


def _free_folder(above: Path, scored: Results) -> Path:
    """Choose the dataset's folder, or one beside it if that holds other results."""
    number = 1
    while True:
        folder = above / (scored.dataset if number == 1 else f"{scored.dataset}-{number}")
        if not folder.exists() or _holds(folder, scored):
            return folder
        number += 1


def _holds(folder: Path, scored: Results) -> bool:
    """Return whether a folder holds these very results, but for times and versions."""
    try:
        there = Results.load(folder)
    except (OSError, ValueError):
        return False
    same: list[Any] = [json.dumps(vars(replace(one, values=None, environment={}))) for one in (there, scored)]
    return bool(same[0] == same[1])


def _print(models: Sequence[Shown], notes: Sequence[str], path: Path | None) -> None:
    out = console()
    with out.capture() as captured:
        show(*models, screen=out)
        for note in notes:
            out.print(f"note: {note}", highlight=False, markup=False)
        if path is not None:
            out.print(f"Written to {path}", highlight=False, markup=False)
    try:
        sys.stdout.write(captured.get())
        sys.stdout.flush()
    except (OSError, ValueError) as error:  # closed, or it has no such letters
        logger.warning("the settings cannot be printed: %s", error)


def _run_tables(scored: Results, k_values: Sequence[int]) -> list[Table]:
    first, last = shown_cutoffs(k_values)
    shown = [f"ndcg@{first}", f"map@{last}", f"recall@{last}", f"rank_distance@{last}"]
    shown += [f"{name}@{first}" for name in ("same_language_share", "ndkl", "mrc", "peer")]
    headings = {name: printed(name).title for name in shown}
    tables = [settings_table(scored, f"{scored.dataset} by setting (beir-hybrid)", headings)]
    titles = {"language_share": f"share of each language in the first {first}", "one_target_map": "one-target mAP"}
    measured = dict.fromkeys(name for values in scored.settings.values() for name in values)
    for family, title in titles.items():
        names = {name: name.partition("[")[2].partition("]")[0] for name in measured if name.startswith(f"{family}[")}
        tables += [settings_table(scored, title, names)] if names else []
    return tables


def _say_once(text: str) -> None:
    if text not in _said:
        _said.add(text)
        logger.warning("%s", text)
