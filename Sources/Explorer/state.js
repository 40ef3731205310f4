// What is shown: one object, which the address's hash holds whole, by names.

/** The version of the hash. */
const HASH_VERSION = '1';

/** What a report shows first. */
function firstState(page, report) {
  const networks = report.networks.slice(0, 2).map((network) => network.index);
  const lead = report.networks[networks[0]];
  return {
    report: report.index,
    networks,
    joint: MEAN,
    quantity: report.quantities[0].name,
    at: lead.data.worst[0]?.at ?? [lead.rows >> 1, lead.columns >> 1],
    pin: null,
    live: null,
    livePin: null,
    box: null,
    camera: [0, 0, 1],
    shape: 'skeleton',
    grid: false,
    large: false,
    lines: false,
    truth: true,
    order: 'body',
    tab: 0,
    embed: page?.state?.embed ?? false,
  };
}

/** What is shown when the page opens without a hash. */
function startState(page) {
  const { start } = page.data;
  const report = page.reports.find((candidate) => candidate.name === start?.p) ?? page.reports[0];
  const state = firstState(page, report);
  const at = pairOf(start?.at);
  if (at) state.at = within(at, report.networks[state.networks[0]]);
  return state;
}

/** Numbers between commas; null where there are not so many. */
function numbersOf(text, count) {
  const numbers = (text ?? '').split(',').map(Number);
  return numbers.length === count && numbers.every(isKnown) ? numbers : null;
}

/** Two whole numbers, or null. */
function pairOf(text) {
  return numbersOf(text, 2)?.map(Math.round) ?? null;
}

/** A row and a column, moved inside of a network's grid. */
function within(at, network) {
  const limit = (value, count) => limited(value, 0, count - 1);
  return [limit(at[0], network.rows), limit(at[1], network.columns)];
}

/** The rows and columns between two positions: the least ones, then the largest. */
function boxOf(a, b) {
  return [Math.min(a[0], b[0]), Math.min(a[1], b[1]), Math.max(a[0], b[0]), Math.max(a[1], b[1])];
}

/** The hash of a state, without what is as at first. */
function hashOf(state, page) {
  const report = page.reports[state.report];
  const first = firstState(null, report);
  const parts = [
    ['v', HASH_VERSION],
    ['p', report.name],
  ];
  const networks = state.networks.map((index) => encodeURIComponent(report.networks[index].label));
  if (state.networks.join() !== first.networks.join()) parts.push(['n', networks.join(',')]);
  if (state.joint !== MEAN) parts.push(['j', report.measured.joints[state.joint]]);
  if (state.quantity !== first.quantity) parts.push(['m', state.quantity]);
  parts.push(['at', state.at.join(',')]);
  if (state.pin) parts.push(['pin', state.pin.join(',')]);
  for (const name of ['live', 'livePin']) if (state[name]) parts.push([name, state[name].join(',')]);
  if (state.box) parts.push(['box', state.box.join(',')]);
  if (state.camera.join() !== first.camera.join()) {
    parts.push(['cam', state.camera.map((value, i) => Number(value.toFixed(i === 2 ? 2 : 0))).join(',')]);
  }
  if (state.shape !== 'skeleton') parts.push(['s', state.shape]);
  if (state.order !== 'body') parts.push(['o', state.order]);
  if (state.tab) parts.push(['tab', String(state.tab)]);
  for (const [name, flag] of FLAGS) if (state[flag] !== first[flag]) parts.push([name, state[flag] ? '1' : '0']);
  if (state.embed) parts.push(['embed', '1']);
  return `#${parts.map(([name, text]) => `${name}=${name === 'n' ? text : encodeURIComponent(text).replaceAll('%2C', ',')}`).join('&')}`;
}

/** The angles and the size of a view, inside of what is allowed. */
function viewOf(yaw, pitch, zoom) {
  return [((((yaw + 180) % 360) + 360) % 360) - 180, limited(pitch, -90, 90), limited(zoom, 0.3, 8)];
}

/** A place of the picture and an occluder there, which a server is asked about: x, y, size, shape, fill; null where it is none. */
function liveOf(text, live) {
  const [x, y, size, shape, ...fill] = text.split(',');
  const numbers = numbersOf(`${x},${y},${size}`, 3);
  if (!live || !numbers || numbers[2] < live.sizes[0] || numbers[2] > live.sizes[1]) return null;
  if (!live.shapes.includes(shape) || !live.fills.includes(fill.join(','))) return null;
  return [...numbers, shape, fill.join(',')];
}

