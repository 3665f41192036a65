"""KindLosses: the mean loss of each kind of batch between two logs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from beir_hybrid.storage.run_folder import LOSS_OF
from beir_hybrid.training.processes import gathered


class KindLosses:
    """Sums the losses of batches by kind, on the device, so that nothing waits for it between logs.

    A loss that is no finite number counts as no batch: the host's own running mean leaves it out as well.

    Args:
        names: The kinds.

    Examples:
        >>> losses = KindLosses(["x-x-mono", "x-y"])
        >>> for kind, loss in [("x-y", 3.0), ("x-x-mono", 1.0), ("x-y", 5.0)]:
        ...     losses.add(kind, torch.tensor(loss))
        >>> losses.means(), losses.means()
        ({'loss_x-x-mono': 1.0, 'loss_x-y': 4.0}, {})
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = list(names)
        self._sums = torch.zeros(len(self._names), 2)  # losses of a kind, and their number

    def add(self, kind: str, loss: Tensor) -> None:
        """Count the loss of a batch.

        Args:
            kind: The batch's.
            loss: Shape () or, from several devices of one process, (devices,).
        """
        value = loss.detach().float().mean()
        self._sums = self._sums.to(value.device)
        finite = value.isfinite()
        self._sums[self._names.index(kind)] += torch.stack([torch.where(finite, value, 0.0), finite.float()])

    def means(self) -> dict[str, float]:
        """Return the mean loss of each kind over all processes by ``loss_KIND``, and begin anew.

        All processes call it together; kinds without a batch are left out.
        """
        sums = self.sums()
        self.restore({})
        return {f"{LOSS_OF}{kind}": total / count for kind, (total, count) in sums.items()}

    def sums(self) -> dict[str, tuple[float, float]]:
        """Return the sum of losses and the number of batches of each kind that has any, over all processes.

        All processes call it together.
        """
        totals = torch.tensor(gathered(self._sums.tolist())).sum(dim=0).tolist()
        return {kind: (total, count) for kind, (total, count) in zip(self._names, totals, strict=True) if count}

    def restore(self, sums: Mapping[str, Sequence[float]]) -> None:
        """Begin with what :meth:`sums` returned; one process of all does, and the others with nothing."""
        self._sums = torch.tensor([list(sums.get(kind, (0.0, 0.0))) for kind in self._names]).to(self._sums)
