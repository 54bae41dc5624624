"""The activation stepper: a = f(z) and δ = f'(z)·g entry by entry, and the graph with its point and its tangent."""

import math
import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
import sympy

from classroom.steppers import ActivationStepper
from classroom.steppers.activation import FUNCTIONS, Graph

Z = [[2, 0], [-3, 4]]
G = [[5, 7], [11, -2]]
SVG = "{http://www.w3.org/2000/svg}"


def relu():
    return ActivationStepper(Z, G)


def logarithms():
    """Logarithms, at which the sigmoid and its slope are fractions."""
    return ActivationStepper([[sympy.log(3)], [-sympy.log(2)]], [[16], [-9]], "sigmoid")


def lines(stepper, **options):
    return [frame.line for frame in stepper.frames(**options)]


def matrix(stepper, index, name, **options):
    """What the alternative text of a frame says of one matrix."""
    alt = stepper.frame(index, **options).alt
    return re.search(rf"(?:^|[ .]){re.escape(name)}, (\d by \d, rows [^→∘=]*?)(?= [→∘=]| graph|\. |$)", alt)[1]


# ------------------------------------------------------------------------------------------------------ the numbers


def test_relu_forward():
    assert lines(relu()) == [
        "a[0,0] = max(z[0,0], 0) = max(2, 0) = 2",
        "a[0,1] = max(z[0,1], 0) = max(0, 0) = 0",
        "a[1,0] = max(z[1,0], 0) = max(−3, 0) = 0",
        "a[1,1] = max(z[1,1], 0) = max(4, 0) = 4",
    ]


def test_relu_backward_passes_blocks_and_says_that_0_is_a_choice():
    assert lines(relu(), view="backward") == [
        "δ[0,0] = f'(z[0,0])·g[0,0] = f'(2)·5 = 1·5 = 5; z is above 0: g passes",
        "δ[0,1] = f'(z[0,1])·g[0,1] = f'(0)·7 = 0·7 = 0; "
        "ReLU has a corner at 0 and no slope there, so 0 is a choice: g is blocked",
        "δ[1,0] = f'(z[1,0])·g[1,0] = f'(−3)·11 = 0·11 = 0; z is below 0: g is blocked",
        "δ[1,1] = f'(z[1,1])·g[1,1] = f'(4)·(−2) = 1·(−2) = −2; z is above 0: g passes",
    ]


def test_sigmoid_on_paper():
    assert lines(logarithms()) == [
        "a[0,0] = 1/(1 + e^(−z[0,0])) = 1/(1 + e^(−log(3))) = 3/4",
        "a[1,0] = 1/(1 + e^(−z[1,0])) = 1/(1 + e^(−(−log(2)))) = 1/3",
    ]
    assert lines(logarithms(), view="backward") == [
        "δ[0,0] = f'(z[0,0])·g[0,0] = f'(log(3))·16 = (3/16)·16 = 3",
        "δ[1,0] = f'(z[1,0])·g[1,0] = f'(−log(2))·(−9) = (2/9)·(−9) = −2",
    ]


def test_tanh_on_paper():
    """tanh(ln 3) = (9 - 1)/(9 + 1) = 0.8 with slope 0.36, tanh(-ln 2) = -0.6 with slope 0.64."""
    assert matrix(logarithms(), -1, "a", activation="tanh") == "2 by 1, rows 0.8; -0.6, lit: row 1 column 0"
    assert lines(logarithms(), view="backward", activation="tanh") == [
        "δ[0,0] = f'(z[0,0])·g[0,0] = f'(log(3))·16 = 0.36·16 = 5.76",
        "δ[1,0] = f'(z[1,0])·g[1,0] = f'(−log(2))·(−9) = 0.64·(−9) = −5.76",
    ]


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
def test_curved_activations_against_math(activation):
    f = {"tanh": math.tanh, "sigmoid": lambda z: 1 / (1 + math.exp(-z))}[activation]
    slope = {"tanh": lambda z: 1 / math.cosh(z) ** 2, "sigmoid": lambda z: 1 / (2 * math.cosh(z / 2)) ** 2}[activation]
    a, delta = (matrix(relu(), -1, name, view="backward", activation=activation) for name in ("a", "δ"))
    for alt, expected in (
        (a, [[f(z) for z in line] for line in Z]),
        (delta, [[slope(z) * g for z, g in zip(zs, gs, strict=True)] for zs, gs in zip(Z, G, strict=True)]),
    ):
        rows = re.search(r"rows ([^,]*)", alt)[1].split("; ")
        assert np.allclose([list(map(float, line.split())) for line in rows], expected, atol=5.1e-4)


