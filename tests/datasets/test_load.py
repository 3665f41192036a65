import json

import pytest

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.datasets import load_dataset, load_pairs, load_setting, load_settings, load_sources
from beir_hybrid.errors import (
    ConfigurationError,
    DataFormatError,
    LanguageError,
    MissingDataError,
    PluginError,
    UnknownNameError,
)
from beir_hybrid.pairs.pair import Pair
from beir_hybrid.pairs.parallel import ParallelPairs
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


@pytest.fixture
def jsonl(tmp_path):
    path = tmp_path / "own.jsonl"
    rows = [{"group": "1", "language": code, "question": f"{code}?", "passage": f"{code}."} for code in ("de", "en")]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


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


def test_pairs_of_a_json_lines_file(jsonl):
    pairs = load_pairs(jsonl, languages=["de"])
    assert (pairs.name, pairs.languages) == ("own", ("de",))
    assert pairs.table.to_pylist() == [{"group": "1", "language": "de", "question": "de?", "passage": "de."}]


def test_pairs_of_an_arrow_file(tmp_path):
    path = tmp_path / "own.arrow"
    ParallelPairs.from_pairs("other", [Pair("1", "en", "1?", "One.")]).save(path)
    assert load_pairs(str(path)).table["passage"].to_pylist() == ["One."]


def test_language_that_a_file_lacks_is_told(jsonl):
    with pytest.raises(LanguageError, match="own has no language 'fr'"):
        load_pairs(jsonl, languages=["fr"])


def test_file_takes_no_option(jsonl):
    with pytest.raises(ConfigurationError, match="A file of pairs has no option 'split'"):
        load_pairs(jsonl, split="train")


@pytest.mark.parametrize("name", ["none.jsonl", "none.arrow"])
def test_missing_file_of_pairs_is_told(tmp_path, name):
    with pytest.raises(MissingDataError, match=f"There is no file .*{name}"):
        load_pairs(tmp_path / name)


def test_folder_named_like_a_dataset_does_not_hide_it(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sample").mkdir()
    assert load_pairs("sample", languages=["en"]).name == "sample"


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


@pytest.fixture
def files(tmp_path):
    """Two files of pairs: one/data.jsonl in German and English, two/data.jsonl in English alone."""

    def write(folder, languages):
        path = tmp_path / folder / "data.jsonl"
        path.parent.mkdir()
        rows = [
            {"group": f"{folder}{number}", "language": language, "question": f"q{number}", "passage": f"p{number}"}
            for number in range(3)
            for language in languages
        ]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return str(path)

    return write("one", ["de", "en"]), write("two", ["en"])


def test_sources_stand_side_by_side_in_their_order(files):
    assert [len(pairs) for pairs in load_sources(files)] == [6, 3]


def test_sources_of_one_name_are_called_by_what_they_are_given_as(files):
    assert [pairs.name for pairs in load_sources(files)] == list(files)


def test_each_source_keeps_the_chosen_languages_that_it_has(files):
    assert [pairs.languages for pairs in load_sources(files, languages=["de", "en"])] == [("de", "en"), ("en",)]


@pytest.mark.parametrize("languages", [["de"], ["en", "fr"]], ids=["one source has none", "no source has it"])
def test_languages_that_leave_nothing_are_refused(files, languages):
    with pytest.raises(LanguageError):
        load_sources(files, languages=languages)


def test_source_given_twice_is_refused(files):
    with pytest.raises(ConfigurationError, match="given twice"):
        load_sources([files[0], files[0]])
