"""What `report.html` of a run tells, as data; `report_page` makes the page of it."""

from dataclasses import dataclass, field

import numpy as np


@dataclass(frozen=True, eq=False)
class SampleTranslation:
    """One translated sentence.

    Attributes:
        source, reference, translation: texts.
        score: chrF of the sentence, 0 to 100.
        source_tokens, target_tokens: pieces, end marks last.
        attention: `(T, S)`, how much each target token looks at each source token, or None.
    """

    source: str
    reference: str
    translation: str
    score: float
    source_tokens: tuple[str, ...] = ()
    target_tokens: tuple[str, ...] = ()
    attention: np.ndarray | None = None


@dataclass(frozen=True)
class LengthScores:
    """Scores of the sentences whose source has `low` to `high` tokens."""

    low: int
    high: int
    sentences: int
    bleu: float
    chrf: float


@dataclass(frozen=True, eq=False)
class CorpusFacts:
    """The training pairs and what became of them.

    Attributes:
        num_read: pairs read.
        dropped: reason -> pairs left out for it.
        num_pairs: pairs trained on.
        source_lengths, target_lengths: tokens of each pair, int arrays.
        validation, test: sentences of these sets; None where unknown, 0 where there is no set.
    """

    num_read: int
    dropped: dict[str, int]
    num_pairs: int
    source_lengths: np.ndarray
    target_lengths: np.ndarray
    validation: int | None = None
    test: int | None = None


@dataclass(frozen=True, eq=False)
class Report:
    """A run as its report shows it.

    Attributes:
        name: of the run.
        languages: codes of source and target, `""` where unknown.
        written: when, as text.
        status: one sentence on how far the run is.
        finished: whether it is at its end.
        model: facts of the model and its vocabulary, name -> text.
        history: one dict an epoch, in order and without repetitions.
        scores: as `evaluate_run` gives them, or None.
        decoding: how its translations are made, in words.
        by_length: list of `LengthScores`, short sentences first.
        best, worst: `SampleTranslation`s, best first and worst first.
        samples_of: which sentences these are, in words.
        attention_of: which layer the attention is of, in words.
        corpus: `CorpusFacts` or None.
        changed: settings that differ from their defaults, rows of key, value and default.
        commands: what to type to repeat the run, label -> command.
        settings: the whole configuration as YAML.
        machines: machines it was trained on, each as name -> text.
        missing: section -> one sentence on what is not there and why. Sections: `scores`,
            `curves`, `lengths`, `translations`, `attention`, `corpus`, `machine`.
    """

    name: str
    languages: tuple[str, str]
    written: str
    status: str
    finished: bool
    model: dict[str, str]
    history: list[dict]
    scores: dict | None
    decoding: str
    by_length: list[LengthScores]
    best: list[SampleTranslation]
    worst: list[SampleTranslation]
    samples_of: str
    attention_of: str
    corpus: CorpusFacts | None
    changed: list[tuple[str, str, str]]
    commands: dict[str, str]
    settings: str
    machines: list[dict[str, str]]
    missing: dict[str, str] = field(default_factory=dict)
