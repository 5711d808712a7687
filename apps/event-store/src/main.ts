#!/usr/bin/env node
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { parseOptions, USAGE, UsageError } from './options.ts';
import { startServer } from './server.ts';
import { messageOf } from './store/errors.ts';

const print = (line: string): boolean => process.stdout.write(`${line}\n`);
const complain = (line: string): boolean => process.stderr.write(`event-store: ${line}\n`);

const serve = async (args: readonly string[]): Promise<void> => {
  const options = parseOptions(args, process.env);
  const server = await startServer(options);
  if (server.refusal !== undefined) complain(`the store is read-only: ${server.refusal}: restore a backup`);
  const { host, port } = options.advertise ?? { host: '127.0.0.1', port: server.port };
  print(`event-store listening on port ${server.port} (esdb://${host}:${port}?tls=false)`);
  const stop = (): void => {
    void server.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        complain(messageOf(error));
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
};

// What goes wrong is told in our own words.
setLogVerbosity(logVerbosity.NONE);
try {
  await serve(process.argv.slice(2));
} catch (error) {
  complain(messageOf(error));
  if (error instanceof UsageError) complain(USAGE);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
