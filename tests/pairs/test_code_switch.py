import multiprocessing

import numpy as np
import pytest

from beir_hybrid.errors import BeirHybridError, ConfigurationError, DataFormatError, MissingDataError
from beir_hybrid.pairs import Pair, ParallelPairs
from beir_hybrid.pairs.code_switch import CodeSwitch
from beir_hybrid.pairs.examples import begin_epoch, example_dataset
from beir_hybrid.prompts import Prompts

TEXT = "The house is near the river, and the house is old."


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "dict.tsv"
    path.write_text("house\tHaus\nhouse\tmaison\nriver\tFluss\n\nold\talt\nnear\tnah\n", encoding="utf-8")
    return path


def dataset(path, **options):
    rows = [
        Pair(f"g{n}", code, f"{n} {TEXT}", f"{TEXT} {n}", negatives=(TEXT,)) for n in range(8) for code in ("en", "de")
    ]
    pairs = ParallelPairs.from_pairs("pairs", rows)
    return example_dataset([pairs], negatives=1, transform=CodeSwitch(path, **options)), pairs


def test_every_word_of_the_dictionary_is_replaced_at_probability_one(path):
    switched = CodeSwitch(path, 1.0).switch("The House is old.", np.random.default_rng(0))
    assert switched in ("The Haus is alt.", "The maison is alt.")


def test_share_of_replaced_words_is_the_probability(path):
    text = "old " * 20_000
    assert abs(CodeSwitch(path, 0.3).switch(text, np.random.default_rng(0)).count("alt") / 20_000 - 0.3) < 0.02


def test_texts_of_other_languages_stay_as_they_are(path):
    rows, pairs = dataset(path, probability=1.0)
    _, questions, passages = pairs.index.examples(np.arange(len(rows)))
    for row, asked, answering in zip(rows, questions, passages, strict=True):
        for column, language in (("anchor", asked), ("positive", answering), ("negative_1", answering)):
            assert ("house" in row[column]) == (pairs.languages[language] == "de")


def test_draws_are_others_by_epoch_example_and_side_and_the_same_again(path):
    rows, _ = dataset(path, seed=3)
    first = rows[:]
    assert rows[:] == first
    assert [rows[number]["positive"] for number in (5, 3)] == [first["positive"][number] for number in (5, 3)]
    begin_epoch(rows, 1)
    second = rows[:]
    assert second != first
    begin_epoch(rows, 0)
    assert rows[:] == first
    assert dataset(path, seed=3)[0][:] == first
    assert rows.select_columns(["positive"])["positive"][:] == first["positive"]
    assert dataset(path, seed=4)[0][:] != first
    assert len({text.removesuffix(f" {number}") for number, text in enumerate(first["positive"])}) > 4
    assert any(row["positive"].startswith(row["negative_1"]) is False for row in rows)


def tell(rows, asked, told):
    while asked.recv():
        told.send(rows[:])


def test_process_that_loads_data_sees_each_epoch(path):
    rows, _ = dataset(path)
    (asks, asked), (hears, told) = multiprocessing.Pipe(), multiprocessing.Pipe()
    process = multiprocessing.get_context("fork").Process(target=tell, args=(rows, asked, told))
    process.start()
    for epoch in (1, 2):
        begin_epoch(rows, epoch)
        asks.send(True)
        assert hears.recv() == rows[:]
    asks.send(False)
    process.join()


def test_transform_comes_before_prompts(path):
    rows, pairs = dataset(path, probability=1.0)
    prompts = {"anchor": Prompts(None, {"en": "old: ", "de": "alt: "})}
    behind = example_dataset([pairs], prompts=prompts, transform=rows.data.transform)
    assert {text.partition(" ")[0] for text in behind["anchor"]} == {"old:", "alt:"}


def test_rows_without_transform_have_no_epoch(path):
    _, pairs = dataset(path)
    plain = example_dataset([pairs])
    begin_epoch(plain, 3)
    assert plain[0]["anchor"].endswith(TEXT)


def test_lines_of_muse_and_of_tables_are_read_and_others_counted(tmp_path, caplog):
    path = tmp_path / "en-de.txt"
    path.write_text("\ufeffhouse haus\r\nriver   fluss\nold\talt\nbox office\tKasse\nword\na b c\n", encoding="utf-8")
    expected = {"house": ("haus",), "river": ("fluss",), "old": ("alt",), "box office": ("Kasse",)}
    assert CodeSwitch(path).translations == expected
    assert "lines left out that are no pair of words: 2; the first:" in caplog.text
    assert "line 5 is 'word'" in caplog.text


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("code-swich:a.tsv", "Did you mean 'code-switch'"),
        ("code-switch:", "names no dictionary"),
        ("code-switch", "names no dictionary"),
        ("code-switch:a.tsv,p=2", "The probability of code-switch is 2.0"),
        ("code-switch:a.tsv,p=x", "The transform has p=x"),
        ("code-switch:a.tsv,q=1", "The transform has 'q=1'"),
        ("code-switch:a.tsv,p=0.1,p=0.2", "The transform has 'p=0.2'"),
    ],
)
def test_what_is_not_written_as_it_must_be_is_refused(text, message):
    with pytest.raises(ConfigurationError, match=message):
        CodeSwitch.read(text)


@pytest.mark.parametrize(
    ("content", "kind", "message"),
    [
        (None, MissingDataError, "There is no dictionary"),
        ("", DataFormatError, "is empty"),
        ("\nword\n", DataFormatError, "line 2 is 'word'"),
        ("a\tb\tc\n", DataFormatError, "line 1"),
        ("a b c\n", DataFormatError, "line 1"),
    ],
    ids=["missing", "empty", "one word", "three columns", "three words"],
)
def test_dictionary_that_cannot_be_read_is_refused(tmp_path, content, kind, message):
    path = tmp_path / "dict.tsv"
    if content is not None:
        path.write_text(content)
    with pytest.raises(kind, match=message) as caught:
        _ = CodeSwitch(path).translations
    assert isinstance(caught.value, BeirHybridError)
