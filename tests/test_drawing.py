"""The drawings: the same every time, readable without colour and without eyes, and clear about what they refuse."""

import base64
import html
import itertools
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import sympy

from classroom import drawing, strip
from classroom.drawing import ROLES, Matrix, block, column, entry, filmstrip, legend, network_strip, row

ROOT = Path(__file__).parent.parent
SVG = "{http://www.w3.org/2000/svg}"
X = [[1, 2, 0], [3, 1, 4], [0, 2, 5]]
K = [[1, 2], [3, -1]]


def example():
    x = Matrix(X, "x", "input", lit=block(0, 1, 2, 2), window=(0, 1, 2, 2))
    return row(x, "★", Matrix(K, "K", "kernel", lit=True), "=", Matrix([[11, -1], [1, 8]], "z_1", "output"))


PICTURES = {
    "row": example,
    "column": lambda: column(example(), Matrix(K, "dK", "parameter gradient", dim=True), caption="Two rows."),
    "film": lambda: filmstrip(example(), example(), example(), example(), columns=2, caption="Four <frames> & more."),
    "legend": legend,
    "strip": network_strip,
    "strip back": lambda: network_strip("pool", backward=True),
    "part": lambda: drawing.network_parts(notebooks={"conv1": "04"})["conv1"],
}


@pytest.fixture(params=PICTURES)
def picture(request):
    return PICTURES[request.param]


def test_the_same_picture_is_the_same_text(picture):
    assert picture().svg == picture().svg
    assert picture() is not picture()


def test_a_second_process_draws_the_same_text():
    code = "from classroom.drawing import *; print(network_strip('conv', True).svg, row(Matrix([[1.5]], lit=True)).svg)"
    environments = [os.environ | {"PYTHONHASHSEED": seed} for seed in "12"]
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT, env=env)
        for env in environments
    ]
    assert runs[0].stdout == runs[1].stdout


def test_pictures_are_well_formed_and_carry_no_ids(picture):
    root = ElementTree.fromstring(picture().svg)
    assert root.tag == SVG + "svg" and root.get("role") == "img"
    assert root.find(SVG + "title").text
    assert root.find(SVG + "desc").text == picture().alt
    assert not any(node.get("id") for node in root.iter())


def test_notebooks_get_an_image_with_its_text(picture):
    bundle = picture()._repr_mimebundle_()
    image = ElementTree.fromstring(bundle["text/html"].replace('">', '"/>'))
    assert html.unescape(image.get("alt")) == picture().alt
    assert base64.b64decode(image.get("src").split(",")[1]).decode() == bundle["image/svg+xml"]


def test_a_matrix_reads_itself_out():
    assert Matrix(X, "x").alt == "x, 3 by 3, rows 1 2 0; 3 1 4; 0 2 5"
    assert Matrix(K, "K", lit={(0, 1)}).alt.endswith("lit: row 0 column 1")
    assert Matrix(K, "K", lit=True).alt.endswith("all lit")
    assert "outlined: 2 by 2 from row 0 column 1" in example().alt
    assert Matrix(K, corner={(0, 1): "×2"}).alt.endswith("beside entries: row 0 column 1 ×2")
    assert Matrix([[None, 1]]).alt == "matrix, 1 by 2, rows empty 1"
    assert row(Matrix(K, "K"), caption="A kernel.").alt == "A kernel. K, 2 by 2, rows 1 2; 3 -1"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        (np.int64(-3), "-3"),
        (True, "1"),
        (Fraction(1, 4), "1/4"),
        (Fraction(6, 3), "2"),
        (sympy.Rational(1, 4), "1/4"),
        (0.25, "0.25"),
        (np.float32(1 / 3), "0.333"),
        (-0.0, "0"),
        (2.0, "2"),
        (1.5e-9, "1.5·10^{-9}"),
        (float("nan"), "nan"),
        (1 + 2j, "1+2i"),
        (np.complex64(1 - 2j), "1-2i"),
        (sympy.Symbol("x_00") ** 2 * sympy.Symbol("k"), "k·x_00^2"),
        ("?", "?"),
        (None, ""),
    ],
)
def test_entries(value, text):
    assert entry(value) == text


