"""A question on the whole network's sizes: the shapes behind each stage."""

from fractions import Fraction

import numpy as np

from classroom.questions.base import Mistake, Question, at

STAGES = "The stages: convolution C1, 2x2 pool S2, convolution C3, 2x2 pool S4."
ROLES = {"image": "input", "kernels": "kernel", "maps": "kernel", "last": "input", "classes": "output"}
ROLES |= {"shapes": "output", "counts": "output"}

# -------------------------------------------------------------------------------------------------------- shapes


def _shapes_inputs(rng):
    """Sizes that divide: rows and columns are built from the last pool back to the image."""
    kernels = np.array(rng.sample([2, 3, 4, 5, 6, 7], 2))
    last = np.array(rng.sample([3, 4, 5, 6], 2))
    image = 2 * (2 * last + kernels[1] - 1) + kernels[0] - 1
    return {"image": image, "kernels": kernels, "maps": np.array(rng.sample(range(3, 13), 2))}


CONVOLUTION = {
    "fits": lambda n, k: n - k + 1,
    "k lost": lambda n, k: n - k,
    "k + 1 lost": lambda n, k: n - k - 1,
    "half lost": lambda n, k: n - k // 2,
    "same": lambda n, k: n,
    "full": lambda n, k: n + k - 1,
    "blocks": lambda n, k: n // np.maximum(k, 1),
}
POOL = {
    "half": lambda n: n // 2,
    "quarter": lambda n: n // 4,
    "window slides": lambda n: n - 1,
    "2 lost": lambda n: n - 2,
    "same": lambda n: n,
}
MAPS = {
    "own": lambda f1, f2: (f1, f1, f2, f2),
    "multiplied": lambda f1, f2: (f1, f1, f1 * f2, f1 * f2),
    "added": lambda f1, f2: (f1, f1, f1 + f2, f1 + f2),
    "that come in": lambda f1, f2: (1, f1, f1, f2),
    "exchanged": lambda f1, f2: (f2, f2, f1, f1),
    "halved by pools": lambda f1, f2: (f1, f1 // 2, f2, f2 // 2),
}
KERNELS = {"in order": [0, 1], "exchanged": [1, 0], "first twice": [0, 0], "second twice": [1, 1]}

KERNELS_EXCHANGED = Mistake(
    name="kernels exchanged",
    switches={"kernels": "exchanged"},
    says="C1 and C3 have exchanged their kernels",
    hint="Which kernel belongs to C1? Check the order.",
)


def _shapes(inputs, *, convolution="fits", pool="half", maps="own", kernels="in order", sides="own", index="first"):
    image = {"own": [0, 1], "exchanged": [1, 0], "square": [0, 0]}[sides]
    first, second = inputs["kernels"][KERNELS[kernels]]
    c1 = CONVOLUTION[convolution](inputs["image"][image], first)
    s2 = POOL[pool](c1)
    c3 = CONVOLUTION[convolution](s2, second)
    sizes = np.stack([c1, s2, c3, POOL[pool](c3)])
    table = np.column_stack([MAPS[maps](*inputs["maps"]), sizes])
    return table if index == "first" else table[:, [1, 2, 0]]


def _shapes_terms(inputs, entry):
    stage, column = entry
    if column == 0:
        return [[at("maps", inputs["maps"], stage // 2)]]
    below = at("image", inputs["image"], column - 1)
    if stage:
        below = at("shapes", _shapes(inputs), stage - 1, column)
    if stage % 2:
        return [[("1/2", Fraction(1, 2)), below]]
    return [[below], [("-1", -1), at("kernels", inputs["kernels"], stage // 2)], [("1", 1)]]


lenet_shapes = Question(
    name="lenet-shapes",
    notebook="08",
    title="The shapes on the way through the network",
    task="The network of the series with other numbers: image holds the rows and columns of an image; kernels, the "
    "sides of the square kernels of C1 and C3; maps, how many maps C1 and C3 make. Fill in a table with a row for each "
    "of the stages C1, S2, C3, S4, and with the columns: maps, rows, columns.",
    answer="shapes",
    conventions=(STAGES, "Convolutions have stride 1 and no padding."),
    draw=_shapes_inputs,
    solve=_shapes,
    terms=_shapes_terms,
    hint="At how many places does a kernel fit into a row of the image? Try a row of 4 and a kernel of 3 first.",
    idea="A convolution with a kernel of side k turns n rows into n - k + 1, since so many windows fit; a 2x2 pool "
    "turns n into n/2. A convolution makes as many maps as it has output maps, and a pool leaves them.",
    roles=ROLES,
    mistakes=(
        Mistake(
            name="n - k",
            switches={"convolution": "k lost"},
            says="a convolution is taken to lose k rows and columns, one too many",
            hint="Into a row of 3 a kernel of side 3 fits once, not never. What does that say about your formula?",
        ),
        Mistake(
            name="n - k - 1",
            switches={"convolution": "k + 1 lost"},
            says="a convolution is taken to lose k + 1 rows and columns, two too many",
            hint="Into a row of 3 a kernel of side 3 fits once. What does that say about your formula?",
        ),
        Mistake(
            name="half a kernel lost",
            switches={"convolution": "half lost"},
            says="a convolution is taken to lose half a kernel on one side only",
            hint="Slide a kernel of side 3 along a row of 5 on paper and count its places.",
        ),
        Mistake(
            name="size kept",
            switches={"convolution": "same"},
            says="the convolutions keep the number of rows and columns",
            hint="Without padding the window must lie inside the image. At how many places does it?",
            convention='the convolutions pad with zeros so as to keep the size (padding "same")',
        ),
        Mistake(
            name="size grows",
            switches={"convolution": "full"},
            says="the convolutions add k - 1 rows and columns",
            hint="That is what happens on the way back. Going forward, must the window lie inside?",
            convention='the convolutions take every window that touches the image (mode "full")',
        ),
        Mistake(
            name="kernels side by side",
            switches={"convolution": "blocks"},
            says="the windows of a convolution are laid side by side, like blocks",
            hint="By how much does a convolution's window move on? See the stride on this sheet.",
        ),
        Mistake(
            name="pool window slides",
            switches={"pool": "window slides"},
            says="the pool's windows move on by one, like those of a convolution",
            hint="The blocks of a pool lie side by side. How many 2x2 blocks fit into 4 rows?",
        ),
        Mistake(
            name="pool divides by 4",
            switches={"pool": "quarter"},
            says="a 2x2 pool divides rows and columns by 4",
            hint="A block has 4 entries. How many rows has it?",
        ),
        Mistake(
            name="pool takes 2 away",
            switches={"pool": "2 lost"},
            says="a 2x2 pool takes away two rows and columns",
            hint="How many blocks of two rows fit, one below the other?",
        ),
        Mistake(
            name="pool keeps the size",
            switches={"pool": "same"},
            says="the pools keep the number of rows and columns",
            hint="A pool makes one number of each block. How many blocks are there?",
        ),
        Mistake(
            name="maps multiplied",
            switches={"maps": "multiplied"},
            says="C3 makes its maps once for every map that comes in",
            hint="Each output map of C3 reads all maps of S2 and adds up. How many maps come out?",
        ),
        Mistake(
            name="maps added",
            switches={"maps": "added"},
            says="the maps of C3 are counted on top of those of C1",
            hint="Are the maps of S2 still there behind C3, or were they read and added up?",
        ),
        Mistake(
            name="maps that come in",
            switches={"maps": "that come in"},
            says="the maps that enter each stage are counted, not those that leave it",
            hint="How many maps does C1 make of the one image?",
        ),
        Mistake(
            name="maps exchanged",
            switches={"maps": "exchanged"},
            says="C1 and C3 have exchanged their numbers of maps",
            hint="Which number of maps belongs to C1? Check the order.",
        ),
        Mistake(
            name="pool halves the maps",
            switches={"maps": "halved by pools"},
            says="the pools halve the number of maps, too",
            hint="A pool works inside each map. Does it ever see two at once?",
        ),
        KERNELS_EXCHANGED,
        Mistake(
            name="first kernel twice",
            switches={"kernels": "first twice"},
            says="C3 uses the kernel size of C1",
            hint="On this sheet the two convolutions have kernels of different size.",
        ),
        Mistake(
            name="second kernel twice",
            switches={"kernels": "second twice"},
            says="C1 uses the kernel size of C3",
            hint="On this sheet the two convolutions have kernels of different size.",
        ),
        Mistake(
            name="rows and columns exchanged",
            switches={"sides": "exchanged"},
            says="rows and columns have changed places",
            hint="Which number comes first in a shape, rows or columns?",
        ),
        Mistake(
            name="square image",
            switches={"sides": "square"},
            says="the image is taken as square",
            hint="The image has two numbers, and they differ.",
        ),
        Mistake(
            name="maps last",
            switches={"index": "last"},
            says="the table's columns are rows, columns, maps",
            hint="Which column of the table is asked for first?",
            convention="the maps are the last index (channels last)",
        ),
    ),
)

QUESTIONS = (lenet_shapes,)
