"""The four witnesses of classroom.witnesses: each can say no, alone, and where all agree the table says so."""

import numpy as np
import pytest

from classroom import witnesses as called
from classroom.witnesses import witnesses
from helpers import Dense, MaxPool2D, ReLU

# W x + b by hand: dx = W^T delta, dW = delta x^T, db = delta.
W, X, DELTA = np.array([[1, 2, -1], [0, 3, 2]]), np.array([[1], [2], [-1]]), np.array([[1], [3]])
BY_HAND = {"x": [[1], [11], [5]], "W": [[1, 2, -1], [3, 6, -3]], "b": [1, 3]}
EQUATIONS = {"x": "fully_connected.12", "W": "fully_connected.13", "b": "fully_connected.14"}


def dense(kind=Dense):
    layer = kind(3, 2)
    layer.params = {"W": W, "b": np.array([1, -2])}
    return layer


def said(testimony, gradient, witness):
    columns = {"derivation": 1, "symbols": 2, "by hand": 3, "measurement": 4}
    (row,) = [row for row in testimony.rows if row[0] == gradient]
    return row[columns[witness]]


def test_all_four_agree_on_a_right_layer():
    testimony = witnesses(dense(), X, DELTA, BY_HAND, EQUATIONS)
    assert testimony.agree
    assert [row[0] for row in testimony.rows] == ["dx", "dW", "db"]
    assert said(testimony, "dW", "derivation") == "fully_connected.13, for all sizes"
    assert said(testimony, "dW", "symbols") == "equal in 6 of 6"


@pytest.mark.parametrize("name", BY_HAND)
def test_a_wrong_number_on_paper_is_told_and_nobody_else_objects(name):
    paper = BY_HAND | {name: np.array(BY_HAND[name]) + 1}
    testimony = witnesses(dense(), X, DELTA, paper, EQUATIONS)
    objections = [word for row in testimony.rows for word in row if word.startswith("NO")]
    assert not testimony.agree
    assert objections == [said(testimony, f"d{name}", "by hand")]


class Doubled(Dense):
    def parameter_gradients(self, delta):
        right = super().parameter_gradients(delta)
        return right | {"W": 2 * right["W"]}


def test_a_slip_in_the_code_is_told_by_three_and_unseen_by_the_derivation():
    testimony = witnesses(dense(Doubled), X, DELTA, BY_HAND, EQUATIONS)
    assert not testimony.agree
    assert said(testimony, "dW", "symbols") == "NO: equal in 0 of 6"
    assert said(testimony, "dW", "by hand") == "NO: other numbers"
    assert said(testimony, "dW", "measurement") == "NO: error 1.0e+00"
    assert said(testimony, "dW", "derivation").endswith("for all sizes")
    assert said(testimony, "dx", "measurement") == "error < 1e-12"


def test_relu_and_max_pool_are_heard_in_the_order_of_the_numbers():
    z, delta = [[1.0], [-2.0], [0.0]], [[3], [4], [5]]
    assert witnesses(ReLU(), z, delta, {"x": [[3], [0], [0]]}, {"x": "activations.16"}).agree
    window = np.array([[1.0, 2, 9], [4, 3, 5]])[None, :, :, None]
    delta = np.array([[7, -2]])[None, :, :, None]
    dx = np.array([[0, 0, -2], [7, 0, 0]])[None, :, :, None]
    testimony = witnesses(MaxPool2D(2, stride=1), window, delta, {"x": dx}, {"x": "max_pool.10"})
    assert testimony.agree
    assert said(testimony, "dx", "symbols") == "equal in 6 of 6"


def test_a_tie_goes_to_the_first_on_symbols_too():
    tied, dx = np.zeros((1, 2, 2, 1)), np.array([[7, 0], [0, 0]])[None, :, :, None]
    testimony = witnesses(MaxPool2D(2), tied, np.full((1, 1, 1, 1), 7), {"x": dx}, {"x": "max_pool.10"})
    assert testimony.agree


def test_names_that_do_not_match_the_layer_are_refused():
    with pytest.raises(ValueError, match=r"has the gradients \['x', 'W', 'b'\]; by_hand names \['x'\]"):
        witnesses(dense(), X, DELTA, {"x": BY_HAND["x"]}, EQUATIONS)
    with pytest.raises(KeyError, match=r"no equation fully_connected\.999"):
        witnesses(dense(), X, DELTA, BY_HAND, EQUATIONS | {"x": "fully_connected.999"})


def test_the_layer_is_left_as_it_is():
    layer = dense()
    witnesses(layer, X, DELTA, BY_HAND, EQUATIONS)
    assert layer.params["W"] is W and layer.grads == {}


def test_the_table_shows_itself_as_text_and_as_html():
    row = ("dx", "conv.13, for all sizes", "equal in 9 of 9", "NO: other numbers", "error < 1e-12")
    table = called.Testimony([row])
    assert not table.agree
    assert str(table).splitlines()[0].startswith("gradient  derivation")
    assert str(table).splitlines()[1].split("  ")[0] == "dx"
    assert table._repr_html_().count("<tr>") == 2
    assert "error &lt; 1e-12" in table._repr_html_()
