// The page's address, whose hash holds the state.

/** Reads and writes the hash. */
class Address {
  constructor(page) {
    this.page = page;
  }

  /** Writes the hash once nothing has changed for a while: browsers limit how often that may be. */
  settle() {
    this.later(() => {
      this.set('replaceState');
      this.page.say(this.page.summary());
    });
  }

  /** Writes the hash now, over the present one. */
  write() {
    clearTimeout(this.timer);
    this.set('replaceState');
  }

  /** Writes the hash as a new step, which the browser's Back undoes. */
  push() {
    this.set('pushState');
    this.later(() => this.page.say(this.page.summary()));
  }

  later(action) {
    clearTimeout(this.timer);
    this.timer = setTimeout(action, 400);
  }

  set(how) {
    const hash = hashOf(this.page.state, this.page);
    if (hash === location.hash) return;
    try {
      history[how](null, '', hash);
    } catch {
      // Some browsers refuse in a frame: the link is then copied without the address knowing it.
    }
  }

  /** Takes over the state of the hash. */
  read() {
    const { page } = this;
    const { state, problems } = stateOf(location.hash, page);
    page.state = state;
    page.notice(problems.length ? `The link was not understood in full: ${problems.join('; ')}.` : '');
  }
}
