"""Numbers that are no numbers end a run, and the message says where to go on."""

import types

import numpy as np
import pytest

from keras_transformer.errors import UserError
from keras_transformer.training.checkpoint import save_checkpoint
from keras_transformer.training.finite_loss import LEAST_LOSS_SCALE, FiniteLoss
from tests.training.test_checkpoint import make_model


def callback(tmp_path, **optimizer):
    stop = FiniteLoss(tmp_path, tmp_path / "checkpoints")
    stop.set_model(types.SimpleNamespace(optimizer=types.SimpleNamespace(**optimizer)))
    return stop


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_stops_the_run(tmp_path, loss):
    stop = callback(tmp_path, iterations=9)
    stop.on_train_batch_end(0, {"loss": 3.5})
    with pytest.raises(UserError, match=rf"The loss is {loss} at step 9: .* no checkpoint yet; l"):
        stop.on_train_batch_end(0, {"loss": loss})
    path = save_checkpoint(tmp_path / "checkpoints", make_model(), {"step": 5})
    message = rf"the last good checkpoint is {path}; lower .* --start-from {tmp_path} if it"
    with pytest.raises(UserError, match=message):
        stop.on_train_batch_end(0, {"loss": loss})


def test_a_scale_of_the_loss_that_vanishes_stops_the_run(tmp_path):
    scale = types.SimpleNamespace(value=np.float32(LEAST_LOSS_SCALE))
    stop = callback(tmp_path, iterations=1234, dynamic_scale=scale)
    stop.on_train_batch_end(0, {"loss": 3.5})
    scale.value = scale.value / 2
    with pytest.raises(UserError, match=r"overflow in float16 at any scale of the loss .* 1,234:"):
        stop.on_train_batch_end(0, {"loss": 3.5})
