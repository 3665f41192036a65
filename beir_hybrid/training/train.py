"""One training run: pairs in, a model folder out."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beir_hybrid.batching.draws import DrawSummary
from beir_hybrid.batching.strategies.build import strategy_spec
from beir_hybrid.errors import BeirHybridError, ConfigurationError, OutputError
from beir_hybrid.prompts import check_prompts, replace_prompts
from beir_hybrid.storage.files import check_output
from beir_hybrid.storage.locks import locked
from beir_hybrid.storage.run_folder import RUN_FILE, RunFolder
from beir_hybrid.training.base_models import base_model
from beir_hybrid.training.checkpoints import RECORD_FILE, record_checkpoint
from beir_hybrid.training.extra import PLANNED
from beir_hybrid.training.lora import ADAPTER_FOLDER, merge_adapter, save_adapter
from beir_hybrid.training.losses.build import has_option
from beir_hybrid.training.losses.in_batch import Mnrl
from beir_hybrid.training.losses.teacher_vectors import TeacherVectors, encode_teacher
from beir_hybrid.training.overlap_check import check_data
from beir_hybrid.training.prepare import PreparedTraining, prepare, training_arguments
from beir_hybrid.training.processes import all_see, gathered, is_first_process, launched_processes, together
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.selection import Selected, selected
from beir_hybrid.training.words import read_words
from beir_hybrid.verbosity import quieten_trainer

if TYPE_CHECKING:
    from sentence_transformers import SentenceTransformer
    from transformers import TrainerCallback

    from beir_hybrid.training.arguments import HybridBatchTrainingArguments
    from beir_hybrid.training.trainer import HybridBatchTrainer


logger = logging.getLogger(__name__)


class RunFinishedError(OutputError):
    """A run that is to be resumed has ended: there is nothing to do, and its model is there."""


@dataclass(frozen=True, eq=False)
class TrainedModel:
    """A finished run.

    Attributes:
        model: The trained encoder.
        folder: Where it is saved.
        drawn: What was drawn.
        steps: Optimizer steps taken.
        seconds: Seconds the training loop took.
        selected: The checkpoint that the model was taken from; None if it is the last model.
    """

    model: SentenceTransformer
    folder: Path
    drawn: DrawSummary
    steps: int
    seconds: float
    selected: Selected | None = None


def train(
    request: TrainingRequest,
    arguments: Mapping[str, Any] | Sequence[str] = (),
    callbacks: Sequence[TrainerCallback] = (),
    notes: Mapping[str, str] | None = None,
) -> TrainedModel:
    """Fine-tune an encoder with planned batches and save it.

    What is wrong with the request is found before the output folder is touched; what the host refuses only in its first
    step leaves the folder as it was, except for an earlier run that was to be replaced. The folder is locked meanwhile.
    Under ``torchrun`` or ``accelerate launch`` every process calls this, and the first one writes; on several nodes,
    with ``save_on_each_node``, the first one of each node does, into a folder that the others do not see.

    Args:
        request: Model, data, batches and output.
        arguments: Further training arguments, which override the request's: values by name, or the words of a command
            line.
        callbacks: The host's callbacks, called at every step.
        notes: Further lines of the model card by their headings.

    Returns:
        The trained model; its folder loads with ``SentenceTransformer(folder)``.

    Raises:
        RunFinishedError: If the run that is to be resumed has ended.
        BeirHybridError: Any of its leaves, for anything that is wrong with the request. A full disk is an OutputError
            that says what is kept.
        TrainingInterrupted: A KeyboardInterrupt that says how far the training was.
    """
    if arguments:
        given = arguments if isinstance(arguments, Mapping) else read_words(arguments)
        request = replace(request, arguments={**request.arguments, **given})
    if is_first_process():  # which shows soonest what is wrong
        _check_output(request)
    host = training_arguments(request)  # from here on, the processes can speak with one another
    if request.resume:
        together(lambda: _check_unfinished(request, host))
    with ExitStack() as held:

        def claim() -> None:
            _check_output(request)
            held.enter_context(locked(request.output, f"the run in {request.output}"))
            _check_output(request)  # another process may have written meanwhile

        together(claim if is_first_process() else lambda: None)
        _check_nodes(request.output, host)
        together(claim if host.should_save and not is_first_process() else lambda: None)
        return _train(request, callbacks, notes or {})


def _train(request: TrainingRequest, callbacks: Sequence[TrainerCallback], notes: Mapping[str, str]) -> TrainedModel:
    from transformers import set_seed

    from beir_hybrid.training.arguments import arguments_as_json
    from beir_hybrid.training.attempt import Attempt

    folder = RunFolder(request.output)
    if request.resume and not training_arguments(request).force_resume:
        together(lambda: folder.check_same_options(request.options()))
    prepared = together(lambda: prepare(request))
    checked = check_data(prepared)
    teacher = _teacher(prepared)
    set_seed(prepared.arguments.seed)
    model = base_model(request.model, prepared.sources)
    request.change(model, request.model)
    prompts = request.prompts("query"), request.prompts("document")
    check_prompts(model, prompts, request.model)
    replace_prompts(model, *prompts)
    with Attempt(folder, list(request.arguments), prepared.arguments.should_save) as attempt:
        trainer = _build_trainer(model, prepared, teacher)
        trainer.card_details = {**trainer.card_details, **checked, **notes}
        for callback in callbacks:
            trainer.add_callback(callback)
        checkpoint = trainer.latest_checkpoint() if request.resume else None
        if request.resume and checkpoint is None and trainer.is_world_process_zero():
            logger.warning("%s holds no complete checkpoint: the run starts from the beginning.", request.output)
        if checkpoint is not None and not (checkpoint / RECORD_FILE).exists() and trainer.args.should_save:
            record_checkpoint(checkpoint)  # the run was killed just before, or while it did
        if checkpoint is None:
            attempt.watch(trainer, lambda: folder.start(request.options(), arguments_as_json(prepared.arguments)))
        else:  # it keeps what it was started with
            attempt.watch(trainer, None, int(checkpoint.name.rpartition("-")[2]))
        start = time.perf_counter()
        trainer.train(resume_from_checkpoint=None if checkpoint is None else str(checkpoint))
        seconds = time.perf_counter() - start
        best = None if prepared.selection is None else selected(request.select_by, trainer.state)
        if prepared.selection is not None and best is not None:
            of = f"step {best.step} of {trainer.state.global_step}"
            value = f"{best.by} {best.value:.4f} on {prepared.selection.data}"
            trainer.card_details = {**trainer.card_details, "Selected": f"{of}, {value}"}
        steps = int(trainer.state.global_step)
        if trainer.args.should_save:
            chosen = {} if best is None else {"selected": asdict(best)}
            summary = {"steps": steps, "seconds": round(seconds, 3), **chosen}
            save = partial(_save_model, trainer, request.lora is not None)
            folder.save(save, summary, trainer.state.log_history)
        elif request.lora is not None:
            merge_adapter(model)
    return TrainedModel(model, request.output, trainer.drawn(), steps, seconds, best)


def _teacher(prepared: PreparedTraining) -> TeacherVectors | None:
    """Encode what the loss wants of a teacher; the first process does it, and the others then read its cache."""
    loss = prepared.loss
    if "teacher" not in loss.needs:
        return None
    name, language = str(getattr(loss, "teacher", "")), str(getattr(loss, "teacher_language", "en"))
    first = together(lambda: encode_teacher(name, language, prepared.sources) if is_first_process() else None)
    return together(lambda: first or encode_teacher(name, language, prepared.sources))


def _build_trainer(
    model: SentenceTransformer, prepared: PreparedTraining, teacher: TeacherVectors | None
) -> HybridBatchTrainer:
    from beir_hybrid.training.trainer import HybridBatchTrainer

    request, sources, selection = prepared.request, prepared.sources, prepared.selection
    languages = sorted({language for pairs in sources for language in pairs.languages})
    model.model_card_data.local_files_only = True  # a card needs no connection
    model.model_card_data.set_language(languages)
    trainer = HybridBatchTrainer(
        model=model,
        args=prepared.arguments,
        train_dataset={PLANNED: prepared.dataset, **prepared.extra} if prepared.extra else prepared.dataset,
        shares=prepared.shares(),
        eval_dataset=None if selection is None else selection.dataset,
        evaluator=None if selection is None else selection.evaluator,
        loss=_build_loss(model, prepared, teacher),
    )
    if selection is not None and selection.dataset is not None and prepared.loss != _in_batch(prepared):
        trainer.evaluation_loss = _in_batch(prepared).build(model).to(model.device)
    # the host makes the optimizer and its schedule once, so that it refuses them now, and again when training begins
    trainer.create_optimizer_and_scheduler(num_training_steps=1)
    trainer.optimizer, trainer.lr_scheduler = None, None
    quieten_trainer(trainer)
    trainer.plain_evaluation = selection is not None
    data = "; ".join(f"{pairs.name}, {len(pairs.groups)} groups, {len(pairs)} pairs" for pairs in sources)
    beside = "; ".join(f"{name}, {len(rows)} rows" for name, rows in prepared.extra.items())
    trainer.card_details = {
        "Data": data,
        **({"Extra data": beside} if beside else {}),
        "Languages": ", ".join(languages),
        "Base model": f"`{request.model}`",
        "Prefixes": f"`{request.query_prefix}` and `{request.passage_prefix}`, the prompts `query` and `document`"
        + "".join(f"; `{text}`, the prompt `{name}`" for name, text in _of_languages(request).items()),
        **({"Transform": f"`{request.transform}`"} if request.transform else {}),
        "Loss": f"`{prepared.loss.spec()}`",
        **({"Scale": f"{request.scale:g}"} if has_option(request.loss, "scale") else {}),
        **request.model_card(),
    }
    logger.info("Training on %s, with %s", data, strategy_spec(prepared.arguments.built_strategy()))
    return trainer


def _of_languages(request: TrainingRequest) -> dict[str, str]:
    """Return the prompts of single languages by their names."""
    named = {**request.prompts("query").named("query"), **request.prompts("document").named("document")}
    return {name: text for name, text in named.items() if name not in {"query", "document"}}


def _save_model(trainer: HybridBatchTrainer, adapted: bool, folder: str) -> None:
    """Save the model; of one with adapters, the adapter alone and the model with it merged in."""
    if adapted:
        save_adapter(trainer.model, Path(folder) / ADAPTER_FOLDER)
        merge_adapter(trainer.model)
    trainer.save_model(folder)


def _in_batch(prepared: PreparedTraining) -> Mnrl:
    """Return the loss that any data can give: of validation, and of data beside the planned ones."""
    return Mnrl(scale=prepared.request.scale)


def _build_loss(model: SentenceTransformer, prepared: PreparedTraining, teacher: TeacherVectors | None) -> Any:
    """Make the loss of the planned data, and of those beside them, which give no more than passages and negatives."""
    try:
        loss = prepared.loss.build(model, teacher)
    except BeirHybridError:
        raise
    except ValueError as error:  # the host's words about models that its loss cannot train
        raise ConfigurationError(
            f"The loss {prepared.loss.name!r} does not go with the model {prepared.request.model}: "
            f"{' '.join(str(error).split()).rstrip('.')}.",
            "Choose another loss, such as --loss mnrl, or another model.",
        ) from error
    if not prepared.extra or prepared.loss == _in_batch(prepared):
        return loss
    return {PLANNED: loss, **{name: _in_batch(prepared).build(model) for name in prepared.extra}}


def _check_output(request: TrainingRequest) -> None:
    """Raise an error for a folder of other things; a run to resume that is missing is started, as queued jobs need."""
    folder = request.output
    check_output(folder, "folder")
    run = RunFolder(folder)
    if not folder.is_dir() or run.is_unstarted():
        return
    if run.run() is None:
        raise OutputError(
            f"The folder {folder} holds other things{' than a run to resume' if request.resume else ''}.",
            f"Choose {'the folder of that run' if request.resume else 'an empty or new folder'}: --output DIR",
        )
    if not (request.resume or request.overwrite):
        raise OutputError(
            f"The folder {folder} holds another run.",
            "Choose another folder, resume that run with --resume, or replace it with --overwrite.",
        )


def _check_nodes(folder: Path, arguments: HybridBatchTrainingArguments) -> None:
    """Raise an error if the nodes of a run would lack one another's checkpoints, or overwrite them."""
    if launched_processes() == 1 or gathered(arguments.local_process_index).count(0) == 1:
        return
    shared = all_see(folder, f".{RUN_FILE}.")
    if shared and arguments.save_on_each_node:
        raise ConfigurationError(
            f"save_on_each_node is on, and all nodes would write the same files in {folder}.",
            "Leave it out, or name a folder on each node's own disk: --output DIR",
        )
    if not shared and not arguments.save_on_each_node and arguments.save_strategy != "no":
        raise ConfigurationError(
            f"Not all nodes see what the first one writes in {folder}, so no checkpoint of it could be resumed.",
            "Name a folder on a disk that they share, or give --save_on_each_node True.",
        )


def _check_unfinished(request: TrainingRequest, arguments: HybridBatchTrainingArguments) -> None:
    """Raise an error if the run to resume has ended: on every process, as none of them writes then."""
    folder = RunFolder(request.output)
    run = folder.run()
    if run is None or not folder.is_finished():
        return
    if not arguments.force_resume:
        folder.check_same_options(request.options())
    for name in ("max_steps", "num_train_epochs"):
        before, now = run["arguments"].get(name), getattr(arguments, name)
        if before != now:
            raise OutputError(
                f"The run in {request.output} is finished, with {name} {before}, not {now}.",
                f"To train its model further, start a run with --model {request.output}.",
            )
    raise RunFinishedError(f"The run in {request.output} is finished.", "Nothing is left to resume.")
