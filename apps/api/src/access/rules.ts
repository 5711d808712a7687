import type { Role } from '#privacy';

/** What each role may do: the only place that defines it. The limits of the token restrict it further. */
export const rules = {
  /** Change conversations. */
  command: ['agent', 'service'],
  /** Fork a conversation. */
  fork: ['service', 'analyst', 'admin'],
  /** Connect as an agent instance: all frames of the WebSocket. */
  connect: ['agent', 'service'],
  /** Read one conversation; the role decides which values are masked. */
  read: ['agent', 'service', 'analyst', 'auditor', 'admin'],
  /** Follow the events of a conversation as they happen, unmasked. */
  follow: ['agent', 'service'],
  /** List sessions and turns. */
  list: ['agent', 'service', 'analyst', 'auditor', 'admin'],
  /** Find turns by a value: even an empty result reveals something about a person. */
  search: ['agent', 'service', 'auditor', 'admin'],
  /** See what one message caused, in any session. */
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
  /** See the values of tokens of personal data. */
  detokenise: ['service', 'auditor', 'admin'],
  /** See a partner over all sessions, and counts and searches over many. */
  analyse: ['analyst', 'auditor', 'admin'],
  /** Get all data of one partner. */
  export: ['auditor', 'admin'],
  /** Export many rows at once: masked without a purpose, and always for analysts. */
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

/** Whether a role's queries are large and may wait: they read rows over separate connections. */
export function isAnalyst(role: Role): boolean {
  return analysts.has(role);
}
