import pytest

from beir_hybrid.reports.models.curve import Chart, Curve, thinned, ticks


def chart(*curves, **given):
    return Chart("t", "x", "y", curves, **given)


@pytest.mark.parametrize("bounds", [(0.0, 1.0), (0.31, 0.33), (-5.0, 12.0), (1e-9, 3e-9), (1000.0, 90_000.0)], ids=str)
def test_ticks_cover_the_range_with_few_round_numbers(bounds):
    found = ticks(*bounds)
    assert found[0] <= bounds[0] + 1e-12 and found[-1] >= bounds[1] - 1e-12
    assert 2 <= len(found) <= 7


def test_many_points_are_averaged_and_keep_their_mean_and_end():
    points = [(float(step), float(step % 2)) for step in range(1, 1001)]
    found = thinned(points)
    assert len(found) <= 160
    assert found[-1][0] == 1000.0
    assert sum(y for _, y in found) / len(found) == pytest.approx(0.5, abs=0.05)
    assert thinned(points[:10]) == tuple(points[:10])


def test_the_numbers_are_a_table_with_a_column_for_each_curve():
    table = chart(Curve("a", ((1.0, 0.5), (2.0, 0.25)), 0), Curve("b", ((2.0, 0.75),), 1)).table().bare()
    assert table == (["x", "a", "b"], [["1", "0.5", ""], ["2", "0.25", "0.75"]])
