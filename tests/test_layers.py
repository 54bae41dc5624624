"""The layers and operators of helpers.py: integers by hand, defining loops, SciPy, complex step, fractions, symbols."""

import copy
import itertools
from fractions import Fraction

import numpy as np
import pytest
import scipy.signal
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import helpers
from helpers import (
    Conv2D,
    ConvPool2D,
    Dense,
    Flatten,
    MaxPool2D,
    MeanPool2D,
    Network,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
)

# The worked example of the series, computed by hand.
X = np.array([[1, 2, 0], [3, 1, 4], [0, 2, 5]])
K = np.array([[1, 2], [3, -1]])
B = -2
Z = np.array([[11, -1], [1, 8]])
DELTA = np.array([[1, 4], [-1, -2]])
DX = np.array([[1, 6, 8], [2, 7, -8], [-3, -5, 2]])
DK = np.array([[4, -7], [3, 5]])
DB = 2


def maps(matrix):
    """One matrix as one map of a batch of one."""
    return np.asarray(matrix)[None, :, :, None]


def matrix(maps):
    return maps[0, :, :, 0]


def fractions(array):
    return np.vectorize(Fraction, otypes=[object])(array)


def symbols(name, shape, **assumptions):
    """An object array of different SymPy symbols."""
    array = np.empty(shape, object)
    for entry in np.ndindex(*shape):
        array[entry] = sympy.Symbol("_".join([name, *map(str, entry)]), **assumptions)
    return array


def worked_convolution(convert=np.asarray):
    layer = Conv2D(1, 1, 2)
    layer.params = {"K": convert(K)[None, None], "b": convert([B])}
    return layer


# --- by hand ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("convert", [np.asarray, np.float32, np.complex128, fractions, lambda a: np.array(a, object)])
def test_the_worked_convolution_comes_out_in_every_number_system(convert):
    layer = worked_convolution(convert)
    assert np.array_equal(matrix(layer.forward(maps(convert(X)))), Z)
    assert np.array_equal(matrix(layer.backward(maps(convert(DELTA)))), DX)
    assert np.array_equal(layer.grads["K"][0, 0], DK)
    assert np.array_equal(layer.grads["b"], [DB])


def test_the_four_combinations_of_the_worked_example():
    assert np.array_equal(helpers.correlate2d(X, K) + B, Z)
    assert np.array_equal(helpers.convolve2d(DELTA, K, "full"), DX)
    assert np.array_equal(helpers.correlate2d(np.pad(DELTA, 1), helpers.rot180(K)), DX)
    assert np.array_equal(helpers.correlate2d(X, DELTA), DK)
    assert np.array_equal(helpers.convolve2d(X, K), [[12, 4], [2, 20]])  # the other convention: another z


def test_two_maps_of_deltas_sent_back_through_two_kernels():
    delta = np.array([[[1, 3], [2, 2]], [[2, 1], [1, 1]]])
    kernels = np.array([[[0.1, 0.2], [0.2, 0.4]], [[-0.3, 0.1], [0.1, 0.2]]])
    layer = Conv2D(1, 2, 2)
    layer.params["K"] = kernels[:, None]
    layer.forward(np.zeros((1, 3, 3, 1)))
    expected = [[-0.5, 0.4, 0.7], [0.3, 1.9, 1.9], [0.5, 1.5, 1.0]]
    assert np.allclose(matrix(layer.backward(delta[:, :, :, None])), expected, atol=1e-15)


def test_dense_by_hand():
    layer = Dense(3, 2)
    layer.params = {"W": np.array([[1, 2, -1], [0, 3, 2]]), "b": np.array([1, -2])}
    x, delta = np.array([[1, 0], [2, 1], [-1, 3]]), np.array([[1, -2], [3, 1]])
    assert np.array_equal(layer.forward(x), [[1 + 4 + 1 + 1, 0 + 2 - 3 + 1], [0 + 6 - 2 - 2, 0 + 3 + 6 - 2]])
    assert np.array_equal(layer.backward(delta), [[1, -2], [2 + 9, -4 + 3], [-1 + 6, 2 + 2]])
    assert np.array_equal(layer.grads["W"], [[1 * 1 - 2 * 0, 1 * 2 - 2 * 1, 1 * -1 - 2 * 3], [3, 6 + 1, -3 + 3]])
    assert np.array_equal(layer.grads["b"], [1 - 2, 3 + 1])


