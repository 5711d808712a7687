import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { deferred } from '../client/deferred.ts';
import { invalid } from '../client/errors.ts';
import { timerMs } from '../client/timer.ts';
import { Agent } from './agent.ts';
import { AgentCells } from './cells.ts';
import { notAccepted } from './errors.ts';
import type { AgentOptions } from './options.ts';

/**
 * Connects an agent instance; resolves once the API knows it. It reconnects automatically.
 * @throws InvalidRequest when the instance, pool, capacity or token is not valid or there is no address, AgentReplaced
 * when another process has connected with the same instance id since, Unavailable when no API is available for `retryForMs`
 */
export function connectAgent(options: AgentOptions): Promise<Agent> {
  const { pool, instance = uniqueInstance(pool) } = options;
  const named = { ...options, instance };
  return connectIn(named, new AgentCells(named, connectIn));
}

async function connectIn(
  options: AgentOptions & { readonly instance: string },
  cells: AgentCells,
): Promise<Agent> {
  const { url, retryForMs = 30_000, timeoutMs = 10_000 } = options;
  if (url.length === 0) throw invalid('No address of the API was given.');
  const agent = new Agent(options, cells);
  const late = deferred<void>();
  const giveUp = (): void => late.reject(notAccepted(options));
  // An attempt that has begun may take its time.
  const timeout = setTimeout(giveUp, timerMs(Math.max(retryForMs, timeoutMs)));
  try {
    await Promise.race([agent.ready, late.promise]);
  } catch (error) {
    await agent.close({ drain: false });
    throw error;
  } finally {
    clearTimeout(timeout);
  }
  return agent;
}

/** A name that no other process has. */
function uniqueInstance(pool: string): string {
  const place = `${pool}-${hostname()}`.replaceAll(/[^\x21-\x7e]/g, '_').slice(0, 100);
  return `${place}-${process.pid}-${randomUUID().slice(0, 8)}`;
}
