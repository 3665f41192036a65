"""Prefixes that depend on the language: in training, in validation, and with the trained model."""

import json

import pytest

from beir_hybrid.collection import MultilingualCollection
from beir_hybrid.errors import ConfigurationError
from beir_hybrid.evaluation.encoding.encode import encode
from beir_hybrid.passage import Passage
from beir_hybrid.training.config import read_config
from beir_hybrid.training.prepare import prepare
from beir_hybrid.training.request import TrainingRequest
from beir_hybrid.training.train import train

SHORT = {"per_device_train_batch_size": 4, "max_steps": 3, "disable_tqdm": True, "logging_strategy": "no"}
IN = {"query_prefix_in": ("de=Frage: ", "es="), "passage_prefix_in": ("de=Absatz: ",)}


@pytest.fixture
def request_with(tmp_path, pairs):
    path = tmp_path / "tiny.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in pairs.table.to_pylist()), encoding="utf-8")

    def make(**given):
        given = {**IN, **given}
        return TrainingRequest(
            "static:8", str(path), tmp_path / "run", arguments={**SHORT, **given.pop("host", {})}, **given
        )

    return make


def words_before(texts):
    """The words before each text, by the language that it is in: texts of the pairs begin with their language."""
    before = {}
    for text in texts:
        prefix, _, rest = text.rpartition(": ")
        before.setdefault((rest or text).split()[0], set()).add(prefix)
    return before


def test_each_row_is_trained_on_behind_the_prefix_of_its_language(request_with):
    prepared = prepare(request_with())
    rows = prepared.dataset[:]
    assert words_before(rows["anchor"]) == {"de": {"Frage"}, "en": {"Query"}, "es": {""}}
    assert words_before(rows["positive"]) == {"de": {"Absatz"}, "en": {"Passage"}, "es": {"Passage"}}
    assert prepared.arguments.prompts == {"anchor": "", "positive": ""}


def test_a_role_without_prefixes_of_languages_is_left_to_the_host(request_with):
    prepared = prepare(request_with(passage_prefix_in=None))
    assert words_before(prepared.dataset[:]["positive"]) == {code: {""} for code in ("de", "en", "es")}
    assert prepared.arguments.prompts == {"anchor": "", "positive": "Passage: "}


def test_translations_come_behind_the_prefix_of_their_own_language(request_with):
    rows = prepare(request_with(loss="lakda")).dataset[:]
    assert words_before(rows["translation"]) == {"de": {"Frage"}, "en": {"Query"}, "es": {""}}


def test_the_prefix_reaches_the_loss_and_those_of_extra_data_are_the_usual_ones(request_with, tmp_path, monkeypatch):
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding

    extra = tmp_path / "extra.csv"
    extra.write_text("\n".join(["query,answer", *(f"it asked {n},it answered {n}" for n in range(20))]))
    seen, preprocess = [], StaticEmbedding.preprocess

    def watched(self, inputs, prompt=None, **options):
        if prompt is not None:  # no examples for the model card
            seen.extend(f"{prompt or ''}{text}" for text in inputs)
        return preprocess(self, inputs, prompt=prompt, **options)

    monkeypatch.setattr(StaticEmbedding, "preprocess", watched)
    train(request_with(extra_data=(f"more={extra}",), host={"max_steps": 12}))
    assert words_before(seen) == {
        "de": {"Frage", "Absatz"},
        "en": {"Query", "Passage"},
        "es": {"", "Passage"},
        "it": {"Query", "Passage"},
    }


def test_validation_data_come_behind_the_same_prefixes(request_with):
    path = request_with().train_data
    selection = prepare(request_with(eval_data=path, eval_languages=("de", "en"))).selection
    assert words_before(selection.dataset["anchor"]) == {"de": {"Frage"}, "en": {"Query"}}
    assert words_before(selection.dataset["positive"]) == {"de": {"Absatz"}, "en": {"Passage"}}


def test_the_model_keeps_them_and_encodes_with_them_unasked(request_with):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(train(request_with()).folder))
    assert model.prompts == {
        **{"query": "Query: ", "query-de": "Frage: ", "query-es": ""},
        **{"document": "Passage: ", "document-de": "Absatz: "},
    }
    text = "de question 1"
    texts = MultilingualCollection(
        "t", {"de": {"de:1": Passage(text)}}, {"de": {"de:q": text}, "en": {"en:q": text}}, {}
    )
    encoded = encode(model, texts)
    for vectors, prompt in (
        (encoded.queries["de"], "Frage: "),
        (encoded.queries["en"], "Query: "),
        (encoded.passages["de"], "Absatz: "),
    ):
        assert vectors[0] == pytest.approx(model.encode(prompt + text, normalize_embeddings=True), abs=1e-6)


def test_a_stage_does_not_inherit_prefixes_of_languages_that_it_does_not_train_with(request_with, tmp_path):
    first = train(request_with())
    again = request_with(query_prefix_in=None, passage_prefix_in=None)
    second = train(
        TrainingRequest(str(first.folder), again.train_data, tmp_path / "second", arguments=dict(again.arguments))
    )
    assert second.model.prompts == {"query": "Query: ", "document": "Passage: "}


def test_a_file_gives_them_as_a_mapping_or_a_list(tmp_path):
    path = tmp_path / "training.yaml"
    path.write_text("query-prefix-in: {de: 'Frage: ', es: ''}\npassage_prefix_in: ['de=Absatz: ']\n")
    options = read_config(path).options
    assert (tuple(options["query_prefix_in"]), tuple(options["passage_prefix_in"])) == tuple(IN.values())


def test_the_command_of_a_request_says_them_and_its_run_restores_them(request_with):
    request = request_with()
    assert "--query-prefix-in 'de=Frage: ' --query-prefix-in es= --passage-prefix-in 'de=Absatz: '" in request.command()
    content = {"options": request.options(), "arguments": {}}
    assert TrainingRequest.from_run(json.loads(json.dumps(content))).query_prefix_in == IN["query_prefix_in"]


def test_a_language_that_the_data_lack_is_told(request_with, caplog):
    prepare(request_with(query_prefix_in=("ed=Frage: ",)))
    assert "No text to train on is in ed: its prefix is only kept with the model." in caplog.text


def test_a_prefix_without_a_language_is_refused_at_once(request_with):
    with pytest.raises(ConfigurationError, match="--query-prefix-in is 'Frage: '"):
        request_with(query_prefix_in="Frage: ")
