"""A small model with weights drawn at random, its tokenizers, and one export of it."""

from types import SimpleNamespace

import pytest

LINES = [
    f"{subject} {verb} {item}{end}"
    for subject in ("나는", "학생이", "I", "My mother")
    for verb in ("읽는다", "reads", "샀어요", "saw")
    for item in ("책", "a pear 3")
    for end in (".", "?")
][:53]


def _make_model(vocabulary_size, seed=9, kernels=0.4, ends=1.0, **options):
    """A model with random weights; with this seed, translations end after 1 to 5 ids or never.

    Args:
        vocabulary_size: of the source.
        seed: of the weights.
        kernels: their standard deviation; that of all other weights is 0.4.
        ends: what the embedding of the end mark (id 3) is multiplied by.
        options: of `Transformer`.
    """
    import numpy as np

    from keras_transformer.models import Transformer

    arguments = {"num_encoder_layers": 2, "num_decoder_layers": 3, "hidden_dim": 12,
                 "intermediate_dim": 19, "num_heads": 3, **options}  # fmt: skip
    model = Transformer(vocabulary_size, **arguments)
    model.build()
    generator = np.random.default_rng(seed)
    for weight in model.weights:
        mean = 1.0 if weight.path.endswith("gamma") else 0.0
        deviation = kernels if weight.path.endswith("kernel") else 0.4
        weight.assign(generator.normal(mean, deviation, weight.shape))
    embeddings = np.array(model.target_embedding.embeddings)
    embeddings[3] *= ends
    model.target_embedding.embeddings.assign(embeddings)
    return model


@pytest.fixture(scope="session")
def tokenizers():
    """A shared SentencePiece vocabulary without byte fallback: pieces are few, `<unk>` occurs."""
    from keras_transformer.tokenizers import TokenizerPair

    return TokenizerPair.train(
        "unigram", LINES, LINES[:1], 83, byte_fallback=False, progress=lambda line: None
    )


@pytest.fixture(scope="session")
def make_model():
    """Function from a vocabulary size (and options of `Transformer`) to a random model."""
    return _make_model


@pytest.fixture(scope="session")
def model(make_model, tokenizers):
    """A float32 model for `tokenizers`, quick to trace; some translations end, others are cut."""
    layers = {"num_encoder_layers": 1, "num_decoder_layers": 2}
    size = tokenizers.source.vocabulary_size
    return make_model(size, seed=40, kernels=0.8, ends=3.0, norm="pre", **layers)


@pytest.fixture(scope="session")
def settings():
    """Limits that short texts reach."""
    from keras_transformer.config import DecodingConfig, ExportConfig

    return SimpleNamespace(
        decoding=DecodingConfig(max_length_factor=1.3, max_length_constant=5),
        export=ExportConfig(warmup_batch_sizes=(1, 3), max_source_length=17, beam_size=3, n_best=2),
    )


@pytest.fixture(scope="session")
def functions(model, tokenizers, settings):
    """The served functions of `model`, not exported."""
    from keras_transformer.export.signatures import Limits, SearchSizes, ServedFunctions

    limits = Limits.of(model, settings.decoding, settings.export)
    search = SearchSizes.of(settings.decoding, settings.export)
    return ServedFunctions(model, tokenizers, limits, search, explain_layer=1)


@pytest.fixture(scope="session")
def exported(model, tokenizers, settings, tmp_path_factory):
    """Folder of a version that passed the gate."""
    from keras_transformer.export import export_saved_model

    folder = tmp_path_factory.mktemp("exports") / "small"
    return export_saved_model(
        model, tokenizers, folder, settings.decoding, settings.export, 1, ("ko", "en")
    )


@pytest.fixture(scope="session")
def served(exported):
    """`exported` in the session loader."""
    from keras_transformer.export import ServedModel

    model = ServedModel(exported)
    yield model
    model.close()


@pytest.fixture(scope="session")
def run(served):
    """Function from a signature and lists of its inputs to the outputs of a server's session."""
    from keras_transformer.export.contract import SIGNATURES

    def run(signature, *columns):
        names = SIGNATURES[signature].inputs
        columns = [
            [value.encode() if isinstance(value, str) else value for value in column]
            for column in columns
        ]
        return served._model.run(signature, dict(zip(names, columns, strict=True)))

    return run
