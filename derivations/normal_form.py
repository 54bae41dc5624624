"""Equality of sums for all sizes: bring both sides to one normal form and compare.

An expression becomes a list of terms

    coefficient * SUM over the dummies of  product of factors * [equations] * [inequalities]

where the bounds of every sum are inequalities like any other. Five rules, each of them an identity, simplify a term:
a Kronecker delta picks one term; division by n leaves one remainder; an inequality that is known is dropped; a sum of
ones counts; the dummies may be renamed by any substitution that has an integer inverse. Two expressions with one
normal form are equal for all sizes and all values. The converse need not hold: what is not proved is refused.
"""

import itertools
from dataclasses import dataclass, replace
from functools import lru_cache

import sympy as sp

from derivations.expressions import Inside, f, f_prime, unfold

FACTORS = (sp.Symbol, sp.Indexed, sp.Pow, sp.log, f, f_prime)


class NotASum(TypeError):
    """The expression has a part for which the normal form has no rule."""


@dataclass(frozen=True)
class Term:
    """coefficient * SUM over dummies of product(base**power) * [every zero = 0] * [every bound >= 0]."""

    coefficient: sp.Expr = sp.S.One
    factors: tuple = ()
    dummies: frozenset = frozenset()
    zeros: tuple = ()
    bounds: frozenset = frozenset()

    def __mul__(self, other):
        return Term(
            self.coefficient * other.coefficient,
            self.factors + other.factors,
            self.dummies | other.dummies,
            self.zeros + other.zeros,
            self.bounds | other.bounds,
        )

    def substitute(self, symbol, value):
        """Put `value` for `symbol` everywhere."""
        put = {symbol: value}
        return Term(
            self.coefficient,
            tuple((base.xreplace(put), power) for base, power in self.factors),
            self.dummies - {symbol},
            tuple(sp.expand(z.xreplace(put)) for z in self.zeros),
            frozenset(primitive(b.xreplace(put)) for b in self.bounds),
        )


def primitive(bound):
    """The same inequality bound >= 0 without positive factors."""
    constant, factors = sp.factor_list(sp.expand(bound))
    kept = [base**power for base, power in factors if not base.is_positive]
    if not kept:
        return sp.sign(constant)
    return sp.expand(sp.sign(constant) * sp.Mul(*kept))


def terms(expression):
    """The terms of an unfolded expression. Every call makes fresh dummies."""
    if isinstance(expression, sp.Add):
        return [t for part in expression.args for t in terms(part)]
    if isinstance(expression, sp.Mul):
        return product(terms(part) for part in expression.args)
    if isinstance(expression, sp.Sum):
        return sum_terms(expression)
    if isinstance(expression, sp.exp):
        return exponential_terms(expression)
    if isinstance(expression, sp.Pow) and expression.exp.is_Integer:
        return power_terms(*expression.args)
    if isinstance(expression, Inside):
        e, n = expression.args
        return [Term(bounds=frozenset({primitive(e), primitive(n - 1 - e)}))]
    if isinstance(expression, sp.KroneckerDelta):
        return [Term(zeros=(sp.expand(expression.args[0] - expression.args[1]),))]
    if expression.is_Number or (expression.is_Symbol and not expression.is_Dummy):
        return [Term(coefficient=expression)]
    if not isinstance(expression, FACTORS):
        raise NotASum(f"no rule for {type(expression).__name__}: {expression}")
    return [Term(factors=((expression, 1),))]


def product(lists):
    """Multiply out."""
    return [term_product(choice) for choice in itertools.product(*lists)]


def term_product(choice):
    """The product of several terms (their dummies are all different)."""
    result = Term()
    for term in choice:
        result = result * term
    return result


def sum_terms(expression):
    """A sum: its indices become dummies, its bounds inequalities."""
    fresh = {limit[0]: sp.Dummy(limit[0].name, integer=True) for limit in expression.limits}
    bounds = set()
    for index, low, high in expression.limits:
        index, low, high = (e.xreplace(fresh) for e in (index, low, high))
        bounds |= {primitive(index - low), primitive(high - index)}
    outer = Term(dummies=frozenset(fresh.values()), bounds=frozenset(bounds))
    return [outer * t for t in terms(expression.function.xreplace(fresh))]


