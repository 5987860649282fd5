"""Show how context decides what a word means.

For a word in two sentences: at which other words its encoder state looks, layer by layer, and how
far its two states are apart after each layer; printed, and as one picture a word. Without a word:
five Korean words of the sample corpus. A word of a sentence is found by its beginning.
"""

from pathlib import Path

from keras_transformer.cli.models import check_model
from keras_transformer.cli.parser import add_model_argument
from keras_transformer.errors import UserError


def add_arguments(parser):
    """Adds the options of `words`."""
    parser.usage = "%(prog)s RUN [WORD SENTENCE SENTENCE] [--output FOLDER] [--no-pictures]"
    add_model_argument(parser, exports=False)
    parser.add_argument(
        "words",
        metavar="WORD SENTENCE SENTENCE",
        nargs="*",
        help="a word, and two sentences in which it means different things",
    )
    parser.add_argument(
        "--output", metavar="FOLDER", default="words", help="write the pictures here (words/)"
    )
    parser.add_argument("--no-pictures", action="store_true", help="print alone")


def run(arguments):
    """Prints the numbers and writes the pictures."""
    if len(arguments.words) not in (0, 3):
        raise UserError(
            f"{len(arguments.words)} texts after the run: give a word and two sentences in quotes, "
            "or nothing"
        )
    folder = Path(arguments.output)
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--output {folder} is a file: give the name of a folder")
    run_folder = check_model(arguments.model, exports=False)
    if not arguments.no_pictures:
        from keras_transformer.visualization.style import check_matplotlib

        check_matplotlib()
    from keras_transformer.runs.context_words import examples_for, words_in
    from keras_transformer.translator import Translator

    translator = Translator.load(run_folder)
    word, *sentences = arguments.words or [None]
    pairs = {word: sentences} if word is not None else examples_for(translator)
    for number, (word, sentences) in enumerate(pairs.items()):
        found = words_in(translator, word, list(sentences))
        print("\n" * bool(number) + "\n".join(_lines(*found)))
        if not arguments.no_pictures:
            _draw(found, folder)


def _lines(first, second):
    """The numbers as lines of text."""
    from keras_transformer.visualization.context_words import cosine_distances, most_attended

    def shown(token):
        return token.replace("▁", "␣")

    yield first.word
    for found in (first, second):
        pieces = " ".join(shown(found.tokens[position]) for position in found.positions)
        yield f"  {found.sentence}  →  {found.translation}"
        yield f"    in the vocabulary: {pieces}"
        for layer, looks in enumerate(most_attended(found), 1):
            words = ", ".join(f"{shown(token)} {weight:.0%}" for token, weight in looks)
            yield f"    layer {layer} looks at {words}"
    distances = cosine_distances(first.states, second.states)
    stages = zip(first.stages, distances, strict=True)
    yield "  distance of the two: " + ", ".join(f"{name} {d:.3f}" for name, d in stages)


def _draw(found, folder):
    from keras_transformer.visualization.context_words import draw_context_word
    from keras_transformer.visualization.style import save

    safe = "".join(letter if letter.isalnum() else "_" for letter in found[0].word)
    path = folder / f"{safe}.png"
    save(draw_context_word(*found), path)
    print(f"  {path}")
