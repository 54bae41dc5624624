"""The derivations: everything is proved, every mutant is refused, and each mistake that learners make is named."""

import random
import re

import numpy as np
import pytest
import sympy as sp

import derivations
from derivations import (
    activations,
    convolution,
    convolution_maps,
    fully_connected,
    max_pooling,
    mean_pooling,
    network,
    proof,
    softmax_cross_entropy,
)
from derivations.expressions import Entry, Partial, array, f, f_prime, indices, named, padded, sizes, total, write_latex
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


FINAL = (
    "fully_connected.5 fully_connected.8 fully_connected.9 fully_connected.12 fully_connected.13 fully_connected.14 "
)
FINAL += "conv.5 conv.8 conv.9 maps.5 maps.8 maps.9 mean_pool.9 mean_pool.11 mean_pool.12 mean_pool.26 mean_pool.27 "
FINAL += "mean_pool.28 activations.5 activations.7 softmax.4 softmax.7 softmax.9 softmax.12 softmax.15"


@pytest.mark.parametrize("id", FINAL.split())
def test_final_gradients_are_proved_for_all_sizes(id):
    assert next(e for e in LEDGER if e.id == id).grade == ALL_SIZES


@pytest.mark.parametrize(
    "equation", [e for e in PROVED if e.upto is None and "rho" not in str(e.right)], ids=lambda e: e.id
)
def test_what_holds_for_all_sizes_holds_at_small_ones(equation):
    """A second look at the same objects that knows nothing of the normal form: both sides written out, at rationals."""
    numbers, free_indices = proof.integers_of(equation)
    rng = random.Random(1)
    for size in (1, 2):
        instance = Instance(dict.fromkeys(numbers, size), {"c": np.zeros(9, int)})
        free = {i: equation.ranges.get(i, sp.Integer(2)) for i in free_indices}
        for place in rng.sample(choices := list(places(free, instance)), min(3, len(choices))):
            difference = instance(equation.left, place) - instance(equation.right, place)
            assert vanishes(difference, rng)


def vanishes(difference, rng):
    """Zero at random numbers; exponentials are compared to 40 digits."""
    difference = difference.replace(f_prime, lambda t: 2 * t + 1).replace(f, lambda t: t**2 + t)
    values = {s: sp.Rational(rng.randint(1, 9), 7) for s in sorted(difference.free_symbols, key=str)}
    number = difference.xreplace(values).doit()
    return number == 0 if number.is_Rational else abs(sp.N(number, 50)) < sp.Float("1e-40")


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
            other = sp.S.Zero if e.args[k].is_Symbol else e.args[k] + 1
            yield "index", e.func(*e.args[:k], other, *e.args[k + 1 :])
        for k in range(first, len(e.args) - 1):
            yield "index", e.func(*e.args[:k], e.args[k + 1], e.args[k], *e.args[k + 2 :])
    if isinstance(e, sp.KroneckerDelta):
        yield "index", e.func(e.args[0] + 1, e.args[1])
    if isinstance(e, sp.Mul):
        for k in range(len(e.args)):
            yield "factor", e.func(*e.args[:k], *e.args[k + 1 :])
    if isinstance(e, sp.Add):
        for k, term in enumerate(e.args):
            yield "sign", e.func(*e.args[:k], -term, *e.args[k + 1 :])


def refused(equation, right):
    """True if the prover does not accept this right side."""
    try:
        Equation(equation.id, equation.left, right, equation.reason, equation.ranges, equation.upto)
    except ProofError:
        return True
    return False


def selection(equation, each=2):
    """Some mutants of every kind: the first and the last (all of them with each = None)."""
    kinds = {}
    for kind, mutant in mutants(equation.right):
        if mutant != equation.right and mutant not in kinds.setdefault(kind, []):
            kinds[kind].append(mutant)
    for kind, found in kinds.items():
        chosen = found if each is None else [found[0], *found[1:][1 - each :]] if each > 1 else found[:1]
        yield from ((kind, mutant) for mutant in dict.fromkeys(chosen))


