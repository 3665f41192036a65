from typing import ClassVar

from beir_hybrid.testing import LossContract


class TestMnrl(LossContract):
    name = "mnrl"
    options: ClassVar = {"scale": 30.0}


class TestMasked(LossContract):
    name = "mnrl-masked"


class TestLakda(LossContract):
    name = "lakda"
    options: ClassVar = {"alpha": 0.3}


class TestKl(LossContract):
    name = "kl"
