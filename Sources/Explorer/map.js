// A map of a network or of a difference: its picture, what is drawn over it, and the pointer.

/** How much a number is above the clean one, in brackets; nothing where that is what is shown, or there is no error. */
function riseText(network, quantity, joint, value) {
  const clean = network.cleanValue(quantity, joint);
  if (!network.report.data.hasTruth || quantity.minusClean || quantity.unit !== 'mm' || !isKnown(value - clean))
    return '';
  return ` (${written(value - clean, quantity.decimals, true)})`;
}

/** A panel with a map. */
class MapPanel {
  constructor(page, kind) {
    Object.assign(this, { page, kind, network: null, other: null, values: null, key: null, drawn: '' });
    this.base = layer();
    this.over = layer('over');
    this.area = make(
      'div',
      {
        class: 'square map',
        tabindex: '0',
        role: 'application',
        'aria-roledescription': 'map',
        'aria-describedby': 'map-help',
      },
      this.base,
      this.over,
    );
    this.title = make('h2', {});
    this.sub = make('span', {});
    this.pin = make('span', { class: 'pinned' });
    this.number = make('p', { class: 'number' });
    this.foot = make('div', { class: 'foot' });
    this.element = make(
      'section',
      { class: `panel map-panel ${kind}` },
      make('div', { class: 'head' }, this.title, this.number),
      make('p', { class: 'sub' }, this.sub, this.pin),
      this.area,
      this.foot,
    );
    listenForPositions(this);
  }

  /** Shows a network's map. */
  show(network) {
    [this.network, this.other] = [network, null];
    this.title.replaceChildren(chip(network.data.colour, network.marker), make('span', {}, network.label));
    this.area.setAttribute('aria-label', network.label);
  }

  /** Shows a network's map minus that of another. */
  showDifference(network, other) {
    [this.network, this.other] = [network, other];
    const text = filled(words.difference, { a: network.label, b: other.label });
    this.title.replaceChildren(make('span', { title: text }, filled(words.shortDifference, { b: other.label })));
    this.area.setAttribute('aria-label', text);
  }

  /** Computes values and legend, and paints the map; only where something of it has changed. */
  paint() {
    const { page, network, other } = this;
    const { state, quantity } = page;
    const [size] = sizeOf(this.base);
    if (!size) return;
    const name = [
      network.report.index,
      network.index,
      other?.index,
      state.quantity,
      state.joint,
      state.lines,
      size,
      window.devicePixelRatio,
      inks.paper,
      network.problem,
      Object.keys(network.arrays).length,
      Object.keys(other?.arrays ?? {}).length,
      network.data.picture === null || Boolean(page.picture(network.data.picture)),
    ].join();
    if (name === this.drawn) return;
    this.drawn = name;
    const own = network.map(quantity, state.joint);
    let why = null;
    if (other) {
      const found = network.report.difference(quantity, network, other, state.joint);
      [this.key, why] = [found.key ?? null, found.why ?? null];
      const theirs = other.map(quantity, state.joint);
      this.values = this.key ? own.map((value, i) => value - theirs[i]) : null;
    } else {
      this.key = network.report.key(quantity, network, state.joint);
      why = quantity.networks[network.index].why;
      this.values = this.key ? own : null;
    }
    this.foot.replaceChildren();
    if (this.key) {
      this.bar = legend(this.key, size, network.report.networks);
      this.foot.append(this.bar);
      if (this.hasMisses()) this.foot.append(small(make('i', { class: 'hatch' }), ` ${words.missed}`));
      if (network.arrays.computed) this.foot.append(small(`Dotted: ${words.interpolated}.`));
    }
    const lack = network.problem ? page.damage(network) : why;
    if (lack) this.foot.append(small(lack));
    this.writeRange();
    const place = fitted(this.base);
    paintGround(place, network);
    if (this.values && this.key) {
      place.context.drawImage(mapImage(this, place), 0, 0, place.width, place.height);
      const factor = place.width / network.side;
      drawSegments(place.context, outlineOf(network), factor, '#1f2328', 1, state.lines ? '#fff' : null);
      if (state.lines) this.drawLines(place.context, factor);
    }
  }

