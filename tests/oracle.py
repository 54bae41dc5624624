"""Oracles for the questions: the layer as six loops, and its gradients by SymPy, which differentiates the loops."""

import numpy as np
import sympy


def layer(x, K, b=None, stride=1, padding=0):
    """z (O, Hz, Wz, N) from x (C, H, W, N), K (O, C, kh, kw) and b (O,), by the definition (maps.1)."""
    (_, height, width, n), (c_out, _, kh, kw) = x.shape, K.shape
    rows, columns = (height + 2 * padding - kh) // stride + 1, (width + 2 * padding - kw) // stride + 1
    z = np.zeros((c_out, rows, columns, n), dtype=object)
    for o, i, j, t in np.ndindex(z.shape):
        z[o, i, j, t] = 0 if b is None else b[o]
        for c, u, v in np.ndindex(K.shape[1:]):
            p, q = stride * i + u - padding, stride * j + v - padding
            if 0 <= p < height and 0 <= q < width:
                z[o, i, j, t] += K[o, c, u, v] * x[c, p, q, t]
    return z


def gradient(wrt, shape, forward, delta):
    """dJ/d(wrt) for J = sum of delta z, z = forward(wrt): SymPy differentiates by every entry of a symbolic array."""
    symbols = np.array(sympy.symbols(f"{wrt}:{np.prod(shape)}"), dtype=object).reshape(shape)
    J = sympy.expand((delta * forward(symbols)).sum())
    return np.array([int(sympy.diff(J, symbol)) for symbol in symbols.flat]).reshape(shape)


def one_map(matrix):
    """A matrix as maps with a batch, (1, H, W, 1), or a kernel, (1, 1, kh, kw): see ``kernel``."""
    return np.asarray(matrix)[None, :, :, None]


def kernel(matrix):
    """A matrix as the kernel between one map and one map, (1, 1, kh, kw)."""
    return np.asarray(matrix)[None, None]


def check_by_hand(question, inputs, answers):
    """Each answer, typed by hand, is the question's: under None the right one, else the one of the mistake so named."""
    inputs = {letters: np.array(value) for letters, value in inputs.items()}
    given = question.answers(inputs)
    for name, answer in answers.items():
        np.testing.assert_array_equal(given[name], answer, err_msg=f"{question.name}, {name or 'right answer'}")
