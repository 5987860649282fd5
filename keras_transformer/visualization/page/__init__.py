"""An interactive page in one file: attention that one can follow, number by number."""

from keras_transformer.visualization.page.builder import LANGUAGES, build_page

__all__ = ["LANGUAGES", "build_page"]
