// The attention map of a head, and all heads of its layer beside each other.

const SMALLEST_CELL = 12;
const LARGEST_CELL = 36;

function queryLabel(sentence, index) {
  const token = sentence.queryTokens(state.kind)[index];
  return state.kind === "cross" ? `→ ${plain(token)}` : plain(token);
}

function queryNodes(sentence, index) {
  const node = tokenNode(sentence.queryTokens(state.kind)[index]);
  return state.kind === "cross" ? ["→ ", node] : [node];
}

function label(className, token, word, isChosen) {
  const names = [className, isSpace(token) && "blank", isChosen && "chosen"];
  return element("span", { class: names.filter(Boolean).join(" ") }, word);
}

// Names of the columns and of the rows; for the eyes alone, the readout says them too.
function mapLabels(sentence) {
  const columns = sentence
    .keyTokens(state.kind)
    .map((token, key) => label("column", token, plain(token), key === state.key));
  const lines = sentence
    .queryTokens(state.kind)
    .map((token, row) => label("line", token, queryLabel(sentence, row), row === query()));
  return [
    element("span", {}),
    element("div", { class: "columns-labels", "aria-hidden": "true" }, ...columns),
    element("div", { class: "rows-labels", "aria-hidden": "true" }, ...lines),
  ];
}

function drawMapOfHead(sentence) {
  const rows = sentence.weights(state.kind, layer(), head());
  const keys = sentence.keyTokens(state.kind);
  const container = byId("map");
  const labels = Math.min(112, container.clientWidth * 0.3);
  const room = (container.clientWidth - labels - 4) / keys.length;
  const size = Math.max(SMALLEST_CELL, Math.min(LARGEST_CELL, Math.floor(room)));
  const canvas = element("canvas", {
    tabindex: "0",
    role: "application",
    "aria-label": text("map_label"),
    "aria-describedby": "readout",
    "data-focus": "map",
    click: (event) =>
      change({
        ...queryChange(clamp(Math.floor(event.offsetY / size), rows.length)),
        key: clamp(Math.floor(event.offsetX / size), keys.length),
      }),
    keydown: (event) => moveInMap(event, rows.length, keys.length),
  });
  const grid = element("div", { class: "map-grid" }, ...mapLabels(sentence), canvas);
  grid.style.setProperty("--cell", `${size}px`);
  grid.style.setProperty("--labels", `${labels}px`);
  container.replaceChildren(grid);
  const context = drawMap(canvas, rows, size, (row, key) =>
    sentence.isMasked(state.kind, row, key),
  );
  outline(context, 0, query() * size, keys.length * size, size);
  outline(context, state.key * size, query() * size, size, size);
  // The chosen column is beside the names of the rows, which stay where they are.
  const last = labels + (state.key + 1) * size + 6 - container.clientWidth;
  container.scrollLeft = Math.min(state.key * size, Math.max(container.scrollLeft, last));
  drawReadout(sentence, rows);
}

function outline(context, x, y, width, height) {
  context.strokeStyle = css(palette.mark);
  context.lineWidth = 2;
  context.strokeRect(x + 0.5, y + 0.5, width - 2, height - 2);
}

function moveInMap(event, queries, keys) {
  const isRow = ["ArrowUp", "ArrowDown"].includes(event.key);
  const target = isRow
    ? arrowTarget(event.key, query(), queries)
    : arrowTarget(event.key, state.key, keys);
  if (target === null) return;
  event.preventDefault();
  change(isRow ? queryChange(target) : { key: target });
}

function drawReadout(sentence, rows) {
  const isMasked = sentence.isMasked(state.kind, query(), state.key);
  byId("readout").textContent = text(isMasked ? "readout_masked" : "readout", {
    query: queryLabel(sentence, query()),
    key: plain(sentence.keyTokens(state.kind)[state.key]),
    weight: fixed(rows[query()][state.key], 3),
  });
}

function drawLegend() {
  const ramp = indices(101, (place) => place / 100);
  const canvas = element("canvas", { width: ramp.length, height: 1, class: "strip" });
  const context = canvas.getContext("2d");
  ramp.forEach((place, x) => {
    context.fillStyle = css(heat(place * place));
    context.fillRect(x, 0, 1, 1);
  });
  const ticks = [0, 0.1, 0.25, 0.5, 1].map((weight) => {
    const tick = element("span", {}, String(weight));
    tick.style.left = `${100 * Math.sqrt(weight)}%`;
    return tick;
  });
  byId("legend").replaceChildren(
    element("span", {}, text("legend")),
    element("div", { class: "ramp" }, canvas, element("div", { class: "ticks" }, ...ticks)),
  );
}

function drawHeads(sentence) {
  const kind = state.kind;
  byId("heads-title").textContent = text("heads", { layer: layer() + 1 });
  const small = [];
  chooseOne(byId("heads"), {
    name: "heads",
    label: text("heads", { layer: layer() + 1 }),
    count: sentence.heads(kind),
    selected: head(),
    choose: (index) => change({ heads: { ...state.heads, [kind]: index } }),
    make: (index) => {
      const canvas = element("canvas", {});
      small.push(canvas);
      return {
        content: [canvas, element("span", {}, text("head_number", { number: index + 1 }))],
        className: "head",
      };
    },
  });
  small.forEach((canvas, index) => {
    const rows = sentence.weights(kind, layer(), index);
    const size = Math.min(104 / rows[0].length, 104 / rows.length, 14);
    drawMap(canvas, rows, size, () => false);
  });
}
