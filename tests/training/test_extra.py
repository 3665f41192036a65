import json
from pathlib import Path

import pytest

from beir_hybrid.batching.forecast import forecast
from beir_hybrid.batching.mixed import MixedPlan
from beir_hybrid.errors import BatchError, BeirHybridError, ConfigurationError, DataFormatError
from beir_hybrid.training.config import read_config
from beir_hybrid.training.extra import ExtraData
from beir_hybrid.training.prepare import plan_batches, prepare
from beir_hybrid.training.request import TrainingRequest


@pytest.fixture
def nli(tmp_path):
    path = tmp_path / "nli.csv"
    rows = [f"question {n},answer {n},wrong {n}" for n in range(300)]
    path.write_text("\n".join(["query,answer,negative", *rows]))
    return path


def request(*extra, **arguments):
    return TrainingRequest(
        "static:8", "sample", Path("out"), languages=("de", "en"), extra_data=extra, arguments=arguments
    )


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("nli=nli.csv", ExtraData("nli", "nli.csv")),
        ("nli = a,b=c.csv, weight=2", ExtraData("nli", "a,b=c.csv", 2.0)),
        ("q=hub:owner/name/pair@1a2b:train[:9],weight=0.5", ExtraData("q", "hub:owner/name/pair@1a2b:train[:9]", 0.5)),
    ],
)
def test_names_data_and_weights_are_read(word, expected):
    assert ExtraData.parse(word) == expected


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["nli"], "The extra data are 'nli'"),
        (["=nli.csv"], "The extra data are '=nli.csv'"),
        (["nli=a.csv,weight=much"], "weight=much'"),
        (["nli=a.csv,weight=0"], "The weight of the extra data 'nli' is 0"),
        (["nli=a.csv,weight=-1"], "'nli' is -1"),
        (["nli=a.csv,weight=inf"], "'nli' is inf"),
        (["nli=a.csv", "nli=b.csv"], "Two extra data are called 'nli'"),
        (["planned=a.csv"], "are called 'planned'"),
    ],
)
def test_words_that_name_no_data_are_refused_before_anything_is_loaded(words, message):
    with pytest.raises(ConfigurationError) as raised:
        request(*words)
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "content", "error", "message"),
    [
        ("a.csv", "query,answer\n", BeirHybridError, "hold no row"),
        ("a.csv", "query,answer,label\na,b,1\n", ConfigurationError, "the column 'label', of which the loss"),
        ("a.csv", "sentence1,sentence2\na,b\n", DataFormatError, "no known format"),
        ("a.csv", "query,answer\na,b\nc,d\n", BatchError, "extra holds 2 rows, too few for a batch of 16"),
    ],
)
def test_data_that_cannot_be_used_are_refused_in_a_line(tmp_path, name, content, error, message):
    path = tmp_path / name
    path.write_text(content)
    with pytest.raises(error) as raised:
        prepare(request(f"extra={path}", per_device_train_batch_size=16))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


def test_rows_without_languages_become_questions_passages_and_negatives(nli):
    rows = ExtraData("nli", str(nli)).load()
    assert rows[7] == {"anchor": "question 7", "positive": "answer 7", "negative_1": "wrong 7"}


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("pairs.jsonl", {"group": "g", "language": "de", "question": "Q", "passage": "P"}),
        ("flag.jsonl", {"query": "Q", "pos": ["P"], "neg": ["N"]}),
        ("columns.jsonl", {"anchor": "Q", "positive": "P", "lang": "en"}),
    ],
)
def test_data_of_every_format_are_read(tmp_path, name, content):
    (tmp_path / name).write_text(json.dumps(content) + "\n")
    first = ExtraData("extra", str(tmp_path / name)).load()[0]
    assert (first["anchor"], first["positive"]) == ("Q", "P")


def test_registered_data_are_read():
    assert len(ExtraData("extra", "sample").load()) == 1452


def test_as_many_negatives_are_used_as_every_row_has(tmp_path, caplog):
    rows = [{"query": "Q", "pos": ["P"], "neg": ["N"] * count} for count in (3, 2)]
    (tmp_path / "flag.jsonl").write_text("\n".join(map(json.dumps, rows)))
    assert ExtraData("extra", str(tmp_path / "flag.jsonl")).load().column_names[-1] == "negative_2"
    assert "rows have 2 to 3 hard negatives; 2 of each are used" in caplog.text


def test_a_weight_is_the_number_of_batches_for_each_planned_one(nli):
    plan = plan_batches(request(f"nli={nli},weight=0.25"), 16, seed=0)
    assert dict(zip(plan.names, plan.mixture.blocks, strict=True)) == {"planned": 16, "nli": 4}
    drawn = forecast(plan).drawn
    assert (drawn.batches, drawn.extra["nli"].batches) == (16, 4)


def test_without_a_weight_an_epoch_has_each_full_batch_once(nli):
    plan = plan_batches(request(f"nli={nli}"), 16, seed=0)
    assert plan.mixture.blocks == (16, 18)


def test_planned_batches_are_the_same_beside_other_data(nli):
    alone, mixed = (plan_batches(request(*extra), 16, seed=3, world_size=2) for extra in ([], [f"nli={nli}"]))
    assert isinstance(mixed, MixedPlan)
    for step in range(len(alone)):
        assert (mixed.plans[0].batch(0, step).rows == alone.batch(0, step).rows).all()


def test_the_trainer_draws_what_was_planned_and_puts_prefixes_before_all_texts(nli):
    prepared = prepare(request(f"nli={nli},weight=2", plain_batch_sampler="no_duplicates"))
    assert prepared.plan().extra["nli"].sampler == "no_duplicates"
    assert prepared.arguments.prompts == {"anchor": "Query: ", "positive": "Passage: ", "negative_1": "Passage: "}


def test_command_and_config_name_extra_data_alike(nli, tmp_path):
    asked = request("a=a.csv", "b=b.csv,weight=2")
    assert "--extra-data a=a.csv --extra-data b=b.csv,weight=2" in asked.command()
    path = tmp_path / "run.yaml"
    path.write_text("extra-data:\n  - a=a.csv\n  - b=b.csv,weight=2\n")
    assert TrainingRequest.from_options({**asked.options(), **read_config(path).options}).extra_data == asked.extra_data
    path.write_text("extra_data: a=a.csv\n")
    assert read_config(path).options == {"extra_data": ["a=a.csv"]}
