"""What differs from scene to scene."""

import numpy as np
import pytest

from meas_blends.errors import BadInputError
from meas_blends.simulation.variation import SceneValues, Variation


def _draw(variation: Variation, sky: int, view: int) -> SceneValues:
    return variation.draw(np.random.default_rng(sky), np.random.default_rng(view))


def test_nothing_varies_unless_asked():
    assert _draw(Variation(), 1, 2) == SceneValues()


def test_values_fill_their_ranges():
    variation = Variation(psf_fwhm=(0.5, 1.1), extra_depth=(-0.7, 0.7), size_scale=(0.8, 1.25))
    values = [_draw(variation, k, 1000 + k) for k in range(400)]
    fwhm = np.array([v.psf_fwhm for v in values])
    assert 0.5 <= fwhm.min() < 0.52 and 1.08 < fwhm.max() <= 1.1
    assert fwhm.mean() == pytest.approx(0.8, abs=0.03)
    assert np.mean([v.extra_depth for v in values]) == pytest.approx(0.0, abs=0.07)
    assert np.exp(np.mean(np.log([v.size_scale for v in values]))) == pytest.approx(1.0, abs=0.02)
    assert all(v.density_scale is None for v in values)


def test_bands_share_the_sky_but_not_the_seeing():
    variation = Variation(psf_fwhm=(0.5, 1.1), size_scale=(0.8, 1.25), nominal=0.3)
    for scene in range(20):
        one, other = _draw(variation, scene, 100 + scene), _draw(variation, scene, 200 + scene)
        assert one.size_scale == other.size_scale
        assert (one.psf_fwhm is None) == (other.psf_fwhm is None)
        assert one.psf_fwhm is None or one.psf_fwhm != other.psf_fwhm


def test_a_share_stays_nominal():
    variation = Variation(psf_fwhm=(0.5, 1.1), nominal=0.3)
    nominal = [_draw(variation, k, k) == SceneValues() for k in range(1000)]
    assert np.mean(nominal) == pytest.approx(0.3, abs=0.05)


def test_one_range_leaves_the_others_alone():
    narrow = _draw(Variation(extra_depth=(-0.7, 0.7)), 1, 2)
    wide = _draw(Variation(extra_depth=(-0.7, 0.7), psf_fwhm=(0.5, 1.1)), 1, 2)
    assert narrow.extra_depth == wide.extra_depth


@pytest.mark.parametrize(
    "wrong", [{"psf_fwhm": (1.1, 0.5)}, {"size_scale": (0.0, 1.0)}, {"nominal": 1.5}]
)
def test_refuses_wrong_values(wrong):
    with pytest.raises(BadInputError, match=next(iter(wrong))):
        Variation(**wrong)
