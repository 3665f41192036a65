import numpy as np
import pytest

from beir_hybrid.batching.kinds import CROSS, MIXED, MONO, ONE_PAIR
from beir_hybrid.batching.plan import BatchPlan
from beir_hybrid.batching.sampling import Sampling
from beir_hybrid.batching.strategies.hybrid import Hybrid
from beir_hybrid.batching.strategies.x_x_mono import XXMono
from beir_hybrid.batching.streams import build_streams
from beir_hybrid.errors import BatchError, ConfigurationError
from beir_hybrid.pairs.index import ExampleIndex

LANGUAGES = ("de", "en", "es")


def groups_of(*counted, answer=None, name="data"):
    """Groups by the languages they have: ("de en", 3) for three groups in German and English."""
    presence = [[code in codes.split() for code in LANGUAGES] for codes, count in counted for _ in range(count)]
    return ExampleIndex.parallel(LANGUAGES, np.array(presence, bool), answer, name)


@pytest.fixture
def small():
    """Ten groups, of which English has three and Spanish nine."""
    return groups_of(("de en es", 2), ("de en", 1), ("de es", 7), name="mine")


def streams_of(index, kind, step_size=1, **sampling):
    return build_streams([index], [kind], step_size, Sampling(**sampling))


def probabilities(stream, index):
    """The chance of every pair, by the languages that a group has."""
    found = {}
    for number, cumulative in enumerate(stream.choices.cumulative):
        codes = " ".join(np.array(LANGUAGES)[index.patterns[number].diagonal()])
        chances = np.diff(cumulative, prepend=0)
        pairs = [divmod(cell, len(LANGUAGES)) for cell in stream.choices.cells.tolist()]
        found[codes] = {
            f"{LANGUAGES[question]}-{LANGUAGES[passage]}": chance
            for (question, passage), chance in zip(pairs, chances.tolist(), strict=True)
        }
    return found


def test_monolingual_kind_has_a_stream_per_language(small):
    streams, notices = streams_of(small, MONO)
    assert [(stream.question, stream.passage, stream.size) for stream in streams] == [(0, 0, 10), (1, 1, 3), (2, 2, 9)]
    assert notices == []


def test_stream_draws_from_the_groups_that_have_its_languages(small):
    german, english, spanish = streams_of(small, MONO)[0]
    assert german.eligible is None  # all
    assert english.eligible.tolist() == [0, 1, 2]
    assert spanish.eligible.tolist() == [0, 1, 3, 4, 5, 6, 7, 8, 9]


def test_kind_of_one_pair_a_batch_has_a_stream_per_ordered_pair(small):
    streams, _ = streams_of(small, ONE_PAIR)
    sizes = {(stream.question, stream.passage): stream.size for stream in streams}
    assert sizes == {(0, 1): 3, (1, 0): 3, (0, 2): 9, (2, 0): 9, (1, 2): 2, (2, 1): 2}


@pytest.mark.parametrize(("kind", "size"), [(MIXED, 10), (CROSS, 10)], ids=["x-x", "x-y"])
def test_kind_whose_examples_draw_their_pairs_has_one_stream(small, kind, size):
    (stream,), _ = streams_of(small, kind)
    assert (stream.question, stream.passage, stream.size) == (-1, -1, size)


def test_groups_without_an_allowed_pair_are_not_drawn(small):
    (stream,), _ = streams_of(small, CROSS, pairs=(("en", "de"), ("es", "en")))
    assert stream.eligible.tolist() == [0, 1, 2]
    assert stream.choices.cells.tolist() == [1 * 3 + 0, 2 * 3 + 1]


def test_answers_of_a_stream_are_those_of_its_groups():
    index = groups_of(("de en", 4), ("de", 4), answer=np.array([0, 0, 1, 1, 2, 3, 4, 5]))
    assert [stream.answers for stream in streams_of(index, MONO)[0]] == [6, 2]


