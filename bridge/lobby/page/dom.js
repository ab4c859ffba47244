// dom.js: making and changing elements. Texts are set as text, never as markup.

// h makes an element: h('button.strong', {onclick}, 'text', child …). Null children are left out.
export function h(what, props, ...children) {
  const [tag, ...classes] = what.split('.');
  const e = document.createElement(tag || 'div');
  if (classes.length) e.className = classes.join(' ');
  for (const [name, value] of Object.entries(props || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) e[name] = value;
    else if (name in e && name !== 'list' && typeof value !== 'string') e[name] = value;
    else if (name === 'value' || name === 'textContent') e[name] = value;
    else e.setAttribute(name, value === true ? '' : value);
  }
  add(e, children);
  return e;
}

export function add(e, children) {
  for (const c of children.flat()) {
    if (c !== null && c !== undefined && c !== false) e.append(shown(c));
  }
}

// shown is what people see of a text, as the library's text.Shown: code points that stand for bytes which the charset does not
// define are U+FFFD, those of characters that could fool somebody, and marks of second spellings, are left out. The text itself
// is what goes back to the library.
export function shown(text) {
  if (typeof text !== 'string') return text;
  return text.replace(/[\u{10FD80}-\u{10FDFF}\u{E01EE}\u{E01EF}]/gu, '').replace(/[\u{10FE80}-\u{10FEFF}]/gu, '\uFFFD');
}

// bdi is somebody else's text: isolated, so that its direction changes nothing around it.
export function bdi(text, className) {
  const e = document.createElement('bdi');
  e.textContent = shown(text);
  if (className) e.className = className;
  return e;
}

// setText changes a text only if it is another one.
export function setText(e, text) {
  const seen = shown(text);
  if (e.textContent !== seen) e.textContent = seen;
}

export function setClass(e, name, on) {
  if (e.classList.contains(name) !== Boolean(on)) e.classList.toggle(name, Boolean(on));
}

export function clear(e) {
  e.replaceChildren();
}

// Rows keeps the rows of a table or list in step with data: rows are made once for each key, changed where they differ, and
// moved only where the order differs.
export class Rows {
  constructor(parent, make, change) {
    this.parent = parent;
    this.make = make;
    this.change = change;
    this.rows = new Map();
  }

  show(list, key) {
    const seen = new Set();
    let at = this.parent.firstChild;
    for (const item of list) {
      const k = key(item);
      seen.add(k);
      let row = this.rows.get(k);
      if (!row) {
        row = this.make(item);
        row.dataset.key = k;
        this.rows.set(k, row);
      }
      if (row.item !== item) {
        this.change(row, item);
        row.item = item;
      }
      if (row === at) at = at.nextSibling;
      else this.parent.insertBefore(row, at);
    }
    for (const [k, row] of this.rows) {
      if (!seen.has(k)) {
        row.remove();
        this.rows.delete(k);
      }
    }
  }

  // refresh shows all anew, as after a change of language.
  refresh() {
    for (const row of this.rows.values()) row.item = undefined;
  }
}

// rove lets the arrow keys move through the rows of a list; Enter does what a double click does.
export function rove(parent, open) {
  parent.addEventListener('keydown', (event) => {
    const row = event.target.closest('[data-key]');
    if (!row || event.target !== row) return;
    const next = { ArrowDown: row.nextElementSibling, ArrowUp: row.previousElementSibling, Home: parent.firstElementChild, End: parent.lastElementChild }[event.key];
    if (next) {
      next.focus();
      event.preventDefault();
    } else if (event.key === 'Enter' && open) {
      open(row.item);
      event.preventDefault();
    }
  });
  parent.addEventListener('dblclick', (event) => {
    const row = event.target.closest('[data-key]');
    if (row && open && !event.target.closest('button, a, input')) open(row.item);
  });
}
