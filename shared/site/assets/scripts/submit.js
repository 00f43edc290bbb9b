// The form: line numbers, the Tab key, screenshots, samples, a draft that stays, the language's name.
const form = document.querySelector('#submit');
const code = document.querySelector('#code');
const gutter = document.querySelector('#gutter');
const language = document.querySelector('#language');

// Browsers may be told to keep nothing.
const storage = (kind) => {
  try {
    return window[kind];
  } catch {
    return { getItem: () => null, setItem() {}, removeItem() {} };
  }
};
// Names what is sent, until it is changed or answered.
let key;

// Line numbers.
let shown = 0;
function number() {
  const lines = code.value.split('\n').length;
  if (lines !== shown) {
    gutter.textContent = Array.from({ length: lines }, (_, at) => at + 1).join('\n');
    shown = lines;
  }
  gutter.scrollTop = code.scrollTop;
}
code.addEventListener('input', number);
code.addEventListener('scroll', number);

// Tab indents; Escape gives it back to the browser, once.
let leaving = false;
code.addEventListener('blur', () => { leaving = false; });
code.addEventListener('keydown', (event) => {
  // The input method's own keys.
  if (event.isComposing) return;
  if (event.key === 'Escape') {
    leaving = true;
    return;
  }
  if (event.key !== 'Tab' || leaving || event.ctrlKey || event.altKey || event.metaKey) return;
  event.preventDefault();
  const { selectionStart: from, selectionEnd: to, value } = code;
  const start = value.lastIndexOf('\n', from - 1) + 1;
  const block = value.slice(start, to);
  const unit = /^\t/m.test(value) ? '\t' : '    ';
  if (event.shiftKey) {
    code.setSelectionRange(start, to);
    insert(block.replace(/^(\t| {1,4})/gm, ''));
  } else if (block.slice(from - start).includes('\n')) {
    code.setSelectionRange(start, to);
    insert(block.replace(/^(?=.)/gm, unit));
    code.setSelectionRange(start, code.selectionEnd);
  } else {
    insert(unit);
  }
});
// Keeps the browser's undo, which setting the value would lose.
function insert(text) {
  if (!document.execCommand('insertText', false, text)) {
    code.setRangeText(text, code.selectionStart, code.selectionEnd, 'end');
    code.dispatchEvent(new Event('input', { bubbles: true }));
  }
}

