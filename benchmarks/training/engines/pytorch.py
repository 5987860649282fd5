"""PyTorch's `nn.Transformer` in the loop that its users write."""

import math

import torch
from batching import sorted_batches
from torch import nn

from engines.engine import Engine


class PyTorch(Engine):
    """Batches sorted by length and padded before the time begins.

    Options: `lean`, dropout only where ours is (not on attention weights, not within feed-forward
    networks) and Adam in one kernel; `precision`, "bfloat16" means autocast.
    """

    def __init__(self, sentences, options):
        super().__init__(sentences, options)
        torch.manual_seed(options["seed"])
        self.model = Translator(options["model"])
        if options.get("lean"):
            _keep_dropout_of_outputs(self.model)
        self.num_parameters = sum(weight.numel() for weight in self.model.parameters())
        lengths = sentences.lengths()
        chosen = self.choose_batches(
            lambda epoch: sorted_batches(
                *lengths, options["batch_tokens"], options["seed"] + epoch
            ),
            lambda rows: tuple(side[rows].max() for side in lengths),
        )
        arrays = [sentences.batch(rows) for rows in chosen]
        self.count((source_ids, labels) for source_ids, _, labels in arrays)
        self.batches = [tuple(torch.from_numpy(ids).long() for ids in batch) for batch in arrays]

    def train(self, turns):
        options, model = self.options, self.model
        optimizer = torch.optim.Adam(
            model.parameters(), betas=(0.9, 0.98), eps=1e-9, fused=options.get("lean") or None
        )
        schedule = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda step: self.learning_rate(step + 1) / optimizer.defaults["lr"]
        )
        criterion = nn.CrossEntropyLoss(
            ignore_index=model.padding_id, label_smoothing=options["label_smoothing"]
        )
        bfloat16 = options["precision"] == "bfloat16"
        model.train()
        total = 0.0
        for step, (source_ids, target_ids, labels) in enumerate(self.batches, start=1):
            turns.before_step()
            with torch.autocast("cpu", torch.bfloat16, enabled=bfloat16):
                logits = model(source_ids, target_ids)
                loss = criterion(logits.flatten(0, 1), labels.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), options["clip_norm"])
            optimizer.step()
            schedule.step()
            total += loss.item()
            turns.after_step(total / step)


class Translator(nn.Module):
    """`nn.Transformer` between an embedding with sinusoidal positions and its transpose."""

    def __init__(self, model):
        super().__init__()
        width = model["hidden_dim"]
        self.padding_id = model["padding_id"]
        self.embedding = nn.Embedding(model["vocabulary_size"], width)
        nn.init.normal_(self.embedding.weight, std=width**-0.5)
        self.register_buffer("positions", _positions(512, width), persistent=False)
        self.dropout = nn.Dropout(model["dropout"])
        self.transformer = nn.Transformer(
            d_model=width,
            nhead=model["num_heads"],
            num_encoder_layers=model["num_encoder_layers"],
            num_decoder_layers=model["num_decoder_layers"],
            dim_feedforward=model["intermediate_dim"],
            dropout=model["dropout"],
            norm_first=model["norm"] == "pre",
            batch_first=True,
        )

    def forward(self, source_ids, target_ids):
        padding = source_ids == self.padding_id
        causal = nn.Transformer.generate_square_subsequent_mask(target_ids.shape[1])
        hidden = self.transformer(
            self._embed(source_ids),
            self._embed(target_ids),
            tgt_mask=causal,
            src_key_padding_mask=padding,
            memory_key_padding_mask=padding,
            tgt_is_causal=True,
        )
        return nn.functional.linear(hidden, self.embedding.weight)

    def _embed(self, ids):
        vectors = self.embedding(ids) * math.sqrt(self.embedding.embedding_dim)
        return self.dropout(vectors + self.positions[: ids.shape[1]])


def _positions(length, width):
    frequencies = 10_000 ** (-torch.arange(0, width, 2) / width)
    angles = torch.arange(length)[:, None] * frequencies
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)


def _keep_dropout_of_outputs(model):
    for layer in (*model.transformer.encoder.layers, *model.transformer.decoder.layers):
        layer.dropout.p = layer.self_attn.dropout = 0.0
        if hasattr(layer, "multihead_attn"):
            layer.multihead_attn.dropout = 0.0
