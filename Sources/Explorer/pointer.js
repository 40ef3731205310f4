// The pointer on maps and on the picture: hover moves, a click pins, Shift and drag brushes, a finger drags.

/** The point of the panel's crop under a pointer, in its pixels. */
function pointUnder({ area, network }, event) {
  const box = area.getBoundingClientRect();
  const factor = network.side / area.clientWidth;
  return [(event.clientX - box.left - area.clientLeft) * factor, (event.clientY - box.top - area.clientTop) * factor];
}

/** The row and column of the lead network under a pointer. */
function positionUnder(panel, event) {
  return panel.page.positionAt(panel.network, ...pointUnder(panel, event));
}

/** Makes a square with a crop answer to the pointer: hover moves, a click pins, Shift and drag brushes. */
function listenForPositions(panel) {
  const { page, area } = panel;
  let corner = null;
  let touch = null;
  area.addEventListener('pointermove', (event) => {
    if (event.pointerType === 'touch' && touch !== event.pointerId) return;
    page.moves.stop();
    const at = positionUnder(panel, event);
    page.update(corner ? { at, box: boxOf(corner, at) } : { at });
    page.live?.point(panel, event);
    if (event.pointerType === 'touch') page.bubble(event);
  });
  area.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    page.moves.stop();
    if (event.pointerType === 'touch') {
      if (!event.isPrimary) {
        touch = null;
        return page.bubble(null);
      }
      touch = event.pointerId;
    }
    const at = positionUnder(panel, event);
    if (event.shiftKey) {
      corner = at;
      area.setPointerCapture(event.pointerId);
      event.preventDefault();
    }
    page.update({ at });
    page.live?.point(panel, event);
    if (event.pointerType === 'touch') page.bubble(event);
  });
  area.addEventListener('pointerup', (event) => {
    if (corner) {
      const at = positionUnder(panel, event);
      const isEmpty = at.join() === corner.join();
      corner = null;
      page.update({ box: isEmpty ? null : page.state.box }, true);
      panel.wasBrush = true;
    }
    touch = null;
    page.bubble(null);
  });
  area.addEventListener('pointercancel', () => {
    [corner, touch] = [null, null];
    page.bubble(null);
  });
  area.addEventListener('click', (event) => {
    if (panel.wasBrush || event.shiftKey) {
      panel.wasBrush = false;
      return;
    }
    // A finger that lets go shows a position and pins nothing.
    if (event.pointerType === 'touch') return;
    page.moves.pin(positionUnder(panel, event));
  });
}
