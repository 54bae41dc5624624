"""Training: optimizers against arithmetic, batches and seeds, number types, interrupts at every line, the bar."""

import itertools
import json
import math
import os
import pty
import signal
import subprocess
import sys
import termios
from pathlib import Path

import numpy as np
import pytest

import helpers
from helpers import SGD, Adam, Dense, Flatten, Network, accuracy, lenet, load_mnist, train, warmup_cosine

ROOT = Path(__file__).parent.parent
E = math.e


# --- small networks and data -----------------------------------------------------------------------------------------


def zeros_network():
    """One input x, two classes, all weights 0: W = [w, -w] and b = [b, -b] stay symmetric while it learns."""
    network = Network([Dense(1, 2)])
    network.layers[0].params = {"W": np.zeros((2, 1)), "b": np.zeros(2)}
    return network


def steps_on_three(optimizer, count):
    """(w, b) of the symmetric network after each step on the example x = 3 of class 0.

    There the scores are +-(3 w + b), so p[1] = 1 / (1 + exp(2 (3 w + b))) = q, and dJ/dw = -3 q, dJ/db = -q.
    """
    network, path = zeros_network(), []
    for _ in range(count):
        network.loss([[3.0]], [0])
        network.backward()
        optimizer.step(network)
        W, b = network.layers[0].params["W"], network.layers[0].params["b"]
        np.testing.assert_allclose([W[1, 0], b[1]], [-W[0, 0], -b[0]], rtol=1e-14)
        path.append((W[0, 0], b[0]))
    return path


def numbered(n):
    """n examples of one pixel: example i holds the number i, and its label is i modulo 2."""
    return np.arange(n, dtype=np.float64).reshape(1, 1, 1, n), np.arange(n) % 2


def pixel_network():
    return Network([Flatten(), Dense(1, 2)])


def parameters(network):
    return [value for layer in network.layers for value in layer.params.values()]


def identical(one, other):
    return all(np.array_equal(a, b) for a, b in zip(parameters(one), parameters(other), strict=True))


def constant(progress):
    return 1.0


@pytest.fixture(scope="module")
def digits():
    return load_mnist(limit=2000)


@pytest.fixture(scope="module")
def few(digits):
    return digits[0][..., :64], digits[1][:64]


# --- optimizers by hand ----------------------------------------------------------------------------------------------


def test_three_steps_of_gradient_descent_are_the_arithmetic():
    q1, q2 = 1 / (1 + E), 1 / (1 + math.exp(1 + 2 / (1 + E)))
    expected = [(0.15, 0.05), (0.15 + 0.3 * q1, 0.05 + 0.1 * q1), (0.15 + 0.3 * (q1 + q2), 0.05 + 0.1 * (q1 + q2))]
    np.testing.assert_allclose(steps_on_three(SGD(lr=0.1), 3), expected, rtol=1e-14)


def test_three_steps_with_momentum_are_the_arithmetic():
    q1 = 1 / (1 + E)
    v2 = 0.5 * 0.5 + q1
    q2 = 1 / (1 + math.exp(1.5 + 2 * q1))
    v3 = 0.5 * v2 + q2
    expected = [(0.15, 0.05), (0.15 + 0.3 * v2, 0.05 + 0.1 * v2), (0.15 + 0.3 * (v2 + v3), 0.05 + 0.1 * (v2 + v3))]
    np.testing.assert_allclose(steps_on_three(SGD(lr=0.1, momentum=0.5), 3), expected, rtol=1e-14)


