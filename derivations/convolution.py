"""Convolution of one map: forward in both conventions, and where the flipped kernel of the backward pass comes from."""

import sympy as sp

from derivations.expressions import Partial, array, indices, named, padded, sizes, total
from derivations.proof import Derivation

H, W, kh, kw, Hz, Wz, s = sizes("H W k_h k_w H_z W_z s")
P = sp.Symbol("P", integer=True, nonnegative=True)
i, j, p, q, u, v = indices("i j p q u v")
b = sp.Symbol("b", real=True)
x, K, delta = array("x", H, W), array("K", kh, kw), array("delta", Hz, Wz)
output, kernel = ((i, Hz), (j, Wz)), ((u, kh), (v, kw))
pick = "Kronecker delta picks one term"

chain = Derivation("conv", "Convolution, one map")

# Any stride s and padding P.
z = named("z", (Hz, Wz), lambda i, j: total(K[u, v] * padded(x[s * i + u - P, s * j + v - P]), *kernel) + b)
chain.define(1, z[i, j])
J = named("J", (), lambda: total(delta[i, j] * z[i, j], *output))()
chain.define(2, J)

chain.claim(3, Partial(z[i, j], x[p, q]), padded(K[p + P - s * i, q + P - s * j]), pick)
chain.claim(4, Partial(J, x[p, q]), total(delta[i, j] * Partial(z[i, j], x[p, q]), *output), "chain rule")
chain.then(5, total(delta[i, j] * padded(K[p + P - s * i, q + P - s * j]), *output), "substitution")

chain.claim(6, Partial(z[i, j], K[u, v]), padded(x[s * i + u - P, s * j + v - P]), pick)
chain.claim(7, Partial(J, K[u, v]), total(delta[i, j] * Partial(z[i, j], K[u, v]), *output), "chain rule")
chain.then(8, total(delta[i, j] * padded(x[s * i + u - P, s * j + v - P]), *output), "substitution")
chain.claim(9, Partial(J, b), total(delta[i, j], *output), "linearity")

# Stride 1, no padding: the formulas have names.
correlate = named(r"\operatorname{correlate}(x, K)", (Hz, Wz), lambda i, j: total(K[u, v] * x[i + u, j + v], *kernel))
chain.define(10, correlate[i, j])
J_correlate = named("J", (), lambda: total(delta[i, j] * (correlate[i, j] + b), *output))()
chain.define(11, J_correlate)
full = named(
    r"\operatorname{convolve}(\delta, K)", (H, W), lambda p, q: total(K[u, v] * padded(delta[p - u, q - v]), *kernel)
)
chain.define(12, full[p, q])
chain.claim(13, Partial(J_correlate, x[p, q]), full[p, q], "index shift")
rot180 = named(r"\operatorname{rot180}(K)", (kh, kw), lambda u, v: K[kh - 1 - u, kw - 1 - v])
chain.define(14, rot180[u, v])
padded_correlation = total(rot180[u, v] * padded(delta[p - (kh - 1) + u, q - (kw - 1) + v]), *kernel)
chain.claim(15, full[p, q], padded_correlation, "index shift")
slide = named(
    r"\operatorname{correlate}(x, \delta)", (kh, kw), lambda u, v: total(delta[i, j] * x[u + i, v + j], *output)
)
chain.define(16, slide[u, v])
chain.claim(17, Partial(J_correlate, K[u, v]), slide[u, v], "rearranging")

# The same by a matrix, and by scattering.
C = named("C", (Hz, Wz, H, W), lambda i, j, p, q: padded(K[p - i, q - j]))
chain.define(18, C[i, j, p, q])
J_matrix = named("J", (), lambda: total(delta[i, j] * total(C[i, j, p, q] * x[p, q], (p, H), (q, W)), *output))()
chain.define(19, J_matrix)
chain.claim(20, Partial(J_matrix, x[p, q]), total(C[i, j, p, q] * delta[i, j], *output), pick)
chain.then(21, full[p, q], "index shift")
stamp = total(K[u, v] * sp.KroneckerDelta(p, i + u) * sp.KroneckerDelta(q, j + v), *kernel)
chain.claim(22, full[p, q], total(delta[i, j] * stamp, *output), pick)

# The other convention: a true convolution forward.
y = named("y", (Hz, Wz), lambda i, j: total(K[u, v] * x[i + kh - 1 - u, j + kw - 1 - v], *kernel) + b)
chain.define(23, y[i, j])
J_true = named("J", (), lambda: total(delta[i, j] * y[i, j], *output))()
chain.define(24, J_true)
chain.claim(25, y[i, j], total(rot180[u, v] * x[i + u, j + v], *kernel) + b, "index shift")
chain.claim(26, Partial(J_true, x[p, q]), total(delta[i, j] * padded(K[i + kh - 1 - p, j + kw - 1 - q]), *output), pick)
chain.then(27, total(K[u, v] * padded(delta[p - (kh - 1) + u, q - (kw - 1) + v]), *kernel), "index shift")
chain.claim(28, Partial(J_true, K[u, v]), total(delta[i, j] * x[i + kh - 1 - u, j + kw - 1 - v], *output), pick)
chain.then(29, slide[kh - 1 - u, kw - 1 - v], "rearranging")

# A stride, seen from behind: delta with s - 1 zeros between its entries.
dilated = named(
    "D",
    (s * (Hz - 1) + 1, s * (Wz - 1) + 1),
    lambda p, q: total(delta[i, j] * sp.KroneckerDelta(p, s * i) * sp.KroneckerDelta(q, s * j), *output),
)
chain.define(30, dilated[p, q])
g, h = indices("g h")
over_dilated = ((g, s * (Hz - 1) + 1), (h, s * (Wz - 1) + 1))
chain.claim(
    31, Partial(J, x[p, q]), total(dilated[g, h] * padded(K[p + P - g, q + P - h]), *over_dilated), "rearranging"
)

chain.claim(32, total(1, *output, *kernel), Hz * Wz * kh * kw, "counting")
