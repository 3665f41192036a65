"""What measures of other packages give is checked where it enters, and who brought it is named."""

import json

import numpy as np
import pytest

from beir_hybrid import evaluate
from beir_hybrid.errors import ConfigurationError, PluginError
from beir_hybrid.evaluation.encoding.embeddings import Embeddings
from beir_hybrid.evaluation.measures import build_measure, build_measures
from beir_hybrid.evaluation.measures.check import LARGEST, measure_queries, try_measure
from beir_hybrid.evaluation.measures.made_up import MadeUpRun
from beir_hybrid.registry import MEASURES

MODULE = """
from dataclasses import dataclass
import numpy as np
from beir_hybrid.errors import ConfigurationError

@dataclass(frozen=True)
class Hum:
    higher_is_better = True
    needs_languages = False
    source = "a textbook"
    name = "hum"
    depth = 0

    def values(self, rankings):
        return {values}
"""


@pytest.fixture
def hum(plug_in):
    """Install the measure ``hum`` of the distribution zoo, by its values and by what is changed in its code."""

    def install(values="np.ones(rankings.queries)", **changes):
        text = MODULE.format(values=values)
        for old, new in changes.items():
            assert old in text
            text = text.replace(old, new)
        plug_in("zoo", MEASURES.group, {"hum": "zoo_hum:Hum"}, zoo_hum=text)

    return install


@pytest.fixture
def judged(collection, exact_vectors):
    """Vectors of the tiny collection's texts, and the collection."""
    rng = np.random.default_rng(3)
    kinds = (collection.queries, collection.corpora)
    vectors = ({language: exact_vectors(rng, len(texts)) for language, texts in kind.items()} for kind in kinds)
    return Embeddings(*vectors), collection


def refusal(call):
    with pytest.raises(PluginError) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert str(caught.value).lower().endswith("update or remove that package.")
    return str(caught.value)


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        ("[1.0] * rankings.queries", "values() returns a list for 5 queries."),
        ("None", "values() returns nothing for 5 queries."),
        ("0.5", "values() returns a float for 5 queries."),
        ("np.ones((rankings.queries, 2))", "values() returns shape (5, 2) of float64 for 5 queries."),
        ("np.ones(rankings.queries - 1)", "values() returns shape (4,) of float64 for 5 queries."),
        ("np.ones(rankings.queries, np.float32)", "values() returns shape (5,) of float32 for 5 queries."),
        ("np.array(['a'] * rankings.queries)", "values() returns shape (5,) of <U1 for 5 queries."),
        ("np.ones(rankings.queries) * 1j", "values() returns shape (5,) of complex128 for 5 queries."),
        ("np.ma.masked_all(rankings.queries)", "values() returns a MaskedArray for 5 queries."),
        ("np.full(rankings.queries, -np.inf)", "values() returns -inf for 5 of 5 queries."),
        ("np.where(np.arange(rankings.queries) == 3, np.inf, 1)", "values() returns inf for 1 of 5 queries."),
        ("np.full(rankings.queries, 1e200)", "values() returns 1e+200 for 5 of 5 queries."),
        ("{}['two\\n lines']", "values() fails with KeyError: "),
    ],
)
def test_values_of_another_form_are_found_before_anything_is_encoded(hum, collection, values, problem):
    hum(values)

    class Model:
        def __getattr__(self, name):
            raise AssertionError("the model is used")

    message = refusal(lambda: evaluate(Model(), collection, measures=["map", "hum"]))
    assert message.startswith(f"The measure 'hum' of zoo 1.5: {problem}")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"hum"', "None", "its name is None."),
        ('"hum"', '" "', "its name is ' '."),
        ("depth = 0", "depth = None", "its depth is None."),
        ("depth = 0", "depth = 1.5", "its depth is 1.5."),
        ("depth = 0", "depth = -1", "its depth is -1."),
        ("depth = 0", "depth = property(lambda self: {}['x'])", "depth fails with KeyError: 'x'."),
        ("better = True", "better = 'yes'", "its higher_is_better is 'yes'."),
        ("languages = False", "languages = None", "its needs_languages is None."),
        ("needs_languages = False", "", "Hum() has no needs_languages."),
        ("def values", "def value", "Hum() has no values."),
        ("class Hum:", "class Hum:\n    def __post_init__(self): raise RuntimeError('no')", "its making fails with "),
        ("class Hum:", "class Hum:\n    def __new__(cls): return None", "None has no name."),
        ("depth = 0", "depth = 0\n    colour: str", "it cannot be made without the argument 'colour'."),
    ],
)
def test_what_is_no_measure_is_refused_when_it_is_built(hum, old, new, problem):
    hum(**{old: new})
    assert refusal(lambda: build_measure("hum")).startswith(f"The measure 'hum' of zoo 1.5: {problem}")


