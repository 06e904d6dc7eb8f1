"""Sequential: predictions, saving and loading, and every way a file can be wrong."""

import ast
import graphlib
import json
import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from dlscratch import layers, losses, models
from dlscratch.datasets import load_digits
from dlscratch.gradients import check_gradients
from dlscratch.layers import Parameter
from dlscratch.models import Sequential, mlp, pretrained
from dlscratch.optimizers import SGD


@pytest.fixture
def model():
    return mlp((6, 5, 3), rng=np.random.default_rng(1))


@pytest.fixture
def x():
    return np.random.default_rng(2).standard_normal((7, 6))


def rewrite(path, **changes):
    """Write the file again with some arrays changed; None drops one."""
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    arrays |= changes
    np.savez(path, **{k: v for k, v in arrays.items() if v is not None})


def test_reference_forward_pass():
    model = mlp((2, 3, 2, 2), "sigmoid", rng=np.random.default_rng(0))
    values = [
        [[0.1, 0.3, 0.5], [0.2, 0.4, 0.6]],
        [0.1, 0.2, 0.3],
        [[0.1, 0.4], [0.2, 0.5], [0.3, 0.6]],
        [0.1, 0.2],
        [[0.1, 0.3], [0.2, 0.4]],
        [0.1, 0.2],
    ]
    for p, value in zip(model.parameters, values, strict=True):
        p.value = np.array(value)
    y = model.predict([[1.0, 0.5]])
    np.testing.assert_allclose(y, [[0.31682708, 0.69627909]], atol=5e-9)


def test_accuracy_counts_the_last_partial_batch(model, x):
    t = model.predict(x).argmax(axis=1)
    t[-1] = (t[-1] + 1) % 3
    for batch_size in (1, 2, 3, 7, 100):
        assert model.accuracy(x, t, batch_size) == pytest.approx(6 / 7)


def test_evaluate_is_the_mean_over_all_examples(model, x):
    t = np.array([0, 1, 2, 0, 1, 2, 0])
    expected = model.loss(x, t), model.accuracy(x, t)
    for batch_size in (1, 3, 7, 100):
        assert model.evaluate(x, t, batch_size) == pytest.approx(expected)
    assert model.evaluate(x, t) == pytest.approx(expected)


@pytest.mark.parametrize("measure", [Sequential.accuracy, Sequential.evaluate])
def test_a_thousand_examples_are_measured_at_a_time(measure):
    seen = []

    class Spy(layers.Layer):
        def forward(self, x, training=False):
            assert not training
            seen.append(len(x))
            return x

    model = Sequential([Spy()], layers.SoftmaxCrossEntropy())
    measure(model, np.zeros((2500, 2)), np.zeros(2500, int))
    assert seen == [1000, 1000, 500]


def test_accuracy_of_a_single_output():
    model = Sequential([])
    y = np.array([[-1.0], [0.0], [2.0], [0.1]])
    assert model.accuracy(y, np.array([0, 0, 1, 1])) == 1


def test_accuracy_errors(model, x):
    with pytest.raises(ValueError, match="at least one, got 0 and 0"):
        model.accuracy(x[:0], np.array([], dtype=int))
    with pytest.raises(ValueError, match="got 7 and 6"):
        model.accuracy(x, np.zeros(6, dtype=int))


def test_no_loss():
    model = Sequential([layers.ReLU()])
    with pytest.raises(RuntimeError, match="no loss"):
        model.loss(np.zeros((2, 2)), [0, 0])
    with pytest.raises(RuntimeError, match="no loss"):
        model.backward()


def test_mlp_errors():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match=r"\['relu', 'sigmoid', 'tanh'\], got 'gelu'"):
        mlp((2, 2), "gelu", rng=rng)
    with pytest.raises(ValueError, match="a list of at least 2 whole numbers"):
        mlp((2,), rng=rng)


def test_the_smallest_mlp_is_one_linear_layer():
    assert repr(mlp((4, 3), rng=np.random.default_rng(0)).layers) == "[Linear(4, 3)]"


