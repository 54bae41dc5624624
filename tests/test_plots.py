"""The figures: an image with a text, nothing left open, and a clear word about arrays that do not fit."""

import base64
import io
import struct

import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest

from classroom import plots

RNG = np.random.default_rng(0)
DIGITS = RNG.random((1, 28, 28, 4))
LAYERS = [
    ("image", RNG.random((1, 28, 28)), None),
    ("C1", RNG.random((2, 24, 24)), RNG.normal(size=(2, 24, 24))),
    ("flatten", RNG.random(192), RNG.normal(size=192) * 1e-4),
    ("softmax", RNG.random(10), RNG.normal(size=10)),
]
PICTURES = {
    "digits": lambda: plots.digits(DIGITS, [5, 1, 2, 3], [5, 1, 7, 3], title="Four digits"),
    "digits bare": lambda: plots.digits(DIGITS, columns=3),
    "maps": lambda: plots.maps(RNG.random((3, 8, 8)), "C3"),
    "maps signed": lambda: plots.maps(RNG.normal(size=(14, 8, 8)), "δ at C3"),
    "flow": lambda: plots.flow(LAYERS, "One digit"),
    "history": lambda: plots.history(np.linspace(2, 1, 90), [0.9, 0.95], "Training"),
    "history of two": lambda: plots.history({"mean": [2, 1], "max": [2, 0.5]}, {"mean": [0.9], "max": [0.8]}),
    "history without accuracy": lambda: plots.history([1, 2]),
    "kernels": lambda: plots.kernels(RNG.normal(size=(4, 2, 5, 5)), "Kernels"),
    "times": lambda: plots.times({"1 loops": 1.5, "2 slices": 0.012}, "64 images"),
    "confusion": lambda: plots.confusion(np.diag([5, 6, 7]) + np.eye(3, k=1), "Errors"),
    "confusion without errors": lambda: plots.confusion(np.diag([5, 0, 7])),
}


@pytest.fixture(params=PICTURES)
def make(request):
    return PICTURES[request.param]


def test_a_figure_is_a_png_with_a_text(make):
    picture = make()
    assert picture.png.startswith(b"\x89PNG")
    assert len(picture.alt) > 20 and picture.alt.endswith(".")
    data, metadata = picture._repr_mimebundle_()
    assert base64.b64decode(data["image/png"]) == picture.png
    assert metadata["image/png"]["alt"] == picture.alt
    assert 'alt="' in data["text/html"] and data["image/png"] in data["text/html"]
    pixels = struct.unpack(">I", picture.png[16:20])[0]
    assert picture.width <= 880 and pixels > 1.7 * picture.width, "sharp on a projector"


def test_no_figure_stays_open_and_no_setting_changes(make):
    plt.get_backend()
    before = matplotlib.rcParams.copy()
    make()
    assert plt.get_fignums() == [] and matplotlib.rcParams == before


def test_figures_are_not_blank(make):
    image = plt.imread(io.BytesIO(make().png))
    assert image[..., :3].min() < 0.3 and image[..., :3].std() > 0.02


def test_the_same_figure_is_the_same_image():
    one, two = PICTURES["confusion"](), PICTURES["confusion"]()
    assert one == two and one.png == two.png


def test_texts_say_what_is_seen():
    assert "2 read as 7 (wrong)" in PICTURES["digits"]().alt
    assert "12 of 14 maps of 8 by 8" in PICTURES["maps signed"]().alt
    assert "softmax 10" in PICTURES["flow"]().alt and "right to left" in PICTURES["flow"]().alt
    assert "loss falls from 2 to 1" in PICTURES["history"]().alt.replace("1.99", "2").replace("1.01", "1")
    assert PICTURES["times"]().alt == "Bars: 1 loops 1,500.0 ms; 2 slices 12.0 ms."
    assert "18 of 20 read correctly; the most common error: 0 read as 1" in PICTURES["confusion"]().alt


@pytest.mark.parametrize("scale", [plots.SIGNED, plots.INKED, plots.WRONG])
def test_scales_can_be_read_in_grey(scale):
    colors = scale(np.linspace(0, 1, 65))[:, :3]
    linear = np.where(colors <= 0.04045, colors / 12.92, ((colors + 0.055) / 1.055) ** 2.4)
    steps = np.diff(np.cbrt(linear @ [0.2126, 0.7152, 0.0722]))
    assert (steps > 0.001).all() or (steps < -0.001).all()


def test_signed_scales_have_zero_in_the_middle():
    scale = plots._scale(np.array([-1.0, 3.0]))
    assert scale["vmin"] == -3 and scale["vmax"] == 3 and scale["cmap"] is plots.SIGNED
    assert plots._scale(np.zeros(3))["vmax"] == 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: plots.digits(np.zeros((4, 1, 28, 28))), ["(4, 1, 28, 28)", "batch the last axis"]),
        (lambda: plots.digits(np.zeros((28, 28))), ["(28, 28)", "(1, H, W, N)"]),
        (lambda: plots.digits(np.zeros((1, 28, 28, 0))), ["(1, 28, 28, 0)"]),
        (lambda: plots.digits(DIGITS, [1, 2]), ["labels", "4 images", "(2,)"]),
        (lambda: plots.digits(DIGITS, [1, 2, 3, 4], [1]), ["predictions", "(1,)"]),
        (lambda: plots.digits(DIGITS, columns=0), ["columns=0"]),
        (lambda: plots.maps(np.zeros((2, 3, 3, 1))), ["(2, 3, 3, 1)", "a[..., 0]"]),
        (lambda: plots.maps("maps"), ["str"]),
        (lambda: plots.maps(np.full((1, 2, 2), np.nan)), ["4 entries", "NaN"]),
        (lambda: plots.kernels(np.zeros((2, 5, 5))), ["(2, 5, 5)", "(O, C, kh, kw)"]),
        (lambda: plots.flow([]), ["empty"]),
        (lambda: plots.flow([("C1", np.zeros((1, 2, 2)))]), ["layers[0]", "(name, activation, delta)"]),
        (lambda: plots.flow([("C1", np.zeros((1, 2, 2)), np.zeros((1, 3, 2)))]), ["C1", "(1, 3, 2)", "(1, 2, 2)"]),
        (lambda: plots.flow([("C1", np.zeros((1, 2, 2, 8)), None)]), ["C1", "(1, 2, 2, 8)", "a[..., 0]"]),
        (lambda: plots.history([]), ["losses", "(0,)"]),
        (lambda: plots.history([1, 2], [98.0]), ["accuracies", "98"]),
        (lambda: plots.history({}), ["0 runs"]),
        (lambda: plots.times({}), ["seconds", "(0,)"]),
        (lambda: plots.times({"fast": 0.0}), ["seconds holds 0", "above 0"]),
        (lambda: plots.confusion(np.zeros((2, 3))), ["(2, 3)", "square"]),
        (lambda: plots.confusion(-np.eye(2)), ["negative"]),
    ],
)
def test_refusals_say_what_to_do(make, words):
    with pytest.raises(ValueError) as refusal:
        make()
    assert all(word in str(refusal.value) for word in words), str(refusal.value)
