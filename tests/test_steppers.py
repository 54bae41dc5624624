"""The steppers: the right numbers, product by product; the same pictures every time; a player that plays."""

import itertools
import re
import xml.etree.ElementTree as ElementTree
from fractions import Fraction

import numpy as np
import pytest
import sympy
from scipy import special
from scipy.signal import convolve2d, correlate2d

from classroom.drawing import Drawing, Matrix, filmstrip
from classroom.steppers import ActivationStepper, ConvolutionStepper, DenseStepper, PoolingStepper, SoftmaxStepper
from classroom.steppers.base import Choice, Frame, Lazy, Range, Stepper
from classroom.steppers.walk import added, board, example

X = [[1, 2, 0], [3, 1, 4], [0, 2, 5]]
K = [[1, 2], [3, -1]]
DELTA = [[1, 4], [-1, -2]]
POOLED = [[3, 1, 4, 0, -3, 2], [-2, 6, 2, -1, 1, -4], [9, 2, 0, 5, 6, 1], [5, 8, -1, 8, 2, 7]]
SVG = "{http://www.w3.org/2000/svg}"


def conv(**changes):
    return ConvolutionStepper(X, K, DELTA, b=-2, **changes)


def mean(**changes):
    return PoolingStepper(POOLED, [[4, -8, 3], [2, 9, -5]], **({"beta": 3, "b": -1} | changes))


def tied():
    """Two windows with a tie; the 6 in the middle row, on the right, wins two windows."""
    return PoolingStepper([[6, 1, 4], [6, 2, 6], [1, 0, 3]], DELTA, kind="max", stride=1)


def dense():
    return DenseStepper([[1, 2, -1], [3, 0, 2]], [[2, 1], [1, -1], [4, 3]], [1, -2], [[2, 1], [-3, 4]])


def maps():
    x = [[[1, 2, 3], [0, 1, 2]], [[2, 0, 1], [-1, 1, 3]]]
    kernels = np.arange(1, 25).reshape(3, 2, 2, 2) - 9
    return ConvolutionStepper(x, kernels, [[[1, 2]], [[-1, 3]], [[2, 5]]], b=[1, 2, -3])


STEPPERS = {
    "convolution": conv,
    "maps": maps,
    "mean pool": mean,
    "max pool": tied,
    "dense": dense,
    "softmax": lambda: SoftmaxStepper([2, 1, 0], 1),
    "activation": lambda: ActivationStepper([[2, 0], [-3, 4]], [[5, 7], [11, -2]]),
}


@pytest.fixture(params=STEPPERS)
def stepper(request):
    return STEPPERS[request.param]()


def settings(stepper):
    """Every view, as it begins and with every other value of each option."""
    choices = {name: option.values for name, option in stepper.options.items() if isinstance(option, Choice)}
    for view in choices.pop("view", [None]):
        start = {} if view is None else {"view": view}
        yield start
        yield from (start | {name: value} for name, values in choices.items() for value in values[1:])


# -------------------------------------------------------------------------------------------- the convolution's numbers


@pytest.mark.parametrize(
    ("view", "expected"),
    [
        ("forward", [[11, -1], [1, 8]]),
        ("dK", [[4, -7], [3, 5]]),
        ("dx scatter", [[1, 6, 8], [2, 7, -8], [-3, -5, 2]]),
        ("dx gather", [[1, 6, 8], [2, 7, -8], [-3, -5, 2]]),
        ("db", [[2]]),
    ],
)
@pytest.mark.parametrize("step", ["product", "sum"])
def test_the_running_example(view, expected, step):
    assert conv().result(view=view, step=step).tolist() == expected
    words = "; ".join(" ".join(map(str, line)) for line in expected)
    assert f"{len(expected)} by {len(expected[0])}, rows {words}" in conv().frame(-1, view=view, step=step).alt


def test_stride_and_padding_on_paper():
    stepper = conv()
    assert stepper.result(view="forward", stride=2, padding=1).tolist() == [[-3, 4], [4, 8]]
    for view in ("dx scatter", "dx gather"):
        expected = [[-1, 12, -4], [-2, -2, -4], [1, -6, 2]]
        assert stepper.result(view=view, stride=2, padding=1).tolist() == expected


def test_true_convolution_on_paper():
    assert conv().result(view="forward", operation="convolution").tolist() == [[10, 2], [0, 18]]
    assert conv().result(view="dK", operation="convolution").tolist() == [[5, 3], [-7, 4]]


