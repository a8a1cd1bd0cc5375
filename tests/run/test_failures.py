import pytest
from lsst.pipe.base import UnprocessableDataError

from meas_blends.errors import BadInputError
from meas_blends.run.failures import sentence


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (BadInputError("a.fits: no light; give another."), "a.fits: no light; give another."),
        (UnprocessableDataError("too crowded"), "task 'x': too crowded."),
        (MemoryError(), "task 'x': not enough memory; cut the image into smaller ones."),
        (
            PermissionError(13, "Permission denied", "/out/a"),
            "task 'x': /out/a: Permission denied; check the disk and its permissions.",
        ),
        (
            KeyError("z"),
            "task 'x' stopped with KeyError: 'z'; this is a bug in it, please report it with the"
            " traceback that --debug shows.",
        ),
    ],
)
def test_each_kind_of_error_has_its_sentence(error, text):
    assert sentence(error, "task 'x'") == text
