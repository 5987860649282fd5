"""The learning rate schedule of the paper."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_transformer")
class WarmupSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """`scale * hidden_dim^-0.5 * min(step^-0.5, step * warmup_steps^-1.5)`.

    The rate rises linearly for `warmup_steps` updates and then falls with the inverse square root
    of their number. The first update, which Keras calls step 0, is step 1 of the equation.

    Args:
        hidden_dim: width of the model.
        warmup_steps: number of updates until the rate is at its peak.
        scale: factor on the whole schedule; 1 is the paper's.

    Reference:
        Vaswani et al. 2017, section 5.3, equation 3.
    """

    def __init__(self, hidden_dim, warmup_steps=4000, scale=1.0):
        super().__init__()
        if hidden_dim < 1 or warmup_steps < 1 or scale <= 0:
            raise ValueError(
                "`hidden_dim` and `warmup_steps` must be at least 1 and `scale` above 0. Received: "
                f"hidden_dim={hidden_dim}, warmup_steps={warmup_steps}, scale={scale}"
            )
        self.hidden_dim = hidden_dim
        self.warmup_steps = warmup_steps
        self.scale = scale

    def __call__(self, step):
        step = ops.cast(step, "float32") + 1.0
        rate = ops.minimum(step**-0.5, step * self.warmup_steps**-1.5)
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
        }
