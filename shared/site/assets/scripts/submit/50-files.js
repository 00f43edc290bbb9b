// Files that are dropped, pasted or opened: each goes where it belongs.
const LANGUAGES = {
  cpp: 'C++', cc: 'C++', cxx: 'C++', 'c++': 'C++', h: 'C++', hpp: 'C++', hh: 'C++', c: 'C', py: 'Python', py3: 'Python', java: 'Java', js: 'JavaScript', mjs: 'JavaScript',
  cjs: 'JavaScript', ts: 'TypeScript', rs: 'Rust', go: 'Go', kt: 'Kotlin', kts: 'Kotlin', cs: 'C#', rb: 'Ruby', pas: 'Pascal', pp: 'Pascal', dpr: 'Pascal',
  php: 'PHP', hs: 'Haskell', swift: 'Swift', scala: 'Scala', d: 'D', pl: 'Perl',
};
const STATEMENTS = ['md', 'markdown', 'txt', 'text', 'html', 'htm', 'xhtml', 'tex', 'rst'];
const INPUTS = ['in', 'inp'];
const OUTPUTS = ['out', 'ans', 'sol'];
const MOST_FILES = 50;
// Beyond it no text fits anywhere.
const LARGEST_TEXT = 1024 * 1024;
const extension = (name) => /\.([^./\\]+)$/.exec(name)?.[1].toLowerCase() ?? '';
const bytesOf = (words) => new TextEncoder().encode(words).length;
const most = (area) => Number(area.dataset.most) * 1024;