def test_three_steps_of_adam_are_the_arithmetic():
    w1, b1 = 0.1 * 1.5 / (1.5 + 1e-8), 0.1 * 0.5 / (0.5 + 1e-8)
    q1 = 1 / (1 + math.exp(2 * (3 * w1 + b1)))
    mean = (0.09 * 0.5 + 0.1 * q1) / 0.19  # of dJ/db; dJ/dw is three times as large
    root = math.sqrt((0.000999 * 0.25 + 0.001 * q1**2) / 0.001999)
    w2, b2 = w1 + 0.1 * 3 * mean / (3 * root + 1e-8), b1 + 0.1 * mean / (root + 1e-8)
    q2 = 1 / (1 + math.exp(2 * (3 * w2 + b2)))
    mean = (0.081 * 0.5 + 0.09 * q1 + 0.1 * q2) / 0.271
    root = math.sqrt((0.000998001 * 0.25 + 0.000999 * q1**2 + 0.001 * q2**2) / 0.002997001)
    w3, b3 = w2 + 0.1 * 3 * mean / (3 * root + 1e-8), b2 + 0.1 * mean / (root + 1e-8)
    np.testing.assert_allclose(steps_on_three(Adam(lr=0.1), 3), [(w1, b1), (w2, b2), (w3, b3)], rtol=1e-13)


@pytest.mark.parametrize(
    ("progress", "factor"),
    [(0, 0), (0.025, 0.25), (0.05, 0.5), (0.1, 1), (0.4, 0.75), (0.55, 0.5), (0.7, 0.25), (1, 0)],
)
def test_the_schedule_warms_up_and_then_follows_half_a_cosine(progress, factor):
    assert warmup_cosine(progress) == pytest.approx(factor, abs=1e-15)


def test_the_schedule_is_asked_at_the_middle_of_every_step():
    asked = []

    def schedule(progress):
        asked.append(progress)
        return 1.0

    train(pixel_network(), numbered(10), epochs=2, batch_size=5, schedule=schedule, quiet=True)
    assert asked == [0.125, 0.375, 0.625, 0.875]


def test_the_schedule_scales_the_rate_of_each_step():
    network, data = zeros_network(), (np.full((1, 2), 3.0), np.zeros(2, int))
    optimizer = SGD(lr=0.05)
    train(network, data, 1, 1, optimizer, lambda progress: 2.0 if progress < 0.5 else 4.0, quiet=True)
    q1 = 1 / (1 + E)  # the first step at rate 0.1, the second at 0.2
    assert network.layers[0].params["W"][0, 0] == pytest.approx(0.15 + 0.6 * q1, rel=1e-14)
    assert optimizer.lr == 0.05


# --- learning --------------------------------------------------------------------------------------------------------


def test_the_network_learns_real_digits(digits):
    network = lenet()
    before = accuracy(network, load_mnist("test", limit=1000))
    history = train(network, digits, epochs=4, quiet=True)
    assert before < 0.3
    assert np.mean(history.losses[-10:]) < 0.4 < 1.5 < history.losses[0]
    assert accuracy(network, load_mnist("test", limit=1000)) > 0.85


@pytest.mark.parametrize("pool_activation", ["same", None])
@pytest.mark.parametrize("pool", ["mean", "max"])
@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_every_variant_of_the_network_learns_a_few_digits(activation, pool, pool_activation, few):
    network = lenet(activation=activation, pool=pool, pool_activation=pool_activation)
    epochs = 120 if activation == "sigmoid" else 40  # sigmoids pass the error on, but are slow to start
    history = train(network, few, epochs, batch_size=32, schedule=None, quiet=True)
    stuck = (activation, pool, pool_activation) == ("sigmoid", "max", "same")  # lenet's docstring says why
    falls_to = 1.0 if stuck else 0.5
    assert history.losses[-1] < falls_to * history.losses[0]
    assert all(np.isfinite(value).all() and value.dtype == np.float32 for value in parameters(network))


def test_the_same_seed_gives_bit_identical_weights_and_another_seed_does_not(few):
    def trained(network_seed, seed):
        network = lenet(maps=(2, 3), seed=network_seed)
        train(network, few, epochs=1, batch_size=16, seed=seed, quiet=True)
        return network

    assert identical(trained(0, 0), trained(0, 0))
    assert not identical(trained(0, 0), trained(0, 1))
    assert not identical(trained(0, 0), trained(1, 0))


