import type { Role } from '#privacy';

/** What a caller may do, by its role: the one place that says so. What of it, the limits of its token say. */
export const rules = {
  /** Change conversations. */
  command: ['agent', 'service'],
  /** Copy a conversation as it was into one that concerns nobody. */
  fork: ['service', 'analyst', 'admin'],
  /** Be connected as an agent instance: all frames of the WebSocket. */
  connect: ['agent', 'service'],
  /** Read one conversation: what is shown of it in plain depends on the role. */
  read: ['agent', 'service', 'analyst', 'auditor', 'admin'],
  /** Get the events of a conversation as they happen, which are shown in plain. */
  follow: ['agent', 'service'],
  /** List sessions and turns. */
  list: ['agent', 'service', 'analyst', 'auditor', 'admin'],
  /** Find turns by a value: also without an answer it tells something of a person. */
  search: ['agent', 'service', 'auditor', 'admin'],
  /** See what one message set off, in whatever sessions. */
  trace: ['analyst', 'auditor', 'admin'],
  /** See which agent instances are connected. */
  agents: ['agent', 'service', 'analyst', 'auditor', 'admin'],
  /** Get a ticket for a connection from a browser. */
  ticket: ['agent', 'service', 'analyst', 'auditor', 'admin'],
  /** Check that the history of a conversation was not changed: shows ids and hashes only. */
  verify: ['analyst', 'auditor', 'admin'],
  /** Get an event as it is stored, with the proof that it is in the history. */
  prove: ['auditor', 'admin'],
  /** See who read whose data. */
  access_log: ['auditor', 'admin'],
  /** See what a token of personal data stands for. */
  detokenise: ['service', 'auditor', 'admin'],
  /** See a partner over all sessions, and what is counted or found in many. */
  analyse: ['analyst', 'auditor', 'admin'],
  /** Get all data of one partner. */
  export: ['auditor', 'admin'],
  /** Export many rows at once: masked unless there is a purpose, and for analysts always. */
  bulk_export: ['service', 'analyst', 'auditor', 'admin'],
  erase: ['admin'],
  hold: ['admin'],
  revoke: ['admin'],
} as const satisfies { readonly [act: string]: readonly Role[] };

export type Act = keyof typeof rules;

export function mayDo(role: Role, act: Act): boolean {
  return (rules[act] as readonly Role[]).includes(role);
}

const analysts: ReadonlySet<Role> = new Set(['analyst', 'auditor', 'admin']);

/** Whose questions are large and may wait: they read rows over connections of their own. */
export function isAnalyst(role: Role): boolean {
  return analysts.has(role);
}
