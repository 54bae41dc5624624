"""Questions on one activation: delta from dJ/da through sigmoid, tanh and ReLU."""

from fractions import Fraction

import numpy as np

from classroom.questions.base import Mistake, Question, at, whole
from classroom.questions.batch import BATCH, N_IN_G, ONE_OVER_N_AGAIN
from classroom.questions.slopes import (
    KEEP_DIGITS,
    NO_SLOPE,
    RELU,
    RELU_MASKS,
    SAME_MASKS,
    SIGMOID,
    SIGMOID_SLOPES,
    SLOPE_AT_A,
    SLOPE_TWICE,
    divided,
    relu_mask,
    relu_z,
    sigmoid_slope,
    tanh_slope,
)

ROLES = {"z": "output", "a": "output", "g": "gradient", "δ": "gradient"}
ENTRY_BY_ENTRY = (
    "The output a[i,t] depends on z[i,t] and on no other entry, so each g is multiplied by the slope at its own place: "
    "delta[i,t] = g[i,t] f'(z[i,t])."
)
G_LEFT_OUT = Mistake(
    name="g left out",
    switches={"meets": "slope alone"},
    says="the slopes are given, without g",
    hint="The slope says how a follows z. How does J follow a, and how do the two go together?",
)
SLOPE_ADDED = Mistake(
    name="slope added",
    switches={"meets": "sum"},
    says="the slope is added to g in place of multiplied",
    hint="Along one path the factors of the chain rule multiply; only different paths add up.",
)
MEETING_G = (
    G_LEFT_OUT,
    SLOPE_ADDED,
    Mistake(
        name="divided by the slope",
        switches={"meets": "quotient"},
        says="g is divided by the slope in place of multiplied",
        hint="Where a hardly follows z, J hardly follows z either. Is your delta small where the slope is small?",
    ),
    Mistake(
        name="matrix product",
        switches={"meets": "matrix product"},
        says="g is multiplied by the slopes as a matrix, rows by columns",
        hint="An activation acts on each entry alone. How do you multiply by its slopes, then?",
    ),
    Mistake(
        name="matrix product, slopes on the left",
        switches={"meets": "matrix product, slopes first"},
        says="the slopes are multiplied by g as a matrix, rows by columns",
        hint="An activation acts on each entry alone. How do you multiply by its slopes, then?",
    ),
    Mistake(
        name="slope at g",
        switches={"at": "g"},
        says="f' is taken at the gradient g in place of z",
        hint="The slope belongs to the way forward. Which number went into the activation?",
    ),
    ONE_OVER_N_AGAIN,
)


def _met(g, slope, meets, scale):
    """delta from g and the slopes, or what is computed in its place; then the scale."""
    delta = {
        "product": lambda: g * slope,
        "slope alone": lambda: slope,
        "sum": lambda: g + slope,
        "quotient": lambda: divided(g, slope),
        "matrix product": lambda: g @ slope,
        "matrix product, slopes first": lambda: slope @ g,
    }[meets]()
    return {"once": delta, "1/N again": delta / g.shape[-1]}[scale]


def _smooth_inputs(rng):
    halves = Fraction(1, 2) * whole(rng, 2, 2, low=-4, high=4, distinct=True)
    return {"z": halves, "g": whole(rng, 2, 2, low=-6, high=6)}


def _sigmoid(inputs, *, slope="right", meets="product", at="z", scale="once"):
    return _met(inputs["g"], sigmoid_slope(inputs[at], slope), meets, scale)


def _sigmoid_terms(inputs, entry):
    i, t = entry
    a = 1 / (1 + np.exp(-float(inputs["z"][entry])))
    return [[at("g", inputs["g"], i, t), (f"a[{i},{t}]", a), (f"(1 - a[{i},{t}])", 1 - a)]]


sigmoid = Question(
    name="activation-sigmoid",
    notebook="02",
    title="Back through a sigmoid",
    task="Two units, two examples: a = f(z), and g = dJ/da came back (z and g are 2x2). Compute delta = dJ/dz (2x2).",
    answer="δ",
    conventions=(SIGMOID, BATCH, N_IN_G, KEEP_DIGITS),
    draw=_smooth_inputs,
    solve=_sigmoid,
    terms=_sigmoid_terms,
    decimals=3,
    hint="How much does a move when z moves a little, and at which number do you ask this?",
    idea=ENTRY_BY_ENTRY + " For the sigmoid f'(z) = a (1 - a) with a = 1 / (1 + exp(-z)).",
    equation="activations.7",
    roles=ROLES,
    mistakes=(*SIGMOID_SLOPES, *MEETING_G),
)

