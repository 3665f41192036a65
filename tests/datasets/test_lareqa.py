import copy
import gzip
import json

import pytest

from beir_hybrid.datasets.lareqa import XQUAD_R, _with_breaks, read_lareqa
from beir_hybrid.datasets.load import load_setting, load_settings
from beir_hybrid.errors import ConfigurationError, DataFormatError, LanguageError, MissingDataError
from beir_hybrid.passage import Passage

EN_CONTEXT = "A dog. It barks. A dog."
DE_CONTEXT = "Ein Hund. Er bellt."


def question(identifier, start, text="?"):
    return {"id": identifier, "question": text, "answers": [{"answer_start": start, "text": "not looked at"}]}


def paragraph(context, breaks, *questions):
    return {"context": context, "sentence_breaks": breaks, "sentences": ["not", "looked", "at"], "qas": list(questions)}


ENGLISH = {
    "data": [
        {
            "title": "Dogs",
            "paragraphs": [
                # the last sentence repeats the first
                paragraph(
                    EN_CONTEXT, [[0, 6], [7, 16], [17, 23]], question("what", 2, "What?"), question("does", 10, "Does?")
                )
            ],
        },
        {"title": "Cats", "paragraphs": [paragraph("A cat.", [[0, 6]], question("cat", 0, "Cat?"))]},
    ]
}
GERMAN = {
    "data": [{"paragraphs": [paragraph(DE_CONTEXT, [[0, 9], [10, 19]], question("does", 13, "Tut?"))]}],
}


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "xquad-r"
    folder.mkdir()
    for language, content in (("en", ENGLISH), ("de", GERMAN)):
        (folder / f"{language}.json").write_text(json.dumps(content))
    return tmp_path


@pytest.fixture
def read(tmp_path):
    def read(content):
        path = tmp_path / "en.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return read_lareqa(path)

    return read


def test_ids_are_the_official_ones(source):
    # paragraphs from 1 over the whole file, sentences from 0 in each paragraph
    collection = XQUAD_R.load(source, ["en", "de"])
    assert list(collection.corpora["en"]) == ["en:1_0", "en:1_1", "en:1_2", "en:2_0"]
    assert list(collection.corpora["de"]) == ["de:1_0", "de:1_1"]
    assert collection.queries == {
        "en": {"en:what": "What?", "en:does": "Does?", "en:cat": "Cat?"},
        "de": {"de:does": "Tut?"},
    }


def test_sentences_are_slices_of_the_context_and_repeated_ones_stay(source):
    corpus = XQUAD_R.load(source, ["en"]).corpora["en"]
    assert [passage.text for passage in corpus.values()] == ["A dog.", "It barks.", "A dog.", "A cat."]
    assert corpus["en:1_1"] == Passage("It barks.", "", EN_CONTEXT)


def test_sentence_with_context_is_the_sentence_and_then_its_paragraph(source):
    collection = XQUAD_R.load(source, ["en"], passage_text="sentence+context")
    assert collection.passage_text == "sentence+context"
    assert collection.corpora["en"]["en:1_1"].text == "It barks. A dog. It barks. A dog."


def test_relevant_is_the_answer_sentence_of_every_language_that_has_the_question(source):
    collection = XQUAD_R.load(source, ["en", "de"])
    assert collection.qrels == {
        "en:what": {"en:1_0": 1},
        "en:does": {"en:1_1": 1, "de:1_1": 1},
        "en:cat": {"en:2_0": 1},
        "de:does": {"en:1_1": 1, "de:1_1": 1},
    }
    assert collection.group_of["en:does"] == collection.group_of["de:does"] == "does"


def test_languages_not_chosen_leave_pool_and_judgements(source):
    collection = XQUAD_R.load(source, ["en"])
    assert collection.languages == ("en",)
    assert collection.qrels["en:does"] == {"en:1_1": 1}


def test_pairs_are_questions_with_their_answer_sentences(source):
    assert [tuple(row.values()) for row in XQUAD_R.pairs(source, ["de", "en"]).table.to_pylist()] == [
        ("does", "de", "Tut?", "Er bellt."),
        ("what", "en", "What?", "A dog."),
        ("does", "en", "Does?", "It barks."),
        ("cat", "en", "Cat?", "A cat."),
    ]


