import type { ExportForm } from '../request.ts';
import { eventRows } from './events.ts';
import { sessionRows } from './sessions.ts';
import type { ExportSource } from './source.ts';
import { trainingRows } from './training.ts';
import { turnRows } from './turns.ts';

const sources: Readonly<Record<ExportForm, ExportSource>> = {
  turns: turnRows,
  sessions: sessionRows,
  events: eventRows,
  training: trainingRows,
};

/** The source of the rows of a form. */
export function sourceOf(form: ExportForm): ExportSource {
  return sources[form];
}
