// The keyboard, and its help.

/** Keys with what they do, as the help lists them. */
const KEYS = [
  ['← ↑ → ↓', 'move one position, in live mode four pixels; with Shift five times as far'],
  ['Home, End', 'first and last column'],
  ['PgUp, PgDn', 'ten rows up and down'],
  ['Enter', 'pin this position'],
  ['Esc', 'let go of pin and region'],
  ['w, W', 'next and previous worst position'],
  ['[, ]', 'previous and next joint'],
  ['0', 'mean over joints'],
  ['r', 'next quantity'],
  ['a', 'aligned, or not'],
  ['n', 'swap the networks'],
  ['d', 'large difference'],
  ['j', 'maps of all joints'],
  ['i', 'lines of equal numbers'],
  ['t', 'reference on or off'],
  ['b', 'skeleton or body'],
  ['f, s, o', 'front, side and top view'],
  ['v', 'first, then second corner of a region'],
  ['space', 'play the occluder along its row; with Shift over the worst positions'],
  ['p, P', 'next and previous picture'],
  ['g', 'go to a row and column, or to x and y'],
  ['c', 'copy the link'],
  ['e', 'numbers'],
  ['?', 'this help'],
];

/** Makes the page answer to keys. */
function listenForKeys(page) {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId('dialog').open) return;
    const { target } = event;
    // Fields and lists keep their own keys.
    if (target.closest?.('input, select, textarea')) return;
    const isButton = target.closest?.('button');
    if (isButton && (event.key === 'Enter' || event.key === ' ')) return;
    // Where nothing has the focus, keys that scroll a page do that.
    const isMap = target.closest?.('.map') || (target === document.body && !/Up|Down|Home|End/.test(event.key));
    const isChosen = (isMap && moveByKey(page, event)) || (page.hasLetterKeys && letterKey(page, event));
    if (isChosen) event.preventDefault();
  });
  byId('keys-on').addEventListener('change', (event) => {
    page.hasLetterKeys = event.target.checked;
  });
}

/** Moves the position by a key; false where it is another key. */
function moveByKey(page, event) {
  const step = event.shiftKey ? 5 : 1;
  const moves = {
    ArrowLeft: [0, -step],
    ArrowRight: [0, step],
    ArrowUp: [-step, 0],
    ArrowDown: [step, 0],
    PageUp: [-10, 0],
    PageDown: [10, 0],
    Home: [0, -1e6],
    End: [0, 1e6],
  };
  const move = moves[event.key];
  if (!move && event.key !== 'Enter' && event.key !== 'Escape') return false;
  page.moves.stop();
  if (event.key === 'Enter') page.moves.pin(page.state.at);
  else if (event.key === 'Escape') page.moves.free();
  else if (page.live) page.live.move(4 * move[1], 4 * move[0]);
  else {
    const isList = page.lead.isList;
    const by = isList ? [0, move[0] + move[1]] : move;
    page.update({ at: within([page.state.at[0] + by[0], page.state.at[1] + by[1]], page.lead) });
  }
  return true;
}

/** Does what a letter stands for; false where it stands for nothing. */
function letterKey(page, event) {
  const { state, report, quantity } = page;
  const turn = (yaw, pitch) => page.update({ camera: [yaw, pitch, state.camera[2]] });
  const joints = [MEAN, ...report.joints(quantity)];
  const joint = (by) =>
    page.update(
      { joint: joints[(Math.max(joints.indexOf(state.joint), 0) + by + joints.length) % joints.length] },
      true,
    );
  const other = (isLike) => {
    const at = report.quantities.indexOf(quantity);
    const order = [...report.quantities.slice(at + 1), ...report.quantities.slice(0, at)];
    const found = order.find(isLike);
    if (found) page.update({ quantity: found.name }, true);
  };
  const actions = {
    w: () => page.panels.worst.step(1),
    W: () => page.panels.worst.step(-1),
    ']': () => joint(1),
    '[': () => joint(-1),
    0: () => page.update({ joint: MEAN }, true),
    r: () => other((q) => q.aligned === quantity.aligned),
    a: () => other((q) => q.aligned !== quantity.aligned && q.minusClean === quantity.minusClean),
    n: () => page.swap(),
    d: () => page.update({ large: !state.large }),
    j: () => page.update({ grid: !state.grid }),
    i: () => page.update({ lines: !state.lines }),
    t: () => page.update({ truth: !state.truth }),
    b: () => page.toggleBody(),
    f: () => turn(0, 0),
    s: () => turn(90, 0),
    o: () => turn(0, 90),
    v: () => page.moves.corner(),
    ' ': () => page.moves.play(event.shiftKey),
    p: () => page.nextReport(1),
    P: () => page.nextReport(-1),
    g: () => askPosition(page),
    c: () => copyLink(),
    e: () => showNumbers(),
    '?': () => showHelp(page),
  };
  if (!Object.hasOwn(actions, event.key)) return false;
  if (event.key !== ' ') page.moves.stop();
  actions[event.key]();
  return true;
}

/** Asks for a row and a column, or for x and y in the crop, and goes there. */
function askPosition(page) {
  const { lead } = page;
  const field = (name, max, value) =>
    make('input', {
      type: 'number',
      min: '0',
      step: 'any',
      'aria-label': name,
      max: String(max),
      value: String(value),
    });
  const form = (fields, names, go) =>
    make(
      'form',
      { method: 'dialog', class: 'goto', onsubmit: () => go(...fields.map((each) => Number(each.value) || 0)) },
      ...fields.map((each, i) => make('label', {}, `${names[i]} `, each)),
      make('button', {}, 'Go'),
    );
  const places = [field('Row', lead.rows - 1, page.state.at[0]), field('Column', lead.columns - 1, page.state.at[1])];
  const centre = lead.centre(page.indexFor(lead)).map((value) => Number(value.toFixed(1)));
  const pixels = ['x', 'y'].map((name, axis) => field(name, lead.side, centre[axis]));
  showDialog(
    'Go to a position',
    form(places, ['Row', 'Column'], (row, column) =>
      page.update({ at: within([Math.round(row), Math.round(column)], lead), live: null }, true),
    ),
    form(pixels, ['x', 'y'], (x, y) => {
      if (page.live) page.live.go(x, y);
      else page.update({ at: page.positionAt(lead, x, y) }, true);
    }),
    small(`x and y are pixels of the crop, which has ${lead.side} of them a side.`),
  );
  places[0].select();
}

/** Shows keys, how to read the maps, and the words. */
function showHelp(page) {
  const keys = make(
    'dl',
    { class: 'keys' },
    ...KEYS.flatMap(([key, text]) => [make('dt', {}, make('kbd', {}, key)), make('dd', {}, text)]),
  );
  const words = page.data.glossary.length
    ? [
        make('h3', {}, 'Words'),
        make(
          'dl',
          { class: 'glossary' },
          ...page.data.glossary.flatMap(([term, text]) => [make('dt', {}, term), make('dd', {}, text)]),
        ),
      ]
    : [];
  showDialog(
    'How to read and to move',
    make('p', {}, page.quantity.reading),
    ...(page.report.data.caveat ? [make('p', {}, page.report.data.caveat)] : []),
    make(
      'p',
      {},
      'Move over a map or the picture: every view follows. Click to pin a position and compare others with it. ' +
        'Drag with Shift to mark a region. Click a joint in the table or in space to see its maps. Drag the view in space to turn it; Ctrl and the wheel make it larger; a double click turns it back.',
    ),
    make('h3', {}, 'Keys'),
    keys,
    ...words,
    ...notes(),
  );
}
