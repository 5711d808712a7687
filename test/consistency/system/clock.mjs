/** `node --import clock.mjs`: sets the time of this process off by the seconds in the file CLOCK_OFFSET_FILE. */
import { readFileSync } from 'node:fs';

const file = process.env.CLOCK_OFFSET_FILE ?? '';
const RealDate = Date;
let offsetMs = 0;
const read = () => {
  try {
    offsetMs = 1_000 * Number(readFileSync(file, 'utf8'));
  } catch {
    offsetMs = 0;
  }
};
read();
setInterval(read, 100).unref();

globalThis.Date = class Date extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + offsetMs);
    else super(...args);
  }

  static now() {
    return RealDate.now() + offsetMs;
  }
};
