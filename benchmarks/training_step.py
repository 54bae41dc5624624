"""How long one training step takes, against PyTorch in the same run.

python benchmarks/training_step.py [--batch 64] [--maps 6 12] [--rounds 60] [--threads 1 2]

The step: forward pass, loss, backward pass and a step of gradient descent, float32, on the network of the series with
its trainable pooling coefficients. Rounds of both alternate, so that a change of the machine's speed meets both; the
medians and the median of the ratios, round by round, are printed. Each number of threads runs in a process of its own.
PyTorch is no requirement of the project: install it first (CPU build); without it only our own time is shown.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import numpy as np

import helpers


def our_step(x, labels, maps):
    network, optimizer = helpers.lenet(maps), helpers.SGD(lr=0.01)

    def step():
        network.loss(x, labels)
        network.backward(input_gradient=False)
        optimizer.step(network)

    return step


def torch_step(x, labels, maps, threads):
    """The same network, eager, in PyTorch's own layout; None where PyTorch is not installed."""
    try:
        import torch
    except ModuleNotFoundError:
        return None
    from torch import nn

    torch.set_num_threads(threads)

    class MeanPool(nn.Module):
        def __init__(self, maps):
            super().__init__()
            self.beta, self.b = nn.Parameter(torch.ones(maps, 1, 1)), nn.Parameter(torch.zeros(maps, 1, 1))

        def forward(self, x):
            return self.beta * nn.functional.avg_pool2d(x, 2) + self.b

    network = nn.Sequential(
        nn.Conv2d(1, maps[0], 5), nn.ReLU(), MeanPool(maps[0]), nn.ReLU(),
        nn.Conv2d(maps[0], maps[1], 5), nn.ReLU(), MeanPool(maps[1]), nn.ReLU(),
        nn.Flatten(), nn.Linear(maps[1] * 16, 10),
    )  # fmt: skip
    optimizer = torch.optim.SGD(network.parameters(), lr=0.01)
    images, classes = torch.tensor(np.moveaxis(x, -1, 0).copy()), torch.tensor(labels)

    def step():
        optimizer.zero_grad()
        nn.functional.cross_entropy(network(images), classes).backward()
        optimizer.step()

    return step


def measure(steps, rounds, repeats=5):
    """Milliseconds a step in each round, for each of the steps, in turn."""
    for step in steps:
        for _ in range(2 * repeats):
            step()
    times = [[] for _ in steps]
    for _ in range(rounds):
        for step, seen in zip(steps, times, strict=True):
            start = time.perf_counter()
            for _ in range(repeats):
                step()
            seen.append(1000 * (time.perf_counter() - start) / repeats)
    return times


def measure_here(options, threads):
    rng = np.random.default_rng(0)
    x = rng.random((1, 28, 28, options.batch), dtype=np.float32)
    labels = rng.integers(0, 10, options.batch)
    steps = [our_step(x, labels, options.maps), torch_step(x, labels, options.maps, threads)]
    times = measure([step for step in steps if step], options.rounds)
    result = {"threads": threads, "ours": statistics.median(times[0])}
    if len(times) == 2:
        ratios = [theirs / ours for ours, theirs in zip(*times, strict=True)]
        result |= {"torch": statistics.median(times[1]), "ratio": statistics.median(ratios)}
    return result


def measure_in_process(arguments, threads):
    """The same in a fresh process: BLAS reads its number of threads once, when it is loaded."""
    limits = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    command = [sys.executable, __file__, *arguments, "--in-this-process", str(threads)]
    output = subprocess.run(command, env=os.environ | limits, check=True, capture_output=True, text=True).stdout
    return json.loads(output)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--maps", type=int, nargs=2, default=(6, 12))
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--threads", type=int, nargs="+", default=(1, 2))
    parser.add_argument("--in-this-process", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.in_this_process:
        print(json.dumps(measure_here(options, options.in_this_process)))
        return
    print(f"one training step, batch {options.batch}, maps {options.maps[0]}/{options.maps[1]}, float32, medians")
    for threads in options.threads:
        result = measure_in_process(sys.argv[1:], threads)
        versus = f"{result['torch']:6.2f} ms, ratio {result['ratio']:.2f}" if "ratio" in result else "not installed"
        print(f"{threads} thread(s): ours {result['ours']:6.2f} ms, PyTorch {versus}")


if __name__ == "__main__":
    main()
