"""Questions on the gradients of the kernels between several maps, for one example and for a batch."""

import numpy as np

from classroom.questions.base import Mistake, Question, at, whole
from classroom.questions.batch import BATCH_LAST, CHOSEN_EXAMPLES, DIVIDED_BY_N, FIRST_OF_THE_BATCH, LAST_OF_THE_BATCH
from classroom.questions.convolution import BY_CONVOLUTION, CORRELATION
from classroom.questions.kernel_gradient import NO_DELTA, PLACES, SIGN, X_SLIDES
from classroom.questions.maps import KERNELS
from classroom.questions.windows import oriented, slid

RESULTS_TURNED = Mistake(
    "results turned",
    {"turned": "result"},
    "each result is turned by 180 degrees",
    "The turn belongs to dx. Which entries of x did the left entry of each kernel meet?",
    BY_CONVOLUTION,
)


def _dK_inputs(rng):
    return {"x": whole(rng, 2, 2, 2, low=-3, high=4), "delta": whole(rng, 2, 2, 1, low=-3, high=4)}


def _dK(
    inputs,
    *,
    x="x[c]",
    delta="delta[o]",
    turned="nothing",
    sliding="delta",
    places="all",
    pairs="all",
    scale="sum",
    sign="plus",
):
    x, delta = _chosen_maps(inputs["x"], x), _chosen_maps(inputs["delta"], delta)[:, None]
    delta = oriented(delta, "turned") if turned == "delta" else delta
    dK = {
        "all": lambda: slid(x, delta),
        "last": lambda: x[:, 1:] * delta[:, :, -1:],
        "first": lambda: x[:, :-1] * delta[:, :, :1],
        "sums": lambda: slid(x, np.ones_like(delta)) * delta.sum((2, 3), keepdims=True),
    }[places]()
    dK = oriented(dK, "turned") if turned == "result" else dK
    dK = oriented(dK, "turned") if sliding == "x" else dK
    dK = {"all": dK, "own": dK * np.eye(2, dtype=int)[:, :, None, None], "exchanged": dK.swapaxes(0, 1)}[pairs]
    dK = {"sum": dK, "mean": dK / delta[0].size}[scale]
    return {"plus": dK, "minus": -dK}[sign]


def _chosen_maps(maps, choice):
    """Which map the index of a pair means, by the right rule ("x[c]", "delta[o]") or by a wrong one."""
    return {
        "x[c]": maps,
        "delta[o]": maps,
        "sum": np.broadcast_to(maps.sum(0), maps.shape),
        "first": maps[[0] * len(maps)],
        "reversed": maps[::-1],
        "ones": np.ones_like(maps),
    }[choice]


def _dK_terms(inputs, entry):
    o, c, u, v = entry
    x, delta = inputs["x"], inputs["delta"]
    return [[at("x", x, c, i + u, j + v), at("δ", delta, o, i, j)] for i, j in np.ndindex(delta.shape[1:])]


dK = Question(
    name="maps-dK",
    notebook="05",
    title="The gradients of four kernels",
    task="Two input maps x[0] and x[1] (2x2 each) went through a convolution with 2 times 2 kernels K[o,c] (1x2 "
    "each); delta came back, a column (2x1) for each output map. Compute dK[o,c] for all four kernels (1x2 each).",
    answer="dK",
    conventions=(CORRELATION, KERNELS),
    draw=_dK_inputs,
    solve=_dK,
    terms=_dK_terms,
    hint="Which input map did K[0,1] meet, and which output map did it help to make?",
    idea="K[o,c] has one reader, output map o, and meets one input map, x[c]. So dK[o,c] is the correlation of x[c] "
    "with delta[o], as if the other maps did not exist.",
    equation="maps.13",
    roles={"x": "input", "delta": "gradient", "dK": "parameter gradient"},
    inseparable=(("results turned", "x slides over delta"),),
    mistakes=(
        Mistake(
            "sum of the deltas",
            {"delta": "sum"},
            "the deltas of all output maps are added up and used for every kernel",
            "K[o,c] helped to make output map o only. Whose delta does it hear?",
        ),
        Mistake(
            "sum of the input maps",
            {"x": "sum"},
            "the input maps are added up and used for every kernel",
            "K[o,c] looks at input map c only.",
        ),
        Mistake(
            "first input map for all",
            {"x": "first"},
            "every kernel is correlated with x[0]",
            "At which input map does K[o,1] look?",
        ),
        Mistake(
            "first delta for all",
            {"delta": "first"},
            "every kernel is correlated with delta[0]",
            "Which output map did K[1,c] help to make?",
        ),
        Mistake(
            "input maps exchanged",
            {"x": "reversed"},
            "the input maps are taken in reversed order",
            "The second index of dK is the input map: never turn the order of the maps.",
        ),
        Mistake(
            "deltas exchanged",
            {"delta": "reversed"},
            "the deltas are taken in reversed order",
            "The first index of dK is the output map: never turn the order of the maps.",
        ),
        Mistake(
            "dK[c,o] for dK[o,c]",
            {"pairs": "exchanged"},
            "the two map indices of the result are exchanged",
            "dK has the shape and the order of K: the first index is the output map, the second the input map.",
        ),
        Mistake(
            "only equal numbers",
            {"pairs": "own"},
            "kernels that join maps of different numbers get 0",
            "Every pair of an input map and an output map has a kernel. Which input map did K[0,1] meet?",
        ),
        Mistake(
            "deltas turned",
            {"turned": "delta"},
            "each delta is turned before it slides over x (true convolution)",
            "When the forward pass is correlation, delta slides over x as it is.",
        ),
        RESULTS_TURNED,
        X_SLIDES,
        *PLACES,
        NO_DELTA,
        SIGN,
    ),
)