def test_fitting_makes_pairs_equally_frequent():
    # 100 groups must take de, 300 may choose: de with 1/3 gives 100 + 100 against 200
    index = groups_of(("de", 100), ("de en", 300))
    (stream,), _ = streams_of(index, MIXED)
    found = probabilities(stream, index)
    assert found["de"] == {"de-de": 1, "en-en": 0}
    assert found["de en"] == pytest.approx({"de-de": 1 / 3, "en-en": 2 / 3}, abs=1e-3)


def test_fitting_of_crossed_pairs():
    # of 400 / 6 wanted, the first kind of group takes 50 of each of its two pairs, and the other adds 50 / 3 = 300 / 18
    index = groups_of(("de en", 100), ("de en es", 300))
    (stream,), _ = streams_of(index, CROSS)
    found = probabilities(stream, index)
    rare = dict.fromkeys(("de-es", "en-es", "es-de", "es-en"), 2 / 9)
    assert found["de en es"] == pytest.approx({"de-en": 1 / 18, "en-de": 1 / 18, **rare}, abs=1e-3)
    assert found["de en"] == pytest.approx({"de-en": 1 / 2, "en-de": 1 / 2, **dict.fromkeys(rare, 0)}, abs=1e-3)


def test_fitting_goes_as_far_as_the_groups_allow():
    # even if no other group takes de, it is drawn 300 times of 400
    index = groups_of(("de", 300), ("de en", 100))
    (stream,), _ = streams_of(index, MIXED)
    assert probabilities(stream, index)["de en"] == pytest.approx({"de-de": 0, "en-en": 1}, abs=1e-3)


@pytest.mark.parametrize("many", [6000, 100_000])
def test_fitting_survives_a_language_far_larger_than_another(many):
    index = groups_of(("de", many), ("de en", 100))
    (stream,), _ = streams_of(index, MIXED)
    found = probabilities(stream, index)
    assert found["de"] == {"de-de": 1, "en-en": 0}
    assert found["de en"] == pytest.approx({"de-de": 0, "en-en": 1}, abs=1e-3)


def test_pairs_of_a_group_are_equally_likely_by_size():
    index = groups_of(("de", 100), ("de en", 300))
    (stream,), _ = streams_of(index, MIXED, languages="size")
    assert probabilities(stream, index)["de en"] == pytest.approx({"de-de": 1 / 2, "en-en": 1 / 2})


def test_draws_follow_the_cumulated_probabilities():
    class Fixed:
        def random(self, size):
            return np.array([0, 0.33, 0.34, 0.999])[:size]

    index = groups_of(("de", 100), ("de en", 300))
    (stream,), _ = streams_of(index, MIXED)
    both = index.pattern[-1:].repeat(4)
    assert stream.choices.draw(both, Fixed()).tolist() == [0, 0, 4, 4]  # de-de is cell 0, en-en cell 4 of 9
    assert stream.choices.draw(index.pattern[:1].repeat(4), Fixed()).tolist() == [0, 0, 0, 0]


def test_too_small_language_is_refused_with_its_size(small):
    with pytest.raises(BatchError, match=r"mine has 3 groups .* in en, fewer .* 4\. Lower the batch size to 3 or less"):
        streams_of(small, MONO, 4)


def test_too_small_pair_is_named(small):
    with pytest.raises(BatchError, match=r"mine has 2 groups .* for single-pair batches in en-es, fewer"):
        streams_of(small, ONE_PAIR, 3, pairs=(("en", "es"), ("de", "es")))


def test_too_small_language_is_left_out_and_said(small):
    streams, notices = streams_of(small, MONO, 4, too_small="drop")
    assert [stream.question for stream in streams] == [0, 2]
    assert notices == [
        "mine has 3 groups with different answers for x-x-mono batches in en, fewer than a batch of 4: "
        "left out of x-x-mono batches."
    ]


def test_too_small_language_is_kept_and_said(small):
    streams, notices = streams_of(small, MONO, 4, too_small="repeat")
    assert [stream.question for stream in streams] == [0, 1, 2]
    assert notices == [
        "mine has 3 groups with different answers for x-x-mono batches in en, fewer than a batch of 4: "
        "answers repeat in its batches."
    ]


