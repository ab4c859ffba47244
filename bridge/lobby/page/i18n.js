// i18n.js: the texts, from one catalogue, in the language of the browser or of the setting.

export const languages = { en: 'English', ko: '한국어', es: 'Español', pt: 'Português', ja: '日本語', fr: 'Français' };

let catalogue = {};
let language = 'en';

export async function loadTexts() {
  const answer = await fetch('./texts.json');
  catalogue = await answer.json();
}

// choose takes 'auto' or a language, and reports whether anything changed.
export function choose(setting) {
  let chosen = setting;
  if (!languages[chosen]) {
    chosen = 'en';
    for (const wish of navigator.languages || []) {
      const short = wish.toLowerCase().split('-')[0];
      if (languages[short]) {
        chosen = short;
        break;
      }
    }
  }
  const changed = chosen !== language;
  language = chosen;
  document.documentElement.lang = language;
  return changed;
}

// t is a text, with {names} replaced. A key without a text shows itself, which a test does not let happen.
export function t(key, values) {
  const texts = catalogue[key];
  let text = (texts && (texts[language] || texts.en)) || key;
  for (const [name, value] of Object.entries(values || {})) text = text.replaceAll('{' + name + '}', String(value));
  return text;
}

export const has = (key) => key in catalogue;

export const number = (n, digits = 0) => new Intl.NumberFormat(language, { maximumFractionDigits: digits, minimumFractionDigits: digits }).format(n);

// frames is a delay in frames, and what that is in time.
export const frames = (n) => t(n === 1 ? 'frame' : 'frames', { n: number(n), ms: number(n * 1000 / 60) });

export const clock = (ms) => new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit' }).format(new Date(ms));

export const day = (ms) => new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(ms));

export function duration(ms) {
  const s = Math.round(ms / 1000);
  const two = (n) => String(n).padStart(2, '0');
  return s >= 3600 ? `${Math.floor(s / 3600)}:${two(Math.floor(s / 60) % 60)}:${two(s % 60)}` : `${Math.floor(s / 60)}:${two(s % 60)}`;
}

export function bytes(n) {
  if (n < 1000) return number(n) + ' B';
  if (n < 1e6) return number(n / 1000, 1) + ' kB';
  return number(n / 1e6, 1) + ' MB';
}

const connectionNames = ['', 'LAN', 'Excellent', 'Good', 'Average', 'Low', 'Bad'];

// connectionName is the field's own word, which players know in English.
export const connectionName = (type) => connectionNames[type] || '?';
