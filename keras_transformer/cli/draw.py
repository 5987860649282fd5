"""Draw the parts of a model as PNG pictures.

examples:
  keras-transformer draw positions
  keras-transformer draw masks runs/demo
  keras-transformer draw schedule runs/demo
  keras-transformer draw smoothing runs/demo "나는 학생입니다." "I am a student."
  keras-transformer draw heads runs/demo "나는 학생입니다." --kind encoder --layer 2
  keras-transformer draw attention exports/demo "나는 학생입니다." --kinds cross
  keras-transformer draw attention runs/demo "나는 학생입니다." --layers 3 --heads all

'keras-transformer draw PICTURE --help' tells the options of a picture.
"""

import argparse
from pathlib import Path

from keras_transformer.cli.explain import choice
from keras_transformer.cli.models import check_model, load_translator
from keras_transformer.cli.parser import add_model_argument, positive
from keras_transformer.errors import UserError

_KINDS = ("encoder", "decoder", "cross")
MOST_ROWS = 50


def add_arguments(parser):
    """Adds a command for each picture."""
    pictures = parser.add_subparsers(
        title="pictures", metavar="PICTURE ...", dest="picture", required=True
    )
    for name, (summary, add, draw) in _PICTURES.items():
        picture = pictures.add_parser(name, help=summary, description=summary.capitalize() + ".")
        add(picture)
        picture.add_argument(
            "--output",
            metavar="FOLDER",
            default="pictures",
            help="folder for the PNG files, made if needed (%(default)s)",
        )
        picture.set_defaults(draw=draw, parser=picture)


def run(arguments):
    """Draws, and prints the name of each file."""
    folder = Path(arguments.output)
    if folder.exists() and not folder.is_dir():
        raise UserError(f"--output {folder} is a file: give the name of a folder")
    from keras_transformer.visualization.style import check_matplotlib, check_picture_path, save

    check_matplotlib()
    if arguments.picture not in ("heads", "attention"):  # else names follow from the model
        check_picture_path(folder / f"{arguments.picture}.png")
    for name, figure in arguments.draw(arguments):
        save(figure, folder / f"{name}.png")
        print(folder / f"{name}.png")


def _add_positions(parser):
    parser.add_argument(
        "--length", type=_size, default=100, help="number of positions (%(default)s)"
    )
    parser.add_argument(
        "--hidden-dim", type=_size, default=128, help="width of the model (%(default)s)"
    )


def _draw_positions(arguments):
    if arguments.hidden_dim % 2:
        raise UserError(f"--hidden-dim {arguments.hidden_dim} is odd: sines and cosines are pairs")
    import keras

    from keras_transformer.layers import SinusoidalPositions
    from keras_transformer.visualization.parts import draw_positions

    table = SinusoidalPositions().encoding(arguments.length, arguments.hidden_dim)
    yield "positions", draw_positions(keras.ops.convert_to_numpy(table))


def _add_masks(parser):
    add_model_argument(parser, exports=False)
    parser.add_argument(
        "sentences",
        metavar="SENTENCE",
        nargs="*",
        help="rows of the batch; none: rows of the first batch the run was trained on",
    )


def _draw_masks(arguments):
    if len(arguments.sentences) > MOST_ROWS:
        raise UserError(
            f"{len(arguments.sentences)} sentences are more than a picture can show: give at most "
            f"{MOST_ROWS}"
        )
    folder = check_model(arguments.model, exports=False)
    import keras

    from keras_transformer import masks
    from keras_transformer.tokenizers import TokenizerPair
    from keras_transformer.visualization.parts import draw_masks

    to_numpy, to_tensor = keras.ops.convert_to_numpy, keras.ops.convert_to_tensor
    tokenizer = TokenizerPair.load(folder).source
    if arguments.sentences:
        source_ids, target = _given_batch(arguments, tokenizer.padding_id)
    else:
        source_ids, target = _trained_batch(folder)
    padding_mask = masks.padding_mask(to_tensor(source_ids), tokenizer.padding_id)
    look_ahead_mask = masks.causal_mask(len(target))
    batch = [tokenizer.tokens(row[row != tokenizer.padding_id]) for row in source_ids]
    yield (
        "masks",
        draw_masks(batch, to_numpy(padding_mask)[:, 0], target, to_numpy(look_ahead_mask)[0]),
    )


def _given_batch(arguments, padding_id):
    """Padded ids of the given sources, and the tokens the decoder reads to translate the first."""
    from keras_transformer.tokenizers import pad_rows

    translator = load_translator(arguments.model, exports=False)
    found = translator.explain(arguments.sentences[:1])
    _check_not_blank(found)
    source_ids = pad_rows(translator.source_ids(arguments.sentences), padding_id)
    return source_ids, found[0].input_tokens


