"""Saving: the round trip is exact, the file is whole at every moment, and a damaged one is refused by its name."""

import io
import json
import os
import signal
import stat
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import helpers
from helpers import (
    Conv2D,
    ConvPool2D,
    Dense,
    Flatten,
    Layer,
    MaxPool2D,
    MeanPool2D,
    Network,
    ReLU,
    Sigmoid,
    Tanh,
    lenet,
    load,
    save,
)

RNG = np.random.default_rng(0)
NETWORKS = {
    "every layer type": lambda: Network(
        [
            Conv2D(1, 2, (3, 2), stride=2, padding=1, rng=RNG),
            Sigmoid(),
            MeanPool2D(2, maps=2),
            Tanh(),
            MeanPool2D(1),
            MaxPool2D(3, stride=1),
            ReLU(),
            Flatten(),
            Dense(8, 3, rng=RNG, dtype=np.float32),
        ]
    ),
    "lenet": lenet,
    "lenet with max pools": lambda: lenet((2, 3), "tanh", "max", seed=3),
    "lenet, fused": lambda: lenet(fused=True),
    "fused layers": lambda: Network([ConvPool2D(1, 2, (3, 2), "tanh", rng=RNG), ConvPool2D(2, 1, 1, "sigmoid")]),
    "lenet in float64": lambda: lenet((3, 2), "sigmoid", "mean", None, dtype=np.float64),
    "complex": lambda: with_weights(np.array([[1 + 2j, -3j]])),
    "one dense layer": lambda: Network([Dense(2, 3, rng=RNG)]),
}


def with_weights(W):
    network = Network([Dense(2, 1)])
    network.layers[0].params["W"] = W
    return network


def filled(value, n=3):
    """A network whose parameters are all ``value``: a mixture of two saved files would show."""
    network = Network([Dense(n, n), Dense(n, n)])
    for layer in network.layers:
        layer.params = {name: np.full(array.shape, value, np.float64) for name, array in layer.params.items()}
    return network


def values(network):
    return {float(value) for layer in network.layers for array in layer.params.values() for value in np.unique(array)}


def files(folder):
    return sorted(path.name for path in folder.iterdir())


# --- the round trip --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_a_saved_network_comes_back_bit_by_bit(name, tmp_path):
    network = NETWORKS[name]()
    for layer in network.layers:  # no parameter keeps its initial value, so none can be right by accident
        layer.params = {k: v + RNG.standard_normal(v.shape).astype(v.dtype) for k, v in layer.params.items()}
    save(network, tmp_path / "network.npz")
    loaded = load(tmp_path / "network.npz")
    assert [type(layer) for layer in loaded.layers] == [type(layer) for layer in network.layers]
    for ours, theirs in zip(network.layers, loaded.layers, strict=True):
        assert ours.params.keys() == theirs.params.keys()
        for key, value in ours.params.items():
            assert (theirs.params[key].dtype, theirs.params[key].shape) == (value.dtype, value.shape)
            assert theirs.params[key].tobytes() == value.tobytes()


def test_a_loaded_network_computes_the_same_scores_with_all_its_settings(tmp_path):
    network, x = NETWORKS["every layer type"](), RNG.standard_normal((1, 15, 14, 2))
    save(network, tmp_path / "network.npz")
    assert network.forward(x).shape == (3, 2)
    np.testing.assert_array_equal(load(tmp_path / "network.npz").forward(x), network.forward(x))


def test_the_loaded_network_prints_as_the_saved_one(tmp_path):
    network = Network([Conv2D(1, 2, 3, stride=2, padding=1), MaxPool2D(2, 1), MeanPool2D(2, maps=2), Dense(2, 3)])
    save(network, tmp_path / "network.npz")
    assert repr(load(tmp_path / "network.npz")) == repr(network)


def test_sizes_may_be_whole_numbers_of_numpy(tmp_path):
    save(Network([Dense(np.int64(2), np.int32(3))]), tmp_path / "network.npz")
    assert load(tmp_path / "network.npz").layers[0].params["W"].shape == (3, 2)


@pytest.mark.parametrize("name", ["network.npz", "network", "my network.v2"])
@pytest.mark.parametrize("kind", [str, Path])
def test_the_path_is_a_string_or_a_path_and_is_taken_as_it_is(kind, name, tmp_path):
    path = kind(tmp_path / name)
    save(filled(1), path)
    assert files(tmp_path) == [name]
    assert values(load(path)) == {1.0}


