"""What every layer of the package has to do, in the manner of `run_layer_test` of Keras."""

import inspect
import json

import keras
import numpy as np
from keras import ops, tree

from tests.modes import run

HALF_POLICIES = {"mixed_bfloat16": "bfloat16", "mixed_float16": "float16"}


def check_layer(
    cls, init, inputs, folder, options=None, num_weights=0, half_dtypes=None, at_default=()
):
    """Drives one layer through all that Keras may do with it.

    Args:
        cls: class of the layer.
        init: dict of **all** constructor arguments, none at its default except `at_default`; or a
            function from the name of a dtype policy to that dict, for a layer that takes layers.
        inputs: dict of call argument -> numpy array, the first positional; each with the batch as
            its first axis.
        folder: path for a saved model.
        options: other call arguments.
        num_weights: number of weights that `build` has to create.
        half_dtypes: dtypes of the outputs under a mixed policy, "half" standing for the half
            precision one; by default all "half".
        at_default: arguments that have to keep their default in this case.
    """
    make = init if callable(init) else (lambda policy: init)
    options = options or {}
    layer = _Case(cls, make, inputs, options)
    _check_config(cls, make("float32"), at_default)
    _check_build(layer, num_weights)
    outputs = _check_shapes(layer)
    _check_half_precision(layer, outputs, half_dtypes or ["half"] * len(outputs))
    _check_models(layer, outputs, folder)


class _Case:
    """One layer with its inputs."""

    def __init__(self, cls, make, inputs, options):
        self.cls, self.make, self.inputs, self.options = cls, make, inputs, options
        self.layer = self.new("float32")

    def new(self, policy):
        return self.cls(**self.make(policy), dtype=policy, name="under_test")

    def build(self, layer):
        names = list(inspect.signature(self.cls.build).parameters)[1:]
        known = [n.removesuffix("_shape") for n in names]
        layer.build(*(self.inputs[n].shape for n in known if n in self.inputs))
        return layer

    def call(self, layer, inputs):
        first, *others = self.inputs  # JAX hands dicts on sorted by name
        named = {name: inputs[name] for name in others}
        return layer(inputs[first], **named, **self.options)

    def outputs(self, layer):
        dtypes = []

        def call(inputs):
            outputs = tree.flatten(self.call(layer, inputs))
            dtypes[:] = [_dtype(output) for output in outputs]
            return outputs

        return run(call, self.inputs), dtypes


def constructor_arguments(cls):
    """Names and defaults of what `cls` itself takes; base classes are asked behind `**kwargs`."""
    found = {}
    for base in cls.__mro__:
        if base in (keras.layers.Layer, keras.Model):
            return found
        for name, parameter in inspect.signature(base.__init__).parameters.items():
            if name != "self" and parameter.kind is parameter.POSITIONAL_OR_KEYWORD:
                found.setdefault(name, parameter.default)
    raise TypeError(f"{cls} is no layer")


def _check_config(cls, init, at_default):
    arguments = constructor_arguments(cls)
    assert set(init) == set(arguments), "the check wants every constructor argument"
    for name, default in arguments.items():
        is_default = default is not inspect.Parameter.empty and init[name] == default
        assert is_default == (name in at_default), f"{name} is {init[name]}"
    layer = cls(**init, name="some_name", trainable=False)
    config = layer.get_config()
    assert config.keys() >= {*arguments, "name", "trainable", "dtype"}
    for name in arguments:
        assert getattr(layer, name) == init[name], f"the attribute {name} is not the argument"
    again = cls.from_config(config)
    assert again.get_config() == config
    assert (again.name, again.trainable) == ("some_name", False)
    text = json.dumps(keras.saving.serialize_keras_object(layer))
    stored = keras.saving.deserialize_keras_object(json.loads(text))
    assert type(stored) is cls
    assert stored.get_config() == config


def _check_build(case, num_weights):
    layer = case.build(case.layer)
    assert layer.built
    assert all(part.built for part in layer._flatten_layers())
    assert len(layer.weights) == num_weights
    assert len({weight.path for weight in layer.weights}) == num_weights
    variables = [id(variable) for variable in layer.variables]
    case.outputs(layer)
    assert [id(variable) for variable in layer.variables] == variables, "`call` made a variable"


