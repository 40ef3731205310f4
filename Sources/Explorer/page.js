// The page: its state, what follows from it, and when it is drawn.

/** All that is shown, and its state. */
class Page {
  constructor(data) {
    this.data = data;
    Object.assign(words, data.words);
    for (const [name, text] of Object.entries(data.colourMaps)) colourMaps[name] = bytesOf(text);
    this.hatch = data.colours.hatch.map(pixelOf);
    this.reports = data.reports.map((report, i) => new Report(report, i, data.skeletons));
    this.bodies = Object.fromEntries(Object.entries(data.bodies ?? {}).map(([name, body]) => [name, new Body(body)]));
    this.pictures = new Map();
    this.decoding = [];
    this.hasLetterKeys = true;
    this.moves = new Moves(this);
    this.hovered = null;
    this.address = new Address(this);
  }

  // What follows from the state

  get report() {
    return this.reports[this.state.report];
  }

  get quantity() {
    return this.report.quantity(this.state.quantity);
  }

  /** The networks that are shown, in order. */
  get shown() {
    return this.state.networks.map((index) => this.report.networks[index]);
  }

  /** The first of them, whose rows and columns positions are written in. */
  get lead() {
    return this.report.networks[this.state.networks[0]];
  }

  /** The index of a network's position that belongs to the state's, or that of the server's answer. */
  indexFor(network, at = this.state.at) {
    if (at === this.state.pin && this.state.livePin && network.pinned) return PINNED;
    if (at === this.state.at && network.answer) return LIVE;
    return network.indexLike(this.lead, this.lead.indexOf(at));
  }

  /** The row and column of the lead that is nearest to a point of a network's crop. */
  positionAt(network, x, y) {
    if (network === this.lead) return network.nearest(x, y);
    const picture = transformed(network.data.toPicture, x, y);
    return this.lead.nearest(...transformed(this.lead.fromPicture, ...picture));
  }

  /** The joint whose marks are large: the one under the pointer, or the chosen one. */
  get joint() {
    return this.hovered ?? this.state.joint;
  }

  /** The predicted joint that stands for the chosen one; −1 where there is none. */
  predictedJoint(network) {
    return this.joint === MEAN ? -1 : (network.data.measuredFrom?.[this.joint] ?? -1);
  }

  /** The legend of the difference of the first two networks; null where there is none. */
  differenceKey(joint) {
    const [a, b] = this.shown;
    return b ? (this.report.difference(this.quantity, b, a, joint).key ?? null) : null;
  }

  /** Which of the shown networks have the numbers of the quantity, as a name for what depends on it. */
  get loaded() {
    return this.shown.map((network) => Boolean(network.arrays[this.quantity.array])).join();
  }

  bodyOf(network) {
    return network?.data.body ? this.bodies[network.data.body] : null;
  }

  /** The position in words. */
  where() {
    const { state, lead } = this;
    const index = this.indexFor(lead);
    if (index === CLEAN || lead.answer?.problem) return 'no occluder: point at a place';
    const [x, y] = lead.centre(index);
    const place = `x ${Number(x.toFixed(1))}, y ${Number(y.toFixed(1))} of ${lead.side} pixels`;
    if (lead.answer) return place;
    return `${lead.isList ? `position ${state.at[1]}` : `row ${state.at[0]}, column ${state.at[1]}`}: ${place}`;
  }

  /** A picture of the page by its number, or one of an answer by its data URI; null until it is decoded. */
  picture(number) {
    if (!this.pictures.has(number)) this.decoding.push(this.loadPicture(number));
    return this.pictures.get(number);
  }

  /** Decodes a picture; one that is missing leaves a plain ground. */
  async loadPicture(number) {
    this.pictures.set(number, null);
    try {
      const about = this.data.pictures[number];
      await blocks.load(about?.source);
      const image = new Image();
      image.src = about ? `data:${about.type};base64,${blocks.take(about.block)}` : number;
      await image.decode();
      this.pictures.set(number, image);
      this.drawAgain();
    } catch (error) {
      this.say(error.message);
    }
  }

  /** Waits until arrays and pictures of the state are decoded. */
  async ready() {
    await this.load();
    await Promise.all(this.decoding);
  }

  // Changes

  /** Changes the state; what is `pushed` can be undone by the browser's Back. */
  update(changes, isPushed = false) {
    const before = this.state;
    if (Object.entries(changes).every(([name, value]) => JSON.stringify(before[name]) === JSON.stringify(value)))
      return;
    if (isPushed) this.address.write();
    this.state = { ...before, ...changes };
    if (isPushed) this.address.push();
    else this.address.settle();
    this.live?.follow();
    this.draw();
    this.load();
  }

