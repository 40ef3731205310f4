// Poses in space on a turntable: reference, every network, and the pinned position.

/** The panel with the poses. */
class PosePanel {
  constructor(page) {
    this.page = page;
    this.area = byId('pose-area');
    this.canvas = layer();
    this.area.append(this.canvas);
    this.key = byId('pose-key');
    this.note = byId('pose-note');
    this.label = byId('pose-label');
    this.points = [];
    listenForTurns(this);
  }

  /** The poses about their roots, aligned as the numbers are. */
  figures() {
    const { page } = this;
    const { state, report } = page;
    const figures = [];
    const add = (network, index, look) => {
      const joints = network.joints(index);
      if (!joints || !network.skeleton) return;
      const placed = this.placed(network, joints);
      figures.push({
        points: placed,
        bones: network.skeleton.bones,
        network,
        index,
        joint: page.predictedJoint(network),
        colour: network.data.colour,
        marker: network.marker,
        dash: network.dash,
        ...look,
      });
    };
    const hasTruth = report.data.hasTruth && page.lead.data.truth;
    if (hasTruth && state.truth) {
      const { joints } = page.lead.data.truth;
      figures.push({
        points: about(joints, middle(joints, page.lead.measuredRoot)),
        bones: report.measured.bones,
        isReference: true,
        joint: page.joint,
        colour: page.data.colours.truth,
        marker: 'circle',
        dash: [],
        isTruth: true,
      });
    }
    for (const network of page.shown) {
      if (!hasTruth && state.truth) {
        add(network, CLEAN, {
          colour: page.data.colours.clean,
          marker: page.shown.length > 1 ? network.marker : 'circle',
          dash: [],
          isReference: true,
        });
      }
      if (state.pin) add(network, page.indexFor(network, state.pin), { dash: [1, 4], opacity: 0.55, isGhost: true });
      add(network, page.indexFor(network), {});
    }
    return figures;
  }

  /** A prediction as it is measured: its root at the origin, or brought closest to the reference. */
  placed(network, joints) {
    const { quantity } = this.page;
    const from = network.data.measuredFrom;
    const reference = this.page.report.data.hasTruth ? network.data.truth?.joints : this.cleanMeasured(network);
    if (!quantity.aligned || !from || !reference) return about(joints, middle(joints, network.root));
    const fit = procrustes(selected(joints, from), Float64Array.from(reference));
    return about(fit(Float64Array.from(joints)), middle(reference, network.measuredRoot));
  }

  /** The measured joints of the clean prediction. */
  cleanMeasured(network) {
    const clean = network.joints(CLEAN);
    return clean && network.data.measuredFrom ? selected(clean, network.data.measuredFrom) : null;
  }

  /** Centre and radius of what is shown without an occluder: the view does not jump while the occluder moves. */
  extent() {
    const { page } = this;
    const name = [page.report.index, page.state.networks.join()].join();
    if (this.known?.name === name) return this.known;
    const poses = page.shown
      .map((network) => network.joints(CLEAN))
      .filter(Boolean)
      .map((joints, i) => about(joints, middle(joints, page.shown[i].root)));
    const truth = page.lead.data.truth?.joints;
    if (truth) poses.push(about(truth, middle(truth, page.lead.measuredRoot)));
    const [low, high] = [
      [1e9, 1e9, 1e9],
      [-1e9, -1e9, -1e9],
    ];
    for (const pose of poses) {
      pose.forEach((value, i) => {
        if (!isKnown(value)) return;
        low[i % 3] = Math.min(low[i % 3], value);
        high[i % 3] = Math.max(high[i % 3], value);
      });
    }
    const centre = low.map((value, axis) => (value + high[axis]) / 2);
    const radius = Math.max(
      0,
      ...poses.map((pose) => {
        let most = 0;
        for (let i = 0; i < pose.length; i += 3) {
          const distance = Math.hypot(pose[i] - centre[0], pose[i + 1] - centre[1], pose[i + 2] - centre[2]);
          if (distance > most) most = distance;
        }
        return most;
      }),
    );
    this.known = poses.length
      ? { name, centre, radius: Math.max(radius * 1.12, 100) }
      : { name, centre: [0, 0, 0], radius: 1000 };
    return this.known;
  }

  /** The body that stands for a figure; null where a skeleton does. */
  bodyFor(figure) {
    const { lead } = this.page;
    if (figure.isTruth) return lead.data.truth.rotations ? this.page.bodyOf(lead) : null;
    return figure.isReference ? null : this.page.bodyOf(figure.network);
  }