def oracle(x, kernel, delta, operation, stride, padding, b):
    """SciPy's results for one map: every output of stride 1 with only some kept, so a delta with zeros between."""
    turn = operation == "convolution"
    slid, padded = (kernel[::-1, ::-1] if turn else kernel), np.pad(x, padding)
    every = correlate2d(padded, slid, "valid")
    spread = np.zeros_like(every)
    spread[::stride, ::stride] = delta
    dx = convolve2d(spread, slid)[padding : padding + x.shape[0], padding : padding + x.shape[1]]
    dK = correlate2d(padded, spread, "valid")
    return {"forward": every[::stride, ::stride] + b, "dK": dK[::-1, ::-1] if turn else dK, "dx": dx}


@pytest.mark.parametrize("operation", ["correlation", "convolution"])
@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
def test_one_map_against_scipy(operation, stride, padding):
    rng = np.random.default_rng(3 * stride + padding)
    x, kernel = rng.integers(-5, 6, (5, 6)), rng.integers(-5, 6, (3, 2))
    delta = rng.integers(-5, 6, ((5 + 2 * padding - 3) // stride + 1, (6 + 2 * padding - 2) // stride + 1))
    stepper = ConvolutionStepper(x, kernel, delta, 4, stride, padding)
    expected = oracle(x, kernel, delta, operation, stride, padding, 4)
    for view in ("forward", "dK", "dx scatter", "dx gather"):
        found = stepper.result(view=view, operation=operation)
        assert np.array_equal(found, expected[view.split()[0]]), view


@pytest.mark.parametrize("operation", ["correlation", "convolution"])
def test_several_maps_against_scipy(operation):
    stepper = maps()
    deltas = np.array([[[1, 2]], [[-1, 3]], [[2, 5]]])
    parts = {
        (o, c): oracle(np.array(stepper.x[c], int), np.array(stepper.K[o, c], int), deltas[o], operation, 1, 0, 0)
        for o in range(3)
        for c in range(2)
    }
    for o, b in enumerate([1, 2, -3]):
        z = sum(parts[o, c]["forward"] for c in range(2)) + b
        assert np.array_equal(stepper.result(view="forward", operation=operation, o=o), z)
        assert stepper.result(view="db", o=o).tolist() == [[deltas[o].sum()]]
        for c in range(2):
            assert np.array_equal(stepper.result(view="dK", operation=operation, o=o, c=c), parts[o, c]["dK"])
    for c, view in itertools.product(range(2), ("dx scatter", "dx gather")):
        dx = sum(parts[o, c]["dx"] for o in range(3))
        assert np.array_equal(stepper.result(view=view, operation=operation, c=c), dx)


def test_both_views_of_dx_are_the_same_products():
    def products(view):
        frames = conv().frames(view=view)
        met = [line for frame in frames for line in re.findall(r"δ\[\d,\d\]·K\[\d,\d\]", frame.now or frame.line)]
        assert len(met) == len(frames) == 16
        return sorted(met)

    assert products("dx scatter") == products("dx gather")


def test_entries_stay_exact():
    half = ConvolutionStepper([[Fraction(1, 3), 1]], [[Fraction(1, 2)]])
    assert half.result().tolist() == [[Fraction(1, 6), Fraction(1, 2)]]
    assert ConvolutionStepper([[2**70]], [[3]]).result().tolist() == [[3 * 2**70]]
    x, k = sympy.symbols("x k")
    assert ConvolutionStepper([[x]], [[k]]).result()[0, 0] == x * k


def test_a_delta_that_fits_no_longer_is_replaced_and_the_frame_says_so():
    assert "example values" not in conv().frame(0, view="dK").alt
    wide = conv().frame(0, view="dK", padding=1)
    assert "the given δ does not fit, so these are example values" in wide.title and "example values" in wide.alt
    assert "example values" in ConvolutionStepper(X, K).frame(0, view="dK").alt
    assert "example" not in conv().frame(0, view="forward", padding=1).title
    assert all(example((3, 4, 5)).flat) and len({tuple(line) for line in example((12, 12))}) == 12


# ------------------------------------------------------------------------------------------------ the other layers


def test_mean_pool():
    expected = [[5, Fraction(11, 4), -4], [17, 8, 11]]
    assert mean().result(view="forward").tolist() == expected
    assert mean().result(view="dbeta").tolist() == [[14]] and mean().result(view="db").tolist() == [[5]]
    top = [3, 3, -6, -6, Fraction(9, 4), Fraction(9, 4)]
    low = [Fraction(3, 2), Fraction(3, 2), Fraction(27, 4), Fraction(27, 4), Fraction(-15, 4), Fraction(-15, 4)]
    assert mean().result(view="dx").tolist() == [top, top, low, low]


def test_a_plain_mean_pool_has_no_beta_in_its_lines():
    plain = PoolingStepper([[3, 1], [5, 2]], [[8]])
    assert plain.show(3).line == "z[0,0] = (x[0,0] + x[0,1] + x[1,0] + x[1,1])/4 = (3 + 1 + 5 + 2)/4 = 11/4"
    assert plain.show(0, view="dx").line == "dx[0,0] = δ[0,0]·1/4 = 8·(1/4) = 2 (1 of 4)"


def test_max_pool_with_ties_and_overlaps():
    assert tied().result(view="forward").tolist() == [[6, 6], [6, 6]]
    assert tied().result(view="dx").tolist() == [[1, 0, 0], [-1, 0, 4 - 2], [0, 0, 0]]
    tie = "x[0,0] and x[1,0] tie, and the first in reading order wins, which is a choice"
    assert tied().show(3).line.endswith(f"= max(6, 1, 6, 2) = 6, at x[0,0]; {tie}")
    assert tied().show(0, view="dx").line == f"dx[0,0] = 0 + δ[0,0] = 0 + 1 = 1; {tie}"
    assert "tie" not in tied().show(1, view="dx").line
    assert "beside entries: row 0 column 0 max" in tied().frame(0, view="dx").alt


def test_max_pool_drops_what_no_window_reaches():
    stepper = PoolingStepper([[-3, -1, 9], [-2, -8, 9], [9, 9, 9]], [[7]], kind="max")
    assert stepper.result(view="forward").tolist() == [[-1]]
    assert stepper.result(view="dx").tolist() == [[0, 7, 0], [0, 0, 0], [0, 0, 0]]


def test_dense():
    assert dense().result(view="forward").tolist() == [[1, -3], [12, 7]]
    assert dense().result(view="dW").tolist() == [[5, 1, 11], [-2, -7, 0]]
    assert dense().result(view="dx").tolist() == [[-7, 13], [4, 2], [-8, 7]]
    assert dense().result(view="db").tolist() == [[3], [1]]


def test_dense_with_one_example_needs_one_index():
    single = DenseStepper([[2, 3]], [[5], [7]], delta=[[-1]])
    assert single.show(-1).line == "z[0] = W[0,0]·x[0] + W[0,1]·x[1] = 2·5 + 3·7 = 31"
    assert single.show(1, view="dW").line == "dW[0,1] = δ[0]·x[1] = (−1)·7 = −7"


def test_dense_names_the_factors_in_the_order_of_its_picture():
    frame = dense().show(1, view="dx")
    assert frame.line == "dx[0,0] = W[0,0]·δ[0,0] + W[1,0]·δ[1,0] = 1·2 + 3·(−3) = −7"
    assert frame.picture.alt.index("W^T") < frame.picture.alt.index("δ")


def test_softmax():
    even = SoftmaxStepper([0, 0], 1)
    assert even.show(0).line == "p = (0.5, 0.5) for z = (0, 0); J = −log p[1] = 0.693"
    lines = [frame.line for frame in even.frames()]
    assert lines[1] == "p[0] = e^z[0] / (sum of e^z) = 1 / (1 + 1) = 0.5"
    assert lines[3] == "∂p[0]/∂z[0] = p[0]·(1 − p[0]) = 0.5·(1 − 0.5) = 0.25"
    assert lines[4] == "∂p[0]/∂z[1] = p[0]·(0 − p[1]) = 0.5·(0 − 0.5) = −0.25"
    assert lines[8] == "δ[1] = p[1] − y[1] = 0.5 − 1 = −0.5"
    assert len(lines) == 1 + 2 + 4 + 2
    slope = "∂p[2]/∂z[0] = p[2]·(0 − p[0]) = 0.09·(0 − 0.665) = −0.06"
    assert SoftmaxStepper([2, 1, 0], 1).show(1 + 3 + 2 * 3).line == slope


def test_softmax_against_scipy():
    z = np.array([2, -1, 0.5])
    p = special.softmax(z)
    alt = SoftmaxStepper(z[:, None], np.int64(2)).frame(0).alt
    rows = "; ".join(f"{value:.3f}" for value in p)
    assert f"p, 3 by 1, rows {rows}" in alt.replace("0.79 ", "0.790 ")
    jacobian = np.diag(p) - np.outer(p, p)
    found = re.search(r"∂p/∂z, 3 by 3, rows ([-0-9.; ]*)", alt)[1]
    assert np.allclose([[float(n) for n in line.split()] for line in found.split(";")], jacobian, atol=5e-4)


# ----------------------------------------------------------------------------------------------- what a frame says


@pytest.mark.parametrize(
    ("view", "index", "line"),
    [
        (
            "forward",
            4,
            "z[0,0] = K[0,0]·x[0,0] + K[0,1]·x[0,1] + K[1,0]·x[1,0] + K[1,1]·x[1,1] + b "
            "= 1·1 + 2·2 + 3·3 + (−1)·1 − 2 = 11",
        ),
        (
            "dK",
            5,
            "dK[0,1] = δ[0,0]·x[0,1] + δ[0,1]·x[0,2] + δ[1,0]·x[1,1] + δ[1,1]·x[1,2] "
            "= 1·2 + 4·0 + …; so far 2 (2 of 4)",
        ),
        ("dx scatter", 4, "dx[0,1] = 2 + δ[0,1]·K[0,0] = 2 + 4·1 = 6 (1 of 4)"),
        ("dx gather", 2, "dx[0,1] = δ[0,0]·K[0,1] + δ[0,1]·K[0,0] = 1·2 + 4·1 = 6"),
        ("db", 3, "db = δ[0,0] + δ[0,1] + δ[1,0] + δ[1,1] = 1 + 4 − 1 − 2 = 2"),
    ],
)
def test_lines(view, index, line):
    assert conv().show(index, view=view).line == line


def test_a_stamp_is_written_entry_by_entry():
    line = "dx[0,1] = 2 + 4·1 = 6, dx[0,2] = 0 + 4·2 = 8, dx[1,1] = −1 + 4·3 = 11, dx[1,2] = 0 + 4·(−1) = −4"
    assert conv().show(1, view="dx scatter", step="sum").line == line


def test_products_that_fall_on_the_padding_are_counted_and_not_written_out():
    scatter = {"view": "dx scatter", "padding": 1}
    assert conv().show(0, **scatter).line == "δ[0,0]·K[0,0] = 1·1 = 1 falls on the padding (1 of 4)"
    assert conv().show(3, **scatter).line == "dx[0,0] = 0 + δ[0,0]·K[1,1] = 0 + 1·(−1) = −1 (4 of 4)"
    corner, edge, inside = (conv().show(index, step="sum", **scatter).line for index in (0, 1, 5))
    assert corner == "dx[0,0] = 0 + 1·(−1) = −1; 3 of the 4 products fall on the padding"
    assert edge == "dx[0,0] = −1 + 4·3 = 11, dx[0,1] = 0 + 4·(−1) = −4; 2 of the 4 products fall on the padding"
    assert "padding" not in inside
    wide = ConvolutionStepper([[1, 1, 1]], [[5, 7]], np.full((7, 8), 2), padding=3)  # one row of x in seven
    assert wide.show(0, view="dx scatter", step="sum").line == "all 2 products fall on the padding"
    lines = [frame.line for frame in wide.frames(view="dx scatter", step="sum")]
    assert "dx[0,0] = 0 + 2·7 = 14; 1 of the 2 products falls on the padding" in lines


def test_an_entry_that_no_window_touches_says_so():
    frames = conv().frames(view="dx gather", stride=2)
    assert frames[-1].line == "dx[2,2] = 0, since no window touches this entry"


def test_long_sums_are_shortened_in_letters_only():
    stepper = ConvolutionStepper(np.ones((4, 4), int), np.ones((4, 4), int))
    line = stepper.show(-1).line
    assert "z[0,0] = K[0,0]·x[0,0] + … + K[3,3]·x[3,3] = " in line and line.endswith(" = 16")
    assert line.count("1·1") == 16
    assert "K[0,0]·x[0,0] + … + K[1,1]·x[1,1] + … + K[3,3]·x[3,3] = 1·1" in stepper.show(5).line
    assert "K[0,0]·x[0,0] + K[0,1]·x[0,1] + … + K[3,3]·x[3,3] = 1·1" in stepper.show(1).line


def test_terms_are_joined_by_plus_and_minus():
    assert added(["1·2", "(−2)", "(−3)·4", "(−1/4)"]) == "1·2 − 2 + (−3)·4 − 1/4"
    assert added(["(−2)", "5"]) == "−2 + 5" and added(["(−2)·3"]) == "(−2)·3"


def test_the_entries_that_meet_are_lit():
    alt = conv().frame(5, view="dK").alt
    x, delta, dK = re.findall(r"(?:x|δ|dK), \d by \d, rows[^★=]*", alt)
    assert "lit: row 0 column 2" in x and "outlined: 2 by 2 from row 0 column 1" in x
    assert "lit: row 0 column 1" in delta and "rows 4 2; empty empty, lit: row 0 column 1" in dK


@pytest.mark.parametrize(
    ("make", "view", "outlines"),
    [
        (conv, "forward", ["2 by 2 from row 1 column 1"]),
        (conv, "dK", ["2 by 2 from row 1 column 1"]),
        (conv, "dx scatter", ["2 by 2 from row 1 column 1"]),
        (conv, "dx gather", ["2 by 2 from row 2 column 2"]),
        (mean, "forward", ["2 by 2 from row 2 column 4"]),
        (mean, "dx", ["2 by 2 from row 2 column 4"]),
        (tied, "dx", ["2 by 2 from row 1 column 1", "2 by 2 from row 1 column 1"]),
        (dense, "forward", ["1 by 3 from row 1 column 0", "3 by 1 from row 0 column 1"]),
        (dense, "dW", ["1 by 2 from row 1 column 0", "2 by 1 from row 0 column 2"]),
        (dense, "dx", ["1 by 2 from row 2 column 0", "2 by 1 from row 0 column 1"]),
    ],
)
def test_windows_of_the_last_frame(make, view, outlines):
    assert re.findall(r"outlined: (\d by \d from row \d column \d)", make().frame(-1, view=view).alt) == outlines


def test_zeros_that_only_fill_up_are_pale_and_meet_nothing():
    padded = board([[1, 2]], "x", "input").padded(1)
    assert padded.name == "pad(x)" and len(padded.empty) == 10 and padded.letters[1, 2] == "x[0,1]"
    assert padded.turned().name == "rot180(pad(x))" and padded.turned().turned().name == "pad(x)"
    wide = board([[1, 2], [3, 4]], "δ", "gradient").dilated(2)
    assert wide.values.tolist() == [[1, 0, 2], [0, 0, 0], [3, 0, 4]] and len(wide.empty) == 5
    first = conv().show(0, padding=1)
    assert first.line == "z[0,0] = K[1,1]·x[0,0] + b = (−1)·1 + …; so far −1 (1 of 2)"


def test_every_frame_of_every_setting_is_new_and_well_formed(stepper):
    for chosen in settings(stepper):
        frames = stepper.frames(**chosen)
        pictures = [frame.html for frame in frames]
        assert len(set(pictures)) == len(pictures) > 0, chosen
        svg = ElementTree.fromstring(re.search("<svg.*</svg>", pictures[-1])[0])
        assert svg.get("role") == "img" and svg.find(SVG + "title").text == frames[-1].heading != ""
        assert frames[-1].line in svg.find(SVG + "desc").text


@pytest.mark.parametrize("make", [conv, maps, mean, tied, dense])
def test_the_pictures_of_a_walk_are_all_of_one_width(make):
    for chosen in settings(make()):
        assert len({frame.picture.width for frame in make().frames(**chosen)}) == 1, chosen


def test_cells_have_room_for_the_longest_text_of_the_walk():
    assert [Matrix([[1]], room=room).drawing.width for room in ("", "1/4", "−15/4")] == [36, 38, 60]
    assert mean().frames(view="dx").room == "-15/4"
    tens = DenseStepper([[10, 1]], [[10], [-99]])  # 100, which is wider than 1 in the end
    assert tens.frames().room == "100" and tens.result().tolist() == [[1]]


def test_html_shows_the_line_as_text_with_the_new_product_in_bold():
    text = Frame(Matrix([[1]]).drawing, "a < b: 1·2 + 3·4", "3·4", "Head & all").html
    assert "a &lt; b: 1·2 + <b>3·4</b></div>" in text and "<b>Head &amp; all</b>" in text
    assert "<b>" not in Frame(Matrix([[1]]).drawing, "1").html


# ----------------------------------------------------------------------------------------- the same every time


def test_frames_are_drawings_and_need_no_widget(stepper):
    first, again = stepper.frame(0), type(stepper).frame(stepper, -len(stepper))
    assert isinstance(first, Drawing) and first.svg == again.svg
    assert "player" not in vars(stepper)


def test_two_steppers_draw_the_same():
    for make in STEPPERS.values():
        assert make().frame(1).svg == make().frame(1).svg
        assert make().filmstrip().svg == make().filmstrip().svg


def test_the_repr_is_the_same_every_time(stepper):
    assert repr(stepper) == repr(type(stepper).__new__(type(stepper))) and "0x" not in repr(stepper)
    bundle = stepper._repr_mimebundle_()
    assert bundle["text/plain"] == repr(stepper)
    assert "application/vnd.jupyter.widget-view+json" in bundle


def test_filmstrips_show_whole_sums():
    assert conv().filmstrip(view="dK").alt.count("Frame ") == 4
    assert conv().filmstrip(view="dx gather").alt.count("Frame ") == 9
    assert conv().filmstrip(0, 5, view="dK").alt.count("Frame ") == 2
    assert "so far 2 (2 of 4)" in conv().filmstrip(0, 5, view="dK").alt
    assert conv().filmstrip(caption="Look.").alt.startswith("Look. ")


def test_a_filmstrip_says_where_its_steps_are_not_those_of_the_player():
    assert conv().filmstrip(view="dK").alt.startswith("dK: δ slides over x; one step is one sum. Frame 0: ")
    assert conv().start(step="sum").filmstrip(view="dK").alt.startswith("dK: δ slides over x. Frame 0: ")
    assert conv().filmstrip(0, view="dK").alt.startswith("dK: δ slides over x (1 of 16 frames). Frame 0: ")
    assert "one step" not in tied().filmstrip(view="dx").alt  # a sum has one product there


def test_a_filmstrip_numbers_its_frames_as_the_slider_does():
    strip = conv().filmstrip(2, 5, -1, view="dK")
    named = re.findall(r"Frame (\d+): (dK\[\d,\d\])", strip.alt)
    assert named == [("2", "dK[0,0]"), ("5", "dK[0,1]"), ("15", "dK[1,1]")]
    assert re.findall(r'text-anchor="start" font-weight="700">(\d+)<', strip.svg) == ["2", "5", "15"]
    player = conv().start(view="dK").player
    player.slider.value = 5
    line = re.search('stepper-line"[^>]*>(.*)</div>', player.picture.value)[1].replace("<b>", "").replace("</b>", "")
    assert f"Frame 5: {line}." in strip.alt
    assert re.findall(r"Frame (\d)", filmstrip(Matrix([[1]]), Matrix([[2]])).alt) == ["1", "2"]


def test_the_caption_is_the_heading_of_the_first_chosen_frame():
    class Signs(Stepper):
        def walk(self):
            return [Frame(Matrix([[n]]).drawing, str(n), heading=f"About {n}") for n in (7, 8, 9)]

    assert Signs({}).filmstrip(1, 2).alt.startswith("About 8 (2 of 3 frames). Frame 1: 8.")
    assert Signs({}).filmstrip().alt.startswith("About 7. Frame 0: 7.")


def test_a_long_filmstrip_takes_frames_from_first_to_last():
    stepper = ConvolutionStepper(np.ones((7, 7), int), [[1]])
    assert list(stepper.matter(step="sum")) == [0, 6, 12, 18, 24, 30, 36, 42, 48]
    assert "slides over x (9 of 49 frames). Frame 0" in stepper.filmstrip().alt
    assert "Frame 42: z[6,0] = " in stepper.filmstrip().alt


def test_softmax_filmstrip_takes_logits():
    strip = SoftmaxStepper([0, 0], 0).filmstrip([1, 1], [3, -3])
    assert strip.alt.count("Frame ") == 2 and "p = (0.998, 0.002) for z = (3, −3)" in strip.alt
    assert SoftmaxStepper([2, 1, 0], 1).filmstrip().alt.count("p = (0.665, 0.245, 0.09)") == 2  # raised by 1: the same


# ----------------------------------------------------------------------------------------------------- the player


def test_step_and_back():
    player = conv().player
    first = player.picture.value
    player.step.click()
    assert player.slider.value == player.timer.value == 1 and player.picture.value != first
    player.back.click()
    player.back.click()
    assert player.slider.value == 0 and player.picture.value == first


def test_the_slider_and_the_timer_move_the_picture(stepper):
    player, last = stepper.player, len(stepper) - 1
    player.slider.value = last
    assert player.picture.value == stepper.show(last).html and player.timer.value == last
    player.step.click()
    assert player.slider.value == last
    player.timer.value = 0
    assert player.picture.value == stepper.show(0).html and player.slider.value == 0


def test_play_and_pause():
    player = conv().player
    player.play.value = True
    assert player.timer.playing and player.play.description == "Pause"
    player.timer.playing = False  # as the browser does at the end
    assert not player.play.value and player.play.description == "Play"
    player.play.value = True
    player.step.click()
    assert not player.timer.playing


def test_every_option_changes_the_picture():
    stepper = conv()
    player = stepper.player
    for name, value in [("view", "dK"), ("operation", "convolution"), ("step", "sum"), ("stride", 2), ("padding", 1)]:
        before = player.picture.value
        player.controls[name].value = value
        assert player.picture.value != before and stepper.chosen[name] == value
        assert player.slider.max == player.timer.max == len(stepper) - 1
    assert len(stepper) == 4


def test_an_option_keeps_the_place_where_the_number_of_frames_stays():
    player = conv().player
    player.slider.value = 7
    player.controls["operation"].value = "convolution"
    assert player.slider.value == 7
    player.controls["view"].value = "dK"
    assert player.slider.value == 0


def test_the_maps_are_offered_where_they_matter():
    player = maps().player
    shown = {}
    for view in ("forward", "dK", "dx scatter", "dx gather", "db"):
        player.controls["view"].value = view
        shown[view] = "".join(name for name in "oc" if player.controls[name].layout.display is None)
    assert shown == {"forward": "o", "dK": "oc", "dx scatter": "c", "dx gather": "c", "db": "o"}


def test_logits_move_the_figure():
    player = SoftmaxStepper([0, 0], 0).player
    player.controls["z0"].value = 3
    assert "p = (0.953, 0.047) for z = (3, 0)" in player.picture.value


def test_what_a_browser_finds(stepper):
    player = stepper.player
    assert "stepper" in player.root._dom_classes and "stepper-frame" in player.picture._dom_classes
    assert "stepper-slider" in player.slider._dom_classes
    assert all("stepper-option" in control._dom_classes for control in player.controls.values())
    assert [player.play.description, player.back.description, player.step.description] == ["Play", "Back", "Step"]


class Doubling(Stepper):
    """The example of base.py."""

    def __init__(self, x):
        super().__init__({"times": Choice((2, 3)), "more": Range(0, 1, 0.5)})
        self.x = x

    def walk(self, times, more):
        return [Frame(Matrix([[n]], "x").drawing, f"{times}·{n} = {times * n}") for n in self.x]


def test_a_stepper_of_ones_own():
    stepper = Doubling([4, 5])
    assert len(stepper) == 2 and stepper.show(1, times=3).line == "3·5 = 15"
    assert stepper.filmstrip().alt.count("Frame ") == 2
    assert stepper.player.controls["more"].value == 0.5
    assert [Lazy([lambda: 1, lambda: 2])[1], len(Lazy([]))] == [2, 0]
    with pytest.raises(NotImplementedError):
        Stepper({}).frames()


# -------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ConvolutionStepper([1, 2], K), ["x", "[1, 2]", "matrix", "[[1], [2]]"]),
        (lambda: ConvolutionStepper(5, K), ["x", "5", "matrix"]),
        (lambda: ConvolutionStepper([[1, 2], [3]], K), ["rows of equal length"]),
        (lambda: ConvolutionStepper([["a"]], [[1]]), ["numbers"]),
        (lambda: ConvolutionStepper([[float("nan")]], [[1]]), ["finite"]),
        (lambda: ConvolutionStepper([], K), ["x", "matrix"]),
        (lambda: ConvolutionStepper(np.ones((13, 3)), K), ["(13, 3)", "12x12", "x[:6, :6]"]),
        (lambda: ConvolutionStepper(X, np.ones((2, 2, 2))), ["K", "kernels (O, C, kh, kw)"]),
        (lambda: ConvolutionStepper(X, np.ones((1, 1, 2, 2))), ["(3, 3)", "(1, 1, 2, 2)", "the same C"]),
        (lambda: ConvolutionStepper(np.ones((2, 3, 3)), np.ones((1, 3, 2, 2))), ["the same C"]),
        (lambda: ConvolutionStepper(K, X), ["(3, 3)", "larger than x", "smaller kernel"]),
        (lambda: ConvolutionStepper(X, K, [[1]]), ["(1, 1)", "(2, 2)", "of the shape of z"]),
        (lambda: ConvolutionStepper(X, K, DELTA, padding=1), ["(4, 4)", "padding 1"]),
        (lambda: ConvolutionStepper(X, K, b=[1, 2]), ["b", "2 entries"]),
        (lambda: ConvolutionStepper(X, K, stride=0), ["stride=0", "1 to 3"]),
        (lambda: ConvolutionStepper(X, K, padding=0.5), ["padding=0.5"]),
        (lambda: conv().frame(16, view="dK"), ["16", "0 to 15"]),
        (lambda: conv().frame(0, view="dx"), ["'dx'", "dx gather"]),
        (lambda: conv().frame(0, map=1), ["'map'", "ConvolutionStepper", "stride"]),
        (lambda: Doubling([1]).frame(0, more=2), ["more=2", "from 0 to 1"]),
        (lambda: conv().filmstrip(0, 99), ["99", "0 to 19"]),
        (lambda: filmstrip(Matrix([[1]]), numbers=[3, 4]), ["[3, 4]", "as many as frames, which are 1"]),
        (lambda: PoolingStepper(POOLED, kind="sum"), ["'sum'", "'mean' or 'max'"]),
        (lambda: PoolingStepper(X), ["does not divide", "(3, 3)", "crop"]),
        (lambda: PoolingStepper(POOLED, stride=1), ["stride 1", "kind='max'"]),
        (lambda: PoolingStepper(X, kind="max", size=4), ["size=4", "(3, 3)"]),
        (lambda: PoolingStepper(X, kind="max", size=0), ["size=0"]),
        (lambda: PoolingStepper(POOLED, kind="max", beta=2), ["beta=2", "kind='mean'"]),
        (lambda: PoolingStepper(POOLED, [[1]]), ["(1, 1)", "(2, 3)"]),
        (lambda: PoolingStepper([[sympy.Symbol("m")]], kind="max", size=1), ["compares", "not symbols"]),
        (lambda: DenseStepper(K, X), ["(2, 2)", "(3, 3)", "column for each row"]),
        (lambda: DenseStepper(K, [1, 2]), ["x", "[[1], [2]]"]),
        (lambda: DenseStepper(K, K, [1]), ["b has 1", "2 rows"]),
        (lambda: DenseStepper(K, K, delta=[[1, 2]]), ["(1, 2)", "(2, 2)"]),
        (lambda: SoftmaxStepper([1], 0), ["2 to 12 numbers"]),
        (lambda: SoftmaxStepper([1, 100], 0), ["-20 and 20", "the same number"]),
        (lambda: SoftmaxStepper([1, "a"], 0), ["numbers"]),
        (lambda: SoftmaxStepper([1, 2], 2), ["label=2", "0 to 1"]),
        (lambda: SoftmaxStepper([1, 2], 0).filmstrip([1, 2, 3]), ["2 numbers"]),
    ],
)
def test_refusals_say_what_to_do(make, words):
    with pytest.raises(ValueError) as refusal:
        make()
    assert all(word in str(refusal.value) for word in words), str(refusal.value)


