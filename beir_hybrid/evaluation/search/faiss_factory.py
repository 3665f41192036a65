"""Faiss's factory strings, such as ``HNSW64:efSearch=200``: an empty index, its training and its options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from beir_hybrid.arrays import Floats32
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.search.scores import Vectors, gather
from beir_hybrid.workers import processors

# with these Faiss ends the process or never returns
_UNFIT = re.compile(r"(?<![0-9])0+(?![0-9])|HNSW1(?![0-9])|NSG[0-9]*")
_TRAINING = 2**16  # vectors trained on
_TRAINING_EACH = 64  # for each list of an inverted file, which wants 39 at least


def parse_factory(factory: str) -> tuple[str, dict[str, float]]:
    """Split the name of an index into Faiss's own string and the options behind it.

    Args:
        factory: Such as ``HNSW64`` or ``IVF256,Flat:nprobe=16``; options are anything that
            ``faiss.ParameterSpace`` takes.

    Raises:
        ConfigurationError: If an option has no number above 0.

    Examples:
        >>> parse_factory("HNSW64:efSearch=200,efConstruction=80")
        ('HNSW64', {'efSearch': 200.0, 'efConstruction': 80.0})
    """
    string, _, words = factory.partition(":")
    options = {}
    for word in words.split(",") if words else ():
        name, _, text = word.partition("=")
        try:
            options[name.strip()] = value = float(text)
        except ValueError:
            value = 0.0
        if not (name.strip() and 0 < value < float("inf")):
            raise ConfigurationError(
                f"The option {word!r} of the index {factory!r} has no number above 0.",
                "Write options such as HNSW64:efSearch=200.",
            )
    return string.strip(), options


def empty_index(factory: str, dimensions: int) -> Any:
    """Build a Faiss index that holds nothing yet, by inner product.

    Args:
        factory: As for :class:`~.faiss_index.FaissIndex`, options included.
        dimensions: Of the vectors to come; 0 if unknown, in which case only the options are checked.

    Raises:
        ConfigurationError: If Faiss does not know the string or an option, or builds no such index for inner products
            or vectors of this size.
    """
    import faiss

    string, options = parse_factory(factory)
    if unfit := _UNFIT.search(string):
        raise ConfigurationError(
            f"{unfit.group()!r} in the index {factory!r} cannot be used here.",
            "Numbers are above 0, HNSW has 2 links or more, and NSG cannot be built in blocks.",
        )
    if not dimensions:
        return None
    with faiss_at_work(factory, f"vectors of {dimensions} dimensions"):
        index = faiss.index_factory(dimensions, string, faiss.METRIC_INNER_PRODUCT)
        if index.metric_type != faiss.METRIC_INNER_PRODUCT:
            raise RuntimeError("it is not for inner products")
        for name, value in options.items():
            faiss.ParameterSpace().set_index_parameter(index, name, value)
    return index


def training_sample(index: Any, passages: Sequence[Vectors], seed: int) -> Floats32:
    """Draw the vectors that an index is trained on.

    Args:
        index: The empty index.
        passages: Vectors of shape (passages of the language, dimensions) per language; may be memory-mapped.
        seed: Selects them.

    Returns:
        Shape (n, dimensions): as many as inverted lists need to be placed, and 65,536 at least, if there are so many.
    """
    total = sum(map(len, passages))
    count = min(total, max(_TRAINING, _TRAINING_EACH * _lists(index)))
    chosen = np.random.default_rng(seed).choice(total, count, replace=False, shuffle=False)
    return np.ascontiguousarray(gather(passages, chosen)[0])


def set_thoroughness(index: Any, depth: int, given: Mapping[str, float]) -> dict[str, float]:
    """Set how thoroughly an index is searched, unless given; see :class:`~.faiss_index.FaissIndex`.

    Args:
        index: The index, with all its vectors.
        depth: How many passages will be asked for.
        given: Options that are set already.

    Returns:
        What was set.
    """
    import faiss

    lists = _lists(index)
    enough = max(np.ceil(np.sqrt(lists)), np.ceil(4 * depth * lists / max(1, index.ntotal)))
    chosen = {}
    for name, value in (("efSearch", max(depth, 64)), ("nprobe", min(enough, lists))):
        if name not in given:
            try:
                faiss.ParameterSpace().set_index_parameter(index, name, float(value))
            except RuntimeError:  # it has no such option
                continue
            chosen[name] = float(value)
    return chosen


@contextmanager
def faiss_at_work(factory: str, what: str) -> Iterator[None]:
    """Have Faiss work on as many processors as the matrix products do, and report its errors in one line.

    Args:
        factory: The index, for messages.
        what: What it is built of or searched for, for messages.

    Raises:
        ConfigurationError: If Faiss raised an error.
    """
    import faiss

    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(processors())
    try:
        yield
    except RuntimeError as error:
        raise ConfigurationError(
            f"Faiss cannot use the index {factory!r} for {what}: {_reason(error)}.",
            "Choose such as Flat, HNSW64 or IVF256,Flat.",
        ) from error
    finally:
        faiss.omp_set_num_threads(threads)


def _lists(index: Any) -> int:
    """Return how many lists an inverted file has; 0 for other indexes."""
    import faiss

    inverted = faiss.try_extract_index_ivf(index)
    return 0 if inverted is None else int(inverted.nlist)


def _reason(error: RuntimeError) -> str:
    """Shorten an error of Faiss to its message without the place in its source, in one line."""
    text = " ".join(str(error).split())
    message = re.sub(r"^Error in .*? at \S+:\d+: ", "", text)
    failed = re.fullmatch(r"Error: '(.*)' failed:? ?(.*)", message)
    return (failed.group(2) or f"not {failed.group(1)}" if failed else message).rstrip(". ") or "no reason given"
