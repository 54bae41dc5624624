"""An oracle for the questions: slopes measured in fractions, by moving one entry a little and looking at J."""

from fractions import Fraction

import numpy as np

STEP = Fraction(1, 1000)


def slopes(J, array, side=1):
    """(J(array + h e) - J(array)) / h for every entry e: exact where J is a straight line up to h.

    ``side=-1`` moves downwards, which at 0 sees the slope 0 of a ReLU.
    """
    array = np.array([Fraction(int(entry)) for entry in np.ravel(array)], dtype=object).reshape(np.shape(array))
    here, measured = J(array), np.empty(array.shape, dtype=object)
    for entry in np.ndindex(array.shape):
        moved = array.copy()
        moved[entry] += side * STEP
        measured[entry] = (J(moved) - here) / (side * STEP)
    return measured


def block_means(x, n=2):
    """The mean of each n x n block of a matrix, by its definition (mean_pool.1)."""
    height, width = x.shape
    return np.array(
        [
            [sum(x[i + r, j + e] for r in range(n) for e in range(n)) * Fraction(1, n * n) for j in range(0, width, n)]
            for i in range(0, height, n)
        ],
        dtype=object,
    )


def largest(x, stride=2):
    """The largest entry of each 2x2 window of a matrix; a remainder is left out (max_pool.6)."""
    rows, columns = (range(0, length - 1, stride) for length in x.shape)
    return np.array([[max(x[i : i + 2, j : j + 2].flat) for j in columns] for i in rows], dtype=object)


def relu(z):
    return np.array([max(entry, 0) for entry in z.flat], dtype=object).reshape(z.shape)
