"""Max pooling: off ties a selection of one entry a window; on ties a choice."""

import itertools

import numpy as np
import sympy as sp

from derivations.expressions import MaxOver, Partial, array, indices, named, sizes, total
from derivations.instances import entry_symbol
from derivations.proof import Case, Derivation, UpTo

C, H, W, Hz, Wz, N, n, s = sizes("C H W H_z W_z N n s")
c, i, j, p, q, r, e, t = indices("c i j p q r e t")
m = sp.Symbol("m", real=True)
h = sp.Symbol("h", positive=True)
pick = "Kronecker delta picks one term"

chain = Derivation("max_pool", "Max pooling")

# One window w, with its largest entry at (rho, kappa) and no tie.
w, rho, kappa = array("w", n, n), *indices("rho kappa")
largest = named(r"\max(w)", (), lambda: MaxOver(w[r, e], (r, n), (e, n)))()
chain.define(1, largest)


def every_order(bound):
    """One case for each size, each place of the largest entry m, and each place of the second, m - gap.

    Every other entry is the second minus something that is not negative: any window without a tie is one of these.
    """
    gap = sp.Symbol("gap", positive=True)
    for size in range(1, bound + 1):
        places = list(itertools.product(range(size), repeat=2))
        for best, second in itertools.permutations(places, 2) if size > 1 else [(places[0], None)]:
            rest = {p: sp.Symbol(f"d_{p[0]}_{p[1]}", nonnegative=True) for p in places}
            put = {entry_symbol("w", p): m - gap - rest[p] for p in places}
            put |= {entry_symbol("w", second): m - gap} if second else {}
            put |= {entry_symbol("w", best): m}
            yield Case({n: size, rho: best[0], kappa: best[1]}, put=put)


no_tie = UpTo("for every window up to 2 x 2 without a tie", tuple(every_order(2)))
chain.claim(2, largest, w[rho, kappa], "case by case", upto=no_tie, ranges={})
chain.claim(
    3, Partial(largest, w[r, e]), sp.KroneckerDelta(r, rho) * sp.KroneckerDelta(e, kappa), "case by case", upto=no_tie
)

# On a tie the slope from the right and the slope from the left differ.
larger = named(r"\max", None, sp.Max)
chain.claim(4, (larger(m + h, m) - larger(m, m)) / h, 1, "case by case")
chain.claim(5, (larger(m - h, m) - larger(m, m)) / (-h), 0, "case by case")

# The whole layer: window (i, j) begins at (s i, s j) and has its largest entry at (rho_ij, kappa_ij).
x, delta = array("x", H, W), array("delta", Hz, Wz)
row, column = array("rho", Hz, Wz, integer=True), array("kappa", Hz, Wz, integer=True)
output = ((i, Hz), (j, Wz))
z = named("z", (Hz, Wz), lambda i, j: x[s * i + row[i, j], s * j + column[i, j]])
chain.define(6, z[i, j])
J = named("J", (), lambda: total(delta[i, j] * z[i, j], *output))()
chain.define(7, J)
won = sp.KroneckerDelta(p, s * i + row[i, j]) * sp.KroneckerDelta(q, s * j + column[i, j])
chain.claim(8, Partial(z[i, j], x[p, q]), won, "derivative")
chain.claim(9, Partial(J, x[p, q]), total(delta[i, j] * Partial(z[i, j], x[p, q]), *output), "chain rule")
chain.then(10, total(delta[i, j] * won, *output), "substitution")


def every_pattern():
    """Windows side by side (s = n): every choice of winners for windows up to 2 x 2 and one or two of them."""
    for size, (rows, columns) in itertools.product((1, 2), ((1, 1), (1, 2), (2, 1))):
        for winners in itertools.product(itertools.product(range(size), repeat=2), repeat=rows * columns):
            grid = np.array(winners).reshape(rows, columns, 2)
            yield Case({n: size, s: size, Hz: rows, Wz: columns}, {"rho": grid[..., 0], "kappa": grid[..., 1]})


chain.claim(
    11,
    Partial(J, x[s * i + r, s * j + e]),
    delta[i, j] * sp.KroneckerDelta(row[i, j], r) * sp.KroneckerDelta(column[i, j], e),
    "case by case",
    ranges={i: Hz, j: Wz, r: n, e: n},
    upto=UpTo("for every pattern of winners, windows up to 2 x 2, one or two of them, s = n", tuple(every_pattern())),
)

# Several maps and a batch.
X, Delta = array("x", C, H, W, N), array("delta", C, Hz, Wz, N)
Row, Column = array("rho", C, Hz, Wz, N, integer=True), array("kappa", C, Hz, Wz, N, integer=True)
Z = named("z", (C, Hz, Wz, N), lambda c, i, j, t: X[c, s * i + Row[c, i, j, t], s * j + Column[c, i, j, t], t])
chain.define(12, Z[c, i, j, t])
J_maps = named("J", (), lambda: total(Delta[c, i, j, t] * Z[c, i, j, t], (c, C), *output, (t, N)))()
chain.define(13, J_maps)
won_maps = sp.KroneckerDelta(p, s * i + Row[c, i, j, t]) * sp.KroneckerDelta(q, s * j + Column[c, i, j, t])
chain.claim(14, Partial(J_maps, X[c, p, q, t]), total(Delta[c, i, j, t] * won_maps, *output), pick)

comparisons = total(1, (c, C), *output, (t, N)) * (n**2 - 1)
chain.claim(15, comparisons, C * Hz * Wz * N * (n**2 - 1), "counting")
