"""The player: frames as data, shown one at a time in a notebook, or side by side on paper.

A stepper is a class with `options` and a method `walk(**chosen)` that returns its frames:

    class Doubling(Stepper):
        def __init__(self, x):
            super().__init__({"times": Choice((2, 3))})
            self.x = x

        def walk(self, times):
            return [Frame(Matrix([[n]], "x").drawing, f"{times}·{n} = {times * n}") for n in self.x]

`stepper.frame(3)` is a drawing, `stepper.filmstrip()` the frames that matter; neither needs a browser. At the end of
a cell the stepper shows its player: Play, Back, Step, a slider that the arrow keys move, and a control for each option.
"""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import ipywidgets as widgets

from classroom.drawing import Drawing, filmstrip, row

INTERVAL = 1000  # milliseconds between two frames of Play
PAGE = 1040  # the width of a filmstrip
MANY = 9  # frames in a filmstrip, unless told otherwise
LINE = "font-size:15px;line-height:1.5;min-height:3em;max-width:60em"


@dataclass(frozen=True)
class Frame:
    """One step of a walk: the picture, and the line of products that goes with it.

    picture  a Drawing
    line     what is computed here, in letters and in numbers, and the sum so far
    now      the part of `line` that is new in this frame; it is set in bold
    heading  what the walk as a whole shows
    """

    picture: Drawing
    line: str
    now: str = ""
    heading: str = ""

    @cached_property
    def drawing(self):
        """The picture with its line below."""
        return row(self.picture, caption=self.line, title=self.heading)

    @cached_property
    def html(self):
        """The frame for the live player: the SVG itself, which reads out line and picture, and the line as text."""
        words = ". ".join(text.rstrip(".") for text in (self.heading, self.line, self.picture.alt) if text)
        svg = replace(self.picture, alt=words, title=self.heading or self.line).svg
        svg = svg.replace("<svg ", '<svg style="max-width:100%;height:auto" ', 1)
        line, now = html.escape(self.line), html.escape(self.now)
        line = line.replace(now, f"<b>{now}</b>", 1) if now else line
        heading = f'<div class="stepper-heading"><b>{html.escape(self.heading)}</b></div>' if self.heading else ""
        return f'{heading}{svg}<div class="stepper-line" style="{LINE}">{line}</div>'


class Lazy(Sequence):
    """Frames that are drawn when they are asked for, from functions without arguments."""

    def __init__(self, makers):
        self.makers = list(makers)

    def __len__(self):
        return len(self.makers)

    def __getitem__(self, index):
        return self.makers[index]()


@dataclass(frozen=True)
class Choice:
    """An option with a few values, the `start` (or the first) chosen; `label` stands beside its control."""

    values: tuple
    start: object = None
    label: str = ""

    @property
    def first(self):
        return self.values[0] if self.start is None else self.start

    def check(self, name, value):
        if value not in self.values:
            raise ValueError(f"{name}={value!r}: choose one of {', '.join(map(repr, self.values))}.")

    def control(self, name, value):
        pairs = [(str(choice), choice) for choice in self.values]
        return widgets.Dropdown(options=pairs, value=value, description=self.label or name, style=NAMED, layout=FITTED)


@dataclass(frozen=True)
class Range:
    """An option with a slider: any number from `low` to `high` in steps of `step`."""

    low: float
    high: float
    start: float
    step: float = 0.1
    label: str = ""

    @property
    def first(self):
        return self.start

    def check(self, name, value):
        if not self.low <= value <= self.high:
            raise ValueError(f"{name}={value!r}: choose a number from {self.low} to {self.high}.")

    def control(self, name, value):
        limits = {"min": self.low, "max": self.high, "step": self.step}
        return widgets.FloatSlider(value=value, description=self.label or name, style=NAMED, **limits)


STEP = Choice(("product", "sum"), label="one step is one")
NAMED, FITTED = {"description_width": "initial"}, {"width": "auto"}


