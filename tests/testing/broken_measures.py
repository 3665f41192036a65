"""Measures that break their contract in one way each, and sound ones that they are made from."""

import random
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from beir_hybrid.testing import MeasureContract


@dataclass(frozen=True)
class Sound:
    """Recall, with the cut-off k."""

    cutoff: int
    higher_is_better: ClassVar = True
    needs_languages: ClassVar = False
    source: ClassVar[str] = "a textbook"

    @property
    def name(self):
        return f"{type(self).__name__.lower()}@{self.cutoff}"

    @property
    def depth(self):
        return 0

    def values(self, rankings):
        return rankings.sum_by_query((rankings.rank <= self.cutoff).astype(np.float64)) / rankings.relevant


@dataclass(frozen=True)
class Even:
    """How far apart two languages' best passages are, in the full ranking and up to k."""

    cutoff: int
    higher_is_better: ClassVar = False
    needs_languages: ClassVar = True
    source: ClassVar[str] = "a textbook"

    name = Sound.name
    depth = Sound.depth

    def rank(self, rankings):
        return rankings.mid_rank

    def values(self, rankings):
        rank = np.minimum(self.rank(rankings), self.cutoff + 1.0)
        first = np.maximum.reduceat(rank, rankings.starts) - np.minimum.reduceat(rank, rankings.starts)
        return first / self.cutoff


class Misnamed(Sound):
    name = "misnamed"


class Sourceless(Sound):
    source = ""


class Undecided(Sound):
    higher_is_better = "yes"


class Thawed:
    cutoff = 10
    name = "thawed@10"
    depth = 0
    higher_is_better, needs_languages, source = True, False, "a textbook"

    def __init__(self, cutoff):
        pass

    def values(self, rankings):
        return Sound(self.cutoff).values(rankings)


class Averaged(Sound):
    def values(self, rankings):
        return super().values(rankings).mean()


class Single(Sound):
    def values(self, rankings):
        return super().values(rankings).astype(np.float32)


class Listing(Sound):
    def values(self, rankings):
        return super().values(rankings).tolist()


class Infinite(Sound):
    def values(self, rankings):
        with np.errstate(divide="ignore"):
            return np.where(rankings.retrieved > 50, super().values(rankings), 1 / np.zeros(rankings.queries))


class Percent(Sound):
    def values(self, rankings):
        return 100 * super().values(rankings)


class Hopeful(Sound):
    def values(self, rankings):
        return np.where(rankings.retrieved > 0, super().values(rankings), 1.0)


class Forgiving(Sound):
    def values(self, rankings):
        return np.where(rankings.retrieved > 0, super().values(rankings), np.nan)


class Relative(Sound):
    def values(self, rankings):
        values = super().values(rankings)
        return values / max(values.max(), 1e-9)


class Numbered(Sound):
    def values(self, rankings):
        return super().values(rankings) / (1 + np.arange(rankings.queries))


class Superstitious(Sound):
    depth = property(lambda self: self.cutoff)

    def values(self, rankings):
        odd = rankings.top_at(self.cutoff).passage[:, 0] % 2
        return super().values(rankings) * np.where(odd, 1.0, 0.5)


class Partial(Sound):
    def values(self, rankings):
        first = (rankings.rank <= self.cutoff) & (rankings.language == 0)
        return rankings.sum_by_query(first.astype(np.float64)) / rankings.relevant


class Noisy(Sound):
    def values(self, rankings):
        return super().values(rankings) * random.uniform(0.5, 1.0)


class Scribbling(Sound):
    def values(self, rankings):
        rankings.rank[rankings.rank > self.cutoff] = np.inf
        return super().values(rankings)


class Shallow(Sound):
    depth = property(lambda self: 2)

    def values(self, rankings):
        hits = (rankings.top_at(self.cutoff).grade > 0).sum(axis=1)
        return np.minimum(1.0, hits / rankings.relevant)


class Peeking(Sound):
    depth = property(lambda self: self.cutoff)

    def values(self, rankings):
        return (rankings.top.grade > 0).mean(axis=1)


class Uncut(Even):
    depth = property(lambda self: self.cutoff)
    higher_is_better = None

    def values(self, rankings):
        last = rankings.top_at(self.cutoff).passage[:, -1]
        values = np.full(rankings.queries, np.nan)
        for other in rankings.translations():
            values[other.query] = (other.passage == last[other.query, None]).argmax(axis=1) / 1000
        return values


class Endless(Sound):
    def values(self, rankings):
        return rankings.sum_by_query(1 / rankings.rank) / rankings.relevant


class Averse(Sound):
    higher_is_better = False


class Parity(Sound):
    def values(self, rankings):
        hits = (rankings.rank <= self.cutoff) & (rankings.rank % 2 == 1)
        return rankings.sum_by_query(hits.astype(np.float64)) / rankings.relevant


class Tieless(Sound):
    def values(self, rankings):
        hits = rankings.mid_rank <= self.cutoff
        return rankings.sum_by_query(hits.astype(np.float64)) / rankings.relevant


class Alphabetical(Even):
    def rank(self, rankings):
        return rankings.rank


class Reversed(Even):
    higher_is_better = True


PLUGINS = [thing for thing in list(globals().values()) if isinstance(thing, type) and hasattr(thing, "values")]
for thing in PLUGINS:
    globals()[f"Test{thing.__name__}"] = type(
        f"Test{thing.__name__}", (MeasureContract,), {"name": f"{thing.__name__.lower()}@10", "__module__": __name__}
    )