class TestNames:
    """They say where a parameter is in this model, whoever else uses its layer."""

    NAMES = ("0.W", "0.b", "2.W", "2.b")

    def test_a_model_that_shares_layers_renames_nothing(self, model):
        optimizer = SGD(model.parameters)
        head = Sequential(model.layers[2:])
        assert [p.name for p in head.parameters] == ["0.W", "0.b"]
        assert [p.name for p in model.parameters] == [*self.NAMES]
        assert tuple(model.arrays) == self.NAMES
        for p in model.layers[0].parameters:
            p.grad = np.zeros_like(p.value)
        with pytest.raises(RuntimeError, match=r"2\.W has no gradient yet"):
            optimizer.step()

    def test_all_is_saved_after_a_layer_was_shared(self, model, x, tmp_path):
        Sequential(model.layers[2:])
        model.save(tmp_path / "m.npz")
        with np.load(tmp_path / "m.npz") as file:
            assert set(file.files) == {"head", *self.NAMES}
        copy = Sequential.load(tmp_path / "m.npz")
        np.testing.assert_array_equal(copy.predict(x), model.predict(x))

    def test_a_layer_that_comes_twice_is_refused(self, tmp_path):
        square = layers.Linear(6, 6, rng=np.random.default_rng(0))
        words = "expected each layer once, got 0 again as "
        with pytest.raises(ValueError, match=f"Sequential: {words}2; a layer rem"):
            Sequential([square, layers.Tanh(), square])
        with pytest.raises(ValueError, match=rf"{words}1\.0"):
            Sequential([square, layers.Residual([square])])
        model = Sequential([square])
        model.layers.append(square)
        with pytest.raises(ValueError, match=rf"Sequential\.save: {words}1"):
            model.save(tmp_path / "m.npz")

    def test_an_array_that_two_layers_share_is_refused(self):
        one, two = (layers.Linear(3, 3, rng=np.random.default_rng(0)) for _ in "12")
        two.W.value = one.W.value
        with pytest.raises(
            ValueError, match=r"got 0\.W again as 1\.W; a gradient is se"
        ):
            Sequential([one, two])
        two.W = one.W
        with pytest.raises(ValueError, match=r"got 0\.W again as 1\.W"):
            Sequential([one, two])
        two.W = Parameter(one.W.value.copy(), name="W")
        Sequential([one, two])

    def test_names_follow_a_layer_that_is_put_in(self, model):
        model.layers.insert(0, layers.Flatten())
        assert list(model.arrays) == ["1.W", "1.b", "3.W", "3.b"]

    @pytest.mark.parametrize(
        ("own", "names"),
        [
            (["", ""], ["0.0", "0.1"]),
            (["W", "b", "W"], ["0.W0", "0.b", "0.W2"]),
            (["0.W", "2.W"], ["0.0.W", "0.2.W"]),  # of a model within
        ],
    )
    def test_no_two_arrays_have_one_name(self, own, names):
        class Own(layers.Layer):
            parameters = tuple(Parameter(np.zeros(1), name=name) for name in own)

        assert list(Sequential([Own()]).arrays) == names

    def test_a_layer_that_holds_others_can_have_parameters_of_its_own(self):
        class Gated(layers.Residual):
            gate = Parameter(np.ones(1), name="gate")

            @property
            def parameters(self):
                return [*super().parameters, self.gate]

        inner = [layers.ReLU(), layers.BatchNorm(3)]
        model = Sequential([layers.ReLU(), Gated(inner)])
        names = ["1.1.gamma", "1.1.beta", "1.gate"]
        assert [p.name for p in model.parameters] == names
        buffers = ["1.1.running_mean", "1.1.running_var"]
        assert list(model.arrays) == names + buffers

    def test_the_named_parameter_is_the_layers_own(self, model):
        layer, (W, b, *others) = model.layers[0], model.parameters
        W.value, b.grad = np.ones((6, 5)), np.ones(5)
        assert (layer.W.value is W.value, layer.b.grad is b.grad) == (True, True)
        assert (W.decay, b.decay, layer.W.name) == (True, False, "W")
        assert repr(others[0]) == "Parameter(2.W, (5, 3), float64)"
        assert W == model.parameters[0] == layer.W
        assert (W in layer.parameters, layer.b in model.parameters) == (True, True)
        assert W not in others
        assert len({W, layer.W, b}) == 2


