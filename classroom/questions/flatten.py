"""Questions on flatten: maps into one column, a column back into maps, and a batch."""

import numpy as np

from classroom.questions.base import Mistake, Question, at

READING_ORDER = "Flatten reads map by map, row by row."
ROLES = {"a": "input", "v": "output", "g": "gradient", "da": "gradient"}
NUMBERS = [n for n in range(-9, 16) if n]
ORDERS = {
    "map, row, column": (0, 1, 2),
    "map, column, row": (0, 2, 1),
    "row, map, column": (1, 0, 2),
    "row, column, map": (1, 2, 0),
    "column, map, row": (2, 0, 1),
    "column, row, map": (2, 1, 0),
}  # the order of reading, the slowest index first


def _distinct(rng, *shape):
    return np.array(rng.sample(NUMBERS, int(np.prod(shape)))).reshape(shape)


def _places(shape, order, maps, direction):
    """The index (c, i, j), as one number, of the entry at each place of the column."""
    number = np.arange(np.prod(shape)).reshape(shape)
    number = {"first to last": number, "last to first": number[::-1]}[maps]
    if order == "every second row backwards":
        number = number.copy()
        number[:, 1::2] = number[:, 1::2, ::-1]
        order = "map, row, column"
    places = number.transpose(ORDERS[order]).ravel()
    return places if direction == "forwards" else places[::-1]


ORDER_MISTAKES = (
    Mistake(
        name="down the columns",
        switches={"order": "map, column, row"},
        says="each map is read column by column",
        hint="Take the first map only. After its first entry, which one comes next: the right neighbour or the lower?",
        convention="every map is read down its columns",
    ),
    Mistake(
        name="all indices reversed",
        switches={"order": "column, row, map"},
        says="the first index runs fastest and the last slowest (column-major order, as in MATLAB)",
        hint="Which index runs fastest when you read a page: the one of the page, of the line, or of the letter?",
        convention="the first index runs fastest (column-major order)",
    ),
    Mistake(
        name="place by place",
        switches={"order": "row, column, map"},
        says="at each place all maps are read before the next place (channels last)",
        hint="Does the column hold one map after the other, or do the maps take turns?",
        convention="the maps are the last index (channels last)",
    ),
    Mistake(
        name="rows take turns",
        switches={"order": "row, map, column"},
        says="the first rows of all maps come first, then the second rows",
        hint="Is a map finished before the next one begins?",
    ),
    Mistake(
        name="columns take turns",
        switches={"order": "column, map, row"},
        says="the first columns of all maps come first, then the second columns",
        hint="Is a map finished before the next one begins? And is it read along the rows?",
    ),
    Mistake(
        name="there and back",
        switches={"order": "every second row backwards"},
        says="every second row of a map is read backwards, as one ploughs a field",
        hint="Where does reading go on at the end of a row?",
    ),
    Mistake(
        name="maps in reverse order",
        switches={"maps": "last to first"},
        says="the last map comes first",
        hint="Which map stands at the top of the column?",
    ),
    Mistake(
        name="backwards",
        switches={"direction": "backwards"},
        says="the column stands upside down",
        hint="Which entry stands at the top of the column, the first or the last?",
    ),
)

# ------------------------------------------------------------------------------------------------------- flatten


