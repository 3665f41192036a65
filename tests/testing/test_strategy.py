"""The contract of strategies: ours fulfil it."""

from typing import ClassVar

from beir_hybrid.testing import StrategyContract


class TestXXMono(StrategyContract):
    name = "x-x-mono"


class TestXY(StrategyContract):
    name = "x-y"


class TestXX(StrategyContract):
    name = "x-x"


class TestEnEn(StrategyContract):
    name = "en-en"


class TestOtherLanguage(StrategyContract):
    name = "en-en"
    options: ClassVar = {"language": "th"}


class TestSinglePair(StrategyContract):
    name = "single-pair"


class TestRandom(StrategyContract):
    name = "random"


class TestHybrid(StrategyContract):
    name = "hybrid"


class TestHybridOfOneKind(StrategyContract):
    name = "hybrid"
    options: ClassVar = {"alpha": 1.0}


class TestSchedule(StrategyContract):
    name = "schedule"
    options: ClassVar = {"shape": "steps", "start": 0.9, "end": 0.2}


class TestSequential(StrategyContract):
    name = "sequential"
    options: ClassVar = {"switch": 0.3, "reverse": True}
