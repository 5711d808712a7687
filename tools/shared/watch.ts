import { sleep } from '../../libs/platform/src/async/sleep.ts';
import { Failure } from './failure.ts';
import { say } from './run.ts';

interface Watched {
  readonly program: {
    readonly name: string;
    readonly answers?: (timeoutMs: number) => Promise<boolean>;
  };
  readonly process?: { kill(signal: 'SIGKILL'): boolean };
}

/**
 * A process that has just started may take this many times as long: Kafka opens its port after it has read its log.
 */
const RECOVERY = 10;

/** How long a process may be silent, in milliseconds. 0: no limit. */
export function silenceLimit(variable = process.env['TURNSTREAM_SILENCE_S']): number {
  const seconds = variable || '30';
  if (!/^\d{1,5}$/.test(seconds))
    throw new Failure(
      `TURNSTREAM_SILENCE_S is '${seconds}': set it to a whole number of seconds; 0: no limit.`,
    );
  return Number(seconds) * 1_000;
}

/**
 * Kills a running process that has not answered for `silenceMs`, whether it is silent or refuses connections. Runs
 * until the signal aborts; the supervisor restarts the program.
 */
export async function watch(child: Watched, silenceMs: number, signal: AbortSignal): Promise<void> {
  const { name, answers } = child.program;
  if (!answers || silenceMs === 0) return;
  const waitMs = silenceMs / 6;
  let asked = child.process;
  let allowedMs = silenceMs;
  for (let silentMs = 0; !signal.aborted;) {
    const begun = performance.now();
    await sleep(waitMs, signal);
    const { process } = child;
    if (process === undefined || process !== asked) {
      [asked, allowedMs, silentMs] = [process, RECOVERY * silenceMs, 0];
      continue;
    }
    if (await answers(waitMs)) [allowedMs, silentMs] = [silenceMs, 0];
    // Excludes the time in which this process itself was suspended: it did not probe the other one then.
    else silentMs += Math.min(performance.now() - begun, 2 * waitMs);
    if (silentMs < allowedMs || signal.aborted || child.process !== process) continue;
    say(name, `is running, but has not answered for ${Number((silentMs / 1_000).toFixed(1))} s: killing it`);
    process.kill('SIGKILL');
  }
}
