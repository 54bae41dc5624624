"""What the questions on the max pool share: the windows, who receives a window's delta, and the slips in both."""

import numpy as np

from classroom.questions.base import Mistake

# ------------------------------------------------------------------------------------------------------- the route


def _one(block, place):
    weights = np.zeros(block.shape, np.int64)
    weights.flat[place] = 1
    return weights


def _last(block):
    return block.size - 1 - int(block.ravel()[::-1].argmax())


def _share(block):
    return np.full(block.shape, 1 / block.size)


RECEIVERS = {
    "first": lambda block: _one(block, block.argmax()),
    "last": lambda block: _one(block, _last(block)),
    "column by column": lambda block: _one(block.T, block.T.argmax()).T,
    "index column by column": lambda block: _one(block.T, block.argmax()).T,
    "smallest": lambda block: _one(block, block.argmin()),
    "absolute": lambda block: _one(block, abs(block).argmax()),
    "corner": lambda block: _one(block, 0),
    "all": lambda block: np.ones(block.shape, np.int64),
    "equal parts": _share,
    "others": lambda block: 1 - _one(block, block.argmax()),
    "mean too": lambda block: _one(block, block.argmax()) + _share(block),
    "tied": lambda block: 1 * (block == block.max()),
    "split": lambda block: (block == block.max()) / (block == block.max()).sum(),
    "none of a tie": lambda block: (block == block.max()) * int((block == block.max()).sum() == 1),
    "positive": lambda block: _one(block, block.argmax()) * int(block.max() > 0),
}
VALUES = {
    "delta": lambda delta, block: delta,
    "1": lambda delta, block: 1,
    "z": lambda delta, block: block.max(),
    "delta z": lambda delta, block: delta * block.max(),
}


def windows(x, shape, stride=2, start=0, reach="2x2"):
    """The window of every output (i, j): row and column where it begins, and its entries."""
    for i, j in np.ndindex(shape):
        top, left = start + stride * i, start + stride * j
        bottom = len(x) if reach == "to the edge" and i == shape[0] - 1 else top + 2
        right = x.shape[1] if reach == "to the edge" and j == shape[1] - 1 else left + 2
        yield (i, j), (top, left), x[top:bottom, left:right]


def routed(
    inputs,
    *,
    stride=2,
    to="first",
    value="delta",
    share=1,
    overlap="added",
    index="window",
    rest="0",
    start=0,
    reach="2x2",
    shape="of x",
):
    """dx of a max pool with 2x2 windows: every delta goes "to" the window's first largest entry, or wherever a slip
    sends it. ``overlap`` says what happens to an entry that several windows choose; the other switches are named by
    the mistakes below. ValueError where the windows leave x."""
    x, delta = inputs["x"], inputs["delta"]
    dx, wins = np.zeros(x.shape, object), np.zeros(x.shape, np.int64)
    if index == "whole map":
        dx.flat[x.argmax()] = delta.sum()
        return dx
    for place, (top, left), block in windows(x, delta.shape, stride, start, reach):
        weights = RECEIVERS[to](block) * VALUES[value](delta[place], block)
        if index == "local":
            dx.flat[: weights.size] += weights.ravel()
            continue
        if index == "first window":
            dx[: len(block), : block.shape[1]] += weights
            continue
        part = (slice(top, top + len(block)), slice(left, left + block.shape[1]))
        chosen = RECEIVERS[to](block) != 0
        if overlap == "last":
            dx[part][chosen] = weights[chosen]
        elif overlap == "first":
            dx[part][chosen & (wins[part] == 0)] = weights[chosen & (wins[part] == 0)]
        else:
            dx[part] += weights
        wins[part] += chosen
    if overlap == "mean":
        dx = dx / np.maximum(wins, 1)
    if share != 1:
        dx = share * dx
    if rest == "x":
        dx = np.where(wins > 0, dx, x)
    return dx if shape == "of x" else dx[: stride * delta.shape[0], : stride * delta.shape[1]]


