/**
 * Preloaded into a process (NODE_OPTIONS=--import=…). Reports on a Unix socket in the folder DIAGNOSTICS_DIR what the
 * process holds, after a forced collection if the path names one, and the longest turn of its event loop since the last call.
 */
import { createServer } from 'node:http';
import { findSourceMap } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { isMainThread } from 'node:worker_threads';
import { LongestTurn } from './longest-turn.ts';

const dir = process.env.DIAGNOSTICS_DIR;
const program = process.argv[1] ?? '';
const name =
  /dist\/apps\/([a-z]+)\/main\.js$/.exec(program)?.[1] ??
  (program.endsWith('embedded-eventstore/src/main.ts') ? 'event-store' : undefined) ??
  (program.endsWith('scale/bare-sockets.ts') ? 'bare-sockets' : undefined);
/** The collections by path. The thorough one also drops compiled code, which the process then has to compile again. */
const flavors = { '/usual': 'regular', '/thorough': 'last-resort' };
if (dir && name && isMainThread) serve(join(dir, `${name}-${process.pid}.sock`));

function serve(path) {
  const longest = new LongestTurn();
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc');
  const answer = async (request, response) => {
    const longestTurnMs = longest.take();
    // Otherwise the first stack that is logged reads it, which looks like a leak of 20 MB.
    findSourceMap(pathToFileURL(program).href);
    // Weak references and finalizers release their objects in a later turn.
    const flavor = flavors[request.url];
    const collections = flavor ? 3 : 0;
    for (let n = 0; n < collections; n += 1) {
      gc({ type: 'major', execution: 'sync', flavor });
      await sleep(20);
    }
    longest.take();
    const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
    const resources = process.getActiveResourcesInfo();
    const count = (type) => resources.filter((resource) => resource === type).length;
    const handles = resources.filter((resource) => resource !== 'Timeout' && resource !== 'Immediate').length;
    const held = { handles, connections: count('TCPSocketWrap'), heldCalls: await heldCalls() };
    response.end(JSON.stringify({ rss, heapUsed, external, arrayBuffers, longestTurnMs, ...held }));
  };
  const server = createServer((request, response) => void answer(request, response));
  server.listen(path);
  server.unref();
}

/** Calls of this process's gRPC clients that have begun and not ended. */
async function heldCalls() {
  const { default: grpc } = await import('@grpc/grpc-js');
  const { GetTopChannels } = grpc.getChannelzHandlers();
  const { channel } = await new Promise((resolve, reject) => {
    const call = { request: { start_channel_id: 0, max_results: 10_000 } };
    GetTopChannels(call, (error, answer) => (error ? reject(error) : resolve(answer)));
  });
  return channel.reduce(
    (sum, { data }) => sum + data.calls_started - data.calls_succeeded - data.calls_failed,
    0,
  );
}
