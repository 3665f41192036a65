"""Where a model encodes, and in which number format: for a while, and undone afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer


@contextmanager
def cast(model: SentenceTransformer, dtype: str | None) -> Iterator[None]:
    """Let a model compute in another number format, and give it its own weights back: the same tensors, to the bit.

    A training that goes on afterwards does not notice. Buffers that are not saved with the model, such as the angles of
    rotary positions, stay as they are: they are computed in the precision they need.

    Args:
        model: The model; its weights exist twice meanwhile, in both formats.
        dtype: One of :data:`~.options.DTYPES`; None changes nothing.
    """
    import torch

    wanted = getattr(torch, dtype) if dtype else None
    saved = set(model.state_dict(keep_vars=True)) if wanted else set()
    replaced: list[tuple[torch.nn.Module, str, torch.Tensor]] = []
    substitutes: dict[int, torch.Tensor] = {}  # by identity, as layers may share weights
    try:
        for path, module in model.named_modules() if wanted else ():
            tensors = [*module.named_parameters(recurse=False), *module.named_buffers(recurse=False)]
            for name, tensor in tensors:
                known = f"{path}.{name}".removeprefix(".") in saved
                if not known or not tensor.is_floating_point() or tensor.dtype == wanted:
                    continue
                if id(tensor) not in substitutes:
                    other = tensor.detach().to(wanted)
                    is_parameter = isinstance(tensor, torch.nn.Parameter)
                    substitutes[id(tensor)] = torch.nn.Parameter(other, requires_grad=False) if is_parameter else other
                replaced.append((module, name, tensor))
                # the tensor itself must not change: gradients of several devices are tied to it
                setattr(module, name, substitutes[id(tensor)])
        yield
    finally:
        for module, name, tensor in replaced:
            setattr(module, name, tensor)


class Placement:
    """The devices a model encodes on: one, or several in a process each, which start when they are needed.

    When the block ends, the processes do too, and the model is back where it was.

    Args:
        model: The model.
        devices: Such as ``cuda:1``; none for the model's own.
    """

    def __init__(self, model: SentenceTransformer, devices: Sequence[str]) -> None:
        self._model = model
        self._devices = list(devices)
        self._pool: Any = None
        self._home = model.device

    def options(self) -> dict[str, Any]:
        """Give the arguments of the host's encode that send texts to the devices."""
        if len(self._devices) <= 1:
            return {"device": self._devices[0]} if self._devices else {}
        if self._pool is None:
            self._pool = self._model.start_multi_process_pool(self._devices)
        return {"pool": self._pool}

    def __enter__(self) -> Placement:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._model.stop_multi_process_pool(self._pool)
        if self._model.device != self._home:
            self._model.to(self._home)
