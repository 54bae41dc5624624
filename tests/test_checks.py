"""The gradient checks of helpers.py must say no: wrong gradients that learners and published code really produce."""

import copy
import itertools

import numpy as np
import pytest

import helpers
from helpers import (
    Conv2D,
    Dense,
    GradientError,
    MaxPool2D,
    MeanPool2D,
    Network,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
)

rng = np.random.default_rng(7)
BATCH = 3
DIAGONAL = np.eye(2)[:, :, None, None]


def with_mistake(layer, **wrong):
    """A copy of the layer whose gradient by x (``dx``) or by a parameter (``dK``, ``db``, ...) is a wrong function.

    The function takes the layer and delta; what the layer kept from its forward pass is at hand.
    """
    layer = copy.deepcopy(layer)
    methods = {"input_gradient": wrong.pop("dx")} if "dx" in wrong else {}
    if wrong:
        right = type(layer).parameter_gradients

        def parameter_gradients(self, delta):
            return right(self, delta) | {name[1:]: formula(self, delta) for name, formula in wrong.items()}

        methods["parameter_gradients"] = parameter_gradients
    layer.__class__ = type(type(layer).__name__, (type(layer),), methods)
    return layer


def keeping_x(kind):
    """The layer type, made to keep its input as ``given`` for the mistakes that use it."""

    def compute(self, x):
        self.given = x
        return kind.compute(self, x)

    return type(kind.__name__, (kind,), {"compute": compute})


def randomised(layer):
    layer.params = {name: rng.standard_normal(value.shape) + 0.5 for name, value in layer.params.items()}
    return layer


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def slope(z):
    return sigmoid(z) * (1 - sigmoid(z))


def map_by_map(operator):
    """A gradient by x of maps, (C, H, W, N), built from operator(delta of one map, K[o, c]) on matrices."""

    def gradient(layer, delta):
        K, dx = layer.params["K"], np.zeros(layer.given.shape)
        for o, c, n in itertools.product(range(len(K)), range(K.shape[1]), range(delta.shape[-1])):
            dx[c, ..., n] += operator(delta[o, ..., n], K[o, c])
        return dx

    return gradient


def kernel_by_kernel(operator):
    """A gradient by K built from operator(x of one map, delta of one map) on matrices."""

    def gradient(layer, delta):
        dK = np.zeros(layer.params["K"].shape)
        for o, c, n in itertools.product(range(dK.shape[0]), range(dK.shape[1]), range(delta.shape[-1])):
            dK[o, c] += operator(layer.given[c, ..., n], delta[o, ..., n])
        return dK

    return gradient


def window_by_window(layer, delta, start, put):
    """Walk over all windows: put(dx window, delta entry (o, N), K) at start(i, j)."""
    K, p = layer.params["K"], layer.padding
    dx = np.zeros((layer.given.shape[0], layer.given.shape[1] + 2 * p, layer.given.shape[2] + 2 * p, delta.shape[-1]))
    for i, j in np.ndindex(delta.shape[1:3]):
        u, v = start(i, j)
        window = dx[:, u : u + K.shape[2], v : v + K.shape[3]]
        put(window, np.einsum("ocuv,on->cuvn", K, delta[:, i, j])[:, : window.shape[1], : window.shape[2]])
    return dx


def assign(window, value):
    window[...] = value


def add(window, value):
    window += value


correlate, convolve, rot180 = helpers.correlate2d, helpers.convolve2d, helpers.rot180
full_with = {name: map_by_map(lambda d, k, turn=turn: correlate(d, turn(k), "full")) for name, turn in {
    "right": rot180, "none": lambda k: k, "updown": lambda k: k[::-1], "leftright": lambda k: k[:, ::-1],
    "rot90": np.rot90, "rotated and transposed": lambda k: rot180(k).T}.items()}  # fmt: skip


def only_last_map(layer, delta):
    delta = delta.copy()
    delta[:-1] = 0
    return full_with["right"](layer, delta)


