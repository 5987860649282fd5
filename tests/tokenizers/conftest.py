"""Hard strings, a small Korean and English corpus, and one tokenizer of each sort."""

import random

import pytest

HARD_TEXTS = {
    "empty": "",
    "blank": " \t\n\u3000\u00a0\u2028 ",
    "composed hangul": "나는 학생입니다.",
    "decomposed hangul": "\u1102\u1161\u1102\u1173\u11ab \u1112\u1161\u11a8\u1109\u1162\u11bc",
    "jamo alone": "\u1100 \u1161 \u11a8 \u1100\u11a8 ㄱㅏㅋㅋㅋ",
    "emoji with joiners": "가족 👨‍👩‍👧‍👦 🏳️‍🌈 👍🏽!",
    "marks out of order": "a\u0301\u0316 q\u0307\u0323 \u1e0b\u0323 d\u0307\u0323",
    "singletons": "\u212b \u2126 \uf900 \u0958 \u2adc",
    "newer combining marks": "a\u0897\u0301 a\U00010efd\u0323 \U00011382\U000113c9 e\u0301",
    "newer punctuation": "a\u061db \u2e52 c\U00011944 \U00016d6dd",
    "nul": "\0a\0b \0",
    "tabs and newlines": "\ta\tb\r\nc\vd\u0085e\u2029 ",
    "controls": "\x01\x07\x1b[0m\x7f\x9f",
    "zero width": "a\u200bb\u200d\u200c\ufeffc\u2060 \ufeff",
    "noncharacters": "\ufffe\uffff\ufdd0\U0010ffff",
    "direction marks": "\u202eabc\u202c שלום مرحبا",
    "very long word": "x" * 10_000,
    "very long hangul": "가나다" * 3_334,
    "literal specials": "</s> <pad> <s> <unk>a</s>b<pad>",
    "literal bytes": "<0x41><0x00> [UNK] ##ing ⁇",
    "word mark": "▁ ▁a b▁ a▁▁b",
    "word mark alone": "▁",
    "replacement marks": "a\ufffd\ufffdb\ufffd",
    "many spaces": "  a   b  ",
    "other scripts": "漢字かな交じり文 ﾊﾝｶｸ ไทย हिन्दी",
}
HARD_BYTES = {
    "truncated": b"a\xed\x95 b\xf0\x9f\x91",
    "overlong": b"\xc0\xaf \xe0\x80\xaf \xf0\x80\x80\xaf \xc1\xbf",
    "surrogates": b"\xed\xa0\x80 \xed\xbf\xbf \xed\xa0\xbd\xed\xb8\x80",
    "above the last code point": b"\xf4\x90\x80\x80 \xf5\x80\x80\x80 \xf8\x88\x80\x80\x80",
    "never a byte": b"\xff\xfe a\xff",
    "continuation alone": b"\x80\xbf a\x80",
    "latin-1": "déjà vu".encode("latin-1"),
    "utf-16": "한국".encode("utf-16"),
    "cut hangul": "한국어".encode()[:-1] + "말".encode(),
    "nul and broken": b"\0\xc3\0\xc3\xa9",
}


def _fuzz(count, seed):
    """Byte strings: random bytes, and random cuts of hard texts put together."""
    generator = random.Random(seed)
    hard = [text.encode() for text in HARD_TEXTS.values()] + list(HARD_BYTES.values())
    hard = [text[:60] for text in hard]
    texts = []
    for _ in range(count):
        parts = []
        for _ in range(generator.randrange(1, 6)):
            text = generator.choice(hard)
            start = generator.randrange(len(text) + 1)
            parts.append(text[start : start + generator.randrange(1, 23)])
            parts.append(bytes(generator.randrange(256) for _ in range(generator.randrange(5))))
        texts.append(b"".join(parts))
    return texts


def _corpus():
    subjects = (("나는", "I"), ("학생은", "The student"), ("우리 어머니는", "My mother"))
    objects = (("책을", "a book"), ("물을", "water"), ("한국어를", "Korean"), ("배를", "a pear"))
    verbs = (("읽었다.", "read"), ("좋아합니다.", "likes"), ("안 샀어요?", "did not buy"))
    times = (("어제", "yesterday"), ("지금", "now"), ("1987년에", "in 1987"))
    source, target = [], []
    for subject in subjects:
        for item in objects:
            for verb in verbs:
                for time in times:
                    source.append(f"{time[0]} {subject[0]} {item[0]} {verb[0]}")
                    target.append(f"{subject[1]} {verb[1]} {item[1]} {time[1]}.")
    return source, target


@pytest.fixture(scope="session")
def corpus():
    """`(source, target)`: 108 Korean and 108 English sentences."""
    return _corpus()


@pytest.fixture(scope="session")
def hard_texts():
    """Every hard string, as bytes, and 300 fuzzed ones."""
    texts = [text.encode() for text in HARD_TEXTS.values()] + list(HARD_BYTES.values())
    return texts + _fuzz(300, seed=7)


@pytest.fixture(scope="session")
def tokenizer_of(corpus):
    """Function from a name (`"unigram"`, `"bpe without bytes"`, ...) to a trained tokenizer."""
    from keras_transformer.tokenizers import train_tokenizer

    made = {}

    def make(name):
        if name not in made:
            kind = name.split()[0]
            options = {"byte_fallback": False} if "without bytes" in name else {}
            size = 151 if "without bytes" in name else 409
            texts = corpus[0] + corpus[1]
            made[name] = train_tokenizer(kind, texts, size, progress=lambda line: None, **options)
        return made[name]

    return make