def exponential_terms(expression):
    """exp(2 s - t) as the factors exp(s)**2 and exp(t)**-1."""
    factors = []
    for part in sp.Add.make_args(sp.expand(expression.args[0])):
        coefficient, rest = part.as_coeff_Mul()
        if not coefficient.is_Integer:
            coefficient, rest = sp.S.One, part
        factors.append((sp.exp(rest), int(coefficient)))
    return [Term(factors=tuple(factors))]


def power_terms(base, exponent):
    """An integer power: multiplied out if positive, kept as one factor if negative."""
    if exponent > 0:
        return product(terms(base) for _ in range(int(exponent)))
    if base.is_Symbol and not base.is_Dummy:
        return [Term(coefficient=base**exponent)]
    inner = terms(base)
    if len(inner) == 1 and not inner[0].dummies and not inner[0].zeros and not inner[0].bounds:
        flipped = tuple((b, p * int(exponent)) for b, p in inner[0].factors)
        return [Term(coefficient=inner[0].coefficient ** exponent, factors=flipped)]
    return [Term(factors=((base, int(exponent)),))]


def solve_for(equation, symbols):
    """(symbol, value) with a symbol that stands linearly with coefficient 1 or -1 in equation = 0, or None."""
    for symbol in sorted(symbols & equation.free_symbols, key=str, reverse=True):
        coefficient = equation.coeff(symbol, 1)
        rest = sp.expand(equation - coefficient * symbol)
        if coefficient in (1, -1) and not rest.has(symbol):
            return symbol, sp.expand(-coefficient * rest)
    return None


def collapse(term, known):
    """Use the equations of a term; None if one of them is impossible."""
    kept = []
    while term.zeros:
        zero, rest = term.zeros[0], term.zeros[1:]
        term = replace(term, zeros=rest)
        if zero.is_nonzero:
            return None
        if zero == 0:
            continue
        parts = remainder_rule(zero, term.bounds | known)
        solved = None if parts else solve_for(zero, term.dummies)
        if solved:
            term = term.substitute(*solved)
            kept = [sp.expand(z.xreplace(dict([solved]))) for z in kept]
        elif parts:
            term = replace(term, zeros=parts + rest)
        else:
            term, kept = use_free_equation(term, zero, kept)
    return replace(term, zeros=tuple(kept))


def use_free_equation(term, zero, kept):
    """An equation between free indices stays; the other factors use it, so that t_i [i = k] and t_k [i = k] agree."""
    free = {s for s in zero.free_symbols if s.is_Symbol and not s.is_Dummy and not s.is_positive}
    solved = solve_for(zero, free)
    sign = -1 if zero.could_extract_minus_sign() else 1
    if solved:
        bounds = term.bounds
        term = replace(term.substitute(*solved), bounds=bounds)
    return term, [*kept, sp.expand(sign * zero)]


def remainder_rule(zero, facts):
    """n*A + B = 0 with B = 0, r, -r or r - r' and 0 <= r, r' < n means: A = 0 and B = 0."""
    for n in sorted((s for s in zero.free_symbols if s.is_positive), key=str):
        quotient = zero.coeff(n, 1)
        rest = sp.expand(zero - n * quotient)
        if quotient == 0 or rest.has(n):
            continue
        if rest == 0:
            return (quotient,)
        signed = rest.as_coefficients_dict()
        remainders = all(s.is_Symbol and {s, primitive(n - 1 - s)} <= facts for s in signed)
        if remainders and sorted(signed.values()) in ([-1], [1], [-1, 1]):
            return (sp.expand(quotient), rest)
    return None


def divide_floors(term, known):
    """floor((n*A + r)/n) = A where 0 <= r < n."""
    facts = term.bounds | known
    everywhere = [base for base, _ in term.factors] + [*term.zeros, *term.bounds]
    for floor in {a for e in everywhere for a in e.atoms(sp.floor)}:
        numerator, n = sp.fraction(sp.together(floor.args[0]))
        quotient = sp.expand(numerator).coeff(n, 1)
        rest = sp.expand(numerator - n * quotient)
        if rest == 0 or (rest.is_Symbol and {rest, primitive(n - 1 - rest)} <= facts):
            term = term.substitute(floor, quotient)
    return term