dense = randomised(keeping_x(Dense)(3, 3))  # square, and as many examples as units: shapes hide nothing
conv = randomised(keeping_x(Conv2D)(2, 2, 3))
strided = randomised(keeping_x(Conv2D)(2, 2, 2, stride=2, padding=1))
mean = randomised(keeping_x(MeanPool2D)(2, maps=2))
largest, overlapping = keeping_x(MaxPool2D)(2), keeping_x(MaxPool2D)(2, stride=1)


def blocks(delta):
    return delta.repeat(2, 1).repeat(2, 2)


def beta(layer):
    return layer.params["beta"][:, None, None, None]


def is_max(layer):
    return layer.given == blocks(layer.forward(layer.given))


def to_place(row, column):
    def gradient(layer, delta):
        dx = np.zeros(layer.given.shape)
        dx[:, row::2, column::2] = delta
        return dx

    return gradient


def to_extreme(measure):
    """Route to the entry of each window where measure(entries) is largest."""

    def gradient(layer, delta):
        dx = np.zeros(layer.given.shape)
        for c, i, j, n in np.ndindex(delta.shape):
            u, v = divmod(int(measure(layer.given[c, 2 * i : 2 * i + 2, 2 * j : 2 * j + 2, n]).argmax()), 2)
            dx[c, 2 * i + u, 2 * j + v, n] += delta[c, i, j, n]
        return dx

    return gradient


def overlaps(put):
    def gradient(layer, delta):
        dx = np.zeros(layer.given.shape)
        count = np.zeros(layer.given.shape)
        for c, i, j, n in np.ndindex(delta.shape):
            u, v = divmod(int(layer.given[c, i : i + 2, j : j + 2, n].argmax()), 2)
            dx[c, i + u, j + v, n] = put(dx[c, i + u, j + v, n], delta[c, i, j, n])
            count[c, i + u, j + v, n] += 1
        return dx if put is not np.add else dx / np.maximum(count, 1)

    return gradient


