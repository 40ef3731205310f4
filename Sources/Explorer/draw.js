// Drawing on canvases: marks, skeletons, outlines, the occluder, bars of colours.

/** The outlines of marks as paths. */
const markerPaths = Object.fromEntries(Object.entries(MARKERS).map(([name, path]) => [name, new Path2D(path)]));

/** Draws a mark about a point. */
function drawMarker(context, marker, x, y, size, colour, rim) {
  context.save();
  context.translate(x, y);
  context.scale(size / 10, size / 10);
  if (rim) {
    context.strokeStyle = rim;
    context.lineWidth = 30 / size;
    context.lineJoin = 'round';
    context.stroke(markerPaths[marker]);
  }
  context.fillStyle = colour;
  context.fill(markerPaths[marker]);
  context.restore();
}

/** Draws bones and joints at flat x, y; a pale rim keeps them visible on any picture. */
function drawSkeleton(context, points, bones, look) {
  const isThere = (joint) => isKnown(points[2 * joint] + points[2 * joint + 1]);
  const path = new Path2D();
  for (const [a, b] of bones) {
    if (!isThere(a) || !isThere(b)) continue;
    path.moveTo(points[2 * a], points[2 * a + 1]);
    path.lineTo(points[2 * b], points[2 * b + 1]);
  }
  context.save();
  context.globalAlpha = look.opacity ?? 1;
  context.lineCap = 'round';
  context.lineJoin = 'round';
  if (look.rim) {
    context.strokeStyle = look.rim;
    context.lineWidth = look.width + 2.4;
    context.stroke(path);
  }
  context.strokeStyle = look.colour;
  context.lineWidth = look.width;
  context.setLineDash(look.dash ?? []);
  context.stroke(path);
  context.setLineDash([]);
  for (let joint = 0; joint < points.length / 2; joint++) {
    if (!isThere(joint)) continue;
    const size = joint === look.joint ? look.size * 2 : look.size;
    drawMarker(
      context,
      look.marker,
      points[2 * joint],
      points[2 * joint + 1],
      size,
      look.colour,
      joint === look.joint ? look.emphasis : look.rim,
    );
  }
  context.restore();
}

/** Draws segments x, y, x, y times a factor, dark on light. */
function drawSegments(context, segments, factor, colour, width, rim) {
  const path = new Path2D();
  for (const [x0, y0, x1, y1] of segments) {
    path.moveTo(x0 * factor, y0 * factor);
    path.lineTo(x1 * factor, y1 * factor);
  }
  context.lineCap = 'round';
  if (rim) {
    context.strokeStyle = rim;
    context.lineWidth = width + 1.6;
    context.stroke(path);
  }
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.stroke(path);
}

/** The outline of the body in pixels of a network's crop, once its mask is decoded. */
function outlineOf(network) {
  if (network.outline || !network.arrays.outline) return network.outline ?? [];
  const { numbers, rows, columns } = network.arrays.outline;
  // The mask is smoothed as far as a pixel, so that the line is no staircase.
  let values = Float32Array.from(numbers);
  for (let pass = 0; pass < 2; pass++) {
    const next = new Float32Array(values.length);
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        let [sum, weight] = [0, 0];
        for (let y = Math.max(0, r - 1); y <= Math.min(rows - 1, r + 1); y++) {
          for (let x = Math.max(0, c - 1); x <= Math.min(columns - 1, c + 1); x++) {
            sum += values[y * columns + x];
            weight++;
          }
        }
        next[r * columns + c] = sum / weight;
      }
    }
    values = next;
  }
  const centres = (count) => Array.from({ length: count }, (_, i) => ((i + 0.5) * network.side) / count);
  network.outline = isoline(values, centres(columns), centres(rows), 0.5);
  return network.outline;
}

