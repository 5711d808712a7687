import type { Weights } from '../faults/plan.ts';

/** A deliberate bug, which the checker must find. */
export interface Mutant {
  readonly name: string;
  readonly patches: readonly Patch[];
  /** The checker has to find at least one of these rules broken. */
  readonly rules: readonly string[];
  /** The faults that expose it, and their target; none by default. */
  readonly weights?: Weights;
  readonly target?: string;
  /** Commands per session, if shorter sessions than usual are needed. */
  readonly sessionLength?: readonly [number, number];
}

/** Replaces a text that occurs exactly once in the file. */
export interface Patch {
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const executor = 'libs/sessions/src/command-executor.ts';

export const mutants: readonly Mutant[] = [
  {
    name: 'acknowledge before commit',
    patches: [
      {
        file: executor,
        find: 'const decided = decideAll(session, commands, context);',
        replace: `const decided = decideAll(session, commands, context);
      const isExpected = (request.expectedRevision ?? session.revision) === session.revision;
      if (isExpected && 'events' in decided && decided.events.length > 0) {
        const stored = decided.events.map((event) => this.store.codec.encode(event));
        this.store.append(sessionStream(sessionId), stored, session.revision).catch(() => undefined);
        const { session: after, events } = decided;
        this.cache.remember(after);
        return { session: after, revision: after.revision, events, replayed: false };
      }`,
      },
    ],
    rules: ['acknowledged_command_lost'],
  },
  {
    name: 'skip the check of the epoch',
    patches: [
      {
        file: 'libs/domain/src/agents/decide.ts',
        find: 'return agent.instance !== null && agent.epoch === epoch ? undefined : replacedBy(agent).rejection;',
        replace: 'return agent.epoch === epoch ? undefined : undefined;',
      },
    ],
    rules: ['stale_epoch_accepted'],
    weights: { agent: 1 },
  },
  {
    name: 'commit the checkpoint before the rows',
    patches: [
      {
        file: 'apps/projector/src/tables/writer.ts',
        find: 'const failures = await rows.write(writer, storable, position, until);',
        replace: `await rows.write(writer, [], position, until);
    await new Promise((resolve) => setTimeout(resolve, 250));
    const failures = await rows.write({ ...writer, position }, storable, position, until);`,
      },
    ],
    rules: ['row_differs', 'turn_row_differs'],
    weights: { kill: 1 },
    target: 'projector',
  },
  {
    name: 'forget the hash of the body',
    patches: [
      { file: executor, find: 'throw new CommandIdReusedError(', replace: 'void new CommandIdReusedError(' },
    ],
    rules: ['key_used_twice'],
  },
  {
    name: 'ignore If-Match',
    patches: [
      {
        file: executor,
        find: 'const { sessionId } = request;',
        replace: 'request = { ...request, expectedRevision: undefined };\n    const { sessionId } = request;',
      },
    ],
    rules: ['if_match_ignored'],
  },
  {
    name: 'leave out the tail for min_revision',
    patches: [
      {
        file: 'apps/api/src/context/queries.ts',
        find: 'document.revision >= floor',
        replace: 'true',
      },
      {
        file: 'apps/api/src/context/controller.ts',
        find: 'if (min_revision === undefined || context.revision >= min_revision) return context;',
        replace: 'if (context.revision >= -1) return context;',
      },
    ],
    rules: ['context_too_old'],
    weights: { pause: 1 },
    target: 'projector',
  },
  {
    name: 'lose an event of a projected batch',
    patches: [
      {
        file: 'libs/read-models/src/tables/items.ts',
        find: 'for (const item of items) {',
        replace: 'for (const item of items.length > 1 ? items.slice(1) : items) {',
      },
    ],
    rules: ['row_differs', 'turn_row_differs'],
  },
  {
    name: 'apply an older context over a newer one',
    patches: [
      {
        file: 'libs/read-models/src/context/scripts.ts',
        find: 'if at >= tonumber(ARGV[2]) then return ${stale} end\n',
        replace: '',
      },
      {
        file: 'libs/read-models/src/context/scripts.ts',
        find: '  if later then return ${stale} end\n',
        replace: '',
      },
      // Delays an api node, so that a projector can overtake it.
      {
        file: 'libs/read-models/src/context/rebuild.ts',
        find: 'await contexts.replace(session, commands);',
        replace: `{
    const ms = process.argv[1]?.includes('/api/') ? 5_000 * Math.random() : 0;
    await new Promise((resolve) => setTimeout(resolve, ms));
    await contexts.replace(session, commands);
  }`,
      },
    ],
    rules: ['stored_context_differs', 'context_went_back'],
    weights: { pause: 1 },
    target: 'projector',
    sessionLength: [1, 4],
  },
  {
    name: 'acknowledge updates when they are sent',
    patches: [
      {
        file: 'apps/api/src/agents/delivery/attachment.ts',
        find: 'this.connection.send(updateFrame(this, event));',
        replace: 'this.connection.send(updateFrame(this, event));\n    this.acknowledge(event.revision);',
      },
    ],
    rules: ['acknowledged_unhandled', 'update_lost'],
    weights: { agent: 1 },
  },
  {
    name: 'answer a repetition with the latest revision',
    patches: [
      {
        file: executor,
        find: 'this.replay(session, processed, identity)',
        replace: `this.replay(session, processed, identity)
          .then((result) => result && { ...result, revision: session.revision })`,
      },
    ],
    rules: ['wrong_revision'],
  },
  {
    name: 'make a key for a partner who is erased',
    patches: [
      {
        file: 'libs/privacy/src/keys/sqlite-key-store.ts',
        find: "WHERE coalesce((${lastErasure}), :after, '') = coalesce(:after, '') ON CONFLICT DO NOTHING",
        replace: "WHERE coalesce((${lastErasure}), :after, '') IS NOT NULL ON CONFLICT DO NOTHING",
      },
      // Writes the context of an erased session like any other.
      {
        file: 'libs/read-models/src/context/section-seals.ts',
        find: 'sessions.filter((session) => !isErased(session)).map(partnerOf)',
        replace: 'sessions.map(partnerOf)',
      },
    ],
    rules: ['erasure_incomplete'],
  },
];
