"""A network walked through forward and back, and its gradients under the microscope.

One network is small enough for paper: its expected numbers are typed. The others are held to the layers' own
forward and backward passes, to SymPy, and to the complex step.
"""

import base64
import copy
import io
import re

import numpy as np
import pytest
import sympy
from PIL import Image

import helpers
from classroom import plots
from classroom.steppers.meetings import as_maps, collects, feeds
from classroom.steppers.microscope import GradientMicroscope
from classroom.steppers.network import NetworkStepper, layer_names, matrix, said
from classroom.steppers.raster import maps
from helpers import Conv2D, Dense, Flatten, MaxPool2D, MeanPool2D, Network, ReLU, Sigmoid, Tanh, complex_step_gradient

IMAGE = np.array([[1, 0, 2, 0, 1], [0, 3, 1, 0, 2], [2, 1, 0, 1, 0], [0, 1, 1, 2, 0], [1, 0, 0, 1, 3]])


def paper():
    """5x5 -> conv 2x2 -> relu -> mean pool -> flatten -> 2 scores that are equal, so p = (1/2, 1/2)."""
    network = Network([Conv2D(1, 1, 2), ReLU(), MeanPool2D(2, maps=1), Flatten(), Dense(4, 2)])
    network.layers[0].params = {"K": np.array([[[[1, 2], [0, -1]]]]), "b": np.array([1])}
    network.layers[2].params = {"beta": np.array([4]), "b": np.array([-1])}
    network.layers[4].params = {"W": np.array([[1, 0, 0, -1], [0, 1, -1, 0]]), "b": np.array([-8, 2])}
    return network


def lines(stepper, **options):
    return [frame.line for frame in stepper.frames(**options)]


# ---------------------------------------------------------------------------------------------------- on paper


@pytest.fixture(scope="module")
def walk():
    return NetworkStepper(paper(), IMAGE[None], 0)


def test_every_frame_says_the_number_on_the_sheet(walk):
    found = lines(walk, row=2, column=3, map=0, score=1)
    ends = [
        "The framed entry is 1; the frames that follow keep to what it reaches.",
        "4 products and b = 1: z[0,1,2] = 1.",  # 1·1 + 2·0 + 0·0 - 1·1 + 1
        "a[0,1,2] = 1.",
        "4 products and b = −1: z[0,0,1] = 9.",  # 4·(3 + 1 + 1 + 5)/4 - 1
        "x[1] = 9.",
        "4 products and b = 2: z[1] = 0.",  # 9 - 11 + 2
        "J = −log p[0] = −log 0.5 = 0.693.",
        "δ[0] = −0.5.",
        "2 products: dx[1] = 0.5.",  # 0·(-0.5) + 1·0.5
        "dx[0,0,1] = 0.5.",
        "dx[0,1,2] = 0.5.",  # 4/4·0.5
        "δ[0,1,2] = 0.5.",
        "4 products: dx[0,2,3] = 1.",  # 1·0.5 + 2·0.5 + 0·0.5 - 1·0.5
    ]
    assert len(found) == len(ends)
    assert [line.endswith(end) for line, end in zip(found, ends, strict=True)] == [True] * len(ends), found


def test_a_unit_that_relu_shut_sends_nothing_back(walk):
    assert walk.show(2, row=1, column=1).line.endswith("a[0,0,0] = 0.")  # z = 1 + 0 - 3 + 1 = -1
    assert walk.show(11, row=0, column=0).line.endswith("δ[0,0,0] = 0.")


def test_the_picture_reads_out_what_meets(walk):
    assert "x, 2 by 2, rows 1 0; 0 1" in walk.show(1, row=2, column=3).picture.alt
    assert "K, 2 by 2, rows 1 2; 0 -1" in walk.show(1, row=2, column=3).picture.alt
    assert "δ, 2 by 2, rows -0.5 0.5; -0.5 0.5" in walk.show(12, row=2, column=2).picture.alt
    assert "K, where it met, 2 by 2, rows -1 0; 2 1" in walk.show(12, row=2, column=2).picture.alt


# --------------------------------------------------------------------------------- against the layers themselves

