// Where the draft is kept while somebody works on it: in this browser, and nowhere else until it is signed.
//
// 'state' is all there is: { document, people, notes, signed, turn }. Every writing gets a new 'turn'; a turn that is not
// ours means that another tab has written, and then nothing is overwritten until a person has chosen.

const KEY = 'certreg-workbench', BEFORE = 'certreg-workbench-before';
const MOST_ASIDE = 5;
let state = null;
let turn = null;
let conflict = false;
let cannotKeep = false;
let waiting = null;

function stored(key) {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null;
  }
}

function write(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

// Keeps the draft now. Gives whether it is kept.
function keep() {
  clearTimeout(waiting);
  waiting = null;
  if (!state || conflict) return false;
  const there = stored(KEY);
  if (there && there.turn !== turn) {
    otherTab();
    return false;
  }
  turn = state.turn = randomHex(8);
  cannotKeep = !write(KEY, state);
  showKept();
  return !cannotKeep;
}

function keepSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(keep, 300);
}

// Takes another draft; those before it can be put back.
function startWith(draft) {
  keep();
  if (conflict) throw new Error('Your draft was changed in another tab. Choose at the top of this page which of the two to go on with, then begin.');
  const before = state ?? stored(KEY);
  turn = stored(KEY)?.turn ?? null;
  state = { people: {}, notes: [], signed: null, ...draft };
  state.document.format ??= 'certreg/certification@1';
  state.document.registry ??= data.registry;
  state.document.version ??= 1;
  state.document.change ??= { kind: 'initial' };
  setAside(before);
  keep();
}

const sameDraft = (one, other) => JSON.stringify([one.document, one.people]) === JSON.stringify([other.document, other.people]);

// Whether anything was written in it that somebody could miss.
const hasWork = ({ document, people }) => Object.keys(document).some(name => !['format', 'registry', 'version', 'change', 'edition'].includes(name))
  || Object.values(people ?? {}).some(person => person.name);

// Drafts that can be put back, the newest first.
function setAsideBefore() {
  const kept = stored(BEFORE);
  return [kept ?? []].flat().filter(draft => isObject(draft?.document));
}

function setAside(draft) {
  const kept = setAsideBefore().filter(other => !(state && sameDraft(other, state)));
  const added = isObject(draft?.document) && hasWork(draft) && !(state && state !== draft && sameDraft(draft, state)) ? [draft] : [];
  let list = [...added, ...kept.filter(other => !added.length || !sameDraft(other, draft))].slice(0, MOST_ASIDE);
  while (list.length && !write(BEFORE, list)) list = list.slice(0, -1);
  if (!list.length) write(BEFORE, list);
}

function showKept() {
  const words = cannotKeep
    ? 'This browser does not let the page keep anything: save to a file before you close it.'
    : 'Kept in this browser on this computer as you type. Save to a file to go on elsewhere, or to be safe.';
  part('kept').textContent = words;
  if (cannotKeep) tell('This browser does not let the page keep your draft. Save it to a file before you leave.');
}

function otherTab() {
  if (conflict) return;
  conflict = true;
  const take = button('Show what the other tab has', () => {
    const here = state;
    resume();
    setAside(here);
    showAll();
    showView();
  });
  const stay = button('Go on with what is here', () => {
    setAside(stored(KEY));
    conflict = false;
    turn = stored(KEY)?.turn ?? null;
    keep();
    part('tabs').replaceChildren();
  });
  const save = button('Save what is here to a file', saveFile);
  part('tabs').replaceChildren(
    element('h2', {}, 'Your draft was changed in another tab'),
    element('p', {}, 'Nothing is lost: both are still there. What you type here is not kept until you choose; the other one can then be put back under “Begin”.'),
    element('p', { class: 'row' }, take, stay, save));
  part('tabs').scrollIntoView();
}

// Takes up what this browser has kept.
function resume() {
  const kept = stored(KEY);
  conflict = false;
  part('tabs').replaceChildren();
  if (!isObject(kept?.document)) return false;
  state = { people: {}, notes: [], signed: null, ...kept };
  turn = kept.turn ?? null;
  return true;
}

addEventListener('storage', event => {
  if (event.key === KEY && state && event.newValue && stored(KEY)?.turn !== turn) otherTab();
});
addEventListener('pagehide', () => waiting && keep());
document.addEventListener('visibilitychange', () => document.hidden && waiting && keep());
addEventListener('beforeunload', event => {
  if (state && (cannotKeep || conflict)) event.preventDefault();
});
