const { mkdtempSync, rmSync } = require('node:fs');
const { tmpdir } = require('node:os');
const { startEventStore } = require('@turnstream/embedded-eventstore');
const { Turnstream, Unavailable } = require('@turnstream/sdk');

test('the SDK can be required', async () => {
  const turnstream = new Turnstream({ url: 'http://127.0.0.1:9', retryForMs: 0 });
  await expect(turnstream.session('s').context()).rejects.toThrow(Unavailable);
  await turnstream.close();
});

test('the embedded event store can be required', async () => {
  const dir = mkdtempSync(`${tmpdir()}/event-store-`);
  const store = await startEventStore({ dir });
  expect(store.port).toBeGreaterThan(0);
  await store.stop();
  rmSync(dir, { recursive: true });
});
