"""PSF files of other makers, written by scripts beside this checkout."""

import shutil
import subprocess
import sys

import numpy as np
import pytest
from astropy.io import fits

from meas_blends.detection.psf import psf_fwhm
from meas_blends.errors import BadInputError
from meas_blends.run.images import ImageOptions, read_image, read_psf

#: Width of the PSF of all of them, pixel included [pixel].
FWHM = 3.585


@pytest.fixture(scope="module")
def cases(shared_data, tmp_path_factory):
    """Copies of the cases of PSFs, and an image that they belong to."""
    source = shared_data.parent / "cases"
    if not source.is_dir():
        pytest.skip("the folder of cases is not beside this checkout")
    folder = tmp_path_factory.mktemp("cases")
    for path in [*source.glob("psf_*"), *source.glob("ok/psf_*")]:
        shutil.copytree(path, folder / path.name)
    shutil.copy(source / "lib.py", folder)
    code = (
        "from lib import *; h = tan(); h['BUNIT'] = 'nJy';"
        "put([fits.PrimaryHDU(scene()[0].astype('f4'), h)], file='image.fits')"
    )
    script = folder / "image.py"
    script.write_text(code)
    for path in [script, *sorted(folder.glob("*/make.py"))]:
        subprocess.run([sys.executable, str(path)], check=True, cwd=folder)
    return folder


def read(cases, name):
    """The image with a case's PSF, or the case's image."""
    if (cases / name / "psf.fits").exists():
        options = ImageOptions(psf=read_psf(cases / name / "psf.fits"))
        return read_image(cases / "image.fits", options)
    return read_image(cases / name / f"{name}.fits", ImageOptions())


@pytest.mark.parametrize("name", ["psf_cube", "psf_grid", "psf_psfex"])
def test_what_is_no_psf_is_refused_in_a_sentence(cases, name):
    with pytest.raises(BadInputError, match=r"psf.fits: .* give .*FWHM in arcsec"):
        read(cases, name)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("psf_even", True),
        ("psf_hdu_even", True),
        ("psf_over4", False),
        ("psf_neg", False),
        ("psf_shift", True),
    ],
)
def test_what_can_be_put_right_is(cases, name, said):
    coadd = read(cases, name)
    image = coadd.psf.middle
    assert psf_fwhm(image) == pytest.approx(FWHM, rel=0.005)
    assert ("PSF" in coadd.remarks) == said
    y, x = np.unravel_index(image.argmax(), image.shape)
    assert (2 * y + 1, 2 * x + 1) == image.shape
    assert image.sum() == pytest.approx(1.0, abs=1e-5)


def test_an_oversampled_psf_without_a_sampled_one(cases, tmp_path):
    with fits.open(cases / "psf_over4" / "psf.fits") as hdus:
        fits.PrimaryHDU(hdus[0].data, hdus[0].header).writeto(tmp_path / "cards.fits")
        fits.writeto(tmp_path / "bare.fits", hdus[0].data)
    for name in ("cards", "bare"):
        options = ImageOptions(psf=read_psf(tmp_path / f"{name}.fits"))
        coadd = read_image(cases / "image.fits", options)
        assert psf_fwhm(coadd.psf.middle) == pytest.approx(FWHM, rel=0.01)
        assert "PSF" in coadd.remarks
