"""The arithmetic floor of a cell: the products of matrices it cannot do without, at full speed.

A system that did nothing but these products, at the rates that the best library reaches on this
machine at their very shapes, would take this long. Only real tokens count: no padding, no finished
sentence, no step beyond the best translation.
"""

from typing import NamedTuple


class Product(NamedTuple):
    """`count` products `(rows, inner) x (inner, columns)`; `rows` of the last may be fewer.

    `batch` products run as one batched product (attention has one for each head).
    """

    rows: int
    inner: int
    columns: int
    batch: int
    count: float  # how many products of this shape, a fraction where rows are not full

    @property
    def shape(self):
        """`(batch, rows, inner, columns)`."""
        return self.batch, self.rows, self.inner, self.columns

    @property
    def flops(self):
        """Multiplications and additions of all `count` products."""
        return 2.0 * self.batch * self.rows * self.inner * self.columns * self.count


def products(model, source_lengths, target_lengths, batch_size, beam):
    """All products that translating some sentences needs.

    Args:
        model: arguments of `Transformer`.
        source_lengths, target_lengths: ids of each sentence and its translation, end marks
            included.
        batch_size: sentences that share a product.
        beam: hypotheses of a sentence.

    Returns:
        List of `Product`.
    """
    mean_source = sum(source_lengths) / len(source_lengths)
    mean_target = sum(target_lengths) / len(target_lengths)
    source_rows = max(round(batch_size * mean_source), 1)
    target_rows = batch_size * beam
    num_batches = sum(source_lengths) / source_rows
    num_steps = beam * sum(target_lengths) / target_rows
    encoder = _encoder(model, source_rows, round(mean_source), num_batches)
    return encoder + _decoder(model, target_rows, round(mean_source), mean_target, num_steps)


def _encoder(model, rows, length, count):
    """The encoder, and keys and values of its states for every layer of the decoder."""
    width, inner = model["hidden_dim"], model["intermediate_dim"]
    layers, heads = model["num_encoder_layers"], model["num_heads"]
    attentions = max(rows // length, 1) * heads
    return [
        Product(rows, width, 3 * width, 1, layers * count),
        Product(rows, width, width, 1, layers * count),
        Product(rows, width, inner, 1, layers * count),
        Product(rows, inner, width, 1, layers * count),
        Product(length, width // heads, length, attentions, layers * count),
        Product(length, length, width // heads, attentions, layers * count),
        Product(rows, width, 2 * width, 1, model["num_decoder_layers"] * count),
    ]


def _decoder(model, rows, source_length, mean_target, count):
    """All steps of the decoder; the cache is on average half as long as the translation."""
    width, inner = model["hidden_dim"], model["intermediate_dim"]
    heads = model["num_heads"]
    cached = max(round((mean_target + 1) / 2), 1)
    steps = model["num_decoder_layers"] * count
    size = width // heads
    return [
        Product(rows, width, 3 * width, 1, steps),
        Product(rows, width, width, 1, 3 * steps),  # two outputs, and the query of the source
        Product(rows, width, inner, 1, steps),
        Product(rows, inner, width, 1, steps),
        Product(1, size, cached, rows * heads, steps),
        Product(1, cached, size, rows * heads, steps),
        Product(1, size, source_length, rows * heads, steps),
        Product(1, source_length, size, rows * heads, steps),
        Product(rows, width, model["vocabulary_size"], 1, count),
    ]


def floor_seconds(items, rates):
    """Least time of some products.

    Args:
        items: list of `Product`.
        rates: shape -> floating point operations a second.
    """
    return sum(item.flops / rates[item.shape] for item in items)
