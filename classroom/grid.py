"""The grid of a worksheet: one field for each entry, laid out as the matrix, to be filled by keyboard.

Tab goes from entry to entry in reading order, Enter checks. A wrong entry is marked by a dashed frame and a sign as
well as by colour, until it is changed. What was typed stays.
"""

import asyncio
import html
import re

import ipywidgets as widgets
import numpy as np

from classroom import progress
from classroom.questions.base import place

SETTLE = 0.2  # seconds without a change before an answer is read: the browser sends Enter first, then the entry
STYLE = """<style>
.worksheet p, .worksheet ul { margin: 0 0 6px 0; line-height: 1.45; }
.worksheet .widget-html, .worksheet .widget-html-content { min-width: 0; max-width: 100%; }
.worksheet img { max-width: 100%; height: auto; }
.worksheet-entry { position: relative; }
.worksheet-entry input { text-align: center; padding: 0 1.2em !important; }
.worksheet-entry::after { position: absolute; right: 0.4em; top: 0; font-weight: bold; pointer-events: none; }
.worksheet-right::after { content: "✓"; color: #0A5F43; }
.worksheet-wrong::after { content: "✗"; color: #A62A10; }
.worksheet-wrong input { border: 2px dashed #A62A10 !important; }
.worksheet-feedback .said { border-left: 4px solid #5B6067; padding: 2px 10px; margin: 6px 0; max-width: 46em;
  white-space: pre-line; line-height: 1.45; }
.worksheet-feedback .right { border-left-color: #0A5F43; }
.worksheet-feedback .wrong { border-left-color: #A62A10; }
[data-jp-theme-light="false"] .worksheet-right::after { color: #5DBF97; }
[data-jp-theme-light="false"] .worksheet-wrong::after { color: #F08D74; }
[data-jp-theme-light="false"] .worksheet-wrong input { border-color: #F08D74 !important; }
</style>"""


class Grid:
    """The widget of a sheet, ``box``. New numbers put another sheet in the place of ``sheet``."""

    def __init__(self, sheet):
        self.sheet, self._waiting = sheet, None
        self.question = widgets.HTML()
        self.feedback = widgets.HTML()
        self.feedback.add_class("worksheet-feedback")
        self.matrix = widgets.HBox(layout=widgets.Layout(flex_flow="row wrap", overflow="visible"))
        buttons = widgets.HBox(list(self._buttons()), layout=widgets.Layout(flex_flow="row wrap"))
        self.box = widgets.VBox([widgets.HTML(STYLE), self.question, self.matrix, buttons, self.feedback])
        self.box.add_class("worksheet")
        self.box.add_class(f"worksheet-{sheet.question.name}")
        self._show(sheet)

    def _buttons(self):
        actions = (
            ("Check", "compare my entries with the answer (Enter)", self._check_soon),
            ("Hint", "one help further: hint, idea, one entry worked, the answer", self._hint),
            ("Show one entry", "how one entry is computed", self._entry),
            ("New numbers", "the same question with other numbers", self._renew),
        )
        for name, tooltip, action in actions:
            button = widgets.Button(description=name, tooltip=tooltip, layout=widgets.Layout(width="auto"))
            button.on_click(lambda _, action=action: action())
            yield button

    def _show(self, sheet):
        self.box.remove_class(f"seed-{self.sheet.seed}")
        self.box.add_class(f"seed-{sheet.seed}")
        self.sheet = sheet
        self.question.value = sheet.words() + sheet.drawing(answer=False).html
        self.entries = {entry: self._field(entry) for entry in np.ndindex(sheet.shape)}
        self.matrix.children = [self._block(name, rows) for name, rows in sheet.blocks]
        self._judged, self._helped, self.feedback.value = [], [], ""
        self._recall()
        for field in self.entries.values():
            field.observe(self._changed, "value")

    def _field(self, entry):
        name = place(self.sheet.question.answer, entry)
        # Not continuous: while the kernel is busy with one key, the next waits in the browser and Enter overtakes it.
        field = widgets.Text(tooltip=name, continuous_update=False, layout=widgets.Layout(width="5.2em"))
        field.add_class("worksheet-entry")
        field.on_msg(self._on_message)
        return field

    def _block(self, name, rows):
        lines = [widgets.HBox([self.entries[entry] for entry in line]) for line in rows]
        layout = widgets.Layout(margin="0 18px 6px 0", overflow="visible")
        heading = re.sub(r"_(\w+)", r"<sub>\1</sub>", html.escape(name))
        return widgets.VBox([widgets.HTML(f"<em>{heading}</em> ="), *lines], layout=layout)

    def _recall(self):
        """Fill in what was typed into this sheet the last time."""
        try:
            record = progress.last(self.sheet.question.name, self.sheet.seed)
        except (ValueError, OSError) as error:  # the answers of before cannot be read; the sheet works all the same
            self._say(str(error))
            return
        if record is None or len(record.answer) != len(self.entries):
            return
        for field, text in zip(self.entries.values(), record.answer, strict=True):
            field.value = text
        found = "it was right" if record.right else "it was not right yet"
        self._say(f"Your answer of {record.date}: {found}.")

    # --------------------------------------------------------------------------------------------------- what happens

    def _on_message(self, _, content, buffers):
        if content.get("event") == "submit":
            self._check_soon()

    def _check_soon(self):
        """Check when nothing has changed for SETTLE seconds; at once where no event loop runs."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self._check()
            return
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = loop.call_later(SETTLE, self._check)

    def _changed(self, change):
        change.owner.remove_class("worksheet-wrong")
        change.owner.remove_class("worksheet-right")
        if self._waiting is not None:
            self._check_soon()

    def _check(self):
        self._waiting = None
        texts = np.array([field.value for field in self.entries.values()], dtype=object)
        feedback, message = self.sheet.judge(texts.reshape(self.sheet.shape))
        self._mark(feedback)
        kind = "right" if feedback.correct else "" if feedback.kind == "input" else "wrong"
        self._say(feedback.text, message, kind=kind)

    def _mark(self, feedback):
        for entry, field in self.entries.items():
            wrong = entry in feedback.wrong
            right = feedback.entries is not None and not wrong and field.value.strip()
            (field.add_class if wrong else field.remove_class)("worksheet-wrong")
            (field.add_class if right else field.remove_class)("worksheet-right")

    def _hint(self):
        self._help(self.sheet.hint())

    def _entry(self):
        self._help(self.sheet.entry())

    def _renew(self):
        if self._waiting is not None:
            self._waiting.cancel()
        before, self._waiting = self.sheet, None
        typed = [field.value.strip() or "_" for field in self.entries.values()]
        self._show(before.new())
        if any(text != "_" for text in typed):
            self._say(f"New numbers. Your entries on sheet {before.seed} were: {'  '.join(typed)}")

    def _say(self, *texts, kind=""):
        """Say it in the place of what was said before; the helps stay below."""
        self._judged = [_said(text, kind) for text in texts if text]
        self.feedback.value = "".join(self._judged + self._helped)

    def _help(self, text):
        """Give a help below the others; one that was given before moves down."""
        said = _said(text)
        self._helped = [earlier for earlier in self._helped if earlier != said] + [said]
        self.feedback.value = "".join(self._judged + self._helped)


def _said(text, kind=""):
    return f'<div role="status" class="said {kind}">{html.escape(text)}</div>'
