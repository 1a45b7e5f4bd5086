// The start: take up what this browser has kept, and show the part of the page that the address names.

part('app').hidden = false;
if (!window.isSecureContext) tell('This page was opened without https, so nothing can be signed or saved here. Open its address with https:// in front.');
if (resume() && toOwnEdition()) {
  // Gone to the page of the draft's own edition.
} else if (state && !data.editions.includes(state.document.edition?.id)) {
  wrong('The draft in this browser answers other questions', element('p', {}, 'Its edition is not published here. Save it to a file under the task list, and ask the Department which register it is for.'));
}
addEventListener('hashchange', () => showView());
if (state) showAll();
showView(true);
if (new URLSearchParams(location.search).has('from') && !location.hash) go('begin');
