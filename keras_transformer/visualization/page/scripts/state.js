// What is chosen. It is also kept in the address after '#', counted from 1, so that a view can be
// linked to: #sentence=1&kind=cross&layer=2&head=3&query=4&key=5&stage=6

const KINDS = ["encoder", "decoder", "cross"];
const STAGES = ["vectors", "products", "scaling", "mask", "softmax", "sum"];

const state = {
  sentence: 0,
  kind: "cross",
  layers: { encoder: 0, decoder: 0, cross: 0 },
  heads: { encoder: 0, decoder: 0, cross: 0 },
  word: 0, // of the source: the query in the encoder
  step: 0, // of the translation: the query in the decoder and in cross-attention
  key: 0,
  stage: 0,
};

const layer = () => state.layers[state.kind];
const head = () => state.heads[state.kind];
const query = () => (state.kind === "encoder" ? state.word : state.step);

function queryChange(index) {
  return state.kind === "encoder" ? { word: index } : { step: index };
}

function clamp(value, count) {
  return Number.isInteger(value) ? Math.max(0, Math.min(count - 1, value)) : 0;
}

// Makes every choice one that the sentence has.
function settle(sentence) {
  for (const kind of KINDS) {
    state.layers[kind] = clamp(state.layers[kind], sentence.layers(kind));
    state.heads[kind] = clamp(state.heads[kind], sentence.heads(kind));
  }
  state.word = clamp(state.word, sentence.source_tokens.length);
  state.step = clamp(state.step, sentence.target_tokens.length);
  state.key = clamp(state.key, sentence.keyTokens(state.kind).length);
  state.stage = clamp(state.stage, STAGES.length);
  if (!sentence.hasVectors(state.kind, layer()) && !hasStage(state.stage, false)) {
    state.stage = STAGES.indexOf("softmax");
  }
}

// Without vectors there are the mask and the weights to show.
function hasStage(stage, vectors) {
  return vectors || ["mask", "softmax"].includes(STAGES[stage]);
}

function addressOfState() {
  const numbers = {
    sentence: state.sentence,
    layer: layer(),
    head: head(),
    query: query(),
    key: state.key,
    stage: state.stage,
  };
  const parts = Object.entries(numbers).map(([name, number]) => `${name}=${number + 1}`);
  return `#kind=${state.kind}&${parts.join("&")}`;
}

// Takes over what an address says; the rest stays as it is.
function readAddress(address) {
  const given = new URLSearchParams(address.replace(/^#/, ""));
  const number = (name) => Number.parseInt(given.get(name), 10) - 1;
  if (KINDS.includes(given.get("kind"))) state.kind = given.get("kind");
  if (given.has("layer")) state.layers[state.kind] = number("layer");
  if (given.has("head")) state.heads[state.kind] = number("head");
  if (given.has("query")) Object.assign(state, queryChange(number("query")));
  for (const name of ["sentence", "key", "stage"]) {
    if (given.has(name)) state[name] = number(name);
  }
  return given;
}

// The head whose look at the source is the most decided, the end mark left aside.
function clearestHead(sentence) {
  let best = { layer: 0, head: 0, clearness: -1 };
  for (let layer = 0; layer < sentence.layers("cross"); layer++) {
    for (let head = 0; head < sentence.heads("cross"); head++) {
      const rows = sentence.weights("cross", layer, head);
      const clearness = sumOf(rows.map((row) => Math.max(0, ...row.slice(0, -1))));
      if (clearness > best.clearness) best = { layer, head, clearness };
    }
  }
  return best;
}
