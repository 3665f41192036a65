"""The devices that a model encodes on, and its number format: changed for a while, and undone afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from beir_hybrid.models import check_device

if TYPE_CHECKING:
    import torch
    from sentence_transformers import SentenceTransformer


@contextmanager
def cast(model: SentenceTransformer, dtype: str | None) -> Iterator[None]:
    """Let a model compute in another number format, and restore its own weights: the same tensors, to the bit.

    Training that continues afterwards is not affected. Buffers that are not saved with the model, such as the angles of
    rotary positions, stay as they are: they are computed in the precision they need.

    Args:
        model: The model; its weights exist twice meanwhile, in both formats.
        dtype: One of :data:`~.encoding_options.DTYPES`; None changes nothing.
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


@contextmanager
def placed(model: SentenceTransformer, devices: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Let a model encode on one device, or on several in a process each; afterwards it is back where it was.

    Args:
        model: The model.
        devices: Such as ``cuda:1``; none for the model's own.

    Yields:
        The arguments of the host's ``encode`` that send texts to the devices.

    Raises:
        ConfigurationError: If a device is not there.
    """
    for device in devices:
        check_device(device)
    home = model.device
    pool = model.start_multi_process_pool(list(devices)) if len(devices) > 1 else None
    try:
        yield {"pool": pool} if pool else {"device": devices[0]} if devices else {}
    finally:
        if pool is not None:
            model.stop_multi_process_pool(pool)
        if model.device != home:
            model.to(home)
