"""Results of an evaluation, and their files."""

from __future__ import annotations

import math
import platform
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, OutputError, shorten
from beir_hybrid.evaluation.commit import current_commit
from beir_hybrid.evaluation.query_values import AGAIN, Format, QueryValues
from beir_hybrid.settings import Setting, parse_setting
from beir_hybrid.storage.files import check_output, is_number, read_json, write_json
from beir_hybrid.translations import is_count_of_links

SCHEMA = 1

T = TypeVar("T")
Numbers = Mapping[str, Mapping[str, float]]


@dataclass(frozen=True)
class Results:
    """Results of an evaluation.

    Attributes:
        dataset: Name of the collection.
        model: Name or folder of the model, or of the run.
        passage_text: What the passages' texts consist of.
        languages: The collection's languages.
        scores: Macro means over the settings of each kind, every setting counting once:
            ``{"mono": {"map": ...}, "cross": ..., "multi": ...}``.
        settings: By setting name, the number of ``queries`` and the mean of each measure over them.
        micro: Micro means over the queries of each kind's settings, every query counting once.
        intervals: 95 % intervals ``[low, high]`` of ``scores`` and ``settings``, under these two names; see
            :func:`~beir_hybrid.evaluation.statistics.significance.intervals`.
        undefined: By setting name and measure, how many queries have no value and are not in the mean; only those
            above 0.
        ties: By kind of setting, the share of queries with another passage level with a relevant one.
        passages: Number of passages by language.
        data: Checksums of ``queries``, ``passages`` and ``qrels``, by which two results are found to be of the same
            data.
        translations: How translations of a question are known (``rule``: ``metadata.group``, ``equal ids``,
            ``dataset`` or ``none``), how many queries are ``linked`` to one, and of how many ``queries``; empty where
            all are of one language.
        notes: What readers need to know to interpret the numbers.
        environment: Versions, the commit of the folder that it was evaluated in if there is one, device and seconds
            per stage.
        quick: Whether the model was trained for a first look alone, as by ``study --quick`` or ``quickstart``; left out
            of the file if not.
        debias: How vectors were debiased, left out of the file if they were not: the ``method``, what it was
            ``fitted_on``, how many ``texts`` by language, whether these were the ``evaluated`` ones, and which
            languages are ``unchanged``.
        profile: What :class:`~.profile.Profile` says, where it was asked for; left out of the file if not.
        values: The value of every query, where it was asked for; in a file of its own.
    """

    dataset: str
    model: str
    passage_text: str
    languages: tuple[str, ...]
    scores: dict[str, dict[str, float]]
    settings: dict[str, dict[str, float]]
    micro: dict[str, dict[str, float]] = field(default_factory=dict)
    intervals: dict[str, dict[str, dict[str, list[float]]]] = field(default_factory=dict)
    undefined: dict[str, dict[str, int]] = field(default_factory=dict)
    ties: dict[str, float] = field(default_factory=dict)
    passages: dict[str, int] = field(default_factory=dict)
    data: dict[str, str] = field(default_factory=dict)
    translations: dict[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    environment: dict[str, Any] = field(default_factory=dict)
    quick: bool = False
    debias: dict[str, Any] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)
    values: QueryValues | None = field(default=None, compare=False, repr=False)

    def parsed_settings(self) -> dict[str, Setting]:
        """Parse the settings' names; without those that are of a kind that is not known here."""
        parsed = {name: parse_setting(name, self.languages) for name in self.settings}
        return {name: setting for name, setting in parsed.items() if setting is not None}

    def save(self, folder: Path, per_query: Format = "parquet") -> Path:
        """Write ``results.json``, and the values of the queries beside it, each whole or not at all.

        Args:
            folder: Folder to write to.
            per_query: Format of the values' file, ``parquet`` or ``jsonl``.

        Returns:
            The path of ``results.json``.
        """
        path = folder / "results.json"
        if self.values is not None:
            self.values.save(folder, per_query)
        left_out = {"values", *(name for name in ("quick", "debias", "profile") if not getattr(self, name))}
        content = {entry.name: getattr(self, entry.name) for entry in fields(self) if entry.name not in left_out}
        write_json(path, {"schema": SCHEMA, **content})
        return path

    @classmethod
    def load(cls, folder: Path, *, values: bool = False) -> Results:
        """Read what :meth:`save` wrote.

        Args:
            folder: Folder that holds ``results.json``.
            values: Whether to read the values of the queries as well, and to check that the means follow from them.
                Evaluations during training, and those of other tools, leave no such values; then the scores must be
                the means of the settings.

        Raises:
            MissingDataError: If the folder holds no results.
            DataFormatError: If a file is damaged, changed by hand or of another schema version, or results and values
                are not of one evaluation.
        """
        path = folder / "results.json"
        if not path.is_file():
            problem = f"{folder} holds no results.json." if folder.is_dir() else f"There is no folder {folder}."
            inside = [file.parent for file in sorted(folder.glob("*/results.json"))]
            wanted = (
                f"Give {inside[0]}, which does." if inside else "Give one that beir-hybrid evaluate --output wrote."
            )
            raise MissingDataError(problem, wanted)
        content = {key: value for key, value in read_json(path, AGAIN, SCHEMA).items() if key != "schema"}
        try:
            lists: dict[str, Any] = {name: tuple(content[name]) for name in ("languages", "notes") if name in content}
            results = cls(**{**content, **lists})
        except (KeyError, TypeError) as error:
            raise DataFormatError(f"{path} lacks or adds a field: {error}.", AGAIN) from error
        _check_content(path, results)
        if not values:
            return results
        results = replace(results, values=QueryValues.load(folder) if QueryValues.files(folder) else None)
        _check_means(folder, results)
        return results


