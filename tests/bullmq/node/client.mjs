// BullMQ's Node client, told what to do by the tests: a JSON line in is a call, a JSON line out its answer or an event.
//
//   node client.mjs PREFIX QUEUE      with REDIS_URL (a unix socket) and BULLMQ_NODE (where node_modules is)
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const require = createRequire(`${process.env.BULLMQ_NODE}/`);
const { Queue, QueueEvents, Worker } = require('bullmq');

const [prefix, name] = process.argv.slice(2);
const connection = { path: new URL(process.env.REDIS_URL).pathname, maxRetriesPerRequest: null };
const queue = new Queue(name, { connection, prefix });
// From the first event on: a listener that is late misses nothing.
const events = new QueueEvents(name, { connection, prefix, lastEventId: '0-0' });
for (const event of ['added', 'waiting', 'active', 'delayed', 'completed', 'failed', 'removed', 'paused', 'resumed']) {
  events.on(event, (fields) => say({ event, ...fields }));
}

let release;
const released = new Promise((resolve) => (release = resolve));

function say(value) {
  process.stdout.write(`${JSON.stringify(value)}\n`);
}

async function job(id) {
  const found = await queue.getJob(id);
  if (!found) throw new Error(`there is no job ${id}`);
  return found;
}

const calls = {
  add: async ({ name, data, opts }) => (await queue.add(name, data, opts)).id,
  job: async ({ id }) => {
    const found = await job(id);
    return { ...found.toJSON(), state: await found.getState() };
  },
  counts: () => queue.getJobCounts(),
  waiting: async () => (await queue.getWaiting()).map(({ id }) => id),
  retry: async ({ id }) => (await job(id)).retry('failed'),
  retry_all: () => queue.retryJobs(),
  promote: async ({ id }) => (await job(id)).promote(),
  remove: async ({ id }) => (await job(id)).remove(),
  pause: () => queue.pause(),
  resume: () => queue.resume(),
  workers: () => queue.getWorkers(),
  finished: async ({ id }) => (await job(id)).waitUntilFinished(events),
  // A worker that says what it takes, and holds it until `release`.
  work: async () => {
    const worker = new Worker(
      name,
      async ({ id }) => {
        say({ event: 'processing', jobId: id });
        await released;
        return null;
      },
      { connection, prefix },
    );
    worker.on('error', (error) => console.error(error));
    await worker.waitUntilReady();
  },
  release: () => release(),
};

for await (const line of createInterface({ input: process.stdin })) {
  const { call, ...rest } = JSON.parse(line);
  try {
    say({ result: (await calls[call](rest)) ?? null });
  } catch (error) {
    say({ error: String(error.stack ?? error) });
  }
}
process.exit(0);
