"""The extensions that come with meas_blends, declared as any plugin declares its own."""

from __future__ import annotations

from .specs import Extension, hookimpl

_TASKS = {
    "detect": (
        "detect_footprints:DetectFootprintsTask",
        "Find footprints: background, matched filter, threshold, growth",
    ),
    "classify": (
        "classify_blends:ClassifyBlendsTask",
        "Say how many objects each footprint holds, and where",
    ),
    "measure": (
        "measure_morphology:MeasureMorphologyTask",
        "Posterior of bulge fraction, half-light radius and flux of each peak",
    ),
    "simulate": ("simulate_scene:SimulateSceneTask", "Draw a coadd of galaxies with known truth"),
    "label": (
        "label_footprints:LabelFootprintsTask",
        "Count the true galaxies in each footprint",
    ),
    "train": (
        "train_blend_classifier:TrainBlendClassifierTask",
        "Train a blend classifier on labelled footprints",
    ),
    "simulate_conditions": (
        "simulate_conditions:SimulateConditionsTask",
        "Draw coadds under named conditions, such as other seeing or depth",
    ),
    "limit_pairs": (
        "limit_pairs:LimitPairsTask",
        "Compute how far each true pair is from any single galaxy, in the coadd's noise",
    ),
    "limit_bands": (
        "limit_bands:LimitBandsTask",
        "Compute how far each true pair is from any single galaxy, in a patch's reference band",
    ),
    "match": (
        "match_blends:MatchBlendsTask",
        "Hold the calls and peaks of several peak finders against the truth",
    ),
    "evaluate": ("evaluate_blends:EvaluateBlendsTask", "Score peak finders on labelled scenes"),
    "time_finders": ("time_finders:TimeFindersTask", "Take the time of several peak finders"),
    "compare_conditions": (
        "compare_conditions:CompareConditionsTask",
        "Score peak finders under each of several conditions",
    ),
    "compare_options": (
        "compare_options:CompareOptionsTask",
        "Score options of training, labels and detection side by side",
    ),
    "report": (
        "report_blends:ReportBlendsTask",
        "Write a page with the scores, pictures and galleries of an evaluation",
    ),
    "train_patch": (
        "train_patch_model:TrainPatchModelTask",
        "Train a blend classifier for one patch, on scenes with its own noise and PSF",
    ),
    "merge_bands": (
        "merge_bands:MergeBandsTask",
        "Merge what was found in each band of a patch, as LSST merges detections",
    ),
    "detect_bands": (
        "detect_bands:DetectBandsTask",
        "Find footprints in a patch's reference band, or in the sum of its bands",
    ),
    "classify_bands": (
        "classify_bands:ClassifyBandsTask",
        "Say how many objects each footprint of a patch holds, from all bands at once",
    ),
    "label_bands": (
        "label_bands:LabelBandsTask",
        "Count the true galaxies in each footprint of a patch",
    ),
    "deblend": (
        "deblend:DeblendTask",
        "Fit all peaks of each footprint of a patch together, in all bands",
    ),
    "match_children": (
        "match_children:MatchChildrenTask",
        "Hold what a deblender made of several peak finders' peaks against the truth",
    ),
    "evaluate_deblending": (
        "evaluate_deblending:EvaluateDeblendingTask",
        "Score what peaks are worth to a deblender, and write a page on it",
    ),
    "train_bands": (
        "train_bands:TrainBandsTask",
        "Train one blend classifier over several bands",
    ),
    "simulate_galaxies": (
        "simulate_galaxies:SimulateGalaxiesTask",
        "Draw sets of galaxies with known morphology, one in each image",
    ),
    "train_morphology": (
        "train_morphology:TrainMorphologyTask",
        "Train a morphology network on simulated galaxies",
    ),
    "finetune_morphology": (
        "finetune_morphology:FinetuneMorphologyTask",
        "Train a morphology network further on a user's own galaxies",
    ),
    "learn_misfit": (
        "learn_misfit:LearnMisfitTask",
        "Learn how far refined posteriors are off where no bulge and disk fits",
    ),
    "measure_galaxies": (
        "measure_galaxies:MeasureGalaxiesTask",
        "Measure the morphology of a set of galaxies, against the clock",
    ),
    "bound_galaxies": (
        "bound_galaxies:BoundGalaxiesTask",
        "Compute the Cramer-Rao bound, with priors, of each galaxy's B/T, radius and flux",
    ),
    "measure_peers": (
        "measure_peers:MeasurePeersTask",
        "Measure some galaxies of a set with other codes",
    ),
    "match_galaxies": (
        "match_galaxies:MatchGalaxiesTask",
        "Hold what several methods measured against the truth of a set of galaxies",
    ),
    "evaluate_morphology": (
        "evaluate_morphology:EvaluateMorphologyTask",
        "Score morphology estimators on galaxies of known truth",
    ),
    "score_singles": (
        "score_singles:ScoreSinglesTask",
        "Score peak finders on real single galaxies, drawn as the ground sees them",
    ),
    "score_pairs": (
        "score_pairs:ScorePairsTask",
        "Score peak finders on injected pairs of real galaxies",
    ),
    "measure_singles": (
        "measure_singles:MeasureSinglesTask",
        "Measure real single galaxies, and hold that against what space images give",
    ),
    "compare_space": (
        "compare_space:CompareSpaceTask",
        "Hold peak finders on ground coadds against space images of the same fields",
    ),
    "report_sky": (
        "report_sky:ReportSkyTask",
        "Write a page with the scores and pictures of real galaxies and real fields",
    ),
    "report_morphology": (
        "report_morphology:ReportMorphologyTask",
        "Write a page with the scores and pictures of morphology estimators",
    ),
}

