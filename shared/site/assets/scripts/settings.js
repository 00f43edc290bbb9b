// The panel: forms answer in place, so that nothing typed is lost, and the queue is looked at again and again.
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const SECRET = '#OPENAI_API_KEY';
let busy = false;

function replace(fresh, form) {
  const section = $('#section', fresh);
  if (!section) return false;
  document.title = fresh.title;
  // Replacing the section must not lose text typed into its other forms.
  const typed = $$('#section textarea, #section input')
    .filter((field) => field.id && !form.contains(field) && field.value !== field.defaultValue)
    .map((field) => [field.id, field.value]);
  $('#section').replaceWith(document.adoptNode(section));
  for (const [id, value] of typed) {
    const field = document.getElementById(id);
    if (field) field.value = value;
  }
  document.dispatchEvent(new Event('swapped'));
  return true;
}

function complain(text, link) {
  $('#notice')?.remove();
  const notice = document.createElement('p');
  notice.id = 'notice';
  notice.className = 'error banner';
  notice.setAttribute('role', 'alert');
  notice.tabIndex = -1;
  notice.append(text);
  if (link) {
    const anchor = document.createElement('a');
    anchor.href = location.pathname;
    anchor.target = '_blank';
    anchor.textContent = link;
    notice.append(' ', anchor);
  }
  $('#section .lead').after(notice);
  notice.scrollIntoView({ block: 'center' });
}

document.addEventListener('submit', async (event) => {
  const form = event.target.closest('form[data-swap]');
  if (!form) return;
  event.preventDefault();
  if (busy) return;
  busy = true;
  const button = event.submitter;
  const label = button?.dataset.busy && $('span', button);
  const rest = label?.textContent;
  if (label) label.textContent = button.dataset.busy;
  button?.setAttribute('aria-busy', 'true');
  const folds = $$('details').map((fold) => fold.open);
  try {
    const body = new URLSearchParams(new FormData(form, button));
    const answer = await fetch(form.action, { method: 'POST', body });
    const typed = answer.redirected ? '' : $(SECRET)?.value;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    if (answer.status === 401) {
      complain($('#section').dataset.expired, $('#section').dataset.logIn);
    } else if (!replace(fresh, form)) {
      const words = [...fresh.querySelectorAll('main h1, main h1 ~ p')].map((part) => part.textContent.trim());
      complain(words.slice(0, 2).join('. '));
    } else {
      if (answer.redirected) window.history.replaceState(null, '', new URL(answer.url).pathname);
      if (typed) $(SECRET).value = typed;
      const now = $$('details');
      if (now.length === folds.length) now.forEach((fold, at) => { fold.open ||= folds[at]; });
      const news = $('[aria-invalid="true"]') ?? $('#report') ?? $('#ask') ?? $('#notice');
      news?.focus({ preventScroll: true });
      news?.scrollIntoView({ block: 'center' });
    }
  } catch {
    complain($('#section').dataset.unreachable);
  } finally {
    busy = false;
    button?.removeAttribute('aria-busy');
    if (label) label.textContent = rest;
  }
});

// A prompt is saved once it differs from the one in use.
function allowSaving() {
  for (const button of $$('[data-saves]')) {
    const field = $(button.dataset.saves);
    button.disabled = field.dataset.unsaved === undefined && field.value === field.defaultValue;
  }
}
allowSaving();
document.addEventListener('swapped', allowSaving);
document.addEventListener('input', allowSaving);
addEventListener('pageshow', allowSaving);

document.addEventListener('input', (event) => {
  const count = event.target.dataset?.count;
  if (count) $(count).textContent = [...event.target.value].length.toLocaleString(document.documentElement.lang);
});

// The queue, while it is looked at.
if ($('[data-reload]')) {
  let read = Date.now();
  const tell = () => {
    const place = $('[data-updated]');
    if (place) place.textContent = place.dataset.updated.replace('{}', Math.round((Date.now() - read) / 1000));
  };
  tell();
  setInterval(tell, 1000);
  document.addEventListener('swapped', () => { read = Date.now(); tell(); });
  setInterval(async () => {
    const queue = $('[data-reload]');
    if (busy || document.hidden || !queue || queue.contains(document.activeElement)) return;
    try {
      const answer = await fetch(location.pathname);
      const fresh = $('[data-reload]', new DOMParser().parseFromString(await answer.text(), 'text/html'));
      if (fresh && !busy && !queue.contains(document.activeElement)) {
        fresh.querySelectorAll('details').forEach((fold, at) => { fold.open = $$('details', queue)[at]?.open ?? fold.open; });
        queue.replaceWith(document.adoptNode(fresh));
        document.dispatchEvent(new Event('swapped'));
      }
    } catch {
      // The old numbers stay; the next time may go better.
    }
  }, 3000);
}
