"""Breaks named lines of the package, one at a time, and sees that a test fails for each.

    python tests/mutations.py                   # all, two at a time
    python tests/mutations.py cache-index ...   # some
    python tests/mutations.py --list

Works on copies in a temporary folder, never on the working tree. Exits with 1 if a mutation
survives, if a line is not found exactly once, or if the tests fail without any mutation.
"""

import argparse
import concurrent.futures
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = "keras_transformer"
COPIED = (PACKAGE, "tests", "setup.cfg", "pyproject.toml")
WORKERS = 2
TIMEOUT = 600  # seconds for the tests of one mutation; a hang counts as failing


class Mutation(NamedTuple):
    """One broken line."""

    name: str
    path: str  # in the package
    line: str  # or a part of one; found exactly once
    broken: str  # takes its place
    tests: str  # arguments of pytest, as in a shell


MASKS = "tests/test_masks.py"
ATTENTION = "tests/layers/test_multi_head_attention.py"
BLOCKS = "tests/layers/test_blocks.py"
POSITIONS = "tests/layers/test_positions.py"
LAYERS = "tests/layers/test_every_layer.py"
MODEL = "tests/models/test_transformer.py"
CONTRACTS = "tests/test_contracts.py"
LOSS = "tests/training/test_masked_crossentropy.py"
METRICS = "tests/training/test_metrics.py"
SCHEDULE = "tests/training/test_warmup_schedule.py"
CHECKPOINT = "tests/training/test_checkpoint.py"
OPTIMIZERS = "tests/training/test_optimizers.py"
R_DROP = "tests/training/test_r_drop.py"
AVERAGE = "tests/training/test_moving_average.py"
MEAN = "tests/training/test_checkpoint_mean.py"
TERMINATION = "tests/training/test_termination.py"
DECODING = "tests/decoding/test_decoding.py"
BEAM = "tests/decoding/test_beam_search.py"
SEARCH = "tests/decoding/test_search.py"
TOP = "tests/decoding/test_top_tokens.py"
SAMPLING = "tests/decoding/test_sampling.py"
CONSTRAINTS = "tests/decoding/test_constraints.py"
REQUESTS = "tests/decoding/test_requests.py"
BATCHES = "tests/data/test_batches.py"
PLAN = "tests/data/test_batch_plan.py"
FILTERS = "tests/data/test_filters.py"
CLEANING = "tests/tokenizers/test_cleaning.py"

