// Live mode: a server on this machine computes what is pointed at (docs/explorer.md).

/** Asks the server that gave the page, and shows its answers. */
class Live {
  constructor(page, data) {
    Object.assign(this, { page, data, asked: 0, shownNumber: 0, isBusy: false, next: null });
    this.bar = byId('live');
    this.bar.hidden = false;
    this.state = byId('live-state');
    this.size = byId('live-size');
    [this.size.min, this.size.max, this.size.value] = [data.sizes[0], data.sizes[1], data.size];
    this.shape = byId('live-shape');
    this.shape.replaceChildren(...data.shapes.map((name) => make('option', { value: name }, name)));
    this.fill = byId('live-fill');
    this.fill.replaceChildren(...data.fills.map((name) => make('option', { value: name }, name)));
    for (const control of [this.size, this.shape, this.fill]) {
      control.addEventListener('input', () => {
        setText(byId('live-size-number'), this.size.value);
        if (this.place) this.ask(this.place);
      });
    }
    setText(byId('live-size-number'), this.size.value);
    byId('live-record').addEventListener('click', () => this.record());
  }

  /** Asks about the place of the picture under a pointer. */
  point(panel, event) {
    this.ask(transformed(panel.network.data.toPicture, ...pointUnder(panel, event)));
  }

  /** The question as an address. */
  address(path, [x, y]) {
    const query = new URLSearchParams({
      token: this.data.token,
      p: this.page.report.name,
      x: x.toFixed(2),
      y: y.toFixed(2),
      size: this.size.value,
      shape: this.shape.value,
      fill: this.fill.value,
    });
    return `${path}?${query}`;
  }

  /** Asks about a place; while an answer is awaited only the latest question is kept. */
  async ask(place) {
    this.place = place;
    this.next = place;
    if (this.isBusy) return;
    this.isBusy = true;
    while (this.next) {
      const [asked, report] = [this.next, this.page.report];
      this.next = null;
      const number = ++this.asked;
      setText(this.state, 'computing …');
      try {
        const response = await fetch(this.address('answer', asked));
        const answer = await response.json();
        if (!response.ok) throw new Error(answer.problem ?? `status ${response.status}`);
        this.take(number, report, answer);
      } catch (error) {
        setText(this.state, `no answer: ${error.message}`);
        if (!this.next) break;
      }
    }
    this.isBusy = false;
  }

  /** Shows an answer, unless a newer one is shown or another picture. */
  take(number, report, answer) {
    if (number <= this.shownNumber || report !== this.page.report) return;
    this.shownNumber = number;
    for (const network of report.networks) network.answer = null;
    const problems = [];
    for (const own of answer.networks) {
      const network = report.networks.find((candidate) => candidate.label === own.label);
      if (!network) continue;
      if (own.problem) problems.push(`${own.label}: ${own.problem}`);
      // With a problem it has no numbers, not those of another place.
      network.answer = own;
    }
    setText(this.state, problems.join('; ') || (answer.text ?? ''));
    this.page.draw();
  }

  /** Shows recorded positions again. */
  leave() {
    this.place = null;
    this.next = null;
    this.shownNumber = ++this.asked;
    for (const network of this.page.report.networks) network.answer = null;
    setText(this.state, '');
  }

  /** Has the server write a record of a sweep with this occluder. */
  async record() {
    const button = byId('live-record');
    button.disabled = true;
    setText(this.state, 'writing a record …');
    try {
      const response = await fetch(this.address('record', this.place ?? [0, 0]), { method: 'POST' });
      const answer = await response.json();
      setText(this.state, answer.problem ?? answer.text);
    } catch (error) {
      setText(this.state, `no record: ${error.message}`);
    }
    button.disabled = false;
  }
}
