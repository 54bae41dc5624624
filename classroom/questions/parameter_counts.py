"""A question on the whole network's sizes: how many parameters each layer has."""

import numpy as np

from classroom.questions.base import Mistake, Question, at
from classroom.questions.shapes import KERNELS, KERNELS_EXCHANGED, ROLES, STAGES


def _counts_inputs(rng):
    maps = np.array(rng.sample(range(2, 8), 2))
    classes = np.array(rng.choice([n for n in range(3, 11) if n not in maps]))
    return {
        "kernels": np.array(rng.sample([2, 3, 4, 5], 2)),
        "maps": maps,
        "last": np.array(rng.sample([2, 3, 4], 2)),
        "classes": classes,
    }


def _counts(
    inputs, *, bias="each", reads="all", makes="all", side="square", pool="pair", scores="all",
    kernels="in order", total="each",
):  # fmt: skip
    (f1, f2), classes = inputs["maps"], inputs["classes"]
    k1, k2 = (k**2 if side == "square" else k for k in inputs["kernels"][KERNELS[kernels]])
    read = {"all": f1, "one": 1}[reads]
    weights = {"all": (f1 * k1, f2 * read * k2), "one": (k1, read * k2)}[makes]
    biases = {"each": (f1, f2), "none": (0, 0), "one": (1, 1), "per kernel": (f1, f1 * f2)}[bias]
    pools = {
        "pair": (2 * f1, 2 * f2),
        "none": (0, 0),
        "one": (f1, f2),
        "shared": (2, 2),
        "kernel": (4 * f1, 4 * f2),
        "kernel and bias": (5 * f1, 5 * f2),
    }[pool]
    rows, columns = inputs["last"]
    v = f2 * rows * columns
    last = {
        "all": classes * v + classes,
        "no bias": classes * v,
        "one bias": classes * v + 1,
        "input biases": classes * v + v,
        "maps": classes * f2 + classes,
        "one map": classes * rows * columns + classes,
        "sum": classes * f2 * (rows + columns) + classes,
    }[scores]
    counts = np.array([weights[0] + biases[0], pools[0], weights[1] + biases[1], pools[1], last])
    return counts if total == "each" else np.cumsum(counts)


def _counts_terms(inputs, entry):
    layer, maps, kernels = entry[0], inputs["maps"], inputs["kernels"]
    if layer == 4:
        classes = at("classes", inputs["classes"])
        return [[classes, at("maps", maps, 1), at("last", inputs["last"], 0), at("last", inputs["last"], 1)], [classes]]
    made, k = at("maps", maps, layer // 2), at("kernels", kernels, layer // 2)
    if layer % 2:
        return [[("2", 2), made]]
    return [[made, at("maps", maps, 0), k, k] if layer else [made, k, k], [made]]


lenet_parameters = Question(
    name="lenet-parameters",
    notebook="08",
    title="How many parameters each layer has",
    task="The network of the series with other numbers: an image has one map; kernels holds the sides of the square "
    "kernels of C1 and C3; maps, how many maps C1 and C3 make; last, the rows and columns of a map of S4; classes, the "
    "number of scores. How many trainable parameters have C1, S2, C3, S4 and the fully connected layer, in this order?",
    answer="counts",
    conventions=(
        STAGES,
        "The pools are mean pools with one beta and one b for each map.",
        "A convolution has one bias for each map that it makes, the fully connected layer one for each score.",
    ),
    draw=_counts_inputs,
    solve=_counts,
    terms=_counts_terms,
    hint="How many numbers does one output map of C3 need? It reads every map of S2 with a kernel of its own.",
    idea="A convolution has a k x k kernel for each pair of an input and an output map, and a bias for each output "
    "map. A mean pool has beta and b for each map. The fully connected layer has a weight from every entry of the "
    "flattened maps to every score, and a bias for each score.",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="convolutions without bias",
            switches={"bias": "none"},
            says="the biases of the convolutions are left out",
            hint="Besides its kernels, what else does each output map of a convolution have?",
        ),
        Mistake(
            name="one bias for a convolution",
            switches={"bias": "one"},
            says="each convolution has only one bias",
            hint="Do all maps that a convolution makes share one bias?",
        ),
        Mistake(
            name="one bias for each kernel",
            switches={"bias": "per kernel"},
            says="C3 has a bias for each pair of an input and an output map",
            hint="An output map adds up what all its kernels give, and then one bias. How many biases are needed?",
        ),
        Mistake(
            name="scores without bias",
            switches={"scores": "no bias"},
            says="the biases of the fully connected layer are left out",
            hint="W x is not yet the score. What is added?",
        ),
        Mistake(
            name="one bias for all scores",
            switches={"scores": "one bias"},
            says="the fully connected layer has only one bias",
            hint="Do all scores share one bias?",
        ),
        Mistake(
            name="one bias for each input",
            switches={"scores": "input biases"},
            says="the fully connected layer has a bias for each of its inputs",
            hint="Does a bias belong to what goes in, or to what comes out?",
        ),
        Mistake(
            name="C3 reads one map",
            switches={"reads": "one"},
            says="each map of C3 reads only one map of S2",
            hint="An output map looks at all maps that come in, each through a kernel of its own.",
        ),
        Mistake(
            name="one kernel a layer",
            switches={"makes": "one"},
            says="all output maps of a convolution share their kernels",
            hint="If two output maps had the same kernels, what would they see?",
        ),
        Mistake(
            name="side for area",
            switches={"side": "line"},
            says="a kernel of side k is taken to have k numbers",
            hint="Draw a kernel of side 2. How many numbers does it hold?",
        ),
        Mistake(
            name="pools have none",
            switches={"pool": "none"},
            says="the pools have nothing to train",
            hint="On this sheet a pool multiplies and adds. By what?",
            convention="a mean pool has neither beta nor b, as in PyTorch",
        ),
        Mistake(
            name="one number for each pooled map",
            switches={"pool": "one"},
            says="a pool has only one number for each map",
            hint="z = beta down(x) + b. How many of these are trained?",
        ),
        Mistake(
            name="one pair for each pool",
            switches={"pool": "shared"},
            says="all maps of a pool share one beta and one b",
            hint="The sheet says how many betas there are. Does each map have its own?",
        ),
        Mistake(
            name="four weights in a pool",
            switches={"pool": "kernel"},
            says="a pool has a trainable weight for each of the four entries of a block",
            hint="In a mean all four entries have the same fixed weight. What is trained?",
        ),
        Mistake(
            name="a pool as a convolution",
            switches={"pool": "kernel and bias"},
            says="a pool is counted as a convolution, with a 2x2 kernel and a bias for each map",
            hint="In a mean all four entries have the same fixed weight. What is trained?",
        ),
        Mistake(
            name="maps for entries",
            switches={"scores": "maps"},
            says="the fully connected layer has one weight for each map, not for each entry of the maps",
            hint="Flatten lays out the maps entry by entry. How long is the column?",
        ),
        Mistake(
            name="one map only",
            switches={"scores": "one map"},
            says="the fully connected layer reads one map only",
            hint="Flatten lays out all maps. How long is the column?",
        ),
        Mistake(
            name="rows plus columns",
            switches={"scores": "sum"},
            says="the entries of a map are counted as rows plus columns",
            hint="How many entries has a map of 2 rows and 3 columns?",
        ),
        KERNELS_EXCHANGED,
        Mistake(
            name="running total",
            switches={"total": "so far"},
            says="all parameters up to each layer are added up",
            hint="Each entry is about one layer alone.",
        ),
    ),
)

QUESTIONS = (lenet_parameters,)
