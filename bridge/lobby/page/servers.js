// servers.js: the servers that a player can go to, and the games that wait on them.

import { h, bdi, setText, setClass, clear, Rows, rove } from './dom.js';
import { state, watch, unwatch } from './store.js';
import { t, number, day } from './i18n.js';
import { complain } from './problems.js';
import { prompt } from './dialogs.js';

// The columns, and how each sorts. Servers that have not answered stand last.
const far = 1e9;
const columns = {
  name: ['servers.name', (s) => (s.name || s.address).toLowerCase()],
  ping: ['servers.ping', (s) => (s.ping > 0 ? s.ping : s.ping === 0 ? far : far + 1)],
  users: ['servers.users', (s) => -s.users],
  games: ['servers.games', (s) => -s.games],
  version: ['servers.version', (s) => s.version.toLowerCase()],
  location: ['servers.location', (s) => s.location.toLowerCase()],
};

const remembered = { tab: 'all', sort: 'ping', down: false, search: '' };

export class Servers {
  constructor(socket) {
    this.socket = socket;
    this.tabs = h('div.tabs', { role: 'tablist', 'aria-label': t('servers') });
    for (const tab of ['all', 'favourites', 'recent', 'waiting']) {
      this.tabs.append(h('button', { type: 'button', role: 'tab', 'data-tab': tab, 'data-test': 'tab-' + tab, onclick: () => this.choose(tab) }, t('servers.' + tab), h('span.count')));
    }
    this.search = h('input', { type: 'search', placeholder: t('search'), 'aria-label': t('search'), 'data-test': 'search', value: remembered.search, oninput: () => { remembered.search = this.search.value; this.show(); } });
    this.address = h('input', { type: 'text', placeholder: t('servers.address'), 'aria-label': t('servers.address'), 'data-test': 'address', spellcheck: false, autocapitalize: 'off' });
    const add = h('form.add', { onsubmit: (event) => { event.preventDefault(); this.connect(this.address.value); } },
      this.address,
      h('button.strong', { type: 'submit', 'data-test': 'connect-address' }, t('connect')),
      h('button', { type: 'button', 'data-test': 'add-favourite', title: t('servers.addTitle'), onclick: () => this.favour({ address: this.address.value, place: 1000, note: '' }) }, '☆ ', t('servers.add')));
    this.connecting = h('div.connecting', { hidden: true, role: 'status' }, h('span.spinner'), h('span.text'), h('button.strong', { type: 'button', 'data-test': 'cancel', onclick: () => socket.say('cancel') }, t('cancel')));
    this.head = h('tr');
    this.body = h('tbody', { 'data-test': 'servers' });
    this.table = h('table.grid.servers', null, h('thead', null, this.head), this.body);
    this.empty = h('p.empty');
    this.sources = h('details.sources', null, h('summary', null, t('servers.sources')), h('ul'));
    this.element = h('section.page.servers', null,
      h('div.tools', null, this.tabs, this.search, h('button', { type: 'button', 'data-test': 'refresh', onclick: () => socket.say('refresh') }, '⟳ ', t('refresh'))),
      this.connecting, h('div.tablebox', null, this.table, this.empty), add, this.sources);
    this.rows = new Rows(this.body, (s) => this.make(s), (row, s) => this.change(row, s));
    rove(this.body, (item) => this.connect(item.address));
    this.update = () => this.show();
    watch(['servers', 'session'], this.update);
    this.show();
  }

  close() {
    unwatch(this.update);
  }

  choose(tab) {
    remembered.tab = tab;
    this.rows.show([], (s) => s.address);
    this.show();
  }

  async connect(address) {
    complain(await this.socket.ask('connect', { address }), 'connect');
  }

  async favour(f) {
    complain(await this.socket.ask('favour', f), 'favour');
  }

  counts() {
    const all = [...state.servers.values()];
    return { all: all.length, favourites: all.filter((s) => s.favourite).length, recent: all.filter((s) => s.recent).length, waiting: state.waiting.length };
  }

