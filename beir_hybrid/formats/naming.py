"""Names: what those of files and folders say about the language of what they hold, and names for their rows."""

from __future__ import annotations

import zlib
from pathlib import Path

import pyarrow as pa

from beir_hybrid.errors import ConfigurationError, LanguageError
from beir_hybrid.languages import language_in_path

# ISO 639-3 or 639-2 code with the code of two letters that it has in ISO 639-1
_CODES = """
aar aa abk ab afr af aka ak amh am ara ar arb ar arg an asm as ava av ave ae aym ay aze az azj az bak ba bam bm bel be
ben bn bih bh bis bi bod bo bos bs bre br bul bg cat ca ces cs cha ch che ce chu cu chv cv cmn zh cor kw cos co cre cr
cym cy dan da deu de div dv dzo dz ekk et ell el eng en epo eo est et eus eu ewe ee fao fo fas fa fij fj fin fi fra fr
fry fy ful ff gla gd gle ga glg gl glv gv grn gn guj gu hat ht hau ha hbs sh heb he her hz hin hi hmo ho hrv hr hun hu
hye hy ibo ig ido io iii ii iku iu ile ie ina ia ind id ipk ik isl is ita it jav jv jpn ja kal kl kan kn kas ks kat ka
kau kr kaz kk khm km kik ki kin rw kir ky kom kv kon kg kor ko kua kj kur ku lao lo lat la lav lv lvs lv lim li lin ln
lit lt ltz lb lub lu lug lg mah mh mal ml mar mr mkd mk mlg mg mlt mt mon mn khk mn mri mi msa ms zsm ms mya my nau na
nav nv nbl nr nde nd ndo ng nep ne npi ne nld nl nno nn nob nb nor no nya ny oci oc oji oj ori or ory or orm om oss os
pan pa pes fa pli pi pol pl por pt pus ps pbt ps que qu roh rm ron ro run rn rus ru sag sg san sa sin si slk sk slv sl
sme se smo sm sna sn snd sd som so sot st spa es sqi sq als sq srd sc srp sr ssw ss sun su swa sw swh sw swe sv tah ty
tam ta tat tt tel te tgk tg tgl tl tha th tir ti ton to tsn tn tso ts tuk tk tur tr twi tw uig ug ukr uk urd ur uzb uz
uzn uz ven ve vie vi vol vo wln wa wol wo xho xh yid yi ydd yi yor yo zha za zho zh zul zu
"""
_WORDS = _CODES.split()

SHORT_CODES = dict(zip(_WORDS[::2], _WORDS[1::2], strict=True))
"""Codes of two letters by those of three, as far as there are some."""

KNOWN_CODES = frozenset(SHORT_CODES.values()) | {"ckb", "ceb", "fil", "gom", "bho", "mai", "mni", "nso", "pcm", "yue"}

_ENDINGS = (".gz", ".jsonl", ".json", ".csv", ".tsv", ".txt", ".parquet", ".arrow", ".feather")


def short_code(code: str) -> str:
    """Return the code of two letters of a language, where it has one.

    Args:
        code: Of two or three letters; whatever else is returned as it is.

    Examples:
        >>> short_code("deu"), short_code("ceb"), short_code("zh")
        ('de', 'ceb', 'zh')
    """
    return SHORT_CODES.get(code, code)


def stem(path: Path) -> str:
    """Return a file's name without its endings.

    Examples:
        >>> stem(Path("data/deu_eng.jsonl.gz")), stem(Path("mr.tydi/v1.1"))
        ('deu_eng', 'v1.1')
    """
    name = path.name
    for ending in _ENDINGS:
        name = name.removesuffix(ending)
    return name


def language_in_name(path: Path, option: str = "") -> str:
    """Return the language of a file: the one chosen, or the one that its name or its folder's says.

    Args:
        path: The file.
        option: The code that the user chose; empty for none.

    Raises:
        LanguageError: If none was chosen, and the names say none, or several.

    Examples:
        >>> [language_in_name(Path(name)) for name in ("pl.jsonl", "train.sw.jsonl.gz", "miracl-th/train.jsonl")]
        ['pl', 'sw', 'th']
    """
    whole = [short_code(name) for name in (stem(path), path.absolute().parent.name)]
    code = option or language_in_path(path) or next((name for name in whole if name in KNOWN_CODES), "")
    if not code:
        fix = "Name the file by it, such as de.jsonl, or give it: --format \"NAME(language='de')\""
        raise LanguageError(f"{path} does not say its language.", fix)
    return code


def check_language(option: str, value: object) -> None:
    """Refuse an option that is no code of a language; an empty string is none chosen.

    Raises:
        ConfigurationError: If it is something else.
    """
    if not isinstance(value, str) or not (value == "" or value.replace("-", "").replace("_", "").isalnum()):
        raise ConfigurationError(f"{option} is {value!r}.", "Give a code such as de.")


def row_prefix(path: Path) -> str:
    """Return what groups begin with where each row is one: the file's name, and a checksum of how it begins.

    So rows of two files of one name are two groups, wherever the files lie.
    """
    with path.open("rb") as file:
        return f"{stem(path)}-{zlib.crc32(file.read(2**16)):08x}"


def number_rows(prefix: str, start: int, count: int) -> pa.Array:
    """Return names of groups for rows that are one each.

    Args:
        prefix: See :func:`row_prefix`.
        start: The first row's place in the file.
        count: Number of rows.
    """
    return pa.array([f"{prefix}:{number}" for number in range(start, start + count)], pa.string())