class TestSaveAndLoad:
    @pytest.mark.parametrize("dtype", [np.float32, np.float64])
    def test_round_trip(self, dtype, x, tmp_path):
        model = mlp((6, 5, 3), "tanh", rng=np.random.default_rng(1), dtype=dtype)
        model.save(tmp_path / "m.npz", recipe="none", seed=1)
        copy = Sequential.load(tmp_path / "m.npz")
        assert copy.record == {"recipe": "none", "seed": 1}
        copy.save(tmp_path / "m.npz", seed=2)
        for known in (copy, Sequential.load(tmp_path / "m.npz")):
            assert known.record == {"recipe": "none", "seed": 2}
        assert repr(copy) == repr(model)
        assert copy.predict(x).dtype == dtype
        np.testing.assert_array_equal(copy.predict(x), model.predict(x))

    def test_the_file_holds_the_models_own_dtype_for_all_to_read(self, tmp_path):
        model = mlp((6, 5, 3), rng=np.random.default_rng(1), dtype=np.float32)
        path = tmp_path / "m.npz"
        model.save(path)
        with np.load(path) as file:
            assert {file[name].dtype for name in model.arrays} == {np.dtype(np.float32)}
        if os.name == "posix":
            assert path.stat().st_mode & 0o777 == 0o644

    def test_smaller_stored_dtype(self, model, x, tmp_path):
        model.save(tmp_path / "m.npz", stored_dtype=np.float16)
        copy = Sequential.load(tmp_path / "m.npz")
        assert copy.parameters[0].value.dtype == np.float64
        np.testing.assert_array_equal(
            copy.parameters[0].value, model.parameters[0].value.astype(np.float16)
        )

    def test_an_interrupted_save_keeps_the_old_file(self, model, tmp_path, monkeypatch):
        path = tmp_path / "m.npz"
        model.save(path)
        before = path.read_bytes()

        def interrupted(*args, **kwargs):
            args[0].write(b"half")
            raise KeyboardInterrupt

        monkeypatch.setattr(np, "savez_compressed", interrupted)
        with pytest.raises(KeyboardInterrupt):
            model.save(path)
        assert path.read_bytes() == before
        assert os.listdir(tmp_path) == ["m.npz"]

    def test_a_record_that_json_cannot_hold(self, model, tmp_path):
        with pytest.raises(TypeError, match="JSON"):
            model.save(tmp_path / "m.npz", seed=object())
        assert os.listdir(tmp_path) == []
        assert model.record == {}

    def test_the_record_names_what_json_cannot_hold(self, model, tmp_path):
        path = tmp_path / "m.npz"
        for value in (np.ones(2), object(), {(1, 2): 3}):
            with pytest.raises(TypeError, match=r"expected acc as something that JSON"):
                model.save(path, seed=1, acc=value)
        assert not path.exists()
        model.save(path, acc=np.float32(0.5), seeds=[np.int64(3)], done=np.True_)
        record = Sequential.load(path).record
        assert record == {"acc": 0.5, "seeds": [3], "done": True}

    @pytest.mark.parametrize("kind", [int, complex, "foo", np.longdouble, object])
    def test_a_stored_dtype_that_cannot_be_loaded(self, kind, model, tmp_path):
        path = tmp_path / "m.npz"
        model.save(path)
        before = path.read_bytes()
        with pytest.raises(
            (TypeError, ValueError), match=r"Sequential\.save: expected"
        ):
            model.save(path, stored_dtype=kind)
        assert path.read_bytes() == before

    def test_what_is_too_large_for_the_stored_dtype(self, model, tmp_path):
        model.layers[2].b.value[:] = 1e6, np.inf, 0
        words = r"Sequential\.save: expected numbers that float16 can hold, got .* 2\.b"
        with pytest.raises(ValueError, match=words):
            model.save(tmp_path / "m.npz", stored_dtype=np.float16)
        model.layers[2].b.value[0] = 5.0
        model.save(tmp_path / "m.npz", stored_dtype=np.float16)
        copy = Sequential.load(tmp_path / "m.npz")
        np.testing.assert_array_equal(copy.layers[2].b.value, [5, np.inf, 0])

    def test_parameters_are_saved_as_floats_that_can_be_loaded(self, model, tmp_path):
        model.layers[0].W.value = np.ones((6, 5), np.longdouble)
        with pytest.raises(ValueError, match=r"expected 0\.W as float16, .* got"):
            model.save(tmp_path / "m.npz")
        assert os.listdir(tmp_path) == []

    def test_where_nothing_can_be_saved(self, model, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"there is no folder .*; make it"):
            model.save(tmp_path / "none" / "m.npz")
        (tmp_path / "d.npz").mkdir()
        with pytest.raises(
            ValueError, match=r"expected a file, got the folder .*d\.npz"
        ):
            model.save(tmp_path / "d.npz")
        for path in (None, 3):
            with pytest.raises(TypeError, match=rf"a path in \.npz, got {path}"):
                model.save(path)
            with pytest.raises(TypeError, match=rf"a path in \.npz, got {path}"):
                Sequential.load(path)

    def test_suffix(self, model, tmp_path):
        with pytest.raises(ValueError, match=r"a path in \.npz"):
            model.save(tmp_path / "m.pkl")

    def test_missing_file(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            Sequential.load(tmp_path / "m.npz")

    @pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 half a zip"])
    def test_not_such_a_file(self, content, tmp_path):
        path = tmp_path / "m.npz"
        path.write_bytes(content)
        with pytest.raises(ValueError, match=r"not a whole file written by"):
            Sequential.load(path)

    def test_truncated(self, model, tmp_path):
        path = tmp_path / "m.npz"
        model.save(path)
        for keep in (100, path.stat().st_size // 2, path.stat().st_size - 10):
            cut = tmp_path / "cut.npz"
            cut.write_bytes(path.read_bytes()[:keep])
            with pytest.raises(ValueError, match="not a whole file"):
                Sequential.load(cut)

    def test_never_unpickles(self, tmp_path):
        class Trap:
            def __reduce__(self):
                return (os.mkdir, (str(tmp_path / "trapped"),))

        for name in ("head", "0.W"):
            np.savez(tmp_path / "m.npz", **{name: np.array(Trap(), dtype=object)})
            with pytest.raises(ValueError, match="not a whole file"):
                Sequential.load(tmp_path / "m.npz")
        (tmp_path / "p.npz").write_bytes(pickle.dumps(Trap()))
        with pytest.raises(ValueError, match="not a whole file"):
            Sequential.load(tmp_path / "p.npz")
        assert not (tmp_path / "trapped").exists()

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"0.W": None}, r"should hold \['0\.W', .* but holds \['0\.b'"),
            ({"9.W": np.zeros(2)}, r"but holds .*'9\.W'"),
            ({"0.W": np.zeros((5, 6))}, r"0\.W of shape \(6, 5\), got \(5, 6\)"),
            ({"0.b": np.zeros(5, int)}, r"0\.b as floating-point .* got int64"),
            ({"0.b": np.full(5, "a")}, r"0\.b as floating-point .* got <U1"),
            ({"head": None}, "not a whole file"),
            ({"head": np.array("{}")}, "not a whole file"),
            ({"head": np.array("nonsense")}, "not a whole file"),
        ],
    )
    def test_what_does_not_fit_is_named(self, changes, words, model, tmp_path):
        model.save(tmp_path / "m.npz")
        rewrite(tmp_path / "m.npz", **changes)
        with pytest.raises(ValueError, match=words):
            Sequential.load(tmp_path / "m.npz")

    @pytest.mark.parametrize("part", ["layer", "loss"])
    @pytest.mark.parametrize(
        "name", ["Parameter", "np", "Sequential", "", "__doc__", None]
    )
    def test_unknown_layers_are_not_built(self, part, name, model, tmp_path):
        path = tmp_path / "m.npz"
        name = name or {"layer": "SoftmaxCrossEntropy", "loss": "ReLU"}[part]
        model.save(path)
        with np.load(path) as file:
            head = json.loads(str(file["head"]))
        head |= {"loss": name} if part == "loss" else {"layers": [[name, {}]]}
        rewrite(path, head=np.array(json.dumps(head)))
        with pytest.raises(ValueError, match=f"no {part} is called {name}"):
            Sequential.load(path)


