"""Reciprocal-rank fusion of TREC runs, by Pyserini's own function (Cormack et al., SIGIR 2009).

Pyserini takes ranks as they stand in a file, and BEIR writes 0 in every line; it reads the document id ``null`` as
none and the query id ``007`` as 7. So runs are read here, and ranked as trec_eval ranks them, by score. This needs no
Java.
"""

from __future__ import annotations

import errno
import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from beir_hybrid import ConfigurationError, DataFormatError, MissingDataError, OutputError, shorten
from beir_hybrid.storage import new_file, new_folder
from beir_hybrid_pyserini.side_file import check_file

if TYPE_CHECKING:
    import pandas as pd


_TAKEN = {errno.EEXIST, errno.ENOTEMPTY, errno.EACCES, errno.EPERM}  # by a folder that is there; the last two: Windows


def fuse(
    runs: Sequence[Path],
    output: Path,
    *,
    rrf_k: int = 60,
    depth: int = 1000,
    tag: str = "rrf",
    allow_missing: bool = False,
    overwrite: bool = False,
) -> list[Path]:
    """Fuse runs, or folders of runs by their files' names: all of them are written, or none.

    Args:
        runs: Two or more files, or as many folders of files such as ``en-de.trec``.
        output: The fused run, or the folder for the fused runs.
        rrf_k: As for :func:`fuse_runs`, likewise the next three.
        depth: Passages per query.
        tag: Name of the run.
        allow_missing: Whether a run may lack queries of another one.
        overwrite: Whether runs that are there may be replaced.

    Returns:
        The files written.

    Raises:
        ConfigurationError: If files and folders are mixed, or a folder lacks a run that another has.
        OutputError: If the folder cannot be written.
        The errors of :func:`fuse_runs`.
    """
    if not any(path.is_dir() for path in runs):
        fuse_runs(runs, output, rrf_k=rrf_k, depth=depth, tag=tag, allow_missing=allow_missing, overwrite=overwrite)
        return [output]
    if stranger := next((path for path in runs if not path.is_dir()), None):
        raise ConfigurationError(f"{stranger} is no folder, and another of the runs is.", "Give files or folders.")
    names = {path: {file.name for file in path.glob("*.trec")} for path in runs}
    every = sorted(set().union(*names.values()))
    if not every:
        raise MissingDataError(f"{runs[0]} holds no run.", "Give a folder with runs such as en-de.trec.")
    for name in every:
        if lacking := next((path for path in runs if name not in names[path]), None):
            raise ConfigurationError(f"{lacking} has no {name}, and another folder has.", "Give the same runs of each.")
        _check([path / name for path in runs], output / name, rrf_k, depth, overwrite)
    with new_folder(output, merge=True) as temporary:
        for name in every:
            fuse_runs(
                [path / name for path in runs],
                temporary / name,
                rrf_k=rrf_k,
                depth=depth,
                tag=tag,
                allow_missing=allow_missing,
            )
    return [output / name for name in every]


def fuse_runs(
    runs: Sequence[Path],
    output: Path,
    *,
    rrf_k: int = 60,
    depth: int = 1000,
    tag: str = "rrf",
    allow_missing: bool = False,
    overwrite: bool = False,
) -> None:
    """Fuse runs: a document scores the sum of 1 / (k + rank) over the runs that found it.

    Args:
        runs: Two or more TREC runs, in any order of lines.
        output: File for the fused run; ties in it fall as in trec_eval, which puts the larger document id first.
        rrf_k: The k, from 0 on: the larger, the less the first ranks count; Pyserini's default.
        depth: Passages per query, of each run and of the fused one.
        tag: Name of the run; blanks become underscores.
        allow_missing: Whether a run may lack queries of another one, such as BM25 where it finds nothing; the others
            alone rank these.
        overwrite: Whether a run that is there may be replaced.

    Raises:
        ConfigurationError: If there are fewer than two runs, one comes twice, or a number is out of range.
        MissingDataError: If there is no such run.
        DataFormatError: If a line has not six columns or a score that is no finite number, a document comes twice for a
            query, or the runs are of different queries.
        OutputError: If the output is there and must stay, or is one of the runs.
    """
    _check(runs, output, rrf_k, depth, overwrite)
    tables = [_read(path) for path in runs]
    _check_queries(runs, tables, allow_missing)
    from pyserini.fusion import reciprocal_rank_fusion
    from pyserini.trectools import TrecRun

    given = [TrecRun.from_dataframes([table]) for table in tables]
    fused = _ranked(reciprocal_rank_fusion(given, rrf_k=rrf_k, depth=depth).run_data).groupby("topic", sort=False)
    order = dict.fromkeys(topic for table in tables for topic in table["topic"])
    word = "_".join(tag.split()) or "rrf"
    groups = {topic: group.head(depth) for topic, group in fused}
    with new_file(output) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        for topic in order:
            rows = zip(groups[topic]["docid"], groups[topic]["score"], strict=True)
            file.writelines(
                f"{topic} Q0 {document} {rank} {float(score)!r} {word}\n"
                for rank, (document, score) in enumerate(rows, start=1)
            )


