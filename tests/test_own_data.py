"""The reader's own data: photographs of digits, tables, and folders of IDX files."""

import gzip
import io
import pickle
import re
from pathlib import Path

import numpy as np
import pytest
from fixtures_http import idx, packed, tiny_arrays
from photographs import drawn, enlarged, photographed
from PIL import Image

from dlscratch import downloads, models
from dlscratch.datasets import Dataset, load_digits, read_idx, validation_split
from dlscratch.functions import confusion_matrix
from dlscratch.own_data import load_csv, load_idx_folder, read_picture

# Photographs. The seeds of these sets were not used to choose the reader's numbers.


def answers(name, files, size):
    model = models.pretrained(name)
    x = np.array([read_picture(file, size) for file in files])
    assert x.shape == (len(x), size, size)
    assert x.min() == 0
    assert x.max() <= 1
    flat = model.layers[0].parameters and model.parameters[0].value.ndim == 2
    return model.predict(x.reshape(len(x), -1) if flat else x[:, np.newaxis])


def test_sixty_photographs_of_drawn_digits_are_read():
    rng = np.random.default_rng(20)
    t = np.arange(60) % 10
    files = [photographed(drawn(digit, rng), rng) for digit in t]
    right = answers("simple-cnn", files, 28).argmax(axis=1) == t
    assert right.sum() >= 57


def test_sixty_photographs_of_mnist_digits_are_read(mnist):
    rng = np.random.default_rng(21)
    chosen = rng.choice(10_000, 60, replace=False)
    images = mnist.x_test[chosen].reshape(-1, 28, 28)
    files = [photographed(enlarged(image), rng) for image in images]
    right = answers("simple-cnn", files, 28).argmax(axis=1) == mnist.t_test[chosen]
    assert right.sum() >= 57


@pytest.mark.parametrize(
    ("name", "size", "least"), [("draw-cnn", 14, 18), ("digits-mlp", 8, 12)]
)
def test_other_networks_read_photographs(name, size, least):
    rng = np.random.default_rng(22)
    t = np.arange(20) % 10
    files = [photographed(drawn(digit, rng), rng) for digit in t]
    assert np.sum(answers(name, files, size).argmax(axis=1) == t) >= least


def test_size_8_is_like_the_digits():
    data = load_digits(flatten=False)
    rng = np.random.default_rng(23)
    chosen = rng.choice(360, 20, replace=False)
    photos = [photographed(enlarged(i), rng) for i in data.x_test[chosen, 0]]
    x = np.array([read_picture(photo, 8) for photo in photos])
    assert np.all((16 * x) % 1 == 0)
    assert x[:, [0, 7]].max(axis=2).min() > 0  # from the first row to the last
    assert x[:, :, [0, 7]].max() == 0  # as hardly a digit has ink there
    assert abs(x.mean() - data.x_test.mean()) < 0.08


def saved(image, kind="png", **settings):
    file = io.BytesIO()
    image.save(file, kind, **settings)
    return file


@pytest.fixture(scope="module")
def page():
    """A seven on white paper: grey, as bytes (H, W)."""
    ink = drawn(7, np.random.default_rng(5))  # 400×400, with a margin
    return (255 * (1 - 0.9 * ink)).astype(np.uint8)[:380, 20:]


def in_kind(page, kind):
    grey = Image.fromarray(page)
    if kind == "transparent":  # black everywhere; only the ink can be seen
        layers = [Image.new("L", grey.size)] * 3 + [Image.fromarray(255 - page)]
        return Image.merge("RGBA", layers)
    if kind == "palette with a transparent colour":
        colours = Image.fromarray(np.where(page > 128, 0, 1).astype(np.uint8))
        colours = colours.convert("P")
        colours.putpalette([0, 0, 0, 10, 10, 60])
        colours.info["transparency"] = 0
        return colours
    if kind == "16 bits":
        return Image.fromarray(page.astype(np.uint16) * 257)
    if kind == "dark paper":
        return Image.fromarray(255 - page)
    if kind == "blue ink":
        return Image.merge("RGB", [grey, grey, Image.new("L", grey.size, 255)])
    if kind == "yellow paper, red ink":
        return Image.merge("RGB", [Image.new("L", grey.size, 250), grey, grey])
    if kind == "large":
        return grey.resize((1500, 1583), Image.Resampling.BICUBIC)
    return grey.convert(kind)


