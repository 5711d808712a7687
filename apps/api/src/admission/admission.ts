import { Inject, Injectable } from '@nestjs/common';
import { Metrics } from '#platform';
import { AdaptiveLimit } from './adaptive-limit.ts';
import { AdmissionConfig } from './config.ts';
import type { Limit } from './gate.ts';
import { Gate } from './gate.ts';
import { SessionLines } from './session-lines.ts';

const leastAtOnce = 32;
/** Concurrent reads of a kind. How long they take depends on what they read, so no limit can be adapted to it. */
const readsAtOnce = 128;
/** A body that takes longer than this to arrive comes over a slow connection or was never sent. */
const uploadMs = 250;

/**
 * The admission gates of a node, one for each kind of request, so that a slow service delays only the kinds that need
 * it: commands need the event store, reads of a session or of agents Redis and the event store, queries (the lists of
 * sessions and turns) PostgreSQL. Queries of analysts, auditors and administrators have their own gate, as large as
 * their connection pool. Connections stay open and do no work of their own.
 */
@Injectable()
export class Admission {
  readonly commands: Gate;
  readonly reads: Gate;
  readonly queries: Gate;
  readonly analysts: Gate;
  readonly connections: Gate;
  /** Commands of a session stand in line before they come to the gate. */
  readonly sessions = new SessionLines();

  constructor(@Inject(AdmissionConfig) config: AdmissionConfig, metrics: Metrics) {
    const { requestsAtOnce: max, targetMs } = config;
    const reads = fixed(Math.min(readsAtOnce, max));
    this.commands = requests(config, new AdaptiveLimit({ min: Math.min(leastAtOnce, max), max, targetMs }));
    this.reads = requests(config, reads);
    this.queries = requests(config, reads);
    this.analysts = analysts(config);
    this.connections = connections(config);
    const gates = {
      commands: this.commands,
      reads: this.reads,
      queries: this.queries,
      analysts: this.analysts,
      connections: this.connections,
    };
    const help =
      'Requests admitted, waiting, the limit on them, the bytes of their bodies, and their callers, by kind';
    metrics.gauge('http_admission', help, ['kind', 'of'], (gauge) => {
      for (const [kind, { counts }] of Object.entries(gates))
        for (const [of, count] of Object.entries(counts)) gauge.set({ kind, of }, count);
    });
    const linesHelp =
      'Sessions with commands in progress, and commands that wait in the line of their session or were refused';
    metrics.gauge('http_session_lines', linesHelp, ['of'], (gauge) => {
      for (const [of, count] of Object.entries(this.sessions.counts)) gauge.set({ of }, count);
    });
  }
}

function requests({ queue, bodyBytes: bytes, burstMs, waitMs }: AdmissionConfig, limit: Limit): Gate {
  return new Gate({ limit, queue, bytes, burstMs, waitMs, uploadMs });
}

function analysts({ analysts: { connections, waiting, waitMs }, bodyBytes: bytes }: AdmissionConfig): Gate {
  return new Gate({ limit: fixed(connections), queue: waiting, bytes, burstMs: waitMs, waitMs, uploadMs });
}

function connections({ connections: current }: AdmissionConfig): Gate {
  const limit = fixed(current);
  return new Gate({ limit, queue: 0, bytes: Infinity, burstMs: 0, waitMs: 0, uploadMs });
}

function fixed(current: number): Limit {
  return { current, markReached: () => undefined, observe: () => undefined };
}
