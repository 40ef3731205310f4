// Worst positions with facts, and the region.

/** The panel with each network's worst positions. */
class WorstPanel {
  constructor(page) {
    this.page = page;
    this.element = byId('worst');
    this.title = byId('worst-title');
    this.note = byId('worst-note');
  }

  /** Whether the occluder is at a worst position of a network. */
  isHere({ network, worst }) {
    return this.page.indexFor(network) === network.indexOf(worst.at);
  }

  /** Makes the buttons anew where the networks have changed. */
  mark() {
    const { page } = this;
    const name = [page.report.index, page.state.networks.join()].join();
    if (name !== this.built) {
      this.built = name;
      setText(this.title, page.report.data.worstTitle);
      setText(this.note, page.report.data.worstNote);
      this.buttons = [];
      this.element.replaceChildren(
        ...page.shown.map((network) => {
          const list = make('ol', {});
          network.data.worst.forEach((worst) => {
            const button = make('button', { onclick: () => this.choose({ network, worst }) }, worst.text);
            this.buttons.push({ button, network, worst });
            list.append(make('li', {}, button));
          });
          const facts = network.data.facts.map((fact) => small(fact));
          return make('div', {}, headingOf('h3', network), list, ...facts);
        }),
      );
    }
    for (const place of this.buttons) place.button.setAttribute('aria-current', String(this.isHere(place)));
  }

  choose(place) {
    this.page.moves.stop();
    this.go(place);
  }

  /** Goes to a worst position of a network. */
  go({ network, worst }, isPushed = true) {
    const [x, y] = network.centre(network.indexOf(worst.at));
    this.page.update({ at: this.page.positionAt(network, x, y), live: null }, isPushed);
  }

  /** Goes to the next worst position, or the previous one. */
  step(by, isPushed = true) {
    const all = this.buttons;
    const last = all[this.last];
    // Two networks may have a worst position in common: from the last one it goes on.
    const from = last && this.isHere(last) ? this.last : all.findIndex((place) => this.isHere(place));
    this.last = from < 0 && by < 0 ? all.length - 1 : (from + by + all.length) % all.length;
    if (all.length) this.go(all[this.last], isPushed);
  }
}

/** The panel of a brushed region: means and maxima of every joint inside and outside. */
class RegionPanel {
  constructor(page) {
    this.page = page;
    this.panel = byId('region-panel');
    this.title = byId('region-title');
    this.table = byId('region');
  }

  mark() {
    const { page } = this;
    const { state, quantity, report } = page;
    this.panel.hidden = !state.box;
    if (!state.box) return;
    const name = [report.index, state.networks.join(), state.quantity, state.box.join(), page.loaded].join();
    if (name === this.built) return;
    this.built = name;
    const inside = page.shown.map((network) => this.inside(network));
    setText(this.title, `Region: ${inside[0].count} of ${page.lead.count} positions`);
    const joints = [MEAN, ...report.joints(quantity)];
    const head = make('tr', {}, make('th', { scope: 'col' }, 'Joint'));
    for (const network of page.shown) {
      for (const what of ['mean inside', 'maximum inside', 'mean outside', 'maximum outside']) {
        head.append(make('th', { scope: 'col' }, `${network.label}, ${what}`));
      }
    }
    const rows = joints.map((joint) => {
      const row = make('tr', {}, make('th', { scope: 'row' }, report.title(joint)));
      page.shown.forEach((network, i) => {
        const found = summary(network.map(quantity, joint), inside[i].isInside);
        for (const value of found) row.append(make('td', {}, written(value, quantity.decimals, quantity.signed)));
      });
      return row;
    });
    this.table.replaceChildren(
      make('caption', {}, `${quantity.barTitle}`),
      make('thead', {}, head),
      make('tbody', {}, ...rows),
    );
  }

  /** Which positions of a network are in the region. */
  inside(network) {
    const { page } = this;
    const isInside = new Uint8Array(network.count);
    const corner = (at) => network.indexLike(page.lead, page.lead.indexOf(at));
    const [a, b] = [corner(page.state.box.slice(0, 2)), corner(page.state.box.slice(2))];
    const [low, high] = boundsOf(network.centre(a), network.centre(b));
    let count = 0;
    // Of a list, too, the region is the rectangle that is drawn, and no run of its numbers.
    const { rows, columns } = network.data;
    for (let i = 0; i < network.count; i++) {
      const x = columns.centre[i % network.columns];
      const y = rows.centre[network.isList ? i : Math.floor(i / network.columns)];
      if (x < low[0] || x > high[0] || y < low[1] || y > high[1]) continue;
      isInside[i] = 1;
      count++;
    }
    return { isInside, count };
  }
}

/** The least and the largest coordinates of two points. */
function boundsOf(a, b) {
  return [a.map((value, axis) => Math.min(value, b[axis])), a.map((value, axis) => Math.max(value, b[axis]))];
}

/** Mean and maximum inside, then outside; positions where nobody was found count nowhere. */
function summary(values, isInside) {
  const found = [
    [0, 0, NaN],
    [0, 0, NaN],
  ];
  values.forEach((value, i) => {
    if (Number.isNaN(value)) return;
    const part = found[isInside[i] ? 0 : 1];
    part[0] += value;
    part[1]++;
    if (!(value <= part[2])) part[2] = value;
  });
  return found.flatMap(([sum, count, most]) => [sum / count, most]);
}
