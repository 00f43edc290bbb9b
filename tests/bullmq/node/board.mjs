// Bull Board on the queue, on a free port of this machine; ends with its standard input.
//
//   node board.mjs PREFIX QUEUE      with REDIS_URL (a unix socket) and BULLMQ_NODE (where node_modules is)
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.BULLMQ_NODE}/`);
const { createBullBoard } = require('@bull-board/api');
const { BullMQAdapter } = require('@bull-board/api/bullMQAdapter');
const { ExpressAdapter } = require('@bull-board/express');
const { Queue } = require('bullmq');
const express = require('express');

const [prefix, name] = process.argv.slice(2);
const connection = { path: new URL(process.env.REDIS_URL).pathname };
const queue = new Queue(name, { connection, prefix });
const board = new ExpressAdapter().setBasePath('/board');
createBullBoard({ queues: [new BullMQAdapter(queue)], serverAdapter: board });
const server = express().use('/board', board.getRouter()).listen(0, '127.0.0.1', () => {
  process.stdout.write(`${JSON.stringify({ url: `http://127.0.0.1:${server.address().port}/board` })}\n`);
});
process.stdin.on('end', () => process.exit(0)).resume();
