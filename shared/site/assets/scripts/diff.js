// The change: side by side or in one column, with more lines around it, and the whole program with the fix.
const find = (id) => document.getElementById(id);
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const article = find('submission');

// Cells of a row in one column: marker, old number, new number, sign, line.
const [MARK, OLD, NEW, SIGN, LINE] = [0, 1, 2, 3, 4];
const number = (row, cell) => Number(row.cells[cell]?.textContent) || undefined;
const isCode = (row) => !row.classList.contains('explained');

// The rows of each table in one column, as the server sent them and with the lines that were added around them.
const columns = new WeakMap();
const rowsOf = (table) => {
  if (!columns.has(table)) columns.set(table, [...table.tBodies[0].rows]);
  return columns.get(table);
};
const tables = () => all('#fix .hunk table');

function half(row, cell, side) {
  const parts = row
    ? [row.cells[cell], row.cells[SIGN], row.cells[LINE]].map((part) => part.cloneNode(true))
    : ['num', 'sign', 'line'].map((name) => Object.assign(document.createElement('td'), { className: name }));
  if (side === 'right') parts[0].classList.add('half');
  parts[0].classList.remove('new');
  for (const part of parts) part.classList.add(row ? row.classList[0] ?? 'same' : 'none');
  return parts;
}
function pair(left, right) {
  const row = document.createElement('tr');
  const any = left ?? right;
  if (any.dataset.fix) row.dataset.fix = any.dataset.fix;
  row.append((left?.cells[MARK].textContent || !right ? any : right).cells[MARK].cloneNode(true), ...half(left, OLD, 'left'), ...half(right, NEW, 'right'));
  return row;
}
function sideBySide(rows) {
  const out = [];
  let [removed, added] = [[], []];
  const flush = () => {
    for (let at = 0; at < Math.max(removed.length, added.length); at += 1) out.push(pair(removed[at], added[at]));
    [removed, added] = [[], []];
  };
  for (const row of rows) {
    if (row.classList.contains('del')) {
      if (added.length) flush();
      removed.push(row);
    } else if (row.classList.contains('add')) {
      added.push(row);
    } else {
      flush();
      out.push(isCode(row) ? pair(row, row) : row);
    }
  }
  flush();
  return out;
}

// Two columns where a side has room for 60 characters, unless somebody chose.
const ROOM = 1150;
let choice;
const stored = (act) => {
  try {
    return act(localStorage);
  } catch {
    // It holds until the page is left.
    return null;
  }
};
function arrange() {
  const width = find('fix').getBoundingClientRect().width;
  // While another tab is shown, there is nothing to measure.
  if (!width) return;
  choice ??= stored((storage) => storage.getItem('cc-view'));
  const wanted = choice ?? (width >= ROOM ? 'split' : 'unified');
  const radio = document.querySelector(`input[name="view"][value="${wanted === 'split' ? 'split' : 'unified'}"]`);
  if (radio) radio.checked = true;
  const split = wanted === 'split' && width >= 640 && find('fix').dataset.step === '4';
  const focused = document.activeElement;
  const places = tables();
  for (const table of places) {
    const rows = rowsOf(table);
    const layout = `${split} ${rows.length}`;
    if (table.dataset.layout === layout) continue;
    table.dataset.layout = layout;
    table.className = split ? 'lines split' : 'lines unified';
    table.tBodies[0].replaceChildren(...(split ? sideBySide(rows) : rows));
    for (const cell of all('.explained > td', table)) cell.colSpan = split ? 7 : 5;
  }
  // What is put elsewhere loses the focus, and a copy of it leaves it to its like.
  if (focused !== document.activeElement) {
    const like = focused.isConnected ? focused : focused.hash && document.querySelector(`#fix .mark a[href="${focused.hash}"]`);
    like?.focus?.({ preventScroll: true });
  }
  bound(places);
}

// The program as it was submitted, whichever version the tab shows.
let before;
const program = () => {
  before ??= all('#program tr[id]');
  return before;
};

