from .changes import activate as activate
from .changes import deactivate as deactivate
from .changes import is_active as is_active
from .exact_search import BeirExactSearch as BeirExactSearch

__all__: list[str]
