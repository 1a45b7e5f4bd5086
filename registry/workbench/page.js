// The signing page that people keep: opens a file, shows what would be signed, signs it, gives the result as files.
(() => {
  'use strict';

  const { element, download, tell } = window.certregPanels;
  const part = id => document.getElementById(id);
  const ROLES = { signatory: 'signature', official: 'countersignature' };
  let opened; // { name, bytes, text, value, isEnvelope, envelope, description }

  const refuse = message => {
    throw Object.assign(new Error(message), { code: 'page' });
  };

  // ---- What is shown -----------------------------------------------------------------------------------------------------

  const text = words => element('bdi', {}, words);
  const paragraphs = items => items.map(words => element('p', {}, text(words)));

  function facts(rows) {
    return element('dl', { class: 'facts' }, rows.map(([label, words]) => [
      element('dt', {}, label),
      element('dd', {}, words.flatMap((word, i) => i ? [element('br'), text(word)] : [text(word)])),
    ]).flat());
  }

  function answer({ label, asked, code, shape, words, statement, others }) {
    return element('article', { class: 'answer' },
      element('h4', {}, `${label} – ${asked}`),
      code ? element('p', {}, element('span', { class: `code ${code}` }, element('span', { 'aria-hidden': 'true' }, shape), ` ${words}`)) : '',
      statement.length ? element('blockquote', {}, paragraphs(statement)) : '',
      others.length ? facts(others) : '');
  }

  function signatures(found) {
    const words = { signatory: 'Signature of the signatory', official: 'Countersignature of the official' };
    const line = ([role, { fault, fingerprint }]) =>
      element('li', {}, fault ? `${words[role]}: ${fault}` : `${words[role]}: fits these bytes, by the key ${fingerprint}. Whether that key is enrolled, the registry says.`);
    const lines = Object.entries(found).map(line);
    return lines.length ? element('ul', {}, lines) : element('p', {}, 'None yet.');
  }

  function show({ rows, summary, commitments, sections, others, faults, signatures: found }) {
    const promises = commitments.map(({ text: words, made }) => element('li', {}, made ? '' : element('strong', {}, 'Not made: '), text(words)));
    part('content-of').replaceChildren(
      faults.length ? element('div', { class: 'banner alert' }, element('h3', {}, 'This cannot be signed yet'), element('ul', {}, faults.map(words => element('li', {}, words))),
        element('p', {}, 'Correct it in the workbench or with "certreg check FILE", and open the result here.')) : '',
      element('h3', {}, 'Whose, what and when'), facts(rows),
      summary.length ? element('h3', {}, 'The supplier’s own summary') : '', summary.length ? element('blockquote', {}, paragraphs(summary)) : '',
      element('h3', {}, 'Commitments'), element('ul', {}, promises),
      ...sections.flatMap(({ heading, answers }) => [element('h3', {}, `${heading} (${answers.length})`), ...answers.map(answer)]),
      others.length ? element('h3', {}, 'Everything else in the document') : '', others.length ? facts(others) : '',
      element('h3', {}, 'Signatures that came along'), signatures(found));
    const tick = ({ id, text: words }) => element('p', {}, element('input', { type: 'checkbox', id: `tick-${id}` }), ' ', element('label', { for: `tick-${id}` }, text(words)));
    part('ticks').replaceChildren(...commitments.map(tick));
  }

  // ---- What is done --------------------------------------------------------------------------------------------------------

  function close() {
    opened = undefined;
    for (const id of ['content-of', 'ticks', 'result', 'open-fault']) part(id).replaceChildren();
    part('opened').hidden = part('signing').hidden = true;
  }

  let turn = 0; // files are read one beside the other: only the last one chosen counts
  async function open(file) {
    close();
    const mine = ++turn;
    if (!file) return;
    try {
      const document = window.certregDocument.open(new Uint8Array(await file.arrayBuffer()));
      const description = await window.certregDocument.describe(document);
      if (mine !== turn) return;
      opened = { ...document, name: file.name, description };
      show(description);
      part('opened').hidden = false;
      part('signing').hidden = description.faults.length > 0;
      part('what').focus();
      suggest(document.value);
    } catch (error) {
      if (mine === turn) tell(part('open-fault'), error);
    }
  }

  // A key that is made now is most likely for the same supplier.
  function suggest({ supplier, registry }) {
    const { elements } = part('make-key');
    elements.supplier.value ||= supplier;
    elements.registry.value ||= registry;
  }

  const role = () => document.querySelector('input[name=as]:checked')?.value;

  function chooseRole() {
    part('promises').hidden = role() !== 'official';
    part('result').replaceChildren();
  }

  function work() {
    if (!opened) refuse('Open the document first.');
    if (!role()) refuse('Say as whom you sign.');
    const others = opened.description.signatures;
    if (role() === 'official') {
      if (!opened.value.official) refuse('The document names no senior official, so nobody can vouch for it.');
      if ([...part('ticks').querySelectorAll('input')].some(box => !box.checked)) refuse('Tick each of the commitments, or send the document back: you vouch for all of them.');
      if (others.signatory?.fault) refuse(`The signatory's signature in the envelope is not good. ${others.signatory.fault}`);
    }
    return { namespace: window.certregDocument.namespaceOf(role(), opened.value), bytes: opened.bytes, as: role(), signed: opened };
  }

  // The document and the role are those that were signed: somebody may have chosen others while the key was opened.
  async function done({ signature, publicKey }, { namespace, as, signed }) {
    if (signed !== opened || as !== role()) refuse('You chose something else while the key was opened. Nothing was kept: sign again.');
    const other = signed.description.signatures[as === 'official' ? 'signatory' : 'official'];
    if (other?.publicKey === publicKey) refuse('The other signature is by the same key. Two people must sign, each with a key of their own.');
    const envelope = { ...signed.envelope, [ROLES[as]]: signature };
    const base = signed.isEnvelope ? `${signed.value.service}.json` : signed.name;
    const complete = envelope.signature && (envelope.countersignature || !signed.value.official);
    const next = complete ? 'Next: publish the envelope, at the registry’s page for officials or with "certreg publish".'
      : as === 'signatory' ? 'Next: hand the envelope to the official.' : 'Next: the signatory signs too.';
    part('result').replaceChildren(
      element('h3', {}, 'Signed'),
      element('p', {}, `You signed ${signed.description.digest} as ${as} (${namespace}).`),
      element('ul', {},
        element('li', {}, download(signed.isEnvelope ? signed.name : `${signed.value.service}.envelope.json`, window.certregDocument.envelopeText(envelope)), ' – the document with the signatures so far, to be passed on'),
        element('li', {}, download(`${base}.${as === 'official' ? 'countersig' : 'sig'}`, signature), ' – the signature alone, as ssh-keygen writes it')),
      element('p', {}, next));
    signed.envelope = envelope;
  }

  part('file').addEventListener('change', event => open(event.target.files[0]));
  part('roles').addEventListener('change', chooseRole);
  window.certregPanels.signing(part('sign'), work, done);
  window.certregPanels.keyMaking(part('make-key'));
  window.certregSigning.unavailable().then(reason => {
    if (reason) tell(part('open-fault'), new Error(reason));
  });
})();
