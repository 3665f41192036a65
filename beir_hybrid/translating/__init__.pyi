from .memory import TranslationMemory as TranslationMemory
from .options import TranslationOptions as TranslationOptions
from .translate import TranslatedPairs as TranslatedPairs
from .translate import translate_pairs as translate_pairs
from .translator import Translator as Translator
from .translator import open_translator as open_translator

__all__: list[str]
