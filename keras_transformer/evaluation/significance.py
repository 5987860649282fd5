"""Whether one system translates better than another, or the test set was kind to it."""

from typing import NamedTuple

from keras_transformer.errors import UserError
from keras_transformer.evaluation.scores import bleu_tokenizer, check_tokenizer

RESAMPLES = 1000


class TestedScore(NamedTuple):
    """A system's score and how certain it is.

    Attributes:
        score: on the test set.
        mean: over resamples of the test set.
        interval: half of the 95 % confidence interval around it.
        p_value: how probable a difference to the first system as large as this one, or larger,
            would be if both were equally good; None for the first system.
    """

    score: float
    mean: float
    interval: float
    p_value: float | None


class MetricTest(NamedTuple):
    """One metric of all systems: its name, sacreBLEU's signature, a `TestedScore` each."""

    metric: str
    signature: str
    scores: list


def paired_bootstrap(systems, references, language="", tokenizer="", resamples=RESAMPLES):
    """sacreBLEU's paired bootstrap test of BLEU and chrF: all systems against the first.

    Args:
        systems: dict of name -> translations, line by line; at least two.
        references: list of strings.
        language, tokenizer: as for `corpus_scores`.
        resamples: how often as many sentences are drawn from the test set.

    Returns:
        List of `MetricTest`, BLEU first. The draws have a fixed seed (`SACREBLEU_SEED`).

    Raises:
        UserError: the systems have different numbers of translations.

    Reference:
        Koehn 2004, "Statistical Significance Tests for Machine Translation Evaluation".
    """
    from sacrebleu.metrics import BLEU, CHRF
    from sacrebleu.significance import PairedTest

    for name, lines in systems.items():
        if len(lines) != len(references):
            raise UserError(
                f"{name} has {len(lines)} translations, and there are {len(references)} "
                "references: give one translation for each."
            )
    tokenizer = tokenizer or bleu_tokenizer(language)
    check_tokenizer(tokenizer)
    metrics = {"BLEU": BLEU(tokenize=tokenizer, force=tokenizer == "none"), "chrF": CHRF()}
    test = PairedTest(
        list(systems.items()), metrics, [references], test_type="bs", n_samples=resamples
    )
    signatures, scores = test()
    return [
        MetricTest(metric, str(signature), _tested(scores[metric]))
        for metric, signature in signatures.items()
    ]


def _tested(results):
    """sacreBLEU's results of one metric, the first system first, as a `TestedScore` each."""
    tested = []
    for one in results:
        p_value = one.p_value
        if p_value is not None and one.score == results[0].score:
            p_value = 1.0  # sacreBLEU counts differences above none at all, and finds none
        tested.append(TestedScore(float(one.score), float(one.mean), float(one.ci), p_value))
    return tested
