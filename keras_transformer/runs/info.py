"""What a run or an export is, in a few lines."""

from pathlib import Path

from keras_transformer.runs.evaluate import score_lines
from keras_transformer.runs.folder import RunFolder, load_run_config
from keras_transformer.training.checkpoint import checkpoint_step, list_checkpoints
from keras_transformer.training.training_log import read_history
from keras_transformer.translator import DESCRIPTION, Translator


def describe(path):
    """A description of the run or export in a folder, as lines of text."""
    path = Path(path)
    if RunFolder(path).config.exists():
        return _describe_run(RunFolder(path))
    from keras_transformer.export import ServedModel

    return _describe_export(ServedModel(path))


def _describe_run(folder):
    config = load_run_config(folder.path)
    lines = [f"Run {folder.path}"]
    if (folder.path / DESCRIPTION).exists() and folder.best_weights.exists():
        translator = Translator.load(folder.path)
        model, tokenizers = translator.model, translator.tokenizers
        sizes = f"{model.num_encoder_layers}+{model.num_decoder_layers} layers"
        vocabulary = f"{tokenizers.source.vocabulary_size:,} {tokenizers.source.kind} pieces"
        if not tokenizers.shared:
            vocabulary += f" and {tokenizers.target.vocabulary_size:,}"
        lines.append(f"Model: {config.model.preset}, {sizes}, {model.count_params():,} parameters")
        lines.append(f"Vocabulary: {vocabulary}")
        lines.append(f"Languages: {' to '.join(code or '?' for code in translator.languages)}")
    history = read_history(folder.history)
    checkpoints = list_checkpoints(folder.checkpoints)
    if checkpoints:
        steps = checkpoint_step(checkpoints[-1])
        lines.append(f"Trained: {steps:,} steps, {len(history)} epochs")
    scored = [line for line in history if "val_bleu" in line]
    if scored:
        best = max(scored, key=lambda line: line["val_bleu"])
        lines.append(f"Best validation BLEU: {best['val_bleu']:.2f} in epoch {best['epoch'] + 1}")
    scores = folder.read_scores()
    if scores:
        lines.append(f"On the {scores['set']} set:")
        lines += [f"  {line}" for line in score_lines(scores).values()]
    return "\n".join(lines)


def _describe_export(served):
    about = served.description()
    model = about["model"]
    layers = f"{model['num_encoder_layers']}+{model['num_decoder_layers']} layers"
    vocabulary = f"{about['source_vocabulary_size']:,} {about['source_tokenizer']} pieces"
    if not about["shared_vocabulary"]:
        vocabulary += f" and {about['target_vocabulary_size']:,} {about['target_tokenizer']}"
    languages = [about["source_language"] or "?", about["target_language"] or "?"]
    lines = [
        f"Export {served.folder}",
        f"Model: {layers}, {about['parameters']:,} parameters",
        f"Vocabulary: {vocabulary}",
        f"Languages: {' to '.join(languages)}",
        f"Longest source: {about['max_source_length']} tokens",
        "Signatures:",
    ]
    for name, signature in about["signatures"].items():
        inputs, outputs = (", ".join(signature[side]) for side in ("inputs", "outputs"))
        lines.append(f"  {name}({inputs}) -> {outputs}")
    return "\n".join(lines)
