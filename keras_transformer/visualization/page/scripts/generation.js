// The translation, one word after the other: what was read, what may be seen, what could come next.

const SECONDS_A_STEP = 1.4;
let player = null;

const ICONS = {
  first: "M4 4h2v12H4zM16 4v12L7 10z",
  back: "M14 4v12L5 10z",
  play: "M6 4v12l9-6z",
  pause: "M5 4h3.5v12H5zM11.500 4H15v12h-3.500z",
  forward: "M6 4v12l9-6z",
  last: "M14 4h2v12h-2zM4 4v12l9-6z",
};

function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const picture = document.createElementNS(space, "svg");
  picture.setAttribute("viewBox", "0 0 20 20");
  picture.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", ICONS[name]);
  picture.append(path);
  return picture;
}

function pause() {
  clearInterval(player);
  player = null;
}

function play(sentence) {
  if (state.step === sentence.target_tokens.length - 1) change({ step: 0 });
  player = setInterval(() => {
    const isLast = state.step >= sentence.target_tokens.length - 2;
    if (isLast) pause();
    change({ step: state.step + 1 });
  }, SECONDS_A_STEP * 1000);
  render();
}

function drawTransport(sentence) {
  const last = sentence.target_tokens.length - 1;
  const go = (step) => () => {
    pause();
    change({ step: Math.max(0, Math.min(last, step)) });
  };
  const button = (name, action, disabled, label) =>
    element(
      "button",
      {
        type: "button",
        class: name === "play" ? "primary" : null,
        click: action,
        "aria-label": text(label ?? name),
        title: text(label ?? name),
        // Not `disabled`, which would lose the focus at the last step.
        "aria-disabled": disabled ? "true" : null,
        "data-focus": `transport-${name}`,
      },
      icon(label ?? name),
    );
  byId("transport").replaceChildren(
    button("first", go(0), state.step === 0),
    button("back", go(state.step - 1), state.step === 0),
    player
      ? button("play", () => (pause(), render()), false, "pause")
      : button("play", () => play(sentence), last === 0),
    button("forward", go(state.step + 1), state.step === last),
    button("last", go(last), state.step === last),
    element("span", { class: "step" }, text("step_of", { step: state.step + 1, count: last + 1 })),
  );
  byId("transport").setAttribute("aria-label", text("transport"));
  byId("transport").onkeydown = (event) => {
    const target = arrowTarget(event.key, state.step, last + 1);
    if (target === null) return;
    event.preventDefault();
    go(target)();
  };
}

function wordBox(token, attributes) {
  return element(
    "span",
    { ...attributes, class: `word ${attributes.class ?? ""}` },
    tokenNode(token),
  );
}

function drawSourceRead(sentence) {
  const layer = state.layers.cross;
  const weights = meanWeights(sentence, "cross", layer, state.step);
  byId("source-read").replaceChildren(
    ...sentence.source_tokens.map((token, index) => {
      const box = wordBox(token, { class: "shaded", title: fixed(weights[index], 3) });
      box.style.backgroundColor = css(heat(weights[index]));
      box.style.color = css(inkOn(heat(weights[index])));
      box.dataset.weight = fixed(weights[index], 3);
      return box;
    }),
  );
  byId("source-note").textContent = text("source_note", { layer: layer + 1 });
}

function drawRead(sentence) {
  byId("decoder-read").replaceChildren(
    ...sentence.input_tokens.map((token, index) => {
      if (index <= state.step) {
        return wordBox(token, { class: index === state.step ? "current" : "" });
      }
      const label = text("hidden_word", { word: plain(token) });
      return wordBox(token, {
        class: "hidden-word",
        title: label,
        "aria-label": label,
        role: "img",
      });
    }),
  );
  chooseOne(byId("produced"), {
    name: "produced",
    label: text("produced_label"),
    count: sentence.target_tokens.length,
    selected: state.step,
    choose: (step) => {
      pause();
      change({ step });
    },
    make: (index) => ({
      content: [tokenNode(sentence.target_tokens[index])],
      className: `word ${index > state.step ? "to-come" : ""}`,
    }),
  });
}

function drawCandidates(sentence) {
  const tokens = sentence.candidate_tokens?.[state.step];
  if (!tokens) {
    byId("candidates").replaceChildren(element("p", { class: "note" }, text("no_candidates")));
    return;
  }
  const produced = sentence.target_tokens[state.step];
  byId("candidates").replaceChildren(
    ...tokens.map((token, place) => {
      const probability = sentence.candidate_probabilities[state.step][place];
      const fill = element("span", { class: "fill" });
      fill.style.width = `${100 * probability}%`;
      const isChosen = token === produced;
      return element(
        "div",
        { class: `bar ${isChosen ? "chosen" : ""}` },
        element("span", { class: "label" }, tokenNode(token)),
        element("span", { class: "track" }, fill),
        element("span", { class: "number" }, fixed(probability, 3)),
        element(
          "span",
          { class: "tick", title: isChosen ? text("chosen") : null },
          isChosen ? "✓" : "",
        ),
      );
    }),
  );
}

function drawLookAhead(sentence) {
  const count = sentence.input_tokens.length;
  const size = Math.max(2, Math.min(18, Math.floor(230 / count)));
  const rows = indices(count, (row) =>
    indices(count, (column) => (column > row ? 0 : row === state.step ? 0.5 : 0.06)),
  );
  const canvas = element("canvas", {
    role: "img",
    "aria-label": text("look_ahead_label", { step: state.step + 1 }),
  });
  byId("look-ahead").replaceChildren(canvas);
  const context = drawMap(canvas, rows, size, (row, column) => column > row);
  context.strokeStyle = css(palette.mark);
  context.lineWidth = 2;
  context.strokeRect(1, state.step * size + 1, count * size - 2, Math.max(1, size - 2));
}

let announced = "";

function drawGeneration(sentence) {
  drawTransport(sentence);
  drawSourceRead(sentence);
  drawRead(sentence);
  drawCandidates(sentence);
  drawLookAhead(sentence);
  const news = text("announce", {
    step: state.step + 1,
    read: plain(sentence.input_tokens[state.step]),
    word: plain(sentence.target_tokens[state.step]),
  });
  if (news !== announced) byId("announcement").textContent = announced = news;
}
