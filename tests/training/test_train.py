import json
from collections import Counter

import pytest
import torch

from beir_hybrid.errors import (
    BatchError,
    BeirHybridError,
    ConfigurationError,
    DataFormatError,
    LanguageError,
    MissingDataError,
    ModelError,
    OutputError,
    UnknownNameError,
)
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.train import train

SHORT = ("--per_device_train_batch_size", "4", "--max_steps", "3", "--disable_tqdm", "true", "--logging_strategy", "no")


@pytest.fixture
def data_file(tmp_path, pairs):
    path = tmp_path / "tiny.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in pairs.table.to_pylist()), encoding="utf-8")
    return path


@pytest.fixture
def options(tmp_path, data_file):
    def make(output="run", **given):
        given = {"model": "static:8", "train_data": str(data_file), **given}
        return TrainingRequest(output=tmp_path / output, **given)

    return make


@pytest.fixture
def stepped(monkeypatch):
    """The question token ids of every batch that reached the loss."""
    from sentence_transformers.sentence_transformer.losses import MultipleNegativesRankingLoss

    batches = []
    forward = MultipleNegativesRankingLoss.forward

    def recorded(loss, features, labels):
        batches.append(next(iter(features))["input_ids"].tolist())
        return forward(loss, features, labels)

    monkeypatch.setattr(MultipleNegativesRankingLoss, "forward", recorded)
    return batches


def read(path):
    return json.loads(path.read_text(encoding="utf-8"))


