import type { Colors } from './columns.ts';
import { colored } from './columns.ts';
import { textOf } from './text.ts';
import { formatTime } from './times.ts';

const timeForm = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?Z$/;

/** A document as indented `name: value` lines; lists of objects have a dash before each. */
export function renderDocument(value: unknown, colors: Colors, utc: boolean): string[] {
  return linesOf(value, { colors, utc });
}

interface Style {
  readonly colors: Colors;
  readonly utc: boolean;
}

function linesOf(value: unknown, style: Style): string[] {
  if (Array.isArray(value)) return value.flatMap((item: unknown) => dashed(linesOf(item, style)));
  if (!isObject(value)) return [scalar(value, style)];
  return Object.entries(value).flatMap(([name, member]) => {
    const title = style.colors.cyan(`${textOf(name)}:`);
    if (isEmpty(member)) return [`${title} -`];
    if (!isObject(member) && !Array.isArray(member)) return [`${title} ${scalar(member, style)}`];
    return [title, ...linesOf(member, style).map((line) => `  ${line}`)];
  });
}

function dashed([first = '', ...more]: readonly string[]): string[] {
  return [`- ${first}`, ...more.map((line) => `  ${line}`)];
}

function scalar(value: unknown, { colors, utc }: Style): string {
  if (typeof value === 'string' && timeForm.test(value)) return formatTime(value, utc);
  return colored(textOf(value), colors);
}

function isEmpty(value: unknown): boolean {
  return value !== null && typeof value === 'object' && Object.keys(value).length === 0;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
