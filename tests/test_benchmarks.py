"""The benchmarks compare like with like: every peer takes the same steps, and the command runs from end to end."""

import importlib
import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

FOLDER = Path(__file__).resolve().parent.parent / "benchmarks"


@pytest.fixture(autouse=True)
def folder_on_the_path(monkeypatch):
    monkeypatch.syspath_prepend(str(FOLDER))


def module(name):
    return importlib.import_module(name)


def losses(step, count=4):
    return [step() for _ in range(count)]


@pytest.mark.parametrize("pool_activation", ["same", None])
@pytest.mark.parametrize("peer", ["fused", "im2col, NCHW", "loops", "PyTorch"])
def test_every_peer_takes_the_same_steps_as_the_plain_layers(peer, pool_activation):
    steps = module("measure").steps_for(3, (2, 3), pool_activation, 1, ["plain", peer])
    if peer not in steps:
        pytest.skip("PyTorch is not installed")
    ours, theirs = (losses(step) for step in steps.values())
    assert ours == pytest.approx(theirs, rel=1e-5)
    assert ours[0] > ours[1] > ours[2] > ours[3]


def test_the_products_of_a_step():
    # conv1 25 * 6 * 24 * 24 = 86,400 twice; conv2 25 * 72 * 8 * 8 = 115,200, fully connected 1,920, three times
    assert module("measure").products_of_a_step(64, (6, 12)) == 2 * 64 * (2 * 86_400 + 3 * 115_200 + 3 * 1_920)


def test_rounds_alternate_and_ratios_are_taken_within_a_round():
    measure, calls = module("measure"), []
    times = measure.interleaved({"a": lambda: calls.append("a"), "fused": lambda: calls.append("b")}, 3, seconds=0)
    assert "".join(calls) == "aaabbb" + "ab" * 3
    assert [len(values) for values in times.values()] == [3, 3]
    table = measure.summary({"a": [2.0, 8.0, 30.0], "fused": [1.0, 2.0, 30.0]})
    assert table == {"a": {"median": 8.0, "min": 2.0, "ratio": 2.0}, "fused": {"median": 2.0, "min": 1.0, "ratio": 1.0}}


def test_a_growing_network_takes_its_images():
    measure = module("measure")
    for side in (20, 28, 36):
        measure.network_step(2, (1, 2), side, fused=True)()


def test_the_command_runs_from_end_to_end(tmp_path):
    command = [sys.executable, str(FOLDER / "run.py"), "--quick", "--threads", "1", "--parts", "steps"]
    done = subprocess.run([*command, "--out", str(tmp_path)], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "a quick test, not a measurement" in done.stdout and "im2col, NCHW" in done.stdout
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert results["quick"] and results["machine"]["numpy"] == np.__version__
    assert results["threads"]["1"]["loops"]["milliseconds"]["loops"]["ratio"] > 10
    picture = ElementTree.parse(tmp_path / "speed.svg").getroot()
    assert "milliseconds" in picture.findtext("{http://www.w3.org/2000/svg}title")