TANH_SLOPES = (
    NO_SLOPE,
    SLOPE_AT_A,
    SLOPE_TWICE,
    Mistake(
        name="z in place of a",
        switches={"slope": "z for a"},
        says="z is put into 1 - a^2, where the output a belongs",
        hint="The formula 1 - a^2 holds for the output a. A slope of tanh is never negative.",
    ),
    Mistake(
        name="value in place of slope",
        switches={"slope": "a"},
        says="the value tanh(z) stands where the slope belongs",
        hint="The value of the activation and its slope are two things. How steep is tanh where its value is near 1?",
    ),
    Mistake(
        name="square forgotten",
        switches={"slope": "1 - a"},
        says="1 - a stands where 1 - a^2 belongs",
        hint="The slope of tanh is the same at z and at -z. Is yours?",
    ),
    Mistake(
        name="square of 1 - a",
        switches={"slope": "(1 - a)^2"},
        says="(1 - a)^2 stands where 1 - a^2 belongs",
        hint="What is squared: a, or the whole of 1 - a? The slope of tanh is the same at z and at -z.",
    ),
    Mistake(
        name="a^2 alone",
        switches={"slope": "a^2"},
        says="a^2 stands where 1 - a^2 belongs",
        hint="Where is tanh steepest: in the middle or far out? Is your slope largest there?",
    ),
    Mistake(
        name="plus in place of minus",
        switches={"slope": "1 + a^2"},
        says="1 + a^2 is taken as the slope, which is the rule for tan",
        hint="tan and tanh differ in a sign. Can the slope of tanh be above 1?",
    ),
    Mistake(
        name="slope a (1 - a)",
        switches={"slope": "a(1 - a)"},
        says="a (1 - a), the rule for the sigmoid, is applied to the output of tanh",
        hint="a (1 - a) belongs to the sigmoid. How is the slope of tanh written with its own output?",
    ),
    Mistake(
        name="sigmoid's slope",
        switches={"slope": "sigmoid"},
        says="the slope of the sigmoid at z is taken in place of that of tanh",
        hint="Which activation does this sheet have? Its slope at 0 is 1.",
    ),
    Mistake(
        name="sech not squared",
        switches={"slope": "sech"},
        says="1 / cosh(z) is taken as the slope, without the square",
        hint="1 - a^2 is 1 / cosh(z) to which power?",
    ),
)


def _tanh(inputs, *, slope="right", meets="product", at="z", scale="once"):
    return _met(inputs["g"], tanh_slope(inputs[at], slope), meets, scale)


def _tanh_terms(inputs, entry):
    i, t = entry
    a = np.tanh(float(inputs["z"][entry]))
    return [[at("g", inputs["g"], i, t), (f"(1 - a[{i},{t}]^2)", 1 - a * a)]]


tanh = Question(
    name="activation-tanh",
    notebook="02",
    title="Back through tanh",
    task="Two units, two examples: a = f(z), and g = dJ/da came back (z and g are 2x2). Compute delta = dJ/dz (2x2).",
    answer="δ",
    conventions=("The activation f is tanh.", BATCH, N_IN_G, KEEP_DIGITS),
    draw=_smooth_inputs,
    solve=_tanh,
    terms=_tanh_terms,
    decimals=3,
    hint="How much does a move when z moves a little, and at which number do you ask this?",
    idea=ENTRY_BY_ENTRY + " For tanh f'(z) = 1 - a^2 with a = tanh(z).",
    equation="activations.7",
    roles=ROLES,
    mistakes=(*TANH_SLOPES, *MEETING_G),
)


def _relu_inputs(rng):
    return {"z": relu_z(rng, (2, 3), 2), "g": whole(rng, 2, 3, low=-7, high=7, distinct=True)}


def _relu(inputs, *, mask="z > 0", at="z", meets="product", through="all", scale="once"):
    g = inputs["g"]
    delta = _met(g, relu_mask(inputs[at], mask), meets, scale)
    leak = g * (inputs["z"] < 0)
    return {"all": delta, "positive": delta * (g > 0), "1/10": delta + leak / 10, "1/100": delta + leak / 100}[through]


def _relu_terms(inputs, entry):
    i, t = entry
    return [[at("g", inputs["g"], i, t), (f"f'(z[{i},{t}])", int(inputs["z"][entry] > 0))]]


relu = Question(
    name="activation-relu",
    notebook="02",
    title="Back through ReLU",
    task="Two units, three examples: a = f(z), and g = dJ/da came back (z and g are 2x3). Compute delta = dJ/dz (2x3).",
    answer="δ",
    conventions=(RELU, BATCH, N_IN_G),
    draw=_relu_inputs,
    solve=_relu,
    terms=_relu_terms,
    hint="For each entry of z: does a move when z moves a little?",
    idea=ENTRY_BY_ENTRY + " For ReLU the slope is 1 where z is above 0, and 0 elsewhere: g is let through or stopped.",
    equation="activations.7",
    roles=ROLES,
    inseparable=SAME_MASKS,
    mistakes=(
        *RELU_MASKS,
        Mistake(
            name="mask of the gradient",
            switches={"at": "g"},
            says="negative entries of g are set to 0, in place of those where z is negative",
            hint="The gate was set on the way forward. Which numbers went through the activation then?",
        ),
        Mistake(
            name="negative gradients stopped as well",
            switches={"through": "positive"},
            says="g is stopped where z is negative, and also where g itself is negative",
            hint="A gradient may be negative. Which of the two numbers decides whether the gate is open?",
            convention="guided back-propagation is meant, a recipe for pictures that is no gradient",
        ),
        Mistake(
            name="leaky slope 1/10",
            switches={"through": "1/10"},
            says="a tenth of g is let through where z is negative",
            hint="How does plain ReLU answer when a negative z moves a little?",
            convention="f is a leaky ReLU with slope 1/10 for negative z",
        ),
        Mistake(
            name="leaky slope 1/100",
            switches={"through": "1/100"},
            says="a hundredth of g is let through where z is negative",
            hint="How does plain ReLU answer when a negative z moves a little?",
            convention="f is a leaky ReLU with slope 1/100 for negative z",
        ),
        G_LEFT_OUT,
        SLOPE_ADDED,
        ONE_OVER_N_AGAIN,
    ),
)

QUESTIONS = (sigmoid, tanh, relu)