class Scale(layers.Layer):
    """A layer of the reader's own, which learns and takes an argument."""

    def __init__(self, start=1.0):
        self.start = start
        self.c = Parameter(np.array([start]), name="c")

    @property
    def parameters(self):
        return [self.c]

    @property
    def config(self):
        return {"start": self.start}

    def forward(self, x, training=False):
        self.remember(x)
        return self.c.value * x

    def backward(self, dy):
        (x,) = self.recall()
        self.c.grad = np.array([np.sum(dy * x)])
        return self.c.value * dy


class Linear(Scale):
    """The reader's layer, with the name of one of the library."""


class HalfSquare(losses.MeanSquaredError):
    pass


class TestOwnLayers:
    @pytest.mark.parametrize("kind", [Scale, Linear])
    def test_they_are_saved_and_loaded(self, kind, model, x, tmp_path):
        within = layers.Residual([kind(3.0), layers.Tanh()], [kind(0.5)])
        model = Sequential([*model.layers, kind(2.0), within], HalfSquare())
        model.layers[3].c.value[:] = 7.0
        model.save(tmp_path / "m.npz")
        copy = Sequential.load(tmp_path / "m.npz")
        assert [type(a) for a in copy.layers] == [type(a) for a in model.layers]
        assert type(copy.loss_layer) is HalfSquare
        assert list(copy.arrays) == list(model.arrays)
        np.testing.assert_array_equal(copy.predict(x), model.predict(x))

    def test_the_newest_definition_counts(self, tmp_path):
        def define(factor):
            class Again(layers.Layer):
                def forward(self, x, training=False):
                    return factor * x

            Again.__qualname__ = "Again"
            return Again

        first = define(2)
        Sequential([first()]).save(tmp_path / "m.npz")
        second = define(3)
        assert type(Sequential.load(tmp_path / "m.npz").layers[0]) is second

    def test_the_newest_counts_also_with_another_base(self, tmp_path):
        def define(base):
            class Twice(base):
                def forward(self, x, training=False):
                    return 2 * x

            Twice.__qualname__ = "Twice"
            return Twice

        class Deeper(layers.ReLU):
            pass

        kept = define(Deeper), define(layers.Layer)
        Sequential([kept[1]()]).save(tmp_path / "m.npz")
        assert type(Sequential.load(tmp_path / "m.npz").layers[0]) is kept[1]

    def test_buffers_can_be_kept_under_another_name(self, x, tmp_path):
        class Centre(layers.Layer):
            def __init__(self):
                self._m, self.n = np.zeros(6), np.zeros((), int)

            @property
            def buffers(self):
                return {"mean": self._m, "n": self.n}

            def forward(self, x, training=False):
                if training:
                    self._m[...] = x.mean(axis=0)
                    self.n += len(x)
                return x - self._m

        model = Sequential([Centre()])
        model.predict(x, training=True)
        model.save(tmp_path / "m.npz")
        copy = Sequential.load(tmp_path / "m.npz")
        np.testing.assert_array_equal(copy.predict(x), model.predict(x))
        assert (copy.layers[0].n, copy.layers[0].n.dtype) == (7, int)
        rewrite(tmp_path / "m.npz", **{"0.n": np.array(0.5)})
        with pytest.raises(ValueError, match=r"0\.n as int64, got float64"):
            Sequential.load(tmp_path / "m.npz")

    def test_an_argument_that_would_be_forgotten_is_not_saved(self, tmp_path):
        class Leaky(layers.ReLU):
            def __init__(self, slope=0.01):
                self.slope = slope

        class Huber(losses.MeanSquaredError):
            def __init__(self, delta=(1.0, None)):
                self.delta = delta

        path = tmp_path / "m.npz"
        for stack in ([Leaky(0.5)], [layers.Residual([Leaky(0.5)])]):
            words = r"layer 0, .*its slope would be 0\.01 in place of 0\.5\)"
            with pytest.raises(ValueError, match=words):
                Sequential(stack).save(path)
        with pytest.raises(
            ValueError, match=r"Huber\(\*\*config\) builds again, .* its delta w"
        ):
            Sequential([], Huber((5.0, None))).save(path)
        assert not path.exists()
        Sequential([Leaky(), Leaky(0.01)], Huber()).save(path)

    def test_held_layers_are_in_inner(self):
        class Block(layers.Layer):
            def __init__(self, held):
                self.held = held

        norm = layers.BatchNorm(6)
        dropout = layers.Dropout(rng=np.random.default_rng(0))
        for held in (norm, [layers.ReLU(), layers.Residual([norm])], (dropout,)):
            words = r"layer 0\.0 holds in its inner, got .* only as its held, where"
            with pytest.raises(ValueError, match=words):
                Sequential([layers.Residual([Block(held)])])
        Sequential([norm, Block(norm)])  # a look at a layer of the same model
        Sequential([Block([layers.ReLU(), layers.Tanh()])])  # these keep nothing

    def test_what_only_has_a_layers_methods_needs_no_buffers(self):
        class Double:
            parameters = ()

            def forward(self, x, training=False):
                return 2 * x

        assert Sequential([Double()]).predict(np.ones(1)) == 2

    def test_names_are_not_given_twice(self):
        class Own(layers.Layer):
            parameters = tuple(
                Parameter(np.zeros(1), name=name) for name in ("W", "W", "W0")
            )

        class Same(Scale):
            buffers = {"c": np.zeros(1)}  # noqa: RUF012

        for layer, name in ((Own(), "0.W0"), (Same(), "0.c")):
            with pytest.raises(ValueError, match=f"got {name} twice; rename one"):
                Sequential([layer])

    def test_one_that_is_not_defined_is_named(self, model, tmp_path):
        model.save(tmp_path / "m.npz")
        head = {"layers": [["__main__.Swish", {}]], "loss": None, "dtypes": {}}
        rewrite(tmp_path / "m.npz", head=np.array(json.dumps(head | {"record": {}})))
        words = (
            r"no layer is called __main__\.Swish; if it is your own, define its class"
        )
        with pytest.raises(ValueError, match=words):
            Sequential.load(tmp_path / "m.npz")

    def test_what_could_not_be_loaded_is_not_saved(self, tmp_path):
        class Forgetful(Scale):
            config = {}  # noqa: RUF012

            def __init__(self, start):
                super().__init__(start)

        class Longer(Scale):
            def __init__(self, start=1.0):
                super().__init__(start)
                self.c = Parameter(np.zeros(int(start)), name="c")

            config = {}  # noqa: RUF012

        class Alone:
            inner, parameters, buffers, config = (), (), {}, {}

            def forward(self, x, training=False):
                return x

        for layer, words in [
            (Forgetful(2.0), "missing 1 required positional argument: 'start'"),
            (Longer(3.0), r"that makes the arrays .*\(1,\).*expected .*\(3,\)"),
            (Alone(), "no layer is called"),
        ]:
            with pytest.raises(ValueError, match=words) as caught:
                Sequential([layer]).save(tmp_path / "m.npz")
            assert "expected layer 0, " in str(caught.value)
        assert os.listdir(tmp_path) == []

    def test_a_loss_that_takes_arguments_is_not_saved(self, tmp_path):
        class Weighted(losses.MeanSquaredError):
            def __init__(self, weight):
                self.weight = weight

        with pytest.raises(ValueError, match=r"a Loss that Weighted\(\*\*config\) b"):
            Sequential([layers.ReLU()], Weighted(2)).save(tmp_path / "m.npz")
        assert os.listdir(tmp_path) == []


