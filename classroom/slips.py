"""Explain one wrong entry of an answer that is right elsewhere: one product missing, one sign, a neighbour's value."""

import itertools
import math
import re

import numpy as np

from classroom.questions.base import place

FACTOR = re.compile(r"(\w+)\[(\d+(?:,\d+)*)\]")


def explain(question, inputs, right, given, entry):
    """What may have happened in this entry, as the rest of a sentence after its name, or "" where nothing fits.

    ``right`` and ``given`` are float arrays of one shape. Looks at the products that make the entry: one missing, of
    the wrong sign, counted twice, added instead of multiplied; two factors exchanged; a factor read from a
    neighbouring place; then at the other entries of the answer; last at slips of arithmetic.
    """
    value, tolerance = given[entry], question.tolerance

    def equal(candidate):
        return abs(value - candidate) <= tolerance

    if right[entry] and equal(-right[entry]):
        return "has the wrong sign"
    products = question.terms(inputs, entry) if question.terms else []
    known = _factors(question, inputs, right.shape) if question.terms else {}
    candidates = itertools.chain(_one_product(products), _two_products(products), _misread(products, known))
    for words, change in candidates:
        if change and equal(right[entry] + change):
            return words
    return _another_entry(question, right, entry, equal) or _arithmetic(value, right[entry], question)


def _value(product):
    return float(math.prod(number for _, number in product))


def _letters(product):
    return "·".join(letters for letters, _ in product)


def _one_product(products):
    """(words, change of the entry) where one product went wrong."""
    for product in products:
        value, letters = _value(product), _letters(product)
        yield f"lacks a product: {letters}", -value
        yield f"has a product with the wrong sign: {letters}", -2 * value
        yield f"counts a product twice: {letters}", value
        if len(product) > 1:
            total = float(sum(number for _, number in product))
            yield f"adds where it should multiply: {letters}", total - value
            for letters, number in product:
                if number:
                    yield f"leaves out the factor {letters} of {_letters(product)}", value / float(number) - value


def _two_products(products):
    """Factors exchanged between two products: x[0,0]·δ[0,1] + x[0,1]·δ[0,0] for x[0,0]·δ[0,0] + x[0,1]·δ[0,1]."""
    pairs = [product for product in products if len(product) >= 2]
    for first, second in itertools.combinations(pairs, 2):
        a, b, c, d = (float(number) for _, number in (first[0], first[1], second[0], second[1]))
        rest_first, rest_second = _value(first[2:]), _value(second[2:])
        change = a * d * rest_first + c * b * rest_second - a * b * rest_first - c * d * rest_second
        yield f"pairs the wrong factors: those of {_letters(first)} and {_letters(second)} are exchanged", change


def _factors(question, inputs, shape):
    """{letters such as "x": {indices: value}} of all factors that the answer's products name."""
    known = {}
    for entry in np.ndindex(*shape):
        for product in question.terms(inputs, entry):
            for letters, number in product:
                name, here = _split(letters)
                if name:
                    known.setdefault(name, {})[here] = float(number)
    return known


def _split(letters):
    """("x", (0, 1)) for "x[0,1]"; ("", ()) for factors without indices, such as "1/4" or "f'(z[0])"."""
    found = FACTOR.fullmatch(letters)
    return (found[1], tuple(map(int, found[2].split(",")))) if found else ("", ())


def _misread(products, known):
    """A factor read from another place of its matrix, nearest places first."""
    for product in products:
        for letters, number in product:
            name, here = _split(letters)
            if not name or not number:
                continue
            rest = _value(product) / float(number)
            others = sorted(known[name].items(), key=lambda item, here=here: (_distance(item[0], here), item[0]))
            for there, other in others:
                where = f" in {_letters(product)}" if len(product) > 1 else ""
                yield f"takes {place(name, there)} for {letters}{where}", (other - float(number)) * rest


def _distance(first, second):
    return sum(abs(a - b) for a, b in zip(first, second, strict=True))


def _another_entry(question, right, entry, equal):
    """The right value of another entry, the nearest first: a window taken one place too far."""
    others = sorted(np.ndindex(*right.shape), key=lambda other: (_distance(other, entry), other))
    for other in others[1:]:
        if right[other] and equal(right[other]):
            return f"holds the value of {place(question.answer, other)}: the neighbouring place, or the wrong window"
    return ""


def _arithmetic(value, right, question):
    """Near the right value, a ten off, or two digits exchanged."""
    off = abs(value - right)
    if question.decimals is not None:
        near = off <= max(20 * question.tolerance, 0.1 * abs(right))
        return "is close: check the arithmetic and the rounding" if near else ""
    if off <= 2:
        return "is close: check the arithmetic"
    if off in (10, 20):
        return "is off by a round number: a carry may be lost"
    digits = sorted(f"{abs(value):g}")
    if digits == sorted(f"{abs(right):g}") and len(digits) > 1:
        return "has its digits exchanged"
    return "is a tenth or ten times of what it should be" if right and value / right in (10, 0.1) else ""
