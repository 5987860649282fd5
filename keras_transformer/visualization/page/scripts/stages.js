// One query of one head, computed step by step, key by key.

function drawStages(sentence) {
  const hasVectors = sentence.hasVectors(state.kind, layer());
  drawVectorsNote(sentence, hasVectors);
  chooseOne(byId("stages"), {
    name: "stages",
    label: text("steps"),
    count: STAGES.length,
    selected: state.stage,
    choose: (stage) => change({ stage }),
    make: (index) => ({
      content: [
        element("span", { class: "place" }, String(index + 1)),
        " ",
        text(`stage_${STAGES[index]}`),
      ],
      disabled: !hasStage(index, hasVectors),
    }),
  });
  const found = follow(sentence, state.kind, layer(), head(), query());
  const name = STAGES[state.stage];
  byId("stage").setAttribute("aria-label", text(`stage_${name}`));
  byId("stage-text").textContent = stageText(name, found);
  drawRows(sentence, name, found);
  byId("equation").replaceChildren(...equation(sentence, name, found));
  byId("agreement").textContent =
    found.vectors && name === "softmax"
      ? text("agreement", { difference: formatSmall(found.difference) })
      : "";
  drawMoves(hasVectors);
  drawTables(sentence, found);
}

function drawVectorsNote(sentence, hasVectors) {
  const layers = indices(sentence.layers(state.kind), (each) => each + 1).filter((each) =>
    sentence.hasVectors(state.kind, each - 1),
  );
  byId("vectors-note").hidden = hasVectors;
  if (hasVectors) return;
  const why = sentence.is_export
    ? "no_vectors_export"
    : layers.length
      ? "no_vectors_here"
      : "no_vectors";
  byId("vectors-note").textContent = text(why, { layers: layers.join(", ") });
}

function stageText(name, found) {
  if (name === "mask") return text(state.kind === "decoder" ? "mask_text" : "mask_text_none");
  if (name === "softmax" && !found.vectors) return text("softmax_text_weights");
  return text(`${name}_text`, {
    dimension: found.dimension,
    root: found.root === undefined ? "" : fixed(found.root, 3),
  });
}

// For each step: the picture and the number of a key.
function drawRows(sentence, name, found) {
  const drawers = {
    vectors: () => vectorRows(found),
    products: () => barRows(found.products),
    scaling: () => barRows(found.scaled),
    mask: () => maskRows(found),
    softmax: () => shareRows(found),
    sum: () => valueRows(found),
  };
  const { picture, number, limit, above, below } = drawers[name]();
  const keys = sentence.keyTokens(state.kind);
  chooseOne(byId("keys"), {
    name: "keys",
    label: text("keys_label"),
    count: keys.length,
    selected: state.key,
    choose: (key) => change({ key }),
    make: (key) => ({
      content: [
        element("span", { class: "label" }, tokenNode(keys[key])),
        picture(key),
        ...(number ? [element("span", { class: "number" }, ...number(key))] : []),
      ],
      className: found.masked[key] && STAGES.indexOf(name) >= 3 ? "row masked" : "row",
    }),
  });
  byId("keys").classList.toggle("long", keys.length > 18);
  keepInView(byId("keys"), byId("keys").children[state.key]);
  byId("query-row").hidden = !above;
  byId("query-row").replaceChildren(...(above ? above(sentence) : []));
  byId("result").hidden = !below;
  byId("result").replaceChildren(...(below ? below() : []));
  byId("scale").replaceChildren(...(limit ? scaleOfColors(limit) : []));
}

// Scrolls a list, and never the page.
function keepInView(list, row) {
  const [above, below] = [row.offsetTop - list.offsetTop, row.offsetHeight];
  list.scrollTop = Math.min(above, Math.max(list.scrollTop, above + below - list.clientHeight));
}

function scaleOfColors(limit) {
  const ramp = strip(
    indices(41, (place) => place / 20 - 1),
    1,
  );
  ramp.vector = null; // not a vector of the model
  const marks = [format(-limit), ramp, `+${format(limit)}`];
  return [element("span", {}, text("scale")), ...marks];
}

function largest(vectors) {
  return Math.max(...vectors.map((vector) => Math.max(...vector.map(Math.abs))));
}

function vectorRows(found) {
  const limit = largest([found.query, ...found.keys]);
  return {
    limit,
    picture: (key) => strip(found.keys[key], limit),
    above: (sentence) => [
      element(
        "span",
        { class: "label" },
        text("query_vector", { word: queryLabel(sentence, query()) }),
      ),
      strip(found.query, limit),
    ],
  };
}

// Bars to both sides of zero.
function barRows(values) {
  const limit = Math.max(...values.map(Math.abs));
  return { picture: (key) => sidedBar(values[key], limit), number: (key) => [format(values[key])] };
}

function sidedBar(value, limit) {
  const fill = element("span", { class: value < 0 ? "fill minus" : "fill plus" });
  const width = limit ? (50 * Math.abs(value)) / limit : 0;
  fill.style.width = `${width}%`;
  fill.style.left = `${value < 0 ? 50 - width : 50}%`;
  return element("span", { class: "track sided" }, fill);
}

function maskRows(found) {
  const limit = found.vectors ? Math.max(...found.scaled.map(Math.abs)) : 0;
  return {
    picture: (key) => {
      if (found.masked[key]) return element("span", { class: "track struck" });
      return found.vectors
        ? sidedBar(found.scaled[key], limit)
        : element("span", { class: "track" });
    },
    number: (key) => {
      if (!found.vectors) return [found.masked[key] ? "−∞" : ""];
      if (!found.masked[key]) return [format(found.scores[key])];
      return [element("s", {}, format(found.scaled[key])), " −∞"];
    },
  };
}

function shareRows(found) {
  return {
    picture: (key) => {
      const fill = element("span", { class: "fill plus" });
      fill.style.width = `${100 * found.weights[key]}%`;
      return element("span", { class: found.masked[key] ? "track struck" : "track" }, fill);
    },
    number: (key) => [fixed(found.weights[key], 3)],
    below: () => [
      element("span", { class: "label" }, text("sum")),
      element("span", {}),
      element("span", { class: "number" }, fixed(sumOf(found.weights), 3)),
    ],
  };
}

function valueRows(found) {
  const limit = largest([...found.values, found.output]);
  return {
    limit,
    picture: (key) => strip(found.values[key], limit, Math.sqrt(found.weights[key])),
    number: (key) => [fixed(found.weights[key], 3)],
    below: () => [
      element("span", { class: "label" }, text("output")),
      strip(found.output, limit),
      element("span", {}), // below the values, cell by cell
    ],
  };
}

function drawMoves(hasVectors) {
  const go = (from, by) => {
    let stage = from + by;
    while (stage in STAGES && !hasStage(stage, hasVectors)) stage += by;
    return stage in STAGES ? stage : from;
  };
  const button = (name, stage) =>
    element(
      "button",
      {
        type: "button",
        "aria-disabled": stage === state.stage ? "true" : null,
        "data-focus": name,
        click: () => change({ stage }),
      },
      text(name),
    );
  byId("stage-moves").replaceChildren(
    button("previous_stage", go(state.stage, -1)),
    button("next_stage", go(state.stage, 1)),
  );
}