class TestAccuracy:
    def test_of_one_output_both_shapes_of_the_targets_will_do(self):
        model = Sequential([], losses.SigmoidCrossEntropy())
        y, t = np.array([[-1.0], [0.5], [2.0], [3.0]]), np.array([0, 0, 1, 1])
        assert model.accuracy(y, t) == model.accuracy(y, t[:, None]) == 0.75
        assert model.evaluate(y, t) == model.evaluate(y, t[:, None])
        assert model.evaluate(y, t, batch_size=3)[1] == 0.75

    def test_of_several_labels_each_counts(self):
        model = Sequential([], losses.SigmoidCrossEntropy())
        y = np.array([[-1.0, 2.0, 3.0], [1.0, -2.0, -1.0]])
        t = np.array([[0, 1, 0], [1, 0, 0]])
        assert model.accuracy(y, t) == model.evaluate(y, t)[1] == 5 / 6

    def test_one_hot_rows_are_not_class_ids(self):
        model = Sequential([], losses.SoftmaxCrossEntropy())
        for t in (np.eye(3), np.array([[0], [1], [2]])):
            with pytest.raises(ValueError, match=r"class ids t of shape \(N,\)"):
                model.accuracy(np.eye(3), t)
        with pytest.raises(TypeError, match="integer class ids, got dtype float64"):
            model.accuracy(np.eye(3), [0.0, 1.0, 2.0])

    def test_a_regression_has_none(self):
        model = Sequential([], losses.MeanSquaredError())
        y = np.array([[1.0], [2.0]])
        assert model.evaluate(y, [1, 4]) == (2.0, None)
        with pytest.raises(ValueError, match=r"expected a loss of classes, got Mean"):
            model.accuracy(y, [1, 4])

    def test_the_mean_loss_weighs_the_last_batch_by_its_size(self):
        model = Sequential([], losses.MeanSquaredError())
        y = np.array([[1.0], [2.0], [4.0]])
        assert model.evaluate(y, [0, 0, 0], batch_size=2)[0] == pytest.approx(7.0)


