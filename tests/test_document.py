import pytest

from beir_hybrid.document import read_document
from beir_hybrid.errors import ConfigurationError, DataFormatError, MissingDataError

# ten aliases of ten aliases, nine times over
BOMB = "a0: &a0 [x]\n" + "".join(f"a{n + 1}: &a{n + 1} [{', '.join([f'*a{n}'] * 10)}]\n" for n in range(9))


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
        pytest.param("a: 2024-01-02\n", "line 1: 2024-01-02 is not a plain value", id="date"),
        pytest.param("b: 1\na: 2024-13-45\n", 'no timestamp in "<unicode string>", line 2', id="no-date"),
        pytest.param("a: !!int abc\n", "'abc' is no int", id="no-int"),
        pytest.param("a: !!int ''\n", "'' is no int", id="empty-int"),
        pytest.param("a: !!bool maybe\n", "'maybe' is no bool", id="no-bool"),
        pytest.param("a: !!timestamp foo\n", "'foo' is no timestamp", id="no-timestamp"),
        pytest.param(f"a: {'9' * 5000}\n", "is no int", id="many-digits"),
        pytest.param('a: "a\\ud800b"\n', "line 1: 'a\\ud800b' has half of a surrogate pair", id="surrogate"),
        pytest.param('"a\\ud800b": 1\n', "'a\\ud800b' has half of a surrogate pair", id="surrogate-key"),
        pytest.param("? [a]\n: 1\n", "line 1: a key is not text", id="list-as-key"),
        pytest.param(BOMB, "expands to more than 100,000 values", id="aliases"),
        pytest.param("a: &x [*x, *x, *x, *x]\n", "nested too deeply", id="often-within-itself"),
        pytest.param("a: .nan\n", "nan is not a plain value", id="nan"),
        pytest.param("a:\n  no: 1\n", "the key False is not text", id="no"),
        pytest.param("- 1\n", "is not a mapping", id="list"),
        pytest.param("a: [\n", "is not YAML", id="broken"),
        pytest.param("a: &x [*x]\n", "nested too deeply", id="within-itself"),
        pytest.param("a: !!python/object/apply:os.system ['true']\n", "is not YAML", id="code"),
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


def test_file_that_may_not_be_read_is_told(tmp_path, monkeypatch):
    def refuses(path, encoding):
        raise PermissionError(13, "Permission denied")

    (tmp_path / "a.yaml").touch()
    monkeypatch.setattr(type(tmp_path), "read_text", refuses)
    with pytest.raises(DataFormatError, match=r"a\.yaml cannot be read: Permission denied\. Check"):
        read_document(tmp_path / "a.yaml")
