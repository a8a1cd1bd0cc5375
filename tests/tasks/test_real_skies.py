"""The tasks of real skies, on analytic galaxies and a drawn field."""

import galsim
import numpy as np
import pytest
from astropy.io import fits
from lsst.pipe.base import testUtils

from meas_blends.data.real_sky_tables import PAIRS, REAL_MORPHOLOGY, SINGLES
from meas_blends.errors import BadInputError
from meas_blends.simulation.survey import Survey
from meas_blends.tasks.compare_space import CompareSpaceTask
from meas_blends.tasks.measure_singles import MeasureSinglesTask
from meas_blends.tasks.report_sky import ReportSkyTask
from meas_blends.tasks.score_pairs import ScorePairsTask
from meas_blends.tasks.score_singles import ScoreSinglesTask
from sky_toys import space_galaxy, two_telescopes, write_catalogue

TASKS = (ScoreSinglesTask, ScorePairsTask, MeasureSinglesTask, CompareSpaceTask, ReportSkyTask)


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory):
    smooth = galsim.Exponential(half_light_radius=0.25)
    knots = [galsim.Gaussian(sigma=0.03, flux=0.1).shift(x, 0.15) for x in (-0.25, 0.2)]
    galaxies = [space_galaxy(smooth, name, 64) for name in ("4", "42")]
    galaxies += [space_galaxy(galsim.Add([smooth, *knots]), name, 64) for name in ("8", "24")]
    path = tmp_path_factory.mktemp("real") / "galaxies.fits"
    write_catalogue(path, galaxies)
    return str(path)


def make_task(kind, catalogue=None, **changes):
    config = kind.ConfigClass()
    if hasattr(config, "finders"):
        config.finders.names = ["local_maxima"]
    if catalogue:
        config.galaxies = [catalogue]
        config.snr, config.radius, config.repeats = [100.0], [0.3], 1
        config.references = ["sersic n=1"]
    for name, value in changes.items():
        setattr(config, name, value)
    config.validate()
    return kind(config=config)


@pytest.fixture(scope="module")
def singles(catalogue):
    return make_task(ScoreSinglesTask, catalogue).run()


@pytest.fixture(scope="module")
def field(tmp_path_factory):
    """Files of a field with four galaxies, two of them 0.8 arcsec apart."""
    folder = tmp_path_factory.mktemp("field")
    survey = Survey.named("lsst_i")
    places = np.array([(15, 15), (60, 20), (40, 58), (44, 58)], float)
    ground, space = two_telescopes(places, np.full(4, 2e6), survey, (80, 80))
    for name, coadd in (("ground", ground), ("space", space)):
        header = coadd.wcs.to_header()
        if np.isfinite(coadd.zero_point):
            header["MAGZERO"] = coadd.zero_point
        planes = [fits.ImageHDU(coadd.image, header, name="IMAGE")]
        planes.append(fits.ImageHDU(coadd.variance, name="VARIANCE"))
        fits.HDUList([fits.PrimaryHDU(), *planes]).writeto(folder / f"{name}.fits")
        psf = coadd.psf.middle
        fits.PrimaryHDU(np.stack([np.zeros_like(psf), psf])).writeto(folder / f"{name}_psf.fits")
    return folder


@pytest.fixture(scope="module")
def compared(field):
    return make_task(
        CompareSpaceTask,
        ground=[f"{field}/ground.fits"],
        space=[f"{field}/space.fits"],
        ground_psf=[f"{field}/ground_psf.fits#1"],
        space_psf=[f"{field}/space_psf.fits#1"],
        morphology_of="local_maxima",
    ).run()


@pytest.mark.parametrize("kind", TASKS)
def test_connections(kind):
    testUtils.lintConnections(kind.ConfigClass.ConnectionsClass)


def test_singles_are_of_the_half_that_was_asked_for(catalogue, singles):
    SINGLES.check(singles.outcomes)
    real = singles.outcomes[singles.outcomes["sample"] == "real"]
    assert set(real["galaxy"]) == {"8", "24"}
    assert set(real["half"]) == {"held"}
    assert set(real["kind"]) == {"structured"}
    assert set(singles.outcomes["peakFinder"]) == {"local_maxima", "sep"}
    both = make_task(ScoreSinglesTask, catalogue, half="all", sep=False).run()
    assert set(both.outcomes["galaxy"][both.outcomes["sample"] == "real"]) == {"4", "42", "8", "24"}
    assert set(both.rates["half"]) == {"choose", "held", "all", ""}
    assert {"templates.png", "singles_0.3.png", "index.html"} <= set(singles.gallery.files)


def test_a_script_and_a_task_agree(catalogue, singles):
    from meas_blends.data.space_galaxies import read_space_galaxies
    from meas_blends.evaluation.skies.finders import local_maxima, plain_sep
    from meas_blends.evaluation.skies.singles import singles as score
    from meas_blends.evaluation.skies.templates import make_template

    galaxies = sorted(read_space_galaxies(catalogue, "held"), key=lambda one: one.name)
    table = score(
        {"local_maxima": local_maxima(), "sep": plain_sep()},
        [make_template(galaxy) for galaxy in galaxies],
        Survey.named("lsst_i"),
        snr=[100.0],
        radius=[0.3],
        references=["sersic n=1"],
        repeats=1,
    )
    for name in ("galaxy", "nPeaks", "peakFinder"):
        assert table[name].tolist() == singles.outcomes[name].tolist()