// More of the program around a change, up to the next change.
const MORE = 10;
const ends = (table) => {
  const rows = rowsOf(table).filter(isCode);
  const olds = rows.map((row) => number(row, OLD)).filter(Boolean);
  const news = rows.map((row) => number(row, NEW)).filter(Boolean);
  return { old: [olds[0], olds.at(-1)], now: [news[0], news.at(-1)] };
};
function gaps(table, places) {
  const at = places.indexOf(table);
  const { old, now } = ends(table);
  const above = at > 0 ? ends(places[at - 1]).old[1] : 0;
  const below = at + 1 < places.length ? ends(places[at + 1]).old[0] : program().length + 1;
  // Behind a change that was cut off nobody knows the lines.
  const isCut = at + 1 === places.length && table.closest('[data-cut]');
  const known = old[0] && now[0];
  return { up: known ? old[0] - 1 - above : 0, down: known && !isCut ? Math.min(below - 1, program().length) - old[1] : 0 };
}
function bound(places = tables()) {
  for (const table of places) {
    const left = gaps(table, places);
    const buttons = all('[data-expand]', table.closest('.hunk'));
    const focused = buttons.find((button) => button === document.activeElement);
    for (const button of buttons) button.hidden = !(left[button.dataset.expand] > 0);
    if (focused?.hidden) (buttons.find((button) => !button.hidden) ?? table.querySelector('a, button'))?.focus();
  }
}
function contextRow(old, now) {
  const row = document.createElement('tr');
  const cell = (name, text) => Object.assign(document.createElement('td'), { className: name, textContent: text });
  row.append(cell('mark', ''), cell('num', old), cell('num new', now), cell('sign', ''), program()[old - 1].querySelector('.line').cloneNode(true));
  return row;
}
function expand(table, direction) {
  const { old, now } = ends(table);
  const left = gaps(table, tables())[direction];
  const rows = rowsOf(table);
  for (let step = 1; step <= Math.min(MORE, left); step += 1) {
    const [from, shift] = direction === 'up' ? [old[0] - step, now[0] - old[0]] : [old[1] + step, now[1] - old[1]];
    const row = contextRow(from, from + shift);
    if (direction === 'up') rows.unshift(row);
    else rows.push(row);
  }
  arrange();
}

// The whole program with the fix, made of the lines before it and the changes.
function fixedRows() {
  const out = [];
  let [old, now] = [1, 1];
  const add = (line, name) => {
    const row = document.createElement('tr');
    row.className = name;
    row.append(Object.assign(document.createElement('td'), { className: 'num', textContent: now }), line.cloneNode(true));
    out.push(row);
    now += 1;
  };
  const upTo = (end) => {
    for (; old < end; old += 1) add(program()[old - 1].querySelector('.line'), '');
  };
  for (const table of tables()) {
    const { old: [first, last] } = ends(table);
    upTo(first ?? old);
    for (const row of rowsOf(table)) {
      if (isCode(row) && !row.classList.contains('del')) add(row.cells[LINE], row.className);
    }
    old = (last ?? old - 1) + 1;
  }
  upTo(program().length + 1);
  return out;
}
function showVersion(version) {
  find('program').tBodies[0].replaceChildren(...(version === 'after' ? fixedRows() : program()));
}

article.addEventListener('change', (event) => {
  if (event.target.name === 'version') showVersion(event.target.value);
  if (event.target.name !== 'view') return;
  choice = event.target.value;
  stored((storage) => storage.setItem('cc-view', choice));
  arrange();
});
article.addEventListener('click', (event) => {
  const button = event.target.closest('[data-expand], [data-hunk]');
  const table = button?.closest('.hunk').querySelector('table');
  if (!table) return;
  if (button.dataset.expand) {
    expand(table, button.dataset.expand);
    return;
  }
  const lines = rowsOf(table).filter((row) => isCode(row) && !row.classList.contains('del'));
  document.dispatchEvent(new CustomEvent('copy-text', { detail: lines.map((row) => row.cells[LINE].textContent).join('\n') }));
});
document.addEventListener('step', arrange);
document.addEventListener('news', () => {
  // The program may be another element by now; the version that is shown follows the choice.
  if (all('#program tr[id]').length) before = undefined;
  const chosen = document.querySelector('[name="version"]:checked')?.value;
  if (chosen) showVersion(chosen);
  arrange();
});
// A line of the program is one of the version before.
addEventListener('hashchange', () => {
  const choice = document.querySelector('[name="version"][value="before"]');
  if (!/^#L\d+$/.test(location.hash) || !choice || choice.checked) return;
  choice.checked = true;
  showVersion('before');
}, { capture: true });
new ResizeObserver(arrange).observe(find('fix'));
arrange();

// An explanation and its lines point at each other.
const numbers = (element) => (element?.dataset.fix ?? '').split(' ').filter(Boolean);
function point(event) {
  const wanted = numbers(event.target.closest?.('[data-fix]'));
  for (const element of all('[data-fix]', article)) {
    element.classList.toggle('near', numbers(element).some((fix) => wanted.includes(fix)));
  }
}
article.addEventListener('mouseover', point);
article.addEventListener('focusin', point);
article.addEventListener('click', (event) => {
  const link = event.target.closest('.lines-link');
  const fix = link?.closest('.card').dataset.fix;
  const line = fix && all(`tr[data-fix~="${fix}"]`, find('fix')).find((row) => row.checkVisibility());
  if (!line) return;
  event.preventDefault();
  line.scrollIntoView({ block: 'center' });
});
