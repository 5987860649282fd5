"""The page as a string: packing, budget, texts in both languages, and nothing that could run."""

import base64
import gzip
import json
import re
from importlib.resources import files

import numpy as np
import pytest

from keras_transformer.errors import UserError
from keras_transformer.visualization.page import build_page
from keras_transformer.visualization.page.builder import SCRIPTS
from keras_transformer.visualization.page.packing import (
    KINDS,
    VectorPlan,
    pack_sentence,
    plan_vectors,
)
from tests.visualization.page_browser import (
    DECODER_LAYERS,
    ENCODER_LAYERS,
    as_exported,
    explanation_of,
)

FOLDER = files("keras_transformer.visualization.page")
ALL = {"encoder": [0, 1, 2], "decoder": [0, 1], "cross": [0, 1]}
NOTHING = {kind: [] for kind in KINDS}


def blocks(page):
    """The JSON blocks of a page by id."""
    pattern = r'<script type="application/json" id="([^"]*)">(.*?)</script>'
    return {name: json.loads(text) for name, text in re.findall(pattern, page, re.DOTALL)}


def unpacked(sentence, name):
    """The array of a part, read as the page reads it."""
    data = gzip.decompress(base64.b64decode(sentence["data"]))
    part = sentence["parts"][name]
    shape, offset = part["shape"], part["offset"]
    scales = 1 / 65535
    if not name.endswith("weights"):
        count = int(np.prod(shape[:-1]))
        scales = np.frombuffer(data, "<f4", count, offset).reshape(*shape[:-1], 1)
        offset += 4 * count
    count, width = int(np.prod(shape)), 2
    if not name.endswith("weights"):
        width = sentence["bytes_of_numbers"]
    planes = np.frombuffer(data, "uint8", width * count, offset).reshape(width, count)
    numbers = sum(plane.astype("int64") << 8 * byte for byte, plane in enumerate(planes))
    if not name.endswith("weights"):
        numbers = np.where(numbers >= 2 ** (8 * width - 1), numbers - 2 ** (8 * width), numbers)
    return numbers.reshape(shape) * scales


@pytest.mark.parametrize(("num_bytes", "exactness"), [(2, 2e-5), (3, 1.5e-7)])
def test_packed_numbers_are_the_models(num_bytes, exactness):
    explanation = explanation_of()
    sentence = pack_sentence(explanation, VectorPlan(ALL, num_bytes))
    for kind in KINDS:
        steps = getattr(explanation, kind)
        np.testing.assert_allclose(unpacked(sentence, f"{kind}.weights"), steps.weights, atol=1e-5)
        for name in ("queries", "keys", "values"):
            for layer, array in enumerate(getattr(steps, name)):
                found = unpacked(sentence, f"{kind}.{name}.{layer}")
                np.testing.assert_allclose(found, array, atol=exactness * np.abs(array).max())
    assert len(sentence["parts"]) == 3 + 3 * (ENCODER_LAYERS + 2 * DECODER_LAYERS)


@pytest.mark.filterwarnings("error")
def test_a_vector_of_zeros_stays_one():
    explanation = explanation_of()
    explanation.cross.values[1, 2, 3] = 0
    found = unpacked(pack_sentence(explanation, VectorPlan(ALL, 3)), "cross.values.1")
    assert np.all(found[2, 3] == 0)
    assert np.all(np.isfinite(found))


def test_what_has_no_room_is_left_out():
    explanations = [explanation_of(), explanation_of(tokens=("▁a", "b", "</s>"))]

    def size(plan):
        return max(len(pack_sentence(each, plan)["data"]) for each in explanations)

    exact, all_layers = VectorPlan(ALL, 3), VectorPlan(ALL, 2)
    some = VectorPlan({"encoder": [0, 2], "decoder": [0, 1], "cross": [0, 1]}, 2)
    one = VectorPlan({kind: [0] for kind in KINDS}, 2)
    assert size(exact) > size(all_layers) > size(some) > size(one)
    for fitting in (exact, all_layers, some, one):
        assert plan_vectors(explanations, size(fitting)) == fitting
    assert plan_vectors(explanations, size(exact) - 1) == all_layers
    assert plan_vectors(explanations, size(all_layers) - 1) == some
    assert plan_vectors(explanations, 0) == VectorPlan(NOTHING, 2)
    # Layers that are asked for stay, and are less exact if they must.
    assert plan_vectors(explanations, size(exact), [0, 1, 2]) == exact
    assert plan_vectors(explanations, 0, [0, 1, 2]) == all_layers


