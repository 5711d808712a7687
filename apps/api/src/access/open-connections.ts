import type { BeforeApplicationShutdown, OnApplicationBootstrap } from '@nestjs/common';
import { Injectable } from '@nestjs/common';
import { repeat } from '#platform';
import type { Caller } from '#privacy';
import { Revocations } from './revocations.ts';

const everyMs = 500;

interface OpenConnection {
  readonly caller: Caller;
  readonly end: (reason: string) => void;
}

/** Closes sockets and event streams when their token expires or is revoked. */
@Injectable()
export class OpenConnections implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly open = new Set<OpenConnection>();
  private readonly stopping = new AbortController();

  constructor(private readonly revocations: Revocations) {}

  onApplicationBootstrap(): void {
    const { signal } = this.stopping;
    void repeat(async () => this.check(), { everyMs, signal, onError: () => undefined });
  }

  beforeApplicationShutdown(): void {
    this.stopping.abort();
  }

  /** Ends a connection with its token. Returns the function to call when the connection ends by itself. */
  watch(caller: Caller, end: (reason: string) => void): () => void {
    if (caller.expires_at === null) return () => undefined;
    const connection = { caller, end };
    this.open.add(connection);
    return () => void this.open.delete(connection);
  }

  private check(): void {
    const now = Date.now();
    for (const connection of this.open) {
      const { caller, end } = connection;
      const isExpired = (caller.expires_at ?? Infinity) <= now;
      if (!isExpired && !this.revocations.includes(caller)) continue;
      this.open.delete(connection);
      end(isExpired ? 'token expired' : 'token revoked');
    }
  }
}
