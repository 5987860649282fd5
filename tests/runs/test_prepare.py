"""Tokenizers, tokenised corpus and batches of a run."""

import pytest

from keras_transformer import cli
from keras_transformer.errors import UserError
from keras_transformer.runs import prepare
from keras_transformer.runs.corpora import filtered, open_corpus
from keras_transformer.runs.folder import RunFolder
from keras_transformer.runs.prepare import prepare_data, prepare_tokenizers
from keras_transformer.runs.train import train
from keras_transformer.tokenizers import TokenizerPair
from tests.runs import tiny


@pytest.fixture
def prepared(corpus, tmp_path):
    """Prepares data in one folder, as often as it is called; returns data and what was said."""
    folder = RunFolder(tmp_path / "run")

    def run(**changes):
        config = tiny.config(corpus, **changes)
        folder.start(config)
        said = []
        return prepare_data(config, open_corpus(config.data), folder, said.append), said

    return run


def test_what_is_there_is_used_again(prepared, monkeypatch):
    first, said = prepared()
    assert any("Learning a unigram vocabulary of 61 pieces." in line for line in said)
    monkeypatch.setattr(TokenizerPair, "train", None)
    monkeypatch.setattr(prepare.TokenCorpus, "build", None)
    second, said = prepared()
    assert not any("Learning" in line for line in said)
    assert second.tokenizers.fingerprint() == first.tokenizers.fingerprint()
    assert [b.rows.tolist() for b in second.plan.epoch(3)] == [
        b.rows.tolist() for b in first.plan.epoch(3)
    ]


def test_tokens_of_an_epoch(prepared):
    data, _ = prepared()
    tokens = data.tokens_of_epoch(2)
    assert len(tokens) == data.plan.num_batches
    assert sum(tokens) == int(data.tokens.target_lengths.sum()) + len(data.tokens)
    data.train.set_epoch(2)
    first = next(iter(data.train.batches.epoch(2)))
    assert int((first[1] != 0).sum()) == tokens[0]


def test_validation_pairs_are_not_trained_on(prepared):
    data, _ = prepared()
    trained = {tuple(data.tokens.source(i)) for i in range(len(data.tokens))}
    held_out = data.validation.batches.corpus
    assert len(held_out) == tiny.NUM_VALIDATION
    assert len(data.tokens) <= tiny.NUM_PAIRS - tiny.NUM_VALIDATION
    targets = {tuple(data.tokens.target(i)) for i in range(len(data.tokens))}
    pairs = [(tuple(held_out.source(i)), tuple(held_out.target(i))) for i in range(len(held_out))]
    assert not [pair for pair in pairs if pair[0] in trained and pair[1] in targets]


def test_two_vocabularies_of_which_one_was_made_are_made_again(corpus, tmp_path):
    config = tiny.config(corpus, tokenizer__shared="false")
    folder = RunFolder(tmp_path)
    pairs = open_corpus(config.data)
    first = prepare_tokenizers(config, pairs, folder, print)
    assert not first.shared
    (tmp_path / "target.json").unlink()  # killed between the two
    again = prepare_tokenizers(config, pairs, folder, print)
    assert again.fingerprint() == first.fingerprint()


def test_tokenizers_of_another_run(corpus, whole_run, tmp_path):
    config = tiny.config(corpus, tokenizer__load_from=whole_run)
    tokenizers = prepare_tokenizers(config, open_corpus(config.data), RunFolder(tmp_path), print)
    assert tokenizers.fingerprint() == TokenizerPair.load(whole_run).fingerprint()
    assert (tmp_path / "tokenizer.model").exists()


def test_both_directions(prepared):
    one, _ = prepared()
    both, said = prepared(data__both_directions="true")
    pairs = {
        (tuple(one.tokens.source(i)), tuple(one.tokens.target(i))) for i in range(len(one.tokens))
    }
    found = [
        (tuple(both.tokens.source(i)), tuple(both.tokens.target(i)))
        for i in range(len(both.tokens))
    ]
    assert len(found) == 2 * len(one.tokens)
    assert set(found) == pairs | {(target, source) for source, target in pairs}
    # The vocabulary is the same, and what is held out is held out both ways and in one direction.
    assert both.tokenizers.fingerprint() == one.tokenizers.fingerprint()
    held_out = both.validation.batches.corpus
    assert len(held_out) == tiny.NUM_VALIDATION
    for i in range(len(held_out)):
        pair = tuple(held_out.source(i)), tuple(held_out.target(i))
        assert pair not in found and pair[::-1] not in found
    assert f"{2 * len(one.tokens)} pairs" in said[-1]


