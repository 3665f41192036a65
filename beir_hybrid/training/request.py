"""TrainingRequest: all that a training run is asked to do, as code, a command line or a file gives it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beir_hybrid.errors import ConfigurationError, shorten
from beir_hybrid.models import holds_static
from beir_hybrid.prompts import Prompts, Role
from beir_hybrid.training.batch_options import BatchOptions, option
from beir_hybrid.training.loss_options import LOSS_OPTIONS, LossOptions
from beir_hybrid.training.model_options import ModelOptions
from beir_hybrid.training.option_values import as_declared
from beir_hybrid.training.words import read_words, write_words

if TYPE_CHECKING:
    from beir_hybrid.pairs.code_switch import CodeSwitch

HOST_DEFAULTS: Mapping[str, Any] = {
    "per_device_train_batch_size": 100,
    "learning_rate": 3e-5,
    "weight_decay": 0.01,
    "report_to": "none",
}
"""The paper's values (arXiv:2408.10536), where the host's own defaults are made for other tasks."""

STATIC_DEFAULTS: Mapping[str, Any] = {"learning_rate": 0.1, "num_train_epochs": 30, "weight_decay": 0.0}
"""For static embeddings, which need larger steps: each token's vector moves by itself."""

_BATCHES = {option.name: option for option in fields(BatchOptions)}
_DATA_HELP = (
    "Dataset, such as mlqa-r or sample, a store of beir-hybrid data build, a file or folder of any format that it "
    "reads, hub:NAME[/CONFIG][@REVISION]:SPLIT, hub-files:NAME[@REVISION][:PATTERN,...] or irds:ID of ir_datasets"
)


