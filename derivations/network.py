"""The whole network: how delta goes from each layer to its neighbour below, and what a step downhill does."""

import sympy as sp

from derivations.expressions import Partial, array, f, f_prime, indices, named, padded, sizes, total
from derivations.proof import Derivation

pick, unique = "Kronecker delta picks one term", "division with remainder"
i, j, k, o, c, p, q, r, e, u, v, t = indices("i j k o c p q r e u v t")

chain = Derivation("network", "The whole network")

# Fully connected, f, fully connected: delta below from delta above.
m, M, n = sizes("m M n")
W, b, z, delta = array("W", M, m), array("b", M), array("z", m), array("delta", M)
z_above = named("z^{+}", (M,), lambda i: total(W[i, j] * f(z[j]), (j, m)) + b[i])
chain.define(1, z_above[i])
J = named("J", (), lambda: total(delta[i] * z_above[i], (i, M)))()
chain.define(2, J)
chain.claim(3, Partial(z_above[i], z[k]), W[i, k] * f_prime(z[k]), "chain rule")
chain.claim(4, Partial(J, z[k]), f_prime(z[k]) * total(W[i, k] * delta[i], (i, M)), "substitution")

# Fully connected below softmax and cross-entropy, in one piece.
y = array("y", M)
prob = named("p", (M,), lambda i: sp.exp(z_above[i]) / total(sp.exp(z_above[e]), (e, M)))
chain.define(5, prob[i])
L = named("L", (), lambda: -total(y[i] * sp.log(prob[i]), (i, M)))()
chain.define(6, L)
error = prob[i] * total(y[e], (e, M)) - y[i]
chain.claim(7, Partial(L, z[k]), f_prime(z[k]) * total(W[i, k] * error, (i, M)), "chain rule")

# A pool below the fully connected layer: f and flatten stand between them.
C, H, Wd, N = sizes("C H_p W_p N")
V, z2 = array("W", M, C * H * Wd), array("z", C, H, Wd)
maps = ((c, C), (i, H), (j, Wd))


def row(c, i, j):
    """The place of map c, row i, column j in the flattened column."""
    return (c * H + i) * Wd + j


z_fc = named("z^{+}", (M,), lambda k: total(V[k, row(c, i, j)] * f(z2[c, i, j]), *maps) + b[k])
chain.define(8, z_fc[k])
J_fc = named("J", (), lambda: total(delta[k] * z_fc[k], (k, M)))()
chain.define(9, J_fc)
chain.claim(10, Partial(J_fc, z2[c, i, j]), f_prime(z2[c, i, j]) * total(V[k, row(c, i, j)] * delta[k], (k, M)), pick)

# A convolution below a mean pool.
size = sp.Symbol("n", integer=True, positive=True)
z1, beta, bias = array("z", C, size * H, size * Wd), array("beta", C), array("b", C)
delta2 = array("delta", C, H, Wd)
block = ((r, size), (e, size))
z_pool = named(
    "z^{+}",
    (C, H, Wd),
    lambda c, i, j: beta[c] / size**2 * total(f(z1[c, size * i + r, size * j + e]), *block) + bias[c],
)
chain.define(11, z_pool[c, i, j])
J_pool = named("J", (), lambda: total(delta2[c, i, j] * z_pool[c, i, j], *maps))()
chain.define(12, J_pool)
here = z1[c, size * i + r, size * j + e]
in_block = {"ranges": {c: C, i: H, j: Wd, r: size, e: size}}
chain.claim(13, Partial(J_pool, here), beta[c] / size**2 * f_prime(here) * delta2[c, i, j], unique, **in_block)

# A convolution below a max pool.
Hz, Wz, s, O, kh, kw = sizes("H_z W_z s O k_h k_w")  # noqa: E741
z0, delta_max = array("z", C, H, Wd), array("delta", C, Hz, Wz)
rho, kappa = array("rho", C, Hz, Wz, integer=True), array("kappa", C, Hz, Wz, integer=True)
z_max = named("z^{+}", (C, Hz, Wz), lambda c, i, j: f(z0[c, s * i + rho[c, i, j], s * j + kappa[c, i, j]]))
chain.define(14, z_max[c, i, j])
J_max = named("J", (), lambda: total(delta_max[c, i, j] * z_max[c, i, j], (c, C), (i, Hz), (j, Wz)))()
chain.define(15, J_max)
won = sp.KroneckerDelta(p, s * i + rho[c, i, j]) * sp.KroneckerDelta(q, s * j + kappa[c, i, j])
chain.claim(
    16, Partial(J_max, z0[c, p, q]), f_prime(z0[c, p, q]) * total(delta_max[c, i, j] * won, (i, Hz), (j, Wz)), pick
)

