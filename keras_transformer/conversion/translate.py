"""Translates with a CTranslate2 model that keras-transformer wrote: lines in, lines out.

This file lies in the model's folder and needs no keras_transformer (but for the tokenizers
`wordpiece` and `bytes`):

    pip install ctranslate2 sentencepiece
    python FOLDER/translate.py < input.txt
"""

import argparse
import itertools
import json
import re
import sys
import unicodedata
from pathlib import Path


class CTranslate2Translator:
    """Text in, text out; by default the texts that keras-transformer's greedy search gives.

    Args:
        folder: of the model.
        **options: of `ctranslate2.Translator`, such as `device`, `compute_type`, `inter_threads`.
    """

    def __init__(self, folder, **options):
        import ctranslate2

        folder = Path(folder)
        self.description = _read_json(folder / "translation.json")
        self._white_space = re.compile(self.description["white_space"] + "+")
        self._not_composed = re.compile(self.description["not_composed"])
        self.source, self.target = _tokenizers(folder, self.description)
        self.model = ctranslate2.Translator(str(folder), **options)

    def translate(self, texts, batch_size=64, **options):
        """Translates a list of sentences; a blank one gives an empty text.

        Args:
            texts: list of strings.
            batch_size: sentences translated together.
            **options: of `ctranslate2.Translator.translate_batch`; greedy search (`beam_size=1`)
                and no minimal length if not given.

        Returns:
            List of strings.
        """
        # CTranslate2 would make at least one token, and stop at 256 of them.
        options = {"beam_size": 1, "min_decoding_length": 0, "max_input_length": 0, **options}
        sources = self.pieces(texts)
        rows = [row for row, pieces in enumerate(sources) if pieces]
        rows.sort(key=lambda row: len(sources[row]))
        running = []
        for start in range(0, len(rows), batch_size):
            batch = rows[start : start + batch_size]
            limit = self.limit(len(sources[batch[-1]]))
            running += self.model.translate_batch(
                [sources[row] for row in batch],
                asynchronous=True,
                **{"max_decoding_length": limit, **options},
            )
        translations = [""] * len(texts)
        for row, result in zip(rows, running, strict=True):
            pieces = result.result().hypotheses[0][: self.limit(len(sources[row]))]
            translations[row] = self.target.text(pieces)
        return translations

    def pieces(self, texts):
        """What CTranslate2 is given for each text; it adds the end mark itself."""
        longest = self.description["max_source_length"]
        return [self.source.pieces(self.clean(text))[:longest] for text in texts]

    def limit(self, num_pieces):
        """The most tokens of the translation of so many pieces, end mark included."""
        factor = self.description["max_length_factor"]
        return int(factor * num_pieces) + self.description["max_length_constant"]

    def clean(self, text):
        """Valid UTF-8, composed (NFC), with single spaces: how the tokenizers read every text."""
        text = text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
        text = re.sub("\ufffd{2,}", "\ufffd", text)
        if not self._not_composed.search(text):
            text = unicodedata.normalize("NFC", text)
        return self._white_space.sub(" ", text).strip(" ")


class _SentencePiece:
    """A SentencePiece model."""

    def __init__(self, folder, name):
        import sentencepiece

        self._processor = sentencepiece.SentencePieceProcessor()
        self._processor.LoadFromSerializedProto((folder / f"{name}.model").read_bytes())

    def pieces(self, text):
        # By way of ids: an unknown piece is "<unk>" then, whatever it looks like.
        return self._processor.id_to_piece(self._processor.encode(text))

    def text(self, pieces):
        return self._processor.decode(self._processor.piece_to_id(pieces))


class _Other:
    """Any tokenizer of keras_transformer."""

    def __init__(self, folder, name):
        from keras_transformer.tokenizers import load_tokenizer

        self._tokenizer = load_tokenizer(folder, name)
        pieces = self._tokenizer.tokens(range(self._tokenizer.vocabulary_size))
        self._ids = {piece: id for id, piece in enumerate(pieces)}

    def pieces(self, text):
        return self._tokenizer.tokens(self._tokenizer.encode([text])[0])

    def text(self, pieces):
        return self._tokenizer.decode([[self._ids[piece] for piece in pieces]])[0]


def _tokenizers(folder, description):
    """Those of source and target, which may be one."""

    def load(name):
        kind = _read_json(folder / f"{name}.json")["kind"]
        return (_SentencePiece if kind in ("unigram", "bpe") else _Other)(folder, name)

    names = description["source_tokenizer"], description["target_tokenizer"]
    loaded = {name: load(name) for name in names}
    return [loaded[name] for name in names]


def _read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def main(arguments=None):
    """Translates standard input."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--model", default=Path(__file__).parent, help="folder (that of this file)")
    parser.add_argument("--beam-size", type=int, default=1, help="1, the default, is greedy")
    parser.add_argument("--batch-size", type=int, default=64, help="sentences translated together")
    parser.add_argument("--device", default="cpu", help="cpu (the default), cuda or auto")
    parser.add_argument("--compute-type", default="default", help="such as int8 or float32")
    parser.add_argument(
        "--threads", type=int, default=0, help="0, the default: as many as cores, at most 4"
    )
    chosen = parser.parse_args(arguments)
    translator = CTranslate2Translator(
        chosen.model,
        device=chosen.device,
        compute_type=chosen.compute_type,
        intra_threads=chosen.threads,
    )
    lines = (line.decode("utf-8", "replace") for line in sys.stdin.buffer)
    while chunk := list(itertools.islice(lines, 1024)):
        for text in translator.translate(chunk, chosen.batch_size, beam_size=chosen.beam_size):
            text = text.replace("\r", " ").replace("\n", " ")
            sys.stdout.buffer.write(text.encode("utf-8") + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
