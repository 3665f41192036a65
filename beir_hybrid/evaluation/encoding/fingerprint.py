"""Fingerprint of a model: the same for the same vectors, wherever the model was loaded from."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Protocol

from beir_hybrid.errors import ModelError

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer


VOLATILE = frozenset(
    {
        "_name_or_path",  # where it was loaded from
        "architectures",  # written when a model is saved
        "base_model_name_or_path",
        "dtype",  # the weights' own types are hashed
        "inference_mode",
        "name_or_path",
        "revision",
        "torch_dtype",
        "transformers_version",
        "peft_version",
        "use_cache",
    }
)
"""Keys of configurations that change with the place or the moment of loading, never with the vectors."""


class _Digest(Protocol):
    def update(self, data: Any, /) -> None: ...


def fingerprint_of(model: SentenceTransformer) -> str:
    """Hash everything in a model that determines its vectors.

    That is: all weights by name, type, shape and bytes, the kinds and configurations of all modules, adapters and
    whether they are switched on, the maximal lengths, the tokenizers, and the dimension that vectors are cut to. Not
    hashed: where the model lies, what it was called, prompts (which differ by role), and the versions of libraries.

    Args:
        model: Any sentence-transformers model that runs on PyTorch.

    Returns:
        32 hexadecimal digits.

    Raises:
        ModelError: If the model keeps something that determines its vectors where it cannot be read.
    """
    if (backend := model.get_backend()) != "torch":
        raise ModelError(f"A model on the {backend} backend has no weights to read.", 'Load it with backend="torch".')
    digest = blake2b(digest_size=16)
    _add_structure(digest, model)
    _add_weights(digest, model.state_dict())
    return digest.hexdigest()


def fingerprint_of_weights(model: torch.nn.Module, tokenizer: Any, *options: Any) -> str:
    """Hash a model of transformers with its tokenizer, and options that determine what it writes.

    Args:
        model: With a configuration.
        tokenizer: Its tokenizer.
        *options: What JSON holds.

    Returns:
        32 hexadecimal digits.

    Raises:
        ModelError: As for :func:`fingerprint_of`.
    """
    digest = blake2b(digest_size=16)
    _add(digest, type(model).__qualname__, model.config, *options)
    _add_weights(digest, model.state_dict())
    _add_tokenizer(digest, tokenizer)
    return digest.hexdigest()


def _add(digest: _Digest, *parts: Any) -> None:
    """Add values in a form in which different values never read the same."""
    digest.update(json.dumps([_plain(part) for part in parts], sort_keys=True).encode("utf-8", "surrogatepass") + b"\n")


def _add_structure(digest: _Digest, model: SentenceTransformer) -> None:
    _add(digest, "model", model.truncate_dim)
    seen: dict[int, Any] = {}  # the layers of a transformer share one configuration
    for name, module in model.named_modules():
        if module is model:
            continue
        _add(digest, name, type(module).__qualname__, module.extra_repr() if not _children(module) else "")
        if callable(get_config := getattr(module, "get_config_dict", None)):
            _add(digest, "configuration", get_config())
        for kind in ("config", "peft_config"):
            configuration = getattr(module, kind, None)
            if configuration is not None and id(configuration) not in seen:
                seen[id(configuration)] = configuration
                _add(digest, kind, configuration)
        for trait in ("max_seq_length", "active_adapters", "merged_adapters", "disable_adapters"):
            if not callable(value := getattr(module, trait, None)) and value is not None:
                _add(digest, trait, value)
        if hasattr(module, "merged_adapters"):  # a layer with adapters: their strength is in no weight
            _add(digest, "scaling", getattr(module, "scaling", None))
        if (tokenizer := getattr(module, "tokenizer", None)) is not None:
            _add_tokenizer(digest, tokenizer)


def _children(module: torch.nn.Module) -> bool:
    return next(module.children(), None) is not None


def _add_weights(digest: _Digest, weights: Mapping[str, Any]) -> None:
    import torch

    if not weights:
        raise ModelError("The model has no weights to identify it by.", "Use a model whose weights are PyTorch's.")
    for name, tensor in weights.items():
        if not isinstance(tensor, torch.Tensor) or tensor.is_meta or tensor.layout is not torch.strided:
            raise ModelError(f"The model's weights {name!r} cannot be read.", "Load it whole into memory.")
        _add(digest, name, str(tensor.dtype), list(tensor.shape))
        content = tensor.detach().cpu().contiguous().reshape(-1)
        if content.numel():
            digest.update(content.view(torch.uint8).numpy())


def _add_tokenizer(digest: _Digest, tokenizer: Any) -> None:
    """Add a tokenizer: one of ``tokenizers``, a fast or slow one of transformers, or one with a vocabulary."""
    from tokenizers import Tokenizer

    if isinstance(tokenizer, Tokenizer):
        _add(digest, "tokenizer", tokenizer.to_str())
        return
    sides = ("model_max_length", "padding_side", "truncation_side", "special_tokens_map", "do_lower_case", "stop_words")
    _add(digest, *((side, getattr(tokenizer, side, None)) for side in sides))
    if isinstance(backend := getattr(tokenizer, "backend_tokenizer", None), Tokenizer):
        described = json.loads(backend.to_str())
        for setting in ("truncation", "padding"):  # left by the last call and set anew by the next one
            described.pop(setting)
        _add(digest, "tokenizer", described)
        return
    try:
        vocabulary = tokenizer.get_vocab()
    except (AttributeError, NotImplementedError) as error:
        raise ModelError(
            f"The tokenizer {type(tokenizer).__qualname__} cannot be read.", "Use a fast tokenizer."
        ) from error
    _add(digest, type(tokenizer).__qualname__, vocabulary, getattr(tokenizer, "init_kwargs", None))
    if callable(proto := getattr(getattr(tokenizer, "sp_model", None), "serialized_model_proto", None)):
        digest.update(proto())


def _plain(value: Any) -> Any:
    """Turn a configuration into what JSON holds, without the keys that change with the place of loading."""
    if value is None or isinstance(value, str | int | float):
        return str(value) if isinstance(value, str) else value
    if callable(to_dict := getattr(value, "to_dict", None)) and not isinstance(value, type):
        return _plain(to_dict())
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(content) for key, content in value.items() if key not in VOLATILE}
    if isinstance(value, set | frozenset):
        return sorted(json.dumps(_plain(content), sort_keys=True) for content in value)
    if callable(tolist := getattr(value, "tolist", None)):  # arrays and tensors
        return _plain(tolist())
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        return [_plain(content) for content in value]
    # a repr may hold an address in memory, which is another one each time
    return value.__qualname__ if isinstance(value, type) else [type(value).__qualname__, _stable_repr(value)]


def _stable_repr(value: Any) -> str:
    text = repr(value)
    return "" if " at 0x" in text else text