def test_curved_activations_say_where_they_are_steepest_and_where_they_saturate():
    flat = "; f is nearly flat here (it saturates): little of g is left"
    z = ActivationStepper([[0, 1, 3, -4]], [[7, 1, 11, 2]])
    tanh, sigmoid = (lines(z, view="backward", activation=name) for name in ("tanh", "sigmoid"))
    assert tanh[0].endswith("f'(0)·7 = 1·7 = 7; f is steepest at 0, where f' = 1")
    assert sigmoid[0].endswith("f'(0)·7 = 0.25·7 = 1.75; f is steepest at 0, where f' = 1/4")
    assert [line.endswith(flat) for line in tanh] == [False, False, True, True]
    assert [line.endswith(flat) for line in sigmoid] == [False, False, False, True]
    assert ";" not in tanh[1] + sigmoid[1]


def test_a_large_z_is_drawn():
    line = ActivationStepper([[20]], [[1]]).show(0, view="backward", activation="tanh").line
    assert "= f'(20)·1 = 0·1 = 0; f is nearly flat" in line


# ------------------------------------------------------------------------------------------------- what a frame shows


def test_headings_name_the_function_and_its_slope():
    headings = [relu().show(0, view="backward", activation=name).heading for name in FUNCTIONS]
    assert headings == [
        "Backward, δ = f'(z) ∘ g with ReLU: f'(z) = [z > 0]",
        "Backward, δ = f'(z) ∘ g with tanh: f'(z) = 1 − a²",
        "Backward, δ = f'(z) ∘ g with sigmoid: f'(z) = a·(1 − a)",
    ]
    assert relu().show(0).heading == "Forward, a = f(z) with ReLU: every entry by itself"


def test_the_entries_that_meet_are_lit_and_the_rest_is_still_to_come():
    at = "lit: row 0 column 1"
    assert matrix(relu(), 1, "z") == f"2 by 2, rows 2 0; -3 4, {at}"
    assert matrix(relu(), 1, "a") == f"2 by 2, rows 2 0; empty empty, {at}"
    assert matrix(relu(), 1, "z", view="backward") == f"2 by 2, rows 2 0; -3 4, {at}"
    assert matrix(relu(), 1, "f'(z)", view="backward") == f"2 by 2, rows 1 0; empty empty, {at}"
    assert matrix(relu(), 1, "g", view="backward") == f"2 by 2, rows 5 7; 11 -2, {at}"
    assert matrix(relu(), 1, "δ", view="backward") == f"2 by 2, rows 5 0; empty empty, {at}"


def test_a_is_lit_on_the_way_back_only_where_the_slope_is_made_of_it():
    assert matrix(relu(), 1, "a", view="backward") == "2 by 2, rows 2 0; 0 4"
    for activation in ("tanh", "sigmoid"):
        assert "lit: row 0 column 1" in matrix(relu(), 1, "a", view="backward", activation=activation)


def test_the_graph_is_read_out():
    assert "graph of ReLU for z from -4 to 4, point (−3, 0)" in relu().frame(2).alt
    assert "tangent" not in relu().frame(2).alt
    assert "point (−3, 0), dashed tangent of slope 0." in relu().frame(2, view="backward").alt
    sigmoid = logarithms().frame(0, view="backward").alt
    assert "graph of sigmoid for z from -4 to 4, point (log(3), 3/4), dashed tangent of slope 3/16." in sigmoid
    assert "for z from -6 to 6" in ActivationStepper([[1, -6]], [[1, 1]]).frame(0).alt


def in_the_graph(graph, *point, **slope):
    """(z, a) of the middle of the dot, and the ends of the tangent, read from the SVG by the axes that it draws."""
    body = ElementTree.fromstring(f"<g>{graph.at(*point, **slope).body}</g>")
    frame, circle = body.find("rect"), body.find("circle")
    left, top, wide, tall = (float(frame.get(name)) for name in ("x", "y", "width", "height"))

    def back(x, y):
        z, a = (float(x) - left) / wide, (float(y) - top) / tall
        return graph.reach * (2 * z - 1), graph.high + a * (graph.low - graph.high)

    tangent = [path.get("d") for path in body.iter("path") if path.get("stroke-dasharray") == "7 4"]
    ends = [back(*end.split()) for end in re.split("[ML]", tangent[0])[1:]] if tangent else []
    return back(circle.get("cx"), circle.get("cy")), ends


