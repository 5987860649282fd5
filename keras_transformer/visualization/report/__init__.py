"""`report.html` of a run: data in, one page out."""

from keras_transformer.visualization.report.data import (
    CorpusFacts,
    LengthScores,
    Report,
    SampleTranslation,
)
from keras_transformer.visualization.report.page import report_page

__all__ = ["CorpusFacts", "LengthScores", "Report", "SampleTranslation", "report_page"]
