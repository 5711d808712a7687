import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from '../tools/shared/paths.ts';
import type { CallFrame, Profile, Stretch } from './stages.ts';
import { stageShares } from './stages.ts';

/** Node processes that start while `work` runs write a CPU profile into a folder when they end. */
export async function withProfiles<T>(dir: string, work: () => Promise<T>): Promise<T> {
  const { NODE_OPTIONS: before = '' } = process.env;
  process.env['NODE_OPTIONS'] = `${before} --cpu-prof --cpu-prof-dir=${dir}`.trim();
  try {
    return await work();
  } finally {
    process.env['NODE_OPTIONS'] = before;
  }
}

/** By process, the share of its time in a period that each stage took. `pids`: the processes that wrote a profile. */
export function sharesByProcess(
  dir: string,
  pids: ReadonlyMap<string, number>,
  stretch: Stretch,
): Map<string, ReadonlyMap<string, number>> {
  const files = readdirSync(dir);
  const profiles = [...pids].flatMap(([name, pid]) => {
    // CPU.<date>.<time>.<process>.<thread>.<number>.cpuprofile; thread 0 is the main one.
    const file = files.find((item) => item.includes(`.${pid}.0.`));
    return file === undefined ? [] : [[name, join(dir, file)] as const];
  });
  const placeOf = placesInSources();
  return new Map(
    profiles.map(([name, file]) => {
      const profile = JSON.parse(readFileSync(file, 'utf8')) as Profile;
      return [name, stageShares(profile, stretch, placeOf)];
    }),
  );
}

/** Maps frames of the compiled apps to their sources. */
function placesInSources(): (frame: CallFrame) => string {
  const maps = new Map<string, SourceMap | undefined>();
  const mapOf = (file: string): SourceMap | undefined => {
    if (!maps.has(file)) maps.set(file, readMap(file));
    return maps.get(file);
  };
  return ({ functionName, url, lineNumber, columnNumber }) => {
    const file = url.startsWith('file:') ? fileURLToPath(url) : url;
    const entry = file.includes('/dist/apps/') ? mapOf(file)?.findEntry(lineNumber, columnNumber) : undefined;
    const source = entry !== undefined && 'originalSource' in entry ? String(entry.originalSource) : file;
    return `${shortened(source)} ${functionName}`;
  };
}

/** A source path relative to the project or to the packages' folder. */
function shortened(source: string): string {
  return source
    .replace(/^webpack:\/\/[^/]*\/(\.\/)?/, '')
    .replace(/^.*(?=\/node_modules\/)/, '')
    .replace(`${root}/`, '');
}

function readMap(file: string): SourceMap | undefined {
  if (!existsSync(`${file}.map`)) return undefined;
  return new SourceMap(JSON.parse(readFileSync(`${file}.map`, 'utf8')));
}
