"""What `model.compile` and `model.fit` take: schedule, loss, metrics, callbacks, checkpoints.

`training_model.py` is not imported here: this room is imported as soon as Keras is, which may be in
the middle of importing `models`.
"""

from keras_transformer.training.bleu_callback import BleuCallback
from keras_transformer.training.checkpoint_mean import CheckpointMean
from keras_transformer.training.masked_crossentropy import MaskedCrossentropy
from keras_transformer.training.metrics import Perplexity, TokenAccuracy
from keras_transformer.training.moving_average import MovingAverage
from keras_transformer.training.optimizers import Adam, AdamW
from keras_transformer.training.warmup_schedule import InverseSquareRootSchedule, WarmupSchedule

__all__ = [
    "Adam",
    "AdamW",
    "BleuCallback",
    "CheckpointMean",
    "InverseSquareRootSchedule",
    "MaskedCrossentropy",
    "MovingAverage",
    "Perplexity",
    "TokenAccuracy",
    "WarmupSchedule",
]
