"""Measurements in one process: interleaved rounds, medians and ratios; how quiet the machine is; its roofline."""

import os
import platform
import statistics
import time

import numpy as np
import peers

import helpers


def batch(n, seed=0):
    """Random images (1, 28, 28, n) and labels: how long a step takes does not depend on what it sees."""
    rng = np.random.default_rng(seed)
    return rng.random((1, 28, 28, n), dtype=np.float32), rng.integers(0, 10, n)


def interleaved(steps, rounds, seconds=0.02):
    """{name: milliseconds a call in each round}; every round calls each step in turn for about ``seconds``.

    So a change of the machine's speed meets all of them, and ratios within a round are fair.
    """
    repeats = {}
    for name, step in steps.items():
        step()
        repeats[name] = max(1, round(seconds / _seconds(step, 2)))
    times = {name: [] for name in steps}
    for _ in range(rounds):
        for name, step in steps.items():
            times[name].append(1000 * _seconds(step, repeats[name]))
    return times


def _seconds(step, repeats):
    start = time.perf_counter()
    for _ in range(repeats):
        step()
    return (time.perf_counter() - start) / repeats


def summary(times, reference="fused"):
    """Per name the median and the smallest time, and the median of its ratio to ``reference``, round by round."""
    return {
        name: {
            "median": statistics.median(values),
            "min": min(values),
            "ratio": statistics.median(a / b for a, b in zip(values, times[reference], strict=True)),
        }
        for name, values in times.items()
    }


def steps_for(n, maps, pool_activation, threads, names):
    """The training steps of those ``names`` that can run here, all on the same batch."""
    makers = {
        "fused": lambda *given: peers.our_step(*given, fused=True),
        "plain": peers.our_step,
        "im2col, NCHW": peers.im2col_step,
        "PyTorch": lambda *given: peers.torch_step(*given, threads=threads),
        "loops": peers.loops_step,
    }
    steps = {}
    for name in names:
        try:
            steps[name] = makers[name](*batch(n), maps, pool_activation)
        except ModuleNotFoundError:
            if name != "PyTorch":
                raise
    return steps


def sgemm_rate(size=1024, rounds=15):
    """The best rate of a float32 matrix product, in multiplications and additions a second."""
    a = np.random.default_rng(0).random((size, size), dtype=np.float32)
    a @ a
    return 2 * size**3 / min(_seconds(lambda: a @ a, 1) for _ in range(rounds))


def products_of_a_step(n, maps):
    """Multiplications and additions in the formulas of a training step (z, dK, dx; the first layer needs no dx)."""
    first, second = 25 * maps[0] * 24 * 24, 25 * maps[0] * maps[1] * 8 * 8
    return 2 * n * (2 * first + 3 * second + 3 * 10 * 16 * maps[1])


def unrest(rounds=300):
    """How restless the machine is: the 90 % quantile of a small product's time over its minimum; 1 is perfect quiet."""
    a = np.ones((256, 256), np.float32)
    times = sorted(_seconds(lambda: a @ a, 4) for _ in range(rounds))
    return times[rounds * 9 // 10] / times[0]


def grow(rounds):
    """Milliseconds a step of the fused and the plain network as batch, maps or image size grow."""
    sizes = {
        "batch": [(n, (6, 12), 28) for n in (16, 32, 64, 128, 256, 512)],
        "maps": [(64, (m, 2 * m), 28) for m in (4, 6, 8, 16, 32)],
        "image": [(64, (6, 12), side) for side in (20, 28, 36, 44, 52, 60)],
    }
    grown = {}
    for what, cases in sizes.items():
        grown[what] = []
        for n, maps, side in cases:
            steps = {name: network_step(n, maps, side, name == "fused") for name in ("fused", "plain")}
            medians = {name: statistics.median(values) for name, values in interleaved(steps, rounds).items()}
            grown[what].append({"batch": n, "maps": maps, "image": side} | medians)
    return grown


def network_step(n, maps, side, fused):
    """One training step of the network of the series for images of another size."""
    network, after = helpers.lenet(maps, fused=fused), ((side - 4) // 2 - 4) // 2
    network.layers[-1] = helpers.Dense(maps[1] * after**2, 10, dtype=np.float32)
    rng, optimizer = np.random.default_rng(0), helpers.SGD(lr=0.01)
    x, labels = rng.random((1, side, side, n), dtype=np.float32), rng.integers(0, 10, n)

    def step():
        network.loss(x, labels)
        network.backward(input_gradient=False)
        optimizer.step(network)

    return step


def train(seed, fused, epochs=3, limit=None):
    """Full training as in the notebooks: seconds, and test accuracy after each epoch (measured outside the clock)."""
    data, test = helpers.load_mnist("train", limit), helpers.load_mnist("test")
    network = helpers.lenet(seed=seed, fused=fused)
    history = helpers.train(network, data, epochs, seed=seed, quiet=True)
    return {"seed": seed, "seconds": history.seconds, "epochs": epochs, "accuracy": helpers.accuracy(network, test)}


def machine():
    """What was measured on: processor, cores, Python, NumPy and, where threadpoolctl is installed, the BLAS kernels."""
    found = {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "numpy": np.__version__,
        "environment": {k: v for k, v in os.environ.items() if k.startswith(("OPENBLAS_", "OMP_", "MKL_"))},
    }
    try:
        import torch

        found["torch"] = torch.__version__
    except ModuleNotFoundError:
        pass
    try:
        import threadpoolctl

        found["blas"] = [
            {k: pool.get(k) for k in ("internal_api", "version", "architecture", "num_threads")}
            for pool in threadpoolctl.threadpool_info()
        ]
    except ModuleNotFoundError:
        pass
    return found


def _processor():
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.partition(":")[2].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()
