"""Planned batches as padded numpy arrays."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from keras_transformer.data.batch_plan import BatchPlan, PlannedBatch
from keras_transformer.errors import UserError


class TranslationBatches:
    """The batches of a tokenised corpus, in the order of a plan.

    `B, S, T` are the rows, the source and the target length of a batch. Row by row
    `source_ids = tokens + [end]`, `target_ids = [start] + tokens`, `labels = tokens + [end]`.
    A row of padding holds padding only.

    Args:
        corpus: a `TokenCorpus`, or whatever has its `source_tokens` and `target_tokens`.
        plan: `BatchPlan(corpus.source_lengths + 1, corpus.target_lengths + 1, ...)`.
        start_id: first id of the decoder's input.
        end_id: last id of a source and of the labels.
        padding_id: what fills a row.

    A corpus with weights gives them as a third part of each batch, `(B,)` float32, divided by
    their mean over all target tokens: the loss divides by the number of tokens, so that each
    counts by its weight and the learning rate means what it does without.
    """

    def __init__(self, corpus, plan: BatchPlan, start_id: int, end_id: int, padding_id: int = 0):
        if len(corpus) != plan.num_sentences:
            raise UserError(
                f"The plan is of {plan.num_sentences} sentence pairs, the corpus has "
                f"{len(corpus)}: make the plan from the lengths of this corpus."
            )
        self.corpus = corpus
        self.plan = plan
        self.start_id = start_id
        self.end_id = end_id
        self.padding_id = padding_id
        self._weights = None
        if corpus.weights is not None:
            tokens = corpus.target_lengths.astype(np.float64) + 1
            mean = float((tokens * corpus.weights).sum() / tokens.sum())
            self._weights = (corpus.weights / mean).astype(np.float32)

    def num_batches(self, epoch: int) -> int:
        """How many batches an epoch has."""
        del epoch  # the plan of one set of lengths has as many in every epoch
        return self.plan.num_batches

    def target_tokens(self, epoch: int) -> list[int]:
        """Real target tokens of each batch of an epoch, end marks included."""
        lengths = np.append(self.corpus.target_lengths + 1, 0)  # row -1 is padding
        return [int(lengths[batch.rows].sum()) for batch in self.plan.epoch(epoch)]

    def epoch(self, epoch: int, first_batch: int = 0) -> Iterator:
        """The batches of an epoch from number `first_batch` on; the skipped ones are not made."""
        if not 0 <= first_batch <= self.num_batches(epoch):
            raise UserError(
                f"`first_batch` must be 0 to {self.num_batches(epoch)}, the batches of epoch "
                f"{epoch}. Received: first_batch={first_batch}"
            )
        for planned in self.plan.epoch(epoch)[first_batch:]:
            yield self.batch(planned)

    def batch(self, planned: PlannedBatch):
        """`({"source_ids": (B, S), "target_ids": (B, T)}, labels (B, T))`, all int32.

        Where the corpus has weights they come third, `(B,)` float32, 1 for a row of padding.
        """
        real = planned.rows >= 0
        rows = planned.rows[real]
        tokens, lengths = self.corpus.source_tokens.gather(rows)
        source_ids = self._empty(planned.num_rows, planned.source_length)
        self._fill(source_ids, real, tokens, lengths)
        tokens, lengths = self.corpus.target_tokens.gather(rows)
        labels = self._empty(planned.num_rows, planned.target_length)
        before_end = self._fill(labels, real, tokens, lengths)
        target_ids = self._empty(planned.num_rows, planned.target_length)
        target_ids[real, 0] = self.start_id
        target_ids[:, 1:][before_end[:, :-1]] = tokens
        batch = {"source_ids": source_ids, "target_ids": target_ids}, labels
        if self._weights is None:
            return batch
        weights = np.ones(planned.num_rows, dtype=np.float32)
        weights[real] = self._weights[rows]
        return *batch, weights

    @property
    def weighted(self) -> bool:
        """Whether batches have weights."""
        return self._weights is not None

    def _empty(self, num_rows: int, length: int) -> np.ndarray:
        return np.full((num_rows, length), self.padding_id, dtype=np.int32)

    def _fill(self, ids, real, tokens, lengths) -> np.ndarray:
        """Writes tokens and the end id into the real rows; returns where the tokens are."""
        row_lengths = np.zeros(len(ids), dtype=np.int64)
        row_lengths[real] = lengths
        if row_lengths.max() >= ids.shape[1]:
            raise UserError(
                f"A sentence of {row_lengths.max()} tokens and its special id do not fit into the "
                f"{ids.shape[1]} columns planned: the plan is not of this corpus's lengths plus 1."
            )
        is_token = np.arange(ids.shape[1]) < row_lengths[:, None]
        ids[is_token] = tokens
        ids[real, lengths] = self.end_id
        return is_token
