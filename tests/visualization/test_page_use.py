"""Using the page: by keyboard, in both languages and themes, on a phone, and without a network."""

import pytest

from tests.visualization.page_browser import (
    as_exported,
    explanation_of,
)

PHONE = {"viewport": {"width": 360, "height": 740}, "device_scale_factor": 2, "has_touch": True}
EVIL = '</script><img src=x onerror="window.hacked=1"><b>{{script}}</b> & \''


def checked(page, group):
    return page.tab.locator(f"#{group} [aria-checked=true]").get_attribute("data-index")


def focused(page):
    return page.tab.evaluate("() => document.activeElement.closest('[id]').id")


def step(page):
    return int(page.text("#transport .step").split()[1])


def test_nothing_leaves_the_file(open_page):
    page = open_page([explanation_of(), explanation_of("둘", seed=2)])
    page.tab.locator("#sentences button").nth(1).click()
    for group in ("kind", "theme", "language", "stages", "heads"):
        page.tab.locator(f"#{group} button").nth(1).click()
    assert [url for url in page.requests if not url.startswith(page.url)] == []
    # And could not, if something tried.
    tried = page.tab.evaluate(
        """async () => {
          const image = new Image();
          const loaded = new Promise((done) => {
            image.onload = () => done("loaded");
            image.onerror = () => done("refused");
          });
          image.src = "https://example.invalid/x.png";
          return [await fetch("https://example.invalid/").catch((error) => error.name),
                  await loaded];
        }"""
    )
    assert tried == ["TypeError", "refused"]
    refused = [each for each in page.complaints if "Content Security Policy" in each]
    assert refused
    page.complaints[:] = [each for each in page.complaints if "example.invalid" not in each]


def test_a_hostile_sentence_is_text(open_page):
    tokens = (EVIL, "▁<i>", "</s>")
    hostile = explanation_of(EVIL, tokens, (EVIL, "</s>"), translation=EVIL, model=EVIL)
    page = open_page([hostile, explanation_of()])
    assert page.text("#source-shown") == EVIL
    assert page.text("#translation-shown") == EVIL
    assert page.text("#sentences button >> nth=0") == EVIL
    assert page.tab.locator("#query button").first.inner_text().endswith(EVIL)
    assert page.tab.locator("img, main b:not(#score-shown b), i").count() == 0
    assert page.tab.evaluate("() => window.hacked") is None
    assert page.tab.evaluate("() => document.scrollingElement.scrollWidth <= innerWidth")


def test_going_through_the_translation(open_page):
    page = open_page([explanation_of()])
    buttons = page.tab.locator("#transport button")
    assert step(page) == 1
    buttons.nth(3).click()
    buttons.nth(3).click()
    assert step(page) == 3
    assert page.tab.locator("#decoder-read .hidden-word").count() == 2
    assert page.tab.locator("#decoder-read .current").inner_text() == "▁am"
    assert "Just read: “am”. Next word: “a”" in page.text("#announcement")
    buttons.nth(1).click()
    assert step(page) == 2
    buttons.nth(4).click()
    assert step(page) == 5
    assert page.tab.locator("#decoder-read .hidden-word").count() == 0
    buttons.nth(0).click()
    assert step(page) == 1
    page.tab.locator("#produced button").nth(3).click()
    assert step(page) == 4


def test_playing_goes_on_to_the_end_and_stops(open_page):
    page = open_page([explanation_of()])
    page.tab.evaluate(
        """() => {
          // Ticks of the player when the test says so.
          window.setInterval = (tick) => { window.tick = tick; return 1; };
          window.clearInterval = () => { window.tick = null; };
        }"""
    )
    play = page.tab.locator("#transport .primary")
    play.click()
    assert play.get_attribute("aria-label") == "Pause"
    for expected in (2, 3, 4, 5):
        page.tab.evaluate("() => window.tick()")
        assert step(page) == expected
    assert page.tab.evaluate("() => window.tick") is None
    assert play.get_attribute("aria-label") == "Play"
    play.click()  # from the start again
    assert step(page) == 1
    play.click()
    assert page.tab.evaluate("() => window.tick") is None


