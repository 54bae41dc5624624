"""The derivations: everything is proved, every mutant is refused, and each mistake that learners make is named."""

import random

import numpy as np
import pytest
import sympy as sp

import derivations
from derivations import activations, convolution, convolution_maps, fully_connected, max_pooling, mean_pooling
from derivations import network, softmax_cross_entropy
from derivations.expressions import (
    Entry,
    Padded,
    Partial,
    array,
    f,
    f_prime,
    indices,
    named,
    padded,
    sizes,
    total,
    unfold,
    write_latex,
)
from derivations.instances import Instance, places
from derivations.normal_form import equal_for_all_sizes
from derivations.proof import ALL_SIZES, DEFINITION, REASONS, Case, Derivation, Equation, ProofError, UpTo

LEDGER = derivations.ledger()
PROVED = [e for e in LEDGER if e.grade != DEFINITION]
pick = "Kronecker delta picks one term"


# --- the ledger -------------------------------------------------------------------------------------------------------


def test_at_least_sixty_equations_are_proved():
    assert len(PROVED) >= 60
    assert len({(e.left, e.right) for e in PROVED}) == len(PROVED)


def test_every_id_is_used_once():
    ids = [e.id for e in LEDGER]
    assert len(set(ids)) == len(ids)


def test_no_equation_is_trivial():
    assert all(e.left != e.right for e in PROVED)


def test_every_line_of_the_ledger_is_complete():
    for e in LEDGER:
        assert isinstance(e.lhs, sp.Basic) and isinstance(e.rhs, sp.Basic) and e.reason in REASONS and e.grade


FINAL = "fully_connected.5 fully_connected.8 fully_connected.9 fully_connected.12 fully_connected.13 fully_connected.14 "
FINAL += "conv.5 conv.8 conv.9 maps.5 maps.8 maps.9 mean_pool.9 mean_pool.11 mean_pool.12 mean_pool.24 mean_pool.25 "
FINAL += "mean_pool.26 activations.5 activations.7 softmax.4 softmax.7 softmax.9 softmax.12 softmax.15"


@pytest.mark.parametrize("id", FINAL.split())
def test_final_gradients_are_proved_for_all_sizes(id):
    assert next(e for e in LEDGER if e.id == id).grade == ALL_SIZES


@pytest.mark.parametrize("equation", [e for e in PROVED if e.upto is None], ids=lambda e: e.id)
def test_what_holds_for_all_sizes_holds_at_small_ones(equation):
    """A second look at the same objects that knows nothing of the normal form: both sides written out."""
    symbols = unfold(equation.left).free_symbols | unfold(equation.right).free_symbols
    numbers = sorted((s for s in symbols if s.is_Symbol and s.is_integer), key=str)
    rng = random.Random(1)
    for _ in range(2):
        put = {s: rng.randint(1, 2) for s in numbers if s.is_nonnegative}
        instance = Instance(put, {name: winners(name, rng) for name in ("rho", "kappa", "c")})
        free = {i: 2 for i in numbers if not i.is_nonnegative}
        for place in places({i: equation.ranges.get(i, n) for i, n in free.items()}, instance):
            left, right = (instance(side, place) for side in (equation.left, equation.right))
            left, right = left.rewrite(sp.exp), right.rewrite(sp.exp)
            values = {s: sp.Rational(rng.randint(1, 9), 7) for s in left.free_symbols | right.free_symbols}
            assert vanishes(left - right, values)


def winners(name, rng):
    """Some integers for an array whose entries are indices."""
    shape = {"c": (4,)}.get(name)
    return np.array([rng.randint(0, 1) for _ in range(4)]).reshape(shape) if shape else OnesAnywhere()


class OnesAnywhere:
    """An array of every shape whose entries are all 1."""

    def __getitem__(self, index):
        return 1

    @property
    def shape(self):
        return (10**6,) * 2


def vanishes(difference, values):
    """Exactly 0 at rational values (with e^(1/7) a number of its own, so no digits are compared)."""
    difference = difference.replace(f_prime, lambda t: 2 * t + 1).replace(f, lambda t: t**2 + t)
    return sp.simplify(difference.xreplace(values).doit()) == 0


# --- mutants ----------------------------------------------------------------------------------------------------------


def mutants(expression):
    """Every expression that differs in one place: a sign, an index, a bound of a sum, a factor."""
    yield "sign", -expression
    yield "factor", 2 * expression
    yield from inner_mutants(expression)


def inner_mutants(e):
    """Mutants of the parts."""
    yield from changed_here(e)
    if isinstance(e, (Partial, sp.Indexed, Entry)):
        return
    for k, part in enumerate(e.args):
        if isinstance(part, sp.Tuple):
            continue
        for kind, mutant in inner_mutants(part):
            yield kind, e.func(*e.args[:k], mutant, *e.args[k + 1 :])


def changed_here(e):
    """One change at the top of an expression."""
    if isinstance(e, sp.Sum):
        for k, (index, low, high) in enumerate(e.limits):
            for limit in ((index, low + 1, high), (index, low, high - 1), (index, low, high + 1)):
                yield "bound", e.func(e.function, *e.limits[:k], limit, *e.limits[k + 1 :])
    if isinstance(e, sp.Indexed) or (isinstance(e, Entry) and e.shape):
        first = 1 if isinstance(e, sp.Indexed) else 0
        for k in range(first, len(e.args)):
            yield "index", e.func(*e.args[:k], e.args[k] + 1, *e.args[k + 1 :])
    if isinstance(e, sp.KroneckerDelta):
        yield "index", e.func(e.args[0] + 1, e.args[1])
    if isinstance(e, sp.Mul):
        for k, factor in enumerate(e.args):
            yield "factor", e.func(*e.args[:k], *e.args[k + 1 :])
    if isinstance(e, sp.Add):
        for k, term in enumerate(e.args):
            yield "sign", e.func(*e.args[:k], -term, *e.args[k + 1 :])


def claims(equation, right):
    """True if the prover accepts this right side."""
    try:
        Equation(equation.id, equation.left, right, equation.reason, equation.ranges, equation.upto)
    except ProofError:
        return True and False
    return True