MISTAKES = {
    # fully connected
    "dW transposed": (dense, {"dW": lambda m, d: m.given @ d.T}),
    "dW divided by N once more": (dense, {"dW": lambda m, d: d @ m.given.T / BATCH}),
    "dW with the sign of the update": (dense, {"dW": lambda m, d: -d @ m.given.T}),
    "dW as product of sums": (dense, {"dW": lambda m, d: np.outer(d.sum(1), m.given.sum(1))}),
    "dW with the input squashed once more": (dense, {"dW": lambda m, d: d @ sigmoid(m.given).T}),
    "dW of the last example only": (dense, {"dW": lambda m, d: np.outer(d[:, -1], m.given[:, -1])}),
    "dW from the step before not cleared": (dense, {"dW": lambda m, d: 2 * d @ m.given.T}),
    "dense db as mean over the batch": (dense, {"db": lambda m, d: d.mean(axis=1)}),
    "dense db over the wrong axis": (dense, {"db": lambda m, d: d.sum(axis=0)}),
    "dense db as sum of dW": (dense, {"db": lambda m, d: (d @ m.given.T).sum(axis=1)}),
    "dense db times b": (dense, {"db": lambda m, d: d.sum(axis=1) * m.params["b"]}),
    "dense db stops at dz/db": (dense, {"db": lambda m, d: np.ones(3)}),
    "dense dx without the transpose": (dense, {"dx": lambda m, d: m.params["W"] @ d}),
    "dense dx with normalised weights": (
        dense,
        {"dx": lambda m, d: (m.params["W"] / abs(m.params["W"]).sum(1, keepdims=True)).T @ d},
    ),
    "dense dx divided by N": (dense, {"dx": lambda m, d: m.params["W"].T @ d / BATCH}),
    "dense dx is delta": (dense, {"dx": lambda m, d: d}),
    # activations
    "sigmoid without its slope": (keeping_x(Sigmoid)(), {"dx": lambda m, d: d}),
    "sigmoid applied twice": (keeping_x(Sigmoid)(), {"dx": lambda m, d: d * slope(sigmoid(m.given))}),
    "sigmoid's a (1 - a) fed with z": (keeping_x(Sigmoid)(), {"dx": lambda m, d: d * m.given * (1 - m.given)}),
    "sigmoid without the factor a": (keeping_x(Sigmoid)(), {"dx": lambda m, d: d * (1 - sigmoid(m.given))}),
    "sigmoid without the factor 1 - a": (keeping_x(Sigmoid)(), {"dx": lambda m, d: d * sigmoid(m.given)}),
    "sigmoid with tanh's slope": (keeping_x(Sigmoid)(), {"dx": lambda m, d: d * (1 - sigmoid(m.given) ** 2)}),
    "sigmoid's slope squared": (keeping_x(Sigmoid)(), {"dx": lambda m, d: d * m.slope**2}),
    "sigmoid's slope added": (keeping_x(Sigmoid)(), {"dx": lambda m, d: d + m.slope}),
    "tanh' as 1 + a^2": (keeping_x(Tanh)(), {"dx": lambda m, d: d * (1 + np.tanh(m.given) ** 2)}),
    "tanh' with sigmoid's slope": (keeping_x(Tanh)(), {"dx": lambda m, d: d * slope(m.given)}),
    "tanh' as sech": (keeping_x(Tanh)(), {"dx": lambda m, d: d / np.cosh(m.given)}),
    "tanh' evaluated at a": (keeping_x(Tanh)(), {"dx": lambda m, d: d * (1 - np.tanh(np.tanh(m.given)) ** 2)}),
    "relu without its mask": (keeping_x(ReLU)(), {"dx": lambda m, d: d}),
    "relu with sign(z)": (keeping_x(ReLU)(), {"dx": lambda m, d: d * np.sign(m.given)}),
    "relu's value for its slope": (keeping_x(ReLU)(), {"dx": lambda m, d: d * np.maximum(m.given, 0)}),
    "relu's mask from delta": (keeping_x(ReLU)(), {"dx": lambda m, d: d * (d > 0)}),
    # convolution
    "conv dx with the kernel not turned": (conv, {"dx": full_with["none"]}),
    "conv dx flipped up-down only": (conv, {"dx": full_with["updown"]}),
    "conv dx flipped left-right only": (conv, {"dx": full_with["leftright"]}),
    "conv dx turned by 90 degrees": (conv, {"dx": full_with["rot90"]}),
    "conv dx turned and transposed": (conv, {"dx": full_with["rotated and transposed"]}),
    "conv dx with = for +=": (conv, {"dx": lambda m, d: window_by_window(m, d, lambda i, j: (i, j), assign)}),
    "conv dx from the last map only": (conv, {"dx": only_last_map}),
    "conv dx averaged over the maps": (conv, {"dx": lambda m, d: full_with["right"](m, d) / 2}),
    "conv dx with the maps' kernels swapped": (conv, {"dx": lambda m, d: full_with["right"](m, d[::-1])}),
    "dK turned by 180 degrees": (conv, {"dK": kernel_by_kernel(lambda x, d: rot180(correlate(x, d)))}),
    "dK with delta flipped": (conv, {"dK": kernel_by_kernel(convolve)}),
    "dK transposed": (conv, {"dK": kernel_by_kernel(lambda x, d: correlate(x, d).T)}),
    "dK averaged over the positions": (conv, {"dK": kernel_by_kernel(lambda x, d: correlate(x, d) / d.size)}),
    "dK with the input turned": (conv, {"dK": kernel_by_kernel(lambda x, d: correlate(rot180(x), d))}),
    "dK with the input squashed": (conv, {"dK": kernel_by_kernel(lambda x, d: correlate(sigmoid(x), d))}),
    "dK with the channels reversed": (conv, {"dK": lambda m, d: kernel_by_kernel(correlate)(m, d)[:, ::-1]}),
    "dK from the sum of all deltas": (conv, {"dK": lambda m, d: kernel_by_kernel(correlate)(m, d + d[::-1])}),
    "dK zero off the diagonal": (conv, {"dK": lambda m, d: kernel_by_kernel(correlate)(m, d) * DIAGONAL}),
    "conv db as mean over the positions": (conv, {"db": lambda m, d: d.mean(axis=(1, 2)).sum(axis=-1)}),
    "conv db over all filters, divided by their number": (conv, {"db": lambda m, d: np.full(2, d.sum() / 2)}),
    "conv db once for each input map": (conv, {"db": lambda m, d: 2 * d.sum(axis=(1, 2, 3))}),
    "strided dx as if the stride were 1": (
        strided,
        {"dx": lambda m, d: window_by_window(m, d, lambda i, j: (i, j), add)[:, 1:-1, 1:-1]},
    ),
    "strided dx cropped at the wrong corner": (
        strided,
        {"dx": lambda m, d: window_by_window(m, d, lambda i, j: (2 * i, 2 * j), add)[:, 2:, 2:]},
    ),
    # mean pool
    "mean pool dx without 1/n^2": (mean, {"dx": lambda m, d: beta(m) * blocks(d)}),
    "mean pool dx divided by n": (mean, {"dx": lambda m, d: beta(m) * blocks(d) / 2}),
    "mean pool dx divided by n^2 twice": (mean, {"dx": lambda m, d: beta(m) * blocks(d) / 16}),
    "mean pool dx tiled": (mean, {"dx": lambda m, d: beta(m) * np.tile(d, (1, 2, 2, 1)) / 4}),
    "mean pool dx without beta": (mean, {"dx": lambda m, d: blocks(d) / 4}),
    "mean pool dx divided by beta": (mean, {"dx": lambda m, d: blocks(d) / 4 / beta(m)}),
    "mean pool dx with beta squared": (mean, {"dx": lambda m, d: beta(m) ** 2 * blocks(d) / 4}),
    "mean pool dx plus b": (mean, {"dx": lambda m, d: beta(m) * blocks(d) / 4 + m.params["b"][:, None, None, None]}),
    "dbeta with a for down(a)": (mean, {"dbeta": lambda m, d: (blocks(d) * m.given).sum(axis=(1, 2, 3))}),
    "dbeta as a mean": (mean, {"dbeta": lambda m, d: (d * m.pooled).mean(axis=(1, 2, 3))}),
    "dbeta without down(a)": (mean, {"dbeta": lambda m, d: d.sum(axis=(1, 2, 3))}),
    "dbeta times beta": (mean, {"dbeta": lambda m, d: (d * beta(m) * m.pooled).sum(axis=(1, 2, 3))}),
    "dbeta as product of sums": (mean, {"dbeta": lambda m, d: d.sum((1, 2, 3)) * m.pooled.sum((1, 2, 3))}),
    "mean pool db times beta": (mean, {"db": lambda m, d: m.params["beta"] * d.sum(axis=(1, 2, 3))}),
    "mean pool db times down(a)": (mean, {"db": lambda m, d: (d * m.pooled).sum(axis=(1, 2, 3))}),
    # max pool
    "max pool dx to all four": (largest, {"dx": lambda m, d: blocks(d)}),
    "max pool dx shared as a mean": (largest, {"dx": lambda m, d: blocks(d) / 4}),
    "max pool dx to the winner, divided by 4": (largest, {"dx": lambda m, d: is_max(m) * blocks(d) / 4}),
    "max pool dx to all but the winner": (largest, {"dx": lambda m, d: ~is_max(m) * blocks(d)}),
    "max pool dx as 1 at the winner": (largest, {"dx": lambda m, d: 1.0 * is_max(m)}),
    "max pool dx to the top left": (largest, {"dx": to_place(0, 0)}),
    "max pool dx to the minimum": (largest, {"dx": to_extreme(np.negative)}),
    "max pool dx to the largest magnitude": (largest, {"dx": to_extreme(np.abs)}),
    "max pool dx with the window's index read by columns": (largest, {"dx": to_extreme(np.transpose)}),
    "overlapping max pool with = for +=": (overlapping, {"dx": overlaps(lambda old, new: new)}),
    "overlapping max pool averaged over the windows won": (overlapping, {"dx": overlaps(np.add)}),
}  # fmt: skip


