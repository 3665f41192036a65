"""A line in this environment's ``site-packages`` that activates the hosts whenever its Python starts.

Nothing is written unless asked for. The file names the hosts that were registered when it was written, so that a start
costs only their import; writing it again takes up the hosts of packages installed since.
"""

from __future__ import annotations

import ast
import sys
import sysconfig
from pathlib import Path

from beir_hybrid.errors import ConfigurationError, OutputError
from beir_hybrid.hosts.launcher import registered_hosts
from beir_hybrid.storage.files import write_text

_MARK = "# written by `beir-hybrid enable`, removed by `beir-hybrid disable`"


def hook_file() -> Path:
    """Return where the start-up hook is, or would be."""
    # Python reads these files in the order of their names; this one needs the paths that others add
    return Path(sysconfig.get_path("purelib")) / "zz_beir_hybrid.pth"


def enabled_hosts() -> str | None:
    """Read which hosts the start-up hook activates.

    Returns:
        ``name=target,name=target``, or None if there is no hook.

    Raises:
        OutputError: If the file is not ours, or cannot be read.
    """
    path = hook_file()
    try:
        if not path.exists():
            return None
        mark, hosts, _ = path.read_text(encoding="utf-8").splitlines()
        if mark != _MARK:
            raise ValueError(mark)
        return str(ast.literal_eval(hosts.removeprefix("# ")))
    except OSError as error:
        raise OutputError(
            f"{path} cannot be read: {error.strerror or error}.", "Look into it, and remove it yourself."
        ) from error
    except (ValueError, SyntaxError) as error:
        raise OutputError(f"{path} was not written by beir-hybrid.", "Look into it, and remove it yourself.") from error


def enable(*, force: bool = False) -> Path:
    """Write the start-up hook, in place of an earlier one.

    Args:
        force: Whether also outside of a virtual environment, for all users of this Python.

    Returns:
        The file.

    Raises:
        ConfigurationError: If this is no virtual environment and ``force`` is not set.
        OutputError: If ``site-packages`` cannot be written, or a file in the way is not ours or cannot be read.
    """
    if not force and not in_an_environment():
        raise ConfigurationError(
            f"{sys.prefix} is no virtual environment: every program that uses its Python would start with the hosts.",
            "Activate an environment, or pass --force.",
        )
    path, hosts = hook_file(), registered_hosts()
    enabled_hosts()  # refuses a file that is not ours
    # without it, site.py would report the line's failure at every start once the package is removed
    code = (
        "try:\n from beir_hybrid.hosts.startup import activate_hosts\n"
        f" activate_hosts({hosts!a})\nexcept Exception: pass\n"
    )
    try:
        write_text(path, f"{_MARK}\n# {hosts!a}\nimport sys; exec({code!a})\n")
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def disable() -> Path | None:
    """Remove the start-up hook, and no file but ours.

    Returns:
        The file that was removed, or None if there was none.

    Raises:
        OutputError: If the file is not ours, or cannot be read or removed.
    """
    if enabled_hosts() is None:
        return None
    path = hook_file()
    try:
        path.unlink()
    except OSError as error:
        raise _unwritable(path, error) from error
    return path


def in_an_environment() -> bool:
    """Return whether this Python is that of a virtual or a conda environment."""
    return sys.prefix != sys.base_prefix or (Path(sys.prefix) / "conda-meta").is_dir()


def _unwritable(path: Path, error: OSError) -> OutputError:
    reason = error.strerror or getattr(error.__cause__, "strerror", None) or error
    return OutputError(f"{path.parent} cannot be written: {reason}.", "Use an environment of your own.")