def _trained_batch(folder):
    """Ids of rows of a training batch, and the tokens the decoder reads of the middle one."""
    from keras_transformer.runs.pictures import training_batch
    from keras_transformer.tokenizers import TokenizerPair

    tokenizer = TokenizerPair.load(folder).target
    source_ids, target_ids = training_batch(folder)
    target = target_ids[len(target_ids) // 2]
    return source_ids, tokenizer.tokens(target[target != tokenizer.padding_id])


def _add_schedule(parser):
    add_model_argument(parser, exports=False)


def _draw_schedule(arguments):
    folder = check_model(arguments.model, exports=False)
    from keras_transformer.runs.pictures import learning_rates
    from keras_transformer.visualization.parts import draw_schedule

    title = f"The learning rate of {folder.resolve().name}"
    yield "schedule", draw_schedule(*learning_rates(folder), title)


def _add_smoothing(parser):
    add_model_argument(parser, exports=False)
    parser.add_argument(
        "pair",
        metavar="SOURCE TARGET",
        nargs="*",
        help="a sentence and its translation; none: a pair the run was trained on",
    )


def _draw_smoothing(arguments):
    if len(arguments.pair) not in (0, 2):
        raise UserError(
            "draw smoothing takes a sentence and its translation, or none; there are "
            f"{len(arguments.pair)} texts: put each into quotation marks"
        )
    folder = check_model(arguments.model, exports=False)
    from keras_transformer.runs.folder import load_run_config
    from keras_transformer.visualization.parts import draw_smoothing

    translator = load_translator(folder, exports=False)
    source, target = arguments.pair or _trained_pair(folder, translator.tokenizers)
    tokenizer = translator.tokenizers.target
    (found,) = translator.explain([source], [target], num_candidates=tokenizer.vocabulary_size)
    _check_not_blank([found])
    yield (
        "smoothing",
        draw_smoothing(
            found.target_tokens,
            [*tokenizer.encode([target])[0], tokenizer.end_id],
            load_run_config(folder).training.label_smoothing,
            found.candidate_tokens,
            found.candidate_probabilities,
        ),
    )


def _trained_pair(path, tokenizers):
    from keras_transformer.runs.pictures import training_batch

    source_ids, target_ids = (rows[len(rows) // 2] for rows in training_batch(path))
    return tokenizers.source.decode([source_ids])[0], tokenizers.target.decode([target_ids])[0]


def _add_heads(parser):
    _add_sentences(parser)
    parser.add_argument(
        "--kind", choices=_KINDS, default="encoder", help="kind of attention (%(default)s)"
    )
    parser.add_argument(
        "--layer", metavar="N", type=positive, help="its layer, from 1 (the last but one)"
    )


def _draw_heads(arguments):
    from keras_transformer.visualization.attention import draw_heads

    for prefix, view in _views(arguments, (arguments.kind,)):
        num_layers = len(view.weights)
        layer = arguments.layer or max(num_layers - 1, 1)
        _check_number("--layer", layer, "layers", num_layers)
        yield f"{prefix}heads-{view.kind}-layer-{layer}", draw_heads(view, layer - 1)


def _add_attention(parser):
    _add_sentences(parser)
    parser.add_argument(
        "--kinds", choices=_KINDS, nargs="+", default=_KINDS, help="kinds of attention (all)"
    )
    parser.add_argument(
        "--layers",
        metavar="N,...|all",
        type=choice,
        help="a large picture of each of these layers, and not one small one of all",
    )
    parser.add_argument(
        "--heads",
        metavar="N,...|all",
        type=choice,
        help="a picture of each of these heads in each layer, and not of their mean",
    )


def _draw_attention(arguments):
    from keras_transformer.visualization.attention import draw_attention, draw_layers

    for prefix, view in _views(arguments, arguments.kinds):
        name = f"{prefix}attention-{view.kind}"
        if not (arguments.layers or arguments.heads):
            yield name, draw_layers(view)
            continue
        num_layers, num_heads = view.weights.shape[:2]
        for layer in _numbers("--layers", arguments.layers or "all", "layers", num_layers):
            if not arguments.heads:
                yield f"{name}-layer-{layer}", draw_attention(view, layer - 1)
                continue
            for head in _numbers("--heads", arguments.heads, "heads", num_heads):
                picture = draw_attention(view, layer - 1, head - 1)
                yield f"{name}-layer-{layer}-head-{head}", picture


def _add_sentences(parser):
    add_model_argument(parser, exports=True)
    parser.add_argument("sentences", metavar="SENTENCE", nargs="+", help="what to translate")


def _views(arguments, kinds):
    """Each kind of attention of each sentence, with the start of the names of its pictures."""
    from keras_transformer.visualization.attention import AttentionView

    check_model(arguments.model)
    explanations = _explained(arguments)
    for number, explanation in enumerate(explanations, 1):
        prefix = f"sentence-{number}-" if len(explanations) > 1 else ""
        for kind in kinds:
            yield prefix, AttentionView.of(explanation, kind)


def _explained(arguments):
    """Explanations of the sentences that are arguments."""
    from keras_transformer.visualization.explanation import explanations_of_served

    found = explanations_of_served(load_translator(arguments.model).explain(arguments.sentences))
    _check_not_blank(found)
    return found


def _check_not_blank(explanations):
    if any(each.is_blank for each in explanations):
        raise UserError("a sentence is blank: there is nothing to draw of it; give another one")


def _numbers(option, chosen, name, count):
    if chosen == "all":
        return range(1, count + 1)
    _check_number(option, max(chosen), name, count)
    return chosen


def _check_number(option, number, name, count):
    if number > count:
        raise UserError(
            f"{option} {number}: there is none; the {name} of this attention are 1 to {count}"
        )


def _size(text):
    """An argparse type: a whole number from 2 to 2048."""
    value = positive(text)
    if not 2 <= value <= 2048:
        raise argparse.ArgumentTypeError(f"{value} is not from 2 to 2048")
    return value


_PICTURES = {
    "positions": (
        "the table of sinusoidal positions and their dot products by distance",
        _add_positions,
        _draw_positions,
    ),
    "masks": (
        "the padding mask of a batch and the look-ahead mask of a target",
        _add_masks,
        _draw_masks,
    ),
    "schedule": (
        "the schedule of the learning rate with the epochs of a run on it",
        _add_schedule,
        _draw_schedule,
    ),
    "smoothing": (
        "what a model is asked to say with label smoothing, and what it says",
        _add_smoothing,
        _draw_smoothing,
    ),
    "heads": ("all heads of one layer side by side", _add_heads, _draw_heads),
    "attention": (
        "attention of all layers and heads, or of chosen ones",
        _add_attention,
        _draw_attention,
    ),
}