# A pool below a convolution.
K, b3, delta3 = array("K", O, C, kh, kw), array("b", O), array("delta", O, Hz, Wz)
kernel, output = ((u, kh), (v, kw)), ((i, Hz), (j, Wz))
z_conv = named(
    "z^{+}", (O, Hz, Wz), lambda o, i, j: total(K[o, c, u, v] * f(z2[c, i + u, j + v]), (c, C), *kernel) + b3[o]
)
chain.define(17, z_conv[o, i, j])
J_conv = named("J", (), lambda: total(delta3[o, i, j] * z_conv[o, i, j], (o, O), *output))()
chain.define(18, J_conv)
back = total(K[o, c, u, v] * padded(delta3[o, p - u, q - v]), (o, O), *kernel)
chain.claim(19, Partial(J_conv, z2[c, p, q]), f_prime(z2[c, p, q]) * back, "index shift")

# Without f after the pool, the next layer absorbs beta and b.
x = array("x", C, H, Wd)
affine = total(K[o, c, u, v] * (beta[c] * x[c, i + u, j + v] + bias[c]), (c, C), *kernel) + b3[o]
scaled = total(K[o, c, u, v] * beta[c] * x[c, i + u, j + v], (c, C), *kernel)
shifted = b3[o] + total(bias[c] * total(K[o, c, u, v], *kernel), (c, C))
chain.claim(20, affine, scaled + shifted, "linearity")
affine = total(V[k, row(c, i, j)] * (beta[c] * x[c, i, j] + bias[c]), *maps) + b[k]
scaled = total(V[k, row(c, i, j)] * beta[c] * x[c, i, j], *maps)
shifted = b[k] + total(bias[c] * total(V[k, row(c, i, j)], (i, H), (j, Wd)), (c, C))
chain.claim(21, affine, scaled + shifted, "linearity")

# Composition: the first kernel, through f, a mean pool, f and a convolution (one map each).
Hp, Wp = Hz + kh - 1, Wz + kw - 1  # the pool's output, all of which the upper convolution reads
image, K1, K3 = array("x", size * Hp + kh - 1, size * Wp + kw - 1), array("K", kh, kw), array("G", kh, kw)
b1, b2, beta2 = sp.symbols("b_1 b_2 beta", real=True)
delta_top = array("delta", Hz, Wz)
low = named("z^{(1)}", (size * Hp, size * Wp), lambda p, q: total(K1[u, v] * image[p + u, q + v], *kernel) + b1)
middle = named(
    "z^{(2)}", (Hp, Wp), lambda i, j: beta2 / size**2 * total(f(low[size * i + r, size * j + e]), *block) + b2
)
top = named("z^{(3)}", (Hz, Wz), lambda i, j: total(K3[u, v] * f(middle[i + u, j + v]), *kernel))
J_top = named("J", (), lambda: total(delta_top[i, j] * top[i, j], *output))()
for number, entry in enumerate((low[p, q], middle[i, j], top[i, j], J_top), start=22):
    chain.define(number, entry)
delta_middle = named(
    r"\delta^{(2)}",
    (Hp, Wp),
    lambda p, q: f_prime(middle[p, q]) * total(K3[u, v] * padded(delta_top[p - u, q - v]), *kernel),
)
chain.define(26, delta_middle[p, q])
delta_low = named(
    r"\delta^{(1)}",
    (size * Hp, size * Wp),
    lambda p, q: beta2 / size**2 * f_prime(low[p, q]) * delta_middle[sp.floor(p / size), sp.floor(q / size)],
)
chain.define(27, delta_low[p, q])
row_in, column_in = size * i + r, size * j + e
chain.claim(
    28,
    Partial(J_top, K1[u, v]),
    total(delta_low[row_in, column_in] * image[row_in + u, column_in + v], (i, Hp), (j, Wp), *block),
    "chain rule",
)

# A step of gradient descent on a J that is a straight line near the point theta.
count = sizes("n")
eta = sp.Symbol("eta", positive=True)
theta, slope = array("theta", count), array("g", count)
line = named("J", None, lambda step: total(slope[k] * (theta[k] - step * slope[k]), (k, count)))
chain.define(29, line(eta))
chain.claim(30, line(eta) - line(0), -eta * total(slope[k] ** 2, (k, count)), "linearity")