def test_pairs_with_context(source):
    pairs = XQUAD_R.pairs(source, ["de"], passage_text="sentence+context")
    assert pairs.table["passage"].to_pylist() == ["Er bellt. Ein Hund. Er bellt."]


@pytest.mark.parametrize("method", ["load", "pairs"])
def test_unknown_passage_text_is_refused(source, method):
    with pytest.raises(ConfigurationError, match=r"passage_text is 'sentenc'\. Did you mean 'sentence'"):
        getattr(XQUAD_R, method)(source, ["en"], passage_text="sentenc")


def test_language_that_neither_release_nor_folder_has_is_refused_with_those_that_either_has(source):
    (source / "ro.json").write_text("not read")
    with pytest.raises(LanguageError, match=r"no language 'fr'.*Known: ar, de, el, .*ro, ru,.*zh\."):
        XQUAD_R.load(source, ["en", "fr"])


def test_missing_file_is_told(source):
    with pytest.raises(MissingDataError, match=r"holds neither xquad-r/el\.json nor el\.json"):
        XQUAD_R.load(source, ["en", "el"])


@pytest.mark.parametrize(
    ("start", "sentence"),
    [(0, "A dog."), (5, "A dog."), (7, "It barks."), (15, "It barks."), (22, "A dog.")],
    ids=str,
)
def test_answer_sentence_is_the_one_in_which_the_answer_begins(read, start, sentence):
    # wherever it ends: the answer's text is not looked at, so it may run past the sentence
    content = {"data": [{"paragraphs": [paragraph(EN_CONTEXT, [[0, 6], [7, 16], [17, 23]], question("a", start))]}]}
    candidates, [found] = read(content)
    assert candidates[found.answer].sentence == sentence


@pytest.mark.parametrize("start", [-1, 6, 16, 23, 1000])
def test_answer_outside_every_sentence_is_told(read, start):
    content = {"data": [{"paragraphs": [paragraph(EN_CONTEXT, [[0, 6], [7, 16], [17, 23]], question("a", start))]}]}
    with pytest.raises(DataFormatError, match=f"'a' begins at {start}, outside every sentence of paragraph 1") as error:
        read(content)
    assert "en.json: " in str(error.value)


@pytest.mark.parametrize(
    "text",
    [json.dumps(ENGLISH)[:-20], "", "[]", "null", '{"version": 1}', '{"data": [{"title": "Dogs"}]}', '{"data": [7]}'],
    ids=["truncated", "empty", "list", "null", "no data", "no paragraphs", "number"],
)
def test_file_of_another_layout_is_told(read, text):
    with pytest.raises(DataFormatError, match=r"en\.json is not a LAReQA file"):
        read(text)


def test_file_that_is_not_utf8_is_told(tmp_path):
    (tmp_path / "en.json").write_bytes(b'{"data": "\xff"}')
    with pytest.raises(DataFormatError, match=r"en\.json is not a LAReQA file: UnicodeDecodeError"):
        read_lareqa(tmp_path / "en.json")


@pytest.mark.parametrize("field", ["context", "sentence_breaks", "qas"])
def test_missing_field_is_named_with_its_paragraph(read, field):
    content = copy.deepcopy(ENGLISH)
    del content["data"][1]["paragraphs"][0][field]
    with pytest.raises(DataFormatError, match=rf"en\.json: paragraph 2 is incomplete: KeyError: '{field}'"):
        read(content)


@pytest.mark.parametrize("field", ["id", "question", "answers"])
def test_missing_field_of_a_question_is_named_with_its_paragraph(read, field):
    content = copy.deepcopy(ENGLISH)
    del content["data"][1]["paragraphs"][0]["qas"][0][field]
    with pytest.raises(DataFormatError, match=rf"en\.json: paragraph 2 is incomplete: KeyError: '{field}'"):
        read(content)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("context", None),
        ("sentence_breaks", [[0, 4, 6]]),
        ("sentence_breaks", [4]),
        ("qas", [{**question("a", 0), "answers": []}]),
    ],
    ids=["no text", "break of three", "break of one", "no answer"],
)
def test_field_of_another_kind_is_told(read, place, value):
    content = copy.deepcopy(ENGLISH)
    content["data"][1]["paragraphs"][0][place] = value
    with pytest.raises(DataFormatError, match=r"en\.json: paragraph 2 is incomplete"):
        read(content)


