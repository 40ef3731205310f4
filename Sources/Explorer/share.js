// What leaves the page as text: the link, the numbers; and the dialog.

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
    page.state.live ? ['place', page.where()] : ['row', state.at[0], 'column', state.at[1]],
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

/** What the header says of all numbers, and the licences of the bodies that the page passes on. */
function notes() {
  const licences = Object.values(page.data.bodies ?? {}).map(
    ({ licence }) => `Licence of the body's surface: ${licence}.`,
  );
  return [...page.data.notes, ...licences].map((note) => small(note));
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
  showDialog('Numbers', button, field, ...tables, ...notes());
}