MUTATIONS = [
    # Masks
    Mutation("mask-polarity", "masks.py", "ops.not_equal(ids", "ops.equal(ids", MASKS),
    Mutation(
        "causal-shift",
        "masks.py",
        "positions[None, :] <= positions[:, None]",
        "positions[None, :] <= positions[:, None] + 1",
        MASKS,
    ),
    Mutation("cache-mask", "masks.py", "<= ops.cast(index", "< ops.cast(index", MASKS),
    # Layers
    Mutation(
        "attention-scale",
        "layers/multi_head_attention.py",
        "1 / math.sqrt(self.head_dim)",
        "1 / math.sqrt(self.hidden_dim)",
        f"{ATTENTION} -k equals_keras",
    ),
    Mutation(
        "row-without-a-key",
        "layers/multi_head_attention.py",
        "weights = ops.where(attention_mask, weights, 0.0)",
        "weights = ops.where(attention_mask, weights, weights)",
        f"{ATTENTION} -k without_a_key",
    ),
    Mutation(
        "scores-in-half-precision",
        "layers/multi_head_attention.py",
        'scores = ops.cast(scores, "float32")',
        "scores = ops.cast(scores, scores.dtype)",
        f"{LAYERS} -k 'test_layer and cross'",
    ),
    Mutation(
        "cache-index",
        "layers/multi_head_attention.py",
        "start = (0, 0, index, 0)",
        "start = (0, 0, 0 * index, 0)",
        f"{ATTENTION} -k cached",
    ),
    Mutation(
        "rotary-offset",
        "layers/multi_head_attention.py",
        "start = 0 if cache_index is None else cache_index",
        "start = 0",
        f"{ATTENTION} -k cached",
    ),
    Mutation(
        "weights-dropout-in-inference",
        "layers/multi_head_attention.py",
        "values.dtype), training=training)",
        "values.dtype), training=True)",
        f"{ATTENTION} -k dropout",
    ),
    Mutation(
        "fused-initialisation",
        "layers/projection.py",
        "draw()((rows, columns // num_matrices), dtype)",
        "draw()((rows, columns), dtype)[:, : columns // num_matrices]",
        f"{ATTENTION} -k fused",
    ),
    Mutation(
        "sine-and-cosine",
        "layers/sinusoidal_positions.py",
        "ops.stack([ops.sin(angles), ops.cos(angles)], axis=-1)",
        "ops.stack([ops.cos(angles), ops.sin(angles)], axis=-1)",
        f"{POSITIONS} -k sinusoidal",
    ),
    Mutation(
        "embedding-scale",
        "layers/token_embedding.py",
        "ops.cast(math.sqrt(self.hidden_dim), vectors.dtype)",
        "ops.cast(self.hidden_dim, vectors.dtype)",
        f"{BLOCKS} -k embedding",
    ),
    Mutation(
        "norm-order",
        "layers/residual.py",
        'self.layer_norm(inputs) if self.norm == "pre"',
        'self.layer_norm(inputs) if self.norm == "post"',
        f"{BLOCKS} -k residual",
    ),
    Mutation(
        "norm-epsilon",
        "layers/residual.py",
        "NORM_EPSILON = 1e-5",
        "NORM_EPSILON = 1e-3",
        f"{BLOCKS} -k residual",
    ),
    Mutation(
        "dropout-in-inference",
        "layers/residual.py",
        "self.output_dropout(hidden, training=training)",
        "self.output_dropout(hidden, training=True)",
        f"{BLOCKS} -k residual",
    ),
    Mutation(
        "config-misses-an-argument",
        "layers/encoder_block.py",
        '"attention_dropout": self.attention_dropout,\n',
        "\n",
        f"{LAYERS} -k 'test_layer and encoder'",
    ),
    # Model
    Mutation(
        "output-tie",
        "models/transformer.py",
        "self.target_embedding = self.source_embedding",
        'self.target_embedding = embedding(self.vocabulary_size, name="target_embedding")',
        f"{MODEL} -k one_table",
    ),
    Mutation(
        "final-norm",
        "models/transformer.py",
        "if self.encoder_norm is not None:\n",
        "if self.encoder_norm is None:\n",
        f"{MODEL} -k 'equals_numpy and pre-rotary'",
    ),
    Mutation(
        "cross-attention-padding",
        "models/transformer.py",
        "cross_attention_mask=memory_mask,",
        "cross_attention_mask=None,",
        f"{CONTRACTS} -k 'more_padding and pre-learned'",
    ),
    Mutation(
        "positions-of-the-cache",
        "models/transformer.py",
        "start_index=0 if start_index is None else start_index",
        "start_index=0",
        f"{CONTRACTS} -k 'cached and pre-learned'",
    ),
    Mutation(
        "future-leaks",
        "models/transformer.py",
        "mask = masks.causal_mask(ops.shape(target_ids)[1])",
        "mask = None",
        f"{CONTRACTS} -k 'future and pre-learned'",
    ),
    # Training
    Mutation(
        "smoothing-mass",
        "training/masked_crossentropy.py",
        "losses = log_sum_exp - (1.0 - label_smoothing) * ",
        "losses = log_sum_exp - ",
        f"{LOSS} -k 'keras or by_hand'",
    ),
    Mutation(
        "smoothing-gradient",
        "training/masked_crossentropy.py",
        "other = label_smoothing / probabilities.shape[-1]",
        "other = label_smoothing / (probabilities.shape[-1] - 1)",
        f"{LOSS} -k gradient",
    ),
    Mutation(
        "padding-id-in-loss",
        "training/masked_crossentropy.py",
        "ops.not_equal(labels, padding_id)",
        "ops.not_equal(labels, 0)",
        f"{LOSS} -k another_padding",
    ),
    Mutation(
        "loss-mean",
        "training/masked_crossentropy.py",
        "num_tokens = sum_over_replicas(ops.sum(real))",
        "num_tokens = sum_over_replicas(ops.sum(ops.ones_like(real)))",
        f"{LOSS} -k by_hand",
    ),
    Mutation(
        "schedule-step",
        "training/warmup_schedule.py",
        'ops.cast(update, "float32") + 1.0',
        'ops.cast(update, "float32") + 1e-9',
        SCHEDULE,
    ),
    Mutation(
        "token-weights-of-metrics",
        "training/metrics.py",
        "self.total.assign_add(total)\n        self.num_tokens.assign_add(num_tokens)",
        "self.total.assign_add(total / ops.maximum(num_tokens, 1.0))\n"
        "        self.num_tokens.assign_add(1.0)",
        METRICS,
    ),
    Mutation(
        "checkpoint-without-optimizer",
        "training/checkpoint.py",
        'named["optimizer"] = list(model.optimizer.variables)',
        'named["optimizer"] = []',
        CHECKPOINT,
    ),
    Mutation(
        "checkpoint-without-random-state",
        "training/checkpoint.py",
        'named["random"] = [v for v in model.variables if id(v) not in weights]',
        'named["random"] = []',
        CHECKPOINT,
    ),
    Mutation(
        "schedule-counts-batches",
        "training/warmup_schedule.py",
        'ops.floor_divide(ops.cast(step, "int32"), self.batches_per_update)',
        'ops.cast(step, "int32")',
        SCHEDULE,
    ),
    Mutation(
        "accumulation-of-means",
        "training/optimizers.py",
        "gradient * tokens for gradient",
        "gradient for gradient",
        f"{OPTIMIZERS} -k one_of_all",
    ),
    Mutation(
        "accumulated-tokens-stay",
        "training/optimizers.py",
        "ops.where(complete, 0.0, ",
        "ops.where(complete, 1.0, ",
        f"{OPTIMIZERS} -k one_of_all",
    ),
    Mutation(
        "clipping-of-sums",
        "training/optimizers.py",
        "return super()._clip_gradients(grads)",
        "return grads",
        f"{OPTIMIZERS} -k clipping",
    ),
    Mutation(
        "gradient-in-rows",
        "training/optimizers.py",
        "sum_over_replicas(list(map(dense, grads)))",
        "sum_over_replicas(list(grads))",
        f"{OPTIMIZERS} -k one_of_all",
    ),
    Mutation(
        "decay-of-norms",
        "training/optimizers.py",
        '_NO_DECAY = ("bias", "gamma", "beta")',
        '_NO_DECAY = ("bias",)',
        f"{OPTIMIZERS} -k decay",
    ),
    Mutation(
        "r-drop-of-one-side",
        "training/r_drop.py",
        "(difference + other * (apart - other_apart))",
        "(difference - other * (apart - other_apart))",
        f"{R_DROP} -k value",
    ),
    Mutation(
        "r-drop-in-validation",
        "training/training_model.py",
        "if not (training and self.r_drop):",
        "if not self.r_drop:",
        f"{R_DROP} -k differ",
    ),
    Mutation(
        "average-of-every-batch",
        "training/moving_average.py",
        "if step == self._step:",
        "if step < self._step:",
        AVERAGE,
    ),
    Mutation(
        "mean-of-the-worst",
        "training/checkpoint_mean.py",
        "return min(self.members, key=lambda",
        "return max(self.members, key=lambda",
        MEAN,
    ),
    Mutation(
        "epochs-of-checkpoints-forgotten",
        "training/checkpoint_mean.py",
        "needed |= {epoch for epoch, _ in",
        "needed & {epoch for epoch, _ in",
        MEAN,
    ),
    Mutation(
        "term-without-checkpoint",
        "training/checkpoints.py",
        "            self.checkpoints.save()\n            self.team.part()",
        "            self.team.part()",
        TERMINATION,
    ),
    Mutation(
        "other-training-files",
        "runs/prepare.py",
        "progress.get(name, here) != here",
        "progress.get(name, here) is None",
        "tests/runs/test_resume.py -k training_files",
    ),
    Mutation(
        "weights-that-are-no-numbers",
        "training/checkpoint.py",
        "not np.isfinite(array).all()",
        "np.isnan(array).all()",
        CHECKPOINT,
    ),
    # Decoding
    Mutation(
        "score-sum",
        "decoding/strategies.py",
        "state.scores, state.scores + log_probabilities)",
        "state.scores, log_probabilities)",
        f"{DECODING} -k 'alone or limits'",
    ),
    Mutation(
        "score-of-a-finished-row",
        "decoding/strategies.py",
        "ops.where(state.done, state.scores, state.scores + log_probabilities)",
        "state.scores + log_probabilities",
        f"{DECODING} -k frozen",
    ),
    Mutation(
        "log-probability",
        "decoding/top_tokens.py",
        "return ids, ops.log(probabilities)[:, 0]",
        "return ids, probabilities[:, 0]",
        f"{DECODING} -k best",
    ),
    Mutation(
        "end-mark",
        "decoding/strategies.py",
        "done=state.done | ends,",
        "done=state.done | (step + 1 >= state.limits),",
        f"{DECODING} -k limits",
    ),
    Mutation(
        "limit",
        "decoding/strategies.py",
        "(step + 1 >= state.limits)",
        "(step >= state.limits)",
        f"{DECODING} -k limits",
    ),
    Mutation(
        "beam-limit",
        "decoding/beam_search.py",
        "at_limit = step + 1 >= state.rows",
        "at_limit = step >= state.rows",
        BEAM,
    ),
    Mutation(
        "beam-candidates",
        "decoding/beam_search.py",
        "2 * width if width > 1 else 1",
        "width",
        BEAM,
    ),
    Mutation(
        "beam-frozen",
        "decoding/beam_search.py",
        "[state.rankings, ranking]",
        "[state.rankings - 0.1, ranking]",
        BEAM,
    ),
    Mutation(
        "beam-penalty",
        "decoding/beam_search.py",
        "self._ranking(state.rows, values, step + 1)",
        "self._ranking(state.rows, values, step)",
        BEAM,
    ),
    Mutation(
        "beam-live",
        "decoding/beam_search.py",
        "ops.top_k(ops.where(ends, IMPOSSIBLE, values)",
        "ops.top_k(ops.where(at_limit[:, None], IMPOSSIBLE, values)",
        BEAM,
    ),
    Mutation(
        "beam-early-stop",
        "decoding/beam_search.py",
        "bound = worst if penalties is None else ops.maximum(worst * penalties, IMPOSSIBLE)",
        "bound = worst",
        f"{BEAM} -k 'early or exactly_when'",
    ),
    Mutation(
        "beam-early-stop-late",
        "decoding/beam_search.py",
        "worst = rankings[:, -1:]",
        "worst = rankings[:, :1]",
        f"{BEAM} -k 'list or early'",
    ),
    Mutation(
        "beam-own-size",
        "decoding/beam_search.py",
        "ops.where(beam_sizes > 1, 2 * beam_sizes, 1)",
        "2 * beam_sizes",
        f"{BEAM} -k 'own or of_one'",
    ),
    Mutation(
        "beam-own-live",
        "decoding/beam_search.py",
        'scores = _first(scores, state.rows["beam_sizes"])',
        "scores = scores + 0",
        f"{BEAM} -k 'own or of_one'",
    ),
    Mutation(
        "beam-parents",
        "decoding/beam_search.py",
        "parents=sources[:, num_results:] - num_results,",
        "parents=state.parents,",
        BEAM,
    ),
    Mutation(
        "beam-cache",
        "decoding/loop.py",
        "gather_rows(rows, parents)",
        "rows",
        f"{SEARCH} -k rescoring",
    ),
    Mutation(
        "beam-empty-row",
        "decoding/beam_search.py",
        "missing = ops.where(is_empty, ops.zeros_like(rankings), NO_SCORE)",
        "missing = NO_SCORE",
        f"{BEAM} -k limits",
    ),
    Mutation(
        "best-blocks",
        "decoding/top_tokens.py",
        "(gather_rows(flat, rows) - rows) * size + places",
        "gather_rows(flat, rows) * size + places",
        TOP,
    ),
    Mutation(
        "block-offsets",
        "decoding/top_tokens.py",
        "ops.floor_divide(flat, num_blocks))[..., None]",
        "flat * 0)[..., None]",
        TOP,
    ),
    Mutation(
        "noise-steps",
        "decoding/sampling.py",
        '_mix(_mix(seeds) ^ ops.cast(step, "int32"))',
        "_mix(_mix(seeds) + 0 * step)",
        SAMPLING,
    ),
    Mutation(
        "noise-shift",
        "decoding/sampling.py",
        "2 ** (32 - bits) - 1",
        "-1",
        SAMPLING,
    ),
    Mutation(
        "top-p",
        "decoding/sampling.py",
        "mass >= top_p",
        "mass > 1.1 * top_p",
        SAMPLING,
    ),
    Mutation(
        "top-k",
        "decoding/sampling.py",
        "(count >= top_k)",
        "(count > top_k)",
        SAMPLING,
    ),
    Mutation(
        "least-length",
        "decoding/constraints.py",
        'step + 1 < rows["min_lengths"]',
        'step < rows["min_lengths"]',
        CONSTRAINTS,
    ),
    Mutation(
        "repeats",
        "decoding/constraints.py",
        'rows["suffixes"] >= sizes - 1',
        'rows["suffixes"] >= sizes',
        CONSTRAINTS,
    ),
    Mutation(
        "suffixes",
        "decoding/constraints.py",
        "suffixes + 1, 0)",
        "suffixes + 1, suffixes)",
        CONSTRAINTS,
    ),
    Mutation(
        "suffix-parents",
        "decoding/beam_search.py",
        'suffixes = gather_rows(rows["suffixes"], parents)',
        'suffixes = rows["suffixes"]',
        CONSTRAINTS,
    ),
    Mutation(
        "forbidden-start",
        "decoding/constraints.py",
        "ops.where(places >= 0, said, -2)",
        "ops.where(places >= 0, said, said)",
        CONSTRAINTS,
    ),
    Mutation(
        "prefix-outranks",
        "decoding/constraints.py",
        "_only(forced, logits, otherwise=chosen)",
        "_only(forced, chosen, otherwise=chosen)",
        CONSTRAINTS,
    ),
    Mutation(
        "start-mark-said",
        "decoding/constraints.py",
        'excluded = rows["constrained"][:, None, None] & is_other',
        'excluded = rows["constrained"][:, None, None] & False',
        CONSTRAINTS,
    ),
    Mutation(
        "default-limit",
        "decoding/requests.py",
        "request.options.max_length or request.limit",
        "request.limit",
        REQUESTS,
    ),
    Mutation(
        "seed-not-set",
        "decoding/requests.py",
        "np.where(given > 0, given, seeds)",
        "given",
        REQUESTS,
    ),
    Mutation(
        "order-of-translations",
        "decoding/decoder.py",
        'inverse = np.argsort(order, kind="stable")',
        "inverse = order",
        f"{DECODING} -k 'keeps_the_order and pre'",
    ),
    # Data
    Mutation(
        "label-shift",
        "data/batches.py",
        "target_ids[:, 1:][before_end[:, :-1]] = tokens",
        "target_ids[before_end] = tokens",
        BATCHES,
    ),
    Mutation(
        "source-end-mark",
        "data/batches.py",
        "ids[real, lengths] = self.end_id",
        "ids[real, lengths] = self.padding_id",
        BATCHES,
    ),
    Mutation(
        "plan-order",
        "data/batch_plan.py",
        'order = np.argsort(generator.random_raw(len(batches)), kind="stable")',
        "order = np.arange(len(batches))",
        PLAN,
    ),
    Mutation(
        "plan-seed",
        "data/batch_plan.py",
        "np.random.SeedSequence([self.seed, int(epoch)])",
        "np.random.SeedSequence([self.seed])",
        PLAN,
    ),
    Mutation(
        "filter-ratio",
        "data/filters.py",
        "longest > options.max_ratio * shortest",
        "longest > options.max_ratio * longest",
        FILTERS,
    ),
    # Tokenizers
    Mutation(
        "cleaning",
        "tokenizers/cleaning.py",
        'return unicodedata.normalize("NFC", text)',
        'return unicodedata.normalize("NFKC", text)',
        CLEANING,
    ),
]


