import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { EventStoreDBClient } from '@eventstore/db-client';
import { ManagedProcess } from './managed-process.ts';

const diskMib = 256;
const piece = Buffer.alloc(1_024 * 1_024);

/** The event store of one run, whose disk can be filled where this user may mount one. */
export class OwnEventStore {
  readonly process: ManagedProcess;
  /** Whether its data are on a separate small disk. */
  readonly hasOwnDisk: boolean;
  private readonly disk: string;

  constructor(
    dir: string,
    logs: string,
    readonly port: number,
  ) {
    this.disk = join(dir, 'disk');
    mkdirSync(this.disk, { recursive: true });
    this.hasOwnDisk = mount(this.disk);
    const main = 'packages/embedded-eventstore/src/main.ts';
    const node = [
      process.execPath,
      '--no-warnings',
      '--conditions=source',
      '--import',
      './tools/register.mjs',
      main,
    ];
    const data = ['--data', join(this.disk, 'data'), '--advertise', `127.0.0.1:${port}`];
    this.process = new ManagedProcess({
      name: 'event-store',
      command: () => [...node, '--port', String(port), '--mode', 'insecure', '--like-a-server', ...data],
      env: () => process.env,
      log: join(logs, 'event-store.log'),
      ready: () => this.answers(),
    });
  }

  get url(): string {
    return `esdb://127.0.0.1:${this.port}?tls=false`;
  }

  /** Fills the disk. */
  fillDisk(): void {
    const file = openSync(this.filler, 'w');
    try {
      for (;;) writeSync(file, piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  emptyDisk(): void {
    rmSync(this.filler, { force: true });
  }

  async stop(): Promise<void> {
    await this.process.stop();
    if (this.hasOwnDisk) execFileSync('umount', [this.disk]);
  }

  private get filler(): string {
    return join(this.disk, 'filler');
  }

  private async answers(): Promise<void> {
    const client = EventStoreDBClient.connectionString(this.url);
    try {
      await Array.fromAsync(client.readAll({ maxCount: 1, deadline: 2_000 }));
    } finally {
      await client.dispose();
    }
  }
}

/** Only root may mount; elsewhere the disk of the machine is used and never filled. */
function mount(path: string): boolean {
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${diskMib}m`, 'tmpfs', path], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
