import numpy as np

from meas_blends.data.catalogs import PEAKS
from meas_blends.data.coadd import Coadd
from meas_blends.pictures.crowding import crowded_corner


def peaks(x, y, footprint):
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
            "rank",
            "partOf",
            "f_xErr",
            "f_yErr",
            "flags",
        ),
        0,
    )
    return PEAKS.make({**zero, "f_x": x, "f_y": y, "footprintId": footprint, "peakFinder": "f"})


def test_shared_footprints_draw_the_window():
    coadd = Coadd(np.zeros((1000, 800)), xy0=(50, 60))
    alone = (np.full(5, 100.0), np.full(5, 100.0), np.arange(5))
    shared = (np.full(3, 700.0), np.full(3, 850.0), np.full(3, 9))
    columns = [np.concatenate(pair) for pair in zip(alone, shared, strict=True)]
    x, y = crowded_corner(coadd, peaks(*columns), 200)
    assert x <= 700 < x + 200
    assert y <= 850 < y + 200
    assert 50 <= x <= 50 + 600
    assert 60 <= y <= 60 + 800


def test_without_peaks_it_is_the_middle():
    coadd = Coadd(np.zeros((1000, 800)), xy0=(50, 60))
    assert crowded_corner(coadd, None, 200) == (350, 460)
    assert crowded_corner(coadd, peaks([], [], []), 200) == (350, 460)


def test_a_window_larger_than_the_image_begins_where_the_image_does():
    coadd = Coadd(np.zeros((100, 900)), xy0=(5, 6))
    assert crowded_corner(coadd, peaks([7.0, 8.0], [8.0, 8.0], [1, 1]), 256) == (5, 6)
