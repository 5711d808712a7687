#!/usr/bin/env node
import { logVerbosity, setLogVerbosity } from '@grpc/grpc-js';
import { backup } from './commands/backup.ts';
import { scavenge } from './commands/scavenge.ts';
import { verify } from './commands/verify.ts';
import { parseDirectories, parseOptions, USAGE, UsageError } from './options.ts';
import { startServer } from './server.ts';
import { messageOf } from './store/errors.ts';

const print = (line: string): boolean => process.stdout.write(`${line}\n`);
const printError = (line: string): void => void process.stderr.write(`event-store: ${line}\n`);

const serve = async (args: readonly string[]): Promise<void> => {
  const options = parseOptions(args, process.env);
  const server = await startServer({ ...options, report: printError });
  const { host, port } = options.advertise ?? { host: '127.0.0.1', port: server.port };
  print(`event-store listening on port ${server.port} (esdb://${host}:${port}?tls=false)`);
  const stop = (): void => {
    void server.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        printError(messageOf(error));
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
};

// Errors are printed below, in one line.
setLogVerbosity(logVerbosity.NONE);
const runCommand = async ([name, ...args]: readonly string[]): Promise<void> => {
  if ([name, ...args].includes('--help')) {
    print(USAGE);
  } else if (name === 'scavenge') {
    const { events, bytes } = scavenge(parseDirectories(args).data);
    print(`removed ${events} events, freed ${bytes} bytes`);
  } else if (name === 'verify') {
    const { events, streams, faults } = verify(parseDirectories(args).data);
    print(`checked ${events} events in ${streams} streams: ${faults.length === 0 ? 'no faults' : 'damaged'}`);
    for (const fault of faults) printError(fault);
    if (faults.length > 0) process.exitCode = 1;
  } else if (name === 'backup') {
    const { data, to } = parseDirectories(args, 'to');
    print(`copied ${backup(data, to)} bytes to ${to}`);
  } else {
    await serve(name === undefined ? [] : [name, ...args]);
  }
};

try {
  await runCommand(process.argv.slice(2));
} catch (error) {
  printError(messageOf(error));
  if (error instanceof UsageError) printError(USAGE);
  process.exitCode = error instanceof UsageError ? 2 : 1;
}
