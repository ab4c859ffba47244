// settingsview.js: the settings, and the first run, which asks for three of them and nothing else.

import { h, bdi, setText, clear } from './dom.js';
import { state, watch, unwatch } from './store.js';
import { t, languages, number } from './i18n.js';
import { complain } from './problems.js';

// advised is the connection type that the best line known calls for: the session's, or that of the nearest server.
function advised() {
  if (state.session.advice) return state.session.advice;
  const pings = [...state.servers.values()].map((s) => s.ping).filter((p) => p > 0);
  if (!pings.length || !state.hello) return 0;
  const best = Math.min(...pings);
  const fit = state.hello.connections.find((c) => !c.maxPing || best <= c.maxPing);
  return fit ? fit.type : 0;
}

// connectionChoice is the six types with what each means, and which is recommended.
function connectionChoice(name, chosen) {
  const box = h('fieldset.connections', { 'data-test': 'connection' }, h('legend', null, t('settings.connection')), h('p.about', null, t('settings.connectionAbout')));
  const marks = [];
  for (const c of state.hello ? state.hello.connections : []) {
    const mark = h('span.advice', { hidden: true }, t('settings.advised'));
    marks.push([c.type, mark]);
    box.append(h('label.choice', null, h('input', { type: 'radio', name, value: String(c.type), checked: c.type === chosen }),
      h('strong', null, c.name), h('span', null, t('settings.perSecond', { n: number(60 / c.framesPerPacket) }), ' · ', c.maxPing ? t('settings.upTo', { ms: number(c.maxPing) }) : t('settings.any')), mark));
  }
  const show = () => {
    const type = advised();
    for (const [of, mark] of marks) mark.hidden = of !== type;
  };
  return { box, show, value: () => Number(box.querySelector('input:checked')?.value) };
}

function charsetChoice() {
  const select = h('select', { 'data-test': 'charset' });
  const option = (value, text) => select.append(h('option', { value }, text));
  if (state.hello) option('auto', t('charset.auto', { charset: t('charset.' + state.hello.charset) }));
  for (const c of state.hello ? state.hello.charsets : []) option(c, t('charset.' + c));
  select.value = state.settings.charset;
  return select;
}

export class FirstRun {
  constructor(socket) {
    this.nick = h('input', { type: 'text', maxlength: 31, required: true, autocomplete: 'nickname', autofocus: true, 'data-test': 'nick' });
    this.connection = connectionChoice('first', state.settings.connection);
    const charset = charsetChoice();
    this.element = h('section.page.first', null, h('form.card', { onsubmit: async (event) => {
      event.preventDefault();
      complain(await socket.ask('setSettings', { nick: this.nick.value, connection: this.connection.value() || 1, charset: charset.value }), 'settings');
    } },
    h('h1', null, t('first.title')), h('p', null, t('first.about')),
    h('label', null, t('settings.nick'), this.nick), this.connection.box,
    h('label', null, t('settings.charset'), charset, h('small', null, t('settings.charsetAbout'))),
    h('div.buttons', null, h('button.strong.big', { type: 'submit', 'data-test': 'first-go' }, t('first.go')))));
    this.update = () => this.connection.show();
    watch(['servers', 'session'], this.update);
    this.update();
    requestAnimationFrame(() => this.nick.focus());
  }

  close() {
    unwatch(this.update);
  }
}

export class SettingsView {
  constructor(socket) {
    this.socket = socket;
    const s = state.settings;
    const set = async (fields) => complain(await socket.ask('setSettings', fields), 'settings');
    this.nick = h('input', { type: 'text', maxlength: 31, value: s.nick, 'data-test': 'nick', onchange: () => set({ nick: this.nick.value }) });
    this.connection = connectionChoice('type', s.connection);
    this.connection.box.addEventListener('change', () => set({ connection: this.connection.value() }));
    const charset = charsetChoice();
    charset.onchange = () => set({ charset: charset.value });
    const choice = (name, values, label) => {
      const select = h('select', { 'data-test': name, onchange: () => set({ [name]: select.value }) }, values.map((v) => h('option', { value: v }, label(v))));
      select.value = s[name];
      return select;
    };
    const sound = h('input', { type: 'checkbox', role: 'switch', checked: s.sound, 'data-test': 'sound', onchange: () => set({ sound: sound.checked }) });
    this.sources = h('textarea', { rows: 4, spellcheck: false, 'data-test': 'sources', value: s.sources.join('\n'), onchange: () => set({ sources: this.sources.value.split('\n').map((l) => l.trim()).filter(Boolean) }) });
    this.file = h('p.about');
    this.element = h('section.page.settings', null, h('div.tools', null, h('h1', null, t('nav.settings'))),
      h('div.cards', null,
        h('div.card', null, h('label', null, t('settings.nick'), this.nick), this.connection.box,
          h('label', null, t('settings.charset'), charset, h('small', null, t('settings.charsetAbout'))), h('p.about', null, t('settings.next'))),
        h('div.card', null,
          h('label', null, t('settings.theme'), choice('theme', ['auto', 'light', 'dark'], (v) => t('theme.' + v))),
          h('label', null, t('settings.language'), choice('language', ['auto', ...Object.keys(languages)], (v) => languages[v] || t('language.auto'))),
          h('label.check.switch', null, sound, t('settings.sound')),
          h('label', null, t('settings.sources'), this.sources, h('small', null, t('settings.sourcesAbout'))),
          this.file)));
    this.update = () => this.show();
    watch(['settings', 'servers', 'session'], this.update);
    this.show();
  }

  close() {
    unwatch(this.update);
  }

  show() {
    this.connection.show();
    clear(this.file);
    if (state.settings.file) this.file.append(t('settings.file'), ' ', bdi(state.settings.file));
    if (document.activeElement !== this.nick && this.nick.value !== state.settings.nick) this.nick.value = state.settings.nick;
    setText(this.file, this.file.textContent);
  }
}
