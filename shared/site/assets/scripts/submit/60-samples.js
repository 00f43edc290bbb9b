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
// Puts a sample into the first row that is empty, or into a new one; false where there is no room.
function giveSample(sample) {
  const empty = rows().find(isEmpty);
  if (!empty && rows().length >= Number(samples.dataset.most)) return false;
  if (empty) sides(empty).forEach((side, at) => { side.value = sample[at]; });
  else addSample(sample);
  samples.closest('details').open = true;
  save();
  return true;
}
const given = () => rows().filter((row) => !isEmpty(row)).map((row) => sides(row).map((side) => side.value));
// These and no others.
function giveSamples(wanted) {
  for (const row of rows().slice(1)) row.remove();
  for (const side of sides(rows()[0])) side.value = '';
  for (const sample of wanted.slice(0, Number(samples.dataset.most))) giveSample(sample);
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

