// The start: take up what this browser has kept, and show the part of the page that the address names.

function start() {
  if (resume() && toOwnEdition(location.hash.slice(1) || 'tasks')) return;
  // Words that came along from the page of another edition.
  if (state?.words) {
    onArrival = state.words;
    delete state.words;
    keepSoon();
  }
  addEventListener('hashchange', () => showView());
  if (state) showAll();
  showView(true);
  if (new URLSearchParams(location.search).has('from') && !location.hash) go('begin');
  if (state && !data.editions.includes(state.document.edition?.id)) {
    wrong('The draft in this browser answers other questions', element('p', {}, 'Its edition is not published here. Save it to a file under the task list, and ask the Department which register it is for.'));
  }
  if (!window.isSecureContext) {
    wrong('This page was opened without https', element('p', {}, 'Nothing can be signed or saved to a file here. Open its address with https:// in front.'));
  }
}

part('app').hidden = false;
start();