def contents(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_run_leaves_a_model_that_loads(options):
    from sentence_transformers import SentenceTransformer

    trained = train(options(), SHORT)
    loaded = SentenceTransformer(str(trained.folder))
    texts = ["de question 1", "en passage 2"]
    assert (loaded.encode(texts) == trained.model.encode(texts)).all()
    assert loaded.prompts == {"query": "Query: ", "document": "Passage: "}


def test_run_writes_its_request_and_what_it_drew(options):
    trained = train(options(alpha=0.3, languages=("de", "en")), [*SHORT, "--seed", "5"])
    request, summary = read(trained.folder / "run.json"), read(trained.folder / "training.json")
    assert (request["schema"], summary["schema"]) == (1, 1)
    assert request["options"]["alpha"] == 0.3
    assert request["options"]["languages"] == ["de", "en"]
    assert (request["arguments"]["max_steps"], request["arguments"]["seed"]) == (3, 5)
    assert summary["steps"] == trained.steps == 3
    summary["drawn"] = read(trained.folder / "batches.json")["drawn"]
    assert summary["drawn"] == trained.drawn.to_dict()
    assert (summary["drawn"]["batches"], summary["drawn"]["examples"]) == (3, 12)
    assert summary["drawn"]["sources"] == {"tiny": 3}


def test_arguments_are_given_by_name_or_as_words(options):
    by_name = {"per_device_train_batch_size": 4, "max_steps": 3, "disable_tqdm": True, "logging_strategy": "no"}
    one = train(options("one", arguments=by_name), {"seed": 5})
    other = train(options("other", arguments=[*SHORT, "--seed", "7"]), ["--seed", "5"])
    first, second = (read(trained.folder / "run.json")["arguments"] for trained in (one, other))
    assert {name for name in first if first[name] != second[name]} == {"output_dir"}
    assert first["seed"] == 5
    assert torch.equal(one.model[0].embedding.weight, other.model[0].embedding.weight)


def test_history_tells_what_was_logged_at_which_step(options):
    logged = [*SHORT[:-2], "--logging_steps", "1"]
    history = read(train(options(), logged).folder / "history.json")
    assert history["schema"] == 1
    assert history["eval"] == []
    assert [row["step"] for row in history["log"]] == [1, 2, 3]
    assert all(row["loss"] > 0 and row["learning_rate"] >= 0 and row["epoch"] > 0 for row in history["log"])


def test_history_parts_evaluations_from_training(options, data_file):
    words = [*SHORT[:-2], "--logging_steps", "1", "--eval_steps", "2", "--max_steps", "4"]
    history = read(train(options(eval_data=str(data_file)), words).folder / "history.json")
    assert [row["step"] for row in history["log"]] == [1, 2, 3, 4]
    assert [row["step"] for row in history["eval"]] == [2, 4]
    assert all("loss" not in row and row["eval_loss"] > 0 for row in history["eval"])


def test_callbacks_are_told_of_every_step(options):
    from transformers import TrainerCallback

    class Steps(TrainerCallback):
        def __init__(self):
            self.seen = []

        def on_step_end(self, args, state, control, **kwargs):
            self.seen.append(state.global_step)

    steps = Steps()
    train(options(), SHORT, [steps])
    assert steps.seen == [1, 2, 3]


def test_run_leaves_nothing_half_done(options):
    folder = train(options(), SHORT).folder
    assert not [path.name for path in folder.iterdir() if path.name.startswith(".") or path.suffix == ".tmp"]


def test_card_tells_strategy_data_languages_and_draws(options):
    trained = train(options(alpha=0.3), SHORT)
    card = (trained.folder / "README.md").read_text(encoding="utf-8")
    for line in (
        "- **Strategy:** `hybrid(alpha=0.3)`",
        "- **Data:** tiny, 12 groups, 34 pairs",
        "- **Languages:** de, en, es",
        trained.drawn.to_markdown(),
    ):
        assert line in card
    assert "\nlanguage:\n- de\n- en\n- es\n" in card
    assert card.index("## Batches") < card.index("## Usage")


def test_arrow_file_trains_as_the_same_lines_do(options, pairs, tmp_path):
    pairs.save(tmp_path / "tiny.arrow")
    lines = train(options("lines"), SHORT).model.state_dict()
    arrow = train(options("arrow", train_data=str(tmp_path / "tiny.arrow")), SHORT).model.state_dict()
    assert all(torch.equal(lines[name], arrow[name]) for name in lines)


def test_dataset_of_the_hub_trains_as_the_same_lines_do(options, pairs, monkeypatch):
    import datasets

    table = pairs.table.rename_columns(["id", "lang", "query", "positive", *pairs.table.column_names[4:]])
    monkeypatch.setattr(datasets, "load_dataset", lambda *asked, **options: datasets.Dataset(table))
    lines = train(options("lines"), SHORT).model.state_dict()
    asked = options("hub", train_data="hub:owner/name:train", columns=("group=id", "language=lang"))
    trained = train(asked, SHORT)
    assert all(torch.equal(lines[name], weights) for name, weights in trained.model.state_dict().items())
    assert read(trained.folder / "run.json")["options"]["columns"] == ["group=id", "language=lang"]
    assert "--columns group=id,language=lang" in asked.command()


@pytest.mark.parametrize(
    ("words", "batches"),
    [
        pytest.param(["--max_steps", "3"], {0: 3}, id="ends-in-the-first-epoch"),
        pytest.param(["--num_train_epochs", "2", "--max_steps", "-1"], {0: 8, 1: 8}, id="two-epochs"),
        pytest.param(["--max_steps", "11"], {0: 8, 1: 3}, id="ends-in-the-second-epoch"),
        # an epoch of eight batches takes three steps: of three, three and two batches
        pytest.param(["--max_steps", "4", "--gradient_accumulation_steps", "3"], {0: 8, 1: 3}, id="accumulated"),
        pytest.param(["--max_steps", "2", "--gradient_accumulation_steps", "3"], {0: 6}, id="accumulated-in-one-epoch"),
    ],
)
def test_summary_counts_what_was_trained_on(options, collated, stepped, pairs, words, batches):
    trained = train(options(strategy="hybrid"), [*SHORT, *words])
    # the loader builds a batch ahead: only what reached the loss was trained on
    seen = collated[: len(stepped)]
    assert len(stepped) == sum(batches.values())
    assert trained.drawn.batches == len(seen)
    tokenizer = trained.model.tokenizer
    for rows, ids in zip(seen, stepped, strict=True):
        encodings = tokenizer.encode_batch([f"Query: {row['anchor']}" for row in rows], add_special_tokens=False)
        assert [token for encoding in encodings for token in encoding.ids] == ids
    languages = [[(row["anchor"][:2], row["positive"][:2]) for row in rows] for rows in seen]
    assert trained.drawn.pairs == Counter(pair for batch in languages for pair in batch)
    mono = sum(len({language for pair in batch for language in pair}) == 1 for batch in languages)
    assert trained.drawn.kinds == Counter({"x-x-mono": mono, "x-y": len(seen) - mono})


def test_epochs_draw_other_batches(options, collated):
    train(options(), [*SHORT, "--num_train_epochs", "2", "--max_steps", "-1"])
    assert len(collated) == 16
    assert collated[:8] != collated[8:]


@pytest.mark.parametrize("given", [{}, {"query_prefix": "q: ", "passage_prefix": ""}], ids=["default", "own"])
def test_prefixes_reach_the_tokenizer_and_are_stored(options, monkeypatch, given):
    from beir_hybrid.training import train as module

    texts = []

    class Recorder:
        """The model's tokenizer, which keeps the texts it is given while the model trains."""

        def __init__(self, model):
            self.model, self.tokenizer = model, model[0].tokenizer

        def encode_batch(self, inputs, **options):
            if self.model.training:
                texts.append(list(inputs))
            return self.tokenizer.encode_batch(inputs, **options)

        def __getattr__(self, name):
            return getattr(self.tokenizer, name)

    make = module.base_model

    def recorded(spec, pairs):
        model = make(spec, pairs)
        model[0].tokenizer = Recorder(model)
        return model

    monkeypatch.setattr(module, "base_model", recorded)
    trained = train(options(**given), SHORT)
    query, passage = trained.model.prompts["query"], trained.model.prompts["document"]
    assert (query, passage) == (given.get("query_prefix", "Query: "), given.get("passage_prefix", "Passage: "))
    batches = [batch for batch in texts if len(batch) == 4]
    assert len(batches) >= 6  # questions and passages of three steps
    for questions, passages in zip(batches[::2], batches[1::2], strict=True):
        assert all(text.startswith(query) and text[len(query) + 2 :].startswith(" question") for text in questions)
        assert all(text.startswith(passage) and text[len(passage) + 2 :].startswith(" passage") for text in passages)


def test_scale_reaches_the_loss(options, monkeypatch):
    from sentence_transformers.sentence_transformer import losses

    scales = []

    class Recorded(losses.MultipleNegativesRankingLoss):
        def __init__(self, model, scale, **given):
            scales.append(scale)
            super().__init__(model, scale=scale, **given)

    monkeypatch.setattr(losses, "MultipleNegativesRankingLoss", Recorded)
    train(options(scale=7.5), SHORT)
    assert scales == [7.5]


def test_same_seed_gives_the_same_weights(options):
    one, same, other = (
        train(options(f"run{number}"), [*SHORT, "--seed", seed]).model.state_dict()
        for number, seed in enumerate(["1", "1", "2"])
    )
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not all(torch.equal(one[name], other[name]) for name in one)


def test_training_changes_the_weights(options):
    short, long = (train(options(f"run{steps}"), [*SHORT, "--max_steps", steps]).model for steps in ("1", "6"))
    assert not torch.equal(short[0].embedding.weight, long[0].embedding.weight)


@pytest.mark.parametrize(
    ("given", "words", "error"),
    [
        pytest.param({"strategy": "hybird"}, [], UnknownNameError, id="strategy"),
        pytest.param({"alpha": 2}, [], ConfigurationError, id="alpha"),
        pytest.param({"strategy": "x-y", "alpha": 0.5}, [], ConfigurationError, id="alpha-of-another-strategy"),
        pytest.param({"languages": ("de", "fr")}, [], LanguageError, id="language"),
        pytest.param({"languages": ("de",)}, [], BatchError, id="one-language"),
        pytest.param({"train_data": "no-such-data"}, [], UnknownNameError, id="data"),
        pytest.param({"train_data": "absent.jsonl"}, [], MissingDataError, id="data-file"),
        pytest.param({"passage_text": "sentence"}, [], ConfigurationError, id="passage-text-of-a-file"),
        pytest.param({"model": "static:x"}, [], ConfigurationError, id="dimensions"),
        pytest.param({"model": "/absent/model"}, [], ModelError, id="model"),
        pytest.param({}, ["--learnin_rate", "1"], ConfigurationError, id="argument"),
        pytest.param({}, ["--learning_rate", "fast"], ConfigurationError, id="argument-value"),
        pytest.param({}, ["--per_device_train_batch_size", "12"], BatchError, id="large-batch"),
        pytest.param({}, ["--per_device_train_batch_size", "0"], ConfigurationError, id="empty-batch"),
    ],
)
def test_bad_request_leaves_no_folder(options, given, words, error):
    asked = options(**given)
    with pytest.raises(error) as caught:
        train(asked, [*SHORT, *words])
    assert isinstance(caught.value, BeirHybridError)
    assert not asked.output.exists()


def test_bad_data_leave_no_folder(options, data_file):
    data_file.write_text('{"group": "1"}\n', encoding="utf-8")
    with pytest.raises(DataFormatError, match=r"tiny\.jsonl:1"):
        train(options(), SHORT)
    assert not options().output.exists()


def test_bad_request_leaves_an_earlier_run_as_it_was(options):
    folder = train(options(), SHORT).folder
    before = contents(folder)
    with pytest.raises(ConfigurationError):
        train(options(alpha=2, overwrite=True), SHORT)
    assert contents(folder) == before


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--optim", "adamw_bnb_8bit"], "bitsandbytes"),
        (["--learning_rate", "nan"], "Invalid learning rate: nan"),
        (["--lr_scheduler_type", "cosine_with_min_lr"], "min_lr"),
        (["--gradient_accumulation_steps", "0"], "--gradient_accumulation_steps is 0. Give a number from 1 on."),
        (["--num_train_epochs", "inf"], "--num_train_epochs is inf"),
        (["--dataloader_num_workers", "-1"], "--dataloader_num_workers is -1"),
        (["--accelerator_config", "none.json"], "none.json"),
    ],
    ids=["package", "rate", "schedule", "accumulation", "epochs", "workers", "file"],
)
def test_argument_that_the_host_fails_on_leaves_an_earlier_run_as_it_was(options, words, told):
    folder = train(options(), SHORT).folder
    before = contents(folder)
    with pytest.raises(ConfigurationError, match=told):
        train(options(overwrite=True), [*SHORT, *words])
    assert contents(folder) == before


