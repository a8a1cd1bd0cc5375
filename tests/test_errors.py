"""The error that means bad input."""

import pytest

from meas_blends.errors import BadInputError


def test_it_is_a_value_error_so_that_libraries_treat_it_as_one():
    with pytest.raises(ValueError, match="file: wrong; mend it"):
        raise BadInputError("file: wrong; mend it.")