def example(layer):
    shape = (3, BATCH) if layer.axes == 2 else (2, 4, 4, BATCH)
    return np.random.default_rng(3).standard_normal(shape)


@pytest.mark.parametrize("name", MISTAKES)
def test_the_check_rejects(name):
    layer, wrong = MISTAKES[name]
    helpers.check_gradients(layer, example(layer))  # the right gradients pass
    with pytest.raises(GradientError):
        helpers.check_gradients(with_mistake(layer, **wrong), example(layer))


@pytest.mark.parametrize("name", MISTAKES)
def test_central_differences_reject(name):
    layer, wrong = MISTAKES[name]
    with pytest.raises(GradientError, match="central differences"):
        helpers.check_gradients(with_mistake(layer, **wrong), example(layer), method="central differences")


def softmax_without(formula):
    def backward(self):
        Y = np.eye(len(self.p))[:, self.labels]
        return formula(self.p, Y, len(self.labels))

    return type("SoftmaxCrossEntropy", (SoftmaxCrossEntropy,), {"backward": backward})()


HEADS = {
    "not divided by N": lambda p, y, n: p - y,
    "divided by N twice": lambda p, y, n: (p - y) / n**2,
    "a diagonal Jacobian": lambda p, y, n: (p - y) * y / n,
    "the label not subtracted": lambda p, y, n: p / n,
    "y - p": lambda p, y, n: (y - p) / n,
    "stopped at the gradient by p": lambda p, y, n: -y / p / n,
    "the slope p (1 - p) once more": lambda p, y, n: (p - y) * p * (1 - p) / n,
    "labels off by one": lambda p, y, n: (p - np.roll(y, 1, axis=0)) / n,
    "softmax along the batch": lambda p, y, n: (p / p.sum(axis=1, keepdims=True) - y) / n,
    "logarithm to base 10": lambda p, y, n: (p - y) / n / np.log(10),
}


