// Turning the view in space: by dragging, by keys, and with the wheel.

/** What keys do to a view: yaw, pitch, factor. */
const TURNS = {
  ArrowLeft: [-1, 0, 1],
  ArrowRight: [1, 0, 1],
  ArrowUp: [0, -1, 1],
  ArrowDown: [0, 1, 1],
  '+': [0, 0, 1.15],
  '-': [0, 0, 1 / 1.15],
};

/** Makes the view in space answer to pointer and keys. */
function listenForTurns(panel) {
  const { area, page } = panel;
  let last = null;
  let moved = 0;
  const turn = (yaw, pitch, factor) => {
    const { camera } = page.state;
    page.update({ camera: viewOf(camera[0] + yaw, camera[1] + pitch, camera[2] * factor) });
  };
  const jointUnder = (event) => {
    const box = area.getBoundingClientRect();
    return panel.jointAt(event.clientX - box.left, event.clientY - box.top);
  };
  area.addEventListener('pointerdown', (event) => {
    if (event.button !== 0) return;
    last = [event.clientX, event.clientY];
    moved = 0;
    area.setPointerCapture(event.pointerId);
  });
  area.addEventListener('pointermove', (event) => {
    if (!last) {
      const found = jointUnder(event);
      setText(panel.label, found?.title ?? '');
      page.preview(found && found.measured >= 0 ? found.measured : null);
      return;
    }
    const [dx, dy] = [event.clientX - last[0], event.clientY - last[1]];
    moved += Math.abs(dx) + Math.abs(dy);
    last = [event.clientX, event.clientY];
    // Half the panel's width is a quarter of a turn.
    const degrees = 180 / area.offsetWidth;
    turn(dx * degrees, dy * degrees, 1);
  });
  area.addEventListener('pointerup', (event) => {
    last = null;
    const found = moved > 4 ? null : jointUnder(event);
    if (found && found.measured >= 0) page.update({ joint: found.measured }, true);
  });
  area.addEventListener('pointercancel', () => {
    last = null;
  });
  area.addEventListener('pointerleave', () => page.preview(null));
  area.addEventListener('dblclick', () => page.update({ camera: [0, 0, 1] }));
  const wheel = (event) => {
    // Without Ctrl the wheel scrolls the page that this may be a part of.
    if (!event.ctrlKey) return;
    event.preventDefault();
    turn(0, 0, Math.exp(-event.deltaY / 300));
  };
  area.addEventListener('wheel', wheel, { passive: false });
  area.addEventListener('keydown', (event) => {
    const move = TURNS[event.key];
    if (!move || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const step = event.shiftKey ? 45 : 10;
    turn(step * move[0], step * move[1], move[2]);
  });
}
