"""Shared fixtures: Ray on this machine."""

import os

import pytest

os.environ["HF_HUB_OFFLINE"] = "1"  # no test may reach a network
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ["TOKENIZERS_PARALLELISM"] = "false"

pytest.importorskip("ray", reason="Ray is not installed")
