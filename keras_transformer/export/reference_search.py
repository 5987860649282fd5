"""What `decoding/` finds for the requests of the gate, with beams and options."""

import dataclasses

import numpy as np

from keras_transformer.decoding import Decoder, Request, TranslationOptions, plan_search
from keras_transformer.decoding.strategies import NO_SCORE

OPTIONS = [
    TranslationOptions(),
    TranslationOptions(strategy="greedy", min_length=3, max_length=7),
    TranslationOptions(beam_size=2, length_penalty=1.3, no_repeat_ngram=2),
    TranslationOptions(strategy="sample", seed=17, temperature=0.7, top_k=11),
    TranslationOptions(strategy="sample", seed=19, top_p=0.8, prefix="1 a"),
    TranslationOptions(prefix="b", forbidden="a c 2"),
    TranslationOptions(beam_size=3, max_length=5),
]
# A search in which so much noise changes a choice is decided by rounding.
_NOISE = 5e-4


@dataclasses.dataclass(frozen=True)
class Disturbed:
    """A strategy that hears the model through a little noise in every second row."""

    strategy: object

    @property
    def num_hypotheses(self):
        """Those of the strategy."""
        return self.strategy.num_hypotheses

    @property
    def num_results(self):
        """Those of the strategy."""
        return self.strategy.num_results

    def start(self, options, max_length):
        """As the strategy does."""
        return self.strategy.start(options, max_length)

    def advance(self, state, logits, step):
        """As the strategy does, with other logits."""
        noise = np.random.default_rng(23).uniform(-_NOISE, _NOISE, logits.shape[-1])
        is_second = (np.arange(logits.shape[0]) % 2)[:, None, None]
        return self.strategy.advance(state, logits + (is_second * noise).astype("float32"), step)

    def finish(self, state):
        """As the strategy does."""
        return self.strategy.finish(state)


def best_translations(functions, sources, options):
    """Answers of `options`, which hold those of `beam`.

    Args:
        functions: `ServedFunctions`.
        sources: list of pairs: ids with the end mark, and whether they were cut.
        options: list of `TranslationOptions`, one a source.

    Returns:
        List of dicts. Where rounding decides, an answer has the flag of the source alone.
    """
    sizes, special_ids = functions.search, functions.special_ids
    answers = [_answer(sizes.num_results, cut, [("", 0.0, 0.0)], False) for _, cut in sources]
    # Each one twice: the second time, with noise.
    rows = [row for row, (ids, _) in enumerate(sources) if len(ids) > 1 for _ in range(2)]
    if not rows:
        return answers
    requests = [_request(functions, sources[row][0], options[row]) for row in rows]
    # No more room than any row needs: the cache of `decoding/` is always full.
    longest = max(request.options.max_length or request.limit for request in requests)
    decoder = Decoder(functions.model, special_ids.start, special_ids.end, len(rows), 0, longest)
    strategy, search_options = plan_search(requests, special_ids, *sizes.in_order())
    chosen = [sources[row][0] for row in rows]
    found = decoder.search(chosen, Disturbed(strategy), search_options)
    for place in range(0, len(rows), 2):
        row = rows[place]
        one, other = (_in_words(functions, found, place + second) for second in range(2))
        # In half precision rounding decides too often: there, greedy search is the judge.
        is_sure = functions.rounding == 1.0 and [t for t, *_ in one] == [t for t, *_ in other]
        if is_sure:
            truncated = bool(found.truncated[place, 0])
            answers[row] = _answer(sizes.num_results, sources[row][1], one, truncated)
        else:
            answers[row] = {"source_truncated": sources[row][1]}
    return answers


def _request(functions, source, options):
    encode = functions.tokenizers.target.encode
    return Request(
        options,
        functions.limits.target(len(source) - 1),
        encode([options.prefix])[0],
        [ids for ids in encode(options.forbidden.split()) if len(ids)],
    )


def _in_words(functions, found, row):
    """Text, score and ranking score of each hypothesis, the better of those that say the same."""
    lines = {}
    for place in range(found.count[row]):
        ids = found.ids[row, place, : found.lengths[row, place]]
        text = functions.tokenizers.target.decode([ids])[0]
        lines.setdefault(text, (text, found.scores[row, place], found.ranking_scores[row, place]))
    return list(lines.values())


def _answer(num_results, source_truncated, lines, target_truncated):
    missing = [("", NO_SCORE, NO_SCORE)] * (num_results - len(lines))
    texts, scores, ranking_scores = zip(*lines, *missing, strict=True)
    return {
        "translations": list(texts),
        "scores": np.array(scores, "float32"),
        "ranking_scores": np.array(ranking_scores, "float32"),
        "source_truncated": source_truncated,
        "target_truncated": target_truncated,
        "count": len(lines),
        "warnings": "",
    }