  show() {
    const counts = this.counts();
    for (const button of this.tabs.children) {
      button.setAttribute('aria-selected', String(button.dataset.tab === remembered.tab));
      setText(button.lastChild, counts[button.dataset.tab] ? ' ' + number(counts[button.dataset.tab]) : '');
    }
    this.showConnecting();
    this.showSources();
    const waiting = remembered.tab === 'waiting';
    this.showHead(waiting);
    const words = remembered.search.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (...texts) => words.every((w) => texts.join(' ').toLowerCase().includes(w));
    let list;
    if (waiting) {
      list = state.waiting.filter((g) => fits(g.game, g.user, g.server, g.emulator));
      this.rows.show(list, (g) => [g.game, g.address, g.user].join('|'));
    } else {
      list = [...state.servers.values()].filter((s) => fits(s.name, s.address, s.location, s.note));
      if (remembered.tab === 'favourites') list = list.filter((s) => s.favourite).sort((a, b) => a.favourite - b.favourite);
      else if (remembered.tab === 'recent') list = list.filter((s) => s.recent).sort((a, b) => b.recent - a.recent);
      else this.sort(list);
      this.rows.show(list, (s) => s.address);
    }
    this.empty.hidden = list.length > 0;
    if (!list.length) setText(this.empty, words.length ? t('nothingFound') : t('servers.empty.' + remembered.tab));
  }

  sort(list) {
    const by = columns[remembered.sort][1];
    list.sort((a, b) => {
      const x = by(a), y = by(b);
      const order = (x < y ? -1 : x > y ? 1 : 0) * (remembered.down ? -1 : 1);
      return order || columns.name[1](a).localeCompare(columns.name[1](b));
    });
  }

  showHead(waiting) {
    const key = waiting + remembered.sort + remembered.down + remembered.tab;
    if (this.headKey === key) return;
    this.headKey = key;
    clear(this.head);
    if (waiting) {
      for (const c of ['game', 'user', 'players', 'server', 'emulator']) this.head.append(h('th' + (c === 'players' ? '.num' : ''), { scope: 'col' }, t('waiting.' + c)));
      this.head.append(h('th', { scope: 'col' }, h('span.unseen', null, t('actions'))));
      return;
    }
    this.head.append(h('th.star', { scope: 'col' }, h('span.unseen', null, t('servers.favourite'))));
    for (const [name, [text]] of Object.entries(columns)) {
      const chosen = remembered.tab === 'all' && remembered.sort === name;
      this.head.append(h('th.' + name, { scope: 'col', 'aria-sort': chosen ? (remembered.down ? 'descending' : 'ascending') : null },
        h('button.sort', { type: 'button', 'data-test': 'sort-' + name, onclick: () => {
          remembered.down = remembered.sort === name && !remembered.down;
          remembered.sort = name;
          this.show();
        } }, t(text), chosen ? (remembered.down ? ' ▾' : ' ▴') : '')));
    }
    this.head.append(h('th.act', { scope: 'col' }, h('span.unseen', null, t('actions'))));
  }

