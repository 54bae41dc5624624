"""The same training step in other hands: PyTorch, NumPy with im2col in NCHW, NumPy with the loops of the definition.

Every ``*_step(x, labels, maps, pool_activation)`` makes the network of the series with lenet's initial parameters
(ReLU, mean pools with beta and b; f after the pools where ``pool_activation`` is "same") and returns a function that
takes one step of gradient descent, lr 0.01, on the batch x (1, 28, 28, N) and returns the loss J before the step.
"""

import numpy as np

import helpers

LR = 0.01


def our_step(x, labels, maps=(6, 12), pool_activation="same", fused=False):
    """helpers.lenet, plain layers or fused."""
    network = helpers.lenet(maps, pool_activation=pool_activation, fused=fused)
    optimizer = helpers.SGD(lr=LR)

    def step():
        J = network.loss(x, labels)
        network.backward(input_gradient=False)
        optimizer.step(network)
        return float(J)

    return step


def torch_step(x, labels, maps=(6, 12), pool_activation="same", threads=1):
    """PyTorch, eager, in its own layout. Raises ModuleNotFoundError where PyTorch is not installed."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)

    class MeanPool(nn.Module):
        def __init__(self, maps):
            super().__init__()
            self.beta, self.b = nn.Parameter(torch.ones(maps, 1, 1)), nn.Parameter(torch.zeros(maps, 1, 1))

        def forward(self, x):
            return self.beta * nn.functional.avg_pool2d(x, 2) + self.b

    after = [nn.ReLU()] if pool_activation else []
    network = nn.Sequential(
        nn.Conv2d(1, maps[0], 5), nn.ReLU(), MeanPool(maps[0]), *after,
        nn.Conv2d(maps[0], maps[1], 5), nn.ReLU(), MeanPool(maps[1]), *after,
        nn.Flatten(), nn.Linear(maps[1] * 16, 10),
    )  # fmt: skip
    with torch.no_grad():
        for theirs, ours in zip(network.parameters(), _parameters(maps, pool_activation), strict=True):
            theirs.copy_(torch.tensor(ours).reshape(theirs.shape))
    optimizer = torch.optim.SGD(network.parameters(), lr=LR)
    images, classes = torch.tensor(np.moveaxis(x, -1, 0).copy()), torch.tensor(labels)

    def step():
        optimizer.zero_grad()
        J = nn.functional.cross_entropy(network(images), classes)
        J.backward()
        optimizer.step()
        return J.item()

    return step


def im2col_step(x, labels, maps=(6, 12), pool_activation="same"):
    """NumPy with the batch first: all windows copied out as columns, one product an image, slices added going back."""
    return _numpy_step(x, labels, maps, pool_activation, _im2col_forward, _im2col_backward)


def loops_step(x, labels, maps=(6, 12), pool_activation="same"):
    """NumPy with the loops of the definition: over examples, maps, rows and columns, a window at a time."""
    return _numpy_step(x, labels, maps, pool_activation, _loops_forward, _loops_backward)


def _parameters(maps, pool_activation):
    """lenet's initial parameters in the order K, b, beta, b, K, b, beta, b, W, b."""
    layers = helpers.lenet(maps, pool_activation=pool_activation).layers
    return [value.copy() for layer in layers for value in layer.params.values()]


def _numpy_step(x, labels, maps, pool_activation, forward, backward):
    parameters = _parameters(maps, pool_activation)
    images = np.moveaxis(x, -1, 0).copy()

    def step():
        """Everything but the two passes of the convolution, which are handed in."""
        K1, b1, beta1, c1, K2, b2, beta2, c2, W, b = parameters
        a, kept = images, []
        for K, bias, beta, c in ((K1, b1, beta1, c1), (K2, b2, beta2, c2)):
            z, columns = forward(a, K, bias)
            relu = np.maximum(z, 0)
            n, o, height, width = z.shape
            pooled = relu.reshape(n, o, height // 2, 2, width // 2, 2).mean(axis=(3, 5))
            above = beta[:, None, None] * pooled + c[:, None, None]
            kept.append((a.shape, columns, z, pooled, above))
            a = np.maximum(above, 0) if pool_activation else above
        flat = a.reshape(len(a), -1)
        scores = flat @ W.T + b
        p = np.exp(scores - scores.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        rows = np.arange(len(labels))
        J = -np.log(p[rows, labels]).mean()
        p[rows, labels] -= 1
        delta = p / len(labels)
        gradients = [delta.T @ flat, delta.sum(axis=0)]
        g = (delta @ W).reshape(a.shape)
        for (shape, columns, z, pooled, above), K, beta in reversed(
            list(zip(kept, (K1, K2), (beta1, beta2), strict=True))
        ):
            g = g * (above > 0) if pool_activation else g
            pool = [(g * pooled).sum(axis=(0, 2, 3)), g.sum(axis=(0, 2, 3))]
            delta = (beta[:, None, None] * g / 4).repeat(2, axis=2).repeat(2, axis=3) * (z > 0)
            dK, g = backward(delta, K, columns, shape, input_gradient=shape[1] > 1)
            gradients = [dK, delta.sum(axis=(0, 2, 3)), *pool, *gradients]
        for value, gradient in zip(parameters, gradients, strict=True):
            value -= LR * gradient
        return float(J)

    return step


def _im2col_forward(x, K, b):
    n, c, height, width = x.shape
    o, _, kh, kw = K.shape
    windows = np.lib.stride_tricks.sliding_window_view(x, (kh, kw), axis=(2, 3))  # (N, C, Hz, Wz, kh, kw)
    columns = windows.transpose(0, 1, 4, 5, 2, 3).reshape(n, c * kh * kw, -1)
    z = (K.reshape(o, -1) @ columns).reshape(n, o, height - kh + 1, width - kw + 1)
    return z + b[:, None, None], columns


def _im2col_backward(delta, K, columns, shape, input_gradient):
    (o, c, kh, kw), (n, _, height, width) = K.shape, delta.shape
    flat = delta.reshape(n, o, -1)
    dK = (flat @ columns.transpose(0, 2, 1)).sum(axis=0).reshape(K.shape)
    if not input_gradient:
        return dK, None
    products = (K.reshape(o, -1).T @ flat).reshape(n, c, kh, kw, height, width)
    dx = np.zeros(shape, delta.dtype)
    for u in range(kh):
        for v in range(kw):
            dx[:, :, u : u + height, v : v + width] += products[:, :, u, v]
    return dK, dx


def _loops_forward(x, K, b):
    (o, _, kh, kw), (n, _, height, width) = K.shape, x.shape
    z = np.empty((n, o, height - kh + 1, width - kw + 1), x.dtype)
    for t, m, i, j in np.ndindex(z.shape):
        z[t, m, i, j] = (K[m] * x[t, :, i : i + kh, j : j + kw]).sum() + b[m]
    return z, x


def _loops_backward(delta, K, x, shape, input_gradient):
    dK, dx = np.zeros_like(K), np.zeros(shape, delta.dtype)
    kh, kw = K.shape[2:]
    for t, m, i, j in np.ndindex(delta.shape):
        dK[m] += delta[t, m, i, j] * x[t, :, i : i + kh, j : j + kw]
        if input_gradient:
            dx[t, :, i : i + kh, j : j + kw] += delta[t, m, i, j] * K[m]
    return dK, dx
