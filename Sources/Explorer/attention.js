// The attention of the chosen joint, of every network that has it.

/** The panel with what networks look at. */
class AttentionPanel {
  constructor(page) {
    this.page = page;
    this.panel = byId('attention-panel');
    this.element = byId('attention');
    this.parts = new Map();
  }

  mark() {
    const { page } = this;
    const networks = page.shown.filter((network) => network.data.attention);
    this.panel.hidden = !networks.length;
    const parts = networks.map((network) => {
      if (!this.parts.has(network)) this.parts.set(network, new AttentionPart(page, network));
      return this.parts.get(network);
    });
    const name = networks.map((network) => `${network.report.index} ${network.index}`).join();
    if (name !== this.built) {
      this.built = name;
      this.element.replaceChildren(...parts.map((part) => part.element));
    }
    for (const part of parts) part.mark();
  }
}

/** The maps of one network. */
class AttentionPart {
  constructor(page, network) {
    Object.assign(this, { page, network, figures: [] });
    this.title = make('h2', {});
    this.list = make('div', { class: 'figures' });
    this.note = make('div', {});
    this.element = make('div', {}, this.title, this.list, this.note);
  }

  /** The joint whose attention is shown: the chosen one, or that with the largest maximum. */
  joint() {
    const { page, network } = this;
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
    const { page, network } = this;
    const { attention } = network.data;
    const joint = this.joint();
    const name = [joint, sizeOf(this.list)[0], inks.paper, network.arrays.outline?.rows].join();
    if (name !== this.drawn) {
      this.drawn = name;
      const what = joint === null ? '' : ` to ${page.report.title(joint).toLowerCase()}`;
      setText(this.title, `${network.label}: attention${what}`);
      const maps = joint === null ? null : await this.maps(attention.joints[joint]);
      if (this.drawn !== name) return;
      this.figures = maps?.map((values, i) => this.figure(values, i)) ?? [];
      this.list.replaceChildren(...this.figures);
      if (!maps) setText(this.note, 'The network has no attention for this joint.');
      else this.note.replaceChildren(legend(attention.key));
      for (const figure of this.figures) figure.paint();
    }
    this.markNearest();
  }

  /** Marks the worst position that is nearest to the occluder. */
  markNearest() {
    const { page, network } = this;
    const [u, v] = network.centre(page.indexFor(network));
    const distances = network.data.attention.at.map((at) => {
      const [x, y] = network.centre(network.indexOf(at));
      return Math.hypot(x - u, y - v);
    });
    const nearest = distances.length ? 1 + distances.indexOf(Math.min(...distances)) : 0;
    this.figures.forEach((figure, i) => {
      figure.classList.toggle('near', i === nearest);
      const isHere = i > 0 && distances[i - 1] === 0;
      setText(figure.querySelector('.state'), i === nearest ? (isHere ? 'here' : 'nearest') : '');
    });
  }

  /** The clean map and those at the worst positions, of a part of the network. */
  async maps(part) {
    const { network } = this;
    const about = network.data.attention;
    try {
      network.attention ??= await blocks.array(about.array, network.data.source);
    } catch (error) {
      network.problem = error.message;
      return null;
    }
    const array = network.attention;
    const joints = array.planes / about.maps;
    return Array.from({ length: about.maps }, (_, i) =>
      Float32Array.from({ length: array.size }, (_, index) => array.at(i * joints + part, index)),
    );
  }

  figure(values, i) {
    const { network } = this;
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