KINDS = ["RGB", "1", "P", "LA", "transparent", "palette with a transparent colour"]
KINDS += ["16 bits", "dark paper", "blue ink", "yellow paper, red ink", "large"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_picture_gives_the_same(page, kind):
    expected = read_picture(saved(Image.fromarray(page)))
    x = read_picture(saved(in_kind(page, kind)))
    assert np.abs(x - expected).mean() < 0.015
    assert x.sum() == pytest.approx(expected.sum(), rel=0.08)


def test_the_camera_is_asked_which_way_is_up(page):
    upright = Image.fromarray(page)
    expected = read_picture(saved(upright))
    for orientation, turn in ((3, "ROTATE_180"), (6, "ROTATE_90"), (8, "ROTATE_270")):
        exif = Image.Exif()
        exif[0x0112] = orientation
        turned = upright.transpose(Image.Transpose[turn])
        x = read_picture(saved(turned, "jpeg", exif=exif, quality=95))
        assert np.abs(x - expected).mean() < 0.01


def test_the_digit_fits_into_its_box_with_its_mass_in_the_middle(page):
    for image in (page, page.T):  # high, and wide
        x = read_picture(saved(Image.fromarray(image)))
        rows, columns = (np.flatnonzero(x.max(axis=a) > 0.5) for a in (1, 0))
        assert max(np.ptp(rows), np.ptp(columns)) in (18, 19)  # 20 pixels, or nearly
        for axis in (0, 1):
            middle = np.average(np.arange(28), weights=x.sum(axis=axis))
            assert middle == pytest.approx(14, abs=0.3)


def test_a_picture_of_mnist_comes_out_as_it_was():
    with np.load(models.__file__.replace("models.py", "data/mnist-samples.npz")) as f:
        images = np.pad(f["images"] / 15, [(0, 0), (4, 4), (4, 4)])
    for image in images:
        dots = Image.fromarray((255 * image).astype(np.uint8))
        x = read_picture(saved(dots.resize((140, 140), Image.Resampling.BICUBIC)))
        moved = [
            np.roll(image, (i, j), (0, 1))
            for i in (0, 1, 2, -1, -2)
            for j in range(-3, 4)
        ]
        match = max(np.corrcoef(m.ravel(), x.ravel())[0, 1] for m in moved)
        assert match > 0.85


def test_paths_and_open_files_will_do(page, tmp_path):
    path = tmp_path / "seven.png"
    path.write_bytes(saved(Image.fromarray(page)).getvalue())
    x = read_picture(path)
    np.testing.assert_array_equal(x, read_picture(str(path)))
    with open(path, "rb") as file:
        np.testing.assert_array_equal(x, read_picture(file))


def unreadable(case, page, folder):
    rng = np.random.default_rng(1)
    if case == "white":
        image = np.full((300, 400), 255)
    elif case == "a page in the shade":
        image = 230 - 100 / (1 + np.exp(np.linspace(-9, 9, 400))) + np.zeros((300, 1))
        image += rng.normal(0, 4, image.shape)
    elif case == "noise":
        image = rng.normal(200, 12, (300, 400))
    elif case == "one speck":
        image = np.full((300, 400), 240)
        image[100:105, 200:204] = 0
    elif case == "at the border":
        image = page[:, 150:]
    elif case == "at the border, with a speck":
        image = page[:, 150:].copy()
        image[330:340, 200:208] = 0
    elif case == "two digits":
        image = np.hstack([page[:, 60:260], page[:, 60:260]])
    elif case == "tiny":
        image = page[:12, :12]
    else:
        path = folder / "notes.txt"
        path.write_bytes(
            {
                "text": b"This is a shopping list.",
                "nothing": b"",
                "cut short": saved(Image.fromarray(page), "jpeg").getvalue()[:900],
            }[case]
        )
        return path
    return saved(Image.fromarray(np.clip(image, 0, 255).astype(np.uint8)))


@pytest.mark.parametrize(
    ("case", "message"),
    [
        ("white", "sees no digit in the picture; write it larger, or"),
        ("a page in the shade", "sees no digit"),
        ("noise", "sees no digit"),
        ("one speck", "sees no digit"),
        ("at the border", "touches the border of the picture; leave a margin"),
        ("at the border, with a speck", "touches the border of the picture"),
        ("two digits", "sees more than one digit; crop the picture"),
        ("tiny", "expected 16×16 pixels at least, got 12×12"),
        ("text", r"expected a picture, such as a JPEG or PNG, .*notes\.txt"),
        ("nothing", r"expected a picture, .*notes\.txt"),
        ("cut short", r"expected a picture, .*notes\.txt .*truncated"),
    ],
)
def test_what_is_no_digit_is_refused(page, tmp_path, case, message):
    with pytest.raises(ValueError, match=f"read_picture: .*{message}") as caught:
        read_picture(unreadable(case, page, tmp_path))
    assert "\n" not in str(caught.value)


def test_a_picture_that_is_not_there(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"read_picture: there is no file .*7\.png"
    ):
        read_picture(tmp_path / "7.png")


@pytest.mark.parametrize("bits", [10, 12])
def test_a_scan_with_more_than_eight_bits(page, bits):
    expected = read_picture(saved(Image.fromarray(page)))
    scan = page.astype(np.uint16) * ((2**bits - 1) // 255)
    x = read_picture(saved(Image.fromarray(scan)))
    np.testing.assert_allclose(x, expected, atol=0.05)


@pytest.mark.parametrize(
    "picture", [b"xx", np.zeros((28, 28)), Image.new("L", (28, 28)), None, 5]
)
def test_what_is_no_file_is_refused(picture):
    with pytest.raises(TypeError, match=r"read_picture: expected a path or .*got \w+$"):
        read_picture(picture)


@pytest.mark.parametrize("size", [9, 0, -28, 28.0, "28", True, None])
def test_sizes(size):
    with pytest.raises(ValueError, match=r"expected the size 28, 8, or .*got"):
        read_picture("seven.png", size)


# A Dataset


def test_a_dataset_without_a_test_part():
    data = Dataset([[0, 1], [2, 3], [4, 5]], [0, 1, 1], classes=("no", "yes"))
    x, t, *test = data
    assert x.shape == (3, 2)
    assert t.tolist() == [0, 1, 1]
    assert test == [None, None]
    again = pickle.loads(pickle.dumps(data))
    assert again.classes == ("no", "yes")
    assert data._replace(x_train=x + 1).classes == ("no", "yes")
    assert validation_split(data, 1).classes == ("no", "yes")
    with pytest.raises(ValueError, match="as many labels"):
        data._replace(t_train=t[1:])
    assert load_digits().classes is None


X, T = np.zeros((4, 5)), np.zeros(4, dtype=int)


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ((X, T[1:]), r"as many labels in t_train as .*shapes \(3,\) and \(4, 5\)"),
        ((X, 3), r"as many labels in t_train as examples"),
        ((X, T, X, T[1:]), "as many labels in t_test as examples in x_test"),
        ((X, T, X), "expected x_test and t_test, or neither, got one"),
        ((X, T, None, T), "expected x_test and t_test, or neither, got one"),
        ((X, T, X[:, 1:], T), r"same shape in both parts, got \(5,\) in .* \(4,\)"),
    ],
)
def test_a_dataset_whose_parts_do_not_fit(parts, message):
    with pytest.raises(ValueError, match=f"Dataset: .*{message}"):
        Dataset(*parts)


