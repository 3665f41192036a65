"""The contract of strategies, for strategies that break it; they are apart, for processes that import them alone."""

import toy_strategies

from beir_hybrid.testing import StrategyContract

for thing in toy_strategies.STRATEGIES:
    globals()[f"Test{thing.__name__}"] = type(
        f"Test{thing.__name__}", (StrategyContract,), {"name": thing.__name__.lower(), "__module__": __name__}
    )
