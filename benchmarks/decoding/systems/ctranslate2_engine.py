"""CTranslate2, the specialised engine (https://github.com/OpenNMT/CTranslate2)."""

import ctranslate2

from systems.engine import Engine


class CTranslate2(Engine):
    """`ctranslate2.Translator` on the converted model; two workers where each has one thread.

    Options: `folder` of the converted model, `compute_type`.
    """

    def __init__(self, bundle, options):
        super().__init__(bundle, options)
        self.number = {piece: number for number, piece in enumerate(bundle.vocabulary)}
        intra_threads = options["intra_threads"]
        self.translator = ctranslate2.Translator(
            options["folder"],
            device="cpu",
            compute_type=options["compute_type"],
            inter_threads=2 if intra_threads == 1 else 1,
            intra_threads=intra_threads,
        )

    def prepare(self, rows, beam):
        # The end mark is added by CTranslate2, as its configuration says.
        pieces = [[self.bundle.vocabulary[i] for i in self.bundle.source_ids[r][:-1]] for r in rows]
        forced = self.bundle.forced_length
        # One limit a request: that of the longest. Its limit does not count the end mark.
        longest = max(self.bundle.limits[row] for row in rows)
        return pieces, {
            "beam_size": beam,
            "length_penalty": 0,
            "max_decoding_length": longest,
            "min_decoding_length": forced or 1,
            "return_scores": True,
        }

    def run(self, batch):
        pieces, options = batch
        return self.translator.translate_batch(pieces, **options)

    def outputs(self, batch, result):
        outputs = []
        for row in result:
            ids = [self.number[piece] for piece in row.hypotheses[0]]
            if not self.bundle.forced_length:
                ids.append(self.bundle.special_ids["end"])
            outputs.append(self.output(ids, row.scores[0]))
        return outputs
