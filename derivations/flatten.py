"""Flatten: the same numbers in one column, in reading order, map by map."""

import itertools

from sympy import KroneckerDelta

from derivations.expressions import Partial, array, indices, named, sizes, total
from derivations.proof import Case, Derivation, UpTo

C, H, W, N = sizes("C H W N")
c, d, i, j, k, p, q, t = indices("c d i j k p q t")
a, g = array("a", C, H, W, N), array("g", C * H * W, N)
maps = ((c, C), (i, H), (j, W))

chain = Derivation("flatten", "Flatten")


def row(c, i, j):
    """The place of map c, row i, column j in the column."""
    return (c * H + i) * W + j


v = named("v", (C * H * W, N), lambda k, t: total(a[c, i, j, t] * KroneckerDelta(k, row(c, i, j)), *maps))
chain.define(1, v[k, t])
chain.claim(2, v[row(c, i, j), t], a[c, i, j, t], "division with remainder", ranges={c: C, i: H, j: W})
up_to_3 = tuple(Case({C: x, H: y, W: z}) for x, y, z in itertools.product((1, 2, 3), repeat=3))
chain.claim(
    3,
    total(KroneckerDelta(k, row(c, i, j)), *maps),
    1,
    "counting",
    ranges={k: C * H * W},
    upto=UpTo("for every C, H, W up to 3", up_to_3),
)
J = named("J", (), lambda: total(g[row(c, i, j), t] * v[row(c, i, j), t], *maps, (t, N)))()
chain.define(4, J)
chain.claim(5, Partial(J, a[c, i, j, t]), g[row(c, i, j), t], "division with remainder")
