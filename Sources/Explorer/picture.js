// The crop with the occluder as the network saw it, and the predictions over it.

/** The panel with the picture. */
class PicturePanel {
  constructor(page) {
    this.page = page;
    this.canvas = layer();
    this.area = byId('picture-area');
    this.area.append(this.canvas);
    this.caption = byId('picture-caption');
    listenForPositions(this);
  }

  /** The network whose crop is shown. */
  get network() {
    return this.page.lead;
  }

  /** Draws the crop, the occluder and the skeletons. */
  mark() {
    const { page } = this;
    const { state, lead } = page;
    const place = fitted(this.canvas);
    const { context, width, height } = place;
    if (!width) return;
    const factor = width / lead.side;
    const index = page.indexFor(lead);
    const picture = lead.data.picture === null ? null : page.picture(lead.data.picture);
    context.fillStyle = inks.wash;
    context.fillRect(0, 0, width, height);
    if (picture) context.drawImage(picture, 0, 0, width, height);
    const path = drawOccluder(context, lead, index, factor);
    drawEdge(context, path);
    if (state.pin) drawEdge(context, occluderPath(lead, page.indexFor(lead, state.pin), factor), '#fff', [4, 4]);
    for (const figure of this.figures(index)) {
      const points = figure.points.map((value) => value * factor);
      drawSkeleton(context, points, figure.bones, {
        colour: figure.colour,
        marker: figure.marker,
        dash: figure.dash,
        joint: figure.joint,
        opacity: figure.opacity,
        width: Math.max(1.6, width / 170),
        size: Math.max(4.5, width / 55),
        rim: 'rgba(255,255,255,.8)',
        emphasis: '#000',
      });
    }
    setText(this.caption, this.text());
  }

  /** What can be drawn over the crop of the lead network: flat x, y in its pixels. */
  figures() {
    const { page } = this;
    const { state, lead, report } = page;
    const figures = [];
    const reference = this.reference();
    if (reference) figures.push(reference);
    for (const network of page.shown) {
      if (!network.hasCamera || !network.skeleton) continue;
      const at = page.indexFor(network);
      const points = network.joints(at);
      const camera = network.camera(at);
      if (!points || !camera) continue;
      figures.push({
        points: toCrop(projected(points, camera, network.side), network, lead),
        bones: network.skeleton.bones,
        colour: network.data.colour,
        marker: network.marker,
        dash: network.dash,
        joint: page.predictedJoint(network),
        network,
      });
    }
    if (report.data.hasTruth && !state.truth) return figures.filter((figure) => !figure.isReference);
    return figures;
  }

  /** The ground truth, or the lead's clean prediction, over its crop. */
  reference() {
    const { page } = this;
    const { lead, report } = page;
    const { measured } = report;
    if (!report.data.hasTruth) {
      const clean = lead.joints(CLEAN);
      if (!clean || !lead.hasCamera) return null;
      return {
        points: projected(clean, lead.camera(CLEAN), lead.side),
        bones: lead.skeleton.bones,
        colour: page.data.colours.clean,
        marker: 'circle',
        opacity: 0.8,
        joint: page.predictedJoint(lead),
        isReference: true,
      };
    }
    const { truth } = lead.data;
    if (!truth) return null;
    const look = {
      bones: measured.bones,
      colour: page.data.colours.truth,
      marker: 'circle',
      joint: page.joint,
      isReference: true,
    };
    if (truth.camera) return { ...look, points: projected(truth.joints, truth.camera, lead.side) };
    // Without a camera its root is placed at that of the prediction, which is how errors are measured.
    const index = page.indexFor(lead);
    const [points, camera] = [lead.joints(index), lead.camera(index)];
    if (!points || !camera) return null;
    const root = lead.root.length ? middle(points, lead.root) : [0, 0, 0];
    const own = about(truth.joints, middle(truth.joints, lead.measuredRoot));
    return { ...look, points: projected(shifted(own, root), camera, lead.side) };
  }

  /** What the picture shows, in words. */
  text() {
    const { page } = this;
    if (page.shown.every((network) => network.isMissed(page.indexFor(network)))) return words.missed;
    return page.shown.some((network) => network.hasCamera) ? '' : 'The network gives no camera: see the view in space.';
  }
}

/** Points of a network's crop in the pixels of another's. */
function toCrop(points, from, to) {
  if (from === to || from.data.toPicture.join() === to.data.toPicture.join()) return points;
  const result = new Float64Array(points.length);
  for (let i = 0; i < points.length; i += 2) {
    const picture = transformed(from.data.toPicture, points[i], points[i + 1]);
    [result[i], result[i + 1]] = transformed(to.fromPicture, ...picture);
  }
  return result;
}
