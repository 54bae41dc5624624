"""Read what a reader typed: nested lists, arrays or texts, into exact numbers, or into a sentence that helps."""

import re
from fractions import Fraction
from numbers import Rational, Real

import numpy as np

MINUS_SIGNS = str.maketrans({"−": "-", "–": "-", "⁄": "/", "÷": "/", ":": "/"})
LARGEST = 10**9


class Unreadable(ValueError):
    """The answer cannot be read; the text says what was given, where, and what to type."""


def nested(answer):
    """(shape, flat list of entries) of nested lists, arrays, SymPy matrices or one number; refuses uneven rows."""
    answer = answer.tolist() if hasattr(answer, "tolist") else answer
    if not isinstance(answer, list | tuple):
        return (), [answer]
    parts = [nested(part) for part in answer]
    shapes = {shape for shape, _ in parts}
    if len(shapes) > 1:
        lengths = ", ".join(str(len(entries)) for _, entries in parts)
        raise Unreadable(f"The rows have different lengths ({lengths}): give every row the same number of entries.")
    inner = shapes.pop() if shapes else ()
    return (len(parts), *inner), [entry for _, entries in parts for entry in entries]


def number(entry, where):
    """The entry as a Fraction, or None where it is still empty; Unreadable where it is no number of a usable size."""
    value = _typed(entry, where) if isinstance(entry, str) else None if entry is None else _given(entry, where)
    if value is not None and abs(value) > LARGEST:
        raise Unreadable(f"{where} is too large for a worksheet: the numbers on it have a few digits.")
    return value


def _given(entry, where):
    if isinstance(entry, bool | np.bool_ | Rational):
        return Fraction(int(entry)) if isinstance(entry, bool | np.bool_) else Fraction(entry)
    if isinstance(entry, Real) and np.isfinite(float(entry)):
        return Fraction(float(entry))
    if getattr(entry, "is_Rational", False):
        return Fraction(int(entry.p), int(entry.q))
    if getattr(entry, "is_real", False) and getattr(entry, "is_number", False) and entry.is_finite:
        return Fraction(float(entry))
    raise Unreadable(f"{where} is {entry!r}, which is no number: type a whole number, a fraction such as 1/4, or 0.25.")


def _typed(text, where):
    """A number as people type it: "-3", "−3", "1/4", "0.5", "0,5"."""
    plain = re.sub(r"\s*([-+/])\s*", r"\1", text.translate(MINUS_SIGNS)).strip()
    if not plain:
        return None
    try:
        if "/" in plain:
            above, below = plain.split("/")
            return _decimal(above) / _decimal(below)
        return _decimal(plain)
    except ZeroDivisionError:
        raise Unreadable(f"{where} is {text!r}, which divides by 0.") from None
    except (ValueError, OverflowError):
        raise Unreadable(
            f"{where} is {text!r}, which is no number: type a whole number, a fraction such as 1/4, or 0.25."
        ) from None


def _decimal(plain):
    plain = plain.replace(",", ".")
    if "e" in plain.lower():  # as a float: 1e999999999 as a fraction would take forever
        return Fraction(max(min(float(plain), 10.0 * LARGEST), -10.0 * LARGEST))
    return Fraction(plain)
