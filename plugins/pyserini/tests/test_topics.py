import pytest

from beir_hybrid.errors import DataFormatError, MissingDataError, OutputError
from beir_hybrid_pyserini.topics import read_topics, write_qrels, write_topics


def test_topics_read_back_in_order(tmp_path):
    queries = {"en:b": "who, then?", "en:a": "  two  blanks ", "zh:1": "谁 " + "x" * 10, "en:c": ""}
    write_topics(tmp_path / "topics.tsv", queries)
    assert list(read_topics(tmp_path / "topics.tsv").items()) == list(queries.items())


def test_what_would_end_a_column_or_a_line_becomes_a_blank(tmp_path):
    write_topics(tmp_path / "topics.tsv", {"en:1": "a\tb\r\nc\u2028d"})
    assert (tmp_path / "topics.tsv").read_text(encoding="utf-8") == "en:1\ta b c d\n"


def test_pyserini_reads_the_same_topics(java, tmp_path):
    from pyserini.query_iterator import TopicsFormat, get_query_iterator

    queries = {"en:b": "who, \"then\"? 'x'", "ar:1": "من هو", "en:10": "a # b", "th:5": "ใคร"}
    write_topics(tmp_path / "topics.tsv", queries)
    iterator = get_query_iterator(str(tmp_path / "topics.tsv"), TopicsFormat.DEFAULT)
    assert dict(iterator) == queries


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (b"en:1\ta\nen:2 b\n", r"topics.tsv:2: 'en:2 b' has no tab"),
        (b"\ta\n", r"topics.tsv:1: .* has no id"),
        (b"en 1\ta\n", r"topics.tsv:1: .* has no id without blanks"),
        (b"en:1\ta\nen:2\tb\nen:1\tc\n", r"topics.tsv:3: the topic 'en:1' comes twice"),
        (b"\n\n", "holds no topic"),
        (b"en:1\t\xff\n", "is not UTF-8"),
    ],
    ids=["tab", "id", "blank", "double", "none", "bytes"],
)
def test_wrong_topics_are_told_with_file_and_line(tmp_path, text, message):
    (tmp_path / "topics.tsv").write_bytes(text)
    with pytest.raises(DataFormatError, match=message):
        read_topics(tmp_path / "topics.tsv")


def test_missing_topics_are_told(tmp_path):
    with pytest.raises(MissingDataError, match="--topics"):
        read_topics(tmp_path / "topics.tsv")


def test_id_with_a_blank_is_not_written(tmp_path):
    with pytest.raises(DataFormatError, match="'en 1'"):
        write_topics(tmp_path / "topics.tsv", {"en 1": "a"})
    assert not list(tmp_path.iterdir())


def test_qrels_are_those_of_trec(tmp_path):
    write_qrels(tmp_path / "qrels.txt", {"en:1": {"de:1": 1, "de:2": 0}, "en:2": {"de:3": 2}})
    assert (tmp_path / "qrels.txt").read_text() == "en:1 0 de:1 1\nen:1 0 de:2 0\nen:2 0 de:3 2\n"


@pytest.mark.parametrize(
    ("write", "content"), [(write_topics, {"en:1": "a"}), (write_qrels, {"en:1": {"en:2": 1}})], ids=["topics", "qrels"]
)
def test_files_are_replaced_only_if_asked_for(tmp_path, write, content):
    (tmp_path / "file").write_text("theirs")
    with pytest.raises(OutputError, match="--overwrite"):
        write(tmp_path / "file", content)
    assert (tmp_path / "file").read_text() == "theirs"
    write(tmp_path / "file", content, overwrite=True)
    assert (tmp_path / "file").read_text().startswith("en:1")
    with pytest.raises(OutputError, match="is a folder"):
        write(tmp_path, content, overwrite=True)