def test_a_path_without_a_folder_means_the_current_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    save(filled(1), "network.npz")
    assert files(tmp_path) == ["network.npz"]
    assert values(load("network.npz")) == {1.0}


def test_saving_again_replaces_the_old_file(tmp_path):
    for value in (1, 2):
        save(filled(value), tmp_path / "network.npz")
    assert values(load(tmp_path / "network.npz")) == {2.0}
    assert files(tmp_path) == ["network.npz"]


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_a_saved_file_has_the_mode_of_any_new_file(umask, tmp_path):
    before = os.umask(umask)
    try:
        save(filled(1), tmp_path / "network.npz")
        (tmp_path / "ordinary").write_text("")
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("network.npz", "ordinary")]
    assert modes == [0o666 & ~umask] * 2


# --- what can not be saved -------------------------------------------------------------------------------------------


def test_fractions_are_refused_with_the_way_out(tmp_path):
    W = np.array([[Fraction(1, 2), Fraction(1, 3)]])
    with pytest.raises(ValueError, match=r"0\.W holds fractions or symbols; convert it first: value\.astype\(float\)"):
        save(with_weights(W), tmp_path / "network.npz")
    assert files(tmp_path) == []
    save(with_weights(W.astype(float)), tmp_path / "network.npz")
    assert load(tmp_path / "network.npz").layers[0].params["W"].tolist() == [[0.5, 0.3333333333333333]]


def test_a_layer_type_that_could_not_be_loaded_is_refused(tmp_path):
    class Doubling(Layer):
        pass

    with pytest.raises(ValueError, match="Doubling"):
        save(Network([Dense(2, 3), Doubling()]), tmp_path / "network.npz")
    assert files(tmp_path) == []


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match="nowhere"):
        save(filled(1), tmp_path / "nowhere" / "network.npz")


@pytest.mark.parametrize("broken", ["os.fsync", "os.replace", "numpy.savez"])
@pytest.mark.parametrize("error", [OSError("no space left on device"), KeyboardInterrupt()])
def test_a_failing_save_keeps_the_old_file_and_leaves_no_other(broken, error, tmp_path, monkeypatch):
    save(filled(1), tmp_path / "network.npz")

    def fail(*arguments, **more):
        raise error

    with monkeypatch.context() as patched, pytest.raises(type(error)):
        patched.setattr(broken, fail)
        save(filled(2), tmp_path / "network.npz")
    assert files(tmp_path) == ["network.npz"]
    assert values(load(tmp_path / "network.npz")) == {1.0}


# --- killed while saving ---------------------------------------------------------------------------------------------

KILLED = """
import itertools, os, random, signal, sys, time
from pathlib import Path
from test_saving import filled, values
from helpers import load, save

path, wait = Path(sys.argv[1]), random.Random(0)
save(filled(0, 200), path)
for _ in range(12):
    child = os.fork()
    if child == 0:
        for value in itertools.count():
            save(filled(value, 200), path)
    time.sleep(0.02 + 0.05 * wait.random())
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert len(values(load(path))) == 1, values(load(path))
    print("whole")
"""

KILLED_BEFORE = """
import os, signal, sys
from test_saving import filled
import helpers

def die(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

helpers.os.{} = die
helpers.save(filled(2), sys.argv[1])
"""


def run_script(script, path):
    code = os.pathsep.join([str(Path(helpers.__file__).parent), str(Path(__file__).parent)])
    env = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": code}
    return subprocess.run([sys.executable, "-c", script, path], env=env, capture_output=True, text=True, timeout=120)


def test_a_save_killed_at_any_moment_leaves_a_whole_file(tmp_path):
    result = run_script(KILLED, tmp_path / "network.npz")
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["whole"] * 12


@pytest.mark.parametrize("moment", ["fsync", "replace"])
def test_a_save_killed_before_its_last_step_leaves_the_old_file(moment, tmp_path):
    save(filled(1), tmp_path / "network.npz")
    assert run_script(KILLED_BEFORE.format(moment), tmp_path / "network.npz").returncode == -signal.SIGKILL
    assert values(load(tmp_path / "network.npz")) == {1.0}


# --- files that are no saved network ---------------------------------------------------------------------------------


def packed(design, **arrays):
    buffer = io.BytesIO()
    np.savez(buffer, design=design, **{name.replace("_", "."): value for name, value in arrays.items()})
    return buffer.getvalue()


def dense(**arrays):
    """The file of a Dense(2, 1) with other arrays than it should have."""
    return packed(json.dumps([["Dense", {"n_in": 2, "n_out": 1}]]), **arrays)


