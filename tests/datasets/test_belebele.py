import gzip
import json
import re

import huggingface_hub
import pytest

from beir_hybrid import evaluate, load_pairs
from beir_hybrid.datasets.belebele import BELEBELE
from beir_hybrid.errors import DataFormatError, LanguageError, MissingDataError
from beir_hybrid.testing import DatasetContract
from beir_hybrid.training import static_model

URL = "https://en.wikibooks.org/wiki/"


def row(name, link, number, **other):
    """A row as facebook/belebele has it."""
    answers = {f"mc_answer{place}": f"{name} answer {place}" for place in (1, 2, 3, 4)}
    passage = {"flores_passage": f"{name} passage of {link}", "question": f"{name} question {number} of {link}?"}
    texts = {"link": URL + link, "question_number": number, **passage, **answers, "correct_answer_num": "1"}
    return {**texts, "dialect": name, "ds": "2023-05-03", **other}


def write(folder, names=("eng_Latn", "deu_Latn", "zho_Hans", "zho_Hant")):
    for name in names:
        rows = [row(name, link, number) for link, number in (("Accordion", 1), ("Accordion", 2), ("Fencing", 1))]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(each) + "\n" for each in rows), encoding="utf-8")
    return folder


@pytest.fixture
def folder(tmp_path):
    return write(tmp_path)


def add(folder, *lines, name="deu_Latn"):
    with (folder / f"{name}.jsonl").open("ab") as file:
        for line in lines:
            file.write((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n")


class TestContract(DatasetContract):
    name = "belebele"
    languages = ("zh-Hant", "en", "de")

    @pytest.fixture(scope="class")
    @classmethod
    def source(cls, tmp_path_factory):
        return write(tmp_path_factory.mktemp("belebele"))


def test_it_has_122_languages_and_names_a_script_where_a_language_has_two():
    assert len(BELEBELE.languages) == len(set(BELEBELE.languages)) == 122
    assert {"en", "ar", "ar-Latn", "acm", "zh", "zh-Hant", "si", "si-Latn", "sw", "fa"} < set(BELEBELE.languages)


def test_passage_of_two_questions_stands_once_and_is_relevant_to_both_in_every_language(folder):
    collection = BELEBELE.load(folder, ["en", "de"])
    assert {language: len(corpus) for language, corpus in collection.corpora.items()} == {"en": 2, "de": 2}
    assert {language: len(queries) for language, queries in collection.queries.items()} == {"en": 3, "de": 3}
    first, second, _ = collection.queries["en"]
    assert collection.qrels[first] == collection.qrels[second]
    assert {collection.corpora[key[:2]][key].text for key in collection.qrels[first]} == {
        "eng_Latn passage of Accordion",
        "deu_Latn passage of Accordion",
    }
    assert collection.group_of[first] != collection.group_of[second]
    assert collection.group_of[first] == collection.group_of[first.replace("en:", "de:")]
    assert collection.notes == ()


@pytest.mark.parametrize("inner", ["data", "belebele/data", ""])
def test_files_are_found_where_a_clone_or_a_copy_has_them(tmp_path, inner):
    (tmp_path / inner).mkdir(parents=True, exist_ok=True)
    write(tmp_path / inner)
    assert len(BELEBELE.load(tmp_path, ["en"]).queries["en"]) == 3


def test_gzipped_files_with_bom_and_crlf_are_read(folder):
    content = (folder / "eng_Latn.jsonl").read_bytes().replace(b"\n", b"\r\n")
    (folder / "eng_Latn.jsonl").unlink()
    (folder / "eng_Latn.jsonl.gz").write_bytes(gzip.compress(b"\xef\xbb\xbf" + content))
    assert len(BELEBELE.load(folder, ["en"]).queries["en"]) == 3


def test_further_file_of_the_folder_is_a_language(folder):
    write(folder, ["fry_Latn"])
    assert BELEBELE.load(folder, ["fy", "en"]).languages == ("fy", "en")
    with pytest.raises(LanguageError, match="belebele has no language 'lb'"):
        BELEBELE.load(folder, ["lb", "en"])


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"{", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b'{"link": "\xff"}', "not UTF-8"),
        (row("x", "New", 1, question=None), "'question' is None"),
        (row("x", "New", 1, flores_passage="  "), "'flores_passage' is empty"),
        (row("x", "New", 1, question="\ud800"), "'question' is not Unicode"),
        (row("x", "New", True), "'question_number' is True"),
        (row("x", "New", None), "'question_number' is None"),
        (row("deu_Latn", "Fencing", 1), "stands there twice"),
        (row("deu_Latn", "Fencing", 2, flores_passage="Other."), "has another passage than before"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_row_that_cannot_be_used_is_counted_and_told(folder, line, problem, caplog):
    add(folder, line, line)
    collection = BELEBELE.load(folder, ["de", "en"])
    assert len(collection.queries["de"]) == 3
    assert collection.notes == ("rows of deu_Latn.jsonl left out: 2, so that results are not comparable",)
    [record] = caplog.records
    assert re.search(rf"deu_Latn\.jsonl left out: 2; the first: .*deu_Latn\.jsonl:4: .*{problem}", record.getMessage())


@pytest.mark.parametrize("content", [b"", b"\n\n", b"{}\n", '{"link": "a"}\n'.encode("utf-16")], ids=str)
def test_file_without_a_row_that_can_be_used_is_refused(folder, content):
    (folder / "deu_Latn.jsonl").write_bytes(content)
    with pytest.raises(DataFormatError, match=r"deu_Latn\.jsonl"):
        BELEBELE.load(folder, ["de"])


def test_folder_that_lacks_a_file_tells_what_it_has(folder):
    with pytest.raises(
        MissingDataError, match=r"neither data/fra_Latn\.jsonl nor fra_Latn\.jsonl\..*deu_Latn\.jsonl, eng"
    ):
        BELEBELE.load(folder, ["fr"])


def test_hub_is_asked_for_the_languages_chosen_alone(folder, monkeypatch):
    asked = []

    def download(repository, name, *, repo_type):
        asked.append((repository, name, repo_type))
        return str(folder / name.removeprefix("data/"))

    monkeypatch.delenv("BEIR_HYBRID_DATA", raising=False)
    monkeypatch.setattr(huggingface_hub, "hf_hub_download", download)
    assert BELEBELE.load(languages=["de"]).languages == ("de",)
    assert asked == [("facebook/belebele", "data/deu_Latn.jsonl", "dataset")]


def test_every_kind_of_setting_is_evaluated(folder):
    collection = BELEBELE.load(folder, ["de", "en"])
    results = evaluate(static_model(load_pairs("sample", languages=["de", "en"]), dimensions=8), collection)
    assert set(results.settings) == {"de", "en", "de-en", "en-de", "de-all", "en-all"}