def _v(inputs, *, order="map, row, column", maps="first to last", direction="forwards", shape="column"):
    a = inputs["a"]
    v = a.ravel()[_places(a.shape, order, maps, direction)]
    return {"column": v, "a row for each map": v.reshape(len(a), -1), "first map": v[: v.size // len(a)]}[shape]


def _v_terms(inputs, entry):
    return [[at("a", inputs["a"], *np.unravel_index(entry[0], inputs["a"].shape))]]


flatten = Question(
    name="flatten",
    notebook="08",
    title="Maps into a column",
    task="Flatten lays two maps a (each 2x3) out as one column v with 12 entries. Write v down.",
    answer="v",
    conventions=(READING_ORDER,),
    draw=lambda rng: {"a": _distinct(rng, 2, 2, 3)},
    solve=_v,
    terms=_v_terms,
    hint="Which entry comes after the last one of the first row? And which after the last one of the first map?",
    idea="Read as you read a book: the first map row by row, then the second. Entry (c,i,j) goes to place "
    "(2c + i) 3 + j, for maps of 2 rows and 3 columns.",
    equation="flatten.2",
    roles=ROLES,
    mistakes=(
        *ORDER_MISTAKES,
        Mistake(
            name="maps kept apart",
            switches={"shape": "a row for each map"},
            says="each map becomes a line of its own",
            hint="The fully connected layer reads one column for each example. How do the maps come together?",
        ),
        Mistake(
            name="first map only",
            switches={"shape": "first map"},
            says="only the first map is laid out",
            hint="How many entries have all the maps together?",
        ),
    ),
)

# --------------------------------------------------------------------------------------------------- and back again


def _da(inputs, *, order="map, row, column", maps="first to last", direction="forwards", shape="of a", sign=1):
    g = inputs["g"]
    da = np.empty(12, g.dtype)
    da[_places((2, 2, 3), order, maps, direction)] = g
    return (
        sign
        * {
            "of a": lambda: da.reshape(2, 2, 3),
            "rows and columns exchanged": lambda: da.reshape(2, 3, 2),
            "maps last": lambda: da.reshape(2, 2, 3).transpose(1, 2, 0),
            "one matrix": lambda: da.reshape(4, 3),
            "column": lambda: da,
            "three maps": lambda: da.reshape(3, 2, 2),
        }[shape]()
    )


def _da_terms(inputs, entry):
    return [[at("g", inputs["g"], np.ravel_multi_index(entry, (2, 2, 3)))]]


unflatten = Question(
    name="unflatten",
    notebook="08",
    title="A column back into maps",
    task="Flatten laid two maps a (each 2x3) out as one column v. g = dJ/dv (12 entries) came back from the fully "
    "connected layer. Write down da, the gradient of the two maps.",
    answer="da",
    conventions=(READING_ORDER,),
    draw=lambda rng: {"g": _distinct(rng, 12)},
    solve=_da,
    terms=_da_terms,
    hint="Where in v did the second entry of the first row of a go? What came back at this place?",
    idea="Flatten calculates nothing, so its derivative only moves numbers: every entry of g goes back to where the "
    "entry of a came from. da[c,i,j] is g at place (2c + i) 3 + j.",
    equation="flatten.5",
    roles=ROLES,
    mistakes=(
        *ORDER_MISTAKES,
        Mistake(
            name="rows and columns exchanged",
            switches={"shape": "rows and columns exchanged"},
            says="the maps are filled as 3x2, not as 2x3",
            hint="da has the shape of a. How many rows has a map?",
        ),
        Mistake(
            name="maps as the last index",
            switches={"shape": "maps last"},
            says="the maps become the last index",
            hint="da has the shape of a. Which index of a counts the maps?",
        ),
        Mistake(
            name="maps one below the other",
            switches={"shape": "one matrix"},
            says="the maps are written one below the other, as one matrix",
            hint="How many maps went in?",
        ),
        Mistake(
            name="three maps",
            switches={"shape": "three maps"},
            says="three maps of 2x2 are filled, not two of 2x3",
            hint="da has the shape of a. How many maps has a?",
        ),
        Mistake(
            name="left as a column",
            switches={"shape": "column"},
            says="g is left as a column",
            hint="The layer below sent maps up. What does it expect to come back?",
        ),
        Mistake(
            name="sign changed",
            switches={"sign": -1},
            says="the sign is changed",
            hint="Flatten multiplies by nothing, in both directions.",
        ),
    ),
)

# ---------------------------------------------------------------------------------------------------------- a batch


def _batch(inputs, *, order="map, row, column", maps="first to last", read="each example", put="columns"):
    a = inputs["a"]
    examples = np.moveaxis(a, -1, 0)
    number = _places(a.shape[:3], order, maps, "forwards")
    columns = examples.reshape(len(examples), -1)[:, number]
    v = {
        "each example": columns.T,
        "examples before maps": columns.ravel().reshape(-1, len(examples)),
        "one after the other": columns.ravel(),
    }[read]
    return {"columns": v, "rows": v.T, "exchanged": v[..., ::-1], "first only": v[..., 0]}[put]


def _batch_terms(inputs, entry):
    place, t = entry
    return [[at("a", inputs["a"], *np.unravel_index(place, inputs["a"].shape[:3]), t)]]


flat_batch = Question(
    name="flat-batch",
    notebook="08",
    title="Flatten with a batch",
    task="Two maps (each 2x2) of two examples stand in a[c,i,j,t]: map c, row i, column j, example t. Flatten them to "
    "v, the input of a fully connected layer (8x2). Write v down.",
    answer="v",
    conventions=(READING_ORDER, "Each column of v is one example."),
    draw=lambda rng: {"a": _distinct(rng, 2, 2, 2, 2)},
    solve=_batch,
    terms=_batch_terms,
    hint="Cover the second example with your hand. What does flatten do with the first alone, and where does it go?",
    idea="Every example is flattened for itself, map by map, row by row, and becomes one column. Examples never mix: "
    "entry a[c,i,j,t] goes to row (2c + i) 2 + j of column t.",
    equation="flatten.2",
    roles=ROLES,
    mistakes=(
        *(mistake for mistake in ORDER_MISTAKES if mistake.name != "backwards"),
        Mistake(
            name="examples mixed",
            switches={"read": "examples before maps"},
            says="the examples are read one after the other and poured into 8x2 row by row, so that they mix",
            hint="Look at one column of your v. Do all its entries come from one example?",
        ),
        Mistake(
            name="one long column",
            switches={"read": "one after the other"},
            says="the second example is written below the first, in one column",
            hint="Every example goes through the fully connected layer for itself. How many columns are needed?",
        ),
        Mistake(
            name="examples in rows",
            switches={"put": "rows"},
            says="each example becomes a row",
            hint="On this sheet vectors are columns. Turn your matrix on its side.",
            convention="each row is one example (batch first)",
        ),
        Mistake(
            name="examples exchanged",
            switches={"put": "exchanged"},
            says="the second example stands in the first column",
            hint="Which column belongs to example 0?",
        ),
        Mistake(
            name="first example only",
            switches={"put": "first only"},
            says="only the first example is flattened",
            hint="How many examples are in the batch?",
        ),
    ),
)

QUESTIONS = (flatten, unflatten, flat_batch)