def npy(array):
    buffer = io.BytesIO()
    np.save(buffer, array)
    return buffer.getvalue()


def layers_only(design):
    return packed(json.dumps(design))


W, B = np.ones((1, 2)), np.ones(1)
DAMAGED = {
    "empty": b"",
    "text": b"a network",
    "a bare array": npy(W),
    "pickled": b"\x80\x04N.",
    "another npz": packed("no json", x=W),
    "no design": packed("")[:0] + npy(W),
    "design is a number": layers_only(5),
    "design is text": layers_only("Dense"),
    "design without layers": layers_only([]),
    "unknown layer": layers_only([["Dropout", {}]]),
    "layer of another kind": layers_only([["open", {"file": "x"}]]),
    "unknown setting": layers_only([["Dense", {"n_in": 2, "n_out": 1, "extra": 1}]]),
    "settings missing": layers_only([["Dense", {}]]),
    "settings of another type": layers_only([["Dense", [2, 1]]]),
    "impossible setting": layers_only([["Dense", {"n_in": 0, "n_out": 1}]]),
    "no weights": dense(),
    "bias missing": dense(**{"0_W": W}),
    "wrong shape": dense(**{"0_W": np.ones((2, 1)), "0_b": B}),
    "wrong rank": dense(**{"0_W": W, "0_b": np.ones((1, 1))}),
    "objects": dense(**{"0_W": np.array([[None, 1]]), "0_b": B}),
    "text for weights": dense(**{"0_W": np.array([["a", "b"]]), "0_b": B}),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_a_file_that_is_no_saved_network_is_refused_by_name(name, tmp_path):
    path = tmp_path / "lesson.npz"
    path.write_bytes(DAMAGED[name])
    with pytest.raises(ValueError, match=r"lesson\.npz is damaged or no saved network .*: save the network again"):
        load(path)


def test_the_wrong_shape_is_told_with_the_right_one(tmp_path):
    (tmp_path / "lesson.npz").write_bytes(DAMAGED["wrong shape"])
    with pytest.raises(ValueError, match=r"0\.W: float64 \(2, 1\), expected numbers \(1, 2\)"):
        load(tmp_path / "lesson.npz")


class Trap:
    def __reduce__(self):
        return os.mkdir, ("sprung",)


def test_nothing_is_unpickled(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trapped = np.array([[Trap(), 1]], dtype=object)
    for content in (dense(**{"0_W": trapped, "0_b": B}), packed(np.array(Trap())), npy(trapped)):
        Path("lesson.npz").write_bytes(content)
        with pytest.raises(ValueError, match=r"lesson\.npz"):
            load("lesson.npz")
    assert files(tmp_path) == ["lesson.npz"]
    np.load("lesson.npz", allow_pickle=True)  # the trap itself works
    assert files(tmp_path) == ["lesson.npz", "sprung"]


def test_a_missing_file_is_named_with_what_to_do(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no file .*lesson\.npz: .*save\(network, path\) first"):
        load(tmp_path / "lesson.npz")


def test_a_folder_is_no_saved_network(tmp_path):
    with pytest.raises(ValueError, match=tmp_path.name):
        load(tmp_path)


def refused_or_whole(path, content):
    """Load changed bytes: either ValueError that names the file, or a network that is exactly the saved one."""
    path.write_bytes(content)
    try:
        network = load(path)
    except ValueError as error:
        assert path.name in str(error)
        return "refused"
    assert [repr(layer) for layer in network.layers] == ["Dense(n_in=3, n_out=3)"] * 2
    assert values(network) == {1.5}
    return "whole"


def test_a_file_cut_at_any_length_is_refused(tmp_path):
    save(filled(1.5), tmp_path / "network.npz")
    content = (tmp_path / "network.npz").read_bytes()
    verdicts = {refused_or_whole(tmp_path / "cut.npz", content[:length]) for length in range(0, len(content), 7)}
    assert verdicts == {"refused"}
    assert refused_or_whole(tmp_path / "cut.npz", content) == "whole"


def test_a_file_with_any_byte_altered_is_refused_or_harmless(tmp_path):
    save(filled(1.5), tmp_path / "network.npz")
    content = (tmp_path / "network.npz").read_bytes()
    verdicts = []
    for place in range(len(content)):
        for flip in (0x01, 0xFF):
            altered = content[:place] + bytes([content[place] ^ flip]) + content[place + 1 :]
            verdicts.append(refused_or_whole(tmp_path / "altered.npz", altered))
    assert verdicts.count("refused") > len(verdicts) / 3
