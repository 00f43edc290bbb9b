"""BullMQ's Python client, told what to do by the tests, as node/client.mjs is.

python client.py PREFIX QUEUE      with REDIS_URL (a unix socket)
"""

import asyncio
import json
import os
import sys
import traceback

from bullmq import Queue, QueueEvents, Worker

EVENTS = ["added", "waiting", "active", "delayed", "completed", "failed", "removed", "paused", "resumed"]


def say(value):
    print(json.dumps(value, default=str), flush=True)


class Client:
    def __init__(self, prefix, name):
        self.name = name
        self.options = {"connection": os.environ["REDIS_URL"], "prefix": prefix}
        self.queue = Queue(name, self.options)
        self.released = asyncio.Event()
        # From the first event on: a listener that is late misses nothing.
        self.events = QueueEvents(name, {**self.options, "lastEventId": "0-0"})
        self.events.on("error", lambda error: print(error, file=sys.stderr))
        for event in EVENTS:
            self.events.on(event, lambda fields, _, event=event: say({"event": event, **fields}))

    async def found(self, id):
        job = await self.queue.getJob(id)
        if job is None:
            raise Exception(f"there is no job {id}")
        return job

    async def add(self, name, data, opts):
        return (await self.queue.add(name, data, opts)).id

    async def job(self, id):
        job = await self.found(id)
        return {
            "id": job.id,
            "name": job.name,
            "data": job.data,
            "opts": job.opts,
            "attemptsMade": job.attemptsMade,
            "failedReason": job.failedReason,
            "returnvalue": job.returnvalue,
            "finishedOn": job.finishedOn,
            "state": await self.queue.getJobState(id),
        }

    async def counts(self):
        return await self.queue.getJobCounts()

    async def waiting(self):
        return [job.id for job in await self.queue.getWaiting()]

    async def retry(self, id):
        await (await self.found(id)).retry("failed")

    async def retry_all(self):
        await self.queue.retryJobs()

    async def promote(self, id):
        await (await self.found(id)).promote()

    async def remove(self, id):
        await (await self.found(id)).remove()

    async def pause(self):
        await self.queue.pause()

    async def resume(self):
        await self.queue.resume()

    async def work(self):
        """Starts a worker that says what it takes, and holds it until `release`."""

        async def process(job, _token):
            say({"event": "processing", "jobId": job.id})
            await self.released.wait()

        self.worker = Worker(self.name, process, self.options)

    async def release(self):
        self.released.set()


async def main():
    client = Client(*sys.argv[1:])
    while line := await asyncio.to_thread(sys.stdin.readline):
        arguments = json.loads(line)
        call = getattr(client, arguments.pop("call"))
        try:
            say({"result": await call(**arguments)})
        except Exception:
            say({"error": traceback.format_exc()})
    os._exit(0)


asyncio.run(main())
