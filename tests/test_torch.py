"""PyTorch as oracle: every layer, the loss, the whole network and both optimizers agree with it to 1e-10 in float64.

Its batch is the first axis and ours the last: ``batch_first`` and ``batch_last`` move it. Where PyTorch is absent the
tests are skipped; .ci/run installs it and asks every one of them.
"""

import itertools

import numpy as np
import pytest

from helpers import (
    SGD,
    Adam,
    Conv2D,
    ConvPool2D,
    Dense,
    Flatten,
    MaxPool2D,
    MeanPool2D,
    ReLU,
    Sigmoid,
    SoftmaxCrossEntropy,
    Tanh,
    lenet,
)

torch = pytest.importorskip("torch", reason="PyTorch, an oracle only, is not installed; .ci/run installs and asks it")
F = torch.nn.functional
pytestmark = pytest.mark.torch
TOLERANCE = 1e-10


def batch_first(x):
    """Our array as a tensor that collects its gradient: (..., N) -> (N, ...)."""
    return torch.tensor(np.ascontiguousarray(np.moveaxis(x, -1, 0)), requires_grad=True)


def batch_last(tensor):
    return np.moveaxis(tensor.detach().numpy(), 0, -1)


def agree(ours, theirs, what):
    """Equal shapes, and a difference of at most 1e-10 of the largest entry."""
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape, what
    assert np.abs(ours - theirs).max() <= TOLERANCE * max(np.abs(theirs).max(), 1e-30), what


def leaves(params):
    """The parameters as tensors that collect their gradients."""
    return {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}


def compare(layer, reference, x, seed=1):
    """Output, dx and every parameter's gradient of a layer against reference(x, params), for a random g."""
    rng = np.random.default_rng(seed)
    layer.params = {name: rng.standard_normal(value.shape) for name, value in layer.params.items()}
    x_theirs, params = batch_first(x), leaves(layer.params)
    output, theirs = layer.forward(x), reference(x_theirs, params)
    agree(output, batch_last(theirs), f"{layer}: output")
    g = rng.standard_normal(output.shape)
    dx = layer.backward(g)
    theirs.backward(batch_first(g))
    agree(dx, batch_last(x_theirs.grad), f"{layer}: dx")
    assert layer.grads.keys() == params.keys()
    for name, tensor in params.items():
        agree(layer.grads[name], tensor.grad.numpy(), f"{layer}: d{name}")


def normal(*shape):
    return np.random.default_rng(sum(shape)).standard_normal(shape)


def per_map(parameter):
    return parameter[None, :, None, None]


# --- every layer -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(1, 6))
def test_dense_agrees(n):
    for n_in, n_out in [(1, 1), (3, 2), (2, 5), (48, 10)]:
        compare(Dense(n_in, n_out), lambda x, p: F.linear(x, p["W"], p["b"]), normal(n_in, n))


@pytest.mark.parametrize("shape", [(7, 3), (2, 3, 4, 5), (1, 1)])
@pytest.mark.parametrize(("kind", "name"), [(Sigmoid, "sigmoid"), (Tanh, "tanh"), (ReLU, "relu")])
def test_activations_agree(kind, name, shape):
    compare(kind(), lambda x, p: getattr(torch, name)(x), 3 * normal(*shape))


def test_relu_takes_the_slope_0_at_zeros_as_pytorch():
    compare(ReLU(), lambda x, p: torch.relu(x), np.array([[0.0, -0.0, 1.0, -1.0]]))


@pytest.mark.parametrize("stride", [1, 2, 3])
@pytest.mark.parametrize("padding", [0, 1, 2])
@pytest.mark.parametrize("size", [1, 3, (3, 3), (2, 4), (5, 1), (4, 5)], ids=str)
def test_convolution_agrees(size, padding, stride):
    images, maps = [(5, 7), (8, 6), (9, 9)], [(1, 1), (2, 3), (3, 1)]
    for (n, (height, width)), (c_in, c_out) in itertools.product(zip((1, 2, 5), images, strict=True), maps):
        compare(
            Conv2D(c_in, c_out, size, stride, padding),
            lambda x, p: F.conv2d(x, p["K"], p["b"], stride, padding),
            normal(c_in, height, width, n),
        )


