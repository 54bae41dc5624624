"""Questions on convolutions with several maps and a batch: which sum runs over which maps."""

import numpy as np

from classroom.questions.base import Mistake, Question, at, whole
from classroom.questions.convolution import BIAS_FORGOTTEN, BY_CONVOLUTION, CORRELATION
from classroom.questions.windows import oriented, slid, stamped

KERNELS = "K[o,c] is the kernel from input map c to output map o."

CHOSEN_KERNELS = {
    "K[o,c]": lambda K: K,
    "K[c,o]": lambda K: K.swapaxes(0, 1),
    "maps reversed": lambda K: K[::-1, ::-1],
    "input maps reversed": lambda K: K[:, ::-1],
    "output maps reversed": lambda K: K[::-1],
    "first input map": lambda K: K[:, [0] * K.shape[1]],
    "first output map": lambda K: K[[0] * K.shape[0]],
}


def _added(pairs, how):
    """One axis of pairs of maps added up, by the right rule or by a wrong one: its index runs over pairs[0], ..."""
    return {
        "added": lambda: pairs.sum(0),
        "mean": lambda: pairs.mean(0),
        "first": lambda: pairs[0],
        "last": lambda: pairs[-1],
        "own": lambda: np.array([pair[m] for m, pair in enumerate(pairs)]),
    }[how]()


# ---------------------------------------------------------------------------------------------- forward


def _forward_inputs(rng):
    return {
        "x": whole(rng, 2, 2, 2, low=-3, high=4, zero=True),
        "K": whole(rng, 2, 2, 1, 2, low=-3, high=4),
        "b": whole(rng, 2, low=-4, high=5, distinct=True),
    }


def _forward(inputs, *, maps="K[o,c]", kernel="as it is", add="added", mixed="no", bias="own"):
    x, K, b = inputs["x"], CHOSEN_KERNELS[maps](oriented(inputs["K"], kernel)), inputs["b"]
    z = slid(x.sum(0), K.sum(1)) if mixed == "sums" else _added(slid(x, K).swapaxes(0, 1), add)
    b = {"own": b, "left out": 0 * b, "per input map": len(x) * b, "exchanged": b[::-1]}[bias]
    return z + b[:, None, None]


def _forward_terms(inputs, entry):
    o, i, j = entry
    x, K = inputs["x"], inputs["K"]
    products = [[at("x", x, c, i + u, j + v), at("K", K, o, c, u, v)] for c, u, v in np.ndindex(K.shape[1:])]
    return [*products, [at("b", inputs["b"], o)]]


