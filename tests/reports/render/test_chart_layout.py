from itertools import pairwise

import pytest

from beir_hybrid.reports.models.curve import Chart, Curve
from beir_hybrid.reports.render.chart_layout import HEIGHT, WIDTH, lay_out


def chart(*curves, **given):
    return Chart("t", "x", "y", curves, **given)


def test_everything_lies_inside_the_picture():
    curves = [Curve(f"run {place}", ((1.0, 0.1 * place), (100.0, 0.9)), place) for place in range(6)]
    layout = lay_out(chart(*curves, logarithmic=True))
    marks = [*layout.x_ticks, *layout.y_ticks, *(line.label for line in layout.curves)]
    marks += [point for line in layout.curves for point in line.points]
    for mark in marks:
        assert 0 <= mark.x <= WIDTH and 0 <= mark.y <= HEIGHT, mark


def test_labels_of_curves_that_end_together_do_not_cover_each_other():
    curves = [Curve(f"run {place}", ((0.0, 0.0), (1.0, 0.001 * place)), place) for place in range(8)]
    heights = sorted(line.label.y for line in lay_out(chart(*curves)).curves)
    assert all(below - above >= 12.9 for above, below in pairwise(heights))


def test_long_names_go_into_a_legend():
    long = chart(Curve("a name that is far too long for the margin", ((0.0, 1.0), (1.0, 2.0)), 3))
    assert not long.direct
    assert lay_out(long).curves[0].label is None
    assert lay_out(long).right > lay_out(chart(Curve("short", ((0.0, 1.0), (1.0, 2.0)), 3))).right
    assert long.series() == [(3, "a name that is far too long for the margin")]


def test_higher_values_are_drawn_higher_and_larger_ones_further_right():
    [line] = lay_out(chart(Curve("a", ((1.0, 1.0), (2.0, 3.0)), 0))).curves
    first, second = line.points
    assert first.x < second.x and first.y > second.y


def test_a_logarithmic_axis_has_equal_steps_for_equal_factors():
    [line] = lay_out(chart(Curve("a", ((1.0, 0.0), (10.0, 0.0), (100.0, 1.0)), 0), logarithmic=True)).curves
    xs = [point.x for point in line.points]
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.2)


def test_one_point_is_drawn_and_none_left_out():
    found = chart(Curve("a", ((5.0, 2.0),), 0), Curve("none", (), 1), marked=False)
    [line] = lay_out(found).curves
    assert len(line.points) == 1  # else nothing would be seen


def test_from_zero_the_axis_begins_there():
    texts = [tick.text for tick in lay_out(chart(Curve("a", ((0.0, 0.5), (1.0, 0.9)), 0), from_zero=True)).y_ticks]
    assert texts[0] == "0.0"


def test_ticks_along_the_axis_do_not_touch():
    curve = Curve("a", tuple((float(x), 1.0) for x in (1, 2, 3, 4, 1000)), 0)
    xs = [tick.x for tick in lay_out(chart(curve)).x_ticks]
    assert all(right - left >= 10 for left, right in pairwise(xs))
