"""Back-propagation derived: every displayed equation is an object that was proved when it was built.

`from derivations import convolution` gives one derivation, `convolution.chain`; `ledger()` proves all of them.
"""

from importlib import import_module

NAMES = (
    "fully_connected",
    "activations",
    "softmax_cross_entropy",
    "convolution",
    "convolution_maps",
    "mean_pooling",
    "max_pooling",
    "flatten",
    "network",
)


def load(name):
    """The derivation of one layer type: its equations are proved now."""
    return import_module(f"derivations.{name}").chain


def ledger():
    """Every equation, in order: each has id, left (lhs), right (rhs), reason and grade."""
    return [equation for name in NAMES for equation in load(name)]
