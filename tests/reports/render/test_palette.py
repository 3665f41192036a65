import pytest

from beir_hybrid.reports.render.palette import DARK, LIGHT, _ink, series_colour, shade, shade_step

SCHEMES = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])


def luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@SCHEMES
def test_letters_on_every_shade_can_be_read(palette):
    for look in (*palette.sequential, *palette.diverging):
        assert contrast(look.fill, look.ink) >= 4.5, look


@SCHEMES
def test_letters_and_lines_on_paper_can_be_read(palette):
    assert contrast(palette.text, palette.paper) >= 7
    for colour in (palette.faint, palette.link, palette.good, palette.bad):
        assert contrast(colour, palette.paper) >= 4.5, colour
    for colour in palette.series:
        assert contrast(colour, palette.paper) >= 3, colour


@SCHEMES
def test_much_is_further_from_the_paper_than_little(palette):
    steps = [contrast(shade.fill, palette.paper) for shade in palette.sequential]
    assert steps == sorted(steps)


@SCHEMES
def test_differences_fade_towards_zero_from_both_sides(palette):
    steps = [contrast(shade.fill, palette.paper) for shade in palette.diverging]
    middle = len(steps) // 2
    assert steps[: middle + 1] == sorted(steps[: middle + 1], reverse=True)
    assert steps[middle:] == sorted(steps[middle:])


def test_schemes_have_equally_many_steps():
    assert len(LIGHT.sequential) == len(DARK.sequential)
    assert len(LIGHT.diverging) == len(DARK.diverging)
    assert len(LIGHT.series) == len(DARK.series)
    assert len(LIGHT.diverging) % 2 == 1


def test_steps_stay_in_the_scale():
    assert [shade_step(share) for share in (-1.0, 2.0)] == [0, len(LIGHT.sequential) - 1]
    assert [shade_step(share, diverging=True) for share in (-3.0, 3.0)] == [0, len(LIGHT.diverging) - 1]
    assert shade(0.0, diverging=True) == LIGHT.diverging[len(LIGHT.diverging) // 2]


def test_colours_of_series_begin_anew_after_the_last():
    assert series_colour(len(LIGHT.series)) == series_colour(0) == LIGHT.series[0]
    assert series_colour(None) == LIGHT.faint


def test_light_ink_stands_on_dark_fills():
    assert _ink((0.0, 0.0, 0.0)) == "#ffffff"
    assert _ink((1.0, 1.0, 1.0), dark="#111111") == "#111111"
