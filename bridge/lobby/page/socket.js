// socket.js: the conversation with the library. It comes back by itself when it is cut.

const waits = [200, 500, 1000, 2000, 4000];

export class Socket {
  constructor({ onMessage, onState }) {
    this.onMessage = onMessage;
    this.onState = onState;
    this.tries = 0;
    this.id = 0;
    this.asked = new Map();
    this.ended = false;
    this.opened = false;
    this.connect();
  }

  connect() {
    const url = new URL('./socket', location.href);
    url.protocol = 'ws:';
    url.search = '';
    this.ws = new WebSocket(url);
    this.ws.onopen = () => {
      this.tries = 0;
      this.opened = true;
      this.onState('open');
    };
    this.ws.onmessage = (event) => this.receive(JSON.parse(event.data));
    this.ws.onclose = () => this.closed();
  }

  receive(m) {
    if (m.t === 'done') {
      const answer = this.asked.get(m.re);
      this.asked.delete(m.re);
      if (answer) answer(m.error);
      return;
    }
    if (m.t === 'ended') this.ended = true;
    this.onMessage(m);
  }

  closed() {
    for (const answer of this.asked.values()) answer({ code: 'disconnected', text: '' });
    this.asked.clear();
    if (this.ended) return;
    this.onState(this.opened ? 'lost' : 'refused');
    const wait = waits[Math.min(this.tries, waits.length - 1)];
    this.tries++;
    setTimeout(() => this.connect(), wait);
  }

  // say sends a message that needs no answer. What cannot be sent is lost: the state comes anew with the next connection.
  say(t, fields) {
    if (this.ws.readyState !== WebSocket.OPEN) return false;
    this.ws.send(JSON.stringify({ t, ...fields }));
    return true;
  }

  // ask sends a request and gives null, or the problem with it.
  ask(t, fields) {
    return new Promise((resolve) => {
      const id = ++this.id;
      if (!this.say(t, { ...fields, id })) {
        resolve({ code: 'disconnected', text: '' });
        return;
      }
      this.asked.set(id, resolve);
    });
  }
}
