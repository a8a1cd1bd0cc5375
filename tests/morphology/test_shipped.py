"""The shipped package on a coadd that GalSim itself drew."""

import galsim
import numpy as np
import pytest

from meas_blends.data.catalogs import PEAKS
from meas_blends.data.coadd import NANOJANSKY_ZERO_POINT, Coadd
from meas_blends.data.footprints import labels_to_spans
from meas_blends.data.morphology_tables import MORPHOLOGY
from meas_blends.data.packages import find_package, shipped_packages
from meas_blends.morphology.calibration import coverage, residual_summary
from meas_blends.morphology.compact import CompactEstimator
from meas_blends.morphology.conditions import Conditions
from meas_blends.morphology.measured import measure_drawn
from meas_blends.morphology.populations import LogUniform, Table1, draw_galaxies
from meas_blends.morphology.posterior import BULGE_LIMIT
from meas_blends.morphology.simulate import StampSimulator
from meas_blends.simulation.survey import Survey
from meas_blends.tasks.measure_morphology import MeasureMorphologyTask

PITCH, SIDE, SCALE, NOISE, FWHM = 66, 12, 0.2, 7.0, 0.75


def draw_galaxy(image, sample, i, psf, x, y):
    """Add one galaxy at 0-based pixels with GalSim; return its flux."""
    components = []
    for name in ("bulge", "disk"):
        radius, q, angle, index = (
            getattr(sample, f"{name}_{part}")[i] for part in ("radius", "axis_ratio", "angle", "n")
        )
        # GalSim makes a table for each index: near ones share theirs.
        index = round(10 * index) / 10
        profile = galsim.Sersic(index, half_light_radius=radius * np.sqrt(q))
        components.append(profile.shear(q=q, beta=angle * galsim.radians))
    share = sample.bulge_to_total[i]
    seen = galsim.Convolve(share * components[0] + (1 - share) * components[1], psf)
    stamp = galsim.ImageF(PITCH, PITCH, xmin=round(x) - PITCH // 2, ymin=round(y) - PITCH // 2)
    seen.drawImage(stamp, scale=SCALE, center=galsim.PositionD(x, y))
    flux = sample.signal_to_noise[i] * NOISE / np.sqrt(np.sum(stamp.array**2))
    inside = stamp.bounds & image.bounds
    image[inside] += flux * stamp[inside]
    return flux


@pytest.fixture(scope="module", params=[False, True], ids=["network", "refined"])
def measured(request):
    """Truth and table of a grid of isolated galaxies with S/N near 100."""
    rng = np.random.default_rng(2024)
    population = LogUniform(radius=(0.15, 1.2), signal_to_noise=(70.0, 150.0))
    n = SIDE**2
    sample = draw_galaxies(rng, n, population, Conditions())
    psf = galsim.Kolmogorov(fwhm=FWHM)
    cell = np.stack(np.divmod(np.arange(n), SIDE)[::-1], axis=1)
    x, y = ((cell + 0.5) * PITCH + rng.uniform(-0.5, 0.5, (n, 2))).T
    image = galsim.ImageF(PITCH * SIDE, PITCH * SIDE, xmin=0, ymin=0)
    flux = np.array([draw_galaxy(image, sample, i, psf, x[i], y[i]) for i in range(n)])
    pixels = image.array + rng.normal(0, NOISE, image.array.shape)
    coadd = Coadd(
        pixels,
        np.full(pixels.shape, NOISE**2),
        psf=psf.drawImage(nx=41, ny=41, scale=SCALE).array,
        zero_point=27.0,
        pixel_scale=SCALE,
    )
    py, px = np.indices(pixels.shape)
    labels = (py // PITCH) * SIDE + px // PITCH + 1
    offset = (py % PITCH - PITCH // 2) ** 2 + (px % PITCH - PITCH // 2) ** 2
    labels[offset > 20**2] = 0
    row = dict.fromkeys((column.name for column in PEAKS.all_columns), 0)
    row |= {"id": np.arange(n), "footprintId": np.arange(n) + 1, "f_x": x, "f_y": y}
    row |= {"i_x": np.rint(x), "i_y": np.rint(y)}
    config = MeasureMorphologyTask.ConfigClass()
    config.estimator["compact"].device = "cpu"
    config.estimator["compact"].refine = request.param
    table = (
        MeasureMorphologyTask(config=config)
        .run(coadd=coadd, spans=labels_to_spans(labels), peaks=PEAKS.make(row))
        .morphology
    )
    truth = {
        "bulgeToTotal": sample.bulge_to_total,
        "halfLightRadius": sample.half_light_radius,
        "flux": flux * 10 ** (0.4 * (NANOJANSKY_ZERO_POINT - 27.0)),
    }
    return truth, table


def test_galaxies_are_within_the_training(measured):
    _, table = measured
    unlike = table["flags"] & MORPHOLOGY.flag("OUTSIDE_TRAINING") != 0
    assert unlike.mean() < 0.05


@pytest.mark.parametrize(
    ("target", "bias", "scatter"),
    [("bulgeToTotal", 0.08, 0.3), ("halfLightRadius", 0.05, 0.2), ("flux", 0.03, 0.08)],
)
def test_medians_are_near_the_truth(measured, target, bias, scatter):
    truth, table = measured
    residual = table[f"{target}_p50"] - truth[target]
    if target != "bulgeToTotal":
        residual /= truth[target]
    assert abs(np.median(residual)) < bias
    assert 1.4826 * np.median(np.abs(residual)) < scatter


@pytest.mark.parametrize("target", ["bulgeToTotal", "halfLightRadius", "flux"])
def test_intervals_cover(measured, target):
    truth, table = measured
    # Pure components lie beyond what a logit can reach: at the limits, as in training.
    true = truth[target]
    if target == "bulgeToTotal":
        true = np.clip(true, BULGE_LIMIT, 1 - BULGE_LIMIT)
    for low, high, expected in (("p15865", "p84135", 0.6827), ("p02275", "p97725", 0.9545)):
        inside = (table[f"{target}_{low}"] <= true) & (true <= table[f"{target}_{high}"])
        error = np.sqrt(expected * (1 - expected) / len(true))
        assert inside.mean() == pytest.approx(expected, abs=3.5 * error)


def test_the_default_package_knows_how_to_refine():
    package = find_package("compact_lsst")
    estimator = CompactEstimator.from_package(package)
    learned = package.meta["training"]["settings"]["galaxies"]
    assert estimator.prior.single_share == learned["single_share"]
    assert list(estimator.prior.bulge_n) == learned["bulge_n"]
    assert estimator.refined_calibration.quantiles.shape[1:] == (3, 7)


@pytest.mark.parametrize("name", ["compact_lsst", "compact_hsc"])
def test_the_shipped_packages_are_small(name):
    folder = shipped_packages()[name]
    assert sum(path.stat().st_size for path in folder.iterdir()) < 5e6


def test_galaxies_of_table_1_in_hsc():
    estimator = CompactEstimator.from_package(find_package("compact_hsc"))
    conditions = Conditions.of_survey(Survey.named("hsc_g"), (0.7, 0.85))
    simulator = StampSimulator(Table1(), conditions, estimator.stamp_size)
    measured = measure_drawn(estimator, simulator, np.random.default_rng(11), 150)
    scatter = {
        target: values["scatter"]
        for target, values in residual_summary(measured.posterior, measured.truth).items()
    }
    # The typical errors of Ghosh et al. (2022).
    assert scatter["bulgeToTotal"] < 0.10
    assert scatter["halfLightRadius"] < 0.07
    assert scatter["flux"] < 0.02
    for shares in coverage(measured.posterior, measured.truth).values():
        assert shares["68.27"] == pytest.approx(68.27, abs=13)
