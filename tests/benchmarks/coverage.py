"""How often 95 % intervals hold the true mean: this package's against other methods, by simulation.

Questions are asked in four languages, in 4 monolingual and 12 cross-lingual settings. A query's value is the reciprocal
rank of one passage, whose logarithm is the sum of the question's difficulty, of its difficulty for the system, and of
noise; so values of one question go together, lie in (0, 1], and are skewed where questions are hard. Looked at are the
differences of two systems that are alike (the true difference is 0; ``even``: most questions have none), and the values
of one system, of questions of middle difficulty and of hard ones. The interval is that of the macro mean over the
cross-lingual settings. Designs: ``whole``, every question in every setting; ``half``, half of the questions have no
value at all; ``holes``, half of the values are missing at random; ``uneven``, half of the questions are in one language
only; ``heavy``, a question stands for 1 or more queries with the same value, 3 in the mean.

Methods: ``ours``; ``t``, the jackknife with t quantiles and as many degrees of freedom, without the correction for
skewness; bootstraps over questions with 999 draws: ``percentile``, ``expanded`` percentile and ``bca``. Of ours there
is also in how many simulations the true mean lay below and above the interval, and its mean width. ``agree`` is the
share of simulations in which the interval and the randomization test of ``compare`` say the same of a difference. The
package's target: at least .94 of differences in each design, and of values from 20 questions on; with 2,000
simulations, a coverage of .95 varies by .005.

    python tests/benchmarks/coverage.py [--simulations 2000] [--quick]
"""

from __future__ import annotations

import argparse
import time

import numpy as np
import scipy.special

from beir_hybrid.evaluation.query_values import QueryValues, SettingValues
from beir_hybrid.evaluation.statistics.significance import intervals, paired_test

LANGUAGES = ("de", "en", "es", "ru")
SETTINGS = [(one, other) for one in LANGUAGES for other in LANGUAGES if one != other] + [
    (one, one) for one in LANGUAGES
]
CROSS = 12
DESIGNS = [(200, "whole"), (60, "whole"), (60, "half"), (60, "holes"), (60, "uneven"), (60, "heavy"), (20, "whole")]
DESIGNS += [(20, "holes"), (20, "heavy"), (10, "whole"), (10, "holes"), (10, "uneven"), (10, "heavy"), (5, "whole")]
HARDNESS = {"differences": 0.3, "even": 0.3, "values": 0.3, "hard": 2.5}
DRAWS = 999
ORDER = ("ours", "t", "percentile", "expanded", "bca")


def reciprocal_ranks(rng, difficulty):
    """Values of one system, shape (questions, settings)."""
    for_system = rng.normal(0, 0.7, (len(difficulty), 1))
    rank = np.ceil(np.exp(difficulty + for_system + rng.normal(0, 0.8, (len(difficulty), len(SETTINGS)))))
    return 1 / np.clip(rank, 1, 400)


def draw(rng, what, questions):
    """Values, or differences of two systems, shape (questions, settings)."""
    difficulty = HARDNESS[what] + rng.normal(0, 1, (questions, 1))
    values = reciprocal_ranks(rng, difficulty)
    if what in {"differences", "even"}:
        values = values - reciprocal_ranks(rng, difficulty)
    return np.where(rng.random((questions, 1)) < 0.7, 0.0, values) if what == "even" else values


