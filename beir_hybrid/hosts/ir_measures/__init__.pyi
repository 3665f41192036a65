from .changes import activate as activate
from .changes import deactivate as deactivate
from .changes import is_active as is_active
from .measures import LPR as LPR
from .measures import MRC as MRC
from .measures import NDKL as NDKL
from .measures import TLR as TLR
from .measures import LanguagePEER as LanguagePEER
from .measures import LanguageRecall as LanguageRecall
from .measures import LanguageShare as LanguageShare
from .measures import MimoMRC as MimoMRC
from .measures import MimoPEER as MimoPEER
from .measures import OneTargetMAP as OneTargetMAP
from .measures import RankDistance as RankDistance
from .measures import RightOtherLanguage as RightOtherLanguage
from .measures import RightOwnLanguage as RightOwnLanguage
from .measures import SameLanguageRecall as SameLanguageRecall
from .measures import SameLanguageShare as SameLanguageShare
from .measures import WrongOtherLanguage as WrongOtherLanguage
from .measures import WrongOwnLanguage as WrongOwnLanguage

__all__: list[str]
