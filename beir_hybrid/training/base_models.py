"""Base models: what training starts from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beir_hybrid.errors import ConfigurationError
from beir_hybrid.models import check_name, is_static, load_model
from beir_hybrid.pairs.parallel import ParallelPairs

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sentence_transformers import SentenceTransformer
    from tokenizers import Tokenizer


STATIC_DIMENSIONS = 256
_VOCABULARY = 32_000


def check_base_model(name: str) -> None:
    """Raise an error for what cannot be a base model, before anything is loaded and without a network.

    Args:
        name: As for :func:`base_model`.

    Raises:
        ModelError: If it is a folder without a model, or looks like one that is not there.
        ConfigurationError: If DIM is not a positive whole number.
    """
    if is_static(name):
        _dimensions(name)
    else:
        check_name(name)


def base_model(name: str, sources: Sequence[ParallelPairs]) -> SentenceTransformer:
    """Load or make the model that training starts from.

    Args:
        name: ``static`` or ``static:DIM`` for untrained static embeddings over a tokenizer trained on the pairs, or a
            sentence-transformers or Hugging Face name or folder; a plain transformer gets mean pooling.
        sources: The training texts.

    Raises:
        ModelError: If there is no such model.
        ConfigurationError: If DIM is not a positive whole number.
    """
    return static_model(sources, _dimensions(name)) if is_static(name) else load_model(name)


def static_model(
    pairs: ParallelPairs | Sequence[ParallelPairs], dimensions: int = STATIC_DIMENSIONS
) -> SentenceTransformer:
    """Make an encoder that averages one untrained vector per token: it trains in seconds on a CPU.

    Args:
        pairs: The texts its tokenizer is trained on.
        dimensions: Length of its vectors. They are drawn from torch's random generator: seed it before.
    """
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    sources = (pairs,) if isinstance(pairs, ParallelPairs) else pairs
    texts = (text for source in sources for text in _texts(source))
    module = StaticEmbedding(train_tokenizer(texts), embedding_dim=dimensions)
    return SentenceTransformer(modules=[module], device="cpu")


def train_tokenizer(texts: Iterator[str]) -> Tokenizer:
    """Train a byte-pair tokenizer that splits at spaces and between scripts, for any language.

    Args:
        texts: The texts to train on.
    """
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))  # noqa: S106  the name of a token, not a password
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.UnicodeScripts(), pre_tokenizers.Whitespace(), pre_tokenizers.Digits()]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=_VOCABULARY, min_frequency=2, special_tokens=["[UNK]"], show_progress=False, max_token_length=24
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def _dimensions(name: str) -> int:
    dimensions = name.partition(":")[2] or str(STATIC_DIMENSIONS)
    if not (dimensions.isdecimal() and int(dimensions) > 0):
        raise ConfigurationError(f"The dimensions of {name!r} are {dimensions!r}.", "Give a number: static:256")
    return int(dimensions)


def _texts(pairs: ParallelPairs) -> Iterator[str]:
    for batch in pairs.table.select(["question", "passage"]).to_batches(max_chunksize=1000):
        for column in batch.columns:
            yield from column.to_pylist()
