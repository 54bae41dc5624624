"""Questions on what is done with a gradient: a step downhill, a check by central differences, weight decay."""

from fractions import Fraction

import numpy as np

from classroom.questions.base import Mistake, Question, at, number, whole

COLUMNS = "Each column of x and delta is one example."
NO_N = "The 1/N of the mean loss is already inside delta."
LAST_COLUMN = "The first three columns of the answer belong to W, the last one to b."
ROLES = {"x": "input", "W": "kernel", "b": "kernel", "delta": "gradient", "lr": "neutral", "lambda": "neutral"}
ROLES |= {"new": "kernel", "gradient": "parameter gradient", "w": "kernel", "c": "neutral", "h": "neutral"}
RATES = (Fraction(1, 5), Fraction(1, 10), Fraction(3, 10))


def _layer(rng):
    """A fully connected layer with three inputs and two outputs, and two examples."""
    return {
        "x": whole(rng, 3, 2, low=-3, high=4),
        "W": whole(rng, 2, 3, low=-5, high=6),
        "b": np.array(rng.sample([-5, -4, -3, -2, 2, 3, 4, 5], 2)),
        "delta": np.array(rng.sample([-5, -4, -3, -2, -1, 1, 2, 3, 4, 5], 4)).reshape(2, 2),
    }


def _gradients(inputs, batch="sum", product="delta x"):
    """dW and db side by side (2x4), with what may be done wrong with the batch."""
    x, delta = inputs["x"], inputs["delta"]
    used = {"first": slice(0, 1), "last": slice(-1, None)}.get(batch, slice(None))
    x, delta = x[:, used], delta[:, used]
    dW = {
        "delta x": lambda: delta @ x.T,
        "sums": lambda: np.outer(delta.sum(axis=1), x.sum(axis=1)),
        "examples exchanged": lambda: delta @ x[:, ::-1].T,
    }[product]()
    both = np.column_stack([dW, delta.sum(axis=1)])
    return Fraction(1, 2) * both if batch == "mean" else both


BATCH_MISTAKES = (
    Mistake(
        name="divided by N again",
        switches={"batch": "mean"},
        says="the gradient is divided by the number of examples once more",
        hint="The 1/N of the mean stands once. Where is it already?",
        convention="delta does not contain the 1/N of the mean loss",
    ),
    Mistake(
        name="first example only",
        switches={"batch": "first"},
        says="only the first example is counted",
        hint="How many examples came back? Each of them reports.",
    ),
    Mistake(
        name="last example only",
        switches={"batch": "last"},
        says="only the last example is counted, as when = stands where += belongs",
        hint="How many examples came back? Each of them reports.",
    ),
    Mistake(
        name="summed before multiplying",
        switches={"product": "sums"},
        says="delta and x are added up over the examples first, and then multiplied",
        hint="Multiply within each example, and add up afterwards. A sum of products is no product of sums.",
    ),
    Mistake(
        name="examples exchanged",
        switches={"product": "examples exchanged"},
        says="the delta of one example meets the x of the other",
        hint="Which column of x belongs to the first column of delta?",
    ),
)


def _dW_terms(inputs, entry):
    (i, j), x, delta = entry, inputs["x"], inputs["delta"]
    if j == 3:
        return [[at("δ", delta, i, t)] for t in range(2)]
    return [[at("δ", delta, i, t), at("x", x, j, t)] for t in range(2)]


# ----------------------------------------------------------------------------------------------------------- a step