def test_activations_by_hand():
    z, g = np.array([[-1.0, 0.0, 2.0]]), np.array([[5.0, 6.0, 7.0]])
    relu, sigmoid, tanh = ReLU(), Sigmoid(), Tanh()
    assert np.array_equal(relu.forward(z), [[0, 0, 2]])
    assert np.array_equal(relu.backward(g), [[0, 0, 7]])  # at 0 the slope is 0, by choice
    assert np.allclose(sigmoid.forward(z), [[0.2689414213699951, 0.5, 0.8807970779778823]], rtol=1e-15)
    assert np.allclose(sigmoid.backward(g), [[5 * 0.19661193324148185, 6 / 4, 7 * 0.10499358540350662]], rtol=1e-14)
    assert np.allclose(tanh.forward(z), [[-0.7615941559557649, 0, 0.9640275800758169]], rtol=1e-15)
    assert np.allclose(tanh.backward(g), [[5 * 0.41997434161402614, 6, 7 * 0.07065082485316443]], rtol=1e-14)


def test_sigmoid_far_out_is_exactly_0_and_1():
    assert np.array_equal(Sigmoid().forward(np.array([[-1000.0, 1000.0]], np.float32)), [[0, 1]])


def test_up_repeats_each_entry_as_the_source_material_shows():
    expected = [[1, 1, 3, 3], [1, 1, 3, 3], [2, 2, 4, 4], [2, 2, 4, 4]]
    assert np.array_equal(helpers.up([[1, 3], [2, 4]]), expected)


def test_down_is_the_block_mean():
    assert np.array_equal(helpers.down([[1, 3, 0, 2], [5, 7, 4, -2]]), [[4, 1]])
    assert helpers.down(fractions([[1, 0], [0, 0]]))[0, 0] == Fraction(1, 4)


def test_mean_pool_with_beta_and_b_by_hand():
    layer = MeanPool2D(2, maps=1)
    layer.params = {"beta": np.array([3]), "b": np.array([-1])}
    x, delta = np.array([[1, 3, 0, 2], [5, 7, 4, -2]]), np.array([[8, -4]])
    assert np.array_equal(matrix(layer.forward(maps(x))), [[3 * 4 - 1, 3 * 1 - 1]])
    assert np.array_equal(matrix(layer.backward(maps(delta))), [[6, 6, -3, -3], [6, 6, -3, -3]])  # 3 * 8/4, 3 * -4/4
    assert np.array_equal(layer.grads["beta"], [8 * 4 - 4 * 1])
    assert np.array_equal(layer.grads["b"], [8 - 4])


def test_a_mean_pool_without_maps_has_no_parameters():
    layer = MeanPool2D(2)
    assert np.array_equal(matrix(layer.forward(maps([[1, 3], [5, 7]]))), [[4]])
    assert np.array_equal(matrix(layer.backward(maps([[8]]))), [[2, 2], [2, 2]])
    assert layer.params == layer.grads == {}


NUMBERS = [np.asarray, np.float32, np.complex128, fractions, lambda a: np.array(a, object)]


def worked_fused(convert=np.asarray):
    """The worked convolution, relu and a mean pool in one: z is [[11, 0], [1, 8]] after relu, its mean 5."""
    layer = ConvPool2D(1, 1, 2)
    layer.params = {"K": convert(K)[None, None], "b": convert([B]), "beta": convert([3]), "b_pool": convert([-1])}
    return layer


@pytest.mark.parametrize("convert", NUMBERS)
def test_the_worked_convolution_with_relu_and_mean_pool_in_one(convert):
    layer = worked_fused(convert)
    assert np.array_equal(matrix(layer.forward(maps(convert(X)))), [[3 * 5 - 1]])
    dx = matrix(layer.backward(maps(convert([[8]]))))  # delta at z: 3 * 8/4 = 6 where z > 0
    assert np.array_equal(dx, [[6, 12, 0], [18 + 6, -6 + 12 + 6, 12], [18, -6 + 18, -6]])
    assert np.array_equal(
        layer.grads["K"][0, 0], [[6 * (1 + 3 + 1), 6 * (2 + 1 + 4)], [6 * (3 + 0 + 2), 6 * (1 + 2 + 5)]]
    )
    assert [layer.grads[name].tolist() for name in ("b", "beta", "b_pool")] == [[18], [8 * 5], [8]]


def test_max_pool_sends_delta_to_the_winner():
    layer = MaxPool2D(2)
    assert np.array_equal(matrix(layer.forward(maps([[1, 3, -9, 2], [5, 4, 1, 0]]))), [[5, 2]])
    assert np.array_equal(matrix(layer.backward(maps([[7, -2]]))), [[0, 0, 0, -2], [7, 0, 0, 0]])


def test_max_pool_ties_go_to_the_first_in_reading_order():
    layer = MaxPool2D(2)
    layer.forward(maps([[0, 0, 1, 4], [0, 0, 4, 4]]))
    assert np.array_equal(matrix(layer.backward(maps([[7, 5]]))), [[7, 0, 0, 5], [0, 0, 0, 0]])


