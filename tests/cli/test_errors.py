import click
import pytest

from meas_blends.cli.errors import BAD_ARGUMENTS, FAILED, plainly
from meas_blends.errors import BadInputError


@plainly
def command(error=None, debug=False):
    """Fail as told."""
    if error is not None:
        raise error
    return "result"


def test_a_command_that_does_not_fail_is_left_alone():
    assert command() == "result"
    assert command.__doc__ == "Fail as told."


def test_bad_input_is_one_sentence_and_status_2(capsys):
    error = BadInputError("a.fits: no light; give another.")
    with pytest.raises(click.ClickException) as caught:
        command(error=error, debug=True)
    assert caught.value.exit_code == BAD_ARGUMENTS == 2
    assert caught.value.message == "a.fits: no light; give another."
    assert caught.value.__cause__ is error
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("debug", [False, True])
def test_a_bug_is_status_1_and_shows_its_traceback_only_when_asked(capsys, debug):
    with pytest.raises(click.ClickException) as caught:
        command(error=RuntimeError("index out of luck"), debug=debug)
    assert caught.value.exit_code == FAILED == 1
    assert caught.value.message.startswith("blendtask stopped with RuntimeError: index out of luck")
    printed = capsys.readouterr()
    assert printed.out == ""
    assert ("Traceback" in printed.err) is debug


@pytest.mark.parametrize(
    "error",
    [
        click.UsageError("no such option"),
        click.exceptions.Exit(3),
        click.Abort(),
        BrokenPipeError(),
        KeyboardInterrupt(),
    ],
)
def test_what_click_handles_itself_goes_through(error):
    with pytest.raises(type(error)) as caught:
        command(error=error)
    assert caught.value is error
