// Tests of what the page computes, without a browser: node --test Tests/Explorer/units.test.js
const assert = require('node:assert');
const { readFileSync, readdirSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');
const { deflateSync } = require('node:zlib');

const folder = join(__dirname, '../../Sources/Explorer');
const read = (name) => readFileSync(join(folder, name), 'utf8');
const names = [
  'MISSING, bytesOf, inflate, predicted, PackedArray, written, filled, colourIndex, colourMaps, shareOf, words',
  'projected, procrustes, turned, isoline, inverse, transformed, rotationMatrix, middle, nearestIndex, Report, MEAN',
  'hashOf, stateOf, firstState, within, boxOf, liveOf',
].join(', ');
const text = ['unpack.js', 'numbers.js', 'geometry.js', 'record.js', 'state.js'].map(read).join('\n');
const page = new Function(`'use strict';${text}\nreturn { ${names} };`)();

/** Packs integers as docs/explorer.md says. */
function packed(q, rows, columns, planes) {
  const count = rows * columns * planes;
  const bytes = Buffer.alloc(2 * count);
  const at = (plane, r, c) => (r < 0 || c < 0 ? 0 : q[(plane * rows + r) * columns + c]);
  let i = 0;
  for (let plane = 0; plane < planes; plane++) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++, i++) {
        const residual =
          (at(plane, r, c) - at(plane, r, c - 1) - at(plane, r - 1, c) + at(plane, r - 1, c - 1)) & 65535;
        const signed = residual > 32767 ? residual - 65536 : residual;
        const zigzag = ((signed << 1) ^ (signed >> 31)) & 65535;
        bytes[i] = zigzag & 255;
        bytes[count + i] = zigzag >> 8;
      }
    }
  }
  return deflateSync(bytes, { level: 9 });
}

/** Random integers, the same every time. */
function chance(seed) {
  let state = seed;
  return (limit) => {
    state = (state * 48271) % 2147483647;
    return state % limit;
  };
}

test('arrays come back from their packing, with every number that there can be', async () => {
  const next = chance(7);
  for (const [rows, columns, planes] of [
    [1, 1, 1],
    [5, 7, 3],
    [1, 40, 2],
    [40, 1, 2],
    [16, 16, 4],
  ]) {
    const q = Array.from({ length: rows * columns * planes }, (_, i) => (i % 11 ? next(65536) : 65535));
    const bytes = await page.inflate(packed(q, rows, columns, planes));
    assert.deepStrictEqual([...page.predicted(bytes, rows, columns, planes)], q);
  }
});

test('a wrong byte or a missing end is noticed', async () => {
  const bytes = packed(
    Array.from({ length: 400 }, (_, i) => i * 3),
    20,
    20,
    1,
  );
  await assert.rejects(page.inflate(bytes.subarray(0, bytes.length - 3)));
  const wrong = Buffer.from(bytes);
  wrong[wrong.length - 1] ^= 1;
  await assert.rejects(page.inflate(wrong));
  assert.throws(() => page.predicted(new Uint8Array(7), 2, 2, 1));
});

test('base64 is read in slices where the browser cannot itself', () => {
  const bytes = Buffer.from(Array.from({ length: 100000 }, (_, i) => (i * 31) & 255));
  const own = Uint8Array.fromBase64;
  Uint8Array.fromBase64 = undefined;
  assert.deepStrictEqual(Buffer.from(page.bytesOf(bytes.toString('base64'))), bytes);
  if (own) Uint8Array.fromBase64 = own;
});

test('numbers that were not measured are NaN', () => {
  const array = new page.PackedArray(Uint16Array.of(0, 10, 65535, 3), { shape: [1, 2, 2], step: 0.5, offset: -4 });
  assert.deepStrictEqual([array.at(0, 0), array.at(0, 1), array.at(1, 0), array.at(1, 1)], [-4, 1, Number.NaN, -2.5]);
});

test('numbers are written with a true minus, and zero without a sign', () => {
  assert.strictEqual(page.written(-3.05, 1), '−3.0');
  assert.strictEqual(page.written(3.05, 1, true), '+3.0');
  assert.strictEqual(page.written(-0.04, 1, true), '0.0');
  assert.strictEqual(page.written(Number.NaN, 1), '–');
  assert.strictEqual(page.filled('{a} minus {b}', { a: 'x{b}', b: 'y' }), 'x{b} minus y');
  assert.strictEqual(page.filled('clean {}', '61 mm'), 'clean 61 mm');
});

