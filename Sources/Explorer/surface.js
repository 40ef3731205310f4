// The body as a surface: linear blend skinning, and a z-buffer in plain JavaScript with the same pixels everywhere.

/** A body that the page may contain: template, shapes, weights, faces. */
class Body {
  constructor(data) {
    this.data = data;
    this.arrays = null;
  }

  /** Decodes the body's arrays. */
  async load() {
    const names = ['template', 'shapes', 'bones', 'weights', 'faces'];
    const arrays = await Promise.all(names.map((name) => blocks.array(this.data[name])));
    this.arrays = Object.fromEntries(names.map((name, i) => [name, arrays[i]]));
    const { faces } = this.arrays;
    this.faces = Int32Array.from({ length: faces.columns * 3 }, (_, i) => faces.at(i % 3, Math.floor(i / 3)));
  }

  /** The vertices of a pose: 24 rotation vectors and ten betas; millimetres. */
  posed(rotations, betas) {
    const { data, arrays } = this;
    const rest = data.rest.map(
      (value, i) => value + betas.reduce((sum, beta, l) => sum + beta * data.restShapes[i * 10 + l], 0),
    );
    const frames = [];
    data.parents.forEach((parent, joint) => {
      const own = rotationMatrix(rotations[3 * joint], rotations[3 * joint + 1], rotations[3 * joint + 2]);
      const j = rest.slice(3 * joint, 3 * joint + 3);
      if (parent < 0) {
        frames.push({ turn: own, at: j });
        return;
      }
      const { turn, at } = frames[parent];
      const offset = j.map((value, axis) => value - rest[3 * parent + axis]);
      frames.push({ turn: product(turn, own), at: applied(turn, offset).map((value, axis) => value + at[axis]) });
    });
    const shifts = frames.map(({ turn, at }, joint) => {
      const back = applied(turn, rest.slice(3 * joint, 3 * joint + 3));
      return at.map((value, axis) => value - back[axis]);
    });
    const count = data.vertices;
    const vertices = new Float64Array(3 * count);
    const v = [0, 0, 0];
    for (let i = 0; i < count; i++) {
      for (let axis = 0; axis < 3; axis++) {
        let sum = arrays.template.at(axis, i);
        for (let l = 0; l < 10; l++) sum += betas[l] * arrays.shapes.at(axis * 10 + l, i);
        v[axis] = sum;
      }
      for (let k = 0; k < arrays.bones.planes; k++) {
        const weight = arrays.weights.at(k, i);
        if (!weight) continue;
        const bone = arrays.bones.at(k, i);
        const m = frames[bone].turn;
        for (let axis = 0; axis < 3; axis++) {
          vertices[3 * i + axis] +=
            weight * (m[3 * axis] * v[0] + m[3 * axis + 1] * v[1] + m[3 * axis + 2] * v[2] + shifts[bone][axis]);
        }
      }
    }
    return { vertices, joints: Float64Array.from(frames.flatMap((frame) => frame.at)) };
  }
}

/** The product of two matrices of nine numbers. */
function product(a, b) {
  return [0, 1, 2].flatMap((r) =>
    [0, 1, 2].map((c) => a[3 * r] * b[c] + a[3 * r + 1] * b[3 + c] + a[3 * r + 2] * b[6 + c]),
  );
}

/** A matrix of nine numbers times a vector. */
function applied(m, v) {
  return [0, 1, 2].map((r) => m[3 * r] * v[0] + m[3 * r + 1] * v[1] + m[3 * r + 2] * v[2]);
}

