// The page on which keys are made.
(() => {
  'use strict';
  const form = document.getElementById('make-key');
  window.certregPanels.keyMaking(form);
  window.certregSigning.unavailable().then(reason => {
    if (reason) window.certregPanels.tell(form.querySelector('[data-fault]'), new Error(reason));
  });
})();