LAYERS = {
    "conv": (Conv2D(2, 3, 3), (2, 7, 7)),
    "conv with stride and padding": (Conv2D(2, 3, (3, 2), stride=2, padding=1), (2, 7, 6)),
    "mean pool": (MeanPool2D(2, maps=2), (2, 4, 6)),
    "mean pool without parameters": (MeanPool2D(3), (2, 6, 3)),
    "max pool": (MaxPool2D(2), (2, 4, 6)),
    "max pool with overlap": (MaxPool2D(3, stride=2), (2, 8, 7)),
    "flatten": (Flatten(), (2, 3, 4)),
    "dense": (Dense(5, 3), (5,)),
}


@pytest.mark.parametrize("name", LAYERS)
def test_what_meets_at_every_unit_adds_up_to_what_the_layer_computes(name):
    layer, shape = LAYERS[name]
    rng = np.random.default_rng(3)
    layer.params = {key: rng.standard_normal(value.shape) for key, value in layer.params.items()}
    x = rng.standard_normal((*shape, 1))
    z = layer.forward(x)
    delta = rng.standard_normal(z.shape)
    dx = as_maps(layer.backward(delta))
    for unit in np.ndindex(as_maps(z).shape):
        parts, bias = feeds(layer, unit)
        assert sum(part.sum(as_maps(x)) for part in parts) + bias == pytest.approx(as_maps(z)[unit], abs=1e-12)
    for unit in np.ndindex(dx.shape):
        assert sum(part.sum(as_maps(delta)) for part in collects(layer, unit)) == pytest.approx(dx[unit], abs=1e-12)


@pytest.mark.parametrize("layer", [ReLU(), Sigmoid(), Tanh()], ids=str)
def test_an_activation_sends_back_the_slope(layer):
    x, g = np.random.default_rng(4).standard_normal((2, 2, 3, 3, 1))
    layer.forward(x)
    dx = as_maps(layer.backward(g))
    for unit in np.ndindex(dx.shape):
        (part,) = collects(layer, unit)
        assert part.sum(as_maps(g)) == pytest.approx(dx[unit], abs=1e-15)


@pytest.fixture(scope="module")
def lenet():
    return NetworkStepper(helpers.lenet(), np.random.default_rng(5).random((1, 28, 28)), 7)


def test_a_place_is_followed_through_every_layer(lenet):
    places = [(14, 14), (12, 12), (12, 12), (6, 6), (6, 6), (4, 4), (4, 4), (2, 2), (2, 2)]
    mapped = [(0, *places[0]), *((3, *place) for place in places[1:])]
    assert lenet.trip.follow(14, 14, 3, 7) == [*mapped, (0, 3 * 16 + 2 * 4 + 2, 0), (0, 7, 0)]
    assert lenet.trip.follow(0, 27, 9, 0)[1] == (5, 0, 23)  # C1 has 6 maps; no window reaches further out


def test_there_is_a_frame_for_every_layer_on_both_ways(lenet):
    assert layer_names(lenet.trip.layers) == ["C1", "f", "S2", "f", "C3", "f", "S4", "f", "flatten", "dense"]
    headings = [frame.heading.split(" · ")[0] for frame in lenet.frames()]
    assert len(headings) == 1 + 10 + 1 + 1 + 10
    assert headings[5] == "Forward, layer 5 of 10: C3 makes 12 maps of 8×8"
    assert headings[12] == "Back: δ = p − y"
    assert headings[-1] == "Back, layer 1 of 10: through C1 to 1 map of 28×28"
    strip = lenet.filmstrip(12, 22)
    assert strip.alt.startswith("Back: δ = p − y · row ") and "(2 of 23 frames). Frame 12: " in strip.alt


def test_frames_are_small_and_always_the_same(lenet):
    again = NetworkStepper(helpers.lenet(), np.random.default_rng(5).random((1, 28, 28)), 7)
    for first, second in zip(lenet.frames(), again.frames(), strict=True):
        assert first.html == second.html
        assert len(first.html) < 60_000
    assert repr(lenet) == repr(again)


def test_a_network_with_max_pools_walks_too():
    stepper = NetworkStepper(helpers.lenet(pool="max", activation="tanh"), np.ones((1, 28, 28, 1)), 0)
    assert len(lines(stepper)) == 23
    assert "was the largest entry" in stepper.show(20).line