/** Draws the bodies of the figures that have one, in pale tones of their colours. */
function drawBodies(page, panel, place, view) {
  const { context, width, height } = place;
  const ratio = place.ratio > 1 ? 1.5 : 1;
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  const depths = new Float32Array(w * h).fill(Infinity);
  const image = new ImageData(w, h);
  const pixels = new Uint32Array(image.data.buffer);
  let isDrawn = false;
  for (const figure of panel.points) {
    const body = figure.isGhost ? null : panel.bodyFor(figure);
    const network = figure.network ?? page.lead;
    const index = page.indexFor(network);
    const rotations = figure.isTruth ? network.data.truth.rotations : network.vector('rotations', index);
    const betas = figure.isTruth ? network.data.truth.betas : network.vector('betas', index);
    if (!body?.arrays || !rotations || !betas) continue;
    const posed = body.posed(rotations, betas);
    // The surface goes where the joints go: about the root, or fitted.
    const fit = page.quantity.aligned && !figure.isTruth ? panel.placed(network, network.joints(index)) : null;
    const root = middle(posed.joints, network.root);
    const placed = fit ? procrustes(posed.joints, fit)(posed.vertices) : about(posed.vertices, root);
    const seen = turned(about(placed, view.centre), view.yaw, view.pitch);
    for (let i = 0; i < seen.length; i += 3) {
      seen[i] = w / 2 + seen[i] * view.scale * ratio;
      seen[i + 1] = h / 2 + seen[i + 1] * view.scale * ratio;
    }
    rasterize(seen, body.faces, figure.colour, depths, pixels, w, h);
    isDrawn = true;
  }
  if (!isDrawn) return;
  const canvas = make('canvas', { width: w, height: h });
  canvas.getContext('2d').putImageData(image, 0, 0);
  context.drawImage(canvas, 0, 0, width, height);
}

/** Draws triangles into pixels, the nearest on top, lit from the viewer's left shoulder. */
function rasterize(points, faces, colour, depths, pixels, width, height) {
  const code = Number.parseInt(colour.slice(1), 16);
  const pale = [code >> 16, (code >> 8) & 255, code & 255].map((value) => value + (242 - value) * 0.45);
  for (let f = 0; f < faces.length; f += 3) {
    const [a, b, c] = [3 * faces[f], 3 * faces[f + 1], 3 * faces[f + 2]];
    const [ax, ay, az] = [points[a], points[a + 1], points[a + 2]];
    const [bx, by, bz] = [points[b], points[b + 1], points[b + 2]];
    const [cx, cy, cz] = [points[c], points[c + 1], points[c + 2]];
    const area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay);
    if (Math.abs(area) < 1e-9) continue;
    const normal = [(by - ay) * (cz - az) - (bz - az) * (cy - ay), (bz - az) * (cx - ax) - (bx - ax) * (cz - az), area];
    const length = Math.hypot(...normal);
    const facing = normal[2] > 0 ? 1 : -1;
    const light =
      0.45 + 0.55 * Math.max(0, (facing * (normal[2] * 0.85 - normal[0] * 0.3 - normal[1] * 0.42)) / length);
    const shade = ((255 << 24) | ((pale[2] * light) << 16) | ((pale[1] * light) << 8) | (pale[0] * light)) >>> 0;
    const x0 = Math.max(0, Math.floor(Math.min(ax, bx, cx)));
    const x1 = Math.min(width - 1, Math.ceil(Math.max(ax, bx, cx)));
    const y0 = Math.max(0, Math.floor(Math.min(ay, by, cy)));
    const y1 = Math.min(height - 1, Math.ceil(Math.max(ay, by, cy)));
    for (let y = y0; y <= y1; y++) {
      for (let x = x0; x <= x1; x++) {
        const u = ((bx - x - 0.5) * (cy - y - 0.5) - (cx - x - 0.5) * (by - y - 0.5)) / area;
        const v = ((cx - x - 0.5) * (ay - y - 0.5) - (ax - x - 0.5) * (cy - y - 0.5)) / area;
        if (u < 0 || v < 0 || u + v > 1) continue;
        const depth = u * az + v * bz + (1 - u - v) * cz;
        const at = y * width + x;
        if (depth >= depths[at]) continue;
        depths[at] = depth;
        pixels[at] = shade;
      }
    }
  }
}
