"""Checkpoints: which one to go on from, whether it is whole, and whether the batches would be the same."""

from __future__ import annotations

import json
import logging
import re
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError, shorten
from beir_hybrid.storage.checksums import damage, record
from beir_hybrid.storage.files import parse_json, write_json
from beir_hybrid.storage.run_folder import BATCHES_FILE

RECORD_FILE = "checksums.json"
"""Written last into a checkpoint: size and checksum of each of its files."""

_STATE_FILE = "trainer_state.json"
_NAME = re.compile(r"checkpoint-(\d{1,18})", re.ASCII)
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin", "adapter_model.bin", "pytorch_model_fsdp*", "global_step*")
_SHOWN = 3  # damaged checkpoints in a message

logger = logging.getLogger(__name__)


def record_checkpoint(checkpoint: Path) -> None:
    """Write down what the files of a checkpoint hold, when all of them are there.

    Raises:
        OutputError: If it cannot be written.
    """
    files = (path for path in sorted(checkpoint.rglob("*")) if path.is_file() and not path.name.startswith("."))
    names = [path.relative_to(checkpoint).as_posix() for path in files if path.name != RECORD_FILE]
    write_json(checkpoint / RECORD_FILE, {"schema": 1, "files": record(checkpoint, names)})


def latest_checkpoint(folder: Path, exact: bool = True, tell: bool = True) -> Path | None:
    """Find the latest whole checkpoint.

    The host writes a checkpoint's ``trainer_state.json`` last, so a run that was killed while saving leaves one without
    it, or with half of it; that one is passed over. So is one whose files are not what was saved.

    Args:
        folder: The Trainer's output folder.
        exact: Whether it must hold all that training goes on from exactly, such as the optimizer's state.
        tell: Whether to log which checkpoints are passed over.

    Returns:
        The checkpoint's folder, or None if none was saved completely.

    Raises:
        DataFormatError: If some were saved completely, and each of them is damaged by now.
    """
    numbered = _numbered(folder)
    damaged: list[str] = []
    usable = False  # by force
    for step in sorted(numbered, reverse=True):
        checkpoint = numbered[step]
        if not _is_finished(checkpoint):
            if tell:
                logger.warning("%s was not saved completely: it is passed over.", checkpoint)
            continue
        wrong = flaw(checkpoint, exact)
        if not wrong:
            if damaged and tell:
                logger.warning("Damaged: %s. Resuming from %s.", _shorten(damaged), checkpoint.name)
            return checkpoint
        damaged.append(f"{checkpoint.name} ({wrong})")
        usable = usable or (exact and not flaw(checkpoint, exact=False))
    if damaged:
        force = ", or resume without it: --force_resume True" if usable else ""
        raise DataFormatError(
            f"{folder} holds no whole checkpoint: {_shorten(damaged)}.",
            f"Put back its files{force}, or start again (on the command line, --overwrite).",
        )
    return None


def latest_step(folder: Path) -> int | None:
    """Find the step of the latest checkpoint that was saved completely, without checking it; None if there is none."""
    return max((step for step, checkpoint in _numbered(folder).items() if _is_finished(checkpoint)), default=None)


def check_checkpoint(checkpoint: Path, exact: bool = True) -> None:
    """Refuse a checkpoint that is not whole.

    Args:
        checkpoint: Its folder.
        exact: Whether it must hold all that training goes on from exactly.

    Raises:
        MissingDataError: If there is no such folder.
        DataFormatError: If it is damaged; the message names the latest whole one beside it.
    """
    if not checkpoint.is_dir():
        raise MissingDataError(f"There is no checkpoint {checkpoint}.", "Check resume_from_checkpoint.")
    if wrong := flaw(checkpoint, exact):
        try:
            whole = latest_checkpoint(checkpoint.parent, exact, tell=False)
        except DataFormatError:
            whole = None
        fix = "Train from the beginning." if whole is None else f"Resume from {whole}."
        raise DataFormatError(f"The checkpoint {checkpoint} is damaged ({wrong}).", fix)


def flaw(checkpoint: Path, exact: bool = True) -> str:
    """Compare a checkpoint's files with what was recorded of them.

    Of one without a record, written by the host or an earlier version, the files' own forms are checked: the checksums
    of archives, the sizes that weights tell, and JSON.

    Args:
        checkpoint: Its folder.
        exact: Whether the states of optimizer, schedule and random numbers must be there.

    Returns:
        What is wrong with it; empty if it is whole.
    """
    step = _NAME.fullmatch(checkpoint.name)
    if (checkpoint / RECORD_FILE).exists():
        content = _read_json(checkpoint / RECORD_FILE)
        wrong = damage(checkpoint, content.get("files") if isinstance(content, dict) else None)
    else:
        wrong = _unreadable(checkpoint)
    state = _read_json(checkpoint / _STATE_FILE)
    told = state.get("global_step") if isinstance(state, dict) else None
    if not wrong and (told is None or (step is not None and told != int(step[1]))):
        wrong = f"{_STATE_FILE} tells of step {told}"
    return wrong or (_missing(checkpoint) if exact else "")


