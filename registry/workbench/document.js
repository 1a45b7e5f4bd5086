// What is opened for signing: a document or the envelope around it, read strictly and put into words.
//
// Needs signing.js and window.certregEditions (the wordings of the checklist that the page knows). Defines
// window.certregDocument:
//
//   open(bytes)             -> { bytes, text, value, envelope }: a certification ready to be described; 'envelope' is the
//                              file that it came in, or what it would travel in
//   describe(opened)        -> Promise of { rows, summary, commitments, sections, others, faults, digest, signatures }
//   namespaceOf(role, value) -> what a signature of that role is for, e.g. 'certification@certreg.example'
//   envelopeText(envelope)  -> the envelope as a file, as certreg writes it
//   canonical(value)        -> JSON in the one form in which certreg signs it
//
// Only text that is in the one form already is taken. Then the value says all that the bytes say, and whoever reads
// the description has read what is signed: members that nothing here knows are shown too, under 'others'.
(() => {
  'use strict';

  const FORMAT = 'certreg/certification@1';
  const MOST_BYTES = 256 * 1024;
  const MOST_DEPTH = 16;
  const ENVELOPE = ['document', 'signature', 'countersignature', 'people', 'requests', 'signatures', 'files'];
  const NAMESPACES = { signatory: 'certification', official: 'countersignature' };

  function fault(message) {
    return Object.assign(new Error(message), { code: 'document' });
  }

  // One value as text; what should be plain and is not is shown as it stands.
  const plain = value => typeof value === 'object' ? JSON.stringify(value) : String(value);

  const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value);

  // ---- Bytes to a value ------------------------------------------------------------------------------------------------

  function decoded(bytes) {
    if (!bytes.length) throw fault('The file is empty. Choose the document or the envelope that you were given.');
    if (bytes[0] === 0xfe && bytes[1] === 0xff || bytes[0] === 0xff && bytes[1] === 0xfe) {
      throw fault('The file is UTF-16: a program wrote it anew, for example PowerShell with ">". Ask for the file itself, or download it again.');
    }
    if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) {
      throw fault('The file begins with a byte order mark: an editor wrote it anew. Download it again, or bring it into form with "certreg fmt FILE".');
    }
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw fault('The file is not UTF-8 text. Choose the document or the envelope (JSON) that you were given.');
    }
  }

  function parsed(text, what) {
    try {
      return JSON.parse(text);
    } catch {
      if (text.startsWith('-----BEGIN OPENSSH')) throw fault('This is a private key. Choose it further below, where the key is asked for; here the document is wanted.');
      if (text.startsWith('-----BEGIN SSH SIG')) throw fault('This is a signature. Choose the document that it belongs to, or the envelope.');
      throw fault(`${what} is no whole JSON: it was cut short or altered on its way. Ask for it again.`);
    }
  }

  // ---- The one form ----------------------------------------------------------------------------------------------------

  function canonical(value) {
    const print = (value, indent, depth) => {
      if (depth > MOST_DEPTH) throw fault(`The document is nested more than ${MOST_DEPTH} deep, which no self-certification is.`);
      const list = (open, items, close) => `${open}\n${items.map(item => `${indent}  ${item}`).join(',\n')}\n${indent}${close}`;
      if (Array.isArray(value)) return list('[', value.map(item => print(item, `${indent}  `, depth + 1)), ']');
      if (!isObject(value)) return JSON.stringify(value);
      const members = Object.keys(value).sort();
      return list('{', members.map(name => `${JSON.stringify(name)}: ${print(value[name], `${indent}  `, depth + 1)}`), '}');
    };
    return `${print(value, '', 1)}\n`;
  }

  // What may not stand in a document, wherever: each with words for whoever must mend it.
  function checkValue(value, at, depth = 1) {
    if (depth > MOST_DEPTH + 1) throw fault(`The document is nested more than ${MOST_DEPTH} deep, which no self-certification is.`);
    const wrong = words => fault(`${at || 'The document'} ${words}. Correct it in the workbench or with "certreg fmt FILE", and sign the result.`);
    if (typeof value === 'string') {
      if (!value) throw wrong('is an empty text; leave it out');
      if (value.trim() !== value) throw wrong('begins or ends with a space');
      if (value.normalize('NFC') !== value) throw wrong('has letters that are put together from parts (not NFC)');
      if (/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u.test(value)) throw wrong('holds characters that cannot be seen or that turn the order of others round');
    } else if (typeof value === 'number') {
      if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw wrong('is not a whole number');
    } else if (value === null || value === false) {
      throw wrong('says that it is not there; leave it out');
    } else if (typeof value === 'object') {
      const entries = Object.entries(value);
      if (!entries.length) throw wrong('is empty; leave it out');
      for (const [name, inner] of entries) {
        if (isObject(value) && !/^[a-z][a-z0-9_.-]*$/.test(name)) throw wrong('has a member whose name cannot be');
        checkValue(inner, at ? `${at} ${spoken(name)}` : spoken(name), depth + 1);
      }
    }
  }

  function checkForm(text, value) {
    if (text.includes('\r')) throw fault('The lines of the document end with CR LF: a program on the way changed them, and signatures hold only for the original. Ask for it as an envelope, or bring it into form with "certreg fmt FILE".');
    checkValue(value, '');
    const expected = canonical(value);
    if (expected === text) return;
    const [found, wanted] = [text.split('\n'), expected.split('\n')];
    const line = wanted.findIndex((words, i) => words !== found[i]);
    const place = line < 0 || line === wanted.length - 1 ? 'at its end' : `from line ${line + 1} on`;
    throw fault(`The document is not in the one form that is signed (${place}): a member stands twice or in another order, or spaces were changed. Bring it into form with "certreg fmt FILE" or in the workbench, read it again, and sign the result.`);
  }

  function open(bytes) {
    if (bytes.length > 4 * MOST_BYTES) throw fault('The file is far larger than a self-certification can be. Choose the document or the envelope.');
    const outer = decoded(bytes);
    const first = parsed(outer, 'The file');
    const inside = isObject(first) && first.format === undefined && typeof first.document === 'string';
    if (isObject(first) && first.format === undefined && !inside) throw fault(unknown(first));
    if (inside) checkEnvelope(first);
    const text = inside ? first.document : outer;
    const value = inside ? parsed(text, 'The document in the envelope') : first;
    const exact = inside ? new TextEncoder().encode(text) : bytes;
    if (!isObject(value)) throw fault('This is JSON, but no document: it must be one object. Choose the document or the envelope.');
    if (inside && text.startsWith('\uFEFF')) throw fault('The document in the envelope begins with a byte order mark. Ask the officer for a new envelope.');
    if (exact.length > MOST_BYTES) throw fault('The document has more than 256 KiB, and the registry would refuse it.');
    checkFormat(value);
    checkForm(text, value);
    return { bytes: exact, text, value, isEnvelope: inside, envelope: inside ? first : { document: text } };
  }

  function checkEnvelope(envelope) {
    const strange = Object.keys(envelope).find(name => !ENVELOPE.includes(name));
    if (strange) throw fault(`The envelope has a part that is not known (${strange.slice(0, 40)}). Take a newer signing page, or ask the officer for a new envelope.`);
    for (const name of ['signature', 'countersignature']) {
      if (envelope[name] !== undefined && typeof envelope[name] !== 'string') throw fault(`The envelope's ${name} is no text. Ask the officer for a new envelope.`);
    }
    if (envelope.people !== undefined && !(Array.isArray(envelope.people) && envelope.people.every(isObject))) throw fault('The person records in the envelope are damaged. Ask the officer for a new envelope.');
  }

  function unknown(value) {
    if (Array.isArray(value.requests)) return 'This is a key request, which the Department enrols. Choose the document or its envelope.';
    return 'This is JSON, but neither a document of certreg (it has no "format") nor an envelope with one. Choose the file that the officer made.';
  }

  function checkFormat(value) {
    if (value.format === FORMAT) {
      if (value.change?.kind === 'transcription') throw fault('This is a transcription, which the Department signs and nobody else.');
      return;
    }
    if (value.format === 'certreg/case@1') throw fault('This is a case statement. Sign it with "certreg sign FILE" or ssh-keygen.');
    const named = typeof value.format === 'string' ? value.format.slice(0, 60) : 'none';
    throw fault(`The document has a format that this page does not know (${named}). Take a newer signing page from the registry.`);
  }

  // ---- A value in words ------------------------------------------------------------------------------------------------

  const spoken = name => name.replaceAll('_', ' ').replace(/^([qs])(\d.*)$/, (_, kind, number) => `${kind.toUpperCase()} ${number}`);

  const KINDS = { initial: 'the first that is signed', update: 'an update', reaffirmation: 'a re-affirmation: nothing has changed' };
  const CODES = {
    green: ['●', 'Green: supplier says it fully meets this'],
    amber: ['▲', 'Amber: supplier cannot fully confirm this'],
    black: ['■', 'Black: supplier says this does not apply'],
  };

  // Every value of a part, each with its place in words.
  function leaves(value, at = []) {
    if (Array.isArray(value) && value.every(item => typeof item === 'string')) return [[at.join(', '), value]];
    if (Array.isArray(value)) return value.flatMap((item, i) => leaves(item, [...at, String(i + 1)]));
    if (isObject(value)) return Object.entries(value).flatMap(([name, inner]) => leaves(inner, [...at, spoken(name)]));
    return [[at.join(', '), [value === true ? 'yes' : plain(value)]]];
  }

  async function nameOf(digest, people) {
    for (const person of people ?? []) {
      const bytes = new TextEncoder().encode(canonical(person));
      if (await window.certregSigning.digestOf(bytes) === digest) return String(person.name);
    }
    return undefined;
  }

  async function describeSigner(signer, people) {
    const { person, title, ...others } = isObject(signer) ? signer : { title: signer };
    const name = await nameOf(person, people);
    const named = [name, title].filter(word => word !== undefined).map(plain).join(', ');
    return [named, `record ${plain(person)}${name ? ', enclosed' : ', not enclosed'}`, ...leaves(others).flat(2)];
  }

  function describeAnswer(id, asked, answer) {
    const { code, statement, ...others } = isObject(answer) ? answer : { statement: answer };
    const [shape, words] = Object.hasOwn(CODES, code) ? CODES[code] : ['', ''];
    const neutral = asked?.neutral && code === 'green' ? 'Green: read the statement' : words;
    return { id, label: spoken(id), asked: asked?.text ?? 'not asked by this edition', code, shape, words: neutral, statement: paragraphs(statement), others: codeless(code, leaves(others)) };
  }

  const paragraphs = text => [text ?? []].flat().map(plain);
  // A colour that there is not must still be read.
  const codeless = (code, others) => code === undefined || Object.hasOwn(CODES, code) ? others : [['code', [plain(code)]], ...others];

  function describeAnswers(asked, given) {
    const known = new Set(asked.map(({ id }) => id));
    const shown = asked.filter(({ id }) => given[id] !== undefined).map(question => describeAnswer(question.id, question, given[question.id]));
    return [...shown, ...Object.keys(given).filter(id => !known.has(id)).map(id => describeAnswer(id, undefined, given[id]))];
  }

  function faultsOf(value, edition) {
    const faults = [];
    const { responses = {}, support = {}, commitments = {} } = value;
    const unanswered = [...edition.questions.filter(({ id }) => !responses[id]), ...edition.areas.filter(({ id }) => !support[id])];
    if (unanswered.length) faults.push(`Not answered: ${unanswered.map(({ id }) => spoken(id)).join(', ')}.`);
    const strange = [...Object.keys(responses).filter(id => !edition.questions.some(q => q.id === id)), ...Object.keys(support).filter(id => !edition.areas.some(a => a.id === id))];
    if (strange.length) faults.push(`Answered without being asked: ${strange.map(spoken).join(', ')}.`);
    const uncoloured = Object.keys(responses).filter(id => !Object.hasOwn(CODES, responses[id]?.code));
    if (uncoloured.length) faults.push(`Without a colour: ${uncoloured.map(spoken).join(', ')}.`);
    const without = edition.commitments.filter(({ id }) => commitments[id] !== true && (value.official || id !== 'independently_verified'));
    if (without.length) faults.push(`${without.length} of the commitments are not made; all are needed.`);
    for (const name of ['supplier', 'service', 'registry', 'version', 'completed_on', 'signatory']) if (value[name] === undefined) faults.push(`The document has no ${spoken(name)}.`);
    if (value.version > 1 && !value.previous) faults.push('The document does not name the version before it.');
    return faults;
  }

  function editionOf({ id, digest } = {}) {
    const edition = window.certregEditions.find(known => known.id === id && known.digest === digest);
    if (edition) return edition;
    const others = window.certregEditions.map(known => known.id).join(', ');
    throw fault(`The document answers an edition of the checklist that this page does not know (${String(id).slice(0, 60)}). It knows ${others}. Take a newer signing page from the registry, or have the document checked.`);
  }

  async function describe({ bytes, value, envelope }) {
    const edition = editionOf(value.edition);
    const { change = {}, commitments = {}, completed_on, edition: { id: _id, digest: _digest, ...wording }, format, official, previous, registry, responses = {}, service, service_name, signatory, supplier, supplier_name, support = {}, version, ...others } = value;
    const { kind, summary, ...changed } = change;
    const digest = await window.certregSigning.digestOf(bytes);
    const row = (label, ...words) => words.some(word => word !== undefined) ? [[label, words.filter(word => word !== undefined).map(plain)]] : [];
    const people = envelope.people;
    const by = official ? (await describeSigner(official, people))[0] : '';
    return {
      digest,
      rows: [
        ...row('Supplier', supplier_name, supplier), ...row('Service', service_name, service),
        ...row('Version', `${plain(version)}, ${KINDS[kind] ?? plain(kind)}`), ...row('Completed on', completed_on),
        ...row('Version before', previous ?? 'none'), ...row('Registry', registry), ...row('Edition', edition.name, edition.id),
        ...row('Completed by', ...(signatory ? await describeSigner(signatory, people) : [])),
        ...row('Verified by', ...(official ? await describeSigner(official, people) : ['nobody: the supplier is one person'])),
        ...row('Digest', digest), ...row('Format', format),
      ],
      summary: paragraphs(summary),
      commitments: [
        ...edition.commitments.map(({ id, text }) => ({ id, text: text.replace('[official]', by || 'the senior official'), made: commitments[id] === true })),
        ...leaves(commitments).filter(([name]) => !edition.commitments.some(({ id }) => spoken(id) === name)).map(([name, words]) => ({ id: name, text: `${name}: ${words.join(' ')}`, made: true })),
      ],
      sections: [
        { heading: 'Answers', answers: describeAnswers(edition.questions, responses) },
        { heading: 'Support in a serious incident', answers: describeAnswers(edition.areas, support) },
      ],
      others: [...leaves(changed, ['change']), ...leaves(wording, ['edition']), ...leaves(others)],
      faults: faultsOf(value, edition),
      signatures: await signaturesOf(bytes, value, envelope),
    };
  }

  // The signatures that came along: whose key, or what is wrong with them.
  async function signaturesOf(bytes, value, envelope) {
    const found = {};
    for (const [role, text] of [['signatory', envelope.signature], ['official', envelope.countersignature]]) {
      if (text === undefined) continue;
      try {
        const publicKey = await window.certregSigning.checkSignature(text, namespaceOf(role, value), bytes);
        found[role] = { publicKey, fingerprint: await window.certregSigning.publicKeyFingerprint(publicKey) };
      } catch (error) {
        found[role] = { fault: error.message };
      }
    }
    return found;
  }

  function namespaceOf(role, value) {
    return `${NAMESPACES[role]}@${value.registry}`;
  }

  function envelopeText(envelope) {
    const parts = ENVELOPE.filter(name => envelope[name] !== undefined).map(name => [name, envelope[name]]);
    return `${JSON.stringify(Object.fromEntries(parts), null, 2)}\n`;
  }

  window.certregDocument = Object.freeze({ open, describe, namespaceOf, envelopeText, canonical });
})();
