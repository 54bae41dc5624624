"""All measurements of the series' speed, in one command.

    python benchmarks/run.py [--quick] [--out FOLDER] [--parts steps training growth] [--rounds 40] [--threads 1 2]

One training step (forward, loss, backward, gradient descent; float32; the network of the series) of the fused and the
plain layers, against PyTorch eager where it is installed, NumPy with plain im2col, and NumPy with loops; training on
all of MNIST; how a step's time grows. Rounds of all peers alternate. Each number of threads runs in a process of its
own, since BLAS reads it once, when it is loaded. Writes results.json and speed.svg to FOLDER (default:
artefacts/benchmark) and prints a table. ``--quick`` runs every part for a few seconds: a test, not a measurement.

Close other programs first. A machine that is not quiet is reported, and the results say so.
"""

import argparse
import json
import os
import subprocess
import sys
from pathlib import Path

import chart
import measure

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("steps", "training", "growth")
QUIET = 1.15  # unrest up to this counts as quiet
BATCHES, MAPS = (32, 64, 128, 256), ((6, 12), (16, 32), (32, 64))
PEERS = ("fused", "plain", "im2col, NCHW", "PyTorch")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a test of every part, not a measurement")
    parser.add_argument("--out", type=Path, default=ROOT / "artefacts" / "benchmark")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS)
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--threads", type=int, nargs="+", default=(1, 2))
    parser.add_argument("--here", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here:
        print(json.dumps(measured_here(options, options.here)))
        return
    by_threads = {str(threads): measured_in_process(sys.argv[1:], threads) for threads in options.threads}
    results = {"machine": measure.machine(), "quick": options.quick, "threads": by_threads}
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "results.json").write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    if "steps" in options.parts:
        (options.out / "speed.svg").write_text(chart.svg(results), "utf-8")
    print(report(results))
    print(f"written to {options.out}")


def measured_in_process(arguments, threads):
    """What ``measured_here`` returns, from a fresh process with that number of threads."""
    limits = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    path = {"PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))}
    command = [sys.executable, __file__, *arguments, "--here", str(threads)]
    done = subprocess.run(command, env=os.environ | limits | path, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)


def measured_here(options, threads):
    """Everything that is asked for, with the threads this process was given."""
    quick, rounds = options.quick, 2 if options.quick else options.rounds
    found = {"unrest": measure.unrest(30 if quick else 300), "sgemm": measure.sgemm_rate()}
    if "steps" in options.parts:
        found["steps"] = [
            compared(n, maps, after, threads, rounds, PEERS)
            for n, maps, after in cases(quick)
        ]  # fmt: skip
        if threads == 1:
            images, times = (4, 1) if quick else (64, 3)
            found["loops"] = compared(images, (6, 12), None, threads, times, ("fused", "loops"))
    if "training" in options.parts and threads == 1:
        limit, seeds = (500, (0,)) if quick else (None, (0, 1, 2))
        found["training"] = [measure.train(seed, True, 1 if quick else 3, limit) for seed in seeds]
        found["training, plain"] = [measure.train(0, False, 1 if quick else 3, limit)]
    if "growth" in options.parts and threads == 1:
        found["growth"] = measure.grow(1 if quick else max(3, rounds // 4))
    return found | {"unrest after": measure.unrest(30 if quick else 300)}


def cases(quick):
    """(batch, maps, f after the pools): all batches for the small network, batch 64 for the larger ones."""
    if quick:
        return [(8, (6, 12), "same")]
    return [
        *((n, (6, 12), "same") for n in BATCHES),
        (64, (6, 12), None),
        *((n, maps, "same") for maps in MAPS[1:] for n in (64, 256)),
    ]


def compared(n, maps, pool_activation, threads, rounds, names):
    steps = measure.steps_for(n, maps, pool_activation, threads, names)
    times = measure.interleaved(steps, rounds)
    return {
        "batch": n,
        "maps": maps,
        "f after the pools": bool(pool_activation),
        "products": measure.products_of_a_step(n, maps),
        "milliseconds": measure.summary(times),
    }


def report(results):
    """The results as text."""
    lines = ["a quick test, not a measurement"] if results["quick"] else []
    for threads, found in results["threads"].items():
        restless = max(found["unrest"], found["unrest after"])
        note = "" if restless <= QUIET else f"   NOT QUIET (unrest {restless:.2f}): close other programs, run again"
        lines.append(f"{threads} thread(s), sgemm {found['sgemm'] / 1e9:.0f} GFLOP/s{note}")
        for case in [*found.get("steps", []), *filter(None, [found.get("loops")])]:
            after = "" if case["f after the pools"] else ", no f after the pools"
            bound = 1000 * case["products"] / found["sgemm"]
            share = bound / case["milliseconds"]["fused"]["median"]
            lines.append(
                f"  batch {case['batch']}, maps {case['maps'][0]}/{case['maps'][1]}{after}: roofline {share:.0%}"
            )
            for name, ms in case["milliseconds"].items():
                lines.append(f"    {name:<14}{ms['median']:10.2f} ms, {ms['ratio']:8.2f} x the fused layers")
        for what in ("training", "training, plain"):
            for run in found.get(what, []):
                text = f"{run['accuracy']:.2%} after {run['epochs']} epochs in {run['seconds']:.1f} s"
                lines.append(f"  {what}, seed {run['seed']}: {text}")
        for what, sizes in found.get("growth", {}).items():
            steps = ", ".join(f"{size[what]}: {size['fused']:.2f}" for size in sizes)
            lines.append(f"  growth with {what}, ms of the fused step: {steps}")
    return "\n".join(lines)


if __name__ == "__main__":
    main()