def test_overlapping_max_pool_adds_up_where_one_entry_wins_several_windows():
    layer = MaxPool2D(2, stride=1)
    assert np.array_equal(matrix(layer.forward(maps([[1, 2, 3], [4, 9, 5], [7, 6, 8]]))), [[9, 9], [9, 9]])
    assert np.array_equal(matrix(layer.backward(maps([[1, 2], [3, -5]]))), [[0, 0, 0], [0, 1, 0], [0, 0, 0]])


def test_max_pool_leaves_out_the_rows_that_no_window_reaches():
    layer = MaxPool2D(2)
    assert layer.forward(maps(np.arange(15).reshape(3, 5))).shape == (1, 1, 2, 1)
    assert np.array_equal(matrix(layer.backward(maps([[1, 2]]))), [[0] * 5, [0, 1, 0, 2, 0], [0] * 5])


def test_flatten_reads_each_example_row_by_row_and_back():
    x = np.arange(12).reshape(2, 3, 1, 2)  # 2 maps of 3x1, batch of 2: entry = 2 * position + example
    layer = Flatten()
    assert np.array_equal(layer.forward(x), [[0, 1], [2, 3], [4, 5], [6, 7], [8, 9], [10, 11]])
    assert np.array_equal(layer.backward(layer.forward(x)), x)


def test_softmax_and_cross_entropy_by_hand():
    head = SoftmaxCrossEntropy()
    z = np.log(np.array([[1.0, 2.0], [3.0, 2.0], [4.0, 4.0]]))  # p = [1, 3, 4] / 8 and [2, 2, 4] / 8
    assert np.isclose(head.forward(z, [2, 0]), (np.log(2) + np.log(4)) / 2, rtol=1e-15)
    assert np.allclose(head.backward(), [[1 / 16, -6 / 16], [3 / 16, 2 / 16], [-4 / 16, 4 / 16]], atol=1e-16)


def test_softmax_of_huge_scores_stays_finite():
    head = SoftmaxCrossEntropy()
    assert head.forward(np.array([[1000.0], [0.0]]), [1]) == 1000
    assert np.array_equal(head.backward(), [[1], [-1]])


def test_lenet_is_the_network_of_the_source_material():
    network = helpers.lenet(maps=(6, 12))
    shapes = {key: value.shape for key, value in parameters(network).items()}
    assert shapes == {
        (0, "K"): (6, 1, 5, 5), (0, "b"): (6,), (2, "beta"): (6,), (2, "b"): (6,),
        (4, "K"): (12, 6, 5, 5), (4, "b"): (12,), (6, "beta"): (12,), (6, "b"): (12,),
        (9, "W"): (10, 192), (9, "b"): (10,),
    }  # fmt: skip
    assert sum(value.size for value in parameters(network).values()) == 156 + 12 + 1812 + 24 + 1930
    x, seen = np.zeros((1, 28, 28, 2), np.float32), []
    for layer in network.layers:
        x = layer.forward(x)
        seen.append((type(layer).__name__, x.shape[:-1]))
    assert seen == [
        ("Conv2D", (6, 24, 24)), ("ReLU", (6, 24, 24)), ("MeanPool2D", (6, 12, 12)), ("ReLU", (6, 12, 12)),
        ("Conv2D", (12, 8, 8)), ("ReLU", (12, 8, 8)), ("MeanPool2D", (12, 4, 4)), ("ReLU", (12, 4, 4)),
        ("Flatten", (192,)), ("Dense", (10,)),
    ]  # fmt: skip


def parameters(network):
    return {(i, name): value for i, layer in enumerate(network.layers) for name, value in layer.params.items()}


# --- SciPy, and loops that are the definition ------------------------------------------------------------------------

sides = st.integers(1, 6)


@given(sides, sides, sides, sides, st.sampled_from(["valid", "same", "full"]), st.integers(0, 99))
@settings(deadline=None)
def test_the_operators_agree_with_scipy(height, width, kh, kw, mode, seed):
    rng = np.random.default_rng(seed)
    x, k = rng.integers(-9, 10, (height + kh - 1, width + kw - 1)), rng.integers(-9, 10, (kh, kw))
    assert np.array_equal(helpers.correlate2d(x, k, mode), scipy.signal.correlate2d(x, k, mode))
    assert np.array_equal(helpers.convolve2d(x, k, mode), scipy.signal.convolve2d(x, k, mode))


def test_correlation_does_not_conjugate():
    assert helpers.correlate2d(np.array([[1j]]), np.array([[1j]]))[0, 0] == -1


