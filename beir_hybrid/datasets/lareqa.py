"""XQuAD-R and MLQA-R: answer-sentence retrieval over parallel paragraphs (LAReQA, arXiv:2004.05484)."""

from __future__ import annotations

import bisect
import logging
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.rows import read_lines
from beir_hybrid.datasets.sources import Files, names_there, with_own
from beir_hybrid.errors import ConfigurationError, DataFormatError, did_you_mean, shorten
from beir_hybrid.languages import choose_languages
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs
from beir_hybrid.passage import Passage
from beir_hybrid.storage.files import parse_json

logger = logging.getLogger(__name__)

PassageText = Literal["sentence", "sentence+context"]

# where a sentence ends: the next one begins with no small letter, after a blank unless the mark is Chinese or Japanese
_END = re.compile(r"""(?:(?<=[.!?…।؟۔])["”»’)\]]*\s+|(?<=[。！？])[”」』）]*\s*)(?=["“„«‘(\[「『（¿¡]*[^\Wa-z_])""")


class Candidate(NamedTuple):
    """One sentence of a paragraph.

    Attributes:
        identifier: Official number ``{paragraph}_{sentence}``: paragraphs counted from 1 over the file, sentences
            from 0.
        sentence: The sentence, cut out of the paragraph.
        context: The whole paragraph.
    """

    identifier: str
    sentence: str
    context: str


class Question(NamedTuple):
    """One question.

    Attributes:
        identifier: The same in every language.
        text: The question itself.
        answer: Place of the candidate that answers it.
    """

    identifier: str
    text: str
    answer: int


@dataclass(frozen=True)
class Lareqa:
    """A LAReQA dataset: one SQuAD-like JSON file per language, with sentence breaks.

    Candidates are the sentences of all paragraphs; nothing is de-duplicated. A question's relevant passages are the
    sentences that hold its answer, one in every language that has the question.

    Attributes:
        name: Registered name, and the folder of its files.
        description: One line for listings.
        languages: Language codes.
        licence: The licence of its texts.
        url: Where the files are, with ``{language}`` in place of the code.
        queries: How many questions there are in all languages.
        passages: How many candidates there are in all languages.
        splits: Its only split, as BEIR's folders call it.
    """

    name: str
    description: str
    languages: tuple[str, ...]
    licence: str
    url: str
    queries: int | None = None
    passages: int | None = None
    splits: tuple[str, ...] = ("test",)

    @cached_property
    def _files(self) -> Files:
        table = files("beir_hybrid.datasets").joinpath("lareqa.txt").read_text(encoding="utf-8")
        checksums = dict(line.split() for line in table.splitlines())
        return Files(
            checksums, {self._path(language): self.url.format(language=language) for language in self.languages}
        )

    def load(
        self,
        source: str | Path | None = None,
        languages: Iterable[str] | None = None,
        passage_text: PassageText = "sentence",
    ) -> MultilingualCollection:
        """Load questions, candidates and relevance.

        Args:
            source: Folder with the files; see :class:`~beir_hybrid.datasets.sources.Files`.
            languages: Language codes, of the release or of files that the folder has beside it, such as ``ro`` where it
                holds ``ro.json``; None for all of the release. Passages in other languages leave the pool and the
                judgements.
            passage_text: ``sentence`` for the sentence alone, ``sentence+context`` for the sentence followed by its
                paragraph, the two inputs of LAReQA's models in one text.
        """
        texts = self._read(source, languages, passage_text)
        corpora: dict[str, dict[str, Passage]] = {}
        queries: dict[str, dict[str, str]] = {}
        group_of: dict[str, str] = {}
        answers: dict[str, dict[str, int]] = {}
        for language, (candidates, questions) in texts.items():
            documents = [f"{language}:{candidate.identifier}" for candidate in candidates]
            passages = (Passage(_text(candidate, passage_text), "", candidate.context) for candidate in candidates)
            corpora[language] = dict(zip(documents, passages, strict=True))
            queries[language] = {f"{language}:{question.identifier}": question.text for question in questions}
            group_of |= {f"{language}:{question.identifier}": question.identifier for question in questions}
            for question in questions:
                answers.setdefault(question.identifier, {})[documents[question.answer]] = 1
        own = [language for language in texts if language not in self.languages]
        return MultilingualCollection(
            name=self.name,
            corpora=corpora,
            queries=queries,
            qrels={query: answers[group] for query, group in group_of.items()},
            passage_text=passage_text,
            group_of=group_of,
            notes=(f"not of the release: {', '.join(own)}",) if own else (),
        )

    def pairs(
        self,
        source: str | Path | None = None,
        languages: Iterable[str] | None = None,
        passage_text: PassageText = "sentence",
    ) -> ParallelPairs:
        """Load questions with their answer sentences; the group is the question's id. See :meth:`load`."""
        texts = self._read(source, languages, passage_text)
        return ParallelPairs.from_pairs(
            self.name,
            (
                Pair(question.identifier, language, question.text, _text(candidates[question.answer], passage_text))
                for language, (candidates, questions) in texts.items()
                for question in questions
            ),
        )

    def _path(self, language: str) -> str:
        return f"{self.name}/{language}.json"

    def _read(
        self, source: str | Path | None, languages: Iterable[str] | None, passage_text: str
    ) -> dict[str, tuple[list[Candidate], list[Question]]]:
        known = get_args(PassageText)
        if passage_text not in known:
            raise ConfigurationError(f"passage_text is {passage_text!r}.", did_you_mean(passage_text, known))
        known = self.languages if languages is None else with_own(self.languages, names_there(source, self._path("*")))
        chosen = choose_languages(languages, known, self.name)
        paths = self._files.find([self._path(language) for language in chosen], source)
        return {language: read_lareqa(path) for language, path in zip(chosen, paths, strict=True)}


