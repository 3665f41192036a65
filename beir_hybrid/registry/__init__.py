"""Names to things: datasets, strategies, measures, hosts and commands, of this package and of plug-ins.

Each group of entry points has a :class:`Registry`, such as :data:`STRATEGIES`; a thing for one process alone is
registered by a call: ``STRATEGIES.register("mine", Mine)``.
"""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