#: Trained classifiers: each has a peak finder that uses it and a trainer that makes it.
_CLASSIFIERS = {
    "logistic": ("Logistic", "l2 logistic regression on eight principal components"),
    "cnn": ("Cnn", "Convolutional network of Buchanan et al. (2022)"),
    "gp_pca": ("GpPca", "Gaussian process of Buchanan et al. (2022), on principal components"),
    "gp_pca_bands": ("GpPcaBands", "The same on the principal components of several bands"),
    "gp": ("Gp", "Gaussian process on a learned embedding and features of the footprint"),
    "ensemble": ("Ensemble", "Combination of several classifiers"),
}

#: Kinds of image files: module and name of the declaration, in the order in which they are asked.
_LAYOUTS = {
    "lsst_images": ("rubin:LSST_IMAGES", "Coadd or visit image of Rubin's DP2, a PSF a cell"),
    "exposure": ("rubin:EXPOSURE", "Exposure of the LSST pipelines, coadds and cutouts of HSC"),
    "legacy_cutout": ("legacy:CUTOUT", "Legacy Surveys viewer cutout: a cube of bands (--plane)"),
    "legacy_brick": ("legacy:BRICK", "Legacy Surveys brick: nanomaggies, invvar beside it"),
    "des": ("des:DES", "DES tile or CCD: SCI, MSK, WGT"),
    "sdss": ("sdss:FRAME", "SDSS frame: nanomaggies"),
    "panstarrs": ("panstarrs:STACK", "Pan-STARRS stack: asinh pixels, .mask and .wt beside it"),
    "megapipe": ("cfht:MEGAPIPE", "CFHT MegaPipe stack: PHOTZP, .weight beside it"),
    "decam": ("des:DECAM", "DECam community pipeline: a CCD an HDU (--hdu)"),
    "roman": ("space:ROMAN", "Roman: SCI, ERR, DQ in MJy/sr"),
    "grizli": ("space:GRIZLI", "grizli and DJA mosaic: 10 nJy or PHOTFNU, _wht beside it"),
    "jwst": ("space:JWST", "JWST i2d: SCI, ERR, DQ in MJy/sr"),
    "hst": ("space:HST", "HST drz, drc, flc: PHOTFLAM and PHOTPLAM, WHT"),
    "euclid": ("space:EUCLID", "Euclid MER mosaic: MAGZEROP, RMS beside it"),
    "ccddata": ("software:CCDDATA", "astropy CCDData: UNCERT of any UTYPE, MASK"),
    "swarp": ("software:SWARP", "SWarp coadd, .weight.fits beside it"),
    "own": ("general:OWN", "IMAGE, VARIANCE, MASK, PSF: what meas_blends writes"),
    "any": ("general:ANY", "Any file with a 2-D image, by what surveys share"),
}


@hookimpl
def meas_blends_extensions() -> list[Extension]:
    """Return everything that ships with the package."""
    tasks = [
        Extension("task", name, f"meas_blends.tasks.{target}", summary)
        for name, (target, summary) in _TASKS.items()
    ]
    finders = [
        Extension(
            "peak_finder", name, f"meas_blends.tasks.peak_finders.shipped:{stem}Task", summary
        )
        for name, (stem, summary) in _CLASSIFIERS.items()
    ]
    trainers = [
        Extension("trainer", name, f"meas_blends.tasks.trainers.{name}:{stem}TrainerTask", summary)
        for name, (stem, summary) in _CLASSIFIERS.items()
    ]
    layouts = [
        Extension("layout", name, f"meas_blends.data.fits.layouts.{target}", summary)
        for name, (target, summary) in _LAYOUTS.items()
    ]
    return [
        Extension(
            "peak_finder",
            "local_maxima",
            "meas_blends.tasks.peak_finders.local_maxima:LocalMaximaTask",
            "Local maxima of the smoothed image, LSST's rule",
        ),
        Extension(
            "estimator",
            "compact",
            "meas_blends.tasks.estimators.compact:CompactEstimatorTask",
            "Compact GaMPEN-style network with a full-covariance posterior",
        ),
        Extension(
            "estimator",
            "gampen",
            "meas_blends.tasks.estimators.gampen:GampenEstimatorTask",
            "GaMPEN whole (Ghosh et al. 2022), trained or of published weights",
        ),
        Extension(
            "morphology_trainer",
            "compact",
            "meas_blends.tasks.morphology_trainers.compact:CompactTrainerTask",
            "Train the compact network on galaxies drawn as it learns",
        ),
        Extension(
            "morphology_trainer",
            "gampen",
            "meas_blends.tasks.morphology_trainers.gampen:GampenTrainerTask",
            "Train GaMPEN, at the dropout rate that covers best",
        ),
        *finders,
        *trainers,
        *tasks,
        *layouts,
    ]
