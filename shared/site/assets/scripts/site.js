// On every page: menus, the history, keys, copying. Each page works without it.
const root = document.documentElement;
root.classList.add('js');
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];

// A submission that got its page is no draft any more.
try {
  if (sessionStorage.getItem('cc-sent') && $('#submission')) {
    localStorage.removeItem('cc-draft');
    $('#title').focus({ preventScroll: true });
  }
  sessionStorage.removeItem('cc-sent');
} catch {
  // The browser was told to keep nothing.
}

globalThis.exactTimes = exactTimes;
function exactTimes() {
  for (const time of $$('time[datetime]')) time.title = new Date(time.dateTime).toLocaleString(root.lang);
}
exactTimes();

// Menus close on a click elsewhere and on Escape.
document.addEventListener('click', (event) => {
  for (const menu of $$('.popup[open]')) if (!menu.contains(event.target)) menu.open = false;
});
document.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape') return;
  for (const menu of $$('.popup[open]')) {
    menu.open = false;
    $('summary', menu).focus();
  }
  closeDrawer();
});

// The history: a drawer where there is no room for a column.
const history = $('#history');
const wide = matchMedia('(min-width: 1100px)');
let opener;
function closeDrawer() {
  if (!history?.classList.contains('open')) return;
  history.classList.remove('open');
  $('.close', history).hidden = true;
  opener?.focus();
}
for (const link of $$('.to-history')) {
  link.addEventListener('click', (event) => {
    if (!history || document.body.classList.contains('history-page') || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (history.classList.contains('open')) return closeDrawer();
    opener = link;
    history.classList.add('open');
    $('.close', history).hidden = false;
    $('.close', history).focus();
  });
}
if (history) {
  $('.close', history).addEventListener('click', closeDrawer);
  document.addEventListener('click', (event) => {
    if (!history.contains(event.target) && !event.target.closest('.to-history')) closeDrawer();
  });
  wide.addEventListener('change', closeDrawer);
}

// Copy buttons answer.
const toast = $('#toast');
let fading;
document.addEventListener('click', async (event) => {
  const button = event.target.closest('[data-copy]');
  const source = button && $(button.dataset.copy);
  if (!source) return;
  const lines = $$('td.line', source);
  await copy(source.value ?? (lines.length ? lines.map((line) => line.textContent).join('\n') : source.textContent), button);
});
document.addEventListener('copy-text', (event) => copy(event.detail, document.activeElement));
async function copy(text, button) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without a secure connection there is no clipboard to write to: copy as browsers always could.
    const area = document.createElement('textarea');
    area.value = text;
    document.body.append(area);
    area.select();
    document.execCommand('copy');
    area.remove();
    button.focus();
  }
  toast.textContent = $('[data-copied]')?.dataset.copied ?? '';
  toast.classList.add('shown');
  clearTimeout(fading);
  fading = setTimeout(() => toast.classList.remove('shown'), 1600);
}

// Keys.
const dialog = $('#keys');
function move(by) {
  const links = $$('#items a.entry, #items .example > a');
  if (!links.length) return;
  if (history && !wide.matches && !history.classList.contains('open')) $('.to-history').click();
  const at = links.indexOf(document.activeElement);
  const from = at < 0 ? links.findIndex((link) => link.ariaCurrent === 'page') : at;
  links[Math.max(0, Math.min(links.length - 1, from + by))].focus();
}
// Single keys can be turned off: a voice, or an unsteady hand, presses them unmeant.
const KEYS_OFF = 'cc-keys-off';
const stored = (act) => {
  try {
    return act(localStorage);
  } catch {
    // Where nothing is kept, it is not kept.
    return null;
  }
};
let single = !stored((storage) => storage.getItem(KEYS_OFF));
const showSingle = () => {
  for (const button of $$('[data-keys]')) button.ariaPressed = single;
};
showSingle();
document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-keys]')) return;
  single = !single;
  stored((storage) => (single ? storage.removeItem(KEYS_OFF) : storage.setItem(KEYS_OFF, '1')));
  showSingle();
});
document.addEventListener('click', (event) => {
  if (!event.target.closest('[data-help]')) return;
  // The focus comes back to the menu's own button, as the one in the menu is gone by then.
  const menu = event.target.closest('.popup');
  $('summary', menu ?? document)?.focus();
  for (const other of $$('.popup[open]')) other.open = false;
  dialog.showModal();
});
// The parts of a page that have a key: none of them begins a run.
const PARTS = {
  ArrowRight: '.ladder .next',
  ArrowLeft: '.ladder li:has(+ li [aria-current]) a',
  c: '#copy-fixed',
  e: '#edit',
  u: '[name="view"]:not(:checked)',
};
document.addEventListener('keydown', (event) => {
  if (!single) return;
  const typing = event.target.closest('input:not([type="radio"]), textarea, select, [contenteditable]');
  if (typing || event.isComposing || event.ctrlKey || event.metaKey || event.altKey || $('dialog[open]')) return;
  // None of them changes anything: a key is soon pressed by mistake, or by a voice.
  const act = {
    n: () => { location.href = '/'; },
    '/': () => {
      if (history && !wide.matches && !history.classList.contains('open')) $('.to-history')?.click();
      $('.filter input')?.focus();
    },
    j: () => move(1),
    k: () => move(-1),
    '?': () => dialog.showModal(),
  }[event.key];
  const isArrow = event.key.startsWith('Arrow') && event.target.closest('[role="tablist"], input, [tabindex="0"]:not(a, button)');
  const part = !isArrow && !event.shiftKey && PARTS[event.key] && $$(PARTS[event.key]).find((part) => part.checkVisibility());
  const tab = (/^[1-4]$/.test(event.key) && $$('#tabs a')[event.key - 1]) || part;
  if (!act && !tab) return;
  event.preventDefault();
  if (act) act();
  else tab.click();
});
