"""Tatoeba: sentences and their English translations, as LASER chose them (Artetxe and Schwenk, arXiv:1812.10464)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import NamedTuple

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.left_out import LeftOut, check_text
from beir_hybrid.datasets.rows import read_lines
from beir_hybrid.datasets.sources import Files, names_there
from beir_hybrid.errors import ConfigurationError, DataFormatError, did_you_mean
from beir_hybrid.languages import choose_languages, short_code
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.passage import Passage
from beir_hybrid.texts import fold

_COMMIT = "74bc6ae7ffb7cba670fe0f428d0ede9f666fb821"
_URL = f"https://raw.githubusercontent.com/facebookresearch/LASER/{_COMMIT}/data"
_FIX = "Give two files of as many lines, a sentence and its translation in lines of one number."
_TEST = "-test"
_SPLITS = ("to-english", "from-english", f"to-english{_TEST}", f"from-english{_TEST}")

_CHECKSUMS = dict(
    line.split()
    for line in files("beir_hybrid.datasets").joinpath("tatoeba.txt").read_text(encoding="utf-8").splitlines()
)


def _codes(names: Iterable[str]) -> dict[str, str]:
    """Return the codes in names of files by the package's codes of languages."""
    return {short_code(name): name for name in names if name.isalpha() and len(name) in (2, 3)}


class Tatoeba:
    """Bitext retrieval: of each sentence, its translation into English, or of each English one those into a language.

    An English sentence of several languages' files is one passage, or one query, so translations of it in all languages
    are a group. With English and one other language, this is LASER's and MTEB's task, whose accuracy is ``success@1``;
    with more, English sentences of all their files are searched. No sentence is searched for its own copy: settings are
    ``de-en`` and the like in the split ``to-english``, ``en-de`` and ``en-all`` in ``from-english``.
    """

    name = "tatoeba"
    description = "up to 1,000 sentences with their English translations in each of 112 languages, bitext retrieval"
    languages = tuple(sorted({*_codes(path.split(".")[2] for path in _CHECKSUMS)}))
    licence = "CC BY 2.0 FR"
    splits = _SPLITS
    queries = 88_877
    passages = 69_241

    @cached_property
    def _files(self) -> Files:
        return Files(_CHECKSUMS, {path: f"{_URL}/{path.replace('/', '/v1/')}" for path in _CHECKSUMS})

    def load(
        self,
        source: str | Path | None = None,
        languages: Iterable[str] | None = None,
        split: str = _SPLITS[0],
    ) -> MultilingualCollection:
        """Load sentences and their translations.

        Args:
            source: Folder that holds ``tatoeba.deu-eng.deu``, ``tatoeba.deu-eng.eng`` and so on; see
                :class:`~beir_hybrid.datasets.sources.Files`.
            languages: Language codes, English among them, of the release or of further files in the folder; None for
                all of the release.
            split: ``to-english`` or ``from-english``; with ``-test``, only the sentences that :meth:`pairs` lacks.

        Raises:
            ConfigurationError: If there is no such split, or English is not among the languages, or nothing else.
        """
        if split not in self.splits:
            raise ConfigurationError(f"tatoeba has no split {split!r}.", did_you_mean(split, self.splits))
        left_out = LeftOut(self.name)
        rows = self._read(source, languages, left_out)
        notes = left_out.tell()
        if split.endswith(_TEST):
            rows = {language: [row for row in some if row.is_test] for language, some in rows.items()}
        if sum(map(bool, rows.values())) > 1 and split.startswith("to-english"):
            notes += ("English passages are those of all languages: not comparable with 1,000 of one language",)
        return _collection(rows, split, notes)

    def pairs(self, source: str | Path | None = None, languages: Iterable[str] | None = None) -> ParallelPairs:
        """Load what the splits ``to-english-test`` and ``from-english-test`` lack, to train on across languages.

        A sentence and its English translation are a group, in which each is question and passage of its language, so
        strategies such as ``x-y`` make sense and monolingual batches do not. English sentences with a translation that
        a test sentence shares, in the languages chosen, are left out.

        Args:
            source: As for :meth:`load`.
            languages: Likewise.

        Raises:
            ConfigurationError: As for :meth:`load`.
        """
        left_out = LeftOut(self.name)
        rows = [row for some in self._read(source, languages, left_out).values() for row in some]
        left_out.tell()
        tested = {fold(text) for row in rows if row.is_test for text in (row.text, row.english)}
        tested |= {fold(row.english) for row in rows if fold(row.text) in tested}
        kept = [row for row in rows if fold(row.english) not in tested]
        if not kept:
            raise DataFormatError("All chosen sentences of tatoeba are held out for tests.", "Choose more languages.")
        sides = ((row, side) for row in kept for side in ((row.language, row.text), ("en", row.english)))
        return ParallelPairs.from_pairs(
            self.name, (Pair(row.name, language, text, text) for row, (language, text) in sides)
        )

    def _read(
        self, source: str | Path | None, languages: Iterable[str] | None, left_out: LeftOut
    ) -> dict[str, list[_Row]]:
        """Read the sentences of each language chosen; none for English, which stands beside the others."""
        there = names_there(source, "tatoeba/tatoeba.*-eng.eng") if languages is not None else []
        codes = _codes([*(path.split(".")[2] for path in _CHECKSUMS), *there])
        chosen = choose_languages(languages, self.languages if languages is None else sorted(codes), self.name)
        others = [language for language in chosen if language != "en"]
        if "en" not in chosen or not others:
            raise ConfigurationError(
                f"tatoeba pairs languages with English, and the choice is {', '.join(chosen)}.",
                "Choose English and others: --languages de,en",
            )
        rows: dict[str, list[_Row]] = {language: [] for language in chosen}
        for language in others:
            pair = f"{self.name}/{self.name}.{codes[language]}-eng"
            paths = self._files.find([f"{pair}.{codes[language]}", f"{pair}.eng"], source)
            rows[language] = [_Row(language, number, *pair) for number, pair in _read(paths, left_out).items()]
        return rows