# Convolution, f and mean pool in one layer: n^2 shifted copies of the kernel, the quad, on one patch of the input.
X = array("x", C, size * H + kh - 1, size * Wd + kw - 1, N)
B, B2, Beta = array("b", O), array("B", O), array("beta", O)
Delta = array("delta", O, H, Wd, N)
z_low = named(
    "z^{(1)}",
    (O, size * H, size * Wd, N),
    lambda o, p, q, t: total(K[o, c, u, v] * X[c, p + u, q + v, t], (c, C), *kernel) + B[o],
)
z_high = named(
    "z^{(2)}",
    (O, H, Wd, N),
    lambda o, i, j, t: Beta[o] / size**2 * total(f(z_low[o, size * i + r, size * j + e, t]), *block) + B2[o],
)
pooled, everywhere = ((i, H), (j, Wd)), ((i, H), (j, Wd), *block, (t, N))
J_fused = named("J", (), lambda: total(Delta[o, i, j, t] * z_high[o, i, j, t], (o, O), *pooled, (t, N)))()
for number, entry in enumerate((z_low[o, p, q, t], z_high[o, i, j, t], J_fused), start=31):
    chain.define(number, entry)
patch = total(
    padded(K[o, c, p - r, q - e]) * X[c, size * i + p, size * j + q, t], (c, C), (p, size + kh - 1), (q, size + kw - 1)
)
in_patch = {"ranges": {o: O, i: H, j: Wd, r: size, e: size, t: N}}
chain.claim(34, z_low[o, size * i + r, size * j + e, t], patch + B[o], "index shift", **in_patch)
share = Beta[o] / size**2 * f_prime(z_low[o, size * i + r, size * j + e, t]) * Delta[o, i, j, t]
at = X[c, size * i + r + u, size * j + e + v, t]
chain.claim(35, Partial(J_fused, K[o, c, u, v]), total(share * at, *everywhere), "chain rule")
chain.claim(36, Partial(J_fused, B[o]), total(share, *everywhere), "chain rule")
under = padded(K[o, c, p - size * i - r, q - size * j - e])
chain.claim(37, Partial(J_fused, X[c, p, q, t]), total(share * under, (o, O), *pooled, *block), "chain rule")
sum_of_f = total(f(z_low[o, size * i + r, size * j + e, t]), *block)
chain.claim(38, Partial(J_fused, Beta[o]), total(Delta[o, i, j, t] * sum_of_f / size**2, *pooled, (t, N)), "linearity")
chain.claim(39, Partial(J_fused, B2[o]), total(Delta[o, i, j, t], *pooled, (t, N)), "linearity")
delta_z = array("delta", O, size * H, size * Wd, N)
quad_gradient = named(
    "G",
    (O, size, size, C, size + kh - 1, size + kw - 1),
    lambda o, r, e, c, p, q: total(
        delta_z[o, size * i + r, size * j + e, t] * X[c, size * i + p, size * j + q, t], *pooled, (t, N)
    ),
)
chain.define(40, quad_gradient[o, r, e, c, p, q])
four = total(quad_gradient[o, r, e, c, u + r, v + e], *block)
one = total(delta_z[o, size * i + r, size * j + e, t] * at, *everywhere)
chain.claim(41, four, one, "rearranging", ranges={o: O, c: C, u: kh, v: kw})

# The layer as it is shipped: n copies beside each other only, since rows are shared; back, rows by a full correlation.
at_z, beside, inside = size * j + e, ((p, size * H), (j, Wd), (t, N)), (e, size)
pair = total(padded(K[o, c, u, q - e]) * X[c, p + u, size * j + q, t], (c, C), (u, kh), (q, size + kw - 1))
in_pair = {"ranges": {o: O, p: size * H, j: Wd, e: size, t: N}}
chain.claim(42, z_low[o, p, at_z, t], pair + B[o], "index shift", **in_pair)
pair_gradient = named(
    r"\hat G",
    (O, size, C, kh, size + kw - 1),
    lambda o, e, c, u, q: total(delta_z[o, p, size * j + e, t] * X[c, p + u, size * j + q, t], *beside),
)
chain.define(43, pair_gradient[o, e, c, u, q])
one = total(delta_z[o, p, at_z, t] * X[c, p + u, at_z + v, t], *beside, inside)
chain.claim(44, total(pair_gradient[o, e, c, u, v + e], inside), one, "rearranging", ranges={o: O, c: C, u: kh, v: kw})
J_z = named("J", (), lambda: total(delta_z[o, p, at_z, t] * z_low[o, p, at_z, t], (o, O), *beside, inside))()
chain.define(45, J_z)
collected = padded(K[o, c, u, q - at_z]) * padded(delta_z[o, p - u, at_z, t])
chain.claim(46, Partial(J_z, X[c, p, q, t]), total(collected, (o, O), (u, kh), (j, Wd), inside), "index shift")
