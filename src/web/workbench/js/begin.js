// How a draft begins: with a file or pasted text, with the current version, with nothing, or with the one before.

// The edition's own page has its questions: a draft that answers another edition is shown there.
function toOwnEdition(view = 'tasks') {
  const id = state.document.edition?.id;
  if (!id) state.document.edition = data.edition;
  if (!id || id === data.edition.id || !data.editions.includes(id)) return false;
  location.replace(`/suppliers/start?edition=${encodeURIComponent(id)}#${view}`);
  return true;
}

function begin(draft, words, view = 'tasks') {
  for (const role of Object.keys(draft.people ?? {})) draft.people[role].salt ??= randomHex(32);
  // What is said goes along where another page is needed.
  startWith({ ...draft, words });
  [faults, ready] = [[], null];
  if (toOwnEdition(view)) return;
  delete state.words;
  keepSoon();
  showAll();
  go(view, words);
}

async function contentOf(file) {
  if (file.size > 20 * 1024 * 1024) throw new Error('This file is over 20 MiB, far more than a form has. Paste its text instead.');
  const bytes = new Uint8Array(await file.arrayBuffer());
  const isPacked = bytes[0] === 0x50 && bytes[1] === 0x4b;
  return (isPacked && await textOfDocx(bytes)) || bytes;
}

onSubmit('open-file', async () => {
  const [file] = part('file').files;
  const pasted = part('pasted').value;
  if (!file && !pasted.trim()) throw new Error('Choose a file, or paste the form’s text.');
  const content = file ? await contentOf(file) : pasted;
  refuseSentBack(typeof content === 'string' ? content : new TextDecoder().decode(content.subarray(0, 20_000)));
  await open(content, part('wording').value);
  part('open-file').reset();
});

async function open(content, wording) {
  const opened = await ask(`/suppliers/start/open?edition=${encodeURIComponent(wording)}`, { method: 'POST', body: content });
  const { document, people, notes, signed } = opened;
  if (signed) return begin({ document, people, notes, signed: await signedOf(signed) }, 'The file is signed as far as you see here, and nothing in it was altered since.', 'sign');
  const looks = notes.length ? ` ${notes.length} ${notes.length === 1 ? 'thing needs' : 'things need'} your eye: each stands beside its field.` : '';
  const words = opened.kind === 'form'
    ? `The form was read. Nothing was guessed: the colours were pictures, so give them first, on one page.${looks}`
    : `The draft was read.${looks}`;
  begin({ document, people, notes }, words, opened.kind === 'form' ? 'colours' : 'tasks');
}

// What the page signs and hands over: exact bytes, with the records of the people in them.
async function signedOf({ document, people = [], signature, countersignature }) {
  return { document, people, signature, countersignature, digest: await digestOf(document) };
}

onSubmit('from-current', async kind => {
  const from = part('from').value.trim();
  if (!from) throw new Error('Write the name of your service, or its id, like example-learning/example-cloud.');
  await follow(from, kind);
});

async function follow(from, kind) {
  const begun = await ask(`/suppliers/start/current?from=${encodeURIComponent(from)}&as=${kind}`);
  if (!begun.document) return choose(begun.found, from);
  part('found').replaceChildren();
  const draft = { document: begun.document, people: begun.people };
  if (begun.document.change.kind !== 'reaffirmation') return begin(draft, 'This is the current version. Change what has changed; the rest stays as it is.');
  begin(draft, 'Nothing is changed but the day. Look at who signs; then sign.', 'sign');
}

function choose(found, from) {
  const one = ({ id, service_name: service, supplier_name: supplier }) => element('li', {}, button(`${service} (${supplier})`, () => {
    part('from').value = id;
    part('found').replaceChildren();
    part('from').focus();
  }));
  const words = found.length ? 'Which one is it? Choose, then say whether something changed.' : `Nothing on the register has “${from.slice(0, 100)}” in its name. Try fewer words, or begin with an empty form.`;
  part('found').replaceChildren(element('p', {}, words), element('ul', { class: 'list' }, found.map(one)));
}

onSubmit('from-nothing', async () => {
  begin({ document: { edition: data.edition, change: { kind: 'initial' }, version: 1 } }, '', 'tasks');
});

// The answers go along to a newer wording, through its mapping.
part('move')?.addEventListener('click', ({ target }) => busy(target, async () => {
  const { document } = await ask(`/suppliers/start/move?edition=${encodeURIComponent(target.value)}`, { method: 'POST', body: work() });
  begin({ document, people: state.people, notes: state.notes });
}));

// What was worked on before can be put back: it is never simply gone.
function showBefore() {
  const words = draft => `${draft.document.service_name ?? 'a service without a name yet'}, version ${draft.document.version}`;
  const lines = [];
  if (state) lines.push(element('p', {}, `You have a draft here: ${words(state)}. `, element('a', { href: '#tasks' }, 'Go on with it')));
  for (const before of setAsideBefore()) {
    const back = button('Put it back', () => busy(back, async () => begin(before, 'The draft from before is back. The other one can be put back in the same way.')));
    lines.push(element('p', {}, `A draft from before is still there: ${words(before)}. `, back));
  }
  part('before').replaceChildren(...(lines.length ? [element('div', { class: 'panel' }, lines)] : []));
}

// ---- Saving ---------------------------------------------------------------------------------------------------------

// The draft as 'certreg new' and 'certreg check' know it, with the people in the envelope around it.
async function fileOf() {
  if (state.signed) return envelopeOf(state.signed);
  const document = structuredClone(state.document);
  const people = [];
  for (const [role, person] of Object.entries(state.people)) {
    const record = compact(person);
    if (!record?.name) continue;
    document[role] = { ...document[role], person: await digestOf(canonical(record)) };
    if (!people.some(other => canonical(other) === canonical(record))) people.push(record);
  }
  const holes = state.single ? { ...data.blank, official: undefined } : data.blank;
  return `${JSON.stringify({ document: canonical(withHoles(holes, compact(document))), people: people.length ? people : undefined }, null, 2)}\n`;
}

function envelopeOf({ document, signature, countersignature, people }) {
  return `${JSON.stringify({ document, signature, countersignature, people: people.length ? people : undefined }, null, 2)}\n`;
}

const fileName = ending => `${state.document.service ?? 'draft'}-${state.document.version}.${ending}`;

async function saveFile() {
  const link = download(fileName(state.signed ? 'envelope.json' : 'draft.json'), await fileOf());
  link.click();
  const { length } = state.notes;
  if (length) tell(`${length === 1 ? 'One thing' : `${length} things`} that nobody has looked at yet ${length === 1 ? 'is' : 'are'} noted in this browser only: the file does not say which.`);
}
part('save').addEventListener('click', event => busy(event.target, saveFile));
