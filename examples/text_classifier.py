"""A text classifier from our layers and a tokenizer of keras-nlp.

    python examples/text_classifier.py classifier.keras

trains in seconds on sentences like "I must say, the soup was not bad", in which no single word
decides, and saves one file that takes strings. Any other program loads it, without
`custom_objects` and in safe mode:

    import keras
    import keras_transformer

    model = keras.models.load_model("classifier.keras")
    model.predict(tf.constant(["we all found that the bread was not rude"]))
"""

import itertools
import random
import sys

import keras
import keras_nlp
import tensorflow as tf
from keras import ops

from keras_transformer import layers, masks

PRAISE = "good fresh lovely friendly tasty charming perfect pleasant".split()
BLAME = "bad stale awful rude bland dreary broken noisy".split()
THINGS = "soup room waiter garden coffee train film house bread hotel music view".split()
FRAMES = [
    "the {thing} was {word}",
    "honestly, the {thing} is {word}!",
    "I must say, the {thing} seemed {word}",
    "we all found that the {thing} was {word}.",
]
LABELS = ["blame", "praise"]
MAX_LENGTH = 16  # tokens


def make_reviews(seed=7):
    """All sentences of the little grammar in random order, each with its label."""
    reviews = []
    for frame, thing, word in itertools.product(FRAMES, THINGS, PRAISE + BLAME):
        praise = word in PRAISE
        reviews.append((frame.format(thing=thing, word=word), int(praise)))
        reviews.append((frame.format(thing=thing, word=f"not {word}"), int(not praise)))
    random.Random(seed).shuffle(reviews)
    return reviews


def make_tokenizer(texts):
    """A WordPiece tokenizer of these texts; padding is id 0."""
    data = tf.data.Dataset.from_tensor_slices(texts).batch(256)
    vocabulary = keras_nlp.tokenizers.compute_word_piece_vocabulary(
        data, vocabulary_size=200, lowercase=True, reserved_tokens=["[PAD]", "[UNK]"]
    )
    return keras_nlp.tokenizers.WordPieceTokenizer(
        vocabulary, sequence_length=MAX_LENGTH, lowercase=True
    )


def make_model(tokenizer, hidden_dim=32, num_blocks=2):
    """Strings in, one probability a label out."""
    texts = keras.Input((), dtype="string", name="text")
    ids = tokenizer(texts)
    mask = masks.padding_mask(ids)  # (batch, 1, length): what every query may attend to
    hidden = layers.TokenEmbedding(tokenizer.vocabulary_size(), hidden_dim)(ids)
    hidden = layers.SinusoidalPositions()(hidden)
    for _ in range(num_blocks):
        block = layers.EncoderBlock(num_heads=4, hidden_dim=hidden_dim, intermediate_dim=64)
        hidden = block(hidden, attention_mask=mask)
    real = ops.cast(mask[:, 0, :, None], hidden.dtype)
    # The mean over real tokens; the 1 is for an empty text.
    pooled = ops.sum(hidden * real, axis=1) / ops.maximum(ops.sum(real, axis=1), 1)
    outputs = keras.layers.Dense(len(LABELS), activation="softmax", name="label")(pooled)
    return keras.Model(texts, outputs, name="text_classifier")


def main(path="classifier.keras"):
    """Trains, evaluates and saves."""
    keras.utils.set_random_seed(1)
    reviews = make_reviews()
    texts = tf.constant([text for text, _ in reviews])
    labels = tf.constant([label for _, label in reviews])
    num_test = len(reviews) // 5
    model = make_model(make_tokenizer(texts[num_test:]))
    model.compile(
        keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    model.fit(texts[num_test:], labels[num_test:], batch_size=32, epochs=4, verbose=2)
    _, accuracy = model.evaluate(texts[:num_test], labels[:num_test], verbose=0)
    print(f"accuracy on {num_test} other sentences: {accuracy:.1%}")
    model.save(path)
    print(f"saved as {path}")
    return model


if __name__ == "__main__":
    main(*sys.argv[1:])
