"""The fully connected layer: z = W x + b, for one example and for a batch."""

from sympy import KroneckerDelta

from derivations.expressions import Partial, array, indices, named, sizes, total
from derivations.proof import Derivation

M, n, N = sizes("M n N")
i, j, k, m, t = indices("i j k m t")
W, b = array("W", M, n), array("b", M)
pick = "Kronecker delta picks one term"

chain = Derivation("fully_connected", "Fully connected")

# One example.
x, delta = array("x", n), array("delta", M)
z = named("z", (M,), lambda i: total(W[i, j] * x[j], (j, n)) + b[i])
chain.define(1, z[i])
J = named("J", (), lambda: total(delta[i] * z[i], (i, M)))()
chain.define(2, J)

chain.claim(3, Partial(z[i], x[k]), W[i, k], pick)
chain.claim(4, Partial(J, x[k]), total(delta[i] * Partial(z[i], x[k]), (i, M)), "chain rule")
chain.then(5, total(W[i, k] * delta[i], (i, M)), "substitution")

chain.claim(6, Partial(z[i], W[k, m]), KroneckerDelta(i, k) * x[m], "derivative")
chain.claim(7, Partial(J, W[k, m]), total(delta[i] * Partial(z[i], W[k, m]), (i, M)), "chain rule")
chain.then(8, delta[k] * x[m], pick)
chain.claim(9, Partial(J, b[k]), delta[k], pick)

# A batch: one column for each example.
X, Delta = array("x", n, N), array("delta", M, N)
Z = named("z", (M, N), lambda i, t: total(W[i, j] * X[j, t], (j, n)) + b[i])
chain.define(10, Z[i, t])
J_batch = named("J", (), lambda: total(Delta[i, t] * Z[i, t], (i, M), (t, N)))()
chain.define(11, J_batch)
chain.claim(12, Partial(J_batch, X[k, t]), total(W[i, k] * Delta[i, t], (i, M)), pick)
chain.claim(13, Partial(J_batch, W[k, m]), total(Delta[k, t] * X[m, t], (t, N)), pick)
chain.claim(14, Partial(J_batch, b[k]), total(Delta[k, t], (t, N)), pick)

chain.claim(15, total(1, (i, M), (j, n), (t, N)), M * n * N, "counting")
