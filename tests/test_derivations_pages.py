"""The pages: every equation is the proved one, stands once, inside markers; the worked examples are right."""

import ast
import re

import numpy as np
import pytest
from scipy.signal import convolve2d, correlate2d

from derivations import NAMES, load, pages


@pytest.mark.parametrize("name", NAMES)
def test_page_and_objects_agree(name):
    text = pages.page(name).read_text("utf-8")
    assert text == pages.filled(text, load(name)), "run: make derivations"
    assert pages.complaints(text, load(name)) == []


def test_no_page_is_stale_and_one_would_be_seen(tmp_path, monkeypatch):
    assert pages.stale() == []
    for name in NAMES:
        (tmp_path / f"{name}.md").write_text(pages.page(name).read_text("utf-8"), "utf-8")
    monkeypatch.setattr(pages, "FOLDER", tmp_path)
    page = tmp_path / "convolution.md"
    page.write_text(page.read_text("utf-8").replace(r"\bar K", "K", 1), "utf-8")
    assert pages.stale() == ["convolution"]
    pages.write()
    assert pages.stale() == []


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda s: s + "\n$$\nz = 1\n$$\n", "outside"),
        (lambda s: s + "\n```math\nz = 1\n```\n", "outside"),
        (lambda s: s.replace("<!-- equation flatten.2 -->", "<!-- equation flatten.1 -->"), "twice"),
        (lambda s: s.replace("<!-- equation flatten.2 -->", "<!-- equation flatten.1 -->"), "nowhere"),
        (lambda s: s + "\n<!-- equation flatten.2 -->\n", "partner"),
    ],
)
def test_wrong_markers_are_seen(change, complaint):
    text = pages.page("flatten").read_text("utf-8")
    assert any(complaint in c for c in pages.complaints(change(text), load("flatten")))


def test_no_id_is_on_two_pages():
    ids = [i for name in NAMES for i in pages.BLOCK.findall(pages.page(name).read_text("utf-8"))]
    assert len(set(ids)) == len(ids)


def test_displayed_mathematics_survives_markdown():
    """GitHub reads Markdown before mathematics: no backslash before a sign, underscore, star, list."""
    for name in NAMES:
        for equation in load(name):
            assert not re.search(r"\\[^a-zA-Z]|_[^ ]|\*|[<>]|\n|^[-+#] ", equation.latex), equation.latex


def test_notation_names_what_the_equations_use():
    table = pages.FOLDER.joinpath("notation.md").read_text("utf-8")
    for symbol in (r"$\delta$", "`beta`", "last axis", "1/N stands once", "cross-correlation", "Bouvrie", "PyTorch"):
        assert symbol in table


def test_links_lead_somewhere():
    for path in pages.FOLDER.glob("*.md"):
        for target in re.findall(r"\]\(([^)#]+)", path.read_text("utf-8")):
            assert target.startswith("http") or (path.parent / target).exists(), (path.name, target)


def numbers(name):
    """The numbers typed into the Python blocks of a page."""
    found = {}
    for text in re.findall(r"```python\n(.*?)```", pages.page(name).read_text("utf-8"), re.DOTALL):
        for statement in ast.parse(text).body:
            found[statement.targets[0].id] = np.array(ast.literal_eval(statement.value))
    return found


def agree(given, expected):
    """Compare an array from a page with one computed here."""
    np.testing.assert_allclose(given, expected, rtol=0, atol=1e-12)


def test_example_of_the_convolution():
    n = numbers("convolution")
    agree(n["z"], correlate2d(n["x"], n["K"], "valid") + n["b"])
    agree(n["dx"], convolve2d(n["delta"], n["K"], "full"))
    agree(n["dK"], correlate2d(n["x"], n["delta"], "valid"))
    agree(n["db"], n["delta"].sum())
    agree(n["C"] @ n["x"].ravel() + n["b"], n["z"].ravel())
    agree(n["C"].T @ n["delta"].ravel(), n["dx"].ravel())
    border = np.pad(n["x"], 1)
    agree(n["z_stride"], correlate2d(border, n["K"], "valid")[::2, ::2] + n["b"])
    dx, dK = np.zeros_like(border), np.zeros_like(n["K"])
    for i, j in np.ndindex(2, 2):
        window = np.s_[2 * i : 2 * i + 2, 2 * j : 2 * j + 2]
        dx[window] += n["delta"][i, j] * n["K"]
        dK += n["delta"][i, j] * border[window]
    agree(n["dx_stride"], dx[1:-1, 1:-1])
    agree(n["dK_stride"], dK)


