"""Our SavedModel in TensorFlow's session loader, as a server runs it."""

from keras_transformer.export.session import SessionModel
from systems.engine import Engine

GREEDY = 1


class OursIds(Engine):
    """The serving decoder alone: ids in, ids out, as the peers are measured.

    Options: `folder` of a SavedModel of `ids_export.py`.
    """

    def __init__(self, bundle, options):
        super().__init__(bundle, options)
        self.model = SessionModel(options["folder"])

    def prepare(self, rows, beam):
        signature = f"beam_{beam}" if beam > GREEDY else "greedy"
        inputs = {
            "source_ids": self.bundle.padded(rows),
            "limits": [self.bundle.limits[row] for row in rows],
        }
        return signature, inputs

    def run(self, batch):
        return self.model.run(*batch)

    def outputs(self, batch, result):
        rows = zip(result["ids"], result["lengths"], result["scores"], strict=True)
        return [self.output(ids[:length], float(score)) for ids, length, score in rows]


class OursText(Engine):
    """The export as it is served: texts in, texts out, tokenisation inside the time.

    Options: `folder` of one version, `tokenizers`, the folder of the translator.
    """

    def __init__(self, bundle, options):
        super().__init__(bundle, options)
        self.model = SessionModel(options["folder"])
        self._tokenizer = None  # only to look at the outcome: it is in the export, too

    def prepare(self, rows, beam):
        signature = "beam" if beam > GREEDY else "serving_default"
        texts = [self.bundle.sentences[row].encode() for row in rows]
        return signature, {"text": texts}, [self.bundle.limits[row] for row in rows]

    def run(self, batch):
        signature, inputs, _ = batch
        return self.model.run(signature, inputs)

    def outputs(self, batch, result):
        """Ids are those of the text, which are nearly always the ids that were produced."""
        if "translations" in result:
            texts, scores = result["translations"][:, 0], result["scores"][:, 0]
        else:
            texts, scores = result["translation"], result["score"]
        encoded = self._encode(list(texts))
        outputs = []
        for row, ids in enumerate(encoded):
            output = self.output([*ids, self.bundle.special_ids["end"]], float(scores[row]))
            if result["target_truncated"][row]:
                output = output._replace(length=batch[2][row])
            outputs.append(output)
        return outputs

    def _encode(self, texts):
        if self._tokenizer is None:
            from keras_transformer.tokenizers import TokenizerPair

            self._tokenizer = TokenizerPair.load(self.options["tokenizers"]).target
        return self._tokenizer.encode(texts)
