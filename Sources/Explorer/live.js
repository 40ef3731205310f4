// Live mode: a server on this machine computes what is pointed at (docs/explorer.md).

/** Asks the server that gave the page about the state's places, and shows its answers. */
class Live {
  constructor(page, data) {
    // Names of questions: what is pointed at, what is pinned, and what is shown.
    Object.assign(this, { page, data, wanted: '', held: '', shown: '', next: null, due: null, isBusy: false });
    byId('live').hidden = false;
    this.status = byId('live-state');
    this.size = byId('live-size');
    this.shape = byId('live-shape');
    this.fill = byId('live-fill');
    [this.size.min, this.size.max] = data.sizes;
    this.shape.replaceChildren(...data.shapes.map((name) => make('option', { value: name }, name)));
    this.fill.replaceChildren(...data.fills.map((name) => make('option', { value: name }, name)));
    this.choose(data.size, data.shapes[0], data.fills[0]);
    for (const control of [this.size, this.shape, this.fill]) {
      control.addEventListener('input', () => this.ask(this.place()));
    }
    byId('live-record').addEventListener('click', () => this.record());
    byId('live-show').addEventListener('click', () => this.showRecord());
    setText(
      byId('map-help'),
      'Arrow keys move the occluder by four pixels of a box of 224, with Shift by twenty. Enter pins the place, Escape lets it go.',
    );
  }

  /** Sets the controls. */
  choose(size, shape, fill) {
    [this.size.value, this.shape.value, this.fill.value] = [size, shape, fill];
    setText(byId('live-size-number'), this.size.value);
  }

  // Places

  /** The place in the picture: the one that was asked about, or that of the recorded position. */
  place() {
    const { state, lead } = this.page;
    if (state.live) return state.live.slice(0, 2);
    const centre = lead.count ? lead.centre(lead.indexOf(state.at)) : [lead.side / 2, lead.side / 2];
    return transformed(lead.data.toPicture, ...centre);
  }

  /** Asks about the place under a pointer. */
  point(panel, event) {
    this.ask(transformed(panel.network.data.toPicture, ...pointUnder(panel, event)));
  }

  /** Moves the occluder right and down, by pixels of a box of 224. */
  move(right, down) {
    const { lead } = this.page;
    const [x, y] = transformed(lead.fromPicture, ...this.place());
    this.go(x + (right * lead.side) / 224, y + (down * lead.side) / 224);
  }

  /** Asks about a place of the first network's crop. */
  go(x, y) {
    const { page } = this;
    const { lead } = page;
    const inside = [x, y].map((value) => limited(value, 0, lead.side));
    this.ask(
      transformed(lead.data.toPicture, ...inside),
      lead.count ? page.positionAt(lead, ...inside) : page.state.at,
    );
  }

  // Questions

  /** Asks about a place of the picture with the occluder that is chosen. */
  ask(place, at = this.page.state.at) {
    setText(byId('live-size-number'), this.size.value);
    const [x, y] = place.map((value) => Number(value.toFixed(2)));
    this.page.update({ at, live: [x, y, Number(this.size.value), this.shape.value, this.fill.value] });
  }

  /** The name of a question about the picture that is shown. */
  nameOf(question) {
    return question ? `${this.page.report.name} ${question.join()}` : '';
  }

  /** Asks what the state needs, and drops what it does not. */
  follow() {
    const { page } = this;
    const { live, livePin } = page.state;
    if (page.report !== this.report) {
      this.report = page.report;
      const own = page.report.data.occlusion;
      if (own) this.choose(own.size, own.shape, own.fill);
    }
    if (live) this.choose(...live.slice(2));
    const [pin, name] = [this.nameOf(livePin), this.nameOf(live)];
    if (pin !== this.held) {
      this.held = pin;
      const isThere = pin === this.shown;
      for (const network of this.networks()) network.pinned = isThere ? network.answer : null;
      this.due = isThere ? null : livePin;
    }
    if (name !== this.wanted) {
      this.wanted = name;
      this.next = name === this.shown ? null : live;
      if (!live) this.forget();
    }
    setText(byId('live-note'), this.note());
    this.run();
  }