def test_the_four_combinations_of_the_convolution():
    text = pages.page("convolution").read_text("utf-8")
    n = numbers("convolution")
    assert (
        f"| {convolve2d(n['delta'], n['K']).tolist()}, right | {correlate2d(n['delta'], n['K']).tolist()}, wrong |"
        in text
    )
    assert (
        f"| {convolve2d(n['delta'], n['K']).tolist()}, wrong | {correlate2d(n['delta'], n['K']).tolist()}, right |"
        in text
    )
    assert (convolve2d(n["x"], n["K"], "valid") + n["b"])[0, 0] == 10


def test_example_of_the_maps():
    n = numbers("convolution_maps")
    x, K, delta = n["x"], n["K"], n["delta"]
    agree(n["z"][0], sum(correlate2d(x[c], K[0, c], "valid") for c in (0, 1)) + n["b"][0])
    agree(n["dx"], [convolve2d(delta[0], K[0, c]) for c in (0, 1)])
    agree(n["dK"][0], [correlate2d(x[c], delta[0], "valid") for c in (0, 1)])
    agree(n["db"], [delta.sum()])
    agree(n["back"], sum(convolve2d(d, k) for d, k in zip(n["deltas"], n["kernels"], strict=True)))


def test_example_of_the_fully_connected_layer():
    n = numbers("fully_connected")
    agree(n["z"], n["W"] @ n["x"] + n["b"][:, None])
    agree(n["dx"], n["W"].T @ n["delta"])
    agree(n["dW"], n["delta"] @ n["x"].T)
    agree(n["db"], n["delta"].sum(axis=1))


def test_examples_of_the_activations():
    n = numbers("activations")
    agree(n["a"], np.maximum(n["z"], 0))
    agree(n["delta"], n["g"] * (n["z"] > 0))
    a = 1 / (1 + np.exp(-np.log(3)))
    agree([a, 16 * a * (1 - a)], [3 / 4, 3])
    agree([np.tanh(np.log(2)), 1 - np.tanh(np.log(2)) ** 2], [3 / 5, 16 / 25])
    again = 1 / (1 + np.exp(-0.75))
    assert round(again * (1 - again), 3) == 0.218


def test_example_of_softmax():
    n = numbers("softmax_cross_entropy")
    p = np.exp(np.log([1, 2, 5])) / 8
    agree(n["p_times_8"], 8 * p)
    agree(n["delta_times_8"], 8 * (p - [0, 1, 0]))
    jacobian = np.diag(p) - np.outer(p, p)
    agree([jacobian[1, 1], jacobian[0, 1]], [12 / 64, -2 / 64])
    agree(-1 / p[1] * np.diag(np.diag(jacobian))[1], [0, -6 / 8, 0])


def test_example_of_mean_pooling():
    n = numbers("mean_pooling")
    means = n["x"].reshape(2, 2, 2, 2).mean(axis=(1, 3))
    agree(n["z"], n["beta"] * means + n["b"])
    agree(n["dx"], np.kron(n["delta"], np.ones((2, 2))) * n["beta"] / 4)
    agree([n["dbeta"], n["db"]], [(n["delta"] * means).sum(), n["delta"].sum()])
    pooled = correlate2d(n["z"], [[1, 2], [3, -1]], "valid")  # the example on the network's page
    agree(pooled, [[46]])


def max_pool(x, delta, size, stride):
    """Forward and back, by loops."""
    z, dx = np.zeros_like(delta), np.zeros_like(x)
    for i, j in np.ndindex(*delta.shape):
        window = x[stride * i : stride * i + size, stride * j : stride * j + size]
        r, e = np.unravel_index(window.argmax(), window.shape)
        z[i, j] = window[r, e]
        dx[stride * i + r, stride * j + e] += delta[i, j]
    return z, dx


def test_examples_of_max_pooling():
    n = numbers("max_pooling")
    for z, dx, given in [
        (n["z"], n["dx"], max_pool(n["x"], n["delta"], 2, 2)),
        (n["z_overlap"], n["dx_overlap"], max_pool(n["x_overlap"], n["delta_overlap"], 2, 1)),
    ]:
        agree(z, given[0])
        agree(dx, given[1])
    agree(max_pool(np.array([[5, 5], [5, 5]]), np.array([[3]]), 2, 2)[1], [[3, 0], [0, 0]])


def test_example_of_flatten():
    n = numbers("flatten")
    agree(n["v"], n["a"].ravel())
    assert n["a"][1, 0, 2] == 9 == n["v"][8]
