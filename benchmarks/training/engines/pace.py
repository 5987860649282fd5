"""Between `fit` and `trainer.Turns`."""

import keras


class Pace(keras.callbacks.Callback):
    """Waits before a step until it is wanted, and says when it is made."""

    def __init__(self, turns):
        super().__init__()
        self.turns = turns

    def on_train_batch_begin(self, batch, logs=None):
        self.turns.before_step()

    def on_train_batch_end(self, batch, logs=None):
        self.turns.after_step(float(logs["loss"]))