@pytest.mark.parametrize(("field", "value"), [("id", 7), ("id", []), ("question", None)])
def test_question_that_is_no_text_is_told(read, field, value):
    content = copy.deepcopy(ENGLISH)
    content["data"][1]["paragraphs"][0]["qas"][0][field] = value
    with pytest.raises(DataFormatError) as caught:
        read(content)
    assert f"a question of paragraph 2 has the {field} {value!r}" in str(caught.value)


def test_repeated_question_id_is_told(read):
    content = copy.deepcopy(ENGLISH)
    content["data"][1]["paragraphs"][0]["qas"][0]["id"] = "what"
    with pytest.raises(DataFormatError, match=r"en\.json: the question id 'what' occurs twice"):
        read(content)


def plain(text, *questions):
    entries = [{"id": name, "question": "?", "answers": [{"answer_start": start}]} for name, start in questions]
    return {"data": [{"paragraphs": [{"context": text, "qas": entries}]}]}


def test_own_language_of_the_folder_is_a_language_in_every_setting(source):
    text = "Un câine. El latră! „Da.” Un om"
    (source / "xquad-r" / "ro.json").write_text(json.dumps(plain(text, ("does", 10))))
    collection = XQUAD_R.load(source, ["ro", "en"])
    assert collection.languages == ("ro", "en")
    assert collection.notes == ("not of the release: ro",)
    assert [passage.text for passage in collection.corpora["ro"].values()] == [
        "Un câine.",
        "El latră!",
        "„Da.”",
        "Un om",
    ]
    assert collection.qrels["ro:does"] == collection.qrels["en:does"] == {"ro:1_1": 1, "en:1_1": 1}
    assert load_setting("xquad-r.ro-en", source, ["ro", "en"]).languages == ("ro", "en")
    assert load_settings("xquad-r", ["ro-en", "mono"], source, ["ro", "en"])[1] == ("ro-en", "mono")


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("It costs 3.5 km. 4 km? ¿Qué? no. ", ["It costs 3.5 km.", "4 km?", "¿Qué? no."]),
        ('He said "Go." Then left.', ['He said "Go."', "Then left."]),
        ("一。二！”三", ["一。", "二！”", "三"]),
        ("यह है। वह है।", ["यह है।", "वह है।"]),
        ("No end", ["No end"]),
        ("One.\n\nTwo.", ["One.", "Two."]),
    ],
    ids=["numbers", "quotes", "Chinese", "danda", "one", "lines"],
)
def test_file_without_sentence_breaks_is_cut_at_full_stops_and_the_like_which_is_told(read, text, sentences, caplog):
    candidates, _ = read(plain(text, ("a", 0)))
    assert [candidate.sentence for candidate in candidates] == sentences
    assert "en.json has no sentence_breaks" in caplog.text


def test_cuts_agree_with_those_of_the_release(data):
    # what XQuAD's own files would become: most sentences, and those that hold answers, are the release's
    path = data / "xquad-r" / "es.json"
    content = json.loads(path.read_text())
    released = {candidate.sentence for candidate in read_lareqa(path)[0]}
    own = [_with_breaks({"context": each["context"]}) for article in content["data"] for each in article["paragraphs"]]
    cut = [each["context"][start:end] for each in own for start, end in each["sentence_breaks"]]
    assert len(released & set(cut)) / len(released) > 0.9


def test_gzipped_file_with_bom_is_read_and_one_that_is_cut_off_told(source):
    path = source / "xquad-r" / "en.json"
    content = gzip.compress(b"\xef\xbb\xbf" + path.read_bytes())
    path.unlink()
    path.with_name("en.json.gz").write_bytes(content)
    assert len(XQUAD_R.load(source, ["en"]).queries["en"]) == 3
    path.with_name("en.json.gz").write_bytes(content[:-9])
    with pytest.raises(DataFormatError, match=r"en\.json\.gz:1: the gzip file is cut off"):
        XQUAD_R.load(source, ["en"])
