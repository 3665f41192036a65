"""Files of runs in TREC's format, and the settings that they belong to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from beir_hybrid.arrays import Ints
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, UnknownNameError, shorten
from beir_hybrid.evaluation.judgements import Judgements
from beir_hybrid.evaluation.runs import Run, build_run, split_run
from beir_hybrid.evaluation.search.hits import Hits
from beir_hybrid.settings import KINDS, Setting, choose_settings
from beir_hybrid.storage.files import new_file
from beir_hybrid.verbosity import progress_bar

_BLANK = re.compile(r"[ \t\n\r\f\v]")  # what trec_eval splits lines at


def read_runs(
    path: Path, judgements: Judgements, settings: Sequence[str] | None = None, *, show_progress: bool = False
) -> dict[Setting, Run]:
    """Read a TREC run, or a folder of them.

    A file in a folder is named after its setting, such as ``en-de.trec`` or ``xquad-r.en-de.trec``; so may be a single
    file. A single file with any other name is a run against the pool, unless ``settings`` name other corpora, in the
    query languages that it has results for.

    Args:
        path: A file, or a folder of files that end in ``.trec``.
        judgements: The collection that was searched.
        settings: Names of the settings to read, or kinds such as ``mono`` for those of a kind that there are runs of;
            None for all that there are runs of.
        show_progress: Whether to show progress bars.

    Raises:
        MissingDataError: If there is no such file, or the folder has no run of a setting that is asked for.
        ConfigurationError: If it is unclear which setting a run is of.
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
    asked = set(judgements.query_language[np.unique(run.query)].tolist())
    chosen = [setting for setting in named if setting.query_language in asked]
    if not chosen:
        languages = ", ".join(sorted(asked)) or "no language"
        raise ConfigurationError(
            f"{path} holds no query of {', '.join(setting.name for setting in named[:3])}, but of {languages}.",
            "Name the setting that it was made in: --settings en-de",
        )
    return split_run(run, judgements, chosen)


def read_run(path: Path, judgements: Judgements, *, show_progress: bool = False) -> Run:
    """Read a TREC run: ``query Q0 document rank score tag`` a line, in any order; ranks follow from the scores.

    Args:
        path: The file.
        judgements: The collection it was made on.
        show_progress: Whether to show a progress bar.

    Raises:
        MissingDataError: If there is no such file.
        DataFormatError: If a line has not six columns, names a query or document that the collection lacks, gives a
            document twice for one query, or has a score that is no finite number; the message names file and line.
    """
    if not path.is_file():
        raise MissingDataError(f"There is no run {path}.", "Check --run.")
    with closing(_read_lines(path, show_progress)) as rows:  # the bar ends before an error is printed
        return build_run(rows, judgements, str(path))


def _read_lines(path: Path, show_progress: bool) -> Generator[tuple[int, tuple[str, str, str]]]:
    size = path.stat().st_size
    with (
        path.open("rb") as lines,
        progress_bar(total=size, desc=path.name, unit="B", unit_scale=True, show=show_progress) as bar,
    ):
        for number, line in enumerate(lines, start=1):
            bar.update(len(line))
            try:
                # blanks of other scripts may stand in ids, so bytes are split and then decoded
                query, _, document, _, score, _ = (word.decode() for word in line.split())
            except ValueError as error:  # of decoding and of unpacking alike
                if number == 1 and line.startswith(b"\x1f\x8b"):
                    raise DataFormatError(f"{path} is compressed by gzip.", f"Unpack it: gunzip -k {path}") from error
                if not line.strip():
                    continue
                raise DataFormatError(
                    f"{path}:{number}: {shorten(line)} has not six columns of UTF-8 text.",
                    "Write lines such as  en:1 Q0 de:7 1 0.83 tag",
                ) from error
            yield number, (query, document, score)


def write_run(path: Path, hits: Hits, queries: Ints, judgements: Judgements, tag: str) -> None:
    """Write a TREC run, whole or not at all: true ranks from 1, scores that read back as the same float32.

    Args:
        path: The file.
        hits: What was retrieved for the queries to write.
        queries: Shape (n,), their numbers.
        judgements: The collection.
        tag: Name of the run; blanks become underscores.

    Raises:
        DataFormatError: If an id has a blank, after which the next column would begin.
    """
    word = "_".join(tag.split()) or "run"
    with new_file(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        for number, passages, scores in zip(queries.tolist(), hits.passage, hits.score, strict=True):
            query, there = judgements.queries[number], passages >= 0
            documents = judgements.identifiers(passages[there])
            ranked = enumerate(zip(documents, scores[there], strict=True), start=1)
            lines = [f"{query} Q0 {document} {rank} {score!s} {word}\n" for rank, (document, score) in ranked]
            if _BLANK.search("".join((query, *documents))):
                blank = next(each for each in (query, *documents) if _BLANK.search(each))
                raise DataFormatError(
                    f"{judgements.collection.name}: the id {shorten(blank)} has a blank, which splits it in a TREC "
                    "run.",
                    "Change that id, or write no run.",
                )
            file.writelines(lines)


def partial_kinds(runs: Iterable[Setting], judgements: Judgements) -> list[str]:
    """Return notes on the kinds of setting of which only some settings have a run.

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
        chosen = choose_settings((name,), judgements.settings, judgements.collection.name)
        if not (there := {setting: files[setting] for setting in chosen if setting in files}):
            raise MissingDataError(f"{path} holds no run of {name}.", f"Add {chosen[0].name}.trec, or leave it out.")
        wanted |= there
    return {setting: read_run(file, judgements, show_progress=show_progress) for setting, file in wanted.items()}


def _named(path: Path, judgements: Judgements) -> list[Setting]:
    """Read a file's name as a setting; nothing if it is none."""
    try:
        return choose_settings((path.stem,), judgements.settings, judgements.collection.name)
    except UnknownNameError:
        return []


def remove_runs(folder: Path, kept: set[str]) -> None:
    """Remove the runs of an evaluation whose results are replaced: with those of this one they would pass for one."""
    for path in folder.glob("*.trec"):
        if path.stem not in kept:
            path.unlink()
