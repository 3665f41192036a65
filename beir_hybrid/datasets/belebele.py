"""Belebele: questions about passages of FLORES, parallel in 122 languages (arXiv:2308.16884)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets.hub import HubDataset
from beir_hybrid.datasets.left_out import LeftOut
from beir_hybrid.datasets.sources import names_there
from beir_hybrid.errors import DataFormatError, shorten
from beir_hybrid.languages import choose_languages, short_code
from beir_hybrid.passage import Passage

# the files, named by FLORES's codes; of a language in two scripts, the first here has the bare code
_FILES = """
acm_Arab afr_Latn als_Latn amh_Ethi apc_Arab arb_Arab arb_Latn ars_Arab ary_Arab arz_Arab asm_Beng azj_Latn bam_Latn
ben_Beng ben_Latn bod_Tibt bul_Cyrl cat_Latn ceb_Latn ces_Latn ckb_Arab dan_Latn deu_Latn ell_Grek eng_Latn est_Latn
eus_Latn fin_Latn fra_Latn fuv_Latn gaz_Latn grn_Latn guj_Gujr hat_Latn hau_Latn heb_Hebr hin_Deva hin_Latn hrv_Latn
hun_Latn hye_Armn ibo_Latn ilo_Latn ind_Latn isl_Latn ita_Latn jav_Latn jpn_Jpan kac_Latn kan_Knda kat_Geor kaz_Cyrl
kea_Latn khk_Cyrl khm_Khmr kin_Latn kir_Cyrl kor_Hang lao_Laoo lin_Latn lit_Latn lug_Latn luo_Latn lvs_Latn mal_Mlym
mar_Deva mkd_Cyrl mlt_Latn mri_Latn mya_Mymr nld_Latn nob_Latn npi_Deva npi_Latn nso_Latn nya_Latn ory_Orya pan_Guru
pbt_Arab pes_Arab plt_Latn pol_Latn por_Latn ron_Latn rus_Cyrl shn_Mymr sin_Sinh sin_Latn slk_Latn slv_Latn sna_Latn
snd_Arab som_Latn sot_Latn spa_Latn srp_Cyrl ssw_Latn sun_Latn swe_Latn swh_Latn tam_Taml tel_Telu tgk_Cyrl tgl_Latn
tha_Thai tir_Ethi tsn_Latn tso_Latn tur_Latn ukr_Cyrl urd_Arab urd_Latn uzn_Latn vie_Latn war_Latn wol_Latn xho_Latn
yor_Latn zho_Hans zho_Hant zsm_Latn zul_Latn
"""
_FILE = re.compile(r"([a-z]{3})_([A-Z][a-z]{3})")
_FIELDS = ("link", "flores_passage", "question")
_ROW = 'Give one {"link": ..., "question_number": ..., "flores_passage": ..., "question": ...} a line.'


def _codes(names: Iterable[str]) -> dict[str, str]:
    """Return the names of files by the codes of their languages: a script is named where a language has two."""
    codes: dict[str, str] = {}
    for name in names:
        if match := _FILE.fullmatch(name):
            code = short_code(match[1])
            codes[f"{code}-{match[2]}" if code in codes else code] = name
    return codes


class Belebele:
    """Belebele as retrieval: of each question, the passage that it asks about, in every language.

    A passage is known by its link, a question by link and number, so both are the same in all languages; a passage that
    has two questions stands once. Answers to choose from are not read.
    """

    name = "belebele"
    description = "900 questions about 488 passages in each of 122 languages and scripts, fully parallel"
    languages = tuple(sorted(_codes(_FILES.split())))
    licence = "CC BY-SA 4.0"
    splits = ("test",)
    queries = 900 * 122
    passages = 488 * 122
    hub = HubDataset("facebook/belebele")

    def load(self, source: str | Path | None = None, languages: Iterable[str] | None = None) -> MultilingualCollection:
        """Load questions, passages and relevance.

        Args:
            source: Folder that holds ``eng_Latn.jsonl`` and so on, perhaps in ``data/``; see
                :class:`~beir_hybrid.datasets.hub.HubDataset`.
            languages: Language codes, such as ``en``, ``zh-Hant`` or ``acm``, of the release or of further files in the
                folder; None for all of the release.
        """
        there = names_there(source, "belebele/data/*.jsonl") if languages is not None else []
        files = _codes(dict.fromkeys([*_FILES.split(), *there]))
        chosen = choose_languages(languages, self.languages if languages is None else sorted(files), self.name)
        paths = self.hub.find([f"data/{files[code]}.jsonl" for code in chosen], source)
        left_out = LeftOut(self.name)
        corpora: dict[str, dict[str, Passage]] = {}
        queries: dict[str, dict[str, str]] = {}
        for language, path in zip(chosen, paths, strict=True):
            corpora[language], queries[language] = _read(path, language, left_out)
        group_of = {query: query.partition(":")[2] for texts in queries.values() for query in texts}
        relevant: dict[str, dict[str, int]] = {}  # shared by all questions about a passage: they have 13 million
        for language in chosen:
            for passage in corpora[language]:
                relevant.setdefault(passage.partition(":")[2], {})[passage] = 1
        return MultilingualCollection(
            name=self.name,
            corpora=corpora,
            queries=queries,
            qrels={query: relevant[group.rpartition("-")[0]] for query, group in group_of.items()},
            group_of=group_of,
            notes=left_out.tell(),
        )


def _read(path: Path, language: str, left_out: LeftOut) -> tuple[dict[str, Passage], dict[str, str]]:
    """Read a language's passages and questions by their ids."""
    passages: dict[str, Passage] = {}
    questions: dict[str, str] = {}
    for line, row in left_out.rows(path, _FIELDS, _ROW):
        with left_out.counted(path):
            place, number, link = f"{path}:{line}", row.get("question_number"), shorten(row["link"])
            if not str(number).isdecimal():
                raise DataFormatError(f"{place}: 'question_number' is {shorten(number)}.", _ROW)
            identifier = f"{language}:{hashlib.blake2b(row['link'].strip().encode(), digest_size=6).hexdigest()}"
            query, passage = f"{identifier}-{number}", Passage(row["flores_passage"])
            if query in questions:
                raise DataFormatError(f"{place}: question {number} of {link} stands there twice.", _ROW)
            if passages.setdefault(identifier, passage) != passage:
                raise DataFormatError(f"{place}: {link} has another passage than before.", _ROW)
            questions[query] = row["question"]
    left_out.check(path, len(questions), _ROW)
    return passages, questions


BELEBELE = Belebele()
