// The task list: how much of each part is written.

const places = holes(data.blank);

// The names and ids that a blank draft gives itself are to be written as well.
places.push('/supplier', '/service');

function isWritten(pointer) {
  const person = /^\/(signatory|official)\/person$/.exec(pointer);
  if (person) return Boolean(state.people[person[1]]?.name?.trim());
  // Any of the ways to reach somebody may be the one that is asked for.
  const way = /^(.*\/contacts)\/0\/(email|telephone)$/.exec(pointer);
  if (way) return [at(state.document, way[1]) ?? []].flat().some(contact => compact(contact?.[way[2]]) !== undefined);
  return compact(at(state.document, pointer)) !== undefined;
}

const isAsked = pointer => !(state.single && (pointer.startsWith('/official/') || pointer === '/commitments/independently_verified'));

// What is still to be written in a view, and how much there is in all. The page of colours counts the colours.
function progress(view) {
  const asked = places.filter(isAsked);
  const own = view === 'colours' ? asked.filter(place => place.endsWith('/code')) : asked.filter(place => viewOf(fieldAt(place)) === view);
  return { all: own.length, left: own.filter(place => !isWritten(place)).length };
}

function standing(view) {
  if (view === 'check') return ready ? 'No faults' : faults.length ? `${faults.length} to mend` : '';
  if (view === 'sign') return state.published && state.published.of === inSigning()?.digest ? 'Published' : state.signed?.signature ? 'Signed' : '';
  const { all, left } = progress(view);
  const looks = state.notes.filter(note => viewOf(fieldAt(note.pointer)) === view).length;
  const words = all ? [left ? `${left} of ${all} to write` : 'Done'] : [];
  if (looks) words.push(`${looks} to look at`);
  return words.join(', ');
}

function showTasks() {
  const { service_name: service, supplier_name: supplier, version } = state.document;
  part('which').textContent = `${service ?? 'A service without a name yet'}${supplier ? `, ${supplier}` : ''}: version ${version}.`;
  for (const link of part('tasks').querySelectorAll('a')) {
    const words = standing(link.hash.slice(1));
    link.parentElement.querySelector('span')?.remove();
    if (words) link.parentElement.append(element('span', { class: 'muted' }, words));
  }
  showNotes();
  showKept();
}

// Everything that the draft holds, in whichever view it stands.
function showAll() {
  part('official').hidden = Boolean(state.single);
  showFields();
  showNotes();
}