def _step(inputs, *, batch="sum", product="delta x", sign=-1, rate="lr", what="step", bias="too"):
    lr, old = inputs["lr"], np.column_stack([inputs["W"], inputs["b"]])
    gradient = _gradients(inputs, batch, product)
    rate = {"lr": lambda: lr, "none": lambda: 1, "squared": lambda: lr**2, "divided": lambda: 1 / lr}[rate]()
    change = sign * rate * gradient
    change[:, 3] = {
        "too": lambda: change[:, 3],
        "kept": lambda: 0 * change[:, 3],
        "rate left out": lambda: sign * gradient[:, 3],
        "row sums of dW": lambda: sign * rate * gradient[:, :3].sum(axis=1),
        "by example": lambda: sign * rate * inputs["delta"].sum(axis=0),
    }[bias]()
    return {
        "step": lambda: old + change,
        "change": lambda: change,
        "gradient": lambda: gradient,
        "of W": lambda: old - lr * old,
        "of the difference": lambda: lr * (old + sign * gradient),
        "two steps": lambda: old + 2 * change,
        "old": lambda: old,
    }[what]()


def _step_terms(inputs, entry):
    i, j = entry
    old = at("b", inputs["b"], i) if j == 3 else at("W", inputs["W"], i, j)
    rate = [("-1", -1), at("lr", inputs["lr"])]
    return [[old], *([*rate, *product] for product in _dW_terms(inputs, entry))]


sgd_update = Question(
    name="sgd-update",
    notebook="08",
    title="One step downhill",
    task="A fully connected layer with weights W (2x3) and biases b read two examples x (3x2); delta = dJ/dz (2x2) "
    "came back. Do one step of gradient descent with the learning rate lr, and write down the new W and the new b "
    "side by side (2x4).",
    answer="new",
    conventions=(COLUMNS, NO_N, LAST_COLUMN),
    draw=lambda rng: _layer(rng) | {"lr": number(rng, *RATES)},
    solve=_step,
    terms=_step_terms,
    hint="First the gradients dW and db. Then: which way does J go down, and how far is one step?",
    idea="The gradients first: dW = delta x.T, and db is the sum of each row of delta, both summed over the examples. "
    "Then every parameter goes against its own gradient: W - lr dW and b - lr db.",
    equation="network.29",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="uphill",
            switches={"sign": 1},
            says="the gradient is added: a step uphill",
            hint="The gradient points to where J grows. Which way is down?",
        ),
        Mistake(
            name="learning rate left out",
            switches={"rate": "none"},
            says="the whole gradient is subtracted, without the learning rate",
            hint="How long is one step? The sheet gives a number for it.",
        ),
        Mistake(
            name="divided by the learning rate",
            switches={"rate": "divided"},
            says="the gradient is divided by the learning rate",
            hint="Should a smaller learning rate make the step smaller or larger?",
        ),
        Mistake(
            name="learning rate twice",
            switches={"rate": "squared"},
            says="the learning rate is multiplied twice",
            hint="How often does lr stand in the rule for a step?",
        ),
        Mistake(
            name="only the change",
            switches={"what": "change"},
            says="only the change is written down, not the new parameters",
            hint="By this the parameters move. From where do they start?",
        ),
        Mistake(
            name="only the gradient",
            switches={"what": "gradient"},
            says="the gradient is written down, and no step is done",
            hint="The gradient updates nothing by itself. What does the optimizer do with it?",
        ),
        Mistake(
            name="lr times W",
            switches={"what": "of W"},
            says="lr times the parameters themselves is subtracted, and the gradient does not occur",
            hint="Which matrix says in which direction J grows? It is not W.",
        ),
        Mistake(
            name="lr times everything",
            switches={"what": "of the difference"},
            says="the learning rate multiplies the old parameters, too",
            hint="With lr = 0 nothing should move. Does your rule leave W where it is?",
        ),
        Mistake(
            name="two steps",
            switches={"what": "two steps"},
            says="the step is done twice, once for each example perhaps",
            hint="The gradient of the batch is one matrix. How many steps does it make?",
        ),
        Mistake(
            name="b kept",
            switches={"bias": "kept"},
            says="W is updated, but b is left as it was",
            hint="Is b not a parameter, too?",
        ),
        Mistake(
            name="b without the learning rate",
            switches={"bias": "rate left out"},
            says="b is updated without the learning rate",
            hint="All parameters take a step of the same rule. Compare b with W.",
        ),
        Mistake(
            name="b from dW",
            switches={"bias": "row sums of dW"},
            says="the rows of dW are added up for db",
            hint="A bias is a weight from an input that is always 1. What takes the place of x?",
        ),
        Mistake(
            name="b by example",
            switches={"bias": "by example"},
            says="delta is added up over the outputs for db, and not over the examples",
            hint="Each output has its own bias. Over what is then added up?",
        ),
        *BATCH_MISTAKES,
    ),
)