  /** Draws all poses as seen from the state's camera. */
  mark() {
    const { page } = this;
    const { state } = page;
    const place = fitted(this.canvas);
    const { context, width, height } = place;
    if (!width) return;
    const figures = this.figures();
    const { centre, radius } = this.extent();
    const [yaw, pitch, zoom] = state.camera;
    const scale = (zoom * Math.min(width, height)) / 2 / radius;
    const toScreen = (points) => {
      const seen = turned(about(points, centre), yaw, pitch);
      const flat = new Float64Array((seen.length / 3) * 2);
      for (let i = 0, o = 0; i < seen.length; i += 3, o += 2) {
        flat[o] = width / 2 + seen[i] * scale;
        flat[o + 1] = height / 2 + seen[i + 1] * scale;
      }
      return flat;
    };
    this.points = figures.map((figure) => ({ ...figure, flat: toScreen(figure.points) }));
    if (state.shape === 'body') drawBodies(page, this, place, { centre, yaw, pitch, scale });
    for (const figure of this.points) {
      // A pinned ghost and the clean prediction stay skeletons: bodies would hide each other.
      if (state.shape === 'body' && !figure.isGhost && this.bodyFor(figure)?.arrays) continue;
      drawSkeleton(context, figure.flat, figure.bones, {
        colour: figure.isReference && !figure.isTruth ? inks.muted : figure.colour,
        marker: figure.marker,
        dash: figure.dash,
        opacity: figure.opacity,
        joint: figure.joint,
        width: figure.isReference ? 2.6 : 2,
        size: figure.isReference ? 7 : 6.5,
        rim: inks.halo,
        emphasis: inks.ink,
      });
    }
    this.drawDistances(context);
    this.writeKey(figures);
  }

  /** Lines from the chosen joint of the reference to where each network puts it: what the number measures. */
  drawDistances(context) {
    const reference = this.points.find((figure) => figure.isTruth);
    const { joint } = this.page;
    if (!reference || joint === MEAN) return;
    for (const figure of this.points) {
      if (figure === reference || figure.joint < 0 || figure.isGhost) continue;
      context.beginPath();
      context.moveTo(reference.flat[2 * joint], reference.flat[2 * joint + 1]);
      context.lineTo(figure.flat[2 * figure.joint], figure.flat[2 * figure.joint + 1]);
      context.strokeStyle = inks.ink;
      context.lineWidth = 1.2;
      context.setLineDash([2, 2]);
      context.stroke();
      context.setLineDash([]);
    }
  }

  /** What the marks stand for; what has no colour has that of the text. */
  entries() {
    const { page } = this;
    return this.points
      .filter((figure) => !figure.isGhost)
      .map((figure) => ({
        colour: figure.isReference && !figure.isTruth ? null : figure.colour,
        marker: figure.marker,
        text: !figure.isReference
          ? figure.network.label
          : figure.isTruth || page.shown.length < 2
            ? page.report.data.reference
            : `${figure.network.label}, ${words.clean.replace('{}', '').trim()}`,
      }));
  }

  /** Writes what the marks stand for. */
  writeKey(figures) {
    const { page } = this;
    const name =
      figures.map((figure) => `${figure.network?.label}${figure.isGhost}${figure.isReference}`).join() +
      page.quantity.aligned;
    if (name === this.keyName) return;
    this.keyName = name;
    this.key.replaceChildren(
      ...this.entries().map(({ colour, marker, text }) =>
        make('span', { class: 'entry' }, chip(colour ?? 'currentColor', marker), text),
      ),
    );
    if (figures.some((figure) => figure.isGhost)) this.key.append(make('span', { class: 'entry' }, '┈ pinned'));
    const canAlign = page.shown.every((network) => network.data.measuredFrom);
    setText(
      this.note,
      !figures.length
        ? 'The record has no joints.'
        : page.quantity.aligned && canAlign
          ? 'Each prediction is turned, scaled and shifted to fit best, as the numbers are.'
          : `Roots are laid on each other${page.quantity.aligned ? '; this record cannot be fitted here' : ', as the numbers are'}.`,
    );
  }

  /** The joint of the reference or a network nearest to a point; null where none is near. */
  jointAt(x, y) {
    let [best, least] = [null, 14];
    for (const figure of this.points) {
      for (let joint = 0; joint < figure.flat.length / 2; joint++) {
        const distance = Math.hypot(figure.flat[2 * joint] - x, figure.flat[2 * joint + 1] - y);
        if (distance < least) [best, least] = [{ figure, joint }, distance];
      }
    }
    if (!best) return null;
    const { figure, joint } = best;
    const skeleton = figure.isTruth ? this.page.report.measured : figure.network.skeleton;
    const measured = figure.isTruth ? joint : (figure.network.data.measuredFrom?.indexOf(joint) ?? -1);
    return { title: skeleton.titles[joint], measured };
  }
}
