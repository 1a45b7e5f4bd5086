// The two forms that signing needs on any page: signing with a key file, and making a key with its request.
//
// Needs signing.js and document.js. Defines window.certregPanels:
//
//   element(tag, attributes, ...children)   a new element; strings become text, never markup
//   download(name, text)                    a link under which the text is kept as a file
//   tell(place, error)                      shows what went wrong, and moves the focus there
//   whenSubmitted(form, waiting, work)      runs work(status) with the form's button off, and tells what goes wrong
//   signing(form, work, done)               'work()' gives { namespace, bytes } or throws; 'done({ signature, publicKey,
//                                           fingerprint }, work)' shows the result, with what 'work()' gave
//   keyMaking(form)                         makes a key and its request to the Department
//
// What somebody typed or chose stays in the form until it has served; passphrases are cleared then.
(() => {
  'use strict';

  function element(tag, attributes = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children.flat());
    return made;
  }

  function download(name, text) {
    const address = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
    return element('a', { href: address, download: name }, `Download ${name}`);
  }

  function tell(place, error) {
    place.replaceChildren(element('p', {}, element('strong', {}, error.message)));
    place.tabIndex = -1;
    place.focus();
  }

  // Runs a form's work with its button off, so that nothing is done twice.
  function whenSubmitted(form, waiting, work) {
    const button = form.querySelector('button');
    const [fault, status] = [form.querySelector('[data-fault]'), form.querySelector('[data-status]')];
    form.addEventListener('submit', async event => {
      event.preventDefault();
      fault.replaceChildren();
      status.replaceChildren(waiting);
      button.disabled = true;
      try {
        await work(status);
      } catch (error) {
        status.replaceChildren();
        tell(fault, typeof error.code === 'string' ? error : new Error(`Something unforeseen went wrong (${error.message}). Choose the file again and try once more, or use ssh-keygen.`));
      } finally {
        button.disabled = false;
      }
    });
  }

  function refuse(message) {
    throw Object.assign(new Error(message), { code: 'form' });
  }

  // A key from the form's file and passphrase. The file is read here and sent nowhere.
  async function keyOf(form) {
    const [file] = form.elements.key.files;
    if (!file) refuse('Choose your private key file first.');
    return openKey(file, form.elements.passphrase.value);
  }

  async function openKey(file, passphrase) {
    if (file.size > 16384) refuse('This file is too large for a key. Choose the file that ssh-keygen or this page wrote.');
    return window.certregSigning.loadKey(await file.text(), passphrase);
  }

  function signing(form, work, done) {
    whenSubmitted(form, 'Opening the key…', async status => {
      const asked = await work();
      const { namespace, bytes } = asked;
      const key = await keyOf(form);
      const signature = await key.sign(namespace, bytes);
      const publicKey = await window.certregSigning.checkSignature(signature, namespace, bytes);
      form.elements.passphrase.value = '';
      const fingerprint = await window.certregSigning.publicKeyFingerprint(publicKey);
      status.replaceChildren(`Signed with the key ${fingerprint}.`);
      await done({ signature, publicKey, fingerprint }, asked);
    });
  }

  // The request that goes to the Department: a document that the new key signs itself, and the key that it takes the
  // place of too, in an envelope.
  async function keyRequest(key, old, { registry, supplier, role }) {
    const line = key.publicKey.split(' ').slice(0, 2).join(' ');
    const text = window.certregDocument.canonical({ format: 'certreg/key-request@1', key: line, registry, role, supplier });
    const [namespace, bytes] = [`enrolment@${registry}`, new TextEncoder().encode(text)];
    const request = { document: text, signature: await key.sign(namespace, bytes) };
    if (old) request.old_signature = await old.sign(namespace, bytes);
    return window.certregDocument.envelopeText({ requests: [request] });
  }

  // The key that is to be replaced, where one was chosen.
  async function oldKeyOf(form) {
    const [file] = form.elements.old.files;
    if (!file) return undefined;
    try {
      return await openKey(file, form.elements['old-passphrase'].value);
    } catch (error) {
      throw Object.assign(error, { message: `The old key: ${error.message}` });
    }
  }

  function wanted(form) {
    const value = name => form.elements[name].value.trim();
    const [supplier, registry, role] = [value('supplier'), value('registry'), form.elements.role.value];
    if (!/^[a-z0-9](-?[a-z0-9])*$/.test(supplier) || supplier.length > 40) refuse('The supplier\'s id has small letters, digits and single hyphens, for example example-learning. It stands in the address of the supplier\'s page.');
    if (!/^[a-z0-9.-]{1,253}$/.test(registry)) refuse('The registry\'s id is a name like certreg.example. It stands in the document as "registry".');
    if (!role) refuse('Say what the key is for: completing certifications, or vouching for them.');
    const passphrase = form.elements.passphrase.value;
    if (passphrase.length < 12) refuse('Choose a passphrase of at least 12 characters, for example four words that do not belong together.');
    if (passphrase !== form.elements.again.value) refuse('The two passphrases differ. Type the second one again.');
    return { supplier, registry, role, passphrase };
  }

  function keyMaking(form) {
    whenSubmitted(form, 'Making the key…', async status => {
      const { passphrase, ...asked } = wanted(form);
      const old = await oldKeyOf(form);
      const name = `${asked.supplier}-${asked.role}`;
      const made = await window.certregSigning.generateKey(passphrase, name);
      const key = await window.certregSigning.loadKey(made.keyFile, passphrase);
      const request = await keyRequest(key, old, asked);
      const fingerprint = await window.certregSigning.publicKeyFingerprint(made.publicKey);
      form.elements.passphrase.value = form.elements.again.value = form.elements['old-passphrase'].value = '';
      const item = (link, words) => element('li', {}, link, element('br'), words);
      status.replaceChildren(
        element('p', {}, element('strong', {}, 'The key is made. Download all three files now: this page does not keep them.')),
        element('ul', {},
          item(download(name, made.keyFile), 'Your private key, protected by the passphrase. Keep it where only you can reach it, and a copy somewhere safe. Never send it.'),
          item(download(`${name}.pub`, `${made.publicKey}\n`), 'Its public half, which everybody may see.'),
          item(download(`${name}.request.json`, request), 'The request. Send it to the Department, and read this fingerprint to it over the telephone:')),
        element('p', { class: 'digest' }, fingerprint));
    });
  }

  window.certregPanels = Object.freeze({ element, download, tell, whenSubmitted, signing, keyMaking });
})();