def counts_of(rng, design, questions):
    """How many queries each question has in each setting, shape (questions, settings)."""
    counts = np.ones((questions, len(SETTINGS)), int)
    if design == "half":
        counts[questions // 2 :] = 0
    elif design == "holes":
        counts = rng.integers(0, 2, counts.shape)
    elif design == "uneven":
        counts[questions // 2 :, [query != LANGUAGES[0] for query, _ in SETTINGS]] = 0
    elif design == "heavy":
        counts *= rng.geometric(1 / 3, (questions, 1))
    return counts


def query_values(values, counts):
    """The same in this package's form; questions without a query in a setting have an undefined value there."""
    found = []
    for place, (query, passage) in enumerate(SETTINGS):
        times = np.maximum(counts[:, place], 1)
        column = np.repeat(np.where(counts[:, place] > 0, values[:, place], np.nan), times)
        groups = tuple(map(str, np.repeat(np.arange(len(values)), times).tolist()))
        queries = tuple(f"{query}:{number}" for number in range(len(column)))
        name, kind = (query, "mono") if query == passage else (f"{query}-{passage}", "cross")
        found.append(SettingValues(name, kind, queries, groups, {"mrr": column}))
    return QueryValues(tuple(found))


def macro_mean(sums, counts, instead):
    """Means over settings; sums and counts of shape (..., settings)."""
    return np.where(counts > 0, sums / np.maximum(counts, 1), instead).mean(axis=-1)


def others(rng, values, counts):
    """Intervals by the other methods."""
    counts, sums = counts[:, :CROSS], (values * counts)[:, :CROSS]
    totals = counts.sum(axis=0)
    instead = sums.sum(axis=0) / np.maximum(totals, 1)
    mean = macro_mean(sums.sum(axis=0), totals, instead)
    present = (counts > 0).any(axis=1)
    size = int(present.sum())
    without = macro_mean(sums.sum(axis=0) - sums, totals - counts, instead)[present]
    error = np.sqrt((size - 1) / size * ((without - mean) ** 2).sum())
    weight = (counts / np.maximum(totals, 1)).mean(axis=1)[present]
    weight /= weight.sum()
    away = np.eye(size) - np.outer(np.ones(size), weight)
    form = away.T @ np.diag((weight / (1 - weight)) ** 2) @ away
    freedom = np.trace(form) ** 2 / (form**2).sum()
    quantile = scipy.special.stdtrit(freedom, 0.975)
    picked = rng.integers(0, len(values), (DRAWS, len(values))) + np.arange(DRAWS)[:, None] * len(values)
    times = np.bincount(picked.ravel(), minlength=picked.size).reshape(picked.shape).astype(float)
    drawn = macro_mean(times @ sums, times @ counts, instead)
    normal = scipy.special.ndtri(0.975)
    level = scipy.special.ndtr(-np.sqrt(size / (size - 1)) * scipy.special.stdtrit(size - 1, 0.975))
    share = np.mean(drawn < mean) + np.mean(drawn == mean) / 2
    shift = scipy.special.ndtri(np.clip(share, 1 / DRAWS, 1 - 1 / DRAWS))
    change = without.mean() - without
    acceleration = (change**3).sum() / (6 * ((change**2).sum() ** 1.5 or 1))
    moved = shift + np.array([-normal, normal])
    return {
        "t": (mean - quantile * error, mean + quantile * error),
        "percentile": np.quantile(drawn, [0.025, 0.975]),
        "expanded": np.quantile(drawn, [level, 1 - level]),
        "bca": np.quantile(drawn, scipy.special.ndtr(shift + moved / (1 - acceleration * moved))),
    }


def simulate(what, questions, design, simulations, truth):
    """By method, how often the truth lay below and above the interval, and its mean width; and how often all agree."""
    rng = np.random.default_rng([questions, *map(ord, design + what)])
    found = {method: np.zeros(3) for method in ORDER}
    agreed = 0
    for _ in range(simulations):
        values, counts = draw(rng, what, questions), counts_of(rng, design, questions)
        given = query_values(values, counts)
        bounds = None if truth == 0 else {"mrr": (0.0, 1.0)}
        ends = {"ours": intervals(given, bounds=bounds)["scores"]["cross"]["mrr"], **others(rng, values, counts)}
        for method, (low, high) in ends.items():
            found[method] += truth < low - 1e-12, truth > high + 1e-12, high - low
        if truth == 0:
            p = paired_test(given, 999, settings=False)["scores"]["cross"]["mrr"]
            low, high = ends["ours"]
            agreed += (p < 0.05) == (not low <= 0 <= high)
    return {method: row / simulations for method, row in found.items()}, agreed / simulations


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--simulations", type=int, default=2000)
    parser.add_argument("--quick", action="store_true", help="a tenth of the simulations")
    chosen = parser.parse_args()
    simulations = chosen.simulations // 10 if chosen.quick else chosen.simulations
    start = time.perf_counter()
    for what in HARDNESS:
        null = what in {"differences", "even"}
        truth = 0.0 if null else float(draw(np.random.default_rng(0), what, 400_000)[:, :CROSS].mean())
        print(f"\n{what}, true mean {truth:.3f}, {simulations} simulations")  # noqa: T201
        heading = f"{'questions':18}{'ours':>22}{'width':>8}" + "".join(f"{name:>12}" for name in ORDER[1:])
        print(heading + " agree" * null)  # noqa: T201
        for questions, design in DESIGNS:
            found, agreed = simulate(what, questions, design, simulations, truth)
            below, above, width = found["ours"]
            ours = f"{1 - below - above:.3f} ({below:.3f}, {above:.3f})"
            rest = "".join(f"{1 - found[name][0] - found[name][1]:12.3f}" for name in ORDER[1:])
            row = f"{questions:5} {design:12}{ours:>22}{width:8.3f}{rest}" + f" {agreed:.3f}" * null
            print(row, flush=True)  # noqa: T201
    print(f"\n{time.perf_counter() - start:.0f} s")  # noqa: T201


if __name__ == "__main__":
    main()
