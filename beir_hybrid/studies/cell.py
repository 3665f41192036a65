"""Cell: one training of a study and its evaluations."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from beir_hybrid.errors import BeirHybridError, DataFormatError, MissingDataError
from beir_hybrid.storage.files import parse_json
from beir_hybrid.studies.trial import Trial
from beir_hybrid.training.request import DECIDING, TrainingRequest

CELL_FILE, DONE_FILE, FAILED_FILE, STUDY_FILE = "cell.json", "done.json", "failed.json", "study.json"
SCHEMA = 1
State = Literal["finished", "failed", "open"]

_BARE = ("strategy", "model", "train_data")  # values that tell what they are


@dataclass(frozen=True)
class Cell:
    """One training of a study and its evaluations.

    Args:
        values: The grid's values that make it.
        request: The training.
        trials: The evaluations.
        languages: Languages it trains on.
    """

    values: Mapping[str, Any]
    request: TrainingRequest
    trials: tuple[Trial, ...]
    languages: tuple[str, ...] = ()

    @property
    def options(self) -> dict[str, Any]:
        """The options of its training that are not training arguments, complete, as plain content."""
        options = self.request.options()
        return {name: options[name] for name in DECIDING}

    @property
    def arguments(self) -> Mapping[str, Any]:
        """The training arguments that are given."""
        return self.request.arguments

    @property
    def config(self) -> dict[str, Any]:
        """All that decides about its results, as plain content."""
        return {
            "options": self.options,
            "arguments": dict(self.arguments),
            "evaluations": [trial.as_json() for trial in self.trials],
        }

    @property
    def id(self) -> str:
        """First 12 hexadecimal digits of the hash of its configuration."""
        text = json.dumps(self.config, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    @property
    def name(self) -> str:
        """Its grid values in words, such as ``hybrid, seed 1``."""
        return cell_name(self.values) or "the one cell"

    @property
    def unseeded(self) -> dict[str, Any]:
        """Its grid values but for seeds."""
        return {key: value for key, value in self.values.items() if not is_seed(key)}

    def command(self) -> str:
        """Write the command that does the same training, into a folder named ``model``."""
        return self.request.command()

    def as_json(self) -> dict[str, Any]:
        """Give it as ``cell.json`` has it."""
        return {
            "schema": SCHEMA,
            "id": self.id,
            "name": self.name,
            "values": dict(self.values),
            "languages": list(self.languages),
            "config": self.config,
            "command": self.command(),
        }

    @classmethod
    def load(cls, folder: Path) -> Cell:
        """Read ``cell.json`` of a folder.

        Raises:
            MissingDataError: If there is none.
            DataFormatError: If it is damaged, or of another schema version.
        """
        content = read_json(folder / CELL_FILE)
        try:
            config = content["config"]
            trials = tuple(Trial.from_json(trial) for trial in config["evaluations"])
            languages = tuple(content["languages"])
            values, options, arguments = content["values"], config["options"], config["arguments"]
            if not all(isinstance(one, dict) for one in (values, options, arguments)):
                raise TypeError("values, options and arguments are mappings")
            return cls(values, TrainingRequest.from_options(options, arguments), trials, languages)
        except (LookupError, TypeError, ValueError) as error:
            if isinstance(error, BeirHybridError):  # the trial's own, which is a ValueError
                raise
            raise DataFormatError(
                f"{folder / CELL_FILE} lacks or adds a field: {error}.", "Remove its folder."
            ) from error

    def state(self, folder: Path, keep_models: bool = False) -> State:
        """Tell how far it is.

        Args:
            folder: Its folder, which need not exist.
            keep_models: Whether its model must be there.
        """
        if (folder / DONE_FILE).is_file() and (not keep_models or (folder / "modules.json").is_file()):
            return "finished"
        return "failed" if (folder / FAILED_FILE).is_file() else "open"


def cell_name(values: Mapping[str, Any]) -> str:
    """Say grid values in words.

    Examples:
        >>> cell_name({"strategy": "hybrid", "languages": 5, "seed": 1})
        'hybrid, 5 languages, seed 1'
        >>> cell_name({"train_data": ["mlqa-r", "sample"], "languages": ["en", "de"]})
        'mlqa-r+sample, languages en+de'
    """
    parts = []
    for key, value in values.items():
        text = "+".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        if key == "languages" and isinstance(value, int):
            parts.append(f"{value} language{'s' * (value != 1)}")
        else:
            parts.append(text if key in _BARE else f"{key.replace('_', ' ')} {text}")
    return ", ".join(parts)


def is_seed(name: str) -> bool:
    """Tell whether a grid value is a seed.

    Examples:
        >>> [is_seed(name) for name in ("seed", "seeds", "data_seed", "strategy")]
        [True, True, True, False]
    """
    return name in {"seed", "seeds"} or name.endswith("_seed")


def read_json(path: Path) -> dict[str, Any]:
    """Read a file of a study.

    Raises:
        MissingDataError: If there is none.
        DataFormatError: If it is damaged, or of another schema version.
    """
    try:
        content = parse_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise MissingDataError(f"There is no file {path}.", "Run the study again.") from error
    except (OSError, ValueError) as error:
        raise DataFormatError(f"{path} cannot be read: {error}.", _fix(path)) from error
    if not isinstance(content, dict) or content.get("schema") != SCHEMA:
        raise DataFormatError(f"{path} is not of schema version {SCHEMA}.", _fix(path))
    return content


def _fix(path: Path) -> str:
    """Say what to remove: the folder of study.json holds all cells."""
    return f"Remove {'the file' if path.name == STUDY_FILE else 'its folder'}, and run the study again."
