"""helpers.py computes the proved formulas exactly; any change of a sign or an index in it is seen."""

import ast
import subprocess
import sys
import types
from pathlib import Path

import pytest

import helpers
from derivations import __main__ as command
from derivations import code, load, proof
from derivations.code import CodeMismatch, table

SOURCE = Path(helpers.__file__).read_text("utf-8")


def altered(old, new):
    """helpers with one place changed."""
    assert old in SOURCE, f"helpers.py no longer contains {old!r}: change this test with it"
    return executed(SOURCE.replace(old, new, 1))


def executed(source):
    """A module made of a changed source of helpers.py."""
    module = types.ModuleType("altered_helpers")
    module.__file__ = helpers.__file__
    sys.modules[module.__name__] = module  # dataclasses look their module up
    exec(compile(source, helpers.__file__, "exec"), module.__dict__)
    return module


def test_every_layer_agrees_with_the_proved_formulas():
    found = table()
    layers = {layer for layer, _, _ in found}
    assert layers >= {"Dense", "Sigmoid", "Tanh", "ReLU", "Conv2D", "MeanPool2D", "MaxPool2D", "ConvPool2D", "Flatten"}
    assert "SoftmaxCrossEntropy" in layers
    assert all(cases >= 3 and entries >= 3 for cases, entries in found.values())


CHANGES = [
    ("operators", "[::-1, ::-1]", "[::-1, :]"),
    ("dense", 'return self.params["W"] @ x + ', 'return self.params["W"] @ x - '),
    ("dense", '"W": delta @ self.x.T', '"W": -delta @ self.x.T'),
    ("dense", '"b": delta.sum(axis=1)', '"b": delta[:, 0]'),
    ("activations", "self.slope = a * (1 - a)", "self.slope = a * (1 + a)"),
    ("activations", "self.slope = 1 - a * a", "self.slope = 1 - a"),
    ("convolution", "axis=0)[::s]", "axis=0)[::s][::-1]"),
    ("convolution", "rows[u : u + s * height : s]", "rows[kh - 1 - u : kh - 1 - u + s * height : s]"),
    ("convolution", "] += products[:, u]", "] = products[:, u]"),
    ("convolution", "] += products[:, u]", "] -= products[:, u]"),
    ("convolution", "dx[:, :, v : v + s * width : s] += rows[v]", "dx[:, :, v : v + s * width : s] = rows[v]"),
    ("convolution", '"b": delta.sum(axis=(1, 2, 3))', '"b": delta[..., 0].sum(axis=(1, 2))'),
    ("convolution", "dx.shape[1] - p", "dx.shape[1] + p"),
    ("convolution", "(self.columns @", "(self.columns[:, ::-1] @"),
    (
        "mean_pooling",
        "share = delta * _reciprocal(self.size**2, delta)",
        "share = delta * _reciprocal(self.size, delta)",
    ),
    ("mean_pooling", '"beta": (delta * self.pooled)', '"beta": (delta * -self.pooled)'),
    ("max_pooling", "tap += delta * wins", "tap[...] = delta * wins"),
    ("max_pooling", "free &= ~wins", "free &= True"),
    ("fused", "self.shifts[:, :, v] =", "self.shifts[:, :, -1 - v] ="),
    ("fused", "[:, ::-1, :-1].transpose(2, 1, 0)", "[:, :, :-1].transpose(2, 1, 0)"),
    ("fused", "kh * rows.shape[1], w, n), rows.strides)", "kh * rows.shape[1], w, n), (0, *rows.strides[1:]))"),
    ("fused", "self.padded_delta[kh - 1 : kh - 1 + h]", "self.padded_delta[:h]"),
    ("fused", "delta_z *= g", "delta_z *= -g"),
    ("fused", "K[1, ..., 1:]", "K[1, ..., :-1]"),
    ("fused", '"K": first + second', '"K": 2 * first'),
    ("fused", "* _reciprocal(4, delta)) * delta", "* _reciprocal(2, delta)) * delta"),
    ("fused", "* _reciprocal(4, rows)", "* _reciprocal(2, rows)"),
    ("fused", '"b_pool": np.einsum("ohwn->o", delta)', '"b_pool": np.einsum("ohwn->o", 2 * delta)'),
    ("fused", "self.pooled.reshape(c_out, -1, 1)", "self.pooled[::-1].reshape(c_out, -1, 1)"),
    ("fused", "np.add.outer(range(kw + 1)", "np.add.outer(range(kw, -1, -1)"),
    ("fused", "np.matmul(self.weights, self.patches", "np.matmul(self.weights, self.patches[::-1]"),
    ("flatten", "return g.reshape(self.input_shape)", "return g[::-1].reshape(self.input_shape)"),
    ("softmax", "delta[self.labels, np.arange(n)] -= 1", "delta[self.labels, np.arange(n)] += 1"),
    ("softmax", "return delta / n", "return delta"),
]