def copy_of_the_project(folder):
    """The package and its tests in a new folder."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def break_line(folder, mutation):
    """Puts the broken line in the place of the right one; `ValueError` if it is not there once."""
    path = folder / PACKAGE / mutation.path
    text = path.read_text(encoding="utf-8")
    if text.count(mutation.line) != 1:
        raise ValueError(f"{mutation.line!r} is {text.count(mutation.line)} times in {path.name}")
    path.write_text(text.replace(mutation.line, mutation.broken), encoding="utf-8")


def run_tests(folder, tests):
    """Exit status of pytest in a copy, and its output."""
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    environment.pop("PYTHONPATH", None)
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    try:
        done = subprocess.run(
            [*command, "-W", "ignore", *shlex.split(tests)],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
        )
    except subprocess.TimeoutExpired:
        return 1, "timed out"
    return done.returncode, done.stdout + done.stderr


def try_mutation(mutation):
    """`(verdict, output of the tests)`; the verdict is `killed` if all is well."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as name:
        folder = copy_of_the_project(Path(name))
        try:
            break_line(folder, mutation)
        except (OSError, ValueError) as error:
            return f"not found: {error}", ""
        status, output = run_tests(folder, mutation.tests)
    verdicts = {0: "SURVIVED", 1: "killed"}
    return verdicts.get(status, f"the tests did not run (status {status})"), output


