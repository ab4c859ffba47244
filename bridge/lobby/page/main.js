// main.js: where the page begins. It decides which view shows, and holds the bar at the top.

import { h, bdi, setText, clear } from './dom.js';
import { loadTexts, choose, t, number } from './i18n.js';
import { state, watch, hear, receive, touch, inRoom, inGame, connected } from './store.js';
import { Socket } from './socket.js';
import { beginNotifying, title } from './notify.js';
import { complain, notice, settle } from './problems.js';
import { confirm, shortcuts } from './dialogs.js';
import { Servers } from './servers.js';
import { LobbyView } from './lobbyview.js';
import { RoomView } from './roomview.js';
import { GameView } from './gameview.js';
import { RecordsView } from './recordsview.js';
import { HostView } from './hostview.js';
import { FirstRun, SettingsView } from './settingsview.js';

const views = { 'first-run': FirstRun, servers: Servers, lobby: LobbyView, room: RoomView, game: GameView, records: RecordsView, host: HostView, settings: SettingsView };
const order = ['servers', 'lobby', 'room', 'game', 'records', 'host', 'settings'];

let socket;
let name = 'loading';
let view = null;

const $ = (id) => document.getElementById(id);

// may says whether a view has anything to show now.
function may(which) {
  if (which === 'lobby') return connected();
  if (which === 'room') return inRoom();
  if (which === 'game') return state.play.state !== 'none';
  return true;
}

function go(which, force) {
  if (state.hello && state.settings.nick === '') which = 'first-run';
  if (!may(which)) which = 'servers';
  if (name === which && !force) return;
  if (view) view.close();
  name = which;
  document.body.dataset.view = which;
  clear($('view'));
  view = new views[which](socket);
  $('view').append(view.element);
  showNav();
}

function showNav() {
  const nav = $('nav');
  nav.hidden = name === 'first-run';
  if (!nav.childElementCount) {
    order.forEach((which, i) => nav.append(h('button', { type: 'button', 'data-test': 'nav-' + which, 'data-nav': which, title: `${i + 1}`, onclick: () => go(which) }, h('span'))));
  }
  for (const button of nav.children) {
    const which = button.dataset.nav;
    button.disabled = !may(which);
    if (which === name) button.setAttribute('aria-current', 'page');
    else button.removeAttribute('aria-current');
    setText(button.firstChild, t('nav.' + which));
  }
}

function showBar() {
  const s = state.session;
  const pill = $('session');
  clear(pill);
  pill.dataset.state = state.link === 'open' ? s.state : 'cut';
  if (state.link !== 'open') pill.append(t('link.cut'));
  else if (s.state === 'connected') pill.append(bdi(s.name || s.address), s.ping ? ` · ${number(s.ping)} ms` : '', s.away ? ' · ' + t('away') : '');
  else if (s.state === 'connecting') pill.append(t('connecting', { server: '' }), bdi(s.name || s.address));
  else pill.append(t('session.none'));
  const away = $('away');
  away.hidden = !connected();
  setText(away, t(s.away ? 'away.back' : 'away'));
  away.setAttribute('aria-pressed', String(s.away));
  setText($('back'), t('back'));
  if (state.hello) setText($('emulator'), state.hello.emulator);
  document.querySelector('.skip').textContent = t('skip');
}

async function back() {
  if ((inRoom() || inGame()) && !(await confirm(t('back.ask'), t('back'), 'danger'))) return;
  socket.say('back');
}

// follow changes the view where the state calls for another one: into a room, into a game, and out again.
function follow(m, before) {
  if (m.t === 'hello') {
    if (m.problem) notice('settings-file', t('problem.settings'), m.problem, 'warn');
    if (m.comeback) notice('comeback', t('comeback', { game: m.comeback }), '', 'info', { text: t('comeback.go'), go: async () => complain(await socket.ask('comeBack'), 'comeback') });
    else settle('comeback');
  }
  if (m.t === 'settings') {
    const changed = choose(m.language);
    document.documentElement.dataset.theme = m.theme;
    if (changed) touch('language');
    touch('theme');
    if (name === 'first-run' && m.nick) go('servers');
    if (name === 'loading' || changed) later(m);
  }
  if (m.t === 'session') {
    if (m.state === 'connected' && before.session.state !== 'connected') {
      ['connect', 'session'].forEach(settle);
      if (!inRoom()) go('lobby');
    }
    if (m.state === 'none' && before.session.state !== 'none') {
      if (m.error) complain(m.error, 'session');
      if (m.unsent.length) notice('unsent', t('session.unsent'), m.unsent.join(' · '), 'warn');
      if (['lobby', 'room'].includes(name)) go('servers');
    }
  }
  if (m.t === 'room') {
    if (m.id && !before.room.id) go(inGame() ? 'game' : 'room');
    if (!m.id && before.room.id && ['room'].includes(name)) go(connected() ? 'lobby' : 'servers');
    if (m.left) notice('left', t('left.' + m.left), '', 'warn');
    else if (m.id) settle('left');
  }
  if (m.t === 'play') {
    const begun = (m.state === 'netsync' || m.state === 'playing') && !(before.play.state === 'netsync' || before.play.state === 'playing');
    if (begun) go('game');
  }
  if (m.t === 'ended') goodbye(m.reason);
}

// later: the first settings of a connection tell language and theme; what shows was made before them.
function later() {
  queueMicrotask(() => {
    clear($('nav'));
    if (name === 'loading') go(inGame() ? 'game' : inRoom() ? 'room' : connected() ? 'lobby' : 'servers');
    else go(name, true);
    showBar();
  });
}

function goodbye(reason) {
  if (view) view.close();
  view = null;
  document.body.dataset.view = 'ended';
  clear($('view'));
  clear($('notices'));
  $('nav').hidden = true;
  $('away').hidden = true;
  $('back').hidden = true;
  $('view').append(h('section.page.end', null, h('div.card', null, h('h1', null, t('ended.title')), h('p', null, t('ended.' + reason)), h('p.about', null, t('ended.close')))));
}

function keys(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || $('dialog').open) return;
  const typing = event.target.matches('input, textarea, select');
  if (typing) {
    if (event.key === 'Escape') event.target.blur();
    return;
  }
  const which = order[Number(event.key) - 1];
  if (which && may(which) && name !== 'first-run') go(which);
  else if (event.key === '?') shortcuts();
  else if (event.key === '/') focus('[data-test=search]', event);
  else if (event.key === 'c') focus('.say input', event);
}

function focus(selector, event) {
  const e = $('view').querySelector(selector);
  if (!e) return;
  e.focus();
  event.preventDefault();
}

async function begin() {
  await loadTexts();
  choose('auto');
  hear(follow);
  beginNotifying();
  watch(['session', 'settings', 'hello', 'language', 'link'], showBar);
  watch(['session', 'room', 'play', 'language'], () => {
    if (state.ended) return;
    if (!may(name)) go('servers');
    showNav();
  });
  $('back').onclick = back;
  $('away').onclick = () => socket.say('setAway', { on: !state.session.away });
  document.addEventListener('keydown', keys);
  socket = new Socket({
    onMessage: receive,
    onState: (link) => {
      state.link = link;
      if (link === 'open') ['link'].forEach(settle);
      else if (link === 'lost') notice('link', t('link.lost'), '', 'warn');
      else notice('link', t('link.refused'), '', 'bad');
      touch('link');
    },
  });
  showBar();
  title();
}

begin();