def test_the_initial_weights_depend_on_the_seed_alone():
    assert identical(lenet(seed=3), lenet(seed=3))
    assert not identical(lenet(seed=3), lenet(seed=4))


def test_every_epoch_shows_every_example_once_with_its_own_label():
    network, seen = pixel_network(), []
    loss = network.loss
    network.loss = lambda x, labels: seen.append((x.ravel().tolist(), labels.tolist())) or loss(x, labels)
    train(network, numbered(10), epochs=3, batch_size=4, quiet=True)
    assert [len(x) for x, _ in seen] == [4, 4, 2] * 3
    assert all(label == number % 2 for x, labels in seen for number, label in zip(x, labels, strict=True))
    epochs = [[number for x, _ in seen[i : i + 3] for number in x] for i in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs} | {tuple(range(10))}) == 4  # shuffled, and anew in each epoch


def test_batches_are_contiguous_and_have_the_type_of_the_parameters(few):
    network, seen = lenet(maps=(1, 1)), []
    loss = network.loss
    network.loss = lambda x, labels: seen.append(x) or loss(x, labels)
    train(network, (few[0].astype(np.float64), few[1]), epochs=1, quiet=True)
    assert [(x.shape, x.dtype, x.flags.c_contiguous) for x in seen] == [((1, 28, 28, 32), np.float32, True)] * 2


def test_the_history_holds_every_step_and_every_epoch():
    network = zeros_network()
    data = np.array([[3.0, 3.0, 3.0]]), np.array([0, 0, 1])
    history = train(network, data, 2, 3, SGD(lr=1e-12), validation=data, quiet=True)
    assert history.losses == pytest.approx([math.log(2)] * 2)  # p = 1/2 for both classes
    assert history.accuracies == pytest.approx([2 / 3] * 2)
    assert history.validation == pytest.approx([2 / 3] * 2)
    assert {type(value) for value in history.losses + history.accuracies + history.validation} == {float}
    assert history.seconds > 0
    assert history.interrupted is False


def test_the_history_has_one_entry_a_step_with_partial_batches_counted():
    history = train(pixel_network(), numbered(10), epochs=3, batch_size=4, quiet=True)
    assert (len(history.losses), len(history.accuracies), history.validation) == (9, 9, [])


# --- number types, and whose arrays ----------------------------------------------------------------------------------


@pytest.mark.parametrize("schedule", [None, warmup_cosine, lambda progress: np.cos(np.float64(progress))])
@pytest.mark.parametrize(
    "optimizer", [lambda lr: Adam(lr), lambda lr: SGD(lr), lambda lr: SGD(lr, momentum=np.float64(0.5))]
)
def test_float32_parameters_stay_float32_with_rates_from_numpy(optimizer, schedule, few):
    network = lenet(maps=(1, 2))
    train(network, few, 1, 32, optimizer(np.float64(0.01)), schedule, quiet=True)
    assert {value.dtype for value in parameters(network)} == {np.dtype(np.float32)}


def test_float64_parameters_stay_float64():
    network = pixel_network()
    train(network, (numbered(4)[0].astype(np.float32), numbered(4)[1]), quiet=True)
    assert {value.dtype for value in parameters(network)} == {np.dtype(np.float64)}


def test_arrays_read_before_training_are_not_overwritten(few):
    network = lenet(maps=(1, 2))
    held = [(value, value.copy()) for value in parameters(network)]
    for optimizer in (SGD(0.1, momentum=0.9), Adam(0.01)):
        train(network, few, 1, 32, optimizer, quiet=True)
    assert all(np.array_equal(value, copy) for value, copy in held)
    assert all(not np.array_equal(value, now) for (value, _), now in zip(held, parameters(network), strict=True))


