import { backOffMs, sleep } from '#platform';
import type { CellTable } from '#cells';
import { LRUCache } from 'lru-cache';
import type { Destination } from './destination.ts';

/** The answer of a cell; `elsewhere`: the session is in that cell; null: in an unknown one. */
export interface Answer {
  readonly status: number;
  readonly elsewhere?: string | null | undefined;
}

/** Sends the request to a cell. Answers other than the final one are passed to `drop`. */
export type Send<A extends Answer> = (cell: string) => Promise<A>;

/** The ids of the moves in progress to a cell; undefined: the directory does not answer. */
export type MovesTo = (cell: string) => Promise<readonly string[] | undefined>;

/** Why a request cannot be routed. */
type NoRoute = 'unassigned' | 'moving';

/** The number of sessions for which the router remembers a cell that differs from the one in their id. */
const remembered = 100_000;

/**
 * Finds the cell of a request: first by the directory, then by the redirections of cells. A session whose id does not
 * name a cell is searched in all cells. While a partner moves, no cell takes its commands, and requests are held.
 */
export class Routes {
  private readonly found = new LRUCache<string, string>({ max: remembered });

  constructor(
    private readonly table: CellTable,
    private readonly holdMs: number,
    private readonly movesTo: MovesTo,
  ) {}

  /** @param drop called with each answer that is not the final one */
  async send<A extends Answer>(
    destination: Destination,
    send: Send<A>,
    drop: (answer: A) => void,
  ): Promise<A | NoRoute> {
    const { sessionId } = destination;
    const first = this.first(destination);
    if (first === undefined) return 'unassigned';
    if (destination.cell !== undefined) return send(first);
    const until = performance.now() + this.holdMs;
    const asked = new Set<string>();
    /** By cell: the moves by which the session may still come there. */
    const coming = new Map<string, readonly string[]>();
    let teller: string | undefined;
    let cell = first;
    for (let hops = 0; ; hops += 1) {
      const answer = await send(cell);
      const isMissing = answer.status === 404 && sessionId !== undefined;
      const other = this.unasked(asked.add(cell));
      const isSearched =
        isMissing && (teller === undefined ? other !== undefined : coming.get(cell)?.length !== 0);
      if (answer.elsewhere === undefined && !isSearched) {
        // Other answers do not tell where the session is.
        if (answer.status < 400) this.remember(sessionId, cell);
        return answer;
      }
      drop(answer);
      // A cell that does not have it, although another one redirects to it, will have it soon, unless all moves there are over.
      if (isMissing && teller !== undefined) await this.narrow(coming, cell);
      const next = answer.elsewhere ?? (isMissing ? teller : undefined) ?? other;
      if (next === undefined || this.table.urlOf(next) === undefined) return 'unassigned';
      if (answer.elsewhere !== undefined) teller = cell;
      if (asked.has(next)) {
        if (performance.now() >= until) return 'moving';
        await sleep(backOffMs(hops, { minMs: 10, maxMs: 100 }));
      }
      cell = next;
    }
  }

  /** Keeps the moves to the cell that are still in progress: later ones do not bring a session that another cell redirects to it already. */
  private async narrow(coming: Map<string, readonly string[]>, cell: string): Promise<void> {
    const ids = await this.movesTo(cell);
    if (ids !== undefined) coming.set(cell, coming.get(cell)?.filter((id) => ids.includes(id)) ?? ids);
  }

  private first({ cell, sessionId, partnerId }: Destination): string | undefined {
    if (cell !== undefined) return this.table.urlOf(cell) === undefined ? undefined : cell;
    if (sessionId !== undefined)
      return this.found.get(sessionId) ?? this.table.ofSession(sessionId) ?? this.table.cells[0];
    return partnerId === undefined ? undefined : this.table.ofPartner(partnerId);
  }

  private unasked(asked: ReadonlySet<string>): string | undefined {
    return this.table.cells.find((name) => !asked.has(name));
  }

  private remember(sessionId: string | undefined, cell: string): void {
    if (sessionId === undefined) return;
    if (this.table.ofSession(sessionId) === cell) this.found.delete(sessionId);
    else this.found.set(sessionId, cell);
  }
}
