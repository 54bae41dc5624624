"""Softmax with its full Jacobian, cross-entropy alone, and the two fused."""

import sympy as sp

from derivations.activations import sigmoid
from derivations.expressions import Partial, array, indices, named, sizes, total
from derivations.proof import Derivation

n, N = sizes("n N")
i, j, k, t = indices("i j k t")
w = sp.Symbol("w", real=True)
pick = "Kronecker delta picks one term"

chain = Derivation("softmax", "Softmax and cross-entropy")

# Softmax alone.
z, g = array("z", n), array("g", n)
p = named("p", (n,), lambda i: sp.exp(z[i]) / total(sp.exp(z[j]), (j, n)))
chain.define(1, p[i])
chain.claim(2, total(p[i], (i, n)), 1, "rearranging")
chain.claim(3, sp.exp(z[i] - w) / total(sp.exp(z[j] - w), (j, n)), p[i], "rearranging")
chain.claim(4, Partial(p[i], z[k]), p[i] * (sp.KroneckerDelta(i, k) - p[k]), "derivative")
J_softmax = named("J", (), lambda: total(g[i] * p[i], (i, n)))()
chain.define(5, J_softmax)
chain.claim(6, Partial(J_softmax, z[k]), total(g[i] * Partial(p[i], z[k]), (i, n)), "chain rule")
chain.then(7, p[k] * (g[k] - total(g[i] * p[i], (i, n))), pick)

# Cross-entropy alone, of any probabilities r and targets y.
r, y = array("r", n), array("y", n)
L_alone = named("L", (), lambda: -total(y[i] * sp.log(r[i]), (i, n)))()
chain.define(8, L_alone)
chain.claim(9, Partial(L_alone, r[k]), -y[k] / r[k], pick)

# Both together.
L = named("L", (), lambda: -total(y[i] * sp.log(p[i]), (i, n)))()
chain.define(10, L)
chain.claim(11, Partial(L, z[k]), -total(y[i] / p[i] * Partial(p[i], z[k]), (i, n)), "chain rule")
chain.then(12, p[k] * total(y[i], (i, n)) - y[k], pick)

# A batch of N examples; the label of example t is c_t.
Z = array("z", n, N)
label = array("c", N, integer=True)
P = named("p", (n, N), lambda i, t: sp.exp(Z[i, t]) / total(sp.exp(Z[j, t]), (j, n)))
chain.define(13, P[i, t])
J = named("J", (), lambda: -total(sp.log(P[label[t], t]), (t, N)) / N)()
chain.define(14, J)
chain.claim(15, Partial(J, Z[k, t]), (P[k, t] - sp.KroneckerDelta(k, label[t])) / N, pick)

# Two classes: softmax is the sigmoid of the difference.
u, v = sp.symbols("z_0 z_1", real=True)
chain.claim(16, sp.exp(u) / (sp.exp(u) + sp.exp(v)), sigmoid(u - v), "rearranging")

chain.claim(17, total(1, (i, n), (k, n), (t, N)), n**2 * N, "counting")
