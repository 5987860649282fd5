"""A small corpus for benchmarks that ask how a run behaves and not how well it translates."""

import random

WORDS = "가 나 다 라 마 바 사 아 자 차 카 타 파 하".split()


def write_corpus(folder, num_pairs):
    """Sentences and their translations word by word."""
    draw = random.Random(7)
    pairs = [[draw.randrange(14) for _ in range(draw.randint(2, 9))] for _ in range(num_pairs)]
    for name, words in (("ko", WORDS), ("en", [chr(97 + i) * 2 for i in range(14)])):
        text = "".join(" ".join(words[i] for i in pair) + "\n" for pair in pairs)
        (folder / f"train.{name}").write_text(text, encoding="utf-8")
