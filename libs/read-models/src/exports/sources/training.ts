import { readEvents, UnprojectableEventError } from '#sessions';
import type { RecordedEvent } from '#domain';
import type { ExportRow } from '../columns.ts';
import { Pseudonyms } from '../pseudonyms.ts';
import type { Place } from '../request.ts';
import type { Conversation } from '../training.ts';
import { conversationOf } from '../training.ts';
import type { SessionPlace } from './sessions.ts';
import { sessionPages, sessionPlace } from './sessions.ts';
import type { ExportBatch, SourceContext } from './source.ts';

/** Conversations in the form for training models, ordered by their start; without those of erased partners. */
export async function* trainingRows(
  context: SourceContext,
  after: Place | null,
): AsyncGenerator<ExportBatch> {
  const pseudonyms = await Pseudonyms.load(context.pool, context.keys);
  for await (const page of sessionPages(context, after)) {
    await context.note(page.map(({ partner_id }) => partner_id));
    for (const session of page) {
      const place = sessionPlace(session);
      const conversation = await read(context, session.session_id);
      const rows = conversation === undefined ? [] : [rowOf(context, session, conversation, pseudonyms)];
      yield { rows, first: place, last: place };
    }
  }
}

function rowOf(
  { job }: SourceContext,
  { session_id, partner_id }: SessionPlace,
  { channel, language, started_at, messages, outcome, truncated }: Conversation,
  pseudonyms: Pseudonyms,
): ExportRow {
  return {
    conversation_id: job.masked ? pseudonyms.of('conversation', session_id) : session_id,
    partner: job.masked ? pseudonyms.of('partner', partner_id) : partner_id,
    split: pseudonyms.splitOf(partner_id),
    channel,
    language,
    started_at,
    messages,
    outcome,
    truncated,
  };
}

/** The events of a session, as far as they can be read. */
async function read(
  { store, job, masks }: SourceContext,
  sessionId: string,
): Promise<Conversation | undefined> {
  let isUnreadable = false;
  const events = async function* events(): AsyncGenerator<RecordedEvent> {
    try {
      for await (const event of readEvents(store, sessionId))
        if (event.metadata.occurred_at < job.until) yield job.masked ? masks.event(event) : event;
    } catch (error) {
      if (!(error instanceof UnprojectableEventError)) throw error;
      isUnreadable = true;
    }
  };
  const conversation = await conversationOf(events());
  return conversation && { ...conversation, truncated: conversation.truncated || isUnreadable };
}
