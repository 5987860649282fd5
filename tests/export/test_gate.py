"""The gate stops what a server cannot run; that it lets a good export pass, `exported` shows."""

import re
import shutil

import numpy as np
import pytest

pytestmark = pytest.mark.tensorflow


@pytest.fixture(scope="module")
def smallest(make_model, tokenizers):
    """The served functions of a model with one layer each and no copies of weights."""
    from keras_transformer.export import decoder
    from keras_transformer.export.signatures import Limits, SearchSizes, ServedFunctions

    size = tokenizers.source.vocabulary_size
    model = make_model(size, num_encoder_layers=1, num_decoder_layers=1)
    sizes = Limits(17, 1.0, 3), SearchSizes(3, 2, 0.6)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoder, "MOST_WEIGHTS", 1.0)
        functions = ServedFunctions(model, tokenizers, *sizes, explain_layer=0)
    assert functions.decoder.copies == []
    return functions


@pytest.fixture
def ask_gate(smallest, tmp_path, monkeypatch, capsys):
    """Function that writes a version in a given way and returns what the gate says of it.

    Its only signature is `score`, which is quick to trace.
    """
    import keras

    from keras_transformer.export import gate, warmup
    from keras_transformer.export.cases import Case, save_cases
    from keras_transformer.export.saved_model import facts_of

    signatures = {"score": gate.SIGNATURES["score"]}
    for module in (gate, warmup):
        monkeypatch.setattr(module, "SIGNATURES", signatures)

    def ask(way):
        folder, cases = tmp_path / "1", tmp_path / "cases.npz"
        way(smallest, keras.export.ExportArchive(), folder)
        warmup.write_warmup(folder, "smallest", [1])
        # Any answer will do, but there must be one.
        inputs = {"text": [b"I"], "reference": [b"a"]}
        save_cases(cases, [Case("score", inputs, [{}])], facts_of(smallest))
        status = gate.main([str(folder), str(cases)])
        said = capsys.readouterr().out.splitlines()
        assert status == (1 if said else 0)
        return said

    return ask


def score_of(functions):
    """Name, function and input specification of `score`."""
    (endpoint,) = (endpoint for endpoint in functions.endpoints() if endpoint[0] == "score")
    return endpoint


def add_score(functions, archive, function=None):
    for resource in functions.tokenizers.resources():
        archive.track(resource)
    name, score, specification = score_of(functions)
    archive.add_endpoint(name, function or score, input_signature=specification)


def as_it_should_be(functions, archive, folder):
    add_score(functions, archive)
    archive.write_out(str(folder), verbose=False)


def module_with_the_model(functions, archive, folder):
    """The way that reloads in Python and not in a server: Keras' variables are written twice."""
    import tensorflow as tf

    module = tf.Module()
    module.model = functions.model
    module.resources = functions.tokenizers.resources()
    name, score, specification = score_of(functions)
    module.kept = tf.function(score, input_signature=specification, autograph=False)
    tf.saved_model.save(module, str(folder), signatures={name: module.kept})


def track_the_model(functions, archive, folder):
    """The way that stores every weight twice."""
    archive.track(functions.model)
    as_it_should_be(functions, archive, folder)


def compile_with_xla(functions, archive, folder):
    """The way that needs XLA, which a server switches off."""
    import tensorflow as tf

    compiled = tf.function(lambda scores: scores * 1.0, jit_compile=True)

    def score(text, reference):
        outputs = functions.score(text, reference)
        return {**outputs, "log_probability": compiled(outputs["log_probability"])}

    add_score(functions, archive, score)
    archive.write_out(str(folder), verbose=False)


def test_nothing_is_said_of_a_good_export(ask_gate):
    assert ask_gate(as_it_should_be) == []


def test_a_module_that_holds_the_model_is_stopped(ask_gate, tmp_path):
    import tensorflow as tf

    said = ask_gate(module_with_the_model)
    assert said[0].startswith("signature score, batch of 1: it fails in a server's")
    assert all("Could not find variable" in line for line in said)
    # And a reload in Python does not see it.
    reloaded = tf.saved_model.load(str(tmp_path / "1")).signatures["score"]
    texts = tf.constant(["I"])
    assert reloaded(text=texts, reference=texts)["num_tokens"].shape == (1,)


def test_a_tracked_model_is_stopped(ask_gate):
    (said,) = ask_gate(track_the_model)
    assert re.match(r"variables/ holds 2\.0\d times the weights .* is stored twice", said)


def test_xla_is_stopped(ask_gate):
    (said,) = ask_gate(compile_with_xla)
    assert said.startswith("it needs XLA (jit_compile=True)")


@pytest.fixture(scope="module")
def meta_graph(exported):
    from tensorflow.core.protobuf import saved_model_pb2

    content = (exported / "saved_model.pb").read_bytes()
    return saved_model_pb2.SavedModel.FromString(content).meta_graphs[0]


def changed(meta_graph):
    copy = type(meta_graph)()
    copy.CopyFrom(meta_graph)
    return copy


def test_an_op_that_no_server_has(meta_graph):
    from keras_transformer.export.gate import check_operations

    assert check_operations(meta_graph.graph_def) == []
    graph = changed(meta_graph).graph_def
    graph.library.function[0].node_def.add(op="TFText>Imagined", name="new")
    graph.node.add(op="XlaDynamicUpdateSlice", name="newer")
    xla, unknown = check_operations(graph)
    assert "needs XLA (XlaDynamicUpdateSlice)" in xla
    assert unknown == "TensorFlow Serving 2.20 has no op TFText>Imagined"
    assert check_operations(graph, needs_xla=True) == [unknown]