def test_the_largest_matrices_are_walked():
    stepper = ConvolutionStepper(np.ones((12, 12), int), np.ones((5, 5), int))
    assert len(stepper.frames(view="dx gather")) == 64 * 25
    assert stepper.frame(-1, view="dx gather", padding=1).width > 0


def test_another_view_begins_at_its_first_frame_even_where_both_have_as_many():
    stepper = conv()
    assert len(stepper.frames(view="dx scatter")) == len(stepper.frames(view="dK")) == 16
    player = stepper.start(view="dx scatter").player
    player.slider.value = 15
    player.controls["view"].value = "dK"
    assert player.slider.value == 0
    assert player.picture.value == stepper.show(0, view="dK").html
    player.slider.value = 5
    player.controls["operation"].value = "convolution"  # the same walk under the other convention: stay
    assert player.slider.value == 5


def test_a_stepper_starts_where_the_lesson_wants_it():
    stepper = conv()
    before = stepper.player
    assert stepper.start(view="dK") is stepper
    assert stepper.chosen["view"] == "dK"
    assert stepper.player is not before
    assert stepper.player.controls["view"].value == "dK"
    with pytest.raises(ValueError, match="choose one of"):
        stepper.start(view="sideways")


def test_a_choice_with_one_value_only_has_no_control():
    stepper = ConvolutionStepper([[2, 4, 3], [5, 1, -1]], [[1, 2], [-1, 3], [2, -2]], padding=1)
    assert stepper.options["padding"].values == (1,)  # a kernel with three rows on two rows of x
    assert stepper.player.controls["padding"].layout.display == "none"
    assert stepper.player.controls["view"].layout.display is None


def test_the_choice_between_products_and_sums_is_there_only_where_it_matters():
    stepper = PoolingStepper(np.arange(16).reshape(4, 4), [[1, 2], [3, 4]], kind="max")
    steps = stepper.player.controls["step"].layout
    assert steps.display is None  # forward: three comparisons a window
    stepper.player.controls["view"].value = "dx"
    assert steps.display == "none"  # back: one delta a window
    stepper.player.controls["view"].value = "forward"
    assert steps.display is None