@pytest.mark.parametrize("n", [3, 4])
def test_convolution_agrees_where_the_kernel_is_the_image(n):
    compare(Conv2D(2, 4, (3, 6)), lambda x, p: F.conv2d(x, p["K"], p["b"]), normal(2, 3, 6, n))


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_mean_pooling_agrees_with_and_without_beta_and_b(size):
    for n, maps in [(1, 1), (2, 3), (5, 2)]:
        x = normal(maps, 2 * size, 3 * size, n)
        compare(MeanPool2D(size), lambda x, p: F.avg_pool2d(x, size), x)
        compare(
            MeanPool2D(size, maps=maps), lambda x, p: per_map(p["beta"]) * F.avg_pool2d(x, size) + per_map(p["b"]), x
        )


@pytest.mark.parametrize("stride", [None, 1, 2, 3])
@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_max_pooling_agrees_with_overlaps_floors_and_ties(size, stride):
    for n, (height, width), maps in [(1, (4, 4), 1), (3, (5, 8), 2), (5, (9, 7), 3)]:
        x = normal(maps, height, width, n)
        for values in (x, np.round(x), np.zeros_like(x)):
            compare(MaxPool2D(size, stride), lambda x, p: F.max_pool2d(x, size, stride), values)


@pytest.mark.parametrize("size", [1, 2, (3, 2), 5], ids=str)
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_convolution_activation_and_pool_in_one_agree(activation, size):
    def reference(x, p):
        a = getattr(torch, activation)(F.conv2d(x, p["K"], p["b"]))
        return per_map(p["beta"]) * F.avg_pool2d(a, 2) + per_map(p["b_pool"])

    kh, kw = size if isinstance(size, tuple) else (size, size)
    for n, maps in [(1, (1, 1)), (4, (2, 3))]:
        compare(ConvPool2D(*maps, size, activation), reference, normal(maps[0], 3 + kh, 5 + kw, n))


def test_ties_are_ties_in_the_test_above():
    assert MaxPool2D(2, 1).kinks(np.round(normal(3, 9, 7, 5))) > 100


@pytest.mark.parametrize("n", [1, 2, 5])
def test_flatten_agrees(n):
    compare(Flatten(), lambda x, p: torch.flatten(x, 1), normal(2, 3, 4, n))


@pytest.mark.parametrize("scale", [1, 30, 1000])
@pytest.mark.parametrize(("classes", "n"), [(1, 2), (2, 1), (3, 4), (10, 5)])
def test_softmax_cross_entropy_agrees(classes, n, scale):
    head, z, labels = SoftmaxCrossEntropy(), scale * normal(classes, n), np.arange(n) % classes
    theirs = batch_first(z)
    J = F.cross_entropy(theirs, torch.tensor(labels))
    J.backward()
    agree(head.forward(z, labels), J.detach().numpy(), "J")
    agree(head.backward(), batch_last(theirs.grad), "delta")


# --- the whole network -----------------------------------------------------------------------------------------------

FUNCTIONS = {
    "Conv2D": lambda x, p: F.conv2d(x, p["K"], p["b"]),
    "MeanPool2D": lambda x, p: per_map(p["beta"]) * F.avg_pool2d(x, 2) + per_map(p["b"]),
    "MaxPool2D": lambda x, p: F.max_pool2d(x, 2),
    "Flatten": lambda x, p: torch.flatten(x, 1),
    "Dense": lambda x, p: F.linear(x, p["W"], p["b"]),
    "ReLU": lambda x, p: torch.relu(x),
    "Sigmoid": lambda x, p: torch.sigmoid(x),
    "Tanh": lambda x, p: torch.tanh(x),
}