def test_signatures_that_break_the_contract(meta_graph):
    import tensorflow as tf

    from keras_transformer.export.gate import check_signatures

    assert check_signatures(meta_graph.signature_def) == []
    definitions = changed(meta_graph).signature_def
    del definitions["explain"]
    definitions["score"].inputs["text"].tensor_shape.dim[0].size = 1
    definitions["score"].method_name = "predict"
    outputs = definitions["serving_default"].outputs
    outputs["score"].dtype = tf.bfloat16.as_datatype_enum
    problems = check_signatures(definitions)
    assert len(problems) == 4
    assert "score of the outputs of serving_default is bfloat16, expected float32" in problems[0]
    assert problems[1] == "signature explain is missing"
    assert "method 'predict'" in problems[2]
    assert "text of the inputs of score has the shape [1]" in problems[3]
    outputs["more"].CopyFrom(outputs["score"])
    assert "the outputs of serving_default are ['more'," in check_signatures(definitions)[0]


def test_weights_as_constants_and_weights_that_are_missing(exported, meta_graph, functions):
    import tensorflow as tf

    from keras_transformer.export.gate import check_sizes
    from keras_transformer.export.saved_model import facts_of

    graph, facts = changed(meta_graph).graph_def, facts_of(functions)
    facts = {name: size for name, size in facts.items() if name.endswith("bytes")}
    assert check_sizes(exported, graph, **facts) == []
    # The vocabulary of WordPiece is a table of bytes: it may be as large as it is.
    table = graph.library.function[0].node_def.add(op="Const", name="words")
    table.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(np.ones(900_000, "uint8")))
    assert check_sizes(exported, graph, **facts) == []
    node = graph.library.function[0].node_def.add(op="Const", name="weights")
    node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(np.ones((300, 300), "float32")))
    (problem,) = check_sizes(exported, graph, **facts)
    assert "weights as constants" in problem
    larger = {name: 2 * size for name, size in facts.items()}
    assert "of weights" in check_sizes(exported, meta_graph.graph_def, **larger)[0]
    # Copies are allowed up to 1.6 times the model.
    much = {"weight_bytes": 2 * facts["weight_bytes"], "parameter_bytes": 1}
    assert "stored twice" in check_sizes(exported, meta_graph.graph_def, **much)[0]


class FakeModel:
    """Answers everything with what it is given, or fails."""

    def __init__(self, outputs):
        self.outputs = outputs

    def run(self, signature, inputs):
        if isinstance(self.outputs, Exception):
            raise self.outputs
        return self.outputs


def test_wrong_answers():
    from keras_transformer.export.cases import Case
    from keras_transformer.export.gate import check_answers

    case = Case("score", {"text": [b"a", b"b"]}, [{"num": 1}, {"num": 2}])
    assert check_answers(FakeModel({"num": np.array([1, 2])}), [case]) == []
    (problem,) = check_answers(FakeModel({"num": np.array([1, 3])}), [case])
    assert problem.startswith("signature score, batch of 2, row 1 [b'b']: num is 3, and Keras")
    (problem,) = check_answers(FakeModel({"num": np.array([1])}), [case])
    assert "num has the wrong number of rows (1,)" in problem


def test_warmup_records_that_fail(exported, tmp_path):
    import tensorflow as tf

    from keras_transformer.export.gate import check_warmup
    from keras_transformer.export.warmup import warmup_path

    good = FakeModel({})
    assert check_warmup(good, exported) == []
    error = tf.errors.InvalidArgumentError(None, None, "no such thing")
    problems = check_warmup(FakeModel(error), exported)
    assert problems[0] == "warmup record 0 (serving_default) fails: no such thing"
    assert "is missing" in check_warmup(good, tmp_path)[0]
    shutil.copytree(exported / "assets.extra", tmp_path / "assets.extra")
    records = list(tf.data.TFRecordDataset(str(warmup_path(tmp_path))).as_numpy_iterator())
    with tf.io.TFRecordWriter(str(warmup_path(tmp_path))) as writer:
        writer.write(records[0])
    missing = "there is no warmup record for beam, explain, options, score"
    assert check_warmup(good, tmp_path) == [missing]
    warmup_path(tmp_path).write_bytes(b"torn" * 9)
    assert "cannot be read" in check_warmup(good, tmp_path)[0]


def test_the_cases_ask_for_something(smallest):
    """Most rows of a small model are decided, and all kinds of batches are there."""
    from keras_transformer.export.reference import make_cases

    cases = make_cases(smallest)
    sizes = {(case.signature, len(case.answers)) for case in cases}
    for signature in ("serving_default", "explain", "score"):
        assert {(signature, size) for size in (0, 1, 2, 7)} <= sizes
    rows = [answer for case in cases if case.signature == "explain" for answer in case.answers]
    assert np.mean(["translation" in answer for answer in rows]) > 0.6
    flags = [answer["source_truncated"] for case in cases for answer in case.answers]
    assert any(flags) and not all(flags)


def test_close_decisions_are_not_asked_for(smallest, monkeypatch):
    from keras_transformer.export import reference

    monkeypatch.setattr(reference, "_CLOSE", np.inf)
    (answer, blank) = reference._translations(smallest, [b"I", b""])
    assert answer == {"source_truncated": False}
    assert blank["translation"] == ""
