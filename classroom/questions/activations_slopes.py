"""Questions on slopes: those of sigmoid, tanh and ReLU side by side, and slopes from the output alone."""

from fractions import Fraction

import numpy as np

from classroom.questions.activations import G_LEFT_OUT, SLOPE_ADDED
from classroom.questions.base import Mistake, Question, at, exact, whole
from classroom.questions.batch import BATCH, N_IN_G, ONE_OVER_N_AGAIN
from classroom.questions.slopes import KEEP_DIGITS, relu_mask, sigmoid_slope, tanh_slope
from classroom.questions.slopes import sigmoid as sigmoid_of

# ------------------------------------------------------------------------------------- three slopes at three places


def _slopes_inputs(rng):
    values = [0, -rng.choice([0.5, 1, 1.5, 2]), rng.choice([0.5, 1, 1.5, 2])]
    rng.shuffle(values)
    return {"z": np.array([Fraction(value) for value in values])}


def _slopes(inputs, *, sigmoid="right", tanh="right", relu="z > 0", columns="in order", output="slopes"):
    z = inputs["z"].astype(float)
    tables = {
        "slopes": lambda: [sigmoid_slope(z, sigmoid), tanh_slope(z, tanh), relu_mask(z, relu)],
        "values": lambda: [sigmoid_of(z), np.tanh(z), np.maximum(z, 0)],
    }
    table = np.array(tables[output]()).T
    return {"in order": table, "first two exchanged": table[:, [1, 0, 2]]}[columns]


def _slopes_terms(inputs, entry):
    i, function = entry
    z = float(inputs["z"][i])
    a = [sigmoid_of(z), np.tanh(z), max(z, 0)][function]
    return [[[("a", a), ("(1 - a)", 1 - a)]], [[("(1 - a^2)", 1 - a * a)]], [[(f"[z[{i}] > 0]", int(z > 0))]]][function]


slopes = Question(
    name="activation-slopes",
    notebook="02",
    title="Three slopes at three places",
    task="Compute the slope f'(z) of three activations at the three given z, as a 3x3 table: a row for each z; the "
    "columns are sigmoid, tanh and ReLU, in this order.",
    answer="slope",
    conventions=("ReLU'(0) = 0.", KEEP_DIGITS),
    draw=_slopes_inputs,
    solve=_slopes,
    terms=_slopes_terms,
    decimals=3,
    hint="Which of the three curves is steepest at 0, and how steep? Start with that row.",
    idea="Sigmoid: f'(z) = a (1 - a) with a = 1 / (1 + exp(-z)), activations.10. Tanh: f'(z) = 1 - a^2 with a = "
    "tanh(z), activations.12. ReLU: 1 where z is above 0, else 0, activations.16.",
    equation="activations.10",
    roles={"z": "output", "slope": "neutral"},
    mistakes=(
        Mistake(
            name="values in place of slopes",
            switches={"output": "values"},
            says="the values f(z) are given in place of the slopes",
            hint="How high a curve is and how steep it is are two things. Which one is asked for?",
        ),
        Mistake(
            name="sigmoid and tanh exchanged",
            switches={"columns": "first two exchanged"},
            says="the columns of sigmoid and tanh have changed places",
            hint="At z = 0, which of the two is steeper?",
        ),
        Mistake(
            name="sigmoid: factor 1 - a missing",
            switches={"sigmoid": "a"},
            says="in the sigmoid's column the value a stands in place of the slope",
            hint="The sigmoid is increasing everywhere. Is it also getting steeper everywhere?",
        ),
        Mistake(
            name="sigmoid: factor a missing",
            switches={"sigmoid": "1 - a"},
            says="the sigmoid's slope is taken as 1 - a",
            hint="The sigmoid fades at both ends. Which factor makes it fade on the left?",
        ),
        Mistake(
            name="sigmoid: rule of tanh",
            switches={"sigmoid": "1 - a^2"},
            says="1 - a^2 is applied to the sigmoid's output",
            hint="1 - a^2 belongs to tanh. How is the sigmoid's slope written with its own output?",
        ),
        Mistake(
            name="sigmoid: applied twice",
            switches={"sigmoid": "at a"},
            says="the sigmoid's slope is taken at a in place of z",
            hint="The formula with a has no sigmoid left in it: do not squash a again.",
        ),
        Mistake(
            name="sigmoid: z in place of a",
            switches={"sigmoid": "z for a"},
            says="z is put into a (1 - a), where the output a belongs",
            hint="Squash z first. A slope of the sigmoid is never above 1/4 and never negative.",
        ),
        Mistake(
            name="tanh: plus in place of minus",
            switches={"tanh": "1 + a^2"},
            says="1 + a^2 is taken as the slope of tanh, which is the rule for tan",
            hint="Can the slope of tanh be above 1?",
        ),
        Mistake(
            name="tanh: square forgotten",
            switches={"tanh": "1 - a"},
            says="1 - a is taken as the slope of tanh",
            hint="The slope of tanh is the same at z and at -z. Is yours?",
        ),
        Mistake(
            name="tanh: rule of the sigmoid",
            switches={"tanh": "a(1 - a)"},
            says="a (1 - a) is applied to the output of tanh",
            hint="a (1 - a) belongs to the sigmoid. How is the slope of tanh written with its own output?",
        ),
        Mistake(
            name="tanh: applied twice",
            switches={"tanh": "at a"},
            says="the slope of tanh is taken at a in place of z",
            hint="The formula with a has no tanh left in it: do not apply it to a again.",
        ),
        Mistake(
            name="tanh: z in place of a",
            switches={"tanh": "z for a"},
            says="z is put into 1 - a^2, where the output a belongs",
            hint="Take tanh of z first. Can the slope of an increasing curve be negative?",
        ),
        Mistake(
            name="ReLU: slope 1 at zero",
            switches={"relu": "z >= 0"},
            says="the slope of ReLU at 0 is taken as 1",
            hint="At 0 there is no slope, only a choice. Which choice does this sheet name?",
            convention="ReLU'(0) = 1",
        ),
        Mistake(
            name="ReLU: slope 1/2 at zero",
            switches={"relu": "half"},
            says="the slope of ReLU at 0 is taken as 1/2",
            hint="At 0 there is no slope, only a choice. Which choice does this sheet name?",
            convention="ReLU'(0) = 1/2",
        ),
        Mistake(
            name="ReLU: sign of z",
            switches={"relu": "sign"},
            says="the slope of ReLU is taken as the sign of z",
            hint="Left of 0 the curve is flat. How steep is flat?",
        ),
        Mistake(
            name="ReLU: slope 1 everywhere",
            switches={"relu": "all"},
            says="the slope of ReLU is taken as 1 everywhere",
            hint="Left of 0 the curve is flat. How steep is flat?",
        ),
        Mistake(
            name="ReLU: value in place of slope",
            switches={"relu": "value"},
            says="in the column of ReLU the value max(z, 0) stands in place of the slope",
            hint="Right of 0 the curve is the line a = z. How steep is it?",
        ),
    ),
)

