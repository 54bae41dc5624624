"""Walks through the forward and backward passes, one product at a time: live in a notebook, as a filmstrip on paper."""

from classroom.steppers.activation import ActivationStepper
from classroom.steppers.convolution import ConvolutionStepper
from classroom.steppers.dense import DenseStepper
from classroom.steppers.microscope import GradientMicroscope
from classroom.steppers.network import NetworkStepper
from classroom.steppers.pooling import PoolingStepper
from classroom.steppers.softmax import SoftmaxStepper

__all__ = [
    "ActivationStepper",
    "ConvolutionStepper",
    "DenseStepper",
    "GradientMicroscope",
    "NetworkStepper",
    "PoolingStepper",
    "SoftmaxStepper",
]
