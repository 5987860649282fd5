"""What `model.compile` and `model.fit` take: schedule, loss, metrics, callbacks, checkpoints."""

from keras_transformer.training.bleu_callback import BleuCallback
from keras_transformer.training.masked_crossentropy import MaskedCrossentropy
from keras_transformer.training.metrics import Perplexity, TokenAccuracy
from keras_transformer.training.moving_average import MovingAverage
from keras_transformer.training.warmup_schedule import WarmupSchedule

__all__ = [
    "BleuCallback",
    "MaskedCrossentropy",
    "MovingAverage",
    "Perplexity",
    "TokenAccuracy",
    "WarmupSchedule",
]
