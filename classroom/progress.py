"""What a reader has answered: one small text file that survives a closed tab, a restart and a killed kernel.

    date              question        sheet  result  tries  answer
    2026-11-22 09:41  conv-dK             3  right       2  4 -7 3 5 1 0

The file is ``progress.txt`` in the folder that holds ``notebooks``. The environment variable ``WORKSHEET_PROGRESS``
names another file, or says "off". Under pytest and in continuous integration nothing is read or written, unless that
variable names a file.

A new state is written beside the old one and then takes its place, so the file is whole at any moment. Who writes
holds a lock of the operating system, which ends with its process; several kernels may write at the same time. Lines
that are no record, a reader's own remarks for instance, stay where they are.
"""

import contextlib
import html
import os
import re
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from classroom.questions import QUESTIONS
from classroom.strip import NOTEBOOKS

VARIABLE = "WORKSHEET_PROGRESS"
ROOT = Path(__file__).resolve().parent.parent
PATIENCE = 5.0  # seconds that a check waits for another kernel to finish writing
HEAD = (
    "# Worksheets answered, one line a sheet. The worksheets write this file; you may read, edit or delete it.",
    "# date            question              sheet  result  tries  answer in reading order (_ is not filled)",
)
RECORD = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d)\s+(\S+)\s+(\d+)\s+(right|open)\s+(\d+)((?:\s+\S+)*)\s*")


@dataclass(frozen=True)
class Record:
    """One answered sheet: when, which, whether the last answer was right, how many different answers were tried."""

    date: str
    question: str
    seed: int
    right: bool
    tries: int
    answer: tuple = ()

    @property
    def line(self):
        result = "right" if self.right else "open"
        answer = " ".join("".join(text.split()) or "_" for text in self.answer)
        return f"{self.date}  {self.question:<20}  {self.seed:>5}  {result:<6}  {self.tries:>5}  {answer}".rstrip()


def place():
    """The file as a Path, or None where nothing is kept."""
    named = os.environ.get(VARIABLE, "").strip()
    if named:
        return None if named.lower() == "off" else Path(os.path.realpath(Path(named).expanduser()))
    if os.environ.get("CI", "").lower() not in ("", "0", "false") or "PYTEST_VERSION" in os.environ:
        return None
    folder = ROOT if (ROOT / "notebooks").is_dir() else Path.cwd()
    return Path(os.path.realpath(folder / "progress.txt"))


def note(question, seed, right, answer):
    """Note the answer (texts in reading order) to a sheet; when this returns, it is on the disk.

    The same answer again is no new try, and a sheet that was answered right stays so. Returns a message where
    something is to be said (a file that cannot be written, or was damaged), else "".
    """
    path = place()
    if path is None:
        return ""
    try:
        with _locked(path):
            lines, message = _lines_to_change(path)
            _write(path, _with_answer(lines, question, int(seed), bool(right), tuple(answer)))
    except OSError as error:
        return (
            f"This answer was checked but not noted in {path}: {error.strerror or error}. "
            f"The environment variable {VARIABLE} names another file, or says off."
        )
    return message


def done():
    """The records of all sheets that were answered, in the order of the file; () where nothing is kept.

    Raises ValueError for a file that is damaged; the next answer sets it aside.
    """
    path = place()
    return tuple(filter(None, map(_record, _lines(path)))) if path else ()


def last(question, seed):
    """The record of this sheet, or None."""
    return next((record for record in reversed(done()) if (record.question, record.seed) == (question, seed)), None)


def reset():
    """Begin anew; what was noted so far is kept under another name, which is returned in a sentence."""
    path = place()
    if path is None or not path.exists():
        return "Nothing is noted, so there is nothing to reset."
    with _locked(path):
        return f"Begun anew. What was noted so far is in {_set_aside(path, 'old').name}."


# ---------------------------------------------------------------------------------------------------- the file


def _lines(path):
    """The file's lines; none where there is no file. Raises ValueError for anything but text."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        return []
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is damaged: {error.reason} at byte {error.start}") from None
    if "\0" in text:
        raise ValueError(f"{path} is damaged: zeros at character {text.index(chr(0))}")
    return text.splitlines()


def _lines_to_change(path):
    """The file's lines and a message; a damaged file is set aside first. Call it under the lock."""
    try:
        return _lines(path), ""
    except ValueError as damage:
        kept = _set_aside(path, "damaged")
        return [], f"{damage}. It is kept as {kept.name}, and a new file is begun."


