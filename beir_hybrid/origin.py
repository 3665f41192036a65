"""Origin: who brought a registered thing, and the messages about one that misbehaves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from beir_hybrid.errors import BeirHybridError, PluginError


def is_ours(target: str) -> bool:
    """Return whether something lives in this package, whose names nobody can take.

    Args:
        target: As ``module:attribute``.
    """
    return top_package(target) == __name__.partition(".")[0]


def top_package(target: str) -> str:
    """Name the top-level package of ``module:attribute``."""
    return target.partition(":")[0].partition(".")[0]


def describe_type(value: object) -> str:
    """Describe what kind of thing a value is, for a message.

    Examples:
        >>> describe_type([]), describe_type(None), describe_type(1j)
        ('a list', 'nothing', 'a complex')
    """
    return "nothing" if value is None else f"a {type(value).__name__}"


@dataclass(frozen=True)
class Origin:
    """Where a thing comes from.

    Attributes:
        noun: What it is, such as ``dataset``.
        name: The name it is registered by, or calls itself.
        distribution: The distribution that registered it, with its version; empty if nobody did.
        target: Where it or its class lives, as ``module:attribute``.

    Examples:
        >>> str(Origin("dataset", "faq", "zoo 1.5", "zoo_data:FAQ"))
        "The dataset 'faq' of zoo 1.5"
        >>> str(Origin("strategy", "walk", "", "notebook:Walk"))
        "The strategy 'walk' (notebook:Walk)"
    """

    noun: str
    name: str
    distribution: str
    target: str

    def __str__(self) -> str:
        where = f" of {self.distribution}" if self.distribution else f" ({self.target})" if self.target else ""
        return f"The {self.noun} {self.name!r}{where}"

    def refusal(self, problem: str, mend: str) -> PluginError:
        """Make the error about a thing that is not what it should be.

        Args:
            problem: What is wrong, with the offending value.
            mend: What it should be, without a full stop.
        """
        remedy = ": update or remove that package." if self.distribution and not is_ours(self.target) else "."
        return PluginError(f"{self}: {problem}", f"{mend}{remedy}")

    @contextmanager
    def blamed(self, what: str) -> Iterator[None]:
        """Refuse in one line whatever a stranger's code raises that is no error of this package.

        What this package's own code raises, or code that nobody registered, is left alone: its traceback is of use to
        whoever wrote it.

        Args:
            what: What is called, such as ``draw()``.

        Raises:
            PluginError: If the block raises anything else than an error of this package.
        """
        try:
            yield
        except BeirHybridError:
            raise
        except Exception as error:
            if not self.distribution or is_ours(self.target):
                raise
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            raise PluginError(f"{self}: {what} fails with {reason}.", "Update or remove that package.") from error