def test_training_does_not_touch_the_data():
    images, labels = numbered(10)
    train(pixel_network(), (images, labels), quiet=True)
    np.testing.assert_array_equal(images.ravel(), range(10))
    np.testing.assert_array_equal(labels, [0, 1] * 5)


@pytest.mark.parametrize("call", ["forward", "predict"])
def test_backward_after_a_forward_pass_without_loss_raises(call):
    network = zeros_network()
    network.loss([[3.0]], [0])
    getattr(network, call)([[3.0]])
    with pytest.raises(ValueError, match=r"call loss\(x, labels\) just before"):
        network.backward()


# --- accuracy --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [1, 2, 5, 500])
def test_accuracy_is_the_share_of_correct_predictions(batch_size):
    network = Network([Dense(1, 2)])
    network.layers[0].params["W"] = np.array([[1.0], [-1.0]])  # class 0 where x is positive
    data = np.array([[1.0, 2.0, -1.0, -3.0, 5.0]]), np.array([0, 1, 1, 1, 0])
    assert accuracy(network, data, batch_size) == 4 / 5


# --- interrupts ------------------------------------------------------------------------------------------------------


def constant_until(step, error=KeyboardInterrupt):
    """A schedule that is 1 and raises at its call number ``step``, counted from 0."""
    calls = iter(range(10**9))

    def schedule(progress):
        if next(calls) == step:
            raise error
        return 1.0

    return schedule


def test_an_interrupt_keeps_weights_and_history_and_restores_the_rate():
    network, uninterrupted, optimizer = pixel_network(), pixel_network(), SGD(lr=0.01)
    history = train(network, numbered(12), 5, 4, optimizer, constant_until(3), quiet=True)
    full = train(uninterrupted, numbered(12), 1, 4, SGD(lr=0.01), constant, quiet=True)
    assert identical(network, uninterrupted) and not identical(network, pixel_network())
    assert (history.losses, history.accuracies) == (full.losses, full.accuracies)
    assert (history.interrupted, full.interrupted, optimizer.lr) == (True, False, 0.01)


def test_an_interrupt_in_the_backward_pass_leaves_the_weights_of_the_last_whole_step():
    network, uninterrupted = pixel_network(), pixel_network()
    gradients, calls = network.layers[1].parameter_gradients, iter(range(10))

    def interrupted(delta):
        if next(calls) == 3:
            raise KeyboardInterrupt
        return gradients(delta)

    network.layers[1].parameter_gradients = interrupted
    history = train(network, numbered(12), 5, 4, schedule=constant, quiet=True)
    train(uninterrupted, numbered(12), 1, 4, schedule=constant, quiet=True)
    assert identical(network, uninterrupted)
    assert (len(history.losses), len(history.accuracies), history.interrupted) == (3, 3, True)


def between_two_steps(network, states):
    """Whether every parameter is the one before or the one after the same step (an interrupt may come between two)."""
    return any(
        all(any(np.array_equal(a, b) for b in pair) for a, *pair in zip(*map(parameters, (network, *two)), strict=True))
        for two in itertools.pairwise(states)
    )


def interrupt_at_line(number, call):
    """call() with a KeyboardInterrupt at the line of helpers.py that it runs as number ``number``; whether it did."""
    lines = iter(range(10**9))

    def trace(frame, event, argument):
        if frame.f_code.co_filename != helpers.__file__:
            return None
        if event == "line" and next(lines) == number:
            sys.settrace(None)
            raise KeyboardInterrupt
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        call()
    except KeyboardInterrupt:  # before training began, or after it ended: nobody catches it there
        pass
    finally:
        finished = sys.gettrace() is trace
        sys.settrace(before)
    return not finished


