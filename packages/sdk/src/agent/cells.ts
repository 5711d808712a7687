import { setTimeout as sleep } from 'node:timers/promises';
import { SessionElsewhere, Unavailable } from '../client/errors.ts';
import { backoffMs } from '../client/retry.ts';
import type { AgentOptions } from './options.ts';
import type { AgentStream } from './stream.ts';

/** An agent, as far as its sessions in other cells concern it. */
interface CellAgent {
  attachHere(sessionId: string, after: number | undefined): Promise<AgentStream>;
  drain(): Promise<void>;
  close(how: { readonly drain: boolean }): Promise<void>;
}

type Options = AgentOptions & { readonly instance: string };
type Connect = (options: Options, cells: AgentCells) => Promise<CellAgent>;

/** Where a session has gone. */
interface Moved {
  readonly sessionId: string;
  readonly cell: string;
  /** The last revision that was handled; undefined: as for any attach. */
  readonly after?: number | undefined;
}

/** The agents of one instance, one for each cell in which it has had sessions. */
export class AgentCells {
  private readonly agents = new Map<string, Promise<CellAgent>>();
  private firstAgent: CellAgent | undefined;

  constructor(
    private readonly options: Options,
    private readonly connect: Connect,
  ) {}

  /** The one that was connected first; it closes the others. */
  get first(): CellAgent | undefined {
    return this.firstAgent;
  }

  /** Those that are connected to other cells than the first one. */
  async others(): Promise<CellAgent[]> {
    const settled = await Promise.allSettled(this.agents.values());
    const agents = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    return agents.filter((agent) => agent !== this.firstAgent);
  }

  /** An agent of the instance is there; the name of its cell may be known later. */
  join(agent: CellAgent, cell: string | undefined): void {
    this.firstAgent ??= agent;
    if (cell !== undefined && !this.agents.has(cell)) this.agents.set(cell, Promise.resolve(agent));
  }

  /** Takes a session in the cell that it has gone to, once it has arrived there. @throws as its `attach` */
  async take({ sessionId, cell, after }: Moved): Promise<AgentStream> {
    const until = performance.now() + (this.options.retryForMs ?? 30_000);
    let at = cell;
    for (let failures = 0; ; failures += 1) {
      try {
        return await (await this.in(at)).attachHere(sessionId, after);
      } catch (error) {
        if (performance.now() > until) throw error;
        if (error instanceof SessionElsewhere) at = error.cell ?? at;
        else if (!(error instanceof Unavailable)) throw error;
        await sleep(backoffMs(failures));
      }
    }
  }

  private in(cell: string): Promise<CellAgent> {
    const known = this.agents.get(cell);
    if (known !== undefined) return known;
    const url = this.options.cells?.[cell] ?? this.options.url;
    const agent = this.connect({ ...this.options, url, cell, drainOnSigterm: false }, this);
    this.agents.set(cell, agent);
    agent.catch(() => this.agents.delete(cell));
    return agent;
  }
}
