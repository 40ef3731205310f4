// Points in space: cameras, alignment, rotation. Poses are flat lists x, y, z in millimetres; x right, y down, z away.

/** The focal length of the camera that networks estimate, pixels. */
const FOCAL_LENGTH = 5000;

/** Where points are in a crop of `side` pixels by the camera scale, shift right, shift down: flat x, y in pixels. */
function projected(points, camera, side) {
  const [scale, x, y] = camera;
  const away = (2 * FOCAL_LENGTH) / (side * scale + 1e-9);
  const result = new Float64Array((points.length / 3) * 2);
  for (let i = 0, o = 0; i < points.length; i += 3, o += 2) {
    const factor = FOCAL_LENGTH / (points[i + 2] / 1000 + away);
    result[o] = (points[i] / 1000 + x) * factor + side / 2;
    result[o + 1] = (points[i + 1] / 1000 + y) * factor + side / 2;
  }
  return result;
}

/** The middle of some joints; the origin where there are none. */
function middle(points, joints) {
  const sum = [0, 0, 0];
  for (const joint of joints) {
    for (let axis = 0; axis < 3; axis++) sum[axis] += points[3 * joint + axis] / joints.length;
  }
  return sum;
}

/** The points shifted by a vector. */
function shifted(points, by) {
  return points.map((value, i) => value + by[i % 3]);
}

/** The points about a point. */
function about(points, centre) {
  return shifted(points, [-centre[0], -centre[1], -centre[2]]);
}

/** The points of some joints, in their order. */
function selected(points, joints) {
  const result = new Float64Array(3 * joints.length);
  joints.forEach((joint, i) => {
    for (let axis = 0; axis < 3; axis++) result[3 * i + axis] = points[3 * joint + axis];
  });
  return result;
}

/** The eigenvectors of a symmetric matrix of four rows, as columns, and its eigenvalues (Jacobi's method). */
function diagonalized(matrix) {
  const a = matrix.map((row) => row.slice());
  const vectors = [0, 1, 2, 3].map((i) => [0, 1, 2, 3].map((j) => (i === j ? 1 : 0)));
  for (let sweep = 0; sweep < 50; sweep++) {
    let off = 0;
    let diagonal = 0;
    for (let i = 0; i < 4; i++) {
      diagonal += a[i][i] ** 2;
      for (let j = i + 1; j < 4; j++) off += a[i][j] ** 2;
    }
    if (off <= 1e-30 * diagonal) break;
    for (let p = 0; p < 3; p++) {
      for (let q = p + 1; q < 4; q++) {
        if (a[p][q] === 0) continue;
        const theta = (a[q][q] - a[p][p]) / (2 * a[p][q]);
        const t = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.sqrt(theta * theta + 1));
        const c = 1 / Math.sqrt(t * t + 1);
        const s = t * c;
        for (let k = 0; k < 4; k++) {
          [a[k][p], a[k][q]] = [c * a[k][p] - s * a[k][q], s * a[k][p] + c * a[k][q]];
          [vectors[k][p], vectors[k][q]] = [
            c * vectors[k][p] - s * vectors[k][q],
            s * vectors[k][p] + c * vectors[k][q],
          ];
        }
        for (let k = 0; k < 4; k++) [a[p][k], a[q][k]] = [c * a[p][k] - s * a[q][k], s * a[p][k] + c * a[q][k]];
      }
    }
  }
  return { values: a.map((row, i) => row[i]), vectors };
}

