"""The words of the derivations: arrays with sizes, named quantities, zero padding, partial derivatives; their LaTeX.

Everything here is an ordinary SymPy expression. Indices count from 0. Reading an array outside its sizes has no
meaning and nothing is assumed about it; only `padded` entries are zero there.
"""

import sympy as sp
from sympy.printing.latex import LatexPrinter


def indices(names):
    """Integer symbols for indices: `i, j = indices("i j")`."""
    return sp.symbols(names, integer=True)


def sizes(names):
    """Positive integer symbols for sizes: `H, W = sizes("H W")`."""
    return sp.symbols(names, integer=True, positive=True)


def array(name, *shape, integer=None):
    """An array of independent entries: `x = array("x", H, W)`, read as `x[i, j]`."""
    return sp.IndexedBase(name, shape=shape, integer=integer)


def total(body, *ranges):
    """The sum of `body`; each range is (index, size): the index runs over 0, ..., size - 1."""
    return sp.Sum(body, *((index, 0, size - 1) for index, size in ranges))


class Entry(sp.Function):
    """A named quantity with indices or arguments; it is an abbreviation of its definition. Made by `named`."""

    shape = ()
    name = ""

    def _latex(self, printer, exp=None):
        body = self.write(printer)
        return body if exp is None else f"{{{body}}}^{{{exp}}}"

    def write(self, printer):
        """The LaTeX: indices as a subscript, or arguments in parentheses for a function."""
        arguments = ", ".join(printer.doprint(a) for a in self.args)
        if self.shape is None:
            return f"{self.name}({arguments})"
        return f"{self.name}_{{{arguments}}}" if self.args else self.name


class Named:
    """What `named` returns: an array whose entries are abbreviations, read as `z[i, j]`; a function as `z(t)`."""

    def __init__(self, name, shape, definition):
        self.head = type(
            f"Entry:{name}", (Entry,), {"name": name, "shape": shape, "definition": staticmethod(definition)}
        )

    def __getitem__(self, index):
        return self.head(*(index if isinstance(index, tuple) else (index,)))

    def __call__(self, *arguments):
        return self.head(*arguments)


def named(name, shape, definition):
    """A named array (or, with shape None, a function): `definition` gets the indices and returns the expression."""
    return Named(name, shape, definition)


class Inside(sp.Function):
    """The bracket [0 <= e < n]: 1 if it holds, otherwise 0."""

    nargs = 2

    def _latex(self, printer, exp=None):
        return rf"[0 \le {printer.doprint(self.args[0])} \lt {printer.doprint(self.args[1])}]"


class Padded(sp.Function):
    """An entry of an array continued by zeros: the entry inside, 0 outside. Written with a bar."""

    nargs = 1

    def _latex(self, printer, exp=None):
        text = printer.doprint(self.args[0])
        return rf"\bar {text}" if text[0] != "\\" else rf"\bar{{{text.split('_')[0]}}}_{text.split('_', 1)[1]}"


def padded(entry):
    """The entry of an array that is continued by zeros outside its sizes: `padded(x[i - 1, j])`."""
    return Padded(entry)


class MaxOver(sp.Expr):
    """The largest value of `body` over the ranges (index, size)."""

    def __new__(cls, body, *ranges):
        return super().__new__(cls, body, *(sp.Tuple(*r) for r in ranges))

    @property
    def limits(self):
        """The ranges as (index, first, last)."""
        return tuple((index, sp.S.Zero, size - 1) for index, size in self.args[1:])

    def _latex(self, printer, exp=None):
        names = ", ".join(printer.doprint(index) for index, _ in self.args[1:])
        return rf"\max_{{{names}}} {printer.doprint(self.args[0])}"


class Partial(sp.Expr):
    """The partial derivative of an expression by one entry or symbol; SymPy differentiates the definition."""

    def __new__(cls, expression, variable):
        return super().__new__(cls, sp.sympify(expression), sp.sympify(variable))

    def _latex(self, printer, exp=None):
        expression, variable = (printer.doprint(a) for a in self.args)
        if isinstance(self.args[0], (Entry, sp.Indexed, sp.Symbol)):
            return rf"\frac{{\partial {expression}}}{{\partial {variable}}}"
        return rf"\frac{{\partial}}{{\partial {variable}}}\left({expression}\right)"


class f(sp.Function):
    """An activation function about which nothing is known but that it has the derivative f'."""

    nargs = 1

    def _latex(self, printer, exp=None):
        return f"f({printer.doprint(self.args[0])})"

    def fdiff(self, argindex=1):
        """SymPy's chain rule asks for the derivative by the argument."""
        return f_prime(self.args[0])


class f_prime(sp.Function):
    """The derivative of `f`."""

    nargs = 1

    def _latex(self, printer, exp=None):
        body = rf"f'({printer.doprint(self.args[0])})"
        return body if exp is None else f"{body}^{{{exp}}}"


