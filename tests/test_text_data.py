"""The names and the plays, and what can go wrong on their way here."""

import errno
import gzip
import hashlib
import os
import socket
from pathlib import Path

import numpy as np
import pooch
import pytest
from fixtures_http import HTML, MISBEHAVIOUR, mirror_server, url

from dlscratch import datasets, downloads
from dlscratch.datasets import (
    LETTERS,
    decode_names,
    encode_names,
    load_more_names,
    load_names,
    load_shakespeare,
)

TINY = {
    "names.txt": b"emma\nolivia\nava\nsam\neve\nbo\nemma\nmia\nlou\nmax\nkai",
    "tinyshakespeare.txt": b"To be, or not to be.\n",
}
LOADS = {"names.txt": load_more_names, "tinyshakespeare.txt": load_shakespeare}


# The embedded names


def test_the_names_of_the_census():
    data = load_names()
    assert data.x_train.shape == data.t_train.shape == (4646, 12)
    assert data.x_test.shape == data.t_test.shape == (517, 12)
    assert data.x_train.dtype == data.t_train.dtype == np.int64
    assert data.classes == tuple(LETTERS)
    names = decode_names(np.concatenate([data.x_train, data.x_test]))
    assert len(set(names)) == len(names) == 5163
    # The ten most frequent names of each list, as the Census Bureau publishes them.
    women = (
        "mary patricia linda barbara elizabeth jennifer maria susan margaret dorothy"
    )
    men = "james john robert michael william david richard charles joseph thomas"
    assert set((women + " " + men).split()) <= set(names)
    assert max(map(len, names)) == 11


def test_the_split_is_fixed_and_fair():
    data = load_names()
    mixed = sorted(
        decode_names(np.concatenate([data.x_train, data.x_test])),
        key=lambda name: hashlib.sha256(name.encode()).hexdigest(),
    )
    assert decode_names(data.x_train) == mixed[:4646]
    assert decode_names(data.x_test) == mixed[4646:]
    # All first letters in both parts, a to w at least, and about as often.
    first = [np.bincount(t[:, 0], minlength=27) for t in (data.t_train, data.t_test)]
    assert (first[1][1:17] > 0).all()
    shares = [counts / counts.sum() for counts in first]
    assert abs(shares[0] - shares[1]).max() < 0.04


def test_each_step_says_the_next_letter():
    data = load_names()
    for x, t in ((data.x_train, data.t_train), (data.x_test, data.t_test)):
        assert (x[:, 0] == 0).all()
        letters = t[:, :-1] > 0
        np.testing.assert_array_equal(x[:, 1:][letters], t[:, :-1][letters])
        ends = (t == 0).sum(axis=1)
        assert (ends == 1).all()
        behind = np.cumsum(t == 0, axis=1) - (t == 0) == 1
        np.testing.assert_array_equal(t == -1, behind)
        assert not x[behind].any()


def test_the_file_is_small_plain_and_described():
    folder = Path(datasets.__file__).parent / "data"
    raw = (folder / "names.txt").read_bytes()
    assert len(raw) < 40_000
    names = raw.decode("ascii").split("\n")
    assert names == [*sorted(set(names) - {""}), ""]
    text = (folder / "README.md").read_text(encoding="utf-8")
    for fact in ("public domain", "1990", hashlib.sha256(raw).hexdigest()):
        assert fact in text


def test_an_altered_file_is_refused(monkeypatch, tmp_path):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "names.txt").write_bytes(b"anna\n")
    monkeypatch.setattr(datasets.resources, "files", lambda package: tmp_path)
    with pytest.raises(ValueError, match=r"data/names.txt: expected SHA-256 cba14f45"):
        load_names()


# To and from ids


def test_there_and_back():
    names = ["Zoe", "al", "maximilian"]
    x, t = encode_names(names)
    assert x.shape == t.shape == (3, 11)
    assert decode_names(x) == ["zoe", "al", "maximilian"]
    wide, _ = encode_names(names, steps=20)
    assert wide.shape == (3, 20)
    assert decode_names(wide) == decode_names(x)
    assert encode_names([])[0].shape == (0, 1)
    # What a network drew may go on behind the end, or be empty.
    assert decode_names([[0, 1, 0, 5], [0, 0, 3, 4]]) == ["a", ""]


