// dialogs.js: questions that have to be answered first. Escape is no.

import { h } from './dom.js';
import { t } from './i18n.js';

// confirm asks, and gives true for yes.
export function confirm(question, yes, tone = 'strong') {
  return open((close) => [
    h('p', null, question),
    h('div.buttons', null,
      h('button.quiet', { type: 'button', 'data-test': 'no', onclick: () => close(false) }, t('cancel')),
      h('button.' + tone, { type: 'button', 'data-test': 'yes', autofocus: true, onclick: () => close(true) }, yes)),
  ]);
}

// prompt asks for a line of text; null is none.
export function prompt(question, value, yes, max = 200) {
  return open((close) => {
    const input = h('input', { type: 'text', value, maxlength: max, 'data-test': 'prompt', 'aria-label': question, autofocus: true });
    const form = h('form', { onsubmit: (event) => { event.preventDefault(); close(input.value); } },
      h('label', null, question, input),
      h('div.buttons', null,
        h('button.quiet', { type: 'button', onclick: () => close(null) }, t('cancel')),
        h('button.strong', { type: 'submit', 'data-test': 'yes' }, yes)));
    return [form];
  }, null);
}

// open shows content until close is called with the answer.
export function open(content, cancelled = false) {
  const before = document.getElementById('dialog');
  if (before.open) before.close();
  // Each question has an element of its own: the event of a closing comes later, and would
  // otherwise answer the next question, too.
  const dialog = before.cloneNode(false);
  before.replaceWith(dialog);
  return new Promise((resolve) => {
    dialog.append(...content((value) => {
      resolve(value);
      dialog.close();
    }));
    dialog.onclose = () => resolve(cancelled); // of no effect after an answer
    dialog.showModal();
  });
}

// shortcuts shows the keys.
export function shortcuts() {
  return open((close) => [
    h('h2', null, t('keys.title')),
    h('dl.keys', null, [['?', 'keys.help'], ['1–7', 'keys.views'], ['/', 'keys.search'], ['c', 'keys.chat'], ['↑ ↓', 'keys.rows'], ['Enter', 'keys.enter'], ['Tab', 'keys.tab'], ['Esc', 'keys.escape']]
      .map(([key, text]) => [h('dt', null, h('kbd', null, key)), h('dd', null, t(text))])),
    h('div.buttons', null, h('button.strong', { type: 'button', autofocus: true, onclick: () => close(true) }, t('close'))),
  ]);
}
