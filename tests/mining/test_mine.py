import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from beir_hybrid.errors import ConfigurationError, OutputError
from beir_hybrid.evaluation.encoding.encoder import Encoder
from beir_hybrid.mining import MiningOptions, MiningPool, Source, mine_negatives
from beir_hybrid.mining import mine as mining
from beir_hybrid.mining.run_finder import judged
from beir_hybrid.mining.work import MiningWork
from beir_hybrid.pairs.stored import StoredPairs
from beir_hybrid.passage import Passage
from beir_hybrid.storage.corpus_writer import write_corpus
from beir_hybrid.storage.locks import locked
from beir_hybrid.texts import fold
from beir_hybrid.training.base_models import static_model

from .test_candidates import answers_of


@pytest.fixture(scope="module")
def source(answering):
    return Source(Encoder(static_model(answering, 8)))


def rows_of(store):
    return [row for batch in store.batches(store.columns) for row in batch.to_pylist()]


def test_store_has_texts_languages_and_scores_of_what_is_no_answer(answering, source, tmp_path):
    mined = mine_negatives(answering, source, tmp_path / "store", MiningOptions(4, "any", None))
    given = answering.table.to_pylist()
    answers, known = answers_of(given), {fold(row["passage"]): row for row in reversed(given)}
    rows = rows_of(mined.store)
    assert len(rows) == len(given)
    for row in rows:
        assert len(row["negatives"]) == len(row["negative_languages"]) == len(row["negative_scores"]) == 4
        assert row["negative_scores"] == sorted(row["negative_scores"], reverse=True)
        assert np.isfinite(row["score"])
        for text, language in zip(row["negatives"], row["negative_languages"], strict=True):
            assert answers[known[fold(text)]["group"]] != answers[row["group"]]
            assert known[fold(text)]["language"] == language
    assert StoredPairs(mined.store).negatives == 4  # the guard of training agrees: none is passed over


def test_negatives_are_below_the_margin_of_the_weakest(answering, source, tmp_path):
    options = MiningOptions(1, "passage", 0.9, keep_short=True)
    rows = rows_of(mine_negatives(answering, source, tmp_path / "store", options).store)
    own = [row for row in rows if row["negatives"] and row["score"] > 0]
    assert own
    assert all(row["negative_scores"][0] <= 0.9 * row["score"] + 1e-6 for row in own)


def test_short_pairs_are_left_out_and_counted_or_kept(answering, source, tmp_path):
    mined = mine_negatives(answering, source, tmp_path / "store", MiningOptions(20, "passage", 0.5))
    short = sum(each.short for each in mined.languages)
    assert short == mined.store.about["left_out"]["fewer than 20 negatives"] > 0
    kept = mine_negatives(answering, source, tmp_path / "kept", MiningOptions(20, "passage", 0.5, keep_short=True))
    assert kept.store.about["used_rows"] == len(answering) == mined.store.about["used_rows"] + short


@pytest.mark.parametrize("stored", [False, True], ids=["pairs alone", "with a stored corpus"])
def test_workers_that_encode_and_mine_elsewhere_write_the_same(answering, source, tmp_path, stored):
    import pickle

    from beir_hybrid.workers import LocalWorkers, Workers

    rows = [(str(number), Passage(f"de further {number}")) for number in range(30)]
    further = {"de": write_corpus(tmp_path / "corpus", "de", rows)} if stored else None

    class Elsewhere(Workers):
        """Runs tasks here, after sending the work as a cluster would."""

        count = 2

        def run(self, work, tasks, **options):
            if isinstance(work, MiningWork):
                work = pickle.loads(pickle.dumps(work))
            yield from LocalWorkers().run(work, tasks, **options)

    one, other = (
        mine_negatives(
            answering, source, tmp_path / name, MiningOptions(3), further=further, name="pairs", workers=workers
        )
        for name, workers in (("one", None), ("other", Elsewhere()))
    )
    assert rows_of(one.store) == rows_of(other.store)
    assert any("further" in text for row in rows_of(one.store) for text in row["negatives"]) == stored
    assert not list(tmp_path.glob(".*"))


