import pytest

from beir_hybrid.errors import ConfigurationError, MissingDataError
from beir_hybrid.studies.document import read_document


@pytest.fixture
def document(tmp_path):
    def make(text):
        (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
        return read_document(tmp_path / "a.yaml")

    return make


def test_lines_lead_to_nested_things(document):
    found = document("a: 1\nb:\n  - c: 2\n  - d: 3\n    e: 4\n")
    assert found.content == {"a": 1, "b": [{"c": 2}, {"d": 3, "e": 4}]}
    assert found.where("b", 1, "e") == "a.yaml, line 5"
    assert found.where("b", 0, "absent") == "a.yaml, line 3"
    assert found.where("absent") == "a.yaml"


def test_unknown_key_is_told_with_its_line_and_the_closest(document):
    with pytest.raises(ConfigurationError, match=r"a\.yaml, line 2: unknown key 'gird'\. Did you mean 'grid'\?"):
        document("name: x\ngird: {}\n").mapping(known=["name", "grid"])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("a: 1\nb: 2\na: 3\n", "line 3: the key 'a' is given twice", id="twice"),
        pytest.param("a: {b: 1, b: 2}\n", "line 1: the key 'b' is given twice", id="twice-below"),
        pytest.param("a: 2024-01-02\n", "line 1: 2024-01-02 is no plain value", id="date"),
        pytest.param("a: .nan\n", "nan is no plain value", id="nan"),
        pytest.param("a:\n  no: 1\n", "the key False is no text", id="no"),
        pytest.param("- 1\n", "is no mapping", id="list"),
        pytest.param("a: [\n", "is no YAML", id="broken"),
        pytest.param("a: &x [*x]\n", "nested too deeply", id="within-itself"),
        pytest.param("a: !!python/object/apply:os.system ['true']\n", "is no YAML", id="code"),
    ],
)
def test_what_is_no_plain_content_is_refused(document, text, told):
    with pytest.raises(ConfigurationError) as caught:
        document(text)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_infinity_is_kept_as_a_word(document):
    assert document("a: .inf\n").content == {"a": "inf"}


def test_missing_file_is_told(tmp_path):
    with pytest.raises(MissingDataError, match=r"absent\.yaml"):
        read_document(tmp_path / "absent.yaml")
