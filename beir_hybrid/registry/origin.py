"""Origin: who registered a thing, and the messages about one that misbehaves."""

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
    return top_package(target) == top_package(__name__)


def top_package(target: str) -> str:
    """Return the top-level package of ``module:attribute``."""
    return target.partition(":")[0].partition(".")[0]


def describe_type(value: object) -> str:
    """Return what kind of thing a value is, for a message.

    Examples:
        >>> describe_type([]), describe_type(None), describe_type(1j)
        ('a list', 'nothing', 'a complex')
    """
    return "nothing" if value is None else f"a {type(value).__name__}"


def describe_error(error: BaseException) -> str:
    r"""Return an error's type and message in one line.

    Examples:
        >>> describe_error(ValueError("one\ntwo"))
        'ValueError: one two'
    """
    return " ".join(f"{type(error).__name__}: {error}".split())


@dataclass(frozen=True)
class Origin:
    """Who registered a thing.

    Attributes:
        noun: What it is, such as ``dataset``.
        name: The name it is registered by, or has itself.
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
        """Return the error about a thing that does not keep to its contract.

        Args:
            problem: What is wrong, with the offending value.
            mend: What it must be, without a full stop.
        """
        remedy = ": update or remove that package." if self.distribution and not is_ours(self.target) else "."
        return PluginError(f"{self}: {problem}", f"{mend}{remedy}")

    @contextmanager
    def blamed(self, what: str) -> Iterator[None]:
        """Turn whatever a plug-in's code raises, but for this package's errors, into one line that names the plug-in.

        What this package's own code raises, or code that nobody registered, is left alone: its traceback helps its
        author.

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
            raise PluginError(
                f"{self}: {what} fails with {describe_error(error)}.", "Update or remove that package."
            ) from error
