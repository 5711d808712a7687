import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Failure } from '../shared/failure.ts';
import { cacheDir } from '../shared/paths.ts';
import { lastLines, run, step, withSharedLock } from '../shared/run.ts';

/** A program to run, with its arguments. */
export interface Program {
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: { readonly uid?: number; readonly gid?: number };
  /** A folder that it gets as an open file, descriptor 3 of its process. */
  readonly folder?: string;
  /** The signal that ends it (SIGTERM), and after how long it is killed. */
  readonly signal?: 'SIGTERM' | 'SIGINT';
  readonly graceMs?: number;
  /** Whether it answers in time; a running process that does not is hung. */
  readonly answers?: (timeoutMs: number) => Promise<boolean>;
  readonly afterStop?: () => Promise<unknown>;
}

/** A backing service: the variable that names an existing one, its usual port, how it is started and checked. */
export interface BackingService {
  readonly name: string;
  readonly title: string;
  readonly variable: string;
  readonly portVariable: string;
  readonly port: number;
  /** `dir`: the folder of its data when it runs natively. */
  readonly url: (port: number, dir?: string) => string;
  /** Prepares its data folder and installs it if necessary. `isPrivate`: for tests, with fresh data. */
  readonly program: (dir: string, port: number, isPrivate: boolean) => Promise<Program>;
  /** Throws until a request is answered; an open port is not enough. */
  readonly ready: (url: string) => Promise<unknown>;
}

/** The path of a folder in the cache. `commands`: fill the folder at the path that they are given; they run once. */
export async function installed(
  name: string,
  commands: (folder: string) => Promise<readonly string[][]>,
  remedy: string,
): Promise<string> {
  const [target, partial] = [join(cacheDir, name), join(cacheDir, `${name}.partial`)];
  const install = async () => {
    rmSync(partial, { recursive: true, force: true });
    for (const command of await commands(partial)) {
      const { code, output } = await run(command);
      if (code !== 0) throw new Failure(`${name} cannot be installed (${lastLines(output)}): ${remedy}.`);
    }
    renameSync(partial, target);
  };
  if (!existsSync(target))
    await withSharedLock(
      name,
      async () => existsSync(target) || step(name, 'installing', install, 'installed'),
    );
  return target;
}
