"""A SavedModel in the loader that TensorFlow Serving uses: a graph, restored into a session.

`tf.saved_model.load` restores variables in another way and runs exports that a server cannot.
"""

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2
from tensorflow.python.util import deprecation


class SessionModel:
    """A loaded SavedModel; its signatures can be run from several threads.

    Args:
        folder: of one version.

    Attributes:
        signatures: name -> `SignatureDef`.
    """

    def __init__(self, folder):
        import tensorflow_text  # noqa: F401  (registers the ops of tokenizers)

        graph = tf.Graph()
        self._session = tf.compat.v1.Session(graph=graph)
        with graph.as_default(), deprecation.silence():  # servers load in this way all the same
            loader = tf.compat.v1.saved_model.loader
            meta_graph = loader.load(self._session, ["serve"], str(folder))
        self.signatures = dict(meta_graph.signature_def)
        self._callables = {}

    def run(self, signature, inputs):
        """Runs a signature.

        Args:
            signature: its name.
            inputs: dict from name to array or list; strings as `bytes`.

        Returns:
            Dict from output name to array.
        """
        if signature not in self._callables:
            self._callables[signature] = self._make_callable(self.signatures[signature])
        run, input_types, output_names = self._callables[signature]
        arrays = [np.asarray(inputs[name], dtype=kind) for name, kind in input_types.items()]
        return dict(zip(output_names, run(*arrays), strict=True))

    def _make_callable(self, definition):
        # `RunCallable` is what a server's session runs: unlike `Session.run` in Python it takes
        # any shape, and it looks names up once.
        options = config_pb2.CallableOptions()
        input_types = {}
        for name, info in definition.inputs.items():
            options.feed.append(info.name)
            kind = tf.as_dtype(info.dtype)
            input_types[name] = object if kind == tf.string else kind.as_numpy_dtype
        for info in definition.outputs.values():
            options.fetch.append(info.name)
        run = self._session._make_callable_from_options(options)
        return run, input_types, list(definition.outputs)

    def close(self):
        """Frees the session's memory."""
        self._callables.clear()
        self._session.close()
