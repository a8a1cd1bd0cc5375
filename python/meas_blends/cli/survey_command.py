"""``blendtask survey``: the description of a survey from one of its images."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .errors import plainly
from .image_options import given_options, image_options

if TYPE_CHECKING:
    from ..data.coadd import Coadd
    from ..run.units import Unit
    from ..simulation.image_surveys import ImageSurvey

__all__ = ["survey"]

#: Endings by which a name is a YAML file's.
_ENDINGS = (".yaml", ".yml")


@click.command("survey", short_help="Describe the survey that an image is of, for simulations.")
@click.argument("image")
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(path_type=Path),
    metavar="FILE.yaml",
    help="Where to write the description.",
)
@click.option("--band", metavar="BAND", help="Band of the image, in place of the header's.")
@click.option(
    "--like",
    metavar="SURVEY",
    help="A survey like it, for what an image cannot tell: a name of blendtask list, or a YAML"
    " file.  [default: the nearest in band, pixels, PSF and depth]",
)
@click.option(
    "--gain",
    type=click.FloatRange(min=0, min_open=True),
    metavar="PHOTONS",
    help="Photons of one count of the image, in all exposures together.",
)
@image_options
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@click.option("-q", "--quiet", is_flag=True, help="Do not tell what was assumed.")
@click.option("--debug", is_flag=True, help="Show the traceback of an unexpected error.")
def survey(**options: object) -> None:
    """Measure noise, PSF, pixels and zero point of IMAGE, and write them as a survey.

    Scenes that are simulated with it look like the image, and models that are
    trained on them suit it (doc/surveys.md):

    \b
    blendtask survey coadd.fits -o mine.yaml
    blendtask run -p train -o training --scenes 40 -c simulate:survey=mine.yaml
    """
    _survey(**options)


@plainly
def _survey(
    image: str,
    output: Path,
    band: str | None,
    like: str | None,
    gain: float | None,
    force: bool,
    quiet: bool,
    debug: bool,
    **given: object,
) -> None:
    """Check, read, measure, write, and say what was found and assumed."""
    from ..errors import BadInputError

    if output.suffix.lower() not in _ENDINGS:
        raise BadInputError(
            f"-o {output}: not the name of a YAML file; give one, such as mine.yaml."
        )
    if output.exists() and not force:
        raise BadInputError(f"{output}: is there already; give another name, or --force.")
    from ..data.files import write_whole
    from ..run.units import Unit
    from ..simulation.image_surveys import survey_of_image
    from ..simulation.survey import Survey

    base = None if like is None else Survey.named(like)
    options = given_options(**given)
    unit = Unit(image, Path(image), options=options)
    unit.check()
    coadd = _read(unit, band)
    measured = survey_of_image(coadd, output.stem, base, gain)
    with write_whole(output) as temporary:
        temporary.write_text(measured.to_yaml(), "utf-8", "replace")
    click.echo(f"{output}: {measured.summary()}")
    click.echo(f"train for it: {_training(output, measured)}")
    for remark in () if quiet else (*coadd.remarks.values(), *measured.assumptions()):
        click.echo(f"{image}: {remark}", err=True)


def _read(unit: Unit, band: str | None) -> Coadd:
    """Read and complete the image, its band by header, else by name, unless given."""
    from ..data.image_names import image_stem, split_name
    from ..run.images import read_image

    _, named = split_name(image_stem(unit.path))
    coadd = read_image(unit.path, unit.options, named)
    return coadd if band is None else coadd.replace(band=band)


def _training(output: Path, measured: ImageSurvey) -> str:
    """How to train on scenes of the survey."""
    low, high = measured.seeing_range
    options = [f"simulate:survey={output}", f"simulate:psf_fwhm_range=[{low:g},{high:g}]"]
    if measured.survey.psf_diffraction > 0:
        options.append("simulate:psf_beta_choices=[]")
    chosen = " ".join(f"-c {option}" for option in options)
    return f"blendtask run -p train -o training --scenes 40 {chosen}"
