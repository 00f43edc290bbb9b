// The form: the parts of the script that the others stand on. The build joins the files of this folder.
const form = document.querySelector('#submit');
const text = document.querySelector('#text');
const code = document.querySelector('#code');
const language = document.querySelector('#language');
const failing = document.querySelector('#failing_input');
const reference = document.querySelector('#reference_code');
const said = document.querySelector('#said');

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

// Fields with the draft's values; a group of radio buttons has a value as well.
const ids = ['text', 'code', 'language', 'verdict', 'failing_input', 'time_limit_ms', 'memory_limit_mb', 'reference_code'];
const field = (id) => form.elements.namedItem(id);
const values = () => Object.fromEntries(ids.map((id) => [id, field(id).value]));
function put(id, value) {
  // A group of radio buttons cannot be told to be empty.
  const radios = form.querySelectorAll(`[type="radio"][name="${id}"]`);
  for (const radio of radios) radio.checked = radio.value === value;
  if (!radios.length) field(id).value = value;
  return radios[0] ?? field(id);
}
function write(id, value) {
  if (field(id).value !== value) put(id, value).dispatchEvent(new Event('input', { bubbles: true }));
}

const word = (name, ...parts) => parts.reduce(
  (words, part) => words.replace('{}', () => part),
  said.getAttribute(`data-${name.replace('.', '-')}`),
);

// Says something in a corner, with what can be done about it.
let fading;
function tell(sentences, actions = [], wrong = []) {
  const box = document.createElement('div');
  box.className = wrong.length ? 'box trouble' : 'box';
  for (const sentence of sentences) box.append(Object.assign(document.createElement('p'), { textContent: sentence }));
  for (const sentence of wrong) box.append(Object.assign(document.createElement('p'), { textContent: sentence, className: 'wrong' }));
  const close = () => {
    clearTimeout(fading);
    const hadFocus = box.contains(document.activeElement);
    box.remove();
    if (hadFocus) (code.value ? code : text).focus();
  };
  const row = document.createElement('div');
  for (const [label, act] of [...actions, [word('submit.dismiss')]]) {
    const button = Object.assign(document.createElement('button'), { type: 'button', className: 'button', textContent: label });
    button.addEventListener('click', () => {
      close();
      act?.();
    });
    row.append(button);
  }
  box.append(row);
  said.replaceChildren(box);
  clearTimeout(fading);
  // What was refused has to be read; the rest can still be undone in the fields themselves.
  const fade = () => {
    clearTimeout(fading);
    if (!wrong.length) fading = setTimeout(() => (box.matches(':hover, :focus-within') ? fade() : close()), 20_000);
  };
  fade();
}

// Everything on the form, to be brought back.
function remember() {
  const before = { values: values(), samples: given(), pictures: pictures(), guessed };
  return () => {
    for (const id of ids) write(id, before.values[id]);
    giveSamples(before.samples);
    showPictures?.(before.pictures);
    guessed = before.guessed;
    save();
  };
}
const undo = (back) => [word('submit.undo'), back];

// Keeps the browser's undo, which setting the value would lose. Chromium takes the square of the number of lines: a second for a
// hundred of them on a slow machine.
const FEW_LINES = 100;
const isShort = (words) => words.split('\n', FEW_LINES + 1).length <= FEW_LINES;
function insert(words, into = code) {
  if (isShort(words) && document.execCommand(words ? 'insertText' : 'delete', false, words)) return;
  into.setRangeText(words, into.selectionStart, into.selectionEnd, 'end');
  into.dispatchEvent(new Event('input', { bubbles: true }));
}

// Replaces a text. A finger would call up the keyboard.
const hasMouse = matchMedia('(pointer: fine)').matches;
function replace(area, words) {
  if (hasMouse && isShort(words) && isShort(area.value)) {
    area.focus({ preventScroll: true });
    if (document.activeElement === area) {
      area.select();
      insert(words, area);
      area.setSelectionRange(0, 0);
      area.scrollTop = 0;
      return;
    }
  }
  area.value = words;
  area.dispatchEvent(new Event('input', { bubbles: true }));
}