# ---------------------------------------------------------------------------------------------- a batch


def _batch_dK_inputs(rng):
    return {"x": whole(rng, 1, 1, 3, 2, low=-3, high=4), "delta": whole(rng, 2, 1, 2, 2, low=-3, high=4)}


def _batch_dK(
    inputs, *, examples="added", mixed="no", turned="nothing", sliding="delta", maps="own", scale="sum", sign="plus"
):
    x, delta = np.moveaxis(inputs["x"], -1, 0), np.moveaxis(inputs["delta"], -1, 0)[:, :, None]  # the example first
    if mixed == "sums":
        x, delta = x.sum(0, keepdims=True), delta.sum(0, keepdims=True)
    delta = {"own": delta, "exchanged": delta[:, ::-1], "sum": delta + delta[:, ::-1]}[maps]
    delta = {"crossed": delta[::-1], "no": delta, "sums": delta}[mixed]
    delta = oriented(delta, "turned") if turned == "delta" else delta
    dK = CHOSEN_EXAMPLES[examples](slid(x[:, None], delta))
    dK = dK[:, :, :, ::-1] if turned == "result" else dK
    dK = dK[:, :, :, ::-1] if sliding == "x" else dK
    dK = {"sum": dK, "mean": dK / 4}[scale]
    return {"plus": dK, "minus": -dK}[sign]


def _batch_dK_terms(inputs, entry):
    o, c, u, v = entry
    x, delta = inputs["x"], inputs["delta"]
    return [[at("x", x, c, u, j + v, t), at("δ", delta, o, 0, j, t)] for t, j in np.ndindex(2, 2)]


batch_dK = Question(
    name="maps-dK-batch",
    notebook="05",
    title="The kernels' gradient over a batch of two",
    task="Two examples of one flat input map went through a convolution with two kernels (1x2 each). x has the shape "
    "(1, 1, 3, 2): one map, one row, three columns, two examples; delta (2, 1, 2, 2) came back: two output maps, one "
    "row, two columns, two examples. Compute dK (2, 1, 1, 2).",
    answer="dK",
    conventions=(CORRELATION, BATCH_LAST),
    draw=_batch_dK_inputs,
    solve=_batch_dK,
    terms=_batch_dK_terms,
    hint="The same kernel serves both examples. What does that mean for its gradient?",
    idea="Correlate each example's x with its own delta[o] and add up over the examples: dK[o,0,0,v] is the sum of "
    "x[0,0,j+v,t] delta[o,0,j,t] over the places j and the examples t.",
    equation="maps.13",
    roles={"x": "input", "delta": "gradient", "dK": "parameter gradient"},
    inseparable=(("results turned", "x slides over delta"),),
    mistakes=(
        DIVIDED_BY_N,
        LAST_OF_THE_BATCH,
        FIRST_OF_THE_BATCH,
        Mistake(
            "examples kept apart",
            {"examples": "apart"},
            "the examples' gradients are not added up, so that dK keeps a batch axis",
            "There is one kernel for the whole batch, so there is one gradient of its shape.",
        ),
        Mistake(
            "batch added up first",
            {"mixed": "sums"},
            "x and delta are added up over the batch first, and the sums are correlated",
            "A sum of products is not the product of the sums: multiply example by example, then add.",
        ),
        Mistake(
            "examples crossed",
            {"mixed": "crossed"},
            "each example's x is paired with the other example's delta",
            "The last index, t, is the same for x and for delta in every product.",
        ),
        Mistake(
            "delta turned",
            {"turned": "delta"},
            "delta is turned before it slides over x (true convolution)",
            "When the forward pass is correlation, delta slides over x as it is.",
        ),
        RESULTS_TURNED,
        X_SLIDES,
        Mistake(
            "output maps exchanged",
            {"maps": "exchanged"},
            "the kernels get the delta of the other output map",
            "The first index of dK is the output map, as in delta.",
        ),
        Mistake(
            "sum of the output maps",
            {"maps": "sum"},
            "the deltas of both output maps are added up and used for both kernels",
            "Each kernel helped to make one output map only. Whose delta does it hear?",
        ),
        Mistake(
            "averaged over everything",
            {"scale": "mean"},
            "the products are averaged over the places and the examples",
            "Each weight serves every place in every example: contributions add up, and 1/N is already inside delta.",
        ),
        SIGN,
    ),
)

QUESTIONS = (dK, batch_dK)
