// Small multiples: the map of every joint of every shown network.

/** The panel with the maps of all joints. */
class GridPanel {
  constructor(page) {
    this.page = page;
    this.panel = byId('grid-panel');
    this.element = byId('grid');
    this.figures = [];
  }

  mark() {
    const { page } = this;
    const { state, quantity, report } = page;
    this.panel.hidden = !state.grid;
    if (!state.grid) return;
    const name = [
      report.index,
      state.networks.join(),
      state.quantity,
      page.loaded,
      inks.paper,
      sizeOf(this.element)[0],
    ].join();
    if (name !== this.built) {
      this.built = name;
      const joints = report.joints(quantity);
      this.figures = [];
      this.element.replaceChildren(
        ...page.shown.flatMap((network) => {
          // Where every joint has a scale of its own, each map has its legend.
          const key = this.hasOwnScales(network) ? null : report.key(quantity, network, joints[0]);
          const list = make('div', { class: 'multiples' }, ...joints.map((joint) => this.figure(network, joint)));
          return [headingOf('h3', network), list, ...(key ? [legend(key, 300, report.networks)] : [])];
        }),
      );
      for (const figure of this.figures) figure.paint();
    }
    for (const { button, joint } of this.figures) button.setAttribute('aria-pressed', String(joint === state.joint));
  }

  /** Whether every joint of a network has a scale of its own. */
  hasOwnScales(network) {
    return Array.isArray(this.page.quantity.networks[network.index].joint);
  }

  /** The colours of a map with the numbers at their ends. */
  scale(key) {
    const [first, last] = [key.ticks[0], key.ticks.at(-1)];
    return make(
      'span',
      { class: 'scale' },
      barOf(key),
      make('span', {}, make('span', {}, first.text), make('span', {}, last.text)),
    );
  }

  figure(network, joint) {
    const { page } = this;
    const { quantity, report } = page;
    const canvas = layer();
    const values = network.map(quantity, joint);
    let most = -Infinity;
    for (const value of values) if (value > most) most = value;
    const sign = network.data.lowerLimit ? words.limit : '';
    const own = report.key(quantity, network, joint);
    const button = make(
      'button',
      { class: 'multiple', onclick: () => page.update({ joint }, true) },
      make('span', { class: 'square' }, canvas),
      make('span', { class: 'name' }, report.measured.titles[joint]),
      make(
        'span',
        { class: 'sub' },
        `to ${sign}${written(most, quantity.rangeDecimals ?? 0, quantity.signed)} ${quantity.unit}`,
      ),
      own && this.hasOwnScales(network) ? this.scale(own) : null,
    );
    const paint = () => {
      const place = fitted(canvas);
      if (!place.width || !own) return;
      paintGround(place, network);
      place.context.drawImage(mapImage({ values, key: own, network }, place), 0, 0, place.width, place.height);
      drawSegments(place.context, outlineOf(network), place.width / network.side, '#1f2328', 0.7);
    };
    this.figures.push({ button, joint, paint });
    return button;
  }
}
