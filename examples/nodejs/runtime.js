#!/usr/bin/env node
'use strict';

/*
 * A Lambda runtime in one file of plain Node.js. Put your function in place of handle() and startUp().
 *
 * Run it in a test: LambdaSimulator.builder().runtime(Command.of("node", "nodejs/runtime.js"))
 *
 * What it asks of the Runtime API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
 */

const http = require('node:http');

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

/** What a function does once, before its first invocation. */
async function startUp() {
  if (process.env.FAIL_INIT) {
    throw new Error(process.env.FAIL_INIT);
  }
}

/** Echoes its event, unless the event says what to do instead. */
async function handle(event) {
  switch (event?.do) {
    case 'fail':
      throw new RangeError(event.because ?? 'asked to fail');
    case 'crash':
      return process.exit(3);
    case 'hang':
      return new Promise(() => setInterval(() => {}, 60_000));
    case 'list environment':
      return Object.keys(process.env).sort().join(' ');
    default:
      return event;
  }
}

/** Calls the Runtime API and waits for its answer, however long that takes. */
function call(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const url = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime${path}`;
    const request = http.request(url, { method, agent, headers }, (response) => {
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function report(path, error) {
  const body = JSON.stringify({ errorType: error.name, errorMessage: error.message, trace: error.stack.split('\n') });
  console.error(body);
  await call('POST', path, body, { 'Lambda-Runtime-Function-Error-Type': `Runtime.${error.name}` });
}

async function main() {
  try {
    await startUp();
  } catch (error) {
    await report('/init/error', error);
    process.exit(1);
  }
  for (;;) {
    const next = await call('GET', '/invocation/next');
    if (next.status !== 200) {
      throw new Error(`next was answered with ${next.status}: ${next.body}`);
    }
    const invocation = `/invocation/${next.headers['lambda-runtime-aws-request-id']}`;
    let result;
    try {
      result = await handle(JSON.parse(next.body));
    } catch (error) {
      await report(`${invocation}/error`, error);
      continue;
    }
    // A function that returns nothing answers null.
    await call('POST', `${invocation}/response`, JSON.stringify(result ?? null));
  }
}

main();