def convolution_by_loops(x, K, b, stride, padding):
    """z[o,i,j] = b[o] + sum over c, u, v of K[o,c,u,v] x[c, s i + u - p, s j + v - p], zero outside of x."""
    (_, height, width, batch), (c_out, c_in, kh, kw) = x.shape, K.shape
    rows, columns = (height + 2 * padding - kh) // stride + 1, (width + 2 * padding - kw) // stride + 1
    z = np.zeros((c_out, rows, columns, batch), x.dtype)
    for o, i, j, n, c, u, v in itertools.product(*map(range, (*z.shape, c_in, kh, kw))):
        row, column = stride * i + u - padding, stride * j + v - padding
        if 0 <= row < height and 0 <= column < width:
            z[o, i, j, n] += K[o, c, u, v] * x[c, row, column, n]
    return z + b[:, None, None, None]


convolutions = st.fixed_dictionaries(
    {
        "c_in": st.integers(1, 3), "c_out": st.integers(1, 3), "size": st.tuples(st.integers(1, 3), st.integers(1, 3)),
        "stride": st.integers(1, 3), "padding": st.integers(0, 2),
    }
)  # fmt: skip
examples = st.tuples(st.integers(3, 6), st.integers(3, 6), st.integers(1, 5), st.integers(0, 999))


def drawn_convolution(options, height, width, batch, seed):
    rng = np.random.default_rng(seed)
    layer = Conv2D(**options)
    layer.params = {name: rng.integers(-5, 6, value.shape) for name, value in layer.params.items()}
    return layer, rng.integers(-5, 6, (options["c_in"], height, width, batch)), rng


@given(convolutions, examples)
@settings(deadline=None)
def test_the_convolution_is_its_definition(options, example):
    layer, x, _ = drawn_convolution(options, *example)
    expected = convolution_by_loops(x, layer.params["K"], layer.params["b"], layer.stride, layer.padding)
    assert np.array_equal(layer.forward(x), expected)


@given(convolutions, examples)
@settings(deadline=None)
def test_the_convolution_s_gradients_equal_the_gradients_of_its_definition(options, example):
    layer, x, rng = drawn_convolution(options, *example)
    delta = rng.integers(-5, 6, layer.forward(x).shape)
    dx = layer.backward(delta)

    def s(x, K, b):  # multilinear: a unit step in one entry, minus no step, is that entry's exact derivative
        return (delta * convolution_by_loops(x, K, b, layer.stride, layer.padding)).sum()

    inputs = (x, layer.params["K"], layer.params["b"])
    for which, gradient in enumerate((dx, layer.grads["K"], layer.grads["b"])):
        entry = tuple(int(rng.integers(side)) for side in gradient.shape)
        stepped = [value.copy() for value in inputs]
        stepped[which][entry] += 1
        assert gradient[entry] == s(*stepped) - s(*inputs)


@given(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 5), st.integers(0, 99))
@settings(deadline=None)
def test_the_mean_pool_is_its_definition(size, rows, columns, batch, seed):
    rng = np.random.default_rng(seed)
    x = fractions(rng.integers(-9, 10, (2, rows * size, columns * size, batch)))
    layer = MeanPool2D(size, maps=2)
    beta, b = layer.params["beta"], layer.params["b"] = fractions(rng.integers(-5, 6, (2, 2)))
    z = layer.forward(x)
    for c, i, j, n in np.ndindex(z.shape):
        block = [x[c, size * i + u, size * j + v, n] for u in range(size) for v in range(size)]
        assert z[c, i, j, n] == beta[c] * sum(block) / size**2 + b[c]


