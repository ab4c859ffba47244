// store.js: what the library has told. A message replaces or changes one part; whoever shows that part is told, once a frame.

export const state = {
  hello: null,
  settings: { nick: '', connection: 1, charset: '', record: false, sound: true, theme: 'auto', language: 'auto', sources: [], file: '', folder: '' },
  sources: [],
  servers: new Map(),
  waiting: [],
  session: { state: 'none', address: '', name: '', user: 0, nick: '', ping: 0, away: false, advice: 0, error: null },
  users: new Map(),
  games: new Map(),
  room: { id: 0, players: [] },
  play: { state: 'none', players: [], dropped: [], samples: [] },
  records: [],
  host: { state: 'off', addresses: [] },
  found: { query: '', total: 0, games: [] },
  lines: [],
  lastLine: 0,
  link: 'lost',
  ended: '',
};

const maxLines = 500;
const maxSamples = 1200;

const byKey = (list, key) => new Map(list.map((item) => [item[key], item]));

// parts says which part of the state a message changes, and how.
const parts = {
  hello: ['hello', (m) => { state.hello = m; }],
  settings: ['settings', (m) => { state.settings = m; }],
  sources: ['servers', (m) => { state.sources = m.list; }],
  servers: ['servers', (m) => { state.servers = byKey(m.list, 'address'); }],
  serverChanged: ['servers', (m) => { state.servers.set(m.server.address, m.server); }],
  waitingGames: ['servers', (m) => { state.waiting = m.list; }],
  session: ['session', (m) => { state.session = m; }],
  users: ['users', (m) => { state.users = byKey(m.list, 'id'); }],
  userChanged: ['users', (m) => { state.users.set(m.user.id, m.user); }],
  userGone: ['users', (m) => { state.users.delete(m.id); }],
  games: ['games', (m) => { state.games = byKey(m.list, 'id'); }],
  gameChanged: ['games', (m) => { state.games.set(m.game.id, m.game); }],
  gameGone: ['games', (m) => { state.games.delete(m.id); }],
  room: ['room', (m) => { state.room = m; }],
  play: ['play', (m) => {
    // Samples come with a whole game only; a change of a running one keeps what is there.
    const same = state.play.start === m.start && state.play.state !== 'none';
    if (same && m.samples.length < state.play.samples.length) m.samples = state.play.samples;
    state.play = m;
  }],
  sampled: ['samples', (m) => {
    state.play.samples.push(m.sample);
    if (state.play.samples.length > maxSamples) state.play.samples.splice(0, state.play.samples.length - maxSamples);
  }],
  records: ['records', (m) => { state.records = m.list; }],
  host: ['host', (m) => { state.host = m; }],
  foundGames: ['found', (m) => { state.found = m; }],
  ended: ['ended', (m) => { state.ended = m.reason; }],
  chat: ['chat', (m) => {
    for (const line of m.lines) {
      if (line.id <= state.lastLine) continue; // known from before the connection was cut
      state.lastLine = line.id;
      state.lines.push(line);
    }
    if (state.lines.length > maxLines) state.lines.splice(0, state.lines.length - maxLines);
  }],
};

const watchers = new Map();
const heard = [];
const dirty = new Set();
let scheduled = false;

// watch calls f once a frame in which one of the parts has changed.
export function watch(names, f) {
  for (const name of names) {
    if (!watchers.has(name)) watchers.set(name, new Set());
    watchers.get(name).add(f);
  }
}

export function unwatch(f) {
  for (const set of watchers.values()) set.delete(f);
}

// hear calls f at once with each message, and what the part was before.
export function hear(f) {
  heard.push(f);
}

export function receive(m) {
  const part = parts[m.t];
  if (!part || state.ended) return;
  const before = { session: state.session, room: state.room, play: state.play, lastLine: state.lastLine };
  part[1](m);
  for (const f of heard) f(m, before);
  touch(part[0]);
}

export function touch(name) {
  dirty.add(name);
  if (scheduled) return;
  scheduled = true;
  // A hidden page gets no frames; its title and sounds are heard's, and what it shows can wait.
  requestAnimationFrame(flush);
}

function flush() {
  scheduled = false;
  const calls = new Set();
  for (const name of dirty) for (const f of watchers.get(name) || []) calls.add(f);
  dirty.clear();
  for (const f of calls) f();
}

// inRoom, inGame and so on: what follows from the state.
export const inRoom = () => state.room.id !== 0;
export const inGame = () => state.play.state === 'netsync' || state.play.state === 'playing';
export const connected = () => state.session.state === 'connected';