@dataclass(frozen=True)
class TrainingRequest(LossOptions, ModelOptions):
    """A training run: model, data, batches, selection, output, and arguments of the host's.

    ``beir-hybrid train`` takes its options from the fields, whose help says what each means.

    Args:
        model: ``static``, ``static:DIM``, or a sentence-transformers or Hugging Face name or folder.
        train_data: Registered dataset, or a file of pairs; or several.
        output: Folder for the trained model.
        source: Folder with the dataset's files; None for ``$BEIR_HYBRID_DATA``, or else a download.
        languages: Languages to train on; None for all.
        columns: Columns of training data on the hub or in a file, as for :func:`~beir_hybrid.load_pairs`.
        format: Format of files and folders of training data, likewise.
        passage_text: ``sentence`` or ``sentence+context`` where the dataset offers both; None for its default.
        extra_data: Data without languages beside the planned ones, or several; see
            :class:`~beir_hybrid.training.extra.ExtraData`.
        check_against: Evaluation sets whose texts are looked for in all data that are trained on.
        strategy: What kind of batch comes next.
        alpha: Share of monolingual batches, for strategies that have one.
        query_prefix: Put before every question in training, and stored as the model's query prompt.
        passage_prefix: Put before every passage in training, and stored as the model's document prompt.
        query_prefix_in: Put before questions in some languages instead, each such as ``de=Frage: ``, and stored as
            the model's prompts ``query-de`` and so on, which evaluation and encoding use for those languages.
        passage_prefix_in: Likewise before passages, stored as ``document-de`` and so on.
        transform: What changes the texts that are trained on, in another way each epoch, such as
            ``code-switch:DICT.tsv,p=0.5``; see :class:`~beir_hybrid.pairs.code_switch.CodeSwitch`. None for nothing.
        eval_data: Registered dataset, or a file of pairs, on which the best checkpoint is selected; None to keep the
            last model.
        eval_languages: Languages to evaluate on; None for English where a loss decides and the data have it, and for
            all otherwise.
        eval_split: Split to evaluate on, for datasets that have several; None for the dataset's default.
        select_by: ``loss``, the lowest validation loss, over questions and passages of one language each; or a metric
            of :class:`~beir_hybrid.evaluation.evaluator.MultilingualRetrievalEvaluator` such as ``multi_map``. None for
            ``loss``, the paper's way, where there are eval_data.
        lora: Adapters to train, such as ``r=16,alpha=32``; see :class:`~beir_hybrid.training.lora.Lora`.
        query_length: Tokens of a question, at most; None for the model's own limit. Likewise ``passage_length``.
        passage_length: See above.
        max_seq_length: Tokens of any text, at most; None for the model's own limit.
        pooling: How token vectors become one, where the model is a plain transformer; None for their mean.
        attention: How attention is computed, ``eager``, ``sdpa`` or ``flash_attention_2``; None for what the model's
            library chooses.
        overwrite: Whether an earlier run in the output folder may be replaced.
        resume: Whether to resume the run in the output folder from its latest complete checkpoint.
        arguments: Training arguments by name, sentence-transformers' and those of
            :class:`~beir_hybrid.training.arguments.HybridBatchTrainingArguments`; or the words of a command line, such
            as ``["--max_steps", "20"]``.
        **loss_options: The fields of :class:`~beir_hybrid.training.loss_options.LossOptions`, by keyword.

    Raises:
        ConfigurationError: If an option of the loss is out of range, options exclude or need each other, or extra data
            are not named as :class:`~beir_hybrid.training.extra.ExtraData` wants it.

    Examples:
        >>> request = TrainingRequest("static", "sample", Path("out"), arguments={"max_steps": 20})
        >>> request.command()
        'beir-hybrid train --model static --train-data sample --output out --max_steps 20'
    """

    model: str = option(
        help="static, static:DIM (untrained static embeddings), or a sentence-transformers or Hugging Face name or "
        "folder."
    )
    train_data: str | tuple[str, ...] = option(help=f"{_DATA_HELP}; may be given several times.")
    output: Path = option(Path("model"), required=True, help="Folder for the trained model.")
    source: Path | None = option(
        None,
        help="Folder with the dataset's files [default: $BEIR_HYBRID_DATA, or else a download into the user's cache].",
    )
    languages: tuple[str, ...] | None = option(None, help="Language codes, such as en,de [default: all].")
    columns: tuple[str, ...] | None = option(
        None,
        metavar="NAME=COLUMN,...",
        help="Columns of training data on the hub or in a .jsonl, .csv, .tsv or .parquet file, such as "
        "question=query,passage=positive,language=lang,group=id; or language:de where all are German [default: the "
        "usual names].",
    )
    format: str | None = option(
        None,
        metavar="NAME",
        help="Format of files and folders of training data, such as tevatron or NAME(option=value) [default: "
        "recognised by the content].",
    )
    passage_text: str | None = option(
        None,
        choices=("sentence", "sentence+context"),
        help="What a passage's text is, for xquad-r and mlqa-r [default: sentence].",
    )
    extra_data: str | tuple[str, ...] | None = option(
        None,
        metavar="NAME=DATA[,weight=NUMBER]",
        help="Further data without languages, such as nli=hub:sentence-transformers/all-nli/triplet:train,weight=0.25: "
        "a file or folder of any format, a dataset or hub:NAME[/CONFIG][@REVISION]:SPLIT, whose batches the host draws "
        "beside the planned ones, weight for each of these [default: each row once an epoch]; may be given several "
        "times.",
    )
    check_against: tuple[str, ...] | None = option(
        None,
        help="Evaluation sets, such as xquad-r,miracl.dev: warn of texts of theirs in the training data, and say in "
        "the model card what was found.",
    )
    strategy: str = option(_BATCHES["strategy"].default, **_BATCHES["strategy"].metadata)
    alpha: float | None = option(_BATCHES["alpha"].default, **_BATCHES["alpha"].metadata)
    query_prefix: str = option("Query: ", help="Put before every question.")
    passage_prefix: str = option("Passage: ", help="Put before every passage.")
    query_prefix_in: str | tuple[str, ...] | None = option(
        None,
        metavar="CODE=TEXT",
        help="Put before questions in one language instead, such as 'de=Frage: '; kept with the model, and may be "
        "given several times.",
    )
    passage_prefix_in: str | tuple[str, ...] | None = option(
        None, metavar="CODE=TEXT", help="Put before passages in one language instead, likewise."
    )
    transform: str | None = option(
        None,
        metavar="code-switch:DICT.tsv[,p=NUMBER][,from=CODE]",
        help="Replace words of texts in English, or the language of from=, by their translations in a dictionary (in "
        "each line a word, a tab or a blank, and a translation) with probability p [default: 0.5], others each epoch; "
        "not in evaluation.",
    )
    eval_data: str | None = option(
        None, help=f"{_DATA_HELP}, on which the best checkpoint is selected [default: the last model is kept]."
    )
    eval_languages: tuple[str, ...] | None = option(
        None, help="Languages to evaluate on [default: en for the loss, all for other metrics]."
    )
    eval_split: str | None = option(None, help="Split to evaluate on, for datasets that have several.")
    select_by: str | None = option(
        None,
        metavar="[loss|METRIC]",
        help="Keep the checkpoint with the lowest validation loss, or the best multi_map, mono_ndcg@10 and so on, "
        "after each epoch or as --eval_steps asks for [default: loss].",
    )
    overwrite: bool = option(False, help="Replace an earlier run in the output folder.")
    resume: bool = option(
        False,
        help="Resume the run in the output folder from its latest complete checkpoint; start it if there is none.",
    )
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for each in fields(self):
            object.__setattr__(self, each.name, as_declared(each.name, str(each.type), getattr(self, each.name)))
        super().__post_init__()
        if not isinstance(self.arguments, Mapping | list | tuple):
            raise ConfigurationError(f"arguments is {shorten(self.arguments)}.", "Give a mapping, or a list of words.")
        given = self.arguments if isinstance(self.arguments, Mapping) else read_words(self.arguments)
        for name in ("extra_data", "query_prefix_in", "passage_prefix_in"):
            several = getattr(self, name)
            object.__setattr__(self, name, ((several,) if isinstance(several, str) else several) or None)
        if self.extra_data:
            from beir_hybrid.training.extra import read_extra_data  # what reads data is not needed without

            read_extra_data(self.extra_data)
        self.prompts("query"), self.prompts("document")  # refused now, if ever
        self.built_transform()
        object.__setattr__(self, "arguments", {name.replace("-", "_"): value for name, value in given.items()})
        self.check_model_options(self.model)
        if self.overwrite and self.resume:
            raise ConfigurationError("Both overwrite and resume are asked for.", "Choose one.")
        if self.eval_data is not None:
            object.__setattr__(self, "select_by", self.select_by or "loss")  # so that files say it
            return
        for name in ("select_by", "eval_languages", "eval_split"):
            if getattr(self, name) is not None:
                option = f"--{name.replace('_', '-')}"
                raise ConfigurationError(f"{option} is given without data to evaluate on.", "Add --eval-data NAME.")

    @classmethod
    def from_options(cls, given: Mapping[str, Any], arguments: Mapping[str, Any] | None = None) -> TrainingRequest:
        """Make a request of plain values, as files and command lines give them.

        Args:
            given: Values by name: those of fields, and others, which are training arguments.
            arguments: Further training arguments, which those in ``given`` override.

        Raises:
            ConfigurationError: As the class does.
        """
        own: dict[str, Any] = {name: value for name, value in given.items() if name in OPTIONS}
        others = {name: value for name, value in given.items() if name not in OPTIONS and value is not None}
        return cls(**own, arguments={**(arguments or {}), **others})

    @classmethod
    def from_run(cls, content: Mapping[str, Any]) -> TrainingRequest:
        """Read the request of a run from its ``run.json``, with the training arguments that are not the defaults.

        Args:
            content: The file's content.

        Raises:
            ConfigurationError: If it is of another version, or damaged.
        """
        try:
            request = cls.from_options(
                {name: content["options"][name] for name in DECIDING if name in content["options"]}
            )
            arguments = dict(content["arguments"])
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise ConfigurationError(f"The run's request cannot be read: {error}.", "Train again.") from error
        from beir_hybrid.training.arguments import arguments_as_json, parse_arguments

        try:
            usual = arguments_as_json(parse_arguments({}, request.output, request.defaults))
        except ConfigurationError:  # this version of the host refuses our defaults
            usual = {}
        own = {
            name: value
            for name, value in arguments.items()
            if name not in _FOLLOWING and not name.startswith("_") and usual.get(name, value) != value
        }
        return replace(request, arguments=own)

    def options(self) -> dict[str, Any]:
        """Return the fields but the arguments as plain JSON content, as ``run.json`` has them."""
        values = {name: getattr(self, name) for name in OPTIONS}
        return {name: _plain(value) for name, value in values.items()}

    @property
    def sources(self) -> tuple[str, ...]:
        """Names of the training data."""
        return (self.train_data,) if isinstance(self.train_data, str) else tuple(self.train_data)

    def prompts(self, role: Role) -> Prompts:
        """Return what is put before the texts of a role.

        Raises:
            ConfigurationError: If a prefix of one language is none, or a language has two.
        """
        option = "query_prefix" if role == "query" else "passage_prefix"
        return Prompts.read(getattr(self, option), getattr(self, f"{option}_in") or (), f"{option}_in")

    def built_transform(self, seed: int = 0) -> CodeSwitch | None:
        """Return what changes the texts that are trained on; None for nothing.

        Args:
            seed: Of all draws.

        Raises:
            ConfigurationError: If it is not written as it must be.
        """
        if self.transform is None:
            return None
        from beir_hybrid.pairs.code_switch import CodeSwitch

        return CodeSwitch.read(self.transform, seed)

    @property
    def defaults(self) -> dict[str, Any]:
        """Values of training arguments that are not given."""
        return {**HOST_DEFAULTS, **(STATIC_DEFAULTS if holds_static(self.model) else {})}

    def command(self) -> str:
        """Write the command that does this training, options at their default left out."""
        words = ["beir-hybrid", "train"]
        for each in sorted(fields(self), key=lambda field: field.name in LOSS_OPTIONS):
            value = getattr(self, each.name)
            if each.name not in DECIDING or value in (None, each.default):
                continue
            values = value if each.name in REPEATED and isinstance(value, tuple) else [value]
            for one in values:
                text = ",".join(map(str, one)) if isinstance(one, tuple) else str(one)
                words += [f"--{each.name.replace('_', '-')}", text]
        return shlex.join([*words, "--output", str(self.output), *write_words(self.arguments)])


OPTIONS = tuple(field.name for field in fields(TrainingRequest) if field.name != "arguments")
"""Names of the options that are not training arguments."""

REPEATED = frozenset(field.name for field in fields(TrainingRequest) if str(field.type).startswith("str | tuple["))
"""Names of the options that may be given several times."""

_ABOUT_OUTPUT = frozenset({"output", "overwrite", "resume", "check_against"})

DECIDING = tuple(name for name in OPTIONS if name not in _ABOUT_OUTPUT)
"""Names of the options that decide about the trained model: those that a study may set."""

_FOLLOWING = frozenset(
    {
        *("output_dir", "logging_dir", "use_cpu", "dataloader_pin_memory", "prompts", "strategy", "alpha"),
        *("batch_sampler", "multi_dataset_batch_sampler", "resume_from_checkpoint"),
        *("greater_is_better", "metric_for_best_model"),
    }
)
"""Training arguments in ``run.json`` that follow from the options, or from the machine."""


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if isinstance(value, Path):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