@given(st.integers(1, 3), st.integers(1, 3), examples)
@settings(deadline=None)
def test_the_max_pool_and_its_routing_are_their_definition(size, stride, example):
    height, width, batch, seed = example
    rng = np.random.default_rng(seed)
    x = rng.integers(-2, 3, (2, height, width, batch))  # few different numbers: many ties
    layer = MaxPool2D(size, stride)
    z = layer.forward(x)
    assert z.shape == (2, (height - size) // stride + 1, (width - size) // stride + 1, batch)
    delta, dx = rng.integers(-5, 6, z.shape), np.zeros_like(x)
    for c, i, j, n in np.ndindex(z.shape):
        window = x[c, stride * i : stride * i + size, stride * j : stride * j + size, n]
        assert z[c, i, j, n] == window.max()
        u, v = divmod(int(window.argmax()), size)  # argmax takes the first in reading order
        dx[c, stride * i + u, stride * j + v, n] += delta[c, i, j, n]
    assert np.array_equal(layer.backward(delta), dx)


# --- complex step: every parameter, every shape ----------------------------------------------------------------------


@given(convolutions, examples)
@settings(deadline=None, max_examples=25)
def test_complex_step_confirms_every_convolution(options, example):
    height, width, batch, seed = example
    rng = np.random.default_rng(seed)
    layer = Conv2D(**options, rng=rng)
    layer.params["b"] = rng.standard_normal(options["c_out"])
    helpers.check_gradients(layer, rng.standard_normal((options["c_in"], height, width, batch)))


@pytest.mark.parametrize("batch", [1, 2, 3, 4, 5])
@pytest.mark.parametrize(
    ("layer", "shape"),
    [
        (Dense(4, 3), (4,)), (Sigmoid(), (2, 3)), (Tanh(), (2, 3)), (ReLU(), (2, 3)), (Flatten(), (2, 3, 4)),
        (MeanPool2D(2, maps=3), (3, 4, 6)), (MeanPool2D(3), (2, 3, 6)), (MaxPool2D(2), (2, 5, 4)),
        (MaxPool2D(3, stride=2), (2, 5, 7)), (ConvPool2D(2, 3, 3), (2, 6, 8)),
        (ConvPool2D(1, 2, (2, 3), "tanh"), (1, 5, 4)), (ConvPool2D(2, 2, 1, "sigmoid"), (2, 4, 2)),
    ],
)  # fmt: skip
def test_complex_step_confirms_every_other_layer(layer, shape, batch):
    helpers.check_gradients(layer, np.random.default_rng(batch).standard_normal((*shape, batch)))


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_complex_step_confirms_softmax_and_cross_entropy(batch):
    rng = np.random.default_rng(batch)
    helpers.check_gradients(SoftmaxCrossEntropy(), rng.standard_normal((4, batch)), rng.integers(0, 4, batch))


@pytest.mark.parametrize("pool", ["mean", "max"])
@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("pool_activation", ["same", None])
def test_complex_step_confirms_the_whole_network(activation, pool, pool_activation):
    rng = np.random.default_rng(1)
    network = helpers.lenet((1, 2), activation, pool, pool_activation)
    for layer in network.layers:  # biases off zero: all-black patches would sit on the kink of relu
        layer.params = {name: value + 0.1 * rng.standard_normal(value.shape) for name, value in layer.params.items()}
    images, labels = helpers.load_mnist("test", limit=1)
    report = helpers.check_gradients(network, images + 0.01 * rng.random(images.shape), labels)
    assert len(report.rows) == 1 + sum(len(layer.params) for layer in network.layers)
    assert (report.kinks == 0) == (pool == "mean" or activation != "relu")  # after relu, windows of zeros tie


# --- fractions: exactly the integers ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(Dense(3, 2), (3, 2)), (Conv2D(2, 2, 2, stride=2, padding=1), (2, 3, 4, 2)), (MeanPool2D(2, maps=2), (2, 2, 4, 3)),
     (MaxPool2D(2, stride=1), (2, 3, 3, 2)), (ConvPool2D(2, 2, 2), (2, 3, 5, 2)),
     (ConvPool2D(1, 2, (1, 2)), (1, 4, 3, 2)), (ReLU(), (3, 2)), (Flatten(), (2, 2, 2, 2))],
)  # fmt: skip
def test_fractions_stay_fractions_and_equal_the_integers(layer, shape):
    rng = np.random.default_rng(0)
    x, integers = 4 * rng.integers(-5, 6, shape), {k: rng.integers(-5, 6, v.shape) for k, v in layer.params.items()}
    layer.params = integers
    z = layer.forward(x)
    delta = 4 * rng.integers(-5, 6, z.shape)
    expected = [z, layer.backward(delta), *layer.grads.values()]
    layer.params = {name: fractions(value) for name, value in integers.items()}
    exact = [layer.forward(fractions(x)), layer.backward(fractions(delta)), *layer.grads.values()]
    for whole, fraction in zip(expected, exact, strict=True):
        assert np.array_equal(whole, fraction)
        assert all(isinstance(entry, Fraction | int) for entry in fraction.flat)


# --- symbols: the shipped code equals sympy.diff ---------------------------------------------------------------------


def assert_is_gradient(claimed, scalar, variables):
    """Every entry of claimed is SymPy's own derivative of the scalar by the symbol in the same place."""
    assert claimed.shape == variables.shape
    for entry in np.ndindex(variables.shape):
        difference = sympy.expand(claimed[entry] - sympy.diff(scalar, variables[entry]))
        assert sympy.simplify(difference) == 0, entry


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(Dense(3, 2), (3, 2)), (Conv2D(1, 1, 2), (1, 3, 3, 1)), (Conv2D(2, 3, 2, stride=2, padding=1), (2, 3, 4, 2)),
     (MeanPool2D(2, maps=2), (2, 4, 2, 2)), (MeanPool2D(2), (1, 2, 4, 1)), (Flatten(), (1, 2, 2, 2)),
     (Sigmoid(), (2, 2)), (Tanh(), (2, 2)), (ConvPool2D(1, 1, (1, 2), "tanh"), (1, 2, 3, 1))],
)  # fmt: skip
def test_the_shipped_layer_run_on_symbols_equals_sympy_diff(layer, shape):
    layer.params = {name: symbols(name, value.shape) for name, value in layer.params.items()}
    x = symbols("x", shape)
    z = layer.forward(x)
    delta = symbols("delta", z.shape)
    s = (delta * z).sum()
    assert_is_gradient(layer.backward(delta), s, x)
    for name, value in layer.params.items():
        assert_is_gradient(layer.grads[name], s, value)


