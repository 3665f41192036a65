"""Checkpoints: which one to resume from, whether it is whole, and whether the batches would be the same."""

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
from beir_hybrid.storage.files import json_or_none, parse_json, write_json
from beir_hybrid.storage.run_folder import BATCHES_FILE
from beir_hybrid.training.processes import process_rank

RECORD_FILE = "checksums.json"
"""Written last into a checkpoint: size and checksum of each of its files."""

_STATE_FILE = "trainer_state.json"
_NAME = re.compile(r"checkpoint-(\d{1,18})", re.ASCII)
_WEIGHTS = ("*.safetensors", "pytorch_model*.bin", "adapter_model.bin", "pytorch_model_fsdp*", "global_step*")
_SHOWN = 3  # damaged checkpoints in a message

logger = logging.getLogger(__name__)


def record_checkpoint(checkpoint: Path) -> None:
    """Record what the files of a checkpoint hold, when all of them are there.

    What a process left that was killed while it recorded is removed.

    Raises:
        OutputError: If it cannot be written.
    """
    for left in checkpoint.glob(f".{RECORD_FILE}.*.tmp"):
        left.unlink(missing_ok=True)
    files = (path for path in sorted(checkpoint.rglob("*")) if path.is_file() and not path.name.startswith("."))
    names = [path.relative_to(checkpoint).as_posix() for path in files if path.name != RECORD_FILE]
    write_json(checkpoint / RECORD_FILE, {"schema": 1, "files": record(checkpoint, names)})


