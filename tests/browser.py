"""A notebook in a real browser: open it in JupyterLab, run it, drive its steppers and worksheets, collect troubles.

A notebook is opened as a `NotebookPage`, whose `troubles` say what went wrong: an error on the page or in its
console, an error in the kernel (in a cell or in a widget's callback), a request that would have left this machine.
Steppers and worksheets are found and driven by their CSS classes and the words on their buttons.
"""

import re
from pathlib import Path

from playwright.sync_api import TimeoutError as PlaywrightTimeout

ARTEFACTS = Path(__file__).resolve().parent.parent / "artefacts"
REACTION, PAGE, RUN = 5_000, 60_000, 240_000  # milliseconds for a widget to react, a page to open, a notebook to run


def artefact(name):
    """Where the picture of this name is kept, to be looked at."""
    ARTEFACTS.mkdir(exist_ok=True)
    return ARTEFACTS / f"{name}.png"


# ------------------------------------------------------------------------------------------------------- notebooks

OPEN = "path => { window.jupyterapp.commands.execute('docmanager:open', {path}); }"  # not awaited: that would block
CLOSE = "() => { window.jupyterapp.shell.currentWidget.dispose(); }"
RUN_ALL = "() => { window.jupyterapp.commands.execute('notebook:run-all-cells'); }"
IDLE = """path => {
    const context = window.jupyterapp.shell.currentWidget?.context, kernel = context?.sessionContext.session?.kernel;
    return context?.path === path && context.isReady && kernel?.connectionStatus === 'connected'
        && kernel.status === 'idle';
}"""
LISTEN = """() => {
    window.kernelSaid = [];
    const panel = window.jupyterapp.shell.currentWidget, session = panel.context.sessionContext;
    session.iopubMessage.connect((_, {header, content}) => {
        if (header.msg_type === 'error') window.kernelSaid.push(`${content.ename}: ${content.evalue}`);
        if (content.name === 'stderr') window.kernelSaid.push(content.text);
    });
    return [panel.id, session.session.id];
}"""
GREETING = "No such comm"  # a new kernel's answer when Lab asks for its widgets before ipywidgets is imported
HAS_RUN = """() => {
    const panel = window.jupyterapp.shell.currentWidget, cells = panel.content.model.sharedModel.cells;
    const code = cells.filter(cell => cell.cell_type === 'code' && cell.source.trim());
    const failed = code.some(cell => cell.outputs.some(output => output.output_type === 'error'));
    const idle = panel.context.sessionContext.session.kernel.status === 'idle';
    return idle && (failed || code.every(cell => cell.execution_count));
}"""


class LabPage:
    """JupyterLab in a page of the browser, where notebooks are opened; what goes wrong is added to `troubles`."""

    def __init__(self, lab, browser):
        self.lab, self.troubles, self.page = lab, [], browser.new_page()
        self._watch(re.compile(rf"^(https?|wss?)://(?!{re.escape(lab.url.partition('//')[2])}/)"))
        self.page.goto(f"{lab.url}/lab?token={lab.token}&reset")
        self.page.locator(".jp-Launcher").wait_for(timeout=PAGE)

    def _watch(self, elsewhere):
        """Note errors of the page, and stop and note what would leave this machine."""

        def stop(route):
            self.troubles.append(f"outside request: {route.request.url}")
            route.abort()

        self.page.route(elsewhere, stop)
        self.page.route_web_socket(elsewhere, lambda socket: self.troubles.append(f"outside request: {socket.url}"))
        self.page.on("pageerror", lambda error: self.troubles.append(f"page error: {error}"))
        self.page.on("console", self._note_console)

    def _note_console(self, message):
        if message.type == "error":
            self.troubles.append(f"console error: {message.text}")