@pytest.mark.parametrize(("suite", "old", "new"), CHANGES, ids=range(len(CHANGES)))
def test_a_change_in_the_code_is_seen(suite, old, new):
    with pytest.raises(CodeMismatch, match="the code gives"):
        for line in getattr(code, suite)(altered(old, new)):
            line.check()


def test_the_command_line_ends_with_0(monkeypatch, capsys):
    monkeypatch.setattr(command, "NAMES", ("flatten",))
    monkeypatch.setattr(code, "SUITES", (code.flatten,))
    assert command.main() == 0
    text = capsys.readouterr().out
    assert "flatten.5" in text and "for all sizes" in text and "entries" in text


def test_the_command_line_ends_with_1_when_an_equation_is_false(tmp_path):
    """A copy of one derivation with a factor lost, run as a reader would run it."""
    folder = Path(proof.__file__).parent
    package = tmp_path / "derivations"
    package.mkdir()
    for path in folder.glob("*.py"):
        text = path.read_text("utf-8")
        if path.name == "fully_connected.py":
            assert "delta[k] * x[m]" in text
            text = text.replace("delta[k] * x[m]", "delta[k] * x[m] * 2")
        (package / path.name).write_text(text, "utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "derivations"], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 1
    assert "fully_connected.8 is not proved" in done.stderr and "counterexample" in done.stderr


def test_the_command_line_ends_with_1_when_the_code_differs(monkeypatch, capsys):
    changed = altered('"W": delta @ self.x.T', '"W": -delta @ self.x.T')
    monkeypatch.setattr(command, "NAMES", ("flatten",))
    monkeypatch.setattr(code, "SUITES", (lambda _: code.dense(changed),))
    assert command.main() == 1
    assert "fully_connected.13 says" in capsys.readouterr().err


def test_derivations_do_not_look_at_the_code_they_judge():
    for path in Path(proof.__file__).parent.glob("*.py"):
        text = path.read_text("utf-8")
        assert path.name == "code.py" or "import helpers" not in text, path.name


def test_importing_one_derivation_builds_only_that_one():
    script = "import sys, derivations.flatten; print([m for m in sys.modules if m.startswith('derivations.')])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    assert "convolution" not in done.stdout and load("flatten").name == "flatten"


SUITE_OF = {
    "Dense": "dense",
    "Sigmoid": "activations",
    "Tanh": "activations",
    "ReLU": "activations",
    "Conv2D": "convolution",
    "MeanPool2D": "mean_pooling",
    "MaxPool2D": "max_pooling",
    "Flatten": "flatten",
    "SoftmaxCrossEntropy": "softmax",
    **dict.fromkeys(("rot180", "correlate2d", "convolve2d", "down", "up"), "operators"),
}
METHODS = {"compute", "parameter_gradients", "input_gradient", "forward", "backward"}
SWAP = {ast.Add: ast.Sub, ast.Sub: ast.Add}
NOT_ON_SYMBOLS = "z - z.real.max(axis=0)"  # softmax shifts numbers only


def signs(tree):
    """(class or function, node) for every plus and minus in the passes of helpers.py."""
    for top in tree.body:
        if getattr(top, "name", None) in SUITE_OF:
            for part in [m for m in top.body if getattr(m, "name", "") in METHODS] or [top]:
                for node in ast.walk(part):
                    plus_or_minus = isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in SWAP
                    if plus_or_minus and ast.unparse(node) != NOT_ON_SYMBOLS:
                        yield top.name, node


def test_every_plus_and_minus_of_the_code_matters():
    survivors = []
    for number in range(len(list(signs(ast.parse(SOURCE))))):
        tree = ast.parse(SOURCE)
        name, node = list(signs(tree))[number]
        place = f"{name}, line {node.lineno}: {ast.unparse(node)}"
        node.op = SWAP[type(node.op)]()
        try:
            for line in getattr(code, SUITE_OF[name])(executed(tree)):
                line.check()
            survivors.append(place)
        except (CodeMismatch, ValueError, IndexError):
            pass
    assert survivors == []