def test_everything_by_keyboard(open_page):
    page = open_page([explanation_of(), explanation_of("둘", seed=2)])
    keyboard = page.tab.keyboard
    order = []
    for _ in range(40):
        keyboard.press("Tab")
        order.append(focused(page))
        if order[-1] == "vectors":
            break
    groups = list(dict.fromkeys(order))
    expected = "language theme sentences transport produced kind layer head map heads query stages"
    assert groups[:12] == expected.split()
    assert groups[-4:] == ["stage-moves", "keys", "table", "vectors"]
    # Groups take one stop each; the five buttons of the transport and the two moves one each.
    assert [order.count(group) for group in groups[:12]] == [1, 1, 1, 5, 1, 1, 1, 1, 1, 1, 1, 1]

    for group, key, expected in [
        ("theme", "ArrowRight", "1"),
        ("sentences", "ArrowDown", "1"),
        ("produced", "End", "4"),
        ("kind", "ArrowLeft", "1"),
        ("heads", "ArrowRight", None),
        ("query", "Home", "0"),
        ("stages", "ArrowRight", "1"),
        ("keys", "ArrowDown", "1"),
    ]:
        before = checked(page, group)
        page.tab.locator(f"#{group} [aria-checked=true]").focus()
        keyboard.press(key)
        page.tab.wait_for_function(
            "([group, before]) => document.querySelector(`#${group} [aria-checked=true]`)"
            ".dataset.index !== before",
            arg=[group, before],
        )
        assert expected in (None, checked(page, group)), group
        assert focused(page) == group  # the focus stays although everything was drawn anew


def test_arrow_keys_in_the_map_and_the_transport(open_page):
    page = open_page([explanation_of()], "#kind=encoder&layer=1&head=1&query=1&key=1")
    page.tab.locator("#map canvas").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowUp", "ArrowLeft", "ArrowRight"):
        page.tab.keyboard.press(key)
    assert page.tab.evaluate("() => location.hash").endswith("query=2&key=2&stage=1")
    assert page.text("#readout").startswith("Query “는”, key “는”: weight ")
    page.tab.keyboard.press("End")
    assert "key “</s>”" in page.text("#readout")
    page.tab.locator("#transport button").nth(3).focus()
    page.tab.keyboard.press("ArrowRight")
    page.tab.keyboard.press("ArrowRight")
    page.tab.keyboard.press("ArrowLeft")
    assert step(page) == 2
    page.tab.keyboard.press("Enter")
    assert step(page) == 3
    assert page.tab.evaluate("() => document.activeElement.dataset.focus") == "transport-forward"


def test_the_focus_is_seen(open_page):
    page = open_page([explanation_of()])
    page.tab.keyboard.press("Tab")
    outline = "() => getComputedStyle(document.activeElement).outline"
    assert page.tab.evaluate(outline).endswith("solid 3px")


def test_a_click_in_the_map_chooses_a_cell(open_page):
    page = open_page([explanation_of()], "#kind=encoder&layer=1&head=1&query=1&key=1")
    canvas = page.tab.locator("#map canvas")
    size = canvas.bounding_box()["width"] / 6
    canvas.click(position={"x": 4.5 * size, "y": 2.5 * size})
    assert "query=3&key=5" in page.tab.evaluate("() => location.hash")


def test_the_language_is_the_browsers_or_the_one_asked_for(open_page):
    korean = open_page([explanation_of()], locale="ko-KR")
    assert korean.text("h1") == "어텐션 따라가기"
    assert korean.tab.evaluate("() => document.documentElement.lang") == "ko"
    assert open_page([explanation_of()], locale="fr-FR").text("h1") == "Following attention"
    asked = open_page([explanation_of()], options={"language": "ko"}, locale="en-US")
    assert asked.text("h1") == "어텐션 따라가기"
    asked.tab.locator("#language button").nth(1).click()
    assert asked.text("h1") == "Following attention"
    assert asked.tab.evaluate("() => document.documentElement.lang") == "en"
    assert asked.text("#stages button >> nth=0").endswith("Query and keys")


