"""Contract tests for plug-ins: classes to subclass in a plug-in's own tests.

Each holds what this package relies on, as tests whose messages say what to fix::

    from beir_hybrid.testing import ClusterContract, CommandContract, DatasetContract, DebiasingContract, FormatContract
    from beir_hybrid.testing import HostContract, LossContract, MeasureContract, StrategyContract, TranslatorContract


    class TestFaq(DatasetContract):
        name = "faq"


    class TestCards(FormatContract):
        name = "cards"
        path = Path(__file__).with_name("cards.txt")
        rows = 4
        languages = ("de", "en")


    class TestAlternate(StrategyContract):
        name = "alternate"
        options = {"mono": 1, "cross": 3}


    class TestRounded(LossContract):
        name = "rounded"


    class TestHalfway(DebiasingContract):
        name = "halfway"


    class TestRbp(MeasureContract):
        name = "rbp@10"


    class TestPytrecEval(HostContract):
        name = "pytrec-eval"
        watched = ("pytrec_eval", "pytrec_eval:RelevanceEvaluator")


    class TestLibraryFaq(CommandContract):
        name = "library-faq"
        refused = (("--source", "nowhere"),)


    class TestRay(ClusterContract):
        name = "ray"


    class TestShouting(TranslatorContract):
        name = "shouting"
        path = "any"

The thing is looked up by its registered name, as users do it: install the plug-in first (``pip install -e .``), or
register the thing by a call. Only this subpackage needs pytest.
"""

from __future__ import annotations

from beir_hybrid.errors import PluginError

try:
    import pytest  # noqa: F401  # all modules here do
except ModuleNotFoundError as error:
    raise PluginError(f"{__name__} needs pytest.", "Install it: pip install pytest") from error

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
