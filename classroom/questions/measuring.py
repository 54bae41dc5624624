"""A question on measuring a gradient by central differences."""

from fractions import Fraction

import numpy as np

from classroom.questions.base import Mistake, Question, at, number

ROLES = {"w": "kernel", "c": "neutral", "h": "neutral", "dw": "parameter gradient"}


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
    roles=ROLES,
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

QUESTIONS = (gradient_check,)
