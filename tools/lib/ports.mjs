import { connect, createServer } from 'node:net';
import { Failure } from './fail.mjs';
import { lastLines, run } from './run.mjs';

const HOST = '127.0.0.1';

function listen(port) {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen({ port, host: HOST, exclusive: true }, () => {
      const taken = server.address().port;
      server.close(() => resolve(taken));
    });
  });
}

/** `count` ports that nobody uses just now, all different. */
export async function freePorts(count) {
  const ports = new Set();
  while (ports.size < count) ports.add(await listen(0));
  return [...ports];
}

/** Fails with one line when somebody listens on the port already. */
export async function assertFree(port, what, remedy) {
  const busy =
    (await answers(port)) ||
    (await listen(port).then(
      () => false,
      () => true,
    ));
  if (!busy) return;
  throw new Failure(`Port ${port} (${what}) is taken${await holder(port)}: stop that program, or ${remedy}.`);
}

function answers(port) {
  return new Promise((resolve) => {
    const socket = connect({ port, host: HOST });
    const end = (result) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(1000, () => end(true));
    socket.once('connect', () => end(true)).once('error', () => end(false));
  });
}

async function holder(port) {
  const { code, output } = await run('lsof', ['-nP', `-iTCP:${port}`, '-sTCP:LISTEN', '-Fpc'], {
    timeoutMs: 2000,
  });
  const found = code === 0 ? /p(\d+)\nc(.*)/.exec(output) : null;
  if (found) return ` by ${found[2]} (process ${found[1]})`;
  const ss = await run('ss', ['-ltnpH', `sport = :${port}`], { timeoutMs: 2000 });
  const user = ss.code === 0 ? /\(\("([^"]+)",pid=(\d+)/.exec(lastLines(ss.output, 1)) : null;
  return user ? ` by ${user[1]} (process ${user[2]})` : '';
}
