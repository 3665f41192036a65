"""BEIR: its scripts see this package's datasets, measures and language bias, without a change.

::

    import beir_hybrid.hosts.beir

    beir_hybrid.hosts.beir.activate()

From then on, until :func:`deactivate`, and whether BEIR was imported before or after:

* ``util.download_and_unzip`` and ``HFDataLoader`` know the names of our datasets and their settings
  (:mod:`.downloads`, :mod:`.data_loaders`);
* what a dense model encodes for ``EvaluateRetrieval.retrieve`` is kept (:mod:`.search_recorder`);
* ``EvaluateRetrieval.evaluate_custom`` knows our measures, and ``EvaluateRetrieval.evaluate`` reports every setting
  that these vectors or else the results have, with its language bias, besides returning what it always did
  (:mod:`.evaluate_retrieval`);
* what is broken in BEIR is mended (:mod:`.mends`).

No number that BEIR itself reports changes. Nothing of BEIR is imported before a script does.

Without any of that, :class:`BeirExactSearch` is a search for BEIR's ``EvaluateRetrieval`` with this package's engine.
"""

# at once, since every start of an interpreter calls them where the host is enabled
from beir_hybrid.hosts.beir.changes import activate as activate
from beir_hybrid.hosts.beir.changes import deactivate as deactivate
from beir_hybrid.hosts.beir.changes import is_active as is_active
from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
