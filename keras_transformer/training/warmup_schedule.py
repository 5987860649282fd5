"""Learning rates that rise for some updates and then fall with the root of their number."""

import keras
from keras import ops


class _UpdateSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule of updates: Keras counts the batches whose gradients are added up for one."""

    def __init__(self, batches_per_update=1):
        super().__init__()
        if batches_per_update < 1:
            raise ValueError(
                f"`batches_per_update` must be at least 1. Received: {batches_per_update}"
            )
        self.batches_per_update = batches_per_update

    def __call__(self, step):
        update = ops.floor_divide(ops.cast(step, "int32"), self.batches_per_update)
        return self.rate(ops.cast(update, "float32") + 1.0)


@keras.saving.register_keras_serializable(package="keras_transformer")
class WarmupSchedule(_UpdateSchedule):
    """`scale * hidden_dim^-0.5 * min(step^-0.5, step * warmup_steps^-1.5)`.

    The rate rises linearly for `warmup_steps` updates and then falls with the inverse square root
    of their number. The first update, which Keras calls step 0, is step 1 of the equation.

    Args:
        hidden_dim: width of the model.
        warmup_steps: number of updates until the rate is at its peak.
        scale: factor on the whole schedule; 1 is the paper's.
        batches_per_update: the optimizer's `gradient_accumulation_steps`.

    Reference:
        Vaswani et al. 2017, section 5.3, equation 3.
    """

    def __init__(self, hidden_dim, warmup_steps=4000, scale=1.0, batches_per_update=1):
        super().__init__(batches_per_update)
        if hidden_dim < 1 or warmup_steps < 1 or scale <= 0:
            raise ValueError(
                "`hidden_dim` and `warmup_steps` must be at least 1 and `scale` above 0. Received: "
                f"hidden_dim={hidden_dim}, warmup_steps={warmup_steps}, scale={scale}"
            )
        self.hidden_dim = hidden_dim
        self.warmup_steps = warmup_steps
        self.scale = scale

    def rate(self, update):
        rate = ops.minimum(update**-0.5, update * self.warmup_steps**-1.5)
        return self.scale * self.hidden_dim**-0.5 * rate

    @property
    def peak(self):
        """The highest learning rate, reached after `warmup_steps` updates."""
        return self.scale * (self.hidden_dim * self.warmup_steps) ** -0.5

    def get_config(self):
        return {
            "hidden_dim": self.hidden_dim,
            "warmup_steps": self.warmup_steps,
            "scale": self.scale,
            "batches_per_update": self.batches_per_update,
        }


@keras.saving.register_keras_serializable(package="keras_transformer")
class InverseSquareRootSchedule(_UpdateSchedule):
    """`peak * min(step / warmup_steps, sqrt(warmup_steps / step))`.

    The same curve as `WarmupSchedule`, named by its peak, as recipes of other toolkits are.

    Args:
        peak: highest learning rate, reached after `warmup_steps` updates.
        warmup_steps: number of updates over which the rate rises linearly.
        batches_per_update: the optimizer's `gradient_accumulation_steps`.
    """

    def __init__(self, peak, warmup_steps=4000, batches_per_update=1):
        super().__init__(batches_per_update)
        if peak <= 0 or warmup_steps < 1:
            raise ValueError(
                "`peak` must be above 0 and `warmup_steps` at least 1. Received: "
                f"peak={peak}, warmup_steps={warmup_steps}"
            )
        self.peak = peak
        self.warmup_steps = warmup_steps

    def rate(self, update):
        return self.peak * ops.minimum(
            update / self.warmup_steps, (self.warmup_steps / update) ** 0.5
        )

    def get_config(self):
        return {
            "peak": self.peak,
            "warmup_steps": self.warmup_steps,
            "batches_per_update": self.batches_per_update,
        }