def test_pretrained_names():
    with pytest.raises(ValueError, match=r"expected one of \[.*\], got 'none'"):
        pretrained("none")
    with pytest.raises(ValueError, match="'digits-mlp', 'draw-cnn', 'draw-mlp'"):
        pretrained("digits")


def test_a_pretrained_network_reads_and_knows_its_record():
    model = pretrained("digits-mlp")
    data = load_digits()
    assert model.accuracy(data.x_test, data.t_test) > 0.85
    assert model.record


def test_summary_counts(model):
    assert model.summary().splitlines()[-1].split() == ["total", "53"]
    assert (
        models.mlp((784, 50, 10), rng=np.random.default_rng(0))
        .summary()
        .endswith("39,760")
    )


def test_the_summary_is_a_table(model):
    assert model.summary().splitlines() == [
        "    layer         parameters",
        " 0  Linear(6, 5)          35",
        " 1  ReLU()                 0",
        " 2  Linear(5, 3)          18",
        "    total                 53",
    ]


def shapes(model, x):
    """Return the shape behind every convolution and pooling layer."""
    found = []
    for layer in model.layers:
        x = layer.forward(x)
        if isinstance(layer, (layers.Conv2d, layers.MaxPool2d)):
            found.append(x.shape[1:])
    return found


def test_simple_cnn_has_the_reference_shapes():
    model = models.simple_cnn(rng=np.random.default_rng(0))
    assert shapes(model, np.zeros((2, 1, 28, 28))) == [(30, 24, 24), (30, 12, 12)]
    values = [p.value.shape for p in model.parameters if p.name.endswith("W")]
    assert values == [(30, 1, 5, 5), (4320, 100), (100, 10)]