class _Row(NamedTuple):
    """A sentence, the number of its line, and its English translation."""

    language: str
    number: int
    text: str
    english: str

    @property
    def name(self) -> str:
        """A name for the sentence."""
        return f"{self.language}:{self.number}"

    @property
    def group(self) -> str:
        """A name for the English sentence."""
        return hashlib.blake2b(self.english.encode(), digest_size=6).hexdigest()

    @property
    def is_test(self) -> bool:
        """Whether it is held out: a fifth of English sentences, by a checksum of their letters and digits."""
        letters = "".join(filter(str.isalnum, fold(self.english)))
        return hashlib.blake2b(letters.encode(), digest_size=1).digest()[0] < 256 // 5


def _collection(rows: Mapping[str, Sequence[_Row]], split: str, notes: tuple[str, ...]) -> MultilingualCollection:
    def is_asked(language: str) -> bool:
        return (language == "en") == split.startswith("from-english")

    texts: dict[str, dict[str, str]] = {language: {} for language in rows}
    group_of: dict[str, str] = {}
    for row in (row for some in rows.values() for row in some):
        texts[row.language][row.name] = row.text
        texts["en"][f"en:{row.group}"] = row.english
        group_of |= {row.name: row.group, f"en:{row.group}": row.group}
    relevant: dict[str, list[str]] = {}
    for identifier, group in group_of.items():
        if not is_asked(identifier.partition(":")[0]):
            relevant.setdefault(group, []).append(identifier)
    queries = {language: rows for language, rows in texts.items() if is_asked(language)}
    return MultilingualCollection(
        name="tatoeba",
        corpora={
            language: {identifier: Passage(text) for identifier, text in rows.items()}
            for language, rows in texts.items()
            if not is_asked(language)
        },
        queries=queries,
        qrels={query: dict.fromkeys(relevant[group_of[query]], 1) for rows in queries.values() for query in rows},
        passage_text="sentence",
        group_of={query: group_of[query] for rows in queries.values() for query in rows},
        notes=notes,
        measures=("success@1", "mrr@10", "map"),
    )


def _read(paths: list[Path], left_out: LeftOut) -> dict[int, tuple[str, str]]:
    """Read sentences and their translations by the number of their line."""
    sides: list[dict[int, str]] = []
    lines = []
    for path in paths:
        side: dict[int, str] = {}
        last = 0
        for last, line in read_lines(path):
            with left_out.counted(path):
                side[last] = _sentence(line, f"{path}:{last}")
        sides.append(side)
        lines.append(last)
        left_out.check(path, len(side), _FIX)
    if lines[0] != lines[1]:
        raise DataFormatError(
            f"{paths[0]} and {paths[1].name} have {lines[0]:,} and {lines[1]:,} lines: which belong together?",
            _FIX,
        )
    for path, side, other in zip(paths, sides, sides[::-1], strict=True):
        for number in sorted(side.keys() - other.keys()):
            with left_out.counted(path):
                raise DataFormatError(f"{path}:{number}: its translation is missing.", _FIX)
    return {number: (text, sides[1][number]) for number, text in sides[0].items() if number in sides[1]}


def _sentence(line: bytes, place: str) -> str:
    try:
        text = line.decode("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise DataFormatError(f"{place}: not UTF-8: {error}.", "Convert the file to UTF-8.") from error
    check_text(text, place)
    return text


TATOEBA = Tatoeba()