# ---------------------------------------------------------------------------------------- slopes from the output


def _from_a_inputs(rng):
    squashed = rng.sample([Fraction(n, d) for n, d in ((1, 3), (1, 4), (3, 4), (1, 5), (2, 5), (3, 5), (4, 5))], 2)
    signed = [rng.choice((1, -1)) * Fraction(n, d) for n, d in rng.sample([(1, 2), (1, 3), (2, 3), (3, 5), (4, 5)], 2)]
    return {"a": np.array([squashed, signed]), "g": exact(whole(rng, 2, 2, low=-6, high=6, distinct=True))}


def _row_slope(a, rule):
    """The slope from the output a by the sigmoid's rule or by that of tanh, or what is put in its place."""
    squashed = a.astype(float)
    return {
        "sigmoid": lambda: a * (1 - a),
        "tanh": lambda: 1 - a * a,
        "none": lambda: a - a + 1,
        "a": lambda: a,
        "1 - a": lambda: 1 - a,
        "1 + a^2": lambda: 1 + a * a,
        "a(1 + a)": lambda: a * (1 + a),
        "again": lambda: 1 - 2 * a,
        "sigmoid at a": lambda: sigmoid_slope(squashed),
        "tanh at a": lambda: tanh_slope(squashed),
    }[rule]()


def _from_a(inputs, *, sigmoid="sigmoid", tanh="tanh", power=1, meets="product", scale="once"):
    a, g = inputs["a"], inputs["g"]
    slope = np.array([_row_slope(a[0], sigmoid), _row_slope(a[1], tanh)]) ** power
    delta = {"product": g * slope, "slope alone": slope, "sum": g + slope}[meets]
    return {"once": delta, "1/N again": delta / g.shape[1]}[scale]


