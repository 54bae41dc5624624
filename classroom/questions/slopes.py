"""Slopes of the activations, right and wrong, for all questions that go back through an activation."""

import numpy as np

from classroom.questions.base import Mistake

SIGMOID = "The activation f is the sigmoid."
RELU = "The activation f is ReLU, and ReLU'(0) = 0."
KEEP_DIGITS = "Keep five decimals on the way, and round only the answer, to three."


def divided(numerator, denominator):
    """The quotient, entry by entry; ValueError where a denominator is 0."""
    if not np.all(denominator):
        raise ValueError("a denominator is 0")
    return numerator / denominator


def sigmoid(z):
    """1 / (1 + exp(-z)) of every entry, as floats."""
    return 1 / (1 + np.exp(-np.asarray(z, float)))


def sigmoid_slope(z, way="right"):
    """The sigmoid's slope f'(z) = a (1 - a), or what is put in its place: every way but "right" is a mistake."""
    z = np.asarray(z, float)
    a = sigmoid(z)
    slopes = {
        "right": lambda: a * (1 - a),
        "none": lambda: np.ones(z.shape),
        "at a": lambda: sigmoid(a) * (1 - sigmoid(a)),
        "z for a": lambda: z * (1 - z),
        "a": lambda: a,
        "1 - a": lambda: 1 - a,
        "1 - a^2": lambda: 1 - a * a,
        "tanh": lambda: 1 - np.tanh(z) ** 2,
        "twice": lambda: (a * (1 - a)) ** 2,
    }
    return slopes[way]()


def tanh_slope(z, way="right"):
    """The slope of tanh, 1 - a^2, or what is put in its place: every way but "right" is a mistake."""
    z = np.asarray(z, float)
    a = np.tanh(z)
    slopes = {
        "right": lambda: 1 - a * a,
        "none": lambda: np.ones(z.shape),
        "at a": lambda: 1 - np.tanh(a) ** 2,
        "z for a": lambda: 1 - z * z,
        "a": lambda: a,
        "1 - a": lambda: 1 - a,
        "a^2": lambda: a * a,
        "(1 - a)^2": lambda: (1 - a) ** 2,
        "1 + a^2": lambda: 1 + a * a,
        "a(1 - a)": lambda: a * (1 - a),
        "sigmoid": lambda: sigmoid(z) * (1 - sigmoid(z)),
        "sech": lambda: 1 / np.cosh(z),
        "twice": lambda: (1 - a * a) ** 2,
    }
    return slopes[way]()


NO_SLOPE = Mistake(
    name="slope left out",
    switches={"slope": "none"},
    says="the slope f'(z) is left out",
    hint="What you have is dJ/da. delta is dJ/dz: which factor leads from a change of z to a change of a?",
)
SLOPE_AT_A = Mistake(
    name="slope at a",
    switches={"slope": "at a"},
    says="f' is taken at a in place of z, so that the activation is applied twice",
    hint="f' wants what went into the activation. The formula that uses a has no activation left in it: do not apply f "
    "to a again.",
)
SLOPE_TWICE = Mistake(
    name="slope twice",
    switches={"slope": "twice"},
    says="the slope f'(z) is multiplied in twice",
    hint="The activation is crossed once on the way back. How often does its slope appear?",
)
SIGMOID_SLOPES = (
    NO_SLOPE,
    SLOPE_AT_A,
    SLOPE_TWICE,
    Mistake(
        name="z in place of a",
        switches={"slope": "z for a"},
        says="z is put into a (1 - a), where the output a belongs",
        hint="The formula a (1 - a) holds for the output a. Squash z first; a slope of the sigmoid is never above 1/4.",
    ),
    Mistake(
        name="factor 1 - a missing",
        switches={"slope": "a"},
        says="the value a stands where the slope a (1 - a) belongs",
        hint="The value of the activation and its slope are two things. Which factor turns a into the slope?",
    ),
    Mistake(
        name="factor a missing",
        switches={"slope": "1 - a"},
        says="1 - a stands where the slope a (1 - a) belongs",
        hint="The sigmoid's slope has two factors, and it fades at both ends of the curve. Yours fades at one end "
        "only.",
    ),
    Mistake(
        name="slope 1 - a^2",
        switches={"slope": "1 - a^2"},
        says="1 - a^2, the rule for tanh, is applied to the sigmoid's output",
        hint="1 - a^2 belongs to tanh. How is the sigmoid's slope written with its own output?",
    ),
    Mistake(
        name="tanh's slope",
        switches={"slope": "tanh"},
        says="the slope of tanh at z is taken in place of the sigmoid's",
        hint="Which activation does this sheet have? Its slope is never above 1/4.",
    ),
)


def relu_z(rng, shape, dead):
    """Whole numbers with one 0, ``dead`` negative ones and the rest above 1, in random places."""
    count = int(np.prod(shape))
    values = [0, *rng.sample([-4, -3, -2, -1], dead), *rng.choices([2, 3, 4, 5], k=count - 1 - dead)]
    rng.shuffle(values)
    return np.array(values).reshape(shape)


def relu_mask(z, mask="z > 0"):
    """The slope of ReLU at every entry, or what is put in its place: every mask but "z > 0" is a mistake."""
    return {
        "z > 0": z > 0,
        "z >= 0": z >= 0,
        "all": z == z,
        "a >= 0": np.maximum(z, 0) >= 0,
        "z < 0": z < 0,
        "value": np.maximum(z, 0),
        "z": z,
        "sign": np.sign(z),
        "half": (np.sign(z) + 1) / 2,
    }[mask] * 1


RELU_MASKS = (
    Mistake(
        name="no mask",
        switches={"mask": "all"},
        says="everything is let through, also where z is negative",
        hint="Where z is negative, a stays 0 if z moves a little. What slope is that?",
    ),
    Mistake(
        name="mask a >= 0",
        switches={"mask": "a >= 0"},
        says="the mask is a >= 0, which is true everywhere, since ReLU's output is never negative",
        hint="Can a = max(z, 0) ever be negative? Ask z, or ask whether a is above 0.",
    ),
    Mistake(
        name="slope 1 at zero",
        switches={"mask": "z >= 0"},
        says="the slope of ReLU at 0 is taken as 1",
        hint="At 0 there is no slope, only a choice. Which choice does this sheet name?",
        convention="ReLU'(0) = 1",
    ),
    Mistake(
        name="slope 1/2 at zero",
        switches={"mask": "half"},
        says="the slope of ReLU at 0 is taken as 1/2",
        hint="At 0 there is no slope, only a choice. Which choice does this sheet name?",
        convention="ReLU'(0) = 1/2",
    ),
    Mistake(
        name="mask upside down",
        switches={"mask": "z < 0"},
        says="the gradient is let through where z is negative, and nowhere else",
        hint="For which z does a follow z, and for which is it stuck at 0?",
    ),
    Mistake(
        name="value in place of slope",
        switches={"mask": "value"},
        says="the value max(z, 0) stands where the slope belongs",
        hint="The slope of ReLU is 0 or 1. How steep is the line a = z?",
    ),
    Mistake(
        name="multiplied by z",
        switches={"mask": "z"},
        says="the gradient is multiplied by z itself",
        hint="The slope of ReLU is 0 or 1. What does z decide about it, apart from that?",
    ),
    Mistake(
        name="sign of z",
        switches={"mask": "sign"},
        says="the gradient is multiplied by the sign of z, so that it changes its sign where z is negative",
        hint="Where z is negative the gate is shut. Does anything come through a shut gate, with whatever sign?",
    ),
)
SAME_MASKS = (("no mask", "mask a >= 0"),)