/** The rotation, scale and shift that bring points closest to others, as a function of points (Horn, 1987). */
function procrustes(source, target) {
  const all = Array.from({ length: source.length / 3 }, (_, i) => i);
  const [from, to] = [middle(source, all), middle(target, all)];
  const m = [0, 1, 2].map(() => [0, 0, 0]);
  let spread = 0;
  for (const point of all) {
    for (let i = 0; i < 3; i++) {
      const a = source[3 * point + i] - from[i];
      spread += a * a;
      for (let j = 0; j < 3; j++) m[i][j] += a * (target[3 * point + j] - to[j]);
    }
  }
  const n = [
    [m[0][0] + m[1][1] + m[2][2], m[1][2] - m[2][1], m[2][0] - m[0][2], m[0][1] - m[1][0]],
    [0, m[0][0] - m[1][1] - m[2][2], m[0][1] + m[1][0], m[2][0] + m[0][2]],
    [0, 0, m[1][1] - m[0][0] - m[2][2], m[1][2] + m[2][1]],
    [0, 0, 0, m[2][2] - m[0][0] - m[1][1]],
  ];
  for (let i = 0; i < 4; i++) for (let j = 0; j < i; j++) n[i][j] = n[j][i];
  const { values, vectors } = diagonalized(n);
  const best = values.indexOf(Math.max(...values));
  const [w, x, y, z] = vectors.map((row) => row[best]);
  const rotation = [
    [w * w + x * x - y * y - z * z, 2 * (x * y - w * z), 2 * (x * z + w * y)],
    [2 * (x * y + w * z), w * w - x * x + y * y - z * z, 2 * (y * z - w * x)],
    [2 * (x * z - w * y), 2 * (y * z + w * x), w * w - x * x - y * y + z * z],
  ];
  const scale = spread > 1e-12 ? values[best] / spread : 0;
  return (points) => {
    const result = new Float64Array(points.length);
    for (let p = 0; p < points.length; p += 3) {
      for (let i = 0; i < 3; i++) {
        let sum = 0;
        for (let j = 0; j < 3; j++) sum += rotation[i][j] * (points[p + j] - from[j]);
        result[p + i] = sum * scale + to[i];
      }
    }
    return result;
  };
}

/** Points as seen from a turntable: yaw about the vertical, then pitch, degrees. */
function turned(points, yaw, pitch) {
  const [cy, sy] = [Math.cos((yaw * Math.PI) / 180), Math.sin((yaw * Math.PI) / 180)];
  const [cp, sp] = [Math.cos((pitch * Math.PI) / 180), Math.sin((pitch * Math.PI) / 180)];
  const result = new Float64Array(points.length);
  for (let i = 0; i < points.length; i += 3) {
    const [x, y, z] = [points[i], points[i + 1], points[i + 2]];
    const depth = z * cy - x * sy;
    result[i] = x * cy + z * sy;
    result[i + 1] = y * cp - depth * sp;
    result[i + 2] = y * sp + depth * cp;
  }
  return result;
}

/** A rotation vector as a matrix of nine numbers, row after row (Rodrigues). */
function rotationMatrix(x, y, z) {
  const angle = Math.hypot(x, y, z);
  if (angle < 1e-9) return [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const [a, b, c] = [x / angle, y / angle, z / angle];
  const [s, k] = [Math.sin(angle), 1 - Math.cos(angle)];
  return [
    1 - k * (b * b + c * c),
    k * a * b - s * c,
    k * a * c + s * b,
    k * a * b + s * c,
    1 - k * (a * a + c * c),
    k * b * c - s * a,
    k * a * c - s * b,
    k * b * c + s * a,
    1 - k * (a * a + b * b),
  ];
}

/** A point of an affine transform `[a, b, c, d, e, f]`: x' = a x + c y + e, y' = b x + d y + f. */
function transformed([a, b, c, d, e, f], x, y) {
  return [a * x + c * y + e, b * x + d * y + f];
}

/** The transform back. */
function inverse([a, b, c, d, e, f]) {
  const det = a * d - b * c;
  return [d / det, -b / det, -c / det, a / det, (c * f - d * e) / det, (b * e - a * f) / det];
}

/** Segments x, y, x, y of the line where numbers on a grid cross a level; numbers that are none have no line. */
function isoline(values, xs, ys, level) {
  const segments = [];
  const columns = xs.length;
  const between = (a, b, p, q) => p + ((level - a) / (b - a)) * (q - p);
  for (let r = 0; r + 1 < ys.length; r++) {
    for (let c = 0; c + 1 < columns; c++) {
      const [a, b] = [values[r * columns + c], values[r * columns + c + 1]];
      const [d, e] = [values[(r + 1) * columns + c], values[(r + 1) * columns + c + 1]];
      if (Number.isNaN(a + b + d + e)) continue;
      const ends = [];
      if (a < level !== b < level) ends.push(between(a, b, xs[c], xs[c + 1]), ys[r]);
      if (b < level !== e < level) ends.push(xs[c + 1], between(b, e, ys[r], ys[r + 1]));
      if (d < level !== e < level) ends.push(between(d, e, xs[c], xs[c + 1]), ys[r + 1]);
      if (a < level !== d < level) ends.push(xs[c], between(a, d, ys[r], ys[r + 1]));
      for (let i = 0; i + 3 < ends.length; i += 4) segments.push(ends.slice(i, i + 4));
    }
  }
  return segments;
}
