"""Epochs from a side process: the coming one ahead, errors in one sentence, no process left."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from keras_transformer.data import epoch_process
from keras_transformer.data.batch_plan import BatchPlan
from keras_transformer.data.batches import TranslationBatches
from keras_transformer.data.mixture import Mixture
from keras_transformer.data.readers import Pair
from keras_transformer.data.sampled_corpus import write_sampled
from keras_transformer.data.sampled_epochs import ChangingBatches, SampledEpochs
from keras_transformer.data.token_corpus import TokenCorpus
from keras_transformer.errors import UserError
from keras_transformer.tokenizers import TokenizerPair, train_tokenizer
from keras_transformer.tokenizers.subword_sampling import SamplingOptions, samplers_of

pytest.importorskip("sentencepiece")

OPTIONS = SamplingOptions(seed=5, bpe_dropout=0.3)
LONGEST = (40, 41)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A folder with tokenizers and a tokenised corpus."""
    folder = tmp_path_factory.mktemp("home")
    texts = [f"the {a} man reads the {b} book" for a in ("old", "young") for b in ("red", "blue")]
    pairs = [(texts[i % 4], texts[(i + 1) % 4]) for i in range(61)]
    silent = {"progress": lambda line: None, "byte_fallback": False}
    tokenizers = TokenizerPair(train_tokenizer("bpe", texts, 50, **silent))
    tokenizers.save(folder)
    TokenCorpus.build(folder / "data", pairs, tokenizers, "the corpus")
    return folder


@pytest.fixture
def epochs(home, tmp_path):
    made = []

    def make(num_epochs=None, **changes):
        settings = {
            "corpus": home / "data",
            "fingerprint": "the corpus",
            "tokenizers": home,
            "folder": tmp_path / "sampled",
            "options": OPTIONS,
            "longest": LONGEST,
        }
        made.append(SampledEpochs(**{**settings, **changes}, num_epochs=num_epochs))
        return made[-1]

    yield make
    for one in made:
        one.close()


def expected(home, epoch, tmp_path):
    tokenizers = TokenizerPair.load(home)
    corpus = TokenCorpus.open(home / "data")
    folder = tmp_path / "expected"
    write_sampled(folder, corpus, samplers_of(tokenizers, OPTIONS), LONGEST, epoch)
    return TokenCorpus.open(folder)


def assert_same(ours, theirs):
    for side in ("source_tokens", "target_tokens"):
        np.testing.assert_array_equal(getattr(ours, side).ids, getattr(theirs, side).ids)
        np.testing.assert_array_equal(getattr(ours, side).offsets, getattr(theirs, side).offsets)


def wait_for(condition):
    until = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_every_epoch_is_what_its_number_says_in_any_order(epochs, home, tmp_path):
    one = epochs()
    for epoch in (0, 1, 5, 2):
        corpus = one.corpus(epoch)
        assert corpus is one.corpus(epoch)
        assert_same(corpus, expected(home, epoch, tmp_path))


def test_the_coming_epoch_is_made_ahead_and_the_last_one_goes(epochs, tmp_path):
    one, folder = epochs(num_epochs=3), tmp_path / "sampled"

    def there():
        return sorted(path.name for path in folder.iterdir() if path.name[0] != ".")

    one.corpus(0)
    wait_for(lambda: there() == ["epoch-00000", "epoch-00001"])
    one.corpus(1)
    wait_for(lambda: there() == ["epoch-00001", "epoch-00002"])
    one.corpus(2)
    assert there() == ["epoch-00002"]
    time.sleep(0.2)  # an epoch 3 would be there by now
    assert there() == ["epoch-00002"]
    one.close()
    assert not folder.exists()


def test_what_a_killed_run_left_is_used_again(epochs, tmp_path, monkeypatch):
    first = epochs()
    before = first.corpus(0).source_tokens.ids.tobytes()
    wait_for(lambda: (tmp_path / "sampled" / "epoch-00001").exists())
    first._process.close()
    monkeypatch.setattr(epoch_process.EpochProcess, "ask", None)
    second = epochs()
    assert second.corpus(0).source_tokens.ids.tobytes() == before
    monkeypatch.undo()
    path = tmp_path / "sampled" / "epoch-00001" / "source.ids"
    path.write_bytes(path.read_bytes()[:-2])  # torn
    assert len(second.corpus(1)) == 61


def test_what_another_run_left_is_made_anew(epochs, home, tmp_path):
    first = epochs(options=SamplingOptions(seed=6, bpe_dropout=0.3))
    other = first.corpus(0).source_tokens.ids.tobytes()
    first._process.close()
    corpus = epochs().corpus(0)
    assert corpus.source_tokens.ids.tobytes() != other
    assert_same(corpus, expected(home, 0, tmp_path))


