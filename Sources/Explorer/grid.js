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
          const key = report.key(quantity, network, joints[0]);
          const list = make('div', { class: 'multiples' }, ...joints.map((joint) => this.figure(network, joint)));
          return [headingOf('h3', network), list, ...(key ? [legend(key)] : [])];
        }),
      );
      for (const figure of this.figures) figure.paint();
    }
    for (const { button, joint } of this.figures) button.setAttribute('aria-pressed', String(joint === state.joint));
  }

  figure(network, joint) {
    const { page } = this;
    const { quantity, report } = page;
    const canvas = layer();
    const values = network.map(quantity, joint);
    let most = -Infinity;
    for (const value of values) if (value > most) most = value;
    const sign = network.data.lowerLimit ? words.limit : '';
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
    );
    const paint = () => {
      const key = report.key(quantity, network, joint);
      const place = fitted(canvas);
      if (!place.width || !key) return;
      paintGround(place, network);
      place.context.drawImage(mapImage({ values, key, network }, place), 0, 0, place.width, place.height);
      drawSegments(place.context, outlineOf(network), place.width / network.side, '#1f2328', 0.7);
    };
    this.figures.push({ button, joint, paint });
    return button;
  }
}
