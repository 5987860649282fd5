// Puts the parts together: settings, sentences, and drawing anew whenever something is chosen.

const sentences = PAGE.sentences.map(() => null);
const isDark = matchMedia("(prefers-color-scheme: dark)");
let theme = ""; // as the system says
let timesDrawn = 0; // told in the document, for whoever waits for the page

function currentSentence() {
  return sentences[state.sentence];
}

async function openSentence() {
  state.sentence = clamp(state.sentence, sentences.length);
  const block = byId(`sentence-${state.sentence}`);
  sentences[state.sentence] ??= new Sentence(JSON.parse(block.textContent));
  const opened = await currentSentence()?.open();
  block.textContent = "";
  return opened;
}

function change(changes) {
  Object.assign(state, changes);
  settle(currentSentence());
  render();
  try {
    history.replaceState(null, "", addressOfState());
  } catch {
    // Some browsers refuse after a hundred in half a minute: a key was held.
  }
}

async function chooseSentence(index) {
  pause();
  Object.assign(state, { sentence: index, word: 0, step: 0, key: 0 });
  await openSentence();
  change({});
}

function drawSettings() {
  document.documentElement.lang = language;
  document.documentElement.dataset.theme = theme || (isDark.matches ? "dark" : "light");
  document.title = `${text("title")} · keras_transformer`;
  for (const node of document.querySelectorAll("[data-text]")) {
    node.textContent = text(node.dataset.text);
  }
  const codes = ["ko", "en"];
  chooseOne(byId("language"), {
    name: "language",
    label: text("language"),
    count: codes.length,
    selected: codes.indexOf(language),
    choose: (index) => {
      language = codes[index];
      render();
    },
    make: (index) => ({ content: [["한국어", "English"][index]] }),
  });
  const themes = ["", "light", "dark"];
  chooseOne(byId("theme"), {
    name: "theme",
    label: text("theme"),
    count: themes.length,
    selected: themes.indexOf(theme),
    choose: (index) => {
      theme = themes[index];
      render();
    },
    make: (index) => ({ content: [text(`theme_${themes[index] || "auto"}`)] }),
  });
}

function drawSentences(sentence) {
  chooseOne(byId("sentences"), {
    name: "sentences",
    label: text("sentences"),
    count: PAGE.sentences.length,
    selected: state.sentence,
    choose: chooseSentence,
    make: (index) => ({
      content: [element("bdi", {}, PAGE.sentences[index])],
      className: "sentence",
    }),
  });
  const [sourceLanguage, targetLanguage] = sentence.languages;
  const entry = (name, value, attributes = {}) => [
    element("dt", {}, text(name)),
    element("dd", { id: `${name}-shown`, ...attributes }, ...value),
  ];
  const probability = formatSmall(Math.exp(sentence.score));
  byId("translation").replaceChildren(
    ...entry("source", [sentence.source], { lang: sourceLanguage || null, dir: "auto" }),
    ...entry("translation", [sentence.translation], {
      lang: targetLanguage || null,
      dir: "auto",
      class: "translated",
    }),
    ...entry("score", [
      element("b", {}, fixed(sentence.score, 3)),
      " ",
      element("span", { class: "note" }, text("score_note", { probability })),
    ]),
    ...["source_truncated", "target_truncated"]
      .filter((name) => sentence[name])
      .map((name) => element("dd", { class: "notice" }, text(name))),
  );
}

function drawChoices(sentence) {
  chooseOne(byId("kind"), {
    name: "kind",
    label: text("kind"),
    count: KINDS.length,
    selected: KINDS.indexOf(state.kind),
    choose: (index) => change({ kind: KINDS[index] }),
    make: (index) => ({ content: [text(KINDS[index])] }),
  });
  byId("kind-note").textContent = text(`${state.kind}_note`);
  for (const [name, count, selected] of [
    ["layer", sentence.layers(state.kind), layer()],
    ["head", sentence.heads(state.kind), head()],
  ]) {
    const select = byId(name);
    select.replaceChildren(
      ...indices(count, (index) => element("option", { value: index }, String(index + 1))),
    );
    select.value = String(selected);
    select.onchange = () =>
      change({ [`${name}s`]: { ...state[`${name}s`], [state.kind]: Number(select.value) } });
  }
  chooseOne(byId("query"), {
    name: "query",
    label: text("query_word"),
    count: sentence.queryTokens(state.kind).length,
    selected: query(),
    choose: (index) => {
      pause();
      change(queryChange(index));
    },
    make: (index) => ({
      content: queryNodes(sentence, index),
      className: "word",
      label: positionLabel(sentence, index),
    }),
  });
}

// What a screen reader says of a query: in the decoder, a place between two words.
function positionLabel(sentence, index) {
  if (state.kind === "encoder") return null;
  return text("position", {
    read: plain(sentence.input_tokens[index]),
    word: plain(sentence.target_tokens[index]),
  });
}

function render() {
  const sentence = currentSentence();
  keepFocus(() => {
    drawSettings();
    readPalette();
    drawSentences(sentence);
    drawGeneration(sentence);
    drawChoices(sentence);
    drawMapOfHead(sentence);
    drawLegend();
    drawHeads(sentence);
    drawStages(sentence);
    const bits = 8 * sentence.bytes_of_numbers;
    const note = sentence.is_export ? "precision_of_export" : "precision_note";
    byId("precision").textContent = text(note, { bits });
    byId("model").textContent = sentence.model ? text("model", { model: sentence.model }) : "";
  });
  document.documentElement.dataset.drawn = String(++timesDrawn);
}

function showCell(event) {
  const canvas = event.target;
  if (!canvas.vector) return;
  const place = (event.offsetX / canvas.clientWidth) * canvas.vector.length;
  const cell = clamp(Math.floor(place), canvas.vector.length);
  canvas.title = text("cell", { index: cell + 1, value: format(canvas.vector[cell]) });
}

function browserLanguage() {
  const codes = navigator.languages.map((code) => code.slice(0, 2));
  return codes.find((code) => code in TEXTS) ?? "en";
}

async function start() {
  language = PAGE.language || browserLanguage();
  try {
    readAddress(location.hash);
    const sentence = await openSentence();
    const clearest = clearestHead(sentence);
    state.layers.cross = clearest.layer;
    state.heads.cross = clearest.head;
    readAddress(location.hash);
    byId("main").hidden = false;
    settle(sentence);
    render();
  } catch (error) {
    byId("failure").hidden = false;
    byId("failure").textContent = text("failure", { reason: error.message });
    throw error;
  }
  addEventListener("hashchange", async () => {
    readAddress(location.hash);
    settle(await openSentence());
    render();
  });
  isDark.addEventListener("change", render);
  let width = innerWidth;
  addEventListener("resize", () => {
    if (innerWidth !== width) render();
    width = innerWidth;
  });
  byId("stage").addEventListener("pointermove", showCell);
  for (const id of ["table", "vectors"]) byId(id).addEventListener("toggle", render);
}

start();
