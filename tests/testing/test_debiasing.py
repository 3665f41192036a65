from typing import ClassVar

from beir_hybrid.testing import DebiasingContract


class TestShift(DebiasingContract):
    name = "shift"
    options: ClassVar = {"source": "es", "strength": 0.5}


class TestCentering(DebiasingContract):
    name = "center"


class TestLir(DebiasingContract):
    name = "lir"
    options: ClassVar = {"directions": 3}
