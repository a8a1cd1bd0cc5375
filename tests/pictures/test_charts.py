"""What all charts share."""

from meas_blends.pictures.charts import (
    COLUMN,
    dress,
    finder_colour,
    finder_handles,
    finder_marker,
    logarithmic_numbers,
    new_figure,
    shown_name,
)

FINDERS = ["local_maxima", "logistic", "cnn", "gp_pca", "gp", "ensemble"]


def test_six_finders_have_colours_and_markers_of_their_own():
    assert len({finder_colour(finder, FINDERS) for finder in FINDERS}) == 6
    assert len({finder_marker(finder, FINDERS) for finder in FINDERS}) == 6
    handles = finder_handles(FINDERS)
    assert [handle.get_label() for handle in handles] == [shown_name(name) for name in FINDERS]
    assert shown_name("gp_pca") == "gp pca"


def test_an_eighth_finder_is_no_error():
    many = [f"finder{k}" for k in range(20)]
    assert finder_colour(many[-1], many).startswith("#")


def test_axes_are_labelled_and_counts_start_at_a_decade():
    axes = new_figure(COLUMN, 2).subplots()
    axes.stairs([30, 0.5, 4000])
    dress(axes, "x [pixel]", "footprints", "title")
    logarithmic_numbers(axes)
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("x [pixel]", "footprints")
    assert axes.get_ylim()[0] == 1.0
