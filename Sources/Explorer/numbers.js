// Numbers as people read them, and their colours.

/** The words of the header, filled in by the page. */
const words = { missing: '–', minus: '−', plus: '+' };

/** A number with so many decimals, a true minus and, where asked for, a plus. */
function written(value, decimals, isSigned) {
  if (!isKnown(value)) return words.missing;
  const digits = Math.abs(value).toFixed(decimals);
  if (Number(digits) === 0) return digits;
  return (value < 0 ? words.minus : isSigned ? words.plus : '') + digits;
}

/** A number of a quantity with its unit. */
function writtenWithUnit(value, quantity, isSigned = quantity.signed) {
  const text = written(value, quantity.decimals, isSigned);
  return isKnown(value) && quantity.unit ? `${text} ${quantity.unit}` : text;
}

/** A text of the header with its blanks filled: `{}`, `{a}`, `{b}`. */
function filled(text, blanks) {
  return text.replace(/\{(\w*)\}/g, (all, name) => {
    const value = typeof blanks === 'object' ? blanks[name] : blanks;
    return value === undefined ? all : value;
  });
}

/** A number moved between two others. */
function limited(value, low, high) {
  return Math.min(Math.max(value, low), high);
}

/** The colour maps by name: 256 colours of three bytes each. */
const colourMaps = {};

/** Where a number is among the 256 colours of a legend. */
function colourIndex(key, value) {
  let share;
  if (key.signed) {
    const reach = Math.max(Math.abs(key.low), Math.abs(key.high));
    share = 0.5 + (0.5 * limited(value, key.low, key.high)) / reach;
  } else {
    share = (value - key.low) / (key.high - key.low);
  }
  return Math.round(255 * limited(share, 0, 1));
}

/** The colours of a legend as numbers that an image takes whole, opaque. */
function colourTable(key) {
  const map = colourMaps[key.colours];
  const table = new Uint32Array(256);
  // Images are red, green, blue, opacity in memory; all browsers run on little-endian machines.
  for (let i = 0; i < 256; i++) {
    table[i] = (255 << 24) | (map[3 * i + 2] << 16) | (map[3 * i + 1] << 8) | map[3 * i];
  }
  return table;
}

/** `#rrggbb` as a number that an image takes. */
function pixelOf(colour) {
  const code = Number.parseInt(colour.slice(1), 16);
  return ((255 << 24) | ((code & 255) << 16) | (code & 0xff00) | (code >> 16)) >>> 0;
}

/** Where a number is on the bar of a legend, 0…1. */
function shareOf(key, value) {
  return limited((value - key.low) / (key.high - key.low), 0, 1);
}
