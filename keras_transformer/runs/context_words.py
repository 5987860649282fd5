"""Words that only context tells apart, in the encoder of a trained model."""

from keras_transformer.errors import UserError
from keras_transformer.visualization.context_words import find_word

# In the words of the sample corpus. The two sentences of a pair differ in one other word, and the
# word in question stands at the same place in both: nothing but that word can tell it apart.
EXAMPLES = {
    "은행": ("경찰관은 이 은행이 넓어서 좋아해요.", "경찰관은 이 은행이 신선해서 좋아해요."),
    "배": ("룸메이트는 그 배가 안전해서 좋아해요.", "룸메이트는 그 배가 달아서 좋아해요."),
    "눈": ("친구는 어제 눈을 감았어요.", "친구는 어제 눈을 치웠어요."),
    "인도": ("경찰관은 인도를 여행했어요.", "경찰관은 인도를 쓸었어요."),
    "말": ("누나는 민수의 말을 탔어요.", "누나는 민수의 말을 믿었어요."),
}


def words_in(translator, word, sentences):
    """A word in each of several sentences, inside the encoder.

    Args:
        translator: a `Translator`.
        word: the beginning of a word of each sentence.
        sentences: list of strings.

    Returns:
        List of `WordInSentence`.

    Raises:
        UserError: a sentence does not have the word.
    """
    if not word.strip() or any(letter.isspace() for letter in word):
        raise UserError(f'"{word}" is not one word: give a word without spaces.')
    kind = translator.tokenizers.source.kind
    explanations = translator.explain(sentences)
    return [
        find_word(translator.model, ids, explanation, word, kind)
        for ids, explanation in zip(translator.source_ids(sentences), explanations, strict=True)
    ]


def examples_for(translator):
    """The built-in pairs of sentences by word.

    Raises:
        UserError: the run does not read Korean.
    """
    language = translator.languages[0]
    if language not in ("ko", ""):
        raise UserError(
            f"The sentences that are built in are Korean, and this run translates from {language}: "
            'give a word and two sentences, such as bank "..." "...".'
        )
    return EXAMPLES