def test_left_out_and_faint_galaxies(catalogue):
    one = make_task(ScoreSinglesTask, catalogue, leave_out=["8"]).run()
    assert set(one.outcomes["galaxy"][one.outcomes["sample"] == "real"]) == {"24"}
    none = make_task(ScoreSinglesTask, catalogue, min_significance=1e6).run()
    assert set(none.outcomes["sample"]) == {"sersic n=1"}
    most = make_task(ScoreSinglesTask, catalogue, half="all", max_galaxies=1)
    assert len(most.config.chosen_galaxies()) == 1


def test_images_of_singles(catalogue, field):
    task = make_task(ScoreSinglesTask, catalogue, images=[f"{field}/ground.fits"], sep=False)
    outcomes = task.run().outcomes
    assert np.sum(outcomes["sample"] == "image") == 3
    assert "image" not in set(task.run().rates["sample"])


def test_pairs(catalogue):
    task = make_task(ScorePairsTask, catalogue, separation=[3.0], ratio=[1.0], samples=["real"])
    result = task.run()
    PAIRS.check(result.outcomes)
    assert set(result.rates["bothFound"][result.rates["peakFinder"] == "local_maxima"]) == {1}


def test_measured_singles(catalogue):
    result = make_task(MeasureSinglesTask, catalogue, snr=[300.0]).run()
    REAL_MORPHOLOGY.check(result.outcomes)
    assert result.outcomes["measured"].all()
    known = result.outcomes[result.outcomes["sample"] == "sersic n=1"]
    np.testing.assert_allclose(known["flux_p50"], known["trueFlux"], rtol=0.1)
    np.testing.assert_allclose(known["radius_p50"], known["trueRadius"], rtol=0.1)
    # The major axis is no less than the radius of a circle.
    assert np.all(known["trueRadius"] >= 0.99 * known["radius"])
    rates = result.rates[result.rates["sample"] == "sersic n=1"]
    assert abs(rates["fluxBias"][0]) < 0.05
    assert 0 <= rates["radiusCovered95"][0] <= 1


def test_space_against_ground(compared):
    rates = compared.rates[compared.rates["bin"] == "all"]
    assert set(rates["nSpace"]) == {4}
    for name in ("local_maxima", "sep"):
        row = rates[rates["peakFinder"] == name][0]
        assert row["recall"] == pytest.approx(0.75)
        assert row["precision"] == pytest.approx(1)
        assert row["unrecognised"] == pytest.approx(1 / 3)
    assert set(compared.objects["field"]) == {"ground"}
    assert {"field_0.png", "index.html"} <= set(compared.gallery.files)


def test_morphology_against_space(compared):
    table = compared.morphology
    assert len(table) == 3
    alone = table[np.asarray(table["f_y"]) < 40]
    np.testing.assert_allclose(alone["flux_p50"], alone["trueFlux"], rtol=0.15)
    np.testing.assert_allclose(alone["trueRadius"], 0.15, rtol=0.15)


def test_nothing_given_is_no_mistake(catalogue):
    result = make_task(CompareSpaceTask, morphology_of="").run()
    assert len(result.rates) == len(result.matches) == len(result.morphology) == 0
    assert "index.html" in result.gallery.files


def test_lists_that_do_not_go_together(field):
    with pytest.raises(ValueError, match="space has 0 entries and ground 1"):
        make_task(CompareSpaceTask, ground=["a.fits"], morphology_of="")
    with pytest.raises(ValueError, match="morphology_of is gp, which is none"):
        make_task(CompareSpaceTask)
    task = make_task(
        CompareSpaceTask,
        ground=[f"{field}/ground.fits"],
        space=[f"{field}/space.fits"],
        ground_psf=[f"{field}/none.fits"],
        morphology_of="",
    )
    with pytest.raises(BadInputError, match=r"none\.fits: no PSF image"):
        task.run()


def test_a_report_of_all_parts(catalogue, singles, compared):
    pairs = make_task(ScorePairsTask, catalogue, separation=[1.0, 3.0], ratio=[1.0]).run()
    morphology = make_task(MeasureSinglesTask, catalogue).run()
    report = make_task(ReportSkyTask).run(
        outcomes=singles.outcomes,
        singles=singles.rates,
        pairs=pairs.rates,
        morphology=morphology.rates,
        space=compared.rates,
        space_morphology=compared.morphology,
        singles_gallery=singles.gallery,
        space_gallery=compared.gallery,
    )
    files = report.report.files
    page = files["index.html"].decode()
    for name in ("singles", "pairs", "space", "morphology", "space_morphology", "making"):
        assert f'<section id="{name}">' in page
    # No images of singles were given.
    assert '<section id="images">' not in page
    assert "the half of the real galaxies that is kept for reports" in page
    shown = {part.partition('"')[0] for part in page.split('src="')[1:]}
    assert shown == {name for name in files if name.endswith(".png")}
    assert all(files[name].startswith(b"\x89PNG") for name in shown)
    assert {"singles.ecsv", "pairs.ecsv", "space.ecsv", "morphology.ecsv"} <= set(files)


def test_a_report_of_nothing():
    files = make_task(ReportSkyTask, half="choose").run().report.files
    assert set(files) == {"index.html"}
    assert "chosen on: no report" in files["index.html"].decode()