  /** Writes minimum and maximum, and the clean number. */
  writeRange() {
    const { page, network, other } = this;
    const { quantity, state } = page;
    if (!this.values) return setText(this.sub, '');
    let [low, high] = [Infinity, -Infinity];
    for (const value of this.values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    const isSigned = quantity.signed || Boolean(other);
    const isLimit = network.data.lowerLimit || other?.data.lowerLimit;
    const sign = isLimit ? (other ? words.approximate : words.limit) : '';
    const range = isKnown(low)
      ? `${other ? sign : ''}${written(low, quantity.rangeDecimals ?? 0, isSigned)} to ${other ? '' : sign}${written(high, quantity.rangeDecimals ?? 0, isSigned)} ${quantity.unit}`
      : '';
    const hasClean = !other && page.report.data.hasTruth && isKnown(network.cleanValue(quantity, state.joint));
    const clean = hasClean
      ? ` · ${filled(words.clean, `${written(network.cleanValue(quantity, state.joint), 0)} ${quantity.unit}`)}`
      : '';
    setText(this.sub, range + clean);
  }

  /** Whether nobody was found at some positions. */
  hasMisses() {
    return this.values.some((value, i) => Number.isNaN(value) && (this.network.isMissed(i) || this.other?.isMissed(i)));
  }

  /** Draws lines of equal numbers at the legend's ticks. */
  drawLines(context, factor) {
    const { rows, columns } = this.network.data;
    if (this.network.isList) return;
    for (const tick of this.key.ticks.slice(1, -1)) {
      const segments = isoline(this.values, columns.centre, rows.centre, tick.at);
      drawSegments(context, segments, factor, tick.at === 0 ? '#555' : '#000', 0.9, 'rgba(255,255,255,.7)');
    }
  }

  /** Draws the occluder, the pinned position, the region and the worst positions, and writes the number. */
  mark() {
    const { page, network, other } = this;
    const { state } = page;
    const place = fitted(this.over);
    const { context, width } = place;
    if (!width) return;
    const factor = width / network.side;
    if (state.box) this.drawBox(context, factor);
    if (!other) this.drawWorst(context, factor);
    if (state.pin) {
      const [x, y] = network.centre(page.indexFor(network, state.pin));
      drawEdge(context, occluderPath(network, page.indexFor(network, state.pin), factor), '#fff', [4, 4]);
      drawRing(context, x * factor, y * factor);
    }
    const index = page.indexFor(network);
    drawEdge(context, occluderPath(network, index, factor));
    const [x, y] = network.centre(index);
    drawCross(context, x * factor, y * factor);
    setText(this.number, this.text());
    setText(this.pin, this.pinned());
    const value = this.value();
    const here = this.bar?.querySelector('.here');
    if (here) {
      here.hidden = !isKnown(value);
      if (!here.hidden) here.style.left = `${100 * shareOf(this.key, value)}%`;
    }
  }

  /** The number at the position. */
  value(at = this.page.state.at) {
    const { page, network, other } = this;
    const value = network.value(page.quantity, page.state.joint, page.indexFor(network, at));
    return other && this.key ? value - other.value(page.quantity, page.state.joint, page.indexFor(other, at)) : value;
  }

  /** The pinned number as text. */
  pinned() {
    const { page, other } = this;
    if (!page.state.pin || !this.key) return '';
    return `pin ${writtenWithUnit(this.value(page.state.pin), page.quantity, page.quantity.signed || Boolean(other))}`;
  }

  /** The number at the position as text, with what is known of it. */
  text() {
    const { page, network, other } = this;
    if (!this.key) return '';
    const index = page.indexFor(network);
    const value = this.value();
    if (!isKnown(value)) return network.isMissed(index) || other?.isMissed(index) ? words.missed : words.missing;
    let text = writtenWithUnit(value, page.quantity, page.quantity.signed || Boolean(other));
    if (!other) text += riseText(network, page.quantity, page.state.joint, value);
    if (!other && network.isInterpolated(index)) text += ` ${words.interpolated} ${network.data.interpolation ?? ''}`;
    return text;
  }

  drawBox(context, factor) {
    const { state } = this.page;
    const lead = this.page.lead;
    const toOwn = (at) => this.network.centre(this.network.indexLike(lead, lead.indexOf(at)));
    const [x0, y0] = toOwn(state.box.slice(0, 2));
    const [x1, y1] = toOwn(state.box.slice(2));
    const [low, high] = boundsOf([x0, y0], [x1, y1]);
    const path = new Path2D();
    path.rect(
      low[0] * factor - 2,
      low[1] * factor - 2,
      (high[0] - low[0]) * factor + 4,
      (high[1] - low[1]) * factor + 4,
    );
    drawEdge(context, path, '#ffd54a', [3, 2]);
  }

  drawWorst(context, factor) {
    context.font = '600 10px system-ui, sans-serif';
    context.textAlign = 'center';
    context.textBaseline = 'middle';
    this.network.data.worst.forEach((worst, i) => {
      const [x, y] = this.network.centre(this.network.indexOf(worst.at));
      const inside = (value) => limited(value * factor, 8, this.network.side * factor - 8);
      context.beginPath();
      context.arc(inside(x), inside(y), 7, 0, 2 * Math.PI);
      context.fillStyle = 'rgba(255,255,255,.88)';
      context.fill();
      context.strokeStyle = '#1f2328';
      context.lineWidth = 1;
      context.stroke();
      context.fillStyle = '#1f2328';
      context.fillText(String(i + 1), inside(x), inside(y) + 0.5);
    });
  }
}