def test_the_process_works_without_tensorflow(epochs, tmp_path):
    process = epochs()._process
    process.ask(0, tmp_path / "sampled" / "x")
    answer = json.loads(process._process.stdout.readline())
    assert answer == {"epoch": 0, "tensorflow": False}


def test_what_goes_wrong_there_is_one_sentence_here(epochs, home, tmp_path):
    (tmp_path / "sampled").write_text("in the way")
    with pytest.raises(UserError, match=r"cannot be written to .*sampled/epoch-00000: .*; free"):
        epochs().corpus(0)
    with pytest.raises(UserError, match=r"gone holds no tokenised corpus"):
        epochs(corpus=home / "gone", folder=tmp_path / "b").corpus(0)


def test_a_process_that_died_is_said(epochs):
    one = epochs()
    one.corpus(0)
    os.kill(one._process._process.pid, signal.SIGKILL)
    with pytest.raises(UserError, match=r"ended without an answer \(exit status -9;"):
        one.corpus(7)
    one.close()  # and that sentence is the last that is said


def test_an_error_of_ours_is_told_with_its_kind(home, tmp_path, monkeypatch):
    settings = {"corpus": str(home / "data"), "tokenizers": str(home), "longest": "nonsense",
                "options": vars(OPTIONS), "corpus_weights": []}  # fmt: skip
    process = epoch_process.EpochProcess(settings)
    process.ask(0, tmp_path / "x")
    with pytest.raises(UserError, match=r"failed \((Type|UFuncNoLoop|UFuncType|Value)\w*Error"):
        process.answer()
    process.close()


@pytest.mark.parametrize("death", [signal.SIGKILL, signal.SIGINT])
def test_the_process_ends_with_its_parent(death, home, tmp_path):
    script = (
        "import signal, sys, time\nfrom tests.data.test_sampled_epochs import *\n"
        # Who starts the tests in the background may have it ignored.
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"home, folder = {str(home)!r}, {str(tmp_path)!r} + '/sampled'\n"
        "one = SampledEpochs(home + '/data', 'the corpus', home, folder, OPTIONS, LONGEST)\n"
        "one.corpus(0)\n"
        "print(one._process._process.pid, flush=True)\n"
        "time.sleep(600)"
    )
    with contextlib.ExitStack() as stack:
        parent = stack.enter_context(
            subprocess.Popen(
                [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        )
        child = int(parent.stdout.readline())
        assert os.path.exists(f"/proc/{child}")
        parent.send_signal(death)
        parent.wait()
    wait_for(lambda: not os.path.exists(f"/proc/{child}"))


def test_batches_follow_the_lengths_of_their_epoch(epochs):
    one, plans = epochs(), []

    def of_epoch(epoch):
        corpus = one.corpus(epoch)
        plan = BatchPlan(corpus.source_lengths + 1, corpus.target_lengths + 1, 97, 3, shapes=[])
        plans.append(epoch)
        return TranslationBatches(corpus, plan, 2, 3)

    batches = ChangingBatches(of_epoch)
    for epoch in (0, 1):
        found = list(batches.epoch(epoch))
        assert len(found) == batches.num_batches(epoch)
        real = [int((labels != 0).sum()) for _, labels in found]
        assert real == batches.target_tokens(epoch)
        assert sum(real) == int(one.corpus(epoch).target_lengths.sum()) + 61
        again = list(batches.epoch(epoch, 3))
        np.testing.assert_array_equal(again[0][1], found[3][1])
    assert plans == [0, 1]


def test_shares_of_corpora_choose_the_pairs(home, tmp_path, epochs):
    tokenizers = TokenizerPair.load(home)
    texts = ["the old man", "the young book"]
    pairs = [Pair(texts[part], texts[part], "", 1.0, part) for part in (0, 1) for _ in range(20)]
    TokenCorpus.build(tmp_path / "two", pairs, tokenizers, "two corpora")
    one = epochs(corpus=tmp_path / "two", fingerprint="two corpora", corpus_weights=(1.0, 3.0))
    mixture = Mixture([20, 20], (1.0, 3.0), OPTIONS.seed)
    for epoch in (0, 1):
        corpus, rows = one.corpus(epoch), mixture.rows(epoch)
        found = tokenizers.source.decode([corpus.source(i) for i in range(40)])
        assert found == [texts[row // 20] for row in rows]
        assert found.count(texts[0]) == 10
