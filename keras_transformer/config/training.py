"""The settings of training, see `sections.py`."""

import dataclasses
import math
import typing

from keras_transformer.config.settings import Section, setting
from keras_transformer.errors import UserError


@dataclasses.dataclass(frozen=True)
class TrainingConfig(Section):
    """How the model is trained; it stops at the first limit that is reached."""

    name: typing.ClassVar[str] = "training"

    start_from: str = setting(
        "", "folder of a run whose weights and tokenizers to begin with; empty: begin anew"
    )
    epochs: int = setting(10, "passes over the training pairs", minimum=1)
    max_steps: int = setting(0, "most weight updates (steps); 0: no limit", minimum=0)
    max_minutes: float = setting(0.0, "most minutes of training; 0: no limit", minimum=0)
    batch_tokens: int = setting(
        4096,
        "size of a batch, on all devices together: sentences times longest side",
        minimum=1,
        unit="tokens",
    )
    batch_shapes: int = setting(
        32,
        "most shapes of a batch; more mean less padding, and with XLA more to compile",
        minimum=1,
        maximum=255,
    )
    update_tokens: int = setting(
        0,
        "size of an update, to which the gradients of batches are added up; 0: one batch",
        minimum=0,
        unit="tokens",
    )
    optimizer: str = setting(
        "adam", "adam, or adamw with decay of the weights", choices=("adam", "adamw")
    )
    weight_decay: float = setting(
        0.01, "AdamW: decay of weights, biases and norms apart, times the learning rate", minimum=0
    )
    schedule: str = setting(
        "paper",
        "what sets the highest learning rate: the paper, from width and warmup times "
        "learning_rate_scale, or peak_learning_rate (inverse_sqrt)",
        choices=("paper", "inverse_sqrt"),
    )
    peak_learning_rate: float = setting(
        5e-4, "inverse_sqrt: learning rate at the end of the warmup", minimum=1e-9
    )
    learning_rate_scale: float = setting(
        1.0, "paper: factor on its learning rate (equation 3)", minimum=1e-9
    )
    warmup_steps: int = setting(800, "steps over which the learning rate rises", minimum=1)
    beta_1: float = setting(
        0.9, "Adam: decay of the mean of gradients", minimum=0, maximum=0.999999
    )
    beta_2: float = setting(0.98, "Adam: decay of the mean of squares", minimum=0, maximum=0.999999)
    epsilon: float = setting(1e-9, "Adam: added to the root of the squares", minimum=0)
    label_smoothing: float = setting(
        0.1, "probability spread over the whole vocabulary", minimum=0, maximum=0.99
    )
    clip_norm: float = setting(1.0, "longest global gradient; 0: no clipping", minimum=0)
    average_decay: float = setting(
        0.999,
        "exponential moving average of the weights; 0: off",
        minimum=0,
        maximum=0.999999,
    )
    average_checkpoints: int = setting(
        0, "mean of the weights at the ends of so many epochs; 0: off", minimum=0
    )
    average_choice: str = setting(
        "last",
        "which epochs: the last, or those whose weights translate best",
        choices=("last", "best"),
    )
    weights: str = setting(
        "auto",
        "the weights that are validated, kept and exported: raw, ema (average_decay) or mean "
        "(average_checkpoints); auto: the mean where there is one, else the moving average",
        choices=("auto", "raw", "ema", "mean"),
    )
    r_drop: float = setting(
        0.0,
        "R-Drop: how much two passes with different dropout shall agree, 5 in its paper; 0: off; "
        "an update takes twice as long",
        minimum=0,
    )
    precision: str = setting(
        "float32",
        "arithmetic of the layers; weights stay in float32",
        choices=("float32", "mixed_bfloat16", "mixed_float16"),
    )
    jit_compile: str = setting(
        "auto", "compile the training step with XLA", choices=("auto", "true", "false")
    )
    strategy: str = setting(
        "auto",
        "devices that train together: none (one), mirrored (GPUs of a machine, TensorFlow), "
        "multi_worker (machines named in TF_CONFIG, TensorFlow), data_parallel (devices of a "
        "process, JAX); auto: all GPUs, and all machines",
        choices=("auto", "none", "mirrored", "multi_worker", "data_parallel"),
    )
    devices: int = setting(
        0,
        "mirrored and data_parallel: how many devices; without a GPU so many parts of the "
        "processor, to try it out; 0: all GPUs",
        minimum=0,
    )
    seed: int = setting(
        1, "seed of initial weights, dropout and the order of batches", minimum=0, maximum=2**31 - 1
    )
    deterministic: bool = setting(
        False,
        "only operations that give the same bits every time; processors do without it, graphics "
        "processors need it for that and are slower",
    )
    evaluate_every: int = setting(
        1, "epochs from one translation of the validation set to the next", minimum=1
    )
    validation_sentences: int = setting(
        0, "validation sentences translated for BLEU; 0: all", minimum=0
    )
    early_stopping: int = setting(
        0, "stop after so many evaluations without a better BLEU; 0: off", minimum=0
    )
    checkpoint_minutes: float = setting(
        5.0, "minutes from one checkpoint to the next; 0: only after each epoch", minimum=0
    )
    checkpoint_steps: int = setting(
        0, "steps from one checkpoint to the next; 0: only by time and after each epoch", minimum=0
    )
    keep_checkpoints: int = setting(2, "newest checkpoints kept", minimum=1)
    log_every: int = setting(
        50, "steps from one line of loss and speed in the logs to the next", minimum=1
    )
    tensorboard: bool = setting(True, "write TensorBoard logs")
    sample_translations: int = setting(
        4, "validation sentences shown at each evaluation", minimum=0
    )

    @property
    def chosen_weights(self) -> str:
        """Which weights are validated and kept: "raw", "ema" or "mean"."""
        if self.weights != "auto":
            return self.weights
        if self.average_checkpoints:
            return "mean"
        return "ema" if self.average_decay else "raw"

    @property
    def batches_per_update(self) -> int:
        """How many batches an update adds up, to come to `update_tokens`."""
        return max(1, math.ceil(self.update_tokens / self.batch_tokens))

    def check_together(self):
        for weights, key in (("ema", "average_decay"), ("mean", "average_checkpoints")):
            if self.weights == weights and not getattr(self, key):
                raise UserError(
                    f"training.weights is {weights}, and training.{key} is 0: give it a value, or "
                    "choose other weights"
                )
