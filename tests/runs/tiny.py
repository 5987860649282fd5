"""A corpus, a configuration and a model so small that a training takes seconds."""

import json
import random

import keras

from keras_transformer.config import DecodingConfig, config_from
from keras_transformer.models import Transformer
from keras_transformer.tokenizers import TokenizerPair
from keras_transformer.translator import Translator

SOURCE_WORDS = "가 나 다 라 마 바 사 아 자 차 카 타 파 하".split()
TARGET_WORDS = "ab cd ef gh ij kl mn op qr st uv wx yz zz".split()
NUM_PAIRS, NUM_VALIDATION = 211, 13
# Values of a history that depend on the clock.
TIMES = ("seconds", "bleu_seconds", "target_tokens_per_second")


def sentences(number=NUM_PAIRS, seed=3):
    """Pairs of sentences that are translations word by word."""
    draw = random.Random(seed)
    for _ in range(number):
        words = [draw.randrange(len(SOURCE_WORDS)) for _ in range(draw.randint(2, 7))]
        yield (
            " ".join(SOURCE_WORDS[word] for word in words),
            " ".join(TARGET_WORDS[word] for word in words),
        )


def write_corpus(folder):
    """`train.ko` and `train.en` in a folder."""
    sources, targets = zip(*sentences(), strict=True)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "train.ko").write_text("\n".join(sources) + "\n", encoding="utf-8")
    (folder / "train.en").write_text("\n".join(targets) + "\n", encoding="utf-8")


def options(folder, **changes):
    """Dotted keys of a small run; in `changes` two underscores stand for the dot."""
    return {
        "data.source": [str(folder / "train.ko")],
        "data.target": [str(folder / "train.en")],
        "data.validation_pairs": str(NUM_VALIDATION),
        "data.bleu_tokenizer": "char",  # words of a hardly trained model are all wrong
        "tokenizer.vocabulary_size": "61",
        "model.num_encoder_layers": "1",
        "model.num_decoder_layers": "1",
        "model.hidden_dim": "16",
        "model.intermediate_dim": "23",
        "model.num_heads": "2",
        "training.epochs": "3",
        "training.batch_tokens": "300",
        "training.batch_shapes": "2",
        "training.warmup_steps": "20",
        "training.learning_rate_scale": "0.4",
        "training.jit_compile": "false",
        "training.tensorboard": "false",
        "training.checkpoint_steps": "3",
        "training.average_checkpoints": "2",
        "training.weights": "ema",
        **{
            name.replace("__", "."): value if isinstance(value, list) else str(value)
            for name, value in changes.items()
        },
    }


def config(folder, **changes):
    """The `Config` of these options."""
    return config_from(None, options(folder, **changes))


def command_line(folder, run, **changes):
    """The same as arguments of `keras-transformer`."""
    words = ["train", "--run", str(run)]
    for name, value in options(folder, **changes).items():
        words += [f"--{name}", *([value] if isinstance(value, str) else value)]
    return words


def history(run):
    """The lines of `history.jsonl` without what depends on the clock."""
    lines = [json.loads(line) for line in (run / "history.jsonl").read_text().splitlines()]
    return [{k: v for k, v in line.items() if k not in TIMES} for line in lines]


def tokenizers(vocabulary_size=61, shared=True):
    sources, targets = zip(*sentences(), strict=True)
    return TokenizerPair.train(
        "unigram", sources, targets, vocabulary_size, shared=shared, byte_fallback=False
    )


def translator(pair=None, seed=5, dtype="float32", **decoding):
    """A `Translator` whose model was never trained."""
    pair = pair or tokenizers()
    keras.utils.set_random_seed(seed)
    model = Transformer(
        pair.source.vocabulary_size,
        None if pair.shared else pair.target.vocabulary_size,
        num_encoder_layers=1,
        num_decoder_layers=2,
        hidden_dim=14,
        intermediate_dim=23,
        num_heads=2,
        dtype=dtype,
    )
    model.build()
    return Translator(model, pair, DecodingConfig(**decoding), ("ko", "en"))
