"""Hypotheses put in order by both directions of one model."""

from keras_transformer.decoding import options_of_each
from keras_transformer.decoding.requests import beam_size_of
from keras_transformer.decoding.strategies import NO_SCORE
from keras_transformer.errors import UserError


class ReverseRanking:
    """A translator that also asks how well a translation says what the source said.

    A beam ranks its hypotheses by the probability of the target given the source, which likes to
    leave things out. A model that was trained in both directions can translate back as well: its
    own probability of the source given each hypothesis is added, `score / lp(target) + weight *
    reverse / lp(source)` with `lp(y) = ((5 + |y|) / 6) ** length_penalty` (Xia et al. 2017, "Dual
    Inference for Machine Learning"; Yee et al. 2019, with a second model and a language model).
    It costs one pass of teacher forcing for each hypothesis, and no other model.

    Args:
        translator: `Translator` of a model that was trained with `data.both_directions`.
        weight: how much the reverse score counts, above 0.

    Raises:
        UserError: the model was not trained in both directions, or the weight is not above 0.
    """

    def __init__(self, translator, weight):
        if not getattr(translator, "both_directions", False):
            raise UserError(
                "Reverse scores need a model that translates both ways: the run of one that was "
                "trained with data.both_directions (an export has one direction)."
            )
        if not weight > 0:
            raise UserError(f"The weight of reverse scores is {weight}: expected more than 0.")
        self.translator = translator
        self.weight = weight

    @property
    def languages(self):
        """Codes of the source and the target language, `""` where unknown."""
        return self.translator.languages

    def translate(self, texts, options=None, batch_size=None, on_progress=None):
        """The best translation of each text; as `Translator.translate`."""
        found = self.hypotheses(texts, options, 1, batch_size, on_progress)
        return [hypotheses[0].text if hypotheses else "" for hypotheses in found]

    def hypotheses(self, texts, options=None, n_best=None, batch_size=None, on_progress=None):
        """The best translations of each text; as `Translator.hypotheses`.

        Their `ranking_score` is that of both directions together.

        Raises:
            UserError: no text has more than one hypothesis to choose from.
        """
        options = options_of_each(texts, options)
        default = self.translator.options.beam_size
        if texts and max(beam_size_of(each, default) for each in options) == 1:
            raise UserError(
                "Reverse scores choose among hypotheses, and there is one: give a beam "
                "(decoding.beam_size or --beam)."
            )
        found = self.translator.hypotheses(
            texts, options=options, batch_size=batch_size, on_progress=on_progress
        )
        sources = self._as_read(texts, found)
        pairs = [(row, each) for row, hypotheses in enumerate(found) for each in hypotheses]
        reverse = iter(
            self.translator.score(
                [each.text for _, each in pairs], [sources[row] for row, _ in pairs]
            )
        )
        penalties = map(self._length_penalty, options)
        return [
            self._in_order(hypotheses, reverse, penalty)[:n_best]
            for hypotheses, penalty in zip(found, penalties, strict=True)
        ]

    def _as_read(self, texts, found):
        """The texts, without the ends that were not translated."""
        texts = list(texts)
        for row, hypotheses in enumerate(found):
            if hypotheses and hypotheses[0].source_truncated:
                ids = self.translator.source_ids([texts[row]])
                (texts[row],) = self.translator.tokenizers.source.decode(ids)
        return texts

    def _in_order(self, hypotheses, reverse, length_penalty):
        ranked = []
        for each in hypotheses:
            score, tokens = next(reverse)
            score = self.weight * score / ((5 + tokens) / 6) ** length_penalty
            ranking_score = each.ranking_score + score
            if not tokens and len(hypotheses) > 1:  # an empty translation: nothing follows from it
                ranking_score = NO_SCORE
            ranked.append(each._replace(ranking_score=ranking_score))
        return sorted(ranked, key=lambda each: -each.ranking_score)

    def _length_penalty(self, options):
        chosen = options.length_penalty
        return self.translator.options.length_penalty if chosen < 0 else chosen
