// A submission: tabs, the ladder, and news as they come. The change itself is the matter of diff.js.
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
    const panel = find(other.hash.slice(1));
    panel.hidden = !chosen;
    panel.classList.toggle('shown', chosen);
  }
}
function followHash() {
  const target = find(location.hash.slice(1));
  const panel = target?.closest('.panel');
  const tab = tabs.find((tab) => tab.hash === `#${panel?.id ?? find('head').dataset.first}`);
  show(tab ?? tabs[0]);
  for (const fold of all('details', panel ?? bar)) if (fold.contains(target)) fold.open = true;
  if (panel) (target === panel ? bar : target).scrollIntoView({ block: target === panel ? 'start' : 'center' });
}
for (const tab of tabs) {
  tab.addEventListener('click', (event) => {
    event.preventDefault();
    if (tab !== current) window.history.pushState(null, '', tab.hash);
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
addEventListener('popstate', followHash);
panels();
followHash();

// The ladder: shows more without loading the page again, of all bugs or of one.
let step = find('fix').dataset.step;
// Bugs of which more is shown than of the others.
const revealed = new Map();
function reveal() {
  for (const card of all('.card', find('fix'))) {
    const own = revealed.get(card.dataset.fix) ?? step;
    card.dataset.step = own;
    for (const row of all(`tr[data-fix~="${card.dataset.fix}"]`, find('fix'))) row.classList.toggle('shown', own === '4');
  }
}
function climb() {
  find('fix').dataset.step = step;
  reveal();
  for (const rung of all('.ladder li a')) {
    if (rung.dataset.step === step) rung.setAttribute('aria-current', 'step');
    else rung.removeAttribute('aria-current');
  }
  document.dispatchEvent(new Event('step'));
}
article.addEventListener('click', (event) => {
  const rung = event.target.closest('.ladder a');
  if (!rung || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const always = rung.dataset.step === 'all';
  step = always ? '4' : rung.dataset.step;
  if (always || step === '1') document.cookie = `cc_step=${step}; path=/; max-age=31536000; samesite=lax`;
  const hadFocus = rung === document.activeElement;
  revealed.clear();
  climb();
  // The button that was pressed is gone: the one after it is where the reader goes on.
  if (hadFocus && !rung.checkVisibility()) all('.ladder :is(.next, #copy-fixed)').find((next) => next.checkVisibility())?.focus();
});
article.addEventListener('click', (event) => {
  const button = event.target.closest('[data-show]');
  if (!button) return;
  const card = button.closest('.card');
  revealed.set(card.dataset.fix, button.dataset.show);
  reveal();
  (all('[data-show]', card).find((next) => next.checkVisibility()) ?? card.querySelector('.lines-link'))?.focus();
});

// A link to this page, to be copied.
function prepare() {
  const link = find('link');
  if (link) link.value = location.href.split('#')[0];
  offerNotice();
  count();
}

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
  let page;
  try {
    const answer = await fetch(location.pathname + location.search, { headers: { accept: 'text/html' } });
    if (answer.status === 404) {
      over = true;
      location.reload();
    } else if (answer.ok) {
      page = await answer.text();
    }
  } catch {
    connected(false);
  } finally {
    loading = false;
    if (again) {
      again = false;
      load();
    }
  }
  if (!page) return;
  connected(true);
  put(new DOMParser().parseFromString(page, 'text/html'));
}
function put(page) {
  const head = page.getElementById('head');
  if (Number(head.dataset.version) < Number(find('head').dataset.version)) return;
  const was = find('head').dataset.status;
  const focused = document.activeElement?.id;
  const announced = page.getElementById('announcement').textContent;
  let changed = false;
  for (const part of all('[data-live]', page)) {
    const here = find(part.id);
    const html = part.innerHTML;
    if (last.get(part.id) === html) continue;
    last.set(part.id, html);
    changed ||= part.id === 'fix' || part.id === 'code';
    const open = new Map(all('details[id]', here).map((details) => [details.id, details.open]));
    if (part.id === 'progress') {
      // The element that is read aloud stays, or it would not be.
      const announcement = find('announcement');
      here.replaceChildren(...document.adoptNode(part).childNodes);
      find('announcement').replaceWith(announcement);
    } else {
      here.replaceChildren(...document.adoptNode(part).childNodes);
    }
    // Folds stay as the reader left them; new ones are as the server has them.
    for (const [id, was] of open) if (find(id)) find(id).open = was;
  }
  Object.assign(find('head').dataset, { version: head.dataset.version, status: head.dataset.status, first: head.dataset.first });
  if (focused && document.activeElement === document.body) find(focused)?.focus();
  if (find('announcement').textContent !== announced) find('announcement').textContent = announced;
  const item = find(`item-${article.dataset.id}`);
  const newer = page.getElementById(`item-${article.dataset.id}`);
  if (item && newer) item.replaceWith(document.adoptNode(newer));
  document.title = page.title;
  globalThis.exactTimes?.();
  if (changed) {
    climb();
    document.dispatchEvent(new Event('news'));
  }
  prepare();
  stream();
  if ('finished' in head.dataset) {
    find('head').dataset.finished = '';
    over = true;
    events?.close();
    if (!location.hash) followHash();
    if (was !== head.dataset.status) ended(head.dataset.status);
  }
}
function ended(status) {
  const icon = document.querySelector('link[rel="icon"]');
  if (status === 'COMPLETED') icon.href = icons[0];
  if (status === 'FAILED') icon.href = icons[1];
  if (notice && document.hidden) {
    try {
      const note = new Notification(document.title, { tag: article.dataset.id });
      note.addEventListener('click', () => {
        window.focus();
        note.close();
      });
    } catch {
      // Phones show notices only for pages that are installed.
    }
  }
}

// A notice of the end, for those who asked.
let notice = false;
function offerNotice() {
  const button = find('notify');
  const isPhone = matchMedia('(pointer: coarse)').matches;
  const possible = 'Notification' in globalThis && isSecureContext && !isPhone && Notification.permission !== 'denied';
  if (!button || !possible) return;
  button.hidden = false;
  if (notice) button.replaceWith(article.dataset.notified);
}
article.addEventListener('click', async (event) => {
  if (event.target.id !== 'notify') return;
  notice = await Notification.requestPermission() === 'granted';
  if (notice) offerNotice();
  else event.target.hidden = true;
});

// Seconds are only counted while something is heard of the server.
let reachable = true;
function connected(is) {
  reachable = is;
  const lost = article.querySelector('.lost');
  if (lost) lost.hidden = is;
}
const unit = (name) => new Intl.NumberFormat(document.documentElement.lang, { style: 'unit', unit: name, unitDisplay: 'short' });
function left(seconds) {
  const parts = [['hour', Math.floor(seconds / 3600)], ['minute', Math.floor(seconds / 60) % 60], ['second', seconds % 60]];
  const from = seconds >= 3600 ? 0 : seconds >= 60 ? 1 : 2;
  return parts.slice(from, from === 0 ? 2 : 3).map(([name, number]) => unit(name).format(number)).join(' ');
}
function count() {
  for (const place of all('[data-until]')) {
    const seconds = Math.ceil((Date.parse(place.dataset.until) - Date.now()) / 1000);
    if (seconds > 0) place.textContent = left(seconds);
    else place.closest('.until').hidden = true;
  }
  const retry = find('retry');
  if (retry?.dataset.from) retry.disabled = Date.parse(retry.dataset.from) > Date.now();
  if (!reachable) return;
  for (const place of all('[data-since]')) {
    // Counted from what the server says, as clocks differ.
    place.began ??= performance.now() - 1000 * parseFloat(place.textContent.replace(',', '.'));
    place.textContent = `${Math.floor((performance.now() - place.began) / 1000)} s`;
  }
  const bar = article.querySelector('.now progress');
  const elapsed = article.querySelector('.elapsed [data-since]');
  // It is an estimate: the end of the bar is for the end of the work.
  if (bar && elapsed) bar.value = Math.min(bar.max * 0.97, parseFloat(elapsed.textContent));
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
    connected(true);
    const now = JSON.parse(event.data);
    for (const [name, stage] of Object.entries(now.stages)) if (stage?.state !== 'RUNNING') received.delete(name);
    if (now.version > Number(find('head').dataset.version)) load();
    else stream();
  };
  events.addEventListener('snapshot', changed);
  events.addEventListener('change', changed);
  events.addEventListener('received', (event) => {
    deaf = 0;
    connected(true);
    const { stage, bytes } = JSON.parse(event.data);
    received.set(stage, bytes);
    stream();
  });
  events.addEventListener('deleted', load);
  events.addEventListener('error', () => {
    deaf += 1;
    if (deaf > 1) load();
  });
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
}
prepare();
setInterval(count, 1000);