def _set_aside(path, word):
    numbers = range(1, 10_000)
    names = (path.with_name(f"{path.name}.{word}" + (f"-{n}" if n > 1 else "")) for n in numbers)
    free = next(name for name in names if not name.exists())
    os.replace(path, free)
    return free


def _record(line):
    found = RECORD.fullmatch(line)
    if not found:
        return None
    date, question, seed, result, tries, answer = found.groups()
    texts = tuple("" if text == "_" else text for text in answer.split())
    return Record(date, question, int(seed), result == "right", int(tries), texts)


def _with_answer(lines, question, seed, right, answer):
    """The lines with this answer in the sheet's line, or in a new one at the end."""
    lines = list(lines) or list(HEAD)
    now = Record(f"{datetime.now():%Y-%m-%d %H:%M}", question, seed, right, 1, answer)
    for number in reversed(range(len(lines))):
        before = _record(lines[number])
        if before and (before.question, before.seed) == (question, seed):
            lines[number] = _after(before, now).line
            return lines
    return [*lines, now.line]


def _after(before, now):
    again = before.line.split()[6:] == now.line.split()[6:]
    if before.right or (again and before.right == now.right):
        return before
    return Record(now.date, now.question, now.seed, now.right, before.tries + 1, now.answer)


def _write(path, lines):
    """Put a whole new file in the place of the old one. Call it under the lock."""
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("w", encoding="utf-8", newline="\n") as file:
        file.write("\n".join(lines) + "\n")
        file.flush()
        os.fsync(file.fileno())
    os.replace(unfinished, path)


@contextlib.contextmanager
def _locked(path):
    """Hold the lock beside the file; TimeoutError where another process keeps it for longer than PATIENCE."""
    with path.with_name(path.name + ".lock").open("ab") as file:
        end = time.monotonic() + PATIENCE
        while not _lock(file):
            if time.monotonic() > end:
                raise TimeoutError("another program has been writing it for 5 seconds")
            time.sleep(0.01)
        yield  # closing the file gives the lock back, and so does the end of the process, however it ends


if os.name == "nt":
    import msvcrt

    def _lock(file):
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(file):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


# --------------------------------------------------------------------------------------------------- the table


@dataclass(frozen=True, repr=False)
class Table:
    """Which questions are done, notebook by notebook: `rows` of (notebook, [(question, sheets answered right)])."""

    rows: tuple
    message: str = ""

    @property
    def headline(self):
        counts = [count for _, questions in self.rows for _, count in questions]
        return self.message or f"{sum(map(bool, counts))} of {len(counts)} questions answered right."

    def __repr__(self):
        lines = [f"{notebook}: {', '.join(map(_mark, questions))}" for notebook, questions in self.rows]
        return "\n".join([self.headline, *lines])

    def _repr_html_(self):
        head = _html_line("th", ("notebook", "done", "questions"))
        body = "".join(map(_html_row, self.rows))
        return f"<p>{html.escape(self.headline)}</p><table>{head}{body}</table>"


def table():
    """What is done, to be shown in 00_start_here: every notebook with its questions, those answered right ticked."""
    message, right = "", []
    try:
        right = [record.question for record in done() if record.right]
    except (ValueError, OSError) as error:
        message = f"{error}. The next answer begins a new file."
    notebooks = sorted({question.notebook for question in QUESTIONS.values()})
    rows = [(n, [(q.name, right.count(q.name)) for q in QUESTIONS.values() if q.notebook == n]) for n in notebooks]
    return Table(tuple(rows), message)


def _mark(question):
    name, count = question
    return name + " ✓" * bool(count) + f" ({count} sheets)" * (count > 1)


def _html_row(row):
    number, questions = row
    file = {name[:2]: name for name in NOTEBOOKS.values()}.get(number)
    link = f'<a href="{file}.ipynb">{file.replace("_", " ")}</a>' if file else number
    marked = ", ".join(f"<b>{_mark(q)}</b>" if q[1] else _mark(q) for q in questions)
    counted = f"{sum(bool(count) for _, count in questions)} of {len(questions)}".replace(" ", "&nbsp;")
    return _html_line("td", (link, counted, marked))


def _html_line(tag, cells):
    return "<tr>" + "".join(f'<{tag} style="text-align:left">{cell}</{tag}>' for cell in cells) + "</tr>"
