/** When the command began, also where it went on in another process. */
export const begun = Number(process.env.TURNSTREAM_BEGUN ?? Date.now());

/** Seconds since the command began. */
export const elapsed = () => ((Date.now() - begun) / 1000).toFixed(1);

/** One progress line: when, what, how it goes. */
export function say(what, text) {
  console.log(`${elapsed().padStart(6)} s  ${what.padEnd(14)} ${text}`);
}

/** Says that a step begins, that it still runs every 5 s, and that it is done; returns the step's result. */
export async function step(what, doing, work, done = () => 'ready') {
  const start = Date.now();
  const seconds = () => `${((Date.now() - start) / 1000).toFixed(1)} s`;
  say(what, doing);
  const timer = setInterval(() => say(what, `still ${doing} (${seconds()})`), 5000);
  try {
    const result = await work();
    say(what, `${done(result)} (${seconds()})`);
    return result;
  } finally {
    clearInterval(timer);
  }
}