class NotebookPage:
    """One notebook, open in Lab with a kernel that waits, and the one in front.

    `troubles` lists in words all that went wrong so far; `page` is Playwright's page. Use it in a `with` block: at
    its end the notebook is closed unsaved and its kernel shut down.
    """

    def __init__(self, lab_page, path):
        self.lab, self.page, self.path, self._heard = lab_page.lab, lab_page.page, path, 0
        self.troubles = lab_page.troubles = []
        self.page.evaluate(OPEN, path)
        self.page.wait_for_function(IDLE, arg=path, timeout=PAGE)
        panel, self._session = self.page.evaluate(LISTEN)
        self.panel = self.page.locator(f"[id='{panel}']")

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind:
            self.page.screenshot(path=artefact(f"failed-{Path(self.path).stem}"))
        self.page.evaluate(CLOSE)
        self.lab.request(f"/api/sessions/{self._session}", "DELETE")

    def run_all(self):
        """Run every cell and wait until all have run, or one has failed."""
        self.page.evaluate(RUN_ALL)
        self.page.wait_for_function(HAS_RUN, timeout=RUN, polling=200)
        self.hear_kernel()

    def milliseconds_to_show(self, cell):
        """From the start of a cell (counted from 0) to the first frame of its stepper on the screen."""
        return self.page.evaluate(FIRST_TIME, cell)

    def hear_kernel(self):
        """Note what the kernel complained of since the last time: errors of cells, and of callbacks of widgets."""
        said = self.page.evaluate("() => window.kernelSaid")
        self.troubles += [f"kernel error: {text}" for text in said[self._heard :] if not text.startswith(GREETING)]
        self._heard = len(said)

    @property
    def steppers(self):
        return [Stepper(self, root) for root in self.panel.locator(".stepper").all()]

    @property
    def worksheets(self):
        return [Worksheet(self, root) for root in self.panel.locator(".worksheet").all()]


# ---------------------------------------------------------------------------------------------------- what is driven

CHANGED = "([element, before]) => element.innerHTML !== before"
CONTROLS = "button:visible, select:visible, input:visible, .noUi-handle:visible"
FOCUSED = """(root, controls) => {
    const focused = document.activeElement;
    return root.contains(focused) ? controls.indexOf(focused) : null;
}"""
SETTLE = """async () => {
    const kernel = window.jupyterapp.shell.currentWidget.context.sessionContext.session.kernel;
    for (let round = 0; round < 2; round++) {
        await kernel.requestKernelInfo();
        await new Promise(resolve => setTimeout(resolve, 40));
    }
}"""  # the kernel answers in turn: when it has, it is done with what was sent before; widgets hold back one message
STEP_TIME = """async root => {
    const frame = root.querySelector('.stepper-frame');
    const step = [...root.querySelectorAll('button')].find(button => button.textContent.trim() === 'Step');
    await new Promise(resolve => setTimeout(resolve, 200));
    const start = performance.now();
    await new Promise((resolve, reject) => {
        setTimeout(() => reject(new Error('Step changed nothing within 5 s')), 5000);
        new MutationObserver((_, observer) => { observer.disconnect(); resolve(); })
            .observe(frame, {subtree: true, childList: true, attributes: true, characterData: true});
        step.click();
    });
    await Promise.all([...frame.querySelectorAll('img')].map(image => image.decode()));
    await new Promise(requestAnimationFrame);
    return performance.now() - start;
}"""


FIRST_TIME = """async index => {
    const {commands, shell} = window.jupyterapp, notebook = shell.currentWidget.content;
    const frames = notebook.widgets[index].node.getElementsByClassName('stepper-frame');
    notebook.activeCellIndex = index;
    commands.execute('notebook:clear-cell-output');
    await new Promise(resolve => setTimeout(resolve, 200));
    const start = performance.now();
    commands.execute('notebook:run-cell');
    while (!frames[0]?.querySelector('svg, img')) await new Promise(requestAnimationFrame);
    return performance.now() - start;
}"""


class Driven:
    """What steppers and worksheets share: a root element, buttons found by their words, a part that must change."""

    answers = ""  # the class of the part that changes

    def __init__(self, notebook, root):
        self.notebook, self.root, self.page = notebook, root, notebook.page

    def button(self, word):
        return self.root.get_by_role("button", name=word, exact=True)

    @property
    def content(self):
        return self.root.locator(self.answers).inner_html()

    def press(self, word):
        self.button(word).click()

    def changes(self, act, what):
        """Whether the part that must change does so within some seconds after act(); if not, that is a trouble."""
        before, element = self.content, self.root.locator(self.answers).element_handle()
        act()
        try:
            self.page.wait_for_function(CHANGED, arg=[element, before], timeout=REACTION)
        except PlaywrightTimeout:
            self.complain(f"{what} changes nothing")
            return False
        return True

    def drive_tab(self):
        """Tab must lead from each control to the next in reading order."""
        controls = [control.element_handle() for control in self.root.locator(CONTROLS).all()]
        controls[0].focus()
        reached = []
        while (number := self.root.evaluate(FOCUSED, controls)) is not None:
            reached += [number] if number >= 0 else []  # -1: something between them, such as a slider's number
            self.page.keyboard.press("Tab")
        if reached != list(range(len(controls))):
            self.complain(f"Tab leads to the controls {reached} of {len(controls)}")

    def complain(self, text):
        self.notebook.troubles.append(f"{type(self).__name__.lower()}: {text}")

    def save_picture(self, name):
        self.root.screenshot(path=artefact(name))


