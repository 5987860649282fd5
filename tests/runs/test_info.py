"""What `info` says of a run and of an export."""

from types import SimpleNamespace

import pytest

from keras_transformer.runs.info import describe


def test_a_finished_run(whole_run):
    text = describe(whole_run)
    assert text.splitlines()[0] == f"Run {whole_run}"
    assert "Model: tiny, 1+1 layers, " in text
    assert "Vocabulary: 61 unigram pieces" in text
    assert "Trained: " in text and "3 epochs" in text
    assert "Best validation BLEU: " in text
    assert "On the validation set:\n  BLEU " in text


def test_a_run_that_has_not_begun(whole_run, tmp_path):
    (tmp_path / "config.yaml").write_bytes((whole_run / "config.yaml").read_bytes())
    assert describe(tmp_path) == f"Run {tmp_path}"


@pytest.mark.tensorflow
@pytest.mark.parametrize(
    ("shared", "vocabulary"), [(True, "97 bpe pieces"), (False, "97 bpe pieces and 89 bytes")]
)
def test_an_export(monkeypatch, tmp_path, shared, vocabulary):
    about = {
        "model": {"num_encoder_layers": 5, "num_decoder_layers": 3},
        "parameters": 12345,
        "source_vocabulary_size": 97,
        "target_vocabulary_size": 89,
        "source_tokenizer": "bpe",
        "target_tokenizer": "bytes",
        "shared_vocabulary": shared,
        "source_language": "ko",
        "target_language": "",
        "max_source_length": 41,
        "signatures": {"score": {"inputs": ["text", "reference"], "outputs": ["num_tokens"]}},
    }
    served = SimpleNamespace(folder=tmp_path / "7", description=lambda: about)
    monkeypatch.setattr("keras_transformer.export.served.ServedModel", lambda path: served)
    assert describe(tmp_path).splitlines() == [
        f"Export {tmp_path / '7'}",
        "Model: 5+3 layers, 12,345 parameters",
        f"Vocabulary: {vocabulary}",
        "Languages: ko to ?",
        "Longest source: 41 tokens",
        "Signatures:",
        "  score(text, reference) -> num_tokens",
    ]
