"""From the `data` section of a configuration to sentence pairs."""

import functools
import hashlib
import itertools
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from keras_transformer.config.settings import count
from keras_transformer.data.corpus import Pairs
from keras_transformer.data.download import ensure_corpus
from keras_transformer.data.filters import FilterOptions, FilterReport, filter_pairs
from keras_transformer.data.readers import Pair, other_sources, read_pairs
from keras_transformer.errors import UserError

# The grammar has few words: with whole words for most of them sentences are a third shorter than
# with the 1,000 pieces that its number of pairs would suggest, and train as much faster.
SAMPLE_VOCABULARY = 2000


@dataclass(frozen=True)
class Corpus:
    """The sentence pairs of a run.

    Attributes:
        read: gives the pairs as a new stream at every call, those held out included.
        files: files that the training pairs come from, for the fingerprint of the token cache.
        validation: pairs for BLEU while training.
        test: pairs for the scores at the end, or None.
        languages: codes of source and target, `""` where unknown.
        sample: the splits with what the grammar knows of each pair, where the corpus is the
            built-in one.
        held_out: digests of the pairs that were taken out of training for validation.
        vocabulary_size: pieces that suit the corpus; 0: to follow from its size.
    """

    read: Callable[[], Iterator[Pair]]
    files: tuple
    validation: Pairs
    test: Pairs | None
    languages: tuple[str, str]
    sample: object = None
    held_out: frozenset = field(default_factory=frozenset)
    vocabulary_size: int = 0

    def train(self):
        """The training pairs, as a new stream."""
        return (pair for pair in self.read() if not self._holds_out(pair))

    def translated_back(self, path):
        """The training pairs with the lines of a file, as many as pairs are read, as sources."""
        for pair, other in other_sources(self.read(), path):
            if not self._holds_out(pair):
                yield other

    def _holds_out(self, pair):
        return bool(self.held_out) and _digest(pair) in self.held_out


def open_corpus(data):
    """The corpus that a `DataConfig` names: files, a download, or the built-in sample."""
    _check_weights(data)
    if data.corpus == "sample":
        return _sample_corpus(data)
    if data.corpus == "download":
        return _download(data)
    return _files(data)


def _check_weights(data):
    """What a section alone cannot check: weights are of files, one for each."""
    weights = {
        "corpus_weights": data.corpus_weights,
        "pair_weights": data.pair_weights,
        "weights_inside": data.weights_inside,
    }
    for key, given in weights.items():
        if given and data.corpus != "files":
            raise UserError(f"data.{key} is about training files: give data.source as well.")
    for key in ("corpus_weights", "pair_weights"):
        if weights[key] and len(weights[key]) != len(data.source):
            raise UserError(
                f"data.{key} has {count(len(weights[key]), 'value')}, and data.source "
                f"names {count(len(data.source), 'file')}: give one for each source file."
            )
    if data.corpus_weights and data.back_translations:
        raise UserError(
            "data.corpus_weights and data.back_translations exclude each other: translations back "
            "belong to no file whose share could be kept."
        )
    if data.pair_weights and data.weights_inside:
        raise UserError(
            "data.pair_weights and data.weights_inside exclude each other: pairs have their "
            "weights in files of their own or beside their texts."
        )
    if data.weights_inside and data.target:
        raise UserError(
            "data.weights_inside is about tsv and jsonl files, and data.target names text files: "
            "give files of weights as data.pair_weights."
        )


def _sample_corpus(data):
    from keras_transformer.data.sample import sample_splits

    source, target = data.sample.split("-")
    splits = sample_splits(num_train=data.sample_pairs)

    def texts(pair):
        return (pair.korean, pair.english) if source == "ko" else (pair.english, pair.korean)

    def pairs(samples):
        return Pairs(*(list(side) for side in zip(*map(texts, samples), strict=True)))

    def read():
        for number, pair in enumerate(splits.train, start=1):
            yield Pair(*texts(pair), f"sample:{number}")

    return Corpus(
        read=read,
        files=(),
        validation=pairs(splits.validation),
        test=pairs(splits.test),
        languages=(source, target),
        sample=splits,
        vocabulary_size=SAMPLE_VOCABULARY,
    )


