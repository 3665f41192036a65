"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from beir_hybrid.errors import ConfigurationError

if TYPE_CHECKING:
    from beir_hybrid.batching.sampling import Sampling


Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class SectionedCommand(click.Command):
    """A command whose help lists its options in sections.

    Args:
        sections: Names of parameters by the title of their section; all others follow as further options.
    """

    def __init__(self, *args: Any, sections: Mapping[str, Sequence[str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.sections = sections

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections of options."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        rows = {option.name: row for option in options if (row := option.get_help_record(ctx)) is not None}
        listed = {name for names in self.sections.values() for name in names}
        others = [name for name in rows if name not in listed]
        for title, names in {**self.sections, "Further options": others}.items():
            with formatter.section(title):
                formatter.write_dl([rows[name] for name in names])


class Names(click.ParamType[tuple[str, ...]]):
    """Names separated by commas, as a tuple."""

    name = "name,name,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Split at commas and drop blanks around the names."""
        if isinstance(value, tuple):
            return value
        names = tuple(name.strip() for name in str(value).split(",") if name.strip())
        if not names:
            raise ConfigurationError(f"{_option(param)} is {str(value)!r}, which names nothing.", "Give names: a,b,c")
        return names


class Number(click.ParamType[float]):
    """A number, refused in one line if it is none.

    Args:
        whole: Whether it must be whole.
        minimum: The smallest allowed value; None for any.
    """

    def __init__(self, whole: bool = False, minimum: float | None = None) -> None:
        self.name = "integer" if whole else "number"
        self.whole = whole
        self.minimum = minimum

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Read the number.

        Raises:
            ConfigurationError: If it is no number, not whole, or below the minimum.
        """
        try:
            number = int(str(value)) if self.whole else float(str(value))
        except ValueError:
            number = None
        if number is None or (self.minimum is not None and not number >= self.minimum):
            limit = "" if self.minimum is None else f" from {self.minimum:g} on"
            raise ConfigurationError(
                f"{_option(param)} is {str(value)!r}.", f"Give a {'whole ' if self.whole else ''}number{limit}."
            )
        return number


class Numbers(click.ParamType[tuple[float, ...]]):
    """Numbers separated by commas, as a tuple."""

    name = "number,number,..."

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, ...]:
        """Split at commas and read the numbers.

        Raises:
            ConfigurationError: If one is no number.
        """
        return tuple(Number().convert(part, param, ctx) for part in NAMES.convert(value, param, ctx))


class Pairs(click.ParamType[tuple[tuple[str, str], ...]]):
    """Question and passage languages such as ``en-de,en-en``, as a tuple of pairs.

    A colon parts codes that have a hyphen themselves: ``zh-hans:en``.
    """

    name = "code-code,..."

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[tuple[str, str], ...]:
        """Split at commas, then each pair.

        Raises:
            ConfigurationError: If there is no pair, or one is not two codes.
        """
        if isinstance(value, tuple):
            return value
        pairs = [tuple(word.split(":" if ":" in word else "-")) for word in NAMES.convert(value, param, ctx)]
        for pair in pairs or [()]:
            if len(pair) != 2 or not all(pair):
                raise ConfigurationError(
                    f"{_option(param)} is {str(value)!r}.",
                    "Give the question's and the passage's language, such as en-de,en-en (zh-hans:en with a colon).",
                )
        return tuple((question.strip(), passage.strip()) for question, passage in pairs)


NAMES = Names()


def _option(param: click.Parameter | None) -> str:
    return "The value" if param is None else max(param.opts, key=len)


def both_spellings(name: str) -> tuple[str, ...]:
    """Give an option's names with dashes and with underscores, as the hosts' arguments have them.

    Examples:
        >>> both_spellings("--too-small")
        ('--too-small', '--too_small')
        >>> both_spellings("--alpha")
        ('--alpha',)
    """
    return tuple(dict.fromkeys((name, "--" + name.removeprefix("--").replace("-", "_"))))


source_option = click.option(
    "--source",
    type=click.Path(path_type=Path),
    help="Folder with the dataset's files [default: $BEIR_HYBRID_DATA, or else a download into the user's cache].",
)
languages_option = click.option("--languages", type=NAMES, help="Language codes, such as en,de [default: all].")
passage_text_option = click.option(
    *both_spellings("--passage-text"),
    type=click.Choice(["sentence", "sentence+context"]),
    help="What a passage's text is, for xquad-r and mlqa-r [default: sentence].",
)

judged_only_option = click.option(
    "--judged-only", is_flag=True, default=None, help="Keep only judged passages (miracl); a quick look."
)
sample_passages_option = click.option(
    "--sample-passages",
    type=Number(whole=True, minimum=1),
    help="Keep the judged passages and this many others of each language (miracl); a quick look.",
)

_DATASET_OPTIONS = (
    click.option(
        "--dataset",
        required=True,
        help="Dataset or one of its settings, such as xquad-r, xquad-r.en-de or miracl.sw; or a BEIR folder, such as "
        "./mine or ./mine.en-de.",
    ),
    source_option,
    languages_option,
    passage_text_option,
    click.option("--split", help="Split, for datasets that have several."),
    judged_only_option,
    sample_passages_option,
)


def _check_devices(ctx: click.Context, param: click.Parameter, value: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Try the devices out before anything is loaded."""
    from beir_hybrid.models import check_device

    for device in value or ():
        check_device(device)
    return value


_ENCODING_OPTIONS = (
    click.option(
        "--batch-size", type=click.IntRange(min=1), default=32, show_default=True, help="Texts per forward pass."
    ),
    click.option(
        "--device",
        type=NAMES,
        callback=_check_devices,
        help="Such as cpu or cuda:0,cuda:1 [default: the best there is].",
    ),
    click.option("--dtype", metavar="[float16|bfloat16]", help="Run the model in half precision."),
    click.option(
        "--cache",
        type=click.Path(path_type=Path),
        help="Folder for vectors, which a next run reads [default: embeddings/ in $BEIR_HYBRID_CACHE, or else in the "
        "user's cache].",
    ),
    click.option("--no-cache", is_flag=True, help="Keep no vectors: a run that is killed encodes all again."),
)

# The choices below are checked by Sampling, whose one line suggests the closest.
_BATCH_OPTIONS = (
    click.option(
        "--strategy",
        default="hybrid",
        show_default=True,
        help="What kind of batch comes next, such as hybrid(alpha=0.4).",
    ),
    click.option("--alpha", type=Number(), help="Share of monolingual batches [default: 0.5]."),
    click.option(
        *both_spellings("--source-weights"),
        type=Numbers(),
        help="The sources' shares up to a factor, in their order, such as 1,2 [default: by size].",
    ),
    click.option(
        *both_spellings("--source-temperature"),
        type=Number(),
        help="A source's share is size ** (1 / temperature): 1 samples by size, inf uniformly [default: 1].",
    ),
    click.option(
        *both_spellings("--language-shares"),
        metavar="[uniform|size]",
        help="Draw a source's languages equally often, or by how many groups hold them [default: uniform].",
    ),
    click.option(
        *both_spellings("--language-pairs"),
        type=Pairs(),
        help="Allowed question-passage languages, such as en-de,en-en [default: all].",
    ),
    click.option(
        *both_spellings("--too-small"),
        metavar="[error|drop|repeat]",
        help="Where a language has fewer different answers than a batch: refuse, leave it out, or repeat answers "
        "[default: error].",
    ),
)


def dataset_options(command: Decorated) -> Decorated:
    """Give a command the options that say what is evaluated or searched.

    The command gets ``dataset``, ``source`` and ``languages``, and as options of the dataset ``passage_text``,
    ``split``, ``judged_only`` and ``sample_passages``, which are None where they are not given.
    """
    return _with(_DATASET_OPTIONS, command)


def encoding_options(command: Decorated) -> Decorated:
    """Give a command the options of encoding: ``batch_size``, ``device``, ``dtype``, ``cache`` and ``no_cache``."""
    return _with(_ENCODING_OPTIONS, command)


def batch_options(command: Decorated) -> Decorated:
    """Give a command the options that say which batches are drawn.

    The command gets ``strategy`` and ``alpha``, and for :func:`build_sampling` ``source_weights``,
    ``source_temperature``, ``language_shares``, ``language_pairs`` and ``too_small``.
    """
    return _with(_BATCH_OPTIONS, command)


def _with(options: Sequence[Callable[[Decorated], Decorated]], command: Decorated) -> Decorated:
    for option in reversed(options):  # decorators apply from the last to the first
        command = option(command)
    return command


def sampling_words(options: Mapping[str, Any]) -> list[str]:
    """Write the options of :func:`batch_options` as words of the training arguments' command line.

    Args:
        options: Their values by name; those at None, which are not given, are left out.

    Examples:
        >>> sampling_words({"source_weights": (1.0, 2.0), "language_pairs": None, "too_small": "drop"})
        ['--source_weights', '1.0', '2.0', '--too_small', 'drop']
    """
    words: list[str] = []
    for name, value in options.items():
        if value is None:
            continue
        values = value if isinstance(value, tuple) else (value,)
        words += [f"--{name}", *(":".join(part) if isinstance(part, tuple) else str(part) for part in values)]
    return words


def build_sampling(
    source_weights: tuple[float, ...] | None = None,
    source_temperature: float | None = None,
    language_shares: str | None = None,
    language_pairs: tuple[tuple[str, str], ...] | None = None,
    too_small: str | None = None,
) -> Sampling:
    """Make a Sampling from the options of :func:`batch_options`.

    Args:
        source_weights: One positive number per source, or None.
        source_temperature: Above 0, or None for 1.
        language_shares: ``uniform`` or ``size``; None for ``uniform``.
        language_pairs: Allowed (question language, passage language) pairs; None for all.
        too_small: ``error``, ``drop`` or ``repeat``; None for ``error``.

    Raises:
        ConfigurationError: If a value is out of range, or both weights and a temperature are given.
    """
    from beir_hybrid.batching.sampling import Sampling

    return Sampling(
        weights=source_weights,
        temperature=1.0 if source_temperature is None else source_temperature,
        languages=language_shares or "uniform",  # type: ignore[arg-type]  # checked when it is built
        pairs=language_pairs,
        too_small=too_small or "error",  # type: ignore[arg-type]  # checked when it is built
    )
