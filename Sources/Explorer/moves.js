// What keys and buttons do with positions: pins, the corners of a region, and playing.

/** Pins and moves the occluder. */
class Moves {
  constructor(page) {
    Object.assign(this, { page, isPlaying: false, firstCorner: null });
  }

  /** Pins a position, or lets go of it where it is pinned; in live mode the place that was pointed at. */
  pin(at) {
    const { state } = this.page;
    const isSame = state.live
      ? state.livePin?.join() === state.live.join()
      : !state.livePin && state.pin?.join() === at.join();
    // A copy, as the position and the pin are told apart by what they are, not by their numbers.
    this.page.update({ at, pin: isSame ? null : [...at], livePin: isSame ? null : state.live }, true);
  }

  /** Pins the present position, or lets go of what is pinned. */
  togglePin() {
    if (this.page.state.pin) this.page.update({ pin: null, livePin: null }, true);
    else this.pin(this.page.state.at);
  }

  /** The first corner of a region, then the second. */
  corner() {
    const { page } = this;
    if (!this.firstCorner) {
      this.firstCorner = page.state.at;
      page.say('First corner: move to the second and press v or “region” again.');
    } else {
      const box = boxOf(this.firstCorner, page.state.at);
      this.firstCorner = null;
      page.update({ box }, true);
    }
    page.draw();
  }

  /** Lets go of pin and region. */
  free() {
    this.firstCorner = null;
    this.page.update({ pin: null, livePin: null, box: null }, true);
    this.page.draw();
  }

  /** Moves the occluder along its row, or over the worst positions, again and again, until stopped. */
  play(isOverWorst = false) {
    const { page } = this;
    if (this.isPlaying) return this.stop();
    this.isPlaying = true;
    const wait = isOverWorst ? 1200 : Math.max(60, 4000 / page.lead.columns);
    const step = () => {
      if (!this.isPlaying) return;
      const [row, column] = page.state.at;
      if (isOverWorst) page.panels.worst.step(1, false);
      else page.update({ at: [row, (column + 1) % page.lead.columns], live: null });
      this.timer = setTimeout(step, isStill() ? Math.max(1000, wait) : wait);
    };
    step();
    this.mark();
  }

  stop() {
    if (!this.isPlaying) return;
    this.isPlaying = false;
    clearTimeout(this.timer);
    this.mark();
  }

  /** Shows on the buttons what is pinned, begun and playing. */
  mark() {
    const { state } = this.page;
    for (const [id, isOn] of [
      ['pin', Boolean(state.pin)],
      ['corner', Boolean(this.firstCorner)],
      ['play', this.isPlaying],
    ]) {
      const button = byId(id);
      if (button.ariaPressed !== String(isOn)) button.setAttribute('aria-pressed', String(isOn));
    }
  }
}
