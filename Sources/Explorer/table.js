// The table of joints: a number and a bar for every network, and the difference.

/** The panel with the table. */
class TablePanel {
  constructor(page) {
    this.page = page;
    this.table = byId('joints');
    this.note = byId('table-note');
    this.lead = byId('table-most');
    this.order = byId('order');
    this.order.addEventListener('change', () => page.update({ order: this.order.value }));
  }

  /** The rows: the mean, then the joints in the order asked for. */
  joints() {
    const { page } = this;
    const { quantity, report } = page;
    const all = report.joints(quantity);
    const rank = {
      here: (joint) => Math.max(...page.shown.map((network) => this.number(network, joint))),
      most: (joint) => Math.max(...page.shown.map((network) => this.most(network, joint))),
    }[page.state.order];
    const key = (joint) => (isKnown(rank(joint)) ? rank(joint) : -1e9);
    if (rank) all.sort((a, b) => key(b) - key(a));
    return [MEAN, ...all];
  }

  number(network, joint) {
    return network.value(this.page.quantity, joint, this.page.indexFor(network));
  }

  /** The maximum over positions. */
  most(network, joint) {
    const { quantity } = this.page;
    network.most ??= new Map();
    const name = `${quantity.name} ${joint}`;
    if (!network.most.has(name) && network.arrays[quantity.array]) {
      let most = -Infinity;
      for (const value of network.map(quantity, joint)) if (value > most) most = value;
      network.most.set(name, most);
    }
    return network.most.get(name) ?? NaN;
  }

  /** The joint with the largest number here, and that number. */
  leader(network) {
    const { quantity, report } = this.page;
    const numbers = report.joints(quantity).map((joint) => [this.number(network, joint), joint]);
    const [value, joint] = numbers.reduce((best, next) => (next[0] > best[0] ? next : best), [-Infinity, -1]);
    return joint < 0
      ? ''
      : `${network.label}: ${report.title(joint).toLowerCase()} ${writtenWithUnit(value, quantity)}`;
  }

  /** Makes the rows anew where networks, quantity or their order have changed. */
  build() {
    const { page } = this;
    const { state, report, quantity } = page;
    const name = [
      report.index,
      state.networks.join(),
      state.quantity,
      state.order,
      page.loaded,
      state.order === 'here' && [state.at, state.live, report.networks.map((network) => Boolean(network.answer))],
    ].join();
    if (name === this.built) return;
    this.built = name;
    this.order.value = state.order;
    const { shown } = page;
    this.pair = shown.length > 1 && page.differenceKey(MEAN) ? [shown[1], shown[0]] : null;
    const head = make(
      'tr',
      {},
      make('th', { scope: 'col' }, 'Joint'),
      ...shown.map((network) => headingOf('th', network, { scope: 'col' })),
    );
    if (this.pair) {
      head.append(
        make('th', { scope: 'col', class: 'difference' }, filled(words.shortDifference, { b: this.pair[1].label })),
      );
    }
    this.rows = this.joints().map((joint) => this.row(joint));
    this.table.replaceChildren(
      make('caption', { class: 'visually-hidden' }, `${quantity.barTitle}, at the position`),
      make('thead', {}, head),
      make('tbody', {}, ...this.rows.map((row) => row.element)),
    );
    this.chosen = null;
    this.table.classList.toggle('rises', report.data.hasTruth && !quantity.minusClean && quantity.unit === 'mm');
    const clean = report.data.hasTruth && !quantity.minusClean ? ' Tick: clean.' : '';
    setText(
      this.note,
      `${quantity.barTitle}. Bar: at this position. Thin line: to the maximum over all positions. Dotted: the pinned position.${clean}` +
        `${quantity.aligned || report.rootJoint < 0 ? '' : ` The ${report.measured.titles[report.rootJoint].toLowerCase()} is left out: poses are aligned there.`}`,
    );
  }

  /** A row of a joint. */
  row(joint) {
    const { page } = this;
    const { report, quantity } = page;
    const title = report.title(joint);
    const hidden = joint === MEAN ? '' : (page.lead.data.visibility?.[joint] ?? '');
    const button = make('button', { class: 'joint', onclick: () => page.update({ joint }, true) }, title);
    const element = make(
      'tr',
      { onpointerenter: () => page.preview(joint), onpointerleave: () => page.preview(null) },
      make('th', { scope: 'row' }, button, hidden ? make('small', {}, ` ${hidden}`) : null),
    );
    const cells = page.shown.map((network) => {
      // Bars of one column have one scale, that of the mean too.
      const key = report.key(quantity, network, joint === MEAN ? Number(report.rootJoint === 0) : joint);
      const bar = make('span', { class: 'meter', 'aria-hidden': 'true' });
      const fill = make('i', { class: 'fill' });
      const most = make('i', { class: 'most' });
      const pin = make('i', { class: 'pin', hidden: true });
      const number = make('span', { class: 'value' });
      fill.style.background = network.data.colour;
      bar.append(most, fill, pin);
      const zero = key ? shareOf(key, 0) : 0;
      fill.style.left = `${100 * zero}%`;
      const value = this.most(network, joint);
      if (key && isKnown(value)) {
        most.style.left = `${100 * Math.min(zero, shareOf(key, value))}%`;
        most.style.width = `${100 * Math.abs(shareOf(key, value) - zero)}%`;
      }
      const clean = network.cleanValue(quantity, joint);
      if (key && report.data.hasTruth && !quantity.minusClean && isKnown(clean)) {
        const tick = make('i', { class: 'tick' });
        tick.style.left = `${100 * shareOf(key, clean)}%`;
        bar.append(tick);
      }
      element.append(make('td', {}, bar, number));
      return { network, key, zero, fill, pin, number };
    });
    const difference = this.pair ? make('td', { class: 'difference' }) : null;
    if (difference) element.append(difference);
    return { joint, element, cells, difference, button };
  }

  /** Writes the numbers of the position. */
  mark() {
    const { page } = this;
    const { state, quantity } = page;
    this.build();
    for (const row of this.rows) {
      for (const cell of row.cells) {
        const value = this.number(cell.network, row.joint);
        const pinned = state.pin
          ? cell.network.value(quantity, row.joint, page.indexFor(cell.network, state.pin))
          : NaN;
        const isMissed = !isKnown(value) && cell.network.isMissed(page.indexFor(cell.network));
        const text = isMissed ? words.missing : written(value, quantity.decimals, quantity.signed);
        setText(cell.number, text + riseText(cell.network, quantity, row.joint, value));
        const extent = cell.key && isKnown(value) ? shareOf(cell.key, value) - cell.zero : 0;
        cell.fill.style.transform = `scaleX(${extent.toFixed(4)})`;
        cell.pin.hidden = !isKnown(pinned);
        if (cell.key && isKnown(pinned)) cell.pin.style.left = `${100 * shareOf(cell.key, pinned)}%`;
      }
      if (row.difference) {
        const [a, b] = this.pair.map((network) => this.number(network, row.joint));
        setText(row.difference, written(a - b, quantity.decimals, true));
      }
    }
    setText(this.lead, page.shown.map((network) => this.leader(network)).join(' · '));
    if (this.chosen !== state.joint) {
      this.chosen = state.joint;
      for (const row of this.rows) {
        row.element.classList.toggle('chosen', row.joint === state.joint);
        row.button.setAttribute('aria-pressed', String(row.joint === state.joint));
      }
    }
  }
}
