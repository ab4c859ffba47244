// links.js: http and https addresses in what people say become links; nothing else does.

import { h } from './dom.js';

const address = /\bhttps?:\/\/[^\s<>"'`]+/gi;

// linked gives the text in pieces: strings and links. A link opens only when it is clicked, in a page that knows nothing of
// this one, and its real address is what it shows.
export function linked(text) {
  const pieces = [];
  let from = 0;
  for (const match of text.matchAll(address)) {
    const raw = match[0].replace(/[.,;:!?)\]]+$/, '');
    let url;
    try {
      url = new URL(raw);
    } catch {
      continue;
    }
    if (url.protocol !== 'http:' && url.protocol !== 'https:') continue;
    pieces.push(text.slice(from, match.index));
    pieces.push(h('a', { href: url.href, target: '_blank', rel: 'noopener noreferrer', title: url.href }, raw));
    from = match.index + raw.length;
  }
  pieces.push(text.slice(from));
  return pieces.filter((p) => p !== '');
}
