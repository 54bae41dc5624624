"""Convolution with several maps and a batch: what changes is only which sums are taken."""

import sympy as sp

from derivations.expressions import Partial, array, indices, named, padded, sizes, total
from derivations.proof import Derivation

C, O, H, W, kh, kw, Hz, Wz, s, N = sizes("C O H W k_h k_w H_z W_z s N")  # noqa: E741
P = sp.Symbol("P", integer=True, nonnegative=True)
c, d, o, i, j, p, q, u, v, t = indices("c d o i j p q u v t")
x, K, b = array("x", C, H, W, N), array("K", O, C, kh, kw), array("b", O)
delta = array("delta", O, Hz, Wz, N)
places, kernel = ((i, Hz), (j, Wz)), ((u, kh), (v, kw))
pick = "Kronecker delta picks one term"


def window(c, i, j, u, v, t):
    """The entry of input map c under kernel entry (u, v) when the window belongs to output (i, j)."""
    return padded(x[c, s * i + u - P, s * j + v - P, t])


def under(o, c, i, j, p, q):
    """The kernel entry that joins input (p, q) of map c to output (i, j) of map o; 0 if none does."""
    return padded(K[o, c, p + P - s * i, q + P - s * j])


chain = Derivation("maps", "Convolution with several maps and a batch")

z = named(
    "z", (O, Hz, Wz, N), lambda o, i, j, t: total(K[o, c, u, v] * window(c, i, j, u, v, t), (c, C), *kernel) + b[o]
)
chain.define(1, z[o, i, j, t])
J = named("J", (), lambda: total(delta[o, i, j, t] * z[o, i, j, t], (o, O), *places, (t, N)))()
chain.define(2, J)

slope = Partial(z[o, i, j, t], x[c, p, q, t])
chain.claim(3, slope, under(o, c, i, j, p, q), pick)
chain.claim(4, Partial(J, x[c, p, q, t]), total(delta[o, i, j, t] * slope, (o, O), *places), "chain rule")
chain.then(5, total(delta[o, i, j, t] * under(o, c, i, j, p, q), (o, O), *places), "substitution")

slope = Partial(z[o, i, j, t], K[o, c, u, v])
chain.claim(6, slope, window(c, i, j, u, v, t), pick)
chain.claim(7, Partial(J, K[o, c, u, v]), total(delta[o, i, j, t] * slope, *places, (t, N)), "chain rule")
chain.then(8, total(delta[o, i, j, t] * window(c, i, j, u, v, t), *places, (t, N)), "substitution")
chain.claim(9, Partial(J, b[o]), total(delta[o, i, j, t], *places, (t, N)), pick)

# Stride 1, no padding, in named operations.
z_plain = named(
    "z", (O, Hz, Wz, N), lambda o, i, j, t: total(K[o, c, u, v] * x[c, i + u, j + v, t], (c, C), *kernel) + b[o]
)
J_plain = named("J", (), lambda: total(delta[o, i, j, t] * z_plain[o, i, j, t], (o, O), *places, (t, N)))()
chain.define(10, z_plain[o, i, j, t])
chain.define(11, J_plain)
spread = total(K[o, c, u, v] * padded(delta[o, p - u, q - v, t]), (o, O), *kernel)
chain.claim(12, Partial(J_plain, x[c, p, q, t]), spread, "index shift")
chain.claim(
    13, Partial(J_plain, K[o, c, u, v]), total(delta[o, i, j, t] * x[c, u + i, v + j, t], *places, (t, N)), pick
)

chain.claim(14, total(1, (o, O), (c, C), *places, *kernel, (t, N)), O * C * Hz * Wz * kh * kw * N, "counting")
