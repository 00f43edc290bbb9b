// The editor: line numbers, colours behind the text, indenting.
const gutter = document.querySelector('#gutter');
const editor = document.querySelector('#editor');
const colours = document.querySelector('#colours');

let shown = 0;
function number() {
  const lines = code.value.split('\n').length;
  if (lines !== shown) {
    gutter.textContent = Array.from({ length: lines }, (_, at) => at + 1).join('\n');
    editor.style.setProperty('--lines', lines);
    shown = lines;
  }
  gutter.scrollTop = code.scrollTop;
}

// Only the lines in sight are painted, and only what follows on a change is read anew.
const LINE = 2000;
let known = { program: '', grammar: undefined, found: [], starts: [0] };
function read() {
  const program = code.value;
  const grammar = grammarOf(language.value);
  if (program === known.program && grammar === known.grammar) return known;
  let same = 0;
  if (grammar === known.grammar) {
    // Where they begin to differ.
    let [low, high] = [0, Math.min(program.length, known.program.length)];
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if (program.slice(low, middle) === known.program.slice(low, middle)) low = middle;
      else high = middle - 1;
    }
    same = low;
  }
  const found = known.found;
  // A rule looks a few characters ahead.
  while (found.length && (same === 0 || found.at(-1)[1] > same - 20)) found.pop();
  const starts = [0];
  for (let at = program.indexOf('\n'); at !== -1; at = program.indexOf('\n', at + 1)) starts.push(at + 1);
  known = { program, grammar, found, starts };
  return known;
}
function paint() {
  number();
  const { program, grammar, found, starts } = read();
  const height = parseFloat(getComputedStyle(code).lineHeight);
  const first = Math.max(0, Math.floor(code.scrollTop / height) - 2);
  const last = Math.min(starts.length, Math.ceil((code.scrollTop + code.clientHeight) / height) + 2);
  const [from, to] = [starts[first] ?? 0, starts[last] ?? program.length];
  const isPlain = !grammar || composing || program.slice(from, to).split('\n').some((line) => line.length > LINE);
  editor.classList.toggle('coloured', !isPlain);
  if (isPlain) {
    colours.replaceChildren();
    return;
  }
  if ((found.at(-1)?.[1] ?? 0) < to) colour(grammar, program, found, to);
  const parts = document.createDocumentFragment();
  let at = from;
  for (let index = firstAfter(found, from); index < found.length && found[index][0] < to; index++) {
    const [begin, end, kind] = found[index];
    if (!kind) continue;
    const start = Math.max(begin, at);
    parts.append(program.slice(at, start));
    parts.append(Object.assign(document.createElement('span'), { className: kind, textContent: program.slice(start, Math.min(end, to)) }));
    at = Math.min(end, to);
  }
  parts.append(program.slice(at, to));
  colours.replaceChildren(parts);
  colours.style.translate = `${-code.scrollLeft}px ${first * height - code.scrollTop}px`;
}
// The first piece that ends after a place.
function firstAfter(found, place) {
  let [low, high] = [0, found.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (found[middle][1] > place) high = middle;
    else low = middle + 1;
  }
  return low;
}
let frame;
function repaint() {
  frame ??= requestAnimationFrame(() => {
    frame = undefined;
    paint();
  });
}
code.addEventListener('input', repaint);
code.addEventListener('scroll', repaint);
language.addEventListener('input', repaint);
new ResizeObserver(repaint).observe(code);
// An input method marks its own text.
let composing = false;
for (const name of ['compositionstart', 'compositionend']) {
  code.addEventListener(name, () => {
    composing = name === 'compositionstart';
    paint();
  });
}

// Tab indents; Escape gives it back to the browser, once.
let leaving = false;
const unitOf = (program) => (/^\t/m.test(program) ? '\t' : '    ');
code.addEventListener('blur', () => { leaving = false; });
code.addEventListener('keydown', (event) => {
  // The input method's own keys.
  // Safari ends a composition with a key that only its code tells.
  if (event.isComposing || event.keyCode === 229) return;
  if (event.key === 'Escape') {
    leaving = true;
    return;
  }
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  if (event.key === 'Tab' && !leaving) {
    event.preventDefault();
    indent(event.shiftKey);
  } else if (event.key === 'Enter' && !event.shiftKey) {
    event.preventDefault();
    breakLine();
  } else if (event.key === '}') closeBlock(event);
});
function indent(isBack) {
  const { selectionStart: from, selectionEnd: to, value } = code;
  const start = value.lastIndexOf('\n', from - 1) + 1;
  const block = value.slice(start, to);
  const unit = unitOf(value);
  // The browser cannot undo it then.
  const back = isShort(block) ? undefined : remember();
  if (isBack) {
    const less = block.replace(/^(\t| {1,4})/gm, '');
    if (less === block) return;
    code.setSelectionRange(start, to);
    insert(less);
    if (from !== to) code.setSelectionRange(start, code.selectionEnd);
  } else if (block.slice(from - start).includes('\n')) {
    code.setSelectionRange(start, to);
    insert(block.replace(/^(?=.)/gm, unit));
    code.setSelectionRange(start, code.selectionEnd);
  } else {
    insert(unit);
  }
  if (back) tell([word('submit.indented', block.split('\n').length)], [undo(back)]);
}
// A new line begins as the last one does, and further in where that opens a block.
function breakLine() {
  const { selectionStart: from, selectionEnd: to, value } = code;
  const line = value.slice(value.lastIndexOf('\n', from - 1) + 1, from);
  const [before] = /^[ \t]*/.exec(line);
  const opens = /[{([:]$/.exec(line.trimEnd())?.[0];
  insert(`\n${before}${opens ? unitOf(value) : ''}`);
  const closer = { '{': '}', '(': ')', '[': ']' }[opens];
  if (closer && value[to] === closer) {
    const place = code.selectionStart;
    insert(`\n${before}`);
    code.setSelectionRange(place, place);
  }
}
// A brace on a line of its own stands where its block began.
function closeBlock(event) {
  const { selectionStart: from, selectionEnd: to, value } = code;
  const start = value.lastIndexOf('\n', from - 1) + 1;
  const line = value.slice(start, from);
  if (from !== to || line === '' || /\S/.test(line)) return;
  event.preventDefault();
  code.setSelectionRange(start, from);
  insert(`${line.replace(/(\t| {1,4})$/, '')}}`);
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
  // A long program says it at its beginning.
  if (guessed) language.value = signs.find(([, sign]) => sign.test(code.value.slice(0, 20_000)))?.[0] ?? '';
}
code.addEventListener('input', guess);