def test_deep_cnn_has_the_reference_shapes():
    model = models.deep_cnn(rng=np.random.default_rng(0))
    sizes = [(16, 28), (16, 28), (16, 14), (32, 14), (32, 16), (32, 8)]
    sizes += [(64, 8), (64, 8), (64, 4)]
    expected = [(channels, size, size) for channels, size in sizes]
    assert shapes(model, np.zeros((2, 1, 28, 28))) == expected
    linear = [p.value.shape for p in model.parameters if p.value.ndim == 2]
    assert linear == [(1024, 50), (50, 10)]


def test_deep_cnn_drops_after_the_hidden_linear_layer_only():
    kinds = [
        type(layer).__name__
        for layer in models.deep_cnn(rng=np.random.default_rng(0)).layers
    ]
    assert kinds[-4:] == ["Linear", "ReLU", "Dropout", "Linear"]
    assert kinds.count("Dropout") == 1
    plain = models.deep_cnn(rng=np.random.default_rng(0), dropout=0)
    assert "Dropout" not in repr(plain)


def test_record_cnn_has_the_stated_shapes_and_size():
    model = models.record_cnn(rng=np.random.default_rng(0))
    expected = [(32, 24, 24), (32, 12, 12), (64, 10, 10)]
    expected += [(64, 8, 8), (64, 4, 4), (128, 4, 4)]
    assert shapes(model, np.zeros((2, 1, 28, 28))) == expected
    assert sum(p.value.size for p in model.parameters) == 151_178
    small = models.record_cnn(rng=np.random.default_rng(0), channels=(16, 32, 32, 64))
    assert sum(p.value.size for p in small.parameters) == 43_338
    assert "Dropout" not in repr(
        models.record_cnn(rng=np.random.default_rng(0), dropout=0)
    )


@pytest.mark.parametrize(
    ("make", "dropped"), [(models.deep_cnn, 0.5), (models.record_cnn, 0.3)]
)
def test_what_the_networks_drop(make, dropped):
    rng = np.random.default_rng(0)
    for p, settings in ((dropped, {}), (0.2, {"dropout": 0.2})):
        (layer,) = (x for x in make(rng=rng, **settings).layers if hasattr(x, "p"))
        assert layer.p == p


@pytest.mark.parametrize(
    "make", [models.simple_cnn, models.deep_cnn, models.record_cnn]
)
def test_cnns_start_from_he_and_take_other_pictures(make, tmp_path):
    """Colour pictures of another size, as many classes as asked for, any dtype."""
    rng = np.random.default_rng(0)
    model = make(rng=rng, input_shape=(3, 20, 18), classes=4, dtype=np.float32)
    x = rng.random((5, 3, 20, 18))
    y = model.predict(x)
    assert (y.shape, y.dtype) == ((5, 4), np.float32)
    for layer in model.layers:
        if isinstance(layer, (layers.Conv2d, layers.Linear)):
            W = layer.W.value
            fan_in = W[0].size if W.ndim == 4 else len(W)
            assert W.std() == pytest.approx(np.sqrt(2 / fan_in), rel=0.2)
    model.save(tmp_path / "m.npz")
    np.testing.assert_array_equal(Sequential.load(tmp_path / "m.npz").predict(x), y)