/** How the rows of the table may be ordered. */
const ORDERS = ['body', 'most', 'here'];

/** The switches, by their names in the hash. */
const FLAGS = [
  ['g', 'grid'],
  ['d', 'large'],
  ['i', 'lines'],
  ['t', 'truth'],
];

/** The state of a hash, and what of it could not be read, a line each. */
function stateOf(hash, page) {
  const problems = [];
  const given = new Map();
  for (const part of hash.replace(/^#/, '').split('&').filter(Boolean)) {
    const [name, ...rest] = part.split('=');
    given.set(name, rest.join('='));
  }
  const text = (name) => {
    const raw = given.get(name);
    given.delete(name);
    try {
      return raw === undefined ? undefined : decodeURIComponent(raw);
    } catch {
      problems.push(`“${name}” cannot be read`);
      return undefined;
    }
  };
  const version = text('v');
  if (version !== undefined && version !== HASH_VERSION) problems.push('the link is of another version');
  const name = text('p');
  let state = startState(page);
  if (name !== undefined) {
    const report = page.reports.find((candidate) => candidate.name === name);
    if (!report) problems.push(`there is no picture “${name}”`);
    else if (report.index !== state.report) state = firstState(page, report);
  }
  const report = page.reports[state.report];

  const labels = given.get('n');
  given.delete('n');
  if (labels !== undefined) {
    const found = labels.split(',').map((label) => report.networks.findIndex((n) => n.label === plain(label)));
    const known = [...new Set(found.filter((index) => index >= 0))];
    if (known.length) state.networks = known.slice(0, 4);
    if (known.length < found.length) problems.push(`there are no networks “${labels}”`);
  }
  const lead = report.networks[state.networks[0]];

  const choose = (key, what, read) => {
    const value = text(key);
    if (value === undefined) return;
    if (read(value) === false) problems.push(`there is no ${what} “${value.slice(0, 40)}”`);
  };
  choose('j', 'joint', (value) => {
    const joint = report.measured.joints.indexOf(value);
    if (joint < 0) return false;
    state.joint = joint;
    return true;
  });
  choose('m', 'quantity', (value) => {
    if (!report.quantity(value)) return false;
    state.quantity = value;
    return true;
  });
  for (const key of ['at', 'pin']) {
    choose(key, 'position', (value) => {
      const at = pairOf(value);
      if (!at) return false;
      state[key] = within(at, lead);
      return at.join() === state[key].join();
    });
  }
  choose('box', 'region', (value) => {
    const box = numbersOf(value, 4)?.map(Math.round);
    if (!box) return false;
    const [a, b] = [within(box.slice(0, 2), lead), within(box.slice(2), lead)];
    state.box = boxOf(a, b);
    return true;
  });
  choose('cam', 'view', (value) => {
    const camera = numbersOf(value, 3);
    if (!camera || camera[2] <= 0) return false;
    state.camera = viewOf(...camera);
    return true;
  });
  for (const key of ['live', 'livePin']) {
    choose(key, 'live position', (value) => {
      state[key] = liveOf(value, page.data.live);
      return Boolean(state[key]);
    });
  }
  for (const [key, name, values] of [
    ['s', 'shape', ['skeleton', 'body']],
    ['o', 'order', ORDERS],
  ]) {
    choose(key, name, (value) => {
      if (!values.includes(value)) return false;
      state[name] = value;
      return true;
    });
  }
  choose('tab', 'map', (value) => {
    if (!/^[0-4]$/.test(value)) return false;
    state.tab = Number(value);
    return true;
  });
  for (const [key, flag] of [...FLAGS, ['embed', 'embed']]) {
    choose(key, 'switch', (value) => {
      if (!['0', '1'].includes(value)) return false;
      state[flag] = value === '1';
      return true;
    });
  }
  for (const unknown of given.keys()) problems.push(`“${unknown.slice(0, 40)}” is unknown`);
  return { state, problems };
}

/** A part of a hash as text; as it is where it cannot be read. */
function plain(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
