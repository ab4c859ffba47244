// chat.js: the lines of chat, and the field to say something. Bounded, and it stays where the reader has scrolled to.

import { h, bdi, clear } from './dom.js';
import { state, watch, unwatch } from './store.js';
import { t, clock } from './i18n.js';
import { linked } from './links.js';
import { complain } from './problems.js';

const maxShown = 500;

// happened are the kinds of lines that nobody has said.
const happened = { join: 'chat.join', quit: 'chat.quit', enter: 'chat.enter', leave: 'chat.leave', drop: 'chat.drop' };

function lineElement(line) {
  const time = h('time', { datetime: new Date(line.at).toISOString() }, clock(line.at));
  const e = h('li.line.kind-' + line.kind, line.me ? { 'data-me': 'true' } : null, time, ' ');
  if (happened[line.kind]) {
    // The name is isolated inside of the sentence.
    const [before, after] = t(happened[line.kind], { name: '\u0000' }).split('\u0000');
    e.append(h('span.what', null, before, bdi(line.from), after || '', line.text ? ' – ' : '', line.text ? bdi(line.text) : ''));
  } else if (line.kind === 'notice') {
    e.append(h('span.what', null, t(line.text, Object.fromEntries(line.args.map((a, i) => [i, a])))));
  } else {
    const name = line.kind === 'private' && line.me ? t('chat.to', { name: line.to }) : line.from;
    e.append(h('span.who', null, bdi(name)), ' ', h('bdi.text', null, linked(line.text)));
  }
  return e;
}

export class Chat {
  // where is lobby or room; a private line stands in both.
  constructor(socket, where) {
    this.socket = socket;
    this.where = where;
    this.to = null; // the user that a private message goes to
    this.last = 0;
    this.history = [];
    this.at = 0;
    this.list = h('ol.lines', { role: 'log', 'aria-live': 'polite', 'aria-label': t('chat'), tabindex: 0, 'data-test': 'chat-' + where });
    this.more = h('button.more.strong', { type: 'button', hidden: true, onclick: () => this.bottom() }, t('chat.more'));
    this.input = h('input', { type: 'text', maxlength: where === 'room' ? 320 : 150, autocomplete: 'off', placeholder: t('chat.say'), 'aria-label': t('chat.say'), 'data-test': 'say-' + where });
    this.target = h('button.target.quiet', { type: 'button', hidden: true, title: t('chat.endPrivate'), onclick: () => this.talkTo(null) });
    this.form = h('form.say', { onsubmit: (event) => { event.preventDefault(); this.send(); } },
      this.target, this.input, h('button.strong', { type: 'submit', 'data-test': 'send-' + where }, t('chat.send')));
    this.element = h('section.chat', { 'aria-label': t('chat') }, h('div.scroll', null, this.list, this.more), this.form);
    this.list.addEventListener('scroll', () => {
      if (this.atBottom()) this.more.hidden = true;
    }, { passive: true });
    this.input.addEventListener('keydown', (event) => this.key(event));
    this.update = () => this.show();
    watch(['chat'], this.update);
    this.show();
  }

  close() {
    unwatch(this.update);
  }

  belongs(line) {
    return line.where === this.where || line.kind === 'private' || (line.kind === 'server' && this.where === 'room' && line.where === 'room');
  }

  atBottom() {
    return this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < 30;
  }

  bottom() {
    this.list.scrollTop = this.list.scrollHeight;
    this.more.hidden = true;
  }

  show() {
    const fresh = state.lines.filter((line) => line.id > this.last && this.belongs(line));
    if (!fresh.length) return;
    this.last = fresh[fresh.length - 1].id;
    const stay = this.list.childElementCount > 0 && !this.atBottom();
    this.list.append(...fresh.map(lineElement));
    while (this.list.childElementCount > maxShown) this.list.firstElementChild.remove();
    if (stay) this.more.hidden = false;
    else if (this.list.isConnected) this.bottom();
    else requestAnimationFrame(() => this.bottom());
  }

  talkTo(user) {
    this.to = user;
    this.target.hidden = !user;
    clear(this.target);
    if (user) this.target.append(t('chat.to', { name: '' }), bdi(user.name), ' ✕');
    this.input.focus();
  }

  async send() {
    const text = this.input.value.trim();
    if (!text) return;
    this.history.push(text);
    if (this.history.length > 50) this.history.shift();
    this.at = this.history.length;
    const message = this.to ? { where: 'private', to: this.to.id, text } : { where: this.where, text };
    this.input.value = '';
    const problem = await this.socket.ask('say', message);
    complain(problem, 'chat');
    if (problem && !this.input.value) this.input.value = text; // nothing that was typed is lost
    else this.bottom();
  }

  key(event) {
    if (event.key === 'Tab' && !event.shiftKey && this.complete()) event.preventDefault();
    else if (event.key === 'Escape' && this.to) this.talkTo(null);
    else if ((event.key === 'ArrowUp' || event.key === 'ArrowDown') && this.history.length) {
      this.at = Math.max(0, Math.min(this.history.length, this.at + (event.key === 'ArrowUp' ? -1 : 1)));
      this.input.value = this.history[this.at] || '';
      event.preventDefault();
    }
    if (event.key !== 'Tab') this.completing = null;
  }

  // complete ends the name that is being typed; again, it takes the next that fits.
  complete() {
    const end = this.input.selectionStart;
    const text = this.input.value;
    if (!this.completing || this.completing.text !== text) {
      const start = text.lastIndexOf(' ', end - 1) + 1;
      const stem = text.slice(start, end).toLowerCase();
      if (!stem) return false;
      const names = [...state.users.values()].filter((u) => !u.me).map((u) => u.name).filter((n) => n.toLowerCase().startsWith(stem)).sort();
      if (!names.length) return false;
      this.completing = { start, rest: text.slice(end), names, next: 0 };
    }
    const c = this.completing;
    const name = c.names[c.next % c.names.length] + (c.start === 0 ? ': ' : ' ');
    c.next++;
    this.input.value = text.slice(0, c.start) + name + c.rest;
    this.input.selectionStart = this.input.selectionEnd = c.start + name.length;
    c.text = this.input.value;
    return true;
  }
}