def test_neither_stepper_touches_the_network():
    network, x = helpers.lenet(), np.random.default_rng(6).random((1, 28, 28, 1))
    before = [{name: value.copy() for name, value in layer.params.items()} for layer in network.layers]
    NetworkStepper(network, x, 1).frame(3)
    GradientMicroscope(network, x, [1]).frame(3)
    for layer, params in zip(network.layers, before, strict=True):
        assert not layer.grads
        for name, value in params.items():
            assert layer.params[name].dtype == np.float32
            np.testing.assert_array_equal(layer.params[name], value)


def test_bad_input_says_what_to_pass():
    x = np.zeros((1, 28, 28, 1))
    with pytest.raises(ValueError, match=r"shape \(1, 28, 28, 2\): pass one example"):
        NetworkStepper(helpers.lenet(), np.zeros((1, 28, 28, 2)), 0)
    with pytest.raises(ValueError, match="labels reach from 10 to 10"):
        NetworkStepper(helpers.lenet(), x, 10)
    with pytest.raises(ValueError, match=r"more than 12 maps; pass a smaller network"):
        NetworkStepper(helpers.lenet((6, 13)), x, 0)
    stepper = NetworkStepper(helpers.lenet(), x, 0)
    with pytest.raises(ValueError, match=r"row=2\.5: choose a whole number from 0 to 27"):
        stepper.frame(0, row=2.5)
    with pytest.raises(ValueError, match="column=28: choose a whole number from 0 to 27"):
        stepper.frame(0, column=28)


def test_small_entries_are_written_in_units_of_a_power_of_ten():
    small = matrix([[1.23e-4, -2e-5]], "δ", "gradient")
    assert (small.cells, small.note) == ((("1.23", "-0.2"),), "in units of 10^{-4}")
    large = matrix([[1.234, -0.002]], "δ", "gradient")
    assert (large.cells, large.note) == ((("1.23", "0"),), "")


# --------------------------------------------------------------------------------------------------------- images


def image_in(drawing):
    data = re.search(r'href="data:image/png;base64,([^"]+)"', drawing.svg)[1]
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB"), int)


def color(text):
    return [int(text[k : k + 2], 16) for k in (1, 3, 5)]


def test_a_map_becomes_an_image_of_its_values():
    picture = image_in(maps(np.array([[[0.0, 1.0], [0.5, 0.0]]]), "x", "input"))
    side = len(picture) // 2
    assert picture.shape == (2 * side, 2 * side, 3)
    assert picture[0, 0].tolist() == picture[-1, -1].tolist() == color("#FFFFFF")
    assert picture[0, -1].tolist() == color("#16181D")
    assert 0x5C < picture[-1, 0][0] < 0xC7  # in the middle of the scale