// Guesses the language until somebody says otherwise.
const signs = [
  ['C++', /#include\s*<(iostream|bits\/|vector|string|algorithm|map|set)|\bstd::|\bcin\s*>>|using namespace/],
  ['C', /#include\s*<\w+\.h>/],
  ['C#', /\busing System\b|\bConsole\.(Read|Write)/],
  ['Java', /\bpublic\s+(static|class)\b|System\.out\.|import java\./],
  ['Rust', /\bfn main\(\)|\blet mut\b|\bimpl\b.*\{|println!\(/],
  ['Go', /^package main|\bfunc main\(\)|\bfmt\.(Print|Scan)/m],
  ['Kotlin', /\bfun main\b|readLine\(\)|readln\(\)/],
  ['TypeScript', /:\s*(number|string|boolean)(\[\])?\s*[=;),]/],
  ['JavaScript', /\bconsole\.log\(|\brequire\(|\b(const|let)\s+\w+\s*=|=>\s*\{/],
  ['Pascal', /^\s*program\s+\w+;|\bbegin\b[\s\S]*\bend\./im],
  ['PHP', /<\?php/],
  ['Ruby', /\bgets\.|\bputs\b|\.each do\b/],
  ['Haskell', /^main\s*(::|=)|\bimport qualified\b/m],
  ['Python', /^\s*(def|import|from|for|while|if|class)\b.*:?\s*$|\bprint\(|\binput\(\)/m],
];
let guessed = language.value === '';
language.addEventListener('input', () => { guessed = language.value === ''; });
function guess() {
  if (guessed) language.value = signs.find(([, sign]) => sign.test(code.value))?.[0] ?? '';
}
code.addEventListener('input', guess);

// Files that were copied in a file manager come with their names or addresses as a text.
function isOfFiles(clipboard) {
  const names = [...clipboard.files].map((file) => file.name);
  const lines = clipboard.getData('text/plain').split(/\r?\n/).filter(Boolean);
  const last = (line) => line.trim().split(/[\\/]/).at(-1);
  const isName = (line) => names.includes(last(line)) || names.map(encodeURIComponent).includes(last(line));
  return names.length > 0 && lines.every(isName);
}

// Screenshots: the browser sends the files of the file input.
let turn = Promise.resolve();
const input = document.querySelector('#images');
if (input) {
  const box = document.querySelector('#images-box');
  const previews = document.querySelector('#previews');
  const problem = document.querySelector('#images-problem');
  // A model gets pictures no longer than this, and of what is longer pieces that the server cuts: it stays so wide that it can be
  // read. A request has to fit five of them where functions are limited to 4.5 MB.
  const LONGEST = 2048;
  const READABLE = 1024;
  const PIXELS = 11.9e6;
  const LARGEST = 800 * 1024;
  const scaled = (width, height) => {
    const scale = Math.min(1, Math.max(LONGEST / Math.max(width, height), READABLE / Math.min(width, height)));
    const fitting = Math.min(scale, Math.sqrt(PIXELS / (width * height)));
    // The server says that it is too large: smaller it would be of no use.
    return fitting * Math.min(width, height) < READABLE / 2 && fitting < scale ? 1 : fitting;
  };
  // Names say little of what is in a file.
  const signatures = [/^\x89PNG/, /^\xff\xd8\xff/, /^RIFF[^]{4}WEBP/, /^GIF8/];
  const isKnown = async (file) => {
    const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
    return signatures.some((signature) => signature.test(head));
  };
  const shrunk = new WeakSet();
  const usable = new WeakSet();
  const shrink = async (file) => {
    if (shrunk.has(file)) return file;
    let small = file;
    try {
      const known = await isKnown(file);
      if (known) usable.add(file);
      const bitmap = await createImageBitmap(file);
      const scale = scaled(bitmap.width, bitmap.height);
      if (scale < 1 || file.size > LARGEST || !known) {
        const canvas = document.createElement('canvas');
        canvas.width = Math.max(1, Math.round(bitmap.width * scale));
        canvas.height = Math.max(1, Math.round(bitmap.height * scale));
        const context = canvas.getContext('2d');
        context.fillStyle = '#fff';
        context.fillRect(0, 0, canvas.width, canvas.height);
        context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
        for (const [type, quality] of [['image/png', 1], ['image/webp', 0.9], ['image/jpeg', 0.8], ['image/jpeg', 0.6]]) {
          const blob = await new Promise((done) => { canvas.toBlob(done, type, quality); });
          if (blob?.type !== type) continue;
          small = new File([blob], file.name.replace(/\.\w+$/, '') + type.replace('image/', '.'), { type });
          usable.add(small);
          if (blob.size <= LARGEST) break;
        }
      }
      bitmap.close();
    } catch {
      // The server says what is wrong with it.
    }
    shrunk.add(small);
    return small;
  };
  let files = [];
  const keep = (wanted) => {
    turn = turn.then(async () => show(await Promise.all(wanted(files).map(shrink))));
    key = undefined;
  };
  const show = (wanted) => {
    const fits = wanted.filter((file) => usable.has(file) && file.size > 0 && file.size <= 2 * 1024 * 1024);
    files = fits.slice(0, 5);
    const wrong = fits.length < wanted.length ? input.dataset.wrong : fits.length > 5 ? input.dataset.tooMany : '';
    problem.textContent = wrong;
    problem.hidden = !wrong;
    const all = new DataTransfer();
    for (const file of files) all.items.add(file);
    input.files = all.files;
    for (const image of previews.querySelectorAll('img')) URL.revokeObjectURL(image.src);
    previews.replaceChildren(...files.map(preview));
  };
  const preview = (file) => {
    const item = document.createElement('li');
    const image = document.createElement('img');
    image.src = URL.createObjectURL(file);
    image.alt = file.name;
    const remove = document.createElement('button');
    remove.type = 'button';
    remove.setAttribute('aria-label', `${input.dataset.remove} ${file.name}`);
    remove.append(document.querySelector('#history .close .icon').cloneNode(true));
    remove.addEventListener('click', () => {
      // In its turn, as others may be on the way.
      turn = turn.then(() => {
        show(files.filter((other) => other !== file));
        (previews.querySelector('button') ?? input).focus();
      });
    });
    item.append(image, remove);
    return item;
  };
  input.addEventListener('change', () => {
    const chosen = [...input.files];
    keep((before) => [...before, ...chosen]);
  });
  document.addEventListener('paste', (event) => {
    const clipboard = event.clipboardData;
    if (!clipboard?.files.length) return;
    // Cells and formatted text come with a picture of themselves: the text is meant.
    if (!isOfFiles(clipboard) && clipboard.types.includes('text/plain') && event.target.closest?.('textarea, input')) return;
    const pasted = [...clipboard.files];
    event.preventDefault();
    keep((before) => [...before, ...pasted]);
  });
  document.addEventListener('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    box.querySelector('.drop').classList.add('over');
  });
  document.addEventListener('dragleave', (event) => {
    if (!event.relatedTarget) box.querySelector('.drop').classList.remove('over');
  });
  document.addEventListener('drop', (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    box.querySelector('.drop').classList.remove('over');
    const dropped = [...event.dataTransfer.files];
    keep((before) => [...before, ...dropped]);
  });
} else {
  document.addEventListener('paste', (event) => {
    if (event.clipboardData && isOfFiles(event.clipboardData)) event.preventDefault();
  });
}

// Samples: as many as are needed. Without script there is room for three.
const samples = document.querySelector('#samples');
const rows = () => [...samples.querySelectorAll('.given-sample')];
const sides = (row) => [...row.querySelectorAll('textarea')];
const isEmpty = (row) => sides(row).every((side) => side.value === '');
const blank = rows()[0].cloneNode(true);
for (const side of sides(blank)) side.value = side.textContent = '';
const add = document.querySelector('#add-sample');
function countSamples() {
  rows().forEach((row, at) => {
    const title = `${samples.dataset.title} ${at + 1}`;
    row.querySelector('legend').textContent = title;
    sides(row).forEach((side) => { side.id = `${side.name}-${at + 1}`; });
    const remove = row.querySelector('.remove');
    remove.setAttribute('aria-label', `${remove.dataset.remove}: ${title}`);
  });
  add.disabled = rows().length >= Number(samples.dataset.most);
}
function addSample(values = []) {
  const row = blank.cloneNode(true);
  sides(row).forEach((side, at) => { side.value = values[at] ?? ''; });
  samples.append(row);
  countSamples();
  return row;
}
function dropEmptySamples() {
  for (const row of rows().slice(1).reverse()) if (isEmpty(row)) row.remove();
  countSamples();
}
dropEmptySamples();
add.addEventListener('click', () => sides(addSample())[0].focus());
samples.addEventListener('click', (event) => {
  const row = event.target.closest('.remove')?.closest('.given-sample');
  if (!row || rows().length < 2) return;
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  countSamples();
  sides(next)[0].focus();
  save();
});

// A draft that stays when the page is loaded again; fields that the server sent back filled in win over it.
const ids = ['text', 'code', 'language', 'verdict', 'failing_input', 'time_limit_ms', 'memory_limit_mb', 'reference_code'];
const fields = ids.map((id) => document.getElementById(id));
const draft = (() => {
  try {
    return JSON.parse(storage('localStorage').getItem('cc-draft')) ?? {};
  } catch {
    return {};
  }
})();
if (fields.every((field) => field.value === '') && rows().every(isEmpty)) {
  for (const field of fields) field.value = draft[field.id] ?? '';
  guessed = language.value === '' || draft.guessed === true;
  const given = (Array.isArray(draft.samples) ? draft.samples : []).slice(0, Number(samples.dataset.most));
  for (const values of given) addSample(values);
  if (given.length) rows()[0].remove();
  dropEmptySamples();
  document.querySelector('#more').open ||= Boolean(draft.verdict || draft.failing_input);
  document.querySelector('#reference-box').open ||= Boolean(draft.reference_code);
  document.querySelector('#samples-box').open ||= Boolean(given.length || draft.time_limit_ms || draft.memory_limit_mb || draft.reference_code);
}
// A form that is filled in from elsewhere does not replace a draft.
const isOwn = !location.search || !(draft.text || draft.code);
function save() {
  key = undefined;
  if (!isOwn) return;
  const values = Object.fromEntries(fields.map((field) => [field.id, field.value]));
  const given = rows().filter((row) => !isEmpty(row)).map((row) => sides(row).map((side) => side.value));
  try {
    storage('localStorage').setItem('cc-draft', JSON.stringify({ ...values, samples: given, guessed }));
  } catch {
    // There is no room: the text is still on the page.
  }
}
form.addEventListener('input', save);
form.addEventListener('change', save);

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
  for (const name of ['text', 'images', 'failing_input', 'reference_code']) body.delete(name);
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
addEventListener('pageshow', () => { delete form.dataset.sent; });

number();
showWrong();
