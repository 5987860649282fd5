"""Does the encoder tell the senses of a word apart? Measured on the sample corpus, stage by stage.

    python benchmarks/context_words.py benchmarks/results/sample-ko-en

Eleven Korean words of the sample corpus have two senses, one has three. For each stage of the
encoder (embedding, embedding and position, each block, output) the states of a word's own piece in
the training and validation sentences give one centroid for each sense, and each test sentence is
told the sense of the nearest centroid. Accuracy is the mean over the senses, so that chance is 1 /
senses; no (verb, subject, object) of a test sentence is in training.

Two ways to read: `own piece`, in which the word is written with its own piece in every sentence (a
longer piece of the vocabulary, such as that of 은행에, is taken apart), so that its embedding says
nothing of the sense; and `as read`, the pieces the model was trained on. Two distances: Euclidean,
and Mahalanobis, in which directions along which the states of one sense vary anyway (position,
particle, tense) count little; its covariance is that within the senses in training.

Writes `benchmarks/results/context-words/`: results.json, results.md, context-words.png and the
pictures of `keras-transformer words`.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from keras import ops

from keras_transformer.data.sample import sample_splits
from keras_transformer.models.inspection import inspect_encoder
from keras_transformer.runs.context_words import EXAMPLES, words_in
from keras_transformer.training.files import write_text
from keras_transformer.translator import Translator
from keras_transformer.visualization.context_words import (
    cosine_distances,
    draw_context_word,
    word_positions,
)
from keras_transformer.visualization.style import (
    LINE,
    SERIES,
    SOFT,
    describe,
    new_figure,
    save,
    styled,
)

RESULTS = Path(__file__).parent / "results" / "context-words"
WORDS = tuple(EXAMPLES)  # the words that are asked about; the others are measured, too
PARTICLES = "은 는 이 가 을 를 에 에서 에게 의 도 로 으로 와 과 만 까지 부터".split()
READINGS = ("own piece", "as read")
DISTANCES = ("Euclidean", "Mahalanobis")
# Of the mean variance, added to each direction; 0.0001 to 0.1 differ by less than one percent.
RIDGE = 0.01
BATCH = 128


class Occurrence:
    """A word with several senses in a sentence of the corpus."""

    def __init__(self, split, pair, word, tokenizer):
        self.split, self.word, self.sense = split, word.word, word.sense
        self.sentence = pair.korean
        self.ids = tokenizer.encode([pair.korean])[0]
        tokens = tokenizer.tokens(self.ids)
        (number,) = _which(pair.korean, self.word)
        self.positions = word_positions(tokens, self.word, tokenizer.kind, number)
        self.piece = "".join(tokens[place] for place in self.positions)


def _which(sentence, word):
    """Which of the words of a sentence that begin with `word` are it, with a particle or without.

    Another word such as 말했어요 (said) begins with 말, too.
    """
    starts = [part for part in sentence.split() if part.startswith(word)]
    endings = [part.strip(".,?")[len(word) :] for part in starts]
    return [place for place, ending in enumerate(endings) if ending in ("", *PARTICLES)]


def occurrences(tokenizer):
    """All of them; sentences that have the word twice are left out."""
    splits = sample_splits()
    return [
        Occurrence(split, pair, word, tokenizer)
        for split in ("train", "validation", "test")
        for pair in getattr(splits, split)
        for word in pair.words
        if len(_which(pair.korean, word.word)) == 1
    ]


def with_own_piece(occurrence, tokenizer, index):
    """Ids in which the word is written with its own piece, and the position of that piece."""
    ids, positions = occurrence.ids, occurrence.positions
    own = tokenizer.encode([occurrence.word])[0]
    rest = occurrence.piece.replace("\u2581", "")[len(occurrence.word) :]
    # The mark of the space before the word is in its own piece, or is a piece before it.
    start = positions[0] - (not occurrence.piece.startswith("\u2581"))
    particle = [index[rest]] if rest else []
    ids = np.concatenate([ids[:start], own, particle, ids[positions[-1] + 1 :]]).astype("int32")
    return ids, start + len(own) - 1


def states_of(translator, found, reading):
    """Names of the stages, and `(occurrences, stages, hidden_dim)`."""
    model, tokenizer = translator.model, translator.tokenizers.source
    index = {piece: i for i, piece in enumerate(tokenizer.tokens(range(tokenizer.vocabulary_size)))}
    rows = []
    for occurrence in found:
        ids, place = occurrence.ids, occurrence.positions[-1]
        if reading == "own piece":
            ids, place = with_own_piece(occurrence, tokenizer, index)
        rows.append((np.append(ids, tokenizer.end_id), place))
    states = [None] * len(rows)
    order = sorted(range(len(rows)), key=lambda row: len(rows[row][0]))
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        stages, batch = _stages(model, [rows[row][0] for row in chosen])
        for number, row in enumerate(chosen):
            states[row] = batch[:, number, rows[row][1]]
    return stages, np.stack(states).astype("float64")


def _stages(model, sentences):
    ids = np.full((len(sentences), max(map(len, sentences))), model.padding_id, "int32")
    for row, sentence in enumerate(sentences):
        ids[row, : len(sentence)] = sentence
    states = inspect_encoder(model, ids)
    stages = {"embedding": ops.convert_to_numpy(model.source_embedding(ids))}
    stages["with its position"] = states[0]
    stages |= {f"block {number}": state for number, state in enumerate(states[1:], 1)}
    if model.encoder_norm is not None:
        stages["output"] = ops.convert_to_numpy(model.encoder_norm(states[-1]))
    return list(stages), np.stack(list(stages.values()))


def accuracy(known, senses, asked, truth, distance):
    """Mean over the senses of the share of `asked` that is nearest to the centroid of its sense.

    Args:
        known: states `(N, D)` that the centroids are made of, and `senses`, theirs.
        asked: states `(M, D)`, and `truth`, the senses of these.
        distance: one of `DISTANCES`.
    """
    names = sorted(set(senses))
    centroids = np.stack([known[senses == name].mean(axis=0) for name in names])
    metric = np.eye(known.shape[1])
    if distance == "Mahalanobis":
        rest = np.concatenate(
            [known[senses == n] - c for n, c in zip(names, centroids, strict=True)]
        )
        covariance = rest.T @ rest / len(rest)
        ridge = RIDGE * np.trace(covariance) / len(covariance) + 1e-12
        metric = np.linalg.inv(covariance + ridge * metric)
    apart = asked[:, None] - centroids
    nearest = np.einsum("nsi,ij,nsj->ns", apart, metric, apart).argmin(axis=1)
    hits = np.array(names)[nearest] == truth
    return float(np.mean([hits[truth == name].mean() for name in names]))


def parting(states, senses):
    """Mean cosine distance of two states of one sense, and of two of different senses."""
    pairs = np.random.default_rng(1).integers(0, len(states), (4000, 2))
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    distances = cosine_distances(states[pairs[:, 0]], states[pairs[:, 1]])
    same = senses[pairs[:, 0]] == senses[pairs[:, 1]]
    return float(distances[same].mean()), float(distances[~same].mean())


def measure(translator):
    """All figures, as a dict for JSON."""
    found = occurrences(translator.tokenizers.source)
    splits, words, senses = (
        np.array([getattr(each, name) for each in found]) for name in ("split", "word", "sense")
    )
    result = {"words": {}, "accuracy": {}, "cosine_distance": {}}
    for word in dict.fromkeys(words):
        here = words == word
        result["words"][str(word)] = {
            str(sense): {
                "test": int((here & (senses == sense) & (splits == "test")).sum()),
                "training": int((here & (senses == sense) & (splits != "test")).sum()),
                "pieces": _counts(e.piece for e in found if (e.word, e.sense) == (word, sense)),
            }
            for sense in sorted(set(senses[here]))
        }
    for reading in READINGS:
        result["stages"], states = states_of(translator, found, reading)
        for distance in DISTANCES:
            result["accuracy"][f"{reading}, {distance}"] = {
                str(word): [
                    accuracy(
                        states[(words == word) & (splits != "test"), stage],
                        senses[(words == word) & (splits != "test")],
                        states[(words == word) & (splits == "test"), stage],
                        senses[(words == word) & (splits == "test")],
                        distance,
                    )
                    for stage in range(states.shape[1])
                ]
                for word in result["words"]
            }
        if reading == "own piece":
            for word in result["words"]:
                here = (words == word) & (splits == "test")
                result["cosine_distance"][word] = [
                    parting(states[here, stage], senses[here]) for stage in range(states.shape[1])
                ]
    return result


def _counts(values):
    values = list(values)
    return {value: values.count(value) for value in sorted(set(values))}


def means(table, words):
    """The mean over words, stage by stage."""
    return np.mean([table[word] for word in words], axis=0)


def chance(result, words):
    return float(np.mean([1 / len(result["words"][word]) for word in words]))


@styled
def draw(result):
    """Accuracy by stage for each word and over all, and how the states part."""
    stages, places = result["stages"], np.arange(len(result["stages"]))
    figure = new_figure(14, 5.4)
    left, middle, right = figure.subplots(1, 3)
    table = result["accuracy"]["own piece, Mahalanobis"]
    for word, colour in zip(WORDS, (*SERIES, "#56b4e9"), strict=True):
        count = len(result["words"][word])
        name = word if count == 2 else f"{word} ({count} senses)"
        left.plot(places, table[word], "o-", color=colour, label=name, alpha=0.85)
    for level in sorted({len(result["words"][word]) for word in WORDS}):
        left.axhline(1 / level, color=SOFT, linestyle="dotted", linewidth=1)
        left.annotate(f"chance of {level}", (places[-1], 1 / level), ha="right", va="bottom",
                      color=SOFT, fontsize=9)  # fmt: skip
    left.set_title("told apart in test sentences, by word")
    for (name, values), colour in zip(result["accuracy"].items(), SERIES, strict=True):
        middle.plot(places, means(values, WORDS), "o-", color=colour, label=name)
    middle.axhline(chance(result, WORDS), color=SOFT, linestyle="dotted", linewidth=1)
    middle.set_title("the mean of the five words")
    for axes in (left, middle):
        axes.set_ylim(0, 1.05)
        axes.yaxis.set_major_formatter("{x:.0%}")
        axes.legend(loc="lower right")
    apart = np.mean([result["cosine_distance"][word] for word in WORDS], axis=0)
    right.plot(places, apart[:, 1], "o-", color=SERIES[1], label="different senses")
    right.plot(places, apart[:, 0], "o-", color=SERIES[0], label="the same sense")
    right.set_ylim(0, None)
    right.set_title("mean cosine distance of two states")
    right.legend(loc="lower right")
    for axes in (left, middle, right):
        axes.set_xticks(places, stages, rotation=30, ha="right")
        axes.grid(axis="y", color=LINE, linewidth=0.6)
    describe(
        figure,
        "Words that only context tells apart, stage by stage in the encoder",
        "Left and middle: the sense of the nearest centroid; centroids are of training sentences, "
        "the sentences asked about are of the test set. Left: own piece, Mahalanobis. Right: most "
        "of a state is the word itself; what its context adds is small, but grows with the sense.",
    )
    return figure


def markdown(result, folder):
    """The figures as a table."""
    head = ["", "senses", "test sentences", *result["stages"]]
    lines = [
        "# Words that only context tells apart",
        "",
        f"`python benchmarks/context_words.py {folder}`: the sense of a word in the test sentences "
        "of the sample corpus, by the nearest centroid of the encoder states of its senses in "
        "training and validation sentences; accuracy as the mean over the senses. What the columns "
        "and the two readings and distances are is said in that file.",
    ]
    for name, table in result["accuracy"].items():
        lines += ["", f"## {name}", "", _row(head), _row(["---"] * len(head))]
        for word, values in table.items():
            senses = result["words"][word]
            sizes = [len(senses), sum(sense["test"] for sense in senses.values())]
            lines.append(_row([word, *map(str, sizes), *(f"{value:.1%}" for value in values)]))
        for title, words in (("mean of the five", WORDS), ("mean of all", tuple(table))):
            count = sum(s["test"] for word in words for s in result["words"][word].values())
            values = [f"{value:.1%}" for value in means(table, words)]
            about = f"{title} (chance {chance(result, words):.1%})"
            lines.append(_row([f"**{about}**", "", str(count), *values]))
    return "\n".join(lines) + "\n"


def _row(cells):
    return f"| {' | '.join(cells)} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="folder of a run on the sample corpus, Korean to English")
    parser.add_argument("--output", default=RESULTS, type=Path, help="folder of the results")
    arguments = parser.parse_args()
    translator = Translator.load(arguments.run)
    result = measure(translator)
    write_text(
        arguments.output / "results.json", json.dumps(result, indent=1, ensure_ascii=False) + "\n"
    )
    write_text(arguments.output / "results.md", markdown(result, arguments.run))
    save(draw(result), arguments.output / "context-words.png")
    for number, (word, sentences) in enumerate(EXAMPLES.items(), 1):
        figure = draw_context_word(*words_in(translator, word, list(sentences)))
        save(figure, arguments.output / f"word-{number}.png")
    print(markdown(result, arguments.run))


if __name__ == "__main__":
    main()
