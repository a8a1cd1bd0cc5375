import galsim
import numpy as np
import pytest

from meas_blends.data.catalogs import CLASSIFICATION, FOOTPRINTS, PEAKS
from meas_blends.data.coadd import MASK_BITS, Coadd
from meas_blends.detection.cores import FILLED_CORE, fill_cores
from meas_blends.detection.halos import STAR_HALO, mark_star_halos
from meas_blends.run.memory import run_pipeline
from meas_blends.tasks.filtering import FilteringConfig, fit_filter
from saturated_stars import FWHM, SCALE, SKY_SIGMA, star_scene

#: Galaxies (dx, dy, magnitude) on and beyond a halo.
NEIGHBOURS = [(60, 20, 21.0), (-30, -45, 22.0), (90, -70, 23.0), (-110, 80, 24.0), (-40, 100, 23.0)]


def peaks_of(coadd, how="flag", finder="local_maxima"):
    overrides = [f"classify:peak_finder.name={finder}"]
    overrides += [f"{task}:filtering.saturated_stars={how}" for task in ("detect", "classify")]
    return run_pipeline(coadd, "blends#find", overrides)


def having(peaks, flag):
    return np.asarray(peaks["flags"]) & PEAKS.flag(flag) > 0


@pytest.mark.parametrize("magnitude", [13.0, 15.0, 18.0])
@pytest.mark.parametrize("core", ["SAT", "NAN", "CLIPPED"])
def test_a_saturated_star_is_one_peak_and_its_satellites_are_told(magnitude, core):
    coadd, (x, y) = star_scene(magnitude, core, neighbours=NEIGHBOURS)
    made = peaks_of(coadd)
    peaks = made["blend_peaks"]
    star = having(peaks, "SATURATED_STAR")
    assert star.sum() == 1
    assert np.hypot(peaks["f_x"][star] - x, peaks["f_y"][star] - y)[0] < 0.2
    assert np.sum(np.hypot(peaks["f_x"] - x, peaks["f_y"] - y) < 4) == 1
    # Galaxies on the halo and beyond it are no satellites.
    halo = having(peaks, "STAR_HALO")
    for dx, dy, _ in NEIGHBOURS:
        distance = np.hypot(peaks["f_x"] - x - dx, peaks["f_y"] - y - dy)
        assert distance.min() < 2.5
        assert not halo[distance.argmin()]
    assert np.sum(~halo & ~star) <= len(NEIGHBOURS) + 4
    # Without: knots of the spikes, noise on the halo.
    before = peaks_of(coadd, "ignore")["blend_peaks"]
    assert not having(before, "STAR_HALO").any()
    if magnitude < 16:
        assert len(before) > len(NEIGHBOURS) + 30
    dropped = peaks_of(coadd, "drop")
    assert len(dropped["blend_peaks"]) <= len(NEIGHBOURS) + 7
    for tables in (made, dropped):
        numbers = np.unique(tables["blend_peaks"]["footprintId"], return_counts=True)
        classified = tables["blend_classification"]
        assert np.array_equal(numbers[0], classified["footprintId"])
        assert np.array_equal(numbers[1], classified["nPeaks"])
        assert np.array_equal(classified["blended"], classified["nPeaks"] > 1)
        assert np.array_equal(
            tables["blend_peaks"]["id"], np.arange(1, len(tables["blend_peaks"]) + 1)
        )


def test_footprints_of_the_halo_are_flagged_and_others_are_not():
    coadd, (x, y) = star_scene(16.0, neighbours=NEIGHBOURS)
    made = peaks_of(coadd)
    footprints, classified = made["blend_footprints"], made["blend_classification"]
    flagged = np.asarray(footprints["flags"]) & FOOTPRINTS.flag("STAR_HALO") > 0
    assert np.array_equal(
        flagged, np.asarray(classified["flags"]) & CLASSIFICATION.flag("STAR_HALO") > 0
    )
    distance = np.hypot(footprints["x"] - x, footprints["y"] - y)
    assert flagged[distance.argmin()]
    assert not flagged[distance > 80].any()


