// The arithmetic of the chosen key in one line, and all numbers as tables, on demand.

function equation(sentence, name, found) {
  const key = state.key;
  const word = plain(sentence.keyTokens(state.kind)[key]);
  const lines = {
    products: () => {
      const cells = indices(Math.min(3, found.dimension), (cell) => [
        found.query[cell],
        found.keys[key][cell],
      ]);
      return sumLine(cells, found.products[key], found.dimension);
    },
    scaling: () => [
      `${format(found.products[key])} ÷ ${format(found.root)} = ${format(found.scaled[key])}`,
    ],
    mask: () => [`${format(found.scaled[key])} → ${format(found.scores[key])}`],
    softmax: () => powerLine(found, key),
    sum: () => {
      const order = [...found.weights.keys()].sort((a, b) => found.weights[b] - found.weights[a]);
      const terms = order.slice(0, 3).map((each) => [found.weights[each], found.values[each][0]]);
      return sumLine(terms, found.output[0], found.weights.length);
    },
  };
  if (!found.vectors || !(name in lines)) return [];
  const title = name === "sum" ? text("output_cell") : text("equation", { word });
  return [
    element("span", { class: "of" }, title),
    " ",
    element("span", { class: "is" }, ...lines[name]()),
  ];
}

// "a × b + c × d + … = e"
function sumLine(terms, result, count) {
  const bracket = (value) => (value < 0 ? `(${format(value)})` : format(value));
  const products = terms.map(([left, right]) => `${bracket(left)} × ${bracket(right)}`);
  const rest = count > terms.length ? " + …" : "";
  return [`${products.join(" + ")}${rest} = ${format(result)}`];
}

function powerLine(found, key) {
  if (found.masked[key]) return [`${fixed(0, 3)} ÷ ${format(found.total)} = ${fixed(0, 3)}`];
  return [
    "e",
    element(
      "sup",
      {},
      `${format(found.scores[key])} − ${found.largest < 0 ? `(${format(found.largest)})` : format(found.largest)}`,
    ),
    ` ÷ ${format(found.total)} = ${fixed(found.weights[key], 3)}`,
  ];
}

function table(headings, rows, chosen = -1) {
  const cells = (row) =>
    row.map((cell, column) =>
      column === 0 ? element("th", { scope: "row" }, cell) : element("td", {}, cell),
    );
  return element(
    "table",
    {},
    element(
      "thead",
      {},
      element("tr", {}, ...headings.map((each) => element("th", { scope: "col" }, each))),
    ),
    element(
      "tbody",
      {},
      ...rows.map((row, index) =>
        element("tr", { class: index === chosen ? "chosen" : null }, ...cells(row)),
      ),
    ),
  );
}

function drawTables(sentence, found) {
  fillDetails("table", () => stepsTable(sentence, found));
  byId("vectors").hidden = !found.vectors;
  if (found.vectors) fillDetails("vectors", () => vectorsTable(found));
}

function fillDetails(id, make) {
  const container = byId(id).querySelector(".scroll");
  container.setAttribute("aria-label", text(id));
  container.dataset.focus = id;
  container.replaceChildren(...(byId(id).open ? [make()] : []));
}

function stepsTable(sentence, found) {
  const keys = sentence.keyTokens(state.kind);
  if (!found.vectors) {
    const rows = keys.map((token, key) => [tokenNode(token), fixed(found.weights[key], 3)]);
    return table([text("column_key"), text("column_weight")], rows, state.key);
  }
  const headings = ["key", "product", "scaled", "masked", "exponential", "weight"].map((name) =>
    text(`column_${name}`, { dimension: found.dimension }),
  );
  const rows = keys.map((token, key) => [
    tokenNode(token),
    format(found.products[key]),
    format(found.scaled[key]),
    format(found.scores[key]),
    fixed(found.powers[key], 3),
    fixed(found.weights[key], 3),
  ]);
  rows.push([text("sum"), "", "", "", format(found.total), fixed(sumOf(found.weights), 3)]);
  return table(headings, rows, state.key);
}

function vectorsTable(found) {
  const isSum = STAGES[state.stage] === "sum";
  const names = isSum
    ? ["index", "value", "weighted", "output"]
    : ["index", "query", "key_value", "times"];
  const weight = found.weights[state.key];
  const rows = indices(found.dimension, (cell) => {
    const value = found.values[state.key][cell];
    const [left, right] = [found.query[cell], found.keys[state.key][cell]];
    const numbers = isSum
      ? [value, weight * value, found.output[cell]]
      : [left, right, left * right];
    return [String(cell + 1), ...numbers.map(format)];
  });
  if (!isSum) rows.push([text("sum"), "", "", format(found.products[state.key])]);
  return table(
    names.map((name) => text(`column_${name}`)),
    rows,
  );
}
