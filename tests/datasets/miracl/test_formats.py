import gzip
import json
import tracemalloc

import pytest

from beir_hybrid.datasets.miracl.dataset import RELEASE
from beir_hybrid.datasets.miracl.formats import Documents, read_qrels, read_topics
from beir_hybrid.datasets.rows import Judgement
from beir_hybrid.errors import DataFormatError
from beir_hybrid.passage import Passage


@pytest.fixture
def file(tmp_path):
    def write(content):
        path = tmp_path / "file.tsv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def line(number, **changes):
    return json.dumps({"docid": f"{number}#0", "title": "T", "text": f"text {number}"} | changes).encode() + b"\n"


@pytest.fixture
def shard(tmp_path):
    def write(*lines, number=0, cut=0):
        path = tmp_path / f"docs-{number}.jsonl.gz"
        content = gzip.compress(b"".join(lines))
        path.write_bytes(content[: len(content) - cut])
        return path

    return write


def test_topics_are_read_by_id(file):
    assert read_topics(file("6\tBandari iko wapi?\n81674#0\tJe, mwaka?\r\n\n")) == {
        "6": "Bandari iko wapi?",
        "81674#0": "Je, mwaka?",
    }


def test_letters_that_part_lines_elsewhere_do_not_part_topics(file):
    assert read_topics(file("6\tone\u2028two\x0cthree\n")) == {"6": "one\u2028two\x0cthree"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("6\tJe?\n7 Je?\n", r"file\.tsv:2: no tab in '7 Je\?'"),
        ("6\tJe?\tnini\n", r"file\.tsv:1: 3 fields"),
        ("6\tJe?\n\n6\tNini?\n", r"file\.tsv:3: the topic '6' occurs twice"),
        ("6\t\n", r"file\.tsv:1: the id or the query is empty"),
        ("\tJe?\n", r"file\.tsv:1: the id or the query is empty"),
        ("", r"file\.tsv holds no topic"),
        (b"6\tJe?\n7\t\xff\n", r"file\.tsv: not UTF-8"),
    ],
    ids=["missing tab", "too many fields", "duplicate", "no query", "no id", "empty file", "not UTF-8"],
)
def test_bad_topics_are_told(file, content, message):
    with pytest.raises(DataFormatError, match=message):
        read_topics(file(content))


def test_qrels_keep_explicit_zeros(file):
    judgements = read_qrels(file("6\tQ0\t3#1\t1\n\n6\tQ0\t3#2\t0\n"), {"6": "Je?"})
    assert judgements == [Judgement("6", "3#1", 1, 1), Judgement("6", "3#2", 0, 3)]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("6 Q0 3#1 1\n", r"file\.tsv:1: no tab in"),
        ("6\tQ0\t3#1\t1\n6\tQ0\t3#1\n", r"file\.tsv:2: 3 fields"),
        ("6\tQ0\t3#1\t1.0\n", r"file\.tsv:1: the grade '1\.0' is not a whole number"),
        ("6\tQ0\t3#1\t99999999999999999999\n", r"file\.tsv:1: the grade '99999999999999999999' is out of range"),
        (
            f"6\tQ0\t3#1\t{'9' * 5000}\n",
            r"file\.tsv:1: the grade '9{8} \.\.\. 9{8}' \(5,000 characters\) is out of range",
        ),
        ("6\tQ0\t3#1\t\n", r"file\.tsv:1: the grade '' is not a whole number"),
        ("6\tQ0\t3#1\t1\n7\tQ0\t3#1\t1\n", r"file\.tsv:2: the topics have no query '7'; these are qrels for other"),
        ("6\tQ0\t3#1\t1\n6\tQ0\t3#1\t0\n", r"file\.tsv:2: '3#1' has the grade 0 for '6', and 1 before"),
        ("\n", r"file\.tsv holds no judgement"),
    ],
    ids=[
        "blanks",
        "too few fields",
        "fraction",
        "huge",
        "thousands of digits",
        "no grade",
        "other queries",
        "two grades",
        "empty",
    ],
)
def test_bad_qrels_are_told(file, content, message):
    with pytest.raises(DataFormatError, match=message):
        read_qrels(file(content), {"6": "Je?"})


