"""Mean pooling with a coefficient beta and a bias b: down, up, the Kronecker product, and the 1/n^2."""

import sympy as sp

from derivations.expressions import Inside, Partial, array, indices, named, sizes, total
from derivations.proof import Derivation

C, H, W, N, n = sizes("C H W N n")  # H x W outputs; the input is nH x nW
c, i, j, p, q, r, e, t = indices("c i j p q r e t")
beta, b = sp.symbols("beta b", real=True)
x, delta = array("x", n * H, n * W), array("delta", H, W)
block, output = ((r, n), (e, n)), ((i, H), (j, W))
inside_block = {"ranges": {i: H, j: W, r: n, e: n}}
pick, unique = "Kronecker delta picks one term", "division with remainder"

chain = Derivation("mean_pool", "Mean pooling")

# One map.
down = named(r"\operatorname{down}(x)", (H, W), lambda i, j: total(x[n * i + r, n * j + e], *block) / n**2)
chain.define(1, down[i, j])
z = named("z", (H, W), lambda i, j: beta * down[i, j] + b)
chain.define(2, z[i, j])
J = named("J", (), lambda: total(delta[i, j] * z[i, j], *output))()
chain.define(3, J)

in_block = Inside(p - n * i, n) * Inside(q - n * j, n)
chain.claim(4, Partial(z[i, j], x[p, q]), beta / n**2 * in_block, pick)
chain.claim(5, Partial(J, x[p, q]), total(delta[i, j] * Partial(z[i, j], x[p, q]), *output), "chain rule")
chain.then(6, beta / n**2 * total(delta[i, j] * in_block, *output), "substitution")

up = named(r"\operatorname{up}(\delta)", (n * H, n * W), lambda p, q: delta[sp.floor(p / n), sp.floor(q / n)])
chain.define(7, up[p, q])
chain.claim(8, up[n * i + r, n * j + e], delta[i, j], unique, **inside_block)
here = x[n * i + r, n * j + e]
chain.claim(9, Partial(J, here), beta / n**2 * delta[i, j], unique, **inside_block)
chain.then(10, beta / n**2 * up[n * i + r, n * j + e], "substitution")

chain.claim(11, Partial(J, beta), total(delta[i, j] * down[i, j], *output), "linearity")
chain.claim(12, Partial(J, b), total(delta[i, j], *output), "linearity")

# down and up as matrices, and as a Kronecker product.
S = named("S", (H, n * H), lambda i, p: Inside(p - n * i, n) / n)
chain.define(13, S[i, p])
chain.claim(14, down[i, j], total(S[i, p] * x[p, q] * S[j, q], (p, n * H), (q, n * W)), "index shift")
chain.claim(15, Partial(J, x[p, q]), beta * total(S[i, p] * delta[i, j] * S[j, q], *output), "linearity")
ones = array("B", n, n)
kron = named(
    r"(\delta \otimes B)",
    (n * H, n * W),
    lambda p, q: total(
        delta[i, j] * ones[r, e] * sp.KroneckerDelta(p, n * i + r) * sp.KroneckerDelta(q, n * j + e), *output, *block
    ),
)
chain.define(16, kron[p, q])
chain.claim(17, kron[n * i + r, n * j + e], delta[i, j] * ones[r, e], unique, **inside_block)
back = total(up[n * i + r, n * j + e], *block) / n**2
chain.claim(18, back, delta[i, j], "counting")
chain.claim(
    19,
    total(down[i, j] * delta[i, j], *output),
    total(x[n * i + r, n * j + e] * up[n * i + r, n * j + e], *output, *block) / n**2,
    unique,
)

# If down is the block sum, the 1/n^2 disappears from the way back.
block_sum = named(r"\operatorname{sum}(x)", (H, W), lambda i, j: total(x[n * i + r, n * j + e], *block))
chain.define(20, block_sum[i, j])
J_sum = named("J", (), lambda: total(delta[i, j] * (beta * block_sum[i, j] + b), *output))()
chain.define(21, J_sum)
chain.claim(22, Partial(J_sum, here), beta * delta[i, j], unique, **inside_block)

# Several maps and a batch: one beta and one b a map.
X, Delta = array("x", C, n * H, n * W, N), array("delta", C, H, W, N)
Beta, B = array("beta", C), array("b", C)
Down = named(
    r"\operatorname{down}(x)", (C, H, W, N), lambda c, i, j, t: total(X[c, n * i + r, n * j + e, t], *block) / n**2
)
chain.define(23, Down[c, i, j, t])
Z = named("z", (C, H, W, N), lambda c, i, j, t: Beta[c] * Down[c, i, j, t] + B[c])
chain.define(24, Z[c, i, j, t])
everything = ((c, C), *output, (t, N))
J_maps = named("J", (), lambda: total(Delta[c, i, j, t] * Z[c, i, j, t], *everything))()
chain.define(25, J_maps)
chain.claim(
    26, Partial(J_maps, X[c, n * i + r, n * j + e, t]), Beta[c] / n**2 * Delta[c, i, j, t], unique, **inside_block
)
chain.claim(27, Partial(J_maps, Beta[c]), total(Delta[c, i, j, t] * Down[c, i, j, t], *output, (t, N)), pick)
chain.claim(28, Partial(J_maps, B[c]), total(Delta[c, i, j, t], *output, (t, N)), pick)

chain.claim(29, total(1, *everything), C * H * W * N, "counting")
