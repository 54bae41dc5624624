"""The questions of the worksheets, in the order of the series: ``QUESTIONS`` maps a name to its question."""

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

__all__ = ["QUESTIONS", "Mistake", "Question"]
