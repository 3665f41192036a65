import pytest

from beir_hybrid.errors import DataFormatError
from beir_hybrid.grades import HIGHEST_GRADE, read_grade


@pytest.mark.parametrize(
    ("text", "grade"),
    [("0", 0), ("-2", -2), (" 3\n", 3), ("007", 7), ("-0", 0), ("2147483647", HIGHEST_GRADE), ("0" * 5000 + "4", 4)],
)
def test_whole_numbers_are_read(text, grade):
    assert read_grade(text, "file:1") == grade


@pytest.mark.parametrize(
    "text", ["", "1.0", "1e3", "+1", "0x1", "1_0", "\u0663", "\u00b2", "NaN", "1 2", "-", "x" * 99]
)
def test_what_is_no_whole_number_is_refused_and_shortened(text):
    with pytest.raises(DataFormatError, match=r"file:1: the grade .* is not a whole number") as caught:
        read_grade(text, "file:1")
    assert len(str(caught.value)) < 120


@pytest.mark.parametrize("text", ["2147483648", "-2147483648", "9" * 20, "9" * 5000, "-" + "9" * 5000])
def test_numbers_that_no_tool_could_hold_are_refused_and_shortened(text):
    with pytest.raises(DataFormatError, match=r"file:1: the grade .* is out of range") as caught:
        read_grade(text, "file:1")
    assert len(str(caught.value)) < 120
