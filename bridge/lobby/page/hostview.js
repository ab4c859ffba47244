// hostview.js: a server of the player's own, on this computer.

import { h, bdi, setText, clear } from './dom.js';
import { state, watch, unwatch, inRoom, inGame } from './store.js';
import { t, number } from './i18n.js';
import { complain } from './problems.js';
import { confirm } from './dialogs.js';

export class HostView {
  constructor(socket) {
    this.socket = socket;
    this.name = h('input', { type: 'text', maxlength: 60, 'data-test': 'host-name', placeholder: state.settings.nick });
    this.port = h('input', { type: 'number', min: 1, max: 65535, placeholder: '27888', 'data-test': 'host-port' });
    this.form = h('form.card', { onsubmit: (event) => { event.preventDefault(); this.start(); } },
      h('p', null, t('host.about')),
      h('label', null, t('host.name'), this.name),
      h('label', null, t('host.port'), this.port, h('small', null, t('host.portAbout'))),
      h('div.buttons', null, h('button.strong.big', { type: 'submit', 'data-test': 'host-start' }, t('host.start'))));
    this.status = h('p.about', { role: 'status' });
    this.list = h('ul.addresses', { 'data-test': 'addresses' });
    this.on = h('div.card', null, h('h2', null, h('span.dot.on'), ' ', this.title = bdi('')), this.status, h('p', null, t('host.tell')), this.list, h('p.about', null, t('host.router')),
      h('div.buttons', null, h('button.danger', { type: 'button', 'data-test': 'host-stop', onclick: () => this.stop() }, t('host.stop'))));
    this.element = h('section.page.host', null, h('div.tools', null, h('h1', null, t('nav.host'))), this.form, this.on);
    this.update = () => this.show();
    watch(['host', 'room', 'play'], this.update);
    this.show();
  }

  close() {
    unwatch(this.update);
  }

  show() {
    const on = state.host.state === 'on';
    this.form.hidden = on;
    this.on.hidden = !on;
    for (const b of this.form.querySelectorAll('button')) b.disabled = inRoom() || inGame();
    if (!on) return;
    setText(this.title, state.host.name);
    setText(this.status, t('host.users', { n: number(state.host.users), max: number(state.host.maxUsers) }));
    clear(this.list);
    for (const a of state.host.addresses) {
      const copy = h('button', { type: 'button', onclick: async () => {
        try {
          await navigator.clipboard.writeText(a.address);
          setText(copy, t('copied'));
        } catch {
          getSelection().selectAllChildren(copy.previousElementSibling);
        }
      } }, t('copy'));
      this.list.append(h('li', null, h('code', null, a.address), copy, h('small', null, t('host.scope.' + a.scope))));
    }
  }

  async start() {
    complain(await this.socket.ask('startHost', { name: this.name.value, port: Number(this.port.value) || 0 }), 'host');
  }

  async stop() {
    if (state.host.users > 1 && !(await confirm(t('host.stopAsk'), t('host.stop'), 'danger'))) return;
    this.socket.say('stopHost');
  }
}
