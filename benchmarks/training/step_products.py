"""The products of matrices that a training step cannot do without, forward and backward."""

from typing import NamedTuple

# How the factors lie in memory: `nn` left (rows, inner) and right (inner, columns); `nt` right
# (columns, inner); `tn` left (inner, rows).
LAYOUTS = ("nn", "nt", "tn")


class Product(NamedTuple):
    """`count` products of `(rows, inner)` and `(inner, columns)`, `batch` of them at a time."""

    part: str  # "projections", "attention" or "vocabulary"
    batch: int
    rows: int
    inner: int
    columns: int
    layout: str
    count: float

    @property
    def shape(self):
        """What its rate depends on."""
        return self[1:6]

    @property
    def flops(self):
        """Multiplications and additions of all of them."""
        return 2.0 * self.batch * self.rows * self.inner * self.columns * self.count


def step_products(model, num_rows, source_length, target_length, source_tokens, target_tokens):
    """All products of one step.

    Projections are of real tokens only; attention is of whole rows.

    Args:
        model: arguments of `Transformer`.
        num_rows: sentence pairs.
        source_length, target_length: columns, padding included.
        source_tokens, target_tokens: real ones.

    Returns:
        List of `Product`.
    """
    width, inner = model["hidden_dim"], model["intermediate_dim"]
    encoders, decoders = model["num_encoder_layers"], model["num_decoder_layers"]
    heads = num_rows * model["num_heads"]
    size = width // model["num_heads"]
    projections = [
        (source_tokens, width, 3 * width, encoders),
        (source_tokens, width, width, encoders),
        (source_tokens, width, inner, encoders),
        (source_tokens, inner, width, encoders),
        (source_tokens, width, 2 * width, decoders),
        (target_tokens, width, 3 * width, decoders),
        (target_tokens, width, width, 3 * decoders),
        (target_tokens, width, inner, decoders),
        (target_tokens, inner, width, decoders),
    ]
    attentions = [
        (source_length, source_length, encoders),
        (target_length, target_length, decoders),
        (target_length, source_length, decoders),
    ]
    return [
        *(product for each in projections for product in _projection(*each)),
        *(
            product
            for queries, keys, count in attentions
            for product in _attention(heads, queries, keys, size, count)
        ),
        *_transposed("vocabulary", 1, target_tokens, width, model["vocabulary_size"], 1),
    ]


def _projection(rows, inner, columns, count):
    """`x W`, and the gradients by `x` and by `W`."""
    return [
        Product("projections", 1, rows, inner, columns, "nn", count),
        Product("projections", 1, rows, columns, inner, "nt", count),
        Product("projections", 1, inner, rows, columns, "tn", count),
    ]


def _transposed(part, batch, rows, inner, columns, count):
    """`x y^T`, and the gradients by `x` and by `y`."""
    return [
        Product(part, batch, rows, inner, columns, "nt", count),
        Product(part, batch, rows, columns, inner, "nn", count),
        Product(part, batch, columns, rows, inner, "tn", count),
    ]


def _attention(heads, queries, keys, size, count):
    """Scores and contexts of all heads, and their gradients."""
    return [
        *_transposed("attention", heads, queries, size, keys, count),
        Product("attention", heads, queries, keys, size, "nn", count),
        Product("attention", heads, queries, size, keys, "nt", count),
        Product("attention", heads, keys, queries, size, "tn", count),
    ]


def floor_seconds(products, rates):
    """Least time of some products.

    Args:
        products: list of `Product`.
        rates: shape -> floating point operations a second.
    """
    return sum(product.flops / rates[product.shape] for product in products)