def test_every_view_has_all_its_words_in_both_languages(open_page):
    page = open_page([explanation_of(), as_exported(explanation_of())])
    for code in ("en", "ko"):
        page.tab.locator("#language button").nth(("ko", "en").index(code)).click()
        addresses = [
            f"#sentence={sentence}&kind={kind}&query=3&key=2&stage={stage}"
            for sentence in (1, 2)
            for kind in ("encoder", "decoder", "cross")
            for stage in range(1, 7)
        ]
        for shown in page.visit(addresses, "() => document.body.innerText"):
            assert "undefined" not in shown
            assert "NaN" not in shown
            assert "{" not in shown


def test_themes(open_page):
    page = open_page([explanation_of()], color_scheme="dark")
    background = "() => getComputedStyle(document.body).backgroundColor"
    dark = page.tab.evaluate(background)
    page.tab.locator("#theme button").nth(1).click()
    light = page.tab.evaluate(background)
    assert dark == "rgb(17, 21, 28)" and light == "rgb(245, 246, 248)"
    page.tab.locator("#theme button").nth(0).click()
    assert page.tab.evaluate(background) == dark
    page.tab.emulate_media(color_scheme="light")
    page.tab.wait_for_function("() => document.documentElement.dataset.theme === 'light'")
    assert page.tab.evaluate(background) == light


