"""Kit: what hosts are made of, those of this package as well as those of plug-ins.

A host makes another toolkit see this package while it is active; :class:`Host` says what it must be. Here is a whole
one, a module that is registered in the entry-point group ``beir_hybrid.hosts``::

    from beir_hybrid.hosts.kit import Activation, patch, when_imported


    def _begin():
        _activation.undo.append(when_imported("toolkit.search", _change))


    def _change(module):
        _activation.undo.extend(patch(module.Searcher, "search", _search, ("self", "query")))


    def _search(original, self, query):
        return original(self, query.lower())


    _activation = Activation(_begin)
    activate, deactivate, is_active = _activation.activate, _activation.deactivate, _activation.is_active

Its parts:

* :func:`when_imported` waits until a script imports the toolkit, or acts at once if one has;
* :func:`patch` lets a function or method of the toolkit go through the host's, :func:`patch_methods` several methods
  of classes at once, and :func:`replace` puts anything in place of an attribute;
* :func:`see` lets one module of the toolkit see another one with some names replaced; an :class:`Overlay` is any object
  with some attributes replaced;
* :func:`add_entry` and :func:`add_item` add to the toolkit's registries;
* :func:`mend_import` repairs a module of the toolkit that cannot be imported;
* :class:`Activation` does all of it once and takes it back in the reverse order. Each of the others returns what takes
  back what it did, and takes back no more than that: what somebody else has changed since stays.

Hosts are imported at every start of an interpreter, so their modules import nothing large, and nothing of the toolkit:
import what the changes need inside the functions that make them. Names of this package are loaded when they are first
used. :class:`beir_hybrid.testing.HostContract` tests a host.

Examples:
    A toolkit that is changed while a host is active, here in one piece:

    >>> from types import ModuleType
    >>> toolkit = ModuleType("toolkit")
    >>> exec("def search(query): return f'found {query}'", vars(toolkit))
    >>> from beir_hybrid.hosts.kit import Activation, patch
    >>> def louder(original, query):
    ...     return original(query).upper()
    >>> host = Activation(lambda: host.undo.extend(patch(toolkit, "search", louder, ["query"])))
    >>> host.activate(); toolkit.search("apes")
    'FOUND APES'
    >>> host.deactivate(); toolkit.search("apes")
    'found apes'
"""

from beir_hybrid.lazy import attach

__getattr__, __dir__ = attach(__name__, __file__)
