// A picture of what is shown, for a talk or a chat.

/** The sizes of the picture's parts, pixels. */
const SAVED = { side: 480, gap: 24, head: 64, foot: 84, caption: 48 };

/** Shows a picture of crop, maps and poses beside one another, with titles, numbers and legends. */
function savePicture() {
  const areas = [...document.querySelectorAll('#views .square')].filter(
    (area) => area.clientWidth && !area.closest('#grid, #attention'),
  );
  const { side, gap, head, foot, caption } = SAVED;
  const canvas = make('canvas', { width: areas.length * (side + gap) + gap, height: head + side + foot + caption });
  const context = canvas.getContext('2d');
  context.fillStyle = inks.paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  areas.forEach((area, i) => {
    savePanel(context, area, gap + i * (side + gap));
  });
  write(context, `${page.report.data.title}: ${page.quantity.barTitle}; ${page.where()}`, gap, canvas.height - 20, {
    width: canvas.width - 2 * gap,
  });
  canvas.toBlob((blob) => {
    const link = make(
      'a',
      { href: URL.createObjectURL(blob), download: `${page.report.name}-${page.state.at.join('-')}.png` },
      'Save the picture',
    );
    showDialog('Picture', link, make('img', { alt: 'The panels as a picture', src: link.href }));
  });
}

/** Draws a panel with what is written above it and what its colours stand for. */
function savePanel(context, area, x) {
  const { side, head } = SAVED;
  const panel = area.closest('.panel');
  write(context, panel.querySelector('h2').textContent, x, 30, { font: '600 22px', width: side });
  write(context, panel.querySelector('.number')?.textContent ?? '', x, 54, { font: '18px', width: side });
  for (const layer of area.querySelectorAll('canvas')) context.drawImage(layer, x, head, side, side);
  const y = head + side + 12;
  const own = panel.querySelector('.legend');
  if (own) saveLegend(context, own, x, y);
  else saveKey(context, x, y + 10);
}

/** Draws the bar of a legend with its marks, numbers and text. */
function saveLegend(context, own, x, y) {
  const { side } = SAVED;
  const place = (element) => x + (side * Number.parseFloat(element.style.left)) / 100;
  context.imageSmoothingEnabled = false;
  context.drawImage(own.querySelector('.bar'), x, y, side, 16);
  context.imageSmoothingEnabled = true;
  context.strokeStyle = inks.line;
  context.strokeRect(x + 0.5, y + 0.5, side - 1, 15);
  for (const mark of own.querySelectorAll('.mark')) {
    context.fillStyle = mark.style.borderColor || inks.ink;
    context.fillRect(place(mark) - 1.5, y - 4, 3, 24);
  }
  const aligned = { first: 'left', last: 'right' };
  for (const tick of own.querySelectorAll('.ticks span'))
    write(context, tick.textContent, place(tick), y + 34, { align: aligned[tick.className] ?? 'center', font: '14px' });
  write(context, own.querySelector('.what').textContent, x, y + 56, { font: '14px', width: side });
}

/** Draws what the marks of the poses stand for. */
function saveKey(context, x, y) {
  let left = x;
  for (const { colour, marker, text } of page.panels.pose.entries()) {
    drawMarker(context, marker, left + 8, y - 5, 13, colour ?? inks.muted);
    left += 20;
    write(context, text, left, y, {});
    left += context.measureText(text).width + 20;
  }
}

/** Writes a line of text, narrower where it is wider than its place. */
function write(context, text, x, y, { font = '16px', align = 'left', width }) {
  context.font = `${font} system-ui, sans-serif`;
  context.textAlign = align;
  context.fillStyle = inks.ink;
  context.fillText(text, x, y, width);
}