@pytest.mark.parametrize("names", ["anna", [1, 2], [None]])
def test_names_are_a_list_of_text(names):
    with pytest.raises(TypeError, match="encode_names: expected a list of names"):
        encode_names(names)


@pytest.mark.parametrize("name", ["zoë", "o'neal", "", "a b", "an.na"])
def test_other_letters(name):
    with pytest.raises(ValueError, match="of the letters a to z, got"):
        encode_names(["anna", name])


def test_too_few_steps():
    with pytest.raises(ValueError, match="steps to be a whole number from 5, got 4"):
        encode_names(["anna"], steps=4)


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ([0, 1], r"shape \(N, T\), that begin with 0, got int64 of shape \(2,\)"),
        ([[1, 2]], "that begin with 0"),
        ([[0.0, 1.0]], "got float64"),
        ([[0, 27]], "ids from 0 to 26, got 0 to 27"),
        ([[0, -1]], "ids from 0 to 26, got -1 to 0"),
    ],
)
def test_what_is_no_name(ids, words):
    with pytest.raises(ValueError, match=words):
        decode_names(ids)


# The files of the lab: a folder that has them, and an address that misbehaves


@pytest.fixture(scope="module")
def server():
    with mirror_server() as server:
        server.files |= TINY
        yield server


@pytest.fixture
def cache(monkeypatch, tmp_path):
    """An empty cache, and the tiny texts' checksums at no address."""
    monkeypatch.delenv("DLSCRATCH_DATA", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / name)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{free.getsockname()[1]}/"
    for file, raw in TINY.items():
        entry = (nowhere + file, hashlib.sha256(raw).hexdigest())
        monkeypatch.setitem(downloads.TEXTS, file, entry)
    return tmp_path / "dlscratch" / "text"


@pytest.fixture
def address(server, cache, monkeypatch):
    """A function that sets the manner in which the texts are served."""
    server.requests.clear()

    def use(manner):
        for file, (_, sha256) in downloads.TEXTS.items():
            monkeypatch.setitem(
                downloads.TEXTS, file, (url(server, manner) + file, sha256)
            )
        if manner in ("silent", "stalling"):
            monkeypatch.setattr(downloads, "TIMEOUT", 0.5)

    return use


def is_tiny(data, file):
    if file == "names.txt":
        names = decode_names(np.concatenate([data.x_train, data.x_test]))
        assert sorted(names) == sorted(TINY[file].decode().split())
        assert (len(data.x_train), len(data.x_test)) == (8, 3)
        assert decode_names(data.x_test).count("emma") == 2  # of which one is the tenth
    else:
        text = TINY[file].decode()
        ids = np.append(data.x_train, data.t_train[-1])
        rest = np.append(data.x_test, data.t_test[-1])
        assert "".join(data.classes[i] for i in [*ids, *rest]) == text
        assert (len(ids), len(rest)) == (18, 3)
        np.testing.assert_array_equal(data.x_train[1:], data.t_train[:-1])
    return True


@pytest.mark.parametrize("file", TINY)
@pytest.mark.parametrize("folder", ["", "text"])
@pytest.mark.parametrize("zipped", [False, True])
def test_a_given_folder_is_used(cache, monkeypatch, tmp_path, file, folder, zipped):
    given = tmp_path / "given"
    (given / folder).mkdir(parents=True)
    raw = gzip.compress(TINY[file]) if zipped else TINY[file]
    (given / folder / file).write_bytes(raw)
    monkeypatch.setenv("DLSCRATCH_DATA", str(given))
    assert is_tiny(LOADS[file](), file)
    assert not cache.exists()


def test_a_damaged_file_in_a_given_folder_is_refused(cache, monkeypatch, tmp_path):
    (tmp_path / "text").mkdir()
    (tmp_path / "text" / "names.txt").write_bytes(TINY["names.txt"][:-1])
    monkeypatch.setenv("DLSCRATCH_DATA", str(tmp_path))
    with pytest.raises(
        ValueError, match=r"names.txt: expected SHA-256 .* Put the righ"
    ):
        load_more_names()


def test_the_names_of_the_census_are_not_taken_for_them(cache, monkeypatch):
    monkeypatch.setenv("DLSCRATCH_DATA", str(Path(datasets.__file__).parent / "data"))
    with pytest.raises(FileNotFoundError, match=r"names.txt: this is not the file of"):
        load_more_names()