def test_documents_come_in_order_of_shards_and_lines(shard):
    shards = [shard(line(0), b"\n", line(1), number=0), shard(line(2, title=""), number=1)]
    documents = Documents(shards)
    assert list(documents) == [
        ("0#0", Passage("text 0", "T")),
        ("1#0", Passage("text 1", "T")),
        ("2#0", Passage("text 2", "")),
    ]
    assert [documents.where(position) for position in range(3)] == [
        f"{shards[0]}:1",
        f"{shards[0]}:3",  # the blank line counts
        f"{shards[1]}:1",
    ]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (b"{'docid': 1}\n", "not JSON: "),
        (b'{"docid": "1#0"\n', "not JSON: "),
        (b"\xff\n", "not UTF-8: "),
        (b"[" * 100_000 + b"\n", "not JSON: "),
        (b'["1#0"]\n', "not a JSON object"),
        (b'{"docid": "1#0", "text": "t"}\n', "no field 'title'"),
        (line(1, text=None), "'text' is None"),
        (line(1, docid=7), "'docid' is 7"),
        (line(1, docid=""), "the id '' is empty or has blanks"),
        (line(1, docid="1 0"), "the id '1 0' is empty or has blanks"),
    ],
    ids=["quotes", "brace", "bytes", "depth", "list", "no title", "null", "number", "no id", "blank in id"],
)
def test_bad_line_is_told_with_file_and_number(shard, bad, message):
    with pytest.raises(DataFormatError) as caught:
        list(Documents([shard(line(0), number=0), shard(line(1), bad, number=1)]))
    assert f"docs-1.jsonl.gz:2: {message}" in str(caught.value)


@pytest.mark.parametrize("cut", [1, 8, 60], ids=["in the last byte", "before the checksum", "in the data"])
def test_shard_that_is_cut_off_is_told(shard, cut):
    lines = [line(number) for number in range(500)]
    with pytest.raises(DataFormatError, match=r"docs-0\.jsonl\.gz:\d+: the gzip file is cut off or damaged here"):
        list(Documents([shard(*lines, cut=cut)]))


def test_shard_with_a_flipped_byte_is_told(shard):
    path = shard(*(line(number) for number in range(500)))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(DataFormatError, match=r"docs-0\.jsonl\.gz:\d+:"):
        list(Documents([path]))


def test_shard_that_is_no_gzip_is_told(shard):
    path = shard()
    path.write_bytes(line(0))
    with pytest.raises(DataFormatError, match=r"docs-0\.jsonl\.gz:1: the gzip file is cut off or damaged"):
        list(Documents([path]))


@pytest.mark.parametrize("content", [b"", gzip.compress(b"\n")], ids=["no bytes", "no line"])
def test_empty_shard_is_told(shard, content):
    path = shard()
    path.write_bytes(content)
    with pytest.raises(DataFormatError, match=r"docs-0\.jsonl\.gz holds no document"):
        list(Documents([path]))


def test_shards_are_read_as_a_stream(shard):
    path = shard(*(line(number, text="x" * 10_000) for number in range(1500)))  # 15 MB
    advanced = []
    tracemalloc.start()
    count = sum(1 for _ in Documents([path], advanced.append))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == 1500
    assert peak < 2_000_000
    assert sum(advanced) == path.stat().st_size
    assert len(advanced) > 1


def test_first_document_comes_before_the_rest_is_read(shard):
    good = shard(*(line(number, text=f"{number}" * 5000) for number in range(2000)), cut=8)
    assert next(iter(Documents([good])))[0] == "0#0"  # the damage at the end was not reached


@pytest.mark.parametrize("language", list(RELEASE))
def test_real_dev_split_has_the_published_size_and_an_answer_to_every_query(data, language):
    folder = data / "miracl" / f"miracl-v1.0-{language}"
    topics = read_topics(folder / "topics" / f"topics.{folder.name}-dev.tsv")
    judgements = read_qrels(folder / "qrels" / f"qrels.{folder.name}-dev.tsv", topics)
    assert len(topics) == RELEASE[language][1]
    assert {judgement.query for judgement in judgements if judgement.grade > 0} == set(topics)
    assert {judgement.grade for judgement in judgements} == {0, 1}
