"""A class set of worksheets to be printed: one sheet a student, other numbers on each, the answers apart.

    python -m classroom.handouts --students 30 --questions conv-dK,conv-dx --out FOLDER

writes ``worksheets.html`` and ``answers.html``. Print them from the browser, A4 or US letter, in colour or not. The
number of a sheet is the seed of its worksheets, so that what was computed on paper can be checked in a notebook too.
"""

import argparse
import html
import sys
from pathlib import Path

from classroom.worksheets import worksheet

FOLDER = Path(__file__).resolve().parent.parent / "build" / "worksheets"
SELECTION = ("dense-dW", "conv-dK", "conv-dx", "mean-dx")
MOST = 500

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
@page {{ margin: 14mm; }}
body {{ font: 11pt/1.35 Helvetica, Arial, sans-serif; color: #16181D; max-width: 182mm; margin: 0 auto; }}
h1 {{ font-size: 13pt; margin: 0; }}
h2 {{ font-size: 11pt; margin: 0 0 1mm; }}
p {{ margin: 0 0 1mm; }}
svg {{ display: block; max-width: 100%; height: auto; }}
.small {{ font-size: 9.5pt; color: #3A3F46; }}
.sheet {{ break-after: page; }}
.sheet:last-child {{ break-after: auto; }}
.head {{ display: flex; gap: 6mm; align-items: baseline; padding-bottom: 3mm; }}
.line {{ flex: 1; border-bottom: 1px solid #16181D; }}
.question {{ min-height: {height}mm; box-sizing: border-box; padding-top: 2mm; border-top: 1px solid #C9CDD2; }}
.question, .key {{ break-inside: avoid; }}
.key {{ border-top: 1px solid #16181D; padding: 2mm 0; }}
.answers {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(40mm, 1fr)); gap: 1mm 5mm; }}
.answer svg {{ zoom: 0.6; }}
</style>
</head>
<body>
{body}
</body>
</html>
"""


def class_set(students=30, questions=SELECTION):
    """The two pages as HTML, (worksheets, answers), for the sheets number 1, 2, ... of these questions.

    Up to four questions stand two to a page, with room to work; more of them stand three to a page. Raises ValueError
    for a number of students outside 1 to 500, for no questions at all, and for an unknown one.
    """
    if not 1 <= students <= MOST:
        raise ValueError(f"{students} students: give a number from 1 to {MOST}")
    if not questions:
        raise ValueError(f"no questions: name some, such as {','.join(SELECTION)}")
    sets = {number: [worksheet(name, number) for name in questions] for number in range(1, students + 1)}
    height = 116 if len(questions) <= 4 else 76
    sheets = "\n".join(_sheet(number, sheets) for number, sheets in sets.items())
    keys = "\n".join(_key(number, sheets) for number, sheets in sets.items())
    keys = f"<h1>Answers to the worksheets</h1><p>One entry of each answer is worked.</p>\n{keys}"
    titles = ("Worksheets", "Answers to the worksheets")
    return tuple(
        PAGE.format(title=title, height=height, body=body) for title, body in zip(titles, (sheets, keys), strict=True)
    )


def _sheet(number, sheets):
    head = f'<div class="head"><h1>Sheet {number}</h1><span>Name</span><span class="line"></span></div>'
    check = f"worksheet(&quot;{sheets[0].question.name}&quot;, seed={number})"
    foot = f'<p class="small">To check it in a notebook: {check}, and the others likewise.</p>'
    return f'<section class="sheet">{head}{"".join(map(_question, sheets))}{foot}</section>'


def _question(sheet):
    conventions = html.escape(" ".join(sheet.question.conventions))
    return (
        f'<div class="question"><h2>{html.escape(sheet.title)}</h2><p>{html.escape(sheet.question.task)}</p>'
        f'<p class="small">{conventions}</p>{sheet.drawing().svg}</div>'
    )


def _key(number, sheets):
    answers = "".join(map(_answer, sheets))
    return f'<section class="key"><h1>Sheet {number}</h1><div class="answers">{answers}</div></section>'


def _answer(sheet):
    worked = html.escape(sheet.entry(*(length // 2 for length in sheet.shape)))  # the middle: corners may be too easy
    return (
        f'<div class="answer"><h2>{sheet.question.name}</h2>{sheet.solution().svg}<p class="small">{worked}</p></div>'
    )


def main(arguments=None):
    """Write the class set and print where it is."""
    options = _options(arguments)
    try:
        pages = class_set(options.students, options.questions)
        options.out.mkdir(parents=True, exist_ok=True)
        for name, page in zip(("worksheets.html", "answers.html"), pages, strict=True):
            (options.out / name).write_text(page, encoding="utf-8", newline="\n")
            print(options.out.resolve() / name)
    except (ValueError, OSError) as problem:
        sys.exit(f"handouts: {problem}")


def _options(arguments):
    parser = argparse.ArgumentParser(
        prog="python -m classroom.handouts", description="Write a class set of worksheets."
    )
    parser.add_argument(
        "--students", type=int, default=30, metavar="N", help="how many sheets, each with other numbers"
    )
    parser.add_argument("--questions", type=_names, default=SELECTION, help=f"such as {','.join(SELECTION)}")
    parser.add_argument("--out", type=Path, default=FOLDER, metavar="FOLDER", help="where to write the two pages")
    return parser.parse_args(arguments)


def _names(text):
    return tuple(name.strip() for name in text.split(",") if name.strip())


if __name__ == "__main__":
    main()