@pytest.mark.parametrize("name", HEADS)
def test_the_check_of_softmax_and_cross_entropy_rejects(name):
    z, labels = np.random.default_rng(1).standard_normal((3, 4)), [2, 0, 1, 1]
    helpers.check_gradients(SoftmaxCrossEntropy(), z, labels)
    with pytest.raises(GradientError):
        helpers.check_gradients(softmax_without(HEADS[name]), z, labels)


def small_network():
    layers = [Conv2D(1, 2, 2), Tanh(), MeanPool2D(2, maps=2), helpers.Flatten(), Dense(8, 3)]
    return Network([randomised(layer) for layer in layers])


@pytest.mark.parametrize(("index", "wrong"), [
    (0, {"db": lambda m, d: d.mean(axis=(1, 2, 3))}),
    (1, {"dx": lambda m, d: d}),
    (2, {"dx": lambda m, d: blocks(d)}),
    (2, {"dbeta": lambda m, d: d.sum(axis=(1, 2, 3))}),
    (3, {"dx": lambda m, d: d.reshape(m.input_shape, order="F")}),
    (4, {"dx": lambda m, d: np.zeros(m.input_shape)}),  # the layers below are cut off, and the last one still trains
])  # fmt: skip
def test_the_check_of_a_whole_network_rejects(index, wrong):
    network, x = small_network(), np.random.default_rng(2).standard_normal((1, 5, 5, 4))
    helpers.check_gradients(network, x, [0, 2, 1, 1])
    network.layers[index] = with_mistake(network.layers[index], **wrong)
    with pytest.raises(GradientError):
        helpers.check_gradients(network, x, [0, 2, 1, 1])


