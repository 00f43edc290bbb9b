// The history, as a column and as a page: it is searched while one types, read on, and cleared of what one owns. It works without.
const $ = (selector, within = document) => within.querySelector(selector);
const $$ = (selector, within = document) => [...within.querySelectorAll(selector)];
const root = document.documentElement;
const history = $('#history') ?? $('.history-page main');
const form = $('.filter', history);
const found = $('#found');

const load = async (address) => {
  const answer = await fetch(address, { headers: { accept: 'text/html' } });
  if (!answer.ok) throw new Error(String(answer.status));
  return new DOMParser().parseFromString(await answer.text(), 'text/html');
};
const query = () => {
  const filled = [...new FormData(form)].filter(([, value]) => value.trim());
  return new URLSearchParams(filled);
};

// As the pages write English dates.
const locale = root.lang === 'en' ? 'en-GB' : root.lang;
// Times of submission stand in for titles, and days are headings: both as the visitor's clock has them.
const sameDay = (a, b) => a.toDateString() === b.toDateString();
const dayOf = (time, table) => {
  const now = new Date();
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1);
  if (sameDay(time, now)) return table.dataset.today;
  if (sameDay(time, yesterday)) return table.dataset.yesterday;
  const year = time.getFullYear() === now.getFullYear() ? undefined : 'numeric';
  return time.toLocaleDateString(locale, { day: 'numeric', month: 'short', year });
};
const stamps = () => {
  const style = { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit', hour12: false };
  for (const time of $$('time[data-stamp]')) time.textContent = new Date(time.dateTime).toLocaleString(locale, style).replace(',', '');
};
const group = () => {
  const table = $('table.submissions');
  if (!table) return;
  let body;
  for (const row of $$('tr.submission', table)) {
    const day = dayOf(new Date(row.dataset.time), table);
    if (body?.dataset.day !== day) {
      body = document.createElement('tbody');
      body.dataset.day = day;
      const head = body.insertRow();
      head.className = 'day';
      head.append(Object.assign(document.createElement('th'), { scope: 'rowgroup', colSpan: 7, textContent: day }));
      row.closest('tbody').before(body);
    }
    body.append(row);
  }
  for (const old of $$('tbody:not([data-day])', table)) old.remove();
};
const settle = () => {
  globalThis.exactTimes?.();
  stamps();
  group();
  count();
};

let latest = 0;
const search = async () => {
  const mine = ++latest;
  const asked = query();
  try {
    if (found) {
      const page = await load(`/history?${asked}`);
      if (mine !== latest) return;
      found.replaceChildren(...page.querySelector('#found').childNodes);
      $('#done').hidden = true;
      globalThis.history.replaceState(null, '', asked.size ? `/history?${asked}` : '/history');
    } else {
      asked.set('part', 'items');
      const page = await load(`/history?${asked}`);
      if (mine !== latest) return;
      $('#items').replaceChildren(...page.body.childNodes);
    }
    settle();
  } catch {
    // The list that is there stays.
  }
};
let wait;
form.addEventListener('input', () => {
  clearTimeout(wait);
  wait = setTimeout(search, 200);
});
form.addEventListener('submit', (event) => {
  event.preventDefault();
  clearTimeout(wait);
  search();
});
history.addEventListener('click', (event) => {
  if (!event.target.closest('.clear')) return;
  event.preventDefault();
  for (const field of $$('input, select', form)) field.value = '';
  $('input', form).focus();
  search();
});

// Older ones are read on a click, and where one scrolls to the end; focus that moves scrolls too, and would never get past them.
const older = async (place) => {
  if (place.dataset.loading) return;
  place.dataset.loading = 'yes';
  const address = new URL($('a', place).href);
  const focused = place.contains(document.activeElement);
  const table = $('table.submissions', history);
  address.searchParams.set('part', table ? 'rows' : 'items');
  try {
    const page = await load(address);
    const first = page.querySelector('.entry');
    if (table) {
      // Days that both parts have become one.
      for (const day of $$('tbody[data-day]', table)) delete day.dataset.day;
      table.append(...$$('tbody', page));
      place.replaceWith(...$$('.older', page));
    } else {
      place.replaceWith(...page.body.childNodes);
    }
    settle();
    if (focused) first?.focus();
  } catch {
    // The link that is there still leads to them.
    delete place.dataset.loading;
  }
};
history.addEventListener('click', (event) => {
  const place = event.target.closest('.older');
  if (!place || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  older(place);
});
let moved = false;
for (const kind of ['wheel', 'touchmove', 'pointerdown']) addEventListener(kind, () => { moved = true; }, { passive: true });
addEventListener('keydown', (event) => { moved = ['PageDown', 'End', ' '].includes(event.key); });
addEventListener('scroll', () => {
  const place = moved && $('.older', history);
  // A list that is not shown has its end at the top.
  if (place && place.checkVisibility() && place.getBoundingClientRect().top < innerHeight + 200) older(place);
}, { passive: true, capture: true });

// Deleting asks first.
const dialog = $('#confirm');
const picked = () => $$('input[name="id"]:checked', found);
function count() {
  const some = found ? picked().length : 0;
  const button = $('#delete-selected');
  if (!button) return;
  button.disabled = some === 0;
  $('.count', button).textContent = some ? `(${some})` : '';
  const boxes = $$('input[name="id"]', found);
  Object.assign($('#pick-all'), { checked: some > 0 && some === boxes.length, indeterminate: some > 0 && some < boxes.length });
}
const ask = (ids) => {
  const { one, many } = dialog.dataset;
  $('#confirm-title').textContent = ids.length === 1 ? one : many.replace('{}', ids.length);
  const fields = ids.map((value) => Object.assign(document.createElement('input'), { type: 'hidden', name: 'id', value }));
  $('.ids', dialog).replaceChildren(...fields);
  dialog.showModal();
};
found?.addEventListener('change', (event) => {
  if (event.target.id === 'pick-all') {
    for (const box of $$('input[name="id"]', found)) box.checked = event.target.checked;
  }
  count();
});
found?.addEventListener('submit', (event) => {
  event.preventDefault();
  // As many as the server takes at once.
  ask(picked().slice(0, 100).map((box) => box.value));
});
found?.addEventListener('click', (event) => {
  const link = event.target.closest('a.delete');
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  ask([link.dataset.id]);
});
dialog?.querySelector('[value="no"]').addEventListener('click', () => dialog.close());
// A reload does not say again that something was deleted.
if (found && new URLSearchParams(location.search).has('deleted')) globalThis.history.replaceState(null, '', '/history');
settle();
