import type { Reading } from './cues.ts';
import { hintAt } from './cues.ts';
import type { Found } from './found.ts';

/** Two numbers with at least four decimals, which is precise to about ten metres. */
const decimal =
  /(?<![\w.])(-?\d{1,2}\.\d{4,15})°?( ?[NS])?(?:\s{0,2}(?:,|;|%2C|\/|\s)\s{0,2}(?:(?:and|long|longitude|lon|lng)[:=\s]{1,3})?)(-?\d{1,3}\.\d{4,15})°?( ?[EW](?!\w))?(?![\d.]\d)/gi;
const degrees =
  /(?<!\w)(\d{1,2})° ?(\d{1,2})['′’] ?(\d{1,2}(?:\.\d{1,6})?)(?:["″”]|'') ?([NS])[ ,]{1,3}(\d{1,3})° ?(\d{1,2})['′’] ?(\d{1,2}(?:\.\d{1,6})?)(?:["″”]|'') ?([EW])/gi;

export function* findCoordinates(reading: Reading): Generator<Found> {
  const { text } = reading;
  if (!/\d\.\d{4}|°/.test(text)) return;
  for (const match of text.matchAll(decimal)) {
    const [all, latitude = '', south = '', longitude = '', west = ''] = match;
    const value = `${signed(latitude, south)},${signed(longitude, west)}`;
    const { index } = match;
    if (!isPlace(Number(latitude), Number(longitude))) continue;
    const isPair = /,|;|\/|%2C/i.test(all) || hintAt(reading, index, index + all.length).cue === 'place';
    if (isPair) yield found(index, all, value);
  }
  if (!text.includes('°')) return;
  for (const match of text.matchAll(degrees)) {
    const [all, ...parts] = match;
    const latitude = inDegrees(parts.slice(0, 4));
    const longitude = inDegrees(parts.slice(4));
    if (isPlace(latitude, longitude))
      yield found(match.index, all, `${latitude.toFixed(6)},${longitude.toFixed(6)}`);
  }
}

function found(start: number, all: string, value: string): Found {
  return { type: 'coordinates', value, start, end: start + all.length };
}

function signed(number: string, side: string): string {
  return /[SW]/i.test(side) ? `-${number}` : number;
}

function inDegrees([degree, minutes, seconds, side = '']: readonly string[]): number {
  const value = Number(degree) + Number(minutes) / 60 + Number(seconds) / 3_600;
  return /[SW]/i.test(side) ? -value : value;
}

function isPlace(latitude: number, longitude: number): boolean {
  return Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180;
}
