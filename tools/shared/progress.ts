import { Presets, SingleBar } from 'cli-progress';

export interface Progress {
  add(count?: number): void;
  stop(): void;
}

/** A progress bar; without a terminal, a line every few seconds. */
export function startProgress(what: string, total: number, unit: string): Progress {
  return process.stdout.isTTY ? bar(what, total, unit) : lines(what, total, unit);
}

function bar(what: string, total: number, unit: string): Progress {
  const format = `${what.padEnd(10)} {bar} {value}/{total} ${unit}  {duration_formatted}`;
  const single = new SingleBar({ format, hideCursor: true }, Presets.shades_classic);
  single.start(total, 0);
  return { add: (count = 1) => single.increment(count), stop: () => single.stop() };
}

function lines(what: string, total: number, unit: string): Progress {
  let done = 0;
  const say = (): void => console.log(`${what.padEnd(10)} ${done}/${total} ${unit}`);
  const timer = setInterval(say, 3_000);
  const stop = (): void => {
    clearInterval(timer);
    say();
  };
  return {
    add: (count = 1) => {
      done += count;
    },
    stop,
  };
}
