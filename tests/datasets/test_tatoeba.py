import gzip
import logging

import pytest

from beir_hybrid import evaluate, load_pairs
from beir_hybrid.datasets.tatoeba import TATOEBA
from beir_hybrid.errors import ConfigurationError, DataFormatError, LanguageError, MissingDataError
from beir_hybrid.testing import DatasetContract
from beir_hybrid.training import static_model

PAIRS = {
    "deu": [("Guten Tag.", "Good day."), ("Ein Hund.", "A dog."), ("Nein!", "No!")],
    "cmn": [("一只狗。", "A dog."), ("是。", "Yes.")],
}


def write(folder, pairs=PAIRS):
    for code, rows in pairs.items():
        for ending, side in ((code, 0), ("eng", 1)):
            text = "".join(f"{row[side]}\n" for row in rows)
            (folder / f"tatoeba.{code}-eng.{ending}").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path, caplog):
    caplog.set_level(logging.ERROR, "beir_hybrid.datasets.sources")  # these are not the files of the release
    return write(tmp_path)


class TestContract(DatasetContract):
    name = "tatoeba"
    languages = ("zh", "de", "en")

    @pytest.fixture(scope="class")
    @classmethod
    def source(cls, tmp_path_factory):
        return write(tmp_path_factory.mktemp("tatoeba"))

    def test_one_language_alone_is_that_part_of_all(self):
        pytest.skip("a bitext has two languages: one alone is refused")

    def test_languages_come_in_the_order_asked_for(self):
        pytest.skip("English comes last where it has no queries, and first where it alone has some")


def texts(collection, query):
    return {collection.corpora[name.partition(":")[0]][name].text for name in collection.qrels[query]}


def test_it_has_112_languages_and_english():
    assert len(TATOEBA.languages) == 113
    assert {"en", "de", "zh", "yue", "ar", "arz", "nb", "nn"} < set(TATOEBA.languages)


def test_sentences_search_their_one_english_translation(folder):
    collection = TATOEBA.load(folder, ["de", "zh", "en"])
    assert set(collection.corpora) == {"en"}
    assert sorted(passage.text for passage in collection.corpora["en"].values()) == [
        "A dog.",
        "Good day.",
        "No!",
        "Yes.",
    ]
    assert collection.queries["zh"] == {"zh:1": "一只狗。", "zh:2": "是。"}
    assert {query: texts(collection, query) for query in collection.qrels} == {
        "de:1": {"Good day."},
        "de:2": {"A dog."},
        "de:3": {"No!"},
        "zh:1": {"A dog."},
        "zh:2": {"Yes."},
    }
    assert collection.group_of["de:2"] == collection.group_of["zh:1"]
    assert collection.notes == (
        "English passages are those of all languages: not comparable with 1,000 of one language",
    )


def test_english_sentences_search_their_translations_in_all_languages(folder):
    collection = TATOEBA.load(folder, ["de", "zh", "en"], split="from-english")
    assert set(collection.queries) == {"en"}
    assert set(collection.corpora) == {"de", "zh"}
    dog = next(query for query, text in collection.queries["en"].items() if text == "A dog.")
    assert texts(collection, dog) == {"Ein Hund.", "一只狗。"}
    assert collection.notes == ()


def test_pair_alone_is_the_official_task(folder):
    collection = TATOEBA.load(folder, ["de", "en"])
    assert len(collection.queries["de"]) == len(collection.corpora["en"]) == 3
    assert collection.notes == ()


@pytest.mark.parametrize(
    ("split", "settings"),
    [("to-english", {"de-en", "zh-en"}), ("from-english", {"en-de", "en-zh", "en-all"})],
)
def test_only_settings_in_which_no_sentence_finds_itself_are_evaluated(folder, split, settings):
    model = static_model(load_pairs("sample", languages=["de", "en"]), dimensions=8)
    results = evaluate(model, TATOEBA.load(folder, ["de", "zh", "en"], split=split))
    assert set(results.settings) == settings
    assert "success@1" in next(iter(results.settings.values()))


@pytest.mark.parametrize("languages", [["en"], ["de", "zh"]])
def test_choice_without_english_or_anything_else_is_refused(folder, languages):
    with pytest.raises(ConfigurationError, match="pairs languages with English"):
        TATOEBA.load(folder, languages)


def test_unknown_split_is_refused(folder):
    with pytest.raises(
        ConfigurationError, match=r"no split 'test'\. .*Known: from-english, from-english-test, to-english,"
    ):
        TATOEBA.load(folder, split="test")


SENTENCES = [(f"Satz Nummer {number}.", f"This is sentence {number}.") for number in range(200)]


def training_texts(pairs):
    return {text for column in ("question", "passage") for text in pairs.table[column].to_pylist()}


def texts_in(collection):
    passages = {passage.text for corpus in collection.corpora.values() for passage in corpus.values()}
    return passages | {text for queries in collection.queries.values() for text in queries.values()}


@pytest.mark.parametrize("split", ["to-english-test", "from-english-test"])
def test_a_fifth_is_held_out_of_the_pairs_and_searched_in_the_splits_of_tests(folder, split):
    write(folder, {"deu": SENTENCES})
    pairs, tested = TATOEBA.pairs(folder, ["de", "en"]), TATOEBA.load(folder, ["de", "en"], split=split)
    assert training_texts(pairs).isdisjoint(texts_in(tested))
    assert training_texts(pairs) | texts_in(tested) == {text for row in SENTENCES for text in row}
    assert len(SENTENCES) * 0.1 < sum(map(len, tested.queries.values())) < len(SENTENCES) * 0.3