  /** Shows another picture. */
  showReport(index) {
    const first = firstState(this, this.reports[index]);
    const { camera, shape, lines, truth, grid, large, order, tab } = this.state;
    const keeps = this.reports[index].quantity(this.state.quantity) ? { quantity: this.state.quantity } : {};
    const name = this.report.measured.joints[this.state.joint];
    const joint = this.reports[index].measured.joints.indexOf(name);
    this.moves.stop();
    this.update({ ...first, camera, shape, lines, truth, grid, large, order, tab, joint, ...keeps }, true);
  }

  nextReport(by) {
    this.showReport((this.state.report + by + this.reports.length) % this.reports.length);
  }

  /** Shows other networks of the report; positions stay where they are in the picture. */
  show(networks) {
    const next = this.report.networks[networks[0]];
    const same = (at) => {
      if (!at || !next.count || !this.lead.count) return at;
      const index = next.indexLike(this.lead, this.lead.indexOf(at));
      return [Math.floor(index / next.columns), index % next.columns];
    };
    const { at, pin, box } = this.state;
    const corners = box && [...same(box.slice(0, 2)), ...same(box.slice(2))];
    this.update({ networks, at: same(at), pin: same(pin), box: corners }, true);
  }

  swap() {
    const [a, b, ...others] = this.state.networks;
    if (b !== undefined) this.show([b, a, ...others]);
  }

  toggleBody() {
    this.update({ shape: this.state.shape === 'body' ? 'skeleton' : 'body' });
  }

  /** Shows a joint's marks while the pointer is over its row; null ends it. */
  preview(joint) {
    if (this.hovered === joint) return;
    this.hovered = joint;
    this.draw();
  }

  // Messages

  /** Says something to those who listen to the page. */
  say(text) {
    setText(byId('say'), text);
  }

  /** The position and its numbers in a sentence. */
  summary() {
    const numbers = this.panels.maps
      .filter((panel) => panel.key)
      .map((panel) => `${panel.title.textContent} ${panel.text()}`);
    const what = this.report.title(this.state.joint);
    return `${this.where()}. ${what}: ${numbers.join(', ')}.`;
  }

  notice(text) {
    byId('notice').hidden = !text;
    setText(byId('notice-text'), text);
  }

  /** Why a network's numbers are missing. */
  damage(network) {
    return `The data of ${network.label} on ${network.report.data.title} are damaged: ${network.problem}.`;
  }

  /** Shows the numbers above a finger. */
  bubble(event) {
    const bubble = byId('bubble');
    bubble.hidden = !event;
    if (!event) return;
    setText(
      bubble,
      this.shown
        .map(
          (network) =>
            `${network.label} ${writtenWithUnit(network.value(this.quantity, this.state.joint, this.indexFor(network)), this.quantity)}`,
        )
        .join(' · '),
    );
    const half = bubble.offsetWidth / 2 + 6;
    bubble.style.left = `${limited(event.clientX, half, innerWidth - half)}px`;
    bubble.style.top = `${Math.max(event.clientY - 64, 4)}px`;
  }

  // Drawing

  /** Draws in the next frame; many changes before it are drawn once. */
  draw() {
    if (this.isWaiting) return;
    this.isWaiting = true;
    requestAnimationFrame(() => {
      this.isWaiting = false;
      drawPage(this);
    });
  }

  /** Draws anew what is kept between frames. */
  drawAgain() {
    for (const panel of this.panels.maps) panel.drawn = '';
    this.panels.grid.built = '';
    this.draw();
  }

  /** Decodes what the state needs; the numbers that the maps show come first. */
  async load() {
    const { shown, quantity, state } = this;
    const first = ['error', quantity.array, 'computed', 'outline'];
    const all = ['error', 'error_pa', 'joints', 'camera', ...(state.shape === 'body' ? ['rotations', 'betas'] : [])];
    const isMissing = (network) =>
      [...first, ...all].some((name) => network.has(name) && !network.arrays[name]) && !network.problem;
    const wanted = shown.filter(isMissing);
    for (const network of shown) touch(network);
    const bodies =
      state.shape === 'body'
        ? new Set(shown.map((network) => this.bodyOf(network)).filter((body) => body && !body.arrays))
        : [];
    if (!wanted.length && !bodies.size) return;
    await Promise.all(wanted.map((network) => network.need(first)));
    this.draw();
    await Promise.all([...wanted.map((network) => network.need(all)), ...[...bodies].map((body) => body.load())]);
    const damaged = shown.filter((network) => network.problem);
    if (damaged.length) this.notice(damaged.map((network) => this.damage(network)).join(' '));
    this.draw();
  }
}