def test_exports_need_no_room():
    explanations = [as_exported(explanation_of()), explanation_of()]
    assert plan_vectors(explanations[:1], 0).layers == ALL
    assert "cross.queries.0" not in pack_sentence(explanations[0], VectorPlan(ALL, 3))["parts"]
    exact = VectorPlan(ALL, 3)
    assert plan_vectors(explanations, len(pack_sentence(explanations[1], exact)["data"])) == exact


def test_layers_can_be_chosen():
    sentence = blocks(build_page([explanation_of()], vectors_of_layers=[3, 1]))["sentence-0"]
    kept = {name for name in sentence["parts"] if "queries" in name}
    assert kept == {"encoder.queries.0", "encoder.queries.2", "decoder.queries.0",
                    "cross.queries.0"}  # fmt: skip
    sentence = blocks(build_page([explanation_of()], vectors_of_layers=[]))["sentence-0"]
    assert set(sentence["parts"]) == {f"{kind}.weights" for kind in KINDS}
    with pytest.raises(UserError, match="no layer 4: the model has layers 1 to 3"):
        build_page([explanation_of()], vectors_of_layers=[2, 4])


def test_every_sentence_is_in_the_page():
    sources = ["나는 학생입니다.", "{{script}} & </title>", "셋"]
    found = blocks(build_page([explanation_of(source) for source in sources]))
    assert found["page-data"]["sentences"] == sources
    assert [found[f"sentence-{number}"]["source"] for number in range(3)] == sources


def test_blank_sentences_are_left_out():
    blank = explanation_of("", tokens=(), target=())
    page = build_page([blank, explanation_of("둘")])
    assert blocks(page)["page-data"]["sentences"] == ["둘"]
    with pytest.raises(UserError, match="no sentence to show"):
        build_page([blank])


def test_languages_are_those_that_there_are():
    assert blocks(build_page([explanation_of()], "ko"))["page-data"]["language"] == "ko"
    with pytest.raises(UserError, match='no texts in "fr"'):
        build_page([explanation_of()], "fr")


def test_both_languages_say_the_same_things():
    korean, english = (
        json.loads(FOLDER.joinpath("texts", f"{code}.json").read_text("utf-8"))
        for code in ("ko", "en")
    )
    assert list(korean) == list(english)
    for name, text in korean.items():
        places = [sorted(re.findall(r"\{(\w+)\}", each)) for each in (text, english[name])]
        assert places[0] == places[1], name
        assert re.search("[가-힣]", text) or re.fullmatch(r"\{\w+\}|÷ √\{\w+\}", text), name
        assert not re.search("[가-힣]", english[name]), name


def test_every_text_is_used():
    used = FOLDER.joinpath("template.html").read_text("utf-8")
    used += "".join(FOLDER.joinpath("scripts", f"{name}.js").read_text("utf-8") for name in SCRIPTS)
    texts = json.loads(FOLDER.joinpath("texts", "en.json").read_text("utf-8"))
    # Names that the scripts put together.
    composed = r"(stage|column|theme)_\w+|(vectors|products|scaling|sum|softmax)_text|\w+_note"
    unused = [
        name for name in texts if f'"{name}"' not in used and not re.fullmatch(composed, name)
    ]
    assert unused == []


def test_a_sentence_cannot_end_the_block_it_stands_in():
    evil = "</script><script>evil()</script><!--<script>"
    page = build_page([explanation_of(evil, tokens=(evil, "</s>"))])
    assert "evil()</script" not in page
    assert "<!--" not in page
    assert blocks(page)["sentence-0"]["source"] == evil


def test_the_policy_lets_nothing_in():
    page = build_page([explanation_of()])
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert not re.search(r"https?:", policy)
    assert page.index("Content-Security-Policy") < page.index("<style>") < page.index("<script")


@pytest.mark.parametrize("name", [*SCRIPTS, "early"])
def test_scripts_make_no_markup_of_strings_and_ask_for_nothing(name):
    script = FOLDER.joinpath("scripts", f"{name}.js").read_text("utf-8")
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|fetch\(|XMLHttp|import\("
    )
    assert not re.search(forbidden, script)


def test_every_script_is_packed():
    scripts = {each.name.removesuffix(".js") for each in FOLDER.joinpath("scripts").iterdir()}
    assert scripts == {*SCRIPTS, "early"}
