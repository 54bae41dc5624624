"""`python -m derivations`: prove everything and print the ledger, then hold helpers.py to it."""

import sys
import time

from derivations import NAMES, load
from derivations.proof import ALL_SIZES, DEFINITION


def print_ledger():
    """Print every equation with its grade and the time of its chain; the number of equations by grade."""
    counts = {}
    for name in NAMES:
        start = time.perf_counter()
        chain = load(name)
        print(f"\n{chain.title} ({time.perf_counter() - start:.1f} s)")
        for equation in chain:
            print(f"  {equation.id:<20} {equation.seconds:6.2f} s  {equation.grade:<14} {equation.reason}")
            grade = equation.grade if equation.grade in (ALL_SIZES, DEFINITION) else "up to a bound"
            counts[grade] = counts.get(grade, 0) + 1
    return counts


def print_code_table():
    """Print what of helpers.py was compared with which equation."""
    from derivations.code import table

    print("\nhelpers.py on symbols, entry by entry")
    print(f"  {'layer':<19} {'quantity':<10} {'equation':<20} {'cases':>7} {'entries':>8}")
    for (layer, quantity, id), (cases, entries) in table().items():
        print(f"  {layer:<19} {quantity:<10} {id:<20} {cases:7} {entries:8}")


def main():
    """0 if everything is proved and the code agrees, 1 otherwise."""
    start = time.perf_counter()
    try:
        counts = print_ledger()
        print_code_table()
    except AssertionError as error:  # ProofError and CodeMismatch
        print(f"\nFAILED\n{error}", file=sys.stderr)
        return 1
    definitions = counts.pop(DEFINITION, 0)
    grades = ", ".join(f"{count} {grade}" for grade, count in counts.items())
    print(f"\n{sum(counts.values())} equations proved ({grades}), {definitions} definitions")
    print(f"{time.perf_counter() - start:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