def bracket_of(entry):
    """The bracket that says: every index of the entry lies inside its array."""
    if isinstance(entry, Entry):
        return sp.Mul(*(Inside(i, n) for i, n in zip(entry.args, entry.shape, strict=True)))
    return sp.Mul(*(Inside(i, n) for i, n in zip(entry.indices, entry.shape, strict=True)))


def unfold(expression):
    """Replace every abbreviation by its definition, and every partial derivative by what SymPy makes of it.

    Every summation index becomes a fresh dummy, so that no index of the definition can be taken for one outside.
    """
    if isinstance(expression, Partial):
        return unfold(expression.args[0]).diff(unfold(expression.args[1]))
    if isinstance(expression, Entry):
        places = [sp.Dummy(integer=a.is_integer) for a in expression.args]
        body = unfold(sp.sympify(expression.definition(*places)))
        return body.xreplace(dict(zip(places, map(unfold, expression.args), strict=True)))
    if isinstance(expression, Padded):
        return unfold(bracket_of(expression.args[0])) * unfold(expression.args[0])
    if isinstance(expression, sp.Sum):
        fresh = {limit[0]: sp.Dummy(limit[0].name, integer=True) for limit in expression.limits}
        return expression.func(*(unfold(a).xreplace(fresh) for a in expression.args))
    if not expression.args:
        return expression
    return expression.func(*map(unfold, expression.args))


class Writer(LatexPrinter):
    """SymPy's LaTeX printer with the order of a textbook: sizes before indices, sums last, minus signs late."""

    def _print_Indexed(self, expr):
        return f"{self._print(expr.base)}_{{{', '.join(self._print(i) for i in expr.indices)}}}"

    def _print_Add(self, expr, order=None):
        parts = [self._print(t) for t in sorted(expr.as_ordered_terms(), key=add_order)]
        return "".join(p if k == 0 else f" {p}" if p.startswith("-") else f" + {p}" for k, p in enumerate(parts))

    def _print_Mul(self, expr):
        number, factors = expr.as_coeff_mul()
        if not number.is_Integer or any(a.is_Pow and a.exp.could_extract_minus_sign() for a in factors):
            return self._fraction(expr)
        sign = {1: "", -1: "- "}.get(number, f"{number} ")
        return sign + " ".join(self._factor(a) for a in sorted(factors, key=mul_order))

    def _fraction(self, expr):
        top, bottom = sp.fraction(expr)
        rest = [a for a in sp.Mul.make_args(top) if a.has(sp.Sum)]
        top = top / sp.Mul(*rest)
        sign = "- " if top.could_extract_minus_sign() and not top.is_Add else ""
        top = -top if sign else top
        text = rf"{sign}\frac{{{self._print(top)}}}{{{self._print(bottom)}}}"
        return " ".join([text, *(self._factor(a) for a in rest)])

    def _factor(self, expr):
        text = self._print(expr)
        return rf"\left({text}\right)" if expr.is_Add else text

    def _print_Sum(self, expr):
        signs = []
        for index, low, high in expr.limits:
            signs.append(rf"\sum_{{{self._print(index)} = {self._print(low)}}}^{{{self._print(high)}}}")
        return " ".join([*signs, self._factor(expr.function)])

    def _print_Piecewise(self, expr):
        (value, condition), (otherwise, _) = expr.args
        if otherwise != 0:
            raise ValueError(f"write it with a bracket that is 0 otherwise: {expr}")
        left, right = (self._print(a) for a in (condition.lhs, condition.rhs))
        return ("" if value == 1 else self._print(value) + " ") + rf"[{left} \gt {right}]"

    def _print_KroneckerDelta(self, expr, exp=None):
        left, right = (self._print(a) for a in expr.args)
        return f"[{left} = {right}]"


def add_order(term):
    """Terms with a minus late; single symbols (a bias) after sums."""
    return term.could_extract_minus_sign(), not term.has(sp.Sum) and term.has(sp.Symbol) and not term.is_integer


def mul_order(factor):
    """Sizes, indices, scalars, entries, brackets, sums."""
    kinds = [
        factor.is_Symbol and factor.is_positive,
        factor.is_Symbol,
        factor.is_Pow,
        isinstance(factor, sp.Indexed) and "delta" in str(factor.base),
        isinstance(factor, (sp.Indexed, Entry, Padded, f, f_prime)),
        not factor.has(sp.Sum),
        True,
    ]
    return kinds.index(True), letter(factor), factor.sort_key()


def letter(factor):
    """The name under which a factor is sorted: capital letters (weights, kernels) come first."""
    inner = factor.args[0] if isinstance(factor, Padded) else factor
    return inner.name if isinstance(inner, Entry) else str(inner)


def write_latex(expression):
    """The LaTeX of an expression, such that Markdown leaves it alone.

    After every underscore stands a space (no emphasis), after a minus at the beginning there is none (no list).
    """
    text = Writer({"fold_func_brackets": False}).doprint(expression).replace("_{", "_ {")
    return "-" + text[2:] if text.startswith("- ") else text
