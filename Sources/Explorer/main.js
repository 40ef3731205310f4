// The beginning: reads the header, builds the panels, and draws them when something changes.

/** The page; null until its header is read. */
let page = null;

/** Draws what belongs to the state. */
function drawPage(page) {
  arrange(page);
  for (const panel of page.panels.maps) panel.paint();
  for (const panel of page.panels.maps) panel.mark();
  page.panels.picture.mark();
  page.panels.pose.mark();
  page.panels.table.mark();
  page.panels.worst.mark();
  page.panels.region.mark();
  page.panels.attention.mark();
  page.panels.grid.mark();
  page.moves.mark();
  setText(byId('where'), page.where());
  setText(
    byId('figure-caption'),
    `${page.report.data.title}: ${page.quantity.barTitle}; ${page.summary()} ${page.quantity.reading}`,
  );
}

/** Puts the controls and the panels of maps in order; only where something of it has changed. */
function arrange(page) {
  const { state, report, shown, quantity } = page;
  const name = [
    state.report,
    state.networks.join(),
    state.quantity,
    state.joint,
    state.large,
    state.grid,
    state.lines,
    state.truth,
    state.shape,
    state.tab,
    state.embed,
  ].join();
  if (name === page.arranged) return;
  page.arranged = name;
  document.documentElement.dataset.embed = state.embed ? '1' : '0';
  setText(byId('explanation'), report.data.explanation);
  setText(byId('reading'), quantity.reading);
  byId('report').value = String(state.report);
  fill(
    byId('quantity'),
    report.quantities.map((q) => [q.name, q.title]),
    state.quantity,
  );
  fill(
    byId('joint'),
    [MEAN, ...report.joints(quantity)].map((joint) => [String(joint), report.title(joint)]),
    String(state.joint),
  );
  const hasPair = shown.length > 1;
  byId('swap').hidden = !hasPair;
  const choice = byId('networks');
  choice.hidden = report.networks.length < 3;
  choice.replaceChildren(
    ...(choice.hidden
      ? []
      : [make('legend', {}, 'Networks'), ...report.networks.map((network) => networkSwitch(page, network))]),
  );

  const panels = shown.map((network, i) => {
    const panel = panelOf(page, i);
    panel.show(network);
    return panel;
  });
  if (hasPair) {
    const panel = page.panels.difference;
    panel.showDifference(shown[1], shown[0]);
    panels.push(panel);
  }
  page.panels.maps = panels;
  const place = byId('maps');
  const wanted = panels.map((panel) => panel.element);
  if (wanted.some((element, i) => place.children[i] !== element) || place.children.length !== wanted.length)
    place.replaceChildren(...wanted);
  byId('views').dataset.maps = String(panels.length);
  page.panels.difference.element.classList.toggle('large', state.large);
  tabs(page, panels);
  for (const [name, isOn] of Object.entries({ ...state, body: state.shape === 'body' })) {
    byId(`toggle-${name}`)?.setAttribute('aria-pressed', isOn);
  }
  byId('toggle-body').hidden = !shown.some((network) => page.bodyOf(network));
  setText(byId('toggle-truth'), report.data.reference);
}

/** The panel of the i-th shown network. */
function panelOf(page, i) {
  page.panels.pool[i] ??= new MapPanel(page, 'network');
  return page.panels.pool[i];
}

/** Fills a list of choices. */
function fill(select, entries, value) {
  const name = entries.map((entry) => entry.join()).join();
  if (select.dataset.entries !== name) {
    select.dataset.entries = name;
    select.replaceChildren(...entries.map(([key, text]) => make('option', { value: key }, text)));
  }
  select.value = value;
}

/** A switch for a network: up to four are shown. */
function networkSwitch(page, network) {
  const { networks } = page.state;
  const box = make('input', { type: 'checkbox' });
  box.checked = networks.includes(network.index);
  box.disabled = (box.checked && networks.length === 1) || (!box.checked && networks.length >= 4);
  box.addEventListener('change', () => {
    page.show(box.checked ? [...networks, network.index] : networks.filter((index) => index !== network.index));
  });
  return make('label', {}, box, chip(network.data.colour, network.marker), network.label);
}

/** On narrow screens one map is shown at a time, chosen by these buttons. */
function tabs(page, panels) {
  const chosen = Math.min(page.state.tab, panels.length - 1);
  const list = byId('tabs');
  const names = panels.map((panel) => panel.title.textContent);
  if (list.dataset.names !== names.join()) {
    list.dataset.names = names.join();
    list.replaceChildren(...names.map((name, tab) => make('button', { onclick: () => page.update({ tab }) }, name)));
  }
  panels.forEach((panel, i) => {
    panel.element.classList.toggle('front', i === chosen);
    list.children[i].setAttribute('aria-pressed', String(i === chosen));
  });
}

