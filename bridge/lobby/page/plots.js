// plots.js: small live plots. One is drawn when a sample has come, not oftener, and in the colours of the theme.

import { h, setText } from './dom.js';

const seconds = 60; // that a running game shows; one that is over shows all

export class Plot {
  // lines are [field, class] of a sample; unit and digits say how its latest value reads.
  constructor(title, value, { floor = 0, least = 1, format, bars = false }) {
    this.value = value;
    this.floor = floor;
    this.least = least;
    this.format = format;
    this.bars = bars;
    this.now = h('strong');
    this.most = h('span.most');
    this.canvas = h('canvas', { role: 'img', 'aria-label': title });
    this.element = h('figure.plot', null, h('figcaption', null, h('span', null, title), this.most, this.now), this.canvas);
  }

  draw(samples, running) {
    if (!samples.length) {
      setText(this.now, '–');
      setText(this.most, '');
      return;
    }
    const last = samples[samples.length - 1];
    const shown = running ? samples.filter((s) => s.at >= last.at - seconds * 1000) : samples;
    const values = shown.map(this.value);
    const top = Math.max(this.least, ...values);
    setText(this.now, this.format(values[values.length - 1]));
    setText(this.most, '≤ ' + this.format(top));
    this.canvas.setAttribute('aria-description', this.now.textContent);
    const box = this.canvas.getBoundingClientRect();
    if (!box.width) return;
    const ratio = window.devicePixelRatio || 1;
    const w = Math.round(box.width * ratio), hgt = Math.round(box.height * ratio);
    if (this.canvas.width !== w || this.canvas.height !== hgt) {
      this.canvas.width = w;
      this.canvas.height = hgt;
    }
    const c = this.canvas.getContext('2d');
    const style = getComputedStyle(this.canvas);
    const from = running ? last.at - seconds * 1000 : shown[0].at;
    const span = Math.max(1, last.at - from);
    const x = (s) => ((s.at - from) / span) * w;
    const y = (v) => hgt - 2 - ((v - this.floor) / (top - this.floor || 1)) * (hgt - 6);
    c.clearRect(0, 0, w, hgt);
    c.strokeStyle = style.getPropertyValue('--grid');
    c.lineWidth = 1;
    c.beginPath();
    for (const part of [0.25, 0.5, 0.75]) {
      c.moveTo(0, Math.round(hgt * part) + 0.5);
      c.lineTo(w, Math.round(hgt * part) + 0.5);
    }
    c.stroke();
    const colour = style.getPropertyValue('--line');
    if (this.bars) {
      c.fillStyle = colour;
      const width = Math.max(2 * ratio, w / Math.max(shown.length, 120) - 1);
      shown.forEach((s, i) => {
        if (values[i] > 0) c.fillRect(x(s) - width, y(values[i]), width, hgt - y(values[i]));
      });
      return;
    }
    c.beginPath();
    shown.forEach((s, i) => (i ? c.lineTo(x(s), y(values[i])) : c.moveTo(x(s), y(values[i]))));
    c.strokeStyle = colour;
    c.lineWidth = 1.75 * ratio;
    c.lineJoin = 'round';
    c.stroke();
    c.lineTo(x(last), hgt);
    c.lineTo(x(shown[0]), hgt);
    c.closePath();
    c.globalAlpha = 0.14;
    c.fillStyle = colour;
    c.fill();
    c.globalAlpha = 1;
  }
}
