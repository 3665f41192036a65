from .activation import Activation as Activation
from .base import Host as Host
from .failing_imports import stand_by as stand_by
from .imports import when_imported as when_imported
from .patches import patch as patch
from .patches import replace as replace
from .registries import add_entry as add_entry
from .registries import add_item as add_item
from .seen import see as see

__all__: list[str]
