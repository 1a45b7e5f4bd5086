// Small things that every part of the page needs: elements, messages, files, and asking the server.

const data = JSON.parse(document.getElementById('data').textContent);
const part = id => document.getElementById(id);

// A new element; strings become text, never markup.
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children.flat().filter(child => child !== null && child !== undefined));
  return made;
}

function button(words, act, look = 'second') {
  const made = element('button', { type: 'button', class: look }, words);
  made.addEventListener('click', act);
  return made;
}

// A message about what was done.
function tell(words, ...more) {
  part('told').replaceChildren(...(words ? [element('p', {}, words), ...more] : []));
}

// A message about what went wrong, to which the reader is led.
function wrong(title, ...more) {
  part('wrong').replaceChildren(element('h2', {}, title), ...more);
  part('wrong').focus();
  part('wrong').scrollIntoView();
}

const clearMessages = () => [part('told'), part('wrong')].forEach(box => box.replaceChildren());

function download(name, text, words = `Download ${name}`) {
  const address = URL.createObjectURL(new Blob([text], { type: 'application/octet-stream' }));
  return element('a', { href: address, download: name, class: 'button' }, words);
}

// Asks one of the server's doors. Gives the answer, or throws what can be shown.
async function ask(address, options = {}) {
  let answer;
  try {
    answer = await fetch(address, { cache: 'no-store', ...options });
  } catch {
    throw new Error('The register could not be reached. Look at your connection and try again: nothing that you typed is lost.');
  }
  const read = await answer.json().catch(() => ({}));
  if (answer.ok) return read;
  if (answer.status === 413) throw new Error('That is over 1 MiB, far more than a form or a draft has. Is it the right file? Pictures in it are not needed: paste its text instead.');
  throw Object.assign(new Error(read.detail ?? `The register answered ${answer.status}. Try again in a minute: nothing that you typed is lost.`), { read });
}

// Runs a form's or a button's work: once at a time, and with its failure shown.
async function busy(control, work) {
  if (control.disabled) return;
  clearMessages();
  control.disabled = true;
  try {
    await work();
  } catch (error) {
    wrong('That did not work', element('p', {}, error.message));
  } finally {
    control.disabled = false;
  }
}

function onSubmit(id, work) {
  part(id).addEventListener('submit', event => {
    event.preventDefault();
    busy(event.submitter ?? part(id).querySelector('button'), () => work(event.submitter?.value));
  });
}

// ---- Views: one part of the page at a time, each with an address ----------------------------------------------------

const title = document.title;
const views = () => [...document.querySelectorAll('[data-view]')];
const viewOf = found => found?.closest('[data-view]')?.dataset.view;

// The field (or what is nearest around it) that a pointer means.
function fieldAt(pointer) {
  for (let place = pointer; place; place = place.slice(0, place.lastIndexOf('/'))) {
    const found = part(place);
    if (found) return found;
  }
  return null;
}

// An address may hold anything.
function asWritten(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}

// The first view of all leaves the focus where the browser has it.
function showView(first) {
  const asked = asWritten(location.hash.slice(1));
  const field = asked.startsWith('/') ? fieldAt(asked) : null;
  const name = viewOf(field) ?? (part('app').querySelector(`[data-view="${CSS.escape(asked)}"]`) ? asked : state ? 'tasks' : 'begin');
  const shown = state || name === 'begin' ? name : 'begin';
  clearMessages();
  tell(onArrival);
  onArrival = '';
  views().forEach(view => { view.hidden = view.dataset.view !== shown; });
  const view = views().find(view => !view.hidden);
  if (shown === 'tasks') showTasks();
  if (shown === 'check') showFaults();
  if (shown === 'sign') showSigning();
  if (shown === 'begin') showBefore();
  const target = field && !view.hidden && view.contains(field) ? field : view.querySelector('h2');
  document.title = `${view.querySelector('h2').textContent} – ${title}`;
  if (first !== true || field) target.focus();
  if (!field) scrollTo(0, 0);
}

// Shows a view, with words about how one came there.
let onArrival = '';
function go(view, words = '') {
  onArrival = words;
  if (location.hash === `#${view}`) showView();
  else location.hash = view;
}