test('colours follow the scale; of signed ones 0 is the middle', () => {
  const plain = { low: 0, high: 200, signed: false };
  assert.deepStrictEqual(
    [-5, 0, 100, 200, 900].map((value) => page.colourIndex(plain, value)),
    [0, 0, 128, 255, 255],
  );
  const signed = { low: -50, high: 100, signed: true };
  assert.deepStrictEqual(
    [-100, 0, 100].map((value) => page.colourIndex(signed, value)),
    [64, 128, 255],
  );
});

test('the camera projects as in the program', () => {
  const [scale, x, y, side] = [0.9, 0.05, -0.1, 224];
  const [px, py] = page.projected([100, -200, 300], [scale, x, y], side);
  const z = 0.3 + 10000 / (side * scale + 1e-9);
  assert.ok(Math.abs(px - (((0.1 + x) * 5000) / z + side / 2)) < 1e-9);
  assert.ok(Math.abs(py - (((-0.2 + y) * 5000) / z + side / 2)) < 1e-9);
});

test('Procrustes alignment finds rotation, scale and shift, and makes no reflection', () => {
  const next = chance(11);
  const source = Float64Array.from({ length: 72 }, () => next(2000) - 1000);
  const m = page.rotationMatrix(0.7, -1.9, 0.4);
  const target = new Float64Array(72);
  for (let i = 0; i < 72; i += 3) {
    for (let r = 0; r < 3; r++) {
      target[i + r] =
        0.6 * (m[3 * r] * source[i] + m[3 * r + 1] * source[i + 1] + m[3 * r + 2] * source[i + 2]) + 40 * r;
    }
  }
  const fitted = page.procrustes(source, target)(source);
  fitted.forEach((value, i) => {
    assert.ok(Math.abs(value - target[i]) < 1e-6);
  });
  const mirrored = target.map((value, i) => (i % 3 ? value : -value));
  const off = page
    .procrustes(
      source,
      mirrored,
    )(source)
    .some((value, i) => Math.abs(value - mirrored[i]) > 1);
  assert.ok(off);
});

test('turning keeps lengths; a quarter of a turn brings depth across', () => {
  const [x, y, z] = page.turned([1, 2, 3], 90, 0);
  assert.ok(Math.abs(x - 3) < 1e-9 && Math.abs(y - 2) < 1e-9 && Math.abs(z + 1) < 1e-9);
  const point = page.turned([1, 2, 3], 33, -48);
  assert.ok(Math.abs(Math.hypot(...point) - Math.hypot(1, 2, 3)) < 1e-9);
});

test('transforms go there and back', () => {
  const transform = [2, 0.1, -0.3, 1.5, 40, -7];
  const [x, y] = page.transformed(page.inverse(transform), ...page.transformed(transform, 3, 9));
  assert.ok(Math.abs(x - 3) < 1e-9 && Math.abs(y - 9) < 1e-9);
});

test('the nearest centre is found, the first of two on the border between them', () => {
  const centres = [0.5, 2.5, 4.5, 8.5];
  assert.deepStrictEqual(
    [-3, 0, 1.5, 1.51, 4, 6.5, 6.6, 99].map((value) => page.nearestIndex(centres, value)),
    [0, 0, 0, 1, 2, 2, 3, 3],
  );
});

test('lines of equal numbers cross where the number is, and not where there is none', () => {
  const segments = page.isoline([0, 0, 10, 10], [0, 1], [0, 1], 4);
  assert.deepStrictEqual(segments, [[1, 0.4, 0, 0.4]]);
  assert.deepStrictEqual(page.isoline([0, Number.NaN, 10, 10], [0, 1], [0, 1], 4), []);
});

