const assert = require('node:assert/strict');
const { Turnstream, Unavailable } = require('@turnstream/sdk');

async function main() {
  const turnstream = new Turnstream({ url: 'http://127.0.0.1:9', retryForMs: 0 });
  await assert.rejects(turnstream.session('s').context(), Unavailable);
  await turnstream.close();
}

void main();
