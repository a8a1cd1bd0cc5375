"""Galleries of footprints."""

import io

import numpy as np

from meas_blends.data.coadd import Coadd
from meas_blends.data.footprints import labels_to_spans
from meas_blends.data.outcome_tables import OUTCOMES, PLACES
from meas_blends.pictures.gallery import draw_gallery, make_example
from outcome_toys import make_outcomes, make_places, stack

XY0 = (100, 200)


def example(corner=(20, 30), shape=(80, 90)):
    """A footprint of 6 x 5 pixels that holds two galaxies; the second finder misses one."""
    labels = np.zeros(shape, np.int32)
    labels[corner[1] : corner[1] + 5, corner[0] : corner[0] + 6] = 3
    image = np.random.default_rng(1).normal(size=shape) + 40.0 * (labels > 0)
    coadd = Coadd(image, np.ones(shape), xy0=XY0, pixel_scale=0.2)
    outcomes = stack(
        OUTCOMES,
        [
            make_outcomes([2], [2], np.array([0.91]), "first"),
            make_outcomes([2], [1], finder="last_one"),
        ],
    )
    places = stack(
        PLACES,
        [
            make_places([0.0, 0.2], finder="first"),
            make_places([0.0], missed=1, finder="last_one"),
        ],
    )
    spans = labels_to_spans(labels, XY0)
    return make_example(coadd, (0.0, 1.0), spans, outcomes, places, ["first", "last_one"])


def test_a_cutout_holds_its_footprint():
    shown = example()
    assert shown.levels.shape == (25, 25)
    assert shown.levels.min() >= 0 and shown.levels.max() == 1.0
    low, high = shown.outline.min(axis=(0, 1)), shown.outline.max(axis=(0, 1))
    np.testing.assert_allclose(low, [119.5, 229.5])
    np.testing.assert_allclose(high, [125.5, 234.5])
    corner = np.array(shown.corner)
    assert (corner <= low).all() and (high <= corner + 25).all()


def test_at_the_border_it_stays_in_the_image():
    shown = example(corner=(84, 0))
    assert shown.levels.shape == (25, 25)
    assert shown.corner == (100 + 90 - 25, 200)


def test_a_small_image_is_shown_as_it_is():
    assert example(corner=(2, 2), shape=(12, 15)).levels.shape == (12, 15)


def test_what_is_written_and_marked():
    shown = example()
    assert shown.title.startswith("2 galaxies, 1.5″")
    assert shown.lines == [
        ("first: 0.910, 2 peaks", True),
        ("last one: 1 peak  ✗", False),
    ]
    assert len(shown.galaxies) == 2
    assert {name: len(peaks) for name, peaks in shown.peaks.items()} == {"first": 2, "last_one": 1}
    figure = draw_gallery([shown] * 5, ["first", "last_one"])
    figure.savefig(io.BytesIO(), format="png")
    assert len(figure.axes) == 5
    texts = {text.get_text() for text in figure.texts}
    assert "last one: 1 peak  ✗" in texts
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["true centre", "peak, first", "peak, last one"]
