"""Questions on softmax alone: its Jacobian, and the way back through it for any g."""

import numpy as np

from classroom.questions.base import Mistake, Question, at, exact, whole
from classroom.questions.batch import BATCH, N_IN_G, ONE_OVER_N_AGAIN
from classroom.questions.cross_entropy import parts_of_1, tenths

ROLES = {"p": "output", "g": "gradient", "δ": "gradient", "dp/dz": "neutral"}


def _jacobian_inputs(rng):
    return {"p": np.array(parts_of_1(rng, 3, rng.choice((9, 10, 12, 15, 16))))}


def _jacobian(inputs, *, diagonal="p (1 - p)", beside="-p p"):
    p = inputs["p"]
    on = {
        "p (1 - p)": lambda p: p * (1 - p),
        "p (1 + p)": lambda p: p * (1 + p),
        "p": lambda p: p,
        "p^2": lambda p: p * p,
        "-p^2": lambda p: -p * p,
        "1 - p": lambda p: 1 - p,
        "-p (1 - p)": lambda p: -p * (1 - p),
        "0": lambda p: 0,
    }[diagonal]
    off = {
        "-p p": lambda row, column: -row * column,
        "p p": lambda row, column: row * column,
        "0": lambda row, column: 0,
        "p (1 - p)": lambda row, column: row * (1 - column),
        "-p (1 - p)": lambda row, column: -row * (1 - column),
        "-p of the row": lambda row, column: -row,
        "-p of the column": lambda row, column: -column,
        "-p^2 of the row": lambda row, column: -row * row,
        "-p^2 of the column": lambda row, column: -column * column,
    }[beside]
    return np.array([[on(p[i]) if i == k else off(p[i], p[k]) for k in range(len(p))] for i in range(len(p))])


def _jacobian_terms(inputs, entry):
    (i, k), p = entry, inputs["p"]
    if i == k:
        return [[at("p", p, i), (f"(1 - p[{i}])", 1 - p[i])]]
    return [[("(-1)", -1), at("p", p, i), at("p", p, k)]]


