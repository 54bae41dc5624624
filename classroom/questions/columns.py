"""Questions on the two matrices behind a convolution: the kernel's own, and the windows laid out as columns."""

import numpy as np

from classroom.questions.base import Mistake, Question, at, whole
from classroom.questions.convolution import BY_CONVOLUTION, CORRELATION
from classroom.questions.windows import oriented

# ---------------------------------------------------------------------------------------------- its matrix


def _matrix_inputs(rng):
    return {"K": whole(rng, 2, 2, low=-4, high=5, distinct=True)}


def _matrix(
    inputs, *, kernel="as it is", rows="by rows", next_row=3, second_row=3, part="row 1", axes="z, x", beyond="zeros"
):
    K = oriented(inputs["K"], kernel)
    C = np.zeros((2, 2, 9), K.dtype)  # C[i, j] is the row of z[i,j]; x in reading order
    for i, j, u, v in np.ndindex(2, 2, 2, 2):
        C[i, j, next_row * i + j + second_row * u + v] += K[u, v]
    C = {"by rows": C, "by columns": C.swapaxes(0, 1), "reversed": C[::-1, ::-1]}[rows].reshape(4, 9)
    C = C[:, {"row 0": [0, 1, 2], "row 1": [3, 4, 5], "row 2": [6, 7, 8], "column 1": [1, 4, 7]}[part]]
    C = {"zeros": C, "ones": C + (C == 0)}[beyond]
    return {"z, x": C, "x, z": C.T}[axes]


def _matrix_terms(inputs, entry):
    (n, q), K = entry, inputs["K"]
    u, v = 1 - n // 2, q - n % 2
    return [[at("K", K, u, v)]] if 0 <= v < 2 else [[("0", 0)]]


matrix = Question(
    name="conv-matrix",
    notebook="04",
    title="The matrix of a convolution",
    task="A convolution with the kernel K (2x2) makes z (2x2) from x (3x3). It is a matrix C (4x9): one row for each "
    "output, one column for each entry of x, both in reading order. Write down the three columns that belong to the "
    "middle row of x, x[1,0], x[1,1] and x[1,2] (4x3).",
    answer="C",
    conventions=(CORRELATION,),
    draw=_matrix_inputs,
    solve=_matrix,
    terms=_matrix_terms,
    hint="Take x[1,1]. Through which entry of K does each of the four outputs read it?",
    idea="The row of z[i,j] holds the kernel, shifted to its window: the column of x[p,q] has K[p-i,q-j] there, and "
    "0 where that entry does not exist. dx[p,q] is this column times delta.",
    equation="conv.18",
    roles={"K": "kernel", "C": "neutral"},
    mistakes=(
        Mistake(
            "kernel turned",
            {"kernel": "turned"},
            "the kernel is turned by 180 degrees in every row",
            "In the row of z[0,0], which entry of K weighs x[1,1]? It is the lower right one of the window.",
            BY_CONVOLUTION,
        ),
        Mistake(
            "kernel transposed",
            {"kernel": "transposed"},
            "the kernel is read column by column",
            "The second row of the kernel lies on the second row of the window. Read K along its rows.",
        ),
        Mistake(
            "kernel upside down",
            {"kernel": "upside down"},
            "the rows of the kernel are exchanged",
            "The first row of K lies on the first row of the window.",
        ),
        Mistake(
            "kernel mirrored",
            {"kernel": "left to right"},
            "the columns of the kernel are exchanged",
            "The first column of K lies on the first column of the window.",
        ),
        Mistake(
            "no gap between the kernel's rows",
            {"second_row": 2},
            "the four weights stand side by side in a row of C, without a gap",
            "A row of x has three entries. How many places after its first row does the kernel's second row begin?",
        ),
        Mistake(
            "each row one step further",
            {"next_row": 2},
            "each row of C is the one above moved by one step, also from z[0,1] to z[1,0]",
            "The window of z[1,0] begins at x[1,0]. How many places is that from x[0,1] in reading order?",
        ),
        Mistake(
            "no step down",
            {"next_row": 0},
            "the rows of z[1,0] and z[1,1] repeat those of z[0,0] and z[0,1]",
            "The window of z[1,0] begins one row of x further down.",
        ),
        Mistake(
            "outputs by columns",
            {"rows": "by columns"},
            "the outputs are counted column by column",
            "Reading order is row by row: z[0,0], z[0,1], z[1,0], z[1,1].",
        ),
        Mistake(
            "outputs backwards",
            {"rows": "reversed"},
            "the outputs are counted from the last to the first",
            "The first row of C belongs to z[0,0].",
        ),
        Mistake(
            "columns of the upper row",
            {"part": "row 0"},
            "these are the columns of x[0,0], x[0,1] and x[0,2]",
            "Count the rows of x from 0: the middle one is row 1.",
        ),
        Mistake(
            "columns of the lower row",
            {"part": "row 2"},
            "these are the columns of x[2,0], x[2,1] and x[2,2]",
            "Count the rows of x from 0: the middle one is row 1.",
        ),
        Mistake(
            "columns of the middle column",
            {"part": "column 1"},
            "these are the columns of x[0,1], x[1,1] and x[2,1]",
            "In x[p,q] the first index is the row.",
        ),
        Mistake(
            "transposed",
            {"axes": "x, z"},
            "rows and columns of C are exchanged: this is a part of its transpose",
            "z = C x: one row of C for each output. The transpose comes on the way back.",
        ),
    ),
)