def test_padded_matrices_may_be_larger():
    assert len(Matrix(np.zeros((13, 2)), limit=13).cells) == 13
    with pytest.raises(ValueError, match="13x13"):
        Matrix(np.zeros((14, 2)), limit=13)


def test_mathematics_leans_and_words_stand():
    def styles(text):
        root = ElementTree.fromstring(f"<t>{drawing.typeset(text)[0]}</t>")
        return "".join(root.itertext()), [node.text for node in root if node.get("font-style")]

    assert styles("dK") == ("dK", ["dK"])
    assert styles("rot180(K)") == ("rot180(K)", ["K"])
    assert styles("delta_00") == ("δ00", ["δ"])
    assert styles("δ^(l+1)") == ("δ(l+1)", ["δ", "l"])
    assert styles("W^Tδ") == ("WTδ", ["W", "δ"])
    assert styles("a - 2") == ("a − 2", ["a"])


def test_sympy_matrices_and_columns_are_matrices():
    assert Matrix(sympy.Matrix([[1, 2]])).cells == (("1", "2"),)
    assert Matrix(np.arange(3)[:, None]).cells == (("0",), ("1",), ("2",))


# ------------------------------------------------------------------------------------------ nothing by colour alone


def luminance(color):
    parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return float(np.dot((0.2126, 0.7152, 0.0722), linear))


def contrast(a, b):
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("role", ROLES.values(), ids=ROLES)
def test_text_can_be_read_on_every_fill(role):
    assert contrast(drawing.INK, role.fill) >= 7 and contrast(drawing.INK, role.lit) >= 4.5
    assert contrast(role.stroke, drawing.PAPER) >= 4.5 and contrast(drawing.QUIET, drawing.PAPER) >= 4.5
    assert contrast(drawing.INK, drawing.TINT) >= 7 and contrast(role.stroke, drawing.TINT) >= 4.5


@pytest.mark.parametrize("role", ROLES.values(), ids=ROLES)
def test_lit_and_unlit_differ_in_grey(role):
    assert contrast(role.fill, role.lit) >= 1.25


def test_every_two_roles_differ_without_colour():
    frames = {(role.double, role.dashed, role.weight) for role in ROLES.values()}
    assert len(frames) == len(ROLES)
    assert {name for name, role in ROLES.items() if role.dashed} == {"gradient", "parameter gradient"}
    assert {name for name, role in ROLES.items() if role.double} == {"kernel", "parameter gradient"}


# How a colour looks to eyes without red, green or blue cones, on linear RGB (Machado and others, 2009, severity 1).
BLIND = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
}


