"""Activations: an abstract f, entry by entry, then sigmoid, tanh and ReLU."""

import sympy as sp

from derivations.expressions import Partial, array, f, f_prime, indices, named, sizes, total
from derivations.proof import Derivation

n, N = sizes("n N")
i, k, t = indices("i k t")
s = sp.Symbol("s", real=True)
h = sp.Symbol("h", positive=True)
pick = "Kronecker delta picks one term"

chain = Derivation("activations", "Activations")

# Any f that has a derivative f'.
z, g = array("z", n), array("g", n)
a = named("a", (n,), lambda i: f(z[i]))
chain.define(1, a[i])
J = named("J", (), lambda: total(g[i] * a[i], (i, n)))()
chain.define(2, J)
chain.claim(3, Partial(a[i], z[k]), f_prime(z[k]) * sp.KroneckerDelta(i, k), "derivative")
chain.claim(4, Partial(J, z[k]), total(g[i] * Partial(a[i], z[k]), (i, n)), "chain rule")
chain.then(5, g[k] * f_prime(z[k]), pick)

# A batch.
Z, G = array("z", n, N), array("g", n, N)
J_batch = named("J", (), lambda: total(G[i, t] * f(Z[i, t]), (i, n), (t, N)))()
chain.define(6, J_batch)
chain.claim(7, Partial(J_batch, Z[k, t]), G[k, t] * f_prime(Z[k, t]), pick)

# Sigmoid.
sigmoid = named(r"\sigma", None, lambda s: 1 / (1 + sp.exp(-s)))
chain.define(8, sigmoid(s))
chain.claim(9, 1 - sigmoid(s), sigmoid(-s), "rearranging")
chain.claim(10, Partial(sigmoid(s), s), sigmoid(s) * (1 - sigmoid(s)), "derivative")

# Tanh.
tanh = named(r"\tanh", None, lambda s: (sp.exp(s) - sp.exp(-s)) / (sp.exp(s) + sp.exp(-s)))
chain.define(11, tanh(s))
chain.claim(12, Partial(tanh(s), s), 1 - tanh(s) ** 2, "derivative")
chain.claim(13, tanh(s), 2 * sigmoid(2 * s) - 1, "rearranging")

# ReLU.
relu = named(r"\operatorname{relu}", None, lambda s: sp.Piecewise((s, s > 0), (0, True)))
step = named(r"\operatorname{step}", None, lambda s: sp.Piecewise((1, s > 0), (0, True)))
chain.define(14, relu(s))
chain.define(15, step(s))
chain.claim(16, Partial(relu(s), s), step(s), "case by case")
chain.claim(17, step(relu(s)), step(s), "case by case")
chain.claim(18, (relu(0 + h) - relu(0)) / h, 1, "case by case")
chain.claim(19, (relu(0 - h) - relu(0)) / (-h), 0, "case by case")

chain.claim(20, total(1, (i, n), (t, N)), n * N, "counting")