jacobian = Question(
    name="softmax-jacobian",
    notebook="03",
    title="The Jacobian of softmax",
    task="Softmax gave the probabilities p to three classes (one example). Compute its Jacobian, the 3x3 matrix with "
    "dp[i]/dz[k] in row i and column k.",
    answer="dp/dz",
    conventions=("One example; exact fractions, or decimals such as 0.06.",),
    draw=_jacobian_inputs,
    solve=_jacobian,
    terms=_jacobian_terms,
    hint="If one score rises, what happens to its own probability, and what to the others? What must a column add up "
    "to?",
    idea="The quotient rule gives dp[i]/dz[k] = p[i] ([i = k] - p[k]): on the diagonal p[i] (1 - p[i]), beside it "
    "minus p[i] p[k]. Every row and every column adds up to 0.",
    equation="softmax.4",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="diagonal only",
            switches={"beside": "0"},
            says="the entries beside the diagonal are taken as 0, as for a sigmoid",
            hint="The probabilities add up to 1. If one rises, can the others stay as they are?",
        ),
        Mistake(
            name="plus beside the diagonal",
            switches={"beside": "p p"},
            says="the entries beside the diagonal have a plus in place of a minus",
            hint="If the score of one class rises, does the probability of another rise or fall?",
        ),
        Mistake(
            name="plus throughout",
            switches={"diagonal": "p (1 + p)", "beside": "p p"},
            says="the products p[i] p[k] are added in place of subtracted, on the diagonal as well",
            hint="The score stands in the denominator too. With which sign does the quotient rule bring it in?",
        ),
        Mistake(
            name="minus p p throughout",
            switches={"diagonal": "-p^2"},
            says="minus p[i] p[k] is written everywhere, on the diagonal as well",
            hint="On the diagonal the score stands above the fraction line too. Which term does that add?",
        ),
        Mistake(
            name="diagonal without the square",
            switches={"diagonal": "p"},
            says="p[i] stands on the diagonal, without subtracting its square",
            hint="On the diagonal the score stands above and below the fraction line. Which part is missing?",
        ),
        Mistake(
            name="diagonal without the factor p",
            switches={"diagonal": "1 - p"},
            says="1 - p[i] stands on the diagonal, without the factor p[i]",
            hint="How much can a probability near 0 move, when its score moves a little?",
        ),
        Mistake(
            name="factor p lost everywhere",
            switches={"diagonal": "1 - p", "beside": "-p of the column"},
            says="only the bracket is written, [i = k] - p[k], without the factor p[i] in front",
            hint="How much can a probability near 0 move, when any score moves a little?",
        ),
        Mistake(
            name="square on the diagonal",
            switches={"diagonal": "p^2"},
            says="the square of p[i] stands on the diagonal",
            hint="Add up one of your columns. All probabilities together stay 1: what must it give?",
        ),
        Mistake(
            name="minus on the diagonal",
            switches={"diagonal": "-p (1 - p)"},
            says="the diagonal has a minus",
            hint="If the score of a class rises, does its own probability rise or fall?",
        ),
        Mistake(
            name="empty diagonal",
            switches={"diagonal": "0"},
            says="the diagonal is taken as 0",
            hint="If the score of a class rises, what happens to its own probability?",
        ),
        Mistake(
            name="p (1 - p) everywhere",
            switches={"beside": "p (1 - p)"},
            says="p[i] (1 - p[k]) is written beside the diagonal as well",
            hint="Where does the 1 in the bracket come from? Is it there when i and k are different?",
        ),
        Mistake(
            name="-p (1 - p) beside the diagonal",
            switches={"beside": "-p (1 - p)"},
            says="minus p[i] (1 - p[k]) is written beside the diagonal",
            hint="Where does the 1 in the bracket come from? Is it there when i and k are different?",
        ),
        Mistake(
            name="second factor lost",
            switches={"beside": "-p of the row"},
            says="-p[i] stands beside the diagonal, without the factor p[k]",
            hint="Beside the diagonal two probabilities meet. Which are they?",
        ),
        Mistake(
            name="square beside the diagonal",
            switches={"beside": "-p^2 of the row"},
            says="minus the square of p[i] stands beside the diagonal, in place of two different probabilities",
            hint="Beside the diagonal two probabilities meet. Which are they?",
        ),
        Mistake(
            name="other square beside the diagonal",
            switches={"beside": "-p^2 of the column"},
            says="minus the square of p[k] stands beside the diagonal, in place of two different probabilities",
            hint="Beside the diagonal two probabilities meet. Which are they?",
        ),
        Mistake(
            name="first factor lost",
            switches={"beside": "-p of the column"},
            says="-p[k] stands beside the diagonal, without the factor p[i]",
            hint="Beside the diagonal two probabilities meet. Which are they?",
        ),
    ),
)

# ---------------------------------------------------------------------------------------------------- with any g


def _backward_inputs(rng):
    return {"p": tenths(rng, 3, 2), "g": exact(whole(rng, 3, 2, low=-4, high=5))}


def _backward(inputs, *, inner="sum of g p", over="classes", front="p", form="full", sign=-1, scale="once"):
    p, g = inputs["p"], inputs["g"]
    inside = {"sum of g p": g * p, "sum of g": g}[inner]
    s = {
        "classes": lambda: inside.sum(axis=0),
        "examples": lambda: inside.sum(axis=1)[:, None],
        "everything": lambda: inside.sum(),
        "mean": lambda: inside.sum(axis=0) / len(p),
        "nothing": lambda: 0 * inside,
    }[over]()
    front = {"p": lambda: p, "nothing": lambda: 1, "1 - p": lambda: 1 - p}[front]()
    delta = {
        "full": lambda: front * (g + sign * s),
        "diagonal": lambda: front * g * (1 - p),
        "others with plus": lambda: front * (g + s - 2 * g * p),
        "no diagonal term": lambda: sign * front * s,
        "others only": lambda: sign * front * (s - g * p),
        "no bracket": lambda: front * g + sign * s,
        "g": lambda: g,
        "p - g": lambda: p - g,
    }[form]()
    return delta if scale == "once" else delta / p.shape[1]


def _backward_terms(inputs, entry):
    (k, t), p, g = entry, inputs["p"], inputs["g"]
    sums = [[("(-1)", -1), at("p", p, k, t), at("g", g, i, t), at("p", p, i, t)] for i in range(len(p))]
    return [[at("p", p, k, t), at("g", g, k, t)], *sums]


