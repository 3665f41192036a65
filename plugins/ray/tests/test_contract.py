"""The contract of clusters, which Ray started on this machine fulfils."""

import pytest

from beir_hybrid.testing import ClusterContract

pytest.importorskip("ray", reason="Ray is not installed")


class TestRay(ClusterContract):
    name = "ray"
