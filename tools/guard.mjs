/**
 * The guard: the parent of every engine and app. It lives in a session of its own and stops them all, apps first, when
 * its channel to the launcher closes, for whatever reason. So a launcher that is killed leaves no process behind.
 */
import { rmSync } from 'node:fs';
import { Keeper } from './lib/keeper.mjs';
import { run } from './lib/run.mjs';

const keepers = new Map();
const remove = new Set();
let stopping;

function tell(message) {
  if (process.connected) process.send(message, () => {});
}

const orders = {
  start: ({ spec }) => {
    if (stopping) return;
    const keeper = new Keeper(spec, tell);
    keepers.set(spec.name, keeper);
    keeper.start();
  },
  keep: () => {
    for (const keeper of keepers.values()) keeper.restarts = true;
  },
  signal: ({ name, signal }) => keepers.get(name)?.signal(signal),
  remove: ({ path }) => remove.add(path),
  stop: () => void stopAll(),
  hurry: () => {
    for (const keeper of keepers.values()) keeper.signal('SIGKILL');
  },
};

function stopAll() {
  stopping ??= (async () => {
    const all = [...keepers.values()];
    await Promise.all(all.filter(({ spec }) => spec.app).map((keeper) => keeper.stop()));
    await Promise.all(all.filter(({ spec }) => !spec.app).map((keeper) => keeper.stop()));
    for (const { spec } of all) if (spec.afterStop) await run(spec.afterStop[0], spec.afterStop.slice(1));
    for (const path of remove) rmSync(path, { recursive: true, force: true });
    tell({ event: 'stopped' });
    if (process.connected) process.disconnect();
    process.exit(0);
  })();
  return stopping;
}

process.on('message', (order) => orders[order.do]?.(order));
process.on('disconnect', () => void stopAll());
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.on(signal, () => void stopAll());
tell({ event: 'guarding' });
