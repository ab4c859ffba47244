// notify.js: sounds and the page's title, for a player who looks elsewhere.

import { state, hear, inGame } from './store.js';
import { t } from './i18n.js';
import { shown } from './dom.js';

let audio = null;
let unseen = '';

const tunes = {
  join: [[660, 0], [880, 0.09]],
  leave: [[520, 0], [390, 0.09]],
  start: [[523, 0], [659, 0.1], [784, 0.2], [1047, 0.3]],
  private: [[880, 0], [880, 0.14]],
};

// sound plays a few notes. Browsers allow it only after the player has touched the page.
function sound(name) {
  if (!state.settings.sound) return;
  try {
    audio = audio || new AudioContext();
    if (audio.state === 'suspended') audio.resume();
    for (const [frequency, at] of tunes[name]) {
      const tone = audio.createOscillator();
      const level = audio.createGain();
      tone.frequency.value = frequency;
      tone.type = 'triangle';
      const begin = audio.currentTime + at;
      level.gain.setValueAtTime(0.0001, begin);
      level.gain.exponentialRampToValueAtTime(0.12, begin + 0.02);
      level.gain.exponentialRampToValueAtTime(0.0001, begin + 0.14);
      tone.connect(level).connect(audio.destination);
      tone.start(begin);
      tone.stop(begin + 0.16);
    }
  } catch {
    // A machine without sound is no reason to stop.
  }
}

function tell(text, name) {
  sound(name);
  document.getElementById('announce').textContent = shown(text);
  if (document.hidden) unseen = text;
  title();
}

// title is what happened while nobody looked, or where the player is.
export function title() {
  const where = inGame() ? state.play.game : state.room.id ? state.room.name : state.session.name || '';
  const base = where ? `${where} – kbridge` : 'kbridge';
  document.title = shown(unseen ? `● ${unseen}` : base);
}

export function beginNotifying() {
  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) unseen = '';
    title();
  });
  hear((m, before) => {
    if (m.t === 'chat' && before.lastLine > 0) {
      for (const line of m.lines) {
        if (line.id <= before.lastLine || line.me) continue;
        if (line.kind === 'enter') tell(t('chat.enter', { name: line.from }), 'join');
        if (line.kind === 'leave') tell(t('chat.leave', { name: line.from }), 'leave');
        if (line.kind === 'private') tell(t('title.private', { name: line.from }), 'private');
      }
    }
    if (m.t === 'play' && m.state === 'netsync' && before.play.state !== 'netsync') tell(t('title.start'), 'start');
    if (['session', 'room', 'play'].includes(m.t)) title();
  });
}
