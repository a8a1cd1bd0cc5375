"""Score peak finders on real single galaxies."""

from __future__ import annotations

import lsst.pipe.base.connectionTypes as ct
from lsst.pex.config import Field, ListField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.pages import Pages
from ..simulation.survey import Survey
from .real_galaxies import DrawingConfig, FindersConfig, chosen_finders

__all__ = ["ScoreSinglesConfig", "ScoreSinglesConnections", "ScoreSinglesTask"]

_RUN = ("skymap",)


class ScoreSinglesConnections(PipelineTaskConnections, dimensions=_RUN):
    """Nothing in, outcomes, rates and pictures out."""

    outcomes = ct.Output(
        doc="One row a galaxy, as it is drawn, and peak finder.",
        name="real_single_outcomes",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    rates = ct.Output(
        doc="False blends, flux kept and blend probability in bins.",
        name="real_single_rates",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    gallery = ct.Output(
        doc="Pictures of the galaxies and of their peaks.",
        name="real_single_gallery",
        storageClass="BlendReport",
        dimensions=_RUN,
    )


class ScoreSinglesConfig(
    PipelineTaskConfig, DrawingConfig, FindersConfig, pipelineConnections=ScoreSinglesConnections
):
    """Configuration of `ScoreSinglesTask`."""

    images = ListField[str](
        doc="Images that others made of isolated single galaxies, in FITS: each footprint counts as"
        " one galaxy, of the sample 'image'.",
        default=[],
    )
    image_background = Field[bool](
        doc="Subtract a background from these images first?", default=False
    )
    gallery_snr = Field[float](
        doc="S/N of the galaxies in the pictures; the nearest of those that are drawn.",
        default=300.0,
        check=lambda value: value > 0,
    )


class ScoreSinglesTask(PipelineTask):
    """Draw real single galaxies as the ground sees them, and see what finders make of them."""

    ConfigClass = ScoreSinglesConfig
    _DefaultName = "scoreSingles"

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        # The chosen names are a set: sorted, every process has them in one order.
        self.names = sorted(self.config.finders.names)
        self.tasks = self.config.finders.apply_with(self.names, name="finder", parentTask=self)

    def run(self) -> Struct:
        """Score the peak finders.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``outcomes`` (`~meas_blends.data.real_sky_tables.SINGLES`),
            ``rates`` (`~meas_blends.data.real_sky_tables.SINGLE_RATES`, in
            which images count in the bin of their S/N) and ``gallery``
            (`~meas_blends.data.pages.Pages`).
        """
        # GalSim and matplotlib are slow to import: only where they are used.
        from astropy.table import vstack

        from ..data.fits.reader import read_coadd
        from ..evaluation.skies.rates import single_rates
        from ..evaluation.skies.singles import singles, singles_in_image
        from ..pictures.skies.galleries import singles_gallery

        config = self.config
        templates = config.templates()
        finders = chosen_finders(zip(self.names, self.tasks, strict=True), config.sep)
        survey = Survey.named(config.survey)
        settings = {
            name: getattr(config, name)
            for name in ("snr", "radius", "seeing", "samples", "references", "repeats", "seed")
        }
        outcomes = singles(finders, templates, survey, **settings)
        rates = single_rates(outcomes, seed=config.seed)
        parts = [outcomes]
        for path in config.images:
            parts.append(
                singles_in_image(finders, read_coadd(path), background=config.image_background)
            )
        self.log.info("%d real galaxies, half '%s'", len(templates), config.half)
        return Struct(
            outcomes=vstack(parts, metadata_conflicts="silent"),
            rates=rates,
            gallery=Pages(
                singles_gallery(finders, templates, survey, settings, config.gallery_snr)
            ),
        )