def drop_known(term, known):
    """Drop the inequalities that always hold or follow from one or two others; None if one never holds."""
    if any(b.is_negative for b in term.bounds):
        return None
    kept = {b for b in term.bounds - known if not b.is_nonnegative}
    for bound in sorted(kept, key=lambda b: (-len(b.free_symbols), str(b))):
        if follows(bound, sorted((kept | known) - {bound}, key=str)):
            kept.discard(bound)
    return replace(term, bounds=frozenset(kept))


def follows(bound, others):
    """True if the bound is another one, or the sum of two others (perhaps times a size), plus something >= 0."""
    scales = sorted({s for e in (bound, *others) for s in index_part(e).free_symbols if s.is_positive}, key=str)
    others = [*others, *(sp.expand(scale * other) for scale in scales for other in others)]
    by_index = {}
    for other in others:
        by_index.setdefault(index_part(other), []).append(other)
    for first in [sp.S.Zero, *others]:
        rest = sp.expand(bound - first)
        if any((rest - second).is_nonnegative for second in by_index.get(index_part(rest), ())):
            return True
    return False


@lru_cache(maxsize=4096)
def index_part(expression):
    """The terms in which an index (a symbol that is no size) stands."""
    return sp.Add(*(t for t in sp.Add.make_args(expression) if any(not s.is_positive for s in t.free_symbols)))


def count_ones(term):
    """A dummy that stands in its two bounds only: the sum counts, high - low + 1 times the rest."""
    for dummy in term.dummies:
        used = any(base.has(dummy) for base, _ in term.factors) or any(z.has(dummy) for z in term.zeros)
        bounds = [b for b in term.bounds if b.has(dummy)]
        if used or {b.coeff(dummy, 1) for b in bounds} != {sp.S.One, sp.S.NegativeOne} or len(bounds) != 2:
            continue
        count = sp.expand(sum(bounds)) + 1
        if not count.has(dummy) and count.is_nonnegative:
            return count_ones(
                replace(
                    term,
                    coefficient=term.coefficient * count,
                    dummies=term.dummies - {dummy},
                    bounds=term.bounds - set(bounds),
                )
            )
    return term


def simplified(term, known):
    """A term after all rules, or None if it is zero."""
    term = collapse(divide_floors(term, known), known)
    if term is not None:
        term = drop_known(term, known)
    return None if term is None else count_ones(term)


def components(term):
    """Split the pieces of a term into groups that share no dummy: independent sums are separate factors."""
    pieces = [("factor", base, power) for base, power in term.factors]
    pieces += [("zero", z, 1) for z in term.zeros] + [("bound", b, 1) for b in term.bounds]
    groups = []
    for piece in pieces:
        dummies = piece[1].free_symbols & term.dummies
        joined = [g for g in groups if g[0] & dummies]
        groups = [g for g in groups if not g[0] & dummies]
        groups.append((dummies.union(*(g[0] for g in joined)), [p for g in joined for p in g[1]] + [piece]))
    return groups


def component_key(dummies, pieces, known):
    """The name of one component: the smallest over all orders in which its dummies can be renamed."""
    reads = sorted({a for _, e, _ in pieces for a in e.atoms(sp.Indexed) if a.free_symbols & dummies}, key=str)
    by_name = [list(g) for _, g in itertools.groupby(sorted(reads, key=base_name), key=base_name)]
    orders = itertools.product(*(itertools.permutations(g) for g in by_name))
    keys = [renamed_key(dummies, pieces, [r for g in order for r in g], known) for order in orders]
    return min(keys)


def base_name(read):
    """The name of the array that is read."""
    return str(read.base)


