"""Hold peak finders on ground coadds against space images of the same fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

import lsst.pipe.base.connectionTypes as ct
from lsst.pex.config import ConfigField, Field, ListField
from lsst.pipe.base import PipelineTask, PipelineTaskConfig, PipelineTaskConnections, Struct

from ..data.coadd import Coadd
from ..data.pages import Pages
from ..data.space_ground_tables import GROUND_OBJECTS, SPACE_MATCHES, SPACE_MORPHOLOGY
from ..plugins.registries import estimators
from .filtering import BackgroundConfig
from .measure_morphology import MeasureMorphologyConfig, MeasureMorphologyTask
from .real_galaxies import FindersConfig, chosen_finders
from .space_config import MatchingConfig

if TYPE_CHECKING:
    from astropy.table import Table

    from ..evaluation.skies.compare import FieldComparison

__all__ = ["CompareSpaceConfig", "CompareSpaceConnections", "CompareSpaceTask"]

_RUN = ("skymap",)

#: Lists of the configuration that go with the ground coadds, one entry each or none at all.
_BESIDE = ("space", "ground_psf", "space_psf", "fields")


class CompareSpaceConnections(PipelineTaskConnections, dimensions=_RUN):
    """Nothing in; matches, labels, rates, morphology and pictures out."""

    matches = ct.Output(
        doc="Space objects and peaks, matched one to one.",
        name="space_ground_matches",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    objects = ct.Output(
        doc="Ground objects, and which are unrecognised blends.",
        name="space_ground_objects",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    rates = ct.Output(
        doc="Recall, precision and unrecognised blends in bins.",
        name="space_ground_rates",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    morphology = ct.Output(
        doc="Measured flux and radius against the space image's.",
        name="space_ground_morphology",
        storageClass="ArrowAstropy",
        dimensions=_RUN,
    )
    gallery = ct.Output(
        doc="Pictures of the fields.",
        name="space_ground_gallery",
        storageClass="BlendReport",
        dimensions=_RUN,
    )


class CompareSpaceConfig(
    PipelineTaskConfig,
    MatchingConfig,
    FindersConfig,
    pipelineConnections=CompareSpaceConnections,
):
    """Configuration of `CompareSpaceTask`."""

    ground = ListField[str](
        doc="Ground coadds, FITS files of any layout that is known; FILE#PLANE of a cube.",
        default=[],
    )
    space = ListField[str](doc="Space images of the same fields, in the same order.", default=[])
    ground_psf = ListField[str](
        doc="PSF images of the ground coadds, in FITS; FILE#PLANE of a cube. From the coadds, or"
        " their stars, if not given.",
        default=[],
    )
    space_psf = ListField[str](doc="PSF images of the space images, likewise.", default=[])
    fields = ListField[str](
        doc="Names of the fields; those of the ground's files if not given.", default=[]
    )
    ground_zero_point = Field[float](
        doc="AB magnitude of one count of the ground coadds; from the files if not given.",
        optional=True,
    )
    space_zero_point = Field[float](
        doc="AB magnitude of one count of the space images. From the files if not given, and where"
        " these do not say it, fluxes are the ground's, footprint by footprint.",
        optional=True,
    )
    background = ConfigField(doc="Background of the ground coadds.", dtype=BackgroundConfig)
    snr_bins = ListField[float](
        doc="Edges of the bins of S/N; the last one is open.",
        default=[5.0, 20.0, 100.0],
        listCheck=lambda edges: len(edges) >= 1 and sorted(set(edges)) == list(edges),
    )
    morphology_of = Field[str](
        doc="Name of the peak finder whose peaks are measured, against the space image's radius and"
        " flux; none if empty.",
        default="gp",
    )
    estimator = estimators.makeField(doc="What measures them, by name.", default="compact")
    seed = Field[int](doc="Seed of the bootstrap.", default=1, check=lambda value: value >= 0)

    def setDefaults(self) -> None:
        super().setDefaults()
        # Cutouts of a few galaxies have no sky to take a background from.
        self.background.subtract_background = False

    def validate(self) -> None:
        """Check that lists go together."""
        super().validate()
        for name in _BESIDE:
            number = len(getattr(self, name))
            if number != len(self.ground) and (number or name == "space"):
                raise ValueError(
                    f"{name} has {number} entries and ground {len(self.ground)}; give one for each"
                    " coadd"
                )
        known = {*self.finders.names, *(["sep"] if self.sep else []), ""}
        if self.morphology_of not in known:
            raise ValueError(
                f"morphology_of is {self.morphology_of}, which is none of the peak finders; give"
                " one of them, or nothing"
            )


class CompareSpaceTask(PipelineTask):
    """Find what a ground coadd's peaks miss, or make up, of what is seen from space."""

    ConfigClass = CompareSpaceConfig
    _DefaultName = "compareSpace"

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        # The chosen names are a set: sorted, every process has them in one order.
        self.names = sorted(self.config.finders.names)
        self.tasks = self.config.finders.apply_with(self.names, name="finder", parentTask=self)
        config = MeasureMorphologyConfig()
        config.estimator = self.config.estimator
        config.subtract_background = False
        self.measure = MeasureMorphologyTask(config=config, log=self.log)

    def run(self) -> Struct:
        """Compare all fields.

        Returns
        -------
        result : `lsst.pipe.base.Struct`
            ``matches``, ``objects``, ``rates``, ``morphology`` (see
            `meas_blends.data.space_ground_tables`) and ``gallery``. Empty tables
            and an empty gallery without a field.

        Raises
        ------
        BadInputError
            If a file cannot be read, or two images not be aligned.
        """
        # matplotlib is slow to import: only where it is used.
        import numpy as np
        from astropy.table import vstack

        from ..evaluation.skies.compare import compare_field
        from ..evaluation.skies.space_rates import space_rates
        from ..pictures.skies.galleries import fields_gallery

        finders = chosen_finders(zip(self.names, self.tasks, strict=True), self.config.sep)
        comparisons = {}
        morphology = [SPACE_MORPHOLOGY.make()]
        for number, name in enumerate(self._names()):
            ground, space = self._images(number)
            comparison = compare_field(finders, ground, space, name, self.config.matching())
            self.log.info(
                "%s: %d of %d space objects count, moved by %.2f, %.2f pixels (%d sources)",
                name,
                comparison.counts.sum(),
                len(comparison.objects),
                *comparison.alignment.shift,
                comparison.alignment.n_sources,
            )
            comparisons[name] = comparison
            if self.config.morphology_of:
                morphology.append(self._morphology(comparison))
        fields = comparisons.values()
        matches = vstack(
            [SPACE_MATCHES.make(), *(one.matches for one in fields)], metadata_conflicts="silent"
        )
        labelled = vstack(
            [GROUND_OBJECTS.make(), *(one.labelled for one in fields)],
            metadata_conflicts="silent",
        )
        edges = [*self.config.snr_bins, np.inf]
        return Struct(
            matches=matches,
            objects=labelled,
            rates=space_rates(matches, labelled, edges, self.config.seed),
            morphology=vstack(morphology, metadata_conflicts="silent"),
            gallery=Pages(fields_gallery(comparisons)),
        )

    def _names(self) -> list[str]:
        """Names of the fields; a number tells apart those that are alike."""
        names: list[str] = []
        for name in self.config.fields or [path.partition("#")[0] for path in self.config.ground]:
            short = name.rpartition("/")[2].removesuffix(".fits")
            names.append(short if short not in names else f"{short} {len(names) + 1}")
        return names

    def _images(self, number: int) -> tuple[Coadd, Coadd]:
        """Ground coadd, complete and less its background, and space image of a field."""
        from ..detection.background import subtract_background
        from ..detection.complete import complete_coadd

        config = self.config
        ground = _read(
            config.ground[number],
            config.ground_psf[number] if config.ground_psf else "",
            config.ground_zero_point,
        )
        ground = complete_coadd(ground)
        if config.background.subtract_background:
            background = config.background
            ground = subtract_background(
                ground, background.background_mesh, background.background_median
            )
        space = _read(
            config.space[number],
            config.space_psf[number] if config.space_psf else "",
            config.space_zero_point,
        )
        return ground, space

    def _morphology(self, comparison: FieldComparison) -> Table:
        """Measure the peaks of a field."""
        from ..data.footprints import labels_to_spans
        from ..evaluation.skies.shapes import peaks_of_field, space_morphology

        name = self.config.morphology_of
        peaks = peaks_of_field(comparison, name)
        if len(peaks) == 0:
            return SPACE_MORPHOLOGY.make()
        ground = comparison.ground
        spans = labels_to_spans(comparison.seen[name].labels, ground.xy0)
        measured = self.measure.run(ground, spans, peaks).morphology
        return space_morphology(comparison, name, peaks, measured)


def _read(path: str, psf: str, zero_point: float | None) -> Coadd:
    """Read an image, FILE or FILE#PLANE, with the PSF of another file."""
    from ..data.fits.reader import read_coadd

    name, _, plane = path.partition("#")
    coadd = read_coadd(name, zero_point, plane=plane or None)
    return coadd.replace(psf=_read_psf(psf)) if psf else coadd


def _read_psf(path: str) -> object:
    """Read a PSF image, FILE or FILE#PLANE."""
    from astropy.io import fits

    from ..errors import BadInputError

    name, _, plane = path.partition("#")
    try:
        image = fits.getdata(name)
    except (OSError, IndexError) as error:
        raise BadInputError(
            f"{name}: no PSF image that can be read ({error}); give a FITS file."
        ) from error
    if plane:
        image = image[int(plane)]
    return image