def test_gradients_through_a_whole_cnn():
    """Each kind of layer hands back what the one before it can use."""
    rng = np.random.default_rng(1)
    model = models.simple_cnn(
        rng=rng, input_shape=(2, 7, 6), filters=3, kernel_size=3, hidden=5, classes=4
    )
    errors = check_gradients(model, rng.standard_normal((3, 2, 7, 6)), [0, 3, 1])
    assert len(errors) == 7


def test_modules_import_one_another_without_a_circle_or_a_hidden_import():
    package = Path(models.__file__).parent
    names = {path.stem for path in package.glob("*.py")} - {"__init__"}
    needs = {}
    for name in names:
        tree = ast.parse((package / f"{name}.py").read_text("utf-8"))
        needs[name] = set()
        for node in ast.walk(tree):
            if not isinstance(node, (ast.Import, ast.ImportFrom)):
                continue
            found = {alias.name.rpartition(".")[2] for alias in node.names}
            if isinstance(node, ast.ImportFrom) and node.module != "dlscratch":
                found = {node.module.rpartition("dlscratch.")[2]}
            found &= names
            assert not found or node in tree.body, f"{name} hides an import"
            needs[name] |= found
    assert needs["models"] >= {"networks", "sequential"}
    assert set(graphlib.TopologicalSorter(needs).static_order()) == names


def test_what_is_no_layer_or_no_loss_is_named():
    linear = layers.Linear(2, 2, rng=np.random.default_rng(0))
    for bad in (layers.ReLU, "relu", None, layers.MeanSquaredError()):
        with pytest.raises(TypeError, match="Sequential: expected a layer at 1, such"):
            Sequential([linear, bad])
    for bad in (layers.MeanSquaredError, layers.ReLU(), "mse"):
        with pytest.raises(TypeError, match="expected a loss such as"):
            Sequential([linear], bad)
    linear.W = linear.W.value
    with pytest.raises(TypeError, match="layer 0, Linear: expected `parameters` to"):
        Sequential([linear])


class TestPassesBetween:
    """What the layers remember belongs to the last pass, whoever made it."""

    def models(self):
        shared = layers.Linear(3, 3, rng=np.random.default_rng(0))
        tail = layers.Linear(3, 3, rng=np.random.default_rng(1))
        loss = layers.SoftmaxCrossEntropy()
        one = Sequential([shared, layers.Tanh()], loss)
        return one, Sequential([shared, tail], layers.SoftmaxCrossEntropy()), loss

    @pytest.mark.parametrize("who", ["other model", "part", "loss", "step"])
    def test_backward_refuses_another_pass(self, who):
        one, two, loss = self.models()
        x, t = np.eye(3), np.array([0, 1, 2])
        one.loss(x, t)
        if who == "other model":
            two.loss(2 * x, t)
        elif who == "part":
            Sequential(one.layers[:1]).predict(2 * x)
        elif who == "loss":
            loss.forward(2 * x, t)
        else:
            one.backward()
            SGD(one.parameters).step()
        with pytest.raises(RuntimeError, match=r"call loss\(x, t\) first, with no ot"):
            one.backward()
        one.loss(x, t)
        one.backward()

    def test_a_model_without_a_loss_is_not_evaluated(self):
        model = Sequential([layers.ReLU()])
        with pytest.raises(RuntimeError, match=r"evaluate: this model has no loss"):
            model.evaluate(np.eye(2), [0, 1])


def test_networks_check_their_sizes():
    rng = np.random.default_rng(0)
    for dropout in (-0.1, 1.0):
        with pytest.raises(ValueError, match="mlp: expected dropout to be a number"):
            mlp((2, 2), dropout=dropout, rng=rng)
        with pytest.raises(ValueError, match="record_cnn: expected dropout to be a"):
            models.record_cnn(dropout=dropout, rng=rng)
    for channels in ((2, 2, 2), (2, 2, 2, 2, 2)):
        with pytest.raises(ValueError, match="record_cnn: expected"):
            models.record_cnn(channels=channels, rng=rng)
    with pytest.raises(ValueError, match=r"deep_cnn: expected input_shape"):
        models.deep_cnn(input_shape=(28, 28), rng=rng)
