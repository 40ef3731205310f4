// What the page holds: reports on pictures, each with networks and their arrays.

/** The index of the unoccluded image, of the answer that a server gave last, and of the answer that is pinned. */
const CLEAN = -1;
const LIVE = -2;
const PINNED = -3;
/** The joint that stands for the mean over joints. */
const MEAN = -1;
/** How many decoded records are kept. */
const MOST_DECODED = 4;

/** Networks with decoded arrays, the latest last. */
const decoded = [];

/** One network's sweep of a picture. */
class Network {
  constructor(data, report, index, skeletons) {
    Object.assign(this, { data, report, index, label: data.label, arrays: {}, loading: {}, maps: new Map() });
    this.marker = ['square', 'triangle', 'diamond', 'cross'][index % 4];
    this.dash = [[], [7, 3], [2, 3], [8, 3, 2, 3]][index % 4];
    this.side = data.frame.side;
    this.rows = data.rows.centre.length;
    this.columns = data.columns.centre.length;
    this.isList = Boolean(data.isList);
    if (this.isList) this.rows = 1;
    this.count = this.rows * this.columns;
    this.skeleton = skeletons[data.skeleton];
    this.fromPicture = inverse(data.toPicture);
    this.problem = null;
    this.answer = null;
    this.pinned = null;
    const named = (skeleton) => skeleton.root.map((name) => skeleton.joints.indexOf(name));
    const { measured } = report;
    this.root = this.skeleton ? named(this.skeleton) : [];
    // What is seen is what is measured: poses meet at the root of the measured joints.
    if (data.measuredFrom && measured.root.length) {
      this.root = named(measured).map((joint) => data.measuredFrom[joint]);
    }
    this.measuredRoot = named(measured);
  }

  /** Whether the header describes an array. */
  has(name) {
    return Boolean(this.data.arrays[name]);
  }

  /** Decodes arrays that are not; a problem with one is the network's. */
  async need(names) {
    touch(this);
    const wanted = names.filter((name) => this.has(name) && !this.arrays[name]);
    await Promise.all(
      wanted.map(async (name) => {
        this.loading[name] ??= blocks.array(this.data.arrays[name], this.data.source);
        try {
          this.arrays[name] = await this.loading[name];
        } catch (error) {
          this.problem = error.message;
        } finally {
          delete this.loading[name];
        }
      }),
    );
  }

  /** Lets the decoded arrays go; the packed ones stay. */
  release() {
    this.arrays = {};
    this.maps.clear();
  }

  /** The bytes of decoded arrays and maps. */
  get size() {
    const kept = [...Object.values(this.arrays).map((array) => array.numbers), ...this.maps.values()];
    return kept.reduce((sum, numbers) => sum + numbers.byteLength, 0);
  }

  // Positions

  /** The index of a row and a column. */
  indexOf(at) {
    return Math.min(at[0], this.rows - 1) * this.columns + Math.min(at[1], this.columns - 1);
  }

  /** What a server answered, of the last place or of the pinned one. */
  answered(index) {
    return index === PINNED ? this.pinned : this.answer;
  }

  /** The centre of the occluder in pixels of the crop, x and y. */
  centre(index) {
    if (index <= LIVE) {
      const [x0, y0, x1, y1] = this.window(index);
      return [(x0 + x1) / 2, (y0 + y1) / 2];
    }
    const column = index % this.columns;
    const row = this.isList ? index : (index - column) / this.columns;
    return [this.data.columns.centre[column], this.data.rows.centre[row]];
  }

  /** The pixels of the crop that the occluder covers: left, top, right, bottom. */
  window(index) {
    if (index <= LIVE) return this.answered(index)?.window ?? [0, 0, 0, 0];
    const column = index % this.columns;
    const row = this.isList ? index : (index - column) / this.columns;
    const { rows, columns } = this.data;
    return [columns.start[column], rows.start[row], columns.end[column], rows.end[row]];
  }

  /** Where the occluder begins before the border clips it, x and y. */
  origin(index) {
    if (index <= LIVE) return this.answered(index)?.origin ?? this.window(index);
    const column = index % this.columns;
    const row = this.isList ? index : (index - column) / this.columns;
    return [this.data.columns.origin[column], this.data.rows.origin[row]];
  }

  /** The occluder at a position. */
  about(index) {
    return (index <= LIVE && this.answered(index)?.occluder) || this.data.occluder;
  }

  /** The row and column whose centre is nearest to a point of the crop. */
  nearest(x, y) {
    const { rows, columns } = this.data;
    if (!this.isList) return [nearestIndex(rows.centre, y), nearestIndex(columns.centre, x)];
    let [best, least] = [0, Infinity];
    for (let i = 0; i < this.count; i++) {
      const distance = Math.hypot(rows.centre[i] - y, columns.centre[i] - x);
      if (distance < least) [best, least] = [i, distance];
    }
    return [0, best];
  }

  /** The index of the position nearest to that of another network, by places of the picture. */
  indexLike(other, index) {
    if (index < 0 || other === this) return index;
    const [x, y] = other.centre(index);
    const picture = transformed(other.data.toPicture, x, y);
    return this.indexOf(this.nearest(...transformed(this.fromPicture, ...picture)));
  }

  // Numbers

