// Fields and draft: whatever is typed goes into the draft at once, whatever the draft holds is shown.

const workbench = part('app');
const SEPARATORS = { paragraphs: '\n\n', lines: '\n' };

function valueOf(field) {
  const kind = field.dataset.kind;
  if (kind === 'code') return field.value;
  if (kind === 'flag') return field.checked || undefined;
  if (kind === 'day') return day(field.value);
  return kind in SEPARATORS ? paragraphs(field.value) : visible(field.value);
}

function showField(field) {
  const value = at(state.document, field.dataset.at);
  const kind = field.dataset.kind;
  if (kind === 'code') field.checked = field.value === value;
  else if (kind === 'flag') field.checked = value === true;
  else if (kind in SEPARATORS) field.value = [value ?? []].flat().join(SEPARATORS[kind]);
  else field.value = value ?? '';
}

function showPerson(field) {
  field.value = state.people[field.dataset.person]?.[field.dataset.part] ?? '';
}

// ---- Lists: links, ways to reach somebody, corrections --------------------------------------------------------------

function showList(list) {
  const { list: pointer, row: template } = list.dataset;
  const items = [at(state.document, pointer) ?? []].flat();
  list.replaceChildren(...items.map((_, i) => {
    const row = part(template).content.cloneNode(true);
    row.querySelectorAll('[data-sub]').forEach(field => {
      const place = `${pointer}/${i}/${field.dataset.sub}`;
      field.id = field.dataset.at = place;
      field.setAttribute('aria-describedby', `about:${place}`);
      const box = field.previousElementSibling;
      box.id = `about:${place}`;
      box.previousElementSibling.htmlFor = place;
    });
    row.querySelector('legend').append(` ${i + 1}`);
    row.querySelector('[data-remove]').dataset.remove = `${pointer}/${i}`;
    return row;
  }));
  list.querySelectorAll('[data-at]').forEach(showField);
}

function addItem(pointer) {
  const items = [at(state.document, pointer) ?? []].flat();
  put(state.document, pointer, [...items, {}]);
  const list = workbench.querySelector(`[data-list="${CSS.escape(pointer)}"]`);
  showList(list);
  list.lastElementChild.querySelector('input, select').focus();
}

function removeItem(place) {
  const pointer = place.slice(0, place.lastIndexOf('/'));
  const items = at(state.document, pointer).filter((_, i) => String(i) !== place.slice(pointer.length + 1));
  put(state.document, pointer, items.length ? items : undefined);
  showList(workbench.querySelector(`[data-list="${CSS.escape(pointer)}"]`));
  part(pointer).focus();
  changed();
}

// Takes away items in which nothing was written, so that places in lists are the server's too.
function tidyLists() {
  workbench.querySelectorAll('[data-list]').forEach(list => {
    const items = at(state.document, list.dataset.list);
    if (!Array.isArray(items) || items.every(item => compact(item))) return;
    const left = items.filter(item => compact(item));
    put(state.document, list.dataset.list, left.length ? left : undefined);
    showList(list);
  });
}

// ---- All of it ------------------------------------------------------------------------------------------------------

function showFields() {
  workbench.querySelectorAll('[data-list]').forEach(showList);
  workbench.querySelectorAll('[data-at]').forEach(showField);
  workbench.querySelectorAll('[data-person]').forEach(showPerson);
}

// A record is of one person with one address: another name or address is another record.
function takePerson({ dataset: { person: role, part: name }, value }) {
  const person = { ...state.people[role], [name]: visible(value), salt: randomHex(32) };
  state.people[role] = person;
  if (!person.name?.trim() && !person.email?.trim()) delete state.people[role];
}

function take(field) {
  if (!state) return;
  const { at: pointer, person } = field.dataset;
  if (person) takePerson(field);
  else if (pointer) {
    put(state.document, pointer, compact(valueOf(field)));
    if (field.dataset.kind === 'code') {
      workbench.querySelectorAll(`[data-at="${CSS.escape(pointer)}"]`).forEach(showField);
    }
  } else return;
  changed();
}

// Whoever changes the text takes back what was signed: a signature is for exact bytes.
function changed() {
  if (state.signed) {
    state.signed = null;
    tell('You changed the draft, so what was signed before does not fit it any more. Check it, and sign it again.');
  }
  ready = null;
  keepSoon();
}

workbench.addEventListener('input', event => take(event.target));
workbench.addEventListener('click', ({ target }) => {
  if (target.dataset?.add) addItem(target.dataset.add);
  if (target.dataset?.remove) removeItem(target.dataset.remove);
});
// Days are shown as they are written into the document.
workbench.addEventListener('change', ({ target }) => {
  if (state && target.dataset?.kind === 'day') showField(target);
});
