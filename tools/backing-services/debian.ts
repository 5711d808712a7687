import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../shared/run.ts';
import { installed } from './service.ts';

const download = `cd "$1" && apt-get download "$2" $(apt-cache depends --important "$2" |
  sed -nE "s/^ +Depends: (($3)[^ ]*)\\$/\\1/p") && for file in *.deb; do dpkg-deb -x "$file" . || exit 1; done`;

interface DebianProgram {
  readonly package: string;
  /** Its path in the package. */
  readonly path: string;
  /** Libraries of the package that may be missing on a machine, as a pattern. */
  readonly libraries: string;
  /** Commands that complete the package once it is unpacked, given its folder. */
  readonly complete?: (folder: string) => readonly string[][];
}

/** A program that Debian's package has installed, or else the package unpacked in the cache, and the environment of its libraries. */
export async function debianProgram({
  package: name,
  path,
  libraries,
  complete = () => [],
}: DebianProgram): Promise<{ program: string; env: Record<string, string> }> {
  for (const program of [`/${path}`, join('/usr/local/bin', path.slice(path.lastIndexOf('/') + 1))])
    if (existsSync(program)) return { program, env: {} };
  const folder = await installed(
    `${name}-debian`,
    async (target) => {
      mkdirSync(target, { recursive: true });
      return [['sh', '-c', download, 'sh', target, name, libraries], ...complete(target)];
    },
    `install ${name}, or run this where apt-get finds the packages of Debian or Ubuntu`,
  );
  const { output } = await run(['find', folder, '-name', '*.so*', '-printf', '%h\\n']);
  const env = { LD_LIBRARY_PATH: [...new Set(output.split('\n').filter(Boolean))].join(':') };
  return { program: join(folder, path), env };
}
