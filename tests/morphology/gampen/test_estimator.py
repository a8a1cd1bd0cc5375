"""The estimator: units, seeds, batches, and the quirks of the public pipeline."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.special import expit, logit

from gampen_toys import SETTINGS, SIZE, TINY, galaxies, tiny_network
from meas_blends.errors import BadInputError
from meas_blends.morphology.gampen.estimator import GampenEstimator
from meas_blends.morphology.gampen.inputs import network_images
from meas_blends.morphology.gampen.settings import GampenSettings
from meas_blends.morphology.gaussian import covariance

#: Flux of one count at the zero point of the toy's training.
NANOJANSKY = 10 ** (0.4 * (31.4 - 27.0))


def estimator(network=None, settings=SETTINGS, **options):
    known = GampenSettings.from_meta(settings, "toy")
    return GampenEstimator(network or tiny_network(), known, **options)


def constant(outputs):
    """Network that gives these numbers for every image."""
    network = tiny_network()
    network.vgg.classifier[-1].weight.data.zero_()
    network.vgg.classifier[-1].bias.data[:] = torch.tensor(outputs)
    return network


def with_target(number, **change):
    settings = copy.deepcopy(SETTINGS)
    settings["targets"][number] |= change
    return settings


def make_counts(n, seed=3):
    return np.sinh(galaxies(n, seed=seed).numpy()).astype(np.float32)


def make_stamps(counts, sigma, nanojansky=NANOJANSKY, pixel_scale=0.168):
    """Stamps of images in counts of that zero point."""
    sigma = np.full(len(counts), sigma)
    return SimpleNamespace(
        images=(counts[:, 0] / sigma[:, None, None]).astype(np.float32),
        sigma=sigma,
        pixel_scale=pixel_scale,
        nanojansky_per_count=nanojansky,
        __len__=lambda: len(counts),
    )


def test_in_evaluation_mode_it_is_the_network():
    network, counts = tiny_network(), make_counts(5)
    posterior = estimator(network, passes=0).posterior(counts, batch_size=2)
    images = torch.arcsinh(torch.from_numpy(counts)).expand(-1, 3, -1, -1)
    outputs = network(images).detach().double()
    mean, std = np.array([-0.4, 0.2, 7.0]), np.array([1.5, 0.4, 1.2])
    np.testing.assert_allclose(posterior.mean, outputs[:, :3].numpy() * std + mean, atol=1e-5)
    expected = covariance(outputs).numpy() * np.outer(std, std)
    np.testing.assert_allclose(posterior.covariance, expected, rtol=1e-4, atol=1e-5)


def test_dropout_widens_the_posterior():
    counts = make_counts(6)
    plain = estimator(passes=0).posterior(counts)
    dropped = estimator(tiny_network(dropout_rate=0.1), passes=50).posterior(counts)
    assert (dropped.sigma > plain.sigma).mean() > 0.8


@pytest.mark.parametrize("draws", [0, 5])
def test_one_image_has_one_posterior_whatever_is_beside_it(draws):
    counts = make_counts(7)
    measure = estimator(passes=4, draws=draws)
    whole = measure.posterior(counts)
    order = [4, 0, 6]
    part = measure.posterior(counts[order], batch_size=2)
    np.testing.assert_allclose(part.quantiles, whole.quantiles[order], atol=1e-5)
    np.testing.assert_allclose(part.covariance, whole.covariance[order], atol=1e-5)
    other = estimator(passes=4, draws=draws, seed=1).posterior(counts)
    assert (np.abs(other.mean - whole.mean) > 1e-4).all()


def test_more_passes_begin_with_the_same():
    counts = make_counts(3)
    few, _ = estimator(passes=2).mixture(counts)
    many, _ = estimator(passes=5).mixture(counts)
    np.testing.assert_allclose(many.mean[:2], few.mean, atol=1e-6)
    assert np.ptp(many.mean, axis=0).min() > 1e-4


def test_draws_scatter_about_the_mixture():
    counts = make_counts(3)
    exact = estimator(passes=20).posterior(counts)
    drawn = estimator(passes=20, draws=2000).posterior(counts)
    np.testing.assert_allclose(drawn.sigma, exact.sigma, rtol=0.03)
    np.testing.assert_allclose(
        drawn.quantiles[:, :, 3] / exact.sigma, exact.quantiles[:, :, 3] / exact.sigma, atol=0.04
    )


@pytest.mark.parametrize("nanojansky", [NANOJANSKY, 1.0, 300.0])
@pytest.mark.parametrize("sigma", [1.0, 0.02, 40.0])
def test_units_of_the_image_do_not_matter(nanojansky, sigma):
    counts = make_counts(4)
    measure = estimator(passes=3)
    expected = measure.posterior(counts)
    stamps = make_stamps(counts * NANOJANSKY / nanojansky, sigma, nanojansky)
    got = measure.predict(stamps).posterior
    # Back to arcsec and to counts of the training.
    back = [0.0, np.log(0.168), np.log(sigma * nanojansky / NANOJANSKY)]
    np.testing.assert_allclose(got.mean + back, expected.mean, atol=2e-4)
    np.testing.assert_allclose(got.sigma, expected.sigma, rtol=1e-3)


def test_a_network_that_predicts_nanojanskys():
    outputs = (0.1, -0.2, 0.3) + (0.0,) * 6
    settings = with_target(2, unit="nJy")
    posterior = (
        estimator(constant(outputs), settings, passes=0)
        .predict(make_stamps(make_counts(2), 5.0, 2.0))
        .posterior
    )
    # e^(0.3 * 1.2 + 7) nJy, where 5 counts of 2 nJy are the unit.
    np.testing.assert_allclose(posterior.mean[:, 2], 0.36 + 7.0 - np.log(10.0), atol=1e-5)
    np.testing.assert_allclose(posterior.mean[:, 1], 0.12 - np.log(0.168), atol=1e-5)


def test_stamps_of_an_unknown_zero_point_are_taken_as_those_of_the_training():
    counts, measure = make_counts(3), estimator(passes=2)
    known, unknown = make_stamps(counts, 3.0), make_stamps(counts, 3.0, np.nan)
    np.testing.assert_allclose(
        measure.predict(unknown).posterior.quantiles,
        measure.predict(known).posterior.quantiles,
        atol=1e-6,
    )


@pytest.mark.parametrize(
    ("change", "outside"),
    [
        ({}, False),
        ({"pixel_scale": 0.2}, True),
        ({"pixel_scale": np.nan}, False),
        ({"nanojansky": np.nan}, True),
    ],
)
def test_stamps_unlike_those_of_the_training(change, outside):
    stamps = make_stamps(make_counts(2), 3.0, **change)
    stamps = type("Stamps", (), {**vars(stamps), "__len__": lambda self: 2})()
    assert estimator().outside_training(stamps).tolist() == [outside] * 2


def test_targets_are_found_by_their_names():
    outputs = (0.1, 0.2, 0.3, 0.4) + (0.0,) * 10
    extra = {"name": "ellipticity", "transform": "logit", "mean": 0.0, "std": 1.0}
    bulge, radius, flux = SETTINGS["targets"]
    network = tiny_network(type(TINY)(SIZE, 3, 4, TINY.localisation, TINY.blocks, TINY.hidden))
    network.vgg.classifier[-1].weight.data.zero_()
    network.vgg.classifier[-1].bias.data[:] = torch.tensor(outputs)
    settings = SETTINGS | {"targets": [flux, extra, bulge, radius]}
    posterior = estimator(network, settings, passes=0).posterior(make_counts(2))
    expected = [0.3 * 1.5 - 0.4, 0.4 * 0.4 + 0.2, 0.1 * 1.2 + 7.0]
    np.testing.assert_allclose(posterior.mean, [expected] * 2, atol=1e-6)
    lacking = SETTINGS | {"targets": [extra, bulge, radius]}
    with pytest.raises(BadInputError, match="does not predict flux"):
        estimator(settings=lacking).posterior(make_counts(1))


def test_several_bands():
    architecture = type(TINY)(SIZE, 2, 3, TINY.localisation, TINY.blocks, TINY.hidden)
    settings = SETTINGS | {"bands": ["g", "r"]}
    measure = estimator(tiny_network(architecture), settings, passes=2)
    counts = np.sinh(galaxies(3, bands=2).numpy())
    assert measure.posterior(counts).mean.shape == (3, 3)
    with pytest.raises(BadInputError, match="takes images in g, r at once"):
        measure.predict(make_stamps(counts[:, :1], 1.0))


def test_the_share_of_the_image_that_it_looks_at():
    network, counts = tiny_network(), make_counts(4)
    got = estimator(network, passes=2).predict(make_stamps(counts, 3.0), batch_size=3).crop_scale
    images = torch.arcsinh(torch.from_numpy(counts)).expand(-1, 3, -1, -1)
    np.testing.assert_allclose(got, network.scale(images).detach(), atol=1e-5)


def test_no_stamp():
    prediction = estimator().predict(make_stamps(make_counts(2)[:0], 1.0))
    assert prediction.posterior.quantiles.shape == (0, 3, 7)
    assert prediction.crop_scale.shape == (0,)


def test_quirks_of_the_public_pipeline():
    # A B/T near zero, of which the lowest quantiles are snapped.
    bulge, flux = (logit(0.013) + 0.4) / 1.5, 0.3
    outputs = (bulge, 0.0, flux) + (0.0,) * 6
    plain = estimator(constant(outputs), passes=0)
    public = estimator(constant(outputs), passes=0, public_pipeline=True)
    counts = make_counts(1)
    assert plain.posterior(counts).physical_quantiles()[0, 0, 3] == pytest.approx(0.013, rel=1e-5)
    share = public.posterior(counts).physical_quantiles()[0, 0]
    sigmas = np.arange(-3, 4)
    expected = expit(logit(0.013) + 1.5 * sigmas)
    # The epsilon of the settings.
    expected = np.where(expected <= 0.01, 0.0, np.where(expected >= 0.99, 1.0, expected))
    np.testing.assert_allclose(share, expected, rtol=1e-4)
    assert (share[:3] == 0).all()
    # Its magnitudes have a slope of -2.512 where others have -2.5.
    public_flux = public.posterior(counts).physical_quantiles()[0, 2]
    log_count = (7.0 + 1.2 * flux + 1.2 * sigmas) / np.log(10)
    np.testing.assert_allclose(-2.5 * np.log10(public_flux), -2.512 * log_count, rtol=1e-5)


def test_the_two_ways_to_write_the_arsinh():
    counts = torch.tensor([-30.0, -1.0, 0.0, 1e-3, 5.0, 3e4])
    plain, published = network_images(counts), network_images(counts, as_published=True)
    torch.testing.assert_close(plain, torch.arcsinh(counts.double()).float(), rtol=1e-6, atol=0)
    torch.testing.assert_close(published, plain, rtol=0, atol=2e-4)
    # What the published one loses in float32.
    far = torch.tensor([-1e5])
    assert torch.isinf(network_images(far, as_published=True)) and torch.isfinite(
        network_images(far)
    )


def test_a_package_keeps_settings_and_memory():
    first = estimator(passes=3)
    package = first.to_package("toy", "3", "a toy", {"seed": [1]})
    assert package.kind == "morphology_gampen" and package.meta["seed"] == [1]
    weights = first.network.vgg.classifier[0].weight
    assert package.arrays["network.vgg.classifier.0.weight"].ctypes.data == weights.data_ptr()
    back = GampenEstimator.from_package(package, passes=3)
    counts = make_counts(2)
    np.testing.assert_array_equal(back.posterior(counts).mean, first.posterior(counts).mean)
    for name in ("network.fc_loc.2.bias", "settings"):
        arrays = {key: a for key, a in package.arrays.items() if key != name}
        meta = {key: value for key, value in package.meta.items() if key != name}
        broken = type(package)(package.kind, "toy", "3", "", meta, arrays)
        with pytest.raises(BadInputError, match="toy 3: "):
            GampenEstimator.from_package(broken)