def latest_checkpoint(folder: Path, exact: bool = True, log: bool = True) -> Path | None:
    """Return the latest whole checkpoint.

    The host writes a checkpoint's ``trainer_state.json`` last, so a run that was killed while saving leaves one without
    it, or with half of it; that one is skipped. So is one whose files are not what was saved.

    Args:
        folder: The Trainer's output folder.
        exact: Whether it must hold all that an exact resume needs, such as the optimizer's state.
        log: Whether to log which checkpoints are skipped.

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
            if log:
                logger.warning("%s was not saved completely: it is skipped.", checkpoint)
            continue
        wrong = flaw(checkpoint, exact)
        if not wrong:
            if damaged and log:
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
    """Return the step of the latest checkpoint that was saved completely, without checking it; None without one."""
    return max((step for step, checkpoint in _numbered(folder).items() if _is_finished(checkpoint)), default=None)


def check_checkpoint(checkpoint: Path, exact: bool = True) -> None:
    """Raise an error for a checkpoint that is not whole.

    Args:
        checkpoint: Its folder.
        exact: Whether it must hold all that an exact resume needs.

    Raises:
        MissingDataError: If there is no such folder.
        DataFormatError: If it is damaged; the message names the latest whole one beside it.
    """
    if not checkpoint.is_dir():
        raise MissingDataError(f"There is no checkpoint {checkpoint}.", "Check resume_from_checkpoint.")
    if wrong := flaw(checkpoint, exact):
        try:
            whole = latest_checkpoint(checkpoint.parent, exact, log=False)
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
        wrong = damage(checkpoint, (json_or_none(checkpoint / RECORD_FILE) or {}).get("files"))
    else:
        wrong = _unreadable(checkpoint)
    saved = (json_or_none(checkpoint / _STATE_FILE) or {}).get("global_step")
    if not wrong and (saved is None or (step is not None and saved != int(step[1]))):
        wrong = f"{_STATE_FILE} is of step {saved}"
    return wrong or (_missing(checkpoint) if exact else "")


def _numbered(folder: Path) -> dict[int, Path]:
    """List the checkpoints of a folder by their steps."""
    entries = ((_NAME.fullmatch(entry.name), entry) for entry in folder.glob("checkpoint-*"))
    return {int(match[1]): entry for match, entry in entries if match is not None and entry.is_dir()}


def _is_finished(checkpoint: Path) -> bool:
    """Return whether a checkpoint was saved to its end, whatever has become of it since."""
    return (checkpoint / RECORD_FILE).exists() or json_or_none(checkpoint / _STATE_FILE) is not None


def _missing(checkpoint: Path) -> str:
    """Return which state that an exact resume needs was never saved; empty if none."""
    names = {path.name for path in checkpoint.iterdir()}
    if not any(name.startswith("global_step") for name in names):  # DeepSpeed keeps all states in there
        if not any(name.startswith(("optimizer", "rank0-of-")) for name in names):
            return "optimizer.pt is missing, as --save_only_model leaves it out"
        if "scheduler.pt" not in names:
            return "scheduler.pt is missing"
    plan = (json_or_none(checkpoint / BATCHES_FILE) or {}).get("plan")
    processes = plan.get("world_size") if isinstance(plan, dict) else None
    wanted: Iterable[str] = ()
    if isinstance(processes, int) and processes > 1 and (checkpoint / RECORD_FILE).exists():
        wanted = [f"rng_state_{process_rank()}.pth"]  # all that this node saved are there
    elif isinstance(processes, int) and processes > 1:
        wanted = (f"rng_state_{process}.pth" for process in range(processes))
    elif not any(name.startswith("rng_state") for name in names):
        wanted = ["rng_state.pth"]
    return next((f"{name} is missing" for name in wanted if name not in names), "")


def _unreadable(checkpoint: Path) -> str:
    """Return which file of a checkpoint without a record cannot be read; empty if none."""
    if not any(path for pattern in _WEIGHTS for path in checkpoint.rglob(pattern)):
        return "it holds no weights"
    files = (path for path in sorted(checkpoint.rglob("*")) if path.is_file())
    return next((f"{path.relative_to(checkpoint).as_posix()} cannot be read" for path in files if _is_broken(path)), "")


def _is_broken(path: Path) -> bool:
    """Return whether a file is not what its suffix says; of other suffixes than those here none is."""
    from safetensors import SafetensorError, safe_open

    try:
        if path.suffix == ".json":
            parse_json(path.read_text(encoding="utf-8"))
        elif path.suffix in {".pt", ".pth"}:
            with zipfile.ZipFile(path) as archive:  # the form in which torch saves; it has checksums
                return archive.testzip() is not None
        elif path.suffix == ".safetensors":
            with safe_open(path, framework="np"):  # compares the size with that in the header
                return False
    except (OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, SafetensorError):
        return True
    return False


def _shorten(damaged: list[str]) -> str:
    more = f" and {len(damaged) - _SHOWN} more" if len(damaged) > _SHOWN else ""
    return ", ".join(damaged[:_SHOWN]) + more


def check_same_batches(checkpoint: Path, identity: Mapping[str, Any]) -> None:
    """Raise an error if a run would be resumed with other batches than the checkpoint's run would have drawn.

    Args:
        checkpoint: A checkpoint's folder.
        identity: What the batches of the resumed run follow from.

    Raises:
        ConfigurationError: If something differs; the message names it with both values.
        DataFormatError: If the checkpoint does not say.
    """
    path = checkpoint / BATCHES_FILE
    before = (json_or_none(path) or {}).get("plan")
    if not isinstance(before, dict):
        raise DataFormatError(
            f"{path} does not say which batches the run drew.", "Resume with --force_resume True if they are the same."
        )
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


def draws_by_length(checkpoint: Path) -> bool | None:
    """Return whether a checkpoint's run draws batches of like lengths; None if it does not say."""
    plan = (json_or_none(checkpoint / BATCHES_FILE) or {}).get("plan")
    return "group_by_length" in plan if isinstance(plan, dict) else None


def _flat(identity: Mapping[str, Any]) -> dict[str, Any]:
    """Put the entries of inner mappings beside the others, each by its own name."""
    inner = {name: value for part in identity.values() if isinstance(part, dict) for name, value in part.items()}
    return {**{name: value for name, value in identity.items() if not isinstance(value, dict)}, **inner}
