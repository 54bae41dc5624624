"""Equations that cannot be false: an `Equation` proves itself when it is built, or raises `ProofError`."""

import random
import time
from dataclasses import dataclass, field

import sympy as sp

from derivations.expressions import Entry, Padded, f, f_prime, unfold, write_latex
from derivations.instances import Instance, places
from derivations.normal_form import NotASum, equal_for_all_sizes

REASONS = (
    "definition",
    "chain rule",
    "linearity",
    "derivative",
    "Kronecker delta picks one term",
    "substitution",
    "rearranging",
    "index shift",
    "division with remainder",
    "counting",
    "case by case",
)
ALL_SIZES = "for all sizes"
DEFINITION = "definition"


class ProofError(AssertionError):
    """A step that is not proved. The text shows both sides, the difference, and a counterexample with numbers."""


@dataclass(frozen=True)
class Case:
    """One case of a bounded proof: sizes, given arrays, and what is put for entries in the end."""

    sizes: dict
    arrays: dict = field(default_factory=dict)
    put: dict = field(default_factory=dict)


@dataclass(frozen=True)
class UpTo:
    """A proof for every size up to a bound, all values: `cases` lists every case, `bound` says which they are."""

    bound: str
    cases: tuple

    def proves(self, left, right, ranges):
        """True if both sides agree, as expressions, in every entry of every case."""
        return all(self._agree(case, left, right, ranges) for case in self.cases)

    def _agree(self, case, left, right, ranges):
        instance = Instance(case.sizes, case.arrays)
        sides = ((instance(left, at), instance(right, at)) for at in places(ranges, instance))
        return all(sp.expand((a - b).xreplace(case.put).doit()) == 0 for a, b in sides)


@dataclass(frozen=True)
class Equation:
    """left = right, with the reason for it and the proof.

    `ranges` (index -> size) says where the free indices run; bare indices of an array on the left run over its sizes.
    `upto` holds the cases of a bounded proof; without it the equation is proved for all sizes. `defines` marks a
    definition, which claims nothing. Raises ProofError if the claim is not proved or is trivial.
    """

    id: str
    left: sp.Expr
    right: sp.Expr
    reason: str
    ranges: dict = field(default_factory=dict)
    upto: UpTo | None = None

    def __post_init__(self):
        object.__setattr__(self, "left", sp.sympify(self.left))
        object.__setattr__(self, "right", sp.sympify(self.right))
        object.__setattr__(self, "ranges", {**ranges_of(self.left), **self.ranges})
        if self.reason not in REASONS:
            raise ValueError(f"{self.id}: the reason {self.reason!r} is not one of {', '.join(REASONS)}")
        if self.left == self.right:
            raise ProofError(f"{self.id} says nothing: both sides are {self.left}")
        limits = {index: (sp.S.Zero, size - 1) for index, size in self.ranges.items()}
        outside = read_outside(self.left, limits) or read_outside(self.right, limits)
        if outside is not None:
            raise ProofError(f"{self.id}: {outside} is read past the end of its array in {self.left} = {self.right}")
        start = time.perf_counter()
        if self.grade != DEFINITION and not self.proved():
            raise ProofError(explain(self))
        object.__setattr__(self, "seconds", time.perf_counter() - start)

    @property
    def lhs(self):
        """The left side."""
        return self.left

    @property
    def rhs(self):
        """The right side."""
        return self.right

    @property
    def grade(self):
        """How it is proved: "definition", "for all sizes", or the bound."""
        if self.reason == "definition":
            return DEFINITION
        return ALL_SIZES if self.upto is None else self.upto.bound

    def proved(self):
        """Try the proof."""
        if self.upto is not None:
            return self.upto.proves(self.left, self.right, self.ranges)
        try:
            if equal_for_all_sizes(self.left, self.right, self.ranges):
                return True
        except NotASum:
            pass
        return equal_by_algebra(self.left, self.right)

    @property
    def latex(self):
        """left = right as LaTeX."""
        return f"{write_latex(self.left)} = {write_latex(self.right)}"

    @property
    def caption(self):
        """The id, the reason and the grade, in words."""
        return f"{self.id}: {self.reason}" + ("" if self.grade == DEFINITION else f"; proved {self.grade}")

    @property
    def remark(self):
        """The caption as LaTeX; an underscore must stand outside of text."""
        return rf"\text{{{self.caption}}}".replace("_", r"}\_\text{")

    def __repr__(self):
        return f"<{self.caption}>"

    def _repr_latex_(self):
        return rf"$\displaystyle {self.latex} \qquad ({self.remark})$"