def read_results(folder: Path) -> Results:
    """Read an evaluation whose numbers agree, without the values of the queries; see :meth:`Results.load`."""
    return replace(Results.load(folder, values=True), values=None)


def load_results(folders: Sequence[Path | str]) -> dict[str, Results]:
    """Read results with the values of their queries.

    Args:
        folders: What ``beir-hybrid evaluate --output`` wrote.

    Returns:
        The results by the folder's name, or by the path as it was given where two have the same name.

    Raises:
        ConfigurationError: If a folder is given twice, or is no path.
        MissingDataError: If a folder holds no results, or no values of its queries.
        DataFormatError: If a file is damaged, or results and values are not of one evaluation.
    """
    listed = isinstance(folders, Sequence) and not isinstance(folders, str)
    if not listed or not all(isinstance(folder, str | Path) for folder in folders):
        raise ConfigurationError(f"The folders are {shorten(folders)}.", "Give a list of paths.")
    paths = [Path(folder) for folder in folders]
    whole = [path.resolve() for path in paths]
    for place, folder in enumerate(whole):
        if folder in whole[:place]:
            raise ConfigurationError(f"The folder {paths[place]} is given twice.", "Give each run once.")
    names = Counter(folder.name for folder in whole)
    loaded = {}
    for given, folder in zip(paths, whole, strict=True):
        results = Results.load(given, values=True)
        if results.values is None:
            QueryValues.load(given)  # raises an error that names the missing files
        loaded[folder.name if names[folder.name] == 1 else str(given)] = results
    return loaded


def check_results(folder: Path | None, overwrite: bool, per_query: Format = "parquet") -> None:
    """Refuse a folder that already holds results, or cannot be written, before anything is computed.

    Args:
        folder: Folder to save results to; None if they are not saved.
        overwrite: Whether existing results may be replaced.
        per_query: Format of the values' file.

    Raises:
        OutputError: If so.
    """
    if folder is None:
        return
    check_output(folder, "folder")
    for name in ("results.json", f"queries.{per_query}"):
        check_output(folder / name, "file")
    if (folder / "results.json").exists() and not overwrite:
        raise OutputError(f"The folder {folder} holds other results.", "Choose another folder, or give --overwrite.")


