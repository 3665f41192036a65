"""Cell: one training of a study and its evaluations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from beir_hybrid.studies.record import CellConfig, CellRecord
from beir_hybrid.studies.trial import Trial
from beir_hybrid.training.loss_options import LOSS_OPTIONS
from beir_hybrid.training.model_options import MODEL_OPTIONS
from beir_hybrid.training.request import DECIDING, TrainingRequest

# left out where they are not given: cells keep the identities of earlier versions
_LATER = {"columns", "format", "extra_data", *LOSS_OPTIONS, *MODEL_OPTIONS} - {"scale"}
_LATER |= {"query_prefix_in", "passage_prefix_in", "transform", "debias", "debias_on"}  # the last two of evaluations
_BARE = ("strategy", "model", "train_data", "evaluation")  # values that tell what they are


@dataclass(frozen=True)
class Cell:
    """One training of a study and its evaluations.

    Args:
        values: The grid's values that make it.
        request: The training.
        trials: The evaluations.
        languages: Languages it trains on.
        quick: Whether it belongs to a study's quick form.
    """

    values: Mapping[str, Any]
    request: TrainingRequest
    trials: tuple[Trial, ...]
    languages: tuple[str, ...] = ()
    quick: bool = False

    @property
    def config(self) -> CellConfig:
        """All that decides about its results, as plain content."""
        options = self.request.options()
        named = [name for name in DECIDING if options[name] is not None or name not in _LATER]
        return CellConfig({name: options[name] for name in named}, self.request.arguments, self.trials)

    @property
    def id(self) -> str:
        """First 12 hexadecimal digits of the hash of its configuration."""
        content = asdict(self.config)
        trials = content["evaluations"]
        content["evaluations"] = [{k: v for k, v in one.items() if v is not None or k not in _LATER} for one in trials]
        text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def name(self) -> str:
        """Its grid values in words, such as ``hybrid, seed 1``."""
        return cell_name(self.values) or "the one cell"

    @property
    def unseeded(self) -> dict[str, Any]:
        """Its grid values except seeds."""
        return {key: value for key, value in self.values.items() if not is_seed(key)}

    @property
    def record(self) -> CellRecord:
        """What ``cell.json`` holds of it."""
        command = self.request.command()
        return CellRecord(self.id, self.name, self.values, self.languages, self.config, command, self.quick)


def cell_name(values: Mapping[str, Any]) -> str:
    """Write grid values in words.

    Examples:
        >>> cell_name({"strategy": "hybrid", "languages": 5, "seed": 1})
        'hybrid, 5 languages, seed 1'
        >>> cell_name({"train_data": ["mlqa-r", "sample"], "languages": ["en", "de"]})
        'mlqa-r+sample, languages en+de'
        >>> cell_name({"strategy": "random", "transform": None})
        'random, no transform'
    """
    parts = []
    for key, value in values.items():
        text = "+".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        if value is None:
            parts.append(f"no {key.replace('_', ' ')}")
        elif key == "languages" and isinstance(value, int):
            parts.append(f"{value} language{'s' * (value != 1)}")
        else:
            parts.append(text if key in _BARE else f"{key.replace('_', ' ')} {text}")
    return ", ".join(parts)


def is_seed(name: str) -> bool:
    """Return whether a grid value is a seed.

    Examples:
        >>> [is_seed(name) for name in ("seed", "seeds", "data_seed", "strategy")]
        [True, True, True, False]
    """
    return name in {"seed", "seeds"} or name.endswith("_seed")


def versus(run: Mapping[str, Any], baseline: Mapping[str, Any]) -> str:
    """Write the grid values of two sides in words.

    Examples:
        >>> versus({"strategy": "hybrid"}, {"strategy": "x-y"})
        'hybrid against x-y'
    """
    return f"{cell_name(run)} against {cell_name(baseline)}"


def differ_in_seeds(grid: Mapping[str, Any], run: Mapping[str, Any], baseline: Mapping[str, Any]) -> bool:
    """Return whether the pairs of cells of two sides differ in their seeds alone.

    Args:
        grid: By option or argument, the values of a study.
        run: Grid values of one side.
        baseline: Grid values of the other.

    Examples:
        >>> sides = {"strategy": "hybrid"}, {"strategy": "x-y"}
        >>> differ_in_seeds({"strategy": ["hybrid", "x-y"], "seed": [1, 2], "scale": [20]}, *sides)
        True
        >>> differ_in_seeds({"strategy": ["hybrid", "x-y"], "seed": [1, 2], "scale": [10, 20]}, *sides)
        False
    """
    varied = {key.replace("-", "_") for key, values in grid.items() if isinstance(values, list | tuple) and values[1:]}
    return {name for name in varied if not is_seed(name)} <= run.keys() & baseline.keys()
