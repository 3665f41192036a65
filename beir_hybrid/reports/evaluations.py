"""What the terminal shows of one evaluation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from beir_hybrid.evaluation.measures.printing import printed
from beir_hybrid.evaluation.results import Results
from beir_hybrid.reports.groups import block_of
from beir_hybrid.reports.language_maps import family_maps, pair_maps
from beir_hybrid.reports.models.heat_map import HeatMap
from beir_hybrid.reports.models.table import Table
from beir_hybrid.reports.score_tables import evaluation_table, language_table, main_columns, score_table


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
