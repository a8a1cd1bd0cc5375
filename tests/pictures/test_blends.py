"""The picture shows what the tables say, for every size and state of image."""

import io

import numpy as np
import pytest
from matplotlib.collections import LineCollection

from meas_blends.data.catalogs import CLASSIFICATION, PEAKS, SPANS
from meas_blends.data.coadd import Coadd
from meas_blends.data.footprints import labels_to_spans
from meas_blends.pictures.blends import draw_blends
from meas_blends.pictures.style import PROBABILITY_COLOURS, UNKNOWN_COLOUR


def scene(shape=(60, 80), xy0=(1000, 2000), probabilities=(0.1, 0.9, np.nan)):
    """A coadd with square footprints, one a probability, two peaks each."""
    rng = np.random.default_rng(3)
    labels = np.zeros(shape, int)
    rows = {name: [] for name in ("footprintId", "f_x", "f_y")}
    for number, _ in enumerate(probabilities):
        y, x = 5 + 12 * number, 10 + 15 * number
        labels[y : y + 10, x : x + 10] = number + 1
        rows["footprintId"] += [number + 1] * 2
        rows["f_x"] += [xy0[0] + x + 3.0, xy0[0] + x + 6.0]
        rows["f_y"] += [xy0[1] + y + 5.0] * 2
    coadd = Coadd(
        rng.normal(0, 1, shape) + 20 * (labels > 0),
        xy0=xy0,
        band="i",
        pixel_scale=0.2,
        name="some/image.fits",
    )
    n = len(probabilities)
    p = np.array(probabilities, float)
    classification = CLASSIFICATION.make(
        {
            "footprintId": np.arange(n) + 1,
            "blendProbability": p,
            "blended": p > 0.5,
            "nProbable": np.full(n, 2),
            "nPeaks": np.full(n, 2),
            **{f"probability{k}": p for k in (1, 2, 3, 4)},
            "peakFinder": "gp",
            "model": "m",
            "flags": 0,
        }
    )
    zero = dict.fromkeys(
        (
            "id",
            "i_x",
            "i_y",
            "coord_ra",
            "coord_dec",
            "peakValue",
            "significance",
            "probability",
            "f_xErr",
            "f_yErr",
            "rank",
            "partOf",
            "flags",
        ),
        0,
    )
    peaks = PEAKS.make({**zero, **rows, "peakFinder": "gp"})
    return coadd, labels_to_spans(labels, xy0), classification, peaks


def png(figure):
    stream = io.BytesIO()
    figure.savefig(stream, format="png")
    return stream.getvalue()


def texts(figure):
    return " ".join(text.get_text() for text in figure.texts)


def outlines(axes):
    return next(c for c in axes.collections if isinstance(c, LineCollection))


def test_outlines_have_the_colour_of_their_probability():
    figure = draw_blends(*scene())
    lines = outlines(figure.axes[0])
    middles = np.array([segment.mean(axis=0) for segment in lines.get_segments()])
    colours = lines.get_colors()
    # Footprint 1 begins at column 10, 2 at 25, 3 at 40.
    for first, last, expected in (
        (1009, 1020, PROBABILITY_COLOURS(0.1)),
        (1024, 1035, PROBABILITY_COLOURS(0.9)),
    ):
        own = (middles[:, 0] > first) & (middles[:, 0] < last)
        assert own.sum() == 4
        np.testing.assert_allclose(colours[own], np.tile(expected, (4, 1)), atol=0.01)
    unknown = middles[:, 0] > 1039
    grey = int(UNKNOWN_COLOUR[1:3], 16) / 255
    np.testing.assert_allclose(colours[unknown][:, 0], grey)


def test_the_first_peak_of_a_footprint_is_told_from_the_others():
    figure = draw_blends(*scene())
    first, others = (
        c.get_offsets() for c in figure.axes[0].collections if not isinstance(c, LineCollection)
    )
    assert first[:, 0].tolist() == [1013, 1028, 1043]
    assert others[:, 0].tolist() == [1016, 1031, 1046]


def test_the_title_counts():
    written = texts(draw_blends(*scene()))
    for part in (
        "image.fits",
        "i band",
        "80 × 60 pixels",
        "16″ × 12″",
        "3 footprints, 1 blended",
        "6 peaks by gp",
    ):
        assert part in written
    assert "some/" not in written


def test_the_title_does_not_run_into_the_legend():
    coadd, spans, classification, peaks = scene(shape=(60, 48), probabilities=(0.1, 0.9))
    figure = draw_blends(coadd, spans, classification, peaks)
    below = figure.texts[1]
    assert below.get_text().splitlines()[1].startswith("2 footprints")
    assert below.get_window_extent().x1 < figure.legends[0].get_window_extent().x0
    assert below.get_window_extent().y0 > figure.axes[0].get_window_extent().y1
    # Over a wide one it is a line.
    assert "\n" not in draw_blends(*scene()).texts[1].get_text()


def test_axes_are_parent_pixels():
    axes = draw_blends(*scene()).axes[0]
    assert axes.get_xlim() == (999.5, 1079.5)
    assert axes.get_ylim() == (1999.5, 2059.5)


def test_a_large_image_gets_a_close_view():
    coadd, spans, classification, peaks = scene(shape=(900, 720))
    figure = draw_blends(coadd, spans, classification, peaks)
    whole, close = figure.axes[:2]
    assert np.diff(whole.get_xlim()) == 720
    assert np.diff(close.get_xlim()) == 256
    assert close.get_xlim()[0] <= 1013 <= close.get_xlim()[1]
    # Markers would hide the whole view.
    assert not [c for c in whole.collections if not isinstance(c, LineCollection)]
    assert png(figure).startswith(b"\x89PNG")


def test_without_probabilities_there_is_no_scale():
    coadd, spans, classification, peaks = scene(probabilities=(np.nan, np.nan))
    assert not draw_blends(coadd, spans, classification, peaks).axes[-1].get_visible()
    assert draw_blends(*scene()).axes[-1].get_visible()
    figure = draw_blends(coadd, spans)
    assert "blended" not in texts(figure)
    assert png(figure).startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "image",
    [
        np.full((30, 40), np.nan),
        np.zeros((30, 40)),
        np.full((1, 1), 3.0),
        np.full((4, 300), 3.0),
        np.where(np.eye(50) > 0, np.inf, 1.0),
    ],
)
def test_odd_images_without_footprints(image):
    figure = draw_blends(Coadd(image), SPANS.make(), CLASSIFICATION.make(), PEAKS.make())
    assert png(figure).startswith(b"\x89PNG")
    assert "0 footprints, 0 blended" in texts(figure)


def test_the_same_tables_give_the_same_picture():
    assert png(draw_blends(*scene())) == png(draw_blends(*scene()))


def test_outlines_of_a_huge_image_are_coarse_but_in_their_place():
    coadd, spans, classification, peaks = scene(shape=(60, 9000))
    axes = draw_blends(coadd, spans, classification, peaks).axes[0]
    middles = np.array([segment.mean(axis=0) for segment in outlines(axes).get_segments()])
    # The footprints reach from column 10 to 50 and from row 5 to 39.
    assert 1009.5 - 3 <= middles[:, 0].min() <= 1010
    assert 1049 <= middles[:, 0].max() <= 1049.5 + 3
    assert 2004.5 - 3 <= middles[:, 1].min() <= 2005
    assert 2038 <= middles[:, 1].max() <= 2038.5 + 3
