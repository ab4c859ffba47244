// lobbyview.js: a server from inside: its games, its users, its chat.

import { h, bdi, setText, setClass, clear, Rows, rove } from './dom.js';
import { state, watch, unwatch, inRoom } from './store.js';
import { t, number } from './i18n.js';
import { complain } from './problems.js';
import { confirm, open } from './dialogs.js';
import { Chat } from './chat.js';
import { People } from './people.js';

const remembered = { search: '', mine: false };

export class LobbyView {
  constructor(socket) {
    this.socket = socket;
    this.chat = new Chat(socket, 'lobby');
    this.people = new People(socket, this.chat);
    this.title = h('h1');
    this.search = h('input', { type: 'search', placeholder: t('search'), 'aria-label': t('search'), value: remembered.search, 'data-test': 'search', oninput: () => { remembered.search = this.search.value; this.show(); } });
    this.mine = h('input', { type: 'checkbox', checked: remembered.mine, onchange: () => { remembered.mine = this.mine.checked; this.show(); } });
    this.body = h('tbody', { 'data-test': 'games' });
    this.empty = h('p.empty');
    this.element = h('section.page.lobby', null,
      h('div.column', null,
        h('div.tools', null, this.title,
          h('button.strong', { type: 'button', 'data-test': 'create', onclick: () => this.create() }, '＋ ', t('lobby.create')),
          this.search, h('label.check', null, this.mine, t('lobby.mine')),
          h('button', { type: 'button', 'data-test': 'disconnect', onclick: () => this.disconnect() }, t('disconnect'))),
        h('div.tablebox', null, h('table.grid.games', null,
          h('thead', null, h('tr', null, ['game', 'owner', 'players', 'state', 'emulator'].map((c) => h('th' + (c === 'players' ? '.num' : ''), { scope: 'col' }, t('lobby.' + c))), h('th', { scope: 'col' }, h('span.unseen', null, t('actions'))))),
          this.body), this.empty),
        this.chat.element),
      this.people.element);
    this.rows = new Rows(this.body, (g) => this.make(g), (row, g) => this.change(row, g));
    rove(this.body, (g) => this.join(g));
    this.update = () => this.show();
    watch(['games', 'session'], this.update);
    this.show();
  }

  close() {
    this.chat.close();
    this.people.close();
    unwatch(this.update);
  }

  make(game) {
    const row = h('tr', { tabindex: 0, 'data-game': String(game.id) });
    row.parts = { name: h('td.name'), owner: h('td'), players: h('td.num'), state: h('td.status'), emulator: h('td.emulator') };
    const p = row.parts;
    p.join = h('button.strong', { type: 'button', 'data-test': 'join', onclick: () => this.join(row.item) }, t('lobby.join'));
    row.append(p.name, p.owner, p.players, p.state, p.emulator, h('td.act', null, p.join));
    return row;
  }

  change(row, g) {
    const p = row.parts;
    clear(p.name);
    p.name.append(bdi(g.name), g.have ? '' : h('small', null, t('lobby.foreign')));
    clear(p.owner);
    p.owner.append(bdi(g.owner));
    setText(p.players, `${number(g.players)}/${number(g.maxPlayers)}`);
    setText(p.state, t('game.' + g.state));
    p.state.dataset.state = g.state;
    clear(p.emulator);
    p.emulator.append(bdi(g.emulator), g.have && !g.sameEmulator ? h('span.warn', { title: t('lobby.otherVersion'), role: 'img', 'aria-label': t('lobby.otherVersion') }, ' ⚠') : '');
    setClass(row, 'foreign', !g.have);
    p.join.disabled = !this.may(g);
    p.join.title = g.have ? '' : t('lobby.foreign');
  }

  may(g) {
    return g.have && g.state === 'waiting' && g.players < g.maxPlayers && !inRoom();
  }

  show() {
    clear(this.title);
    this.title.append(bdi(state.session.name || state.session.address));
    const words = remembered.search.toLowerCase().split(/\s+/).filter(Boolean);
    const rank = (g) => (g.have ? 0 : 2) + (g.state === 'waiting' ? 0 : 1);
    const list = [...state.games.values()]
      .filter((g) => (!remembered.mine || g.have) && words.every((w) => `${g.name} ${g.owner} ${g.emulator}`.toLowerCase().includes(w)))
      .sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name) || a.id - b.id);
    this.rows.show(list, (g) => String(g.id));
    this.empty.hidden = list.length > 0;
    setText(this.empty, words.length || remembered.mine ? t('nothingFound') : t('lobby.empty'));
  }

  async join(g) {
    if (!this.may(g)) return;
    if (!g.sameEmulator && !(await confirm(t('lobby.otherVersionAsk', { theirs: g.emulator, ours: state.hello.emulator }), t('lobby.join')))) return;
    complain(await this.socket.ask('join', { game: g.id }), 'join');
  }

  async disconnect() {
    this.socket.say('disconnect');
  }

  // create lets the player choose a game of the emulator's list, which may be long: the library searches it.
  async create() {
    const game = await open((close) => {
      const list = h('ul.choose', { role: 'listbox', 'aria-label': t('lobby.choose'), 'data-test': 'found' });
      const count = h('p.count', { role: 'status' });
      const input = h('input', { type: 'search', placeholder: t('lobby.find'), 'aria-label': t('lobby.find'), 'data-test': 'find', autofocus: true, oninput: () => this.socket.say('findGames', { query: input.value }) });
      const rows = new Rows(list, (item) => {
        const row = h('li', { tabindex: 0, role: 'option', onclick: () => close(row.item.name) }, bdi(item.name));
        return row;
      }, () => {});
      rove(list, (item) => close(item.name));
      let entered = false; // Enter was pressed; the answer to what was typed may still be on its way
      const show = () => {
        if (entered && state.found.query === input.value && state.found.games.length) {
          close(state.found.games[0]);
          return;
        }
        rows.show(state.found.games.map((name) => ({ name })), (item) => item.name);
        const { total, games } = state.found;
        setText(count, total === 0 ? t('nothingFound') : total > games.length ? t('lobby.more', { shown: number(games.length), total: number(total) }) : t('lobby.count', { n: number(total) }));
      };
      watch(['found'], show);
      document.getElementById('dialog').addEventListener('close', () => unwatch(show), { once: true });
      input.addEventListener('keydown', (event) => {
        if (event.key === 'ArrowDown' && list.firstElementChild) {
          list.firstElementChild.focus();
          event.preventDefault();
        } else if (event.key !== 'Enter') entered = false;
      });
      this.socket.say('findGames', { query: '' });
      const form = h('form', { onsubmit: (event) => { event.preventDefault(); entered = true; show(); } }, input);
      return [h('h2', null, t('lobby.choose')), form, count, list,
        h('div.buttons', null, h('button.quiet', { type: 'button', onclick: () => close(null) }, t('cancel')))];
    }, null);
    if (game) complain(await this.socket.ask('create', { game }), 'create');
  }
}
