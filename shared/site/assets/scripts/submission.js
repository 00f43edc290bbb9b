// A submission: tabs, the ladder, explanations and their lines, and news as they come.
const article = document.querySelector('#submission');
const icons = article.dataset.icons.split(' ');
const find = (id) => document.getElementById(id);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];

// Tabs. Without script the parts stand one below the other and these are links to them.
const tabs = all('#tabs a');
const bar = find('tabs');
bar.setAttribute('role', 'tablist');
for (const tab of tabs) {
  tab.setAttribute('role', 'tab');
  tab.id = `tab-${tab.hash.slice(1)}`;
  tab.setAttribute('aria-controls', tab.hash.slice(1));
}
function panels() {
  for (const tab of tabs) {
    const panel = find(tab.hash.slice(1));
    panel.setAttribute('role', 'tabpanel');
    panel.setAttribute('aria-labelledby', tab.id);
  }
}
let current;
function show(tab) {
  current = tab;
  for (const other of tabs) {
    const chosen = other === tab;
    other.setAttribute('aria-selected', String(chosen));
    other.tabIndex = chosen ? 0 : -1;
    find(other.hash.slice(1)).hidden = !chosen;
  }
}
function followHash() {
  const target = find(location.hash.slice(1));
  const panel = target?.closest('.panel');
  const tab = panel && tabs.find((tab) => tab.hash === `#${panel.id}`);
  if (!tab) return;
  show(tab);
  if (target !== panel) target.scrollIntoView({ block: 'center' });
}
for (const tab of tabs) {
  tab.addEventListener('click', (event) => {
    event.preventDefault();
    window.history.replaceState(null, '', tab.hash);
    show(tab);
  });
}
bar.addEventListener('keydown', (event) => {
  const at = tabs.indexOf(document.activeElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  const tab = tabs.at(to % tabs.length);
  tab.click();
  tab.focus();
});
addEventListener('hashchange', followHash);
panels();
show(tabs[0]);
followHash();

// The ladder: shows more without loading the page again.
let step = find('fix').dataset.step;
function climb() {
  find('fix').dataset.step = step;
  for (const rung of all('.ladder a:not(.all)')) {
    if (rung.dataset.step === step) rung.setAttribute('aria-current', 'step');
    else rung.removeAttribute('aria-current');
  }
}
article.addEventListener('click', (event) => {
  const rung = event.target.closest('.ladder a');
  if (!rung || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const always = rung.dataset.step === 'all';
  step = always ? '4' : rung.dataset.step;
  if (always || step === '1') document.cookie = `cc_step=${step}; path=/; max-age=31536000; samesite=lax`;
  climb();
});

// How the change is looked at stays as chosen.
let view;
function recallView() {
  try {
    view ??= localStorage.getItem('cc-view');
  } catch {
    // The browser was told to keep nothing.
  }
  const choice = document.querySelector(`input[name="view"][value="${view === 'unified' ? 'unified' : 'split'}"]`);
  if (choice) choice.checked = true;
}
article.addEventListener('change', (event) => {
  if (event.target.name !== 'view') return;
  view = event.target.value;
  try {
    localStorage.setItem('cc-view', view);
  } catch {
    // It holds until the page is left.
  }
});
recallView();

// An explanation and its lines point at each other.
const numbers = (element) => (element?.dataset.fix ?? '').split(' ').filter(Boolean);
function point(event) {
  const wanted = numbers(event.target.closest?.('[data-fix]'));
  for (const element of all('[data-fix]', article)) {
    element.classList.toggle('near', numbers(element).some((number) => wanted.includes(number)));
  }
}
article.addEventListener('mouseover', point);
article.addEventListener('focusin', point);
article.addEventListener('click', (event) => {
  const link = event.target.closest('.lines-link');
  const fix = link?.closest('.card').dataset.fix;
  const line = fix && all(`tr[data-fix~="${fix}"]`, find('fix')).find((row) => row.offsetParent);
  if (!line) return;
  event.preventDefault();
  line.scrollIntoView({ block: 'center' });
});

// News. The page is asked for again and its parts that changed are put in place: one renderer, on the server.
const last = new Map(all('[data-live]').map((part) => [part.id, part.innerHTML]));
const received = new Map();
let over = 'finished' in find('head').dataset;
let loading = false;
let again = false;
async function load() {
  if (loading) {
    again = true;
    return;
  }
  loading = true;
  try {
    const answer = await fetch(location.pathname + location.search, { headers: { accept: 'text/html' } });
    if (answer.status === 404) {
      over = true;
      location.reload();
    } else if (answer.ok) {
      put(new DOMParser().parseFromString(await answer.text(), 'text/html'));
    }
  } catch {
    // The next news will find it.
  } finally {
    loading = false;
    if (again) {
      again = false;
      load();
    }
  }
}
function put(page) {
  const head = page.getElementById('head');
  if (Number(head.dataset.version) < Number(find('head').dataset.version)) return;
  const was = find('head').dataset.status;
  const focused = document.activeElement?.id;
  const announced = page.getElementById('announcement').textContent;
  for (const part of all('[data-live]', page)) {
    const here = find(part.id);
    const html = part.innerHTML;
    if (last.get(part.id) === html) continue;
    last.set(part.id, html);
    const open = all('details[open]', here).map((details) => details.id);
    if (part.id === 'progress') {
      // The element that is read aloud stays, or it would not be.
      const announcement = find('announcement');
      here.replaceChildren(...document.adoptNode(part).childNodes);
      find('announcement').replaceWith(announcement);
    } else {
      here.replaceChildren(...document.adoptNode(part).childNodes);
    }
    for (const id of open) if (id && find(id)) find(id).open = true;
  }
  Object.assign(find('head').dataset, { version: head.dataset.version, status: head.dataset.status });
  if (focused && document.activeElement === document.body) find(focused)?.focus();
  if (find('announcement').textContent !== announced) find('announcement').textContent = announced;
  const item = find(`item-${article.dataset.id}`);
  const newer = page.getElementById(`item-${article.dataset.id}`);
  if (item && newer) item.replaceWith(document.adoptNode(newer));
  document.title = page.title;
  globalThis.exactTimes?.();
  climb();
  recallView();
  stream();
  if ('finished' in head.dataset) {
    find('head').dataset.finished = '';
    over = true;
    events?.close();
    if (was !== head.dataset.status) badge(head.dataset.status);
  }
}
function badge(status) {
  const icon = document.querySelector('link[rel="icon"]');
  if (status === 'COMPLETED') icon.href = icons[0];
  if (status === 'FAILED') icon.href = icons[1];
}
function stream() {
  for (const place of all('.stage .stream')) {
    const bytes = received.get(place.closest('.stage').dataset.stage);
    const amount = bytes && `${(bytes / 1024).toLocaleString(document.documentElement.lang, { minimumFractionDigits: 1, maximumFractionDigits: 1 })} KB`;
    place.textContent = bytes ? `${article.dataset.receiving} ${amount}` : article.dataset.waiting;
  }
}

let events;
let deaf = 0;
function listen() {
  events = new EventSource(`/api/v1/submissions/${article.dataset.id}/events`);
  const changed = (event) => {
    deaf = 0;
    const now = JSON.parse(event.data);
    for (const [name, stage] of Object.entries(now.stages)) if (stage?.state !== 'RUNNING') received.delete(name);
    if (now.version > Number(find('head').dataset.version)) load();
    else stream();
  };
  events.addEventListener('snapshot', changed);
  events.addEventListener('change', changed);
  events.addEventListener('received', (event) => {
    const { stage, bytes } = JSON.parse(event.data);
    received.set(stage, bytes);
    stream();
  });
  events.addEventListener('deleted', load);
  events.addEventListener('error', () => { deaf += 1; });
}
if (!over) {
  listen();
  // Looks for itself where events do not come, and for the place in the queue, of which there are none.
  let turns = 0;
  setInterval(() => {
    turns += 1;
    const silent = deaf > 1 || events.readyState === EventSource.CLOSED;
    // Less often where nobody looks, but for the title and the icon of the tab.
    if (over || (document.hidden && turns % 5)) return;
    if (silent || find('head').dataset.status === 'QUEUED') load();
  }, 3000);
  setInterval(() => {
    for (const place of all('[data-since]')) {
      // Counted from what the server says, as clocks differ.
      place.began ??= performance.now() - 1000 * parseFloat(place.textContent.replace(',', '.'));
      place.textContent = `${Math.floor((performance.now() - place.began) / 1000)} s`;
    }
  }, 1000);
}
