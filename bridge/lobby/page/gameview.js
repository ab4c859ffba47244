// gameview.js: a live view of the game that runs, and of the last one.

import { h, bdi, setText, setClass, clear } from './dom.js';
import { state, watch, unwatch, inGame, inRoom } from './store.js';
import { t, has, number, frames, duration, bytes } from './i18n.js';
import { complain } from './problems.js';
import { confirm } from './dialogs.js';
import { Chat } from './chat.js';
import { Plot } from './plots.js';

export class GameView {
  constructor(socket) {
    this.socket = socket;
    this.chat = new Chat(socket, 'room');
    this.title = h('h1');
    this.about = h('p.about', { role: 'status' });
    this.drop = h('button.danger', { type: 'button', 'data-test': 'drop', onclick: () => this.leave() }, t('play.drop'));
    this.players = h('ol.chips', { 'data-test': 'in-game', 'aria-label': t('players') });
    this.tape = this.makeTape();
    const msText = (v) => `${number(v)} ms`;
    this.plots = [
      new Plot(t('play.rate'), (s) => s.rate, { least: 60, format: (v) => t('play.fps', { n: number(v, 1) }) }),
      new Plot(t('play.ping'), (s) => s.ping, { least: 50, format: msText }),
      new Plot(t('play.stall'), (s) => s.stall, { least: 50, bars: true, format: msText }),
      new Plot(t('play.lost'), (s) => s.lost, { least: 5, bars: true, format: (v) => `${number(v, 1)} %` }),
      new Plot(t('play.resends'), (s) => s.resends, { least: 5, bars: true, format: (v) => number(v) }),
      new Plot(t('play.in'), (s) => s.bytesIn, { least: 1000, format: (v) => t('perSecond', { n: bytes(v) }) }),
      new Plot(t('play.out'), (s) => s.bytesOut, { least: 1000, format: (v) => t('perSecond', { n: bytes(v) }) }),
    ];
    this.facts = h('dl.facts');
    this.stalls = h('ul.stalls', { 'data-test': 'stalls' });
    this.empty = h('p.empty', null, t('play.empty'));
    this.live = h('div.live', null,
      h('div.plots', null, this.plots.map((p) => p.element)),
      h('section.who', { 'aria-label': t('play.who') }, h('h2', null, t('play.who')), this.stalls));
    this.element = h('section.page.game', null,
      h('div.tools', null, h('div.heading', null, this.title, this.about), this.drop),
      this.players, this.tape.element, this.facts, this.empty, this.live, this.chat.element);
    this.update = () => this.show();
    this.redraw = () => this.draw();
    watch(['play', 'room'], this.update);
    watch(['play', 'samples', 'theme'], this.redraw);
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.live);
    this.show();
    this.draw();
  }

  close() {
    this.chat.close();
    this.resized.disconnect();
    unwatch(this.update);
    unwatch(this.redraw);
  }

  makeTape() {
    const steer = async (fields) => complain(await this.socket.ask('playback', fields), 'playback');
    const pause = h('button.strong', { type: 'button', 'data-test': 'pause', onclick: () => steer({ paused: !state.play.paused }) });
    const speed = h('select', { 'aria-label': t('tape.speed'), 'data-test': 'speed', onchange: () => steer({ speed: Number(speed.value) }) },
      [0.25, 0.5, 1, 2, 4, 8].map((v) => h('option', { value: String(v) }, `${number(v, v < 1 ? 2 : 0)}×`)), h('option', { value: '0' }, t('tape.fast')));
    const seek = h('input', { type: 'range', min: '0', 'aria-label': t('tape.seek'), 'data-test': 'seek', onchange: () => { this.seeking = false; steer({ seek: Number(seek.value) }); }, oninput: () => { this.seeking = true; } });
    const at = h('output');
    return { element: h('div.tape', { hidden: true }, pause, speed, seek, at), pause, speed, seek, at };
  }

  show() {
    const p = state.play;
    const running = inGame();
    clear(this.title);
    this.title.append(p.state === 'none' ? t('nav.game') : bdi(p.game));
    setText(this.about, this.status());
    this.about.dataset.state = p.state;
    this.drop.hidden = !running;
    setText(this.drop, t(p.playback ? 'tape.stop' : 'play.drop'));
    clear(this.players);
    p.players.forEach((name, i) => {
      const gone = p.dropped.includes(i + 1);
      this.players.append(h('li', { 'data-gone': String(gone) }, h('span.n', null, String(i + 1)), bdi(name), i + 1 === p.player ? h('small', null, t('you')) : null, gone ? h('small', null, t('play.gone')) : null));
    });
    this.empty.hidden = p.state !== 'none';
    this.live.hidden = p.state === 'none';
    this.chat.element.hidden = !inRoom() && !p.playback;
    setClass(this.element, 'over', p.state === 'over');
    this.showTape();
  }

  status() {
    const p = state.play;
    switch (p.state) {
      case 'none': return '';
      case 'netsync': return t('play.netsync');
      case 'playing': return t(p.playback ? 'tape.playing' : 'play.playing');
      default: return t('play.over') + ' ' + (has('over.' + p.reason) ? t('over.' + p.reason) : p.reason);
    }
  }

  showTape() {
    const p = state.play;
    const on = p.playback && inGame();
    this.tape.element.hidden = !on;
    if (!on) return;
    setText(this.tape.pause, p.paused ? '▶ ' + t('tape.go') : '❚❚ ' + t('tape.pause'));
    this.tape.speed.value = String(p.speed);
    this.tape.seek.max = String(p.length);
    const last = p.samples[p.samples.length - 1];
    const at = last ? last.frames : 0;
    if (!this.seeking) this.tape.seek.value = String(at);
    setText(this.tape.at, `${duration(at * 1000 / 60)} / ${duration(p.length * 1000 / 60)}`);
  }

  draw() {
    const p = state.play;
    if (p.state === 'none') return;
    const samples = p.samples;
    for (const plot of this.plots) plot.draw(samples, inGame());
    this.showFacts(samples[samples.length - 1]);
    this.showStalls(samples);
    this.showTape();
  }

  showFacts(last) {
    const p = state.play;
    const facts = [['play.delay', frames(p.frameDelay)]];
    if (last) facts.push(['play.frames', number(last.frames)]);
    facts.push(['play.time', duration((p.end || (last ? last.at : p.start)) - p.start)]);
    if (last && last.behind) facts.push(['play.behind', number(last.behind)]);
    if (p.record) facts.push(['play.record', p.record]);
    clear(this.facts);
    for (const [name, value] of facts) this.facts.append(h('div', null, h('dt', null, t(name)), h('dd', null, bdi(value))));
  }

  // showStalls adds up who was waited for. Only our own servers say; a silent line is told apart by the client.
  showStalls(samples) {
    const p = state.play;
    const by = new Map();
    for (const s of samples) {
      if (!s.stall) continue;
      const who = s.stalledBy.length ? s.stalledBy : [-1];
      for (const n of who) by.set(n, (by.get(n) || 0) + s.stall / who.length);
    }
    const list = [...by].sort((a, b) => b[1] - a[1]);
    const all = list.reduce((sum, [, v]) => sum + v, 0);
    clear(this.stalls);
    if (!list.length) this.stalls.append(h('li.none', null, t('play.noStalls')));
    for (const [n, v] of list) {
      const name = n === 0 ? t('play.ownLine') : n < 0 ? t('play.unknown') : p.players[n - 1] || String(n);
      const bar = h('span.bar');
      bar.style.setProperty('--part', String(all ? v / all : 0));
      this.stalls.append(h('li', null, bdi(name), h('span', null, `${number(v / 1000, 1)} s`), bar));
    }
  }

  async leave() {
    if (!state.play.playback && !(await confirm(t('play.dropAsk'), t('play.drop'), 'danger'))) return;
    this.socket.say('drop');
  }
}
