"""What the terminal shows of one evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.profile import Profile
from beir_hybrid.evaluation.results import Results
from beir_hybrid.reports.groups import block_of
from beir_hybrid.reports.language_maps import family_maps, pair_maps
from beir_hybrid.reports.models.heat_map import HeatMap
from beir_hybrid.reports.models.table import Table
from beir_hybrid.reports.models.words import Sentence
from beir_hybrid.reports.profiles import finds_bars, profile_answers, profile_map, read_profile, tried_table
from beir_hybrid.reports.render.terminal import console, say, show
from beir_hybrid.reports.score_tables import evaluation_table, language_table, main_columns, score_table


def show_evaluations(runs: Sequence[Results]) -> None:
    """Print an evaluation, its profile if it has one; or several that differ in how vectors were debiased."""
    profile = read_profile(runs[0])
    if len(runs) > 1:
        show(debiased_table(runs))
    elif profile is None:
        show(*evaluation_models(runs[0]))
    else:
        _show_profile(runs[0], profile)


def _show_profile(results: Results, profile: Profile) -> None:
    """Print what an embedder does with languages, as answers with a picture."""
    screen = console()
    say(Sentence(f"{results.model} on {results.dataset}: {', '.join(results.languages)}", marked=True), screen=screen)
    for question, answer in profile_answers(profile):
        say(Sentence(""), Sentence(question, marked=True), Sentence(answer), screen=screen)
    screen.print()
    table = tried_table(profile)
    bars = [finds_bars(profile)] if profile.finds else []
    show(*bars, *profile_map(results, profile.depth), *([table] if table else []), screen=screen)


def evaluation_models(results: Results) -> list[Table | HeatMap]:
    """Show an evaluation: means by kind of setting, one measure by language, and which languages are retrieved."""
    block = block_of({results.model: results})
    measure = block.primary()
    by_language = [language_table(results, measure)] if measure and len(results.settings) > 1 else []
    maps = {measure: pair_maps(block, measure) if measure else []}
    maps |= {family: family_maps(block, family) for family in block.families()}
    titled = [replace(each, title=printed(name).title) for name, of_name in maps.items() for each in of_name]
    return [evaluation_table(results), *by_language, *titled]


def debiased_table(runs: Sequence[Results]) -> Table:
    """Show evaluations of a model that differ in how its vectors were debiased: a row for each, with its spec."""
    block = block_of({str(one.debias["method"]): one for one in runs})
    first = runs[0].debias
    own = ", the evaluated passages themselves" if first["evaluated"] else ""
    title = f"{runs[0].model} on {runs[0].dataset}, debiased on {first['fitted_on']}{own}"
    measure = block.primary()
    return score_table(block, title, main_columns(block, measure) if measure else [], name="debiased by")