def environment(device: str, seconds: dict[str, float], search_device: str = "") -> dict[str, Any]:
    """Describe the environment: versions of Python and of the packages that the numbers depend on, and seconds.

    Args:
        device: What the model ran on.
        seconds: By stage.
        search_device: What the search multiplied on, if not on this processor; left out if empty.
    """
    versions = {"python": platform.python_version()}
    for package in ("beir-hybrid", "torch", "transformers", "sentence-transformers", "numpy"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:  # run from a source tree that is not installed
            versions[package] = "unknown"
    searched = {"search_device": search_device} if search_device else {}
    commit = {"commit": current_commit()} if current_commit() else {}
    return {"versions": versions, **commit, "device": device, **searched, "seconds": seconds}


def _check_content(path: Path, results: Results) -> None:
    """Refuse content of other types than :class:`Results` says, and intervals that do not hold their means."""
    for name, form in get_type_hints(Results).items():
        for wrong in _misfits(getattr(results, name), form):
            raise DataFormatError(f"{path} has {shorten(wrong)} in its {name}.", AGAIN)
    if results.translations and not is_count_of_links(results.translations):
        raise DataFormatError(f"{path} has {shorten(results.translations)} as its translations.", AGAIN)
    for part, means in (("scores", results.scores), ("settings", results.settings)):
        for (row, name), pair in _flat(results.intervals.get(part, {})).items():
            mean = means.get(row, {}).get(name, math.nan)
            margins = [1e-9 + 1e-6 * abs(end) for end in pair]  # for files whose numbers were rounded
            if len(pair) != 2 or not pair[0] - margins[0] <= mean <= pair[1] + margins[1]:
                raise DataFormatError(f"{path} gives {name} of {row} as {mean}, with the interval {pair}.", AGAIN)


def _misfits(value: Any, form: Any) -> Iterator[Any]:
    """Find the parts of a value, read from JSON, that are not of an annotated type."""
    kind, parts = get_origin(form) or form, get_args(form)
    if kind is float or kind is int:
        fits = is_number(value) and (kind is float or isinstance(value, int))
    else:
        fits = kind not in (dict, list, tuple, str, bool) or isinstance(value, kind)
    if not fits:
        yield value
    elif parts and isinstance(value, dict | list | tuple):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _misfits(each, parts[kind is dict])


def _check_means(folder: Path, results: Results) -> None:
    """Refuse means that do not follow from the values of the queries, or from one another where there are none."""
    values = results.values
    if values is None:
        if len(results.parsed_settings()) == len(results.settings):  # or else some are of a kind that is not known
            _compare(folder, "scores", results.scores, _means_of_settings(results), "its settings")
        return
    for table, follows in (
        ("settings", values.means()),
        ("scores", values.macro()),
        ("micro", values.micro() if results.micro else {}),  # which may be left out
        ("undefined", values.undefined()),
    ):
        _compare(folder, table, getattr(results, table), follows, "the values of its queries")


def _means_of_settings(results: Results) -> Numbers:
    """Average the settings of each kind, every setting counting once."""
    rows: dict[str, dict[str, list[float]]] = {}
    for name, setting in results.parsed_settings().items():
        of_kind = rows.setdefault(setting.kind, {})
        for measure, value in results.settings[name].items():
            if measure != "queries":
                of_kind.setdefault(measure, []).append(value)
    return {kind: {name: math.fsum(means) / len(means) for name, means in each.items()} for kind, each in rows.items()}


def _compare(folder: Path, table: str, given: Numbers, follows: Numbers, source: str) -> None:
    """Refuse a table of results.json that does not follow from the source."""
    stated, computed = _flat(given), _flat(follows)
    for row, name in sorted(stated.keys() ^ computed.keys()):
        raise DataFormatError(
            f"{folder}: results.json and {source} do not both have {name} of {row} in {table}.", AGAIN
        )
    for (row, name), value in computed.items():
        if not math.isclose(stated[row, name], value, rel_tol=1e-6, abs_tol=1e-9):
            raise DataFormatError(
                f"{folder}: results.json gives {name} of {row} as {stated[row, name]:g}, {source} as {value:g}.", AGAIN
            )


def _flat(table: Mapping[str, Mapping[str, T]]) -> dict[tuple[str, str], T]:
    return {(row, name): value for row, values in table.items() for name, value in values.items()}
