"""MNIST: shapes, labels and pixels against an independent reading, and a clear word about files that are not right.

And the stored network: it is the one of the series, and it reads.
"""

import gzip
import hashlib
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest

import helpers
from helpers import accuracy, lenet, load, load_mnist

FOLDER = Path(__file__).parent.parent / "data" / "mnist"
FILES = {"train": "train-{}-ubyte.gz", "test": "t10k-{}-ubyte.gz"}
SPLITS = {  # images, first labels, how many of each class, ink in the first image: typed from the published files
    "train": (
        60000,
        [5, 0, 4, 1, 9, 2, 1, 3, 1, 4],
        [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
        27525,
    ),
    "test": (10000, [7, 2, 1, 0, 4, 1, 4, 9, 5, 9], [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009], 18454),
}


@pytest.fixture(scope="module", params=SPLITS)
def split(request):
    return request.param


@pytest.fixture(scope="module")
def loaded(split):
    return load_mnist(split)


def name(split, part):
    return FILES[split].format({"images": "images-idx3", "labels": "labels-idx1"}[part])


def one_image(split, index):
    """The 28 rows of one image, read with struct alone: a header of four numbers, then one byte for each pixel."""
    with gzip.open(FOLDER / name(split, "images")) as file:
        zero, kind, axes, count, height, width = struct.unpack(">HBBIII", file.read(16))
        assert (zero, kind, axes, count, height, width) == (0, 8, 3, SPLITS[split][0], 28, 28)
        file.seek(16 + index * 28 * 28)
        pixels = struct.unpack("784B", file.read(784))
    return [pixels[row * 28 : row * 28 + 28] for row in range(28)]


# --- what is read ----------------------------------------------------------------------------------------------------


def test_the_images_and_labels_have_the_promised_shapes_types_and_ranges(split, loaded):
    (images, labels), n = loaded, SPLITS[split][0]
    assert (images.shape, images.dtype) == ((1, 28, 28, n), np.float32)
    assert (labels.shape, labels.dtype) == ((n,), np.int64)
    assert (images.min(), images.max()) == (0, 1)
    assert (labels.min(), labels.max()) == (0, 9)


def test_the_first_labels_and_the_count_of_each_class_are_those_published(split, loaded):
    _, first, counts, _ = SPLITS[split]
    assert loaded[1][:10].tolist() == first
    assert np.bincount(loaded[1]).tolist() == counts


def test_an_image_is_what_struct_reads_from_the_file(split, loaded):
    last = SPLITS[split][0] - 1
    for index in (0, 1, 4321, last):
        expected = np.array(one_image(split, index)) / 255
        np.testing.assert_allclose(loaded[0][0, :, :, index], expected, atol=1e-7)


def test_the_first_image_has_its_known_amount_of_ink(split, loaded):
    ink = SPLITS[split][3]
    assert sum(map(sum, one_image(split, 0))) == ink
    assert float(loaded[0][..., 0].sum(dtype=np.float64)) * 255 == pytest.approx(ink, rel=1e-6)


def test_the_images_lie_in_memory_one_after_the_other(loaded):
    assert loaded[0].transpose(3, 0, 1, 2).flags.c_contiguous
    assert not loaded[0].flags.owndata


def test_the_loaded_arrays_are_the_callers_own():
    images, labels = load_mnist("test", limit=2)
    images[...], labels[...] = 0.5, 3
    assert load_mnist("test", limit=2)[1].tolist() == [7, 2]


@pytest.mark.parametrize("limit", [1, 7, 10000, np.int64(3)])
def test_limit_takes_the_first_so_many(limit):
    images, labels = load_mnist("test", limit=limit)
    assert (images.shape, labels.shape) == ((1, 28, 28, limit), (limit,))
    assert labels[:7].tolist() == [7, 2, 1, 0, 4, 1, 4][:limit]
    np.testing.assert_allclose(images[0, :, :, 0], np.array(one_image("test", 0)) / 255, atol=1e-7)


def test_the_training_split_is_the_default():
    assert load_mnist(limit=10)[1].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]


@pytest.mark.parametrize("kind", [str, Path])
def test_the_folder_is_a_string_or_a_path(kind, tmp_path):
    for part in ("images", "labels"):
        shutil.copy(FOLDER / name("test", part), tmp_path)
    assert load_mnist("test", limit=3, folder=kind(tmp_path))[1].tolist() == [7, 2, 1]


# --- checksums -------------------------------------------------------------------------------------------------------


def published_sums():
    lines = (FOLDER / "SHA256SUMS").read_text().split("\n")
    return {file: digest for digest, file in (line.split() for line in lines if line)}