def ranges_of(left):
    """The free indices of the left side that stand alone as an index of an array, with the size they run over."""
    found = {}
    for entry in left.atoms(sp.Indexed, Entry):
        places = entry.indices if isinstance(entry, sp.Indexed) else entry.args
        found.update((i, n) for i, n in zip(places, entry.shape or (), strict=False) if i.is_Symbol)
    return {i: n for i, n in found.items() if i in left.free_symbols}


def read_outside(expression, ranges):
    """An entry that is certainly read outside its array (padded ones left out), or None.

    `ranges` maps each index to its first and last value.
    """
    if isinstance(expression, Padded):
        return None
    if isinstance(expression, sp.Sum):
        ranges = {**ranges, **{index: (low, high) for index, low, high in expression.limits}}
    if isinstance(expression, sp.Indexed) or (isinstance(expression, Entry) and expression.shape):
        places = expression.indices if isinstance(expression, sp.Indexed) else expression.args
        if any(leaves(place, size, ranges) for place, size in zip(places, expression.shape, strict=True)):
            return expression
    found = (read_outside(part, ranges) for part in expression.args)
    return next((entry for entry in found if entry is not None), None)


def leaves(place, size, ranges):
    """True if a linear index certainly becomes negative, or as large as the size, within the ranges."""
    least = most = sp.expand(place)
    for index, (low, high) in ranges.items():
        slope = most.coeff(index, 1)
        if slope.is_nonnegative:
            least, most = least.subs(index, low), most.subs(index, high)
    return bool(sp.expand(most - size).is_nonnegative or sp.expand(least).is_negative)


def equal_by_algebra(left, right):
    """True only if left = right as expressions without sums: written with exp, their difference simplifies to 0."""
    difference = unfold(left) - unfold(right)
    if difference.has(sp.Sum) or difference.has(sp.KroneckerDelta):
        return False
    return sp.simplify(sp.piecewise_fold(difference.rewrite(sp.exp))) == 0


def explain(equation):
    """The text of a ProofError."""
    left, right = unfold(equation.left), unfold(equation.right)
    return "\n".join(
        [
            f"{equation.id} is not proved ({equation.reason}, {equation.grade}).",
            f"  left:           {equation.left}",
            f"  right:          {equation.right}",
            f"  left - right:   {left - right}",
            f"  counterexample: {counterexample(equation, random.Random(0))}",
        ]
    )


def integers_of(equation):
    """(sizes, free indices) of an equation, those in its definitions included."""
    symbols = alphabet(equation.left) | alphabet(equation.right) | alphabet(sp.Tuple(*equation.ranges.values()))
    numbers = sorted((s for s in symbols if s.is_Symbol and s.is_integer), key=str)
    sizes = [s for s in numbers if s.is_nonnegative]
    return sizes, [s for s in numbers if s not in sizes]


def alphabet(expression):
    """The free symbols of an expression, of its definitions, and of the sizes of its arrays."""
    found = set(expression.free_symbols)
    for entry in expression.atoms(sp.Indexed, Entry):
        found = found.union(*(sp.sympify(size).free_symbols for size in entry.shape or ()))
    for entry in expression.atoms(Entry):
        places = [sp.Dummy(integer=a.is_integer) for a in entry.args]
        found |= alphabet(sp.sympify(entry.definition(*places))) - set(places)
    return found


