// The numbers of a sentence, as packing.py packs them: gzip in base64, and whole numbers as a plane
// of their lowest bytes followed by a plane of the next ones.

const LARGEST_WEIGHT = 65535;

async function unpack(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

class Sentence {
  // `description` has the texts, tokens and candidates, the packed `data` and its `parts`.
  constructor(description) {
    Object.assign(this, description);
    this.rows = new Map();
  }

  async open() {
    if (!this.bytes) {
      this.bytes = await unpack(this.data);
      this.data = null;
    }
    return this;
  }

  layers(kind) {
    return this.parts[`${kind}.weights`].shape[0];
  }

  heads(kind) {
    return this.parts[`${kind}.weights`].shape[1];
  }

  // Tokens of the rows and of the columns of an attention map.
  queryTokens(kind) {
    if (kind === "encoder") return this.source_tokens;
    return kind === "decoder" ? this.input_tokens : this.target_tokens;
  }

  keyTokens(kind) {
    return kind === "decoder" ? this.input_tokens : this.source_tokens;
  }

  isMasked(kind, query, key) {
    return kind === "decoder" && key > query;
  }

  // Arrays of weights, one for each query.
  weights(kind, layer, head) {
    const { offset, shape } = this.parts[`${kind}.weights`];
    const [layers, heads, queries, keys] = shape;
    const plane = layers * heads * queries * keys;
    return this.remember(`${kind}.weights.${layer}.${head}`, () =>
      indices(queries, (query) => {
        const first = offset + ((layer * heads + head) * queries + query) * keys;
        return Float64Array.from({ length: keys }, (_, key) => {
          const place = first + key;
          return (this.bytes[place] | (this.bytes[place + plane] << 8)) / LARGEST_WEIGHT;
        });
      }),
    );
  }

  hasVectors(kind, layer) {
    return `${kind}.queries.${layer}` in this.parts;
  }

  // Arrays of `queries`, `keys` or `values` of a head, one for each word.
  vectors(kind, name, layer, head) {
    const { offset, shape } = this.parts[`${kind}.${name}.${layer}`];
    const [heads, words, dimension] = shape;
    const scales = new DataView(this.bytes.buffer, this.bytes.byteOffset + offset);
    const start = offset + 4 * heads * words;
    const plane = heads * words * dimension;
    return this.remember(`${kind}.${name}.${layer}.${head}`, () =>
      indices(words, (word) => {
        const row = head * words + word;
        const scale = scales.getFloat32(4 * row, true);
        return Float64Array.from({ length: dimension }, (_, cell) => {
          const place = start + row * dimension + cell;
          let number = 0;
          for (let byte = 0; byte < this.bytes_of_numbers; byte++) {
            number |= this.bytes[place + byte * plane] << (8 * byte);
          }
          const unused = 32 - 8 * this.bytes_of_numbers; // shifted out and in for the sign
          return ((number << unused) >> unused) * scale;
        });
      }),
    );
  }

  remember(name, make) {
    if (!this.rows.has(name)) this.rows.set(name, make());
    return this.rows.get(name);
  }
}

function indices(count, make) {
  return Array.from({ length: count }, (_, index) => make(index));
}
