"""EncodingOptions: how texts are encoded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from beir_hybrid.attention import ATTENTIONS
from beir_hybrid.errors import ConfigurationError, did_you_mean
from beir_hybrid.evaluation.encoding.cache import EmbeddingCache
from beir_hybrid.models import BACKENDS

DTYPES = ("float32", "float16", "bfloat16")
"""Number formats that a model may encode in."""


@dataclass(frozen=True)
class EncodingOptions:
    """How texts are encoded.

    Args:
        batch_size: Texts per forward pass.
        device: Such as ``cuda:1``, or several, which encode in a process each; None for the model's own. Afterwards the
            model is back where it was.
        dtype: ``float32``, ``float16`` or ``bfloat16`` to compute in; None for the model's own. Its weights come back
            afterwards. Vectors are float32 in any case.
        backend: ``torch``, or what runs the model instead, ``onnx`` or ``openvino``, on one device and in the number
            format of its own; models that are loaded already keep theirs.
        cache: Where vectors are looked up and kept; None encodes all texts and keeps all vectors in memory, as is done
            with those of a sparse encoder in any case.
        attention: How a transformer computes attention, of :data:`~beir_hybrid.attention.ATTENTIONS`, on the backend
            torch; None for what its library chooses. It changes vectors by no more than rounding does, and vectors in
            a cache serve any; models that are loaded already keep theirs.

    Raises:
        ConfigurationError: If an option is out of range.

    Examples:
        >>> EncodingOptions(device="cpu", dtype="bfloat16").devices
        ('cpu',)
    """

    batch_size: int = 32
    device: str | Sequence[str] | None = None
    dtype: str | None = None
    cache: EmbeddingCache | None = None
    backend: str = "torch"
    attention: str | None = None

    def __post_init__(self) -> None:
        if self.batch_size < 1:
            raise ConfigurationError(f"The batch size is {self.batch_size}.", "Choose at least 1.")
        if self.dtype is not None and self.dtype not in DTYPES:
            raise ConfigurationError(
                f"There is no dtype {self.dtype!r} to encode in.", f"Choose one of {', '.join(DTYPES)}."
            )
        if self.backend not in BACKENDS:
            raise ConfigurationError(f"There is no backend {self.backend!r}.", did_you_mean(self.backend, BACKENDS))
        if self.backend != "torch" and (self.dtype is not None or len(self.devices) > 1):
            wrong = "dtype" if self.dtype is not None else "all devices but one"
            raise ConfigurationError(
                f"The backend is {self.backend}, which runs on one device in the model's own number format.",
                f"Leave out {wrong}, or choose the backend torch.",
            )
        self._check_attention()

    def _check_attention(self) -> None:
        if self.attention is None:
            return
        if self.attention not in ATTENTIONS:
            raise ConfigurationError(
                f"There is no attention {self.attention!r}.", did_you_mean(self.attention, ATTENTIONS)
            )
        if self.backend != "torch":
            raise ConfigurationError(
                f"The backend is {self.backend}, whose attention is its own.", "Leave out attention, or the backend."
            )
        if self.attention == "flash_attention_2" and self.dtype not in {"float16", "bfloat16"}:
            raise ConfigurationError(
                "The attention flash_attention_2 computes in half precision.", "Add the dtype bfloat16 or float16."
            )

    @property
    def devices(self) -> tuple[str, ...]:
        """The devices; none for the model's own."""
        return (self.device,) if isinstance(self.device, str) else tuple(self.device or ())

    def for_opening(self, here: bool) -> EncodingOptions:
        """Return how to open a model.

        Args:
            here: Whether it encodes where it is opened. If not, its devices may be lacking there, but for a ``cpu``.
        """
        return self if here or set(self.devices) == {"cpu"} else replace(self, device=None)