def architecture(activation, pool, pool_activation):
    """The layers of the source material's network, written down here once more: conv - f - pool - f, twice."""
    half = ["Conv2D", activation, pool, activation] if pool_activation else ["Conv2D", activation, pool]
    return [*half, *half, "Flatten", "Dense"]


class Twin:
    """The same network in PyTorch: the functions of ``names`` one after the other, with our parameters."""

    def __init__(self, network, names):
        self.names, self.params = names, [leaves(layer.params) for layer in network.layers]
        assert len(names) == len(self.params)

    def scores(self, x):
        for name, params in zip(self.names, self.params, strict=True):
            x = FUNCTIONS[name](x, params)
        return x

    def tensors(self):
        return {(i, name): tensor for i, params in enumerate(self.params) for name, tensor in params.items()}


def randomised(network):
    """All parameters drawn anew in float64: biases off 0 and beta off 1, so that each of them shows."""
    rng = np.random.default_rng(5)
    for layer in network.layers:
        layer.params = {k: v + 0.1 * rng.standard_normal(v.shape) for k, v in layer.params.items()}
    return network


@pytest.mark.parametrize("pool_activation", ["same", None])
@pytest.mark.parametrize("pool", ["mean", "max"])
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_the_whole_network_agrees_in_scores_loss_and_every_gradient(activation, pool, pool_activation):
    network = randomised(lenet((3, 4), activation, pool, pool_activation, dtype=np.float64))
    kinds = {"relu": "ReLU", "sigmoid": "Sigmoid", "tanh": "Tanh", "mean": "MeanPool2D", "max": "MaxPool2D"}
    twin = Twin(network, architecture(kinds[activation], kinds[pool], pool_activation))
    x, labels = normal(1, 28, 28, 5), np.array([3, 0, 9, 3, 7])
    x_theirs = batch_first(x)
    scores = twin.scores(x_theirs)
    loss = F.cross_entropy(scores, torch.tensor(labels))
    loss.backward()
    agree(network.forward(x), batch_last(scores), "scores")
    agree(network.predict(x), scores.argmax(dim=1).numpy(), "predictions")
    agree(network.loss(x, labels), loss.detach().numpy(), "J")
    agree(network.backward(), batch_last(x_theirs.grad), "dx")
    gradients, tensors = network.gradients(), twin.tensors()
    assert gradients.keys() == tensors.keys()
    assert len(tensors) == (10 if pool == "mean" else 6)
    for key, tensor in tensors.items():
        agree(gradients[key], tensor.grad.numpy(), key)


# --- optimizers ------------------------------------------------------------------------------------------------------

OPTIMIZERS = {
    "SGD": (lambda: SGD(0.05), lambda p: torch.optim.SGD(p, lr=0.05)),
    "SGD with momentum": (lambda: SGD(0.05, momentum=0.9), lambda p: torch.optim.SGD(p, lr=0.05, momentum=0.9)),
    "Adam": (lambda: Adam(0.01), lambda p: torch.optim.Adam(p, lr=0.01)),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_five_steps_of_the_optimizer_agree(name):
    network = randomised(lenet((2, 3), "tanh", dtype=np.float64))
    twin = Twin(network, architecture("Tanh", "MeanPool2D", "same"))
    ours, theirs = (
        make(*given) for make, given in zip(OPTIMIZERS[name], ((), (twin.tensors().values(),)), strict=True)
    )
    for step in range(5):
        x, labels = normal(1, 28, 28, 3 + step % 2), (np.arange(3 + step % 2) * 3 + step) % 10
        network.loss(x, labels)
        network.backward()
        ours.step(network)
        theirs.zero_grad()
        F.cross_entropy(twin.scores(batch_first(x)), torch.tensor(labels)).backward()
        theirs.step()
        for (i, key), tensor in twin.tensors().items():
            agree(network.layers[i].params[key], tensor.detach().numpy(), f"step {step}: {i}, {key}")
