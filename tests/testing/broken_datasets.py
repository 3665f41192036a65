"""Datasets that break their contract in one way each, and a sound one that they are made from."""

import random
from dataclasses import replace
from typing import ClassVar

import numpy as np

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.languages import choose_languages
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.passage import Passage
from beir_hybrid.testing import DatasetContract


class Sound:
    """Six questions in three languages, a third of them for the test split."""

    description = "six questions in three languages"
    languages = ("de", "en", "th")
    licence = "Apache-2.0"
    splits = ("test", "train")
    queries = passages = 6
    numbers: ClassVar = {"test": range(2), "train": range(2, 6)}

    def __init__(self):
        self.name = type(self).__name__.lower()

    def choose(self, languages):
        return choose_languages(languages, self.languages, self.name)

    def load(self, source=None, languages=None, split="test"):
        if split not in self.numbers:
            raise ConfigurationError(f"There is no split {split!r}.", "Choose another.")
        chosen, numbers = self.choose(languages), self.numbers[split]
        return MultilingualCollection(
            name=self.name,
            corpora={code: {f"{code}:{n}": Passage(f"{code} passage {n}") for n in numbers} for code in chosen},
            queries={code: {f"{code}:q{n}": f"{code} question {n}" for n in numbers} for code in chosen},
            qrels={f"{code}:q{n}": {f"{other}:{n}": 1 for other in chosen} for code in chosen for n in numbers},
            group_of={f"{code}:q{n}": str(n) for code in chosen for n in numbers},
        )

    def pairs(self, source=None, languages=None, split="train"):
        return ParallelPairs.from_pairs(
            self.name,
            [
                Pair(self.group(n, code), code, f"{code} question {n}", f"{code} passage {n}")
                for code in self.choose(languages)
                for n in self.numbers[split]
            ],
        )

    def group(self, number, language):
        return str(number)


class Misnamed(Sound):
    def __init__(self):
        self.name = "other"

    def load(self, source=None, languages=None, split="test"):
        return replace(super().load(source, languages, split), name="misnamed")

    def pairs(self, source=None, languages=None, split="train"):
        return ParallelPairs("misnamed", super().pairs(source, languages, split).table)


class Silent(Sound):
    licence = ""


class Underscored(Sound):
    languages = ("de", "en_us", "th")


class Lazy(dict):
    """A corpus that is believed to have sound ids."""

    def __init__(self, language, passages):
        super().__init__(passages)
        self.language, self.checksum = language, f"{len(passages):032x}"


class Bare(Sound):
    def load(self, source=None, languages=None, split="test"):
        found = super().load(source, languages, split)
        corpora = {code: Lazy(code, {**texts, "17": Passage("more")}) for code, texts in found.corpora.items()}
        self.passages = sum(map(len, corpora.values()))
        return replace(found, corpora=corpora)


class Echoing(Sound):
    def load(self, source=None, languages=None, split="test"):
        found = super().load(source, languages, split)
        corpora = {
            code: {query: Passage(query) for query in texts} | dict(found.corpora[code])
            for code, texts in found.queries.items()
        }
        self.passages = sum(map(len, corpora.values()))
        return replace(found, corpora=corpora)


class Blank(Sound):
    def load(self, source=None, languages=None, split="test"):
        found = super().load(source, languages, split)
        corpora = {
            code: {name: Passage(" ") if name == "de:1" else text for name, text in texts.items()}
            for code, texts in found.corpora.items()
        }
        return replace(found, corpora=corpora)


class Dangling(Sound):
    def load(self, source=None, languages=None, split="test"):
        found = super().load(source, languages, split)
        for judged in found.qrels.values():
            judged["th:99"] = 0
        return found


class Fractional(Sound):
    def load(self, source=None, languages=None, split="test"):
        found = super().load(source, languages, split)
        return replace(found, qrels={query: dict.fromkeys(judged, 1.0) for query, judged in found.qrels.items()})


class Fruitless(Sound):
    def load(self, source=None, languages=None, split="test"):
        found = super().load(source, languages, split)
        qrels = {query: dict.fromkeys(judged, 0 if query[:2] == "en" else 1) for query, judged in found.qrels.items()}
        return replace(found, qrels=qrels)


class Crowded(Sound):
    def load(self, source=None, languages=None, split="test"):
        found = super().load(source, languages, split)
        return replace(found, group_of=dict.fromkeys(found.group_of, "one"))


class Sorting(Sound):
    def choose(self, languages):
        return tuple(sorted(super().choose(languages)))


class Greedy(Sound):
    def choose(self, languages):
        super().choose(languages)
        return self.languages


class Careless(Sound):
    def choose(self, languages):
        return tuple(code for code in self.languages if languages is None or code in languages)


class Entangled(Sound):
    def load(self, source=None, languages=None, split="test"):
        found = super().load(source, languages, split)
        text = "one of " + " ".join(sorted(found.languages))
        return replace(found, queries={code: dict.fromkeys(texts, text) for code, texts in found.queries.items()})


class Swallowing(Sound):
    def load(self, source=None, languages=None, split="test", **options):
        return super().load(source, languages, split)


class Unusual(Sound):
    splits = ("train", "test")


class Splitless(Sound):
    def load(self, source=None, languages=None, split="test"):
        return super().load(source, languages, split if split in self.numbers else "test")


class Boasting(Sound):
    queries = 13_495


class Shuffling(Sound):
    def load(self, source=None, languages=None, split="test"):
        found = super().load(source, languages, split)
        order = random.sample(range(20), 20)
        more = {f"de:{n}": Passage(f"passage {n}") for n in order}
        corpora = {code: {**texts, **more} if code == "de" else texts for code, texts in found.corpora.items()}
        self.passages = sum(map(len, corpora.values()))
        return replace(found, corpora=corpora)


class Seeding(Sound):
    def load(self, source=None, languages=None, split="test"):
        np.random.seed(0)
        return super().load(source, languages, split)


class Monolingual(Sound):
    def group(self, number, language):
        return f"{language}:{number}"


class Twofold(Sound):
    def group(self, number, language):
        return str(number // 2)


class Crossed(Sound):
    numbers: ClassVar = {"test": range(6), "train": range(6)}
    queries = passages = 18

    def group(self, number, language):
        return str((number + (language == "en")) % 6)


class Restless(Sound):
    def pairs(self, source=None, languages=None, split="train"):
        table = super().pairs(source, languages, split).table
        return ParallelPairs(self.name, table.take(random.sample(range(len(table)), len(table))))


class Indiscriminate(Sound):
    def pairs(self, source=None, languages=None, split="train"):
        return super().pairs(source, None, split)


BROKEN = [thing for thing in list(globals().values()) if isinstance(thing, type) and issubclass(thing, Sound)]
for thing in BROKEN:
    globals()[thing.__name__.upper()] = thing()
    globals()[f"Test{thing.__name__}"] = type(
        f"Test{thing.__name__}", (DatasetContract,), {"name": thing.__name__.lower(), "__module__": __name__}
    )
