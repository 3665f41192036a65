from itertools import pairwise

import pytest

from beir_hybrid.reports.models.curve import HEIGHT, WIDTH, Chart, Curve, thinned, ticks


def chart(*curves, **given):
    return Chart("t", "x", "y", curves, **given)


def test_everything_lies_inside_the_picture():
    curves = [Curve(f"run {place}", ((1.0, 0.1 * place), (100.0, 0.9)), place) for place in range(6)]
    layout = chart(*curves, logarithmic=True).layout()
    marks = [*layout.x_ticks, *layout.y_ticks, *(line.label for line in layout.lines)]
    marks += [point for line in layout.lines for point in line.points]
    for mark in marks:
        assert 0 <= mark.x <= WIDTH and 0 <= mark.y <= HEIGHT, mark


def test_labels_of_curves_that_end_together_do_not_cover_each_other():
    curves = [Curve(f"run {place}", ((0.0, 0.0), (1.0, 0.001 * place)), place) for place in range(8)]
    heights = sorted(line.label.y for line in chart(*curves).layout().lines)
    assert all(below - above >= 12.9 for above, below in pairwise(heights))


def test_long_names_go_into_a_legend():
    long = chart(Curve("a name that is far too long for the margin", ((0.0, 1.0), (1.0, 2.0)), 3))
    assert not long.direct
    assert long.layout().lines[0].label is None
    assert long.layout().right > chart(Curve("short", ((0.0, 1.0), (1.0, 2.0)), 3)).layout().right
    assert long.series() == [(3, "a name that is far too long for the margin")]


def test_higher_values_are_drawn_higher_and_larger_ones_further_right():
    [line] = chart(Curve("a", ((1.0, 1.0), (2.0, 3.0)), 0)).layout().lines
    first, second = line.points
    assert first.x < second.x and first.y > second.y


def test_a_logarithmic_axis_has_equal_steps_for_equal_factors():
    [line] = chart(Curve("a", ((1.0, 0.0), (10.0, 0.0), (100.0, 1.0)), 0), logarithmic=True).layout().lines
    xs = [point.x for point in line.points]
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.2)


def test_one_point_is_drawn_and_none_left_out():
    found = chart(Curve("a", ((5.0, 2.0),), 0), Curve("none", (), 1), marked=False)
    [line] = found.layout().lines
    assert len(line.points) == 1  # else nothing would be seen


def test_from_zero_the_axis_begins_there():
    texts = [tick.text for tick in chart(Curve("a", ((0.0, 0.5), (1.0, 0.9)), 0), from_zero=True).layout().y_ticks]
    assert texts[0] == "0.0"


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (0.31, 0.33), (-5.0, 12.0), (1e-9, 3e-9), (1000.0, 90_000.0)], ids=str)
def test_ticks_cover_the_range_with_few_round_numbers(bounds):
    found = ticks(*bounds)
    assert found[0] <= bounds[0] + 1e-12 and found[-1] >= bounds[1] - 1e-12
    assert 2 <= len(found) <= 7


def test_ticks_along_the_axis_do_not_touch():
    curve = Curve("a", tuple((float(x), 1.0) for x in (1, 2, 3, 4, 1000)), 0)
    xs = [tick.x for tick in chart(curve).layout().x_ticks]
    assert all(right - left >= 10 for left, right in pairwise(xs))


def test_many_points_are_averaged_and_keep_their_mean_and_end():
    points = [(float(step), float(step % 2)) for step in range(1, 1001)]
    found = thinned(points)
    assert len(found) <= 160
    assert found[-1][0] == 1000.0
    assert sum(y for _, y in found) / len(found) == pytest.approx(0.5, abs=0.05)
    assert thinned(points[:10]) == tuple(points[:10])


def test_the_numbers_are_a_table_with_a_column_for_each_curve():
    table = chart(Curve("a", ((1.0, 0.5), (2.0, 0.25)), 0), Curve("b", ((2.0, 0.75),), 1)).text_table()
    assert table.headings == ("x", "a", "b")
    assert table.rows == (("1", "0.5", ""), ("2", "0.25", "0.75"))