forward = Question(
    name="maps-forward",
    notebook="05",
    title="Two maps in, two maps out",
    task="Two input maps x[0] and x[1] (2x2 each) go through a convolution with 2 times 2 kernels K[o,c] (1x2 each) "
    "and the biases b. Compute the two output maps z[0] and z[1] (2x1 each).",
    answer="z",
    conventions=(CORRELATION, KERNELS),
    draw=_forward_inputs,
    solve=_forward,
    terms=_forward_terms,
    hint="Which kernels look on behalf of z[0], and at which input map does each of them look?",
    idea="Output map o adds up what its kernels see, one for each input map, and one bias: z[o] is the sum over c of "
    "the correlation of x[c] with K[o,c], and b[o].",
    equation="maps.10",
    roles={"x": "input", "K": "kernel", "b": "kernel", "z": "output"},
    mistakes=(
        Mistake(
            "K[c,o] for K[o,c]",
            {"maps": "K[c,o]"},
            "the two map indices of the kernels are exchanged",
            "The first index of K says for which output map, the second at which input map. Where does K[0,1] look?",
        ),
        Mistake(
            "only the last input map",
            {"add": "last"},
            "each input map overwrites the one before (= in place of +=), so that only the last one is left",
            "Output map o looks at every input map. What does it do with what its kernels see?",
        ),
        Mistake(
            "only the first input map",
            {"add": "first"},
            "only the first input map is used",
            "Output map o looks at every input map. What does it do with what its kernels see?",
        ),
        Mistake(
            "map o reads map o only",
            {"add": "own"},
            "each output map looks only at the input map with the same number",
            "Every output map has a kernel for every input map. Which kernels have you not used?",
        ),
        Mistake(
            "averaged over the input maps",
            {"add": "mean"},
            "the input maps' contributions are averaged",
            "What the kernels of one output map see is added up.",
        ),
        Mistake(
            "maps added up first",
            {"mixed": "sums"},
            "the input maps are added up, the kernels are added up, and the sums are correlated",
            "A sum of products is not the product of the sums: correlate each map with its own kernel first.",
        ),
        Mistake(
            "one kernel for all input maps",
            {"maps": "first input map"},
            "the kernel K[o,0] looks at every input map",
            "There is one kernel for each pair of maps. Which one looks at x[1]?",
        ),
        Mistake(
            "one output map's kernels for all",
            {"maps": "first output map"},
            "the kernels of output map 0 are used for every output map",
            "Each output map has kernels of its own. Which ones belong to z[1]?",
        ),
        Mistake(
            "input maps exchanged",
            {"maps": "input maps reversed"},
            "the kernels meet the input maps in reversed order",
            "The second index of K is the number of the input map at which it looks.",
        ),
        Mistake(
            "output maps exchanged",
            {"maps": "output maps reversed"},
            "the kernels go to the output maps in reversed order",
            "The first index of K is the number of the output map for which it looks.",
        ),
        Mistake(
            "kernels turned",
            {"kernel": "turned"},
            "the kernels are turned before they slide (true convolution)",
            "Here K[o,c] slides as it is written: its left entry meets the left entry of the window.",
            BY_CONVOLUTION,
        ),
        BIAS_FORGOTTEN,
        Mistake(
            "bias once per input map",
            {"bias": "per input map"},
            "b[o] is added once for every input map",
            "Finish the sum over the input maps first; how often does b[o] belong to one output?",
        ),
        Mistake(
            "biases exchanged",
            {"bias": "exchanged"},
            "the biases are added to the output maps in reversed order",
            "b[0] belongs to the first output map.",
        ),
    ),
)

# ---------------------------------------------------------------------------------------------- the input's gradient


def _dx_inputs(rng):
    return {"K": whole(rng, 2, 2, 1, 2, low=-3, high=4), "delta": whole(rng, 2, 1, 2, low=-3, high=4)}


def _dx(
    inputs,
    *,
    maps="K[o,c]",
    kernel="as it is",
    delta="as it is",
    error="delta[o]",
    add="added",
    mixed="no",
    overlap="added",
    inputs_apart="yes",
):
    K, errors = CHOSEN_KERNELS[maps](oriented(inputs["K"], kernel)), oriented(inputs["delta"], delta)
    if mixed == "sums":
        dx = stamped(errors.sum(0), K.sum(0), overlap=overlap)
    else:
        errors = {"delta[o]": errors[:, None], "delta[c]": errors[None], "reversed": errors[::-1, None]}[error]
        dx = _added(stamped(errors, K, overlap=overlap), add)
    return {"yes": dx, "no": np.array([dx.sum(0)] * len(dx))}[inputs_apart]


def _dx_terms(inputs, entry):
    c, p, q = entry
    delta, K = inputs["delta"], inputs["K"]
    return [
        [at("δ", delta, o, i, j), at("K", K, o, c, p - i, q - j)]
        for o, i, j in np.ndindex(delta.shape)
        if 0 <= p - i < K.shape[2] and 0 <= q - j < K.shape[3]
    ]


