"""Every error of the contract: its type, and a text that says what was given, what was expected and what to do."""

import math

import numpy as np
import pytest
import sympy

import helpers
from helpers import (
    SGD,
    Adam,
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
    accuracy,
    check_gradients,
    convolve2d,
    correlate2d,
    down,
    lenet,
    load_mnist,
    rot180,
    train,
    up,
)

RNG = np.random.default_rng(0)
NAN, INF = float("nan"), float("inf")


def maps(*shape):
    return RNG.standard_normal(shape)


def with_entry(value, *shape):
    """Maps with one entry that is ``value``: the last one."""
    x = maps(*shape)
    x[(-1,) * len(shape)] = value
    return x


def tiny():
    return Network([Flatten(), Dense(4, 3)])


def data(n=4):
    return maps(1, 2, 2, n), np.arange(n) % 3


def after_forward(layer, x):
    layer.forward(x)
    return layer


m, d = sympy.symbols("m d", real=True)
SYMBOLS = np.array([m, d], dtype=object).reshape(1, 1, 2, 1)

WHOLE = "expected a whole number of at least"
SIZES = [0, -2, 1.5, 2.0, "2", None, np.float64(2)]

# name -> (what is called, words that the text must have, in this order: given, expected, what to do)
ERRORS = {
    # operators on matrices
    "correlate2d of a vector": (lambda: correlate2d([1, 2], [[1]]), ["x has shape (2,)", "a matrix", "one map"]),
    "correlate2d by maps": (lambda: correlate2d([[1]], maps(1, 2, 2)), ["k has shape (1, 2, 2)", "a matrix"]),
    "correlate2d of nothing": (lambda: correlate2d(np.zeros((0, 3)), [[1]]), ["(0, 3)", "not empty"]),
    "correlate2d, kernel larger": (
        lambda: correlate2d(maps(2, 5), maps(3, 1)),
        ["kernel (3, 1)", "larger than x (2, 5)", "pass a smaller kernel, or mode='full'"],
    ),
    "convolve2d, kernel larger": (lambda: convolve2d(maps(5, 2), maps(1, 3)), ["(1, 3)", "(5, 2)", "mode='full'"]),
    "correlate2d, mode": (
        lambda: correlate2d([[1]], [[1]], "vaild"),
        ["mode is 'vaild'", "expected one of 'valid', 'same', 'full'"],
    ),
    "convolve2d, mode": (lambda: convolve2d([[1]], [[1]], "SAME"), ["'SAME'", "'valid', 'same', 'full'"]),
    "convolve2d of a vector": (lambda: convolve2d([1, 2], [[1]]), ["x has shape (2,)", "a matrix"]),
    "convolve2d same of a vector": (lambda: convolve2d([1, 2], [[1]], "same"), ["x has shape (2,)", "a matrix"]),
    "convolve2d same by a vector": (lambda: convolve2d([[1]], [1, 2], "same"), ["k has shape (2,)", "a matrix"]),
    "rot180 of maps": (lambda: rot180(maps(2, 3, 3)), ["k has shape (2, 3, 3)", "a matrix", "one map"]),
    "down that does not divide": (
        lambda: down(maps(4, 6), 4),
        ["down", "size 4 does not divide", "(4, 6)", "crop or pad"],
    ),
    "down of a vector": (lambda: down([1, 2]), ["a has shape (2,)", "a matrix"]),
    "down by 0": (lambda: down([[1]], 0), ["size is 0", f"{WHOLE} 1"]),
    "up of maps": (lambda: up(maps(1, 2, 2)), ["delta has shape (1, 2, 2)", "a matrix"]),
    "up by -1": (lambda: up([[1]], -1), ["size is -1", f"{WHOLE} 1"]),
    "up by 1.5": (lambda: up([[1]], 1.5), ["size is 1.5", f"{WHOLE} 1"]),
    # shapes
    "Dense with the batch first": (
        lambda: Dense(4, 3).forward(maps(7, 4)),
        ["Dense(n_in=4, n_out=3) got x of shape (7, 4)", "expected vectors (4, N)", "np.moveaxis(x, 0, -1)", "(4, 7)"],
    ),
    "Dense of one vector": (lambda: Dense(4, 3).forward(maps(4)), ["(4,)", "(4, N)"]),
    "Dense of maps": (lambda: Dense(4, 3).forward(maps(1, 2, 2, 5)), ["(1, 2, 2, 5)", "(4, N)"]),
    "Conv2D with the batch first": (
        lambda: Conv2D(1, 2, 3).forward(maps(5, 1, 8, 8)),
        ["Conv2D(", "got x of shape (5, 1, 8, 8)", "(1, H, W, N)", "np.moveaxis(x, 0, -1)", "(1, 8, 8, 5)"],
    ),
    "Conv2D, channels": (lambda: Conv2D(3, 2, 3).forward(maps(2, 8, 8, 5)), ["(2, 8, 8, 5)", "(3, H, W, N)"]),
    "Conv2D of an image": (lambda: Conv2D(1, 2, 3).forward(maps(8, 8)), ["(8, 8)", "(1, H, W, N)"]),
    "Conv2D, kernel higher": (lambda: Conv2D(1, 1, (5, 2)).forward(maps(1, 4, 4, 1)), ["(1, 4, 4, 1)", "H >= 5"]),
    "Conv2D, kernel wider": (lambda: Conv2D(1, 1, (2, 5)).forward(maps(1, 4, 4, 1)), ["(1, 4, 4, 1)", "W >= 5"]),
    "Conv2D, kernel larger than padded": (
        lambda: Conv2D(1, 1, 7, padding=1).forward(maps(1, 4, 4, 1)),
        ["(1, 4, 4, 1)", "H >= 5 and W >= 5"],
    ),
    "MeanPool2D, maps": (lambda: MeanPool2D(2, maps=3).forward(maps(2, 4, 4, 1)), ["(2, 4, 4, 1)", "(3, H, W, N)"]),
    "MeanPool2D of an image": (lambda: MeanPool2D(2).forward(maps(4, 4)), ["(4, 4)", "(C, H, W, N)"]),
    "MeanPool2D that does not divide": (
        lambda: MeanPool2D(2).forward(maps(1, 4, 5, 1)),
        ["MeanPool2D(", "size 2 does not divide", "(4, 5)", "crop or pad"],
    ),
    "ConvPool2D that does not divide": (
        lambda: ConvPool2D(1, 2, 3).forward(maps(1, 5, 6, 1)),
        ["ConvPool2D(", "size 2 does not divide", "(3, 4)", "crop or pad"],
    ),
    "ConvPool2D, channels": (lambda: ConvPool2D(3, 2, 3).forward(maps(2, 8, 8, 5)), ["(2, 8, 8, 5)", "(3, H, W, N)"]),
    "ConvPool2D, kernel larger": (lambda: ConvPool2D(1, 2, 5).forward(maps(1, 4, 4, 1)), ["(1, 4, 4, 1)", "H >= 5"]),
    "g of ConvPool2D": (
        lambda: after_forward(ConvPool2D(1, 2, 3), maps(1, 4, 4, 2)).backward(maps(2, 2, 2, 2)),
        ["(2, 2, 2, 2)", "(2, 1, 1, 2)"],
    ),
    "ConvPool2D, activation": (
        lambda: ConvPool2D(1, 1, 3, "gelu"),
        ["activation is 'gelu'", "'relu', 'sigmoid', 'tanh'"],
    ),
    "a fused network with max pools": (
        lambda: lenet(pool="max", fused=True),
        ["pool='max'", "fused=True", "mean pools only", "leave one"],
    ),
    "a fused network of an odd image": (
        lambda: lenet(fused=True).forward(maps(1, 29, 28, 1)),
        ["ConvPool2D(", "(25, 24)", "crop or pad"],
    ),
    "MaxPool2D of an image": (lambda: MaxPool2D(2).forward(maps(4, 4)), ["(4, 4)", "(C, H, W, N)"]),
    "MaxPool2D larger than the maps": (
        lambda: MaxPool2D(3).forward(maps(1, 5, 2, 1)),
        ["(1, 5, 2, 1)", "H and W at least 3"],
    ),
    "Flatten of vectors": (lambda: Flatten().forward(maps(4, 2)), ["(4, 2)", "(C, H, W, N)"]),
    "an activation of one number": (lambda: ReLU().forward(3.0), ["()", "last axis is the batch"]),
    "softmax of a vector": (lambda: SoftmaxCrossEntropy().forward(maps(3), [0]), ["(3,)", "(classes, N)"]),
    "softmax of nothing": (lambda: SoftmaxCrossEntropy().forward(np.zeros((3, 0)), []), ["(3, 0)", "not empty"]),
    "a network with the batch first": (
        lambda: lenet().forward(maps(6, 1, 28, 28)),
        ["got x of shape (6, 1, 28, 28)", "(1, H, W, N)", "(1, 28, 28, 6)"],
    ),
    "a network of another image size": (lambda: lenet().forward(maps(1, 32, 32, 1)), ["(300, 1)", "(192, N)"]),
    # empty batches
    "Conv2D of nobody": (lambda: Conv2D(1, 2, 3).forward(np.zeros((1, 8, 8, 0))), ["(1, 8, 8, 0)", "at least one"]),
    "Dense of nobody": (lambda: Dense(2, 1).forward(np.zeros((2, 0))), ["(2, 0)", "batch is empty", "at least one"]),
    "ReLU of nobody": (lambda: ReLU().forward([]), ["(0,)", "batch is empty", "at least one"]),
    "training on nobody": (lambda: train(tiny(), (np.zeros((1, 2, 2, 0)), np.zeros(0, int))), ["(1, 2, 2, 0)", "(0,)"]),
    "accuracy on nobody": (lambda: accuracy(tiny(), (np.zeros((1, 2, 2, 0)), [])), ["(1, 2, 2, 0)", "(0,)"]),
    # labels
    "a label too large": (
        lambda: SoftmaxCrossEntropy().forward(maps(3, 2), [1, 3]),
        ["from 1 to 3", "expected 0 to 2", "a row of z for each class", "count classes from 0"],
    ),
    "a negative label": (lambda: SoftmaxCrossEntropy().forward(maps(3, 2), [-1, 2]), ["from -1 to 2", "0 to 2"]),
    "labels that are not whole": (
        lambda: SoftmaxCrossEntropy().forward(maps(3, 2), [0.0, 1.0]),
        ["float64", "whole numbers"],
    ),
    "labels that are truth values": (
        lambda: SoftmaxCrossEntropy().forward(maps(3, 2), [True, False]),
        ["bool", "whole numbers"],
    ),
    "one-hot labels": (
        lambda: SoftmaxCrossEntropy().forward(maps(3, 2), np.eye(3, dtype=int)[:, :2]),
        ["(3, 2)", "expected (2,)", "np.argmax(Y, axis=0)"],
    ),
    "too few labels": (lambda: SoftmaxCrossEntropy().forward(maps(3, 2), [0]), ["(1,)", "expected (2,)"]),
    "one label for all": (lambda: SoftmaxCrossEntropy().forward(maps(3, 2), 0), ["()", "expected (2,)"]),
    "a network's label too large": (lambda: tiny().loss(maps(1, 2, 2, 2), [0, 7]), ["from 0 to 7", "0 to 2"]),
    # sequence of calls
    "a layer's backward first": (lambda: Dense(2, 1).backward([[1]]), ["Dense(", "call forward(x) before backward(g)"]),
    "softmax's backward first": (lambda: SoftmaxCrossEntropy().backward(), ["call forward(z, labels) first"]),
    "a network's backward first": (lambda: tiny().backward(), ["call loss(x, labels) just before"]),
    "an update first": (lambda: SGD(0.1).step(tiny()), ["no gradients yet", "call loss(x, labels) and backward()"]),
    "g of one axis": (
        lambda: after_forward(Dense(2, 3), maps(2, 4)).backward(maps(3)),
        ["got g of shape (3,)", "expected (3, 4)", "the shape of the output"],
    ),
    "g of the input's shape": (
        lambda: after_forward(MaxPool2D(2), maps(1, 4, 4, 2)).backward(maps(1, 4, 4, 2)),
        ["(1, 4, 4, 2)", "(1, 2, 2, 2)"],
    ),
    "g that would broadcast": (
        lambda: after_forward(ReLU(), maps(3, 4)).backward(maps(3, 1)),
        ["(3, 1)", "expected (3, 4)"],
    ),
    "g of Conv2D": (
        lambda: after_forward(Conv2D(1, 2, 3), maps(1, 5, 5, 2)).backward(maps(2, 3, 3)),
        ["(2, 3, 3)", "(2, 3, 3, 2)"],
    ),
    "g of Flatten": (
        lambda: after_forward(Flatten(), maps(1, 2, 2, 2)).backward(maps(1, 2, 2, 2)),
        ["(1, 2, 2, 2)", "(4, 2)"],
    ),
    # names and numbers
    "a kernel with three sides": (lambda: Conv2D(1, 1, (3, 3, 3)), ["Conv2D, size is (3, 3, 3)", "expected"]),
    "negative padding": (lambda: Conv2D(1, 1, 3, padding=-1), ["padding is -1", f"{WHOLE} 0"]),
    "padding 0.5": (lambda: Conv2D(1, 1, 3, padding=0.5), ["padding is 0.5", f"{WHOLE} 0"]),
    "an unknown activation": (lambda: lenet(activation="gelu"), ["activation is 'gelu'", "'relu', 'sigmoid', 'tanh'"]),
    "an unknown pool": (lambda: lenet(pool="min"), ["pool is 'min'", "'mean', 'max'"]),
    "an unknown activation after the pools": (
        lambda: lenet(pool_activation="all"),
        ["pool_activation is 'all'", "'relu', 'sigmoid', 'tanh', None"],
    ),
    "three numbers of maps": (lambda: lenet(maps=(6, 12, 24)), ["maps is (6, 12, 24)", "two numbers", "(6, 12)"]),
    "one number of maps": (lambda: lenet(maps=6), ["maps is 6", "two numbers", "(6, 12)"]),
    "no maps": (lambda: lenet(maps=(0, 12)), ["is 0", f"{WHOLE} 1"]),
    "a network without layers": (lambda: Network([]), ["no layers", "at least one", "Network([Dense(2, 3)])"]),
    "an unknown split": (lambda: load_mnist("validation"), ["split is 'validation'", "'train', 'test'"]),
    "limit 0": (lambda: load_mnist("test", limit=0), ["limit is 0", "a whole number from 1 to 10000"]),
    "limit 1.5": (lambda: load_mnist("test", limit=1.5), ["limit is 1.5", "a whole number from 1 to 10000"]),
    "a limit too large": (lambda: load_mnist("test", limit=10001), ["10001", "from 1 to 10000, the size of 'test'"]),
    "an unknown method": (
        lambda: check_gradients(ReLU(), [1.0], method="forward"),
        ["method is 'forward'", "'complex step', 'central differences'"],
    ),
    "labels for a layer": (lambda: check_gradients(ReLU(), [1.0], labels=[0]), ["ReLU", "leave labels out"]),
    "no labels for a network": (lambda: check_gradients(tiny(), maps(1, 2, 2, 1)), ["Network", "pass labels"]),
    "no labels for softmax": (lambda: check_gradients(SoftmaxCrossEntropy(), maps(2, 1)), ["Softmax", "pass labels"]),
    # training
    "data with the batch first": (
        lambda: train(tiny(), (maps(5, 1, 2, 2), np.zeros(5, int))),
        ["(5, 1, 2, 2)", "(5,)", "expected (C, H, W, N) and (N,)", "np.moveaxis(x, 0, -1)", "(1, 2, 2, 5)"],
    ),
    "accuracy with the batch first": (
        lambda: accuracy(tiny(), (maps(5, 1, 2, 2), np.zeros(5, int))),
        ["(5, 1, 2, 2)", "(5,)", "expected (C, H, W, N) and (N,)"],
    ),
    "one-hot data": (lambda: train(tiny(), (maps(1, 2, 2, 3), np.eye(3, dtype=int))), ["(3, 3)", "(N,)"]),
    "too few labels in the data": (lambda: train(tiny(), (data()[0], [0, 1])), ["(1, 2, 2, 4)", "(2,)"]),
    "no epochs": (lambda: train(tiny(), data(), epochs=0), ["epochs is 0", f"{WHOLE} 1"]),
    "half an epoch": (lambda: train(tiny(), data(), epochs=0.5), ["epochs is 0.5", f"{WHOLE} 1"]),
    "batches of none": (lambda: train(tiny(), data(), batch_size=0), ["batch_size is 0", f"{WHOLE} 1"]),
    "accuracy in batches of none": (lambda: accuracy(tiny(), data(), 0), ["batch_size is 0", f"{WHOLE} 1"]),
    "training labels too large": (
        lambda: train(tiny(), (data()[0], [0, 1, 2, 3]), quiet=True),
        ["to 3", "expected 0 to 2"],
    ),
    # an order that symbols leave open
    "ReLU of a symbol": (
        lambda: ReLU().forward(SYMBOLS),
        ["need an order among symbols", "give them assumptions", "m + d"],
    ),
    "MaxPool2D of symbols": (
        lambda: MaxPool2D(2).forward(np.repeat(SYMBOLS, 2, axis=1)),
        ["need an order among symbols", "m + d"],
    ),
}
ERRORS |= {
    f"{kind.__name__} with {name} {size!r}": (
        lambda kind=kind, settings=settings, name=name, size=size: kind(**settings | {name: size}),
        [f"{kind.__name__}, {name} is {size!r}", f"{WHOLE} 1"],
    )
    for kind, settings in [
        (Dense, {"n_in": 2, "n_out": 2}),
        (Conv2D, {"c_in": 1, "c_out": 1, "size": 3, "stride": 1}),
        (ConvPool2D, {"c_in": 1, "c_out": 1, "size": 3}),
        (MeanPool2D, {"size": 2, "maps": 1}),
        (MaxPool2D, {"size": 2, "stride": 1}),
    ]
    for name in settings
    for size in SIZES
    if not (size is None and name in ("maps", "stride") and kind in (MeanPool2D, MaxPool2D))  # None has a meaning there
}
ERRORS |= {
    f"{optimizer.__name__} with lr {lr!r}": (
        lambda optimizer=optimizer, lr=lr: optimizer(lr),
        [f"lr is {lr!r}", "a positive number", "0.01"],
    )
    for optimizer in (SGD, Adam)
    for lr in (0, -0.1, NAN, INF, None, "fast")
}
ERRORS |= {
    f"momentum {momentum!r}": (
        lambda momentum=momentum: SGD(0.1, momentum),
        [f"momentum is {momentum!r}", "a number from 0 to below 1"],
    )
    for momentum in (-0.1, 1, 1.5, NAN, None)
}
INPUTS = {
    Dense: (lambda: Dense(2, 3), (2, 4)),
    Sigmoid: (Sigmoid, (2, 4)),
    Tanh: (Tanh, (2, 4)),
    ReLU: (ReLU, (2, 4)),
    Conv2D: (lambda: Conv2D(1, 2, 3), (1, 4, 4, 2)),
    MeanPool2D: (lambda: MeanPool2D(2, maps=1), (1, 4, 4, 2)),
    MaxPool2D: (lambda: MaxPool2D(2), (1, 4, 4, 2)),
    Flatten: (Flatten, (1, 4, 4, 2)),
    ConvPool2D: (lambda: ConvPool2D(1, 2, 3), (1, 4, 4, 2)),
}
ERRORS |= {
    f"{kind.__name__} of {value}": (
        lambda make=make, value=value, shape=shape: make().forward(with_entry(value, *shape)),
        [kind.__name__, "x has 1 entries that are NaN or infinite", str([n - 1 for n in shape]), "learning rate"],
    )
    for kind, (make, shape) in INPUTS.items()
    for value in (NAN, INF, -INF)
}
ERRORS |= {
    "softmax of NaN": (
        lambda: SoftmaxCrossEntropy().forward(with_entry(NAN, 3, 2), [0, 1]),
        ["SoftmaxCrossEntropy: z has 1 entries", "[2, 1]", "learning rate"],
    ),
    "both infinities": (lambda: ReLU().forward([[1.0, INF, -INF]]), ["x has 2 entries", "[0, 1]"]),
    "NaN among fractions": (lambda: ReLU().forward(np.array([[1, NAN]], dtype=object)), ["1 entries", "[0, 1]"]),
    "infinity among fractions": (lambda: Dense(1, 1).forward(np.array([[INF]], dtype=object)), ["1 entries", "[0, 0]"]),
    "a complex NaN": (lambda: Tanh().forward(np.array([1, complex(1, NAN)])), ["1 entries", "[1]"]),
    "training on NaN": (
        lambda: train(tiny(), (with_entry(NAN, 1, 2, 2, 4), [0, 1, 2, 0]), quiet=True),
        ["Flatten()", "NaN", "Clean the data"],
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_the_error_says_what_was_given_what_was_expected_and_what_to_do(name):
    call, words = ERRORS[name]
    with pytest.raises(ValueError) as caught:
        call()
    text, place = str(caught.value), 0
    for word in words:
        assert word in text[place:], f"{word!r} is missing, or not in this order, in: {text}"
        place = text.index(word, place)


def test_large_finite_numbers_are_no_error():
    x = np.full((2, 4), 3e38, np.float32)  # their sum overflows
    np.testing.assert_array_equal(ReLU().forward(x), x)


def test_a_diverging_training_names_the_learning_rate():
    network = Network([Dense(1, 2), Dense(2, 2), Dense(2, 2)])
    x = 1e30 * np.array([[0.5, -1.0, 2.0, 1.5, -0.25, 3.0, -2.0, 1.0]])
    with np.errstate(all="ignore"), pytest.raises(ValueError, match="the learning rate is too large"):
        train(network, (x, np.arange(8) % 2), 50, 2, SGD(1e30), schedule=None, quiet=True)


# --- after an error the object still works ---------------------------------------------------------------------------

W, X, G = np.array([[2.0, 3.0]]), np.array([[1.0], [5.0]]), np.array([[1.0]])


def dense():
    layer = Dense(2, 1)
    layer.params["W"] = W
    return layer


@pytest.mark.parametrize(
    "wrong", [maps(3, 1), maps(2), np.zeros((2, 0)), [[NAN], [1.0]], maps(2, 2, 2, 2)], ids=lambda x: str(np.shape(x))
)
def test_a_layer_works_after_a_wrong_input_and_remembers_the_right_one(wrong):
    layer = dense()
    assert layer.forward(X).tolist() == [[17]]
    with pytest.raises(ValueError):
        layer.forward(wrong)
    assert layer.backward(G).tolist() == [[2], [3]]
    assert layer.grads["W"].tolist() == [[1, 5]]
    assert layer.forward(X).tolist() == [[17]]


def test_a_layer_works_after_a_wrong_g():
    layer = dense()
    layer.forward(X)
    layer.backward(G)
    with pytest.raises(ValueError):
        layer.backward(maps(1, 2))
    assert layer.grads["W"].tolist() == [[1, 5]]
    assert layer.backward(2 * G).tolist() == [[4], [6]]


@pytest.mark.parametrize(
    "name", ["Conv2D", "ConvPool2D", "MeanPool2D", "MaxPool2D", "Flatten", "Sigmoid", "Tanh", "ReLU"]
)
def test_every_layer_gives_the_same_gradients_after_an_error(name):
    make, shape = INPUTS[getattr(helpers, name)]
    layer, x = make(), maps(*shape)
    g = maps(*layer.forward(x).shape)
    before = layer.backward(g)
    with pytest.raises(ValueError):
        layer.forward(with_entry(NAN, *shape))
    with pytest.raises(ValueError):
        layer.backward(maps(2, 2, 2))
    np.testing.assert_array_equal(layer.backward(g), before)


def test_softmax_works_after_wrong_labels():
    head = SoftmaxCrossEntropy()
    assert head.forward(np.zeros((2, 1)), [0]) == pytest.approx(math.log(2))
    for labels in ([2], [-1], [0.5], [0, 1], [[1]]):
        with pytest.raises(ValueError):
            head.forward(np.ones((2, 1)), labels)
    assert head.backward().tolist() == [[-0.5], [0.5]]


def test_a_network_works_after_an_error_but_asks_for_the_loss_again():
    network, (x, labels) = tiny(), data()
    J = network.loss(x, labels)
    with pytest.raises(ValueError):
        network.loss(x, labels + 1)
    with pytest.raises(ValueError, match="call loss"):
        network.backward()
    assert network.loss(x, labels) == J
    assert network.backward().shape == x.shape


def test_a_network_and_its_optimizer_work_after_a_failed_training():
    network, optimizer, (x, labels) = tiny(), Adam(0.05), data()
    with pytest.raises(ValueError):
        train(network, (x, labels + 1), optimizer=optimizer, quiet=True)
    history = train(network, (x, labels), 100, optimizer=optimizer, quiet=True)
    assert optimizer.lr == 0.05
    assert history.losses[-1] < 0.5 * history.losses[0]


def test_a_failed_check_leaves_parameters_and_gradients_alone():
    layer = dense()
    layer.forward(X)
    layer.backward(G)
    with pytest.raises(ValueError):
        check_gradients(layer, maps(3, 1))
    assert layer.params["W"] is W
    assert layer.grads["W"].tolist() == [[1, 5]]
