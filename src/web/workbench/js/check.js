// Checking, and showing what schools will see. The server looks at the draft as it would at a version, and forgets it.

let ready = null;

// The draft as the server reads it.
function work() {
  tidyLists();
  const document = compact(state.document) ?? {}, people = { ...state.people };
  // A supplier of one person has no official, whatever its form said.
  if (state.single) {
    delete document.official;
    delete people.official;
    delete document.commitments?.independently_verified;
  }
  return JSON.stringify({ document, people });
}

async function check() {
  const checked = await ask('/suppliers/start/check', { method: 'POST', body: work() });
  faults = checked.faults;
  ready = checked.ready ? { ...checked.ready, obstacles: checked.obstacles } : null;
  if (checked.single_signatory !== Boolean(state.single)) {
    state.single = checked.single_signatory;
    return check();
  }
  part('official').hidden = state.single;
  showNotes();
  return checked;
}

// Only the place in the row of versions is altered; the answers stay.
function takePlace(next) {
  const { document } = state;
  document.version = next.version;
  put(document, '/previous', next.previous);
  if (document.change.kind !== 'reaffirmation' || next.kind === 'initial') document.change.kind = next.kind;
  changed();
  showAll();
}

function obstacles(checked) {
  const movedOn = checked.obstacles.some(place => place.code === 'version-conflict');
  const move = button(`Make this version ${checked.next?.version}, after what is published`, event => busy(event.target, async () => {
    takePlace(checked.next);
    await runCheck();
  }));
  return checked.obstacles.length ? element('div', { class: 'panel' },
    element('h3', {}, 'Before it can be published here'), faultList(checked.obstacles), movedOn && checked.next ? move : null) : null;
}

// The list of what is wrong stays where the check is, however often one comes back from a field.
function showFaults() {
  if (!faults.length) return;
  const title = faults.length === 1 ? 'There is a problem' : `There are ${faults.length} problems`;
  part('wrong').replaceChildren(element('h2', {}, title), faultList(faults));
}

async function runCheck() {
  const checked = await check();
  const count = checked.faults.length;
  if (count) {
    showFaults();
    part('wrong').focus();
  }
  const hints = checked.hints.length ? element('div', { class: 'panel' }, element('h3', {}, 'You might look at this'),
    element('p', {}, 'Remarks on the text. They stand in nobody’s way.'), faultList(checked.hints)) : null;
  const good = count ? element('p', {}, 'Mend what the list above names, then check again. Everything is kept as it is meanwhile.')
    : element('p', {}, element('strong', {}, 'Nothing is wrong with the draft.'), checked.headline ? ` Schools will read first: “${checked.headline}”` : '');
  part('checked').replaceChildren(good, ...[obstacles(checked), hints].filter(Boolean));
}

part('run-check').addEventListener('click', event => busy(event.target, runCheck));
part('show').addEventListener('submit', () => { part('show').elements.work.value = work(); });
