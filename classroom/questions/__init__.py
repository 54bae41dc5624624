"""The questions of the worksheets, in the order of the series: ``QUESTIONS`` maps a name to its question."""

import difflib
import importlib

from classroom.questions.base import Mistake, Question

MODULES = (
    "dense",
    "dense_parameters",
    "activations",
    "activations_slopes",
    "dense_delta",
    "dense_activated",
    "softmax",
    "cross_entropy",
    "softmax_delta",
    "softmax_jacobian",
    "convolution",
    "kernel_gradient",
    "input_gradient",
    "convolution_relu",
    "true_convolution",
    "columns",
    "bias_gradient",
    "maps",
    "maps_kernels",
    "strides",
    "strides_input",
    "padding",
    "pooling",
    "pooling_input",
    "pooling_beta",
    "pooling_bias",
    "pooling_below",
    "pooling_activated",
    "max_pooling",
    "max_special",
    "flatten",
    "shapes",
    "parameter_counts",
    "network",
    "network_back",
    "network_parameters",
    "network_weights",
    "training",
    "measuring",
    "weight_decay",
)


def _collected():
    modules = [importlib.import_module(f"{__name__}.{module}") for module in MODULES]
    questions = [question for module in modules for question in module.QUESTIONS]
    return {question.name: question for question in sorted(questions, key=lambda question: question.notebook)}


QUESTIONS = _collected()


def named(name):
    """The question of this name. Raises ValueError for an unknown one, with the nearest names or else all of them."""
    if name in QUESTIONS:
        return QUESTIONS[name]
    names = {known.lower(): known for known in QUESTIONS}
    near = [names[found] for found in difflib.get_close_matches(str(name).lower(), names, n=3, cutoff=0.4)]
    advice = f"did you mean {' or '.join(near)}?" if near else f"choose one of {', '.join(QUESTIONS)}"
    raise ValueError(f"there is no question {name!r}: {advice}")


__all__ = ["QUESTIONS", "Mistake", "Question", "named"]
