// The draft as a value. Places in it are JSON pointers, as the server's faults name them: /responses/q5.7/code.

const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value);
const steps = pointer => pointer.split('/').slice(1);

function at(value, pointer) {
  return steps(pointer).reduce((inner, step) => inner?.[step], value);
}

// Puts something in its place, or takes it away where there is nothing.
function put(value, pointer, what) {
  const path = steps(pointer), last = path.pop();
  let inner = value;
  path.forEach((step, i) => {
    inner[step] ??= /^\d+$/.test(path[i + 1] ?? last) ? [] : {};
    inner = inner[step];
  });
  if (what === undefined || what === '') delete inner[last];
  else inner[last] = what;
}

// Without what is empty, in the order and form in which certreg writes it; undefined when nothing is left.
function compact(value) {
  if (typeof value === 'string') return value.normalize('NFC').trim() || undefined;
  if (Array.isArray(value)) {
    const items = value.map(compact).filter(item => item !== undefined);
    return items.length ? items : undefined;
  }
  if (!isObject(value)) return value === null || value === false ? undefined : value;
  const members = Object.keys(value).sort().map(name => [name, compact(value[name])]).filter(([, member]) => member !== undefined);
  return members.length ? Object.fromEntries(members) : undefined;
}

function canonical(value) {
  return `${JSON.stringify(compact(value) ?? {}, null, 2)}\n`;
}

// The draft with 'TODO: …' wherever something has still to be written, exactly where 'certreg new' puts it.
function withHoles(blank, value) {
  if (value === undefined) return blank;
  if (!isObject(blank) || !isObject(value)) return value;
  const names = new Set([...Object.keys(blank), ...Object.keys(value)]);
  return Object.fromEntries([...names].map(name => [name, withHoles(blank[name], value[name])]));
}

// The places where a blank draft has something to write; a statement's place is its list.
function holes(blank, pointer = '') {
  if (typeof blank === 'string') return blank.startsWith('TODO') ? [pointer.replace(/\/0$/, '')] : [];
  if (typeof blank !== 'object' || blank === null) return [];
  return Object.entries(blank).flatMap(([name, inner]) => holes(inner, `${pointer}/${name}`));
}

// What nobody sees and no document may hold goes; what could reorder text stays, and the check names its place.
const visible = text => text.replace(/[\u00ad\u200b\u2060\ufeff]/g, '').replace(/[\t\v\f]/g, ' ');

// A line is a paragraph: forms break lines in their own ways, so blank lines between them count for nothing.
const paragraphs = text => visible(text).split(/[\r\n\u0085\u2028\u2029]+/).map(line => line.trim()).filter(Boolean);

// 21/11/2026 is 2026-11-21; what is no such day stays as it was typed.
function day(text) {
  const found = /^\s*(\d{1,2})[/.](\d{1,2})[/.](\d{4})\s*$/.exec(text);
  if (!found) return text.trim();
  const [, dayOfMonth, month, year] = found.map(Number);
  const real = new Date(Date.UTC(year, month - 1, dayOfMonth));
  return real.getUTCMonth() === month - 1 && real.getUTCDate() === dayOfMonth ? real.toISOString().slice(0, 10) : text.trim();
}

function randomHex(bytes) {
  return [...crypto.getRandomValues(new Uint8Array(bytes))].map(byte => byte.toString(16).padStart(2, '0')).join('');
}

async function digestOf(text) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text)));
  return `sha256:${[...digest].map(byte => byte.toString(16).padStart(2, '0')).join('')}`;
}
