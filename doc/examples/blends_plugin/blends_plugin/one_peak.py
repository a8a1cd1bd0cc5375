"""A peak finder that never sees a blend."""

from lsst.pex.config import Config, Field
from lsst.pipe.base import Struct, Task

from meas_blends.blends.maxima import find_maxima
from meas_blends.blends.peaks import make_classification, make_peaks


class OnePeakConfig(Config):
    """Configuration of `OnePeakTask`."""

    threshold = Field[float](
        doc="Point-source S/N that the peak should exceed if a local maximum does.", default=5.0
    )


class OnePeakTask(Task):
    """Give every footprint its brightest maximum and nothing else."""

    ConfigClass = OnePeakConfig
    _DefaultName = "onePeak"

    def run(self, filtered, pixels):
        """Find the peaks; see ClassifyBlendsTask for the contract."""
        maxima = find_maxima(filtered, pixels, self.config.threshold)
        peaks = maxima.select(maxima.first())
        n_peaks = peaks.counts(len(pixels.identifiers))
        return Struct(
            classification=make_classification(pixels, n_peaks, "one_peak"),
            peaks=make_peaks(filtered, pixels, peaks, "one_peak"),
        )