# ----------------------------------------------------------------------------------------------------- weight decay


def _l2(inputs, *, batch="sum", product="delta x", penalty="W", factor="lambda", bias="free", sign=1, parts="both"):
    lam, W, b = inputs["lambda"], inputs["W"], inputs["b"]
    gradient = _gradients(inputs, batch, product).astype(object)
    factor = {
        "lambda": lambda: lam,
        "2 lambda": lambda: 2 * lam,
        "lambda / 2": lambda: lam / 2,
        "1": lambda: 1,
    }[factor]()
    decay = {
        "W": lambda: W,
        "none": lambda: 0 * W,
        "squares": lambda: W**2,
        "signs": lambda: np.sign(W),
        "sum": lambda: np.full(W.shape, W.sum()),
        "ones": lambda: np.ones_like(W),
        "dW": lambda: gradient[:, :3],
        "new W": lambda: W - gradient[:, :3],
    }[penalty]()
    gradient[:, :3] += sign * factor * decay
    if bias == "decays":
        gradient[:, 3] += sign * factor * b
    return gradient if parts == "both" else gradient - _gradients(inputs, batch, product)


def _l2_terms(inputs, entry):
    i, j = entry
    decay = [] if j == 3 else [[at("lambda", inputs["lambda"]), at("W", inputs["W"], i, j)]]
    return [*_dW_terms(inputs, entry), *decay]


l2 = Question(
    name="l2",
    notebook="08",
    title="Weight decay",
    task="A fully connected layer with weights W (2x3) and biases b read two examples x (3x2); delta = dJ/dz (2x2) "
    "came back from the loss. To the loss a penalty lambda/2 times the sum of all W[i,j]^2 is added. Write down dW "
    "and db of the sum, side by side (2x4).",
    answer="gradient",
    conventions=(COLUMNS, NO_N, LAST_COLUMN, "The biases are not penalised, and the penalty is not divided by N."),
    draw=lambda rng: _layer(rng) | {"lambda": number(rng, *RATES, Fraction(3, 2))},
    solve=_l2,
    terms=_l2_terms,
    hint="A sum is differentiated term by term. What is the derivative of the penalty by one weight?",
    idea="The loss gives dW = delta x.T and db, the sum of each row of delta. The penalty adds lambda W[i,j] to each "
    "dW[i,j]: the 2 from the square and the 1/2 cancel. db stays as it is.",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="penalty forgotten",
            switches={"penalty": "none"},
            says="the penalty is left out",
            hint="J has one more term now. What is its derivative?",
        ),
        Mistake(
            name="factor 2",
            switches={"factor": "2 lambda"},
            says="2 lambda W is added",
            hint="The derivative of a square brings a 2. What does the 1/2 in front do?",
            convention="the penalty is lambda times the sum of squares, without the 1/2",
        ),
        Mistake(
            name="half of lambda",
            switches={"factor": "lambda / 2"},
            says="lambda W / 2 is added",
            hint="The derivative of a square brings a factor. Did you take it along?",
            convention="the penalty is lambda/4 times the sum of squares, or is divided by N",
        ),
        Mistake(
            name="lambda left out",
            switches={"factor": "1"},
            says="W is added without lambda",
            hint="How strong is the penalty? The sheet gives a number for it.",
        ),
        Mistake(
            name="penalty subtracted",
            switches={"sign": -1},
            says="lambda W is subtracted",
            hint="This is the gradient, not the step. With which sign does the penalty stand in J?",
        ),
        Mistake(
            name="squares",
            switches={"penalty": "squares"},
            says="lambda times the squares of the weights is added, as in the penalty itself",
            hint="What is the derivative of a square?",
        ),
        Mistake(
            name="signs",
            switches={"penalty": "signs"},
            says="lambda times the sign of each weight is added",
            hint="This belongs to a penalty by absolute values. Which penalty does this sheet have?",
            convention="the penalty is lambda times the sum of absolute values (L1)",
        ),
        Mistake(
            name="sum of the weights",
            switches={"penalty": "sum"},
            says="lambda times the sum of all weights is added everywhere",
            hint="Differentiate by one weight: which terms of the sum contain it?",
        ),
        Mistake(
            name="lambda alone",
            switches={"penalty": "ones"},
            says="lambda itself is added to each entry, without the weight",
            hint="Is a large weight pulled back as hard as a small one?",
        ),
        Mistake(
            name="lambda times dW",
            switches={"penalty": "dW"},
            says="lambda times dW is added",
            hint="What does the penalty depend on, the weights or their gradients?",
        ),
        Mistake(
            name="updated W",
            switches={"penalty": "new W"},
            says="the weights after a step are penalised",
            hint="All gradients are taken at the present parameters. When does W change?",
        ),
        Mistake(
            name="biases penalised",
            switches={"bias": "decays"},
            says="lambda b is added to db",
            hint="Which parameters does the sheet's penalty contain?",
            convention="the biases are penalised, too",
        ),
        Mistake(
            name="penalty only",
            switches={"parts": "penalty"},
            says="only the penalty's part is written down",
            hint="J is a sum. Where is the other term's gradient?",
        ),
        *BATCH_MISTAKES,
    ),
)

