// A draft that stays when the page is loaded again; fields that the server sent back filled in win over it.
const draft = (() => {
  try {
    return JSON.parse(storage('localStorage').getItem('cc-draft')) ?? {};
  } catch {
    return {};
  }
})();
const isBlank = () => ids.every((id) => field(id).value === '') && pictures().length === 0 && rows().every(isEmpty);
if (isBlank()) {
  for (const id of ids) if (typeof draft[id] === 'string') put(id, draft[id]);
  guessed = language.value === '' || draft.guessed === true;
  const kept = (Array.isArray(draft.samples) ? draft.samples : []).slice(0, Number(samples.dataset.most));
  for (const sample of kept) addSample(sample);
  if (kept.length) rows()[0].remove();
  dropEmptySamples();
  document.querySelector('#reference-box').open ||= Boolean(draft.reference_code);
  document.querySelector('#samples-box').open ||= Boolean(kept.length || draft.reference_code);
}
// A form that is filled in from elsewhere does not replace a draft.
const isOwn = !location.search || !(draft.text || draft.code);
const state = document.querySelector('#draft');
const sayDraft = () => state.classList.toggle('kept', isOwn && !isBlank());
function save() {
  key = undefined;
  sayDraft();
  if (!isOwn) return;
  try {
    storage('localStorage').setItem('cc-draft', JSON.stringify({ ...values(), samples: given(), guessed }));
  } catch {
    // There is no room: the text is still on the page.
    state.classList.remove('kept');
  }
}
form.addEventListener('input', save);
form.addEventListener('change', save);
document.querySelector('#clear').addEventListener('click', () => {
  const back = remember();
  forgive();
  for (const id of ids) write(id, '');
  giveSamples([]);
  showPictures?.([]);
  showImported();
  guessed = true;
  save();
  tell([word('submit.cleared')], [undo(back)]);
  text.focus();
});

// How large a text is, once it is nearly as large as it may be.
function size(area) {
  const limit = most(area);
  const now = area.value.length * 3 < limit * 0.8 ? 0 : bytesOf(area.value);
  let count = area.closest('.pane, .more').querySelector(`[data-size="${area.id}"]`);
  if (now < limit * 0.8) {
    count?.remove();
    return;
  }
  if (!count) {
    count = Object.assign(document.createElement('p'), { className: 'small size' });
    count.dataset.size = area.id;
    (area.closest('.editor') ?? area).after(count);
  }
  count.textContent = word('submit.size', Math.ceil(now / 1024), limit / 1024);
  count.classList.toggle('wrong', now > limit);
}
for (const area of [text, code, failing, reference]) {
  area.addEventListener('input', () => size(area));
  size(area);
}

// The language of the answer stays as it was chosen.
const answer = document.querySelector('#answer_language');
const wanted = storage('localStorage').getItem('cc-answer');
if ('usual' in answer.dataset && [...answer.options].some(({ value }) => value === wanted)) answer.value = wanted;
answer.addEventListener('change', () => {
  try {
    storage('localStorage').setItem('cc-answer', answer.value);
  } catch {
    // It holds for this time.
  }
});
