"""VectorDescription: what a folder of vectors holds, and how it is cut into shards."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from itertools import chain
from pathlib import Path
from typing import Any, get_args

from beir_hybrid.collection import MultilingualCollection, corpus_checksum
from beir_hybrid.errors import ConfigurationError, DataFormatError, ModelError
from beir_hybrid.evaluation.encoding.encoder import Encoder
from beir_hybrid.evaluation.encoding.encoding_options import EncodingOptions
from beir_hybrid.evaluation.encoding.vector_shard import STORED_FORMATS, StoredFormat
from beir_hybrid.prompts import Role
from beir_hybrid.storage.checksums import combine, digest_row
from beir_hybrid.storage.files import read_json

SCHEMA = 1
SHARD_ROWS = 200_000
"""Vectors of a shard, at most, unless asked otherwise."""

_FEWEST = 1_000  # rows of a shard that is made small for the sake of many parts
_EACH = 4  # shards for each part, so that parts end at about the same time

_MOST_SHARDS = 2**20  # of a folder; all of them are listed
_WORDS = {"dtype": "number format while encoding", "stored": "number format on disk"}


@dataclass(frozen=True)
class VectorRange:
    """A shard's place: consecutive texts of one role in one language, in the collection's order.

    Attributes:
        number: Of the shard, from 0 on; its folder is called after it.
        role: ``query`` or ``document``.
        language: Of the texts.
        start: Position of the first text among the language's.
        stop: Position after the last one.
    """

    number: int
    role: Role
    language: str
    start: int
    stop: int

    def __len__(self) -> int:
        return self.stop - self.start

    def __str__(self) -> str:
        kind = "queries" if self.role == "query" else "passages"
        return f"{self.name} ({kind} in {self.language}, {self.start:,} to {self.stop:,})"

    @property
    def name(self) -> str:
        """The name of the shard's folder."""
        return f"shard-{self.number:05}"


@dataclass(frozen=True)
class VectorDescription:
    """What a folder of vectors holds, and how it is cut into shards.

    Attributes:
        model: The model's name.
        fingerprint: The model's, from :func:`~.fingerprint.fingerprint_of`.
        query_prompt: What was put before a query.
        document_prompt: What was put before a passage.
        normalised: Whether the vectors have length 1.
        dtype: Number format that the model computed in.
        stored: Number format of the files.
        dimensions: Of each vector.
        dataset: The collection's name.
        texts: Checksums by role and language, which do not depend on the order.
        counts: Numbers of texts by role and language, in the collection's order.
        shard_rows: Vectors of a shard, at most.
        words: The options of the command that encodes them, for messages; empty if it was no command.
        query_prompts: What was put before queries in some of the languages instead, by their codes.
        document_prompts: Likewise before passages.
    """

    model: str
    fingerprint: str
    query_prompt: str
    document_prompt: str
    normalised: bool
    dtype: str
    stored: StoredFormat
    dimensions: int
    dataset: str
    texts: Mapping[Role, Mapping[str, str]]
    counts: Mapping[Role, Mapping[str, int]]
    shard_rows: int = SHARD_ROWS
    words: Sequence[str] = field(default=(), compare=False)
    query_prompts: Mapping[str, str] = field(default_factory=dict)
    document_prompts: Mapping[str, str] = field(default_factory=dict)

    @property
    def ranges(self) -> tuple[VectorRange, ...]:
        """The shards: queries first, no shard of two languages, all of a language but the last of one size."""
        pieces = [
            (role, language, start, min(start + self.shard_rows, count))
            for role, of_role in self.counts.items()
            for language, count in of_role.items()
            for start in range(0, count, self.shard_rows)
        ]
        return tuple(VectorRange(number, *piece) for number, piece in enumerate(pieces))

    def shard(self, part: VectorRange) -> dict[str, Any]:
        """Return what a shard says of itself."""
        common = {name: getattr(self, name) for name in ("fingerprint", "normalised", "dtype", "stored", "dimensions")}
        usual, by_language = getattr(self, f"{part.role}_prompt"), getattr(self, f"{part.role}_prompts")
        prompt = by_language.get(part.language, usual)
        texts = self.texts[part.role][part.language]
        return {"schema": SCHEMA, **asdict(part), **common, "prompt": prompt, "texts": texts}

    def difference(self, other: VectorDescription) -> str:
        """Say in a few words what another description has otherwise; empty if the same vectors belong to both."""
        for name in (each.name for each in fields(self) if each.compare and each.name not in {"model", "shard_rows"}):
            mine, theirs = getattr(self, name), getattr(other, name)
            if mine != theirs:
                if name == "fingerprint":
                    return f"vectors of the model {self.model}, whose weights are not those of {other.model}"
                if name in {"texts", "counts"}:
                    return f"vectors of {self.dataset} with other texts"
                return f"vectors whose {_WORDS.get(name, name.replace('_', ' '))} is {mine!r}, not {theirs!r}"
        return ""

    def command(self, folder: Path) -> str:
        """Return the sentence that says how to make the shards that are missing."""
        place = shlex.quote(str(folder))
        if not self.words:
            return f"Run beir-hybrid encode with the same model, dataset and options, and --output {place}"
        return f"Run: beir-hybrid encode {shlex.join(self.words)} --output {place}"

    def content(self) -> dict[str, Any]:
        """Return what is written to a file."""
        return {"schema": SCHEMA, **asdict(self), "words": list(self.words)}


