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
from beir_hybrid.evaluation.evaluate import evaluate_runs
from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.results import Results
from beir_hybrid.hosts.beir.judging import Qrels, Scores, judge
from beir_hybrid.hosts.beir.scoring import retrieved_for
from beir_hybrid.hosts.beir.undefined import with_reasons
from beir_hybrid.reports.evaluations import evaluation_models
from beir_hybrid.reports.models.table import Table
from beir_hybrid.reports.render.terminal import Shown, console, show
from beir_hybrid.reports.score_tables import settings_table
from beir_hybrid.translations import links_in_words

RESULTS_VARIABLE = "BEIR_HYBRID_RESULTS"
"""Environment variable that names the folder for results; ``beir-hybrid-results`` if it is not set."""

logger = logging.getLogger(__name__)

_PEER_DEPTH = 10  # that of the other measures of bias
_AS_THEY_ARE = "the results are scored as they are; all settings, with full rankings, follow from vectors only."
_said: set[str] = set()


def report(qrels: Qrels, results: Scores, k_values: Sequence[int]) -> Results | None:
    """Measure settings and language bias of what BEIR has evaluated, print them and write them to a file.

    Where the results are those of a search whose vectors are known, all settings are scored from these, with full
    rankings, and told once; otherwise what the results show, and a note says why.

    Data that carry no language are passed over in silence. Nothing that goes wrong reaches the caller: it is logged in
    a line. Of several processes only the first one reports.

    Args:
        qrels: As for BEIR's ``evaluate``.
        results: As BEIR's ``evaluate`` has left them.
        k_values: Cut-offs.

    Returns:
        What was found; None if nothing was.
    """
    if os.environ.get("RANK", "0") != "0":
        return None
    try:
        scored, lacking = _score(qrels, results)
        found = measure_bias(qrels, results, k_values, lacking) if lacking else scored
        if found is not None:
            path = _written(found)
            if lacking:
                linked = [links_in_words(found.translations)] if found.translations.get("linked") else []
                _print(_run_tables(found, k_values), (*linked, *found.notes), path)
            else:
                _print(evaluation_models(found), (), path)  # these tables tell the notes
        return found
    except DataFormatError as error:
        _say_once(f"{error} No language bias is measured.")
    except Exception as error:  # the script has its numbers, and goes on
        logger.warning("no language bias is measured: %s: %s", type(error).__name__, " ".join(str(error).split()))
    return None


def _score(qrels: Qrels, results: Scores) -> tuple[Results | None, str]:
    """Score all settings from the vectors of the search that found the results.

    Returns:
        What was found, None if there is nothing to tell, or nothing anew; and why vectors are lacking, or nothing.
    """
    try:
        retrieved = retrieved_for(qrels, results)
        if retrieved is None or not retrieved.is_news():
            return None, ""
        names = ("bias", f"peer@{_PEER_DEPTH}")
        return with_reasons(retrieved.score(names, _script()), ("default", *names)), ""
    except BeirHybridError as error:
        return None, error.problem
    except Exception as error:  # there are still the results
        return None, f"{type(error).__name__}: {' '.join(str(error).split())}"


def measure_bias(qrels: Qrels, results: Scores, k_values: Sequence[int], lacking: str = "") -> Results | None:
    """Measure every setting that a run holds: BEIR's measures, and those of bias where there are several languages.

    Args:
        qrels: As for :func:`report`.
        results: As for :func:`report`.
        k_values: As for :func:`report`.
        lacking: Why there are no vectors to score other settings from, for the notes; empty to say nothing of them.

    Returns:
        None if the data carry no language.

    Raises:
        BeirHybridError: If they cannot be measured.
    """
    judged = judge(qrels, results)
    if judged is None or not (judged.declared or len(judged.judgements.collection.languages) > 1):
        return None  # without a language, or ids of some other kind begin alike
    found = evaluate_runs(
        judged.judgements,
        judged.runs,
        measures=_names(k_values),
        name=_script(),
        intervals=False,
        notes=(*judged.notes, *([f"{_AS_THEY_ARE} {lacking}"] if lacking else [])),
    )
    found = with_reasons(found, _names(k_values))
    # texts are not known, so there is nothing to take a checksum of but the judgements
    return replace(found, data={"qrels": found.data["qrels"]})


def _names(k_values: Sequence[int]) -> list[str]:
    first, _ = _cutoffs(k_values)
    names = [f"{name}@{k}" for name in ("ndcg", "map", "recall", "precision", "rank_distance") for k in k_values]
    shares = [f"{name}@{first}" for name in ("same_language_share", "language_share", "ndkl", "mrc", "peer")]
    return list(dict.fromkeys([*names, *shares, "one_target_map"]))


def _cutoffs(k_values: Sequence[int]) -> tuple[int, int]:
    """Choose the cut-offs to show: 10 or what comes close, and the deepest."""
    return max([k for k in k_values if k <= 10], default=min(k_values)), max(k_values)


def _script() -> str:
    name = Path(sys.argv[0]).name if sys.argv else ""
    return name if name.endswith(".py") and name != "ipykernel_launcher.py" else "BEIR"


def _written(found: Results) -> Path | None:
    """Write the results to a folder of their own; None, with a warning, if it cannot be done."""
    above = Path(os.environ.get(RESULTS_VARIABLE) or "beir-hybrid-results")
    try:
        return found.save(_free_folder(above, found))
    except (OutputError, OSError) as error:
        _say_once(f"The results are not written: {error}")
        return None


def _free_folder(above: Path, found: Results) -> Path:
    """Choose the dataset's folder, or one beside it if that holds other results."""
    number = 1
    while True:
        folder = above / (found.dataset if number == 1 else f"{found.dataset}-{number}")
        if not folder.exists() or _holds(folder, found):
            return folder
        number += 1


def _holds(folder: Path, found: Results) -> bool:
    """Tell whether a folder holds these very results, but for times and versions."""
    try:
        there = Results.load(folder)
    except (OSError, ValueError):
        return False
    same: list[Any] = [json.dumps(vars(replace(one, values=None, environment={}))) for one in (there, found)]
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


def _run_tables(found: Results, k_values: Sequence[int]) -> list[Table]:
    first, last = _cutoffs(k_values)
    shown = [f"ndcg@{first}", f"map@{last}", f"recall@{last}", f"rank_distance@{last}"]
    shown += [f"{name}@{first}" for name in ("same_language_share", "ndkl", "mrc", "peer")]
    headings = {name: printed(name).title for name in shown}
    tables = [settings_table(found, f"{found.dataset} by setting (beir-hybrid)", headings)]
    titles = {"language_share": f"share of each language in the first {first}", "one_target_map": "one-target mAP"}
    measured = dict.fromkeys(name for values in found.settings.values() for name in values)
    for family, title in titles.items():
        names = {name: name.partition("[")[2].partition("]")[0] for name in measured if name.startswith(f"{family}[")}
        tables += [settings_table(found, title, names)] if names else []
    return tables


def _say_once(text: str) -> None:
    if text not in _said:
        _said.add(text)
        logger.warning("%s", text)
