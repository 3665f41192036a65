from .changes import activate as activate
from .changes import deactivate as deactivate
from .changes import is_active as is_active
from .measures import MRC as MRC
from .measures import NDKL as NDKL
from .measures import LanguagePEER as LanguagePEER
from .measures import LanguageShare as LanguageShare
from .measures import OneTargetMAP as OneTargetMAP
from .measures import RankDistance as RankDistance
from .measures import SameLanguageShare as SameLanguageShare

__all__: list[str]
