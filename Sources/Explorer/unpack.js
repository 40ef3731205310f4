// Packed arrays: base64, zlib, byte planes, zigzag and gradient prediction (docs/explorer.md).

/** Whether something is a number, and no infinite one. */
const isKnown = Number.isFinite;
/** The value of a packed number that was not measured. */
const MISSING = 65535;

/** The bytes of base64 text. */
function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  // Browsers before 2025: slices keep the texts in between small.
  const bytes = new Uint8Array(Math.floor(text.length / 4) * 3);
  let length = 0;
  for (let from = 0; from < text.length; from += 32768) {
    const part = atob(text.slice(from, from + 32768));
    for (let i = 0; i < part.length; i++) bytes[length + i] = part.charCodeAt(i);
    length += part.length;
  }
  return bytes.subarray(0, length);
}

/** What zlib has packed; throws where a checksum is wrong or bytes are missing. */
async function inflate(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  try {
    return new Uint8Array(await new Response(stream).arrayBuffer());
  } catch {
    throw new Error('its checksum is wrong, or bytes are missing');
  }
}

/** The integers of `planes` planes of `rows` × `columns`, plane after plane. */
function predicted(bytes, rows, columns, planes) {
  const count = rows * columns * planes;
  if (bytes.length !== 2 * count) throw new Error('a block has another length than its shape');
  const numbers = new Uint16Array(count);
  let i = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (let row = 0; row < rows; row++) {
      let left = 0;
      let corner = 0;
      for (let column = 0; column < columns; column++, i++) {
        const zigzag = bytes[i] | (bytes[count + i] << 8);
        const up = row ? numbers[i - columns] : 0;
        const value = (((zigzag >>> 1) ^ -(zigzag & 1)) + left + up - corner) & 65535;
        numbers[i] = value;
        left = value;
        corner = up;
      }
    }
  }
  return numbers;
}

/** A decoded array: integers with the step and offset that make numbers of them. */
class PackedArray {
  constructor(numbers, about) {
    this.numbers = numbers;
    [this.rows, this.columns, this.planes] = about.shape;
    this.size = this.rows * this.columns;
    this.step = about.step;
    this.offset = about.offset;
  }

  /** The number of a plane at an index of its rows and columns; NaN where it was not measured. */
  at(plane, index) {
    const number = this.numbers[plane * this.size + index];
    return number === MISSING ? NaN : this.offset + this.step * number;
  }
}

/** The packed blocks of the page: elements of it, or entries of scripts that are loaded when asked for. */
const blocks = {
  kept: new Map(),
  scripts: new Map(),

  /** The text of a block, which is then released where it was. */
  take(name) {
    const element = document.getElementById(name);
    const text = element ? element.textContent : window.penumbraBlocks?.[name];
    if (!text) throw new Error('a block is missing');
    if (element) element.textContent = '';
    else delete window.penumbraBlocks[name];
    return text.trim();
  },

  /** The compressed bytes of a block: kept, since decoded arrays may be dropped and asked for again. */
  bytes(name) {
    if (!this.kept.has(name)) this.kept.set(name, bytesOf(this.take(name)));
    return this.kept.get(name);
  },

  /** Loads the script that a record's blocks are in. */
  load(source) {
    if (!source) return Promise.resolve();
    if (!this.scripts.has(source)) {
      this.scripts.set(
        source,
        new Promise((done, fail) => {
          const script = document.createElement('script');
          script.src = source;
          script.onload = done;
          script.onerror = () => fail(new Error(`${source} is missing`));
          document.head.append(script);
        }),
      );
    }
    return this.scripts.get(source);
  },

  /** An array by its description in the header. */
  async array(about, source) {
    await this.load(source);
    const bytes = await inflate(this.bytes(about.block));
    return new PackedArray(predicted(bytes, ...about.shape), about);
  },
};