@pytest.mark.parametrize(
    ("activation", "point", "slope"),
    [
        ("relu", (2, 2), 1),
        ("relu", (0, 0), 0),
        ("relu", (-4, 0), 0),
        ("relu", (4, 4), 1),
        ("tanh", (0, 0), 1),
        ("sigmoid", (0, 0.5), 0.25),
        ("sigmoid", (-1, 0.26894142), 0.19661193),
    ],
)
def test_the_tangent_goes_through_the_point_with_the_slope_and_stays_inside_the_frame(activation, point, slope):
    graph = Graph(FUNCTIONS[activation], 4)
    dot, ends = in_the_graph(graph, *point, slope=slope)
    assert np.allclose(dot, point, atol=0.03)
    (z0, a0), (z1, a1) = ends
    assert z1 - z0 > 0.5
    assert abs((a1 - a0) / (z1 - z0) - slope) < 0.02
    assert abs(a0 + slope * (point[0] - z0) - point[1]) < 0.05
    assert all(abs(z) < 4.05 and graph.low - 0.05 < a < graph.high + 0.05 for z, a in ends)
    assert in_the_graph(graph, *point)[1] == []


def test_the_curve_is_that_of_f():
    graph = Graph(FUNCTIONS["relu"], 4)
    path = max((tag.get("d") for tag in ElementTree.fromstring(f"<g>{graph.body}</g>").iter("path")), key=len)
    points = [tuple(map(float, point.split())) for point in re.split("[ML]", path)[1:]]
    corner = len(points) // 2
    assert len({y for _, y in points[: corner + 1]}) == 1  # flat up to the corner
    rises = {round(low[1] - high[1], 0) for low, high in zip(points[corner:], points[corner + 1 :], strict=False)}
    assert len(rises) == 1 and rises.pop() > 0  # and straight up from there


def test_frames_of_every_setting_are_new_well_formed_and_the_same_every_time():
    for view in ("forward", "backward"):
        for activation in FUNCTIONS:
            frames, again = (relu().frames(view=view, activation=activation) for _ in range(2))
            pictures = [frame.html for frame in frames]
            assert len(set(pictures)) == 4 and pictures == [frame.html for frame in again]
            svg = ElementTree.fromstring(re.search("<svg.*</svg>", pictures[-1])[0])
            assert svg.get("role") == "img" and svg.find(SVG + "title").text == frames[-1].heading
            assert frames[-1].line in svg.find(SVG + "desc").text


def test_frames_of_a_walk_are_equally_wide():
    for view in ("forward", "backward"):
        assert len({relu().frame(k, view=view, activation="tanh").width for k in range(4)}) == 1


# ----------------------------------------------------------------------------------------------------- the player


def test_the_player_keeps_the_place_when_the_function_changes_and_begins_again_with_the_view():
    player = relu().player
    player.controls["view"].value = "backward"
    player.slider.value = 2
    player.controls["activation"].value = "tanh"
    assert player.slider.value == 2 and "f&#x27;(−3)·11 = 0.00987·11" in player.picture.value
    player.controls["view"].value = "forward"
    assert player.slider.value == 0


def test_filmstrip_shows_every_entry():
    strip = relu().filmstrip(view="backward")
    assert strip.alt.startswith("Backward, δ = f'(z) ∘ g with ReLU: f'(z) = [z > 0]. ")
    assert re.findall(r"Frame \d: (δ\[\d,\d\])", strip.alt) == ["δ[0,0]", "δ[0,1]", "δ[1,0]", "δ[1,1]"]


def test_the_largest_matrices_are_walked():
    assert len(ActivationStepper(np.full((12, 12), -2), np.ones((12, 12)), "sigmoid").frames(view="backward")) == 144


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: ActivationStepper([1, 2], G), ["z", "[1, 2]", "matrix", "[[1], [2]]"]),
        (lambda: ActivationStepper(Z, 5), ["g", "5", "matrix"]),
        (lambda: ActivationStepper([[1, 2], [3]], G), ["rows of equal length"]),
        (lambda: ActivationStepper([[float("nan")]], [[1]]), ["finite"]),
        (lambda: ActivationStepper(np.ones((13, 3)), np.ones((13, 3))), ["(13, 3)", "12x12", "z[:6, :6]"]),
        (lambda: ActivationStepper(Z, [[1, 2]]), ["(1, 2)", "(2, 2)", "of the shape of z"]),
        (lambda: ActivationStepper([[21]], [[1]]), ["[[21]]", "between -20 and 20", "smaller"]),
        (lambda: ActivationStepper([[sympy.Symbol("m")]], [[1]]), ["[[m]]", "real numbers", "symbols"]),
        (lambda: ActivationStepper([[1j]], [[1]]), ["real numbers"]),
        (lambda: ActivationStepper(Z, G, "ReLU"), ["'ReLU'", "'relu', 'tanh', 'sigmoid'"]),
        (lambda: ActivationStepper(Z, G, None), ["None", "'relu'"]),
        (lambda: relu().frame(0, view="dx"), ["'dx'", "'backward'"]),
        (lambda: relu().frame(4), ["4", "0 to 3"]),
    ],
)
def test_refusals_say_what_to_do(make, words):
    with pytest.raises(ValueError) as refusal:
        make()
    assert all(word in str(refusal.value) for word in words), str(refusal.value)
