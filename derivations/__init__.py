"""Back-propagation derived: every displayed equation is an object that was proved when it was built.

`from derivations import convolution` gives one derivation, `convolution.chain`; `equation("conv.5")` gives one
equation; `ledger()` proves all of them.
"""

from importlib import import_module

MODULES = {  # the first part of an equation's id -> the module that holds it
    "fully_connected": "fully_connected",
    "activations": "activations",
    "softmax": "softmax_cross_entropy",
    "conv": "convolution",
    "maps": "convolution_maps",
    "mean_pool": "mean_pooling",
    "max_pool": "max_pooling",
    "flatten": "flatten",
    "network": "network",
}
NAMES = tuple(MODULES.values())


def load(name):
    """The derivation of one layer type: its equations are proved now."""
    return import_module(f"derivations.{name}").chain


def equation(id):
    """The equation with this id, such as "conv.5"; its derivation is proved now. Raises KeyError for an unknown id."""
    prefix = id.partition(".")[0]
    if prefix not in MODULES:
        raise KeyError(f"no equation is called {id!r}; ids begin with {', '.join(MODULES)} and go on like conv.5")
    return load(MODULES[prefix])[id]


def ledger():
    """Every equation, in order: each has id, left (lhs), right (rhs), reason and grade."""
    return [equation for name in NAMES for equation in load(name)]