def read_description(path: Path) -> VectorDescription:
    """Read a description that was written.

    Raises:
        MissingDataError: If there is none.
        DataFormatError: If it is damaged.
    """
    command = "beir-hybrid encode --output DIR"
    fix = f"Delete it, and run {command}: whole shards stay." if path.is_file() else f"Write the folder: {command}"
    content = read_json(path, fix, SCHEMA)
    content.pop("schema")
    try:
        known = VectorDescription(**content)
        counts = [count for of_role in known.counts.values() for count in of_role.values()]
        right = {*known.counts} == {*known.texts} == {*get_args(Role)} and known.stored in STORED_FORMATS
        right &= all(known.counts[role].keys() == known.texts[role].keys() for role in known.counts)
        if not right or not all(type(n) is int and n >= 0 for n in (*counts, known.dimensions)):
            raise ValueError("its numbers are not those of texts")
        if (
            type(known.shard_rows) is not int
            or known.shard_rows < 1
            or not all(isinstance(w, str) for w in known.words)
        ):
            raise ValueError("it has no shards")
        _check_number(known)
    except (TypeError, ValueError, AttributeError) as error:
        raise DataFormatError(f"{path} does not describe vectors: {error}.", fix) from error
    return known


def describe_vectors(
    encoder: Encoder,
    collection: MultilingualCollection,
    options: EncodingOptions,
    *,
    stored: StoredFormat = "float32",
    shard_rows: int | None = None,
    parts: int = 1,
) -> VectorDescription:
    """Describe the vectors of a model and a collection before they are encoded.

    Args:
        encoder: The model.
        collection: The texts; corpora that are no :class:`~beir_hybrid.collection.LazyCorpus` are read once.
        options: How they will be encoded.
        stored: Number format of the files.
        shard_rows: Vectors of a shard, at most; None for 200,000, or fewer where parts would be idle.
        parts: How many share the work.

    Raises:
        ModelError: If the model is sparse, its similarity is neither cosine nor dot, or it has no fingerprint.
        ConfigurationError: If an option is out of range.
    """
    if encoder.sparse:
        raise ModelError("A folder holds no vectors of a sparse encoder.", "Evaluate the model itself: --model")
    known = encoder.description
    if known.similarity not in {"cosine", "dot"} or not known.dimensions:
        raise ModelError(
            f"The model's similarity is {known.similarity!r}, of {known.dimensions or 'unknown'} dimensions.",
            "Vectors are kept of models with cosine or dot that report get_embedding_dimension.",
        )
    if stored not in STORED_FORMATS:
        raise ConfigurationError(f"Vectors cannot be stored as {stored!r}.", f"Choose {' or '.join(STORED_FORMATS)}.")
    if shard_rows is not None and shard_rows < 1:
        raise ConfigurationError(f"The size of a shard is {shard_rows}.", "Choose at least 1.")
    roles: Mapping[Role, Mapping[str, Any]] = {"query": collection.queries, "document": collection.corpora}
    counts = {role: {language: len(part) for language, part in texts.items()} for role, texts in roles.items()}
    total = sum(sum(of_role.values()) for of_role in counts.values())
    cut = SHARD_ROWS if parts == 1 else max(_FEWEST, min(SHARD_ROWS, -(-total // (_EACH * parts))))
    described = VectorDescription(
        model=known.name,
        fingerprint=encoder.fingerprint,
        query_prompt=known.query_prompt or "",
        document_prompt=known.document_prompt or "",
        normalised=known.similarity == "cosine",
        dtype=options.dtype or known.dtype,
        stored=stored,
        dimensions=known.dimensions,
        dataset=collection.name,
        texts={
            "query": {
                language: combine(digest_row(*row) for row in queries.items())
                for language, queries in collection.queries.items()
            },
            "document": {language: corpus_checksum(corpus) for language, corpus in collection.corpora.items()},
        },
        counts=counts,
        shard_rows=shard_rows or cut,
        query_prompts={each: text for each, text in known.query_prompts.items() if each in collection.queries},
        document_prompts={each: text for each, text in known.document_prompts.items() if each in collection.corpora},
    )
    _check_number(described)
    return described


def _check_number(described: VectorDescription) -> None:
    """Refuse more shards than can be listed."""
    counts = chain.from_iterable(of_role.values() for of_role in described.counts.values())
    if sum(-(-count // described.shard_rows) for count in counts) > _MOST_SHARDS:
        raise ConfigurationError(
            f"{described.dataset} would be more than {_MOST_SHARDS:,} shards.", "Choose a larger --shard-size."
        )