class Stepper:
    """A walk to be stepped through. Subclasses give `options` (name -> Choice or Range) and write `walk(**chosen)`.

    `chosen` holds the value of every option now; `frames`, `frame` and `filmstrip` take other values for one call,
    as in `stepper.filmstrip(view="dK", stride=2)`. `still` holds those that a filmstrip takes unless told otherwise.
    Raises ValueError for a name or a value that is none of the options'.
    """

    still: Mapping = {}
    restarts = ("view",)  # options whose change begins the walk again, however many frames it has

    def __init__(self, options):
        self.options = dict(options)
        self.chosen = {name: option.first for name, option in self.options.items()}
        self._walk = lru_cache(maxsize=64)(lambda *chosen: self.walk(**dict(chosen)))
        self._shown = lru_cache(maxsize=256)(lambda index, *chosen: self._walk(*chosen)[index])

    def walk(self, **chosen):
        """The frames for these values of the options: any sequence of Frame."""
        raise NotImplementedError

    def offers(self, name, chosen):
        """Whether the option matters with these values; the control of one that does not is hidden."""
        option = self.options[name]
        return not isinstance(option, Choice) or len(option.values) > 1

    def start(self, **options):
        """This stepper, with these values chosen at the beginning: `ConvolutionStepper(x, K).start(view="dK")`."""
        self.chosen = dict(self._all(options))
        self.__dict__.pop("player", None)  # one that was made before shows the old choice
        return self

    def frames(self, **options):
        """The sequence of frames for the chosen options, or for others."""
        return self._walk(*self._all(options))

    def __len__(self):
        return len(self.frames())

    def show(self, index, **options):
        """Frame number `index`, counted from 0, or from the end where negative."""
        count = len(self.frames(**options))
        if not -count <= index < count:
            raise ValueError(f"Frame {index}: this walk has {count} frames; choose 0 to {count - 1}.")
        return self._shown(index % count, *self._all(options))

    def frame(self, index, **options):
        """Frame number `index` as a Drawing, with its line of products as the caption."""
        return self.show(index, **options).drawing

    def _all(self, options):
        """The values of all options, those given here in place of the chosen ones, as pairs."""
        for name, value in options.items():
            if name not in self.options:
                raise ValueError(
                    f"There is no option {name!r}; {type(self).__name__} has {', '.join(self.options) or 'none'}."
                )
            self.options[name].check(name, value)
        return (self.chosen | options).items()

    def matter(self, **options):
        """The numbers of the frames that a filmstrip shows: all of a short walk, evenly chosen ones of a long walk."""
        last = len(self.frames(**options)) - 1
        return range(last + 1) if last < MANY else [round(k * last / (MANY - 1)) for k in range(MANY)]

    def filmstrip(self, *indices, columns=None, caption="", **options):
        """The frames `indices`, or those that matter, side by side: what the stepper shows on paper.

        Each has the number that the slider shows. The caption, unless given, is the heading of the first.
        """
        options = options if indices else self.still | options
        indices, count = indices or self.matter(**options), len(self.frames(**options))
        frames = [self.show(index, **options) for index in indices]
        columns = columns or max(1, PAGE // round(max(frame.drawing.width for frame in frames) + 36))
        some = f" ({len(frames)} of {count} frames)" if len(frames) < count else ""
        caption = caption or frames[0].heading + self._otherwise(options) + some
        numbers = [index % count for index in indices]
        return filmstrip(*(frame.drawing for frame in frames), columns=columns, caption=caption, numbers=numbers)

    def _otherwise(self, options):
        """ "; one step is one sum": what a filmstrip takes otherwise than the player, whose frames it counts."""
        chosen = self.chosen | options
        told = [name for name in self.still if chosen[name] != self.chosen[name] and self.offers(name, chosen)]
        return "".join(f"; {self.options[name].label} {chosen[name]}" for name in told)

    @cached_property
    def player(self):
        """The live widget; made when it is first shown."""
        return Player(self)

    def _repr_mimebundle_(self, include=None, exclude=None):
        return self.player.root._repr_mimebundle_() | {"text/plain": repr(self)}

    def __repr__(self):
        return f"<{type(self).__name__}: run this cell to step through it; its filmstrip shows the frames that matter>"


class Player:
    """Play, Back, Step, slider and option controls around one frame; `root` is the widget to display.

    Play runs in the browser and leaves the kernel free. A frame is drawn in Python and sent as one piece of HTML.
    """

    def __init__(self, stepper):
        self.stepper = stepper
        self.play = widgets.ToggleButton(description="Play", layout={"width": "80px"})
        self.back = widgets.Button(description="Back", layout={"width": "80px"})
        self.step = widgets.Button(description="Step", layout={"width": "80px"})
        self.slider = widgets.IntSlider(description="frame", min=0, max=len(stepper) - 1, layout={"width": "320px"})
        self.timer = widgets.Play(min=0, max=len(stepper) - 1, interval=INTERVAL, layout={"display": "none"})
        self.picture = widgets.HTML().add_class("stepper-frame")
        self.controls = {name: option.control(name, stepper.chosen[name]) for name, option in stepper.options.items()}
        self.root = self._laid_out()
        self._connect()
        self._refresh()

    def _laid_out(self):
        self.slider.add_class("stepper-slider")
        options = [control.add_class("stepper-option") for control in self.controls.values()]
        wrap = widgets.Layout(flex_flow="row wrap")
        rows = [widgets.HBox(options, layout=wrap)] if options else []
        rows.append(widgets.HBox([self.play, self.back, self.step, self.slider, self.timer], layout=wrap))
        return widgets.VBox([*rows, self.picture]).add_class("stepper")

    def _connect(self):
        self.back.on_click(lambda _: self._move(-1))
        self.step.on_click(lambda _: self._move(1))
        self.timer.observe(lambda change: self._go(change.new), "value")
        self.slider.observe(lambda change: self._go(change.new), "value")
        self.play.observe(lambda change: setattr(self.timer, "playing", change.new), "value")
        self.timer.observe(lambda change: self._playing(change.new), "playing")
        for name, control in self.controls.items():
            control.observe(lambda change, name=name: self._choose(name, change.new), "value")

    def _move(self, by):
        self.play.value = False
        self._go(min(max(self.slider.value + by, 0), self.slider.max))

    def _go(self, index):
        """Show frame number `index`: the picture first, then the two widgets that count.

        They are linked here and not in the browser (jslink), whose answers would delay the next frame by 40 ms.
        """
        self.picture.value = self.stepper.show(index).html
        self.slider.value = self.timer.value = index

    def _playing(self, on):
        self.play.value, self.play.description = on, "Pause" if on else "Play"

    def _choose(self, name, value):
        self.stepper.chosen[name] = value
        self.play.value = False
        self._refresh(again=name in self.stepper.restarts)

    def _refresh(self, again=False):
        """After an option has changed: the controls that matter, the number of frames, and the frame to show."""
        last = len(self.stepper) - 1
        for name, control in self.controls.items():
            control.layout.display = None if self.stepper.offers(name, self.stepper.chosen) else "none"
        index = self.slider.value if self.slider.max == last and not again else 0
        self._go(index)
        self.slider.max = self.timer.max = last
