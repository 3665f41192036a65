import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from beir_hybrid.datasets import load_pairs
from beir_hybrid.debiasing import FitTexts, build_debiasings, debias_model
from beir_hybrid.debiasing.module import DebiasedModule
from beir_hybrid.errors import ConfigurationError, ModelError
from beir_hybrid.evaluation.encoding.fingerprint import fingerprint_of
from beir_hybrid.models import DEBIASED, load_model


@pytest.fixture(scope="module")
def folder(base, tmp_path_factory):
    place = tmp_path_factory.mktemp("debiased") / "model"
    base.prompts = {"query": "Query: ", "document": ""}
    debias_model(base, FitTexts(load_pairs("sample", languages=["de", "en", "es"])), *build_debiasings("lir"), place)
    return place


def load(folder):
    return load_model(folder, "cpu")


def test_saved_again_it_is_the_same_model(folder, tmp_path):
    model = load(folder)
    model.save_pretrained(str(tmp_path / "again"))
    again = load(tmp_path / "again")
    texts = ["Where is the bridge?", "Wo ist die Brücke?"]
    np.testing.assert_array_equal(again.encode(texts), model.encode(texts))
    assert fingerprint_of(again) == fingerprint_of(model)
    assert again.prompts["query"] == "Query: "
    assert again.similarity_fn_name == "cosine"


def test_folder_names_the_module_where_it_is(folder):
    [module] = json.loads((folder / "modules.json").read_text())
    assert module["type"] == DEBIASED == f"{DebiasedModule.__module__}.{DebiasedModule.__qualname__}"


def test_folder_with_a_module_of_another_package_is_not_trusted(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "model")
    modules = json.loads((folder / "modules.json").read_text())
    other = {"idx": 1, "name": "1", "path": "1", "type": "antigravity.Fly"}
    (tmp_path / "model" / "modules.json").write_text(json.dumps([*modules, other]))
    with pytest.raises(ModelError, match=r"third-party code|trust_remote_code|antigravity"):
        load_model(tmp_path / "model", "cpu")


def test_fingerprint_follows_the_strength(folder):
    model, other = load(folder), load(folder)
    other[0].strength = 0.5
    assert fingerprint_of(model) != fingerprint_of(other)


def test_prompt_that_training_put_before_a_text_does_not_decide_about_its_language(folder):
    [module] = load(folder)
    features = module.preprocess(["Query: Wo ist die alte Brücke?", "Wo ist die alte Brücke?"])
    assert features["debias_language"].tolist() == [0, 0]


def test_training_goes_on(folder, tmp_path):
    from beir_hybrid import TrainingRequest, train

    given = {"model": str(folder), "train_data": "sample", "languages": ["de", "en"], "output": str(tmp_path / "out")}
    trained = train(TrainingRequest.from_options(given, {"max_steps": 3, "per_device_train_batch_size": 8}))
    assert trained.model[0].method == "lir"
    before, after = (each[0].base[0].embedding.weight.detach().cpu().numpy() for each in (load(folder), trained.model))
    assert not np.array_equal(before, after)
    assert load(tmp_path / "out")[0].languages == ["de", "en", "es"]


def damage_config(**values):
    def damage(place):
        config = json.loads((place / "config.json").read_text())
        (place / "config.json").write_text(json.dumps({**config, **values}))

    return damage


def damage_numbers(change):
    def damage(place):
        save_file(change(load_file(place / "model.safetensors")), place / "model.safetensors")

    return damage


DAMAGES = {
    "languages": (damage_config(languages=["de", "en"]), r"does not fit the model and its 2 languages"),
    "strength": (damage_config(strength="all"), r"strength is 'all', not a number"),
    "missing": (lambda place: (place / "config.json").write_text("{}"), r"config.json has no method"),
    "list": (lambda place: (place / "config.json").write_text("[]"), r"config.json is not a JSON object"),
    "lacking": (damage_numbers(lambda given: {"offsets": given["offsets"]}), r"does not fit the model"),
    "narrow": (damage_numbers(lambda given: given | {"offsets": given["offsets"][:, :3]}), r"does not fit the model"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_damaged_folder_is_refused(folder, tmp_path, name):
    shutil.copytree(folder, tmp_path / "model")
    damage, problem = DAMAGES[name]
    damage(tmp_path / "model" / "0_DebiasedModule")
    with pytest.raises(ModelError, match=problem):
        load(tmp_path / "model")


def test_languages_text_by_text_are_refused_since_the_host_sorts_texts(folder):
    with pytest.raises(ConfigurationError, match=r"The language is \['de', 'en'\].*Give one for all texts"):
        load(folder).encode(["Wo?", "Where?"], language=["de", "en"])


def test_beir_scores_it_as_we_do_where_it_is_told_what_the_queries_are(base, tmp_path):
    from functools import partial

    from beir.retrieval.evaluation import EvaluateRetrieval
    from beir.retrieval.models import SentenceBERT
    from beir.retrieval.search.dense import DenseRetrievalExactSearch

    from beir_hybrid import evaluate, load_dataset

    debias_model(base, FitTexts.load("sample", languages=["de", "en"]), *build_debiasings("shift"), tmp_path / "model")
    names = {"query": "query", "passage": "document"}
    model = SentenceBERT(str(tmp_path / "model"), prompt_names=names, trust_remote_code=True, device="cpu")
    model.encode_queries = partial(model.encode_queries, task="query")
    collection = load_dataset("sample", languages=["de", "en"])
    corpus, queries, qrels = collection.beir(queries="de", corpus="en")
    searched = EvaluateRetrieval(DenseRetrievalExactSearch(model), score_function="cos_sim").retrieve(corpus, queries)
    theirs = EvaluateRetrieval.evaluate(qrels, searched, [10])[0]["NDCG@10"]
    ours = evaluate(load(tmp_path / "model"), collection, settings=["de-en"], measures=["ndcg@10"], intervals=False)
    assert theirs == pytest.approx(ours.scores["cross"]["ndcg@10"], abs=6e-6)