def test_the_checksums_in_the_code_are_those_beside_the_data():
    sums = published_sums()
    assert len(helpers.MNIST_SHA256) == 4
    assert {file: sums[file] for file in helpers.MNIST_SHA256} == helpers.MNIST_SHA256


def test_the_files_have_the_checksums_beside_them():
    for file, digest in published_sums().items():
        if file.endswith(".gz"):
            assert hashlib.sha256((FOLDER / file).read_bytes()).hexdigest() == digest, file


# --- files that are not right ----------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path):
    """A folder with the test split, to be damaged."""
    for part in ("images", "labels"):
        shutil.copy(FOLDER / name("test", part), tmp_path)
    return tmp_path


def refused(folder, *words, error=ValueError):
    with pytest.raises(error) as caught:
        load_mnist("test", folder=folder)
    for word in (*words, "restore it from the repository (git checkout -- data/mnist)"):
        assert word in str(caught.value)


@pytest.mark.parametrize("part", ["images", "labels"])
def test_a_missing_file_is_named(part, folder):
    (folder / name("test", part)).unlink()
    refused(folder, str(folder / name("test", part)), "is missing", error=FileNotFoundError)


@pytest.mark.parametrize("part", ["images", "labels"])
@pytest.mark.parametrize("left", [0, 1, 5, 10, 30, 0.5, -8, -1], ids=lambda left: f"length {left}")
def test_a_truncated_file_is_named(part, left, folder):
    path = folder / name("test", part)
    content = path.read_bytes()
    path.write_bytes(content[: int(left * len(content)) if isinstance(left, float) else left])
    refused(folder, path.name, path.stem)


@pytest.mark.parametrize("part", ["images", "labels"])
@pytest.mark.parametrize("place", [0, 3, 7, 100, -1])
def test_a_file_with_one_byte_altered_is_named(part, place, folder):
    path = folder / name("test", part)
    content = bytearray(gzip.decompress(path.read_bytes()))
    content[place] ^= 1
    path.write_bytes(gzip.compress(content, compresslevel=1))
    refused(folder, path.name, "was altered (SHA-256 " + hashlib.sha256(content).hexdigest(), f"expected {path.stem}")


@pytest.mark.parametrize("place", [3, 500, 2000, -6])
def test_a_file_damaged_inside_its_compression_is_named(place, folder):
    path = folder / name("test", "labels")
    content = bytearray(path.read_bytes())
    content[place] ^= 0xFF
    path.write_bytes(content)
    refused(folder, path.name)


@pytest.mark.parametrize("content", [b"no digits", b"<html>504 Gateway Time-out</html>" * 30])
def test_a_file_that_is_no_gzip_is_named(content, folder):
    path = folder / name("test", "images")
    path.write_bytes(content)
    refused(folder, path.name, "is truncated or damaged")


def test_an_empty_archive_is_named(folder):
    path = folder / name("test", "labels")
    path.write_bytes(gzip.compress(b""))
    refused(folder, path.name, "was altered")


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (("test", "images"), ("test", "labels")),
        (("test", "labels"), ("test", "images")),
        (("test", "labels"), ("train", "labels")),
    ],
)
def test_swapped_files_are_named_with_what_they_hold(at, found, folder):
    shutil.copy(FOLDER / name(*found), folder / name(*at))
    holds, expected = name(*found).removesuffix(".gz"), name(*at).removesuffix(".gz")
    refused(folder, name(*at), f"holds {holds} (swapped files)", f"expected {expected}")


def test_a_file_compressed_anew_is_read(folder):
    path = folder / name("test", "labels")
    path.write_bytes(gzip.compress(gzip.decompress(path.read_bytes()), compresslevel=1))
    assert load_mnist("test", limit=3, folder=folder)[1].tolist() == [7, 2, 1]


# --- the stored network ----------------------------------------------------------------------------------------------


def test_the_stored_network_is_that_of_the_series_and_reads_more_than_95_of_100_digits():
    network = load(FOLDER.parent / "lenet.npz")
    assert repr(network) == repr(lenet(maps=(6, 12)))
    assert {value.dtype for layer in network.layers for value in layer.params.values()} == {np.dtype(np.float32)}
    assert accuracy(network, load_mnist("test", limit=500)) > 0.95


def test_the_first_digit_that_the_stored_network_misreads_is_a_4_that_looks_like_a_9():
    images, labels = load_mnist("test", limit=116)
    read = load(FOLDER.parent / "lenet.npz").predict(images)
    assert np.flatnonzero(read != labels).tolist() == [115]
    assert (labels[115], read[115]) == (4, 9)
