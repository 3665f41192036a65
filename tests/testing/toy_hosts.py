"""Hosts that break their contract in one way each, and a sound one that they are made from."""

import os
import sys

from beir_hybrid.hosts.kit.imports import when_imported


class Sound:
    """Makes the toy toolkit's searcher shout."""

    module = "toy_toolkit"
    patches = True
    watched = ("toy_toolkit", "toy_toolkit:Searcher")

    def __init__(self):
        self.undo = []
        self.active = False

    def activate(self):
        if not self.active:
            self.active = True
            self.undo.append(when_imported(self.module, self.patch))

    def patch(self, module):
        original = module.Searcher.search
        module.Searcher.search = lambda searcher, query: original(searcher, query).upper()
        self.undo.append(lambda: setattr(module.Searcher, "search", original))

    def deactivate(self):
        self.active = False
        while self.undo:
            self.undo.pop()()

    def is_active(self):
        return self.active


class Counted(Sound):
    count = 0

    def activate(self):
        self.count += 1
        super().activate()

    def deactivate(self):
        self.count = max(0, self.count - 1)
        if self.count == 0:
            super().deactivate()


class Eager(Sound):
    def activate(self):
        self.active = False
        super().activate()


class Clinging(Sound):
    def deactivate(self):
        self.active = False


class Once(Sound):
    used = False

    def activate(self):
        if not self.used:
            super().activate()
        self.used = self.active = True


class Late(Sound):
    def activate(self):
        self.active = True
        if self.module in sys.modules:
            self.patch(sys.modules[self.module])


class Impatient(Sound):
    def activate(self):
        self.active = True
        import toy_toolkit

        if not self.undo:
            self.patch(toy_toolkit)


class Lavish(Sound):
    def activate(self):
        import numpy  # noqa: F401

        super().activate()


class Littering(Sound):
    def activate(self):
        super().activate()
        if "/litter" not in sys.path:
            sys.path.append("/litter")


class Useless(Sound):
    module = "another_toolkit"


class Registering(Sound):
    """Adds to the toolkit's registry, which stays the same dict."""

    def patch(self, module):
        module.ENGINES["loud"] = object
        self.undo.append(lambda: module.ENGINES.pop("loud", None))


class Forgetful(Registering):
    def patch(self, module):
        module.ENGINES["loud"] = object


class Quiet(Sound):
    """Patches nothing: while it is active, the environment names it."""

    patches = False

    def activate(self):
        os.environ["TOY_HOST"] = "quiet"
        self.active = True

    def deactivate(self):
        os.environ.pop("TOY_HOST", None)
        self.active = False


class Unwatched(Quiet):
    watched = ()


class Clamorous(Quiet):
    def deactivate(self):
        self.active = False


class Sly(Sound):
    patches = False


class Blind(Sound):
    watched = ()


class Speechless(Sound):
    is_active = None


HOSTS = [thing for thing in list(globals().values()) if isinstance(thing, type) and issubclass(thing, Sound)]
for thing in HOSTS:
    globals()[thing.__name__.upper()] = thing()