class Stepper(Driven):
    """A stepper, driven by its buttons Play, Back and Step, its slider, and its options."""

    answers = ".stepper-frame"

    def drive(self):
        """Try everything; each thing that does not change the frame is a trouble."""
        first = self.content
        self.changes(lambda: self.press("Step"), "Step")
        self.changes(lambda: self.press("Back"), "Back")
        if self.content != first:
            self.complain("Back after Step does not return to the first frame")
        self.drive_slider()
        self.drive_options(set())
        self.drive_tab()
        self.changes(lambda: self.press("Play"), "Play")
        self.press("Pause")
        self.notebook.hear_kernel()

    def press_slider(self, *keys):
        for key in keys:
            self.root.locator(".stepper-slider .noUi-handle").press(key)

    def drive_slider(self):
        for key in ("ArrowRight", "ArrowLeft", "End", "Home"):
            self.changes(lambda key=key: self.press_slider(key), f"{key} on the slider")

    def drive_options(self, driven):
        """Choose every value of every option, the present one last; options that a value brings up are driven there.

        The frame must change at once, and the second frame must become another one: a walk may begin anew with the
        value, and where nothing is computed yet in its first frame, that one may look the same for all values.
        """
        options = dict(enumerate(self.root.locator(".stepper-option").all()))
        shown = [number for number, option in options.items() if number not in driven and option.is_visible()]
        driven.update(shown)
        for number in shown:
            for value, choose in self.choices(options[number]):
                self.choose(choose, f"option {number}, value {value}")
                self.drive_options(driven)

    def choose(self, choose, what):
        self.to_second_frame()
        before = self.content
        if self.changes(choose, what):
            self.page.evaluate(SETTLE)
            self.to_second_frame()
            if self.content == before:
                self.complain(f"{what} changes nothing in the second frame")

    def to_second_frame(self):
        if self.root.locator(".stepper-slider .noUi-handle").get_attribute("aria-valuenow") != "1.0":
            self.press_slider("Home", "ArrowRight")
            self.page.evaluate(SETTLE)

    def choices(self, option):
        """(value, what chooses it) for the values of a dropdown, the present one last, or for both ends of a slider."""
        select, handle = option.locator("select"), option.locator(".noUi-handle")
        if select.count():
            names = select.locator("option").all_inner_texts()
            after = 1 + select.evaluate("select => select.selectedIndex")
            names = names[after:] + names[:after] if len(names) > 1 else []
            return [(name, lambda name=name: select.select_option(label=name)) for name in names]
        handle.press("Home")
        self.page.evaluate(SETTLE)
        return [(key, lambda key=key: handle.press(key)) for key in ("End", "Home")]

    def milliseconds_a_step(self):
        """From a click on Step, while the page is at rest, to the new frame on the screen."""
        return self.root.evaluate(STEP_TIME)


class Worksheet(Driven):
    """A worksheet: a grid of entries, its buttons, and the feedback below. `question` and `seed` tell which one."""

    answers = ".worksheet-feedback"

    @property
    def question(self):
        return self._mark("worksheet")

    @property
    def seed(self):
        return int(self._mark("seed"))

    def _mark(self, prefix):
        """What follows the prefix in the class of the root: "worksheet-conv-dK seed-3"."""
        return re.search(rf"\b{prefix}-(\S+)", self.root.get_attribute("class"))[1]

    @property
    def entries(self):
        return self.root.locator(".worksheet-entry input")

    @property
    def feedback(self):
        return self.root.locator(self.answers).inner_text()

    @property
    def names(self):
        """The name of every entry, such as "dK[0,1]", in the order in which Tab reaches them."""
        return [entry.get_attribute("title") for entry in self.entries.all()]

    def fill(self, texts):
        """Type the texts into the grid by keyboard alone: the first entry is focused, Tab leads to the next."""
        self.entries.first.focus()
        for number, text in enumerate(texts):
            if number:
                self.page.keyboard.press("Tab")
            self.page.keyboard.press("ControlOrMeta+a")
            self.page.keyboard.type(text)
        typed = [entry.input_value() for entry in self.entries.all()]
        if typed != list(texts):
            self.complain(f"typed {list(texts)}, the grid holds {typed}")

    def answer(self, texts):
        """Fill the grid, press Enter, and return the feedback."""
        self.fill(texts)
        self.changes(lambda: self.page.keyboard.press("Enter"), "Enter")
        return self.feedback