def test_sentence_is_a_group_with_its_translation(folder):
    pairs = TATOEBA.pairs(write(folder, {"deu": SENTENCES}), ["de", "en"])
    rows = pairs.table.to_pylist()
    for german, english in zip(rows[::2], rows[1::2], strict=True):
        assert german["group"] == english["group"]
        assert (german["question"], english["passage"]) in SENTENCES
        assert (german["passage"], english["question"]) in SENTENCES


def test_case_and_marks_do_not_part_a_sentence_from_its_like(folder):
    write(folder, {"deu": SENTENCES, "fra": [(f"Phrase {text}", f"{text.upper()[:-1]} !") for _, text in SENTENCES]})
    held, other = (TATOEBA.load(folder, [code, "en"], split="to-english-test") for code in ("de", "fr"))
    assert {name.partition(":")[2] for name in held.queries["de"]} == {
        name.partition(":")[2] for name in other.queries["fr"]
    }


def test_other_translation_of_a_tested_sentence_is_not_trained_on(folder):
    tested = texts_in(TATOEBA.load(write(folder, {"deu": SENTENCES}), ["de", "en"], split="to-english-test"))
    held = next(german for german, _ in SENTENCES if german in tested)
    other = next(english for german, english in SENTENCES if german not in tested)
    write(folder, {"deu": [*SENTENCES, (held.upper(), other)]})
    trained = training_texts(TATOEBA.pairs(folder, ["de", "en"]))
    assert len(trained) == 2 * len(SENTENCES) - len(tested) - 2
    assert trained.isdisjoint({held, held.upper(), other})


def test_sentences_that_are_all_held_out_are_no_pairs(folder):
    held = next(
        row
        for row in SENTENCES
        if row[0] in texts_in(TATOEBA.load(write(folder, {"deu": SENTENCES}), ["de", "en"], split="to-english-test"))
    )
    with pytest.raises(DataFormatError, match="are held out for tests"):
        TATOEBA.pairs(write(folder, {"deu": [held]}), ["de", "en"])


def test_further_pair_of_the_folder_is_a_language(folder):
    write(folder, {"ltz": [("Moien.", "Good day.")]})
    assert TATOEBA.load(folder, ["lb", "en"]).queries["lb"] == {"lb:1": "Moien."}
    with pytest.raises(LanguageError, match="no language 'xx'"):
        TATOEBA.load(folder, ["xx", "en"])


def test_bom_crlf_and_gzip_are_read(folder):
    path = folder / "tatoeba.deu-eng.deu"
    content = b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n")
    path.unlink()
    path.with_name(f"{path.name}.gz").write_bytes(gzip.compress(content))
    assert TATOEBA.load(folder, ["de", "en"]).queries["de"]["de:1"] == "Guten Tag."


def test_blank_and_damaged_lines_are_left_out_with_their_translations(folder, caplog):
    caplog.set_level(logging.WARNING)
    (folder / "tatoeba.deu-eng.deu").write_bytes(b"Guten Tag.\n\n\xff\n")
    collection = TATOEBA.load(folder, ["de", "en"])
    assert collection.queries["de"] == {"de:1": "Guten Tag."}
    assert len(collection.corpora["en"]) == 1
    assert collection.notes == (
        "rows of tatoeba.deu-eng.deu left out: 1, so that results are not comparable",
        "rows of tatoeba.deu-eng.eng left out: 2, so that results are not comparable",
    )
    assert "tatoeba.deu-eng.deu:3: not UTF-8" in caplog.text
    assert "tatoeba.deu-eng.eng:2: its translation is missing" in caplog.text


def test_files_of_other_lengths_are_refused(folder):
    (folder / "tatoeba.deu-eng.eng").write_text("Good day.\nA dog.\n")
    with pytest.raises(DataFormatError, match=r"and tatoeba\.deu-eng\.eng have 3 and 2 lines: which belong"):
        TATOEBA.load(folder, ["de", "en"])


@pytest.mark.parametrize("content", [b"", b"\n \n", b"\xff\xfe\n"], ids=str)
def test_file_without_a_sentence_is_refused(folder, content):
    (folder / "tatoeba.deu-eng.deu").write_bytes(content)
    with pytest.raises(DataFormatError, match=r"tatoeba\.deu-eng\.deu"):
        TATOEBA.load(folder, ["de", "en"])


def test_folder_that_lacks_a_file_tells_what_it_has(folder):
    with pytest.raises(MissingDataError, match=r"nor tatoeba\.fra-eng\.fra\..*this one has tatoeba\.cmn-eng\.cmn"):
        TATOEBA.load(folder, ["fr", "en"])


def test_files_of_the_release_have_pinned_addresses_and_checksums():
    pinned = TATOEBA._files
    assert pinned.urls.keys() == pinned.checksums.keys()
    assert pinned.urls["tatoeba/tatoeba.deu-eng.eng"].endswith("/data/tatoeba/v1/tatoeba.deu-eng.eng")
    assert {len(checksum) for checksum in pinned.checksums.values()} == {64}