def counterexample(equation, rng, tries=60):
    """Sizes, indices and integers for which the two sides differ, as a sentence."""
    sizes, indices = integers_of(equation)
    cases = equation.upto.cases if equation.upto else [None]
    for attempt in range(tries):
        case = cases[attempt % len(cases)] or Case({s: rng.randint(int(bool(s.is_positive)), 3) for s in sizes})
        instance = Instance(case.sizes, case.arrays)
        free = {i: rng.randrange(int(instance(equation.ranges.get(i, 3)))) for i in indices if i not in case.sizes}
        values = [instance(side, free).xreplace(case.put).doit() for side in (equation.left, equation.right)]
        letters = sorted(values[0].free_symbols | values[1].free_symbols, key=str)
        put = {s: sp.Integer(rng.randint(1, 5) * (1 if s.is_positive else rng.choice([-1, 1]))) for s in letters}
        a, b = (concrete(v, put) for v in values)
        if a != b:
            given = ", ".join(f"{k} = {v}" for k, v in {**case.sizes, **free, **put}.items())
            return f"{given}: left = {a}, right = {b}"
    return f"none in {tries} tries; the two sides may be equal in a way that the prover does not see"


def concrete(value, put):
    """A number: integers for the symbols, and t**2 + t for the activation f(t)."""
    value = value.replace(f_prime, lambda t: 2 * t + 1).replace(f, lambda t: t**2 + t)
    return sp.simplify(value.subs(put))


class Derivation:
    """An ordered chain of equations, every one proved. It displays itself as aligned LaTeX with the reasons."""

    def __init__(self, name, title, equations=()):
        self.name = name
        self.title = title
        self.equations = list(equations)

    def define(self, id, entry):
        """Add the definition of a named quantity, taken from the quantity itself."""
        return self._add(Equation(f"{self.name}.{id}", entry, entry.definition(*entry.args), "definition"))

    def claim(self, id, left, right, reason, **options):
        """Add an equation; it is proved here."""
        return self._add(Equation(f"{self.name}.{id}", left, right, reason, **options))

    def then(self, id, right, reason, **options):
        """Go on from the last right side: ... = right."""
        last = self.equations[-1]
        options["ranges"] = {**last.ranges, **options.get("ranges", {})}
        return self.claim(id, last.right, right, reason, **options)

    def _add(self, equation):
        if any(e.id == equation.id for e in self.equations):
            raise ValueError(f"the id {equation.id} is used twice")
        self.equations.append(equation)
        return equation

    def __repr__(self):
        return f"<{self.title}: {', '.join(e.id for e in self.equations)}>"

    def __iter__(self):
        return iter(self.equations)

    def __len__(self):
        return len(self.equations)

    def __getitem__(self, id):
        """The equation with this id: "conv.3", or 3."""
        wanted = id if isinstance(id, str) else f"{self.name}.{id}"
        for equation in self.equations:
            if equation.id == wanted:
                return equation
        raise KeyError(f"{self.title} has no equation {wanted}; it has {', '.join(e.id for e in self.equations)}")

    def part(self, first, last):
        """The equations from one id to another, as a derivation of its own."""
        begin, end = (self.equations.index(self[id]) for id in (first, last))
        return Derivation(self.name, self.title, self.equations[begin : end + 1])

    def show(self):
        """Display the whole chain (in a notebook)."""
        from IPython.display import Latex, display

        display(Latex(self._repr_latex_()))

    def steps(self):
        """The chain line by line, for class: `steps = chain.steps()`; each `next(steps)` shows one line more."""
        for count in range(1, len(self) + 1):
            yield Derivation(self.name, self.title, self.equations[:count])

    def _repr_latex_(self):
        rows, last = [], None
        for e in self.equations:
            left = "" if e.left == last else write_latex(e.left)
            rows.append(rf"{left} &= {write_latex(e.right)} && {e.remark}")
            last = e.right
        return "$$\\begin{aligned}\n" + " \\\\[1ex]\n".join(rows) + "\n\\end{aligned}$$"
