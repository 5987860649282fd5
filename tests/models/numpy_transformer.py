"""The Transformer in plain numpy, float64: one sentence, one head, one position at a time.

Written from the papers and independent of the package. There is no padding and no mask here: a
sentence is as long as it is, a query sees the keys that it is given.

Weights are a dict: `source_embedding`, `target_embedding` (V, D); `source_positions`,
`target_positions` (L, D) if learned; `encoder`, `decoder`: lists of dicts; `encoder_norm`,
`decoder_norm` (gamma, beta) in pre-norm. The dict of a layer holds `self_attention`,
`cross_attention` (decoder only) and `feed_forward`, each with `norm` (gamma, beta); attention has
`query`, `key`, `value`, `output`, and feed-forward `gate` (gated only), `inner`, `output`, each a
pair (kernel, bias).
"""

import dataclasses
import math

import numpy as np

ACTIVATIONS = {
    "relu": lambda x: max(x, 0.0),
    "gelu": lambda x: x * 0.5 * (1 + math.erf(x / math.sqrt(2))),
    "silu": lambda x: x / (1 + math.exp(-x)),
}
GATES = {"reglu": "relu", "geglu": "gelu", "swiglu": "silu"}


@dataclasses.dataclass(frozen=True)
class NumpyTransformer:
    """Vaswani et al. 2017, section 3."""

    weights: dict
    num_heads: int
    norm: str
    positions: str
    activation: str

    def logits(self, source_ids, target_ids):
        """Real ids of one sentence, `(S,)` and `(T,)` -> `(T, V)`."""
        memory = self.encode(source_ids)
        states = self.embed("target", target_ids)
        for layer in self.weights["decoder"]:
            states = self.residual(states, layer["self_attention"], self.look_back)
            states = self.residual(
                states, layer["cross_attention"], lambda x, w: self.look_at(x, memory, w)
            )
            states = self.residual(states, layer["feed_forward"], self.feed_forward)
        return self.last_norm("decoder", states) @ self.weights["target_embedding"].T

    def encode(self, source_ids):
        """`(S,)` -> `(S, D)`."""
        states = self.embed("source", source_ids)
        for layer in self.weights["encoder"]:
            states = self.residual(states, layer["self_attention"], self.look_around)
            states = self.residual(states, layer["feed_forward"], self.feed_forward)
        return self.last_norm("encoder", states)

    def embed(self, side, ids):
        table = self.weights[f"{side}_embedding"]
        dim = table.shape[1]
        states = np.array([table[i] * math.sqrt(dim) for i in ids])
        if self.positions == "sinusoidal":
            for position, feature in np.ndindex(states.shape):
                angle = position / 10000 ** (2 * (feature // 2) / dim)
                states[position, feature] += math.cos(angle) if feature % 2 else math.sin(angle)
        if self.positions == "learned":
            states += self.weights[f"{side}_positions"][: len(ids)]
        return states

    def residual(self, states, weights, sublayer):
        if self.norm == "pre":
            return states + sublayer(layer_norm(states, *weights["norm"]), weights)
        return layer_norm(states + sublayer(states, weights), *weights["norm"])

    def last_norm(self, side, states):
        return layer_norm(states, *self.weights[f"{side}_norm"]) if self.norm == "pre" else states

    def look_around(self, states, weights):
        """Encoder: every position sees every position."""
        return np.array([self.attend(i, states, states, weights) for i in range(len(states))])

    def look_back(self, states, weights):
        """Decoder: position `i` is given the positions up to itself and knows of no others."""
        return np.array(
            [self.attend(i, states, states[: i + 1], weights) for i in range(len(states))]
        )

    def look_at(self, states, memory, weights):
        """Cross-attention, which knows no rotary positions."""
        return np.array(
            [self.attend(i, states, memory, weights, turned=False) for i in range(len(states))]
        )

    def attend(self, position, states, keys_of, weights, turned=True):
        """One query, all heads: `(D,)`."""
        query = affine(states[position], weights["query"])
        keys, values = affine(keys_of, weights["key"]), affine(keys_of, weights["value"])
        head_dim = len(query) // self.num_heads
        contexts = []
        for head in range(self.num_heads):
            part = slice(head * head_dim, (head + 1) * head_dim)
            q, k = query[part], keys[:, part]
            if self.positions == "rotary" and turned:
                q = rotate(q, position)
                k = np.array([rotate(key, i) for i, key in enumerate(k)])
            scores = k @ q / math.sqrt(head_dim)
            shares = np.exp(scores - scores.max())
            contexts.append(shares / shares.sum() @ values[:, part])
        return affine(np.concatenate(contexts), weights["output"])

    def feed_forward(self, states, weights):
        function = np.vectorize(ACTIVATIONS[GATES.get(self.activation, self.activation)])
        hidden = affine(states, weights["inner"])
        if self.activation in GATES:
            hidden = function(affine(states, weights["gate"])) * hidden
        else:
            hidden = function(hidden)
        return affine(hidden, weights["output"])


def affine(states, weights):
    kernel, bias = weights
    return states @ kernel + bias


def layer_norm(states, gamma, beta):
    mean = states.mean(-1, keepdims=True)
    variance = ((states - mean) ** 2).mean(-1, keepdims=True)
    return (states - mean) / np.sqrt(variance + 1e-5) * gamma + beta


def rotate(vector, position):
    """Su et al. 2021, equation 34."""
    turned = np.empty_like(vector)
    for i in range(len(vector) // 2):
        angle = position * 10000 ** (-2 * i / len(vector))
        even, odd = vector[2 * i], vector[2 * i + 1]
        turned[2 * i] = even * math.cos(angle) - odd * math.sin(angle)
        turned[2 * i + 1] = odd * math.cos(angle) + even * math.sin(angle)
    return turned