def _from_a_terms(inputs, entry):
    (i, t), value = entry, inputs["a"][entry]
    if i == 0:
        return [[at("g", inputs["g"], i, t), at("a", inputs["a"], i, t), (f"(1 - a[{i},{t}])", 1 - value)]]
    return [[at("g", inputs["g"], i, t), (f"(1 - a[{i},{t}]^2)", 1 - value * value)]]


from_a = Question(
    name="activation-from-a",
    notebook="02",
    title="The slope from the output",
    task="Unit 0 (first row) has a sigmoid, unit 1 (second row) has tanh. Their outputs a for two examples are given, "
    "z was thrown away; g = dJ/da came back. Compute delta = dJ/dz (2x2).",
    answer="δ",
    conventions=(BATCH, N_IN_G, "Exact: no calculator is needed."),
    draw=_from_a_inputs,
    solve=_from_a,
    terms=_from_a_terms,
    hint="Both slopes can be written with the output alone. How, for each of the two?",
    idea="delta is g times the slope, entry by entry. The sigmoid's slope is a (1 - a), that of tanh is 1 - a^2.",
    equation="activations.7",
    roles={"a": "output", "g": "gradient", "δ": "gradient"},
    mistakes=(
        Mistake(
            name="slopes left out",
            switches={"sigmoid": "none", "tanh": "none"},
            says="the slopes are left out, so that g is handed on as it is",
            hint="What you have is dJ/da. delta is dJ/dz: which factor leads from a change of z to a change of a?",
        ),
        Mistake(
            name="rules exchanged",
            switches={"sigmoid": "tanh", "tanh": "sigmoid"},
            says="1 - a^2 is applied to the sigmoid's row and a (1 - a) to the row of tanh",
            hint="Which of the two slopes is never above 1/4? Which unit does it belong to?",
        ),
        Mistake(
            name="rule of the sigmoid for both",
            switches={"tanh": "sigmoid"},
            says="a (1 - a) is applied to both rows",
            hint="Look at the second row: tanh is steepest where its output is 0. What does a (1 - a) say there?",
        ),
        Mistake(
            name="rule of tanh for both",
            switches={"sigmoid": "tanh"},
            says="1 - a^2 is applied to both rows",
            hint="Look at the first row: how steep can a sigmoid be at most?",
        ),
        Mistake(
            name="sigmoid applied to a",
            switches={"sigmoid": "sigmoid at a"},
            says="in the first row the sigmoid is applied to a once more before its slope is taken",
            hint="a is the output already. What is left to do with it is plain arithmetic.",
        ),
        Mistake(
            name="tanh applied to a",
            switches={"tanh": "tanh at a"},
            says="in the second row tanh is applied to a once more before its slope is taken",
            hint="a is the output already. What is left to do with it is plain arithmetic.",
        ),
        Mistake(
            name="sigmoid: factor 1 - a missing",
            switches={"sigmoid": "a"},
            says="in the first row g is multiplied by a alone",
            hint="The sigmoid's slope has two factors. Which one is missing?",
        ),
        Mistake(
            name="sigmoid: factor a missing",
            switches={"sigmoid": "1 - a"},
            says="in the first row g is multiplied by 1 - a alone",
            hint="The sigmoid's slope has two factors. Which one is missing?",
        ),
        Mistake(
            name="sigmoid: plus in place of minus",
            switches={"sigmoid": "a(1 + a)"},
            says="in the first row a (1 + a) is taken as the slope",
            hint="The curve must become flat where a is near 1. Is your slope small there?",
        ),
        Mistake(
            name="sigmoid: differentiated again",
            switches={"sigmoid": "again"},
            says="in the first row a (1 - a) is differentiated once more, which gives 1 - 2a",
            hint="a (1 - a) is the slope already. What remains to be done with it?",
        ),
        Mistake(
            name="tanh: square forgotten",
            switches={"tanh": "1 - a"},
            says="in the second row 1 - a is taken as the slope",
            hint="The slope of tanh is the same for a and for -a. Is yours?",
        ),
        Mistake(
            name="tanh: plus in place of minus",
            switches={"tanh": "1 + a^2"},
            says="in the second row 1 + a^2 is taken as the slope, which is the rule for tan",
            hint="Can the slope of tanh be above 1?",
        ),
        Mistake(
            name="slopes twice",
            switches={"power": 2},
            says="the slopes are multiplied in twice",
            hint="The activation is crossed once on the way back. How often does its slope appear?",
        ),
        G_LEFT_OUT,
        SLOPE_ADDED,
        ONE_OVER_N_AGAIN,
    ),
)

QUESTIONS = (slopes, from_a)