def lab(color, matrix):
    parts = np.array([int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(matrix) @ linear, 0, 1)
    to_xyz = [[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]]
    x, y, z = np.cbrt(np.array(to_xyz) @ seen / (0.95047, 1, 1.08883))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("kind", [*BLIND, "full sight"])
def test_lit_colours_differ_for_every_kind_of_sight(kind):
    matrix = BLIND.get(kind, np.eye(3))
    for (first, a), (second, b) in itertools.combinations(ROLES.items(), 2):
        assert np.linalg.norm(lab(a.lit, matrix) - lab(b.lit, matrix)) > 9, (first, second)


def test_lit_entries_are_framed_and_bold():
    plain, lit = Matrix([[7]]).drawing.svg, Matrix([[7]], lit=True).drawing.svg
    assert lit.count("<rect") == plain.count("<rect") + 1
    assert 'font-weight="700"' in lit and 'font-weight="700"' not in plain


# ------------------------------------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Matrix(5), ["rows of equal length", "5"]),
        (lambda: Matrix([1, 2, 3]), ["rows of equal length", "[[1], [2], [3]]"]),
        (lambda: Matrix([[1, 2], [3]]), ["rows of equal length"]),
        (lambda: Matrix(["ab", "cd"]), ["rows of equal length"]),
        (lambda: Matrix([]), ["rows of equal length"]),
        (lambda: Matrix(np.zeros((2, 3, 3))), ["(2, 3, 3)", "a[0, :, :, 0]"]),
        (lambda: Matrix(np.zeros(3)), ["(3,)", "v[:, None]"]),
        (lambda: Matrix(np.zeros((13, 2)), "x"), ["'x'", "(13, 2)", "12x12"]),
        (lambda: Matrix(K, role="grad"), ["'grad'", "parameter gradient"]),
        (lambda: Matrix(K, "K", lit={(2, 0)}), ["lit", "'K'", "(2, 0)", "0 to 1"]),
        (lambda: Matrix(K, lit={(-1, 0)}), ["(-1, 0)"]),
        (lambda: Matrix(K, lit=3), ["(row, column) pairs"]),
        (lambda: Matrix(K, corner={(0, 5): "×2"}), ["corner", "(0, 5)"]),
        (lambda: Matrix(K, window=(1, 1, 2, 2)), ["inside the 2x2", "padded"]),
        (lambda: Matrix(K, window=7), ["(top, left, height, width)"]),
        (lambda: row(), ["nothing to draw"]),
        (lambda: row([[1]]), ["list", "Matrix()"]),
        (lambda: column(), ["nothing to draw"]),
        (lambda: filmstrip(), ["at least one frame"]),
        (lambda: network_strip("conv3"), ["'conv3'", "conv1", "activation"]),
        (lambda: network_strip(maps=(6,)), ["(6,)", "(6, 12)"]),
        (lambda: network_strip(maps=(6, 0)), ["(6, 0)"]),
        (lambda: drawing.network_parts(notebooks={"fc": "01"}), ["'fc'", "dense"]),
    ],
)
def test_refusals_say_what_to_do(make, words):
    with pytest.raises(ValueError) as refusal:
        make()
    assert all(word in str(refusal.value) for word in words), str(refusal.value)


# -------------------------------------------------------------------------------------------------- the network


@pytest.mark.parametrize("part", [*strip.PARTS, *strip.GROUPS])
def test_each_part_lights_up(part):
    lit = network_strip(part)
    assert "Lit: " in lit.alt
    assert lit.svg.count(drawing.TINT) == len(strip.GROUPS.get(part, (part,)))
    assert network_strip().svg.count(drawing.TINT) == 0


def test_the_strip_follows_the_number_of_maps():
    words = network_strip(maps=(2, 3)).alt
    assert "2 by 24 by 24" in words and "3 by 4 by 4" in words and "48" in words


def test_parts_join_without_a_seam():
    svgs = [ElementTree.fromstring(part.svg) for part in drawing.network_parts().values()]
    boxes = [[int(n) for n in svg.get("viewBox").split()] for svg in svgs]
    for (x, _, width, height), (after, _, _, same) in itertools.pairwise(boxes):
        assert x + width == after and height == same
    assert [int(svg.get("width")) for svg in svgs] == [box[2] for box in boxes]
    assert sum(box[2] for box in boxes) == strip.ALL <= 820  # GitHub's front page is 830 wide


def test_a_part_holds_everything_that_reaches_into_it():
    marks = strip._strip(frozenset(strip.PARTS), (6, 12), True)
    parts = drawing.network_parts()
    for left, right, markup in marks:
        for name in strip.PARTS:
            x, width = strip._place(name)
            assert (markup in parts[name].body) >= (right > x and left < x + width)


def test_the_readme_pictures_are_the_ones_drawn():
    folder = ROOT / "docs" / "network"
    files = drawing.readme_files()
    assert sorted(path.name for path in folder.iterdir()) == list(files)
    for name, svg in files.items():
        assert (folder / name).read_text(encoding="utf-8") == svg, "run: python -m classroom.drawing docs/network"


def test_the_command_writes_the_pictures(tmp_path, capsys):
    strip.main([str(tmp_path / "new")])
    assert {
        path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "new").iterdir()
    } == drawing.readme_files()
    line = ElementTree.fromstring(capsys.readouterr().out.replace('"></a>', '"/></a>'))
    assert [link.get("href")[10:-6] for link in line] == [strip.NOTEBOOKS[part] for part in strip.PARTS]
    assert all(link[0].get("alt").startswith("Notebook 0") for link in line)
    assert [Path(link[0].get("src")).name for link in line] == list(drawing.readme_files())
    with pytest.raises(SystemExit, match="usage"):
        strip.main([])
