// Signing, handing over, publishing. What is signed is exactly what the server brought into form and the digest names.

const ROLES = {
  signature: { who: 'signatory', namespace: 'certification' },
  countersignature: { who: 'official', namespace: 'countersignature' },
};
const ROLES_IN_WORDS = { signatory: 'the signatory', official: 'the official' };
const namespaceOf = kind => `${ROLES[kind].namespace}@${data.registry}`;
const versionsAddress = () => `/v1/certifications/${[state.document.supplier, state.document.service].map(encodeURIComponent).join('/')}/versions`;
const inSigning = () => state.signed ?? ready;

async function showSigning() {
  if (!inSigning()) {
    try {
      await check();
    } catch (error) {
      return wrong('That did not work', element('p', {}, error.message));
    }
  }
  const subject = inSigning();
  part('signing').hidden = !subject;
  const count = faults.length;
  part('to-sign').replaceChildren(...(subject ? [obstacles({ obstacles: subject.obstacles ?? [], next: null })].filter(Boolean)
    : [element('p', {}, `The draft cannot be signed yet: ${count} ${count === 1 ? 'thing is' : 'things are'} still missing or wrong. `, element('a', { href: '#check' }, 'Check it'), ' to see which.')]));
  if (subject) showSteps(subject);
}

// What is signed, and by whom, as far as it fits a glance.
function showWhat() {
  const { document, people } = state;
  const kinds = { initial: 'the first that you sign', update: 'something changed', reaffirmation: 'nothing changed, confirmed' };
  const signer = role => [[people[role]?.name, document[role]?.title].filter(Boolean).join(', '), ' ', element('a', { href: '#people' }, `Change ${ROLES_IN_WORDS[role]}`)];
  const rows = [['Version', [`${document.version}: ${kinds[document.change.kind] ?? document.change.kind}`]], ['Completed on', [document.completed_on ?? '']],
    ['Signatory', signer('signatory')], ...(state.single ? [] : [['Official', signer('official')]])];
  part('what').replaceChildren(...rows.flatMap(([label, words]) => [element('dt', {}, label), element('dd', {}, ...words)]));
}

function showSteps(subject) {
  showWhat();
  const name = fileName('json'), copy = fileName('countersign.json');
  part('document').replaceChildren(download(name, subject.document));
  part('digest').textContent = subject.digest;
  part('sign-command').textContent = `ssh-keygen -Y sign -f signatory_key -n ${namespaceOf('signature')} ${name}`;
  part('countersign-command').textContent = `ssh-keygen -Y sign -f official_key -n ${namespaceOf('countersignature')} ${copy}`;
  for (const [kind, { who }] of Object.entries(ROLES)) {
    part(`${kind}-state`).replaceChildren(element('p', {}, subject[kind] ? element('strong', {}, `The ${who} has signed.`) : `The ${who} has not signed yet.`));
  }
  part('handed').replaceChildren(...(subject.signature ? [download(fileName('envelope.json'), envelopeOf(subject), 'Download the file for the official')]
    : ['When the signatory has signed, the file for the official is here.']));
  part('second-step').hidden = Boolean(state.single);
  const missing = Object.keys(ROLES).filter(kind => !subject[kind] && !(state.single && kind === 'countersignature'));
  part('publish').disabled = missing.length > 0;
  part('publish-state').replaceChildren(element('p', {}, missing.length ? `Still missing: ${missing.map(kind => `the ${ROLES[kind].who}’s signature`).join(' and ')}.` : 'Everything is there.'));
  showPublished();
}

const submission = ({ document, signature, countersignature, people }) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ document, signature, countersignature, people: people.length ? people : undefined }),
});

const wordsOfProblem = error => [error.message, ...(error.read?.errors ?? []).map(fault => fault.detail).filter(words => words !== error.message)].join(' ');

// Takes a signature when it is what it should be: the registry looks, and writes nothing.
async function takeSignature(kind, text) {
  const { obstacles: _, ...subject } = inSigning();
  const signed = { ...subject, [kind]: text };
  try {
    await ask(`${versionsAddress()}?dry_run=true`, submission(signed));
  } catch (error) {
    const own = (error.read?.errors ?? []).filter(fault => fault.pointer === `/${kind}`);
    if (own.length) throw new Error(`This signature was not taken. ${own.map(fault => fault.detail).join(' ')}`);
    if (!error.read?.code) throw error;
    tell(`The signature was taken. What stands in the way of publishing: ${wordsOfProblem(error)}`);
  }
  state.signed = signed;
  keep();
  showSteps(signed);
}

