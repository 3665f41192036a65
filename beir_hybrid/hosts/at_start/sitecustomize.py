"""Runs at the start of every interpreter whose ``PYTHONPATH`` begins with this folder.

See :mod:`beir_hybrid.hosts.startup`. The interpreter may be another than the one that this package is installed for,
and older than it supports: there, this must do nothing and be valid. Afterwards the folder is gone from ``sys.path``,
and the ``sitecustomize`` that it hides has run, if there is one.
"""

import os
import sys

if __name__ == "sitecustomize":
    _here = os.path.dirname(os.path.abspath(__file__))  # noqa: PTH100, PTH120  # pathlib takes milliseconds to import
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != _here]  # noqa: PTH100
    sys.path_importer_cache.pop(_here, None)
    try:
        from beir_hybrid.hosts.startup import begin
    except Exception:  # noqa: S110  # the package is not for this interpreter
        pass
    else:
        begin(_here)
    # Python ignores that there is none by the name in the error, and reports any other error: as it would without us
    del sys.modules["sitecustomize"]
    __import__("sitecustomize")