@pytest.mark.parametrize("equation", PROVED, ids=lambda e: e.id)
def test_mutants_of_every_right_side_are_refused(equation, monkeypatch):
    monkeypatch.setattr(proof, "explain", lambda equation: "")
    survivors = [(kind, mutant) for kind, mutant in selection(equation) if not refused(equation, mutant)]
    assert survivors == []


def test_mutants_come_in_every_kind():
    assert {kind for kind, _ in selection(convolution.chain[5])} == {"sign", "index", "bound", "factor"}


# --- the mistakes that learners make ----------------------------------------------------------------------------------

c, i, j, k, m, o, p, q, t, u, v = indices("c i j k m o p q t u v")


def refuse(left, right, **options):
    """The ProofError that a false step raises; its text shows both sides, the difference and a counterexample."""
    with pytest.raises(ProofError) as caught:
        Equation("mistake.1", left, right, "rearranging", **options)
    text = str(caught.value)
    if "read past" not in text:
        assert all(word in text for word in ("left:", "right:", "left - right:", "counterexample:", "left = "))
    return text


def test_wrong_sign_the_bias_subtracted():
    e = fully_connected
    refuse(Partial(e.J_batch, e.b[k]), -total(e.Delta[k, t], (t, e.N)))


def test_index_shift_the_window_begins_one_too_late():
    e = convolution
    window = padded(e.x[e.s * i + u - e.P + 1, e.s * j + v - e.P])
    refuse(Partial(e.J, e.K[u, v]), total(e.delta[i, j] * window, *e.output))


def test_stride_forgotten():
    e = convolution
    refuse(Partial(e.J, e.x[p, q]), total(e.delta[i, j] * padded(e.K[p + e.P - i, q + e.P - j]), *e.output))


def test_padding_forgotten():
    e = convolution
    refuse(Partial(e.J, e.x[p, q]), total(e.delta[i, j] * padded(e.K[p - e.s * i, q - e.s * j]), *e.output))


def test_missing_flip_going_back_with_the_kernel_unturned():
    e = convolution
    unturned = total(e.K[u, v] * padded(e.delta[p - (e.kh - 1) + u, q - (e.kw - 1) + v]), *e.kernel)
    text = refuse(Partial(e.J_correlate, e.x[p, q]), unturned)
    assert "k_h = " in text and "K_" in text and "delta_" in text


def test_superfluous_flip_of_the_kernel_gradient():
    e = convolution
    refuse(Partial(e.J_correlate, e.K[u, v]), e.slide[e.kh - 1 - u, e.kw - 1 - v])


def test_wrong_bound_the_last_row_of_outputs_left_out():
    e = convolution
    refuse(Partial(e.J, e.b), total(e.delta[i, j], (i, e.Hz - 1), (j, e.Wz)))


def test_wrong_bound_one_row_too_many():
    e = convolution
    assert "read past" in refuse(Partial(e.J, e.b), total(e.delta[i, j], (i, e.Hz + 1), (j, e.Wz)))


def test_missing_one_over_n_squared():
    e = mean_pooling
    refuse(Partial(e.J, e.here), e.beta * e.delta[i, j], **e.inside_block)


def test_beta_forgotten_in_the_pool():
    e = mean_pooling
    refuse(Partial(e.J, e.here), e.delta[i, j] / e.n**2, **e.inside_block)


def test_softmax_jacobian_taken_as_diagonal():
    e = softmax_cross_entropy
    refuse(Partial(e.p[i], e.z[k]), e.p[i] * (1 - e.p[i]) * sp.KroneckerDelta(i, k))


def test_one_over_N_twice():
    e = softmax_cross_entropy
    refuse(Partial(e.J, e.Z[k, t]), (e.P[k, t] - sp.KroneckerDelta(k, e.label[t])) / e.N**2)


def test_transposed_W_even_for_a_square_one():
    n = sizes("n")
    W, x, delta = array("W", n, n), array("x", n), array("delta", n)
    J = named("J", (), lambda: total(delta[i] * W[i, j] * x[j], (i, n), (j, n)))()
    Equation("right.1", Partial(J, x[k]), total(W[i, k] * delta[i], (i, n)), pick)
    refuse(Partial(J, x[k]), total(W[k, i] * delta[i], (i, n)))


