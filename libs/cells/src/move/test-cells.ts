import { randomUUID } from 'node:crypto';
import { Redis } from 'ioredis';
import type { Pool } from 'pg';
import type { JsonObject, SessionCommand } from '#domain';
import { DataKeys } from '#privacy';
import type { CommandResult } from '#sessions';
import {
  CommandExecutor,
  commandPartner,
  CommandRejectedError,
  EventCodec,
  EventStore,
  StoreUnavailableError,
  uncached,
} from '#sessions';
import { MemoryKeyStore, testMasterKeys } from '../../../privacy/src/keys/test-keys.ts';
import type { CellServices } from './services.ts';

/** A cell with its own keys in memory. */
export interface TestCell extends CellServices {
  readonly dataKeys: DataKeys;
  readonly executor: CommandExecutor;
  stop(): Promise<void>;
}

/** @param url its event store */
export function openCell(name: string, url: string, pool: Pool, redisUrl: string): TestCell {
  const keys = { store: new MemoryKeyStore(), masters: testMasterKeys };
  const dataKeys = new DataKeys(keys.store, keys.masters);
  const codec = new EventCodec(undefined, dataKeys);
  const own = { own: name, first: 'a' };
  const store = new EventStore(url, codec, undefined, undefined, own);
  const redis = new Redis(redisUrl);
  return {
    name,
    store,
    pool,
    redis,
    keys,
    dataKeys,
    contexts: { delete: async () => undefined },
    executor: new CommandExecutor(store, uncached),
    stop: async () => {
      redis.disconnect();
      await store.dispose();
    },
  };
}

const actor = { role: 'agent', id: 'spec' } as const;

/** Sends commands like a router: to the cell of the last one, then to the cell that the answer names. */
export class Client {
  private at: TestCell;

  constructor(private readonly cells: readonly [TestCell, TestCell]) {
    [this.at] = cells;
  }

  async start(partner_id: string): Promise<string> {
    const session_id = await this.name(partner_id);
    await this.begin(partner_id, session_id);
    return session_id;
  }

  async name(partner_id: string): Promise<string> {
    const session_id = randomUUID();
    const assignment = { session_id, completable: false, language: null, updates: [] };
    await this.untilAccepted(async ({ store }) =>
      commandPartner(
        store,
        { type: 'AssignSession', partner_id, ...assignment },
        { actor, $correlationId: session_id },
      ),
    );
    return session_id;
  }

  async begin(partner_id: string, session_id: string): Promise<void> {
    const memory = null;
    const person = { region: null, name: 'Asha', device: null, language: 'hi' };
    const start = { type: 'StartSession', partner_id, channel: 'whatsapp', expires_in_s: 3_600 } as const;
    await this.send(session_id, { ...start, ...person, memory }, `start:${session_id}`);
  }

  send(sessionId: string, command: SessionCommand, key: string): Promise<CommandResult> {
    const body = { ...command } as unknown as JsonObject;
    const request = { sessionId, commands: [command], actor, commandIds: [key], body };
    return this.untilAccepted(({ executor }) => executor.execute(request));
  }

  private async untilAccepted<T>(execute: (cell: TestCell) => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await execute(this.at);
      } catch (error) {
        const code = error instanceof CommandRejectedError ? error.rejection.code : undefined;
        const isElsewhere = code === 'session_elsewhere' || code === 'session_not_found';
        if (!isElsewhere && !(error instanceof StoreUnavailableError)) throw error;
        this.at = this.cells[this.at === this.cells[0] ? 1 : 0];
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }
  }
}