/** A page of two reports, as far as links are about it. */
function small() {
  const skeleton = {
    joints: ['pelvis', 'left_wrist'],
    titles: ['Pelvis', 'Left wrist'],
    root: ['pelvis'],
    bones: [[0, 1]],
  };
  const centre = Array.from({ length: 20 }, (_, i) => i + 0.5);
  const network = (label) => ({
    label,
    frame: { side: 20 },
    toPicture: [1, 0, 0, 1, 0, 0],
    rows: { centre },
    columns: { centre },
    skeleton: 's',
    measuredFrom: [0, 1],
    worst: [{ at: [3, 4] }],
    arrays: {},
    clean: {},
  });
  const report = (name, labels) => ({
    name,
    rootJoint: 'pelvis',
    measured: 's',
    quantities: [{ name: 'increase' }, { name: 'error' }],
    networks: labels.map(network),
  });
  const data = [report('a', ['one', 'two, & more', 'three']), report('b c', ['one'])];
  return {
    data: { start: { p: 'a', at: '5,6' } },
    reports: data.map((d, i) => new page.Report(d, i, { s: skeleton })),
  };
}

test('a state comes back from its link', () => {
  const own = small();
  const first = page.firstState(null, own.reports[0]);
  const states = [
    first,
    { ...first, at: [0, 19], pin: [7, 7], box: [1, 2, 3, 4], joint: 1, quantity: 'error', camera: [-35, 10, 1.5] },
    { ...first, networks: [1, 2], shape: 'body', grid: true, truth: false, lines: true, large: true, embed: true },
    page.firstState(null, own.reports[1]),
  ];
  for (const state of states) {
    const hash = page.hashOf(state, own);
    const back = page.stateOf(hash, own);
    assert.deepStrictEqual(back, { state, problems: [] }, hash);
    assert.ok(hash.length < 200);
  }
});

test('what a link gets wrong is named, and the state stays valid', () => {
  const own = small();
  const { state, problems } = page.stateOf(
    '#v=2&p=x&n=one,nobody&j=knee&m=q&at=99,-3&pin=a&cam=1,2,-3&s=cube&t=5&zz=1&%',
    own,
  );
  assert.strictEqual(problems.length, 12, problems.join('\n'));
  assert.deepStrictEqual(state.at, [19, 0]);
  assert.deepStrictEqual(state.networks, [0]);
  assert.strictEqual(state.pin, null);
  assert.deepStrictEqual(page.stateOf('', own).state.at, [5, 6]);
});

test('files are short, and no comment follows code', () => {
  const files = readdirSync(folder);
  assert.deepStrictEqual(
    read('order.txt').trim().split('\n').sort(),
    files.filter((name) => name.endsWith('.js')).sort(),
  );
  for (const name of files.filter((file) => /\.(js|css|html)$/.test(file))) {
    const lines = read(name).split('\n');
    assert.ok(lines.length <= 300, `${name}: ${lines.length} lines`);
    if (!name.endsWith('.js')) continue;
    for (const line of lines) {
      const isComment = /^\s*(\/\/|\/\*|\*)/.test(line);
      assert.ok(isComment || !/\s\/\/ |\/\*/.test(line), `${name}: ${line}`);
      assert.ok(!/innerHTML|outerHTML|\beval\(|new Function/.test(line), `${name}: ${line}`);
    }
  }
});

test('a place of live mode is read where a server can be asked about it, and nowhere else', () => {
  const live = { sizes: [8, 112], shapes: ['square', 'disc'], fills: ['gray', '#ffffff', 'a,b'] };
  assert.deepStrictEqual(page.liveOf('10.5,20,40,disc,#ffffff', live), [10.5, 20, 40, 'disc', '#ffffff']);
  assert.deepStrictEqual(page.liveOf('1,2,40,square,a,b', live), [1, 2, 40, 'square', 'a,b']);
  for (const text of ['', '1,2,40', '1,2,7,disc,gray', '1,2,113,disc,gray', '1,2,40,star,gray', 'x,2,40,disc,gray']) {
    assert.strictEqual(page.liveOf(text, live), null, text);
  }
  assert.strictEqual(page.liveOf('10.5,20,40,disc,gray', null), null);
});

test('a region has its least row and column first, whichever corner was first', () => {
  for (const [a, b] of [
    [
      [3, 9],
      [7, 2],
    ],
    [
      [7, 2],
      [3, 9],
    ],
  ])
    assert.deepStrictEqual(page.boxOf(a, b), [3, 2, 7, 9]);
});