backward = Question(
    name="softmax-backward",
    notebook="03",
    title="Back through softmax alone",
    task="Softmax gave two examples the probabilities p (3x2). Some loss, not the cross-entropy, sends back g = dJ/dp "
    "(3x2). Compute delta = dJ/dz (3x2).",
    answer="δ",
    conventions=(BATCH, N_IN_G, "Exact fractions, or decimals such as 0.06."),
    draw=_backward_inputs,
    solve=_backward,
    terms=_backward_terms,
    hint="What if g had the same number in a whole column: could any score change J then? Does your rule say so?",
    idea="Take each example's mean of g, weighted with its p: s[t] is the sum over i of g[i,t] p[i,t]. Then delta[k,t] "
    "= p[k,t] (g[k,t] - s[t]). Each column adds up to 0.",
    equation="softmax.7",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="diagonal Jacobian",
            switches={"form": "diagonal"},
            says="the Jacobian is treated as diagonal, g times p (1 - p), as for a sigmoid",
            hint="Each probability depends on all scores. Which entries of the Jacobian are missing? Add up a column.",
        ),
        Mistake(
            name="subtraction forgotten",
            switches={"over": "nothing"},
            says="g p is given, without subtracting each example's mean of g",
            hint="What if g had the same number in a whole column: could any score change J? What does your rule say?",
        ),
        Mistake(
            name="diagonal term forgotten",
            switches={"form": "no diagonal term"},
            says="only -p times the sum is given, and the term p g is left out",
            hint="The Jacobian is diag(p) minus p p^T. Which of the two parts did you use?",
        ),
        Mistake(
            name="own class left out",
            switches={"form": "others only"},
            says="only the entries beside the diagonal of the Jacobian are used",
            hint="A score also moves its own probability. Which entry of the Jacobian says by how much?",
        ),
        Mistake(
            name="plus beside the diagonal",
            switches={"form": "others with plus"},
            says="the entries beside the diagonal of the Jacobian are taken with a plus",
            hint="If the score of one class rises, does the probability of another rise or fall?",
        ),
        Mistake(
            name="sum added",
            switches={"sign": 1},
            says="the sum is added to g in place of subtracted",
            hint="What if g had the same number in a whole column: could any score change J? What does your rule say?",
        ),
        Mistake(
            name="factor p lost",
            switches={"front": "nothing"},
            says="g minus the sum is given, without the factor p in front",
            hint="How much can a probability near 0 move, when its score moves a little?",
        ),
        Mistake(
            name="1 - p in front",
            switches={"front": "1 - p"},
            says="1 - p stands in front of the bracket, where p belongs",
            hint="How much can a probability near 0 move, when its score moves a little?",
        ),
        Mistake(
            name="g (1 - p)",
            switches={"form": "diagonal", "front": "nothing"},
            says="g (1 - p) is given: the Jacobian as diagonal, and the factor p lost",
            hint="Each probability depends on all scores, so the Jacobian is full. What stands on its diagonal, and "
            "what beside it?",
        ),
        Mistake(
            name="bracket left out",
            switches={"form": "no bracket"},
            says="p multiplies g only and not the sum: p g - s in place of p (g - s)",
            hint="Where does the bracket begin and end? Add up one of your columns.",
        ),
        Mistake(
            name="g unchanged",
            switches={"form": "g"},
            says="g is handed on as it is, as if softmax were not there",
            hint="Something cancels only when softmax and cross-entropy stand together. Here the loss is another one.",
        ),
        Mistake(
            name="p - g",
            switches={"form": "p - g"},
            says="p - g is given, as if g were the target of a cross-entropy",
            hint="p - y belongs to softmax and cross-entropy together. Here g is a gradient, from another loss.",
        ),
        Mistake(
            name="sum over the examples",
            switches={"over": "examples"},
            says="g p is added up along the rows, over the examples",
            hint="Softmax mixes the classes of one example. Do two examples meet in it?",
        ),
        Mistake(
            name="one sum for the batch",
            switches={"over": "everything"},
            says="g p is added up over the whole batch",
            hint="Softmax mixes the classes of one example. Do two examples meet in it?",
        ),
        Mistake(
            name="mean in place of sum",
            switches={"over": "mean"},
            says="the sum of g p is divided by the number of classes",
            hint="The weights p add up to 1 already. Must the weighted mean be divided once more?",
        ),
        Mistake(
            name="sum of g without weights",
            switches={"inner": "sum of g"},
            says="the plain sum of g is subtracted, without the weights p",
            hint="What if g had the same number in a whole column: could any score change J? What does your rule say?",
        ),
        ONE_OVER_N_AGAIN,
    ),
)

QUESTIONS = (jacobian, backward)
