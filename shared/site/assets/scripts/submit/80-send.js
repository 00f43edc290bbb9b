form.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && !event.isComposing && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  }
});

// Runs the program on the samples. The server makes the verdicts as it does for a page without script.
async function runSamples(button) {
  if (button.getAttribute('aria-busy')) return;
  const outcome = document.querySelector('#outcome');
  button.setAttribute('aria-busy', 'true');
  const body = new FormData(form);
  for (const name of ['text', 'images', 'failing_input']) body.delete(name);
  outcome.hidden = false;
  outcome.textContent = button.dataset.running;
  try {
    const answer = await fetch('/check', { method: 'POST', body });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    outcome.replaceChildren();
    outcome.hidden = true;
    if (answer.ok) {
      forgive();
      outcome.hidden = false;
      outcome.replaceChildren(...document.adoptNode(page.querySelector('#outcome')).childNodes);
      outcome.focus();
    } else refuse(page);
  } catch {
    outcome.hidden = true;
    complain(form.dataset.unreachable);
  }
  button.removeAttribute('aria-busy');
}
// Sends it without leaving the page, so that nothing is lost if it is refused, the chosen screenshots included.
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  if (event.submitter?.id === 'run-samples') {
    await runSamples(event.submitter);
    return;
  }
  if (form.dataset.sent) return;
  form.dataset.sent = 'yes';
  const button = document.querySelector('#send');
  button.setAttribute('aria-busy', 'true');
  try {
    await opening;
    await turn;
    key ??= [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');
    const answer = await fetch(form.action, { method: 'POST', body: new FormData(form), headers: { 'idempotency-key': key } });
    if (new URL(answer.url).pathname.startsWith('/submissions/')) {
      try {
        if (isOwn) storage('sessionStorage').setItem('cc-sent', 'yes');
      } finally {
        location.assign(answer.url);
      }
      return;
    }
    refuse(new DOMParser().parseFromString(await answer.text(), 'text/html'));
  } catch {
    // It may have been taken all the same: the key keeps it from being taken twice.
    complain(form.dataset.unreachable);
  }
  button.removeAttribute('aria-busy');
  delete form.dataset.sent;
});
function forgive() {
  document.querySelector('#refused').hidden = true;
  for (const error of form.querySelectorAll('[id$="-error"]')) error.hidden = true;
  for (const field of form.querySelectorAll('[aria-invalid]')) {
    field.removeAttribute('aria-invalid');
    const about = (field.getAttribute('aria-describedby') ?? '').split(' ').filter((id) => !id.endsWith('-error'));
    field.setAttribute('aria-describedby', about.join(' '));
  }
}
// A field that is being corrected is no longer wrong.
form.addEventListener('input', ({ target }) => {
  const wrong = target.closest('[aria-invalid]');
  if (!wrong) return;
  // Where both are missing, one will do.
  const isMissing = (area) => document.getElementById(`${area.id}-error`)?.hidden;
  const both = [text, code].includes(wrong) ? [text, code].filter(isMissing) : [];
  for (const area of [wrong, ...both]) {
    area.removeAttribute('aria-invalid');
    const error = document.getElementById(`${area.id}-error`);
    if (error) error.hidden = true;
  }
  if (!form.querySelector('[aria-invalid]')) forgive();
});
function refuse(page) {
  const banner = document.querySelector('#refused');
  const theirs = page.querySelector('#refused');
  if (theirs) {
    forgive();
    for (const error of page.querySelectorAll('#submit [id$="-error"]:not([hidden])')) {
      document.getElementById(error.id)?.replaceWith(document.adoptNode(error));
    }
    for (const field of page.querySelectorAll('#submit [aria-invalid]')) {
      const ours = document.getElementById(field.id);
      ours?.setAttribute('aria-invalid', 'true');
      ours?.setAttribute('aria-describedby', field.getAttribute('aria-describedby'));
    }
    for (const aside of theirs.querySelectorAll('noscript')) aside.remove();
    banner.replaceChildren(...theirs.childNodes);
  } else {
    const words = [...page.querySelectorAll('main h1, main h1 ~ p')].map((part) => part.textContent.trim());
    complain(words.slice(0, 2).join('. '));
    return;
  }
  banner.hidden = false;
  showWrong();
}
function complain(text) {
  const banner = document.querySelector('#refused');
  banner.textContent = text;
  banner.hidden = false;
  banner.focus();
}
function showWrong() {
  const wrong = form.querySelector('[aria-invalid="true"]');
  for (let fold = wrong?.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
  (wrong ?? document.querySelector('#refused:not([hidden])'))?.focus();
}
// Back to the form from the page that followed: it can be sent again.
addEventListener('pageshow', () => {
  delete form.dataset.sent;
  document.querySelector('#send').removeAttribute('aria-busy');
});

paint();
form.classList.add('ready');
showWrong();
sayDraft();
// Only where nothing moves, and no keyboard comes up over half of the page.
if (hasMouse && isBlank() && document.activeElement === document.body && !location.hash && text.getBoundingClientRect().bottom < innerHeight) {
  text.focus({ preventScroll: true });
}
