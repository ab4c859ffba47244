// recordsview.js: the recordings, and the switch for making them.

import { h, bdi, setText, setClass, clear, Rows, rove } from './dom.js';
import { state, watch, unwatch, inGame, inRoom } from './store.js';
import { t, number, day, duration, bytes } from './i18n.js';
import { complain } from './problems.js';
import { confirm } from './dialogs.js';

export class RecordsView {
  constructor(socket) {
    this.socket = socket;
    this.record = h('input', { type: 'checkbox', role: 'switch', 'data-test': 'record', onchange: async () => complain(await socket.ask('setSettings', { record: this.record.checked }), 'settings') });
    this.folder = h('p.about');
    this.body = h('tbody', { 'data-test': 'records' });
    this.empty = h('p.empty', null, t('records.empty'));
    this.element = h('section.page.records', null,
      h('div.tools', null, h('div.heading', null, h('h1', null, t('nav.records')), this.folder),
        h('label.check.switch', null, this.record, t('records.switch')),
        h('button', { type: 'button', onclick: () => socket.say('listRecords') }, '⟳ ', t('refresh'))),
      h('div.tablebox', null, h('table.grid', null,
        h('thead', null, h('tr', null, ['game', 'date', 'length', 'players', 'size'].map((c) => h('th' + (['length', 'size'].includes(c) ? '.num' : ''), { scope: 'col' }, t('records.' + c))), h('th', { scope: 'col' }, h('span.unseen', null, t('actions'))))),
        this.body), this.empty));
    this.rows = new Rows(this.body, (r) => this.make(r), (row, r) => this.change(row, r));
    rove(this.body, (r) => this.play(r));
    this.update = () => this.show();
    watch(['records', 'settings', 'play', 'room'], this.update);
    socket.say('listRecords');
    this.show();
  }

  close() {
    unwatch(this.update);
  }

  make(record) {
    const row = h('tr', { tabindex: 0, 'data-file': record.file });
    row.parts = { game: h('td.name'), date: h('td'), length: h('td.num'), players: h('td'), size: h('td.num') };
    row.parts.play = h('button.strong', { type: 'button', 'data-test': 'play', onclick: () => this.play(row.item) }, '▶ ', t('records.play'));
    const p = row.parts;
    row.append(p.game, p.date, p.length, p.players, p.size, h('td.act', null, p.play,
      h('button.quiet', { type: 'button', 'data-test': 'delete', 'aria-label': t('records.delete'), title: t('records.delete'), onclick: () => this.remove(row.item) }, '✕')));
    return row;
  }

  change(row, r) {
    const p = row.parts;
    clear(p.game);
    const remark = r.problem ? r.problem : !r.have ? t('lobby.foreign') : !r.same ? `${t('lobby.otherVersion')} (${r.emulator})` : '';
    p.game.append(bdi(r.game || r.file), remark ? h('small', null, bdi(remark)) : '');
    setText(p.date, r.at ? day(r.at) : '–');
    setText(p.length, duration(r.length));
    clear(p.players);
    r.players.forEach((name, i) => p.players.append(i ? ', ' : '', bdi(name)));
    setText(p.size, bytes(r.bytes));
    setClass(row, 'foreign', !r.have || r.problem);
  }

  show() {
    this.record.checked = state.settings.record;
    clear(this.folder);
    this.folder.append(t('records.folder'), ' ', bdi(state.settings.folder));
    this.rows.show(state.records, (r) => r.file);
    for (const row of this.rows.rows.values()) {
      row.parts.play.disabled = Boolean(row.item.problem) || !row.item.have || inGame() || inRoom();
      row.parts.play.title = inRoom() ? t('records.leaveFirst') : '';
    }
    this.empty.hidden = state.records.length > 0;
  }

  async play(r) {
    if (r.problem || !r.have) return;
    complain(await this.socket.ask('playRecord', { file: r.file }), 'record');
  }

  async remove(r) {
    if (await confirm(t('records.deleteAsk', { game: r.game || r.file, date: r.at ? day(r.at) : '' }), t('records.delete'), 'danger')) {
      complain(await this.socket.ask('deleteRecord', { file: r.file }), 'record');
    }
  }
}
