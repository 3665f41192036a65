"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields
from pathlib import Path
from typing import Any, TypeVar

import click

from beir_hybrid.attention import ATTENTIONS
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.training.batch_options import BatchOptions
from beir_hybrid.training.request import OPTIONS, REPEATED, TrainingRequest

_SENTENCE = 200  # letters, at most

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


class CommandGroup(click.Group):
    """A group whose help lists its commands with whole sentences, over several lines where they are long."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the list of commands."""
        commands = ((name, self.get_command(ctx, name)) for name in self.list_commands(ctx))
        with formatter.section("Commands"):
            formatter.write_dl([(name, each.get_short_help_str(_SENTENCE)) for name, each in commands if each])


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


class Share(click.ParamType[tuple[int, int]]):
    """One of several parts, counted from 0, such as ``17/64``."""

    name = "i/n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        """Read both numbers.

        Raises:
            ConfigurationError: If they are none, or there is no such part.
        """
        from beir_hybrid.evaluation.encoding import check_part

        number, _, count = str(value).partition("/")
        if not (number.isdecimal() and count.isdecimal()):
            raise ConfigurationError(
                f"{_option(param)} is {str(value)!r}.", f"Say which part of how many, from 0: {_option(param)} 0/4"
            )
        part = int(number), int(count)
        check_part(part)
        return part


NAMES = Names()
SHARE = Share()


def _option(param: click.Parameter | None) -> str:
    return "The value" if param is None else max(param.opts, key=len)


def both_spellings(name: str) -> tuple[str, ...]:
    """Return an option's names with dashes and with underscores, as the hosts' arguments have them.

    Examples:
        >>> both_spellings("--too-small")
        ('--too-small', '--too_small')
        >>> both_spellings("--alpha")
        ('--alpha',)
    """
    return tuple(dict.fromkeys((name, "--" + name.removeprefix("--").replace("-", "_"))))


_DECLARED: Mapping[str, Field[Any]] = {field.name: field for field in (*fields(BatchOptions), *fields(TrainingRequest))}
_TYPES: Mapping[str, click.ParamType[Any]] = {
    "Path": click.Path(path_type=Path),
    "tuple[str, ...]": NAMES,
    "tuple[int, ...]": NAMES,
    "float": Number(),
}


def declared_options(*names: str) -> Callable[[Decorated], Decorated]:
    """Return a decorator that adds options of a training request, as its fields declare them.

    Training arguments (:class:`~beir_hybrid.training.batch_options.BatchOptions`) are None where they are not given.

    Args:
        *names: Names of the fields.
    """
    return lambda command: _with([_declared(_DECLARED[name]) for name in names], command)


def _declared(field: Field[Any]) -> Callable[[Decorated], Decorated]:
    about, kind = field.metadata, str(field.type).removesuffix(" | None")
    several = field.name in REPEATED
    required = about.get("required", field.default is MISSING)
    shown = "" if required or field.default in (None, False) else f" [default: {field.default}]"
    more: dict[str, Any] = {}
    if "choices" in about:
        more["type"] = click.Choice(about["choices"])
    elif str(field.type) == "bool | None":  # neither is not the same as no
        more["type"] = click.BOOL
    elif kind == "bool":
        more["is_flag"] = True
    elif kind == "int":
        more["type"] = Number(whole=True)
    else:
        more["type"] = _TYPES.get(kind)  # texts; lists are read with the other training arguments
    return click.option(
        *both_spellings(f"--{field.name.replace('_', '-')}"),
        required=required,
        default=None if required or field.name not in OPTIONS else field.default,
        multiple=several,
        metavar=about.get("metavar"),
        help=f"{about['help'].removesuffix('.')}{shown}.",
        **more,
    )


source_option, languages_option, columns_option, passage_text_option = (
    declared_options(name) for name in ("source", "languages", "columns", "passage_text")
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
        "./mine or ./mine.en-de; or ids of ir_datasets, such as irds:mr-tydi/sw/test.",
    ),
    source_option,
    languages_option,
    passage_text_option,
    click.option("--split", help="Split, for datasets that have several."),
    judged_only_option,
    sample_passages_option,
)


def _check_devices(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Try the device or devices out before anything is loaded, unless they are those of a cluster's workers."""
    from beir_hybrid.models import check_device

    if ctx.params.get("cluster") is not None:
        return value
    for device in (value,) if isinstance(value, str) else value or ():
        check_device(device)
    return value