@pytest.mark.parametrize("signs", list(itertools.product([-1, 0, 1], repeat=3)))
def test_relu_on_symbols_for_every_pattern_of_signs(signs):
    z = np.array([[sign * entry for sign, entry in zip(signs, symbols("m", (3,), positive=True), strict=True)]])
    delta, layer = symbols("delta", (1, 3)), ReLU()
    positive = np.array([int(sign > 0) for sign in signs])
    assert np.array_equal(layer.forward(z), z * positive)
    assert np.array_equal(layer.backward(delta), delta * [[int(sign > 0) for sign in signs]])


@pytest.mark.parametrize("winner", range(4))
def test_max_pool_on_symbols_for_every_winner(winner):
    largest, below = sympy.Symbol("m", real=True), sympy.Symbol("d", positive=True)
    x = np.array([largest - (1 + place) * below for place in range(4)])
    x[winner] = largest
    layer, delta = MaxPool2D(2), sympy.Symbol("delta")
    assert layer.forward(x.reshape(1, 2, 2, 1)).item() == largest
    expected = [delta if place == winner else 0 for place in range(4)]
    assert np.array_equal(layer.backward(np.full((1, 1, 1, 1), delta)).reshape(4), expected)


def test_softmax_and_cross_entropy_on_symbols_equal_sympy_diff():
    z, head = symbols("z", (3, 2), real=True), SoftmaxCrossEntropy()
    J = head.forward(z, [2, 0])
    by_definition = sum(
        -sympy.log(sympy.exp(z[label, n]) / sum(sympy.exp(entry) for entry in z[:, n])) / 2
        for n, label in enumerate([2, 0])
    )
    assert sympy.simplify(sympy.expand_log(J - by_definition, force=True)) == 0
    delta = head.backward()
    for entry in np.ndindex(3, 2):
        assert sympy.simplify(delta[entry] - sympy.diff(J, z[entry])) == 0


def test_a_whole_small_network_on_symbols_equals_sympy_diff():
    network = Network([Conv2D(1, 1, 2), Tanh(), MeanPool2D(2, maps=1), Flatten(), Dense(1, 2)])
    for i, layer in enumerate(network.layers):
        layer.params = {name: symbols(f"{name}_{i}_", value.shape) for name, value in layer.params.items()}
    x = maps([[1, 2, 0], [3, 1, 4], [0, 2, 5]]).astype(object)
    J = network.loss(x, [1])
    network.backward()
    numbers = {symbol: sympy.Rational(k + 1, 7) for k, symbol in enumerate(sorted(J.free_symbols, key=str))}
    for (i, name), gradient in network.gradients().items():
        for entry in np.ndindex(gradient.shape):
            derivative = sympy.diff(J, network.layers[i].params[name][entry])
            difference = (gradient[entry] - derivative).subs(numbers)
            assert abs(difference.evalf(50, maxn=200)) < 1e-40, (i, name, entry)  # symbols to 50 digits, then numbers


# --- what is handed out stays as it is -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layer", "shape"),
    [(Dense(3, 2), (3, 2)), (Conv2D(2, 2, 2), (2, 3, 3, 2)), (Conv2D(2, 2, 1), (2, 3, 3, 2)), (Sigmoid(), (3, 2)),
     (Tanh(), (3, 2)), (ReLU(), (3, 2)), (MaxPool2D(2), (2, 4, 4, 2)), (MeanPool2D(2, maps=2), (2, 4, 4, 2)),
     (MeanPool2D(1), (2, 4, 4, 2)), (ConvPool2D(2, 2, 2), (2, 5, 3, 2)), (ConvPool2D(2, 2, 1, "tanh"), (2, 4, 4, 2)),
     (ConvPool2D(2, 1, 2, "sigmoid"), (2, 3, 5, 3)), (MeanPool2D(2), (2, 4, 4, 2)), (Flatten(), (2, 2, 3, 2))],
)  # fmt: skip
def test_editing_what_went_in_and_came_out_changes_no_gradient(layer, shape):
    rng = np.random.default_rng(0)
    x = rng.standard_normal(shape)
    kept = x.copy()
    delta = rng.standard_normal(layer.forward(x).shape)
    expected = [layer.backward(delta), *layer.grads.values()]
    copies = [value.copy() for value in expected]
    layer.forward(x)[...] = 99
    x[...] = 77
    again = [layer.backward(delta), *layer.grads.values()]
    assert all(np.array_equal(a, b) for a, b in zip(copies, again, strict=True))
    layer.forward(kept + 1)
    layer.backward(delta + 1)
    assert all(np.array_equal(a, b) for a, b in zip(copies, expected, strict=True))
    first = layer.forward(kept)
    before = first.copy()
    layer.forward(kept + 1)
    assert np.array_equal(first, before)


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_whole_network_computes_in_the_type_it_was_made_in(dtype, fused):
    network = helpers.lenet(dtype=dtype, fused=fused)
    network.loss(np.ones((1, 28, 28, 2), dtype), [3, 1])
    assert network.backward().dtype == dtype
    assert {g.dtype for g in network.gradients().values()} == {np.dtype(dtype)}


