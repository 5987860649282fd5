// One query of one head, followed step by step: softmax(q k / sqrt(d)) v.

function dot(left, right) {
  return left.reduce((sum, value, cell) => sum + value * right[cell], 0);
}

function sumOf(values) {
  return values.reduce((sum, value) => sum + value, 0);
}

function softmax(scores) {
  const largest = Math.max(...scores);
  const powers = scores.map((score) => Math.exp(score - largest));
  const total = sumOf(powers);
  return { largest, powers, total, weights: powers.map((power) => power / total) };
}

function weightedSum(weights, values) {
  return values[0].map((_, cell) => sumOf(values.map((value, key) => weights[key] * value[cell])));
}

// What the page shows of a query. Without vectors: the model's weights and the mask alone.
function follow(sentence, kind, layer, head, query) {
  const stored = [...sentence.weights(kind, layer, head)[query]];
  const masked = stored.map((_, key) => sentence.isMasked(kind, query, key));
  if (!sentence.hasVectors(kind, layer)) return { weights: stored, masked, vectors: false };
  const [queries, keys, values] = ["queries", "keys", "values"].map((name) =>
    sentence.vectors(kind, name, layer, head),
  );
  const dimension = queries[query].length;
  const root = Math.sqrt(dimension);
  const products = keys.map((key) => dot(queries[query], key));
  const scaled = products.map((product) => product / root);
  const scores = scaled.map((score, key) => (masked[key] ? -Infinity : score));
  const shares = softmax(scores);
  return {
    vectors: true,
    query: queries[query],
    keys,
    values,
    dimension,
    root,
    products,
    scaled,
    scores,
    masked,
    ...shares,
    output: weightedSum(shares.weights, values),
    difference: Math.max(...shares.weights.map((weight, key) => Math.abs(weight - stored[key]))),
  };
}

// For each key the mean over the heads of a layer.
function meanWeights(sentence, kind, layer, query) {
  const heads = sentence.heads(kind);
  const rows = indices(heads, (head) => sentence.weights(kind, layer, head)[query]);
  return indices(rows[0].length, (key) => sumOf(rows.map((row) => row[key])) / heads);
}
