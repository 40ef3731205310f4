// Worst positions, the region, attention, facts.

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
            const button = make('button', { onclick: () => this.go({ network, worst }) }, worst.text);
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

  /** Goes to a worst position of a network. */
  go({ network, worst }) {
    this.page.stop();
    this.page.live?.leave();
    const [x, y] = network.centre(network.indexOf(worst.at));
    this.page.update({ at: this.page.positionAt(network, x, y) }, true);
  }

  /** Goes to the next worst position, or the previous one. */
  step(by) {
    const all = this.buttons;
    const last = all[this.last];
    // Two networks may have a worst position in common: from the last one it goes on.
    const from = last && this.isHere(last) ? this.last : all.findIndex((place) => this.isHere(place));
    this.last = from < 0 && by < 0 ? all.length - 1 : (from + by + all.length) % all.length;
    if (all.length) this.go(all[this.last]);
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
    const [rows, columns] = [
      [a, b].map((i) => Math.floor(i / network.columns)),
      [a, b].map((i) => i % network.columns),
    ];
    let count = 0;
    for (let r = rows[0]; r <= rows[1]; r++) {
      for (let c = columns[0]; c <= columns[1]; c++) {
        isInside[r * network.columns + c] = 1;
        count++;
      }
    }
    return { isInside, count };
  }
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

/** The panel with the attention of the chosen joint. */
class AttentionPanel {
  constructor(page) {
    this.page = page;
    this.panel = byId('attention-panel');
    this.title = byId('attention-title');
    this.element = byId('attention');
    this.note = byId('attention-note');
  }

  /** The joint whose attention is shown: the chosen one, or that with the largest maximum. */
  jointOf(network) {
    const { page } = this;
    const { state, report } = page;
    const has = (joint) => (network.data.attention.joints?.[joint] ?? -1) >= 0;
    if (state.joint !== MEAN) return has(state.joint) ? state.joint : null;
    let [best, most] = [null, -Infinity];
    report.measured.joints.forEach((_, joint) => {
      const value = page.panels.table.most(network, joint);
      if (has(joint) && value > most) [best, most] = [joint, value];
    });
    return best;
  }

  async mark() {
    const { page } = this;
    const network = page.shown.find((candidate) => candidate.data.attention);
    this.panel.hidden = !network;
    if (!network) return;
    const { attention } = network.data;
    const joint = this.jointOf(network);
    const place = page.indexFor(network);
    const distances = attention.at.map((at) => {
      const [x, y] = network.centre(network.indexOf(at));
      const [u, v] = network.centre(place);
      return Math.hypot(x - u, y - v);
    });
    const nearest = distances.length ? 1 + distances.indexOf(Math.min(...distances)) : 0;
    const name = [
      page.report.index,
      network.index,
      joint,
      sizeOf(this.element)[0],
      inks.paper,
      network.arrays.outline?.rows,
    ].join();
    if (name !== this.drawn) {
      this.drawn = name;
      setText(
        this.title,
        joint === null
          ? `${network.label}: attention`
          : `${network.label}: attention to ${page.report.title(joint).toLowerCase()}`,
      );
      const maps = joint === null ? null : await this.maps(network, attention.joints[joint]);
      if (this.drawn !== name) return;
      this.figures = maps?.map((values, i) => this.figure(network, values, i)) ?? [];
      this.element.replaceChildren(...this.figures);
      if (!maps) setText(this.note, 'The network has no attention for this joint.');
      else this.note.replaceChildren(legend(attention.key));
      this.figures.forEach((figure) => {
        figure.paint();
      });
    }
    this.figures?.forEach((figure, i) => {
      figure.classList.toggle('near', i === nearest);
      const isHere = i > 0 && distances[i - 1] === 0;
      setText(figure.querySelector('.state'), i === nearest ? (isHere ? 'here' : 'nearest') : '');
    });
  }

  /** The clean map and those at the worst positions, of a part of the network. */
  async maps(network, part) {
    const about = network.data.attention;
    if (!network.attention) {
      try {
        network.attention = await blocks.array(about.array, network.data.source);
      } catch (error) {
        network.problem = error.message;
        return null;
      }
    }
    const array = network.attention;
    const joints = array.planes / about.maps;
    return Array.from({ length: about.maps }, (_, i) =>
      Float32Array.from({ length: array.size }, (_, index) => array.at(i * joints + part, index)),
    );
  }

  figure(network, values, i) {
    const { attention } = network.data;
    const canvas = layer();
    const figure = make(
      'figure',
      {},
      make('div', { class: 'square' }, canvas),
      make('figcaption', {}, attention.titles[i], make('span', { class: 'state' })),
    );
    figure.paint = () => {
      const place = fitted(canvas);
      const [rows, columns] = attention.array.shape;
      const image = new ImageData(columns, rows);
      const pixels = new Uint32Array(image.data.buffer);
      const table = colourTable(attention.key);
      for (let j = 0; j < values.length; j++) pixels[j] = table[colourIndex(attention.key, values[j])];
      const small = make('canvas', { width: columns, height: rows });
      small.getContext('2d').putImageData(image, 0, 0);
      place.context.imageSmoothingEnabled = false;
      place.context.drawImage(small, 0, 0, place.width, place.height);
      const factor = place.width / network.side;
      drawSegments(place.context, outlineOf(network), factor, '#fff', 1);
      if (i > 0) drawEdge(place.context, occluderPath(network, network.indexOf(attention.at[i - 1]), factor));
    };
    return figure;
  }
}
