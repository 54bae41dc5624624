"""The four witnesses of a gradient, called one after the other: derivation, symbols, by hand, measurement.

They use different number systems, so that a slip that one of them cannot see is seen by another. Each can say no.
"""

import copy
from dataclasses import dataclass
from html import escape

import numpy as np
import sympy

import derivations
from helpers import complex_step_gradient

HEAD = ("gradient", "derivation", "the code on symbols", "by hand", "measurement")


@dataclass(frozen=True)
class Testimony:
    """What the witnesses say: ``rows`` of (gradient, derivation, symbols, by hand, measurement), each as words.

    ``agree`` is True where nobody says no. A notebook shows the table; ``str`` gives it as text.
    """

    rows: list

    @property
    def agree(self):
        return not any(said.startswith("NO") for row in self.rows for said in row)

    def __str__(self):
        table = [HEAD, *self.rows]
        widths = [max(len(row[column]) for row in table) for column in range(len(HEAD))]
        return "\n".join("  ".join(said.ljust(width) for said, width in zip(row, widths, strict=True)) for row in table)

    __repr__ = __str__

    def _repr_html_(self):
        def line(tag, row):
            return "<tr>" + "".join(f'<{tag} style="text-align:left">{escape(said)}</{tag}>' for said in row) + "</tr>"

        return "<table>" + line("th", HEAD) + "".join(line("td", row) for row in self.rows) + "</table>"


def witnesses(layer, x, delta, by_hand, equations):
    """Call the four witnesses for each gradient of ``layer`` at the input x with dJ/d(output) = delta.

    ``by_hand`` maps "x" and the parameters' names to typed-in arrays of the gradients' shapes; ``equations`` maps the
    same names to ids such as "conv.17". The symbols keep the order of the numbers in x, which relu and max pooling
    ask for: what they say holds for every x in that order. The layer is left as it is. Raises ValueError where the
    names differ, KeyError for an unknown id.
    """
    layer = copy.deepcopy(layer)
    names = ["x", *layer.params]
    if set(by_hand) != set(names) or set(equations) != set(names):
        raise ValueError(
            f"{layer} has the gradients {names}; by_hand names {list(by_hand)}, equations {list(equations)}"
        )
    found = _gradients(layer, x, delta)
    on_symbols = _symbolic_agreement(copy.deepcopy(layer), x)
    rows = []
    for name in names:
        hand = "equal" if np.array_equal(found[name], by_hand[name]) else "NO: other numbers"
        rows.append(
            (f"d{name}", _derivation(equations[name]), on_symbols[name], hand, _measured(layer, x, delta, name))
        )
    return Testimony(rows)


def _gradients(layer, x, delta):
    layer.forward(x)
    return {"x": layer.backward(delta), **layer.grads}


def _derivation(id):
    """The equation is proved while it is loaded; a false one would raise ProofError here."""
    return f"{id}, {derivations.equation(id).grade}"


def _symbolic_agreement(layer, x):
    """For each gradient: in how many entries the code, run on symbols, equals SymPy's derivative of <delta, output>."""
    layer.params = {name: _symbols(name, value.shape) for name, value in layer.params.items()}
    x = np.array([Ranked(f"x_{place}", value) for place, value in np.ndenumerate(x)], object).reshape(np.shape(x))
    output = layer.forward(x)
    delta = _symbols("delta", output.shape)
    scalar = (delta * output).sum()
    claimed = {"x": layer.backward(delta), **layer.grads}
    return {name: _compare(claimed[name], scalar, by) for name, by in {"x": x, **layer.params}.items()}


class Ranked(sympy.Symbol):
    """A symbol that knows the number it stands for, and uses it in comparisons with others and with plain numbers
    only.
    """

    def __new__(cls, name, value):
        symbol = super().__new__(cls, name, real=True)
        symbol.value = value
        return symbol

    def __gt__(self, other):
        return bool(self.value > getattr(other, "value", other))

    def __ge__(self, other):
        return bool(self.value >= getattr(other, "value", other))

    def __le__(self, other):
        return bool(self.value <= getattr(other, "value", other))


def _symbols(name, shape):
    symbols = [sympy.Symbol(f"{name}_{'_'.join(map(str, place))}", real=True) for place in np.ndindex(*shape)]
    return np.array(symbols, object).reshape(shape)


def _compare(claimed, scalar, by):
    equal = sum(sympy.simplify(claimed[place] - sympy.diff(scalar, by[place])) == 0 for place in np.ndindex(by.shape))
    return f"equal in {equal} of {by.size}" if equal == by.size else f"NO: equal in {equal} of {by.size}"


def _measured(layer, x, delta, name):
    """Complex step against the gradient that the layer's backward gives in float64."""
    layer = copy.deepcopy(layer)
    layer.params = {key: np.array(value, float) for key, value in layer.params.items()}
    claimed = _gradients(layer, np.array(x, float), np.array(delta, float))[name]

    def scalar(moved):
        if name == "x":
            return (delta * layer.forward(moved)).sum()
        layer.params[name] = moved
        return (delta * layer.forward(np.array(x, float))).sum()

    measured = complex_step_gradient(scalar, x if name == "x" else layer.params[name])
    error = np.abs(claimed - measured).max() / np.abs(measured).max()
    return "error < 1e-12" if error < 1e-12 else f"NO: error {error:.1e}"
