import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { RetentionConfig } from '#privacy';
import { PrivacyWatch } from '#read-models';
import { callerOf } from '../access/current-caller.ts';
import { isOfApi } from '../access/routes.ts';

interface ListedItem {
  readonly partner_id?: string;
}

interface List {
  readonly items: readonly ListedItem[];
}

/** Leaves the sessions and turns of restricted partners out of lists, except for the named role. */
export function restrictLists(app: NestFastifyApplication): void {
  const watch = app.get(PrivacyWatch);
  const { restrictedRole } = app.get<Pick<RetentionConfig, 'restrictedRole'>>(RetentionConfig);
  const withoutClosed = (list: List): List => ({
    ...list,
    items: list.items.filter(({ partner_id }) => partner_id === undefined || !watch.isClosed(partner_id)),
  });
  const fastify = app.getHttpAdapter().getInstance();
  fastify.addHook('preSerialization', (request, _reply, body: unknown, done) => {
    const isRestricted =
      watch.hasClosed && isOfApi(request) && isList(body) && callerOf(request).role !== restrictedRole;
    done(null, isRestricted ? withoutClosed(body) : body);
  });
}

function isList(body: unknown): body is List {
  return typeof body === 'object' && body !== null && 'items' in body && Array.isArray(body.items);
}