def test_the_halo_ends_where_the_light_does():
    faint, bright = (
        mark_star_halos(fill_cores(star_scene(magnitude, spikes=False)[0]))[1][0]
        for magnitude in (17.0, 14.0)
    )
    assert 15 < faint.halo < 60
    assert bright.halo > 1.5 * faint.halo
    assert bright.core > faint.core


def test_a_hole_of_a_star_is_filled_up_to_a_point():
    coadd, (x, y) = star_scene(15.0, "NAN")
    marked, stars = mark_star_halos(coadd)
    assert len(stars) == 1
    assert np.hypot(stars[0].x - x, stars[0].y - y) < 0.2
    row, column = np.unravel_index(np.nanargmax(marked.image), marked.shape)
    assert np.hypot(column - x, row - y) < 1.0
    assert marked.in_planes(FILLED_CORE)[row, column]
    assert not marked.bad[row, column]
    assert coadd.bad[row, column]


def test_images_without_such_stars_stay_the_same_objects():
    rng = np.random.default_rng(1)
    image = galsim.ImageF(300, 300, scale=SCALE)
    seeing = galsim.Kolmogorov(fwhm=FWHM)
    # A bright star that is not saturated, a bright elliptical, an edge-on and a face-on disk.
    sources = [
        (galsim.DeltaFunction(), 3e8),
        (galsim.DeVaucouleurs(half_light_radius=2.0), 1e8),
        (galsim.Exponential(half_light_radius=2.0).shear(g1=0.6, g2=0), 1e8),
        (galsim.Sersic(n=0.3, half_light_radius=2.5), 5e8),
    ]
    for k, (source, flux) in enumerate(sources):
        place = galsim.PositionD(75.3 + 150 * (k % 2), 75.7 + 150 * (k // 2))
        image += (
            galsim.Convolve(source, seeing)
            .withFlux(flux)
            .drawImage(image=galsim.ImageF(300, 300, scale=SCALE), center=place, method="no_pixel")
        )
    variance = SKY_SIGMA**2 + image.array
    noise = rng.normal(size=variance.shape) * np.sqrt(variance)
    psf = seeing.drawImage(nx=45, ny=45, scale=SCALE, method="no_pixel").array
    coadd = Coadd(image.array + noise, variance, psf=psf)
    marked, stars = mark_star_halos(coadd)
    assert marked is coadd
    assert stars == ()


def test_a_dead_pixel_and_a_dead_column_are_no_stars():
    coadd, _ = star_scene(20.5, "SAT", spikes=False)
    image = coadd.image.copy()
    image[198:202, 201] = np.nan
    image[:, 190] = np.nan
    spoilt = fill_cores(coadd.replace(image=image))
    assert mark_star_halos(spoilt)[1] == ()


def test_without_a_free_plane_nothing_is_done():
    coadd, _ = star_scene(15.0)
    planes = {**{f"P{k}": k for k in range(MASK_BITS)}, "SAT": coadd.mask_planes["SAT"]}
    full = coadd.replace(mask_planes=planes)
    assert mark_star_halos(full) == (full, ())


def test_a_filter_knows_its_stars():
    coadd, (x, y) = star_scene(15.0)
    config = FilteringConfig()
    matched = fit_filter(coadd, config)
    assert len(matched.stars) == 1
    assert matched.coadd.in_planes(STAR_HALO)[round(y), round(x)]
    config.saturated_stars = "ignore"
    assert fit_filter(coadd, config).stars == ()


def test_positions_are_parent_pixels():
    coadd, (x, y) = star_scene(15.0)
    moved = coadd.replace(xy0=(1000, -50))
    _, stars = mark_star_halos(moved)
    assert np.hypot(stars[0].x - x - 1000, stars[0].y - y + 50) < 0.2
    peaks = peaks_of(moved)["blend_peaks"]
    star = peaks[having(peaks, "SATURATED_STAR")][0]
    assert np.hypot(star["f_x"] - x - 1000, star["f_y"] - y + 50) < 0.2
    assert (star["i_x"], star["i_y"]) == (round(x) + 1000, round(y) - 50)
