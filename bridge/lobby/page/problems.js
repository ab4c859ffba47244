// problems.js: what went wrong, in words a player can use, at the top of the page.

import { h, bdi } from './dom.js';
import { t, has } from './i18n.js';

const shown = new Map();

// words are the text of a problem {code, text}: ours for the code, and then the other side's own.
export function words(problem) {
  const key = 'problem.' + problem.code;
  return [has(key) ? t(key) : t('problem.other', { code: problem.code }), problem.text];
}

// complain shows a problem until it is closed, or another one of the same kind takes its place.
export function complain(problem, kind = 'request') {
  if (!problem) {
    settle(kind);
    return;
  }
  const [ours, theirs] = words(problem);
  notice(kind, ours, theirs, 'bad');
}

export function notice(kind, text, theirs, tone = 'info', action) {
  settle(kind);
  const e = h('div.notice.' + tone, { 'data-test': 'notice-' + kind },
    h('p', null, text, theirs ? ' ' : null, theirs ? bdi(theirs, 'theirs') : null),
    action ? h('button.strong', { type: 'button', 'data-test': 'notice-' + kind + '-action', onclick: action.go }, action.text) : null,
    h('button.quiet', { type: 'button', 'aria-label': t('close'), onclick: () => settle(kind) }, '✕'));
  shown.set(kind, e);
  document.getElementById('notices').append(e);
}

export function settle(kind) {
  const e = shown.get(kind);
  if (e) e.remove();
  shown.delete(kind);
}
