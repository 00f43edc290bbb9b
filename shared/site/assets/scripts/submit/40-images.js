// Screenshots. The browser sends the files of the file input.
let turn = Promise.resolve();
let attach;
let showPictures;
let files = [];
const pictures = () => files;
const isPicture = async (file) => {
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 12).arrayBuffer()));
  // Names say little of what is in a file.
  return [/^\x89PNG/, /^\xff\xd8\xff/, /^RIFF[^]{4}WEBP/, /^GIF8/].some((signature) => signature.test(head));
};
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
  const shrunk = new WeakSet();
  const usable = new WeakSet();
  const shrink = async (file) => {
    if (shrunk.has(file)) return file;
    let small = file;
    try {
      const known = await isPicture(file);
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
  attach = (more) => keep((before) => [...before, ...more]);
  showPictures = (wanted) => {
    turn = turn.then(() => show(wanted));
  };
  input.addEventListener('change', () => {
    const chosen = [...input.files];
    openFiles(chosen);
  });
}