  make(item) {
    if (item.game !== undefined) return h('tr', { tabindex: 0 });
    const row = h('tr', { tabindex: 0, 'data-address': item.address });
    row.cells_ = {
      star: h('button.star.quiet', { type: 'button', onclick: () => this.favour({ address: row.item.address, place: row.item.favourite ? 0 : 1000, note: row.item.note }) }),
      name: h('td.name'), ping: h('td.ping.num'), users: h('td.users.num'), games: h('td.games.num'), version: h('td.version'), location: h('td.location'), act: h('td.act'),
    };
    const c = row.cells_;
    row.append(h('td', null, c.star), c.name, c.ping, c.users, c.games, c.version, c.location, c.act);
    c.act.append(
      h('span.move', null,
        h('button.quiet.up', { type: 'button', title: t('servers.up'), 'aria-label': t('servers.up'), onclick: () => this.favour({ address: row.item.address, place: Math.max(1, row.item.favourite - 1), note: row.item.note }) }, '↑'),
        h('button.quiet.down', { type: 'button', title: t('servers.down'), 'aria-label': t('servers.down'), onclick: () => this.favour({ address: row.item.address, place: row.item.favourite + 1, note: row.item.note }) }, '↓'),
        h('button.quiet.note', { type: 'button', title: t('servers.note'), 'aria-label': t('servers.note'), onclick: () => this.note(row.item) }, '✎')),
      h('button.strong', { type: 'button', 'data-test': 'connect', onclick: () => this.connect(row.item.address) }, t('connect')));
    return row;
  }

  async note(s) {
    const note = await prompt(t('servers.note'), s.note, t('save'));
    if (note !== null) this.favour({ address: s.address, place: s.favourite, note });
  }

  change(row, s) {
    if (s.game !== undefined) {
      clear(row);
      setClass(row, 'foreign', !s.have);
      row.append(h('td', null, bdi(s.game)), h('td', null, bdi(s.user)), h('td.num', null, bdi(s.players)),
        h('td', null, bdi(s.server), h('small', null, bdi(s.location))), h('td', null, bdi(s.emulator)),
        h('td.act', null, h('button.strong', { type: 'button', title: s.have ? null : t('lobby.foreign'), onclick: () => this.connect(s.address) }, t('connect'))));
      return;
    }
    const c = row.cells_;
    setText(c.star, s.favourite ? '★' : '☆');
    c.star.setAttribute('aria-label', t(s.favourite ? 'servers.unfavour' : 'servers.favour'));
    c.star.setAttribute('aria-pressed', String(Boolean(s.favourite)));
    clear(c.name);
    c.name.append(bdi(s.name || s.address), h('small', null, bdi(s.note || (s.name ? s.address : '')), s.recent && remembered.tab === 'recent' ? ' · ' + day(s.recent) : null));
    setText(c.ping, s.ping > 0 ? number(s.ping) + ' ms' : s.ping === 0 ? '…' : '–');
    c.ping.dataset.quality = s.ping <= 0 ? 'none' : s.ping <= 60 ? 'good' : s.ping <= 150 ? 'fair' : 'poor';
    c.ping.title = s.ping < 0 ? t('servers.silent') : '';
    setText(c.users, s.users < 0 ? '–' : s.maxUsers > 0 ? `${number(s.users)}/${number(s.maxUsers)}` : number(s.users));
    setText(c.games, s.games < 0 ? '–' : number(s.games));
    clear(c.version);
    c.version.append(bdi(s.version));
    clear(c.location);
    c.location.append(bdi(s.location));
    setClass(row, 'favourite', s.favourite);
    setClass(row, 'silent', s.ping < 0);
  }

  showConnecting() {
    const s = state.session;
    this.connecting.hidden = s.state !== 'connecting';
    if (s.state !== 'connecting') return;
    const text = this.connecting.querySelector('.text');
    clear(text);
    text.append(t('connecting', { server: '' }), bdi(s.name || s.address));
  }

  showSources() {
    const key = JSON.stringify(state.sources);
    if (key === this.sourcesKey) return;
    this.sourcesKey = key;
    const list = this.sources.lastChild;
    clear(list);
    if (!state.sources.length) list.append(h('li', null, t('servers.noSources')));
    for (const s of state.sources) {
      const text = s.state === 'cached' ? t('source.cached', { when: day(s.at) }) : t('source.' + s.state, { n: number(s.servers) });
      list.append(h('li.' + s.state, null, bdi(s.url), ' – ', text, s.error ? h('small', null, bdi(s.error)) : null));
    }
    if (state.sources.some((s) => s.state === 'failed')) this.sources.open = this.sources.open || !state.servers.size;
  }
}