# Tables


def table(folder, text, name="table.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


FLOWERS = "length, width ,kind\n5.1,3.5,rose\n\n4.9,3,iris\r\n1e-2,-2,rose\n"


def test_a_table_with_words_as_classes(tmp_path):
    data = load_csv(table(tmp_path, FLOWERS))
    np.testing.assert_array_equal(data.x_train, [[5.1, 3.5], [4.9, 3], [0.01, -2]])
    assert data.t_train.tolist() == [1, 0, 1]
    assert data.t_train.dtype == np.int64
    assert data.classes == ("iris", "rose")
    assert data.x_test is data.t_test is None


def test_the_target_by_name_and_by_place(tmp_path):
    path = table(tmp_path, "kind;length\nb;1\na;2\n", encoding="utf-8-sig")
    by_name = load_csv(path, "kind", delimiter=";", dtype=np.float32)
    assert by_name.x_train.dtype == np.float32
    for place in (0, -2):
        data = load_csv(path, place, delimiter=";")
        assert data.t_train.tolist() == by_name.t_train.tolist() == [1, 0]
        assert data.x_train.tolist() == [[1], [2]]


def test_numbers_as_classes_and_no_header(tmp_path):
    path = table(tmp_path, "0.5,10\n0.1,2\n0.2,10.0\n")
    data = load_csv(path, header=False)
    assert data.classes == ("2", "10")  # by size
    assert data.t_train.tolist() == [1, 0, 1]


def test_a_second_table_for_the_test(tmp_path):
    test = table(tmp_path, "length,width,kind\n1,2,rose\n", "test.csv")
    data = load_csv(table(tmp_path, FLOWERS), "kind", test=test)
    assert data.x_test.tolist() == [[1, 2]]
    assert data.t_test.tolist() == [1]
    table(tmp_path, "length,width,kind\n1,2,tulip\n", "test.csv")
    with pytest.raises(
        ValueError, match=r"test.csv, line 2: .*\('iris', 'rose'\), got"
    ):
        load_csv(tmp_path / "table.csv", test=test)
    table(tmp_path, "width,length,kind\n1,2,rose\n", "test.csv")
    with pytest.raises(ValueError, match=r"expected the columns \['length', 'width'"):
        load_csv(tmp_path / "table.csv", test=test)


@pytest.mark.parametrize(
    ("text", "settings", "message"),
    [
        ("a,b,t\n1,2,x\n1,,x\n", {}, r"line 3: the column 'b' has no value \(''\)"),
        ("a,b,t\n1,NaN,x\n", {}, "line 2: the column 'b' has no value"),
        ("a,b,t\n1,2,\n", {}, "line 2: the column 't' has no value"),
        ("a,b,t\n1,2,x\n1,x\n", {}, "line 3: expected 3 cells, .*got 2"),
        ("a,b,t\n1,two,x\n", {}, "line 2: expected a number .*column 'b', got 'two'"),
        ('a,b,t\n1,"3,5",x\n', {}, "decimal point in the column 'b', got '3,5'"),
        ("a,b,t\n1,1_0,x\n", {}, "expected a number .*got '1_0'"),
        ("a,b,t\n1,inf,x\n", {}, "expected a number .*got 'inf'"),
        ("a,b,t\n1,2,0.5\n", {}, "line 2: expected a class, a whole .*got 0.5"),
        ("1,2,0\n3,4,1\n", {}, "expected names in line 1 .*header=False"),
        ("a,b,t\n1,2,x\n", {"header": False}, "line 1: .*pass header=True"),
        ("a;b;t\n1;2;x\n", {}, "expected two columns or more .*delimiter=';'"),
        ("a,b,t\n", {}, "expected at least one example .*got none"),
        ("", {}, "expected at least one example .*got none"),
        ("a,b,t\n1,2,x\n", {"target": "c"}, r"as target .*\['a', 'b', 't'\].*got 'c'"),
        ("a,b,t\n1,2,x\n", {"target": 3}, "as target .*got 3"),
        ("a,a,t\n1,2,x\n", {"target": "a"}, "as target .*got 'a'"),
        ('a,b,t\n1,"2,x\n', {}, "could not read"),
        ("5.1,3.5,rose\n4.9,3,iris\n", {}, "names in line 1 .*5.1; pass header=False"),
        ("rose,5\niris,4\n", {"target": 0}, "expected names .*header=False"),
        (",a,t\n0,5,x\n1,4,y\n", {}, "name for each column .*got none for column 0"),
        ("5,1;rose\n4,9;iris\n", {"header": False}, "semicolon .*delimiter=';'"),
        ("a,t\n1,x\n1e39,x\n", {"dtype": "f4"}, "line 3: .*float32 can .*'a', .*64"),
        ("a,t\n70000,x\n", {"dtype": np.float16}, "line 2: .* float16 can hold"),
        ("a,t\n1,?\n", {}, "the column 't' has no value"),
        ("a,t\n1,x\n", {"delimiter": ""}, "one character as delimiter, got ''"),
        ("a,t\n1,x\n", {"delimiter": None}, "one character as delimiter, got None"),
        ("a,t\n1,x\n", {"delimiter": "||"}, "one character as delimiter"),
    ],
)
def test_tables_that_are_refused(tmp_path, text, settings, message):
    with pytest.raises(ValueError, match=f"load_csv: .*{message}"):
        load_csv(table(tmp_path, text), **settings)


def test_more_tables_that_are_refused(tmp_path):
    with pytest.raises(ValueError, match="text in UTF-8, but could not read"):
        load_csv(table(tmp_path, "größe,t\n1,x\n", encoding="latin-1"))
    with pytest.raises(FileNotFoundError, match="load_csv: there is no file"):
        load_csv(tmp_path / "nowhere.csv")
    with pytest.raises(TypeError, match="expected a floating-point dtype"):
        load_csv(table(tmp_path, FLOWERS), dtype=int)
    with pytest.raises(TypeError, match="load_csv: expected a floating-point dtype"):
        load_csv(table(tmp_path, FLOWERS), dtype="foo")
    for header in (0, 2, None, "yes"):
        with pytest.raises(TypeError, match="load_csv: expected header=True or False"):
            load_csv(table(tmp_path, FLOWERS), header=header)
    with pytest.raises(FileNotFoundError, match="load_csv: there is no file"):
        load_csv(tmp_path)
    with pytest.raises(TypeError, match="load_csv: expected a path, got NoneType"):
        load_csv(None)


def test_columns_may_be_called_by_their_place(tmp_path):
    data = load_csv(table(tmp_path, "0,1,kind\n5,3,rose\n"))
    assert data.x_train.tolist() == [[5, 3]]


def test_classes_keep_all_their_digits(tmp_path):
    text = "a,t\n1,9007199254740993\n2,9007199254740992.0\n3,9007199254740993\n"
    data = load_csv(table(tmp_path, text))
    assert data.t_train.tolist() == [1, 0, 1]
    assert data.classes == ("9007199254740992", "9007199254740993")


def test_a_class_may_be_called_none(tmp_path):
    data = load_csv(table(tmp_path, "a,disorder\n1,None\n2,Apnea\n3,NA\n"))
    assert data.classes == ("Apnea", "NA", "None")


# Folders of IDX files


def put(folder, names, arrays=None, zipped=True):
    for name, array in zip(names, arrays or tiny_arrays(), strict=True):
        raw = gzip.compress(idx(array)) if zipped else idx(array)
        (folder / name).write_bytes(raw)


MNIST_NAMES = list(packed(tiny_arrays()))
KAGGLE = [name.replace("-idx", ".idx").removesuffix(".gz") for name in MNIST_NAMES]
LETTERS = [f"emnist-letters-{n.replace('t10k', 'test')}" for n in MNIST_NAMES]


@pytest.mark.parametrize("names", [MNIST_NAMES, KAGGLE, LETTERS])
@pytest.mark.parametrize("zipped", [True, False])  # whatever the name says
def test_a_folder_of_idx_files(tmp_path, names, zipped):
    put(tmp_path, names, zipped=zipped)
    (tmp_path / "readme.txt").write_text("a file that does not matter")
    data = load_idx_folder(tmp_path)
    x_train, t_train, x_test, t_test = tiny_arrays()
    np.testing.assert_allclose(data.x_train, x_train.reshape(5, 784) / 255, atol=1e-7)
    np.testing.assert_allclose(data.x_test, x_test.reshape(3, 784) / 255, atol=1e-7)
    assert data.x_train.dtype == np.float32
    assert data.t_train.dtype == np.int64
    assert data.t_train.tolist() == t_train.tolist()
    assert data.t_test.tolist() == t_test.tolist()


def test_pictures_that_lie_on_their_side(tmp_path):
    x = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    put(tmp_path, LETTERS[:2], [x, x[:, 0, 0]])
    data = load_idx_folder(str(tmp_path), transpose=True, flatten=False)
    assert data.x_train.shape == (2, 1, 4, 3)
    np.testing.assert_allclose(255 * data.x_train[0, 0], x[0].T, atol=1e-5)
    assert data.x_test is None


def test_real_mnist_is_the_same_either_way(mnist, tmp_path):
    for name, raw in downloads.fetch("mnist").items():
        (tmp_path / name).write_bytes(raw)
    for a, b in zip(load_idx_folder(tmp_path), mnist, strict=True):
        np.testing.assert_array_equal(a, b)


def test_several_sets_in_a_folder(tmp_path):
    put(tmp_path, LETTERS)
    put(tmp_path, [name.replace("letters", "digits") for name in LETTERS])
    with pytest.raises(
        ValueError, match="begin with 'emnist-digits', 'emnist-letters'"
    ):
        load_idx_folder(tmp_path)
    assert len(load_idx_folder(tmp_path, name="emnist-letters").x_train) == 5


@pytest.mark.parametrize("missing", [0, 1, 2, 3])
def test_a_missing_file_is_named(tmp_path, missing):
    put(tmp_path, LETTERS)
    (tmp_path / LETTERS[missing]).unlink()
    wanted = LETTERS[missing].removesuffix(".gz").replace("test", "(t10k|test)")
    with pytest.raises(FileNotFoundError, match=f"expected a file {wanted}"):
        load_idx_folder(tmp_path)


def test_folders_that_are_refused(tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"train-images-idx3-ubyte.* found none"
    ):
        load_idx_folder(tmp_path)
    with pytest.raises(FileNotFoundError, match="expected a folder, got"):
        load_idx_folder(tmp_path / "nowhere")
    put(tmp_path, MNIST_NAMES)
    (tmp_path / MNIST_NAMES[3]).write_bytes(b"\x1f\x8b\x08")
    with pytest.raises(ValueError, match=r"t10k-labels.*damaged gzip file"):
        load_idx_folder(tmp_path)
    put(tmp_path, MNIST_NAMES, [*tiny_arrays()[:3], tiny_arrays()[1]])
    with pytest.raises(ValueError, match=r"t10k-images.*got \(3, 28, 28\) and \(5,\)"):
        load_idx_folder(tmp_path)
    put(tmp_path, KAGGLE)
    with pytest.raises(ValueError, match=r"expected one of .*take the others away"):
        load_idx_folder(tmp_path)


def test_one_idx_file_by_its_path(tmp_path):
    array = tiny_arrays()[0]
    put(tmp_path, ["a.gz"], [array])
    np.testing.assert_array_equal(read_idx(tmp_path / "a.gz"), array)
    np.testing.assert_array_equal(read_idx(str(tmp_path / "a.gz")), array)
    (tmp_path / "a.gz").write_bytes(b"<html>")
    with pytest.raises(ValueError, match=r"a\.gz: expected an IDX file"):
        read_idx(tmp_path / "a.gz")
    with pytest.raises(
        FileNotFoundError, match=r"read_idx: expected a file, got b\.gz"
    ):
        read_idx("b.gz")
    with pytest.raises(ValueError, match=r"at most 64 dimensions, .* received 200"):
        read_idx(bytes([0, 0, 8, 200]) + bytes([0, 0, 0, 1]) * 200 + b"a")
    with pytest.raises(TypeError, match="load_idx_folder: expected name to be text"):
        load_idx_folder(tmp_path, name=None)
    with pytest.raises(TypeError, match="load_idx_folder: expected a path, got int"):
        load_idx_folder(5)
    with pytest.raises(TypeError, match="a file's path or its bytes, got ndarray"):
        read_idx(array)


# The page "How to use this book"


def test_the_code_of_the_page_runs(tmp_path, monkeypatch, capsys):
    page = Path(__file__).parent.parent / "book" / "how-to-use.md"
    section = page.read_text("utf-8").split("## Use your own data")[1]
    section = section.split("\n## ")[0]
    blocks = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(blocks) == 4
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("matplotlib.pyplot.show", lambda: None)

    rng = np.random.default_rng(0)
    kinds = rng.integers(0, 3, 100)
    sizes = rng.normal(0, 3, (100, 2)) + np.array([[20, 5], [48, 29], [20, 50]])[kinds]
    lines = [
        f"{a:.2f},{b:.1f},{'iris lily rose'.split()[k]}"
        for (a, b), k in zip(sizes, kinds, strict=True)
    ]
    table(tmp_path, "\n".join(["length,width,kind", *lines]), "flowers.csv")
    made = {}
    exec(blocks[0], made)
    assert made["history"].test_accuracy[-1] > 0.9
    again = models.Sequential.load("flowers.npz")
    assert again.record["classes"] == ["iris", "lily", "rose"]
    capsys.readouterr()
    exec(blocks[1], {})
    assert capsys.readouterr().out == "lily\n"

    rng = np.random.default_rng(24)
    photo = photographed(drawn(7, rng), rng)
    Path("my-seven.jpg").write_bytes(photo.getvalue())
    exec(blocks[2], {})
    assert capsys.readouterr().out == "7\n"

    for folder, names in ("kmnist", MNIST_NAMES), ("emnist", LETTERS):
        Path(folder).mkdir()
        put(Path(folder), names)
    exec(blocks[3], made)
    turned = made["kmnist"].x_train.reshape(5, 28, 28).swapaxes(1, 2)
    np.testing.assert_array_equal(made["letters"].x_train, turned.reshape(5, 784))


# Right and wrong answers


def test_confusion_matrix_counts_pairs():
    rng = np.random.default_rng(0)
    t, y = rng.integers(0, 4, (2, 200))
    table = confusion_matrix(t, y, 6)
    assert table.shape == (6, 6)
    for i, j in np.ndindex(6, 6):
        assert table[i, j] == np.sum((t == i) & (y == j))
    np.testing.assert_array_equal(confusion_matrix(t, y), table[:4, :4])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], [0]), r"one shape, got \(2,\) and \(1,\)"),
        (([0, 1], np.eye(2)), r"scores.argmax\(axis=1\)"),
        (([0, 1], [0.0, 1.0]), "integer class ids"),
        (([0, 2], [0, 1], 2), "from 0 to 1, got 0 to 2"),
        (([0, 1], [-1, 1]), "class ids from 0"),
        (([], [], 2), "expected at least one example"),
        (([np.nan], [1]), "expected integer class ids"),
        (([np.inf], [1]), "expected integer class ids"),
        (([-1], [-1]), "expected class ids from 0, got -1 to -1"),
        (([10**7], [1]), "ids up to 10000000, whose table does not fit"),
        (([10**10], [1]), "ids up to 10000000000, whose table does not fit"),
    ],
)
def test_confusion_matrix_refuses(arguments, message):
    with pytest.raises((TypeError, ValueError), match=f"confusion_matrix: .*{message}"):
        confusion_matrix(*arguments)
