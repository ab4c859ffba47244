// roomview.js: a room: who is there, what their lines are like, and the start.

import { h, bdi, setText, setClass, clear, Rows } from './dom.js';
import { state, watch, unwatch } from './store.js';
import { t, number, frames, connectionName } from './i18n.js';
import { complain } from './problems.js';
import { confirm } from './dialogs.js';
import { Chat } from './chat.js';

export class RoomView {
  constructor(socket) {
    this.socket = socket;
    this.chat = new Chat(socket, 'room');
    this.title = h('h1');
    this.about = h('p.about');
    this.start = h('button.strong.big', { type: 'button', 'data-test': 'start', onclick: async () => complain(await socket.ask('start'), 'start') }, '▶ ', t('room.start'));
    this.why = h('p.why', { role: 'status' });
    this.body = h('tbody', { 'data-test': 'players' });
    this.element = h('section.page.room', null,
      h('div.tools', null, h('div.heading', null, this.title, this.about),
        this.infos = h('button', { type: 'button', 'data-test': 'infos', onclick: () => socket.say('moreInfos', { game: state.room.name }) }, t('room.infos')),
        h('button', { type: 'button', 'data-test': 'leave', onclick: () => this.leave() }, t('room.leave'))),
      h('div.begin', null, this.start, this.why),
      h('div.tablebox', null, h('table.grid.players', null,
        h('thead', null, h('tr', null, ['number', 'name', 'ping', 'connection', 'delay'].map((c) => h('th' + (['number', 'ping', 'delay'].includes(c) ? '.num' : ''), { scope: 'col' }, t('room.' + c))), h('th', { scope: 'col' }, h('span.unseen', null, t('actions'))))),
        this.body)),
      this.chat.element);
    this.rows = new Rows(this.body, (p) => this.make(p), (row, p) => this.change(row, p));
    this.update = () => this.show();
    watch(['room', 'play'], this.update);
    this.show();
  }

  close() {
    this.chat.close();
    unwatch(this.update);
  }

  make(player) {
    const row = h('tr', { 'data-player': String(player.id) });
    row.parts = { number: h('td.num'), name: h('td.name'), ping: h('td.num'), connection: h('td'), delay: h('td.num') };
    row.parts.kick = h('button', { type: 'button', 'data-test': 'kick', onclick: () => this.kick(row.item) }, t('room.kick'));
    const p = row.parts;
    row.append(p.number, p.name, p.ping, p.connection, p.delay, h('td.act', null, p.kick));
    return row;
  }

  change(row, p) {
    const c = row.parts;
    setText(c.number, number(p.number));
    clear(c.name);
    c.name.append(bdi(p.name), h('small', null, [p.owner ? t('room.owner') : null, p.me ? t('you') : null].filter(Boolean).join(' · ')));
    setText(c.ping, `${number(p.ping)} ms`);
    setText(c.connection, connectionName(p.connection));
    setText(c.delay, p.frameDelay ? frames(p.frameDelay) : '–');
    c.kick.hidden = !state.room.mine || p.me;
    c.kick.setAttribute('aria-label', t('room.kick') + ' ' + p.name);
    setClass(row, 'me', p.me);
  }

  show() {
    const r = state.room;
    clear(this.title);
    this.title.append(bdi(r.name || ''));
    clear(this.about);
    this.about.append(t('game.' + (r.state || 'waiting')));
    if (!r.sameEmulator) this.about.append(h('span.warn', null, ' ⚠ ', t('lobby.otherVersion')));
    this.infos.hidden = !r.moreInfos;
    this.start.disabled = Boolean(r.start);
    this.start.hidden = r.start === 'owner' || r.start === 'chat';
    setText(this.why, r.start ? t('room.why.' + r.start) : r.players.length === 1 ? t('room.alone') : '');
    this.rows.show(r.players, (p) => String(p.id));
  }

  async kick(p) {
    if (await confirm(t('room.kickAsk', { name: p.name }), t('room.kick'), 'danger')) complain(await this.socket.ask('kick', { user: p.id }), 'kick');
  }

  async leave() {
    if (state.room.mine && state.room.players.length > 1 && !(await confirm(t('room.leaveAsk'), t('room.leave'), 'danger'))) return;
    complain(await this.socket.ask('leave'), 'leave');
  }
}