# ------------------------------------------------------------------------------------------------ a check by measuring


def _check_inputs(rng):
    c, w = np.array(rng.sample([-3, -2, 2, 3, 4, 5], 3)), np.array(rng.sample([-3, -2, -1, 1, 2, 3], 3))
    return {"c": c, "w": w, "h": number(rng, 3, 4)}


def _check(inputs, *, points="both sides", over="2h", moved="w", between="minus", coefficients="c", power=3):
    c, w, h = inputs["c"], inputs["w"], inputs["h"]
    if coefficients == "left out":
        c = np.ones_like(c)
    if between == "derivative":
        return power * c * w ** (power - 1)
    there, back = {"both sides": (h, -h), "ahead": (h, 0), "behind": (0, -h), "reversed": (-h, h)}[points]
    if moved == "w":
        ahead, behind = c * (w + there) ** power, c * (w + back) ** power
    elif moved == "J":
        ahead, behind = c * w**power + there, c * w**power + back
    elif moved == "all":
        ahead, behind = (np.full(3, (c * (w + step) ** power).sum()) for step in (there, back))
    else:
        ahead, behind = c * (w**power + there**power), c * (w**power + back**power)
    difference = ahead - behind if between == "minus" else ahead + behind
    divisor = {"2h": 2 * h, "h": h, "2": 2, "1": 1, "h^2": h**2, "w": 2 * w}[over]
    return difference / divisor if np.any(difference % divisor) else difference // divisor


def _check_terms(inputs, entry):
    (k,), c, w, h = entry, inputs["c"], inputs["w"], inputs["h"]
    over, factor = ("1/(2h)", Fraction(1, int(2 * h))), at("c", c, k)
    return [
        [over, factor, (f"(w[{k}]+h)^3", (w[k] + h) ** 3)],
        [("-1", -1), over, factor, (f"(w[{k}]-h)^3", (w[k] - h) ** 3)],
    ]


