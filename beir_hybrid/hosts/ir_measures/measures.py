"""Measures: this package's measures of language bias, in the form of ir_measures."""

# mypy: allow-untyped-calls
# ir_measures annotates its functions in part

from __future__ import annotations

import inspect

import numpy as np

from beir_hybrid.errors import PluginError
from beir_hybrid.evaluation.measures import Measure as OurMeasure
from beir_hybrid.evaluation.measures import build_measure
from beir_hybrid.evaluation.measures.build import parameters_of
from beir_hybrid.registry import MEASURES

try:
    import ir_measures
    from ir_measures.measures import Measure, ParamInfo
except ModuleNotFoundError as error:
    raise PluginError(f"{__package__} needs {error.name}.", "Install it: pip install ir-measures") from error


class MeanOfDefined(ir_measures.MeanAgg):
    """Mean of the values that are not NaN; NaN if none is."""

    def add(self, value: float) -> None:
        """Take one query's value."""
        if not np.isnan(value):
            super().add(value)


class LanguageMeasure(Measure):
    """A measure of this package, under ir_measures' conventions.

    Attributes:
        ours: The name that this package has it under.
    """

    DEFAULT = float("nan")
    ours: str

    def build(self) -> OurMeasure:
        """Build this package's measure.

        Raises:
            ConfigurationError: If the cut-off is not positive.
        """
        language = f"[{self.params['language']}]" if "language" in self.params else ""
        cutoff = f"@{self.params['cutoff']}" if "cutoff" in self.params else ""
        return build_measure(f"{self.ours}{language}{cutoff}")

    def aggregator(self) -> MeanOfDefined:
        """Average the queries that have a value."""
        return MeanOfDefined()


def _define(name: str, ours_name: str, **more: ParamInfo) -> LanguageMeasure:
    """Build a measure for ir_measures; its parameters are those that this package's measure takes."""
    taken = parameters_of(ours_name)
    parameters = dict(more)
    if "cutoff" in taken:
        parameters["cutoff"] = ParamInfo(dtype=int, required=taken["cutoff"], desc="ranking cutoff threshold")
    if "language" in taken:
        parameters["language"] = ParamInfo(dtype=str, required=True, desc="language code")
    namespace = {
        "__doc__": inspect.getdoc(MEASURES.get(ours_name)),
        "__module__": __name__,
        "__name__": name,
        "NAME": name,
        "SUPPORTED_PARAMS": parameters,
        "ours": ours_name,
    }
    measure: LanguageMeasure = type(f"_{name}", (LanguageMeasure,), namespace)()
    return measure


RankDistance = _define("RankDistance", "rank_distance")
LanguageShare = _define("LanguageShare", "language_share")
SameLanguageShare = _define("SameLanguageShare", "same_language_share")
NDKL = _define("NDKL", "ndkl", sizes=ParamInfo(dtype=dict, desc="documents in the pool by language"))
MRC = _define("MRC", "mrc")
LanguagePEER = _define("LanguagePEER", "peer")  # PEER itself is the name that peer_measure takes
OneTargetMAP = _define("OneTargetMAP", "one_target_map")
LanguageRecall = _define("LanguageRecall", "language_recall")
SameLanguageRecall = _define("SameLanguageRecall", "same_language_recall")
TLR = _define("TLR", "tlr")
LPR = _define("LPR", "lpr")
RightOwnLanguage = _define("RightOwnLanguage", "right_own_language")
RightOtherLanguage = _define("RightOtherLanguage", "right_other_language")
WrongOwnLanguage = _define("WrongOwnLanguage", "wrong_own_language")
WrongOtherLanguage = _define("WrongOtherLanguage", "wrong_other_language")
MimoMRC = _define("MimoMRC", "mimo_mrc")
MimoPEER = _define("MimoPEER", "mimo_peer")

ALL = tuple(each for each in list(globals().values()) if isinstance(each, LanguageMeasure))
"""Every measure of this module."""