def _numbered(folder: Path) -> dict[int, Path]:
    """List the checkpoints of a folder by their steps."""
    found = ((_NAME.fullmatch(entry.name), entry) for entry in folder.glob("checkpoint-*"))
    return {int(match[1]): entry for match, entry in found if match is not None and entry.is_dir()}


def _is_finished(checkpoint: Path) -> bool:
    """Return whether a checkpoint was saved to its end, whatever has become of it since."""
    return (checkpoint / RECORD_FILE).exists() or isinstance(_read_json(checkpoint / _STATE_FILE), dict)


def _missing(checkpoint: Path) -> str:
    """Say which state that training goes on from exactly was never saved; empty if none."""
    names = {path.name for path in checkpoint.iterdir()}
    if not any(name.startswith("global_step") for name in names):  # DeepSpeed keeps all states in there
        if not any(name.startswith(("optimizer", "rank0-of-")) for name in names):
            return "optimizer.pt is missing, as --save_only_model leaves it out"
        if "scheduler.pt" not in names:
            return "scheduler.pt is missing"
    content = _read_json(checkpoint / BATCHES_FILE)
    plan = content.get("plan") if isinstance(content, dict) else None
    told = plan.get("world_size") if isinstance(plan, dict) else None
    processes = told if isinstance(told, int) else 1
    wanted: Iterable[str] = (f"rng_state_{process}.pth" for process in range(processes)) if processes > 1 else ()
    if not any(name.startswith("rng_state") for name in names):
        wanted = wanted or ["rng_state.pth"]
    return next((f"{name} is missing" for name in wanted if name not in names), "")


def _unreadable(checkpoint: Path) -> str:
    """Say which file of a checkpoint without a record cannot be read; empty if none."""
    if not any(path for pattern in _WEIGHTS for path in checkpoint.rglob(pattern)):
        return "it holds no weights"
    for path in sorted(path for path in checkpoint.rglob("*") if path.is_file()):
        name = path.relative_to(checkpoint).as_posix()
        if path.suffix == ".json" and _read_json(path) is None:
            return f"{name} cannot be read"
        if path.suffix in {".pt", ".pth"} and not _is_whole_archive(path):
            return f"{name} cannot be read"
        if path.suffix == ".safetensors" and not _is_whole_safetensors(path):
            return f"{name} cannot be read"
    return ""


def _read_json(path: Path) -> Any:
    try:
        return parse_json(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None


def _is_whole_archive(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:  # the form in which torch saves; it has checksums
            return archive.testzip() is None
    except (OSError, zipfile.BadZipFile, EOFError, ValueError, RuntimeError, zlib.error):
        return False


def _is_whole_safetensors(path: Path) -> bool:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="np"):  # compares the size with what the header tells
            return True
    except (OSError, SafetensorError):
        return False


def _shorten(damaged: list[str]) -> str:
    more = f" and {len(damaged) - _SHOWN} more" if len(damaged) > _SHOWN else ""
    return ", ".join(damaged[:_SHOWN]) + more


def check_same_batches(checkpoint: Path, identity: Mapping[str, Any]) -> None:
    """Refuse to go on with other batches than the checkpoint's run would have drawn.

    Args:
        checkpoint: A checkpoint's folder.
        identity: What the batches of the run that goes on follow from.

    Raises:
        ConfigurationError: If something differs; the message names it with both values.
        DataFormatError: If the checkpoint does not tell.
    """
    path = checkpoint / BATCHES_FILE
    try:
        before = parse_json(path.read_text(encoding="utf-8"))["plan"]
        if not isinstance(before, dict):
            raise TypeError("its plan is no mapping")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataFormatError(
            f"{path} does not tell which batches the run drew ({type(error).__name__}).",
            "Resume with --force_resume True if they are the same.",
        ) from error
    before, now = _flat(before), _flat(json.loads(json.dumps(identity)))
    names = [name for name in sorted({*before, *now}) if before.get(name) != now.get(name)]
    if len(names) > 1:  # the length in epochs follows from the rest
        names = [name for name in names if name != "epochs"]
    changed = [f"{name}: {shorten(before.get(name))} before, {shorten(now.get(name))} now" for name in names]
    if changed:
        raise ConfigurationError(
            f"The run in {checkpoint} drew other batches ({'; '.join(changed)}).",
            "Resume with the same values, or with --force_resume True.",
        )


def _flat(identity: Mapping[str, Any]) -> dict[str, Any]:
    """Put the entries of inner mappings beside the others, each by its own name."""
    inner = {name: value for part in identity.values() if isinstance(part, dict) for name, value in part.items()}
    return {**{name: value for name, value in identity.items() if not isinstance(value, dict)}, **inner}