def test_signed_values_have_grey_zeros_and_the_scales_are_those_of_the_plots():
    picture = image_in(maps(np.linspace(-2, 2, 5)[None, None, :], "δ", "gradient"))
    found = picture[0, :: picture.shape[1] // 5][:5] / 255
    np.testing.assert_allclose(found, plots.SIGNED(np.linspace(0, 1, 5))[:, :3], atol=0.008)
    picture = image_in(maps(np.linspace(0, 3, 4)[None, None, :], "x", "input"))
    found = picture[0, :: picture.shape[1] // 4][:4] / 255
    np.testing.assert_allclose(found, plots.INKED(np.linspace(0, 1, 4))[:, :3], atol=0.008)


def test_an_image_larger_than_one_stored_block_is_whole():
    values = np.random.default_rng(7).random((12, 90, 80))
    assert image_in(maps(values, "x", "input")).shape == (3 * 90 + 2 * 8, 4 * 80 + 3 * 8, 3)


# ------------------------------------------------------------------------------------------------- the microscope


@pytest.fixture(scope="module")
def slope():
    """Scores (w·2, 0) and label 0: J(w) = log(1 + exp(-2w)), looked at around w = 1."""
    network = Network([Dense(1, 2)])
    network.layers[0].params = {"W": np.array([[1.0], [0.0]]), "b": np.zeros(2)}
    return GradientMicroscope(network, np.array([[2.0]]), np.array([0]))


def test_the_curve_and_the_slopes_are_those_of_sympy(slope):
    w = sympy.Symbol("w", real=True)
    J = sympy.log(1 + sympy.exp(-2 * w))
    for k, nudge in enumerate(sympy.Rational(1, 10**k) for k in range(5)):
        look = slope.look(0, "W", (0, 0), float(nudge))
        J_up, J_at, J_down = (float(J.subs(w, 1 + sign * nudge).evalf(20)) for sign in (1, 0, -1))
        assert pytest.approx(J_at, rel=1e-14) == look.J
        assert look.rises[[0, -1]] == pytest.approx([J_down - J_at, J_up - J_at], rel=1e-9)
        assert look.measured == pytest.approx((J_up - J_down) / (2 * float(nudge)), rel=1e-9)
        exact = float(J.diff(w).subs(w, 1).evalf(20))
        assert look.backprop == pytest.approx(exact, rel=1e-14)
        assert look.complex_step == pytest.approx(exact, rel=1e-14)
        assert k < 1 or look.measured == pytest.approx(exact, rel=10.0 ** (1 - 2 * k))


def test_it_says_when_the_curve_bends_and_when_rounding_wins(slope):
    assert "The curve bends away from its tangent: look closer." in slope.show(0).line
    assert slope.show(0).line.startswith("ε = 1: J(w + ε) = 0.018149927918, J(w − ε) = 0.69314718056. ")
    assert "Curve and tangent are one line." in slope.show(4).line
    assert "closer is no longer better" not in slope.show(4).line
    assert "closer is no longer better" in slope.show(11).line


def test_an_entry_that_plays_no_part_is_told_of():
    network = Network([Dense(2, 2), ReLU(), Dense(2, 2)])
    network.layers[0].params = {"W": np.array([[1.0, 1.0], [-1.0, -1.0]]), "b": np.zeros(2)}
    stepper = GradientMicroscope(network, np.array([[1.0], [2.0]]), np.array([1]))
    look = stepper.look(0, "W", (1, 0), 0.1)
    assert (look.backprop, look.measured, look.complex_step) == (0, 0, 0)
    assert "Without this entry J would be the same" in look.words()


@pytest.mark.parametrize("design", [{}, {"activation": "sigmoid"}, {"pool": "max", "activation": "tanh"}], ids=str)
def test_in_a_whole_network_the_complex_step_agrees_with_backprop_everywhere(design):
    rng = np.random.default_rng(8)
    stepper = GradientMicroscope(helpers.lenet(**design), rng.random((1, 28, 28, 2)), np.array([3, 8]))
    for (n, name), gradient in stepper.probe.gradients.items():
        entry = tuple(rng.integers(gradient.shape))
        look = stepper.look(n, name, entry, 1e-4)
        assert look.complex_step == pytest.approx(look.backprop, rel=1e-9, abs=1e-12)
        assert look.backprop == gradient[entry]


@pytest.mark.parametrize("examples", [1, 3])
def test_every_point_of_the_curve_is_the_loss_of_a_network_with_that_parameter(examples):
    rng = np.random.default_rng(10)
    network, x, labels = helpers.lenet(dtype=np.float64), rng.random((1, 28, 28, examples)), np.arange(examples)
    stepper = GradientMicroscope(network, x, labels)
    for n, name, entry in [(0, "K", (2, 0, 1, 3)), (0, "b", (4,)), (2, "beta", (5,)), (6, "b", (7,)), (9, "W", (2, 8))]:
        nudges, losses = np.linspace(-0.5, 0.5, 13), []
        for nudge in nudges:
            moved = copy.deepcopy(network)
            moved.layers[n].params[name][entry] += nudge
            losses.append(moved.loss(x, labels))
        assert stepper.probe.curve(n, name, entry, 0.5) == pytest.approx(losses, rel=1e-13)
        assert stepper.look(n, name, entry, 0.5).nudges == pytest.approx(nudges)


def test_a_next_frame_takes_one_pass_through_the_layers_above():
    stepper = GradientMicroscope(helpers.lenet(), np.random.default_rng(11).random((1, 28, 28, 1)), [4])
    last, passes = stepper.probe.layers[-1], []
    last.compute = lambda x, compute=last.compute: passes.append(x.shape) or compute(x)
    for k in range(3):
        stepper.show(k)
    assert passes == [(192, 13), (192, 1), (192, 13), (192, 13)]  # the complex step is the same in every frame


def test_what_rounding_leaves_of_an_entry_that_plays_no_part_is_not_shown():
    network = Network([Dense(3, 6), ReLU(), Dense(6, 10)])
    network.layers[0].params["b"][5] = -1000
    stepper = GradientMicroscope(network, np.random.default_rng(12).random((3, 2)), np.array([1, 7]))
    last, rounding = stepper.probe.layers[-1], np.random.default_rng(13)
    last.compute = lambda x, compute=last.compute: compute(x) + rounding.uniform(-1e-15, 1e-15, (10, x.shape[1]))
    assert np.ptp(stepper.probe.curve(0, "W", (5, 2), 1.0)) > 0  # as where a product rounds its columns differently
    look = stepper.look(0, "W", (5, 2), 1.0)
    assert np.array_equal(look.rises, np.zeros(13)) and look.measured == look.backprop == look.complex_step == 0
    assert "Without this entry J would be the same" in look.words()


def test_too_close_rounding_spoils_the_measured_slope_and_not_the_complex_step(slope):
    def off(epsilon):
        look = slope.look(0, "W", (0, 0), epsilon)
        assert look.complex_step == pytest.approx(look.backprop, rel=1e-14)
        return abs(look.measured / look.backprop - 1)

    assert off(1e-5) < 1e-9
    assert max(map(off, (1e-10, 1e-11, 1e-12))) > 1e-7


def test_its_complex_step_is_that_of_helpers():
    network, x, labels = paper(), IMAGE[None, :, :, None].astype(float), np.array([0])
    stepper = GradientMicroscope(network, x, labels)
    probe = stepper.probe

    def J(K):
        probe.layers[0].params["K"] = K
        return probe.head.forward(Network(probe.layers).forward(x), labels)

    kept = probe.layers[0].params["K"]
    measured = complex_step_gradient(J, kept)
    probe.layers[0].params["K"] = kept
    for entry in np.ndindex(measured.shape):
        assert stepper.look(0, "K", entry, 0.1).complex_step == pytest.approx(measured[entry], rel=1e-13)


def test_the_sliders_are_those_of_the_chosen_parameter():
    stepper = GradientMicroscope(helpers.lenet(), np.random.default_rng(9).random((1, 28, 28, 1)), [0])
    controls = stepper.player.controls
    found = {}
    for parameter in ("C3 K", "S2 beta", "dense W", "C1 K"):
        controls["parameter"].value = parameter
        sliders = [controls[f"index_{k}"] for k in range(4)]
        found[parameter] = {s.description: s.max for s in sliders if s.layout.display != "none"}
        gradient = stepper.probe.gradients[stepper.keys[parameter]]
        entry = tuple(min(slider.value, n - 1) for slider, n in zip(sliders, gradient.shape, strict=False))
        assert abs(gradient[entry]) == abs(gradient).max()
        assert f"{parameter}[{','.join(map(str, entry))}] = " in stepper.player.picture.value
    assert found == {
        "C3 K": {"o": 11, "c": 5, "u": 4, "v": 4},
        "S2 beta": {"c": 5},
        "dense W": {"i": 9, "j": 191},
        "C1 K": {"o": 5, "u": 4, "v": 4},  # it reads one map: there is no c to choose
    }


def test_the_static_twin_is_the_frame_of_the_walk(slope):
    twin = slope.at(0, "W", (0, 0), 0.01)
    assert twin.svg == slope.frame(2, parameter="dense W", index_0=0).svg
    assert "slope by backprop: -0.238406" in twin.alt  # -2 / (1 + e^2)
    assert len(slope.filmstrip().svg) < 40_000


def test_the_microscope_refuses_what_is_not_there(slope):
    with pytest.raises(ValueError, match=r"layer 1 has no parameter 'K'; choose one of \(0, 'W'\), \(0, 'b'\)"):
        slope.at(1, "K", (0, 0))
    with pytest.raises(ValueError, match=r"dense W has shape \(2, 1\); give 2 indices, counted from 0"):
        slope.at(0, "W", (2, 0))
    with pytest.raises(ValueError, match="epsilon=-1: pass a positive number"):
        slope.at(0, "W", (0, 0), -1)
    with pytest.raises(ValueError, match="no parameters to nudge"):
        GradientMicroscope(Network([Flatten()]), np.zeros((1, 2, 1, 1)), [0])


def test_small_numbers_are_said_with_raised_powers():
    numbers = {0.25: "0.25", -3: "−3", -0.00951: "−0.0095", 6e-4: "0.0006", 1.5e-4: "1.5·10⁻⁴", -2e-7: "−2·10⁻⁷"}
    assert {number: said(number) for number in numbers} == numbers