def renamed_key(dummies, pieces, reads, known):
    """Rename the dummies so that the first indices read are dummies themselves; then write the pieces down."""
    put = []
    left = set(dummies)
    for read in reads:
        for index in read.indices:
            for old, new in put:
                index = index.xreplace({old: new})
            place = sp.Symbol(f"#{len(put)}", integer=True)
            solved = solve_for(sp.expand(index - place), left)
            if solved:
                put.append(solved)
                left.discard(solved[0])
    if left:
        return min(final_key(pieces, put, order, known) for order in itertools.permutations(sorted(left, key=str)))
    return final_key(pieces, put, (), known)


def final_key(pieces, put, rest, known):
    """The pieces as text, after the renaming `put` and with the remaining dummies in the order `rest`."""
    put = put + [(d, sp.Symbol(f"##{k}", integer=True)) for k, d in enumerate(rest)]
    lines = {"factor": {}, "zero": {}, "bound": {}}
    for kind, piece, power in pieces:
        for old, new in put:
            piece = piece.xreplace({old: new})
        if kind == "zero" and sp.expand(piece).could_extract_minus_sign():
            piece = -piece
        text = atom_key(piece, known) if kind == "factor" else str(sp.expand(piece))
        lines[kind][text] = lines[kind].get(text, 0) + power
    factors = sorted((t, p) for t, p in lines["factor"].items() if p)
    pieces = [f"{t}^{p}" for t, p in factors] + [f"[{z} = 0]" for z in sorted(lines["zero"])]
    return " ".join(pieces + [f"[{b} >= 0]" for b in sorted(lines["bound"])])


def atom_key(atom, known):
    """The name of a factor; what stands inside it is brought to normal form too."""
    if isinstance(atom, sp.Indexed):
        return f"{atom.base}[{', '.join(str(sp.expand(i)) for i in atom.indices)}]"
    if atom.is_Symbol:
        return str(atom)
    inner = [atom] if isinstance(atom, (sp.Add, sp.Mul, sp.Pow, sp.Sum)) else atom.args
    return f"{type(atom).__name__}({', '.join(spell(normal_form(a, known)) for a in inner)})"


def spell(form):
    """A normal form as one line of text."""
    return (
        " + ".join(sorted(f"({c}) {' '.join(f'{{{k}}}^{p}' for k, p in key)}".strip() for key, c in form.items()))
        or "0"
    )


def term_key(term, known):
    """(key, coefficient) of a term; closed sums that stand below a fraction line cancel against equal ones above."""
    powers, coefficient = {}, term.coefficient
    for dummies, pieces in components(term):
        kind, base, power = pieces[0]
        if kind != "factor" or dummies:
            key, power = ((component_key(dummies, pieces, known), 1),), 1
        else:
            key, factor = closed_key(base, known)
            coefficient *= factor**power
        for part, exponent in key:
            powers[part] = powers.get(part, 0) + exponent * power
    return tuple(sorted((k, p) for k, p in powers.items() if p)), coefficient


def closed_key(base, known):
    """(key, coefficient) of one factor without dummies."""
    if isinstance(base, (sp.Add, sp.Sum, sp.Mul)):
        form = normal_form(base, known)
        if len(form) == 1:
            return next(iter(form.items()))
    return ((component_key(frozenset(), [("factor", base, 1)], known), 1),), sp.S.One


def normal_form(expression, known=frozenset()):
    """{key: coefficient} of an unfolded expression; equal expressions cancel to the empty dictionary."""
    form = {}
    for term in terms(expression):
        term = simplified(term, known)
        if term is not None:
            key, coefficient = term_key(term, known)
            form[key] = form.get(key, 0) + coefficient
    form = {key: sp.cancel(coefficient) for key, coefficient in form.items()}
    return {key: coefficient for key, coefficient in form.items() if coefficient != 0}


@lru_cache(maxsize=512)
def side_form(expression, known):
    """The normal form of one side of an equation."""
    return normal_form(unfold(expression), known)


def equal_for_all_sizes(left, right, ranges):
    """True only if left = right for all sizes, all values, and all free indices within `ranges` (index -> size)."""
    known = frozenset(b for i, n in ranges.items() for b in (primitive(i), primitive(n - 1 - i)))
    left, right = side_form(left, known), side_form(right, known)
    return all(sp.cancel(left.get(key, 0) - right.get(key, 0)) == 0 for key in {*left, *right})
