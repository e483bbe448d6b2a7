#!/usr/bin/env node
'use strict';

/*
 * A Lambda extension in one file of plain Node.js, which prints what it receives.
 *
 * Run it in a test: LambdaSimulator.builder().extension("extension.js", Command.of("node", "nodejs/extension.js"))
 *
 * What it asks of the Extensions API: https://docs.aws.amazon.com/lambda/latest/dg/runtimes-extensions-api.html
 */

const http = require('node:http');
const path = require('node:path');

const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

/** Calls the Extensions API and waits for its answer, without a time limit: the environment may be frozen meanwhile. */
function call(method, resource, headers, body) {
  return new Promise((resolve, reject) => {
    const url = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2020-01-01/extension${resource}`;
    const request = http.request(url, { method, agent, headers }, (response) => {
      response.setEncoding('utf8');
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) {
          resolve({ headers: response.headers, text });
        } else {
          reject(new Error(`${method} ${resource} was answered with ${response.statusCode}: ${text}`));
        }
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

async function main() {
  // AWS knows an extension by the name of its file in /opt/extensions.
  const name = path.basename(process.argv[1]);
  console.log(['environment', ...Object.keys(process.env).sort()].join(' '));

  const registered = await call(
    'POST',
    '/register',
    { 'Lambda-Extension-Name': name },
    JSON.stringify({ events: ['INVOKE', 'SHUTDOWN'] })
  );
  const identifier = registered.headers['lambda-extension-identifier'];

  for (;;) {
    // Asking for the next event also says that the work for the one before is done.
    const next = await call('GET', '/event/next', { 'Lambda-Extension-Identifier': identifier });
    console.log(next.text);
    const { eventType } = JSON.parse(next.text);
    if (eventType === process.env.CRASH_ON) {
      process.exit(4);
    }
    if (eventType === 'SHUTDOWN') {
      process.exit(0);
    }
  }
}

main();