def test_earlier_run_is_kept_unless_overwritten(options):
    folder = train(options(), SHORT).folder
    before = contents(folder)
    with pytest.raises(OutputError, match=r"holds another run.* --overwrite"):
        train(options(), SHORT)
    assert contents(folder) == before


def test_earlier_run_is_replaced_whole(options):
    folder = train(options(strategy="x-y"), SHORT).folder
    (folder / "left.txt").write_text("from before", encoding="utf-8")
    train(options(strategy="x-x-mono", overwrite=True), SHORT)
    assert read(folder / "batches.json")["drawn"]["strategy"] == "x-x-mono"
    assert not (folder / "left.txt").exists()


@pytest.mark.parametrize("overwrite", [False, True])
def test_folder_of_other_things_is_never_replaced(options, overwrite):
    asked = options(overwrite=overwrite)
    asked.output.mkdir()
    (asked.output / "thesis.txt").write_text("years of work", encoding="utf-8")
    with pytest.raises(OutputError, match="holds other things"):
        train(asked, SHORT)
    assert [path.name for path in asked.output.iterdir()] == ["thesis.txt"]


def test_empty_folder_is_used(options):
    options().output.mkdir()
    assert (train(options(), SHORT).folder / "modules.json").is_file()


@pytest.mark.parametrize("overwrite", [False, True])
def test_file_in_the_way_is_refused(options, overwrite):
    asked = options(overwrite=overwrite)
    asked.output.write_text("a file", encoding="utf-8")
    with pytest.raises(OutputError, match="is a file"):
        train(asked, SHORT)
    assert asked.output.read_text(encoding="utf-8") == "a file"
