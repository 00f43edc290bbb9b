// Problems that Competitive Companion, a browser extension, sends to this server.
const imported = document.querySelector('#imported');
function showImported(problem) {
  imported.hidden = !problem;
  if (!problem) return;
  const link = imported.querySelector('a');
  link.removeAttribute('href');
  if (problem.url) link.href = problem.url;
  link.querySelector('span').textContent = [problem.name, problem.group].filter(Boolean).join(' · ');
}
// The statement is not in it: its title and address stand for it until it is pasted.
function arrive(problem) {
  const back = remember();
  const headline = [problem.name, problem.url].filter(Boolean).join('\n');
  const wishes = {
    text: `${headline}\n`,
    time_limit_ms: problem.time_limit_ms ? String(problem.time_limit_ms) : '',
    memory_limit_mb: problem.memory_limit_mb ? String(problem.memory_limit_mb) : '',
  };
  const tests = problem.samples.map(({ input: given, output }) => [given, output]);
  const fill = (isAll) => {
    for (const [id, value] of Object.entries(wishes)) if (isAll || field(id).value === '') write(id, value);
    if (isAll || given().length === 0) {
      giveSamples(tests);
      if (tests.length) samples.closest('details').open = true;
    }
    showImported(problem);
    save();
  };
  const undoing = undo(() => {
    back();
    showImported();
  });
  const isKept = Object.entries(wishes).some(([id, value]) => field(id).value && field(id).value !== value)
    || (given().length > 0 && JSON.stringify(given()) !== JSON.stringify(tests));
  if (!isKept) {
    fill(true);
    tell([word('companion.filled', problem.name)], [undoing]);
    return;
  }
  // Nothing that was typed is overwritten without being asked.
  tell([word('companion.arrived', problem.name)], [[word('companion.use'), () => {
    fill(true);
    tell([word('companion.filled', problem.name)], [undoing]);
  }]]);
}
if (form.dataset.companion) {
  let source;
  const last = () => {
    try {
      return storage('localStorage').getItem('cc-companion') ?? '';
    } catch {
      return '';
    }
  };
  // A browser has few connections to one server: only the form in sight holds one, and learns what came meanwhile.
  const listen = () => {
    if (document.hidden) {
      source?.close();
      source = undefined;
      return;
    }
    source ??= Object.assign(new EventSource(`${form.dataset.companion}?after=${encodeURIComponent(last())}`), {
      onmessage: ({ data, lastEventId }) => {
        if (lastEventId === last()) return;
        try {
          storage('localStorage').setItem('cc-companion', lastEventId);
        } catch {
          // It may arrive again.
        }
        arrive(JSON.parse(data));
      },
    });
  };
  document.addEventListener('visibilitychange', listen);
  addEventListener('pagehide', () => source?.close());
  listen();
}