def _check_backend(ctx: click.Context, param: click.Parameter, value: str) -> str:
    """Look for the backend's packages before anything is loaded."""
    if value != "torch":
        from beir_hybrid.models import check_backend

        check_backend(value)
    return value


_ENCODING_OPTIONS = (
    click.option(
        "--batch-size", type=click.IntRange(min=1), default=32, show_default=True, help="Texts per forward pass."
    ),
    click.option(
        "--device",
        type=NAMES,
        callback=_check_devices,
        help="Such as cpu or cuda:0,cuda:1 [default: auto-detect].",
    ),
    click.option("--dtype", metavar="[float16|bfloat16]", help="Run the model in half precision."),
    click.option(
        "--cache",
        type=click.Path(path_type=Path),
        help="Folder for vectors, which later runs read [default: embeddings/ in $BEIR_HYBRID_CACHE, or else in the "
        "user's cache].",
    ),
    click.option("--no-cache", is_flag=True, help="Keep no vectors: an interrupted run encodes everything again."),
)


_BACKEND_OPTIONS = (
    click.option(
        "--backend",
        type=click.Choice(["torch", "onnx", "openvino"]),
        default="torch",
        show_default=True,
        callback=_check_backend,
        help="What runs the model.",
    ),
)


attention_option = click.option(
    "--attention",
    type=click.Choice(ATTENTIONS),
    help="How a transformer computes attention; flash_attention_2 (with --dtype, on a GPU) takes texts without padding "
    "[default: what its library chooses].",
)


_CLUSTER_OPTIONS = (
    click.option(
        "--cluster",
        metavar="local|auto|ADDRESS",
        is_eager=True,  # it decides whose devices the others name
        help="Share the work among workers: local starts them here, auto finds a running Ray, HOST:6379 is its address "
        "[default: this process].",
    ),
    click.option(
        "--workers",
        type=click.IntRange(min=1),
        help="Workers of the cluster [default: one for each GPU, or every 4 CPUs].",
    ),
)


_SEARCH_OPTIONS = (
    click.option(
        "--search-device",
        callback=_check_devices,
        help="What multiplies vectors in an exact search, such as cuda, mps or cpu, with the same results [default: "
        "cuda if there is one and the search takes long].",
    ),
    click.option(
        "--search-precision",
        type=click.Choice(["auto", "float32", "tf32", "bfloat16"]),
        default="auto",
        show_default=True,
        help="Precision of that device's first product; what is too near is multiplied again.",
    ),
)


def dataset_options(command: Decorated) -> Decorated:
    """Add the options that say what is evaluated or searched to a command.

    The command receives ``dataset``, ``source`` and ``languages``, and as options of the dataset ``passage_text``,
    ``split``, ``judged_only`` and ``sample_passages``, which are None where they are not given.
    """
    return _with(_DATASET_OPTIONS, command)


def encoding_options(command: Decorated) -> Decorated:
    """Add the options of encoding to a command.

    The command receives ``batch_size``, ``device``, ``dtype``, ``cache`` and ``no_cache``.
    """
    return _with(_ENCODING_OPTIONS, command)


def backend_option(command: Decorated) -> Decorated:
    """Add the choice of what runs a model to a command: ``backend``."""
    return _with(_BACKEND_OPTIONS, command)


def cluster_options(command: Decorated) -> Decorated:
    """Add the options that :func:`beir_hybrid.workers.open_workers` takes to a command: ``cluster`` and ``workers``."""
    return _with(_CLUSTER_OPTIONS, command)


def search_options(command: Decorated) -> Decorated:
    """Add the options of exact search to a command: ``search_device`` and ``search_precision``."""
    return _with(_SEARCH_OPTIONS, command)


def _with(options: Sequence[Callable[[Decorated], Decorated]], command: Decorated) -> Decorated:
    for option in reversed(options):  # decorators apply from the last to the first
        command = option(command)
    return command
