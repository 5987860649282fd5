"""The gate: what an export must show before it is published, in a process that knows nothing else.

`python -m keras_transformer.export.gate FOLDER CASES` prints a line for everything that is wrong
and exits with 1, or with 0 if nothing is. In a process that has made the export, a weight that was
not stored or an op that is not registered elsewhere would not be missed.
"""

import sys
from pathlib import Path

import numpy as np
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2
from tensorflow.python.framework import op_def_registry

from keras_transformer.export.cases import differences, load_cases
from keras_transformer.export.contract import SERVED_TEXT_OPS, SIGNATURES, TYPES
from keras_transformer.export.session import SessionModel
from keras_transformer.export.warmup import MAX_RECORDS, read_warmup, warmup_path

_MAX_PROBLEMS = 12
# The index and the description of the objects, which every checkpoint holds beside its numbers.
_OVERHEAD_BYTES = 64 * 1024
# Of numbers written into the graph, such as frequencies. Weights are floating-point; a WordPiece
# vocabulary is a table of bytes, as large as it is.
_CONSTANT_BYTES = 256 * 1024


def check_version(folder, cases, facts):
    """All problems of a version, as sentences; none if it may be published.

    Args:
        folder: of the version.
        cases: list of `Case`.
        facts: `weight_bytes` of the weights that the signatures use, each counted once, and
            `parameter_bytes` of the model; `needs_xla`, whether it may; `rounding` of its
            numbers, as multiples of that of float32.
    """
    facts = dict(facts)
    needs_xla, rounding = facts.pop("needs_xla", False), facts.pop("rounding", 1.0)
    saved = saved_model_pb2.SavedModel.FromString((Path(folder) / "saved_model.pb").read_bytes())
    (meta_graph,) = saved.meta_graphs
    problems = check_operations(meta_graph.graph_def, needs_xla)
    problems += check_signatures(meta_graph.signature_def)
    problems += check_sizes(folder, meta_graph.graph_def, **facts)
    try:
        model = SessionModel(folder)
    except (tf.errors.OpError, OSError, ValueError) as error:
        return [*problems, f"it does not load as a server loads it: {_first_line(error)}"]
    problems += check_answers(model, cases, rounding)
    problems += check_warmup(model, folder)
    model.close()
    return problems


def check_operations(graph, needs_xla=False):
    """Only ops that the pinned server has, and XLA only where it is meant."""
    functions = graph.library.function
    nodes = _nodes(graph)
    problems = []
    compiled = any(item.attr["_XlaMustCompile"].b for item in [*nodes, *functions])
    names = {node.op for node in nodes} - {function.signature.name for function in functions}
    xla = sorted(name for name in names if name.startswith("Xla"))
    if (compiled or xla) and not needs_xla:
        which = ", ".join(xla) or "jit_compile=True"
        problems.append(f"it needs XLA ({which}), which a server switches off: export without it")
    # What TensorFlow Text registers is not there before it is imported.
    foreign = {name for name in names if op_def_registry.get(name) is None or _is_text(name)}
    unknown = sorted(foreign - SERVED_TEXT_OPS - set(xla))
    if unknown:
        problems.append(f"TensorFlow Serving 2.20 has no op {', '.join(unknown)}")
    return problems


def _nodes(graph):
    """The nodes of a graph and of all its functions."""
    functions = graph.library.function
    return [*graph.node, *(node for function in functions for node in function.node_def)]


def _is_text(name):
    return name.startswith(("TFText>", "Sentencepiece", "WordpieceTokenize"))


def check_signatures(definitions):
    """Names, types and shapes of the contract; a leading batch axis everywhere."""
    problems = []
    for name, signature in SIGNATURES.items():
        if name not in definitions:
            problems.append(f"signature {name} is missing")
            continue
        definition = definitions[name]
        if definition.method_name != "tensorflow/serving/predict":
            problems.append(f"signature {name} has the method {definition.method_name!r}")
        inputs = {key: (kind, 1) for key, kind in signature.inputs.items()}
        problems += _check_tensors(f"inputs of {name}", definition.inputs, inputs)
        problems += _check_tensors(f"outputs of {name}", definition.outputs, signature.outputs)
    return problems