def test_the_error_names_parameter_entry_both_values_and_relative_error():
    layer = Dense(1, 2)
    layer.params["W"] = np.array([[2.0], [3.0]])
    wrong = with_mistake(layer, dW=lambda m, d: np.array([[10.0], [21.0]]))  # right: delta x = [[10], [20]]
    with pytest.raises(GradientError, match=r"gradient by W: entry \(1, 0\) is 21 by backward and 20 by complex step"):
        helpers.check_gradients(wrong, [[5.0]], delta=[[2.0], [4.0]])
    with pytest.raises(GradientError, match=r"relative error 5.0e-02"):
        helpers.check_gradients(wrong, [[5.0]], delta=[[2.0], [4.0]])


@pytest.mark.parametrize("value", [np.zeros((2, 1)), np.full((1, 2), np.nan), np.full((1, 2), np.inf)])
def test_a_gradient_of_wrong_shape_or_not_finite_is_rejected(value):
    layer = Dense(2, 1)
    layer.params["W"][...] = [[1.0, 2.0]]
    with pytest.raises(GradientError), np.errstate(invalid="ignore"):
        helpers.check_gradients(with_mistake(layer, dW=lambda m, d: value), [[1.0], [1.0]])


def test_a_missing_gradient_is_rejected():
    layer = Dense(2, 1)
    layer.__class__ = type("Dense", (Dense,), {"parameter_gradients": lambda self, delta: {"W": delta @ self.x.T}})
    with pytest.raises(GradientError, match="by b: it is missing"):
        helpers.check_gradients(layer, [[1.0], [1.0]])


def test_a_gradient_that_should_be_zero_is_rejected_where_it_is_not():
    wrong = with_mistake(ReLU(), dx=lambda m, d: np.full(d.shape, 1e-9))
    with pytest.raises(GradientError, match="error inf"):
        helpers.check_gradients(wrong, [[-1.0, -2.0]])


def test_the_check_leaves_the_layer_as_it_was():
    layer = Dense(2, 2, dtype=np.float32)
    layer.forward(np.ones((2, 1), np.float32))
    layer.backward(np.ones((2, 1), np.float32))
    params, grads = dict(layer.params), dict(layer.grads)
    helpers.check_gradients(layer, np.ones((2, 3)))
    assert all(layer.params[name] is value for name, value in params.items())
    assert all(layer.grads[name] is value for name, value in grads.items())


def test_kinks_and_ties_are_reported():
    assert helpers.check_gradients(ReLU(), [[0.0, 1.0, 0.0]]).kinks == 2
    tied = np.array([[1.0, 1.0, 0.0, 3.0], [0.0, 0.0, 0.0, 0.0]])[None, :, :, None]
    assert helpers.check_gradients(MaxPool2D(2), tied).kinks == 1
    assert "2 entries sit on a kink or a tie" in str(helpers.check_gradients(ReLU(), [[0.0, 1.0, 0.0]]))
    assert "kink" not in str(helpers.check_gradients(ReLU(), [[1.0]]))


def test_at_a_kink_central_differences_disagree_and_complex_step_keeps_the_choice():
    z, delta = [[0.0, 1.0]], [[1.0, 1.0]]
    assert helpers.check_gradients(ReLU(), z, delta=delta).kinks == 1
    with pytest.raises(GradientError, match=r"entry \(0, 0\) is 0 by backward and 0.5 by central differences"):
        helpers.check_gradients(ReLU(), z, delta=delta, method="central differences")


def test_the_gradient_to_every_tied_maximum_is_rejected_on_ties_and_unseen_without_them():
    everyone = with_mistake(keeping_x(MaxPool2D)(2), dx=lambda m, d: is_max(m) * blocks(d))
    distinct, tied = np.array([[1.0, 2], [3, 4]])[None, :, :, None], np.zeros((1, 2, 2, 1))
    helpers.check_gradients(everyone, distinct)  # random numbers never tie: this is how published checks let it pass
    with pytest.raises(GradientError):
        helpers.check_gradients(everyone, tied)