def try_nothing(mutations):
    """The same tests without a mutation have to pass, or they would kill whatever they see."""
    with tempfile.TemporaryDirectory(prefix="mutation-") as name:
        folder = copy_of_the_project(Path(name))
        # One process a room, so that two can run side by side.
        files = sorted({shlex.split(mutation.tests)[0] for mutation in mutations})
        halves = [shlex.join(half) for half in (files[::2], files[1::2]) if half]
        with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
            outcomes = list(pool.map(lambda tests: run_tests(folder, tests), halves))
    failed = [output for status, output in outcomes if status]
    return "\n".join(failed)


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help="mutations to try; all if none is named")
    parser.add_argument("--list", action="store_true", help="say the names and stop")
    parser.add_argument(
        "--no-baseline", action="store_true", help="take for granted that the tests pass"
    )
    options = parser.parse_args()
    known = {mutation.name: mutation for mutation in MUTATIONS}
    unknown = sorted(set(options.names) - known.keys())
    if unknown:
        parser.error(f"no mutation is called {', '.join(unknown)}; --list says the names")
    chosen = [known[name] for name in options.names] or MUTATIONS
    if options.list:
        print("\n".join(mutation.name for mutation in chosen))
        return 0
    began = time.monotonic()
    if not options.no_baseline:
        output = try_nothing(chosen)
        if output:
            print(f"{output}\nThe tests fail without any mutation.")
            return 1
        print(f"all tests pass without a mutation ({time.monotonic() - began:.0f} s)", flush=True)
    not_killed = 0
    with concurrent.futures.ThreadPoolExecutor(WORKERS) as pool:
        for mutation, (verdict, output) in zip(chosen, pool.map(try_mutation, chosen), strict=True):
            print(f"{mutation.name:32} {verdict}", flush=True)
            if verdict != "killed":
                not_killed += 1
                print(output)
    print(
        f"{len(chosen) - not_killed} of {len(chosen)} mutations killed in "
        f"{time.monotonic() - began:.0f} s"
    )
    return 1 if not_killed else 0


if __name__ == "__main__":
    sys.exit(main())