async function textOfFile(id, words) {
  const [file] = part(id).files;
  if (!file) throw new Error(words);
  if (file.size > 1024 * 1024) throw new Error('This file is over 1 MiB. It is not the one that is wanted here.');
  const bytes = new Uint8Array(await file.arrayBuffer());
  if (bytes[0] === 0xff || bytes[1] === 0) throw new Error('This file is written in UTF-16, as PowerShell’s “>” does. Use the file that ssh-keygen wrote itself.');
  return new TextDecoder().decode(bytes);
}

for (const [kind, field] of [['signature', 'sig'], ['countersignature', 'countersig']]) {
  onSubmit(`upload-${kind}`, async () => {
    await takeSignature(kind, await textOfFile(field, 'Choose the file that ssh-keygen wrote. Its name ends in .sig.'));
    part(`upload-${kind}`).reset();
  });
}

onSubmit('browser-sign', async () => {
  const text = await textOfFile('key', 'Choose your private key file first.');
  const key = await window.certregSigning.loadKey(text, part('passphrase').value);
  const signature = await key.sign(namespaceOf('signature'), new TextEncoder().encode(inSigning().document));
  await takeSignature('signature', signature);
  part('browser-sign').reset();
});

// What the official's page writes instead of a signature.
function refuseSentBack(text) {
  const [head, reasons] = text.split('\nReasons:\n');
  if (!head.startsWith('Sent back by the senior official') || reasons === undefined) return;
  const which = /^Certification: (.{1,90})\nVersion: (\d+)$/m.exec(head);
  throw new Error(`The official did not sign${which ? ` ${which[1]} version ${which[2]}` : ''}, and gives these reasons: ${reasons.trim()} Change the draft, sign it again, and hand the new file over.`);
}

// The envelope comes back: the same document, with one more signature.
onSubmit('returned', async () => {
  const text = await textOfFile('envelope', 'Choose the file that the official sent back.');
  refuseSentBack(text);
  const { signed, notes } = await ask('/suppliers/start/open', { method: 'POST', body: text });
  if (!signed) throw new Error(notes.map(note => note.detail).join(' ') || 'There is no signature in this file. Ask the official to sign it and to send you what the page gives back.');
  if (signed.document !== inSigning().document) throw new Error('This file holds another document than the one that was signed here. To go on with it all the same, open it under “Begin”: the draft here can be put back.');
  if (!signed.countersignature) throw new Error('The official’s signature is not in this file yet. Ask for the file that the official’s page gave back.');
  await takeSignature('countersignature', signed.countersignature);
  part('returned').reset();
});

// ---- Publishing -----------------------------------------------------------------------------------------------------

part('publish').addEventListener('click', event => busy(event.target, async () => {
  let receipt;
  try {
    receipt = await ask(versionsAddress(), submission(state.signed));
  } catch (error) {
    throw new Error(wordsOfProblem(error));
  }
  state.published = { ...receipt, of: state.signed.digest };
  keep();
  showPublished();
}));

function showPublished() {
  const receipt = state.published;
  if (receipt?.of !== inSigning()?.digest) return part('published').replaceChildren();
  const { supplier, service } = state.document;
  const further = button('Begin the next version', () => busy(further, () => follow(`${supplier}/${service}`, 'update')));
  part('publish').disabled = true;
  part('published').replaceChildren(element('div', { class: 'banner' },
    element('h3', { tabindex: '-1' }, `Version ${receipt.version} is published`),
    element('p', {}, element('a', { href: `/s/${supplier}/${service}/versions/${receipt.version}` }, `See version ${receipt.version} as schools see it`)),
    element('p', {}, 'Keep the receipt: it proves that and when it was published, for ever.'),
    element('p', {}, download(fileName('receipt.json'), `${JSON.stringify(receipt, null, 2)}\n`, 'Download the receipt')),
    element('p', {}, further)));
}
