"""Languages as MTEB writes them: an ISO 639-3 code and an ISO 15924 script, such as ``deu-Latn``."""

from __future__ import annotations

from beir_hybrid import LanguageError


def language_script(code: str) -> str:
    """Return MTEB's name of a language.

    Args:
        code: A code such as ``de`` or ``zh-Hant``; without a script, the one it is mostly written in is taken.

    Raises:
        LanguageError: If there is no such language.

    Examples:
        >>> language_script("de"), language_script("zh"), language_script("zh-Hant")
        ('deu-Latn', 'zho-Hans', 'zho-Hant')
    """
    from langcodes import Language
    from langcodes.tag_parser import LanguageTagError
    from mteb.languages import check_language_code

    try:
        language = Language.get(code.replace("_", "-"), normalize=False).maximize()
        name = f"{language.to_alpha3()}-{language.script}"
        check_language_code(name)
        return name
    except (LanguageTagError, LookupError, ValueError) as error:
        raise LanguageError(f"MTEB has no name for the language {code!r}.", "Use an ISO 639 code.") from error