/** The path of the occluder at a position, in pixels of the crop times a factor. */
function occluderPath(network, index, factor) {
  if (index === CLEAN) return new Path2D();
  const [left, top, right, bottom] = network.window(index);
  const about = network.about(index);
  const path = new Path2D();
  if (about.shape === 'disc') {
    // A disc keeps its shape where the border cuts it.
    const [x, y] = network.origin(index);
    const radius = about.width / 2;
    path.arc((x + radius) * factor, (y + radius) * factor, radius * factor, 0, 2 * Math.PI);
  } else if (about.outline) {
    const [x, y] = network.origin(index);
    for (const line of about.outline) {
      for (let i = 0; i < line.length; i += 2)
        path[i ? 'lineTo' : 'moveTo']((x + line[i]) * factor, (y + line[i + 1]) * factor);
      path.closePath();
    }
  } else {
    path.rect(left * factor, top * factor, (right - left) * factor, (bottom - top) * factor);
  }
  return path;
}

/** Draws the occluder as it hides the picture: its colour, or its pixels. */
function drawOccluder(context, network, index, factor) {
  const about = network.about(index);
  const path = occluderPath(network, index, factor);
  if (index === CLEAN) return path;
  const [x, y] = network.origin(index);
  context.save();
  context.clip(path);
  const picture = about.fill.picture === undefined ? null : page.picture(about.fill.picture);
  if (about.fill.kind === 'under' && picture) {
    // A fill that depends on what is beneath: the whole crop filled, of which the window is shown.
    context.drawImage(picture, 0, 0, network.side * factor, network.side * factor);
  } else if (about.fill.kind === 'pixels' && picture) {
    context.imageSmoothingEnabled = false;
    context.drawImage(picture, x * factor, y * factor, about.width * factor, about.height * factor);
  } else {
    context.fillStyle = about.fill.colour ?? '#7c7468';
    context.fill(path);
  }
  context.restore();
  return path;
}

/** Draws the edge of the occluder, white in black. */
function drawEdge(context, path, colour = '#fff', dash = []) {
  context.lineJoin = 'miter';
  context.setLineDash([]);
  context.strokeStyle = '#000';
  context.lineWidth = 3.2;
  context.stroke(path);
  context.strokeStyle = colour;
  context.lineWidth = 1.4;
  context.setLineDash(dash);
  context.stroke(path);
  context.setLineDash([]);
}

/** The colours of a legend, from its least number to its largest. */
function barOf(key) {
  const bar = make('canvas', { class: 'bar', width: '256', height: '1', 'aria-hidden': 'true' });
  const image = new ImageData(256, 1);
  const pixels = new Uint32Array(image.data.buffer);
  const table = colourTable(key);
  for (let i = 0; i < 256; i++) pixels[i] = table[colourIndex(key, key.low + ((i + 0.5) / 256) * (key.high - key.low))];
  bar.getContext('2d').putImageData(image, 0, 0);
  return bar;
}

/** A legend: a bar of colours with its numbers, marks and text; marks have the colour and shape of their network. */
function legend(key, width = 300, networks = []) {
  const marks = (key.marks ?? []).map((mark) => {
    const network = networks[mark.network];
    const title = network ? `${network.label}, ${filled(words.clean, written(mark.at, 1))}` : null;
    const element = make('i', { class: 'mark', title }, network ? chip(network.data.colour, network.marker) : null);
    element.style.left = `${100 * shareOf(key, mark.at)}%`;
    if (network) element.style.borderColor = network.data.colour;
    return element;
  });
  const pointer = make('i', { class: 'here', hidden: true });
  const ticks = make('div', { class: 'ticks', 'aria-hidden': 'true' });
  // Numbers that would touch one another are left out, never those at the ends.
  const at = (tick) => (width * (tick.at - key.low)) / (key.high - key.low);
  const room = (tick) => 6.5 * tick.text.length + 6;
  const [first, last] = [key.ticks[0], key.ticks.at(-1)];
  let end = room(first);
  for (const tick of key.ticks) {
    const isEnd = tick === first || tick === last;
    const half = room(tick) / 2;
    if (!isEnd && (at(tick) - half < end || at(tick) + half > width - room(last))) continue;
    if (!isEnd) end = at(tick) + half;
    const label = make('span', { class: tick === first ? 'first' : isEnd ? 'last' : null }, tick.text);
    label.style.left = `${100 * shareOf(key, tick.at)}%`;
    ticks.append(label);
  }
  const note = key.note ? ` ${key.note}.` : '';
  return make(
    'div',
    { class: 'legend' },
    make('div', { class: 'track' }, barOf(key), ...marks, pointer),
    ticks,
    small(key.title + (note && '.') + note),
  );
}