def test_an_interrupt_at_any_line_leaves_every_weight_whole_and_the_rate_as_it_was():
    states = []
    for epochs in (0, 1, 2):
        network = pixel_network()
        if epochs:
            train(network, numbered(2), epochs, 2, SGD(0.01), constant, quiet=True)
        states.append(network)
    reached = set()
    for number in range(10**4):
        network, optimizer, histories = pixel_network(), SGD(0.01), []

        def call(network=network, optimizer=optimizer, histories=histories):
            histories.append(train(network, numbered(2), 2, 2, optimizer, constant, quiet=True))

        if not interrupt_at_line(number, call):
            break
        reached |= {steps for steps, state in enumerate(states) if identical(network, state)}
        assert between_two_steps(network, states), f"neither of two neighbouring steps, at line event {number}"
        assert optimizer.lr == 0.01
        assert all(history.interrupted for history in histories)
        assert all(len(history.losses) - len(history.accuracies) in (0, 1) for history in histories)
    assert number > 100 and reached == {0, 1, 2}


def test_another_error_in_training_is_not_swallowed_and_restores_the_rate():
    optimizer = Adam(lr=0.01)
    with pytest.raises(ZeroDivisionError):
        train(pixel_network(), numbered(4), 3, 2, optimizer, constant_until(2, ZeroDivisionError), quiet=True)
    assert optimizer.lr == 0.01


def test_training_goes_on_after_an_interrupt(few):
    network = lenet(maps=(2, 3))
    first = train(network, few, 20, 32, schedule=constant_until(10), quiet=True)
    second = train(network, few, 30, 32, quiet=True)
    assert first.interrupted and not second.interrupted
    assert second.losses[-1] < 0.5 * first.losses[0]


def run_script(script, **options):
    return subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, env=environment(), **options)


def environment():
    return os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(Path(helpers.__file__).parent)}


INTERRUPTED = """
import json, signal
import numpy as np
from helpers import Adam, Dense, Network, train

signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent in the background may have it ignored
network, optimizer, calls = Network([Dense(1, 2)]), Adam(lr=0.01), iter(range(10**9))

def schedule(progress):
    if next(calls) == 50:
        print("training", flush=True)
    return 1.0

before = network.layers[0].params["W"]
data = np.array([[1.0, -1.0]]), np.array([1, 0])
history = train(network, data, 10**7, optimizer=optimizer, schedule=schedule)
moved = bool((network.layers[0].params["W"] != before).all())
print(json.dumps([history.interrupted, len(history.losses), len(history.accuracies), optimizer.lr, moved]))
"""


def test_a_real_interrupt_signal_keeps_weights_and_history():
    with run_script(INTERRUPTED, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "training\n", process.stderr.read()
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    interrupted, losses, accuracies, lr, moved = json.loads(out)
    assert process.returncode == 0, err
    assert interrupted and moved and lr == 0.01
    assert losses >= 50 and losses - accuracies in (0, 1)


# --- the progress bar ------------------------------------------------------------------------------------------------

WITH_BAR = """
import numpy as np
from helpers import Dense, Network, train
data = np.array([[1.0, -1.0]]), np.array([0, 1])
train(Network([Dense(1, 2)]), data, epochs=25, validation=data{})
"""


def output_in_terminal(script):
    """(stdout, stderr) of a script whose standard error is a terminal."""
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 120))
    with run_script(script, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        chunks = []
        try:
            while chunk := os.read(ours, 4096):
                chunks.append(chunk)
        except OSError:  # the terminal is closed: how Linux says that the script has ended
            pass
        out = process.stdout.read()
    os.close(ours)
    assert process.returncode == 0, b"".join(chunks).decode()
    return out, b"".join(chunks).decode()


def test_a_bar_with_loss_and_accuracy_is_shown_in_a_terminal_by_default():
    out, err = output_in_terminal(WITH_BAR.format(""))
    assert out == ""
    assert "training: 100%" in err and "25/25" in err
    assert "loss=0." in err and "accuracy=" in err and "validation=" in err


def test_quiet_training_prints_nothing():
    assert output_in_terminal(WITH_BAR.format(", quiet=True")) == ("", "")
