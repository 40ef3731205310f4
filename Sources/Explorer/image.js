// The pixels of a map, and the ground that it lies on.

/** For every pixel of a side the index of the centre whose cell it is in, or −1 for none. */
function cells(centres, side, pixels) {
  const last = centres.length - 1;
  let step = side;
  for (let i = 1; i <= last; i++)
    step = i === 1 ? centres[1] - centres[0] : Math.max(step, centres[i] - centres[i - 1]);
  // The outermost cells reach the crop's edge where that is no more than a step away.
  const from = centres[0] <= step ? 0 : centres[0] - step / 2;
  const to = side - centres[last] <= step ? side : centres[last] + step / 2;
  const result = new Int32Array(pixels);
  let index = 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    const at = ((pixel + 0.5) * side) / pixels;
    while (index < last && at > (centres[index] + centres[index + 1]) / 2) index++;
    result[pixel] = at < from || at > to ? -1 : index;
  }
  return result;
}

/** A map as a picture of so many pixels a side: `{ values, key, network, other }`. */
function mapPixels({ values, key, network, other }, size) {
  const image = new ImageData(size, size);
  const pixels = new Uint32Array(image.data.buffer);
  const table = colourTable(key);
  const colours = new Uint32Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    colours[i] = !Number.isNaN(value)
      ? table[colourIndex(key, value)]
      : network.isMissed(i) || other?.isMissed(i)
        ? MISSED
        : 0;
  }
  const hatch = page.hatch;
  const stripe = Math.max(2, Math.floor(size / 56));
  const paint = (y, x, i) => {
    const colour = colours[i];
    pixels[y * size + x] = colour === MISSED ? hatch[Math.floor((x + y) / stripe) % 2] : colour;
  };
  if (network.isList) {
    // Windows over one another, that of the largest number on top.
    const order = [...values.keys()].sort((a, b) => (values[a] || 0) - (values[b] || 0));
    for (const i of order) {
      const [x0, y0, x1, y1] = network.window(i).map((n) => Math.round((n * size) / network.side));
      for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) paint(y, x, i);
    }
    return image;
  }
  const { rows, columns } = network.data;
  const across = cells(columns.centre, network.side, size);
  const down = cells(rows.centre, network.side, size);
  const dots = network.arrays.computed;
  for (let y = 0; y < size; y++) {
    if (down[y] < 0) continue;
    for (let x = 0; x < size; x++) {
      if (across[x] < 0) continue;
      const i = down[y] * network.columns + across[x];
      paint(y, x, i);
      // Interpolated positions are dotted.
      if (dots && x % 4 === 0 && y % 4 === 0 && dots.numbers[i] === 0) {
        pixels[y * size + x] = (pixels[y * size + x] & 0xff000000) | ((pixels[y * size + x] >>> 1) & 0x7f7f7f);
      }
    }
  }
  return image;
}

/** Stands for a cell where nobody was found; no opaque colour is it. */
const MISSED = 1;

/** A map on a canvas of its own, at the resolution of the screen. */
function mapImage(map, place) {
  const size = Math.max(1, Math.round(place.width * place.ratio));
  const canvas = make('canvas', { width: size, height: size });
  canvas.getContext('2d').putImageData(mapPixels(map, size), 0, 0);
  return canvas;
}

/** The crop in gray, which shows where a map has no positions. */
function paintGround({ context, width, height }, network) {
  context.fillStyle = '#d9dbdf';
  context.fillRect(0, 0, width, height);
  const picture = network.data.picture === null ? null : page.picture(network.data.picture);
  if (!picture) return;
  context.save();
  context.filter = 'grayscale(1)';
  context.globalAlpha = 0.55;
  context.drawImage(picture, 0, 0, width, height);
  context.restore();
}

/** Draws a ring about a pinned position. */
function drawRing(context, x, y) {
  const path = new Path2D();
  path.arc(x, y, 6, 0, 2 * Math.PI);
  drawEdge(context, path);
}

/** Draws the centre of the occluder. */
function drawCross(context, x, y) {
  drawEdge(context, new Path2D(`M${x - 4} ${y}H${x + 4}M${x} ${y - 4}V${y + 4}`));
}
