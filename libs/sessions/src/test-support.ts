import type { EventData } from '@eventstore/db-client';
import type { JsonObject, SessionCommand } from '#domain';
import type { CommandRequest } from './command-request.ts';
import type { SessionCachePort } from './session-cache-port.ts';
import { EventStore } from './store.ts';

/** For specs: a cache that keeps nothing, so that every command folds the stream. */
export const noCache: SessionCachePort = {
  load: async () => undefined,
  remember: () => undefined,
  findCommand: async () => ({ revision: Number.MAX_SAFE_INTEGER }),
  restore: async () => undefined,
};

export const startSession = {
  type: 'StartSession',
  partner_id: 'P7689',
  channel: 'whatsapp',
  language: 'hi',
  region: null,
  name: null,
  device: null,
  expires_in_s: 3_600,
  memory: null,
} as const;

export const endSession: SessionCommand = { type: 'EndSession', reason: null };

export function raiseFlag(flag: string): SessionCommand {
  return { type: 'RaiseFlag', flag, value: true };
}

/** A request of an agent with one command. */
export function request(
  sessionId: string,
  command: SessionCommand,
  more: Partial<CommandRequest> = {},
): CommandRequest {
  return {
    sessionId,
    commands: [command],
    actor: { role: 'agent', id: 'spec' },
    commandIds: [],
    body: { ...command } as unknown as JsonObject,
    ...more,
  };
}

/** The store with a fault around its appends. */
export class FaultyStore extends EventStore {
  constructor(
    address: string,
    private readonly fault: (stream: string, append: () => Promise<boolean>) => Promise<boolean>,
  ) {
    super(address);
  }

  override append(stream: string, events: EventData[], expected: number): Promise<boolean> {
    return this.fault(stream, () => super.append(stream, events, expected));
  }
}