@pytest.mark.parametrize("file", TINY)
def test_download_once_then_read_the_cache(address, cache, server, file):
    address("good")
    assert is_tiny(LOADS[file](), file)
    assert is_tiny(LOADS[file](), file)
    assert server.requests == [("good", file)]
    assert [path.name for path in cache.iterdir()] == [file]
    assert (cache / file).read_bytes() == TINY[file]


@pytest.mark.parametrize(("manner", "says"), MISBEHAVIOUR.items())
def test_an_address_that_misbehaves_is_one_clear_error(address, cache, manner, says):
    address(manner)
    with pytest.raises(FileNotFoundError) as caught:
        load_more_names()
    text = str(caught.value)
    assert says in text
    assert f"/{manner}/names.txt" in text
    assert "set DLSCRATCH_DATA to a folder that has all its files in text/" in text
    assert not cache.exists()


def test_a_wrong_checksum_names_both_sums(address):
    address("html")
    with pytest.raises(FileNotFoundError) as caught:
        load_shakespeare()
    for content in (TINY["tinyshakespeare.txt"], HTML):
        assert hashlib.sha256(content).hexdigest() in str(caught.value)


def test_no_network(cache):
    with pytest.raises(FileNotFoundError, match=r"names.txt: ConnectionError"):
        load_more_names()


@pytest.mark.parametrize("damage", [b"", b"\x1f\x8b\x08", b"<html>"])
def test_a_damaged_cached_file_is_fetched_again(address, cache, server, damage):
    cache.mkdir(parents=True)
    (cache / "names.txt").write_bytes(damage)
    address("good")
    assert is_tiny(load_more_names(), "names.txt")
    assert server.requests == [("good", "names.txt")]
    assert (cache / "names.txt").read_bytes() == TINY["names.txt"]


def test_a_full_cache(address, cache, monkeypatch):
    real = Path.write_bytes

    def half(path, raw):
        real(path, raw[: len(raw) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    address("good")
    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.warns(UserWarning, match="cannot be kept") as caught:
        assert is_tiny(load_more_names(), "names.txt")
    assert caught[0].filename == __file__
    assert list(cache.iterdir()) == []


def test_an_interrupt_leaves_nothing_behind(address, cache, monkeypatch):
    def interrupt(*args):
        raise KeyboardInterrupt

    address("good")
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", interrupt)
        with pytest.raises(KeyboardInterrupt):
            load_shakespeare()
    assert list(cache.iterdir()) == []
    assert is_tiny(load_shakespeare(), "tinyshakespeare.txt")


@pytest.mark.parametrize("steps", [1, 2, 5])
def test_the_plays_in_windows(address, steps):
    address("good")
    plain, data = load_shakespeare(), load_shakespeare(steps)
    n = 17 // steps
    assert data.x_train.shape == data.t_train.shape == (n, steps)
    np.testing.assert_array_equal(data.x_train.ravel(), plain.x_train[: n * steps])
    np.testing.assert_array_equal(data.t_train.ravel(), plain.t_train[: n * steps])
    with pytest.raises(TypeError, match="load_shakespeare: expected steps to be a wh"):
        load_shakespeare(0.5)


@pytest.mark.parametrize("file", TINY)
def test_the_real_files_where_they_are(monkeypatch, file):
    _, sha256 = downloads.TEXTS[file]
    monkeypatch.setitem(downloads.TEXTS, file, ("http://127.0.0.1:9/", sha256))
    try:
        data = LOADS[file]()
    except FileNotFoundError as error:
        pytest.skip(str(error).splitlines()[0])
    if file == "names.txt":
        assert data.x_train.shape == (28_829, 16)
        assert data.x_test.shape == (3_204, 16)
        train, test = (decode_names(x) for x in (data.x_train, data.x_test))
        assert len(set(train + test)) == 29_494
        assert not set(train) & set(test)
    else:
        assert data.x_train.shape == (1_003_853,)
        assert data.x_test.shape == (111_539,)
        assert len(data.classes) == 65
        first = "".join(data.classes[i] for i in data.x_train[:14])
        assert first == "First Citizen:"
