"""The YAML file of a training's options and training arguments, or of several stages."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from beir_hybrid.document import Document, read_document
from beir_hybrid.errors import ConfigurationError, shorten
from beir_hybrid.models import is_static
from beir_hybrid.training.request import OPTIONS, REPEATED, STATIC_DEFAULTS, TrainingRequest

STAGES = "stages"
"""Key of the list of stages."""

ABOUT_ALL = frozenset({"output", "overwrite", "resume", "source"})
"""Options that belong to all stages together."""

_OF_THE_FIRST = frozenset({"model", "pooling"})
"""Options that only the first stage may have: the others begin with the model of the one before."""


@dataclass(frozen=True)
class TrainingConfig:
    """What a file asks for.

    Attributes:
        options: Options of all stages, or of the only training, as the command line gives them.
        arguments: Training arguments, likewise.
        stages: Of each stage its name, its options and its training arguments, those of all stages left out; empty for
            a single training.
    """

    options: Mapping[str, Any]
    arguments: Mapping[str, Any]
    stages: list[tuple[str, dict[str, Any], dict[str, Any]]] = field(default_factory=list)

    def required(self) -> dict[str, Any]:
        """Return the options of all stages, with those of the first that a command cannot do without."""
        first = self.stages[0][1] if self.stages else {}
        return {**{name: first[name] for name in ("model", "train_data") if name in first}, **self.options}

    def requests(self, given: Mapping[str, Any], arguments: Mapping[str, Any]) -> list[tuple[str, TrainingRequest]]:
        """Return each stage's name and request; each but the first begins with the folder of the one before.

        Where the first one's model is ``static``, all have the training arguments that such models need by default.

        Args:
            given: Options that override those of all stages.
            arguments: Training arguments that do.

        Raises:
            ConfigurationError: If one of them is wrong; the message names the stage.
        """
        made: list[tuple[str, TrainingRequest]] = []
        root = Path(given.get("output") or self.options.get("output") or "model")
        for number, (name, options, host) in enumerate(self.stages, 1):
            values = _typed({**self.options, **options, **given})
            usual: Mapping[str, Any] = {}
            if made:
                usual = (
                    STATIC_DEFAULTS if is_static(made[0][1].model) else {}
                )  # a folder does not say that it is static
                values |= {"model": str(made[-1][1].output), "pooling": None}
            values["output"] = root / f"{number}-{name}"
            with_model = {"model": values.get("model"), "train_data": values.get("train_data")}
            if missing := [key for key, value in with_model.items() if not value]:
                lacks = f"--{missing[0].replace('_', '-')}"
                raise ConfigurationError(f"Stage {number}, {name}, has no {missing[0]}.", f"Write it, or give {lacks}.")
            try:
                request = TrainingRequest.from_options(values, {**usual, **self.arguments, **host, **arguments})
            except ConfigurationError as error:
                raise ConfigurationError(f"Stage {number}, {name}: {error.problem}", error.fix) from error
            made.append((name, request))
        return made


def read_config(path: Path) -> TrainingConfig:
    """Read a YAML file of options and training arguments.

    Args:
        path: A mapping with the names of the command line, ``-`` or ``_`` alike. Its key ``stages`` may hold a list of
            such mappings, each with a ``name`` if wanted: trainings of which each begins with the last one's model.

    Raises:
        MissingDataError: If there is no such file.
        DataFormatError: If it cannot be read.
        ConfigurationError: If it is not a YAML mapping, gives an option twice, or a stage is none.
    """
    document = read_document(path, "strategy: hybrid")
    content = dict(document.content)
    stages = content.pop(STAGES, None)
    options, arguments = _divided(document, content)
    if STAGES not in document.content:
        return TrainingConfig(options, arguments)
    if not isinstance(stages, list) or not stages:
        raise document.error(f"stages is {shorten(stages)}.", "Write a list of trainings, each from a -.", STAGES)
    return TrainingConfig(options, arguments, [_stage(document, number) for number in range(len(stages))])


def _stage(document: Document, number: int) -> tuple[str, dict[str, Any], dict[str, Any]]:
    """Return a stage's name, options and training arguments."""
    content = document.mapping(STAGES, number)
    options, arguments = _divided(document, content, (STAGES, number))
    for name in sorted(ABOUT_ALL & options.keys()):
        raise document.error(f"a stage has {name}.", "Write it beside stages.", STAGES, number, name)
    for name in sorted(_OF_THE_FIRST & options.keys()) if number else ():
        problem = f"stage {number + 1} has {name}, and begins with the model of the stage before."
        raise document.error(problem, "Write it in the first stage.", STAGES, number, name)
    name = str(arguments.pop("name", None) or str(options.get("strategy", "hybrid")).partition("(")[0])
    if not all(letter.isalnum() or letter in "-_." for letter in name):
        raise document.error(f"the stage's name is {shorten(name)}.", "Use letters, digits, - and _.", STAGES, number)
    return name, options, arguments


def _divided(
    document: Document, content: Mapping[str, Any], keys: tuple[str | int, ...] = ()
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Divide a mapping of the file into options and training arguments."""
    options: dict[str, Any] = {}
    arguments: dict[str, Any] = {}
    for key, value in content.items():
        name, where = key.replace("-", "_"), document.where(*keys, key)
        if name in options or name in arguments:
            raise ConfigurationError(f"{where}: {name} is given twice.", "Give it once.")
        if name not in OPTIONS:
            arguments[name] = value
            continue
        if name.endswith("_prefix_in") and isinstance(value, dict):
            value = [f"{code}={text}" for code, text in value.items()]
        several = isinstance(value, list)
        if any(isinstance(one, list | dict) for one in (value if several else [value])):
            raise ConfigurationError(f"{where}: {name} is {str(value)[:40]}.", "Write one value, or a list of values.")
        if name in {"overwrite", "resume"} and not isinstance(value, bool):
            raise ConfigurationError(f"{document.name}: {name} is {shorten(value)}.", "Write true or false.")
        if name in REPEATED:
            value = value if several or value is None else [value]
        options[name] = ",".join(map(str, value)) if several and name not in REPEATED else value
    return {name: value for name, value in options.items() if (name, value) != ("train_data", None)}, arguments


_TYPES: Mapping[str, str] = {each.name: str(each.type).removesuffix(" | None") for each in fields(TrainingRequest)}


def _typed(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return options as the command line's parser would: names divided at commas, numbers read."""
    return {name: _value(name, value) for name, value in options.items() if value is not None}


def _value(name: str, value: Any) -> Any:
    if _TYPES[name] == "tuple[str, ...]" and not isinstance(value, tuple):
        return tuple(part.strip() for part in str(value).split(",") if part.strip())
    if _TYPES[name] == "float":
        try:
            return float(value)
        except (TypeError, ValueError) as error:
            raise ConfigurationError(f"{name} is {shorten(value)}.", "Give a number.") from error
    return str(value) if _TYPES[name] == "str" else value


def refuse_options(given: Collection[str]) -> None:
    """Raise an error for options of a command line that would mean one stage of several.

    Raises:
        ConfigurationError: If there is one.
    """
    allowed = ABOUT_ALL | {"model", "train_data", "check_against"}
    if wrong := sorted(set(given) - allowed):
        raise ConfigurationError(
            f"--{wrong[0].replace('_', '-')} is for one training, and the file has several stages.",
            "Write it into a stage, or beside stages for all of them.",
        )
