"""Questions on the gradients of biases: three maps, and three maps with a batch."""

from dataclasses import replace

import numpy as np

from classroom.questions.base import Mistake, Question, at, whole
from classroom.questions.batch import BATCH_LAST, CHOSEN_EXAMPLES, DIVIDED_BY_N, FIRST_OF_THE_BATCH, LAST_OF_THE_BATCH
from classroom.questions.kernel_gradient import SIGN

AVERAGED = Mistake(
    "averaged over the places",
    {"places": "mean"},
    "delta is averaged over the places of each map",
    "One bias feeds every place of its map. Do the contributions add up, or does one take their mean?",
)
FIRST_PLACE = Mistake(
    "only the first place",
    {"places": "first"},
    "only the first place of each map is used",
    "The bias is added at every place, not only at the first.",
)
LAST_PLACE = Mistake(
    "only the last place",
    {"places": "last"},
    "each place overwrites the one before (= in place of +=), so that only the last one of each map is left",
    "The bias is added at every place: add each report to those before.",
)
ONE_SUM = Mistake(
    "one sum for all maps",
    {"maps": "added"},
    "the deltas of all maps are added up, and every bias gets the total",
    "b[0] is added to output map 0 only. Which deltas can it hear?",
)
MEAN_OF_THE_MAPS = Mistake(
    "mean over all maps",
    {"maps": "mean"},
    "the deltas of all maps are added up and divided by the number of maps, the same for every bias",
    "b[0] is added to output map 0 only. Which deltas can it hear?",
)
OUTPUTS_COUNTED = Mistake(
    "places counted",
    {"delta": "ones"},
    "the outputs are counted: dz/db = 1 is added up without delta",
    "dz/db = 1 is one link of the chain. Multiply it by delta before you add.",
)
PER_WEIGHT = Mistake(
    "once per weight",
    {"scale": "per weight"},
    "each delta is counted once for every weight of the 3x3 kernel",
    "b is added once to an output, after the products have been added up.",
)


def _maps_inputs(rng):
    return {"b": whole(rng, 3, distinct=True), "delta": whole(rng, 3, 2, 2, low=-9, high=12)}


def _maps(inputs, *, delta="as it is", add="places", scale="sum", factor="1", answer="db"):
    b, error = inputs["b"], inputs["delta"]
    error = {"as it is": error, "ones": np.ones_like(error), "absolute": abs(error)}[delta]
    db = {
        "places": lambda: error.sum((1, 2)),
        "rows": lambda: error.sum(1),
        "columns": lambda: error.sum(2),
        "maps": lambda: error.sum(0),
        "all": lambda: np.full(len(b), error.sum()),
        "first": lambda: error[:, 0, 0],
        "last": lambda: error[:, -1, -1],
        "nothing": lambda: error,
    }[add]()
    db = {"sum": db, "mean of the places": db / 4, "mean of the maps": db / 3, "per weight": 9 * db}[scale]
    db = db * {"1": 1, "b": b}[factor]
    return b - db if answer == "b - db" else {"db": db, "-db": -db}[answer]


def _maps_terms(inputs, entry):
    (o,), delta = entry, inputs["delta"]
    return [[at("δ", delta, o, i, j)] for i, j in np.ndindex(delta.shape[1:])]


maps_db = Question(
    name="conv-db",
    notebook="04",
    title="The gradients of three biases",
    task="Three maps (2x2 each) came out of a convolution with 3x3 kernels; each map o has its own bias b[o]. delta "
    "= dJ/dz came back, one matrix for each map. Compute db, three numbers.",
    answer="db",
    conventions=("Each bias is added to every output of its map.",),
    draw=_maps_inputs,
    solve=_maps,
    terms=_maps_terms,
    hint="To how many outputs was b[0] added? What does J say about each of them?",
    idea="The bias b[o] is added once to every output of map o, so it hears every delta of its own map once: db[o] "
    "is the sum of delta[o,i,j] over all places (i,j).",
    equation="maps.9",
    roles={"b": "kernel", "delta": "gradient", "db": "parameter gradient"},
    mistakes=(
        replace(AVERAGED, switches={"scale": "mean of the places"}),
        replace(ONE_SUM, switches={"add": "all"}),
        replace(MEAN_OF_THE_MAPS, switches={"add": "all", "scale": "mean of the maps"}),
        Mistake(
            "added over the rows only",
            {"add": "rows"},
            "delta is added up over its rows only, so that each map has one number for each column",
            "One bias a map is one number a map: add up over rows and columns.",
        ),
        Mistake(
            "added over the columns only",
            {"add": "columns"},
            "delta is added up over its columns only, so that each map has one number for each row",
            "One bias a map is one number a map: add up over rows and columns.",
        ),
        Mistake(
            "added over the maps",
            {"add": "maps"},
            "delta is added up over the maps, place by place",
            "Keep the maps apart and add up the places: there is one bias for each map.",
        ),
        Mistake(
            "nothing added",
            {"add": "nothing"},
            "delta is given back as it came",
            "b[o] is one number, used at every place of map o. How many reports does it get?",
        ),
        replace(FIRST_PLACE, switches={"add": "first"}),
        replace(LAST_PLACE, switches={"add": "last"}),
        OUTPUTS_COUNTED,
        Mistake(
            "signs dropped",
            {"delta": "absolute"},
            "the signs of delta are dropped before adding",
            "A negative delta takes away from the sum. Copy it with its sign.",
        ),
        PER_WEIGHT,
        Mistake(
            "multiplied by b",
            {"factor": "b"},
            "the sum is multiplied by the bias itself",
            "How fast does z + b grow with b? Does the answer depend on the value of b?",
        ),
        replace(SIGN, switches={"answer": "-db"}),
        Mistake(
            "bias updated",
            {"answer": "b - db"},
            "db is subtracted from b: this is the bias after a step",
            "The step comes later. Here only the gradient is asked for, and b itself plays no part in it.",
        ),
    ),
)