dx = Question(
    name="maps-dx",
    notebook="05",
    title="The gradient of two input maps",
    task="Two flat input maps (1x3 each) went through a convolution with 2 times 2 kernels K[o,c] (1x2 each); delta "
    "came back, one row (1x2) for each output map. Compute dx[0] and dx[1] (1x3 each).",
    answer="dx",
    conventions=(CORRELATION, KERNELS),
    draw=_dx_inputs,
    solve=_dx,
    terms=_dx_terms,
    hint="Which output maps read x[0], and through which kernel does each of them?",
    idea="Input map c is read by every output map o, through K[o,c]. So dx[c] is the sum over o of the full "
    "convolution of delta[o] with K[o,c].",
    equation="maps.12",
    roles={"K": "kernel", "delta": "gradient", "dx": "gradient"},
    mistakes=(
        Mistake(
            "only the last output map",
            {"add": "last"},
            "each output map overwrites the one before (= in place of +=), so that only the last one is left",
            "Which output maps read x[0]? J hears of it through each of them, so their shares add up.",
        ),
        Mistake(
            "only the first output map",
            {"add": "first"},
            "only the first output map's delta is sent back",
            "Which output maps read x[0]? J hears of it through each of them, so their shares add up.",
        ),
        Mistake(
            "map c hears map c only",
            {"add": "own"},
            "each input map hears only the output map with the same number",
            "Every output map reads every input map. Which kernels have you not used?",
        ),
        Mistake(
            "averaged over the output maps",
            {"add": "mean"},
            "the shares of the output maps are averaged",
            "Contributions of several paths add up; nobody takes their mean.",
        ),
        Mistake(
            "K[c,o] for K[o,c]",
            {"maps": "K[c,o]"},
            "the two map indices of the kernels are exchanged",
            "Through which kernel did output map 0 read x[1]? The first index of K is the output map.",
        ),
        Mistake(
            "summed over the wrong index",
            {"maps": "K[c,o]", "error": "delta[c]"},
            "the sum runs over the second index of K, with delta[c] in place of delta[o]",
            "delta has one matrix for each output map. So its index is the one over which the sum runs.",
        ),
        Mistake(
            "delta[c] for delta[o]",
            {"error": "delta[c]"},
            "dx[c] is made with delta[c] throughout, whatever output map the kernel belongs to",
            "K[o,c] helped to make output map o. Whose delta does it bring back?",
        ),
        Mistake(
            "deltas exchanged",
            {"error": "reversed"},
            "the output maps' deltas are exchanged",
            "K[0,c] helped to make output map 0, so it takes delta[0] back.",
        ),
        Mistake(
            "added up before convolving",
            {"mixed": "sums"},
            "the deltas are added up, the kernels are added up, and the sums are convolved",
            "A sum of convolutions is not the convolution of the sums: pair each delta with its own kernel first.",
        ),
        Mistake(
            "the same for every input map",
            {"inputs_apart": "no"},
            "the sum runs over the input maps as well, so that all of them get the same",
            "x[0] was read through K[0,0] and K[1,0] only. Keep c fixed while o runs.",
        ),
        Mistake(
            "maps reversed, not the kernel",
            {"maps": "maps reversed", "kernel": "turned"},
            "K[::-1, ::-1] turns the order of the maps, and the kernels slide over delta as they are",
            "With four axes the turn is K[:, :, ::-1, ::-1]: the first two axes are maps, and maps are never turned.",
        ),
        Mistake(
            "maps reversed too",
            {"maps": "maps reversed"},
            "the order of the maps is reversed, besides turning the kernels",
            "The turn is for the last two axes of K. The first two are maps: leave them in their order.",
        ),
        Mistake(
            "first kernel for all output maps",
            {"maps": "first output map"},
            "every delta goes back through the kernels of output map 0",
            "Each output map read x through kernels of its own. Which ones take delta[1] back?",
        ),
        Mistake(
            "first kernel for all input maps",
            {"maps": "first input map"},
            "every input map gets what belongs to input map 0",
            "x[1] was read through other kernels than x[0]. Which index of K says so?",
        ),
        Mistake(
            "kernels not turned",
            {"kernel": "turned"},
            "the kernels slide over delta as they are (full correlation), which turns every stamp",
            "Look at the left end: x[c,0,0] is read by one window only. Which kernel entry lay on it there?",
            BY_CONVOLUTION,
        ),
        Mistake(
            "kernels left out",
            {"kernel": "ones"},
            "the deltas are spread over their windows without the weights of the kernels",
            "How much an output changes with an entry of x is the weight that lay on it.",
        ),
        Mistake(
            "deltas turned",
            {"delta": "turned"},
            "each delta is reversed",
            "delta[o,0,0] is the report of the left window, and it belongs to the left in dx.",
        ),
        Mistake(
            "overlaps overwritten",
            {"overlap": "last"},
            "inside a map the last stamp stays where windows overlap (= in place of +=)",
            "The middle entry is read by both windows and hears from both: stamps add up.",
        ),
    ),
)

QUESTIONS = (forward, dx)