# ---------------------------------------------------------------------------------------------- windows as columns


def _im2col_inputs(rng):
    return {"x": whole(rng, 2, 2, 3, low=-6, high=7, distinct=True)}


ENTRIES = {  # places (map, row, column, window) in the order in which a column lists them
    "map, row, column": lambda places: places,
    "map, column, row": lambda places: places.swapaxes(1, 2),
    "row, column, map": lambda places: places.transpose(1, 2, 0, 3),
    "row, map, column": lambda places: places.swapaxes(0, 1),
    "maps reversed": lambda places: places[::-1],
    "backwards": lambda places: places[:, ::-1, ::-1],
    "upside down": lambda places: places[:, ::-1],
    "clockwise": lambda places: np.stack([places[:, 0], places[:, 1, ::-1]], axis=1),
    "first map": lambda places: places[:1],
}


def _places(maps, width, *, entries="map, row, column", windows="left to right"):
    """The matrix of columns for the maps (maps, 2, width) whose entries are 0, 1, 2, ... in reading order."""
    c, u, v, n = np.ogrid[:maps, :2, :2, : width - 1]
    places = ENTRIES[entries]((2 * c + u) * width + v + n)
    places = {"left to right": places, "right to left": places[..., ::-1], "one": places[..., :1]}[windows]
    return places.reshape(-1, places.shape[-1])


def _im2col(inputs, *, axes="entries, windows", **layout):
    x = inputs["x"]
    columns = x.ravel()[_places(*x.shape[::2], **layout)]
    return {"entries, windows": columns, "windows, entries": columns.T}[axes]


def _im2col_terms(inputs, entry):
    m, n = entry
    c, u, v = np.unravel_index(m, (2, 2, 2))
    return [[at("x", inputs["x"], c, u, n + v)]]


LAYOUT = (
    Mistake(
        "windows right to left",
        {"windows": "right to left"},
        "the windows are counted from right to left",
        "The first column belongs to the window at the left.",
    ),
    Mistake(
        "entries by columns",
        {"entries": "map, column, row"},
        "each window is read column by column",
        "Read each window along its rows, as the kernel is read.",
    ),
    Mistake(
        "entries backwards",
        {"entries": "backwards"},
        "each window is read backwards",
        "Nothing is turned here: a column begins with the window's upper left entry.",
    ),
    Mistake(
        "entries upside down",
        {"entries": "upside down"},
        "each window is read from its lower row to its upper row",
        "A column begins with the window's first row.",
    ),
    Mistake(
        "entries clockwise",
        {"entries": "clockwise"},
        "each window is read clockwise around",
        "Reading order jumps back to the left end for the second row.",
    ),
)

