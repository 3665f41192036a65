import numpy as np
import pytest

from beir_hybrid.mining import MiningOptions, MiningPool
from beir_hybrid.mining.candidates import VectorFinder
from beir_hybrid.mining.work import MiningWork, chunks_of
from beir_hybrid.texts import fold

from .conftest import LANGUAGES, vector


def answers_of(rows):
    """Join groups that share a passage or a question, until nothing changes; no code of the package but fold."""
    texts = {}
    for row in rows:
        texts.setdefault(row["group"], set()).update({fold(row["passage"]), "q:" + fold(row["question"])})
    parent = {group: group for group in texts}
    changed = True
    while changed:
        changed = False
        for one in texts:
            for other in texts:
                if texts[one] & texts[other] and parent[one] != parent[other]:
                    low, high = sorted([parent[one], parent[other]])
                    parent = {group: low if name == high else name for group, name in parent.items()}
                    changed = True
    return parent


def brute_force(rows, options, further=()):
    """Mine by comparing every question with every text, one by one."""
    answers = answers_of(rows)
    texts = {}
    for row in rows:
        texts.setdefault(fold(row["passage"]), (row["language"], answers[row["group"]]))
    for language, text in further:
        texts.setdefault(fold(text), (language, None))
    mined = []
    for row in rows:
        asked = vector(row["question"]).astype(np.float64)
        positives = [
            np.float32(asked @ vector(each["passage"]).astype(np.float64))
            for each in rows
            if each["group"] == row["group"] and (options.positive == "weakest" or each is row)
        ]
        limit = np.inf
        if options.margin is not None:
            limit = min(positives) - np.float32(1 - options.margin) * abs(min(positives))
        scored = sorted(
            (-np.float32(asked @ vector(text).astype(np.float64)), text)
            for text, (language, answer) in texts.items()
            if answer != answers[row["group"]] and (options.languages == "any" or language == row["language"])
        )
        allowed = [(text, -score) for score, text in scored if -score <= limit]
        mined.append(allowed[options.skip_top : options.skip_top + options.negatives])
    return mined


def mine_all(pool, finder, options, tmp_path):
    """Mine all chunks, and give back texts and scores by row."""
    work = MiningWork(pool, lambda pool: finder, options, tmp_path)
    rows = {}
    for chunk in chunks_of(pool):
        mined = work.mine(chunk)
        ends = np.cumsum(mined.counts)
        pairs = pool.pairs_of[chunk.language][chunk.start : chunk.stop]
        for place, pair in enumerate(pairs.tolist()):
            part = slice(ends[place] - mined.counts[place], ends[place])
            texts = map(fold, pool.texts(mined.passage[part]).to_pylist())
            rows[pair] = list(zip(texts, mined.score[part].tolist(), strict=True))
    return [rows[pair] for pair in range(len(pool))]


@pytest.mark.parametrize("languages", ["passage", "any"])
@pytest.mark.parametrize("margin", [None, 0.95])
@pytest.mark.parametrize("positive", ["weakest", "own"])
@pytest.mark.parametrize("skip_top", [0, 2])
def test_search_finds_what_brute_force_finds(answering, embed, tmp_path, languages, margin, positive, skip_top):
    options = MiningOptions(5, languages, margin, positive, skip_top)
    pool = MiningPool(answering)
    mined = mine_all(pool, VectorFinder(pool, embed(pool)), options, tmp_path)
    expected = brute_force(answering.table.to_pylist(), options)
    assert [[text for text, _ in row] for row in mined] == [[text for text, _ in row] for row in expected]
    assert np.allclose([s for row in mined for _, s in row], [s for row in expected for _, s in row], atol=1e-6)
    assert sum(map(len, mined)) > 0


def test_balanced_takes_the_hardest_of_each_language(answering, embed, tmp_path):
    pool = MiningPool(answering)
    mined = mine_all(pool, VectorFinder(pool, embed(pool)), MiningOptions(6, "balanced", None), tmp_path)
    rows = answering.table.to_pylist()
    answers, texts = answers_of(rows), {}
    for row in rows:
        texts.setdefault(fold(row["passage"]), (row["language"], answers[row["group"]]))
    for row, taken in zip(rows, mined, strict=True):
        for language in LANGUAGES:
            allowed = [t for t, (code, answer) in texts.items() if code == language and answer != answers[row["group"]]]
            allowed.sort(key=lambda text: -float(vector(row["question"]) @ vector(text)))
            assert {text for text, _ in taken if texts[text][0] == language} == set(allowed[:2])


def test_further_passages_are_searched_but_for_those_that_are_known(answering, embed, tmp_path):
    from beir_hybrid.passage import Passage

    texts = [("en", f"further {number}") for number in range(30)] + [("en", "EN passage 3"), ("en", "further  4")]
    corpus = {f"en:{number}": Passage(text) for number, (_, text) in enumerate(texts)}
    pool, options = MiningPool(answering, {"en": corpus}), MiningOptions(5, "any", None)
    assert len(pool.collection.corpora["en"]) == len(MiningPool(answering).collection.corpora["en"]) + 30
    mined = mine_all(pool, VectorFinder(pool, embed(pool)), options, tmp_path)
    expected = brute_force(answering.table.to_pylist(), options, texts)
    assert [[text for text, _ in row] for row in mined] == [[text for text, _ in row] for row in expected]
    assert any(text.startswith("further") for row in mined for text, _ in row)


def test_device_finds_the_same(answering, embed, tmp_path):
    from beir_hybrid.evaluation.search.device import SearchDevice

    pool, options = MiningPool(answering), MiningOptions(5, "any", 0.95)
    plain, device = (
        mine_all(pool, VectorFinder(pool, embed(pool), each), options, tmp_path)
        for each in (None, SearchDevice("cpu", "float32"))
    )
    assert plain == device


def test_language_apart_from_the_passages_is_minded(embed, tmp_path):
    from beir_hybrid.pairs import Pair, ParallelPairs

    rows = [Pair(f"g{n}", "en", f"question {n}", f"Absatz {n}", passage_language="de") for n in range(6)]
    rows += [Pair(f"h{n}", "en", f"other question {n}", f"passage {n}") for n in range(6)]
    pool = MiningPool(ParallelPairs.from_pairs("apart", rows))
    for policy, first in (("same", "passage"), ("passage", "absatz")):
        mined = mine_all(pool, VectorFinder(pool, embed(pool)), MiningOptions(3, policy, None), tmp_path)
        assert {text.split()[0] for row in mined[:6] for text, _ in row} == {first}
