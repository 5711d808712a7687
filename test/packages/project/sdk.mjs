import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Turnstream, Unavailable } from '@turnstream/sdk';

const turnstream = new Turnstream({ url: 'http://127.0.0.1:9', retryForMs: 0 });
await assert.rejects(turnstream.session('s').context(), Unavailable);
await turnstream.close();
assert.equal(createRequire(import.meta.url)('@turnstream/sdk').Unavailable, Unavailable);