  /** Shows recorded positions again. */
  forget() {
    this.shown = '';
    for (const network of this.networks()) network.answer = null;
    setText(this.status, '');
  }

  /** All networks of all pictures. */
  networks() {
    return this.page.reports.flatMap((report) => report.networks);
  }

  /** Which occluder the maps are of, where it is another. */
  note() {
    const own = this.page.report.data.occlusion;
    if (!own) return '';
    const isSame =
      own.size === Number(this.size.value) && own.shape === this.shape.value && own.fill === this.fill.value;
    return isSame ? '' : `Maps, maxima and worst positions: ${own.shape} ${own.size} ${own.fill}, not this occluder.`;
  }

  /** The question as an address. */
  address(path, [x, y, size, shape, fill]) {
    const { token } = this.data;
    return `${path}?${new URLSearchParams({ token, p: this.page.report.name, x: x.toFixed(2), y: y.toFixed(2), size, shape, fill })}`;
  }

  /** Asks one question after the other, of those in between only the latest; what is pinned comes first. */
  async run() {
    if (this.isBusy) return;
    this.isBusy = true;
    while (this.due || this.next) {
      const question = this.due ?? this.next;
      const { report } = this.page;
      const name = this.nameOf(question);
      this.due = null;
      if (this.next?.join() === question.join()) this.next = null;
      setText(this.status, 'computing …');
      try {
        const response = await fetch(this.address('answer', question));
        const answer = await response.json();
        if (!response.ok) throw new Error(answer.problem ?? `status ${response.status}`);
        if (report === this.page.report) this.take(name, answer);
      } catch (error) {
        setText(this.status, `no answer: ${error.message}`);
      }
    }
    this.isBusy = false;
  }

  /** Shows an answer where it is pinned, and where somebody still points. */
  take(name, answer) {
    const { page } = this;
    const isPinned = name === this.held;
    const isPointed = this.wanted && (!isPinned || name === this.wanted);
    const problems = [];
    for (const network of page.report.networks) {
      // With a problem it has no numbers, not those of another place.
      const own = answer.networks.find((candidate) => candidate.label === network.label) ?? null;
      if (own?.problem) problems.push(`${own.label}: ${own.problem}`);
      if (isPinned) network.pinned = own;
      if (isPointed) network.answer = own;
    }
    if (isPointed) this.shown = name;
    setText(this.status, problems.join('; ') || (answer.text ?? ''));
    page.draw();
    page.address.settle();
  }

  // Records

  /** Has the server write a record of a sweep with this occluder, and says how long it has taken so far. */
  async record() {
    const [button, state, seconds] = [
      byId('live-record'),
      byId('live-written'),
      make('span', { 'aria-hidden': 'true' }),
    ];
    const about = [this.size.value, this.shape.value, this.fill.value];
    const start = performance.now();
    const tick = () => setText(seconds, ` ${Math.round((performance.now() - start) / 1000)} s`);
    button.disabled = true;
    byId('live-show').hidden = true;
    state.replaceChildren(
      `writing a record of ${about[1]} ${about[0]} ${about[2]}, every network at every position …`,
      seconds,
    );
    const timer = setInterval(tick, 1000);
    try {
      const response = await fetch(this.address('record', [...this.place(), ...about]), { method: 'POST' });
      const answer = await response.json();
      setText(state, [answer.problem, answer.text].filter(Boolean).join('; '));
      this.written = answer.report;
      byId('live-show').hidden = !answer.report;
    } catch (error) {
      setText(state, `no record: ${error.message}`);
    }
    clearInterval(timer);
    button.disabled = false;
  }

  /** Loads the page again, which has the record then. */
  showRecord() {
    history.replaceState(null, '', `#p=${encodeURIComponent(this.written)}`);
    location.reload();
  }
}
