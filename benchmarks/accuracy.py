"""How well the network reads: the full training, judged on the 10,000 test digits.

    python benchmarks/accuracy.py [--seeds 0 1 2] [--epochs 3] [--validate] [--fused]

60,000 digits, 3 epochs, `lenet(maps=(6, 12))` with ReLU, mean pools with beta and b, and the defaults of `train`. These
were chosen with --validate, which trains on the first 50,000 digits and judges on the other 10,000, and never on the
test digits.
"""

import argparse
import resource
import sys

import helpers


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=(0, 1, 2))
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--validate", action="store_true", help="judge on 10,000 training digits held back")
    parser.add_argument("--fused", action="store_true", help="with convolution, activation and pool in one layer")
    options = parser.parse_args()
    data, judge = helpers.load_mnist("train"), helpers.load_mnist("test")
    if options.validate:
        data, judge = [(data[0][..., part], data[1][part]) for part in (slice(50_000), slice(50_000, None))]
    reached = [train_one(seed, options, data, judge) for seed in options.seeds]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform != "darwin" else 2**30)
    print(f"mean {sum(reached) / len(reached):.2%}, lowest {min(reached):.2%}, peak memory {peak:.2f} GiB")


def train_one(seed, options, data, judge):
    network = helpers.lenet(maps=(6, 12), seed=seed, fused=options.fused)
    history = helpers.train(network, data, epochs=options.epochs, seed=seed, quiet=True)
    accuracy = helpers.accuracy(network, judge)
    print(f"seed {seed}: {accuracy:.2%} after {options.epochs} epochs in {history.seconds:.1f} s", flush=True)
    return accuracy


if __name__ == "__main__":
    main()