gradient_check = Question(
    name="gradient-check",
    notebook="08",
    title="Measure a gradient",
    task="J(w) = c[0] w[0]^3 + c[1] w[1]^3 + c[2] w[2]^3. Measure its gradient at w by central differences with the "
    "step h, one entry after the other. (In code h would be tiny; here it is large, and the numbers stay whole.)",
    answer="dw",
    conventions=("The measured value is asked for, not the derivative that it comes near.",),
    draw=_check_inputs,
    solve=_check,
    terms=_check_terms,
    hint="Move one entry of w by h to either side and leave the others. How far apart are the two places?",
    idea="For entry k: (J with w[k] + h, minus J with w[k] - h) / (2h). The terms of the entries that do not move "
    "cancel. The two places lie 2h apart.",
    roles=ROLES | {"dw": "parameter gradient"},
    mistakes=(
        Mistake(
            name="divided by h",
            switches={"over": "h"},
            says="the difference is divided by h",
            hint="How far apart are the two places at which J was measured?",
        ),
        Mistake(
            name="divided by 2",
            switches={"over": "2"},
            says="the difference is divided by 2, and not by h",
            hint="A slope is height over length. How long is the way from one place to the other?",
        ),
        Mistake(
            name="not divided",
            switches={"over": "1"},
            says="the difference is not divided at all",
            hint="A slope is height over length. How long is the way from one place to the other?",
        ),
        Mistake(
            name="divided by h squared",
            switches={"over": "h^2"},
            says="the difference is divided by h squared",
            hint="That is for a second derivative. How far apart are the two places?",
        ),
        Mistake(
            name="divided by 2w",
            switches={"over": "w"},
            says="the difference is divided by 2w",
            hint="How far did you move? By w, or by h?",
        ),
        Mistake(
            name="one side, divided by 2h",
            switches={"points": "ahead"},
            says="J is measured at w + h and at w itself, and the difference is divided by 2h",
            hint="Between which two places is this difference taken? Central means to either side of w.",
        ),
        Mistake(
            name="forward difference",
            switches={"points": "ahead", "over": "h"},
            says="J is measured at w + h and at w itself, and the difference is divided by h",
            hint="This measures a slope ahead of w. Central means to either side of w.",
            convention="forward differences are asked for",
        ),
        Mistake(
            name="backward difference",
            switches={"points": "behind", "over": "h"},
            says="J is measured at w and at w - h, and the difference is divided by h",
            hint="This measures a slope behind w. Central means to either side of w.",
            convention="backward differences are asked for",
        ),
        Mistake(
            name="wrong way round",
            switches={"points": "reversed"},
            says="J at w + h is subtracted from J at w - h",
            hint="If J grows with w, the slope is positive. Which of the two values comes first?",
        ),
        Mistake(
            name="sum in place of difference",
            switches={"between": "plus"},
            says="the two values of J are added",
            hint="How far does J rise from one place to the other?",
        ),
        Mistake(
            name="derivative by rule",
            switches={"between": "derivative"},
            says="the derivative is calculated by the rule for powers, and nothing is measured",
            hint="That is what the measurement is compared with. Put w + h and w - h into J itself.",
        ),
        Mistake(
            name="h added to J",
            switches={"moved": "J"},
            says="h is added to the value of J, not to w",
            hint="What is moved by h: the parameter, or the loss?",
        ),
        Mistake(
            name="all entries moved at once",
            switches={"moved": "all"},
            says="all three entries of w are moved together",
            hint="Then nobody knows who made J rise. Move one entry, and leave the others.",
        ),
        Mistake(
            name="h cubed apart",
            switches={"moved": "power"},
            says="w^3 + h^3 is taken for (w + h)^3",
            hint="First add, then take the third power. Try it with w = 1 and h = 1.",
        ),
        Mistake(
            name="coefficients left out",
            switches={"coefficients": "left out"},
            says="the coefficients c are left out",
            hint="Read J once more. What stands in front of each cube?",
        ),
        Mistake(
            name="squares for cubes",
            switches={"power": 2},
            says="squares are taken in place of cubes",
            hint="To which power does J raise each entry of w?",
        ),
    ),
)

QUESTIONS = (sgd_update, gradient_check, l2)