im2col = Question(
    name="im2col",
    notebook="05",
    title="Windows as columns",
    task="Kernels of 2x2 slide over the two maps of x (2x3 each). Lay out the two windows as the columns of a matrix "
    "(8x2): windows from left to right; in each column first the window of map 0, then the one of map 1, each in "
    "reading order.",
    answer="columns",
    conventions=("Stride 1, no padding. Reading order is row by row.",),
    draw=_im2col_inputs,
    solve=_im2col,
    terms=_im2col_terms,
    hint="Which four entries of map 0 does the right window cover, and in which order does one read them?",
    idea="A column holds everything that one place of the output reads: x[c,i+u,j+v] for all maps c, rows u and "
    "columns v of the window, with v running fastest and c slowest. Then z = W columns, with each output map's "
    "kernels as a row of W.",
    equation="maps.10",
    roles={"x": "input", "columns": "neutral"},
    mistakes=(
        Mistake(
            "windows as rows",
            {"axes": "windows, entries"},
            "each window is a row; this is the transpose",
            "In this sheet a window is a column, so that z = W columns, with the kernels as rows of W.",
            "the windows are the rows of the matrix",
        ),
        *LAYOUT,
        Mistake(
            "maps interleaved",
            {"entries": "row, column, map"},
            "the entries of the two maps alternate",
            "First everything from map 0, then everything from map 1, as the kernels K[o,0] and K[o,1] are read.",
            "the maps are the last axis, which runs fastest",
        ),
        Mistake(
            "row of map 0, row of map 1",
            {"entries": "row, map, column"},
            "the rows of the two maps alternate",
            "First both rows of map 0, then both rows of map 1.",
            "the kernel's rows are counted before the maps",
        ),
        Mistake(
            "maps exchanged",
            {"entries": "maps reversed"},
            "map 1 comes before map 0",
            "Map 0 comes first, as in K[o,c].",
        ),
        Mistake(
            "only map 0",
            {"entries": "first map"},
            "map 1 is missing",
            "Every output reads every input map, so a column holds the windows of both.",
        ),
        Mistake(
            "only one window",
            {"windows": "one"},
            "the window moves on by its own width, so that only one fits",
            "The stride is 1: neighbouring windows overlap.",
        ),
    ),
)

# ---------------------------------------------------------------------------------------------- and back


def _col2im_inputs(rng):
    return {"dcolumns": whole(rng, 4, 3, low=-5, high=6)}


def _col2im(inputs, *, overlap="added", axes="entries, windows", **layout):
    d = {"entries, windows": inputs["dcolumns"], "windows, entries": inputs["dcolumns"].reshape(3, 4).T}[axes]
    places, dx = _places(1, 4, **layout), np.zeros(8, d.dtype)
    for window, column in zip(places.T, d.T, strict=True):
        dx[window] = column if overlap == "last" else dx[window] + column
    if overlap == "first":
        dx[places.T[::-1]] = d.T[::-1]
    dx = dx / np.bincount(places.ravel()) if overlap == "mean" else dx
    return dx.reshape(2, 4)


def _col2im_terms(inputs, entry):
    copies = np.argwhere(4 * entry[0] + entry[1] == _places(1, 4).T)
    return [[at("dcolumns", inputs["dcolumns"], m, n)] for n, m in copies]


col2im = Question(
    name="col2im",
    notebook="05",
    title="From the columns back to the map",
    task="The three 2x2 windows of x (2x4) were laid out as columns: windows from left to right, the entries of each "
    "window in reading order. On the way back dcolumns (4x3) arrives. Compute dx (2x4).",
    answer="dx",
    conventions=("Stride 1, no padding. Reading order is row by row.",),
    draw=_col2im_inputs,
    solve=_col2im,
    terms=_col2im_terms,
    hint="How often was x[0,1] copied? In which columns did its copies stand, and in which rows?",
    idea="Going forward, x[p,q] was copied once for every window that reads it. The way back of copying is adding: "
    "dx[p,q] is the sum of dcolumns over all places to which x[p,q] was copied.",
    equation="conv.4",
    roles={"dcolumns": "gradient", "dx": "gradient"},
    mistakes=(
        Mistake(
            "overlaps overwritten",
            {"overlap": "last"},
            "the last copy stays where windows overlap (= in place of +=)",
            "J hears of an entry through each of its copies. What does one do with several reports?",
        ),
        Mistake(
            "only the first copy",
            {"overlap": "first"},
            "only the first copy of each entry counts",
            "J hears of an entry through each of its copies. What does one do with several reports?",
        ),
        Mistake(
            "copies averaged",
            {"overlap": "mean"},
            "each sum is divided by the number of copies",
            "Contributions of several paths add up; nobody takes their mean.",
        ),
        Mistake(
            "windows taken from the rows",
            {"axes": "windows, entries"},
            "dcolumns is cut into windows along its rows, four entries at a time",
            "A window is a column of dcolumns: read it from top to bottom.",
        ),
        *LAYOUT,
    ),
)

QUESTIONS = (matrix, im2col, col2im)
