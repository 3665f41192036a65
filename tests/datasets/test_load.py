import pytest

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets import load_dataset, load_pairs, load_setting, load_settings
from beir_hybrid.errors import (
    ConfigurationError,
    DataFormatError,
    PluginError,
    UnknownNameError,
)
from beir_hybrid.passage import Passage
from beir_hybrid.registry import DATASETS


class OnlyToJudge:
    """A plug-in's dataset with no pairs to train on."""

    def load(self, source, languages, flavour="plain"):
        passage = Passage(f"{flavour} {source} {languages}")
        return MultilingualCollection("mine", {"en": {"en:1": passage}}, {"en": {}}, {})


@pytest.fixture
def mine(monkeypatch):
    monkeypatch.setattr(DATASETS, "_called", {})
    DATASETS.register("mine", OnlyToJudge())


def test_source_languages_and_options_reach_the_dataset(mine):
    collection = load_dataset("mine", source="here", languages=["en"], flavour="sweet")
    assert collection.corpora["en"]["en:1"].text == "sweet here ['en']"


def test_unknown_dataset_suggests_the_closest():
    with pytest.raises(UnknownNameError) as caught:
        load_dataset("xquadr")
    assert "There is no dataset 'xquadr'. Did you mean 'xquad-r'?" in str(caught.value)


@pytest.mark.parametrize("name", ["miracl.ws", "miracl.sw-xx", "miracl."])
def test_unknown_setting_is_told_before_anything_is_loaded(monkeypatch, name):
    monkeypatch.setattr(DATASETS.get("miracl"), "load", lambda *_, **__: pytest.fail("loaded"))
    for load in (load_setting, load_settings):
        with pytest.raises(UnknownNameError, match="miracl has no setting"):
            load(name)


@pytest.mark.parametrize("load", [load_dataset, load_pairs])
def test_unknown_option_suggests_the_closest(load):
    with pytest.raises(ConfigurationError, match=r"'sample' has no option 'splits'\. Did you mean 'split'"):
        load("sample", splits="test")


def test_dataset_without_pairs_is_told(mine):
    with pytest.raises(ConfigurationError, match=r"The dataset 'mine' has no pairs\(\)"):
        load_pairs("mine")


STRANGE = """
from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.passage import Passage
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs

class Strange:
    def load(self, source=None, languages=None):
        query, text, passage, grade = {values}
        return MultilingualCollection(
            "strange", {{"en": {{"en:1": passage}}}}, {{"en": {{query: text}}}}, {{query: {{"en:1": grade}}}}
        )

    def pairs(self, source=None, languages=None):
        return ParallelPairs.from_pairs("strange", [Pair("1", "en", ({values})[1], "One.")])

STRANGE = Strange()
"""


@pytest.fixture
def strange(plug_in):
    def install(values):
        plug_in("zoo", DATASETS.group, {"strange": "zoo_strange:STRANGE"}, zoo_strange=STRANGE.format(values=values))

    return install


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ("'en:q', None, Passage('One.'), 1", "strange: the query 'en:q' is None."),
        ("'en:q', '1?', Passage(None), 1", "strange: the text of the passage 'en:1' is None."),
        ("'en:q', '1?', 'One.', 1", "strange: the passage 'en:1' is a str."),
        ("'en:q', '1?', Passage('One.'), '1'", "strange: the qrels of 'en:q' grade 'en:1' with '1'."),
        ("17, '1?', Passage('One.'), 1", "strange: the query id 17 does not begin with 'en:'."),
    ],
)
def test_content_of_wrong_types_is_told_with_the_package_that_gave_it(strange, values, problem):
    strange(values)
    with pytest.raises(DataFormatError) as caught:
        load_dataset("strange")
    assert str(caught.value).startswith(problem)
    assert str(caught.value).endswith("The dataset 'strange' of zoo 1.5 gave it.")


@pytest.mark.parametrize("question", ["None", "5"])
def test_pairs_of_wrong_types_are_told_with_the_package_that_gave_them(strange, question):
    strange(f"0, {question}")
    with pytest.raises(DataFormatError, match=r"^strange.* The dataset 'strange' of zoo 1\.5 gave it\.$"):
        load_pairs("strange")


def test_whatever_a_plug_in_raises_is_one_line_with_its_package(strange):
    strange("{}['x'],")
    for load, method in ((load_dataset, "load"), (load_pairs, "pairs")):
        with pytest.raises(PluginError) as caught:
            load("strange")
        assert str(caught.value) == (
            f"The dataset 'strange' of zoo 1.5: {method}() fails with KeyError: 'x'. Update or remove that package."
        )
