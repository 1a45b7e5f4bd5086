// The official's page: signs the document that the page shows, publishes it, or makes the file that sends it back.
(() => {
  'use strict';

  const place = document.getElementById('envelope');
  if (!place) return; // the page that only asks for an envelope
  const { element, download, signing, whenSubmitted } = window.certregPanels;
  const part = id => document.getElementById(id);
  const { namespace, id, version } = place.dataset;
  const [, service] = id.split('/');
  const name = `${service}-${version}`;

  const refuse = message => {
    throw Object.assign(new Error(message), { code: 'page' });
  };

  // The bytes travel as base64: text in a form or an attribute would lose its line ends.
  const envelope = JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(place.dataset.envelope), char => char.charCodeAt(0))));
  const bytes = new TextEncoder().encode(envelope.document);

  // ---- Signing -----------------------------------------------------------------------------------------------------------

  async function work() {
    if ([...part('ticks').querySelectorAll('input')].some(box => !box.checked)) refuse('Tick each of the commitments, or send the document back: you vouch for all of them.');
    // What is signed is read here once more, from the very bytes.
    const { value } = window.certregDocument.open(bytes);
    if (window.certregDocument.namespaceOf('official', value) !== namespace) refuse(`The document belongs to another registry (${value.registry}). Open it there.`);
    return { namespace, bytes };
  }

  async function take({ signature, publicKey }) {
    if (envelope.signature) {
      const other = await window.certregSigning.checkSignature(envelope.signature, namespace.replace('countersignature@', 'certification@'), bytes);
      if (other === publicKey) refuse('The first signature is by the same key. Two people must sign, each with a key of their own.');
    }
    await rehearse({ ...envelope, countersignature: signature });
    part('publish').querySelectorAll('[data-fault], [data-status]').forEach(box => box.replaceChildren());
    envelope.countersignature = signature;
    part('envelope-link').replaceChildren(download(`${name}.envelope.json`, window.certregDocument.envelopeText(envelope)), ' – for the officer, or to publish it later');
    part('publish').hidden = false;
    part('publish-heading').focus();
  }

  if (part('sign')) {
    signing(part('sign'), work, take);
    whenSubmitted(part('upload'), 'Reading…', async status => {
      await work();
      const [file] = part('upload').elements.signature.files;
      if (!file) refuse('Choose the file that ssh-keygen wrote.');
      if (file.size > 4096) refuse('This file is too large for a signature. Choose the one that ends in .sig.');
      const signature = await file.text();
      const publicKey = await window.certregSigning.checkSignature(signature, namespace, bytes);
      status.replaceChildren(`The signature holds: key ${await window.certregSigning.publicKeyFingerprint(publicKey)}.`);
      await take({ signature, publicKey });
    });
    part('document-link').replaceChildren(download(`${name}.json`, envelope.document), ' (the exact bytes)');
    whenSubmitted(part('publish').querySelector('form'), 'Publishing…', publish);
  }

  const versions = `/v1/certifications/${id}/versions`;
  const submission = ({ document, signature, countersignature, people }) =>
    ({ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ document, signature, countersignature, people }) });

  // The registry looks and writes nothing: a key that may not sign is told before anything is handed on. Where the
  // registry cannot be asked now, the signature is taken all the same.
  async function rehearse(signed) {
    const answer = await fetch(`${versions}?dry_run=true`, submission(signed)).catch(() => undefined);
    const said = await answer?.json().catch(() => undefined);
    const own = (said?.errors ?? []).filter(({ pointer }) => pointer === '/countersignature');
    if (own.length) refuse(`This signature was not taken. ${own.map(({ detail }) => detail).join(' ')}`);
  }

  // ---- Publishing --------------------------------------------------------------------------------------------------------

  async function publish(status) {
    if (!envelope.signature) refuse('The signatory has not signed yet. Download the envelope and hand it to the officer, who signs and publishes.');
    let answer;
    try {
      answer = await fetch(versions, submission(envelope));
    } catch {
      refuse('The registry could not be reached. Nothing is lost: try again, or download the envelope and publish it later.');
    }
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) {
      const faults = (said.errors ?? []).map(({ detail }) => detail).join(' ');
      refuse(`${said.detail ?? `The registry answered ${answer.status}.`} ${faults === said.detail ? '' : faults} Nothing was published.`);
    }
    const when = new Date(said.published_at).toLocaleString('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'Europe/London' });
    status.replaceChildren(
      element('p', {}, element('strong', {}, said.outcome === 'published' ? `Published: version ${said.version}.` : `It was published already: version ${said.version}.`), ` ${when}, entry ${said.sequence} of the log.`),
      element('p', {}, element('a', { href: `/s/${id}/versions/${said.version}` }, 'Read it as schools do')),
      element('p', {}, download(`${name}.receipt.json`, `${JSON.stringify(said, null, 2)}\n`), ' – proof of publication; keep it'));
    status.tabIndex = -1;
    status.focus();
  }

  // ---- Sending back ------------------------------------------------------------------------------------------------------

  whenSubmitted(part('send-back'), 'Writing…', async status => {
    const reasons = part('send-back').elements.reasons.value.trim();
    if (!reasons) refuse('Write your reasons first: the officer needs to know what to change.');
    const text = `Sent back by the senior official\n\nCertification: ${id}\nVersion: ${version}\nDocument: ${await window.certregSigning.digestOf(bytes)}\n\nReasons:\n\n${reasons}\n`;
    status.replaceChildren(element('p', {}, download(`${name}.sent-back.txt`, text), ' – send it to the officer'));
  });
})();