def _check(runs: Sequence[Path], output: Path, rrf_k: int, depth: int, overwrite: bool) -> None:
    """Refuse what is wrong before a run is read."""
    if len(runs) < 2:
        raise ConfigurationError("Fusion needs two runs or more.", "Give --runs A --runs B.")
    if rrf_k < 0 or depth < 1:
        raise ConfigurationError(f"k is {rrf_k} and the depth {depth}.", "Give k from 0 on and a depth from 1 on.")
    check_file(output, overwrite)
    if own := next((path for path in runs if path.resolve() == output.resolve()), None):
        raise OutputError(f"{own} is one of the runs.", "Choose another name.")
    places = [path.resolve() for path in runs]
    if twice := next((path for number, path in enumerate(runs) if places[number] in places[:number]), None):
        raise ConfigurationError(f"The run {twice} is given twice.", "Give each run once.")


def _read(path: Path) -> pd.DataFrame:
    """Read a TREC run into the columns that Pyserini's runs have, ranked by score."""
    import pandas as pd

    if not path.is_file():
        raise MissingDataError(f"There is no run {path}.", "Check --runs.")
    columns: dict[str, list[Any]] = {"topic": [], "docid": [], "score": []}
    seen: set[tuple[str, str]] = set()
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                query, _, document, _, word, _ = (word.decode() for word in line.split())
                score = float(word)
            except ValueError as error:  # of decoding, of unpacking and of the number
                raise DataFormatError(
                    f"{path}:{number}: {shorten(line)} has not six columns of UTF-8 text, the fifth a number.",
                    "Write lines such as  en:1 Q0 de:7 1 0.83 tag",
                ) from error
            if not math.isfinite(score):
                raise DataFormatError(f"{path}:{number}: the score is {shorten(word)}.", "Give a finite number.")
            if (query, document) in seen:
                raise DataFormatError(
                    f"{path}:{number}: the query {shorten(query)} has the document {shorten(document)} already.",
                    "Give each document once for a query.",
                )
            seen.add((query, document))
            for name, value in (("topic", query), ("docid", document), ("score", score)):
                columns[name].append(value)
    if not seen:
        raise DataFormatError(f"{path} holds no passage for any query.", "Check --runs.")
    table = _ranked(pd.DataFrame(columns))
    return table.assign(q0="Q0", tag="run")[["topic", "q0", "docid", "rank", "score", "tag"]]


def _ranked(table: pd.DataFrame) -> pd.DataFrame:
    """Order rows as trec_eval does, by score in single precision and then by document id, both descending."""
    with np.errstate(over="ignore"):
        single = table["score"].astype(np.float32)
    ordered = table.assign(single=single).sort_values(["topic", "single", "docid"], ascending=[True, False, False])
    return ordered.assign(rank=ordered.groupby("topic", sort=False).cumcount() + 1).drop(columns="single")


def _check_queries(runs: Sequence[Path], tables: Sequence[pd.DataFrame], allow_missing: bool) -> None:
    """Refuse runs of different queries, and, unless it is allowed, a run that lacks some."""
    asked = [set(table["topic"]) for table in tables]
    every = set().union(*asked)
    for path, queries in zip(runs, asked, strict=True):
        if not queries & set().union(*(others for others in asked if others is not queries)):
            raise DataFormatError(f"{path} has no query in common with the other runs.", "Give runs of one dataset.")
        if missing := every - queries:
            fix = "Give runs of the same queries, or allow it with --allow-missing."
            if not allow_missing:
                raise DataFormatError(
                    f"{path} lacks {len(missing):,} of {len(every):,} queries, such as {shorten(min(missing))}.", fix
                )
