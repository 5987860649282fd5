"""What a row must or must not say: changes of the logits from which its tokens are chosen.

Scores are not changed: they come from the model's own logits. A forced prefix outranks the other
constraints. Where nothing is left to say, a hypothesis ends its life without a trace.

A model may say the start mark or padding where better tokens are kept from it: rows with a
constraint, and sampled ones, must not say them.
"""

import functools

from keras import ops

from keras_transformer.decoding.sampling import sample_tokens
from keras_transformer.decoding.top_tokens import IMPOSSIBLE

# Options that change logits; the other ones say how sampling goes, or how hypotheses compete.
CONSTRAINTS = ("min_lengths", "no_repeat_ngrams", "forbidden", "prefixes", "sampled")


def is_constrained(rows):
    """Which rows have a constraint (a prefix is none) or are sampled, `(B,)`; None: no row."""
    conditions = []
    if "min_lengths" in rows:
        conditions.append(rows["min_lengths"] > 1)
    if "no_repeat_ngrams" in rows:
        conditions.append(rows["no_repeat_ngrams"] > 0)
    if "forbidden" in rows:
        conditions.append(ops.any(rows["forbidden"] >= 0, axis=(1, 2)))
    if "sampled" in rows:
        conditions.append(rows["sampled"])
    return functools.reduce(ops.logical_or, conditions) if conditions else None


def constrain(logits, rows, histories, step, special_ids):
    """Logits from which the tokens are to be chosen.

    Args:
        logits: `(B, K, V)` float32, of the model.
        rows: dict of `SearchOptions` that are in use; with them `constrained`, see
            `is_constrained`, and `suffixes`, see `extend_suffixes`.
        histories: `(B, K, L)`, the ids so far.
        step: scalar int32, the number of ids so far.
        special_ids: `SpecialIds`.

    Returns:
        `(B, K, V)`, IMPOSSIBLE or less where a token must not be chosen.
    """
    allowed = logits
    if "constrained" in rows:
        allowed = _where_any(
            rows["constrained"], lambda chosen: _words(chosen, rows, step, special_ids), allowed
        )
    banned = _banned(rows, histories, step)
    if banned:
        banned = banned[0] if len(banned) == 1 else ops.concatenate(banned, axis=2)
        allowed = _where_any(
            banned >= 0, lambda chosen: chosen + _penalties(chosen, banned), allowed
        )
    if "sampled" in rows:
        allowed = _where_any(
            rows["sampled"], lambda chosen: _only_sampled(chosen, rows, step), allowed
        )
    if "prefixes" in rows:
        forced = _forced(rows["prefixes"], step)
        allowed = _where_any(
            forced >= 0, lambda chosen: _only(forced, logits, otherwise=chosen), allowed
        )
    return allowed


def _where_any(condition, function, logits):
    """`function(logits)` where any row asks for it: a program may have options that none uses."""
    return ops.cond(ops.any(condition), lambda: function(logits), lambda: logits)


def _words(logits, rows, step, special_ids):
    """No start mark, no padding, and no end mark too early."""
    ids = ops.arange(logits.shape[2], dtype="int32")
    is_other = ops.equal(ids, special_ids.start) | ops.equal(ids, special_ids.padding)
    excluded = rows["constrained"][:, None, None] & is_other
    if "min_lengths" in rows:
        is_short = (step + 1 < rows["min_lengths"])[:, None, None]
        excluded = excluded | (is_short & ops.equal(ids, special_ids.end))
    return ops.where(excluded, IMPOSSIBLE, logits)


def _only(ids, logits, otherwise):
    """Logits of nothing but `ids` `(B,)`, where they are at least 0."""
    ids = ids[:, None, None]
    is_it = ops.equal(ops.arange(logits.shape[2], dtype="int32"), ids)
    return ops.where(ids < 0, otherwise, ops.where(is_it, logits, IMPOSSIBLE))


def _only_sampled(logits, rows, step):
    """A sampled row has one hypothesis, its first, and one candidate: the token that was drawn."""
    drawn = sample_tokens(logits[:, 0], rows, step)
    return _only(ops.where(rows["sampled"], drawn, -1), logits, otherwise=logits)


def _forced(prefixes, step):
    """The id that each row must say now, or -1."""
    longest = ops.shape(prefixes)[1]
    here = ops.equal(ops.arange(longest, dtype="int32"), step)
    return ops.max(ops.where(here, prefixes, -1), axis=1)


def _banned(rows, histories, step):
    """Ids that must not follow now: a list of `(B, K, M)`, -1 where there is none."""
    banned = []
    if "no_repeat_ngrams" in rows:
        sizes = rows["no_repeat_ngrams"][:, None, None]
        is_past = ops.arange(ops.shape(histories)[2], dtype="int32") < step
        repeats = (rows["suffixes"] >= sizes - 1) & is_past & (sizes > 0)
        banned.append(ops.where(repeats, histories, -1))
    if "forbidden" in rows:
        banned.append(_forbidden_now(rows["forbidden"], histories, step))
    return banned


def _forbidden_now(forbidden, histories, step):
    """The last ids of forbidden sequences of which all the others have just been said."""
    words = forbidden[:, None]
    num_before = ops.shape(forbidden)[2] - 1  # a tensor in a graph for any request
    if not isinstance(num_before, int) or num_before:
        # The last ids said; -2, which matches nothing, before the first one.
        places = step - num_before + ops.arange(num_before, dtype="int32")
        said = ops.take(histories, ops.maximum(places, 0), axis=2)
        said = ops.where(places >= 0, said, -2)[:, :, None]
        before = words[..., :-1]
        matches = ops.all((before < 0) | ops.equal(before, said), axis=3)
    else:
        matches = ops.ones_like(histories[:, :, :1], dtype="bool")
    return ops.where(matches, words[..., -1], -1)


def _penalties(logits, banned):
    """`(B, K, V)`: 0, and IMPOSSIBLE (or a multiple of it) at the ids `banned` `(B, K, M)`."""
    width, vocabulary_size = logits.shape[1:]
    batch, _, count = ops.shape(banned)
    places = ops.reshape(ops.arange(batch * width, dtype="int32"), (-1, width, 1))
    places = places * vocabulary_size + ops.maximum(banned, 0)
    amounts = ops.where(banned >= 0, ops.full_like(banned, IMPOSSIBLE, dtype="float32"), 0.0)
    penalties = ops.scatter(
        ops.reshape(places, (batch * width * count, 1)),
        ops.reshape(amounts, (batch * width * count,)),
        (batch * width * vocabulary_size,),
    )
    return ops.reshape(penalties, (-1, width, vocabulary_size))


def extend_suffixes(suffixes, histories, ids):
    """Keeps account of what has been said before, for `no_repeat_ngrams` of any size.

    `suffixes[e]`, for a history of `t` ids, is how many of its last ids equal those before
    position `e`: the id at `e` would repeat an n-gram if that is at least `n - 1`.

    Args:
        suffixes: `(B, K, L)` int32, of the histories before `ids` were said; zeros at the start.
        histories: `(B, K, L)` int32, ending in `ids`.
        ids: `(B, K)` int32.

    Returns:
        `(B, K, L)` int32.
    """
    longer = ops.where(ops.equal(histories, ids[..., None]), suffixes + 1, 0)
    return ops.concatenate([ops.zeros_like(longer[..., :1]), longer[..., :-1]], axis=2)