@pytest.mark.parametrize(
    ("found", "problem"),
    [
        ("None", "for_languages() returns nothing for 3 languages."),
        ("'abc'", "for_languages() returns a str for 3 languages."),
        ("[self]", "for_languages() returns 1 measures for 3 languages."),
        ("['a', 'b', 'c']", "'a' has no name."),
        ("{}['x']", "for_languages() fails with KeyError: 'x'."),
    ],
)
def test_measures_by_language_of_another_form_are_refused(hum, found, problem):
    hum(**{"depth = 0": f"depth = 0\n    def for_languages(self, languages): return {found}"})
    assert refusal(lambda: build_measures(["hum"])).startswith(f"The measure 'hum' of zoo 1.5: {problem}")


def test_measure_that_takes_anothers_name_cannot_write_over_it(hum):
    hum(**{'"hum"': '"map"'})
    for names in (["map", "hum"], ["hum", "map"]):
        assert refusal(lambda names=names: build_measures(names)).startswith(
            "The measure 'map' of zoo 1.5: asked for as 'hum', it calls itself 'map', and so does another measure."
        )
    assert [measure.name for measure in build_measures(["ndcg@10", "ndcg@010"])["mono"]] == ["ndcg@10"] * 2


def test_values_that_go_wrong_only_on_the_data_are_refused_there(hum, judged):
    hum("np.full(rankings.queries, np.inf if rankings.queries == 4 else 1.0)")
    message = refusal(lambda: evaluate(*judged, measures=["map", "hum"]))
    assert message.startswith("The measure 'hum' of zoo 1.5: values() returns inf for 4 of 4 queries.")


def test_undefined_values_are_counted_and_leave_other_measures_alone(hum, judged, tmp_path):
    hum("np.where(np.arange(rankings.queries) == 1, np.nan, 0.5)")
    both = evaluate(*judged, measures=["map", "hum"])
    alone = evaluate(*judged, measures=["map"])
    assert both.settings["en"]["hum"] == 0.5
    assert both.undefined["en"] == {"hum": 1}
    assert both.intervals["scores"]["mono"]["map"] == alone.intervals["scores"]["mono"]["map"]
    both.save(tmp_path)
    assert "NaN" not in json.dumps(json.loads((tmp_path / "results.json").read_text()))


def test_measure_that_refuses_what_it_is_tried_on_is_left_to_the_data(hum):
    hum("(_ for _ in ()).throw(ConfigurationError('It needs Swahili.', 'Add it.'))")
    try_measure(build_measure("hum"))
    run = MadeUpRun.draw(np.random.default_rng(0), ("de", "en"), "en", 10, queries=3).rankings(0)
    with pytest.raises(ConfigurationError, match="It needs Swahili"):
        measure_queries(build_measure("hum"), run)


def test_values_are_kept_whatever_the_measure_does_with_its_array():
    class Reused:
        kept = np.zeros(3)

        def values(self, rankings):
            self.kept += 1
            return self.kept

    run = MadeUpRun.draw(np.random.default_rng(0), ("de", "en"), "en", 10, queries=3).rankings(0)
    first, second = measure_queries(Reused(), run), measure_queries(Reused(), run)
    assert (first.tolist(), second.tolist()) == ([1, 1, 1], [2, 2, 2])


def test_largest_value_has_finite_means_and_variances():
    values = np.array([LARGEST, -LARGEST, LARGEST])
    assert np.isfinite([values.mean(), values.var()]).all()


@pytest.mark.parametrize("name", ["language_share[fr]@10", "one_target_map[fr]", "ndcg@1000000", "map"])
def test_our_measures_pass_the_trial(name):
    try_measure(build_measure(name))