def test_interrupted_run_keeps_its_chunks_and_ends_in_the_same_store(answering, source, tmp_path, monkeypatch):
    whole = mine_negatives(answering, source, tmp_path / "whole", MiningOptions(3), name="pairs")
    done, work = [], mining.MiningWork.__call__

    def stopped(self, chunk):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(chunk)
        work(self, chunk)

    monkeypatch.setattr(mining.MiningWork, "__call__", stopped)
    with pytest.raises(KeyboardInterrupt):
        mine_negatives(answering, source, tmp_path / "store", MiningOptions(3), name="pairs")
    assert not (tmp_path / "store").exists()
    monkeypatch.setattr(mining.MiningWork, "__call__", lambda self, chunk: (done.append(chunk), work(self, chunk))[1])
    again = mine_negatives(answering, source, tmp_path / "store", MiningOptions(3), name="pairs")
    assert len(done) == len(set(done)) == 3  # one for each language
    assert again.store.about["checksum"] == whole.store.about["checksum"]


def test_other_options_begin_anew(answering, source, tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(mining, "build_store", lambda *args, **options: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            mine_negatives(answering, source, tmp_path / "store", MiningOptions(3))
    rows = rows_of(mine_negatives(answering, source, tmp_path / "store", MiningOptions(2, margin=None)).store)
    assert {len(row["negatives"]) for row in rows} == {2}


def test_second_process_is_refused_and_other_folders_are_left_alone(answering, source, tmp_path):
    with locked(tmp_path / ".store.mining", "it"), pytest.raises(OutputError, match="Another process is writing"):
        mine_negatives(answering, source, tmp_path / "store")
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "file").touch()
    with pytest.raises(OutputError, match="holds something else"):
        mine_negatives(answering, source, tmp_path / "other")


class Teacher:
    """Likes passages that end in the same number as the question."""

    name = "teacher"

    def __call__(self):
        return lambda texts: np.array(
            [1.0 if one.split()[-1] == other.split()[-1] else 0.5 - len(other) / 1000 for one, other in texts],
            np.float32,
        )


def test_teacher_decides_and_its_scores_are_kept(answering, source, tmp_path):
    taught = Source(source.model, scorer=Teacher())
    rows = rows_of(mine_negatives(answering, taught, tmp_path / "store", MiningOptions(2, "any", 0.95)).store)
    plain = [row for row in rows if row["passage"].split()[-1] == row["question"].split()[-1]]
    assert {row["score"] for row in plain} == {1.0}
    assert all(0 < score < 0.5 for row in rows for score in row["negative_scores"])


def test_run_of_another_system_gives_candidates(answering, tmp_path):
    pool = MiningPool(answering)
    collection = judged(pool)
    lines = []
    for query in collection.queries["en"]:
        documents = list(collection.corpora["en"])
        lines += [f"{query} Q0 {document} 1 {100 - place} tag" for place, document in enumerate(documents)]
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / "en.trec").write_text("\n".join(lines))
    options = MiningOptions(3, "passage", None)
    mined = mine_negatives(answering, Source(run=tmp_path / "runs"), tmp_path / "store", options)
    given = answering.table.to_pylist()
    answers, known = answers_of(given), {fold(row["passage"]): row for row in reversed(given)}
    rows = rows_of(mined.store)
    assert {row["language"] for row in rows} == {"en"}  # for others nothing was retrieved
    order = [passage.text for passage in collection.corpora["en"].values()]
    for row in rows:
        expected = [t for t in order if answers[known[fold(t)]["group"]] != answers[row["group"]]][:3]
        assert row["negatives"] == expected


def test_killed_run_ends_in_the_same_store(tmp_path):
    script = Path(__file__).with_name("killed_script.py")
    first = subprocess.run([sys.executable, script, tmp_path, "kill"], check=False, timeout=300)
    assert first.returncode == -9
    assert not (tmp_path / "store").exists()
    for name in ("store", "whole"):
        subprocess.run([sys.executable, script, tmp_path, name], check=True, timeout=300)
    store, whole = (mining.PairStore(tmp_path / name) for name in ("store", "whole"))
    assert store.about["checksum"] == whole.about["checksum"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["store", "whole"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"negatives": 0}, "negatives is 0"),
        ({"languages": "some"}, "There is no policy of languages 'some'"),
        ({"margin": 1.5}, "The margin is 1.5"),
        ({"positive": "best"}, "There is no positive 'best'"),
        ({"negatives": 5, "sample": 3}, "5 negatives cannot be drawn among 3"),
    ],
)
def test_options_out_of_range_are_refused(wrong, message):
    with pytest.raises(ConfigurationError, match=message):
        MiningOptions(**wrong)