def test_a_complex_bias_alone_makes_the_output_complex():
    layer = worked_convolution()
    layer.params["b"] = np.array([1j])
    assert layer.forward(maps(X))[0, 0, 0, 0] == 13 + 1j


def test_training_may_leave_out_the_gradient_by_the_image():
    network = helpers.lenet((1, 1))
    network.loss(np.ones((1, 28, 28, 1), np.float32), [3])
    with_dx = network.backward()
    gradients = network.gradients()
    assert with_dx.shape == (1, 28, 28, 1)
    assert network.backward(input_gradient=False) is None
    assert all(np.array_equal(gradients[key], g) for key, g in network.gradients().items())


# --- three layers in one ---------------------------------------------------------------------------------------------

ACTIVATIONS = {"relu": ReLU, "sigmoid": Sigmoid, "tanh": Tanh}


def three_layers(fused):
    """Convolution, activation and pool, plain, with the parameters of the fused layer."""
    K, b = fused.params["K"], fused.params["b"]
    convolution, pool = Conv2D(K.shape[1], K.shape[0], K.shape[2:]), MeanPool2D(2, len(K))
    convolution.params = {"K": K, "b": b}
    pool.params = {"beta": fused.params["beta"], "b": fused.params["b_pool"]}
    return [convolution, ACTIVATIONS[fused.activation](), pool]


def through(layers, x, delta):
    """The output, dx and all gradients of layers one after the other."""
    for layer in layers:
        x = layer.forward(x)
    z, g = x, delta
    for layer in reversed(layers):
        g = layer.backward(g)
    return [z, g, *(value for layer in layers for value in layer.grads.values())]


fused_layers = st.fixed_dictionaries(
    {
        "c_in": st.integers(1, 3), "c_out": st.integers(1, 3), "size": st.tuples(st.integers(1, 4), st.integers(1, 4)),
        "activation": st.sampled_from(sorted(ACTIVATIONS)),
    }
)  # fmt: skip


@given(fused_layers, st.tuples(st.integers(1, 3), st.integers(1, 3)), st.integers(1, 4), st.integers(0, 999))
@settings(deadline=None)
def test_the_fused_layer_is_the_three_plain_layers(options, pooled, batch, seed):
    rng = np.random.default_rng(seed)
    layer = ConvPool2D(**options)
    layer.params = {name: rng.standard_normal(value.shape) for name, value in layer.params.items()}
    height, width = (2 * out + side - 1 for out, side in zip(pooled, options["size"], strict=True))
    x = rng.standard_normal((options["c_in"], height, width, batch))
    delta = rng.standard_normal((options["c_out"], *pooled, batch))
    for mine, theirs in zip(through([layer], x, delta), through(three_layers(layer), x, delta), strict=True):
        assert np.abs(mine - theirs).max() <= 1e-12 * max(np.abs(theirs).max(), 1e-3)


def test_the_fused_layer_is_exactly_the_three_plain_layers_in_fractions():
    rng = np.random.default_rng(0)
    layer = ConvPool2D(2, 3, (2, 3))
    layer.params = {name: fractions(rng.integers(-9, 10, v.shape)) / 7 for name, v in layer.params.items()}
    x, delta = (fractions(rng.integers(-9, 10, shape)) / 5 for shape in [(2, 5, 4, 2), (3, 2, 1, 2)])
    mine, theirs = through([layer], x, delta), through(three_layers(layer), x, delta)
    assert all(np.array_equal(a, b) for a, b in zip(mine, theirs, strict=True))
    assert all(isinstance(entry, Fraction | int) for value in mine for entry in value.flat)


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("pool_activation", ["same", None])
def test_the_fused_network_is_the_same_function_with_the_same_gradients(activation, pool_activation):
    plain, fused = (
        helpers.lenet((3, 4), activation, "mean", pool_activation, seed=3, dtype=np.float64, fused=fused)
        for fused in (False, True)
    )
    for a, b in zip(parameters(plain).values(), parameters(fused).values(), strict=True):
        assert np.array_equal(a, b)
    x, labels = np.random.default_rng(1).random((1, 28, 28, 3)), [3, 0, 7]
    assert plain.loss(x, labels) == pytest.approx(fused.loss(x, labels), rel=1e-13)
    gradients = [[network.backward(), *network.gradients().values()] for network in (plain, fused)]
    for a, b in zip(*gradients, strict=True):
        assert np.abs(a - b).max() <= 1e-12 * np.abs(a).max()