def read_lareqa(path: Path) -> tuple[list[Candidate], list[Question]]:
    """Read one language's file.

    Sentences are the slices of the paragraph that ``sentence_breaks`` names, not the file's own ``sentences``, which
    differ from them in one Turkish paragraph. A question's answer sentence is the one in which its answer begins. Where
    no paragraph has ``sentence_breaks``, as in XQuAD's own files, sentences end at a full stop, question or exclamation
    mark that no small letter follows, which is told in the log.

    Args:
        path: A JSON file in SQuAD's layout, gzipped if its name ends so.

    Returns:
        The candidates and the questions, in the file's order.

    Raises:
        DataFormatError: If the file is cut off, lacks a field, repeats a question id or has an answer outside every
            sentence; the message names file, paragraph and question.
    """
    try:
        content = parse_json(b"".join(line for _, line in read_lines(path)))
        paragraphs = [paragraph for article in content["data"] for paragraph in article["paragraphs"]]
    except DataFormatError:  # of a gzip file
        raise
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataFormatError(
            f"{path} is not a LAReQA file: {type(error).__name__}: {error}.", "Fetch the file again; it may be cut off."
        ) from error
    if not paragraphs:
        raise DataFormatError(f"{path} holds no paragraph.", "Fetch the file again.")
    if not any("sentence_breaks" in paragraph for paragraph in paragraphs if isinstance(paragraph, dict)):
        logger.warning("%s has no sentence_breaks, so its paragraphs are cut at full stops and the like", path)
        paragraphs = [_with_breaks(paragraph) for paragraph in paragraphs]
    candidates: list[Candidate] = []
    questions: list[Question] = []
    for number, paragraph in enumerate(paragraphs, start=1):
        try:
            _read_paragraph(number, paragraph, candidates, questions)
        except DataFormatError as error:
            raise DataFormatError(f"{path}: {error.problem}", error.fix) from error
        except (KeyError, TypeError, IndexError, ValueError) as error:
            raise DataFormatError(
                f"{path}: paragraph {number} is incomplete: {type(error).__name__}: {error}.",
                "Fetch the file again, or complete the paragraph.",
            ) from error
    counts = Counter(question.identifier for question in questions)
    if repeated := [identifier for identifier, count in counts.items() if count > 1]:
        raise DataFormatError(f"{path}: the question id {shorten(repeated[0])} occurs twice.", "Make ids unique.")
    return candidates, questions


def _with_breaks(paragraph: Any) -> Any:
    """Add the places of sentences to a paragraph; one without a text is left to the messages of who reads it."""
    if not isinstance(paragraph, dict) or not isinstance(text := paragraph.get("context"), str):
        return paragraph
    places = [0, *(end.end() for end in _END.finditer(text)), len(text)]
    spans = ((start, start + len(text[start:end].rstrip())) for start, end in pairwise(places))
    return {**paragraph, "sentence_breaks": [[start, end] for start, end in spans if start < end]}


def _read_paragraph(
    number: int, paragraph: dict[str, Any], candidates: list[Candidate], questions: list[Question]
) -> None:
    context, breaks = paragraph["context"], paragraph["sentence_breaks"]
    first = len(candidates)
    for place, (start, end) in enumerate(breaks):
        candidates.append(Candidate(f"{number}_{place}", context[start:end], context))
    starts = [start for start, _ in breaks]
    for entry in paragraph["qas"]:
        position = entry["answers"][0]["answer_start"]
        place = bisect.bisect_right(starts, position) - 1
        if place < 0 or not breaks[place][0] <= position < breaks[place][1]:
            raise DataFormatError(
                f"the answer of question {shorten(entry['id'])} begins at {shorten(position)}, outside every sentence "
                f"of paragraph {number}.",
                "Correct answer_start or sentence_breaks.",
            )
        for field in ("id", "question"):
            if not isinstance(entry[field], str):
                raise DataFormatError(
                    f"a question of paragraph {number} has the {field} {shorten(entry[field])}.", "Give a string."
                )
        questions.append(Question(entry["id"], entry["question"], first + place))


def _text(candidate: Candidate, passage_text: PassageText) -> str:
    return candidate.sentence if passage_text == "sentence" else f"{candidate.sentence} {candidate.context}"


_REPOSITORY = "https://raw.githubusercontent.com/google-research-datasets/lareqa"

XQUAD_R = Lareqa(
    name="xquad-r",
    description="1,190 questions in each of 11 languages, 13,014 candidate sentences, fully parallel (LAReQA)",
    languages=("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh"),
    licence="CC BY-SA 4.0",
    url=f"{_REPOSITORY}/main/xquad-r/{{language}}.json",
    queries=13_090,
    passages=13_014,
)

MLQA_R = Lareqa(
    name="mlqa-r",
    description="4,199 questions in 7 languages, 20,534 candidate sentences, partly parallel (LAReQA)",
    languages=("ar", "de", "en", "es", "hi", "vi", "zh"),
    licence="CC BY-SA 3.0 by MLQA's README, CC BY-NC 4.0 by its LICENSE file",
    # the files left the main branch later
    url=f"{_REPOSITORY}/354d67d1cd066854cdfbf5ad0e6105528976141d/mlqa-r/{{language}}.json",
    queries=4_199,
    passages=20_534,
)
