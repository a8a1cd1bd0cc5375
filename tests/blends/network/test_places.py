"""From probabilities of cells to places, on cells made by hand."""

import numpy as np
import pytest

from meas_blends.blends.network.look import Sight, look
from meas_blends.blends.network.patches import PatchLayout
from meas_blends.blends.network.places import find_places
from network_toys import label_image, random_network, scene, see, see_again
from toys import draw

#: Logarithm of the error of a place within its cell [pixel].
LOG_ERROR = np.log(0.4)


def sight(*footprints, corner=((40, 10), (-3, 70))):
    """Footprints of 16 x 16 pixels, each a dictionary of cells to their probability.

    Rows and columns of cells count from the patch's corner at (x0, y0); those
    of 1 to 6 hold pixels of the footprint.
    """
    n = len(footprints)
    mask = np.zeros((n, 8, 8), bool)
    mask[:, 1:7, 1:7] = True
    place = np.zeros((n, 8, 8, 4), np.float32)
    place[..., 0] = -60
    place[..., 3] = LOG_ERROR
    for number, cells in enumerate(footprints):
        for (row, column), (probability, dx, dy) in cells.items():
            place[number, row, column, :3] = np.log(probability / (1 - probability)), dx, dy
    side = np.full(n, 16)
    x0, y0 = np.array(corner[:n]).T if n else np.zeros((2, 0), int)
    layout = PatchLayout(side, side, x0, y0, 256 * np.arange(n), 256 * n)
    seen = (np.zeros((n, 4)), np.zeros((n, 8)), np.zeros((n, 4)))
    return Sight(layout, mask.ravel(), place.reshape(-1, 4), *seen)


def test_one_cell():
    places = find_places(sight({(3, 5): (0.9, 0.7, -0.2)}))
    assert list(places.owner) == [0]
    # The centre of column 5 lies half a pixel beyond its first, the tenth of the patch.
    assert places.x == pytest.approx(40 + 10.5 + 0.7)
    assert places.y == pytest.approx(10 + 6.5 - 0.2)
    assert places.probability == pytest.approx(0.9)
    assert places.x_err == pytest.approx(0.4) and places.y_err == pytest.approx(0.4)


def test_neighbouring_cells_are_one_place():
    places = find_places(sight({(3, 4): (0.6, 0.5, 0.1), (3, 5): (0.3, -0.5, 0.4)}))
    assert places.probability == pytest.approx(0.9)
    x, share = np.array([40 + 8.5 + 0.5, 40 + 10.5 - 0.5]), np.array([2, 1]) / 3
    assert places.x == pytest.approx(x @ share)
    assert places.y == pytest.approx(16.5 + 0.1 * 2 / 3 + 0.4 / 3)
    scatter = share @ (x - x @ share) ** 2
    assert places.x_err == pytest.approx(np.sqrt(scatter + 0.16))


def test_no_place_has_more_than_one_object():
    """What one object cannot account for is a second place, however near."""
    places = find_places(sight({(3, 4): (0.8, 0, 0), (4, 4): (0.7, 0, 0)}))
    assert places.probability == pytest.approx([1.0, 0.5])
    # The first takes all of its own cell and a little of the other's.
    apart = np.hypot(places.x[1] - places.x[0], places.y[1] - places.y[0])
    assert apart == pytest.approx(0.8 * 2)


def test_two_near_places_share_the_cells_between_them():
    places = find_places(
        sight({(2, 2): (0.8, 0, 0), (4, 4): (0.7, 0, 0), (3, 3): (0.1, 0, 0), (2, 3): (0.06, 0, 0)})
    )
    # The cell on the diagonal goes to both in halves, the one beside the first to it alone.
    np.testing.assert_allclose(places.probability, [0.8 + 0.05 + 0.06, 0.7 + 0.05], rtol=1e-5)
    x = 40 + 2 * np.array([2, 4, 3, 3]) + 0.5
    first, second = np.array([0.8, 0, 0.05, 0.06]), np.array([0, 0.7, 0.05, 0])
    np.testing.assert_allclose(places.x, [x @ first / 0.91, x @ second / 0.75], rtol=1e-6)


def test_far_places_share_nothing():
    places = find_places(sight({(2, 1): (0.5, 0, 0), (2, 4): (0.9, 0, 0), (6, 6): (0.3, 0, 0)}))
    np.testing.assert_allclose(places.probability, [0.9, 0.5, 0.3], rtol=1e-5)
    np.testing.assert_allclose(places.x, [48.5, 42.5, 52.5])
    np.testing.assert_allclose(places.y, [14.5, 14.5, 22.5])


def test_every_footprint_has_a_place():
    places = find_places(sight({(5, 2): (1e-4, 0, 0)}, {(1, 6): (0.5, 0, 0), (5, 5): (0.01, 0, 0)}))
    assert list(places.owner) == [0, 1]
    np.testing.assert_allclose(places.probability, [1e-4, 0.5], rtol=1e-5)
    np.testing.assert_allclose(places.x, [44.5, 9.5])
    np.testing.assert_allclose(places.y, [20.5, 72.5])


def test_footprints_in_any_order_of_their_patches():
    parts = {(3, 5): (0.9, 0, 0)}, {(2, 2): (0.4, 0, 0), (5, 5): (0.6, 0, 0)}
    expected = find_places(sight(*parts))
    swapped = sight(*parts[::-1], corner=((-3, 70), (40, 10)))
    layout = swapped.layout
    turned = PatchLayout(
        layout.height, layout.width, layout.x0[::-1], layout.y0[::-1], layout.start[::-1], 512
    )
    found = find_places(Sight(turned, *list(vars(swapped).values())[1:]))
    assert list(found.owner) == [0, 1, 1]
    for name in ("owner", "x", "y", "x_err", "y_err", "probability"):
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name))


def test_cells_beyond_the_footprint_do_not_count():
    seen = sight({(3, 3): (0.5, 0, 0)})
    seen.place[:8, 0] = 5
    seen.place[24 + 3, 3] = LOG_ERROR
    places = find_places(seen)
    assert list(places.owner) == [0] and places.probability == pytest.approx(0.5)


def test_places_of_a_real_look():
    """One at least each, sorted, and the same whatever else is in the image."""
    network, detections = random_network(), see(scene())
    places = find_places(look(network, detections))
    assert set(places.owner) == set(range(len(detections)))
    same = np.diff(places.owner) == 0
    assert (np.diff(places.owner) >= 0).all()
    assert (np.diff(places.probability)[same] <= 0).all()
    assert ((places.probability > 0) & (places.probability <= 1)).all()
    assert (places.x_err > 0).all() and np.isfinite(places.x_err + places.y_err).all()
    labels = label_image(detections)
    row = 2
    mine = np.where(labels == detections.pixels.identifiers[row], labels, 0)
    alone = find_places(look(network, see_again(detections, mine)))
    for name in ("x", "y", "x_err", "y_err", "probability"):
        np.testing.assert_allclose(
            getattr(alone, name), getattr(places, name)[places.owner == row], atol=1e-3
        )


def test_no_footprints():
    for seen in (sight(), look(random_network(), see(draw([])))):
        places = find_places(seen)
        assert all(len(part) == 0 for part in vars(places).values())
        assert places.owner.dtype.kind == "i"


def test_errors_scale():
    cells = sight({(3, 5): (0.9, 0.7, -0.2)})
    one, other = find_places(cells), find_places(cells, 0.5)
    np.testing.assert_allclose(other.x_err, 0.5 * one.x_err)
    np.testing.assert_allclose(other.y_err, 0.5 * one.y_err)
    np.testing.assert_array_equal(other.x, one.x)