def test_a_forward_pass_that_is_flipped_consistently_satisfies_its_own_complex_step():
    """What measurement is blind to: the definition of the forward pass must be held by something else."""

    class Flipped(Conv2D):
        def turned(self, method, argument):
            right = self.params["K"]
            self.params["K"] = right[:, :, ::-1, ::-1]
            result = method(argument)
            self.params["K"] = right
            return result

        def compute(self, x):
            return self.turned(super().compute, x)

        def input_gradient(self, delta):
            return self.turned(super().input_gradient, delta)

        def parameter_gradients(self, delta):
            grads = super().parameter_gradients(delta)
            return grads | {"K": grads["K"][:, :, ::-1, ::-1]}

    flipped, plain, x = Flipped(1, 1, 2), Conv2D(1, 1, 2), np.arange(9.0).reshape(1, 3, 3, 1) ** 2
    helpers.check_gradients(flipped, x)
    assert not np.allclose(flipped.forward(x), plain.forward(x))


# --- the worked example exposes every mistake ------------------------------------------------------------------------

X = np.array([[1, 2, 0], [3, 1, 4], [0, 2, 5]])
K = np.array([[1, 2], [3, -1]])
DELTA = np.array([[1, 4], [-1, -2]])
Z, DX, DK, DB = [[11, -1], [1, 8]], [[1, 6, 8], [2, 7, -8], [-3, -5, 2]], [[4, -7], [3, 5]], 2


def assigned(delta, kernel):
    dx = np.zeros((3, 3))
    for i, j in np.ndindex(2, 2):
        dx[i : i + 2, j : j + 2] = delta[i, j] * kernel
    return dx


@pytest.mark.parametrize(("right", "wrong"), [
    (Z, convolve(X, K) - 2), (Z, correlate(X, K)), (Z, correlate(X, K) + 4 * -2), (Z, correlate(X, K) / 4 - 2),
    (Z, correlate(X, K.T) - 2), (Z, correlate(X.T, K) - 2),
    (DX, correlate(DELTA, K, "full")), (DX, correlate(DELTA, K[::-1], "full")),
    (DX, correlate(DELTA, K[:, ::-1], "full")),
    (DX, correlate(DELTA, np.rot90(K), "full")), (DX, correlate(DELTA, rot180(K).T, "full")),
    (DX, correlate(rot180(K), DELTA, "full")), (DX, assigned(DELTA, K)), (DX, convolve(rot180(DELTA), K, "full")),
    (DK, convolve(X, DELTA)), (DK, rot180(correlate(X, DELTA))), (DK, correlate(X, DELTA).T),
    (DK, correlate(X, DELTA) / 4), (DK, correlate(rot180(X), DELTA)), (DK, correlate(X.T, DELTA)),
    (DK, -correlate(X, DELTA)), (DB, DELTA.mean()), (DB, correlate(X, DELTA).sum()), (DB, DELTA.size),
    (DB, DELTA.sum() * K.size), (DB, -2 * DELTA.sum()),
])  # fmt: skip
def test_no_catalogued_mistake_hides_in_the_worked_example(right, wrong):
    assert not np.array_equal(right, wrong)


# --- the two measurements themselves ---------------------------------------------------------------------------------


def cubic(x):
    return (np.array([[1.0, -2.0], [3.0, 0.5]]) * x**3).sum()


def test_both_measurements_find_the_gradient_of_a_cubic():
    x = np.array([[1.0, 2.0], [-1.0, 4.0]])
    gradient = [[3 * 1 * 1, 3 * -2 * 4], [3 * 3 * 1, 3 * 0.5 * 16]]
    assert np.allclose(helpers.complex_step_gradient(cubic, x), gradient, rtol=1e-15)
    assert np.allclose(helpers.numerical_gradient(cubic, x), gradient, rtol=1e-8)
    assert not np.array_equal(helpers.numerical_gradient(cubic, x), gradient)  # rounding and h^2 remain


def test_the_measurements_take_a_number_and_leave_the_input_alone():
    x = np.array([3])
    assert np.array_equal(helpers.complex_step_gradient(lambda x: (x**2).sum(), x), [6])
    assert x.dtype == int
    assert np.isclose(helpers.numerical_gradient(lambda x: x**2, 3.0), 6)
