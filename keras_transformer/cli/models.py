"""Finding the model that a command names, before anything slow is imported."""

from pathlib import Path

from keras_transformer.errors import UserError

# The names of `runs.folder.WEIGHTS_BY_NAME`, which is slow to import.
WEIGHTS = ("best", "raw", "ema", "mean")


def add_weights_argument(parser):
    """Adds the choice between the weights of a run."""
    parser.add_argument(
        "--weights",
        metavar="NAME",
        choices=WEIGHTS,
        help="of a run: best (the default), those that the run chose, at their best evaluation; "
        "or at the newest one: raw, ema (exponential moving average), mean (of several epochs)",
    )


def check_model(path: str, exports: bool = True) -> Path:
    """The folder of a run or an export; raises `UserError` where it cannot be one."""
    folder = Path(path)
    wanted = "the folder of a run" + (" or of an export" if exports else "")
    if not folder.exists():
        raise UserError(
            f"{path} does not exist: expected {wanted}; 'keras-transformer train' makes one"
        )
    if not folder.is_dir():
        raise UserError(f"{path} is a file: expected {wanted}")
    if (folder / "config.yaml").exists():
        return folder
    is_export = (folder / "saved_model.pb").exists() or any(folder.glob("*/saved_model.pb"))
    if is_export and not exports:
        raise UserError(f"{path} is an export: expected {wanted}")
    if not is_export:
        files = "no config.yaml" + (" and no saved_model.pb" if exports else "")
        raise UserError(f"{path} holds {files}: expected {wanted}")
    return folder


def load_translator(path: str, exports: bool = True, weights: str | None = None):
    """The `Translator` of a run or an export.

    Args:
        path: of the folder.
        exports: whether it may be an export.
        weights: one of `WEIGHTS`, of a run only; None: the best.
    """
    folder = check_model(path, exports)
    if weights is None:
        from keras_transformer.translator import load_translator as load

        return load(folder)
    from keras_transformer.runs.folder import load_with_weights

    return load_with_weights(folder, weights)
