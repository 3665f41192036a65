"""Files of runs, and the settings they are of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from beir_hybrid.errors import ConfigurationError, MissingDataError, UnknownNameError
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.runs import Run, read_run, split_run
from beir_hybrid.settings import KINDS, Setting, choose_settings


def read_runs(
    path: Path, judgements: Judgements, settings: Sequence[str] | None = None, *, show_progress: bool = False
) -> dict[Setting, Run]:
    """Read a TREC run, or a folder of them.

    A file in a folder is named after its setting, such as ``en-de.trec`` or ``xquad-r.en-de.trec``. So may be a single
    file; one with another name is of queries against the pool, unless ``settings`` name other corpora. A single file is
    of the query languages that it has results for, whichever else it may be of.

    Args:
        path: A file, or a folder of files that end in ``.trec``.
        judgements: The collection that was searched.
        settings: Names of the settings to read, or kinds such as ``mono`` for those of a kind that there are runs of;
            None for all that there are runs of.
        show_progress: Whether to show progress bars.

    Raises:
        MissingDataError: If there is no such file, or the folder has no run of a setting that is asked for.
        ConfigurationError: If it cannot be told which setting a run is of.
        UnknownNameError: If there is no such setting.
        DataFormatError: If a run cannot be read.
    """
    if path.is_dir():
        return _read_folder(path, judgements, settings, show_progress)
    known, name = judgements.settings, judgements.collection.name
    named = _named(path, judgements) if settings is None else choose_settings(settings, known, name)
    if settings is None and not named:
        # a run of everything is one of the pool, or of the one corpus there is
        named = [setting for setting in known if setting.pool] or known
    if len({setting.corpus_languages for setting in named}) > 1:
        raise ConfigurationError(
            "One run cannot be of settings with different corpora.", "Name one corpus: --settings en-de,fr-de"
        )
    run = read_run(path, judgements, show_progress=show_progress)
    found = set(judgements.query_language[np.unique(run.query)].tolist())
    chosen = [setting for setting in named if setting.query_language in found]
    if not chosen:
        languages = ", ".join(sorted(found)) or "no language"
        raise ConfigurationError(
            f"{path} holds no query of {', '.join(setting.name for setting in named[:3])}, but of {languages}.",
            "Name the setting that it was made in: --settings en-de",
        )
    return split_run(run, judgements, chosen)


def partial_kinds(runs: Iterable[Setting], judgements: Judgements) -> list[str]:
    """Tell, in a sentence each, of which kinds of setting some have a run and others have none.

    Their means over settings are not those of a whole evaluation.

    Args:
        runs: The settings that have a run.
        judgements: The collection that was searched.
    """
    given = Counter(setting.kind for setting in runs)
    known = Counter(setting.kind for setting in judgements.settings)
    return [
        f"there are runs of {given[kind]} of the {known[kind]} {kind} settings, and means are over these"
        for kind in KINDS
        if 0 < given[kind] < known[kind]
    ]


def _read_folder(
    path: Path, judgements: Judgements, settings: Sequence[str] | None, show_progress: bool
) -> dict[Setting, Run]:
    files: dict[Setting, Path] = {}
    for file in sorted(path.glob("*.trec")):
        named = choose_settings((file.stem,), judgements.settings, judgements.collection.name)
        if len(named) > 1:
            raise ConfigurationError(f"{file} names {len(named)} settings.", "Name one, such as en-de.trec.")
        if named[0] in files:
            raise ConfigurationError(f"{files[named[0]]} and {file.name} are of the same setting.", "Keep one of them.")
        files[named[0]] = file
    if not files:
        raise MissingDataError(f"{path} holds no run.", "Name runs after their settings, such as en-de.trec.")
    wanted = files if settings is None else {}
    for name in settings or ():
        found = choose_settings((name,), judgements.settings, judgements.collection.name)
        if not (there := {setting: files[setting] for setting in found if setting in files}):
            raise MissingDataError(f"{path} holds no run of {name}.", f"Add {found[0].name}.trec, or leave it out.")
        wanted |= there
    return {setting: read_run(file, judgements, show_progress=show_progress) for setting, file in wanted.items()}


def _named(path: Path, judgements: Judgements) -> list[Setting]:
    """Read a file's name as a setting; nothing if it is none."""
    try:
        return choose_settings((path.stem,), judgements.settings, judgements.collection.name)
    except UnknownNameError:
        return []
