// Colours of numbers, taken from the style sheet so that they follow the theme.

const MOST_PIXELS = 16e6; // of a canvas; some browsers draw nothing on a larger one

let palette = {};

function readPalette() {
  const style = getComputedStyle(document.documentElement);
  const names = ["heat-low", "heat-middle", "heat-high", "minus", "zero", "plus", "strike", "mark"];
  palette = Object.fromEntries(
    names.map((name) => [name, parseColor(style.getPropertyValue(`--${name}`).trim())]),
  );
}

function parseColor(text) {
  return [1, 3, 5].map((start) => Number.parseInt(text.slice(start, start + 2), 16));
}

function mix(from, to, share) {
  return from.map((value, part) => Math.round(value + (to[part] - value) * share));
}

function css(color) {
  return `rgb(${color.join(" ")})`;
}

// Weights from 0 to 1; the root lets small ones be seen.
function heat(weight) {
  const share = Math.sqrt(Math.min(1, Math.max(0, weight)));
  const { "heat-low": low, "heat-middle": middle, "heat-high": high } = palette;
  return share < 0.5 ? mix(low, middle, share * 2) : mix(middle, high, share * 2 - 1);
}

// Black or white, whichever is easier to read on a colour (WCAG 2, relative luminance).
function inkOn(color) {
  const [red, green, blue] = color.map((part) => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.179 ? [0, 0, 0] : [255, 255, 255];
}

// Numbers from -limit to limit.
function signed(value, limit) {
  const share = limit ? Math.min(1, Math.abs(value) / limit) : 0;
  return mix(palette.zero, value < 0 ? palette.minus : palette.plus, share);
}

// A vector as a strip of colours, one pixel a number; the style sheet stretches it.
function strip(vector, limit, opacity = 1) {
  const canvas = element("canvas", { width: vector.length, height: 1, class: "strip" });
  const context = canvas.getContext("2d");
  const image = context.createImageData(vector.length, 1);
  vector.forEach((value, cell) => {
    image.data.set([...mix(palette.zero, signed(value, limit), opacity), 255], cell * 4);
  });
  context.putImageData(image, 0, 0);
  canvas.vector = vector;
  return canvas;
}

// Weights as cells of `size` pixels; masked cells are struck out.
function drawMap(canvas, rows, size, isMasked) {
  const columns = rows[0].length;
  const area = columns * size * rows.length * size;
  const ratio = Math.min(window.devicePixelRatio || 1, Math.sqrt(MOST_PIXELS / area));
  canvas.width = Math.round(columns * size * ratio);
  canvas.height = Math.round(rows.length * size * ratio);
  canvas.style.width = `${columns * size}px`;
  canvas.style.height = `${rows.length * size}px`;
  const context = canvas.getContext("2d");
  context.scale(ratio, ratio);
  const gap = size >= 8 ? 1 : 0;
  rows.forEach((row, y) => {
    row.forEach((weight, x) => {
      context.fillStyle = css(heat(weight));
      context.fillRect(x * size, y * size, size - gap, size - gap);
      if (isMasked(y, x)) strikeOut(context, x * size, y * size, size - gap);
    });
  });
  return context;
}

function strikeOut(context, x, y, size) {
  context.strokeStyle = css(palette.strike);
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, y + size);
  context.lineTo(x + size, y);
  context.stroke();
}
