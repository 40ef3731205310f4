// Elements of the page.

/** The element of an id. */
const byId = (id) => document.getElementById(id);

/** A new element with attributes and children; texts become text, never markup. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** A canvas that fills its frame; what it shows is said elsewhere. */
const layer = (name = 'base') => make('canvas', { class: name, 'aria-hidden': 'true' });

/** A small text that explains. */
const small = (...children) => make('p', { class: 'what' }, ...children);

/** A heading with a network's mark and name. */
const headingOf = (tag, network, attributes = {}) =>
  make(tag, attributes, chip(network.data.colour, network.marker), make('span', {}, network.label));

/** Sets a text where it is another: nodes that stay as they are cost no layout. */
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The sizes of canvases on the screen: asking for them while texts change would lay the page out again and again. */
const sizes = new WeakMap();
const watcher = new ResizeObserver((entries) => {
  for (const { target } of entries) sizes.set(target, [target.clientWidth, target.clientHeight]);
  page?.draw();
});

/** Width and height of an element on the screen, CSS pixels. */
function sizeOf(element) {
  if (!sizes.has(element)) {
    sizes.set(element, [element.clientWidth, element.clientHeight]);
    watcher.observe(element);
  }
  return sizes.get(element);
}

/** A canvas as large as its place on the screen, and what draws on it, in CSS pixels. */
function fitted(canvas) {
  const ratio = window.devicePixelRatio || 1;
  const [width, height] = sizeOf(canvas);
  const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
  if (canvas.width !== w || canvas.height !== h) [canvas.width, canvas.height] = [w, h];
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  return { context, width, height, ratio };
}

/** A mark of a network or of the reference, for legends and headings: a colour and a shape. */
function chip(colour, marker) {
  const size = 14;
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '-7 -7 14 14');
  svg.setAttribute('class', 'chip');
  svg.setAttribute('aria-hidden', 'true');
  svg.setAttribute('width', size);
  svg.setAttribute('height', size);
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', MARKERS[marker]);
  path.setAttribute('fill', colour);
  svg.append(path);
  return svg;
}

/** The outlines of marks about the origin, five units large. */
const MARKERS = {
  circle: 'M-5 0A5 5 0 1 0 5 0A5 5 0 1 0 -5 0Z',
  square: 'M-4.5 -4.5H4.5V4.5H-4.5Z',
  triangle: 'M0 -5.5L5.5 4.5H-5.5Z',
  diamond: 'M0 -6L5.5 0L0 6L-5.5 0Z',
  cross: 'M-1.8 -5.5H1.8V-1.8H5.5V1.8H1.8V5.5H-1.8V1.8H-5.5V-1.8H-1.8Z',
};

/** A colour of the style sheet. */
const inks = {};

/** Reads the colours of the style sheet, which follow the scheme. */
function readInks() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ['ink', 'muted', 'line', 'paper', 'wash', 'halo']) {
    inks[name] = style.getPropertyValue(`--${name}`).trim();
  }
}

/** Whether movement is unwelcome. */
const isStill = () => matchMedia('(prefers-reduced-motion: reduce)').matches;
