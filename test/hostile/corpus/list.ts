import type { Case } from '../common/case.ts';
import { bodyCases } from './bodies.ts';
import { eventStoreCases } from './event-store.ts';
import { fieldCases } from './fields.ts';
import { logCases } from './log.ts';
import { queryCases } from './queries.ts';
import { requestCases } from './requests.ts';
import { socketCases } from './sockets.ts';
import { streamCases } from './streams.ts';

/** Every case, by its target. */
export const corpus: readonly Case[] = [
  ...fieldCases,
  ...bodyCases,
  ...requestCases,
  ...queryCases,
  ...socketCases,
  ...streamCases,
  ...eventStoreCases,
  ...logCases,
];
