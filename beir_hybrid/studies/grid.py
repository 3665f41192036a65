"""Grid: the cells of a study, all combinations of its values."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from itertools import product
from typing import Any

from beir_hybrid.errors import BeirHybridError, ConfigurationError, shorten
from beir_hybrid.formats import load_sources
from beir_hybrid.languages import SHORT_CODES
from beir_hybrid.studies.cell import Cell
from beir_hybrid.studies.study import Study
from beir_hybrid.training.request import DECIDING, TrainingRequest

MANY = 1000
"""So many cells are run only if the user confirms it."""

_NEVER_NULL = tuple(field.name for field in fields(TrainingRequest) if "None" not in str(field.type))

# A cell keeps no checkpoints (it is done again as a whole), shows no bars in its log, and logs its loss 50 times.
_LOGGING: Mapping[str, Any] = {"logging_steps": 0.02, "disable_tqdm": True}


def check_count(study: Study, sure: bool) -> None:
    """Refuse to run very many cells unless the user has confirmed it.

    Raises:
        ConfigurationError: If there are a thousand or more.
    """
    count = math.prod(map(len, study.grid.values()))
    if count >= MANY and not sure:
        raise ConfigurationError(f"The grid has {count} cells.", "Give --yes if that is meant, or take values away.")


def build_cells(study: Study) -> tuple[list[Cell], list[str]]:
    """Build all combinations of a study's values.

    Returns:
        The cells, the last key's values changing first, and what was left out, in sentences: numbers of languages that
        the training data do not have.

    Raises:
        ConfigurationError: If no cell is left, or an option has a value of the wrong type.
        BeirHybridError: Any of its leaves, for training data that cannot be loaded.
    """
    load = cache(load_sources)  # most cells train on the same data
    cells: list[Cell] = []
    left_out: dict[str, None] = {}
    for combination in product(*study.grid.values()):
        values = dict(zip(study.grid, combination, strict=True))
        given = {**study.train, **values}
        sources = _texts(study, "train_data", given["train_data"])
        if not sources:
            raise _error(study, "train_data", "train_data is empty.", "Name at least one.")
        choice: dict[str, Any] = {
            key: str(given[key]) for key in ("source", "passage_text") if given.get(key) is not None
        }
        if given.get("format") is not None:
            choice["spec"] = str(given["format"])
        if given.get("columns") is not None:
            choice["columns"] = given["columns"] = _texts(study, "columns", given["columns"])
        languages = dict.fromkeys(language for pairs in load(sources, **choice) for language in pairs.languages)
        shared, wanted = study.train.get("languages"), given.get("languages")
        order = None if shared is None or type(shared) is int else _texts(study, "languages", shared)
        if type(wanted) is int:
            if "languages" in study.train:
                _check_codes(study, order or (), {*SHORT_CODES.values(), *languages})
            order = tuple(code for code in order or languages if code in languages)
            if wanted < 1:
                raise _error(study, "languages", f"the number of languages is {wanted}.", "Give at least 1.")
            if wanted > len(order):
                are = "language is" if wanted == 1 else "languages are"
                left_out[f"{wanted} {are} left out: {' + '.join(sources)} has {len(order)} of them."] = None
                continue
            given["languages"] = list(order[:wanted])
        elif wanted is not None:
            given["languages"] = list(_texts(study, "languages", wanted))
        given["train_data"] = list(sources) if len(sources) > 1 else sources[0]
        cells.append(_cell(study, values, given, tuple(given.get("languages") or languages)))
    if not cells:
        raise ConfigurationError(
            f"The grid of {study.name} has no cell: {' '.join(left_out)}".strip(), "Give values that the data have."
        )
    return cells, list(left_out)


def _cell(study: Study, values: Mapping[str, Any], given: Mapping[str, Any], trained: tuple[str, ...]) -> Cell:
    arguments = {key: value for key, value in given.items() if key not in DECIDING}
    defaults = _LOGGING if given.get("eval_data") is not None else {**_LOGGING, "save_strategy": "no"}
    ours = {"model": "static", **{key: given[key] for key in DECIDING if key in given}}
    for name in _NEVER_NULL:
        if name in ours and ours[name] is None:
            raise _error(study, name, f"{name} is null.", "Give a value, or leave it out.")
    for name in ("model", "strategy", "source", "format", "query_prefix", "passage_prefix"):
        if ours.get(name) is not None:
            ours[name] = str(ours[name])
    if ours.get("eval_languages") is not None:
        ours["eval_languages"] = list(_texts(study, "eval_languages", ours["eval_languages"]))
    try:
        request = TrainingRequest.from_options(ours, {**defaults, **arguments})
    except BeirHybridError as error:
        raise study.document.error(error.problem, error.fix, "train") from error
    except TypeError as error:  # a comparison of a text with a number
        raise study.document.error(f"{error}.", "Correct the value.", "train") from error
    return Cell(values, request, study.trials, trained, study.quick)


def _error(study: Study, key: str, problem: str, fix: str) -> ConfigurationError:
    return study.document.error(problem, fix, "grid" if key in study.grid else "train", key)


def _texts(study: Study, key: str, value: Any) -> tuple[str, ...]:
    """Read one text or several; YAML reads the language code no, unquoted, as false."""
    values = value if isinstance(value, list | tuple) else [value]
    for one in values:
        if not isinstance(one, str) or not one:
            problem = f"{shorten(one)} in {key} is not a text."
            raise _error(study, key, problem, "Put it in quotes, such as 'no'.")
    return tuple(values)


def _check_codes(study: Study, codes: tuple[str, ...], known: set[str]) -> None:
    """Refuse misspelt codes in an order of languages, of which only those that the data have are used."""
    for code in codes:
        study.document.known(code, "language", known, "train", "languages")
