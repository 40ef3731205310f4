// What leaves the page: the link, the numbers, a picture; and the dialog.

/** Shows a dialog with a heading and elements. */
function showDialog(title, ...children) {
  const dialog = byId('dialog');
  byId('dialog-title').textContent = title;
  byId('dialog-body').replaceChildren(...children);
  if (!dialog.open) dialog.showModal();
}

/** Copies a text, or shows it selected where the browser does not allow that. */
async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    page.say(`${what} copied`);
  } catch {
    const field = make('textarea', { rows: '6', readonly: true, 'aria-label': what });
    field.value = text;
    showDialog(what, field);
    field.select();
  }
}

/** Copies the address with the whole state. */
function copyLink() {
  page.address.write();
  copy(location.href.split('#')[0] + hashOf(page.state, page), 'Link');
}

/** The numbers of the position as a table of tabs. */
function numbersHere() {
  const { report, quantity, shown, state } = page;
  const lines = [
    [`${report.data.title}: ${quantity.barTitle}`],
    ['row', state.at[0], 'column', state.at[1]],
    ['joint', ...shown.flatMap((network) => [network.label, `${network.label}, clean`])],
  ];
  const row = (name, joint) => [
    name,
    ...shown.flatMap((network) => {
      const numbers = [network.value(quantity, joint, page.indexFor(network)), network.cleanValue(quantity, joint)];
      return numbers.map((value) => (isKnown(value) ? value.toFixed(quantity.decimals) : ''));
    }),
  ];
  lines.push(row(words.mean, MEAN));
  report.measured.joints.forEach((name, joint) => {
    lines.push(row(name, joint));
  });
  return lines.map((line) => line.join('\t')).join('\n');
}

/** Shows the numbers of the position, and the tables of the report. */
function showNumbers() {
  const text = numbersHere();
  const field = make('textarea', {
    rows: '8',
    readonly: true,
    'aria-label': 'Numbers at this position, separated by tabs',
  });
  field.value = text;
  const button = make('button', { onclick: () => copy(text, 'Numbers') }, 'Copy the numbers at this position');
  const tables = page.report.data.tables.map((table) => {
    const head = make('tr', {}, ...table.columns.map((column) => make('th', { scope: 'col' }, column)));
    const rows = table.rows.map((row) =>
      make('tr', {}, ...row.map((cell, i) => make(i ? 'td' : 'th', i ? {} : { scope: 'row' }, cell))),
    );
    return make(
      'div',
      { class: 'scroll', tabindex: '0', role: 'region', 'aria-label': table.columns[0] },
      make('table', { class: 'findings' }, make('thead', {}, head), make('tbody', {}, ...rows)),
    );
  });
  showDialog('Numbers', button, field, ...tables, ...page.data.notes.map((note) => small(note)));
}

/** A picture of what is shown: crop, maps and poses beside one another, with their titles. */
function savePicture() {
  const parts = [...document.querySelectorAll('#views .square')].filter(
    (area) => area.clientWidth && !area.closest('#grid, #attention'),
  );
  const [side, gap, head] = [480, 24, 64];
  const canvas = make('canvas', { width: parts.length * (side + gap) + gap, height: side + head + 72 });
  const context = canvas.getContext('2d');
  context.fillStyle = inks.paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.fillStyle = inks.ink;
  parts.forEach((area, i) => {
    const x = gap + i * (side + gap);
    const panel = area.closest('.panel');
    context.font = '600 22px system-ui, sans-serif';
    context.fillText(panel.querySelector('h2').textContent, x, 30, side);
    context.font = '18px system-ui, sans-serif';
    context.fillText(panel.querySelector('.number')?.textContent ?? '', x, 54, side);
    for (const layer of area.querySelectorAll('canvas')) context.drawImage(layer, x, head, side, side);
  });
  context.font = '16px system-ui, sans-serif';
  context.fillText(
    `${page.report.data.title}: ${page.quantity.barTitle}; ${page.where()}`,
    gap,
    side + head + 36,
    canvas.width - 2 * gap,
  );
  canvas.toBlob((blob) => {
    const link = make(
      'a',
      { href: URL.createObjectURL(blob), download: `${page.report.name}-${page.state.at.join('-')}.png` },
      'Save the picture',
    );
    const image = make('img', { alt: 'The panels as a picture', src: link.href });
    showDialog('Picture', link, image);
  });
}
