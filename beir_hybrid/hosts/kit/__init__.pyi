from .activation import Activation as Activation
from .host import Host as Host
from .imports import mend_import as mend_import
from .imports import when_imported as when_imported
from .patches import Overlay as Overlay
from .patches import patch as patch
from .patches import patch_methods as patch_methods
from .patches import replace as replace
from .patches import see as see
from .registries import add_entry as add_entry
from .registries import add_item as add_item

__all__: list[str]