def _download(data):
    languages = (data.source_language, data.target_language)
    if not all(languages):
        raise UserError(
            f"data.download ({data.download}) needs data.source_language and data.target_language, "
            "such as en and de."
        )
    splits = ensure_corpus(data.download, data.folder)
    if not set(languages) <= set(splits["train"]):
        raise UserError(
            f"The corpus {data.download} has the languages {', '.join(splits['train'])}, not "
            f"{languages[0]} and {languages[1]}: set data.source_language and data.target_language."
        )
    sides = {split: [[by_language[code]] for code in languages] for split, by_language in
             splits.items()}  # fmt: skip
    return Corpus(
        read=lambda: read_pairs(*sides["train"], "text"),
        files=tuple(path for side in sides["train"] for path in side),
        validation=_in_memory(*sides["validation"], "text"),
        test=_in_memory(*sides["test"], "text"),
        languages=languages,
    )


def _files(data):
    languages = (data.source_language, data.target_language)
    read = functools.partial(
        read_pairs,
        data.source,
        data.target or None,
        data.format,
        weight_paths=data.pair_weights or None,
        weights_inside=data.weights_inside,
    )
    test = None
    if data.test_source:
        test = _in_memory(data.test_source, data.test_target or None, data.format)
    if data.validation_source:
        validation = _in_memory(data.validation_source, data.validation_target or None, data.format)
        held_out = frozenset()
    else:
        validation, held_out = _hold_out(read, data.source[0], data.validation_pairs)
    return Corpus(
        read=read,
        files=(*data.source, *data.target, *data.pair_weights),
        validation=validation,
        test=test,
        languages=languages,
        held_out=held_out,
    )


def _in_memory(sources, targets, format):
    """A small corpus as two lists; pairs with a blank side are left out."""
    pairs = [pair for pair in read_pairs(sources, targets, format) if _whole(pair)]
    if not pairs:
        raise UserError(
            f"{sources[0]} has no pair with text on both sides: give a file with sentences."
        )
    return Pairs([pair.source for pair in pairs], [pair.target for pair in pairs])


def _whole(pair):
    return bool(pair.source.strip() and pair.target.strip())


def _hold_out(read, path, wanted):
    """Validation pairs spread evenly over the training files: at most a tenth of them.

    Args:
        read: function that gives all pairs.
        path: of the first file, to name.
        wanted: how many.

    Returns:
        The pairs, and the digests by which their copies are kept out of training as well.
    """
    total = sum(map(_whole, read()))
    number = min(wanted, total // 10)
    if number == 0:
        raise UserError(
            f"{path} has {total} sentence pairs, too few to hold some out for validation: "
            "give validation files, or at least 10 pairs."
        )
    chosen = {place * total // number for place in range(number)}
    pairs = filter(_whole, read())
    kept = [pair for place, pair in enumerate(pairs) if place in chosen]
    validation = Pairs([pair.source for pair in kept], [pair.target for pair in kept])
    return validation, frozenset(_digest(pair) for pair in kept)


def _digest(pair):
    return hashlib.blake2b(json.dumps([pair[0], pair[1]]).encode(), digest_size=16).digest()


def filtered(corpus, data, added=False):
    """The training pairs that the filters let through, and the report that counts the others.

    Args:
        corpus: `Corpus`.
        data: `DataConfig`.
        added: whether to add what `both_directions` and `back_translations` make of the pairs.
    """
    options = FilterOptions(
        max_ratio=data.max_ratio or None,
        max_length=data.max_length,
        drop_duplicates=data.deduplicate,
    )
    report = FilterReport()
    pairs = corpus.train()
    if added:
        pairs = itertools.chain(
            _both_ways(pairs) if data.both_directions else pairs,
            *map(corpus.translated_back, data.back_translations),
        )
    return filter_pairs(pairs, options, report), report


def _both_ways(pairs):
    for pair in pairs:
        yield pair
        yield pair._replace(source=pair.target, target=pair.source)