// The text of a file in whatever encoding it is.
function decode(bytes) {
  const marked = bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : bytes[0] === 0xfe && bytes[1] === 0xff ? 'utf-16be' : '';
  if (marked) return new TextDecoder(marked).decode(bytes);
  if (bytes.includes(0)) return undefined;
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    // Chinese in GB18030 comes in pairs of high bytes, accents of the West one by one.
    const runs = String.fromCharCode(...bytes.subarray(0, 60_000)).match(/[\x80-\xff]+/g) ?? [];
    const pairs = runs.filter((run) => run.length % 2 === 0).length;
    const isChinese = pairs * 3 > runs.length * (document.documentElement.lang.startsWith('zh') ? 1 : 2);
    return new TextDecoder(isChinese ? 'gb18030' : 'windows-1252').decode(bytes);
  }
}
// The text of a page, with its paragraphs.
function textOf(html) {
  const page = new DOMParser().parseFromString(html, 'text/html');
  for (const part of page.querySelectorAll('script, style, noscript, template, nav, svg, annotation, .katex-html, .MathJax')) part.remove();
  const walk = (node, isExact) => [...node.childNodes].map((child) => {
    if (child.nodeType === Node.TEXT_NODE) return isExact ? child.data : child.data.replace(/\s+/g, ' ');
    if (child.nodeType !== Node.ELEMENT_NODE) return '';
    const name = child.localName;
    if (name === 'br') return '\n';
    const inner = walk(child, isExact || name === 'pre' || name === 'textarea');
    if (name === 'sup') return `^${inner}`;
    if (name === 'sub') return `_${inner}`;
    if (name === 'td' || name === 'th') return `${inner}\t`;
    return /^(p|div|h\d|li|pre|tr|table|ul|ol|section|article|header|main|blockquote|dl|dt|dd|center|hr|textarea)$/.test(name) ? `\n${inner}\n` : inner;
  }).join('');
  return walk(page.body, false).replace(/[ \t]+$/gm, '').replace(/\n{3,}/g, '\n\n').trim();
}
// What a file is: a picture, a text, or why it is neither.
async function look(file) {
  const { name } = file;
  try {
    if (file.type.startsWith('image/') || await isPicture(file)) return { name, file, isPicture: true };
    if (file.size === 0) return { name, wrong: word('file.empty', name) };
    const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 8).arrayBuffer()));
    if (/^%PDF-/.test(head)) return { name, wrong: word('file.pdf', name) };
    if (/^(PK[\x03\x05]|\x1f\x8b|7z\xbc\xaf|Rar!|\xd0\xcf\x11\xe0|BZh|\xfd7zXZ)/.test(head)) return { name, wrong: word('file.archive', name) };
    if (file.size > LARGEST_TEXT) return { name, wrong: word('file.large', name, code.dataset.most) };
    const words = decode(new Uint8Array(await file.arrayBuffer()));
    if (words === undefined || words.includes('\0')) return { name, wrong: word('file.binary', name) };
    return { name, words: words.replace(/\r\n?/g, '\n') };
  } catch {
    return { name, wrong: word('file.unread', name) };
  }
}
const isSide = (area) => area?.matches?.('.given-sample textarea') ?? false;
const looksLikeCode = (words) => signs.slice(0, -1).some(([, sign]) => sign.test(words)) || /^\s*(def \w+\(|for \w+ in |import \w+|from \w+ import )/m.test(words);
// The field that a text belongs in; `over` is the one under the pointer, if there is one.
function placeOf({ name, words }, over) {
  const end = extension(name);
  if (INPUTS.includes(end)) return isSide(over) ? over : failing;
  if (Object.hasOwn(LANGUAGES, end)) return over === reference ? reference : code;
  if (over) return over;
  return STATEMENTS.includes(end) && end !== 'txt' ? text : looksLikeCode(words) ? code : text;
}
// Inputs with the outputs of the same name, in the order of their names.
function pair(items) {
  const base = (name) => name.replace(/\.[^.]+$/, '');
  const outputs = new Map(items.filter(({ name }) => OUTPUTS.includes(extension(name))).map((item) => [base(item.name), item]));
  const couples = items.filter(({ name }) => INPUTS.includes(extension(name)) && outputs.has(base(name)));
  const order = new Intl.Collator('en', { numeric: true });
  return couples.sort((one, other) => order.compare(one.name, other.name)).map((item) => [item, outputs.get(base(item.name))]);
}
// One after the other, and before anything is sent.
let opening = Promise.resolve();
function openFiles(list, over) {
  opening = opening.then(() => sortFiles(list, over)).catch((error) => { reportError(error); });
}
async function sortFiles(list, over) {
  const back = remember();
  const chosen = list.slice(0, MOST_FILES);
  const looked = await Promise.all(chosen.map(look));
  const wrong = looked.filter((item) => item.wrong).map((item) => item.wrong);
  if (list.length > MOST_FILES) wrong.push(word('file.many', MOST_FILES));
  const shots = looked.filter((item) => item.isPicture);
  if (attach) attach(shots.map((item) => item.file));
  else wrong.push(...shots.map(({ name }) => word('file.image', name)));
  const opened = attach ? shots.map(({ name }) => name) : [];
  let isReplaced = false;
  const texts = looked.filter((item) => item.words !== undefined);
  const couples = pair(texts);
  for (const couple of couples) {
    const large = couple.find((item) => bytesOf(item.words) > most(failing));
    if (large) wrong.push(word('file.large', large.name, failing.dataset.most));
    else if (!giveSample(couple.map((item) => item.words))) wrong.push(word('file.samples', couple[0].name, samples.dataset.most));
    else opened.push(...couple.map((item) => item.name));
  }
  const taken = new Map();
  for (const item of texts.filter((one) => !couples.flat().includes(one))) {
    if (OUTPUTS.includes(extension(item.name)) && !isSide(over)) {
      wrong.push(word('file.output', item.name));
      continue;
    }
    const area = placeOf(item, over);
    const limit = isSide(area) ? most(failing) : most(area);
    const words = area !== code && /^x?html?$/.test(extension(item.name)) ? textOf(item.words) : item.words;
    if (bytesOf(words) > limit) wrong.push(word('file.large', item.name, limit / 1024));
    else if (taken.has(area)) wrong.push(word('file.taken', item.name, taken.get(area)));
    else {
      taken.set(area, item.name);
      opened.push(item.name);
      isReplaced ||= area.value !== '' && area.value !== words;
      putText(area, words, extension(item.name));
    }
  }
  if (opened.length === 0 && wrong.length === 0) return;
  const names = new Intl.ListFormat(document.documentElement.lang).format(opened);
  const sentences = opened.length ? [word(isReplaced ? 'file.replaced' : 'file.opened', names)] : [];
  tell(sentences, opened.length ? [undo(back)] : [], wrong);
}
function putText(area, words, end) {
  for (let fold = area.closest('details'); fold; fold = fold.parentElement.closest('details')) fold.open = true;
  replace(area, words);
  if (area === code && LANGUAGES[end]) {
    guessed = false;
    // A header may be of either.
    write('language', LANGUAGES[end]);
  } else if (area === code) {
    guessed = true;
    guess();
  }
  if (area === failing) failing.closest('.failing').classList.add('open');
  repaint();
  save();
}

// Files that were copied in a file manager come with their names or addresses as a text.
function isOfFiles(clipboard) {
  const names = [...clipboard.files].map((file) => file.name);
  const lines = clipboard.getData('text/plain').split(/\r?\n/).filter(Boolean);
  const last = (line) => line.trim().split(/[\\/]/).at(-1);
  const isName = (line) => names.includes(last(line)) || names.map(encodeURIComponent).includes(last(line));
  return names.length > 0 && lines.every(isName);
}


const areaOf = (place) => place?.closest?.('textarea') ?? place?.closest?.('.pane')?.querySelector('#text, #code') ?? undefined;
document.addEventListener('paste', (event) => {
  const clipboard = event.clipboardData;
  if (!clipboard?.files.length) return;
  // Cells and formatted text come with a picture of themselves: the text is meant.
  if (!isOfFiles(clipboard) && clipboard.types.includes('text/plain') && event.target.closest?.('textarea, input')) return;
  event.preventDefault();
  openFiles([...clipboard.files], event.target.closest?.('textarea'));
});
for (const chooser of form.querySelectorAll('.open-file input')) {
  chooser.addEventListener('change', () => {
    openFiles([...chooser.files], document.getElementById(chooser.dataset.for));
    // The same file can be opened again.
    chooser.value = '';
  });
}

// While files are over the page, the boxes that will take them stand out: browsers tell the kinds, if they know them, and no names.
function targets(transfer, over) {
  const kinds = [...transfer.items].filter((item) => item.kind === 'file').map((item) => item.type);
  const found = new Set();
  for (const kind of kinds.length ? kinds : ['']) {
    const isStatement = ['text/plain', 'text/markdown', 'text/html', 'text/x-tex', 'application/x-tex'].includes(kind);
    if (kind.startsWith('image/')) found.add(document.querySelector('#images-box .drop'));
    else if (isStatement || (over && ![text, code].includes(over))) found.add(over ?? text);
    else {
      found.add(code);
      // Of a kind that the browser does not know, the name decides.
      if (!kind && over) found.add(over);
    }
  }
  return [...found].filter(Boolean).map((area) => (area === code ? editor : area));
}
function highlight(boxes) {
  for (const box of form.querySelectorAll('.over')) if (!boxes.includes(box)) box.classList.remove('over');
  for (const box of boxes) box.classList.add('over');
}
document.addEventListener('dragover', (event) => {
  if (!event.dataTransfer?.types.includes('Files')) return;
  event.preventDefault();
  event.dataTransfer.dropEffect = 'copy';
  highlight(targets(event.dataTransfer, areaOf(event.target)));
});
document.addEventListener('dragleave', (event) => {
  if (!event.relatedTarget) highlight([]);
});
document.addEventListener('drop', (event) => {
  if (!event.dataTransfer?.files.length) return;
  event.preventDefault();
  highlight([]);
  openFiles([...event.dataTransfer.files], areaOf(event.target));
});