/** Connects the controls. */
function listen(page) {
  const reports = byId('report');
  reports.replaceChildren(...page.reports.map((report, i) => make('option', { value: String(i) }, report.name)));
  reports.addEventListener('change', () => page.showReport(Number(reports.value)));
  for (const id of ['previous', 'next', 'report']) byId(id).hidden = page.reports.length < 2;
  byId('report-label').hidden = page.reports.length < 2;
  byId('previous').addEventListener('click', () => page.nextReport(-1));
  byId('next').addEventListener('click', () => page.nextReport(1));
  byId('quantity').addEventListener('change', (event) => page.update({ quantity: event.target.value }, true));
  byId('joint').addEventListener('change', (event) => page.update({ joint: Number(event.target.value) }, true));
  for (const flag of ['grid', 'lines', 'truth']) {
    byId(`toggle-${flag}`).addEventListener('click', () => page.update({ [flag]: !page.state[flag] }));
  }
  byId('toggle-body').addEventListener('click', () => page.toggleBody());
  for (const [id, camera] of [
    ['front', [0, 0]],
    ['side', [90, 0]],
    ['top', [0, 90]],
  ]) {
    byId(id).addEventListener('click', () => page.update({ camera: [...camera, 1] }));
  }
  byId('swap').addEventListener('click', () => page.swap());
  byId('pin').addEventListener('click', () => page.moves.togglePin());
  byId('corner').addEventListener('click', () => page.moves.corner());
  byId('play').addEventListener('click', () => page.moves.play());
  byId('link').addEventListener('click', copyLink);
  byId('numbers').addEventListener('click', showNumbers);
  byId('save').addEventListener('click', savePicture);
  byId('help').addEventListener('click', () => showHelp(page));
  byId('dialog-close').addEventListener('click', () => byId('dialog').close());
  byId('notice-close').addEventListener('click', () => page.notice(''));
  byId('skip').addEventListener('click', () => document.querySelector('.map').focus());
  byId('region-close').addEventListener('click', () => page.update({ box: null }, true));
  listenForKeys(page);
  const turn = () => {
    page.address.read();
    page.arranged = '';
    page.live?.follow();
    page.draw();
    page.load();
  };
  addEventListener('popstate', turn);
  addEventListener('resize', () => page.draw());
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    readInks();
    page.drawAgain();
  });
}

/** What the page offers to tests and to notebooks: numbers as they are shown. */
function offer(page) {
  const network = (i) => page.report.networks[i];
  window.penumbra = {
    get state() {
      return page.state;
    },
    get hash() {
      return hashOf(page.state, page);
    },
    value: (at, joint, i, quantity = page.state.quantity) =>
      network(i).value(page.report.quantity(quantity), joint, network(i).indexOf(at)),
    joints: (at, i) => network(i).joints(network(i).indexOf(at)),
    array: (i, name) => network(i).arrays[name],
    load: (i, names) => network(i).need(names),
    ready: () => page.ready(),
    crop: () =>
      page.panels.picture
        .figures()
        .map((figure) => ({ label: figure.network?.label ?? null, points: [...figure.points] })),
    space: () =>
      page.panels.pose.points.map((figure) => ({
        label: figure.network?.label ?? null,
        isReference: Boolean(figure.isReference),
        isGhost: Boolean(figure.isGhost),
        points: [...figure.points],
        flat: [...figure.flat],
        bones: figure.bones,
        dash: figure.dash,
      })),
    window: (at, i) => network(i).window(network(i).indexOf(at)),
    update: (changes, isPushed) => page.update(changes, isPushed),
    decoded: () => decoded.length,
    body: (i) => page.bodyOf(network(i)),
    bytes: () =>
      [...blocks.kept.values()].reduce((sum, bytes) => sum + bytes.length, 0) +
      decoded.reduce((sum, network) => sum + network.size, 0),
  };
}

/** Begins: what goes wrong is said above the still picture, which stays. */
async function begin() {
  if (!('DecompressionStream' in window)) {
    return setText(
      byId('message'),
      'This browser is too old to unpack the data: Chrome 80, Firefox 113 and Safari 16.4 can. Maps and numbers are below.',
    );
  }
  try {
    const text = byId('header')?.textContent;
    if (!text) throw new Error('its header is missing');
    page = new Page(JSON.parse(text));
  } catch (error) {
    return setText(byId('message'), `This file is damaged or cut off (${error.message}). What is left of it is below.`);
  }
  readInks();
  page.address.read();
  byId('title').textContent = page.data.title;
  byId('app').hidden = false;
  page.panels = {
    pool: [],
    maps: [],
    difference: new MapPanel(page, 'difference'),
    picture: new PicturePanel(page),
    pose: new PosePanel(page),
    table: new TablePanel(page),
    worst: new WorstPanel(page),
    region: new RegionPanel(page),
    attention: new AttentionPanel(page),
    grid: new GridPanel(page),
  };
  if (page.data.live) page.live = new Live(page, page.data.live);
  listen(page);
  offer(page);
  byId('static').hidden = true;
  if (!byId('end')) page.notice('This file is cut off: some of its data are missing.');
  drawPage(page);
  page.live?.follow();
  await page.load();
  requestAnimationFrame(() => {
    drawPage(page);
    document.documentElement.dataset.ready = '1';
  });
}

if (document.readyState === 'loading') addEventListener('DOMContentLoaded', begin);
else begin();