def test_complex_step_confirms_the_whole_fused_network():
    rng = np.random.default_rng(1)
    network = helpers.lenet((1, 2), fused=True)
    for layer in network.layers:
        layer.params = {name: value + 0.1 * rng.standard_normal(value.shape) for name, value in layer.params.items()}
    images, labels = helpers.load_mnist("test", limit=1)
    report = helpers.check_gradients(network, images + 0.01 * rng.random(images.shape), labels)
    assert len(report.rows) == 1 + 4 + 4 + 2 and report.kinks == 0


def test_the_fused_layer_counts_its_kinks():
    x = np.zeros((1, 3, 3, 1))  # z = 0 in all four places of the one block
    assert ConvPool2D(1, 1, 2).kinks(x) == 4
    assert ConvPool2D(1, 1, 2, "tanh").kinks(x) == 0
    layer = worked_fused()
    z = layer.forward(maps(X))
    layer.kinks(np.zeros((1, 3, 3, 1)))
    assert np.array_equal(matrix(layer.backward(np.full(z.shape, 8))), [[6, 12, 0], [24, 12, 12], [18, 12, -6]])


def test_the_fused_layer_begins_anew_for_another_batch_type_or_image():
    rng, layer = np.random.default_rng(0), ConvPool2D(1, 2, 2)
    for shape, dtype in [((3, 3, 4), float), ((3, 3, 2), float), ((5, 3, 2), np.float32), ((3, 3, 2), complex)]:
        x, delta = rng.standard_normal((1, *shape)).astype(dtype), rng.standard_normal((2, shape[0] // 2, 1, shape[2]))
        again = ConvPool2D(1, 2, 2)
        assert all(
            np.array_equal(a, b) for a, b in zip(*(through([one], x, delta) for one in (layer, again)), strict=True)
        )


def test_the_fused_layer_begins_anew_for_a_kernel_of_another_shape():
    x, layer = maps(X), ConvPool2D(1, 1, 2)
    layer.forward(x)
    layer.params["K"] = np.ones((1, 1, 1, 2))
    with pytest.raises(ValueError, match=r"\(3, 2\)"):  # three rows of windows cannot be halved
        layer.forward(x)
    assert layer.forward(x[:, :2]).tolist() == [[[[(1 + 2 + 2 + 0 + 3 + 1 + 1 + 4) / 4]]]]


def test_the_fused_layer_recovers_where_memory_ran_out(monkeypatch):
    layer, aligned, calls = worked_fused(), helpers._aligned, []
    layer.forward(maps(X))

    def runs_out(*given):
        calls.append(given)
        if len(calls) == 2:
            raise MemoryError
        return aligned(*given)

    monkeypatch.setattr(helpers, "_aligned", runs_out)
    with pytest.raises(MemoryError):
        layer.forward(np.concatenate([maps(X)] * 3, axis=-1))
    assert np.array_equal(matrix(layer.forward(maps(X))), [[14]])


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_a_fused_layer_in_float32_takes_a_delta_in_float64(activation):
    rng = np.random.default_rng(0)
    layer = ConvPool2D(2, 3, (3, 2), activation, rng=rng, dtype=np.float32)
    x, delta = rng.standard_normal((2, 6, 5, 4)).astype(np.float32), rng.standard_normal((3, 2, 2, 4))
    for fused, plain in zip(through([layer], x, delta), through(three_layers(layer), x, delta), strict=True):
        assert fused.dtype == plain.dtype
        assert np.abs(fused - plain).max() < 1e-5 * np.abs(plain).max()


def test_a_copy_of_the_fused_layer_shares_no_memory_with_it():
    layer = worked_fused()
    z = layer.forward(maps(X))
    for copied in (copy.deepcopy, copy.copy):
        copied(layer).forward(maps(-X))
    assert np.array_equal(matrix(layer.backward(np.full(z.shape, 8))), [[6, 12, 0], [24, 12, 12], [18, 12, -6]])
    assert np.array_equal(matrix(layer.forward(maps(X))), [[14]])


def test_a_complex_bias_alone_makes_the_fused_output_complex():
    for name in ("b", "b_pool"):
        layer = worked_fused()
        layer.params[name] = layer.params[name] + 0.5j
        assert layer.forward(maps(X))[0, 0, 0, 0].imag != 0