def test_nothing_left_is_refused(small):
    with pytest.raises(BatchError, match="mine cannot fill x-x-mono batches of 11"):
        streams_of(small, MONO, 11, too_small="drop")


def test_dropped_language_is_never_drawn(small):
    plan = BatchPlan(small, XXMono(), 4, sampling=Sampling(too_small="drop"), epochs=20)
    drawn = {int(batch.questions[0]) for epoch in range(20) for batch in plan.batches(epoch)}
    assert drawn == {0, 2}


def test_repeated_groups_are_counted(small):
    plan = BatchPlan(small, XXMono(), 8, sampling=Sampling(too_small="repeat"), epochs=20)
    batches = [batch for epoch in range(20) for batch in plan.batches(epoch)]
    assert {int(batch.questions[0]) for batch in batches} == {0, 1, 2}
    for batch in batches:
        assert batch.repeated == len(batch.groups) - len(set(batch.groups.tolist()))
        assert batch.repeated == (5 if batch.questions[0] == 1 else 0)  # three groups in a batch of eight
        assert batch.replaced == 0


def test_repeated_answers_are_counted():
    answer = np.arange(12) // 3  # four answers
    plan = BatchPlan(groups_of(("de", 12), answer=answer), XXMono(), 6, sampling=Sampling(too_small="repeat"))
    for batch in plan.batches(0):
        assert batch.repeated == 6 - len(set(answer[batch.groups].tolist())) > 0
    assert len(plan.notices) == 1


def test_one_language_source_serves_monolingual_batches_only_and_says_so():
    sources = [groups_of(("de", 50), name="german"), groups_of(("de en", 50), name="both")]
    plan = BatchPlan(sources, Hybrid(0.5), 2)
    assert plan.notices == ["german has no example for x-y batches: it serves the others only."]
    served = {(batch.source, batch.kind.name) for batch in plan.batches(0)}
    assert served == {(0, "x-x-mono"), (1, "x-x-mono"), (1, "x-y")}


def test_sources_that_serve_all_kinds_need_no_notice():
    sources = [groups_of(("de es", 50), name="one"), groups_of(("de en", 50), name="two")]
    assert BatchPlan(sources, Hybrid(0.5), 2).notices == []


def test_unknown_language_in_pairs_is_refused(small):
    with pytest.raises(ConfigurationError, match=r"The pair en-fr names a language the data lack\. Known: de, en, es"):
        streams_of(small, CROSS, pairs=(("de", "en"), ("en", "fr")))


def test_pairs_that_leave_a_kind_without_examples_are_refused(small):
    with pytest.raises(BatchError, match="cannot fill x-x-mono batches of 1"):
        streams_of(small, MONO, pairs=(("de", "en"),))


def rows_of(*cells):
    """Rows of a dataset of one's own: group, question language and passage language of each."""
    groups, questions, passages = (np.array(column) for column in zip(*cells, strict=True))
    return ExampleIndex.from_examples(LANGUAGES, groups, questions, passages)


@pytest.mark.parametrize("kind", [CROSS, ONE_PAIR], ids=["x-y", "single-pair"])
def test_parallel_rows_in_one_language_each_are_told_how_to_pair(kind):
    index = rows_of((0, 0, 0), (0, 1, 1), (1, 0, 0), (1, 1, 1))
    with pytest.raises(BatchError, match=r"but each row has one: pair them with ParallelPairs\.from_dataset\("):
        streams_of(index, kind)


@pytest.mark.parametrize(
    ("index", "kind"),
    [
        pytest.param(rows_of((0, 0, 0), (1, 1, 1)), CROSS, id="not-parallel"),
        pytest.param(rows_of((0, 0, 1), (1, 1, 0)), MONO, id="nothing-monolingual"),
    ],
)
def test_other_rows_are_told_to_add_data(index, kind):
    with pytest.raises(BatchError, match="add parallel data"):
        streams_of(index, kind)
