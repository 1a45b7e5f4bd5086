// The text of a Word document, read here: the file itself is not sent. Tables become rows of cells, as 'certreg import'
// reads them: | question | answer |.

const MOST_BYTES = 64 * 1024 * 1024;

// The bytes of one file in a packed one (PKWARE APPNOTE 4.3: end record, central directory, local header).
async function unpacked(bytes, name) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let end = bytes.length - 22;
  while (end >= 0 && view.getUint32(end, true) !== 0x06054b50) end--;
  if (end < 0) return null;
  let entry = view.getUint32(end + 16, true);
  for (let n = view.getUint16(end + 10, true); n > 0; n--) {
    const [method, packed, named] = [view.getUint16(entry + 10, true), view.getUint32(entry + 20, true), view.getUint16(entry + 28, true)];
    const start = view.getUint32(entry + 42, true);
    if (new TextDecoder().decode(bytes.subarray(entry + 46, entry + 46 + named)) === name) {
      const from = start + 30 + view.getUint16(start + 26, true) + view.getUint16(start + 28, true);
      const content = bytes.subarray(from, from + packed);
      return method === 0 ? content : inflated(content);
    }
    entry += 46 + named + view.getUint16(entry + 30, true) + view.getUint16(entry + 32, true);
  }
  return null;
}

// A small file can unpack to a huge one: reading stops at the limit.
async function inflated(content) {
  const reader = new Blob([content]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
  const pieces = [];
  for (let length = 0; ;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.length;
    if (length > MOST_BYTES) throw new Error('too large');
    pieces.push(value);
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

const WORDS = 'http://schemas.openxmlformats.org/wordprocessingml/2006/main';

// What Word may put around a row or cell: content controls, insertions that are being tracked.
const AROUND = ['sdt', 'sdtContent', 'ins', 'customXml', 'moveTo'];
const within = (node, name) => [...node.children].flatMap(child => {
  if (child.namespaceURI !== WORDS) return [];
  if (child.localName === name) return [child];
  return AROUND.includes(child.localName) ? within(child, name) : [];
});

function wordsOf(node) {
  let text = '';
  for (const child of node.children) {
    if (child.namespaceURI !== WORDS) text += child.localName === 'AlternateContent' ? '' : wordsOf(child);
    else if (child.localName === 't') text += child.textContent;
    else if (child.localName === 'tab') text += ' ';
    else if (child.localName === 'br' || child.localName === 'cr') text += '\n';
    else if (child.localName === 'noBreakHyphen') text += '-';
    else if (!['del', 'delText', 'instrText', 'moveFrom', 'pPr', 'rPr'].includes(child.localName)) text += wordsOf(child);
  }
  return text;
}

// The lines of a body or cell: paragraphs as they come, tables row by row.
function linesOf(node) {
  return [...node.children].flatMap(child => {
    if (child.localName === 'p') {
      const item = child.getElementsByTagNameNS(WORDS, 'numPr').length > 0;
      return [`${item ? '- ' : ''}${wordsOf(child)}`];
    }
    if (child.localName === 'tbl') {
      const cell = cell => linesOf(cell).filter(line => line.trim()).join('<br>').replaceAll('\n', '<br>').replaceAll('|', '\\|');
      return ['', ...within(child, 'tr').map(row => `| ${within(row, 'tc').map(cell).join(' | ')} |`), ''];
    }
    return AROUND.includes(child.localName) ? linesOf(child) : [];
  });
}

async function textOfDocx(bytes) {
  const unreadable = new Error('This Word document cannot be read here. Open it, select everything, copy it, and paste it into the field below.');
  let content;
  try {
    content = await unpacked(bytes, 'word/document.xml');
  } catch {
    throw unreadable;
  }
  if (!content) return null;
  const tree = new DOMParser().parseFromString(new TextDecoder().decode(content), 'application/xml');
  const body = tree.getElementsByTagNameNS(WORDS, 'body')[0];
  if (!body) throw unreadable;
  return linesOf(body).map(line => line.startsWith('|') ? line : `${line}\n`).join('\n');
}
