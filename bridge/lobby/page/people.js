// people.js: the users of a server, as a list beside the chat.

import { h, bdi, setText, setClass, clear, Rows, rove } from './dom.js';
import { state, watch, unwatch } from './store.js';
import { t, number, connectionName } from './i18n.js';
import { complain } from './problems.js';

export class People {
  constructor(socket, chat) {
    this.socket = socket;
    this.title = h('h2');
    this.list = h('ul.people', { 'data-test': 'users' });
    this.element = h('section.side', { 'aria-label': t('users') }, this.title, this.list);
    this.rows = new Rows(this.list, (u) => this.make(u, chat), (row, u) => this.change(row, u));
    rove(this.list, (u) => { if (!u.me) chat.talkTo(u); });
    this.update = () => this.show();
    watch(['users'], this.update);
    this.show();
  }

  close() {
    unwatch(this.update);
  }

  make(user, chat) {
    const row = h('li', { tabindex: 0, 'data-user': String(user.id) });
    row.parts = {
      name: h('span.name'),
      about: h('small'),
      talk: h('button.quiet', { type: 'button', title: t('user.private'), 'data-test': 'private', onclick: () => chat.talkTo(row.item) }, '✉'),
      ignore: h('button.quiet', { type: 'button', 'data-test': 'ignore', onclick: async () => complain(await this.socket.ask('ignore', { user: row.item.id, on: !row.item.ignored }), 'ignore') }, '⊘'),
    };
    const p = row.parts;
    row.append(h('span.dot'), h('div.who', null, p.name, p.about), p.talk, p.ignore);
    return row;
  }

  change(row, u) {
    const p = row.parts;
    row.dataset.state = u.state;
    setClass(row, 'ignored', u.ignored);
    setClass(row, 'me', u.me);
    clear(p.name);
    p.name.append(bdi(u.name));
    setText(p.about, [u.me ? t('you') : null, u.ignored ? t('user.ignored') : t('user.' + u.state), u.connection ? connectionName(u.connection) : null, `${number(u.ping)} ms`].filter(Boolean).join(' · '));
    p.talk.hidden = p.ignore.hidden = u.me;
    const ignore = t(u.ignored ? 'user.unignore' : 'user.ignore');
    p.ignore.title = ignore;
    p.ignore.setAttribute('aria-label', ignore + ' ' + u.name);
    p.ignore.setAttribute('aria-pressed', String(u.ignored));
    p.talk.setAttribute('aria-label', t('user.private') + ' ' + u.name);
  }

  show() {
    const list = [...state.users.values()].sort((a, b) => b.me - a.me || a.name.localeCompare(b.name));
    setText(this.title, `${t('users')} ${number(list.length)}`);
    this.rows.show(list, (u) => String(u.id));
  }
}
