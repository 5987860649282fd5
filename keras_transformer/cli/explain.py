"""Show what a model attends to while it translates.

Writes a folder with pictures of the attention of every layer and head, and with one interactive
page, explanation.html, which opens in any browser and needs no network. Sentences are arguments, or
the lines of standard input; they are translated greedily, whatever beam the settings ask for. The
page of a run shows all steps of the computation, that of an export the weights that come out of it.
"""

import argparse
from pathlib import Path

from keras_transformer.cli.lines import chunks_of
from keras_transformer.cli.parser import add_model_argument
from keras_transformer.errors import UserError

PAGE = "explanation.html"
# A page with more takes long to open and to read.
MOST_SENTENCES = 50


def add_arguments(parser):
    """Adds the options of `explain`."""
    add_model_argument(parser, exports=True)
    parser.add_argument(
        "sentences",
        metavar="SENTENCE",
        nargs="*",
        help="what to translate; none: the lines of standard input",
    )
    parser.add_argument(
        "--output", metavar="FOLDER", default="explanation", help="write here (explanation/)"
    )
    parser.add_argument(
        "--layers",
        metavar="N,...|all",
        type=choice,
        help="one picture for each of these layers, its heads side by side, and not one of all",
    )
    parser.add_argument(
        "--heads",
        metavar="N,...|all",
        type=choice,
        help="one picture for each of these heads in each of the layers",
    )
    parser.add_argument("--no-pictures", action="store_true", help="write the page alone")
    parser.add_argument(
        "--language",
        choices=("ko", "en"),
        help="of the page; what the reader's browser prefers if not given",
    )
    parser.add_argument(
        "--vectors-of-layers",
        metavar="N,...|all|none",
        type=choice_or_none,
        help="layers whose queries, keys and values the page holds; if not given, as many as keep "
        "a page of one sentence under 3 MB",
    )


def choice(text):
    """An argparse type: whole numbers of at least 1 separated by commas, or the word all."""
    if text == "all":
        return text
    try:
        numbers = [int(part) for part in text.split(",")]
    except ValueError:
        numbers = [0]
    if min(numbers) < 1:
        raise argparse.ArgumentTypeError(f'"{text}" is not a list like 1,3 and not the word all')
    return sorted(set(numbers))


def choice_or_none(text):
    """An argparse type: a `choice`, or the word none."""
    return [] if text == "none" else choice(text)


def run(arguments):
    """Writes the page and the pictures."""
    folder = Path(arguments.output)
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--output {folder} is a file: give the name of a folder")
    if arguments.no_pictures and (arguments.layers or arguments.heads):
        raise UserError("--layers and --heads are about pictures: leave --no-pictures out")
    from keras_transformer.cli.models import check_model, load_translator

    check_model(arguments.model)
    if not arguments.no_pictures:
        from keras_transformer.visualization.style import check_matplotlib

        check_matplotlib()
    sentences = _sentences(arguments.sentences)
    from keras_transformer.visualization.explanation import explanations_of_served

    explanations = explanations_of_served(load_translator(arguments.model).explain(sentences))
    _check_choice(explanations[0], arguments.layers, "--layers", "layer", 0)
    _check_choice(explanations[0], arguments.heads, "--heads", "head", 1)
    _write_page(explanations, arguments, folder / PAGE)
    if not arguments.no_pictures:
        _draw(explanations, arguments, folder)


def _sentences(given):
    """The sentences that are not blank."""
    lines = given or [line for chunk in chunks_of([None], MOST_SENTENCES) for line in chunk]
    lines = [line for line in lines if line.strip()]
    if not lines:
        raise UserError("there is no sentence to explain: give one that is not blank")
    if len(lines) > MOST_SENTENCES:
        raise UserError(
            f"{len(lines)} sentences are more than a page can show: give at most {MOST_SENTENCES}"
        )
    return lines


def _check_choice(explanation, chosen, option, name, axis):
    """`UserError` for a layer or head that no attention has."""
    count = max(steps.weights.shape[axis] for steps in (explanation.encoder, explanation.decoder))
    if chosen and chosen != "all" and chosen[-1] > count:
        raise UserError(f"{option} {chosen[-1]}: the model has no such {name}, but 1 to {count}")


def _write_page(explanations, arguments, path):
    from keras_transformer.training.files import write_text
    from keras_transformer.visualization.page import build_page

    layers = arguments.vectors_of_layers
    if layers == "all":
        steps = (explanations[0].encoder, explanations[0].decoder)
        layers = range(1, max(len(each.weights) for each in steps) + 1)
    page = build_page(explanations, arguments.language or "", layers)
    write_text(path, page)
    print(path)


def _draw(explanations, arguments, folder):
    from keras_transformer.visualization.attention import KINDS, AttentionView
    from keras_transformer.visualization.style import save

    for number, explanation in enumerate(explanations, 1):
        for kind in KINDS if not explanation.is_blank else ():
            view = AttentionView.of(explanation, kind)
            for name, figure in _pictures(view, arguments.layers, arguments.heads):
                path = folder / f"sentence-{number}-{kind}{name}.png"
                save(figure, path)
                print(path)


def _pictures(view, layers, heads):
    """Pairs of the end of a file's name, and a figure."""
    from keras_transformer.visualization.attention import draw_attention, draw_heads, draw_layers

    if not layers and not heads:
        yield "", draw_layers(view)
        return
    for layer in _indices(layers or "all", view.weights.shape[0]):
        if not heads:
            yield f"-layer-{layer + 1}", draw_heads(view, layer)
            continue
        for head in _indices(heads, view.weights.shape[1]):
            yield f"-layer-{layer + 1}-head-{head + 1}", draw_attention(view, layer, head)


def _indices(chosen, count):
    """From 0; of a kind of attention with fewer layers, those that it has."""
    return range(count) if chosen == "all" else [each - 1 for each in chosen if each <= count]
