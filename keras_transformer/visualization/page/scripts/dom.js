// Elements, texts in two languages, numbers as text. Nothing here makes markup out of a string.

const PAGE = JSON.parse(document.getElementById("page-data").textContent);
const TEXTS = PAGE.texts;
let language = "en";

function text(key, values = {}) {
  const pattern = TEXTS[language][key];
  if (pattern === undefined) throw new Error(`no text ${key}`);
  return pattern.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

const byId = (id) => document.getElementById(id);

// Attributes that are functions are listeners; children are elements or strings.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

const isSpace = (token) => /^▁+$/.test(token);

// A token without the sign for a space, for sentences.
function plain(token) {
  return isSpace(token) ? text("space") : token.replaceAll("▁", "");
}

// A token as it is, the sign for a space faint.
function tokenNode(token) {
  const pieces = token.split(/(▁)/).filter(Boolean);
  const nodes = pieces.map((piece) =>
    piece === "▁" ? element("span", { class: "space" }, piece) : piece,
  );
  return element("bdi", {}, ...nodes);
}

function fixed(value, digits) {
  const written = value.toFixed(digits);
  const isZero = Number(written) === 0;
  return isZero ? (0).toFixed(digits) : written.replace("-", "−");
}

// Three decimals, fewer where the number is large.
function format(value) {
  if (value === -Infinity) return "−∞";
  const size = Math.abs(value);
  return fixed(value, size >= 1000 ? 0 : size >= 100 ? 1 : size >= 10 ? 2 : 3);
}

// A small probability or difference in powers of ten.
function formatSmall(value) {
  if (value >= 0.001 || value === 0) return fixed(value, 3);
  const [digits, power] = value.toExponential(1).split("e");
  return `${digits} × 10${[...power].map((sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]).join("")}`;
}

// Which of the elements of a group an arrow key leads to, or null.
function arrowTarget(key, index, count) {
  const targets = {
    ArrowRight: index + 1,
    ArrowDown: index + 1,
    ArrowLeft: index - 1,
    ArrowUp: index - 1,
    Home: 0,
    End: count - 1,
  };
  return key in targets ? Math.min(count - 1, Math.max(0, targets[key])) : null;
}

// A group of which one is chosen. The chosen one takes the focus; arrow keys move the choice.
// `make(index)` gives { content, label?, className?, disabled? }.
function chooseOne(container, { name, label, count, selected, choose, make }) {
  container.setAttribute("role", "radiogroup");
  container.setAttribute("aria-label", label);
  const enabled = indices(count, make);
  const move = (event, index) => {
    const usable = [...enabled.keys()].filter((each) => !enabled[each].disabled);
    const target = arrowTarget(event.key, usable.indexOf(index), usable.length);
    if (target === null || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    choose(usable[target]);
  };
  container.replaceChildren(
    ...enabled.map(({ content, label: name_, className, disabled }, index) =>
      element(
        "button",
        {
          type: "button",
          role: "radio",
          class: className ?? null,
          "aria-checked": String(index === selected),
          "aria-label": name_ ?? null,
          tabindex: index === selected ? "0" : "-1",
          disabled: Boolean(disabled),
          "data-focus": index === selected ? name : null,
          "data-group": name,
          "data-index": String(index),
          click: () => choose(index),
          keydown: (event) => move(event, index),
        },
        ...content,
      ),
    ),
  );
  return container;
}

// Draws everything anew and leaves the focus where it was.
function keepFocus(draw) {
  const before = document.activeElement?.dataset;
  const focused = before?.focus ?? before?.group; // of a group, the one that is chosen now
  draw();
  if (!focused || document.activeElement?.dataset?.focus === focused) return;
  document.querySelector(`[data-focus="${focused}"]`)?.focus({ preventScroll: true });
}