def _batch_inputs(rng):
    return {"delta": whole(rng, 3, 1, 3, 2, low=-7, high=9)}


def _batch(
    inputs,
    *,
    delta="as it is",
    number_for="map",
    examples="added",
    places="added",
    maps="apart",
    scale="once",
    sign="plus",
):
    delta = {"as it is": inputs["delta"], "ones": np.ones_like(inputs["delta"])}[delta]
    delta = {"map": delta, "place": delta.swapaxes(0, 2)}[number_for]
    db = {"added": delta.sum(2), "mean": delta.mean(2), "first": delta[:, :, 0], "last": delta[:, :, -1]}[places]
    db = CHOSEN_EXAMPLES[examples](np.moveaxis(db[:, 0], -1, 0))
    total = np.broadcast_to(db.sum(0), db.shape)
    db = {"apart": db, "added": total, "mean": total / 3, "reversed": db[::-1]}[maps]
    return {"once": 1, "per input map": 2, "per weight": 9}[scale] * {"plus": 1, "minus": -1}[sign] * db


def _batch_terms(inputs, entry):
    (o,), delta = entry, inputs["delta"]
    return [[at("δ", delta, o, i, j, t)] for i, j, t in np.ndindex(delta.shape[1:])]


batch_db = Question(
    name="maps-db",
    notebook="05",
    title="The gradients of three biases over a batch of two",
    task="A convolution with 3x3 kernels made three flat output maps from two input maps, for a batch of two "
    "examples. delta (3, 1, 3, 2) came back: three maps, one row, three columns, two examples. Compute db, three "
    "numbers.",
    answer="db",
    conventions=(BATCH_LAST,),
    draw=_batch_inputs,
    solve=_batch,
    terms=_batch_terms,
    hint="To how many outputs, in how many examples, was b[0] added?",
    idea="The bias b[o] is added once to every output of map o, in every example. So db[o] adds up delta[o] over all "
    "places and all examples.",
    equation="maps.9",
    roles={"delta": "gradient", "db": "parameter gradient"},
    mistakes=(
        DIVIDED_BY_N,
        AVERAGED,
        Mistake(
            "averaged over everything",
            {"places": "mean", "examples": "mean"},
            "delta is averaged over places and examples",
            "One bias feeds every place in every example: contributions add up, and 1/N is already inside delta.",
        ),
        LAST_OF_THE_BATCH,
        FIRST_OF_THE_BATCH,
        Mistake(
            "examples kept apart",
            {"examples": "apart"},
            "the examples are not added up, so that db keeps a batch axis",
            "There is one bias a map for the whole batch, so there is one number for each map.",
        ),
        FIRST_PLACE,
        LAST_PLACE,
        ONE_SUM,
        MEAN_OF_THE_MAPS,
        Mistake(
            "one number for each place",
            {"number_for": "place"},
            "the deltas are added up over the maps and the examples, one number for each column",
            "Each map has one bias. Which index of delta must stay, and which ones are summed over?",
        ),
        Mistake(
            "maps in reversed order",
            {"maps": "reversed"},
            "the three numbers stand in reversed order",
            "db[0] belongs to the first map.",
        ),
        Mistake(
            "once per input map",
            {"scale": "per input map"},
            "each delta is counted once for every input map",
            "b is added once to an output, after the input maps' contributions have been added up.",
        ),
        PER_WEIGHT,
        OUTPUTS_COUNTED,
        SIGN,
    ),
)

QUESTIONS = (maps_db, batch_db)
