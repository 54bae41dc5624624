"""An expression at given sizes: sums are written out, every entry is a symbol of its own or a given value.

This is the second way to look at the same expression objects, independent of the normal form: it serves the proofs
"for every size up to a bound", the counterexamples, and the comparison with the code.
"""

import itertools

import numpy as np
import sympy as sp

from derivations.expressions import Entry, Inside, MaxOver, Padded, Partial


def entry_symbol(name, index):
    """The symbol that stands for one entry: `x_0_2`."""
    return sp.Symbol("_".join([name, *map(str, index)]), real=True)


def entries(name, shape):
    """A NumPy array of entry symbols."""
    result = np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        result[index] = entry_symbol(name, index)
    return result


class Instance:
    """Sizes (symbol -> integer) and, where wanted, arrays (name -> values); call it with an expression."""

    def __init__(self, sizes, arrays=None):
        self.sizes = dict(sizes)
        self.arrays = arrays or {}

    def __call__(self, expression, indices=None):
        """The value of `expression`; `indices` maps its free indices to integers."""
        return self._value(sp.sympify(expression), {**self.sizes, **(indices or {})})

    def _value(self, e, names):
        if isinstance(e, sp.Symbol):
            return sp.sympify(names.get(e, self.arrays.get(e.name, e)))
        if isinstance(e, sp.Sum):
            return sp.Add(*(self._value(e.function, at) for at in self._grid(e.limits, names)))
        if isinstance(e, MaxOver):
            return sp.Max(*(self._value(e.args[0], at) for at in self._grid(e.limits, names)))
        if isinstance(e, sp.Indexed):
            return self._read(str(e.base), [self._value(i, names) for i in e.indices])
        if isinstance(e, Partial):
            return self._value(e.args[0], names).diff(self._value(e.args[1], names))
        if isinstance(e, Entry):
            return self._value(sp.sympify(e.definition(*(self._value(a, names) for a in e.args))), names)
        if isinstance(e, Padded):
            return self._padded(e.args[0], names)
        if isinstance(e, Inside):
            place, size = (self._value(a, names) for a in e.args)
            return sp.Integer(bool(0 <= place < size))
        return e.func(*(self._value(a, names) for a in e.args)) if e.args else e

    def _grid(self, limits, names):
        if not limits:
            yield names
            return
        *inner, (index, low, high) = limits
        for k in range(int(self._value(low, names)), int(self._value(high, names)) + 1):
            yield from self._grid(inner, {**names, index: sp.Integer(k)})

    def _read(self, name, index):
        if name in self.arrays and all(0 <= k < n for k, n in zip(index, self.arrays[name].shape, strict=True)):
            return sp.sympify(self.arrays[name][tuple(map(int, index))])
        return entry_symbol(name, index)

    def _padded(self, entry, names):
        places = entry.args if isinstance(entry, Entry) else entry.indices
        bounds = [self._value(n, names) for n in entry.shape]
        inside = all(0 <= self._value(i, names) < n for i, n in zip(places, bounds, strict=True))
        return self._value(entry, names) if inside else sp.S.Zero


def places(ranges, instance):
    """Every choice of the free indices: `ranges` maps an index to its size."""
    counts = [range(int(instance(n))) for n in ranges.values()]
    for choice in itertools.product(*counts):
        yield dict(zip(ranges, map(sp.Integer, choice), strict=True))