def _check_tensors(where, tensors, expected):
    if set(tensors) != set(expected):
        return [f"the {where} are {sorted(tensors)}, expected {sorted(expected)}"]
    problems = []
    for key, (kind, rank) in expected.items():
        name = tf.as_dtype(tensors[key].dtype).name
        shape = tensors[key].tensor_shape
        # Kernels that lose a shape leave it unknown: the answers are checked below.
        ranks = [] if shape.unknown_rank else [dimension.size for dimension in shape.dim]
        if name != kind or name not in TYPES:
            problems.append(f"{key} of the {where} is {name}, expected {kind}")
        if ranks and (len(ranks) != rank or ranks[0] != -1):
            problems.append(
                f"{key} of the {where} has the shape {ranks}, expected {rank} axes, the first of "
                "any size"
            )
    return problems


def check_sizes(folder, graph, weight_bytes, parameter_bytes):
    """Every weight is stored once, and none in the graph."""
    folder = Path(folder) / "variables"
    reader = tf.train.load_checkpoint(str(folder / "variables"))
    kinds = reader.get_variable_to_dtype_map()
    stored = sum(
        int(np.prod(shape, dtype="int64")) * kinds[name].size
        for name, shape in reader.get_variable_to_shape_map().items()
        if kinds[name] != tf.string
    )
    problems = []
    most = min(1.02 * weight_bytes, 1.6 * parameter_bytes)
    if stored > most:
        problems.append(
            f"variables/ holds {stored / weight_bytes:.2f} times the weights ({stored:,} bytes "
            f"instead of {weight_bytes:,}): something is stored twice"
        )
    elif stored < weight_bytes:
        problems.append(f"variables/ holds {stored:,} of {weight_bytes:,} bytes of weights")
    on_disk = sum(path.stat().st_size for path in folder.iterdir())
    if on_disk > max(most, stored) + _OVERHEAD_BYTES:
        problems.append(f"variables/ is {on_disk:,} bytes for {weight_bytes:,} bytes of weights")
    constants = sum(_constant_bytes(node) for node in _nodes(graph))
    if constants > _CONSTANT_BYTES:
        problems.append(f"the graph holds {constants:,} bytes of numbers: weights as constants")
    return problems


def _constant_bytes(node):
    if node.op != "Const":
        return 0
    tensor = node.attr["value"].tensor
    return tensor.ByteSize() if tf.as_dtype(tensor.dtype).is_floating else 0


def check_answers(model, cases, rounding=1.0):
    """The answers are those of Keras."""
    problems = []
    for case in cases:
        number = len(case.answers)
        where = f"signature {case.signature}, batch of {number}"
        try:
            outputs = model.run(case.signature, case.inputs)
        except (tf.errors.OpError, KeyError) as error:
            problems.append(f"{where}: it fails in a server's session: {_first_line(error)}")
            continue
        rows = {name: np.shape(value)[:1] for name, value in outputs.items()}
        problems += [
            f"{where}: {name} has the wrong number of rows {shape}"
            for name, shape in rows.items()
            if shape != (number,)
        ]
        if any(shape != (number,) for shape in rows.values()):
            continue
        for row, answer in enumerate(case.answers):
            texts = [
                values[row][:60]
                for values in case.inputs.values()
                if isinstance(values[row], bytes)
            ]
            for line in differences(outputs, row, answer, rounding):
                problems.append(f"{where}, row {row} {texts}: {line}")
    return problems


def check_warmup(model, folder):
    """The warmup records parse, cover all signatures, and run."""
    if not warmup_path(folder).is_file():
        return ["assets.extra/tf_serving_warmup_requests is missing"]
    try:
        records = list(read_warmup(folder))
    except (tf.errors.OpError, ValueError) as error:
        return [f"the warmup records cannot be read: {_first_line(error)}"]
    problems = []
    missing = sorted(set(SIGNATURES) - {signature for signature, _ in records})
    if missing:
        problems.append(f"there is no warmup record for {', '.join(missing)}")
    if len(records) > MAX_RECORDS:
        problems.append(f"{len(records)} warmup records: a server refuses more than {MAX_RECORDS}")
    for number, (signature, inputs) in enumerate(records[:MAX_RECORDS]):
        try:
            model.run(signature, inputs)
        except (tf.errors.OpError, KeyError) as error:
            problems.append(f"warmup record {number} ({signature}) fails: {_first_line(error)}")
    return problems


def _first_line(error):
    message = getattr(error, "message", None) or str(error)
    return message.strip().splitlines()[0][:300] if message.strip() else type(error).__name__


def main(arguments):
    """Checks a version; returns the exit status."""
    folder, cases_path = arguments
    problems = check_version(folder, *load_cases(cases_path))
    for problem in problems[:_MAX_PROBLEMS]:
        print(problem)
    if len(problems) > _MAX_PROBLEMS:
        print(f"and {len(problems) - _MAX_PROBLEMS} more")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