  /** A quantity's number of a joint, or of their mean, at a position; NaN where there is none. */
  value(quantity, joint, index) {
    const clean = this.data.clean[quantity.array];
    const joints = this.report.measured.joints.length;
    const one = (j) => {
      const minus = quantity.minusClean ? clean[j] : 0;
      if (index === CLEAN) return (clean?.[j] ?? NaN) - minus;
      if (index <= LIVE) return (this.answered(index)?.[quantity.array]?.[j] ?? NaN) - minus;
      return (this.arrays[quantity.array]?.at(j, index) ?? NaN) - minus;
    };
    if (joint !== MEAN) return one(joint);
    let sum = 0;
    for (let j = 0; j < joints; j++) sum += one(j);
    return sum / joints;
  }

  /** The clean number that a quantity compares with. */
  cleanValue(quantity, joint) {
    const clean = this.data.clean[quantity.array];
    if (!clean) return NaN;
    return joint === MEAN ? clean.reduce((a, b) => a + b, 0) / clean.length : clean[joint];
  }

  /** A quantity at every position; NaN where nobody was found. */
  map(quantity, joint) {
    const name = `${quantity.name} ${joint}`;
    if (this.maps.has(name)) return this.maps.get(name);
    const array = this.arrays[quantity.array];
    const values = new Float32Array(this.count).fill(array ? 0 : NaN);
    if (!array) return values;
    const clean = quantity.minusClean ? this.cleanValue(quantity, joint) : 0;
    const joints = joint === MEAN ? Array.from({ length: array.planes }, (_, j) => j) : [joint];
    const factor = array.step / joints.length;
    for (const j of joints) {
      const plane = array.numbers.subarray(j * this.count, (j + 1) * this.count);
      for (let i = 0; i < this.count; i++) values[i] += plane[i] === MISSING ? NaN : plane[i];
    }
    for (let i = 0; i < this.count; i++) values[i] = values[i] * factor + array.offset - clean;
    if (this.maps.size >= 64) this.maps.delete(this.maps.keys().next().value);
    this.maps.set(name, values);
    return values;
  }

  /** Whether nobody was found at a position. */
  isMissed(index) {
    if (index <= LIVE) return Boolean(this.answered(index)?.missed);
    return index >= 0 && this.arrays.error ? this.arrays.error.numbers[index] === MISSING : false;
  }

  /** Whether the numbers of a position are interpolated. */
  isInterpolated(index) {
    return index >= 0 && this.arrays.computed ? this.arrays.computed.numbers[index] === 0 : false;
  }

  /** The predicted joints at a position; null where there are none. */
  joints(index) {
    return this.vector('joints', index);
  }

  /** The camera at a position; null where there is none. */
  camera(index) {
    return this.vector('camera', index);
  }

  /** All planes of an array at a position; null where there are none. */
  vector(name, index) {
    if (index === CLEAN) return this.data.clean[name] ?? null;
    if (index <= LIVE) return this.answered(index)?.[name] ?? null;
    const array = this.arrays[name];
    if (!array || array.numbers[index] === MISSING) return null;
    return Float64Array.from({ length: array.planes }, (_, plane) => array.at(plane, index));
  }

  /** Whether predictions can be drawn over the crop. */
  get hasCamera() {
    return Boolean(this.data.clean.camera);
  }
}

/** One picture under one occlusion. */
class Report {
  constructor(data, index, skeletons) {
    Object.assign(this, { data, index, name: data.name, measured: skeletons[data.measured] });
    this.quantities = data.quantities;
    this.networks = data.networks.map((network, i) => new Network(network, this, i, skeletons));
    this.rootJoint = data.rootJoint === null ? -1 : this.measured.joints.indexOf(data.rootJoint);
  }

  /** The name of a joint, or of their mean, for people. */
  title(joint) {
    return joint === MEAN ? words.mean : this.measured.titles[joint];
  }

  /** The joints that have maps: all but a root that is 0 by definition. */
  joints(quantity) {
    return [...this.measured.joints.keys()].filter((joint) => quantity.aligned || joint !== this.rootJoint);
  }

  /** The quantity of a name. */
  quantity(name) {
    return this.quantities.find((quantity) => quantity.name === name);
  }

  /** The legend of a network's map. */
  key(quantity, network, joint) {
    const own = quantity.networks[network.index];
    if (own.why) return null;
    const number = joint === MEAN ? own.mean : Array.isArray(own.joint) ? own.joint[joint] : own.joint;
    return quantity.keys[number];
  }

  /** How a network's map minus that of another is shown, or why it is not. */
  difference(quantity, a, b, joint) {
    const found = quantity.differences.find(
      (d) => (d.of === a.index && d.minus === b.index) || (d.of === b.index && d.minus === a.index),
    );
    if (!found) return { why: '' };
    if (found.why) return { why: found.why };
    const key = quantity.keys[joint === MEAN ? found.mean : found.joint];
    return { key: found.of === a.index ? key : { ...key, title: key.reverse, reverse: key.title } };
  }
}

/** The index of the number nearest to another, in numbers that grow. */
function nearestIndex(numbers, value) {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const half = (low + high) >> 1;
    // On the border between two cells the first one is taken, as the maps are drawn.
    if (value > (numbers[half] + numbers[half + 1]) / 2) low = half + 1;
    else high = half;
  }
  return low;
}

/** Notes that a network is in use, and lets go those that were not for longest. */
function touch(network) {
  const at = decoded.indexOf(network);
  if (at >= 0) decoded.splice(at, 1);
  decoded.push(network);
  const most = Math.max(MOST_DECODED, network.report.networks.length);
  while (decoded.length > most) {
    const oldest = decoded.findIndex((other) => other.report !== network.report);
    if (oldest < 0) break;
    decoded.splice(oldest, 1)[0].release();
  }
}