def _check_shapes(case):
    """Symbolic outputs, with and without known sizes, are those of eager. Returns the latter."""
    eager, dtypes = case.outputs(case.layer)
    for known in (True, False):
        inputs = {
            name: keras.KerasTensor(
                array.shape if known else _unknown_sizes(array), dtype=str(array.dtype)
            )
            for name, array in case.inputs.items()
        }
        symbolic = tree.flatten(case.call(case.layer, inputs))
        assert len(symbolic) == len(eager)
        assert [_dtype(spec) for spec in symbolic] == dtypes
        for spec, value in zip(symbolic, eager, strict=True):
            assert len(spec.shape) == value.ndim
            sizes = zip(spec.shape, value.shape, strict=True)
            assert all(a == b or (a is None and not known) for a, b in sizes)
    return eager


def _unknown_sizes(array):
    """Batch and lengths are unknown; features, and axes of one entry for broadcasting, are not."""
    if array.ndim < 3:
        return (None,) * array.ndim
    inner = [None if size > 1 else 1 for size in array.shape[1:-1]]
    return (None, *inner, None if array.dtype == bool else array.shape[-1])


def _check_half_precision(case, outputs, dtypes):
    for policy, half in HALF_POLICIES.items():
        layer = case.build(case.new(policy))
        layer.set_weights(case.layer.get_weights())
        assert {_dtype(weight) for weight in layer.weights} <= {"float32"}
        assert {part.dtype_policy.name for part in layer._flatten_layers()} == {policy}
        values, value_dtypes = case.outputs(layer)
        assert value_dtypes == [half if d == "half" else d for d in dtypes]
        for value, expected in zip(values, outputs, strict=True):
            assert np.isfinite(value).all()
            np.testing.assert_allclose(value, expected, atol=0.1)


class _Subclassed(keras.Model):
    """A model that holds the layer as an attribute."""

    def __init__(self, case):
        super().__init__()
        self.case = lambda: case  # hidden from Keras, which tracks attributes
        self.inner = case.layer

    def call(self, inputs):
        return tree.flatten(self.case().call(self.inner, inputs))


def _check_models(case, outputs, folder):
    subclassed = _Subclassed(case)
    _assert_close(run(subclassed, case.inputs), outputs)
    assert len(subclassed.weights) == len(case.layer.weights)

    symbolic = {
        name: keras.Input(_unknown_sizes(array)[1:], dtype=str(array.dtype), name=name)
        for name, array in case.inputs.items()
    }
    functional = keras.Model(symbolic, tree.flatten(case.call(case.layer, symbolic)))
    before = tree.flatten(run(functional, case.inputs))
    _assert_close(before, outputs)

    path = folder / "layer.keras"
    functional.save(path)
    after = tree.flatten(run(keras.models.load_model(path), case.inputs))
    assert all(np.array_equal(a, b) for a, b in zip(after, before, strict=True))
    _check_fit(case, symbolic, outputs[0].shape)


def _check_fit(case, symbolic, shape):
    """One compiled step is finite and moves every weight of the layer."""
    hidden = tree.flatten(case.call(case.layer, symbolic))[0]
    model = keras.Model(symbolic, keras.layers.Dense(1, name="head")(hidden))
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
    before = case.layer.get_weights()
    batch = len(next(iter(case.inputs.values())))
    targets = np.full((*shape[:-1], 1), 3.0, "float32")
    history = model.fit(case.inputs, targets, batch_size=batch, epochs=1, verbose=0)
    assert np.isfinite(history.history["loss"]).all()
    for weight, old in zip(case.layer.weights, before, strict=True):
        new = ops.convert_to_numpy(weight.value)
        assert np.isfinite(new).all()
        assert weight.trainable and not np.array_equal(new, old), f"{weight.path} did not move"


def _assert_close(outputs, expected):
    for value, right in zip(tree.flatten(outputs), expected, strict=True):
        np.testing.assert_allclose(value, right, atol=1e-5)


def _dtype(tensor):
    return keras.backend.standardize_dtype(tensor.dtype)