CONTRAST = """() => {
  const parse = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = parse(color).map((part) => part / 255)
      .map((part) => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const background = (node) => {
    for (; node; node = node.parentElement) {
      const color = getComputedStyle(node).backgroundColor;
      if (parse(color)[3] !== 0) return color;
    }
  };
  const poor = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim());
    const faint = node.closest("[aria-disabled], :disabled, .space, script, style, noscript");
    if (!own || faint || !node.checkVisibility()) continue;
    const lights = [getComputedStyle(node).color, background(node)].map(light).sort();
    const ratio = (Math.max(...lights) + 0.05) / (Math.min(...lights) + 0.05);
    if (ratio < 4.5) poor.push([node.textContent.slice(0, 40), node.className, ratio]);
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_words_are_readable_on_their_ground(open_page, scheme):
    page = open_page([explanation_of(), as_exported(explanation_of())], color_scheme=scheme)
    addresses = [f"#sentence={sentence}&kind=decoder&query=3&stage=4" for sentence in (1, 2)]
    assert page.visit(addresses, CONTRAST) == [[], []]


@pytest.mark.parametrize("context", [PHONE, {"viewport": {"width": 1280, "height": 900}}])
def test_no_width_scrolls_sideways(open_page, context):
    tokens = tuple(f"▁긴단어{number}" for number in range(41))
    long = explanation_of("긴단어 " * 41, tokens, tokens[:37])
    page = open_page([long, explanation_of("a" * 300)], **context)
    page.tab.locator("#table summary").click()
    page.tab.locator("#vectors summary").click()
    addresses = [
        f"#sentence={sentence}&kind={kind}&query=3&stage={stage}"
        for sentence in (1, 2)
        for kind in ("encoder", "cross")
        for stage in (1, 4, 6)
    ]
    measure = "() => [document.scrollingElement.scrollWidth, innerWidth]"
    for language in (0, 1):
        page.tab.locator("#language button").nth(language).click()
        for width, window in page.visit(addresses, measure):
            assert width <= window == context["viewport"]["width"]


def test_fingers_find_the_buttons(open_page):
    page = open_page([explanation_of()], **PHONE)
    sizes = page.tab.evaluate(
        """() => [...document.querySelectorAll("button, select, summary")]
          .filter((node) => node.checkVisibility())
          .map((node) => [node.offsetHeight, node.offsetWidth, node.textContent])"""
    )
    assert [each for each in sizes if min(each[:2]) < 24] == []
    page.tab.locator("#query button").nth(2).tap()
    assert checked(page, "query") == "2"


def test_everything_has_a_name(open_page):
    page = open_page([explanation_of()])
    nameless = page.tab.evaluate(
        """() => [...document.querySelectorAll(
            "button, select, [role=radiogroup], [role=toolbar], [role=region], [role=application]")]
          .filter((node) => !(node.getAttribute("aria-label") || node.textContent.trim()
                              || node.labels?.length))
          .map((node) => node.outerHTML)"""
    )
    assert nameless == []


def test_the_address_keeps_the_view(open_page):
    explanations = [explanation_of(), explanation_of("둘", seed=2)]
    page = open_page(explanations, "#kind=decoder&sentence=2&layer=2&head=3&query=4&key=2&stage=3")
    assert checked(page, "sentences") == "1"
    assert checked(page, "kind") == "1"
    assert [page.tab.locator(f"#{name}").input_value() for name in ("layer", "head")] == ["1", "2"]
    assert [checked(page, group) for group in ("query", "keys", "stages")] == ["3", "1", "2"]
    page.go("#sentence=99&kind=nonsense&layer=-3&head=x&query=77&key=77&stage=77")
    assert checked(page, "sentences") == "1"
    assert checked(page, "stages") == "5"


def test_a_wide_map_shows_the_chosen_column(open_page):
    tokens = tuple(f"▁word{number}" for number in range(47))
    page = open_page([explanation_of(tokens=tokens)], **PHONE)
    inside = """() => {
      const [box, names] = ["#map", "#map .rows-labels"].map((part) =>
        document.querySelector(part).getBoundingClientRect());
      const cell = document.querySelector("#map .column.chosen").getBoundingClientRect();
      return cell.left >= names.right - 1 && cell.right <= box.right;
    }"""
    keys = (47, 1, 30, 12)
    assert page.visit([f"#kind=encoder&key={key}" for key in keys], inside) == [True] * 4


def test_a_token_that_is_but_a_space_has_a_name(open_page):
    page = open_page([explanation_of(tokens=("▁", "나", "</s>"))], "#kind=encoder&query=1&key=1")
    assert page.text("#map .column.chosen") == page.text("#map .line.chosen") == "space"
    assert page.text("#readout").startswith("Query “space”, key “space”")
    assert page.text("#query button >> nth=0") == "▁"


def test_what_was_cut_off_is_said(open_page):
    page = open_page([explanation_of(source_truncated=True, target_truncated=True)])
    assert page.tab.locator("#translation .notice").count() == 2
    page = open_page([explanation_of(candidate_tokens=None, candidate_probabilities=None)])
    assert page.text("#candidates") == "This export does not tell the candidates."


def test_a_browser_that_cannot_unpack_is_told(browser, open_page, tmp_path):
    page = open_page([explanation_of()])
    tab = page.context.new_page()
    tab.add_init_script("delete window.DecompressionStream")
    tab.goto(page.url)
    tab.wait_for_selector("#failure:not([hidden])")
    assert "DecompressionStream" in tab.locator("#failure").inner_text()
    assert tab.locator("main").is_hidden()


def test_a_key_that_is_held_where_the_browser_refuses_addresses(open_page):
    page = open_page([explanation_of()])
    page.tab.evaluate(
        "() => { history.replaceState = () => { throw new DOMException('', 'SecurityError'); }; }"
    )
    page.tab.locator("#query [aria-checked=true]").focus()
    before = checked(page, "query")
    page.tab.keyboard.press("ArrowRight")
    assert checked(page, "query") != before
    assert page.tab.locator("#query [aria-checked=true]").evaluate(
        "node => node === document.activeElement"
    )


def test_a_click_keeps_the_focus_in_its_group(open_page):
    page = open_page([explanation_of()])
    other = page.tab.locator("#query [aria-checked=false]").first
    other.focus()
    other.press("Enter")
    assert focused(page) == "query"
    page.tab.keyboard.press("ArrowRight")
    assert focused(page) == "query"


def test_no_map_is_larger_than_a_browser_draws(open_page):
    tokens = [*(f"▁w{number}" for number in range(300)), "</s>"]
    page = open_page([explanation_of("long", tokens, ("a", "</s>"))], **PHONE)
    page.tab.locator("#kind button").first.click()
    width, height = page.tab.locator("#map canvas").evaluate("map => [map.width, map.height]")
    assert 300 * 300 < width * height <= 16e6 * 1.01
