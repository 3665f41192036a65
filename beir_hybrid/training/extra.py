"""ExtraData: data without languages to train on beside the planned ones, as a command line names them."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from beir_hybrid.batching.mixed import MixedPlan
from beir_hybrid.batching.plain import PlainBatches
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.formats.hub import HubAddress, is_hub
from beir_hybrid.formats.open import open_source, recognize
from beir_hybrid.formats.tables import columns_of, table_files
from beir_hybrid.pairs.dataset_rows import RowColumns, dataset_source, table_of
from beir_hybrid.registry import DATASETS
from beir_hybrid.storage.files import existing
from beir_hybrid.storage.pair_building import RowSource

if TYPE_CHECKING:
    from datasets import Dataset

PLANNED = "planned"
"""What the planned data are called beside extra data."""

_WORD = re.compile(r"(?P<name>[^=,]+)=(?P<data>.+?)(,\s*weight=(?P<weight>[^,]*))?", re.DOTALL)
_LABELS = ("label", "labels")
_UNKNOWN = "und"  # the code of a language that is not known, where a format wants one

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class ExtraData:
    """Data whose batches the host draws, beside planned ones.

    Args:
        name: What they are called in losses, counts and the model card.
        data: A file or folder of any format, a registered dataset, or ``hub:NAME[/CONFIG][@REVISION]:SPLIT``.
        weight: Batches for each planned one; None for one pass over the data in each epoch.

    Raises:
        ConfigurationError: If the weight is not above 0, or the name is that of the planned data.
    """

    name: str
    data: str
    weight: float | None = None

    def __post_init__(self) -> None:
        if self.weight is not None and not 0 < self.weight < math.inf:
            raise ConfigurationError(
                f"The weight of the extra data {self.name!r} is {self.weight:g}.",
                "Give a number above 0, such as 0.25 for one batch beside four planned ones.",
            )
        if self.name == PLANNED:
            raise ConfigurationError(f"Extra data are called {PLANNED!r}, as the planned ones.", "Choose another name.")

    @classmethod
    def parse(cls, word: str) -> ExtraData:
        """Read what a command line has.

        Args:
            word: ``NAME=DATA`` or ``NAME=DATA,weight=NUMBER``.

        Raises:
            ConfigurationError: As the class does, or if it is no such word.

        Examples:
            >>> ExtraData.parse("nli=hub:sentence-transformers/all-nli/triplet:train,weight=0.25")
            ExtraData(name='nli', data='hub:sentence-transformers/all-nli/triplet:train', weight=0.25)
        """
        match = _WORD.fullmatch(word.strip())
        try:
            if match is None:
                raise ValueError
            weight = None if match["weight"] is None else float(match["weight"])
        except ValueError:
            raise ConfigurationError(
                f"The extra data are {word!r}.", "Write NAME=DATA or NAME=DATA,weight=NUMBER, such as nli=nli.csv."
            ) from None
        return cls(match["name"].strip(), match["data"].strip(), weight)

    def open(self, source: Path | None = None) -> RowSource:
        """Open the data, of which languages are neither needed nor used.

        Args:
            source: Where a registered dataset finds its files.

        Raises:
            BeirHybridError: Any of its leaves, for data that cannot be opened.
        """
        if is_hub(self.data):
            address = HubAddress.parse(self.data)
            dataset = address.load()
            self._refuse_labels(dataset.column_names)
            return dataset_source(dataset, RowColumns(language=_UNKNOWN), name=address.name)
        path, spec = existing(self.data), None
        if path is not None and self.data not in DATASETS.names():
            for file in table_files(path):
                self._refuse_labels(columns_of(file))
            form = recognize(path)
            if "language" in {field.name for field in fields(form)} and not form.language:  # type: ignore[arg-type, attr-defined]  # the formats that have one are dataclasses
                spec = f"{form.name}(language='{_UNKNOWN}')"
        return open_source(self.data, spec, source=source)

    def _refuse_labels(self, columns: Iterable[str]) -> None:
        if label := next((name for name in columns if name in _LABELS), None):
            raise ConfigurationError(
                f"The extra data {self.name!r} ({self.data}) have the column {label!r}, of which the loss takes no "
                "notice: it takes all passages for answers.",
                "Keep the rows whose passages are, without that column; or train in Python, with a loss for labels.",
            )

    def load(self, source: Path | None = None) -> Dataset:
        """Read the data into memory: questions, passages, and as many hard negatives as every row has.

        Returns:
            Columns ``anchor``, ``positive``, and ``negative_1`` and so on.

        Raises:
            ConfigurationError: If there is no row.
            BeirHybridError: Any other of its leaves, for data that cannot be read.
        """
        from datasets import Dataset
        from datasets.table import InMemoryTable

        table = table_of(self.open(source))
        if not len(table):
            raise ConfigurationError(f"The extra data {self.name!r} ({self.data}) hold no row.", "Check the data.")
        columns = {"anchor": table["question"], "positive": table["passage"]}
        if "negatives" in table.column_names:
            lists = table["negatives"]
            lengths = pc.fill_null(pc.list_value_length(lists), 0)
            count, longest = pc.min(lengths).as_py(), pc.max(lengths).as_py()
            if longest > count:
                logger.warning(
                    "%s: rows have %d to %d hard negatives; %d of each are used.", self.name, count, longest, count
                )
            columns |= {f"negative_{place + 1}": pc.list_element(lists, place) for place in range(count)}
        rows = pa.table({name: values.cast(pa.string()) for name, values in columns.items()})
        return Dataset(InMemoryTable(rows))


def read_extra_data(words: Sequence[str] | None) -> list[ExtraData]:
    """Read all extra data of a request.

    Raises:
        ConfigurationError: As :meth:`ExtraData.parse` does, or if a name is given twice.
    """
    given = [ExtraData.parse(word) for word in words or ()]
    names = [extra.name for extra in given]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise ConfigurationError(f"Two extra data are called {repeated[0]!r}.", "Give each a name of its own.")
    return given


def mix(
    plan: BatchPlan, given: Sequence[ExtraData], datasets: Mapping[str, Dataset], sampler: str
) -> BatchPlan | MixedPlan:
    """Return a plan with extra data beside it; the plan itself where there are none.

    Args:
        plan: The planned batches.
        given: The extra data.
        datasets: Their rows by name.
        sampler: The host's sampler of them.

    Raises:
        BatchError: If extra data cannot fill a batch.
        ConfigurationError: If there is no such sampler.
    """
    if not given:
        return plan
    extra = {
        each.name: PlainBatches(
            each.name,
            datasets[each.name],
            plan.batch_size,
            seed=plan.seed,
            world_size=plan.world_size,
            sampler=sampler,
        )
        for each in given
    }
    lengths = {name: len(batches) / len(plan) for name, batches in extra.items()}
    shares = {each.name: lengths[each.name] if each.weight is None else each.weight for each in given}
    return MixedPlan({PLANNED: plan, **extra}, {PLANNED: 1.0, **shares})
