"""The fully connected layer, product by product: rows and columns that meet."""

import numpy as np

from classroom.steppers.base import STEP, Choice
from classroom.steppers.walk import Sum, Walk, WalkStepper, array, board, laid_out, products, signal


class DenseStepper(WalkStepper):
    """Walks through z = W x + b, dW = delta x^T, dx = W^T delta and db, one product at a time.

    W      the weights, (n_out, n_in), at most 12x12
    x      the input, (n_in, N): a column for each example of the batch, over which dW and db are sums
    b      the bias, one number for each output, or None
    delta  dJ/dz, (n_out, N); without one the frame shows an example and says so

    Options: view (forward, dW, dx, db) and step (one product, or one whole sum).
    Raises ValueError for anything but matrices of numbers, for sizes over 12x12, and for shapes that do not fit.
    Equations fully_connected.*.
    """

    def __init__(self, W, x, b=None, delta=None):
        W, x = array(W, "W", (2,)), array(x, "x", (2,))
        if W.shape[1] != x.shape[0]:
            raise ValueError(
                f"W has shape {W.shape} and x has shape {x.shape}: W needs a column for each row of x. Pass W as "
                "(n_out, n_in) and x as (n_in, N), one column for each example."
            )
        self.shape = (len(W), x.shape[1])
        self.W = board(W, "W", "kernel")
        self.x = self._columns(x, "x", "input")
        self.b = None if b is None else self._column(b)
        self.delta = signal(delta, self.shape, "δ[{}]" if self.shape[1] == 1 else "")
        super().__init__({"view": Choice(("forward", "dW", "dx", "db")), "step": STEP})

    def walk(self, view, step):
        views = {
            "forward": ("Forward, z = W x + b: a row of W meets a column of x", self.forward),
            "dW": ("dW = δ xᵀ: a row of δ meets a row of x", self.weight_gradient),
            "dx": ("dx = Wᵀ δ: a column of W meets a column of δ", self.input_gradient),
            "db": ("db: the sum of δ over the batch", self.bias_gradient),
        }
        heading, view = views[view]
        return Walk(heading, *view(), step)

    def forward(self):
        """z[i,t] = the sum over j of W[i,j] x[j,t], and b[i]."""
        z, groups = self._columns(np.zeros(self.shape), "z", "output"), []
        inputs = self.x.values.shape[0]
        for i, t in np.ndindex(self.shape):
            met = [((self.W, (i, j)), (self.x, (j, t))) for j in range(inputs)]
            met += [((self.b, (i, 0)),)] if self.b else []
            groups.append(Sum((i, t), products((i, t), met), {self.W: (i, 0, 1, inputs), self.x: (0, t, inputs, 1)}))
        return z, groups, laid_out([(self.W, "·", self.x)], (*(("+", self.b) if self.b else ()), "=", z))

    def weight_gradient(self):
        """dW[i,j] = the sum over t of delta[i,t] x[j,t]: outer products, summed over the batch."""
        dW = board(np.zeros(self.W.values.shape), "dW", "parameter gradient")
        turned, batch, groups = self.x.transposed(), self.shape[1], []
        for i, j in np.ndindex(self.W.values.shape):
            met = [((self.delta, (i, t)), (turned, (t, j))) for t in range(batch)]
            groups.append(Sum((i, j), products((i, j), met), {self.delta: (i, 0, 1, batch), turned: (0, j, batch, 1)}))
        return dW, groups, laid_out([(self.delta, "·", turned)], ("=", dW))

    def input_gradient(self):
        """dx[j,t] = the sum over i of W[i,j] delta[i,t]."""
        dx = self._columns(np.zeros(self.x.values.shape), "dx", "gradient")
        turned, outputs, groups = self.W.transposed(), self.shape[0], []
        for j, t in np.ndindex(self.x.values.shape):
            met = [((turned, (j, i)), (self.delta, (i, t))) for i in range(outputs)]
            windows = {turned: (j, 0, 1, outputs), self.delta: (0, t, outputs, 1)}
            groups.append(Sum((j, t), products((j, t), met), windows))
        return dx, groups, laid_out([(turned, "·", self.delta)], ("=", dx))

    def bias_gradient(self):
        """db[i] = the sum over t of delta[i,t]."""
        outputs, batch = self.shape
        db = board(np.zeros((outputs, 1)), "db", "parameter gradient", "db[{}]")
        rows = {(i, 0): [((self.delta, (i, t)),) for t in range(batch)] for i in range(outputs)}
        return (
            db,
            [Sum(to, products(to, met)) for to, met in rows.items()],
            laid_out([("sum of", self.delta)], ("=", db)),
        )

    def _columns(self, values, name, role):
        """A board of columns; with one example, its entries need one index only."""
        return board(values, name, role, name + ("[{}]" if self.shape[1] == 1 else "[{},{}]"))

    def _column(self, b):
        values = np.array(b, dtype=object).reshape(-1, 1)
        if len(values) != self.shape[0]:
            raise ValueError(f"b has {len(values)} entries, but W has {self.shape[0]} rows: pass one number for each.")
        return board(values, "b", "kernel", "b[{}]")
