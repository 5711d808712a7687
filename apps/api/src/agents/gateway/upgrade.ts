import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { problemContentType, problemDocument, toProblem } from '#platform';
import type { Caller } from '#privacy';
import { LedgerCheck } from '#read-models';
import { Authentication, hasTokenInAddress } from '../../access/authentication.ts';
import { ticketOf, tokenInAddress } from '../../access/hook.ts';
import { forbidden } from '../../access/problems.ts';
import type { Act } from '../../access/rules.ts';
import { mayDo } from '../../access/rules.ts';
import { Tickets } from '../../access/tickets.ts';
import { ledgerNotApplied } from '../../erasure/ledger.guard.ts';

/** Authenticates the opening of a WebSocket: by the token in its header or, from a browser, by a ticket. */
@Injectable()
export class UpgradeAccess {
  constructor(
    private readonly authentication: Authentication,
    private readonly tickets: Tickets,
    private readonly ledger: LedgerCheck,
  ) {}

  /** Undefined: access was denied and the upgrade answered. */
  async admit(request: IncomingMessage, socket: Duplex): Promise<Caller | undefined> {
    const onError = () => socket.destroy();
    socket.on('error', onError);
    try {
      const caller = await this.callerOf(request);
      socket.off('error', onError);
      return socket.destroyed ? undefined : caller;
    } catch (error) {
      refuse(socket, error);
      return undefined;
    }
  }

  /** Whether a caller's role may do something over its connection. */
  allows({ role }: Caller, act: Act): boolean {
    return this.authentication.isOpen || mayDo(role, act);
  }

  private async callerOf({ url, headers }: IncomingMessage): Promise<Caller> {
    if (hasTokenInAddress(url)) throw tokenInAddress();
    if (this.ledger.mayHaveErasedKeys) throw ledgerNotApplied();
    const ticket = ticketOf(url);
    const { authentication, tickets } = this;
    const caller = await (ticket === undefined ? authentication.caller(headers) : tickets.redeem(ticket));
    if (this.allows(caller, 'connect')) return caller;
    throw forbidden(`The role ${caller.role} may not be connected as an agent.`);
  }
}

function refuse(socket: Duplex, error: unknown): void {
  const problem = toProblem(error);
  const body = JSON.stringify(problemDocument(problem, '/v1/agents'));
  const headers = {
    ...problem.headers,
    'content-type': problemContentType,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  };
  const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${problem.status} ${problem.code}\r\n${head.join('')}\r\n${body}`);
}