def test_weight_gradient_transposed_even_for_a_square_one():
    n = sizes("n")
    W, x, delta = array("W", n, n), array("x", n), array("delta", n)
    J = named("J", (), lambda: total(delta[i] * W[i, j] * x[j], (i, n), (j, n)))()
    refuse(Partial(J, W[k, m]), x[k] * delta[m])


def test_missing_sum_over_output_maps():
    e = convolution_maps
    first_map_only = total(e.delta[0, i, j, t] * e.under(0, c, i, j, p, q), *e.places)
    refuse(Partial(e.J, e.x[c, p, q, t]), first_map_only)


def test_missing_sum_over_the_batch():
    e = convolution_maps
    refuse(Partial(e.J, e.b[o]), total(e.delta[o, i, j, 0], *e.places))


def test_sums_over_the_batch_multiplied_instead_of_products_summed():
    e = fully_connected
    product = total(e.Delta[k, t], (t, e.N)) * total(e.X[m, t], (t, e.N))
    refuse(Partial(e.J_batch, e.W[k, m]), product)


def test_bias_summed_over_all_maps():
    e = convolution_maps
    refuse(Partial(e.J, e.b[o]), total(e.delta[c, i, j, t], (c, e.O), *e.places, (t, e.N)))


def test_f_prime_forgotten_and_taken_twice():
    e = network
    back = total(e.W[i, k] * e.delta[i], (i, e.M))
    refuse(Partial(e.J, e.z[k]), back)
    refuse(Partial(e.J, e.z[k]), f_prime(e.z[k]) ** 2 * back)
    refuse(Partial(e.J, e.z[k]), f(e.z[k]) * back)


def test_f_prime_inside_the_sum():
    e = network
    refuse(Partial(e.J, e.z[k]), f_prime(e.z[k] * total(e.W[i, k] * e.delta[i], (i, e.M))))


def test_overlapping_windows_assigned_instead_of_added():
    """`=` for `+=` keeps one window for each input, not the sum over all that it won."""
    e = max_pooling
    first_column_only = total((e.delta[i, j] * e.won).xreplace({j: sp.S.Zero}), (i, e.Hz))
    refuse(Partial(e.J, e.x[p, q]), first_column_only)


# --- the machinery ----------------------------------------------------------------------------------------------------


def test_an_equation_that_says_nothing_is_refused():
    with pytest.raises(ProofError, match="says nothing"):
        Equation("trivial.1", fully_connected.z[i], fully_connected.z[i], "rearranging")


def test_a_reason_must_be_on_the_list():
    with pytest.raises(ValueError, match="not one of"):
        Equation("x.1", sp.Integer(1), sp.Integer(2), "obviously")


def test_an_id_cannot_be_used_twice_in_a_chain():
    chain = Derivation("test", "Test")
    chain.define(1, fully_connected.z[i])
    with pytest.raises(ValueError, match="twice"):
        chain.define(1, fully_connected.z[i])


def test_indices_of_a_definition_are_not_confused_with_those_outside():
    """z[j, k] read inside a sum over u must not catch the u of its own definition."""
    n = sizes("n")
    x, K = array("x", n), array("K", n)
    z = named("z", (n,), lambda i: total(K[u] * x[i + u], (u, n)))
    wrong = total(K[u] * x[u + u], (u, n))
    refuse(z[u], wrong)
    w = sp.Symbol("w", integer=True)
    Equation("right.1", z[u], total(K[w] * x[u + w], (w, n)), "rearranging")


def test_quantities_of_one_name_and_two_definitions_differ():
    e = convolution
    assert e.J_true != e.J and Partial(e.J, e.b) != Partial(e.J_true, e.b)
    assert equal_for_all_sizes(e.J, e.J, {}) and not equal_for_all_sizes(e.J, e.J_true, {})


