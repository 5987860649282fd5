"""Pictures of attention for TensorBoard, of the sentences that validation shows."""

import contextlib
import importlib.util

import numpy as np

from keras_transformer.errors import UserError
from keras_transformer.runs.report_samples import cross_attention, explained_layer

MOST_PICTURES = 2  # of an evaluation; each takes some tenths of a second


def attention_pictures(translator, bleu, say):
    """What `TrainingLog` asks for pictures after an evaluation.

    Args:
        translator: a `Translator` of the model that is trained.
        bleu: the `BleuCallback`, with its samples and the average of the weights that it scores.
        say: function that shows a line.

    Returns:
        Function without arguments that gives a dict of name -> `(height, width, 3)` uint8; None
        where matplotlib is not installed, which is said.
    """
    if importlib.util.find_spec("matplotlib") is None:
        say(
            "TensorBoard gets no pictures of attention: matplotlib is not installed (pip install "
            "'keras-transformer-mt[draw]')."
        )
        return None

    def pictures():
        samples = bleu.samples[:MOST_PICTURES]
        if not samples:
            return {}
        sources, _, translations = zip(*samples, strict=True)
        weights = contextlib.nullcontext()
        if bleu.average is not None:
            weights = bleu.average.swapped_in(translator.model)
        try:
            with weights:
                looks = cross_attention(translator, sources, translations)
        except UserError as error:
            say(f"TensorBoard gets no pictures of attention this time. {error}")
            return {}
        layer = explained_layer(translator.model.num_decoder_layers)
        texts = [f"{ours.strip()}  →  {theirs}" for ours, _, theirs in samples]
        return {
            f"attention/sentence_{number}": _picture(look, layer, text)
            for number, (look, text) in enumerate(zip(looks, texts, strict=True), 1)
        }

    return pictures


def _picture(look, layer, text):
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    from keras_transformer.visualization.attention import AttentionView, draw_attention

    source_tokens, target_tokens, weights = look
    # The mean over the heads of one layer, at the place of that layer, whose number is shown.
    all_layers = np.broadcast_to(weights, (layer + 1, 1, *weights.shape))
    view = AttentionView("cross", all_layers, target_tokens, source_tokens, text)
    canvas = FigureCanvasAgg(draw_attention(view, layer))
    canvas.draw()
    return np.array(canvas.buffer_rgba())[..., :3]
