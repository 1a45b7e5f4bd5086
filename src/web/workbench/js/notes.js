// Doubts of an import and faults of a check, beside the fields that they are about.

let faults = [];

function boxFor(pointer) {
  const field = fieldAt(pointer);
  const own = field && part(`about:${field.id}`);
  return own ?? field?.closest('[data-field]')?.querySelector('[data-notes]') ?? null;
}

function doubt(note) {
  const done = button('I have looked at this', () => {
    const field = fieldAt(note.pointer);
    state.notes = state.notes.filter(other => other !== note);
    keepSoon();
    showNotes();
    (field ?? part('tasks')).focus?.();
  });
  return element('div', { class: 'doubt' }, element('p', {}, element('strong', {}, 'Please look: '), note.detail), done);
}

function showNotes() {
  workbench.querySelectorAll('[data-notes]').forEach(box => box.replaceChildren());
  workbench.querySelectorAll('.wrong').forEach(field => field.classList.remove('wrong'));
  workbench.querySelectorAll('[aria-invalid]').forEach(field => field.removeAttribute('aria-invalid'));
  const whole = [];
  for (const note of state.notes) {
    const box = boxFor(note.pointer);
    if (box) box.append(doubt(note));
    else whole.push(doubt(note));
  }
  for (const fault of faults) {
    const field = fieldAt(fault.pointer);
    boxFor(fault.pointer)?.prepend(element('p', { class: 'error' }, element('span', { class: 'vh' }, 'Error: '), fault.detail));
    if (field?.matches('input, textarea, select')) field.setAttribute('aria-invalid', 'true');
    field?.closest('[data-field]')?.classList.add('wrong');
  }
  const many = whole.length === 1 ? '1 thing to look at that belongs to no field' : `${whole.length} things to look at that belong to no field`;
  part('whole').replaceChildren(...(whole.length ? [element('details', {}, element('summary', {}, many), ...whole)] : []));
}

// What a field is called, for the list of faults.
function nameOf(field) {
  const label = field.matches('input, textarea, select') ? workbench.querySelector(`label[for="${CSS.escape(field.id)}"]`) ?? field.closest('label') : null;
  const group = (field.closest('.answer') ?? field.closest('fieldset'))?.querySelector('legend, h3')?.textContent.trim();
  const number = /^(Q )?\d+\.\d+/.exec(group ?? '')?.[0];
  const own = field.type === 'radio' ? 'colour' : label?.textContent.trim() ?? (number ? null : group);
  return [number, own].filter(Boolean).join(', ') || 'The draft';
}

// The list of faults, each leading to its field.
function faultList(places) {
  return element('ul', {}, places.map(place => {
    const field = fieldAt(place.pointer);
    const words = field ? `${nameOf(field)}: ${place.detail}` : place.detail;
    return element('li', {}, field ? element('a', { href: `#${place.pointer}` }, words) : words);
  }));
}
