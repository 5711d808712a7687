import { Failure } from '../shared/failure.ts';
import { Supervisor } from './supervisor.ts';

/** npm may pass on the first Ctrl-C a second time. */
const SECOND_SIGNAL_MS = 1_000;

/** Ctrl-C, a signal, or the end of the process that started this one. */
export class Interrupted extends Failure {}

/**
 * Runs `work` with a supervisor, and stops what it started when `work` is done or the command is interrupted (it then
 * rejects with Interrupted). A second Ctrl-C kills.
 */
export async function supervise<T>(work: (supervisor: Supervisor) => Promise<T>): Promise<T> {
  const supervisor = new Supervisor();
  const { promise: interrupted, reject } = Promise.withResolvers<never>();
  let asked: number | undefined;
  const interrupt = (signal: NodeJS.Signals) => {
    if (asked !== undefined && signal === 'SIGINT' && Date.now() - asked > SECOND_SIGNAL_MS)
      supervisor.kill();
    if (asked !== undefined) return;
    asked = Date.now();
    console.log(`\nStopped by ${signal}: stopping what was started (Ctrl-C again kills it).`);
    reject(new Interrupted(`Stopped by ${signal}.`));
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  try {
    return await Promise.race([interrupted, work(supervisor)]);
  } finally {
    await supervisor.stop();
    for (const signal of signals) process.off(signal, interrupt);
  }
}