def test_translations_back_come_besides_and_anew_when_they_change(prepared, tmp_path):
    one, _ = prepared()
    path = tmp_path / "back.txt"

    def sources(word):
        path.write_text(f"{word}\n" * tiny.NUM_PAIRS, encoding="utf-8")
        data, _ = prepared(data__back_translations=[str(path)])
        assert data.tokenizers.fingerprint() == one.tokenizers.fingerprint()
        tokens, encode = data.tokens, data.tokenizers.source.encode
        assert len(one.tokens) < len(tokens) <= 2 * len(one.tokens)
        assert len(data.validation.batches.corpus) == tiny.NUM_VALIDATION
        added = {tuple(tokens.source(i)) for i in range(len(one.tokens), len(tokens))}
        assert added == {tuple(encode([word])[0])}

    sources("가")
    sources("나")


def test_translations_back_that_are_missing_are_said_at_once(corpus, tmp_path):
    missing = {"data__back_translations": [str(tmp_path / "no.ko")]}
    with pytest.raises(UserError, match=r"no\.ko does not exist"):
        train(tiny.config(corpus, **missing), tmp_path / "run")
    assert not list((tmp_path / "run").glob("*.model"))  # before the vocabulary is learnt
    # Who only evaluates a run has no need of them.
    assert len(open_corpus(tiny.config(corpus, **missing).data).validation) == tiny.NUM_VALIDATION


def test_weights_turn_round_with_their_pairs(corpus, tmp_path):
    path = tmp_path / "weighted.tsv"
    path.write_text("".join(f"가 {n}\tab {n}\t{n / 10}\n" for n in range(40)), encoding="utf-8")
    config = tiny.config(
        corpus,
        data__source=[str(path)],
        data__target=[],
        data__weights_inside="true",
        data__both_directions="true",
    )
    pairs, report = filtered(open_corpus(config.data), config.data, added=True)
    pairs = list(pairs)
    assert report.num_read == 2 * (40 - 4)  # 4 are held out
    for pair, turned in zip(pairs[::2], pairs[1::2], strict=True):
        assert turned == pair._replace(source=pair.target, target=pair.source)


def test_both_directions_need_one_vocabulary(corpus, prepared, tmp_path):
    both = {"data__both_directions": "true"}
    with pytest.raises(UserError, match=r"set tokenizer\.shared to true, or data\.both_dir"):
        prepared(**both, tokenizer__shared="false")
    assert not list((tmp_path / "run").glob("*.model"))  # said before the vocabularies are learnt
    two = prepare_tokenizers(
        tiny.config(corpus, tokenizer__shared="false"),
        open_corpus(tiny.config(corpus).data), RunFolder(tmp_path / "two"), print,
    )  # fmt: skip
    assert not two.shared
    with pytest.raises(UserError, match=r"set tokenizer\.shared to true"):
        prepared(**both, tokenizer__load_from=tmp_path / "two")
    assert not list((tmp_path / "run").glob("*.model"))  # nothing binds the mended command


def test_tokenizers_that_cannot_be_sampled_do_not_bind_the_run(prepared, tmp_path):
    tiny.tokenizers().save(tmp_path / "unigram")
    theirs = {"tokenizer__load_from": tmp_path / "unigram"}
    with pytest.raises(UserError, match=r"bpe_dropout"):
        prepared(**theirs, tokenizer__bpe_dropout=0.1)
    data, _ = prepared(**theirs)
    assert data.tokenizers.source.kind == "unigram"


def test_more_tokens_than_learned_positions(corpus, tmp_path, capsys):
    short, long = tmp_path / "short", tmp_path / "long"
    for path, words in ((short, 2), (long, 30)):
        path.with_suffix(".ko").write_text(" ".join(["가 나"] * words) + "\n")
        path.with_suffix(".en").write_text(" ".join(["ab cd"] * words) + "\n")

    def settings(validation, max_length):
        return {
            "model__positions": "learned",
            "model__max_length": max_length,
            "data__validation_source": [str(validation.with_suffix(".ko"))],
            "data__validation_target": [str(validation.with_suffix(".en"))],
            "training__max_steps": 1,
        }

    def status(validation, max_length):
        run = tmp_path / f"run-{validation.name}"
        return cli.main(tiny.command_line(corpus, run, **settings(validation, max_length)))

    assert status(short, 9) == 2  # a sentence of the training files
    assert "The model has 9 learned positions, and a sentence has" in capsys.readouterr().err
    assert status(long, 40) == 2  # one of the validation files
    assert "The model has 40 learned positions, and a sentence has 61" in capsys.readouterr().err
    assert status(long, 61) == 0