def one_product(inputs, entry, stride=2):
    """The deltas of the windows that this entry wins; a 0 with a remark where it wins none."""
    x, delta = inputs["x"], inputs["delta"]
    products = [
        [(f"δ[{i},{j}]", delta[i, j])]
        for (i, j), (top, left), block in windows(x, delta.shape, stride)
        if entry == (top + block.argmax() // 2, left + block.argmax() % 2)
    ]
    return products or [[("0 (wins no window)", 0)]]


# ------------------------------------------------------------------------------------------------------- the slips

COPIED = Mistake(
    name="delta to all entries",
    switches={"to": "all"},
    says="every entry of a window gets its delta",
    hint="Move an entry that is not the largest by a little. Does the output notice?",
)
MEAN_RULE = Mistake(
    name="the mean pool's rule",
    switches={"to": "equal parts"},
    says="delta is shared in equal parts among the entries of a window, as in a mean pool",
    hint="Which entries of a window had a say in its output? Only they hear of the error.",
)
MEAN_TOO = Mistake(
    name="both pools' rules",
    switches={"to": "mean too"},
    says="the largest entry gets delta, and on top of it every entry gets the mean pool's quarter",
    hint="One kind of pool, one rule. Which one is this?",
)
QUARTER_TO_WINNER = Mistake(
    name="divided by 4",
    switches={"share": 0.25},
    says="the largest entry gets delta divided by 4",
    hint="The quarter belongs to the mean pool. If the largest entry moves by 1, by how much does the output move?",
)
CORNER = Mistake(
    name="upper left entries",
    switches={"to": "corner"},
    says="delta goes to the upper left entry of each window",
    hint="Which entry of the window became its output? Mark it in x first.",
)
SMALLEST = Mistake(
    name="smallest entries",
    switches={"to": "smallest"},
    says="delta goes to the smallest entry of each window",
    hint="Which entry of a window became its output: the largest or the smallest?",
)
ABSOLUTE = Mistake(
    name="largest without sign",
    switches={"to": "absolute"},
    says="delta goes to the entry that is largest without its sign",
    hint="Which is larger, a small positive number or a large negative one?",
)
INDEX_BY_COLUMNS = Mistake(
    name="index read by columns",
    switches={"to": "index column by column"},
    says="the place inside the window is counted down the columns, so that upper right and lower left are exchanged",
    hint="Look at a window whose largest entry stands in its upper right corner. Where did your delta land?",
)
LOCAL_INDEX = Mistake(
    name="place counted from the corner of x",
    switches={"index": "local"},
    says="the place inside the window is counted along the first row of x, as if every window began at x[0,0]",
    hint="The place of the largest entry was counted inside its window. Where does this window begin in x?",
)
FIRST_WINDOW = Mistake(
    name="all into the first window",
    switches={"index": "first window"},
    says="row and column inside the window are taken for row and column of x, so every delta lands in the first window",
    hint="The largest entry was found inside its window. Where does this window begin in x?",
)
WHOLE_MAP = Mistake(
    name="largest entry of the whole map",
    switches={"index": "whole map"},
    says="the largest entry of the whole map gets the sum of all delta",
    hint="How many windows are there? Each of them has a largest entry of its own.",
)
ONES = Mistake(
    name="1 in place of delta",
    switches={"value": "1"},
    says="a 1 stands at the largest entries, and delta is forgotten",
    hint="The 1 is the slope. How much does J care about this output?",
)
VALUE = Mistake(
    name="the maximum itself",
    switches={"value": "z"},
    says="the largest entries are copied from x",
    hint="What goes back is an error, not an activation. Which matrix came back?",
)
TIMES_VALUE = Mistake(
    name="delta times the maximum",
    switches={"value": "delta z"},
    says="delta is multiplied by the largest entry",
    hint="z equals the largest entry. What is the slope of a number by itself?",
)
OTHERS = Mistake(
    name="all but the largest",
    switches={"to": "others"},
    says="delta goes to all entries of a window but the largest",
    hint="Which entry of the window became its output?",
)
POSITIVE = Mistake(
    name="only positive maxima",
    switches={"to": "positive"},
    says="a window whose largest entry is negative passes nothing, as behind a ReLU",
    hint="There is no ReLU on this sheet. Is there a largest entry in a window of negative numbers?",
)
REST_KEPT = Mistake(
    name="x kept elsewhere",
    switches={"rest": "x"},
    says="the entries that win nothing keep their value of x",
    hint="What is the slope of the output by an entry that is not the largest of its window?",
)
STRIDE_1 = Mistake(
    name="windows one step apart",
    switches={"stride": 1},
    says="the windows begin one row or column apart, not two",
    hint="The windows lie side by side. At which column does the second one begin?",
)
USUAL = (
    COPIED,
    MEAN_RULE,
    MEAN_TOO,
    QUARTER_TO_WINNER,
    CORNER,
    SMALLEST,
    INDEX_BY_COLUMNS,
    LOCAL_INDEX,
    WHOLE_MAP,
    ONES,
    VALUE,
    TIMES_VALUE,
    OTHERS,
    REST_KEPT,
)
