"""The data sets, and everything that can go wrong on their way here."""

import errno
import gzip
import hashlib
import io
import multiprocessing
import os
import shutil
import socket
import sys
import time
from pathlib import Path

import numpy as np
import pooch
import pytest
from fixtures_http import (
    HTML,
    MISBEHAVIOUR,
    checksums,
    idx,
    load_in_child,
    mirror_server,
    packed,
    tiny_arrays,
    unpacked,
    url,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from dlscratch import datasets, downloads
from dlscratch.datasets import (
    load_digits,
    load_fashion_mnist,
    load_mnist,
    make_blobs,
    make_moons,
    make_spirals,
    read_idx,
)

# The embedded digits


def test_digits_are_the_uci_test_set():
    data = load_digits()
    x = np.concatenate([data.x_train, data.x_test])
    t = np.concatenate([data.t_train, data.t_test])
    assert x.shape == (1797, 64)
    assert x.dtype == np.float64
    assert t.dtype == np.int64
    # The class counts and the mean that UCI and scikit-learn publish.
    counts = [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    np.testing.assert_array_equal(np.bincount(t), counts)
    assert 16 * x.mean() == pytest.approx(4.884164579855314, abs=1e-12)
    first = [[0, 0, 5, 13, 9, 1, 0, 0], [0, 0, 13, 15, 10, 15, 5, 0]]
    np.testing.assert_array_equal(16 * x[0, :16].reshape(2, 8), first)
    np.testing.assert_array_equal(16 * x, np.round(16 * x))
    assert x.min() == 0
    assert x.max() == 1


def test_digits_keep_the_order_of_the_forms_unless_shuffled():
    ordered = load_digits()
    assert ordered.x_train.shape == (1437, 64)
    assert ordered.x_test.shape == (360, 64)
    # The form at the border begins 22 images before it, as the docstring says.
    np.testing.assert_array_equal(ordered.t_train[-22:], list(range(10)) * 2 + [0, 1])
    np.testing.assert_array_equal(ordered.t_test[:8], range(2, 10))

    shuffled = load_digits(shuffle=np.random.default_rng(1))
    again = load_digits(shuffle=np.random.default_rng(1))
    other = load_digits(shuffle=np.random.default_rng(2))
    for a, b in zip(shuffled, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(shuffled.t_train, other.t_train)
    assert not np.array_equal(shuffled.t_train, ordered.t_train)

    def rows(data):
        x = np.concatenate([data.x_train, data.x_test])
        t = np.concatenate([data.t_train, data.t_test])
        return sorted(zip(map(bytes, x), t, strict=True))

    assert rows(shuffled) == rows(ordered)  # each image kept its label


def test_digits_as_pictures_and_in_other_types():
    flat = load_digits(dtype=np.float32)
    pictures = load_digits(flatten=False, dtype="float32")
    assert pictures.x_test.shape == (360, 1, 8, 8)
    assert pictures.x_test.dtype == flat.x_test.dtype == np.float32
    np.testing.assert_array_equal(pictures.x_test.reshape(360, 64), flat.x_test)


def test_digits_belong_to_the_caller():
    load_digits().x_train[:] = 7
    assert load_digits().x_train.max() == 1


@pytest.mark.parametrize("dtype", [int, np.uint8, "bool", complex])
def test_inputs_must_be_floating_point(dtype):
    with pytest.raises(TypeError, match="dtype: expected a floating-point dtype"):
        load_digits(dtype=dtype)


def test_digits_file_is_small_plain_and_described():
    folder = Path(datasets.__file__).parent / "data"
    raw = (folder / "digits.npz").read_bytes()
    assert len(raw) < 60_000
    with np.load(io.BytesIO(raw), allow_pickle=False) as file:
        assert {name: file[name].dtype.name for name in file.files} == {
            "images": "uint8",
            "labels": "uint8",
        }
    text = (folder / "README.md").read_text(encoding="utf-8")
    for fact in ("CC BY 4.0", "10.24432/C50P49", hashlib.sha256(raw).hexdigest()):
        assert fact in text


def test_an_altered_digits_file_is_refused(monkeypatch, tmp_path):
    shutil.copytree(Path(datasets.__file__).parent / "data", tmp_path / "data")
    monkeypatch.setattr(datasets.resources, "files", lambda package: tmp_path)
    load_digits()
    path = tmp_path / "data" / "digits.npz"
    raw = bytearray(path.read_bytes())
    raw[20_000] ^= 1
    path.write_bytes(raw)
    with pytest.raises(ValueError, match=r"digits\.npz: expected SHA-256 b2dab7.*Inst"):
        load_digits()


# Toy sets

TOYS = [make_blobs, make_moons, make_spirals]


@pytest.mark.parametrize("make", TOYS)
@pytest.mark.parametrize("n", [10, 101, 300])
def test_toy_sets_are_balanced_split_and_reproducible(make, n):
    data = make(n, rng=np.random.default_rng(3))
    assert data.x_test.shape == (n // 5, 2)
    assert data.x_train.shape == (n - n // 5, 2)
    t = np.concatenate([data.t_train, data.t_test])
    assert t.dtype == np.int64
    assert np.ptp(np.bincount(t)) <= 1
    assert np.any(np.diff(t) < 0)  # not sorted by class
    again = make(n, rng=np.random.default_rng(3))
    other = make(n, rng=np.random.default_rng(4))
    for a, b in zip(data, again, strict=True):
        np.testing.assert_array_equal(a, b)
    assert not np.array_equal(data.x_train, other.x_train)


def test_toy_points_lie_where_the_docstrings_say():
    rng = np.random.default_rng(5)
    blobs = make_blobs(50, [(0, 1), (2, 3), (4, 5)], noise=0, rng=rng)
    np.testing.assert_array_equal(blobs.x_train[:, 0], 2 * blobs.t_train)
    np.testing.assert_array_equal(blobs.x_train[:, 1], 2 * blobs.t_train + 1)

    x, t, *_ = make_moons(500, noise=0, rng=rng)
    middles = np.array([(0, 0), (1, 0.5)])[t]
    np.testing.assert_allclose(np.linalg.norm(x - middles, axis=1), 1)
    assert np.all((x[:, 1] >= middles[:, 1]) == (t == 0))

    x, t, *_ = make_spirals(500, classes=4, noise=0, rng=rng)
    radius = np.linalg.norm(x, axis=1)
    angle = np.arctan2(x[:, 1], x[:, 0])
    turn = (angle / (2 * np.pi) - t / 4 - radius * 2 / 3 + 0.5) % 1
    np.testing.assert_allclose(turn, 0.5, atol=1e-9)
    assert radius.min() < 0.05
    assert 0.95 < radius.max() < 1

    x, t, *_ = make_blobs(4000, [(1, 2)], noise=0.5, rng=rng)
    np.testing.assert_allclose(x.mean(axis=0), (1, 2), atol=0.05)
    np.testing.assert_allclose(x.std(axis=0), 0.5, atol=0.03)


@pytest.mark.parametrize(
    ("make", "defaults"),
    [
        (make_blobs, {"n": 200, "centers": [(-1, -1), (1, 1)], "noise": 0.4}),
        (make_moons, {"n": 200, "noise": 0.1}),
        (make_spirals, {"n": 300, "classes": 3, "noise": 0.03}),
    ],
)
def test_defaults_of_the_toy_sets(make, defaults):
    usual = make(rng=np.random.default_rng(6))
    told = make(**defaults, rng=np.random.default_rng(6))
    for a, b in zip(usual, told, strict=True):
        np.testing.assert_array_equal(a, b)


RNG = np.random.default_rng(0)


@pytest.mark.parametrize("make", TOYS)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rng": 0}, r"rng: .*got 0.*Pass numpy.random.default_rng\(seed\)"),
        ({"rng": None}, "rng: expected a numpy.random.Generator, got None"),
        ({"rng": np.random.RandomState(0)}, "rng: expected .*got RandomState"),
        ({"n": 9, "rng": RNG}, "expected n to be a whole number from 10, got 9"),
        ({"n": 20.0, "rng": RNG}, "n to be a whole number from 10, got 20.0"),
        ({"noise": -1, "rng": RNG}, "expected noise to be a number from 0, got -1"),
        (
            {"noise": np.nan, "rng": RNG},
            "noise to be a number from 0, got nan",
        ),
        ({"noise": "much", "rng": RNG}, "noise to be a number .*got 'much'"),
    ],
)
def test_toy_sets_refuse_bad_arguments(make, arguments, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make(**arguments)


@pytest.mark.parametrize(
    ("centers", "message"),
    [
        ([(1, 2), (3,)], "centers: expected an array of numbers, got rows of diff"),
        ("abc", "centers: expected an array of numbers"),
        ([(1j, 0), (1, 1)], "centers: expected an array of numbers, got dtype complex"),
        (
            [(np.nan, 0), (1, 1)],
            r"make_blobs: centers: expected finite numbers, got .*nan",
        ),
    ],
)
def test_centers_that_are_no_points(centers, message):
    with pytest.raises((TypeError, ValueError), match=message):
        make_blobs(20, centers, rng=np.random.default_rng(0))


def test_more_bad_arguments():
    with pytest.raises(ValueError, match=r"centers: .* pairs, got shape \(2,\)"):
        make_blobs(centers=(1, 2), rng=RNG)
    with pytest.raises(ValueError, match=r"expected classes to .* from 1, got 0"):
        make_spirals(classes=0, rng=RNG)
    assert not make_spirals(classes=1, rng=RNG).t_train.any()
    with pytest.raises(TypeError, match=r"shuffle: expected .*Generator"):
        load_digits(shuffle=True)


# The IDX format


def zipped(raw):
    return gzip.compress(raw, mtime=0)  # the same bytes on every run


BYTES = arrays(np.uint8, array_shapes(min_dims=1, max_dims=4, max_side=6))


@given(BYTES, st.booleans())
def test_idx_round_trip(array, as_gzip):
    raw = zipped(idx(array)) if as_gzip else idx(array)
    result = read_idx(raw)
    assert result.dtype == np.uint8
    assert result.shape == array.shape
    np.testing.assert_array_equal(result, array)


@given(BYTES, st.booleans(), st.data())
def test_truncated_idx_is_refused(array, as_gzip, data):
    raw = zipped(idx(array)) if as_gzip else idx(array)
    end = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(ValueError, match=r"pixels\.gz: "):
        read_idx(raw[:end], "pixels.gz")


@given(BYTES, st.binary(min_size=1, max_size=9))
def test_trailing_bytes_are_refused(array, extra):
    with pytest.raises(ValueError, match=r"expected .* bytes .*, received"):
        read_idx(idx(array) + extra)


@given(BYTES, st.data())
def test_any_changed_header_byte_is_refused(array, data):
    raw = bytearray(idx(array))
    place = data.draw(st.integers(0, 3 + 4 * array.ndim))
    raw[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(ValueError, match="IDX data: "):
        read_idx(bytes(raw))


@given(BYTES, st.data())
def test_a_flipped_bit_in_a_gzip_file_never_changes_the_values(array, data):
    raw = bytearray(zipped(idx(array)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    try:
        result = read_idx(bytes(raw))
    except ValueError:
        return  # refused; some bits of gzip's own header (its clock) mean nothing
    np.testing.assert_array_equal(result, array)


@given(st.binary(max_size=40), st.sampled_from([b"", b"\0\0\x08", b"\x1f\x8b\x08"]))
@settings(max_examples=300)
def test_random_bytes_are_refused_or_read_whole(rest, start):
    try:
        result = read_idx(start + rest)
    except ValueError:
        return
    assert idx(result) == start + rest


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "expected an IDX file.*received nothing"),
        (b"<htm", "expected an IDX file.*received 3c 68 74"),
        (b"\0\0\x0d\1\0\0\0\1\1", "starts with the bytes 00 00 08, received 00 00 0d"),
        (b"\0\0\x08", r"the shape \(\), .* received 3 bytes"),
        (b"\0\0\x08\0", r"the shape \(\), .*received 4 bytes"),
        (
            b"\0\0\x08\1\0\0\0\0",
            r"the shape \(0,\), .*no dimension of 0",
        ),
        (b"\0\0\x08\2\0\0\0\2", "expected 12 bytes .* received 8 bytes"),
        (b"\x1f\x8b", "damaged gzip file"),
        (zipped(b""), "received nothing"),
        (zipped(idx(np.arange(50, dtype=np.uint8)))[:-9], "damaged gzip file"),
    ],
)
def test_idx_errors_say_what_is_wrong(raw, message):
    with pytest.raises(ValueError, match=message):
        read_idx(raw)


# MNIST and Fashion-MNIST: a folder that has them


def same(data, expected):
    for array, pixels_or_labels in zip(data, expected, strict=True):
        scale = 255 if array.ndim == 2 else 1
        wanted = pixels_or_labels.reshape(array.shape)
        np.testing.assert_array_equal(np.round(scale * array), wanted)
    return True


def write(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for name, raw in files.items():
        (folder / name).write_bytes(raw)


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache, no mirror, and the tiny MNIST's checksums."""
    monkeypatch.delenv("DLSCRATCH_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / name)
    for name in downloads.MIRRORS:
        monkeypatch.setitem(downloads.MIRRORS, name, ())
        monkeypatch.setitem(downloads.SHA256, name, checksums(packed(tiny_arrays())))
    return tmp_path / "dlscratch" / "mnist"


@pytest.mark.parametrize("folder", ["", "mnist"])
def test_a_given_folder_is_used_and_never_written(cache, monkeypatch, tmp_path, folder):
    given_folder = tmp_path / "given"
    write(given_folder / folder, packed(tiny_arrays()))
    monkeypatch.setenv("DLSCRATCH_DATA", str(given_folder))
    before = sorted(given_folder.rglob("*"))
    data = load_mnist()
    assert same(data, tiny_arrays())
    assert data.x_train.dtype == np.float32
    assert data.t_test.dtype == np.int64
    assert data.x_train.min() == 0
    assert data.x_train.max() == 1
    assert load_mnist(flatten=False, dtype=np.float64).x_test.shape == (3, 1, 28, 28)
    assert sorted(given_folder.rglob("*")) == before
    assert not cache.exists()


def test_fashion_has_a_folder_of_its_own(cache, monkeypatch, tmp_path):
    write(tmp_path / "fashion-mnist", packed(tiny_arrays()))
    monkeypatch.setenv("DLSCRATCH_DATA", str(tmp_path))
    assert same(load_fashion_mnist(), tiny_arrays())
    with pytest.raises(FileNotFoundError, match="mnist: could not get train-images"):
        load_mnist()


def test_a_damaged_file_in_a_given_folder_is_refused(cache, monkeypatch, tmp_path):
    files = packed(tiny_arrays())
    last = downloads.FILES[-1]
    good = unpacked(files[last])
    bad = good[:-1]
    for raw, says in (
        (files[last][:-1], "received a damaged gzip file"),
        (zipped(bad), f"received {hashlib.sha256(bad).hexdigest()}"),
    ):
        write(tmp_path / "mnist", files | {last: raw})
        monkeypatch.setenv("DLSCRATCH_DATA", str(tmp_path))
        with pytest.raises(ValueError, match="Put the right file into") as caught:
            load_mnist()
        for part in (last, hashlib.sha256(good).hexdigest(), says):
            assert part in str(caught.value)


@pytest.mark.parametrize("folder", ["", "mnist"])
@pytest.mark.parametrize("wrapping", ["unzipped", "unzipped, same name", "zipped anew"])
def test_the_content_counts_not_its_wrapping(
    cache, monkeypatch, tmp_path, folder, wrapping
):
    for file, raw in packed(tiny_arrays()).items():
        content = unpacked(raw)
        name = file.removesuffix(".gz") if wrapping == "unzipped" else file
        anew = gzip.compress(content, compresslevel=1, mtime=28)
        assert anew != raw
        files = {name: anew if wrapping == "zipped anew" else content}
        write(tmp_path / "given" / folder, files)
    monkeypatch.setenv("DLSCRATCH_DATA", str(tmp_path / "given"))
    assert same(load_mnist(), tiny_arrays())


@pytest.mark.parametrize("folder", ["mnist", "data"])
def test_a_folder_with_another_sets_files_is_passed_over(
    cache, monkeypatch, tmp_path, folder
):
    clothes = [255 - array if array.ndim > 1 else array for array in tiny_arrays()]
    sums = checksums(packed(clothes))
    monkeypatch.setitem(downloads.SHA256, "fashion-mnist", sums)
    write(tmp_path / folder, packed(tiny_arrays()))
    monkeypatch.setenv("DLSCRATCH_DATA", str(tmp_path / folder))
    assert same(load_mnist(), tiny_arrays())
    with pytest.raises(FileNotFoundError) as caught:
        load_fashion_mnist()
    first = tmp_path / folder / downloads.FILES[0]
    assert f"{first}: this is not the file of fashion-mnist" in str(caught.value)
    write(cache.parent / "fashion-mnist", packed(clothes))
    assert same(load_fashion_mnist(), clothes)


def test_no_more_is_unzipped_than_a_file_can_hold(cache, monkeypatch, tmp_path):
    monkeypatch.setattr(downloads, "LARGEST", 10_000)
    bomb = {downloads.FILES[0]: zipped(bytes(10**6))}
    write(tmp_path / "mnist", packed(tiny_arrays()) | bomb)
    monkeypatch.setenv("DLSCRATCH_DATA", str(tmp_path))
    with pytest.raises(ValueError, match=r"received \w{64} \(10,000 bytes\)"):
        load_mnist()


def test_a_given_folder_that_is_none(cache, monkeypatch, tmp_path):
    monkeypatch.setenv("DLSCRATCH_DATA", str(tmp_path / "tpyo"))
    with pytest.raises(FileNotFoundError, match="DLSCRATCH_DATA: expected a folder"):
        load_mnist()


def damaged(case):
    x_train, t_train, x_test, t_test = tiny_arrays()
    if case == "labels":
        t_train[1] = 10
    elif case == "count":
        t_test = t_test[:-1]
    elif case == "size":
        x_test = x_test[:, 1:]
    elif case == "swapped":
        x_train, t_train = t_train, x_train
    files = packed([x_train, t_train, x_test, t_test])
    first = downloads.FILES[0]
    if case == "magic":
        files[first] = zipped(b"\0\0\x09" + idx(x_train)[3:])
    elif case == "truncated":
        files[first] = files[first][:-30]
    elif case == "empty":
        files[first] = b""
    elif case == "trailing":
        files[first] = zipped(idx(x_train) + b"\0")
    return files


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("labels", "mnist: expected labels 0 to 9, received 10"),
        ("count", r"received \(3, 28, 28\) and \(2,\)"),
        ("size", r"expected images \(N, 28, 28\).*received \(3, 27, 28\)"),
        ("swapped", r"received \(5,\) and \(5, 28, 28\)"),
        ("magic", "mnist/train-images.*00 00 08, received 00 00 09"),
        ("truncated", "mnist/train-images.*damaged gzip file"),
        ("empty", "mnist/train-images.*received nothing"),
        (
            "trailing",
            r"shape \(5, 28, 28\), so expected 3,936 bytes .* received 3,937 bytes",
        ),
    ],
)
def test_contents_are_checked_whatever_the_checksum_says(
    cache, monkeypatch, tmp_path, case, message
):
    files = damaged(case)
    write(tmp_path / "mnist", files)
    monkeypatch.setenv("DLSCRATCH_DATA", str(tmp_path))
    monkeypatch.setitem(downloads.SHA256, "mnist", checksums(files))
    with pytest.raises(ValueError, match=message):
        load_mnist()


@pytest.mark.parametrize(
    ("load", "name", "labels", "mean"),
    [
        (load_mnist, "mnist", [7, 2, 1, 0, 4, 1, 4, 9, 5, 9], 0.13066),
        (load_fashion_mnist, "fashion-mnist", [9, 2, 1, 1, 6, 1, 4, 6, 5, 7], 0.28604),
    ],
)
def test_the_real_files_where_they_are(monkeypatch, load, name, labels, mean):
    monkeypatch.setitem(downloads.MIRRORS, name, ())
    try:
        data = load()
    except FileNotFoundError as error:
        pytest.skip(str(error).splitlines()[0])
    assert data.x_train.shape == (60_000, 784)
    assert data.x_test.shape == (10_000, 784)
    assert data.t_test[:10].tolist() == labels
    assert np.bincount(data.t_train).shape == (10,)
    assert data.x_train.mean(dtype=np.float64) == pytest.approx(mean, abs=1e-5)


# MNIST from a mirror that misbehaves


@pytest.fixture(scope="module")
def server():
    with mirror_server() as server:
        yield server


@pytest.fixture
def mirrors(server, cache, monkeypatch):
    """A function that sets MNIST's mirrors by the manner of each."""
    server.requests.clear()

    def use(*manners):
        urls = tuple(url(server, manner) for manner in manners)
        monkeypatch.setitem(downloads.MIRRORS, "mnist", urls)
        if {"silent", "stalling"} & set(manners):
            monkeypatch.setattr(downloads, "TIMEOUT", 0.5)

    return use


def assert_whole(cache):
    """The cache holds the four good files and no leftover."""
    files = packed(tiny_arrays())
    assert {path.name: path.read_bytes() for path in cache.iterdir()} == files


def test_download_once_then_read_the_cache(mirrors, cache, server, capfd):
    mirrors("good")
    assert same(load_mnist(), tiny_arrays())
    assert server.requests == [("good", file) for file in downloads.FILES]
    assert_whole(cache)
    assert same(load_mnist(), tiny_arrays())
    assert len(server.requests) == 4
    assert capfd.readouterr() == ("", "")  # no progress bar outside a terminal


def test_progress_bar_on_a_terminal(mirrors, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    mirrors("good")
    load_mnist()
    assert terminal.getvalue().count("100%") >= 4


@pytest.mark.parametrize("manner", MISBEHAVIOUR)
def test_the_next_mirror_takes_over(mirrors, cache, server, manner):
    files = packed(tiny_arrays())
    files.pop(missing := downloads.FILES[1])
    write(cache, files)
    mirrors(manner, "good")
    assert same(load_mnist(), tiny_arrays())
    assert server.requests == [(manner, missing), ("good", missing)]
    assert_whole(cache)


@pytest.mark.parametrize(("manner", "says"), MISBEHAVIOUR.items())
def test_no_mirror_left_is_one_clear_error(mirrors, cache, server, manner, says):
    mirrors(manner, manner)
    start = time.monotonic()
    with pytest.raises(FileNotFoundError) as caught:
        load_mnist()
    assert time.monotonic() - start < 10  # two mirrors at 0.5 s each, and slack
    text = str(caught.value)
    assert text.count(f"/{manner}/") >= 2
    assert text.count(says) >= 2
    assert "set DLSCRATCH_DATA to a folder" in text
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert len(server.requests) == 2
    assert not cache.exists()


def test_a_wrong_checksum_names_both_sums(mirrors, server):
    mirrors("html")
    with pytest.raises(FileNotFoundError) as caught:
        load_mnist()
    for content in (unpacked(server.files[downloads.FILES[0]]), HTML):
        assert hashlib.sha256(content).hexdigest() in str(caught.value)


def test_no_network(cache, monkeypatch):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    mirror = f"http://127.0.0.1:{port}/"
    monkeypatch.setitem(downloads.MIRRORS, "mnist", (mirror,))
    with pytest.raises(FileNotFoundError, match=f"{mirror}: ConnectionError"):
        load_mnist()


@pytest.mark.parametrize("damage", [b"", b"\x1f\x8b\x08", b"<html>"])
def test_a_damaged_cached_file_is_fetched_again(mirrors, cache, server, damage):
    write(cache, packed(tiny_arrays()) | {downloads.FILES[2]: damage})
    mirrors("missing")
    with pytest.raises(FileNotFoundError, match=r"t10k-images.*expected SHA-256"):
        load_mnist()
    mirrors("good")
    server.requests.clear()
    assert same(load_mnist(), tiny_arrays())
    assert server.requests == [("good", downloads.FILES[2])]
    assert_whole(cache)


def test_a_cache_that_cannot_be_made(mirrors, cache):
    cache.parent.write_text("a file stands where the folder should be")
    mirrors("good")
    with pytest.warns(UserWarning, match="cannot be kept for the next time") as caught:
        assert same(load_mnist(), tiny_arrays())
    assert caught[0].filename == __file__


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_a_full_or_read_only_cache(mirrors, cache, monkeypatch, code):
    real = Path.write_bytes

    def half(path, raw):
        real(path, raw[: len(raw) // 2])
        raise OSError(code, os.strerror(code))

    mirrors("good")
    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.warns(UserWarning, match=os.strerror(code)):
        assert same(load_mnist(), tiny_arrays())
    assert list(cache.iterdir()) == []


def test_a_read_only_cache_with_the_files_is_enough(cache, monkeypatch):
    write(cache, packed(tiny_arrays()))

    def refuse(*args, **kwargs):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "mkdir", refuse)
    monkeypatch.setattr(Path, "write_bytes", refuse)
    assert same(load_mnist(), tiny_arrays())


def test_an_interrupt_leaves_nothing_behind(mirrors, cache, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    mirrors("good")
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            load_mnist()
    assert list(cache.iterdir()) == []
    assert same(load_mnist(), tiny_arrays())
    assert_whole(cache)


# Several processes

SPAWN = multiprocessing.get_context("spawn")


def test_a_process_killed_in_the_middle_of_a_download(mirrors, cache, server):
    arguments = (cache.parent, url(server, "stalling"), checksums(server.files))
    process = SPAWN.Process(target=load_in_child, args=arguments)
    process.start()
    deadline = time.monotonic() + 30
    while not server.requests and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.join()
    assert server.requests == [("stalling", downloads.FILES[0])]
    mirrors("good")
    assert same(load_mnist(), tiny_arrays())
    assert_whole(cache)


def test_two_processes_fetch_at_once(cache, server):
    server.requests.clear()
    arguments = (cache.parent, url(server, "together"), checksums(server.files))
    with SPAWN.Pool(2) as pool:  # the server answers when both have asked
        results = [pool.apply_async(load_in_child, arguments) for _ in range(2)]
        for result in results:
            assert same(result.get(timeout=60), tiny_arrays())
    assert server.requests.count(("together", downloads.FILES[0])) == 2
    assert_whole(cache)


def test_validation_split_takes_the_last_training_examples():
    data = datasets.load_digits()
    split = datasets.validation_split(data, 200)
    assert len(split.x_train) == len(split.t_train) == 1237
    np.testing.assert_array_equal(split.x_test, data.x_train[-200:])
    np.testing.assert_array_equal(split.t_test, data.t_train[-200:])
    np.testing.assert_array_equal(split.x_train, data.x_train[:1237])


@pytest.mark.parametrize("kind", [np.uint8, np.uint64, np.int8])
def test_validation_split_with_numpys_whole_numbers(kind):
    data = datasets.load_digits()
    split = datasets.validation_split(data, kind(5))
    np.testing.assert_array_equal(split.x_test, data.x_train[-5:])
    np.testing.assert_array_equal(split.x_train, data.x_train[:-5])


def test_validation_split_of_something_else():
    with pytest.raises(TypeError, match=r"validation_split: expected a Dataset.*tuple"):
        datasets.validation_split((np.eye(4), np.arange(4)), 2)


def test_masked_numbers_are_refused():
    masked = np.ma.array(np.eye(4), mask=np.eye(4))
    with pytest.raises(
        TypeError, match=r"Dataset: x_train: .* got a masked array; fill"
    ):
        datasets.Dataset(masked, np.arange(4))


@pytest.mark.parametrize("shape", [(0, 64), (0, 8, 8), (0, 1, 8, 8), (0, 3, 7, 9)])
def test_no_pictures_are_moved(shape):
    for move in (datasets.random_shift, datasets.random_affine):
        assert move(np.zeros(shape), np.random.default_rng(0)).shape == shape


def test_validation_split_at_random_loses_nothing():
    data = datasets.load_digits()
    split = datasets.validation_split(data, 200, np.random.default_rng(0))
    rows = np.concatenate([split.x_train, split.x_test])
    labels = np.concatenate([split.t_train, split.t_test])
    with_labels = {(*row, t) for row, t in zip(rows, labels, strict=True)}
    assert with_labels == {
        (*row, t) for row, t in zip(data.x_train, data.t_train, strict=True)
    }
    assert not np.array_equal(split.x_test, data.x_train[-200:])


@pytest.mark.parametrize("n", [0, -1, 1437, 5000, 0.2, "9", None])
def test_validation_split_size(n):
    with pytest.raises((ValueError, TypeError), match=f"expected n.* got .?{n}"):
        datasets.validation_split(datasets.load_digits(), n)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x, rng: datasets.random_shift(x, 0), "a numpy.random.Generator, got 0"),
        (lambda x, rng: datasets.random_shift(x, rng, 0.5), "pixels to be a whole"),
        (lambda x, rng: datasets.random_shift(x[0], rng), "images, or rows of square"),
        (lambda x, rng: datasets.random_shift(x[:, :5], rng), r"got \(2, 5\)"),
        (lambda x, rng: datasets.random_affine(x, rng, scale=1), "scale to be a num"),
        (lambda x, rng: datasets.random_affine(x, rng, pixels=-1), "pixels to be a n"),
        (lambda x, rng: datasets.random_affine(x.astype(str), rng), "array of numbers"),
    ],
)
def test_what_cannot_be_moved(call, words):
    with pytest.raises((TypeError, ValueError), match=words):
        call(np.zeros((2, 9)), np.random.default_rng(0))


@pytest.mark.parametrize("shape", [(900, 5, 5), (900, 1, 5, 5), (900, 25)])
def test_random_shift(shape):
    x = np.zeros((900, 5, 5), dtype=np.float32)
    x[:, 2, 2] = np.arange(1, 901)
    before = x.copy()
    y = datasets.random_shift(x.reshape(shape), np.random.default_rng(0), pixels=2)
    np.testing.assert_array_equal(x, before)
    assert y.shape == shape
    assert y.dtype == x.dtype
    image, row, column = np.nonzero(y.reshape(x.shape))
    np.testing.assert_array_equal(image, np.arange(900))  # nobody got another's
    np.testing.assert_array_equal(y.max(axis=tuple(range(1, y.ndim))), image + 1)
    counts = np.bincount(5 * row + column, minlength=25)
    assert counts.min() > 15, "every shift in both directions occurs"
    assert counts.max() < 65


def test_random_shift_loses_what_leaves_the_frame():
    y = datasets.random_shift(np.ones((50, 3, 3)), np.random.default_rng(0))
    assert set(y.sum(axis=(1, 2))) == {9.0, 6.0, 4.0}


def test_random_shift_needs_square_rows():
    with pytest.raises(ValueError, match="rows of square ones, got "):
        datasets.random_shift(np.zeros((2, 10)), np.random.default_rng(0))


def moved(image, matrix, move):
    """Sample an image pixel by pixel where an affine map says, in the plain way."""
    height, width = image.shape

    def ink(row, column):
        inside = 0 <= row < height and 0 <= column < width
        return image[row, column] if inside else 0.0

    result = np.zeros_like(image)
    middle = np.array([height - 1, width - 1]) / 2
    for pixel in np.ndindex(image.shape):
        row, column = np.linalg.inv(matrix) @ (pixel - middle - move) + middle
        i, j = int(np.floor(row)), int(np.floor(column))
        for k, m in np.ndindex(2, 2):
            near = (1 - abs(row - i - k)) * (1 - abs(column - j - m))
            result[pixel] += near * ink(i + k, j + m)
    return result


class TestRandomAffine:
    x = np.random.default_rng(5).random((3, 2, 6, 9))

    def test_it_is_the_plain_loop(self):
        settings = {"degrees": 40, "scale": 0.4, "shear": 0.3, "pixels": 3}
        before = self.x.copy()
        y = datasets.random_affine(self.x, np.random.default_rng(0), **settings)
        np.testing.assert_array_equal(self.x, before)
        rng = np.random.default_rng(0)
        angle = np.radians(rng.uniform(-40, 40, 3))
        stretch = rng.uniform(0.6, 1.4, (3, 2))
        slant = rng.uniform(-0.3, 0.3, 3)
        move = rng.uniform(-3, 3, (3, 2))
        for n in range(3):
            c, s = np.cos(angle[n]), np.sin(angle[n])
            matrix = [[c, s], [-s, c]] @ np.array([[1, 0], [-slant[n], 1]])
            matrix = matrix @ np.diag(stretch[n])
            for channel in range(2):
                expected = moved(self.x[n, channel], matrix, move[n])
                np.testing.assert_allclose(y[n, channel], expected, atol=1e-12)

    def test_nothing_to_do_changes_nothing(self):
        still = {"degrees": 0, "scale": 0, "shear": 0, "pixels": 0}
        for x in (self.x, self.x.astype(np.float32)):
            y = datasets.random_affine(x, np.random.default_rng(0), **still)
            np.testing.assert_allclose(y, x, atol=1e-6)
            assert y.dtype == x.dtype

    @pytest.mark.parametrize("shape", [(40, 49), (40, 7, 7), (40, 1, 7, 7)])
    def test_shapes_dtypes_and_rows(self, shape):
        x = np.random.default_rng(0).integers(0, 256, shape)
        y = datasets.random_affine(x, np.random.default_rng(1))
        assert (y.shape, y.dtype) == (shape, np.float64)
        square = datasets.random_affine(
            x.reshape(40, 7, 7).astype(float), np.random.default_rng(1)
        )
        np.testing.assert_array_equal(y, square.reshape(shape))
        assert y.min() >= 0
        assert y.max() <= 255

    def test_far_outside_there_is_paper(self):
        x = np.ones((60, 4, 4))
        y = datasets.random_affine(x, np.random.default_rng(0), pixels=50)
        assert 0 in y.sum(axis=(1, 2))
        assert np.isfinite(y).all()

    def test_it_needs_square_rows(self):
        with pytest.raises(ValueError, match="random_affine: expected images, or rows"):
            datasets.random_affine(np.zeros((2, 10)), np.random.default_rng(0))


def test_a_dataset_keeps_what_belongs_to_it():
    with pytest.raises(
        ValueError, match=r"as many labels in t_train .* \(2,\) and \(3,"
    ):
        datasets.Dataset(np.zeros((3, 2)), np.zeros(2, int))
    data = datasets.load_digits().measuring(5)._replace(x_test=None, t_test=None)
    assert data.n_measured == 5
    assert data.x_test is None