def test_division_with_remainder_needs_a_remainder_below_n():
    n, size, H = sizes("n size H")
    x, delta = array("x", n * H), array("delta", H)
    r = sp.Symbol("r", integer=True)
    z = named("z", (H,), lambda i: total(x[n * i + r], (r, size)))
    J = named("J", (), lambda: total(delta[i] * z[i], (i, H)))()
    refuse(Partial(J, x[n * i + r]), delta[i], ranges={i: H, r: size})


def test_counting_needs_a_range_that_cannot_be_negative():
    n, larger = sizes("n larger")
    assert not equal_for_all_sizes(total(1, (i, n - larger)), n - larger, {})
    assert equal_for_all_sizes(total(1, (i, n)), n, {})


def test_the_same_values_in_other_places_are_not_the_same():
    n = sizes("n")
    x, y = array("x", n), array("y", n)
    assert equal_for_all_sizes(total(x[i] * y[i], (i, n)), total(x[n - 1 - j] * y[n - 1 - j], (j, n)), {})
    assert not equal_for_all_sizes(total(x[i] * y[i], (i, n)), total(x[i] * y[n - 1 - i], (i, n)), {})
    assert not equal_for_all_sizes(total(x[i], (i, n)) ** 2, total(x[i] ** 2, (i, n)), {})
    assert not equal_for_all_sizes(total(x[2 * i], (i, n)), total(x[i], (i, n)), {})
    assert not equal_for_all_sizes(total(f(x[i]), (i, n)), f(total(x[i], (i, n))), {})


def test_zeros_outside_belong_to_padded_entries_only():
    n = sizes("n")
    x = array("x", n)
    assert equal_for_all_sizes(total(padded(x[i]), (i, n)), total(x[i], (i, n)), {})
    assert not equal_for_all_sizes(padded(x[i - 1]), x[i - 1], {i: n})


def test_a_bounded_proof_looks_at_every_case():
    n = sizes("n")
    x = array("x", n)
    cases = tuple(Case({n: size}) for size in (1, 2, 3))
    one_entry = UpTo("for n up to 3", cases)
    refuse(total(x[i], (i, n)), x[0], upto=one_entry)
    assert (
        Equation("b.1", total(x[i], (i, n)), x[0], "counting", upto=UpTo("for n = 1", cases[:1])).grade == "for n = 1"
    )


def test_the_error_shows_numbers_that_do_not_agree():
    text = refuse(Partial(fully_connected.J, fully_connected.x[k]), fully_connected.delta[k])
    left, right = re.search(r"left = (\S+), right = (\S+)$", text).groups()
    assert sp.sympify(left) != sp.sympify(right)


# --- how a derivation shows itself ------------------------------------------------------------------------------------


def test_a_chain_shows_itself_as_aligned_latex_with_reasons():
    text = convolution.chain.part(4, 5)._repr_latex_()
    assert text.startswith("$$\\begin{aligned}") and "chain rule" in text and "proved for all sizes" in text
    assert text.count("&=") == 2
    assert text.splitlines()[2].startswith(" &=")  # the second line goes on from the first


def test_steps_show_one_line_more_each_time():
    lengths = [len(part) for part in fully_connected.chain.steps()]
    assert lengths == list(range(1, len(fully_connected.chain) + 1))


def test_show_displays(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", shown.append)
    fully_connected.chain.show()
    assert "connected.15: counting" in shown[0].data


def test_an_unknown_id_says_which_there_are():
    with pytest.raises(KeyError, match=r"conv\.32"):
        convolution.chain["conv.99"]
    assert convolution.chain["conv.5"] is convolution.chain[5]


def test_latex_is_written_as_on_paper():
    assert write_latex(convolution.chain[3].right) == r"\bar K_ {P + p - s i, P + q - s j}"
    assert write_latex(activations.chain[12].right) == r"1 - {\tanh(s)}^{2}"


def test_an_equation_is_found_by_its_id_alone():
    assert derivations.equation("conv.5") is derivations.load("convolution")["conv.5"]
    assert {e.id.partition(".")[0] for e in derivations.ledger()} == set(derivations.MODULES)
    with pytest.raises(KeyError, match="ids begin with fully_connected"):
        derivations.equation("convolution.5")
